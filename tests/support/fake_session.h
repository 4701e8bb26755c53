/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A session without policy layer, for tests of policy languages: what
 * <assay/policy.h> offers, with scripted verdicts and recorded answers.
 */
#ifndef FAKE_SESSION_H
#define FAKE_SESSION_H

#include <assay/policy.h>

#include <pthread.h>

#define FAKE_VERDICTS_MAX 8
#define FAKE_POSTS_MAX 16
#define FAKE_DATA_MAX 8192

/* What scripts set up; the addresses of msi.local are taken. */
struct assay_activefilter {
    assay_activefilter_mode mode;
    char inbox[64], spam[64]; /* of MOVEMSG, else "" */
    bool unread_only;
    char address[128]; /* "": not set */
    bool is_sealed;    /* as after open */
};

struct assay_session {
    assay_context *context;
    assay_message *message; /* borrowed from the test */
    const char *peer;
    const char *const *engines; /* ends with NULL */

    /* Scans take the verdicts in turn; none: a verdict as it is born. */
    assay_verdict verdicts[FAKE_VERDICTS_MAX];
    size_t verdict_count;
    void (*on_scan)(void *arg); /* called in each scan; may be NULL */
    void *on_scan_arg;

    /* Scores: each call of the four gets it, or fails with score_rc, and calls
     * on_scan first. */
    bool cannot_score; /* as without a cloudmark stanza */
    assay_rc score_rc;
    assay_score score;
    struct assay_activefilter filter; /* for assay_language_args */

    /* Pools: CPU, IO and SLOW; each job has a thread of its own. */
    pthread_t posts[FAKE_POSTS_MAX]; /* fake_session_settle() waits for them */
    size_t post_count;

    /* Recorded. */
    size_t scans;
    bool scanned_part;
    char engine[128]; /* of the last scan; "*" for all */
    int code;         /* of the last reply; 0: none */
    char text[ASSAY_REPLY_TEXT_MAX];
    bool disconnected;
    bool discarded;
    size_t scores;
    const char *asked;        /* "score", "analyze", …; NULL: nothing yet */
    char analyzed[64];        /* start of the last text */
    size_t analyzed_len;      /* all of it */
    char scored_address[64];  /* the last one */
    double threshold;         /* the last one */
    const char *af_id;        /* the last one */
    size_t data_count;        /* values of add_af_data */
    char data[FAKE_DATA_MAX]; /* "address key=value\n", as far as it goes */
};

/** Aborts the test when out of memory. */
assay_session *fake_session_new(void);
/** Accepts NULL; sets *session to NULL. */
void fake_session_free(assay_session **session);
/** Wait for all that was posted. */
void fake_session_settle(assay_session *session);
/** Script the next verdict; NULL texts are "". */
void fake_session_verdict(assay_session *session, assay_status status,
                          const char *info, const char *engine,
                          const char *scan_code);

#endif
