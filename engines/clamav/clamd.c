/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clamav_engine.h"
#include "clamd_content.h"
#include "clamd_daemon.h"

enum {
    PROOF_MS = 3000, /* for the canary, before a daemon counts as down */
    SENDS_MAX = 2,   /* a content that two daemons died of gets no third */
    FAIR_MS = 1000,  /* who had less time than that did not fail */
    EPOCH_VERSION = 64
};

struct clamd {
    assay_log log;
    int64_t timeout_ms;
    struct assay__clamav_canary canary;
    char *deep; /* see assay__clamav_canary_deep() */
    size_t deep_size;
    size_t count;
    struct assay__clamd_daemon daemons[];
};

assay_rc assay__clamd_check_address(const char *text, assay_error *err)
{
    struct assay__clamd_address ignored;

    return assay__clamd_address_parse(text, &ignored, err);
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

/* ---- the canary --------------------------------------------------------- */

/* One sample by the way any content goes. */
static assay_rc scan_sample(struct assay__clamd_daemon *daemon,
                            const char *data, size_t size, int64_t deadline_ms,
                            struct assay__clamd_reply *reply, assay_error *err)
{
    struct assay__clamd_content content = {
        .prefix = "", .data = data, .size = size, .fd = -1};
    assay_rc rc;

    if (assay__clamd_daemon_takes_files(daemon))
        assay__clamd_content_open(&content);
    rc = assay__clamd_daemon_scan(daemon, &content, deadline_ms, reply, err);
    assay__clamd_content_close(&content);
    return rc;
}

/* @return also ASSAY_E_STATE: it answers, but does not detect */
static assay_rc prove_sample(struct assay__clamd_daemon *daemon,
                             const struct assay__clamav_sample *sample,
                             enum assay__clamd_said want, int64_t deadline_ms,
                             assay_error *err)
{
    struct assay__clamd_reply reply;
    assay_rc rc = scan_sample(daemon, sample->data, sample->size, deadline_ms,
                              &reply, err);

    if (rc != ASSAY_OK || reply.said == want)
        return rc;
    return assay_error_set(
        err, ASSAY_E_STATE,
        "clamd at %s missed the canary: %s with %s came out as: %s",
        daemon->address.text, sample->name,
        want == ASSAY__CLAMD_SAID_FOUND ? "the EICAR test file"
                                        : "nothing in it",
        reply.text);
}

/* Limits first: whether descriptors are passed depends on them. */
static assay_rc prove_limits(struct clamd *self,
                             struct assay__clamd_daemon *daemon,
                             int64_t deadline_ms, assay_error *err)
{
    struct assay__clamd_reply reply;
    assay_finding finding = {0};
    assay_rc rc = scan_sample(daemon, self->deep, self->deep_size, deadline_ms,
                              &reply, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__clamd_reply_judge(&reply, self->deep_size, &finding);
    assay__clamd_daemon_set_limits(daemon,
                                   finding.found == ASSAY_FOUND_THREAT ||
                                       finding.coverage.limits_hit != 0);
    return ASSAY_OK;
}

static assay_rc prove(struct clamd *self, struct assay__clamd_daemon *daemon,
                      int64_t deadline_ms, assay_error *err)
{
    const struct assay__clamav_canary *canary = &self->canary;
    const struct assay__clamav_sample *samples = canary->samples;
    int64_t until_ms = earlier(deadline_ms, assay__clamav_now_ms() + PROOF_MS);
    assay_rc rc = prove_limits(self, daemon, until_ms, err);

    if (rc == ASSAY_OK)
        rc = prove_sample(daemon, &samples[ASSAY__CLAMAV_SAMPLE_BARE],
                          ASSAY__CLAMD_SAID_FOUND, until_ms, err);
    if (rc == ASSAY_OK)
        rc = prove_sample(daemon, &samples[ASSAY__CLAMAV_SAMPLE_ATTACHED],
                          ASSAY__CLAMD_SAID_FOUND, until_ms, err);
    if (rc == ASSAY_OK)
        rc = prove_sample(daemon, &canary->clean, ASSAY__CLAMD_SAID_NOTHING,
                          until_ms, err);
    return rc;
}

/* Proves, and reports what came of it. */
static assay_rc prove_and_report(struct clamd *self,
                                 struct assay__clamd_daemon *daemon,
                                 bool was_down, int64_t deadline_ms,
                                 assay_error *err)
{
    assay_error own = {0};
    assay_rc rc = prove(self, daemon, deadline_ms, &own);

    if (rc == ASSAY_E_STATE)
        assay__clamd_daemon_disown(daemon, &own);
    /* Whoever misses the canary is down, sure. */
    assay__clamd_daemon_report(
        daemon, was_down, rc == ASSAY_E_STATE ? ASSAY_E_UNAVAILABLE : rc, &own);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "%s", own.msg);
    return ASSAY_OK;
}

/* ---- one view of a content ---------------------------------------------- */

/* A scan on its way along the daemons. */
struct attempt {
    struct clamd *self;
    struct assay__clamd_content content;
    int64_t deadline_ms;
    size_t sends; /* daemons that were given the content */
    bool tried;   /* finding is of a daemon, not the initial one */
    assay_finding *finding;
    assay_finding blank; /* as it was given */
};

static void set_fault(struct attempt *attempt, assay_rc rc,
                      const assay_error *err)
{
    assay_reason reason = rc == ASSAY_E_TIMEOUT       ? ASSAY_REASON_TIMEOUT
                          : rc == ASSAY_E_UNAVAILABLE ? ASSAY_REASON_UNAVAILABLE
                          : rc == ASSAY_E_STATE       ? ASSAY_REASON_CANARY
                          : rc == ASSAY_E_NOMEM       ? ASSAY_REASON_MEMORY
                                                      : ASSAY_REASON_ENGINE;

    assay__clamav_fault(attempt->finding, reason, "%s", err->msg);
    attempt->tried = true;
}

/* It is down: say why, unless something more telling is known. */
static void set_down(struct attempt *attempt,
                     struct assay__clamd_daemon *daemon)
{
    struct assay__clamd_state state;

    if (attempt->tried)
        return;
    assay__clamd_daemon_state(daemon, &state);
    assay__clamav_fault(attempt->finding, ASSAY_REASON_UNAVAILABLE,
                        "no clamd can be used: %s",
                        state.trouble[0] ? state.trouble : "it is being tried");
}

/* Passes a file where one is taken. */
static void prepare(struct attempt *attempt, struct assay__clamd_daemon *daemon)
{
    bool takes = assay__clamd_daemon_takes_files(daemon);

    if (takes && attempt->content.fd < 0)
        assay__clamd_content_open(&attempt->content);
    else if (!takes)
        assay__clamd_content_close(&attempt->content);
}

/* @return true when the finding is final */
static bool ask_daemon(struct attempt *attempt,
                       struct assay__clamd_daemon *daemon, int64_t deadline_ms)
{
    int64_t time_ms = deadline_ms - assay__clamav_now_ms();
    struct assay__clamd_reply reply;
    assay_error err = {0};
    assay_rc rc;

    prepare(attempt, daemon);
    rc = assay__clamd_daemon_scan(daemon, &attempt->content, deadline_ms,
                                  &reply, &err);
    if (rc != ASSAY_E_TIMEOUT || time_ms >= FAIR_MS)
        assay__clamd_daemon_report(daemon, false, rc, &err);
    if (rc != ASSAY_OK) {
        attempt->sends += rc == ASSAY_E_IO;
        set_fault(attempt, rc, &err);
        return false;
    }
    attempt->sends++;
    attempt->tried = true;
    *attempt->finding = attempt->blank; /* another daemon's is forgotten */
    assay__clamd_reply_judge(&reply, attempt->content.size, attempt->finding);
    return attempt->finding->found != ASSAY_FOUND_FAULT;
}

/* @return true when the finding is final */
static bool try_daemon(struct attempt *attempt,
                       struct assay__clamd_daemon *daemon, int64_t deadline_ms)
{
    enum assay__clamd_admission admission = assay__clamd_daemon_admit(daemon);
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;

    if (admission == ASSAY__CLAMD_REFUSE) {
        set_down(attempt, daemon);
        return false;
    }
    if (admission == ASSAY__CLAMD_PROBE)
        rc = prove_and_report(attempt->self, daemon, true, deadline_ms, &err);
    if (rc == ASSAY_OK)
        return ask_daemon(attempt, daemon, deadline_ms);
    set_fault(attempt, rc, &err);
    return false;
}

/* A daemon that has others behind it leaves them a third of the time. */
static int64_t deadline_of(const struct attempt *attempt, bool is_last)
{
    int64_t now_ms = assay__clamav_now_ms();
    int64_t left_ms = attempt->deadline_ms - now_ms;

    return is_last ? attempt->deadline_ms : now_ms + left_ms * 2 / 3;
}

/* The daemons in order, until one gives a result. */
static void scan_view(struct clamd *self, const char *prefix,
                      const assay_scan_args *args, assay_finding *finding)
{
    struct attempt attempt = {
        .self = self,
        .content = {.prefix = prefix,
                    .data = args->content->data,
                    .size = args->content->size,
                    .fd = -1},
        .deadline_ms = args->deadline_ms,
        .finding = finding,
        .blank = *finding,
    };

    for (size_t i = 0; i < self->count && attempt.sends < SENDS_MAX; i++) {
        if (assay__clamav_now_ms() >= args->deadline_ms && attempt.tried)
            break;
        if (try_daemon(&attempt, &self->daemons[i],
                       deadline_of(&attempt, i + 1 == self->count)))
            break;
    }
    assay__clamd_content_close(&attempt.content);
}

/* ---- the scan op -------------------------------------------------------- */

/* @return true when the finding is final */
static bool decide_early(const assay_scan_args *args, assay_finding *finding)
{
    if (args->content->size == 0) {
        finding->found = ASSAY_FOUND_NOTHING;
        (void)snprintf(finding->scan_code, sizeof finding->scan_code,
                       "Empty file");
        return true;
    }
    if (assay__clamav_now_ms() < args->deadline_ms)
        return false;
    assay__clamav_fault(finding, ASSAY_REASON_TIMEOUT,
                        "the deadline had passed before the scan");
    return true;
}

/* What may be a mail is sent with a header in front that libclamav knows; and
 * as it is, too, unless it begins as nothing but a mail does. */
static void scan_views(struct clamd *self, const assay_scan_args *args,
                       assay_finding *finding)
{
    const assay_content *content = args->content;
    bool as_mail = assay__clamav_may_be_mail(content);
    assay_finding second = *finding;

    if (!as_mail) {
        scan_view(self, "", args, finding);
        return;
    }
    scan_view(self, ASSAY__CLAMAV_MAIL_PREFIX, args, finding);
    if (assay__clamav_begins_as_mail(content) ||
        assay__clamav_weight(finding) >= ASSAY__CLAMAV_WEIGHT_FAULT)
        return;
    scan_view(self, "", args, &second);
    if (assay__clamav_weight(&second) > assay__clamav_weight(finding))
        *finding = second;
}

static void clamd_scan(void *instance, const assay_scan_args *args,
                       assay_finding *finding)
{
    struct clamd *self = instance;
    assay_coverage *coverage = &finding->coverage;

    if (!decide_early(args, finding))
        scan_views(self, args, finding);
    coverage->parts_total = 1;
    coverage->parts_seen = finding->found == ASSAY_FOUND_FAULT ? 0 : 1;
    coverage->bytes_seen =
        finding->found == ASSAY_FOUND_FAULT ? 0 : args->content->size;
}

/* ---- proving and refreshing --------------------------------------------- */

/* A daemon that cannot be reached says nothing of what is detected, and comes
 * back by itself; so only a missed canary that leaves no daemon is a failure.
 */
static assay_rc clamd_probe(void *instance, assay_error *err)
{
    struct clamd *self = instance;
    assay_error missed = {0};
    bool is_served = false;

    for (size_t i = 0; i < self->count; i++) {
        struct assay__clamd_daemon *daemon = &self->daemons[i];
        enum assay__clamd_admission admission =
            assay__clamd_daemon_admit(daemon);
        assay_error own = {0};
        assay_rc rc;

        if (admission == ASSAY__CLAMD_REFUSE)
            continue;
        rc = prove_and_report(self, daemon, admission == ASSAY__CLAMD_PROBE,
                              assay__clamav_now_ms() + self->timeout_ms, &own);
        is_served = is_served || rc == ASSAY_OK;
        if (rc == ASSAY_E_STATE)
            missed = own;
    }
    if (is_served || missed.msg[0] == '\0')
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "%s", missed.msg);
}

