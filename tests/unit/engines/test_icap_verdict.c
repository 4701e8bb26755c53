/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What replies mean: each row of the table of vendors, each status, and what
 * is clean. The property: clean is a reply that no header contradicts, to a
 * content that was sent whole, with a status that the request allowed or with
 * exactly what was sent.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "icap_verdict.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SENT "content"
#define PAGE "HTTP/1.1 403 Forbidden\r\n"

static struct assay__icap_reply reply;
static struct assay__icap_asked asked;
static assay_finding finding;

static void setup(void)
{
    asked = (struct assay__icap_asked){.size = strlen(SENT),
                                       .sent = strlen(SENT),
                                       .is_all_sent = true,
                                       .allowed_204 = true};
}

/* @param http  lines of an HTTP response, or NULL for none */
static void judge(const char *status, const char *icap, const char *http,
                  const char *body)
{
    char text[8192];
    int len = snprintf(text, sizeof text, "ICAP/1.0 %s\r\n%s", status, icap);

    if (http)
        len += snprintf(text + len, sizeof text - (size_t)len,
                        "Encapsulated: res-hdr=0, res-body=%zu\r\n\r\n%s\r\n"
                        "%zx\r\n%s\r\n0\r\n\r\n",
                        strlen(http) + 2, http, strlen(body), body);
    else
        len += snprintf(text + len, sizeof text - (size_t)len,
                        "Encapsulated: null-body=0\r\n\r\n");
    assay__icap_reply_init(&reply, SENT, strlen(SENT), 1024);
    ck_assert_uint_eq(assay__icap_reply_feed(&reply, text, (size_t)len),
                      (size_t)len);
    ck_assert_msg(reply.state == ASSAY__ICAP_DONE, "%s: %s", text,
                  reply.trouble);
    finding = (assay_finding){.coverage.bytes_total = strlen(SENT)};
    assay__icap_judge(&reply, &asked, &finding);
}

/* ---- headers ------------------------------------------------------------ */

