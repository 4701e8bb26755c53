/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The check of many threads: each scan must say what it says alone.
 *
 * Locking: none. What threads share is read only, but the first difference,
 * which is written by whoever wins the exchange of is_different.
 */
#include "kit_checks.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kit_content.h"

enum { THREADS_MAX = 64, PASSES = 20 };

struct crowd {
    struct assay__kit_child *child;
    struct assay__kit_samples samples;
    assay_finding alone[ASSAY__KIT_SAMPLES_MAX];
    atomic_bool is_different;
    const char *what; /* set once */
    assay_finding together;
    const assay_finding *expected;
};

struct member {
    struct crowd *crowd;
    size_t first; /* sample it begins with */
    pthread_t thread;
};

/* The stage is the kit's own thread's. */
static void scan_once(const struct crowd *crowd, size_t i,
                      assay_finding *finding)
{
    const struct assay__kit_child *child = crowd->child;
    const assay_content *content = &crowd->samples.at[i].content;
    const assay_scan_args args = {content, assay__kit_now_ms() +
                                               child->kit->patience_ms};
    struct {
        assay_finding finding;
        char slack[256];
    } room = {.finding.coverage.bytes_total = content->size};

    child->ops->scan(child->instance, &args, &room.finding);
    *finding = room.finding;
    finding->info[sizeof finding->info - 1] = '\0';
    finding->scan_code[sizeof finding->scan_code - 1] = '\0';
}

static bool is_same(const assay_finding *a, const assay_finding *b)
{
    return a->found == b->found && a->reason == b->reason &&
           strcmp(a->info, b->info) == 0 &&
           strcmp(a->scan_code, b->scan_code) == 0 &&
           a->coverage.bytes_seen == b->coverage.bytes_seen;
}

static void *scan_in_crowd(void *arg)
{
    const struct member *member = arg;
    struct crowd *crowd = member->crowd;
    size_t count = crowd->samples.count;
    assay_finding finding;

    for (size_t i = 0; i < count * PASSES; i++) {
        size_t which = (member->first + i) % count;

        if (atomic_load(&crowd->is_different))
            break;
        scan_once(crowd, which, &finding);
        if (is_same(&finding, &crowd->alone[which]) ||
            atomic_exchange(&crowd->is_different, true))
            continue;
        crowd->what = crowd->samples.at[which].what;
        crowd->together = finding;
        crowd->expected = &crowd->alone[which];
    }
    return NULL;
}

static void run_crowd(struct crowd *crowd, unsigned threads)
{
    struct member members[THREADS_MAX];
    unsigned started = 0;

    for (; started < threads && started < THREADS_MAX; started++) {
        members[started] = (struct member){.crowd = crowd, .first = started};
        if (pthread_create(&members[started].thread, NULL, scan_in_crowd,
                           &members[started]) != 0)
            break;
    }
    for (unsigned i = 0; i < started; i++)
        (void)pthread_join(members[i].thread, NULL);
    if (started < 2)
        assay__kit_fail(crowd->child, "the kit itself: no threads to be had");
}

static void tell_difference(struct crowd *crowd)
{
    if (atomic_load(&crowd->is_different))
        assay__kit_fail(
            crowd->child,
            "%.100s: %s \"%.100s\" beside others, %s \"%.100s\" "
            "alone",
            crowd->what, assay__kit_found_name(crowd->together.found),
            crowd->together.info, assay__kit_found_name(crowd->expected->found),
            crowd->expected->info);
}

static void check_crowd(struct crowd *crowd)
{
    struct assay__kit_child *child = crowd->child;
    unsigned threads = child->kit->threads;

    for (size_t i = 0; i < crowd->samples.count; i++) {
        assay__kit_stage(child, "the scan of %s", crowd->samples.at[i].what);
        scan_once(crowd, i, &crowd->alone[i]);
    }
    assay__kit_stage(child, "scans in %u threads at once", threads);
    run_crowd(crowd, threads);
    tell_difference(crowd);
    assay__kit_close(child); /* right behind the last scan */
    assay__kit_note(child, "%u threads, %zu scans", threads,
                    threads * crowd->samples.count * PASSES);
}

void assay__kit_check_threads(struct assay__kit_child *child)
{
    struct crowd *crowd;

    if (assay__kit_is_process(child)) {
        assay__kit_skip(child, "it scans in processes of one thread only");
        return;
    }
    crowd = calloc(1, sizeof *crowd);
    if (!crowd) {
        assay__kit_fail(child, "the kit itself: out of memory");
        return;
    }
    crowd->child = child;
    if (assay__kit_samples_init(child, &crowd->samples) &&
        assay__kit_ready(child))
        check_crowd(crowd);
    assay__kit_samples_fini(&crowd->samples);
    free(crowd);
}
