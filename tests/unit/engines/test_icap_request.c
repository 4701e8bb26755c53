/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What is sent to an ICAP server: the heads, whose lines no mail can add to,
 * and the chunks of a content, in whatever pieces a socket takes them.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "icap_request.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define AGENT "User-Agent: Assay\r\n"

static struct assay__icap_url url;
static struct assay__icap_manner manner;
static struct assay__icap_request request;
static assay_content content;
static char sent[1 << 16];
static size_t sent_len;

static void setup(void)
{
    ck_assert_int_eq(
        assay__icap_url_parse("icap://scan:1345/av?x=y", &url, NULL), ASSAY_OK);
    manner = (struct assay__icap_manner){.url = &url, .user_agent = "Assay"};
    content = (assay_content){
        .kind = ASSAY_CONTENT_PART, .data = "0123456789", .size = 10};
    sent_len = 0;
}

static const char *text_of_request(void)
{
    ck_assert_uint_lt(request.len, sizeof request.text);
    request.text[request.len] = '\0';
    return request.text;
}

static const char *scan(void)
{
    ck_assert(assay__icap_request_scan(&manner, &content, &request));
    return text_of_request();
}

/* ---- heads -------------------------------------------------------------- */

START_TEST(options_are_asked)
{
    static const char *const lines[] = {"X-A: b", "X-C:", NULL};
    static const assay_conf_list headers = {lines, 2};

    manner.headers = &headers;
    ck_assert(assay__icap_request_options(&manner, &request));
    ck_assert_str_eq(text_of_request(),
                     "OPTIONS icap://scan:1345/av?x=y ICAP/1.0\r\n"
                     "Host: scan:1345\r\n" AGENT "X-A: b\r\nX-C:\r\n"
                     "Encapsulated: null-body=0\r\n\r\n");
}
END_TEST

START_TEST(a_content_is_the_answer_to_a_get)
{
    manner.allows_204 = manner.has_preview = manner.closes = true;
    manner.preview = 4;
    ck_assert_str_eq(scan(),
                     "RESPMOD icap://scan:1345/av?x=y ICAP/1.0\r\n"
                     "Host: scan:1345\r\n" AGENT "Connection: close\r\n"
                     "Allow: 204\r\nPreview: 4\r\n"
                     "Encapsulated: req-hdr=0, res-hdr=68, res-body=147\r\n\r\n"
                     "GET http://mail.invalid/content.bin HTTP/1.1\r\n"
                     "Host: mail.invalid\r\n\r\n"
                     "HTTP/1.1 200 OK\r\n"
                     "Content-Type: application/octet-stream\r\n"
                     "Content-Length: 10\r\n\r\n");
}
END_TEST

START_TEST(or_what_a_post_brings)
{
    manner.is_reqmod = true;
    manner.user_agent = NULL;
    ck_assert_str_eq(scan(), "REQMOD icap://scan:1345/av?x=y ICAP/1.0\r\n"
                             "Host: scan:1345\r\n"
                             "Encapsulated: req-hdr=0, req-body=129\r\n\r\n"
                             "POST http://mail.invalid/content.bin HTTP/1.1\r\n"
                             "Host: mail.invalid\r\n"
                             "Content-Type: application/octet-stream\r\n"
                             "Content-Length: 10\r\n\r\n");
}
END_TEST

static const struct {
    const char *name, *type, *want_name, *want_type;
} names[] = {
    {"a.exe", "text/plain", "/a.exe HTTP", ": text/plain\r\n"},
    {"a b/../c?d#e", "application/vnd.ms-excel", "/a%20b%2F..%2Fc%3Fd%23e HTTP",
     ": application/vnd.ms-excel\r\n"},
    {"a\r\nX-Evil: yes\r\n\r\n", "a/b\r\nX-Evil: yes",
     "/a%0D%0AX-Evil%3A%20yes%0D%0A%0D%0A HTTP",
     ": application/octet-stream\r\n"},
    {"\xc3\xa4.doc", "a/b c", "/%C3%A4.doc HTTP",
     ": application/octet-stream\r\n"},
    {"%00", "/b", "/%2500 HTTP", ": application/octet-stream\r\n"},
    {"", "a/", "/content.bin HTTP", ": application/octet-stream\r\n"},
    {NULL, NULL, "/content.bin HTTP", ": application/octet-stream\r\n"},
    {"x", "a/b/c", "/x HTTP", ": application/octet-stream\r\n"},
    {"x", "a/b;c=d", "/x HTTP", ": application/octet-stream\r\n"},
};

