/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Every allocation fails once: each call then says NOMEM, leaks nothing, and
 * works when it is repeated or its object is freed.
 */
#include "mail_test.h"

#include "alloc_fail.h"
#include "base/sizes.h"
#include "check_run.h"
#include "mail/readings.h"

#define FAILURES_MAX 100000

static const char mail[] =
    "From: =?utf-8?q?a?= =?iso-8859-1?b?5A==?=\r\n"
    "Content-Type: multipart/mixed; boundary*0=\"a\"; boundary*1=b\r\n\r\n"
    "--ab\r\n"
    "Content-Type: text/html; charset=UTF-8; name*0*=iso-8859-1''%E4;\r\n"
    " name*1=b; name*2=c\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    "YWJj\r\n"
    "--ab\r\n"
    "Content-Type: message/rfc822\r\n\r\n"
    "Content-Disposition: attachment; filename=\"=?utf-8?q?a?=\"\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ".a=3Db\r\n"
    "--ab\r\n"
    "Content-Transfer-Encoding: x-uuencode\r\n\r\n"
    "begin 644 f\r\n#86)C\r\nend\r\n"
    "--ab--\r\n";

/* ---- one step of each kind; all work on a message and may be repeated ---- */

static assay_rc build(assay_message **message)
{
    assay_rc rc = assay_message_new(NULL, message, NULL);

    if (rc == ASSAY_OK)
        rc = assay_message_append_header(*message, "A", " b\n c", NULL);
    if (rc == ASSAY_OK)
        rc = assay_message_append(*message, mail, sizeof mail - 1, NULL);
    if (rc == ASSAY_OK)
        rc = assay_message_finish(*message, NULL);
    return rc;
}

static assay_rc borrow(assay_message **message)
{
    return assay_message_new_borrowed(mail, sizeof mail - 1, NULL, message,
                                      NULL);
}

static assay_rc build_envelope(assay_message **message)
{
    assay_rc rc = borrow(message);

    if (rc == ASSAY_OK)
        rc = assay_message_set_sender(*message, "a@b", NULL);
    for (int i = 0; i < 20 && rc == ASSAY_OK; i++)
        rc = assay_message_add_recipient(*message, "c@d", NULL);
    for (int i = 0; i < 20 && rc == ASSAY_OK; i++)
        rc = assay_context_set(assay_message_context(*message),
                               &"abcdefghijklmnopqrstuvwxyz"[i], "v", NULL);
    return rc;
}

static assay_rc walk(assay_message *message)
{
    assay_part *root;

    return assay_message_root(message, &root, NULL);
}

static assay_rc decode(assay_message *message)
{
    assay_part *part = NULL;
    assay_rc rc = assay_message_root(message, &part, NULL);

    for (; part && rc == ASSAY_OK; part = assay_part_thread(part)) {
        assay_part_info info;
        assay_bytes data;

        assay_part_get_info(part, &info);
        if (!info.is_container)
            rc = assay_part_decode(part, &data, NULL, NULL);
    }
    return rc;
}

static assay_rc render(assay_message *message)
{
    assay_bytes bytes;
    assay_rc rc = ASSAY_OK;

    while (rc == ASSAY_OK && !assay_message_edit_at(message, 11))
        rc = assay_message_edit(message, ASSAY_EDIT_APPEND, "X", "1", NULL);
    if (rc == ASSAY_OK)
        rc = assay_message_bytes(message, ASSAY_RENDITION_WIRE, &bytes, NULL);
    if (rc == ASSAY_OK)
        rc = assay_message_bytes(message, ASSAY_RENDITION_CANONICAL, &bytes,
                                 NULL);
    if (rc == ASSAY_OK)
        rc = assay_message_header(message, "X", 0, &bytes, NULL);
    return rc;
}

static assay_rc decode_header(assay_message *message)
{
    assay_bytes value = {NULL, 0};
    char *text = NULL;
    assay_rc rc = assay_message_header(message, "From", 0, &value, NULL);

    if (rc == ASSAY_OK)
        rc = assay_header_decode(value, &text, NULL);
    free(text);
    return rc;
}

