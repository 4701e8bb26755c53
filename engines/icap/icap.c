/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "icap_request.h"
#include "icap_server.h"
#include "icap_time.h"
#include "icap_url.h"

#define OPTION(name) offsetof(struct assay__icap_settings, name)

enum {
    PROOF_MS = 5000, /* for OPTIONS and canary, before a server is down */
    GLANCE_MS = 500, /* likewise, while a mail waits that another can scan */
    DEATHS_MAX = 2,  /* a content that two servers broke off at gets no third */
    FAIR_MS = 1000,  /* who had less time than that did not fail */
    AGENT_MAX = 128,
    EICAR_SIZE = 68
};

struct icap {
    assay_log log;
    struct assay__icap_settings settings; /* a copy; strings borrowed */
    int64_t timeout_ms;
    uint64_t salt; /* of epochs that no ISTag tells apart */
    char eicar[EICAR_SIZE];
    size_t count;
    struct assay__icap_server servers[]; /* count of them */
};

/* ---- options ------------------------------------------------------------ */

static assay_rc check_server(const char *text, assay_error *err)
{
    struct assay__icap_url ignored;

    return assay__icap_url_parse(text, &ignored, err);
}

int64_t assay__icap_preview(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (!strcasecmp(text, "off"))
        return ASSAY__ICAP_PREVIEW_OFF;
    if (digits == 0 || digits > 7 || text[digits] != '\0')
        return ASSAY__ICAP_PREVIEW_AUTO;
    return strtoll(text, NULL, 10);
}

static assay_rc check_preview(const char *text, assay_error *err)
{
    int64_t bytes = assay__icap_preview(text);

    if (bytes > ASSAY__ICAP_PREVIEW_MAX ||
        (bytes == ASSAY__ICAP_PREVIEW_AUTO && strcasecmp(text, "auto") != 0))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "write auto, off, or bytes (0 to %d)",
                               ASSAY__ICAP_PREVIEW_MAX);
    return ASSAY_OK;
}

static assay_rc check_agent(const char *text, assay_error *err)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            len = AGENT_MAX + 1;
    if (len > AGENT_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a user agent has at most %d printable ASCII "
                               "characters",
                               AGENT_MAX);
    return ASSAY_OK;
}

static assay_rc check_header_name(const char *text, assay_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_";
    size_t len = strlen(text);

    if (len == 0 || len > ASSAY__ICAP_HEADER_MAX ||
        strspn(text, allowed) != len)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "write the name of a header, without a colon");
    return ASSAY_OK;
}

static const assay_conf_word methods[] = {
    {"auto", ASSAY__ICAP_METHOD_AUTO, NULL},
    {"respmod", ASSAY__ICAP_METHOD_RESPMOD, NULL},
    {"reqmod", ASSAY__ICAP_METHOD_REQMOD, NULL},
    {NULL, 0, NULL},
};

static const assay_conf_option options[] = {
    {.name = "servers",
     .type = ASSAY_CONF_LIST,
     .offset = OPTION(servers),
     .required = true,
     .check = check_server},
    {.name = "method",
     .type = ASSAY_CONF_ENUM,
     .offset = OPTION(method),
     .default_value = "auto",
     .words = methods},
    {.name = "preview",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(preview),
     .default_value = "auto",
     .check = check_preview},
    {.name = "trust_preview",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(trust_preview),
     .default_value = "off"},
    {.name = "allow_204",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(allow_204),
     .default_value = "on"},
    {.name = "keep_alive",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(keep_alive),
     .default_value = "on"},
    {.name = "connections",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(connections),
     .default_value = "50",
     .min = 1,
     .max = ASSAY__ICAP_OPEN_MAX},
    {.name = "send_names",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(send_names),
     .default_value = "off"},
    {.name = "user_agent",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(user_agent),
     .default_value = "Assay",
     .check = check_agent},
    {.name = "header",
     .type = ASSAY_CONF_LIST,
     .offset = OPTION(header),
     .check = assay__icap_request_check_header},
    {.name = "infected_headers",
     .type = ASSAY_CONF_LIST,
     .offset = OPTION(infected_headers),
     .check = check_header_name},
    {.name = "blocked_is_infected",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(blocked_is_infected),
     .default_value = "off"},
    {.name = "max_reply",
     .type = ASSAY_CONF_SIZE,
     .offset = OPTION(max_reply),
     .default_value = "1048576",
     .min = 4096,
     .max = 1073741824},
    {.name = "canary",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(canary),
     .default_value = "on"},
    {.name = NULL},
};