START_TEST(names_are_escaped)
{
    const char *text;

    content.file_name = names[_i].name;
    content.media_type = names[_i].type;
    manner.tells_names = true;
    text = scan();
    ck_assert_msg(strstr(text, names[_i].want_name) != NULL, "%s", text);
    ck_assert_msg(strstr(text, names[_i].want_type) != NULL, "%s", text);
    ck_assert_ptr_null(strstr(text, "\nX-Evil"));
    manner.tells_names = false;
    text = scan();
    ck_assert_ptr_nonnull(strstr(text, "/content.bin HTTP"));
    ck_assert_ptr_nonnull(strstr(text, ": application/octet-stream\r\n"));
}
END_TEST

START_TEST(of_a_long_name_the_end_is_told)
{
    static char name[4096];
    const char *text;

    memset(name, '\n', sizeof name);
    memcpy(name + sizeof name - 6, ".docx", 6);
    content.file_name = name;
    manner.tells_names = true;
    text = scan();
    ck_assert_ptr_nonnull(strstr(text, "%0A.docx HTTP"));
    ck_assert_uint_lt(strlen(text), 1024);
}
END_TEST

START_TEST(a_mail_is_told_to_be_one)
{
    content.kind = ASSAY_CONTENT_MESSAGE;
    content.file_name = "a.jpg";
    content.media_type = "image/jpeg";
    manner.tells_names = true;
    ck_assert_ptr_nonnull(strstr(scan(), "/message.eml HTTP"));
    ck_assert_ptr_nonnull(strstr(scan(), "message/rfc822\r\n"));
}
END_TEST

START_TEST(what_does_not_fit_is_not_sent)
{
    static char line[ASSAY__ICAP_REQUEST_MAX];
    static const char *const lines[] = {line, NULL};
    static const assay_conf_list headers = {lines, 1};

    memset(line, 'a', sizeof line - 1);
    manner.headers = &headers;
    ck_assert(!assay__icap_request_options(&manner, &request));
    ck_assert(!assay__icap_request_scan(&manner, &content, &request));
}
END_TEST

static const struct {
    const char *text;
    assay_rc want;
} headers[] = {
    {"X-Client-IP: 192.0.2.1", ASSAY_OK},
    {"X-A:", ASSAY_OK},
    {"X-A", ASSAY_E_INVAL},
    {": b", ASSAY_E_INVAL},
    {"X A: b", ASSAY_E_INVAL},
    {"X-A: b\r\nX-B: c", ASSAY_E_INVAL},
    {"X-A: \xe4", ASSAY_E_INVAL},
    {"", ASSAY_E_INVAL},
    {"Host: a", ASSAY_E_INVAL},
    {"encapsulated: a", ASSAY_E_INVAL},
    {"Preview: 0", ASSAY_E_INVAL},
    {"Allow: 204", ASSAY_E_INVAL},
};

START_TEST(a_header_of_the_administrators_is_checked)
{
    assay_error err = {0};

    ck_assert_msg(assay__icap_request_check_header(headers[_i].text, &err) ==
                      headers[_i].want,
                  "%s: %s", headers[_i].text, err.msg);
}
END_TEST

/* ---- chunks ------------------------------------------------------------- */

static void take(const struct iovec *pieces, size_t count, size_t size)
{
    for (size_t i = 0; i < count && size > 0; i++) {
        size_t part = pieces[i].iov_len < size ? pieces[i].iov_len : size;

        ck_assert_uint_lt(sent_len + part, sizeof sent);
        memcpy(sent + sent_len, pieces[i].iov_base, part);
        sent_len += part;
        size -= part;
    }
    ck_assert_uint_eq(size, 0);
    sent[sent_len] = '\0';
}

/* Until there is nothing for now, at most `most` bytes at a time. */
static void send_by(struct assay__icap_upload *upload, size_t most)
{
    struct iovec pieces[3];
    size_t count;

    while ((count = assay__icap_upload_next(upload, pieces)) > 0) {
        size_t size = 0;

        for (size_t i = 0; i < count; i++)
            size += pieces[i].iov_len;
        size = size < most ? size : most;
        take(pieces, count, size);
        assay__icap_upload_sent(upload, size);
    }
}

