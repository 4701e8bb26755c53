/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replies of ICAP servers as bytes: what is read from them in any pieces, what
 * is against the protocol, and that one that was cut is never whole. What the
 * answer to OPTIONS says.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "icap_reply.h"
#include "icap_service.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SENT "what was sent"
#define PAGE "HTTP/1.1 200 OK\r\nX-Page: yes\r\n\r\n" /* 32 bytes */

enum { BODY_MAX = 64 };

static struct assay__icap_reply reply;
static struct assay__icap_service service;
static assay_error err;

/* @return bytes that were taken */
static size_t feed(const char *bytes, size_t len, size_t piece)
{
    /* In memory of its own, so that a sanitizer sees a read behind it. */
    char *copy = malloc(len ? len : 1);
    size_t taken = 0;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, len);
    assay__icap_reply_init(&reply, SENT, strlen(SENT), BODY_MAX);
    while (taken < len) {
        size_t size = len - taken < piece ? len - taken : piece;
        size_t got = assay__icap_reply_feed(&reply, copy + taken, size);

        taken += got;
        if (got < size)
            break;
    }
    free(copy);
    return taken;
}

static const char no_content[] = "ICAP/1.0 204 No Content\r\n"
                                 "ISTag: \"a\"\r\n"
                                 "Encapsulated: null-body=0\r\n\r\n";
static const char echo[] =
    "ICAP/1.0 200 OK\r\n"
    "Encapsulated: res-hdr=0, res-body=32\r\n\r\n" PAGE "8\r\nwhat was\r\n"
    "5;x=y\r\n sent\r\n"
    "0\r\nTrailer: z\r\n\r\n";

/* ---- whole replies ------------------------------------------------------ */

START_TEST(a_reply_is_read_in_any_pieces)
{
    size_t len = strlen(echo);

    ck_assert_uint_eq(feed(echo, len, (size_t)_i), len);
    ck_assert_int_eq(reply.state, ASSAY__ICAP_DONE);
    ck_assert_uint_eq(reply.icap.status, 200);
    ck_assert_uint_eq(reply.http.status, 200);
    ck_assert_str_eq(assay__icap_head_get(&reply.http, "x-page"), "yes");
    ck_assert(assay__icap_reply_is_echo(&reply));
    ck_assert_uint_eq(reply.body_len, strlen(SENT));
}
END_TEST

START_TEST(a_reply_that_was_cut_is_not_whole)
{
    for (size_t len = 0; len < strlen(echo); len++) {
        ck_assert_uint_eq(feed(echo, len, 7), len);
        ck_assert_int_lt(reply.state, ASSAY__ICAP_DONE);
        ck_assert(!assay__icap_reply_is_echo(&reply));
    }
    for (size_t len = 0; len < strlen(no_content); len++) {
        ck_assert_uint_eq(feed(no_content, len, 7), len);
        ck_assert_int_lt(reply.state, ASSAY__ICAP_DONE);
    }
}
END_TEST

START_TEST(what_stands_behind_a_reply_is_left)
{
    char twice[2 * sizeof no_content];

    memcpy(twice, no_content, strlen(no_content));
    memcpy(twice + strlen(no_content), no_content, strlen(no_content));
    ck_assert_uint_eq(feed(twice, 2 * strlen(no_content), sizeof twice),
                      strlen(no_content));
    ck_assert_int_eq(reply.state, ASSAY__ICAP_DONE);
    ck_assert_uint_eq(reply.icap.status, 204);
    ck_assert(!reply.has_body && !reply.is_bare);
}
END_TEST

START_TEST(lines_may_end_in_lf_alone)
{
    static const char text[] = "ICAP/1.0 200\n"
                               "Encapsulated: res-hdr=0, res-body=25\n\n"
                               "HTTP/1.1 403 No\nX-A:\tb \n\n"
                               "1\nx\n0\n\n";

    ck_assert_uint_eq(feed(text, strlen(text), 3), strlen(text));
    ck_assert_msg(reply.state == ASSAY__ICAP_DONE, "%s", reply.trouble);
    ck_assert_uint_eq(reply.http.status, 403);
    ck_assert_str_eq(assay__icap_head_get(&reply.http, "X-A"), "b");
}
END_TEST