static const struct {
    const char *header;
    assay_found found;
    assay_reason reason;
    const char *info, *code;
} headers[] = {
    {"X-Infection-Found: Type=0; Resolution=2; Threat=Eicar;",
     ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"x-infection-found: type=0;resolution=2;threat=Eicar", ASSAY_FOUND_THREAT,
     0, "Eicar", "Eicar"},
    {"X-Infection-Found: Threat = A B ; Type = 0", ASSAY_FOUND_THREAT, 0, "A B",
     "A B"},
    {"X-Infection-Found: Type=0; Threat=A=B;", ASSAY_FOUND_THREAT, 0, "A=B",
     "A=B"},
    {"X-Infection-Found: Eicar", ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"X-Infection-Found: Type=0;", ASSAY_FOUND_THREAT, 0, "unnamed", "unnamed"},
    {"X-Infection-Found: Type=1; Resolution=2; Threat=No.exe;",
     ASSAY_FOUND_THREAT, 0, "No.exe", "policy"},
    {"X-Infection-Found: Type=1;", ASSAY_FOUND_THREAT, 0, "policy", "policy"},
    {"X-Infection-Found: Type=2; Resolution=2; Threat=Container size violation",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT, "Container size violation",
     ""},
    {"X-Infection-Found: Type=2; Threat=Encrypted container violation;",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED,
     "Encrypted container violation", ""},
    {"X-Infection-Found: Type=2; Threat=Maximum nesting level exceeded",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     "Maximum nesting level exceeded", ""},
    {"X-Infection-Found: Type=2; Threat=Malformed container violation;",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED,
     "Malformed container violation", ""},
    {"X-Infection-Found: Type=2;", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "not scanned", ""},
    {"X-Infection-Found: Type=7; Threat=Odd;", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "Odd", ""},
    {"X-Infection-Found: Type=2; Threat=A;\r\n"
     "X-Infection-Found: Type=0; Threat=B;",
     ASSAY_FOUND_THREAT, 0, "B", "B"},
    {"X-Infection-Found: Type=2; Threat=Scan error;\r\nX-Virus-ID: Scan error",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_PARTIAL, "Scan error", ""},
    {"X-Infection-Found: Type=2; Threat=Scan error;\r\nX-Virus-ID: Eicar",
     ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"X-Infection-Found: Type=2; Threat=Scan error;\r\n"
     "X-Violations-Found: 1\r\n\ta\r\n\tScan error\r\n\t-7\r\n\t2",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_PARTIAL, "Scan error", ""},
    {"X-Infection-Found: Type=2; Threat=Scan error;\r\n"
     "X-Violations-Found: 2\r\n\ta\r\n\tScan error\r\n\t-7\r\n\t2\r\n"
     "\tb\r\n\tEicar\r\n\t11101\r\n\t2",
     ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"X-Infection-Found: Type=2; Threat=Scan error;\r\n"
     "X-Violations-Found: 2\r\n\ta\r\n\tScan error\r\n\t-7\r\n\t2\r\n"
     "\tb\r\n\tToo large\r\n\t-2\r\n\t2",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_PARTIAL, "Scan error", ""},
    {"X-Virus-ID: Eicar", ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"X-Virus-ID: no threats", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-Virus-ID: \"no threats\"", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-Virus-ID:", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-Virus-ID: Keine Bedrohung", ASSAY_FOUND_THREAT, 0, "Keine Bedrohung",
     "Keine Bedrohung"},
    {"X-Virus-Name: Eicar", ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"X-Violations-Found: 1\r\n\t-\r\n\tEicar\r\n\t0\r\n\t0",
     ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"X-Violations-Found: 0", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-Violations-Found: 2", ASSAY_FOUND_THREAT, 0, "unnamed", "unnamed"},
    {"X-FSecure-Scan-Result: infected\r\n"
     "X-FSecure-Infection-Name: \"Eicar\"\r\n"
     "X-FSecure-Infected-Filename: \"a.doc\"",
     ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"X-FSecure-Scan-Result: Infected", ASSAY_FOUND_THREAT, 0, "unnamed",
     "unnamed"},
    {"X-FSecure-Scan-Result: clean", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-FSecure-Scan-Result: encrypted", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED, "encrypted", ""},
    {"X-FSecure-Scan-Result: unknown", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "unknown", ""},
    {"X-Response-Info: blocked", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_PARTIAL,
     "blocked, without a reason", ""},
    {"X-Response-Desc: blocked by a rule", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "blocked, without a reason", ""},
    {"X-Response-Info: Infected", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_PARTIAL,
     "blocked, without a reason", ""},
    {"X-Response-Info: passed", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-Response-Info: Allowed", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-Response-Info: not blocked", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-Blocked: Virus found during virus scan", ASSAY_FOUND_THREAT, 0,
     "Virus found during virus scan", "Virus found during virus scan"},
    {"X-Blocked: Virus scan failed", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "Virus scan failed", ""},
    {"X-Blocked: 0", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-Blocked: true", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_PARTIAL, "true",
     ""},
    {"X-Blocked-By: Sophos Anti-Virus", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "blocked, without a reason", ""},
    {"X-Blocked-Reason: Infected", ASSAY_FOUND_THREAT, 0, "Infected",
     "Infected"},
    {"X-Block-Reason: Malware found", ASSAY_FOUND_THREAT, 0, "Malware found",
     "Malware found"},
    {"X-Block-Reason: Archive not supported", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "Archive not supported", ""},
    {"X-Block-Result: 80", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_PARTIAL,
     "blocked, without a reason", ""},
    {"X-Block-Result: 0", ASSAY_FOUND_NOTHING, 0, "", "OK"},
    {"X-MWG-Block-Reason: Media Type (Block List)", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, "Media Type (Block List)", ""},
    {"X-Mine: Eicar", ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {"X-Other: Eicar", ASSAY_FOUND_NOTHING, 0, "", "OK"},
};

static void check_header(size_t i)
{
    ck_assert_msg(finding.found == headers[i].found, "%s: found %d, want %d",
                  headers[i].header, (int)finding.found, (int)headers[i].found);
    ck_assert_msg(finding.reason == headers[i].reason, "%s: reason %d",
                  headers[i].header, (int)finding.reason);
    ck_assert_str_eq(finding.info, headers[i].info);
    ck_assert_str_eq(finding.scan_code, headers[i].code);
}

START_TEST(a_header_is_understood)
{
    static const char *const names[] = {"X-Mine", NULL};
    const assay_conf_list mine = {names, 1};
    char lines[512];

    asked.infected_headers = &mine;
    (void)snprintf(lines, sizeof lines, "%s\r\n", headers[_i].header);
    judge("204 No Content", lines, NULL, "");
    check_header((size_t)_i);
    (void)snprintf(lines, sizeof lines, "HTTP/1.1 200 OK\r\n%s\r\n",
                   headers[_i].header);
    judge("200 OK", "", lines, SENT);
    check_header((size_t)_i);
}
END_TEST

START_TEST(a_threat_holds_with_any_status)
{
    char status[16];

    for (int number = 101; number < 600; number++) {
        if (number == 204)
            continue;
        (void)snprintf(status, sizeof status, "%d", number);
        judge(status, "X-Virus-ID: Eicar\r\n", NULL, "");
        ck_assert_int_eq(finding.found, ASSAY_FOUND_THREAT);
    }
}
END_TEST

START_TEST(a_long_name_is_cut)
{
    char lines[4096];

    memset(lines, 'a', sizeof lines);
    memcpy(lines, "X-Virus-ID: ", 12);
    memcpy(lines + 3000, "\r\n", 3);
    judge("204", lines, NULL, "");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_THREAT);
    ck_assert_uint_eq(strlen(finding.info), ASSAY_VERDICT_INFO_MAX - 1);
    ck_assert_uint_eq(strlen(finding.scan_code), ASSAY_VERDICT_CODE_MAX - 1);
}
END_TEST

/* ---- statuses ----------------------------------------------------------- */

static const struct {
    unsigned status;
    assay_reason reason;
    bool is_refusal;
} statuses[] = {
    {200, ASSAY_REASON_ENGINE, false},
    {201, ASSAY_REASON_ENGINE, false},
    {206, ASSAY_REASON_ENGINE, false},
    {301, ASSAY_REASON_ENGINE, false},
    {400, ASSAY_REASON_ENGINE, false},
    {401, ASSAY_REASON_UNAVAILABLE, true},
    {403, ASSAY_REASON_UNAVAILABLE, true},
    {404, ASSAY_REASON_UNAVAILABLE, true},
    {405, ASSAY_REASON_UNAVAILABLE, true},
    {407, ASSAY_REASON_UNAVAILABLE, true},
    {408, ASSAY_REASON_ENGINE, false},
    {418, ASSAY_REASON_ENGINE, false},
    {500, ASSAY_REASON_ENGINE, false},
    {501, ASSAY_REASON_UNAVAILABLE, true},
    {502, ASSAY_REASON_UNAVAILABLE, true},
    {503, ASSAY_REASON_OVERLOAD, true},
    {505, ASSAY_REASON_UNAVAILABLE, true},
    {539, ASSAY_REASON_UNAVAILABLE, true},
    {999, ASSAY_REASON_ENGINE, false},
};

START_TEST(a_status_alone_is_an_error)
{
    char status[16];

    (void)snprintf(status, sizeof status, "%u", statuses[_i].status);
    judge(status, "", NULL, "");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(finding.reason, statuses[_i].reason);
    ck_assert_uint_eq(finding.coverage.bytes_seen, 0);
    ck_assert_int_eq(assay__icap_is_refusal(statuses[_i].status),
                     statuses[_i].is_refusal);
}
END_TEST

/* ---- clean -------------------------------------------------------------- */

START_TEST(no_content_is_clean_where_it_is_allowed)
{
    judge("204", "", NULL, "");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_NOTHING);
    ck_assert_uint_eq(finding.coverage.bytes_seen, strlen(SENT));
    asked.allowed_204 = false;
    judge("204", "", NULL, "");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
    asked.in_preview = true; /* it was all of it */
    judge("204", "", NULL, "");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_NOTHING);
    ck_assert_uint_eq(finding.coverage.bytes_seen, strlen(SENT));
}
END_TEST

