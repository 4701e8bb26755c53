/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From a configuration file to a generation: each top-level stanza is an
 * antivirus scope, the global stanza of an engine, the stanza of a policy
 * language, or one that the host declared. All findings of a run are
 * reported; nothing is opened here.
 */
#ifndef ASSAY_RUNTIME_BUILD_H
#define ASSAY_RUNTIME_BUILD_H

#include "base/wall_clock.h"
#include "conf/files.h"
#include "runtime/generation.h"

/** What a build needs; all borrowed. */
struct assay__build_input {
    const assay_options *options; /* complete: defaults filled in */
    const char *module_path;      /* holds engines/ and languages/ */
    const char *share_path;
    const struct assay__pools *pools; /* those in use, to warn of what cannot
                                         change; NULL: none */
    const assay_log *log;             /* must outlive the generation */
    const struct assay__wall_clock *clock; /* likewise, and the engines */
    const struct assay__conf_files *files; /* read instead of
                                              options->config_path; NULL */
};

/** Options outside of any stanza, and of the global stanza of an engine; each
 *  ends with name NULL. */
extern const assay_conf_option assay__global_option_table[];
extern const assay_conf_option assay__engine_global_table[];

/**
 * @return ASSAY_OK with a generation that is not opened yet; ASSAY_E_CONF
 *         after the findings went to options->diagnostic; ASSAY_E_NOMEM
 */
assay_rc assay__build(const struct assay__build_input *input,
                      struct assay__generation **out, assay_error *err);

#endif