START_TEST(a_folded_field_keeps_its_lines)
{
    static const char text[] = "ICAP/1.0 204 No\r\n"
                               "X-Violations-Found: 1 \r\n"
                               "\tfile\r\n"
                               "   The.Name\t\r\n"
                               "X-Empty:  \r\n"
                               "X-Last: z\r\n\r\n";
    const char *value;

    ck_assert_uint_eq(feed(text, strlen(text), 1), strlen(text));
    ck_assert_msg(reply.state == ASSAY__ICAP_DONE, "%s", reply.trouble);
    value = assay__icap_head_get(&reply.icap, "x-violations-found");
    ck_assert_int_eq(strncmp(value, "1\n", 2), 0);
    ck_assert_ptr_nonnull(strstr(value, "file\n"));
    ck_assert_str_eq(strstr(value, "The.Name"), "The.Name");
    ck_assert_str_eq(assay__icap_head_get(&reply.icap, "X-Empty"), "");
    ck_assert_str_eq(assay__icap_head_get(&reply.icap, "X-Last"), "z");
    ck_assert_ptr_null(assay__icap_head_get(&reply.icap, "X-None"));
}
END_TEST

START_TEST(a_request_may_be_in_it)
{
    static const char text[] = "ICAP/1.0 200 OK\r\n"
                               "Encapsulated: req-hdr=0, req-body=27\r\n\r\n"
                               "POST / HTTP/1.1\r\nX-A: b\r\n\r\n"
                               "d\r\nwhat was sent\r\n0\r\n\r\n";

    ck_assert_uint_eq(feed(text, strlen(text), 5), strlen(text));
    ck_assert_msg(reply.state == ASSAY__ICAP_DONE, "%s", reply.trouble);
    ck_assert(reply.has_request && !reply.has_response);
    ck_assert_uint_eq(reply.http.status, 0);
    ck_assert(assay__icap_reply_is_echo(&reply));
}
END_TEST

START_TEST(a_reply_that_does_not_say_what_is_in_it)
{
    static const char text[] = "ICAP/1.0 404 Not found\r\n\r\n";

    ck_assert_uint_eq(feed(text, strlen(text), 5), strlen(text));
    ck_assert_int_eq(reply.state, ASSAY__ICAP_DONE);
    ck_assert(reply.is_bare);
}
END_TEST

/* ---- bodies ------------------------------------------------------------- */

static const struct {
    const char *body;
    bool is_echo;
} bodies[] = {
    {"d\r\nwhat was sent\r\n0\r\n\r\n", true},
    {"D\r\nwhat was sent\r\n00\r\n\r\n", true},
    {"c\r\nwhat was sen\r\n0\r\n\r\n", false},
    {"e\r\nwhat was sent!\r\n0\r\n\r\n", false},
    {"d\r\nwhat was Sent\r\n0\r\n\r\n", false},
    {"1\r\nx\r\nd\r\nwhat was sent\r\n0\r\n\r\n", false},
    {"0\r\n\r\n", false},
};

START_TEST(a_body_is_compared)
{
    char text[256] = "ICAP/1.0 200 OK\r\n"
                     "Encapsulated: res-hdr=0, res-body=32\r\n\r\n" PAGE;
    size_t head = strlen(text), len = strlen(bodies[_i].body);

    memcpy(text + head, bodies[_i].body, len);
    for (size_t piece = 1; piece < 20; piece++) {
        ck_assert_uint_eq(feed(text, head + len, piece), head + len);
        ck_assert_msg(reply.state == ASSAY__ICAP_DONE, "%s", reply.trouble);
        ck_assert_int_eq(assay__icap_reply_is_echo(&reply), bodies[_i].is_echo);
    }
}
END_TEST

/* ---- against the protocol ----------------------------------------------- */

#define HEAD "ICAP/1.0 200 OK\r\n"
#define BODY "Encapsulated: opt-body=0\r\n\r\n"