const assay_conf_stanza assay__icap_conf = {
    .name = "icap",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct assay__icap_settings),
    .options = options,
};

/* Services are made for web pages and files: of a mail many see the encoded
 * text alone. */
enum { ALWAYS = ASSAY_ENGINE_REMOTE | ASSAY_ENGINE_WANTS_PARTS };

/* Where names are told, a verdict may depend on them. */
static uint32_t icap_flags(const void *settings)
{
    const struct assay__icap_settings *own = settings;

    return ALWAYS | (own->send_names ? (uint32_t)ASSAY_ENGINE_USES_NAMES : 0);
}

/* ---- the canary --------------------------------------------------------- */

/* The test file of EICAR, put together here so that no scanner finds it in
 * this program. */
static void make_eicar(char out[EICAR_SIZE])
{
    static const char *const pieces[] = {
        "X5O!P%@AP[4\\PZX5", "4(P^)7CC)7}$EICAR", "-STANDARD-ANTIVI",
        "RUS-TEST-FILE!$H+H*"};
    size_t len = 0;

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t size = strlen(pieces[i]);

        memcpy(out + len, pieces[i], size);
        len += size;
    }
}

/* @return also ASSAY_E_STATE: it answers, but not as it should */
static assay_rc prove_sample(struct assay__icap_server *server,
                             const char *data, size_t size, assay_found want,
                             int64_t deadline_ms, assay_error *err)
{
    const assay_content content = {
        .kind = ASSAY_CONTENT_FILE, .data = data, .size = size};
    const struct assay__icap_job job = {
        .content = &content, .deadline_ms = deadline_ms, .may_wait = true};
    assay_finding finding = {.coverage.bytes_total = size};
    bool is_refused;
    assay_rc rc =
        assay__icap_server_scan(server, &job, &finding, &is_refused, err);

    if (rc != ASSAY_OK || finding.found == want)
        return rc;
    if (is_refused)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "ICAP server %s: %s",
                               server->text, finding.info);
    return assay_error_set(
        err, ASSAY_E_STATE,
        "ICAP server %s missed the canary: %s came out as %s", server->text,
        want == ASSAY_FOUND_THREAT ? "the EICAR test file" : "a harmless text",
        finding.info[0] != '\0' ? finding.info : "nothing found");
}

static assay_rc prove(struct icap *self, struct assay__icap_server *server,
                      int64_t deadline_ms, assay_error *err)
{
    static const char harmless[] = "There is nothing in here.\r\n";
    int64_t until_ms =
        assay__icap_earlier(deadline_ms, assay__icap_now_ms() + PROOF_MS);
    assay_rc rc = assay__icap_server_refresh(server, until_ms, err);

    if (rc == ASSAY_OK && self->settings.canary)
        rc = prove_sample(server, self->eicar, sizeof self->eicar,
                          ASSAY_FOUND_THREAT, until_ms, err);
    if (rc == ASSAY_OK && self->settings.canary)
        rc = prove_sample(server, harmless, sizeof harmless - 1,
                          ASSAY_FOUND_NOTHING, until_ms, err);
    return rc;
}

