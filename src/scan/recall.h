/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * How a scan asks the cache of its engine: for one content, or for all that is
 * looked at for a message at once.
 *
 * A flight for a message is open while those of its contents come and go, so
 * a thread may await a flight of a content while it holds the one of a
 * message, and never the other way round: nobody waits in a circle.
 */
#ifndef ASSAY_SCAN_RECALL_H
#define ASSAY_SCAN_RECALL_H

#include "scan/run.h"

enum assay__recall_answer {
    ASSAY__RECALL_HIT,   /* the verdict is from the cache, or from the scan of
                            another thread; counted as a hit */
    ASSAY__RECALL_FRESH, /* scan() made it */
    ASSAY__RECALL_LATE   /* time was up before another thread's scan was: the
                            verdict is ERROR(timeout) */
};

struct assay__recall {
    const struct assay__run *run;
    struct assay__engine_instance *engine;
    const struct assay__cache_key *key;
    /** Judges *verdict. @return whether it may be remembered at all */
    bool (*scan)(void *arg, assay_verdict *verdict);
    void *arg;
};

/** Whether the engine has a cache that keeps anything. */
bool assay__recall_is_on(const struct assay__engine_instance *engine);

/** The verdict from the cache, or from scan(). Blocks while another thread
 *  scans the same, with the progress calls of the run, until the deadline.
 *  @param verdict  blank: an ERROR with engine, scope and epoch */
enum assay__recall_answer assay__recall(const struct assay__recall *recall,
                                        assay_verdict *verdict);

#endif
