/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Building, renditions (AV-27 wire, AV-28 canonical), envelope, edits.
 */
#include "mail_test.h"

#include <stdio.h>

#include "base/sizes.h"
#include "check_run.h"

static assay_message *message;
static assay_error err;

static void setup(void)
{
    ck_assert_int_eq(assay_message_new(NULL, &message, &err), ASSAY_OK);
}

static void teardown(void)
{
    assay_message_free(&message);
}

static void add(const char *text)
{
    ck_assert_int_eq(assay_message_append(message, text, strlen(text), &err),
                     ASSAY_OK);
}

static void add_header(const char *name, const char *value)
{
    ck_assert_int_eq(assay_message_append_header(message, name, value, &err),
                     ASSAY_OK);
}

static void finish(void)
{
    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_OK);
}

static assay_bytes rendition(assay_rendition which)
{
    assay_bytes bytes = {NULL, 0};

    ck_assert_int_eq(assay_message_bytes(message, which, &bytes, &err),
                     ASSAY_OK);
    ck_assert_ptr_nonnull(bytes.data);
    return bytes;
}

static void use(const char *text)
{
    assay_message_free(&message);
    message = message_over(TEXT(text), NULL);
}

/* ---- building --------------------------------------------------------------
 */

START_TEST(pieces_join_whatever_the_split)
{
    const char *text = "A: 1\r\n\r\nbody\r\n.\r\n";

    for (const char *p = text; *p != '\0'; p++)
        ck_assert_int_eq(assay_message_append(message, p, 1, &err), ASSAY_OK);
    ck_assert_uint_eq(assay_message_size(message), strlen(text));
    finish();
    ck_bytes(rendition(ASSAY_RENDITION_RECEIVED), text);
    ck_assert_uint_eq(assay_message_size(message), strlen(text));
}
END_TEST

START_TEST(body_after_milter_headers_gets_the_empty_line)
{
    add_header("Subject", " one\n two");
    add_header("X-NoSpace", "value");
    add("body\r\n");
    add("more");
    finish();
    ck_bytes(rendition(ASSAY_RENDITION_RECEIVED),
             "Subject: one\r\n two\r\nX-NoSpace:value\r\n\r\nbody\r\nmore");
}
END_TEST

START_TEST(milter_message_without_body_gets_the_empty_line)
{
    add_header("Subject", " one");
    finish();
    ck_bytes(rendition(ASSAY_RENDITION_RECEIVED), "Subject: one\r\n\r\n");
}
END_TEST

static const struct {
    const char *name;
    const char *value;
    const char *want;
} hostile[] = {
    {"A", " b\nEvil: c", "A: b Evil: c\r\n\r\n"},
    {"A", " b\r\n\r\nbody", "A: b  body\r\n\r\n"},
    {"A", " b\n\nbody", "A: b  body\r\n\r\n"},
    {"A", " b\rc", "A: b c\r\n\r\n"},
    {"A", " b\r\n c", "A: b\r\n c\r\n\r\n"},
    {"A", " b\n \t\n c", "A: b  \t\r\n c\r\n\r\n"},
    {"A", " b\n ", "A: b  \r\n\r\n"},
    {"A", " b\n", "A: b \r\n\r\n"},
    {"A", "", "A:\r\n\r\n"},
    {"A: x\r\n\r\nB", " c", "A??x????B: c\r\n\r\n"},
    {"\xc3\xa4", " c", "??: c\r\n\r\n"},
};

START_TEST(header_cannot_end_the_block)
{
    add_header(hostile[_i].name, hostile[_i].value);
    finish();
    ck_bytes_at(_i, rendition(ASSAY_RENDITION_RECEIVED),
                TEXT(hostile[_i].want));
}
END_TEST

START_TEST(header_after_bytes_is_refused)
{
    add("A: 1\r\n");
    ck_assert_int_eq(assay_message_append_header(message, "B", "2", &err),
                     ASSAY_E_STATE);
    ck_assert_str_eq(err.msg, "header after bytes of the message");
}
END_TEST

START_TEST(header_without_name_or_value_is_refused)
{
    ck_assert_int_eq(assay_message_append_header(message, "", "2", &err),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "header without a name");
    ck_assert_int_eq(assay_message_append_header(message, "A", NULL, &err),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "header without a value");
}
END_TEST

