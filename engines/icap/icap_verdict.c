/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* For what a server calls a threat without saying which. */
#define UNNAMED "unnamed"

enum { STATUS_OK = 200, STATUS_NO_CHANGE = 204 };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- text --------------------------------------------------------------- */

struct span {
    const char *at;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '"';
}

/* Without blanks and quotes around it. */
static struct span trim(struct span span)
{
    while (span.len > 0 && is_blank(span.at[0])) {
        span.at++;
        span.len--;
    }
    while (span.len > 0 && is_blank(span.at[span.len - 1]))
        span.len--;
    return span;
}

static struct span whole(const char *text)
{
    return trim((struct span){text, strlen(text)});
}

static bool is(struct span span, const char *text)
{
    return strlen(text) == span.len && !strncasecmp(span.at, text, span.len);
}

/* What stands before c, and the rest behind it. */
static struct span cut(struct span *rest, char c)
{
    const char *end = rest->len > 0 ? memchr(rest->at, c, rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct span before = {rest->at, len};

    rest->at += end ? len + 1 : len;
    rest->len -= end ? len + 1 : len;
    return trim(before);
}

static bool has_part(struct span span, const char *part)
{
    size_t len = strlen(part);

    for (size_t i = 0; i + len <= span.len; i++)
        if (!strncasecmp(span.at + i, part, len))
            return true;
    return false;
}

static bool has_any(struct span span, const char *const *list)
{
    for (; *list; list++)
        if (has_part(span, *list))
            return true;
    return false;
}

/* Words that say that there is nothing. */
static bool is_denial(struct span value)
{
    static const char *const denials[] = {
        "",
        "0",
        "-",
        "no",
        "none",
        "false",
        "n/a",
        "clean",
        "ok",
        "passed",
        "allowed",
        "no threat",
        "no virus",
        "no threats",
        "no viruses",
        "no virus found",
        "not found",
        "not infected",
        "not blocked",
        "no threats found",
        "no malware",
    };

    for (size_t i = 0; i < COUNT_OF(denials); i++)
        if (is(value, denials[i]))
            return true;
    return false;
}

/* ---- evidence ----------------------------------------------------------- */

/* From weak to strong; the strongest decides. */
enum kind {
    KIND_NONE,
    KIND_BLOCKED,   /* not let through, for a reason that is not known */
    KIND_CONTAINER, /* could not be looked into */
    KIND_POLICY,    /* against a rule of the server's */
    KIND_THREAT
};

struct evidence {
    enum kind kind;
    char name[ASSAY_VERDICT_INFO_MAX]; /* "" when it is not told */
};

static void note(struct evidence *evidence, enum kind kind, struct span name)
{
    bool is_stronger = kind > evidence->kind;

    if (!is_stronger && (kind < evidence->kind || evidence->name[0] != '\0'))
        return;
    evidence->kind = kind;
    (void)snprintf(evidence->name, sizeof evidence->name, "%.*s",
                   (int)(name.len < sizeof evidence->name
                             ? name.len
                             : sizeof evidence->name - 1),
                   name.at);
}

/* What the fields of one reply say, and what may be said twice. */
struct hearing {
    struct evidence evidence;
    /* What X-Infection-Found says is no virus; others may repeat the text. */
    char harmless[ASSAY_VERDICT_INFO_MAX];
};

typedef void read_value(struct hearing *hearing, struct span value);

/* ---- X-Infection-Found -------------------------------------------------- */

static void read_pair(struct span pair, struct span *type, struct span *threat)
{
    struct span value = pair;
    struct span key = cut(&value, '=');

    if (is(key, "Type"))
        *type = trim(value);
    else if (is(key, "Threat"))
        *threat = trim(value);
}

/* "Type=0; Resolution=2; Threat=Eicar;", and the last ; may be missing. What
 * is nothing of the kind is a name. */
static void read_infection(struct hearing *hearing, struct span value)
{
    struct span rest = value, type = {"", 0}, threat = {"", 0};
    enum kind kind = KIND_THREAT;

    if (is_denial(value))
        return;
    while (rest.len > 0)
        read_pair(cut(&rest, ';'), &type, &threat);
    if (type.len == 0 && threat.len == 0)
        threat = value;
    else if (is(type, "1"))
        kind = KIND_POLICY;
    else if (type.len > 0 && !is(type, "0"))
        kind = KIND_CONTAINER;
    if (kind != KIND_THREAT)
        (void)snprintf(hearing->harmless, sizeof hearing->harmless, "%.*s",
                       (int)threat.len, threat.at);
    note(&hearing->evidence, kind, threat);
}

/* ---- the other headers -------------------------------------------------- */

static bool is_harmless(const struct hearing *hearing, struct span name)
{
    return hearing->harmless[0] != '\0' && is(name, hearing->harmless);
}

static void read_name(struct hearing *hearing, struct span value)
{
    if (is_denial(value) || is_harmless(hearing, value))
        return;
    note(&hearing->evidence, KIND_THREAT, value);
}

/* A count; then of each violation a file, a threat, a number and what was done
 * about it, on lines of their own. Beside a violation that is no virus those
 * with a number below 0 are none either. */
static void read_violations(struct hearing *hearing, struct span value)
{
    struct span rest = value;
    struct span count = cut(&rest, '\n');

    if (is_denial(count))
        return;
    do {
        struct span name, number;

        (void)cut(&rest, '\n');
        name = cut(&rest, '\n');
        number = cut(&rest, '\n');
        (void)cut(&rest, '\n');
        if (!is_harmless(hearing, name))
            note(&hearing->evidence,
                 hearing->harmless[0] != '\0' && has_part(number, "-")
                     ? KIND_CONTAINER
                     : KIND_THREAT,
                 name);
    } while (rest.len > 0);
}

/* X-FSecure-Scan-Result. What it does not know to be clean it did not see. */
static void read_result(struct hearing *hearing, struct span value)
{
    static const char *const threats[] = {"infected", "suspect", "riskware",
                                          "malware", NULL};

    if (is(value, "clean"))
        return;
    if (has_any(value, threats))
        note(&hearing->evidence, KIND_THREAT, (struct span){"", 0});
    else
        note(&hearing->evidence, KIND_CONTAINER, value);
}

/* X-Response-Info and -Desc: only these words say more than the status. They
 * name no threat, and what they deny in words we do not know is not clean. */
static void read_info(struct hearing *hearing, struct span value)
{
    static const char *const words[] = {"blocked", "infected", "virus",
                                        "malware"};

    if (is_denial(value))
        return;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (has_part(value, words[i]))
            note(&hearing->evidence, KIND_BLOCKED, (struct span){"", 0});
}

/* X-Blocked and its like: a reason in words. What failed did not find. */
static void read_reason(struct hearing *hearing, struct span value)
{
    static const char *const failures[] = {"fail",   "error",     "unable",
                                           "cannot", "could not", NULL};
    static const char *const obstacle[] = {
        "encrypt", "password", "archive",   "container",     "corrupt",
        "limit",   "too deep", "too large", "not supported", NULL};
    static const char *const threats[] = {"virus",  "malware", "infect",
                                          "trojan", "threat",  NULL};

    if (is_denial(value))
        return;
    if (has_any(value, threats) && !has_any(value, failures) &&
        !is(value, hearing->harmless))
        note(&hearing->evidence, KIND_THREAT, value);
    else if (has_any(value, failures) || has_any(value, obstacle))
        note(&hearing->evidence, KIND_CONTAINER, value);
    else
        note(&hearing->evidence, KIND_BLOCKED, value);
}

/* Who did it, or a number: why, another header says. */
static void read_blocker(struct hearing *hearing, struct span value)
{
    if (!is_denial(value))
        note(&hearing->evidence, KIND_BLOCKED, (struct span){"", 0});
}

/* In the order in which their names are preferred. */
static const struct {
    const char *name;
    read_value *read;
} carriers[] = {
    {"X-Infection-Found", read_infection},
    {"X-Virus-ID", read_name},
    {"X-Virus-Name", read_name},
    {"X-FSecure-Infection-Name", read_name},
    {"X-Violations-Found", read_violations},
    {"X-FSecure-Scan-Result", read_result},
    {"X-Blocked-Reason", read_reason},
    {"X-Block-Reason", read_reason},
    {"X-MWG-Block-Reason", read_reason},
    {"X-Blocked", read_reason},
    {"X-Blocked-By", read_blocker},
    {"X-Block-Result", read_blocker},
    {"X-Response-Info", read_info},
    {"X-Response-Desc", read_info},
};

static void hear_fields(struct hearing *hearing,
                        const struct assay__icap_head *head, const char *name,
                        read_value *read)
{
    for (size_t i = 0; i < head->count; i++)
        if (!strcasecmp(head->fields[i].name, name))
            read(hearing, whole(head->fields[i].value));
}

static void hear(struct hearing *hearing, const struct assay__icap_reply *reply,
                 const char *name, read_value *read)
{
    hear_fields(hearing, &reply->icap, name, read);
    hear_fields(hearing, &reply->http, name, read);
}

/* ---- block pages -------------------------------------------------------- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent and plus signs as a query has them. @return bytes of out */
static size_t decode(struct span span, char *out, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < span.len && len < size; i++) {
        int high = i + 2 < span.len ? hex_value(span.at[i + 1]) : -1;
        int low = high >= 0 ? hex_value(span.at[i + 2]) : -1;

        if (span.at[i] == '%' && low >= 0) {
            out[len++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[len++] = (char)(span.at[i] == '+' ? ' ' : span.at[i]);
        }
    }
    return len;
}

/* squidclamav redirects to a page "…?url=…&virus=stream: NAME FOUND&…". */
static void read_location(struct hearing *hearing, struct span value)
{
    char text[ASSAY_VERDICT_INFO_MAX] = "";
    struct span name;

    (void)cut(&value, '?');
    while (value.len > 0) {
        struct span rest = cut(&value, '&');

        if (!is(cut(&rest, '='), "virus"))
            continue;
        name = trim((struct span){text, decode(rest, text, sizeof text)});
        if (name.len > 8 && !strncasecmp(name.at, "stream: ", 8))
            name = trim((struct span){name.at + 8, name.len - 8});
        if (name.len > 6 && !strncasecmp(name.at + name.len - 6, " FOUND", 6))
            name.len -= 6;
        read_name(hearing, name);
    }
}

/* A response in place of the one that was sent. */
static void hear_page(struct hearing *hearing,
                      const struct assay__icap_reply *reply)
{
    char text[32];

    if (!reply->has_response || reply->http.status < 300)
        return;
    hear_fields(hearing, &reply->http, "Location", read_location);
    (void)snprintf(text, sizeof text, "HTTP status %u", reply->http.status);
    note(&hearing->evidence, KIND_BLOCKED, whole(text));
}

/* ---- what could not be looked into -------------------------------------- */

static const struct {
    const char *part;
    assay_reason reason;
    uint32_t limit;
} obstacles[] = {
    {"encrypt", ASSAY_REASON_ENCRYPTED, 0},
    {"password", ASSAY_REASON_ENCRYPTED, 0},
    {"protected", ASSAY_REASON_ENCRYPTED, 0},
    {"depth", ASSAY_REASON_LIMIT, ASSAY_LIMIT_RECURSION},
    {"nest", ASSAY_REASON_LIMIT, ASSAY_LIMIT_RECURSION},
    {"level", ASSAY_REASON_LIMIT, ASSAY_LIMIT_RECURSION},
    {"size", ASSAY_REASON_LIMIT, ASSAY_LIMIT_SCAN_SIZE},
    {"large", ASSAY_REASON_LIMIT, ASSAY_LIMIT_SCAN_SIZE},
    {"time", ASSAY_REASON_LIMIT, ASSAY_LIMIT_TIME},
    {"limit", ASSAY_REASON_LIMIT, ASSAY_LIMIT_OTHER},
    {"malformed", ASSAY_REASON_MALFORMED, 0},
    {"corrupt", ASSAY_REASON_MALFORMED, 0},
    {"broken", ASSAY_REASON_MALFORMED, 0},
    {"damaged", ASSAY_REASON_MALFORMED, 0},
};

static void set_unscannable(assay_finding *finding, const char *text)
{
    finding->found = ASSAY_FOUND_UNSCANNABLE;
    finding->reason = ASSAY_REASON_PARTIAL;
    (void)snprintf(finding->info, sizeof finding->info, "%s", text);
    for (size_t i = 0; i < COUNT_OF(obstacles); i++) {
        if (!has_part(whole(text), obstacles[i].part))
            continue;
        finding->reason = obstacles[i].reason;
        finding->coverage.limits_hit |= obstacles[i].limit;
        if (finding->reason == ASSAY_REASON_ENCRYPTED)
            finding->coverage.members_unopened = 1;
        return;
    }
}

/* ---- statuses ----------------------------------------------------------- */

static const struct {
    unsigned status;
    assay_reason reason;
    const char *text;
} statuses[] = {
    {206, ASSAY_REASON_ENGINE, "it sent a part, which was not asked for"},
    {400, ASSAY_REASON_ENGINE, "it does not understand the request"},
    {401, ASSAY_REASON_UNAVAILABLE, "it wants a password"},
    {403, ASSAY_REASON_UNAVAILABLE, "it does not serve this client"},
    {404, ASSAY_REASON_UNAVAILABLE, "it has no such service"},
    {405, ASSAY_REASON_UNAVAILABLE, "the service does not take this method"},
    {407, ASSAY_REASON_UNAVAILABLE, "it wants a password"},
    {408, ASSAY_REASON_ENGINE, "the request took it too long"},
    {418, ASSAY_REASON_ENGINE, "it could not scan"},
    {500, ASSAY_REASON_ENGINE, "it failed"},
    {501, ASSAY_REASON_UNAVAILABLE, "the service does not take this method"},
    {502, ASSAY_REASON_UNAVAILABLE, "what stands behind it does not answer"},
    {503, ASSAY_REASON_OVERLOAD, "it is overloaded"},
    {505, ASSAY_REASON_UNAVAILABLE, "it speaks another version of ICAP"},
    {539, ASSAY_REASON_UNAVAILABLE, "it has no licence"},
};

bool assay__icap_is_refusal(unsigned status)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].reason != ASSAY_REASON_ENGINE;
    return false;
}

