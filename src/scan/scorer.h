/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The scorer of a configuration: the stanza cloudmark with its backend, its
 * counters and its place in a thread pool. It outlives a reload that does not
 * change the stanza: generations share one, and the last reference closes it.
 *
 * Built and opened by one thread; from then on the plain members do not
 * change, the others are atomic.
 */
#ifndef ASSAY_SCAN_SCORER_H
#define ASSAY_SCAN_SCORER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "rt/pool.h"
#include "scan/pulse.h"
#include "scan/scorer_module.h"
#include "base/wall_clock.h"
#include "scan/scorer_options.h"

/** What `counter list` shows below /cloudmark/. */
enum assay__scorer_counter {
    ASSAY__SCORER_SCANNED, /* messages that got a score */
    ASSAY__SCORER_SPAM,    /* of these, flagged */
    ASSAY__SCORER_ERRORS,  /* scores, analyses and addresses that failed */
    ASSAY__SCORER_COUNTERS /* how many there are */
};

struct assay__scorer_count {
    _Atomic uint64_t value;
    _Atomic int64_t since_s; /* wall clock: made or reset */
};

struct assay__scorer {
    _Atomic unsigned references;
    struct assay__scorer_module *module;   /* counted reference */
    struct assay__scorer_options *options; /* own copy */
    void *settings; /* of the backend, own copy; NULL without any */
    assay_log log;
    assay_scorer_args args;
    void *instance; /* NULL: not open */
    bool is_started;
    struct assay__scorer_count counts[ASSAY__SCORER_COUNTERS];
    struct assay__pool *pool;     /* set before the first call; NULL: calls
                                     run in the thread of the caller */
    struct assay__job_class jobs; /* its calls in that pool */
};

/** One reference, not open. @param settings, options  copied
 *  @param clock  when counting begins; NULL: the system's
 *  @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__scorer_new(struct assay__scorer_module *module,
                           const struct assay__scorer_options *options,
                           const void *settings,
                           const struct assay__wall_clock *clock,
                           struct assay__scorer **out, assay_error *err);
struct assay__scorer *assay__scorer_ref(struct assay__scorer *scorer);
/** Accepts NULL; sets *scorer to NULL. */
void assay__scorer_unref(struct assay__scorer **scorer);
/** Whether an open one can serve for the other: the same stanza. */
bool assay__scorer_is_same(const struct assay__scorer *a,
                           const struct assay__scorer *b);

/** Whether the backend can use its settings and servers.
 *  @param option_out  set with a failure: the option that is wrong; static */
assay_rc assay__scorer_check(struct assay__scorer *scorer,
                             const char **option_out, assay_error *err);
/** ASSAY_OK when it is open already. @param log may be NULL
 *  @return as open of the backend, whose sentence err has behind the name */
assay_rc assay__scorer_open(struct assay__scorer *scorer, const assay_log *log,
                            assay_error *err);
/** Let the backend ask its servers what it needs to know; once. Blocks: until
 *  the timeout, where servers do not answer. */
void assay__scorer_start(struct assay__scorer *scorer);

/**
 * Call the backend in a thread of the pool while this one waits, and check
 * what it returns; is_spam is set by MinimumScore (CM-09).
 *
 * @param pulse  of the calling thread; may be NULL
 * @return as the operations of a scorer; ASSAY_E_LIMIT also when there is no
 *         thread before the timeout. Threads: any. Blocks: until the timeout.
 */
assay_rc assay__scorer_score(struct assay__scorer *scorer,
                             const assay_score_subject *subject,
                             struct assay__pulse *pulse, assay_score *score_out,
                             assay_error *err);
assay_rc assay__scorer_analyze(struct assay__scorer *scorer, const char *text,
                               size_t len, struct assay__pulse *pulse,
                               assay_score *score_out, assay_error *err);
/** @param address  as hosts write it; ASSAY_E_INVAL when it is none */
assay_rc assay__scorer_score_address(struct assay__scorer *scorer,
                                     const char *address,
                                     struct assay__pulse *pulse,
                                     assay_score *score_out, assay_error *err);
/** Texts arrive cleaned. Runs in the calling thread. */
assay_rc assay__scorer_version(struct assay__scorer *scorer,
                               assay_scorer_version *version_out,
                               assay_error *err);

#endif
