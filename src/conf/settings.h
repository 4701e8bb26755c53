/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Filled settings structs, as values: compared, and copied so that they
 * outlive the configuration that filled them.
 */
#ifndef ASSAY_CONF_SETTINGS_H
#define ASSAY_CONF_SETTINGS_H

#include <assay/conf.h>

#include "base/arena.h"
#include "base/fields.h"

/** Whether each option of the table has the same value in both structs.
 *  Unset strings equal unset ones alone.
 *  @param options  may be NULL: no option, so nothing differs */
bool assay__conf_settings_equal(const assay_conf_option *options, const void *a,
                                const void *b);

/**
 * Copy a struct with all strings and lists it points to into one block.
 *
 * @param options  may be NULL. Members that no option fills are copied as
 *                 they are.
 * @return to be given to free(); NULL: no memory
 */
void *assay__conf_settings_dup(const assay_conf_option *options, size_t size,
                               const void *settings);

/** Write the values of all options into a record for another process.
 *  @param options  may be NULL: nothing is written */
void assay__conf_settings_pack(const assay_conf_option *options,
                               const void *settings, struct assay__strbuf *buf);
/**
 * Read them again; the table must be the one they were written with.
 *
 * @param settings  zeroed; strings in it are borrowed from the record, lists
 *                  from the arena
 * @return ASSAY_OK; ASSAY_E_INVAL the record is of another table; ASSAY_E_NOMEM
 */
assay_rc assay__conf_settings_unpack(const assay_conf_option *options,
                                     struct assay__fields *fields,
                                     struct assay__arena *arena, void *settings,
                                     assay_error *err);

#endif
