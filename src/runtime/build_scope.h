/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The stanzas of a configuration, one kind at a time; used by build.c alone.
 * Each adds to build->generation; mistakes are findings in build->diags.
 */
#ifndef ASSAY_RUNTIME_BUILD_SCOPE_H
#define ASSAY_RUNTIME_BUILD_SCOPE_H

#include "runtime/build.h"

/** A build in progress. */
struct assay__build {
    const struct assay__build_input *input;
    struct assay__generation *generation; /* owned until handed out */
    struct assay__conf_diags *diags;      /* owned */
    const struct assay__conf_item *root;  /* of generation->tree */
    const char **names; /* of stanzas at top level; of the generation */
    const assay_conf_option *globals;      /* outside of any stanza */
    char belongs[ASSAY__CONF_MESSAGE_MAX]; /* of assay__build_elsewhere() */
    const char *module_path;               /* holds engines/ and languages/ */
    bool is_well_formed;                   /* the parser found no mistake */
    const struct assay__conf_item *blamed; /* for its value, last */
    /* What is wrong with a policy language; reported with the first stanza
     * that nobody knows, for that may be its own. */
    assay_error broken_language;
};

/** Check what stands at top level, and how it is called. */
assay_rc assay__build_check_root(struct assay__build *build,
                                 const assay_conf_option *options,
                                 assay_error *err);
/** As assay__conf_check_names(), for stanzas inside of which engines or policy
 *  languages stand. @param known  ends with NULL */
assay_rc assay__build_check_names(struct assay__build *build,
                                  const struct assay__conf_item *item,
                                  const assay_conf_option *const *tables,
                                  const char **known, const char *scope,
                                  assay_error *err);
/** Names of the engines that can be loaded, and NULL; of the generation. */
assay_rc assay__build_engine_names(struct assay__build *build,
                                   const char ***out, assay_error *err);

/** An assay__conf_elsewhere; @arg is the build. Loads engines to look at their
 *  tables. The text lasts until the next call. */
const char *assay__build_elsewhere(void *arg, const char *option);

/** Check the global stanzas of engines: `clamav { }`. */
assay_rc assay__build_global_engines(struct assay__build *build,
                                     assay_error *err);
/** ThreadPool stanzas; before the scopes. */
assay_rc assay__build_pools(struct assay__build *build, assay_error *err);
/** Report the option `pool` of a stanza when it names none. @param pool  its
 *  value; NULL: unset */
void assay__build_check_pool(struct assay__build *build,
                             const struct assay__conf_item *stanza,
                             const char *pool);
/** Report a pool without threads. @param stanza  of the engine that uses it */
void assay__build_check_workers(struct assay__build *build,
                                const struct assay__conf_item *stanza,
                                const char *pool);

/** `maildir "name" { … }`. */
assay_rc assay__build_maildir(struct assay__build *build,
                              const struct assay__conf_item *item,
                              assay_error *err);
/** `antivirus "name" { … }` with its engine stanzas. */
assay_rc assay__build_scope(struct assay__build *build,
                            const struct assay__conf_item *item,
                            assay_error *err);
/** Report a stanza that stands at top level for the second time. */
void assay__build_check_singleton(struct assay__build *build,
                                  const struct assay__conf_item *item);
/** The stanza cloudmark. */
assay_rc assay__build_cloudmark(struct assay__build *build,
                                const struct assay__conf_item *item,
                                assay_error *err);
/** ActiveFilter, where there is a scorer; behind all stanzas. */
assay_rc assay__build_activefilter(struct assay__build *build,
                                   assay_error *err);
/** The stanza of a policy language. */
assay_rc assay__build_language(struct assay__build *build,
                               const struct assay__conf_item *item,
                               const assay_language_module *table,
                               assay_error *err);
/** A stanza that the host declared, with its children. */
assay_rc assay__build_host(struct assay__build *build,
                           const struct assay__conf_item *item,
                           const assay_conf_stanza *stanza, assay_error *err);

#endif
