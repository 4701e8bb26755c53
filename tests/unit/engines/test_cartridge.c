/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The scorer `cartridge`: what it hands to a cartridge, what it takes from it,
 * and that nothing a cartridge returns is believed.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "cartridge.h"
#include "check_run.h"
#include "conf/schema.h"
#include "conf_fixture.h"
#include "deadline.h"
#include "opt_file.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define RECIPIENTS 40

enum { PATIENCE_MS = 60000, SHORT_MS = 20, LOG_MAX = 2048 };

static struct assay__conf_store *store;
static struct assay__cartridge_settings settings;
static void *instance;
static assay_score score;

static void setup(void)
{
    conf_setup();
    ck_assert_int_eq(assay__conf_store_new(&store, &err), ASSAY_OK);
    settings.cartridge = CARTRIDGES "/sample.so";
    settings.cartridge_config = NULL;
    memset(&score, 0, sizeof score);
}

static void teardown(void)
{
    if (instance)
        assay__cartridge_ops.close(instance);
    instance = NULL;
    assay__conf_store_free(&store);
    conf_teardown();
}

static assay_rc open_cartridge(void)
{
    const assay_scorer_args args = {
        .settings = &settings, .timeout_ms = 1000, .max_concurrency = 1};

    return assay__cartridge_ops.open(&args, &instance, &err);
}

static void open_good(void)
{
    ck_assert_msg(open_cartridge() == ASSAY_OK, "%s", err.msg);
}

static int64_t soon(int64_t ms)
{
    return assay__cloudmark_now_ms() + ms;
}

static assay_rc score_words(const char *words, int64_t deadline_ms)
{
    const char *recipients[RECIPIENTS];
    char message[1024];
    assay_score_subject subject = {
        .data = message,
        .helo = "mx.example.org",
        .sender = "from@example.org",
        .recipients = recipients,
        .recipient_count = RECIPIENTS,
        .client_address = "192.0.2.1",
        .client_host = "host.example.org",
        .queue_id = "Q1",
    };

    subject.size = (size_t)snprintf(message, sizeof message,
                                    "X-Sample: %s\r\n\r\nhello\r\n", words);
    for (size_t i = 0; i < RECIPIENTS; i++)
        recipients[i] = i == RECIPIENTS - 1 ? "last@example.com" : "to@a.com";
    return assay__cartridge_ops.score(instance, &subject, deadline_ms, &score,
                                      &err);
}

/* ---- options ------------------------------------------------------------ */

START_TEST(options_are_documented)
{
    char text[2048];

    ck_assert_msg(opt_file_compare(CLOUDMARK "/cartridge.opt",
                                   assay__cartridge_conf.options, text,
                                   sizeof text) == 0,
                  "%s", text);
}
END_TEST

START_TEST(the_file_must_be_set)
{
    ck_assert(!strcmp(assay__cartridge_conf.options[0].name, "cartridge") &&
              assay__cartridge_conf.options[0].required);
    settings.cartridge = NULL;
    ck_assert_int_eq(open_cartridge(), ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "'cartridge' is not set");
}
END_TEST

START_TEST(servers_make_no_sense)
{
    static const char *const items[] = {"127.0.0.1:783", NULL};
    const assay_scorer_args args = {.settings = &settings,
                                    .servers = {items, 1}};

    ck_assert_int_eq(assay__cartridge_ops.open(&args, &instance, &err),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "a cartridge has no servers: remove 'servers'");
}
END_TEST

static const struct {
    const char *server, *file; /* NULL: not set */
    const char *option, *want;
    assay_rc want_rc;
} checked[] = {
    {NULL, CARTRIDGES "/sample.so", NULL, NULL, ASSAY_OK},
    {"127.0.0.1:783", CARTRIDGES "/sample.so", "servers",
     "a cartridge has no servers", ASSAY_E_INVAL},
    {NULL, NULL, "cartridge", "'cartridge' is not set", ASSAY_E_INVAL},
    {NULL, "/nonexistent/acme.so", "cartridge",
     "/nonexistent/acme.so: no such file", ASSAY_E_NOTFOUND},
    {NULL, CARTRIDGES "/bad_notable.so", "cartridge",
     CARTRIDGES "/bad_notable.so: is not a cartridge", ASSAY_E_ABI},
};

