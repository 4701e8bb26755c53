/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a crash leaves in tmp/ of the mailbox that ActiveFilter tells: mails of
 * ours that were being written, or staged and never planned.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_SWEEP_H
#define ASSAY_STORE_ACTIVEFILTER_SWEEP_H

#include "store/activefilter_priv.h"

/** Age at which the specification of Maildirs lets a file in tmp/ go. */
enum { ASSAY__ACTIVEFILTER_STALE_S = 36 * 60 * 60 };

/** Whether the mailbox can be opened; nothing is made. */
bool assay__activefilter_has_mailbox(const assay_activefilter *filter);
/** Remove mails of ours from tmp/ that are stale and not pending. */
void assay__activefilter_sweep(assay_activefilter *filter);
/** Likewise when an hour has passed since. Threads: any. */
void assay__activefilter_sweep_at_times(assay_activefilter *filter);

#endif