static const struct {
    const char *text, *want;
} bad[] = {
    {"HTTP/1.1 200 OK\r\n\r\n", "does not begin as ICAP does"},
    {"ICAP/1.0 20 OK\r\n\r\n", "does not begin as ICAP does"},
    {"ICAP/1.0 2000 OK\r\n\r\n", "does not begin as ICAP does"},
    {"ICAP/1.0 099 OK\r\n\r\n", "does not begin as ICAP does"},
    {"ICAP/1.x 200 OK\r\n\r\n", "does not begin as ICAP does"},
    {"\r\n\r\n", "does not begin as ICAP does"},
    {HEAD "no colon\r\n\r\n", "a header line that is none"},
    {HEAD "A : b\r\n\r\n", "a header line that is none"},
    {HEAD ": b\r\n\r\n", "a header line that is none"},
    {HEAD " folded\r\n\r\n", "begins with a blank"},
    {HEAD "A: b\rc\r\n\r\n", "a control character"},
    {HEAD "A: \1\r\n\r\n", "a control character"},
    {HEAD "A: \x7f\r\n\r\n", "a control character"},
    {HEAD "Encapsulated: \r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: res-hdr=0\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: null-body=1\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: null-body=0,\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: null-body=0 x\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: null-body=\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: null-body=-1\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: null-body=0000000\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: odd=0, null-body=5\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: res-hdr=0, res-hdr=4, null-body=8\r\n\r\n",
     "what cannot be"},
    {HEAD "Encapsulated: res-hdr=0, res-body=0\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: null-body=0, res-hdr=5\r\n\r\n", "what cannot be"},
    {HEAD "Encapsulated: null-body=0\r\nEncapsulated: null-body=0\r\n\r\n",
     "what cannot be"},
    {HEAD "Encapsulated: res-hdr=0, res-body=99999\r\n\r\n", "too long"},
    {"ICAP/1.0 204 No\r\n" BODY, "a body where there can be none"},
    {HEAD "Encapsulated: res-hdr=0, null-body=31\r\n\r\n" PAGE,
     "a control character"},
    {HEAD "Encapsulated: res-hdr=0, null-body=33\r\n\r\n" PAGE "x",
     "an empty line within a header"},
    {HEAD "Encapsulated: req-hdr=0, res-hdr=16, null-body=48\r\n\r\n"
          "GET / HTTP/1.1\r\n" PAGE,
     "without an empty line"},
    {HEAD "Encapsulated: res-hdr=0, null-body=8\r\n\r\nA: bcd\r\n",
     "does not begin as one"},
    {HEAD BODY "\r\n", "a chunk without a length"},
    {HEAD BODY "x\r\n", "a chunk without a length"},
    {HEAD BODY "-1\r\n", "a chunk without a length"},
    {HEAD BODY "0x1\r\n", "a chunk without a length"},
    {HEAD BODY "1111111111111111\r\n", "a chunk without a length"},
    {HEAD BODY "fffffffffffffff\r\n", "a body that is too long"},
    {HEAD BODY "41\r\n", "a body that is too long"},
    {HEAD BODY "1\r\nx\r\n40\r\n", "a body that is too long"},
    {HEAD BODY "1\r\nxy\r\n", "longer than it says"},
    {HEAD BODY "1\r\nx\r\r\n", "longer than it says"},
};

START_TEST(what_is_against_the_protocol_is_bad)
{
    const char *text = bad[_i].text;

    for (size_t piece = 1; piece < 40; piece += 19) {
        (void)feed(text, strlen(text), piece);
        ck_assert_msg(reply.state == ASSAY__ICAP_BAD, "%s: state %d", text,
                      (int)reply.state);
        ck_assert_msg(strstr(reply.trouble, bad[_i].want) != NULL, "%s: %s",
                      text, reply.trouble);
    }
}
END_TEST

static void feed_many(const char *begin, const char *line, size_t count,
                      const char *end)
{
    size_t len = strlen(begin), size = strlen(line);
    char *text = calloc(1, len + count * size + strlen(end) + 1);

    ck_assert_ptr_nonnull(text);
    memcpy(text, begin, len);
    for (size_t i = 0; i < count; i++, len += size)
        memcpy(text + len, line, size);
    memcpy(text + len, end, strlen(end));
    (void)feed(text, len + strlen(end), 1000);
    free(text);
}