/* Proves, and reports what came of it. */
static assay_rc prove_and_report(struct icap *self,
                                 struct assay__icap_server *server,
                                 bool was_down, int64_t deadline_ms,
                                 assay_error *err)
{
    assay_error own = {0};
    assay_rc rc = prove(self, server, deadline_ms, &own);

    if (rc == ASSAY_E_STATE)
        assay__icap_server_disown(server, &own);
    /* Whoever misses the canary is down, sure. */
    assay__icap_server_report(
        server, was_down, rc == ASSAY_E_STATE ? ASSAY_E_UNAVAILABLE : rc, &own);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "%s", own.msg);
    return ASSAY_OK;
}

/* ---- one content -------------------------------------------------------- */

/* A scan on its way along the servers. */
struct attempt {
    struct icap *self;
    const assay_scan_args *args;
    bool is_done[ASSAY__ICAP_SERVERS_MAX]; /* its turn is over */
    size_t deaths; /* servers that broke off at the content */
    bool tried;    /* finding is of a server, not the initial one */
    assay_finding *finding;
    assay_finding blank; /* as it was given */
};

static void fault(assay_finding *finding, assay_reason reason, const char *text)
{
    finding->found = ASSAY_FOUND_FAULT;
    finding->reason = reason;
    (void)snprintf(finding->info, sizeof finding->info, "%.*s",
                   (int)sizeof finding->info - 1, text);
}

static void set_fault(struct attempt *attempt, assay_rc rc,
                      const assay_error *err)
{
    assay_reason reason = rc == ASSAY_E_TIMEOUT       ? ASSAY_REASON_TIMEOUT
                          : rc == ASSAY_E_UNAVAILABLE ? ASSAY_REASON_UNAVAILABLE
                          : rc == ASSAY_E_STATE       ? ASSAY_REASON_CANARY
                          : rc == ASSAY_E_LIMIT       ? ASSAY_REASON_OVERLOAD
                          : rc == ASSAY_E_NOMEM       ? ASSAY_REASON_MEMORY
                                                      : ASSAY_REASON_ENGINE;

    *attempt->finding = attempt->blank;
    fault(attempt->finding, reason, err->msg);
    attempt->tried = true;
}

/* It is down: say why, unless something more telling is known. */
static void set_down(struct attempt *attempt, struct assay__icap_server *server)
{
    struct assay__icap_report report;
    char text[ASSAY_VERDICT_INFO_MAX + 64];

    if (attempt->tried)
        return;
    assay__icap_server_state(server, &report);
    (void)snprintf(text, sizeof text, "no ICAP server can be used: %s",
                   report.trouble[0] ? report.trouble : "it is being tried");
    fault(attempt->finding, ASSAY_REASON_UNAVAILABLE, text);
}

/* Names the server in what it said. */
static void sign(assay_finding *finding,
                 const struct assay__icap_server *server)
{
    char text[ASSAY_ERROR_MAX];

    (void)snprintf(text, sizeof text, "ICAP server %s: %s", server->text,
                   finding->info);
    fault(finding, finding->reason, text);
}

/* @return true when the finding is final */
static bool take_answer(struct attempt *attempt,
                        struct assay__icap_server *server, bool is_refused)
{
    assay_finding *finding = attempt->finding;
    assay_error err = {0};

    attempt->tried = true;
    if (finding->found != ASSAY_FOUND_FAULT) {
        assay__icap_server_report(server, false, ASSAY_OK, NULL);
        return true;
    }
    sign(finding, server);
    if (is_refused)
        (void)assay_error_set(&err, ASSAY_E_IO, "%s", finding->info);
    assay__icap_server_report(server, false, is_refused ? ASSAY_E_IO : ASSAY_OK,
                              &err);
    return false;
}