static uint64_t count_changes(struct clamd *self)
{
    struct assay__clamd_state state;
    uint64_t changes = 0;

    for (size_t i = 0; i < self->count; i++) {
        assay__clamd_daemon_state(&self->daemons[i], &state);
        changes += state.changes;
    }
    return changes;
}

static assay_rc clamd_refresh(void *instance, bool *changed_out,
                              assay_error *err)
{
    struct clamd *self = instance;
    uint64_t before = count_changes(self);
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < self->count; i++) {
        struct assay__clamd_daemon *daemon = &self->daemons[i];
        struct assay__clamd_state state;
        assay_rc one = ASSAY_OK;

        assay__clamd_daemon_state(daemon, &state);
        if (state.is_up)
            one = assay__clamd_daemon_refresh(
                daemon, assay__clamav_now_ms() + self->timeout_ms, err);
        if (one != ASSAY_OK)
            rc = one;
    }
    *changed_out = count_changes(self) != before;
    return rc;
}

/* ---- what it is --------------------------------------------------------- */

/* All versions, since any of the daemons may make a verdict, and how often
 * one of them was found changed. */
static void clamd_epoch(void *instance, char *buf, size_t size)
{
    struct clamd *self = instance;
    char first[EPOCH_VERSION] = "";
    uint64_t changes = 0;
    uint64_t digest = 0;

    for (size_t i = 0; i < self->count; i++) {
        struct assay__clamd_state state;

        assay__clamd_daemon_state(&self->daemons[i], &state);
        changes += state.changes;
        digest = assay__clamav_hash(digest, state.version,
                                    strlen(state.version) + 1);
        if (first[0] == '\0')
            (void)snprintf(first, sizeof first, "%.*s", EPOCH_VERSION - 1,
                           state.version);
    }
    (void)snprintf(buf, size, "clamd %s #%" PRIu64 " %016" PRIx64, first,
                   changes, digest);
}