START_TEST(all_is_limited)
{
    feed_many(HEAD, "A: b\r\n", ASSAY__ICAP_FIELDS_MAX, "\r\n");
    ck_assert_int_eq(reply.state, ASSAY__ICAP_DONE);
    feed_many(HEAD, "A: b\r\n", ASSAY__ICAP_FIELDS_MAX + 1, "\r\n");
    ck_assert_int_eq(reply.state, ASSAY__ICAP_BAD);
    feed_many(HEAD, "A", ASSAY__ICAP_HEAD_MAX, "");
    ck_assert_int_eq(reply.state, ASSAY__ICAP_BAD);
    ck_assert_str_eq(reply.trouble, "has a header that is too long");
    feed_many(HEAD BODY "0", ";", ASSAY__ICAP_LINE_MAX, "\r\n");
    ck_assert_int_eq(reply.state, ASSAY__ICAP_BAD);
    feed_many(HEAD BODY "0\r\n", "A: b\r\n", ASSAY__ICAP_TRAILER_MAX / 6, "");
    ck_assert_int_eq(reply.state, ASSAY__ICAP_IN_TRAILER);
    feed_many(HEAD BODY "0\r\n", "A: b\r\n", ASSAY__ICAP_TRAILER_MAX / 6 + 1,
              "");
    ck_assert_int_eq(reply.state, ASSAY__ICAP_BAD);
    feed_many(HEAD BODY, "1\r\nx\r\n", BODY_MAX, "0\r\n\r\n");
    ck_assert_int_eq(reply.state, ASSAY__ICAP_DONE);
    feed_many(HEAD BODY, "1\r\nx\r\n", BODY_MAX + 1, "0\r\n\r\n");
    ck_assert_int_eq(reply.state, ASSAY__ICAP_BAD);
}
END_TEST

/* ---- OPTIONS ------------------------------------------------------------ */

static assay_rc read_service(const char *lines)
{
    char text[4096] = "ICAP/1.0 200 OK\r\n";
    size_t head = strlen(text), len = strlen(lines);

    ck_assert_uint_lt(head + len + 2, sizeof text);
    memcpy(text + head, lines, len);
    memcpy(text + head + len, "\r\n", 2);
    (void)feed(text, head + len + 2, 100);
    ck_assert_msg(reply.state == ASSAY__ICAP_DONE, "%s", reply.trouble);
    return assay__icap_service_read(&reply.icap, &service, &err);
}

START_TEST(options_are_read)
{
    ck_assert_int_eq(read_service("Methods: RESPMOD, reqmod\r\n"
                                  "Service: C-ICAP/0.5.10 \"x\" \xe4\r\n"
                                  "ISTag: \"CI0001-abc\"\r\n"
                                  "Allow: 206, 204\r\n"
                                  "Preview: 1024\r\n"
                                  "Max-Connections: 20\r\n"
                                  "Options-TTL: 3600\r\n"
                                  "Transfer-Preview: *\r\n"
                                  "Transfer-Ignore: jpg, gif\r\n"
                                  "Transfer-Complete: zip\r\n"),
                     ASSAY_OK);
    ck_assert(service.takes_respmod && service.takes_reqmod);
    ck_assert(service.allows_204 && service.has_preview);
    ck_assert_uint_eq(service.preview, 1024);
    ck_assert_uint_eq(service.max_connections, 20);
    ck_assert_int_eq(service.ttl_s, 3600);
    ck_assert_str_eq(service.tag, "CI0001-abc");
    ck_assert_str_eq(service.name, "C-ICAP/0.5.10 'x' ?");
    ck_assert(assay__icap_service_wants_preview(&service, "a.exe"));
    ck_assert(assay__icap_service_wants_preview(&service, "noextension"));
    ck_assert(!assay__icap_service_wants_preview(&service, "a.b.JPG"));
    ck_assert(!assay__icap_service_wants_preview(&service, "a.zip"));
}
END_TEST

