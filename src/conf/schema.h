/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Checking stanzas against option tables and filling settings structs.
 *
 * A caller collects the tables that may apply to one stanza (an engine stanza
 * takes the general antivirus options and the engine's own), then fills each
 * table's struct. Inheritance is layering: fill with the defaults, then with
 * the outer stanza, then with the inner one.
 */
#ifndef ASSAY_CONF_SCHEMA_H
#define ASSAY_CONF_SCHEMA_H

#include <assay/conf.h>
#include <assay/error.h>

#include "conf/diag.h"
#include "conf/tree.h"

/** Owns the strings and lists that filled settings point to. */
struct assay__conf_store;

assay_rc assay__conf_store_new(struct assay__conf_store **out,
                               assay_error *err);
void assay__conf_store_free(struct assay__conf_store **store);

/** Write every default of a table into settings (which is zeroed first). */
assay_rc assay__conf_defaults(const assay_conf_option *options,
                              size_t settings_size,
                              struct assay__conf_store *store, void *settings,
                              assay_error *err);

/**
 * Write the options of @stanza that are in @options into settings; options of
 * other tables are passed over. Wrong values are findings in diags, and the
 * member keeps what it had. A list replaces what the member had (a default, or
 * the outer stanza's list); repeats in the same stanza add to it.
 *
 * @param set_mask  may be NULL; bit i is set when options[i] was written, and
 *                  other bits stay, so that one mask may go through all layers;
 *                  for tables of at most 64 options
 * @return ASSAY_OK (also with findings); ASSAY_E_NOMEM
 */
assay_rc assay__conf_fill(const assay_conf_option *options,
                          const struct assay__conf_item *stanza,
                          struct assay__conf_store *store,
                          struct assay__conf_diags *diags, void *settings,
                          uint64_t *set_mask, assay_error *err);

/**
 * Report each required option that was neither written in any layer (set_mask)
 * nor stands in @stanza with a wrong value.
 */
void assay__conf_check_required(const assay_conf_option *options,
                                uint64_t set_mask,
                                const struct assay__conf_item *stanza,
                                const char *scope,
                                struct assay__conf_diags *diags);

/**
 * Report each option of @stanza that is in none of the tables and each child
 * stanza that is none of the names, with the nearest valid name; also a stanza
 * written as an option and an option written as a stanza.
 *
 * @param tables    option tables, ends with NULL
 * @param children  names of stanzas allowed inside, ends with NULL
 * @param scope     how the stanza is called in messages, such as "antivirus"
 */
void assay__conf_check_names(const struct assay__conf_item *stanza,
                             const assay_conf_option *const *tables,
                             const char *const *children, const char *scope,
                             struct assay__conf_diags *diags);

/** Where an option that is not valid here belongs, as a sentence, or NULL. */
typedef const char *assay__conf_elsewhere(void *arg, const char *option);

/** Likewise, with a hint where an option belongs that stands in the wrong
 *  stanza. @param elsewhere  may be NULL */
void assay__conf_check_names_hinting(const struct assay__conf_item *stanza,
                                     const assay_conf_option *const *tables,
                                     const char *const *children,
                                     const char *scope,
                                     assay__conf_elsewhere *elsewhere,
                                     void *arg,
                                     struct assay__conf_diags *diags);

/** Report an instance name that is missing, empty, not wanted or longer than
 *  ASSAY_NAME_MAX. */
void assay__conf_check_instance(const struct assay__conf_item *stanza,
                                bool named, struct assay__conf_diags *diags);

/** The candidate nearest to @word (at most a third of it differs), or NULL.
 *  @param next  returns the i-th candidate, NULL past the end */
const char *assay__conf_nearest(const char *word,
                                const char *(*next)(void *arg, size_t i),
                                void *arg);

#endif