START_TEST(finished_message_takes_nothing_more)
{
    finish();
    ck_assert_int_eq(assay_message_append(message, "x", 1, &err),
                     ASSAY_E_STATE);
    ck_assert_str_eq(err.msg, "message is finished");
    ck_assert_int_eq(assay_message_append_header(message, "A", "x", NULL),
                     ASSAY_E_STATE);
    ck_assert_int_eq(assay_message_finish(message, NULL), ASSAY_E_STATE);
}
END_TEST

START_TEST(unfinished_message_shows_nothing)
{
    assay_bytes bytes;
    assay_part *root;

    add("A: 1\r\n");
    ck_assert_int_eq(
        assay_message_bytes(message, ASSAY_RENDITION_RECEIVED, &bytes, &err),
        ASSAY_E_STATE);
    ck_assert_str_eq(err.msg, "message is not finished");
    ck_assert_int_eq(assay_message_root(message, &root, NULL), ASSAY_E_STATE);
    ck_assert_int_eq(assay_message_header(message, "A", 0, &bytes, NULL),
                     ASSAY_E_STATE);
}
END_TEST

START_TEST(message_over_the_limit_cannot_be_finished)
{
    const assay_message_limits limits = {.max_message_bytes = 10};

    assay_message_free(&message);
    ck_assert_int_eq(assay_message_new(&limits, &message, NULL), ASSAY_OK);
    add("0123456789");
    ck_assert_int_eq(assay_message_append(message, "x", 1, &err),
                     ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "message is over 10 bytes");
    ck_assert_int_eq(assay_message_append(message, "", 0, NULL), ASSAY_E_LIMIT);
    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "an earlier part of the message is missing");
}
END_TEST

START_TEST(borrowed_message_over_the_limit_is_refused)
{
    const assay_message_limits limits = {.max_message_bytes = 10};
    assay_message *none = NULL;

    ck_assert_int_eq(
        assay_message_new_borrowed("0123456789x", 11, &limits, &none, &err),
        ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "message of 11 bytes is over 10");
    ck_assert_ptr_null(none);
}
END_TEST

static void count_release(void *arg)
{
    ++*(int *)arg;
}