START_TEST(a_preview_covers_what_was_sent)
{
    asked.sent = 3;
    asked.is_all_sent = false;
    asked.in_preview = true;
    judge("204", "", NULL, "");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_NOTHING);
    ck_assert_uint_eq(finding.coverage.bytes_seen, 3);
    asked.trusts_preview = true;
    judge("204", "", NULL, "");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_NOTHING);
    ck_assert_uint_eq(finding.coverage.bytes_seen, strlen(SENT));
}
END_TEST

START_TEST(an_early_answer_is_not_clean)
{
    for (size_t sent = 0; sent <= strlen(SENT); sent++) {
        asked.sent = sent;
        asked.is_all_sent = false;
        judge("204", "", NULL, "");
        ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
        judge("200", "", "HTTP/1.1 200 OK\r\n", SENT);
        ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
        asked.in_preview = true;
        judge("200", "", "HTTP/1.1 200 OK\r\n", SENT);
        ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
        asked.in_preview = false;
    }
}
END_TEST

static const struct {
    const char *http, *body;
    assay_found found;
} contents[] = {
    {"HTTP/1.1 200 OK\r\n", SENT, ASSAY_FOUND_NOTHING},
    {"HTTP/1.1 200 OK\r\n", "Content", ASSAY_FOUND_FAULT},
    {"HTTP/1.1 200 OK\r\n", "conten", ASSAY_FOUND_FAULT},
    {"HTTP/1.1 200 OK\r\n", "contents", ASSAY_FOUND_FAULT},
    {"HTTP/1.1 206 Part\r\n", SENT, ASSAY_FOUND_FAULT},
    {"HTTP/1.1 201 OK\r\n", SENT, ASSAY_FOUND_FAULT},
    {PAGE, SENT, ASSAY_FOUND_UNSCANNABLE},
    {PAGE, "blocked", ASSAY_FOUND_UNSCANNABLE},
    {"HTTP/1.1 302 Found\r\n", "blocked", ASSAY_FOUND_UNSCANNABLE},
    {"HTTP/1.1 500 Error\r\n", "blocked", ASSAY_FOUND_UNSCANNABLE},
};

