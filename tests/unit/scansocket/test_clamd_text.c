/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd_text.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"

static const assay_coverage complete = {1, 1, 1, 1, 0, 0};
static const assay_coverage partial = {1, 2, 1, 1, 0, 0};

static const struct {
    assay_status status;
    assay_reason reason;
    const char *info;
    const assay_coverage *coverage;
    const char *want;
} results[] = {
    {ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, "", &complete, "OK"},
    {ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE, "", &partial,
     "not inspected in full ERROR"},
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, "Eicar-Test", &partial,
     "Eicar-Test FOUND"},
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, "", &complete, "Unnamed FOUND"},
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, "a b\nOK\t\x7f\xff", &complete,
     "a_b_OK___ FOUND"},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_ENCRYPTED, "Heuristics.Encrypted",
     &partial, "unscannable (encrypted): Heuristics.Encrypted ERROR"},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_LIMIT, "", &complete,
     "unscannable (limit) ERROR"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_NONE, "", &complete, "error ERROR"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE, "stream: X FOUND", &complete,
     "error (engine): stream: X found ERROR"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE, "stream: OK\n\rOK", &complete,
     "error (engine): stream: ok??ok ERROR"},
    {ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE, "BOOK OKAY FOUNDER", &complete,
     "error (engine): BOok okAY foundER ERROR"},
    {ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_OVERSIZE,
     "INSTREAM size limit exceeded. Size Limit Exceeded", &complete,
     "unscannable (oversize): INSTREAM size-limit exceeded. Size-Limit "
     "Exceeded ERROR"},
    /* Clients that look at the beginning only. */
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, "OKrum", &complete,
     "_OKrum FOUND"},
    {ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE, "ok", &complete, "_ok FOUND"},
    {ASSAY_STATUS_SKIPPED, ASSAY_REASON_NONE, "", &complete, "skipped ERROR"},
    {ASSAY_STATUS_NO_ENGINE, ASSAY_REASON_NONE, "", &complete,
     "no-engine ERROR"},
    {ASSAY_STATUS_NOT_SUITABLE, ASSAY_REASON_NONE, "", &complete,
     "not-suitable ERROR"},
};

START_TEST(only_clean_and_complete_is_ok)
{
    assay_verdict verdict = {.status = results[_i].status,
                             .reason = results[_i].reason,
                             .coverage = *results[_i].coverage};
    char got[ASSAY__CLAMD_RESULT_MAX];

    (void)snprintf(verdict.info, sizeof verdict.info, "%s", results[_i].info);
    assay__clamd_result(&verdict, got);
    ck_assert_str_eq(got, results[_i].want);
}
END_TEST

START_TEST(cleared_verdict_is_an_error)
{
    const assay_verdict verdict = {0};
    char got[ASSAY__CLAMD_RESULT_MAX];

    assay__clamd_result(&verdict, got);
    ck_assert_str_eq(got, "error ERROR");
}
END_TEST

START_TEST(long_text_ends_with_error)
{
    char text[2000], got[ASSAY__CLAMD_RESULT_MAX];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assay__clamd_error(text, got);
    ck_assert_uint_lt(strlen(got), sizeof got);
    ck_assert_str_eq(got + strlen(got) - 7, "x ERROR");
}
END_TEST

static const struct {
    const char *line;
    bool is_plain;
    enum assay__clamd_command want;
} commands[] = {
    {"PING", true, ASSAY__CLAMD_PING},
    {"PING", false, ASSAY__CLAMD_PING},
    {"PING ", false, ASSAY__CLAMD_PING},
    {"PINGS", false, ASSAY__CLAMD_UNKNOWN},
    {"PIN", false, ASSAY__CLAMD_UNKNOWN},
    {"ping", false, ASSAY__CLAMD_UNKNOWN},
    {"PING x", false, ASSAY__CLAMD_UNKNOWN},
    {"", false, ASSAY__CLAMD_UNKNOWN},
    {" ", false, ASSAY__CLAMD_UNKNOWN},
    {"VERSION", true, ASSAY__CLAMD_VERSION},
    {"VERSIONCOMMANDS", true, ASSAY__CLAMD_UNKNOWN},
    {"VERSIONCOMMANDS", false, ASSAY__CLAMD_VERSIONCOMMANDS},
    {"STATS", true, ASSAY__CLAMD_UNKNOWN},
    {"STATS", false, ASSAY__CLAMD_STATS},
    {"INSTREAM", true, ASSAY__CLAMD_UNKNOWN},
    {"INSTREAM", false, ASSAY__CLAMD_INSTREAM},
    {"FILDES", true, ASSAY__CLAMD_FILDES},
    {"IDSESSION", true, ASSAY__CLAMD_UNKNOWN},
    {"IDSESSION", false, ASSAY__CLAMD_IDSESSION},
    {"END", false, ASSAY__CLAMD_END},
    {"SCAN /a b", true, ASSAY__CLAMD_PATH},
    {"SCAN", true, ASSAY__CLAMD_UNKNOWN},
    {"SCAN ", true, ASSAY__CLAMD_UNKNOWN},
    {"CONTSCAN /a", true, ASSAY__CLAMD_PATH},
    {"MULTISCAN /a", true, ASSAY__CLAMD_PATH},
    {"ALLMATCHSCAN /a", true, ASSAY__CLAMD_UNKNOWN},
    {"ALLMATCHSCAN /a", false, ASSAY__CLAMD_PATH},
    {"RELOAD", true, ASSAY__CLAMD_UNAVAILABLE},
    {"SHUTDOWN", true, ASSAY__CLAMD_UNAVAILABLE},
    {"QUIT", true, ASSAY__CLAMD_UNAVAILABLE},
    {"SELFCHECK", true, ASSAY__CLAMD_UNAVAILABLE},
    {"DETSTATS", true, ASSAY__CLAMD_UNAVAILABLE},
    {"DETSTATSCLEAR", true, ASSAY__CLAMD_UNAVAILABLE},
    {"STREAM", true, ASSAY__CLAMD_UNKNOWN},
    {"SESSION", true, ASSAY__CLAMD_UNKNOWN},
    {"RAWSCAN /a", true, ASSAY__CLAMD_UNKNOWN},
    {"GET / HTTP/1.0", true, ASSAY__CLAMD_UNKNOWN},
};

START_TEST(commands_are_those_of_clamd)
{
    const char *line = commands[_i].line;
    struct assay__clamd_call got =
        assay__clamd_parse(line, strlen(line), commands[_i].is_plain);

    ck_assert_msg(got.command == commands[_i].want, "%s: %d", line,
                  (int)got.command);
    if (got.command == ASSAY__CLAMD_PATH)
        ck_assert_str_eq(got.argument, strchr(line, '/'));
}
END_TEST

START_TEST(nul_does_not_end_a_word)
{
    ck_assert_int_eq(assay__clamd_parse("PING\0", 5, false).command,
                     ASSAY__CLAMD_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clamd text");
    TCase *tcase = tcase_create("clamd text");

    tcase_add_loop_test(tcase, only_clean_and_complete_is_ok, 0,
                        (int)(sizeof results / sizeof *results));
    tcase_add_test(tcase, cleared_verdict_is_an_error);
    tcase_add_test(tcase, long_text_ends_with_error);
    tcase_add_loop_test(tcase, commands_are_those_of_clamd, 0,
                        (int)(sizeof commands / sizeof *commands));
    tcase_add_test(tcase, nul_does_not_end_a_word);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