static void set_fault(assay_finding *finding, assay_reason reason,
                      const char *format, ...) ASSAY_PRINTF(3, 4);

static void set_fault(assay_finding *finding, assay_reason reason,
                      const char *format, ...)
{
    va_list args;

    finding->found = ASSAY_FOUND_FAULT;
    finding->reason = reason;
    va_start(args, format);
    (void)vsnprintf(finding->info, sizeof finding->info, format, args);
    va_end(args);
}

static void judge_status(unsigned status, assay_finding *finding)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i].status == status) {
            set_fault(finding, statuses[i].reason, "ICAP status %u: %s", status,
                      statuses[i].text);
            return;
        }
    set_fault(finding, ASSAY_REASON_ENGINE,
              "ICAP status %u, which is no result", status);
}

/* ---- clean -------------------------------------------------------------- */

static void set_nothing(const struct assay__icap_asked *asked,
                        assay_finding *finding)
{
    if (!asked->is_all_sent && !asked->in_preview) {
        set_fault(finding, ASSAY_REASON_ENGINE,
                  "it answered before it had the whole content");
        return;
    }
    finding->found = ASSAY_FOUND_NOTHING;
    finding->coverage.bytes_seen =
        asked->is_all_sent || asked->trusts_preview ? asked->size : asked->sent;
    (void)snprintf(finding->scan_code, sizeof finding->scan_code, "OK");
}