START_TEST(bytes_lent_to_a_message_are_given_back_once)
{
    static const char text[] = "A: b\r\n\r\nbody\r\n";
    assay_message *lent = NULL;
    assay_bytes bytes;
    int released = 0;

    ck_assert_int_eq(assay_message_new(NULL, &lent, &err), ASSAY_OK);
    ck_assert_int_eq(assay_message_borrow(lent, text, sizeof text - 1,
                                          count_release, &released, &err),
                     ASSAY_OK);
    ck_assert_uint_eq(assay_message_size(lent), sizeof text - 1);
    ck_assert_int_eq(assay_message_append(lent, "x", 1, &err), ASSAY_E_STATE);
    ck_assert_int_eq(assay_message_append_header(lent, "C", "d", &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(
        assay_message_borrow(lent, text, 1, count_release, &released, &err),
        ASSAY_E_STATE);
    ck_assert_int_eq(
        assay_message_bytes(lent, ASSAY_RENDITION_RECEIVED, &bytes, &err),
        ASSAY_E_STATE);
    ck_assert_int_eq(assay_message_finish(lent, &err), ASSAY_OK);
    ck_assert_int_eq(assay_message_finish(lent, &err), ASSAY_E_STATE);
    ck_assert_int_eq(
        assay_message_bytes(lent, ASSAY_RENDITION_RECEIVED, &bytes, &err),
        ASSAY_OK);
    ck_assert_ptr_eq(bytes.data, text);
    ck_assert_int_eq(released, 0);
    assay_message_free(&lent);
    ck_assert_int_eq(released, 1);
}
END_TEST

START_TEST(bytes_that_cannot_be_lent_are_not_given_back)
{
    const assay_message_limits limits = {.max_message_bytes = 10};
    assay_message *lent = NULL;
    int released = 0;

    ck_assert_int_eq(assay_message_new(&limits, &lent, &err), ASSAY_OK);
    ck_assert_int_eq(assay_message_borrow(lent, "0123456789x", 11,
                                          count_release, &released, &err),
                     ASSAY_E_LIMIT);
    ck_assert_int_eq(assay_message_finish(lent, &err), ASSAY_E_LIMIT);
    assay_message_free(&lent);
    ck_assert_int_eq(assay_message_new(&limits, &lent, &err), ASSAY_OK);
    ck_assert_int_eq(assay_message_append(lent, "x", 1, &err), ASSAY_OK);
    ck_assert_int_eq(
        assay_message_borrow(lent, "0", 1, count_release, &released, &err),
        ASSAY_E_STATE);
    assay_message_free(&lent);
    ck_assert_int_eq(released, 0);
}
END_TEST

START_TEST(borrowed_bytes_are_not_copied)
{
    const char text[] = "A: 1\r\n\r\nbody";

    use(text);
    ck_assert_uint_eq(assay_message_size(message), strlen(text));
    ck_bytes(rendition(ASSAY_RENDITION_RECEIVED), text);
    assay_message_free(&message);
    message = message_over(BYTES(text), NULL);
    ck_assert_ptr_eq(rendition(ASSAY_RENDITION_RECEIVED).data, text);
    ck_assert_ptr_eq(rendition(ASSAY_RENDITION_CANONICAL).data, text);
    ck_assert_ptr_eq(rendition(ASSAY_RENDITION_WIRE).data, text);
}
END_TEST

START_TEST(empty_message_has_empty_renditions)
{
    finish();
    for (int which = 0; which <= ASSAY_RENDITION_WIRE; which++)
        ck_assert_uint_eq(rendition((assay_rendition)which).len, 0);
}
END_TEST

/* ---- wire ---------------------------------------------------------------- */

static const struct {
    const char *received;
    const char *wire;
} stuffing[] = {
    {".", ".."},
    {".\r\n", "..\r\n"},
    {"a\r\n.b\r\n..c\r\n", "a\r\n..b\r\n...c\r\n"},
    {"a\n.\n", "a\n..\n"},
    {"a.b\r\n", "a.b\r\n"},
    {"a\r.b\r\n", "a\r.b\r\n"},
    {".\n.\n.", "..\n..\n.."},
    {".a\r\nb\r\n", "..a\r\nb\r\n"},
    {"a\r\n", "a\r\n"},
};

START_TEST(wire_doubles_dots_that_begin_a_line)
{
    use(stuffing[_i].received);
    ck_bytes_at(_i, rendition(ASSAY_RENDITION_WIRE), TEXT(stuffing[_i].wire));
    ck_bytes_at(_i, rendition(ASSAY_RENDITION_RECEIVED),
                TEXT(stuffing[_i].received));
}
END_TEST

START_TEST(wire_shows_no_edits_and_canonical_no_stuffing)
{
    use("A: 1\r\n\r\n.dot\r\n");
    ck_assert_int_eq(
        assay_message_edit(message, ASSAY_EDIT_APPEND, "B", "2", &err),
        ASSAY_OK);
    ck_bytes(rendition(ASSAY_RENDITION_WIRE), "A: 1\r\n\r\n..dot\r\n");
    ck_bytes(rendition(ASSAY_RENDITION_CANONICAL),
             "A: 1\r\nB: 2\r\n\r\n.dot\r\n");
    ck_bytes(rendition(ASSAY_RENDITION_RECEIVED), "A: 1\r\n\r\n.dot\r\n");
}
END_TEST

/* ---- edits --------------------------------------------------------------- */

static const struct {
    const char *received;
    assay_edit_kind kind;
    const char *name;
    const char *value;
    const char *want;
} edits[] = {
    {"A: 1\r\nB: 2\r\n\r\nx", ASSAY_EDIT_APPEND, "A", "3",
     "A: 1\r\nB: 2\r\nA: 3\r\n\r\nx"},
    {"A: 1\r\nB: 2\r\n\r\nx", ASSAY_EDIT_PREPEND, "C", "3",
     "C: 3\r\nA: 1\r\nB: 2\r\n\r\nx"},
    {"A: 1\r\na: 2\r\nB: 3\r\nA : 4\r\n\r\nx", ASSAY_EDIT_REPLACE, "A", "5",
     "A: 5\r\nB: 3\r\n\r\nx"},
    {"A: 1\r\n\r\nx", ASSAY_EDIT_REPLACE, "B", "2", "A: 1\r\nB: 2\r\n\r\nx"},
    {"A: 1\r\n fold\r\n\tfold\r\nB: 2\r\na: 3\r\n\r\nx", ASSAY_EDIT_DELETE, "A",
     NULL, "B: 2\r\n\r\nx"},
    {"A: 1\r\n\r\nx", ASSAY_EDIT_DELETE, "A", NULL, "\r\nx"},
    {"A: 1\r\nAB: 2\r\n\r\n", ASSAY_EDIT_DELETE, "A", NULL, "AB: 2\r\n\r\n"},
    /* folds take the line end of the message */
    {"A: 1\r\n\r\n", ASSAY_EDIT_APPEND, "B", "2\n 3\r\n\t4",
     "A: 1\r\nB: 2\r\n 3\r\n\t4\r\n\r\n"},
    {"A: 1\n\nx", ASSAY_EDIT_APPEND, "B", "2\r\n 3", "A: 1\nB: 2\n 3\n\nx"},
    /* odd messages */
    {"", ASSAY_EDIT_APPEND, "A", "1", "A: 1\r\n"},
    {"A: 1", ASSAY_EDIT_APPEND, "B", "2", "A: 1\r\nB: 2\r\n"},
    {"\r\nx", ASSAY_EDIT_PREPEND, "A", "1", "A: 1\r\n\r\nx"},
    {"no header\r\n", ASSAY_EDIT_APPEND, "A", "1", "A: 1\r\n\r\nno header\r\n"},
    {" blank\r\n", ASSAY_EDIT_APPEND, "A", "1", "A: 1\r\n\r\n blank\r\n"},
    {"From me\nA: 1\n\n", ASSAY_EDIT_PREPEND, "B", "2",
     "From me\nB: 2\nA: 1\n\n"},
    {"A: 1\r\n\r\nA: 2\r\n", ASSAY_EDIT_DELETE, "A", NULL, "\r\nA: 2\r\n"},
};

START_TEST(canonical_shows_the_edit)
{
    use(edits[_i].received);
    ck_assert_int_eq(assay_message_edit(message, edits[_i].kind, edits[_i].name,
                                        edits[_i].value, &err),
                     ASSAY_OK);
    ck_bytes_at(_i, rendition(ASSAY_RENDITION_CANONICAL), TEXT(edits[_i].want));
}
END_TEST

static void edit(assay_edit_kind kind, const char *name, const char *value)
{
    ck_assert_int_eq(assay_message_edit(message, kind, name, value, &err),
                     ASSAY_OK);
}

START_TEST(edits_build_on_one_another)
{
    use("A: 1\r\nB: 2\r\n\r\nx");
    edit(ASSAY_EDIT_DELETE, "B", NULL);
    ck_bytes(rendition(ASSAY_RENDITION_CANONICAL), "A: 1\r\n\r\nx");
    edit(ASSAY_EDIT_APPEND, "B", "3");
    edit(ASSAY_EDIT_PREPEND, "B", "4");
    edit(ASSAY_EDIT_REPLACE, "b", "5");
    edit(ASSAY_EDIT_DELETE, "a", NULL);
    edit(ASSAY_EDIT_APPEND, "C", "6");
    ck_bytes(rendition(ASSAY_RENDITION_CANONICAL), "b: 5\r\nC: 6\r\n\r\nx");
}
END_TEST

START_TEST(header_lookup_sees_the_edits)
{
    assay_bytes value;

    use("A: 1\r\n\r\nx");
    edit(ASSAY_EDIT_APPEND, "A", "2");
    ck_assert_int_eq(assay_message_header(message, "a", 1, &value, &err),
                     ASSAY_OK);
    ck_bytes(value, " 2");
    ck_assert_int_eq(assay_message_header(message, "a", 2, &value, &err),
                     ASSAY_E_NOTFOUND);
    ck_assert_str_eq(err.msg, "no header a");
}
END_TEST

START_TEST(header_lookup_works_without_edits)
{
    assay_bytes value;

    use("A: 1\r\n\r\nB: 2\r\n");
    ck_assert_int_eq(assay_message_header(message, "A", 0, &value, &err),
                     ASSAY_OK);
    ck_bytes(value, " 1");
    ck_assert_int_eq(assay_message_header(message, "B", 0, &value, &err),
                     ASSAY_E_NOTFOUND);
}
END_TEST

START_TEST(edits_are_kept_for_the_host_in_order)
{
    use("");
    edit(ASSAY_EDIT_APPEND, "A", "1");
    edit(ASSAY_EDIT_DELETE, "B", "ignored");
    ck_assert_int_eq(assay_message_edit_at(message, 0)->kind,
                     ASSAY_EDIT_APPEND);
    ck_assert_str_eq(assay_message_edit_at(message, 0)->value, "1");
    ck_assert_str_eq(assay_message_edit_at(message, 1)->name, "B");
    ck_assert_str_eq(assay_message_edit_at(message, 1)->value, "");
    ck_assert_ptr_null(assay_message_edit_at(message, 2));
}
END_TEST

static const struct {
    const char *name;
    const char *value;
    const char *want;
} bad_edits[] = {
    {"", "v", "\"\" is not a header name"},
    {NULL, "v", "\"\" is not a header name"},
    {"A B", "v", "\"A B\" is not a header name"},
    {"A:", "v", "\"A:\" is not a header name"},
    {"A\r\nB", "v", "\"A\r\nB\" is not a header name"},
    {"\xc3\xa4", "v", "\"\xc3\xa4\" is not a header name"},
    {"A", NULL, "the value of \"A\" would end the header"},
    {"A", "x\ny", "the value of \"A\" would end the header"},
    {"A", "x\r\ny", "the value of \"A\" would end the header"},
    {"A", "x\ry", "the value of \"A\" would end the header"},
    {"A", "x\r", "the value of \"A\" would end the header"},
    {"A", "x\r\n\r\nbody", "the value of \"A\" would end the header"},
    {"A", "x\n", "the value of \"A\" would end the header"},
    {"A", "x\n \n y", "the value of \"A\" would end the header"},
    {"A", "x\n ", "the value of \"A\" would end the header"},
};

START_TEST(edit_that_would_end_the_header_is_refused)
{
    use("A: 1\r\n\r\n");
    ck_assert_int_eq(assay_message_edit(message, ASSAY_EDIT_APPEND,
                                        bad_edits[_i].name, bad_edits[_i].value,
                                        &err),
                     ASSAY_E_INVAL);
    ck_assert_msg(strcmp(err.msg, bad_edits[_i].want) == 0,
                  "case %d: got %s, want %s", _i, err.msg, bad_edits[_i].want);
    ck_assert_ptr_null(assay_message_edit_at(message, 0));
}
END_TEST

START_TEST(number_of_edits_is_limited)
{
    use("");
    for (int i = 0; i < 1000; i++)
        edit(ASSAY_EDIT_PREPEND, "A", "1");
    ck_assert_int_eq(
        assay_message_edit(message, ASSAY_EDIT_PREPEND, "A", "1", &err),
        ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "more than 1000 header edits");
    ck_assert_uint_eq(rendition(ASSAY_RENDITION_CANONICAL).len, 6000);
}
END_TEST

/* ---- envelope ------------------------------------------------------------ */

START_TEST(sender_is_empty_until_set)
{
    ck_assert_str_eq(assay_message_sender(message), "");
    ck_assert_int_eq(assay_message_set_sender(message, "a@b", &err), ASSAY_OK);
    ck_assert_int_eq(assay_message_set_sender(message, "c@d", &err), ASSAY_OK);
    ck_assert_str_eq(assay_message_sender(message), "c@d");
}
END_TEST

START_TEST(recipients_keep_their_order)
{
    char address[16];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(address, sizeof address, "r%d@b", i);
        ck_assert_int_eq(assay_message_add_recipient(message, address, &err),
                         ASSAY_OK);
    }
    ck_assert_uint_eq(assay_message_recipient_count(message), 100);
    ck_assert_str_eq(assay_message_recipient(message, 99), "r99@b");
    ck_assert_ptr_null(assay_message_recipient(message, 100));
}
END_TEST

START_TEST(long_queue_id_is_cut)
{
    char id[200];

    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    ck_assert_str_eq(assay_message_id(message), "");
    assay_message_set_id(message, id);
    ck_assert_uint_eq(strlen(assay_message_id(message)), 127);
    assay_message_set_id(message, NULL);
    ck_assert_str_eq(assay_message_id(message), "");
}
END_TEST

START_TEST(message_has_a_context)
{
    assay_context *context = assay_message_context(message);

    ck_assert_int_eq(assay_context_set(context, "k", "v", NULL), ASSAY_OK);
    ck_assert_str_eq(assay_context_get(assay_message_context(message), "k"),
                     "v");
}
END_TEST

START_TEST(bytes_at_null_are_refused_for_good)
{
    assay_message *none = NULL;
    assay_rc rc;

    ck_assert_int_eq(assay_message_new(NULL, &none, &err), ASSAY_OK);
    if (_i == 0)
        rc = assay_message_append(none, NULL, 5, &err);
    else if (_i == 1)
        rc = assay_message_append_text(none, NULL, 5, &err);
    else
        rc = assay_message_borrow(none, NULL, 5, NULL, NULL, &err);
    ck_assert_int_eq(rc, ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "5 bytes at NULL");
    ck_assert_int_eq(assay_message_finish(none, &err), ASSAY_E_INVAL);
    assay_message_free(&none);
}
END_TEST

START_TEST(free_accepts_null)
{
    assay_message *none = NULL;

    assay_message_free(&none);
    ck_assert_ptr_null(none);
}
END_TEST

static TCase *building_case(void)
{
    TCase *tc = tcase_create("building");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, pieces_join_whatever_the_split);
    tcase_add_test(tc, body_after_milter_headers_gets_the_empty_line);
    tcase_add_test(tc, milter_message_without_body_gets_the_empty_line);
    tcase_add_loop_test(tc, header_cannot_end_the_block, 0,
                        ASSAY_COUNT_OF(hostile));
    tcase_add_test(tc, header_after_bytes_is_refused);
    tcase_add_test(tc, header_without_name_or_value_is_refused);
    tcase_add_test(tc, finished_message_takes_nothing_more);
    tcase_add_test(tc, unfinished_message_shows_nothing);
    tcase_add_test(tc, message_over_the_limit_cannot_be_finished);
    tcase_add_test(tc, borrowed_message_over_the_limit_is_refused);
    tcase_add_loop_test(tc, bytes_at_null_are_refused_for_good, 0, 3);
    tcase_add_test(tc, borrowed_bytes_are_not_copied);
    tcase_add_test(tc, bytes_lent_to_a_message_are_given_back_once);
    tcase_add_test(tc, bytes_that_cannot_be_lent_are_not_given_back);
    tcase_add_test(tc, empty_message_has_empty_renditions);
    tcase_add_loop_test(tc, wire_doubles_dots_that_begin_a_line, 0,
                        ASSAY_COUNT_OF(stuffing));
    tcase_add_test(tc, wire_shows_no_edits_and_canonical_no_stuffing);
    tcase_add_test(tc, free_accepts_null);
    return tc;
}

static TCase *edit_case(void)
{
    TCase *tc = tcase_create("edits");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, canonical_shows_the_edit, 0, ASSAY_COUNT_OF(edits));
    tcase_add_test(tc, edits_build_on_one_another);
    tcase_add_test(tc, header_lookup_sees_the_edits);
    tcase_add_test(tc, header_lookup_works_without_edits);
    tcase_add_test(tc, edits_are_kept_for_the_host_in_order);
    tcase_add_loop_test(tc, edit_that_would_end_the_header_is_refused, 0,
                        ASSAY_COUNT_OF(bad_edits));
    tcase_add_test(tc, number_of_edits_is_limited);
    return tc;
}

static TCase *envelope_case(void)
{
    TCase *tc = tcase_create("envelope");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, sender_is_empty_until_set);
    tcase_add_test(tc, recipients_keep_their_order);
    tcase_add_test(tc, long_queue_id_is_cut);
    tcase_add_test(tc, message_has_a_context);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("message");

    suite_add_tcase(suite, building_case());
    suite_add_tcase(suite, edit_case());
    suite_add_tcase(suite, envelope_case());
    return check_run(suite);
}