static void begin(struct assay__icap_upload *upload)
{
    request.len = (size_t)snprintf(request.text, sizeof request.text, "HEAD|");
    assay__icap_upload_init(upload, &request, content.data, content.size);
}

START_TEST(a_content_goes_in_chunks)
{
    struct assay__icap_upload upload;

    begin(&upload);
    send_by(&upload, (size_t)_i);
    ck_assert_str_eq(sent, "HEAD|a\r\n0123456789\r\n0\r\n\r\n");
    ck_assert_uint_eq(upload.data_left, 0);
}
END_TEST

START_TEST(a_preview_waits)
{
    struct assay__icap_upload upload;

    begin(&upload);
    assay__icap_upload_set_preview(&upload, 4);
    send_by(&upload, (size_t)_i);
    ck_assert_str_eq(sent, "HEAD|4\r\n0123\r\n0\r\n\r\n");
    ck_assert_uint_eq(upload.data_left, 6);
    assay__icap_upload_go_on(&upload);
    send_by(&upload, (size_t)_i);
    ck_assert_str_eq(sent, "HEAD|4\r\n0123\r\n0\r\n\r\n"
                           "6\r\n456789\r\n0\r\n\r\n");
    ck_assert_uint_eq(upload.data_left, 0);
}
END_TEST

START_TEST(a_preview_of_nothing_waits)
{
    struct assay__icap_upload upload;

    begin(&upload);
    assay__icap_upload_set_preview(&upload, 0);
    send_by(&upload, 3);
    ck_assert_str_eq(sent, "HEAD|0\r\n\r\n");
    assay__icap_upload_go_on(&upload);
    send_by(&upload, 3);
    ck_assert_str_eq(sent, "HEAD|0\r\n\r\na\r\n0123456789\r\n0\r\n\r\n");
}
END_TEST

START_TEST(a_preview_of_all_says_so)
{
    struct assay__icap_upload upload;

    begin(&upload);
    assay__icap_upload_set_preview(&upload, content.size + (size_t)_i);
    send_by(&upload, 3);
    ck_assert_str_eq(sent, "HEAD|a\r\n0123456789\r\n0; ieof\r\n\r\n");
}
END_TEST

START_TEST(a_head_alone_has_no_chunks)
{
    struct assay__icap_upload upload;

    content.size = 0;
    begin(&upload);
    send_by(&upload, 2);
    ck_assert_str_eq(sent, "HEAD|");
}
END_TEST

START_TEST(a_large_content_has_several)
{
    static char large[2 * ASSAY__ICAP_CHUNK_MAX + 5];
    struct assay__icap_upload upload;
    struct iovec pieces[3];
    size_t chunks = 0, size = 0, count;

    content.data = large;
    content.size = sizeof large;
    begin(&upload);
    while ((count = assay__icap_upload_next(&upload, pieces)) > 0) {
        size_t all = 0;

        for (size_t i = 0; i < count; i++)
            all += pieces[i].iov_len;
        chunks += upload.chunk_left > 0;
        size += upload.chunk_left;
        assay__icap_upload_sent(&upload, all);
    }
    ck_assert_uint_eq(chunks, 3);
    ck_assert_uint_eq(size, sizeof large);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("icap_request");
    TCase *tc = tcase_create("request");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, options_are_asked);
    tcase_add_test(tc, a_content_is_the_answer_to_a_get);
    tcase_add_test(tc, or_what_a_post_brings);
    tcase_add_loop_test(tc, names_are_escaped, 0, (int)COUNT_OF(names));
    tcase_add_test(tc, of_a_long_name_the_end_is_told);
    tcase_add_test(tc, a_mail_is_told_to_be_one);
    tcase_add_test(tc, what_does_not_fit_is_not_sent);
    tcase_add_loop_test(tc, a_header_of_the_administrators_is_checked, 0,
                        (int)COUNT_OF(headers));
    tcase_add_loop_test(tc, a_content_goes_in_chunks, 1, 30);
    tcase_add_loop_test(tc, a_preview_waits, 1, 30);
    tcase_add_test(tc, a_preview_of_nothing_waits);
    tcase_add_loop_test(tc, a_preview_of_all_says_so, 0, 2);
    tcase_add_test(tc, a_head_alone_has_no_chunks);
    tcase_add_test(tc, a_large_content_has_several);
    return check_run(suite);
}