static void judge_no_change(const struct assay__icap_asked *asked,
                            assay_finding *finding)
{
    if (asked->allowed_204 || asked->in_preview)
        set_nothing(asked, finding);
    else
        set_fault(finding, ASSAY_REASON_ENGINE,
                  "ICAP status 204, which the request did not allow");
}

/* What came back is what was sent, as far as it matters to its reader. */
static void judge_content(const struct assay__icap_reply *reply,
                          const struct assay__icap_asked *asked,
                          assay_finding *finding)
{
    bool is_ours = asked->is_reqmod
                       ? reply->has_request && !reply->has_response
                       : reply->has_response && reply->http.status == STATUS_OK;

    if (reply->has_trailer)
        set_fault(finding, ASSAY_REASON_ENGINE,
                  "it says something behind the content, which is not read");
    else if (!is_ours || !assay__icap_reply_is_echo(reply))
        set_fault(finding, ASSAY_REASON_ENGINE,
                  "it changed the content, and does not say why");
    else if (!asked->is_all_sent)
        set_fault(finding, ASSAY_REASON_ENGINE,
                  "it answered before it had the whole content");
    else
        set_nothing(asked, finding);
}

/* ---- the verdict -------------------------------------------------------- */

static void set_threat(assay_finding *finding, const char *name,
                       const char *code)
{
    finding->found = ASSAY_FOUND_THREAT;
    (void)snprintf(finding->info, sizeof finding->info, "%s",
                   name[0] != '\0' ? name : UNNAMED);
    (void)snprintf(finding->scan_code, sizeof finding->scan_code, "%.*s",
                   ASSAY_VERDICT_CODE_MAX - 1, code ? code : finding->info);
}

