/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The general options of the stanza cloudmark; a backend adds its own.
 * Documented in src/scan/cloudmark.opt.
 */
#ifndef ASSAY_SCAN_SCORER_OPTIONS_H
#define ASSAY_SCAN_SCORER_OPTIONS_H

#include <assay/conf.h>

struct assay__scorer_options {
    bool enabled;             /* of no effect but a warning (CM-02) */
    int debug_level;          /* assay_log_level */
    int64_t minimum_score;    /* -1: unset, nothing is flagged */
    uint64_t max_body_length; /* bytes; 0: all of it */
    bool use_wire_rep;
    const char *backend;
    assay_conf_list servers; /* without items: the backend's own */
    int64_t timeout_s;
    const char *pool;
    int64_t max_concurrency;
    bool append_headers;
    const char *activefilter_state;
    int64_t activefilter_max;
    int64_t activefilter_expire_s;
};

/** Ends with name NULL; offsets are into struct assay__scorer_options. */
extern const assay_conf_option assay__scorer_option_table[];

#endif