/* The first line as documented for one daemon; others say which they are. */
static void clamd_version(void *instance, char *buf, size_t size)
{
    struct clamd *self = instance;
    size_t len = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < self->count && len < size; i++) {
        struct assay__clamd_state state;
        const char *address = self->daemons[i].address.text;
        int added;

        assay__clamd_daemon_state(&self->daemons[i], &state);
        added = snprintf(
            buf + len, size - len,
            "%santivirus: clamav %s%s%s%s\nAV definitions version: %u",
            i ? "\n" : "", state.version[0] ? state.version : "unknown",
            self->count > 1 ? " at " : "", self->count > 1 ? address : "",
            state.is_up ? "" : " (not in service)",
            assay__clamd_reply_signatures(state.version));
        len += added > 0 ? (size_t)added : 0;
    }
}

/* ---- life --------------------------------------------------------------- */

static void clamd_close(void *instance)
{
    struct clamd *self = instance;

    for (size_t i = 0; i < self->count; i++)
        assay__clamd_daemon_fini(&self->daemons[i]);
    assay__clamav_canary_fini(&self->canary);
    free(self->deep);
    free(self);
}

static assay_rc add_daemons(struct clamd *self,
                            const struct assay__clamav_settings *settings,
                            assay_error *err)
{
    const assay_conf_list *list = &settings->daemon;

    for (size_t i = 0; i < list->count; i++) {
        struct assay__clamd_address address;
        assay_rc rc = assay__clamd_address_parse(list->items[i], &address, err);

        if (rc == ASSAY_OK)
            rc = assay__clamd_daemon_init(&self->daemons[i], &address,
                                          (size_t)settings->daemon_sessions,
                                          &self->log, err);
        if (rc != ASSAY_OK)
            return rc;
        self->count++;
    }
    return ASSAY_OK;
}

