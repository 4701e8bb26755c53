/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The filter, for the modules of ActiveFilter only.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_PRIV_H
#define ASSAY_STORE_ACTIVEFILTER_PRIV_H

#include "store/activefilter.h"
#include "store/activefilter_state.h"

/** Longest name of a folder, and longest address, in bytes without the NUL. */
enum {
    ASSAY__ACTIVEFILTER_FOLDER_MAX = 255,
    ASSAY__ACTIVEFILTER_ADDRESS_MAX = 320
};

struct assay_activefilter {
    const struct assay__maildirs *maildirs; /* borrowed */
    const assay_log *log;                   /* borrowed */
    const struct assay__wall_clock *clock;  /* borrowed; may be NULL */
    struct assay__activefilter_state *state;
    _Atomic int64_t sweep_due_ms; /* CLOCK_MONOTONIC; 0: not yet known */

    /* Set by scripts in one thread, and not changed once sealed. */
    assay_activefilter_mode mode;
    char *inbox, *spam; /* NULL unless MOVEMSG; owned */
    bool unread_only;
    char *address;                               /* NULL until set; owned */
    const struct assay__maildir_options *stanza; /* that takes address */
    bool is_sealed;
    bool is_trial; /* set once */
};

#endif
