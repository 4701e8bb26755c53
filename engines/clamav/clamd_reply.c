/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd_reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clamav_engine.h"

#define OVERSIZE "INSTREAM size limit exceeded. ERROR"
/* Of an Assay that is asked in clamd's protocol. */
#define OVERSIZE_OF_ASSAY "stream: larger than max_size ERROR"

enum { ID_TEXT_MAX = 24, SIGNATURES_DIGITS = 9 };

/* A piece of the reply. */
struct span {
    const char *at;
    size_t len;
};

/* ---- pieces ------------------------------------------------------------- */

static bool is(struct span span, const char *text)
{
    return span.len == strlen(text) && !memcmp(span.at, text, span.len);
}

static bool names_oversize(struct span body)
{
    return is(body, OVERSIZE) || is(body, OVERSIZE_OF_ASSAY);
}

static bool skip(struct span *span, const char *prefix)
{
    size_t len = strlen(prefix);

    if (span->len < len || memcmp(span->at, prefix, len) != 0)
        return false;
    span->at += len;
    span->len -= len;
    return true;
}

static bool drop(struct span *span, const char *suffix)
{
    size_t len = strlen(suffix);

    if (span->len < len || memcmp(span->at + span->len - len, suffix, len) != 0)
        return false;
    span->len -= len;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_digits(struct span span)
{
    size_t count = 0;

    while (count < span.len && is_digit(span.at[count]))
        count++;
    return count;
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_printable(struct span span)
{
    for (size_t i = 0; i < span.len; i++)
        if (span.at[i] < ' ' || span.at[i] > '~')
            return false;
    return true;
}

/* Copies foreign bytes so that they can stand in the log within quotes; cuts
 * what is too long. */
static void quote(struct assay__clamd_reply *out, const char *what,
                  struct span span)
{
    int len = snprintf(out->text, sizeof out->text, "%s", what);

    for (size_t i = 0; i < span.len && (size_t)len + 1 < sizeof out->text;
         i++) {
        char c = span.at[i];

        if (c < ' ' || c > '~')
            c = '?';
        if (c == '"')
            c = '\'';
        out->text[len++] = c;
        out->text[len] = '\0';
    }
}

static void say(struct assay__clamd_reply *out, enum assay__clamd_said said,
                struct span text)
{
    out->said = said;
    quote(out, "", text);
}

/* ---- the parts of a reply ----------------------------------------------- */

/* "fd[12]: " or "stream: " */
static bool skip_subject(struct span *body, enum assay__clamd_command command)
{
    size_t digits;

    if (command == ASSAY__CLAMD_INSTREAM)
        return skip(body, "stream: ");
    if (!skip(body, "fd["))
        return false;
    digits = count_digits(*body);
    body->at += digits;
    body->len -= digits;
    return digits > 0 && skip(body, "]: ");
}

/* Some builds write NAME(hash:size); the name is what stands before. */
static void drop_digest(struct span *name)
{
    size_t at = name->len;

    if (at == 0 || name->at[--at] != ')')
        return;
    while (at > 0 && is_digit(name->at[at - 1]))
        at--;
    if (at + 1 == name->len || at == 0 || name->at[--at] != ':')
        return;
    while (at > 0 && is_hex(name->at[at - 1]))
        at--;
    if (at > 0 && name->at[at] != ':' && name->at[at - 1] == '(')
        name->len = at - 1;
}

/* A name is one printable word. "(null)" is a known mistake of clamd: a
 * threat it cannot name may as well be no threat. */
static bool is_name(struct span name)
{
    return name.len > 0 && name.len < ASSAY_VERDICT_INFO_MAX &&
           is_printable(name) && !memchr(name.at, ' ', name.len) &&
           !skip(&name, "(null)");
}

static void parse_found(struct span name, struct span body,
                        struct assay__clamd_reply *out)
{
    drop_digest(&name);
    if (is_name(name))
        say(out, ASSAY__CLAMD_SAID_FOUND, name);
    else
        quote(out, "clamd reports a threat without a valid name: ", body);
}

/* Replies that say the command itself is not for this clamd. */
static bool is_refusal(struct span body, enum assay__clamd_command command)
{
    static const char *const refusals[] = {
        "UNKNOWN COMMAND",
        "COMMAND UNAVAILABLE",
        "Command invalid inside IDSESSION. ERROR",
        "FILDES support not compiled in. ERROR",
        "No file descriptor received. ERROR",
        "FILDES: didn't receive file descriptor. ERROR",
        "PROTOCOL ERROR: ancillary data sent without FILDES. ERROR",
    };

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (is(body, refusals[i]))
            return true;
    return command == ASSAY__CLAMD_FILDES && skip_subject(&body, command) &&
           (is(body, "Not a regular file ERROR") ||
            is(body, "Not supported file type ERROR") ||
            is(body, "Access denied. ERROR"));
}

/* It did not look. */
static bool is_excluded(struct span body, enum assay__clamd_command command)
{
    return skip_subject(&body, command) && is(body, "Excluded");
}

static void parse_scan(struct span body, enum assay__clamd_command command,
                       struct assay__clamd_reply *out)
{
    struct span rest = body;

    if (command == ASSAY__CLAMD_INSTREAM && names_oversize(body))
        say(out, ASSAY__CLAMD_SAID_OVERSIZE, body);
    else if (is_refusal(body, command))
        say(out, ASSAY__CLAMD_SAID_REFUSED, body);
    else if (drop(&rest, " ERROR") || is_excluded(body, command))
        say(out, ASSAY__CLAMD_SAID_ERROR, body);
    else if (!skip_subject(&rest, command))
        quote(out, "clamd says what is no reply to a scan: ", body);
    else if (is(rest, "OK"))
        say(out, ASSAY__CLAMD_SAID_NOTHING, rest);
    else if (is(rest, "Empty file"))
        say(out, ASSAY__CLAMD_SAID_EMPTY, rest);
    else if (drop(&rest, " FOUND"))
        parse_found(rest, body, out);
    else
        quote(out, "clamd says what is no result of a scan: ", body);
}

/* "ClamAV 1.4.6/27500/Sat Nov 21 09:31:02 2026", or without what follows the
 * first slash when it has loaded no official database. */
static void parse_version(struct span body, struct assay__clamd_reply *out)
{
    struct span rest = body;

    if (skip(&rest, "ClamAV ") && rest.len > 0 && body.len < sizeof out->text &&
        !drop(&rest, " ERROR"))
        say(out, ASSAY__CLAMD_SAID_VERSION, body);
    else if (is_refusal(body, ASSAY__CLAMD_VERSION))
        say(out, ASSAY__CLAMD_SAID_REFUSED, body);
    else
        quote(out, "clamd says what is no version: ", body);
}

/* Behind this error clamd may say that the command failed. */
static bool is_oversize(const char *bytes, const char *end, const char *prefix)
{
    struct span first = {bytes, (size_t)(end - bytes)};

    return skip(&first, prefix) && names_oversize(first);
}

void assay__clamd_reply_parse(const char *bytes, size_t len, uint64_t id,
                              enum assay__clamd_command command,
                              struct assay__clamd_reply *out)
{
    const char *end = len > 0 ? memchr(bytes, '\0', len) : NULL;
    struct span body = {bytes, len > 0 ? len - 1 : 0};
    struct span whole = {bytes, len};
    char prefix[ID_TEXT_MAX];

    memset(out, 0, sizeof *out);
    (void)snprintf(prefix, sizeof prefix, "%" PRIu64 ": ", id);
    if (len == 0)
        quote(out, "clamd said nothing", whole);
    else if (!end)
        quote(out, "the reply of clamd is not complete: ", whole);
    else if (end != bytes + len - 1 && is_oversize(bytes, end, prefix))
        say(out, ASSAY__CLAMD_SAID_OVERSIZE,
            (struct span){OVERSIZE, strlen(OVERSIZE)});
    else if (end != bytes + len - 1)
        quote(out, "clamd said more than one reply: ", whole);
    else if (!skip(&body, prefix))
        quote(out, "clamd answers another command: ", body);
    else if (command == ASSAY__CLAMD_VERSION && is_printable(body))
        parse_version(body, out);
    else if (is_printable(body))
        parse_scan(body, command, out);
    else
        quote(out, "the reply of clamd has control characters: ", body);
}

unsigned assay__clamd_reply_signatures(const char *version)
{
    const char *number = strchr(version, '/');
    size_t digits = number ? strspn(number + 1, "0123456789") : 0;

    if (digits == 0 || digits > SIGNATURES_DIGITS)
        return 0;
    return (unsigned)strtoul(number + 1, NULL, 10);
}

/* ---- what it means ------------------------------------------------------ */

/* Errors of libclamav that say more than "failed" (cl_strerror()). What a
 * text does not name is a fault of the engine, never of the content. */
static const struct {
    const char *part;
    assay_found found;
    assay_reason reason;
    uint32_t limit;
} errors[] = {
    {"Exceeded time limit", ASSAY_FOUND_FAULT, ASSAY_REASON_TIMEOUT,
     ASSAY_LIMIT_TIME},
    {"Time limit reached", ASSAY_FOUND_FAULT, ASSAY_REASON_TIMEOUT,
     ASSAY_LIMIT_TIME},
    {"Exceeded max recursion depth", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_RECURSION},
    {"Exceeded max scan size", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_SCAN_SIZE},
    {"Exceeded max scan files", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_FILES},
    {"Bad format or broken data", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"Can't parse data", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED, 0},
    {"Can't unpack some data", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED,
     0},
    {"memory", ASSAY_FOUND_FAULT, ASSAY_REASON_MEMORY, 0},
    {"duplicate file descriptor", ASSAY_FOUND_FAULT, ASSAY_REASON_DESCRIPTORS,
     0},
    {"temporary", ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {"Can't write to file", ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {"Can't create new file", ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {"", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, 0},
};

static void judge_error(const char *text, assay_finding *finding)
{
    size_t i = 0;

    while (!strstr(text, errors[i].part))
        i++; /* the last part is empty */
    assay__clamav_fault(finding, errors[i].reason, "clamd: %s", text);
    finding->found = errors[i].found;
    finding->coverage.limits_hit |= errors[i].limit;
}

static void judge_oversize(const char *text, uint64_t size,
                           assay_finding *finding)
{
    assay__clamav_fault(finding, ASSAY_REASON_OVERSIZE,
                        "%" PRIu64 " bytes are more than StreamMaxLength of "
                        "clamd: %s",
                        size, text);
    finding->found = ASSAY_FOUND_UNSCANNABLE;
    finding->coverage.limits_hit |= ASSAY_LIMIT_FILE_SIZE;
}

static void judge_nothing(const struct assay__clamd_reply *reply, uint64_t size,
                          assay_finding *finding)
{
    bool is_empty = reply->said == ASSAY__CLAMD_SAID_EMPTY;

    /* A content that is not empty and comes out so did not arrive. */
    if (is_empty && size > 0) {
        assay__clamav_fault(finding, ASSAY_REASON_ENGINE,
                            "clamd received nothing: %s", reply->text);
        return;
    }
    finding->found = ASSAY_FOUND_NOTHING;
    (void)snprintf(finding->scan_code, sizeof finding->scan_code, "%s",
                   is_empty ? "Empty file" : "OK");
    finding->coverage.bytes_seen = size;
}

void assay__clamd_reply_judge(const struct assay__clamd_reply *reply,
                              uint64_t size, assay_finding *finding)
{
    switch (reply->said) {
    case ASSAY__CLAMD_SAID_NOTHING:
    case ASSAY__CLAMD_SAID_EMPTY:
        judge_nothing(reply, size, finding);
        break;
    case ASSAY__CLAMD_SAID_FOUND:
        assay__clamav_name_map(reply->text, finding);
        break;
    case ASSAY__CLAMD_SAID_ERROR:
        judge_error(reply->text, finding);
        break;
    case ASSAY__CLAMD_SAID_OVERSIZE:
        judge_oversize(reply->text, size, finding);
        break;
    default:
        assay__clamav_fault(finding, ASSAY_REASON_ENGINE, "%s", reply->text);
        break;
    }
}