/* @return true when the finding is final */
static bool ask_server(struct attempt *attempt, size_t index,
                       const struct assay__icap_job *job)
{
    struct assay__icap_server *server = &attempt->self->servers[index];
    int64_t time_ms = job->deadline_ms - assay__icap_now_ms();
    assay_finding finding = attempt->blank;
    bool is_refused = false;
    assay_error err = {0};
    assay_rc rc =
        assay__icap_server_scan(server, job, &finding, &is_refused, &err);

    attempt->is_done[index] = rc != ASSAY_E_LIMIT || job->may_wait;
    if (rc == ASSAY_OK) {
        *attempt->finding = finding;
        return take_answer(attempt, server, is_refused);
    }
    if (rc != ASSAY_E_TIMEOUT || time_ms >= FAIR_MS)
        assay__icap_server_report(server, false, rc, &err);
    attempt->deaths += rc == ASSAY_E_IO;
    set_fault(attempt, rc, &err);
    return false;
}

static bool has_another(const struct attempt *attempt, size_t index)
{
    struct icap *self = attempt->self;
    bool is_up = false;

    for (size_t i = 0; i < self->count && !is_up; i++) {
        struct assay__icap_report report;

        if (i == index || attempt->is_done[i])
            continue;
        assay__icap_server_state(&self->servers[i], &report);
        is_up = report.is_up;
    }
    return is_up;
}

/* One that hangs must not take the time of each mail. What needs longer to come
 * back has it at the look each minute. */
static int64_t proof_deadline(const struct attempt *attempt, size_t index,
                              const struct assay__icap_job *job)
{
    return has_another(attempt, index)
               ? assay__icap_earlier(job->deadline_ms,
                                     assay__icap_now_ms() + GLANCE_MS)
               : job->deadline_ms;
}

/* @return true when the finding is final */
static bool try_server(struct attempt *attempt, size_t index,
                       const struct assay__icap_job *job)
{
    struct assay__icap_server *server = &attempt->self->servers[index];
    enum assay__icap_admission admission =
        assay__icap_server_admit(server, false);
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;

    if (admission == ASSAY__ICAP_REFUSE) {
        attempt->is_done[index] = true;
        set_down(attempt, server);
        return false;
    }
    if (admission == ASSAY__ICAP_PROBE)
        rc = prove_and_report(attempt->self, server, true,
                              proof_deadline(attempt, index, job), &err);
    if (rc == ASSAY_OK)
        return ask_server(attempt, index, job);
    attempt->is_done[index] = true;
    set_fault(attempt, rc, &err);
    return false;
}

/* An equal share of what is left for it and those behind it that are up, so
 * that one that hangs does not take their time. */
static int64_t deadline_of(const struct attempt *attempt, size_t index)
{
    struct icap *self = attempt->self;
    int64_t now_ms = assay__icap_now_ms();
    int64_t left_ms = attempt->args->deadline_ms - now_ms;
    int64_t sharers = 1;

    for (size_t i = 0; i < self->count; i++) {
        struct assay__icap_report report;

        assay__icap_server_state(&self->servers[i], &report);
        sharers += i != index && !attempt->is_done[i] && report.is_up;
    }
    return sharers == 1 ? attempt->args->deadline_ms
                        : now_ms + left_ms / sharers;
}

/* The servers in order, until one gives a result. @return true when one did */
static bool scan_round(struct attempt *attempt, bool may_wait)
{
    struct icap *self = attempt->self;

    for (size_t i = 0; i < self->count && attempt->deaths < DEATHS_MAX; i++) {
        struct assay__icap_job job = {.content = attempt->args->content,
                                      .may_wait = may_wait};

        if (attempt->is_done[i])
            continue;
        if (attempt->tried &&
            assay__icap_now_ms() >= attempt->args->deadline_ms)
            return false;
        job.deadline_ms = deadline_of(attempt, i);
        if (try_server(attempt, i, &job))
            return true;
    }
    return false;
}

/* Those that have a connection free first; then the others, waiting. */
static void scan_content(struct icap *self, const assay_scan_args *args,
                         assay_finding *finding)
{
    struct attempt attempt = {
        .self = self, .args = args, .finding = finding, .blank = *finding};

    if (self->count > 1 && scan_round(&attempt, false))
        return;
    (void)scan_round(&attempt, true);
}