/* Told while a configuration is checked, with its place; and by open. */
START_TEST(settings_that_cannot_be_used_are_told)
{
    const char *const items[] = {checked[_i].server, NULL};
    const assay_scorer_args args = {.settings = &settings,
                                    .servers = {items, items[0] != NULL}};
    const char *option = NULL;
    assay_rc rc;

    settings.cartridge = checked[_i].file;
    settings.cartridge_config = "/etc/sample/refuse"; /* init is not called */
    rc = assay__cartridge_ops.check(&args, &option, &err);
    ck_assert_msg(rc == checked[_i].want_rc, "got %d \"%s\"", rc, err.msg);
    if (rc == ASSAY_OK)
        return;
    ck_assert_pstr_eq(option, checked[_i].option);
    ck_assert_int_eq(assay__cartridge_ops.open(&args, &instance, &err), rc);
    ck_assert_msg(!strncmp(err.msg, checked[_i].want, strlen(checked[_i].want)),
                  "%s", err.msg);
}
END_TEST

/* ---- open --------------------------------------------------------------- */

START_TEST(a_cartridge_that_is_none_is_refused)
{
    settings.cartridge = CARTRIDGES "/bad_noscore.so";
    ck_assert_int_eq(open_cartridge(), ASSAY_E_ABI);
    ck_assert_ptr_null(instance);
    ck_assert_str_eq(err.msg, CARTRIDGES "/bad_noscore.so: 'score' is missing "
                                         "in its cartridge table");
}
END_TEST

/* CM-03: such as for want of its licence; then the host does not start. */
START_TEST(a_cartridge_may_refuse_to_start)
{
    settings.cartridge_config = "/etc/sample/refuse";
    ck_assert_int_eq(open_cartridge(), ASSAY_E_UNAVAILABLE);
    ck_assert_str_eq(err.msg, "cartridge 'sample': told to refuse");
    settings.cartridge_config = "/etc/sample/silent";
    ck_assert_int_eq(open_cartridge(), ASSAY_E_UNAVAILABLE);
    ck_assert_str_eq(err.msg, "cartridge 'sample': it returns -3");
    ck_assert_ptr_null(instance);
}
END_TEST

/* CM-04: it may fetch its rules first; the timeout is for scores. */
START_TEST(a_slow_start_is_waited_for)
{
    settings.cartridge_config = "/etc/sample/slow";
    open_good();
    ck_assert_int_eq(score_words("score=70", soon(60000)), ASSAY_OK);
}
END_TEST

static void keep_line(void *arg, assay_log_level level, const char *line)
{
    char *lines = arg;
    size_t used = strlen(lines);

    (void)level;
    (void)snprintf(lines + used, LOG_MAX - used, "%s\n", line);
}

static void copy_sample(const char *name, const char *path)
{
    char command[512];

    (void)snprintf(command, sizeof command,
                   "cp '" CARTRIDGES "/%s' '%s.new' && mv '%s.new' '%s'", name,
                   path, path, path);
    ck_assert_int_eq(system(command), 0);
}