START_TEST(a_content_is_clean_when_it_is_the_same)
{
    judge("200", "", contents[_i].http, contents[_i].body);
    ck_assert_int_eq(finding.found, contents[_i].found);
    /* A response is no answer to a request that was sent. */
    asked.is_reqmod = true;
    judge("200", "", contents[_i].http, contents[_i].body);
    ck_assert_int_ne(finding.found, ASSAY_FOUND_NOTHING);
}
END_TEST

/* It might be anything, the name of a threat as well. */
START_TEST(what_stands_behind_the_content_is_not_passed_over)
{
    static const char text[] =
        "ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=19\r\n\r\n"
        "HTTP/1.1 200 OK\r\n\r\n"
        "7\r\n" SENT "\r\n0\r\nX-Virus-ID: Eicar\r\n\r\n";

    assay__icap_reply_init(&reply, SENT, strlen(SENT), 1024);
    ck_assert_uint_eq(assay__icap_reply_feed(&reply, text, sizeof text - 1),
                      sizeof text - 1);
    ck_assert_int_eq(reply.state, ASSAY__ICAP_DONE);
    finding = (assay_finding){.coverage.bytes_total = strlen(SENT)};
    assay__icap_judge(&reply, &asked, &finding);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
}
END_TEST

START_TEST(a_page_may_count_as_infected)
{
    judge("200", "", PAGE, "blocked");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_UNSCANNABLE);
    ck_assert_str_eq(finding.info, "HTTP status 403");
    asked.blocked_is_infected = true;
    judge("200", "", PAGE, "blocked");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_THREAT);
    ck_assert_str_eq(finding.info, "HTTP status 403");
    ck_assert_str_eq(finding.scan_code, "blocked");
    /* What could not be looked into stays that. */
    judge("200", "X-Infection-Found: Type=2; Threat=x;\r\n", PAGE, "blocked");
    ck_assert_int_eq(finding.found, ASSAY_FOUND_UNSCANNABLE);
}
END_TEST

static const struct {
    const char *location, *want;
} locations[] = {
    {"http://p/?url=a&virus=stream:+Eicar-Test+FOUND&x=y", "Eicar-Test"},
    {"http://p/?virus=stream%3A%20A%26B%20FOUND", "A&B"},
    {"http://p/?virus=Eicar", "Eicar"},
    {"http://p/?virus=", NULL},
    {"http://p/?VIRUS=%4", "%4"},
    {"http://p/?novirus=Eicar", NULL},
    {"http://p/virus=Eicar", NULL},
};

START_TEST(a_redirection_may_name_the_threat)
{
    char http[512];

    (void)snprintf(http, sizeof http,
                   "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s\r\n",
                   locations[_i].location);
    judge("200", "", http, "x");
    ck_assert_int_eq(finding.found, locations[_i].want
                                        ? ASSAY_FOUND_THREAT
                                        : ASSAY_FOUND_UNSCANNABLE);
    if (locations[_i].want)
        ck_assert_str_eq(finding.info, locations[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("icap_verdict");
    TCase *tc = tcase_create("verdict");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, a_header_is_understood, 0, (int)COUNT_OF(headers));
    tcase_add_test(tc, a_threat_holds_with_any_status);
    tcase_add_test(tc, a_long_name_is_cut);
    tcase_add_loop_test(tc, a_status_alone_is_an_error, 0,
                        (int)COUNT_OF(statuses));
    tcase_add_test(tc, no_content_is_clean_where_it_is_allowed);
    tcase_add_test(tc, a_preview_covers_what_was_sent);
    tcase_add_test(tc, an_early_answer_is_not_clean);
    tcase_add_loop_test(tc, a_content_is_clean_when_it_is_the_same, 0,
                        (int)COUNT_OF(contents));
    tcase_add_test(tc, what_stands_behind_the_content_is_not_passed_over);
    tcase_add_test(tc, a_page_may_count_as_infected);
    tcase_add_loop_test(tc, a_redirection_may_name_the_threat, 0,
                        (int)COUNT_OF(locations));
    return check_run(suite);
}