START_TEST(options_that_say_little)
{
    ck_assert_int_eq(read_service("Methods: REQMOD\r\n"
                                  "Preview: many\r\n"
                                  "Max-Connections: -1\r\n"
                                  "Options-TTL: 99999999999\r\n"),
                     ASSAY_OK);
    ck_assert(!service.takes_respmod && service.takes_reqmod);
    ck_assert(!service.allows_204 && !service.has_preview);
    ck_assert_uint_eq(service.max_connections, 0);
    ck_assert_int_eq(service.ttl_s, 0);
    ck_assert_str_eq(service.tag, "");
    ck_assert_str_eq(service.name, "");
    ck_assert(assay__icap_service_wants_preview(&service, "a.exe"));
}
END_TEST

START_TEST(options_without_a_method)
{
    ck_assert_int_eq(read_service("Service: x\r\n"), ASSAY_E_UNAVAILABLE);
    ck_assert_int_eq(read_service("Methods: RESPMODX OPTIONS\r\n"),
                     ASSAY_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.msg, "neither RESPMOD nor REQMOD"));
}
END_TEST

START_TEST(options_with_extremes)
{
    ck_assert_int_eq(read_service("Methods: RESPMOD\r\n"
                                  "Preview: 999999999\r\nOptions-TTL: 0\r\n"
                                  "Transfer-Ignore: *\r\n"),
                     ASSAY_OK);
    ck_assert_uint_eq(service.preview, ASSAY__ICAP_PREVIEW_MAX);
    ck_assert_int_eq(service.ttl_s, ASSAY__ICAP_TTL_MIN_S);
    ck_assert(!assay__icap_service_wants_preview(&service, "a.exe"));
    ck_assert_int_eq(read_service("Methods: RESPMOD\r\n"
                                  "Options-TTL: 999999999\r\n"),
                     ASSAY_OK);
    ck_assert_int_eq(service.ttl_s, ASSAY__ICAP_TTL_MAX_S);
}
END_TEST

static const struct {
    const char *value, *want;
} tags[] = {
    {"\"abc\"", "abc"},
    {"abc", "abc"}, /* some leave the quotes out */
    {"\"\"", ""},
    {"\"", ""},
    {"\"a\"b\"", ""},
    {"\"12345678901234567890123456789012\"",
     "12345678901234567890123456789012"},
    {"\"123456789012345678901234567890123\"", ""},
    {"\"a\xe4\"", ""},
};

START_TEST(a_tag_is_what_may_be_one)
{
    char text[128] = "Methods: RESPMOD\r\nISTag: ";
    size_t len = strlen(text), size = strlen(tags[_i].value);

    memcpy(text + len, tags[_i].value, size);
    memcpy(text + len + size, "\r\n", 2);
    ck_assert_int_eq(read_service(text), ASSAY_OK);
    ck_assert_str_eq(service.tag, tags[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("icap_reply");
    TCase *tc = tcase_create("reply");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, a_reply_is_read_in_any_pieces, 1, 60);
    tcase_add_test(tc, a_reply_that_was_cut_is_not_whole);
    tcase_add_test(tc, what_stands_behind_a_reply_is_left);
    tcase_add_test(tc, lines_may_end_in_lf_alone);
    tcase_add_test(tc, a_folded_field_keeps_its_lines);
    tcase_add_test(tc, a_request_may_be_in_it);
    tcase_add_test(tc, a_reply_that_does_not_say_what_is_in_it);
    tcase_add_loop_test(tc, a_body_is_compared, 0, (int)COUNT_OF(bodies));
    tcase_add_loop_test(tc, what_is_against_the_protocol_is_bad, 0,
                        (int)COUNT_OF(bad));
    tcase_add_test(tc, all_is_limited);
    tcase_add_test(tc, options_are_read);
    tcase_add_test(tc, options_that_say_little);
    tcase_add_test(tc, options_without_a_method);
    tcase_add_test(tc, options_with_extremes);
    tcase_add_loop_test(tc, a_tag_is_what_may_be_one, 0, (int)COUNT_OF(tags));
    return check_run(suite);
}