/* A reload opens the new instance beside the old one. */
START_TEST(a_replaced_file_is_told_in_the_log)
{
    char lines[LOG_MAX] = "", path[64] = "/tmp/assay-test-cartridge-XXXXXX";
    const assay_log log = {
        .sink = keep_line, .arg = lines, .threshold = ASSAY_LOG_INFO};
    const assay_scorer_args args = {.settings = &settings, .log = &log};
    void *second = NULL;
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    (void)close(fd);
    settings.cartridge = path;
    copy_sample("sample.so", path);
    ck_assert_int_eq(assay__cartridge_ops.open(&args, &instance, &err),
                     ASSAY_OK);
    ck_assert_ptr_nonnull(strstr(lines, "cloudmark.cartridge "));
    ck_assert_ptr_null(strstr(lines, "cloudmark.cartridge_replaced"));
    copy_sample("plain.so", path);
    ck_assert_int_eq(assay__cartridge_ops.open(&args, &second, &err), ASSAY_OK);
    ck_assert_ptr_nonnull(strstr(lines, "cloudmark.cartridge_replaced"));
    assay__cartridge_ops.close(second);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

/* ---- scores ------------------------------------------------------------- */

/* CM-36: any number of recipients. */
START_TEST(all_of_the_subject_arrives)
{
    open_good();
    ck_assert_msg(score_words("", soon(PATIENCE_MS)) == ASSAY_OK, "%s",
                  err.msg);
    ck_assert_str_eq(score.analysis,
                     "sample:12.5 helo=mx.example.org from=from@example.org "
                     "ip=192.0.2.1 host=host.example.org id=Q1 size=21 "
                     "to=40,to@a.com,last@example.com");
}
END_TEST

START_TEST(all_of_a_result_is_taken)
{
    open_good();
    ck_assert_msg(score_words("score=99.5 rescan category=7 category_desc=Spam "
                              "sub_category=12 sub_category_desc=Caf\xc3\xa9",
                              soon(PATIENCE_MS)) == ASSAY_OK,
                  "%s", err.msg);
    ck_assert_double_eq(score.score, 99.5);
    ck_assert(score.rescan);
    ck_assert(!score.is_spam);
    ck_assert_str_eq(score.category, "7");
    ck_assert_str_eq(score.category_desc, "Spam");
    ck_assert_str_eq(score.sub_category, "12");
    ck_assert_str_eq(score.sub_category_desc, "Caf\xc3\xa9");
    ck_assert_uint_eq(score.header_count, 0);
}
END_TEST

static const struct {
    const char *words;
    assay_rc want_rc;
    const char *want;
} hostile[] = {
    {"unset", ASSAY_E_IO, "its score is not a number"},
    {"score=nan", ASSAY_E_IO, "its score is not a number"},
    {"score=inf", ASSAY_E_IO, "its score is not between 0 and 100"},
    {"score=-inf", ASSAY_E_IO, "its score is not between 0 and 100"},
    {"score=100.001", ASSAY_E_IO, "its score is not between 0 and 100"},
    {"score=-0.001", ASSAY_E_IO, "its score is not between 0 and 100"},
    {"endless=category", ASSAY_E_IO, "its 'category' has no end"},
    {"endless=category_desc", ASSAY_E_IO, "its 'category_desc' has no end"},
    {"endless=sub_category", ASSAY_E_IO, "its 'sub_category' has no end"},
    {"endless=sub_category_desc", ASSAY_E_IO,
     "its 'sub_category_desc' has no end"},
    {"endless=analysis", ASSAY_E_IO, "its 'analysis' has no end"},
    {"control=category", ASSAY_E_IO, "its 'category' has a control character"},
    {"control=analysis", ASSAY_E_IO, "its 'analysis' has a control character"},
    {"category_desc=\x7f", ASSAY_E_IO,
     "its 'category_desc' has a control character"},
    {"category_desc=\xc2\x85", ASSAY_E_IO,
     "its 'category_desc' has a control character"},
    {"latin1=category", ASSAY_E_IO, "its 'category' is not UTF-8"},
    {"latin1=sub_category_desc", ASSAY_E_IO,
     "its 'sub_category_desc' is not UTF-8"},
    {"category=\xed\xa0\x80", ASSAY_E_IO, "its 'category' is not UTF-8"},
    {"category=\xc0\xaf", ASSAY_E_IO, "its 'category' is not UTF-8"},
    {"category=\xe0\x80\xaf", ASSAY_E_IO, "its 'category' is not UTF-8"},
    {"category=\xf4\x90\x80\x80", ASSAY_E_IO, "its 'category' is not UTF-8"},
    {"category=\xf0\x9f\x98", ASSAY_E_IO, "its 'category' is not UTF-8"},
    {"long", ASSAY_E_IO, "its 'category' is too long"},
    {"fail", ASSAY_E_IO, "cartridge 'sample': told to?fail"},
    {"mute", ASSAY_E_IO, "cartridge 'sample': it returns -7"},
};

START_TEST(an_absurd_result_is_an_error)
{
    assay_rc rc;

    open_good();
    rc = score_words(hostile[_i].words, soon(PATIENCE_MS));
    ck_assert_msg(rc == hostile[_i].want_rc &&
                      strstr(err.msg, hostile[_i].want) &&
                      strstr(err.msg, "cartridge 'sample': "),
                  "%s: got %d \"%s\"", hostile[_i].words, rc, err.msg);
}
END_TEST

START_TEST(the_ends_of_the_range_are_scores)
{
    open_good();
    ck_assert_int_eq(score_words("score=0", soon(PATIENCE_MS)), ASSAY_OK);
    ck_assert_double_eq(score.score, 0);
    ck_assert_int_eq(score_words("score=100", soon(PATIENCE_MS)), ASSAY_OK);
    ck_assert_double_eq(score.score, 100);
}
END_TEST

START_TEST(a_message_may_have_no_recipients)
{
    const assay_score_subject subject = {.data = "",
                                         .helo = "",
                                         .sender = "",
                                         .client_address = "",
                                         .client_host = "",
                                         .queue_id = ""};

    open_good();
    ck_assert_int_eq(assay__cartridge_ops.score(
                         instance, &subject, soon(PATIENCE_MS), &score, &err),
                     ASSAY_OK);
    ck_assert_str_eq(score.analysis, "sample:12.5 helo= from= ip= host= id= "
                                     "size=0 to=0,,");
}
END_TEST

START_TEST(that_a_message_was_cut_arrives)
{
    assay_score_subject subject = {.data = "x",
                                   .size = 1,
                                   .helo = "",
                                   .sender = "",
                                   .client_address = "",
                                   .client_host = "",
                                   .queue_id = ""};

    settings.cartridge = CARTRIDGES "/cut.so";
    open_good();
    for (int cut = 0; cut < 2; cut++) {
        subject.is_cut = cut;
        ck_assert_int_eq(assay__cartridge_ops.score(instance, &subject,
                                                    soon(PATIENCE_MS), &score,
                                                    &err),
                         ASSAY_OK);
        ck_assert_double_eq(score.score, cut + 1);
    }
}
END_TEST

START_TEST(without_memory_there_is_no_answer)
{
    assay_rc opened, scored;

    alloc_fail_at(1);
    opened = open_cartridge();
    alloc_fail_off();
    ck_assert_int_eq(opened, ASSAY_E_NOMEM);
    ck_assert_ptr_null(instance);
    open_good();
    alloc_fail_at(1);
    scored = score_words("", soon(PATIENCE_MS));
    alloc_fail_off();
    ck_assert_int_eq(scored, ASSAY_E_NOMEM);
}
END_TEST

START_TEST(a_late_answer_is_none)
{
    open_good();
    ck_assert_int_eq(score_words("late", soon(SHORT_MS)), ASSAY_E_TIMEOUT);
    ck_assert_int_eq(score_words("late fail", soon(SHORT_MS)), ASSAY_E_TIMEOUT);
    ck_assert_int_eq(score_words("", soon(0)), ASSAY_E_TIMEOUT);
    ck_assert_str_eq(err.msg, "cartridge 'sample': it did not answer in time");
}
END_TEST

/* ---- the other calls ---------------------------------------------------- */

static assay_rc analyze(const char *text)
{
    return assay__cartridge_ops.analyze(instance, text, strlen(text),
                                        soon(PATIENCE_MS), &score, &err);
}

START_TEST(an_analysis_is_handed_on)
{
    open_good();
    ck_assert_int_eq(analyze("sample:77.5 and more"), ASSAY_OK);
    ck_assert_double_eq(score.score, 77.5);
    ck_assert_int_eq(analyze("forged"), ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "cartridge 'sample': not an analysis of mine");
    ck_assert_int_eq(analyze("sample:1000"), ASSAY_E_IO);
}
END_TEST

static assay_rc score_address(const char *address)
{
    return assay__cartridge_ops.score_address(instance, address,
                                              soon(PATIENCE_MS), &score, &err);
}

START_TEST(an_address_is_handed_on)
{
    open_good();
    ck_assert_int_eq(score_address("192.0.2.66"), ASSAY_OK);
    ck_assert_double_eq(score.score, 90);
    ck_assert_int_eq(score_address("192.0.2.99"), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "cartridge 'sample': its score is not a number");
    ck_assert_int_eq(score_address("192.0.2.13"), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "cartridge 'sample': no such address");
}
END_TEST

START_TEST(what_a_cartridge_does_not_have_is_not_found)
{
    settings.cartridge = CARTRIDGES "/plain.so";
    open_good();
    ck_assert_int_eq(analyze("sample:1"), ASSAY_E_NOTFOUND);
    ck_assert_int_eq(score_address("192.0.2.66"), ASSAY_E_NOTFOUND);
}
END_TEST

/* CM-22: what `cloudmark version` prints. */
START_TEST(versions_are_those_of_the_cartridge)
{
    assay_scorer_version version = {"", ""};

    open_good();
    ck_assert_int_eq(assay__cartridge_ops.version(instance, soon(PATIENCE_MS),
                                                  &version, &err),
                     ASSAY_OK);
    ck_assert_str_eq(version.engine, "2.0.3.29");
    ck_assert_str_eq(version.cartridge, "3046.2.0.23");
}
END_TEST

START_TEST(an_odd_version_is_an_error)
{
    assay_scorer_version version = {"", ""};

    settings.cartridge_config = "/etc/sample/odd";
    open_good();
    ck_assert_int_eq(assay__cartridge_ops.version(instance, soon(PATIENCE_MS),
                                                  &version, &err),
                     ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "cartridge 'sample': its engine version has a "
                              "control character");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cartridge");
    TCase *tc = tcase_create("cartridge");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, options_are_documented);
    tcase_add_test(tc, the_file_must_be_set);
    tcase_add_test(tc, servers_make_no_sense);
    tcase_add_loop_test(tc, settings_that_cannot_be_used_are_told, 0,
                        (int)COUNT_OF(checked));
    tcase_add_test(tc, a_cartridge_that_is_none_is_refused);
    tcase_add_test(tc, a_cartridge_may_refuse_to_start);
    tcase_add_test(tc, a_slow_start_is_waited_for);
    tcase_add_test(tc, a_replaced_file_is_told_in_the_log);
    tcase_add_test(tc, all_of_the_subject_arrives);
    tcase_add_test(tc, all_of_a_result_is_taken);
    tcase_add_loop_test(tc, an_absurd_result_is_an_error, 0,
                        (int)COUNT_OF(hostile));
    tcase_add_test(tc, the_ends_of_the_range_are_scores);
    tcase_add_test(tc, a_message_may_have_no_recipients);
    tcase_add_test(tc, that_a_message_was_cut_arrives);
    tcase_add_test(tc, without_memory_there_is_no_answer);
    tcase_add_test(tc, a_late_answer_is_none);
    tcase_add_test(tc, an_analysis_is_handed_on);
    tcase_add_test(tc, an_address_is_handed_on);
    tcase_add_test(tc, what_a_cartridge_does_not_have_is_not_found);
    tcase_add_test(tc, versions_are_those_of_the_cartridge);
    tcase_add_test(tc, an_odd_version_is_an_error);
    return check_run(suite);
}