static assay_rc build(struct clamd *self,
                      const struct assay__clamav_settings *settings,
                      assay_error *err)
{
    assay_rc rc = add_daemons(self, settings, err);

    if (rc == ASSAY_OK)
        rc = assay__clamav_canary_init_eicar(&self->canary, err);
    if (rc != ASSAY_OK)
        return rc;
    self->deep = assay__clamav_canary_deep(&self->deep_size);
    if (!self->deep)
        return assay_error_set(err, ASSAY_E_NOMEM, "clamd: canary");
    return ASSAY_OK;
}

/* The daemons are tried now so that the log tells what is wrong with them; a
 * clamd that starts later than its client is nothing to refuse to start for. */
static assay_rc clamd_open(const assay_engine_args *args, void **instance_out,
                           assay_error *err)
{
    const struct assay__clamav_settings *settings = args->settings;
    struct clamd *self = calloc(1, sizeof *self + settings->daemon.count *
                                                      sizeof *self->daemons);
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "clamd: instance");
    if (args->log)
        self->log = *args->log;
    self->timeout_ms = args->timeout_ms;
    rc = build(self, settings, err);
    if (rc != ASSAY_OK) {
        clamd_close(self);
        return rc;
    }
    (void)clamd_probe(self, NULL);
    *instance_out = self;
    return ASSAY_OK;
}

const assay_engine_ops assay__clamd_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = clamd_open,
    .close = clamd_close,
    .scan = clamd_scan,
    .probe = clamd_probe,
    .epoch = clamd_epoch,
    .version = clamd_version,
    .refresh = clamd_refresh,
};
