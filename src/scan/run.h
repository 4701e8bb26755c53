/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A request under way, for the modules of the dispatcher only:
 *
 *   dispatcher.c    requests and scopes: the engines in order, their merge
 *   choice.c        whether an engine runs, and why not
 *   engine_scan.c   one engine over all contents of a request
 *   contents.c      what these contents are
 *   message_key.c   the message with all its contents, for the cache
 *   content_scan.c  one content: cache, size, call
 *   recall.c        how the cache is asked
 *   runner.c        how the engine is called
 *   report.c        counters and log
 *
 * A request is on the stack of its caller; what it shares with other threads
 * is the immutable scope, the counters, which are atomic, and the engine
 * instance, whose operations are thread-safe. No lock is held when an engine
 * or a callback runs.
 */
#ifndef ASSAY_SCAN_RUN_H
#define ASSAY_SCAN_RUN_H

#include "mail/readings.h"
#include "scan/dispatcher.h"

struct assay__run {
    const struct assay__dispatcher *dispatcher;
    const struct assay__dispatch *request;
    const assay_content *content; /* given by the caller, or NULL */
    assay_message *message;       /* scanned, or of the part; may be NULL */
    int64_t start_ms;             /* every timeout counts from here */
    struct assay__readings **readings; /* made by the first engine that wants
                                          them; NULL there until then */
    assay__dispatch_each *each;
    void *arg;
};

/** Until when an engine may work on the request; CLOCK_MONOTONIC. */
int64_t assay__run_deadline_ms(const struct assay__run *run,
                               const struct assay__engine_instance *engine);
/** Whether that time is over. */
bool assay__run_is_due(const struct assay__run *run,
                       const struct assay__engine_instance *engine);

#endif