static void judge_evidence(const struct evidence *evidence,
                           const struct assay__icap_asked *asked,
                           assay_finding *finding)
{
    const char *name = evidence->name;

    if (evidence->kind == KIND_THREAT)
        set_threat(finding, name, NULL);
    else if (evidence->kind == KIND_POLICY)
        set_threat(finding, name[0] != '\0' ? name : "policy", "policy");
    else if (evidence->kind == KIND_BLOCKED && asked->blocked_is_infected)
        set_threat(finding, name[0] != '\0' ? name : "blocked", "blocked");
    else if (evidence->kind == KIND_BLOCKED)
        set_unscannable(finding,
                        name[0] != '\0' ? name : "blocked, without a reason");
    else
        set_unscannable(finding, name[0] != '\0' ? name : "not scanned");
}

static void hear_all(struct hearing *hearing,
                     const struct assay__icap_reply *reply,
                     const struct assay__icap_asked *asked)
{
    const assay_conf_list *more = asked->infected_headers;

    for (size_t i = 0; i < COUNT_OF(carriers); i++)
        hear(hearing, reply, carriers[i].name, carriers[i].read);
    for (size_t i = 0; more && i < more->count; i++)
        hear(hearing, reply, more->items[i], read_name);
    hear_page(hearing, reply);
}

void assay__icap_judge(const struct assay__icap_reply *reply,
                       const struct assay__icap_asked *asked,
                       assay_finding *finding)
{
    struct hearing hearing = {0};

    hear_all(&hearing, reply, asked);
    finding->coverage.bytes_seen = asked->sent;
    if (hearing.evidence.kind != KIND_NONE)
        judge_evidence(&hearing.evidence, asked, finding);
    else if (reply->icap.status == STATUS_NO_CHANGE)
        judge_no_change(asked, finding);
    else if (reply->icap.status == STATUS_OK)
        judge_content(reply, asked, finding);
    else
        judge_status(reply->icap.status, finding);
    if (finding->found == ASSAY_FOUND_FAULT)
        finding->coverage.bytes_seen = 0;
}