/* ---- failing ------------------------------------------------------------- */

static const struct {
    assay_rc (*make)(assay_message **message);
} makers[] = {{build}, {borrow}, {build_envelope}};

START_TEST(message_is_not_made_without_memory)
{
    assay_rc rc = ASSAY_E_NOMEM;
    bool hit = true;
    unsigned long n;

    for (n = 1; hit && n < FAILURES_MAX; n++) {
        assay_message *message = NULL;

        alloc_fail_at(n);
        rc = makers[_i].make(&message);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_msg(rc == (hit ? ASSAY_E_NOMEM : ASSAY_OK),
                      "case %d, failure %lu: got %d", _i, n, (int)rc);
        assay_message_free(&message);
    }
    ck_assert_msg(n > 2 && !hit, "case %d: %lu failures", _i, n);
}
END_TEST

static const struct {
    assay_rc (*use)(assay_message *message);
} users[] = {{walk}, {decode}, {render}, {decode_header}};

START_TEST(message_is_whole_after_a_failure)
{
    bool hit = true;
    unsigned long n;

    for (n = 1; hit && n < FAILURES_MAX; n++) {
        assay_message *message = message_over(BYTES(mail), NULL);
        assay_rc rc;

        alloc_fail_at(n);
        rc = users[_i].use(message);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_msg(rc == (hit ? ASSAY_E_NOMEM : ASSAY_OK),
                      "case %d, failure %lu: got %d", _i, n, (int)rc);
        ck_assert_int_eq(users[_i].use(message), ASSAY_OK);
        ck_assert_ptr_nonnull(root_of(message));
        ck_assert_uint_eq(assay_message_part_count(message), 5);
        assay_message_free(&message);
    }
    ck_assert_msg(n > 2 && !hit, "case %d: %lu failures", _i, n);
}
END_TEST

/* ---- readings (AV-23) ------------------------------------------------------
 */

/* Something for each reader: choices, line ends, encodings, files in text,
 * a message in a part, TNEF. */
static const char odd[] =
    "Content-Type: text/plain\r\n"
    "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n"
    "begin 644 f\r\n#86)C\r\nend\r\n"
    "--b\r\n"
    "Content-Transfer-Encoding: 7bit\r\n"
    "Content-Transfer-Encoding: base64\n\r\n"
    "QUJD=REVGQUJDREVGQUJDREVGQUJDREVG!\r\n"
    "--b\r\n"
    "Content-Type: message/rfc822\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    "U3ViamVjdDogeA0KDQo9eWJlZ2luIG5hbWU9YQ0KYWJjDQo9eWVuZA0K\r\n"
    "--b\r\n"
    "Content-Type: text/plain; charset=utf-7\r\n\r\n"
    "a+AOQ-b\rc\r\n"
    "--b--\r\n";

START_TEST(readings_are_whole_or_none)
{
    bool hit = true;
    unsigned long n;

    for (n = 1; hit && n < FAILURES_MAX; n++) {
        assay_message *message = message_over(BYTES(odd), NULL);
        struct assay__readings *readings = NULL;
        assay_rc rc;

        alloc_fail_at(n);
        rc = assay__readings_new(message, NULL, &readings, NULL);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_msg(rc == (hit ? ASSAY_E_NOMEM : ASSAY_OK),
                      "failure %lu: got %d", n, (int)rc);
        ck_assert((rc == ASSAY_OK) == (readings != NULL));
        if (readings)
            ck_assert_uint_gt(assay__readings_count(readings), 5);
        assay__readings_free(&readings);
        assay_message_free(&message);
    }
    ck_assert_msg(n > 20 && !hit, "%lu failures", n);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mail torture");
    TCase *tc = tcase_create("memory");

    tcase_add_loop_test(tc, message_is_not_made_without_memory, 0,
                        ASSAY_COUNT_OF(makers));
    tcase_add_loop_test(tc, message_is_whole_after_a_failure, 0,
                        ASSAY_COUNT_OF(users));
    tcase_add_test(tc, readings_are_whole_or_none);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