static void icap_scan(void *instance, const assay_scan_args *args,
                      assay_finding *finding)
{
    struct icap *self = instance;

    if (args->content->size == 0) {
        finding->found = ASSAY_FOUND_NOTHING;
        (void)snprintf(finding->scan_code, sizeof finding->scan_code,
                       "Empty file");
    } else if (assay__icap_now_ms() >= args->deadline_ms) {
        fault(finding, ASSAY_REASON_TIMEOUT,
              "the deadline had passed before the scan");
    } else {
        scan_content(self, args, finding);
    }
    finding->coverage.parts_total = 1;
    finding->coverage.parts_seen =
        finding->coverage.bytes_seen == args->content->size &&
        finding->found != ASSAY_FOUND_FAULT;
}

/* ---- proving and refreshing --------------------------------------------- */

/* A server that cannot be reached says nothing of what is detected, and comes
 * back by itself; so only a missed canary that leaves no server is a failure.
 */
static assay_rc icap_probe(void *instance, assay_error *err)
{
    struct icap *self = instance;
    assay_error missed = {0};
    bool is_served = false;

    for (size_t i = 0; i < self->count; i++) {
        struct assay__icap_server *server = &self->servers[i];
        enum assay__icap_admission admission =
            assay__icap_server_admit(server, true);
        assay_error own = {0};
        assay_rc rc;

        if (admission == ASSAY__ICAP_REFUSE)
            continue;
        rc = prove_and_report(self, server, admission == ASSAY__ICAP_PROBE,
                              assay__icap_now_ms() + self->timeout_ms, &own);
        is_served = is_served || rc == ASSAY_OK;
        if (rc == ASSAY_E_STATE)
            missed = own;
    }
    if (is_served || missed.msg[0] == '\0')
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "%s", missed.msg);
}

static uint64_t count_changes(struct icap *self)
{
    struct assay__icap_report report;
    uint64_t changes = 0;

    for (size_t i = 0; i < self->count; i++) {
        assay__icap_server_state(&self->servers[i], &report);
        changes += report.changes;
    }
    return changes;
}

static assay_rc icap_refresh(void *instance, bool *changed_out,
                             assay_error *err)
{
    struct icap *self = instance;
    uint64_t before = count_changes(self);
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < self->count; i++) {
        struct assay__icap_server *server = &self->servers[i];
        struct assay__icap_report report;
        assay_rc one = ASSAY_OK;

        assay__icap_server_state(server, &report);
        if (report.is_up)
            one = assay__icap_server_refresh(
                server, assay__icap_now_ms() + self->timeout_ms, err);
        if (one != ASSAY_OK)
            rc = one;
    }
    *changed_out = count_changes(self) != before;
    return rc;
}

/* ---- what it is --------------------------------------------------------- */

/* FNV-1a */
static uint64_t digest(uint64_t value, const void *data, size_t size)
{
    const unsigned char *at = data;

    for (size_t i = 0; i < size; i++)
        value = (value ^ at[i]) * UINT64_C(1099511628211);
    return value;
}

/* All ISTags and whose they are, since any of the servers may make a verdict,
 * and how often one of them was found changed. The text is for people, and may
 * be cut; what stands before it tells epochs apart. */
static void icap_epoch(void *instance, char *buf, size_t size)
{
    struct icap *self = instance;
    char text[ASSAY_EPOCH_MAX] = "";
    uint64_t value = UINT64_C(14695981039346656037);
    uint64_t changes = 0;
    size_t len = 0;

    for (size_t i = 0; i < self->count; i++) {
        const char *where = self->servers[i].text;
        struct assay__icap_report report;
        int added;

        assay__icap_server_state(&self->servers[i], &report);
        changes += report.changes;
        value = digest(value, where, strlen(where) + 1);
        value = digest(value, report.tag, strlen(report.tag) + 1);
        if (report.tag[0] == '\0')
            value = digest(value, &self->salt, sizeof self->salt);
        added = snprintf(text + len, sizeof text - len, " %s=%s",
                         self->servers[i].url.authority, report.tag);
        len += added > 0 ? (size_t)added : 0;
        if (len >= sizeof text)
            len = sizeof text - 1;
    }
    (void)snprintf(buf, size, "icap #%" PRIu64 " %016" PRIx64 "%s", changes,
                   value, text);
}

