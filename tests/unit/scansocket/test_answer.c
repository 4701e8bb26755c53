/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "answer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "request.h"

static struct assay__budget budget;
static struct assay__answer answer;

static void setup(void)
{
    assay__budget_init(&budget, (size_t)64 << 20);
    assay__answer_init(&answer, &budget);
}

static void teardown(void)
{
    assay__answer_fini(&answer);
    ck_assert_uint_eq(budget.used, 0);
}

static void check_text(const char *want)
{
    ck_assert_uint_eq(answer.text.len, strlen(want));
    ck_assert_mem_eq(answer.text.data, want, answer.text.len);
}

START_TEST(nothing_in_a_value_ends_its_line)
{
    assay__answer_ok(&answer);
    assay__answer_line(&answer, "text", "a\nend\r\n100%");
    ck_assert(assay__answer_end(&answer));
    check_text("assay/1 ok\ntext=a%0Aend%0D%0A100%25\nend\n");
}
END_TEST

START_TEST(disposition_and_refusal)
{
    const assay_disposition disposition = {.action = ASSAY_ACTION_REJECT,
                                           .code = 550,
                                           .enhanced = "5.1.1",
                                           .text = "no such user",
                                           .module = "m",
                                           .disconnect = true};

    assay__answer_disposition(&answer, &disposition);
    assay__answer_refused(&answer, "\"a b\"@c", &disposition);
    check_text("action=reject\ncode=550\nenhanced=5.1.1\ntext=no such user\n"
               "module=m\ndisconnect=1\n"
               "refused=\"a%20b\"@c 550 5.1.1 no such user\n");
}
END_TEST

START_TEST(cleared_verdict_is_an_error)
{
    const assay_verdict verdict = {0};

    assay__answer_verdict(&answer, &verdict);
    check_text("status=error\nreason=\ninfo=\nengine=\nscope=\nscan_code=\n"
               "epoch=\n");
}
END_TEST

START_TEST(variables_are_coded)
{
    assay_context *context = NULL;

    ck_assert_int_eq(assay_context_new(&context, NULL), ASSAY_OK);
    ck_assert_int_eq(assay_context_set(context, "a=b", "c\nd", NULL), ASSAY_OK);
    assay__answer_context(&answer, "conn.", context);
    assay_context_free(&context);
    check_text("conn.a%3Db=c%0Ad\n");
}
END_TEST

START_TEST(variable_that_is_too_long_is_left_out)
{
    char *value = calloc(1, ASSAY__REQUEST_LINE_MAX + 1);
    assay_context *context = NULL;

    ck_assert_ptr_nonnull(value);
    memset(value, 'x', ASSAY__REQUEST_LINE_MAX);
    ck_assert_int_eq(assay_context_new(&context, NULL), ASSAY_OK);
    ck_assert_int_eq(assay_context_set(context, "a", value, NULL), ASSAY_OK);
    ck_assert_int_eq(assay_context_set(context, "b", "1", NULL), ASSAY_OK);
    assay__answer_context(&answer, "mess.", context);
    assay_context_free(&context);
    free(value);
    check_text("mess.b=1\n");
}
END_TEST

static assay_message *edited_message(const char *value)
{
    assay_message *message = NULL;

    ck_assert_int_eq(
        assay_message_new_borrowed("A: b\r\n\r\n", 8, NULL, &message, NULL),
        ASSAY_OK);
    ck_assert_int_eq(
        assay_message_edit(message, ASSAY_EDIT_APPEND, "X-A", value, NULL),
        ASSAY_OK);
    ck_assert_int_eq(
        assay_message_edit(message, ASSAY_EDIT_DELETE, "X-B", NULL, NULL),
        ASSAY_OK);
    return message;
}

START_TEST(edits_are_in_order)
{
    assay_message *message = edited_message("one\r\n two");

    assay__answer_edits(&answer, message);
    assay_message_free(&message);
    check_text("edit=append X-A one%0D%0A two\nedit=delete X-B \n");
}
END_TEST

START_TEST(edit_that_is_too_long_is_an_error)
{
    char *value = calloc(1, ASSAY__REQUEST_LINE_MAX + 1);
    assay_message *message;

    ck_assert_ptr_nonnull(value);
    memset(value, 'x', ASSAY__REQUEST_LINE_MAX);
    message = edited_message(value);
    assay__answer_ok(&answer);
    assay__answer_edits(&answer, message);
    ck_assert(!assay__answer_end(&answer));
    assay_message_free(&message);
    free(value);
    check_text("assay/1 error the edit of header X-A is too long\nend\n");
}
END_TEST

START_TEST(answer_without_room_is_an_error)
{
    assay__budget_init(&budget, 5);
    assay__answer_ok(&answer);
    assay__answer_line(&answer, "action", "continue");
    ck_assert(!assay__answer_end(&answer));
    check_text("assay/1 error all clients together have sent more than "
               "max_memory\nend\n");
}
END_TEST

START_TEST(error_forgets_what_there_was)
{
    assay__answer_ok(&answer);
    assay__answer_line(&answer, "action", "continue");
    assay__answer_error(&answer, "a\nb");
    check_text("assay/1 error a%0Ab\nend\n");
}
END_TEST

START_TEST(longest_error_has_room)
{
    char text[ASSAY_ERROR_MAX];

    memset(text, '%', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assay__answer_error(&answer, text);
    ck_assert_uint_eq(answer.text.len, 14 + 3 * (sizeof text - 1) + 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("answer");
    TCase *tcase = tcase_create("answer");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nothing_in_a_value_ends_its_line);
    tcase_add_test(tcase, disposition_and_refusal);
    tcase_add_test(tcase, cleared_verdict_is_an_error);
    tcase_add_test(tcase, variables_are_coded);
    tcase_add_test(tcase, variable_that_is_too_long_is_left_out);
    tcase_add_test(tcase, edits_are_in_order);
    tcase_add_test(tcase, edit_that_is_too_long_is_an_error);
    tcase_add_test(tcase, answer_without_room_is_an_error);
    tcase_add_test(tcase, error_forgets_what_there_was);
    tcase_add_test(tcase, longest_error_has_room);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
