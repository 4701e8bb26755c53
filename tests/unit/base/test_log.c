/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/log.h>

#include "base/sizes.h"
#include "check_run.h"

struct seen {
    char line[ASSAY_LOG_LINE_MAX * 2];
    assay_log_level level;
    int count;
};

static void sink(void *arg, assay_log_level level, const char *line)
{
    struct seen *seen = arg;

    (void)snprintf(seen->line, sizeof seen->line, "%s", line);
    seen->level = level;
    seen->count++;
}

static struct seen seen;
static assay_log log_;

static void setup(void)
{
    static const struct seen none;

    seen = none;
    log_ = (assay_log){sink, &seen, ASSAY_LOG_INFO};
}

START_TEST(event_and_tail_make_one_line)
{
    assay_log_write(&log_, ASSAY_LOG_WARN, "scan.verdict", "status=%s n=%d",
                    "clean", 3);
    ck_assert_str_eq(seen.line, "scan.verdict status=clean n=3");
    ck_assert_int_eq(seen.level, ASSAY_LOG_WARN);
}
END_TEST

START_TEST(an_empty_tail_leaves_no_blank)
{
    assay_log_write(&log_, ASSAY_LOG_INFO, "assay.start", "%s", "");
    ck_assert_str_eq(seen.line, "assay.start");
}
END_TEST

static const struct {
    assay_log_level threshold, level;
    int want;
} thresholds[] = {
    {ASSAY_LOG_ERROR, ASSAY_LOG_ERROR, 1},
    {ASSAY_LOG_ERROR, ASSAY_LOG_WARN, 0},
    {ASSAY_LOG_INFO, ASSAY_LOG_WARN, 1},
    {ASSAY_LOG_INFO, ASSAY_LOG_INFO, 1},
    {ASSAY_LOG_INFO, ASSAY_LOG_DEBUG, 0},
    {ASSAY_LOG_DEBUG, ASSAY_LOG_DEBUG, 1},
};

START_TEST(less_important_lines_are_dropped)
{
    log_.threshold = thresholds[_i].threshold;
    assay_log_write(&log_, thresholds[_i].level, "event", "%s", "x");
    ck_assert_int_eq(seen.count, thresholds[_i].want);
}
END_TEST

START_TEST(no_log_and_no_sink_drop_the_line)
{
    log_.sink = NULL;
    assay_log_write(&log_, ASSAY_LOG_ERROR, "event", "%s", "x");
    assay_log_write(NULL, ASSAY_LOG_ERROR, "event", "%s", "x");
    ck_assert_int_eq(seen.count, 0);
}
END_TEST

START_TEST(control_characters_are_replaced)
{
    assay_log_write(&log_, ASSAY_LOG_INFO, "event", "from=%s",
                    "a\r\nb\tc\x1b[1m\x7f\x01");
    ck_assert_str_eq(seen.line, "event from=a??b?c?[1m??");
}
END_TEST

START_TEST(text_beyond_ascii_stays)
{
    assay_log_write(&log_, ASSAY_LOG_INFO, "event", "name=%s", "caf\xc3\xa9");
    ck_assert_str_eq(seen.line, "event name=caf\xc3\xa9");
}
END_TEST

START_TEST(long_lines_are_cut)
{
    char text[ASSAY_LOG_LINE_MAX * 2];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assay_log_write(&log_, ASSAY_LOG_INFO, "event", "%s", text);
    ck_assert_int_eq(seen.count, 1);
    ck_assert_uint_eq(strlen(seen.line), ASSAY_LOG_LINE_MAX - 1);
    ck_assert_int_eq(strncmp(seen.line, "event xxx", 9), 0);
}
END_TEST

START_TEST(levels_have_names)
{
    ck_assert_str_eq(assay_log_level_name(ASSAY_LOG_ERROR), "error");
    ck_assert_str_eq(assay_log_level_name(ASSAY_LOG_WARN), "warn");
    ck_assert_str_eq(assay_log_level_name(ASSAY_LOG_INFO), "info");
    ck_assert_str_eq(assay_log_level_name(ASSAY_LOG_DEBUG), "debug");
    ck_assert_str_eq(assay_log_level_name((assay_log_level)99), "unknown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_log");
    TCase *tc = tcase_create("log");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, event_and_tail_make_one_line);
    tcase_add_test(tc, an_empty_tail_leaves_no_blank);
    tcase_add_loop_test(tc, less_important_lines_are_dropped, 0,
                        ASSAY_COUNT_OF(thresholds));
    tcase_add_test(tc, no_log_and_no_sink_drop_the_line);
    tcase_add_test(tc, control_characters_are_replaced);
    tcase_add_test(tc, text_beyond_ascii_stays);
    tcase_add_test(tc, long_lines_are_cut);
    tcase_add_test(tc, levels_have_names);
    return check_run(suite);
}