static void icap_version(void *instance, char *buf, size_t size)
{
    struct icap *self = instance;
    size_t len = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < self->count && len < size; i++) {
        struct assay__icap_report report;
        int added;

        assay__icap_server_state(&self->servers[i], &report);
        added = snprintf(
            buf + len, size - len,
            "%santivirus: icap %s at %s%s\nAV definitions version: %s",
            i ? "\n" : "", report.name[0] ? report.name : "unknown",
            self->servers[i].text, report.is_up ? "" : " (not in service)",
            report.tag[0] ? report.tag : "unknown");
        len += added > 0 ? (size_t)added : 0;
    }
}

/* ---- life --------------------------------------------------------------- */

static void icap_close(void *instance)
{
    struct icap *self = instance;

    while (self->count > 0)
        assay__icap_server_fini(&self->servers[--self->count]);
    free(self);
}

static assay_rc add_servers(struct icap *self, assay_error *err)
{
    const assay_conf_list *list = &self->settings.servers;

    for (size_t i = 0; i < list->count; i++) {
        assay_rc rc = assay__icap_server_init(&self->servers[i], list->items[i],
                                              &self->settings, &self->log, err);

        if (rc != ASSAY_OK)
            return rc;
        self->count++;
    }
    return ASSAY_OK;
}

static assay_rc check_counts(const struct assay__icap_settings *settings,
                             assay_error *err)
{
    if (settings->servers.count == 0 ||
        settings->servers.count > ASSAY__ICAP_SERVERS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "icap: servers: 1 to %d can be named",
                               ASSAY__ICAP_SERVERS_MAX);
    if (settings->header.count > ASSAY__ICAP_HEADERS_MAX ||
        settings->infected_headers.count > ASSAY__ICAP_HEADERS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "icap: at most %d headers can be named",
                               ASSAY__ICAP_HEADERS_MAX);
    return ASSAY_OK;
}

static uint64_t make_salt(const void *address)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return digest((uint64_t)(uintptr_t)address, &now, sizeof now);
}

/* The servers are tried now so that the log tells what is wrong with them; a
 * server that starts later than its client is nothing to refuse to start for.
 */
static assay_rc icap_open(const assay_engine_args *args, void **instance_out,
                          assay_error *err)
{
    const struct assay__icap_settings *settings = args->settings;
    assay_rc rc = check_counts(settings, err);
    struct icap *self;

    if (rc != ASSAY_OK)
        return rc;
    self = calloc(1, sizeof *self +
                         settings->servers.count * sizeof *self->servers);
    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "icap: instance");
    if (args->log)
        self->log = *args->log;
    self->settings = *settings;
    if (self->settings.user_agent && self->settings.user_agent[0] == '\0')
        self->settings.user_agent = NULL;
    self->timeout_ms = args->timeout_ms;
    self->salt = make_salt(self);
    make_eicar(self->eicar);
    rc = add_servers(self, err);
    if (rc != ASSAY_OK) {
        icap_close(self);
        return rc;
    }
    (void)icap_probe(self, NULL);
    *instance_out = self;
    return ASSAY_OK;
}

const assay_engine_ops assay__icap_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = icap_open,
    .close = icap_close,
    .scan = icap_scan,
    .probe = icap_probe,
    .epoch = icap_epoch,
    .version = icap_version,
    .flags = icap_flags,
    .refresh = icap_refresh,
};

ASSAY_ENGINE_MODULE(.name = "icap", .version = "1.0",
                    .description = "scanners behind ICAP", .flags = ALWAYS,
                    .conf = &assay__icap_conf, .ops = &assay__icap_ops);
