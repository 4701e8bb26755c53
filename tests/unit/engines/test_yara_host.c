/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The yara engine as a host has it, in scanner processes and in this one: what
 * it finds in mails, how newer rules come in, and a rule that takes too long.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <assay/control.h>
#include <assay/policy.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define EVIL(name) \
    "rule " name " { strings: $a = \"evil words\" condition: $a }\n"

static const char *const isolations[] = {"process", "none"};

static void setup(void)
{
    char path[96];

    fixture_setup();
    (void)snprintf(path, sizeof path, "%s/rules", fixture_folder);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    fixture_write("rules/a.yar", EVIL("First"));
}

static void start(const char *isolation, const char *scope_options)
{
    char config[1024];
    assay_error err = {0};

    (void)snprintf(config, sizeof config,
                   "Signature_Check_Interval = 1\nyara { }\n"
                   "antivirus \"av\" {\n  isolation = %s\n%s"
                   "  yara \"y\" {\n    rules = rules\n  }\n}\n",
                   isolation, scope_options);
    fixture_open(config);
    ck_assert_msg(assay_start(fixture_library, &err) == ASSAY_OK, "%s",
                  err.msg);
}

#define MULTIPART                                                            \
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n" \
    "\r\n--b\r\nContent-Type: text/plain\r\n\r\nsee below\r\n"               \
    "--b\r\nContent-Type: application/octet-stream\r\n"                      \
    "Content-Transfer-Encoding: base64\r\n\r\n"

/* "evil words" in base64, and in a header: what is encoded is decoded, and
 * headers are looked at as well. */
START_TEST(parts_and_headers_of_a_mail_are_looked_at)
{
    assay_session *session;

    start(isolations[_i], "  timeout = 60\n");
    session = fixture_session();
    ck_assert_int_eq(
        fixture_send(session, MULTIPART "ZXZpbCB3b3Jkcw==\r\n--b--\r\n").code,
        550);
    ck_assert_int_eq(
        fixture_send(session, "Subject: evil words\r\n\r\nhello\r\n").code,
        550);
    ck_assert_int_eq(
        fixture_send(session, MULTIPART "Z29vZCB3b3Jkcw==\r\n--b--\r\n").action,
        ASSAY_ACTION_CONTINUE);
    assay_session_close(&session);
}
END_TEST

START_TEST(newer_rules_come_in_and_broken_ones_do_not)
{
    assay_verdict verdict;

    start(isolations[_i], "  timeout = 60\n");
    verdict = fixture_scan("evil words");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(verdict.info, "First");
    ck_assert_str_eq(verdict.scan_code, "a.yar:First");
    fixture_write("rules/a.yar", EVIL("Second"));
    ck_assert(fixture_log_wait("engine.signatures "));
    ck_assert_str_eq(fixture_scan("evil words").info, "Second");
    fixture_write("rules/b.yar", "rule Third {\n  condition: tru }\n");
    ck_assert(fixture_log_wait("engine.signatures_failed"));
    ck_assert_msg(fixture_log_wait("b.yar:2: undefined identifier 'tru'"), "%s",
                  fixture_log());
    ck_assert_str_eq(fixture_scan("evil words").info, "Second");
}
END_TEST

/* A walled process knows the old file, which is not there any more. */
START_TEST(one_file_is_replaced)
{
    char config[512];

    (void)snprintf(config, sizeof config,
                   "Signature_Check_Interval = 1\nyara { }\n"
                   "antivirus \"av\" {\n  isolation = %s\n  timeout = 60\n"
                   "  yara \"y\" {\n    rules = rules/a.yar\n  }\n}\n",
                   isolations[_i]);
    fixture_open(config);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    ck_assert_str_eq(fixture_scan("evil words").info, "First");
    fixture_write("rules/a.yar", EVIL("Second"));
    ck_assert(fixture_log_wait("engine.signatures "));
    ck_assert_str_eq(fixture_scan("evil words").info, "Second");
}
END_TEST

START_TEST(an_endless_rule_is_stopped)
{
    assay_verdict verdict;

    fixture_write("rules/b.yar",
                  "rule Slow { condition: uint8(0) == 0x53 and for all i in "
                  "(0..100000000000) : ( i >= 0 ) }");
    start(isolations[_i], "  timeout = 2\n");
    verdict = fixture_scan("Slow");
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(verdict.reason, ASSAY_REASON_TIMEOUT);
    ck_assert_str_eq(fixture_scan("evil words").info, "First");
}
END_TEST

/* Modules may want libraries, files and system calls that a confined process
 * does not have. */
START_TEST(modules_work_behind_the_walls)
{
    fixture_write("rules/a.yar",
                  "import \"hash\"\nimport \"math\"\nimport \"pe\"\n"
                  "import \"elf\"\nimport \"dotnet\"\nimport \"time\"\n"
                  "import \"console\"\n"
                  "rule Hash { condition: hash.md5(0, 3) == "
                  "\"900150983cd24fb0d6963f7d28e17f72\" and hash.sha1(0, 3) == "
                  "\"a9993e364706816aba3e25717850c26c9cd0d89d\" and "
                  "hash.sha256(0, 3) startswith \"ba7816bf\" and "
                  "hash.crc32(0, 3) != 0 and math.entropy(0, 3) > 1.5 and "
                  "time.now() > 1600000000 and console.log(\"x\") and "
                  "not pe.is_pe }\n");
    start(isolations[_i], "  timeout = 60\n");
    ck_assert_str_eq(fixture_scan("abc").info, "Hash");
}
END_TEST

START_TEST(broken_rules_are_an_error_of_the_configuration)
{
    assay_options options = fixture_options();
    assay_error err = {0};

    fixture_write("rules/a.yar", "rule a { condition: tru }");
    fixture_config("yara { }\nantivirus \"av\" {\n  yara \"y\" {\n"
                   "    rules = rules\n  }\n}\n");
    ck_assert_int_ne(assay_open(&options, &fixture_library, &err), ASSAY_OK);
    ck_assert_msg(strstr(err.msg, "a.yar:1: undefined identifier 'tru'"), "%s",
                  err.msg);
    ck_assert_uint_eq(fixture_log_count("yara.broken_rules instance=y"), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yara_host");
    TCase *tc = tcase_create("host");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, setup, fixture_teardown);
    tcase_add_loop_test(tc, parts_and_headers_of_a_mail_are_looked_at, 0, 2);
    tcase_add_loop_test(tc, newer_rules_come_in_and_broken_ones_do_not, 0, 2);
    tcase_add_loop_test(tc, one_file_is_replaced, 0, 2);
    tcase_add_loop_test(tc, an_endless_rule_is_stopped, 0, 2);
    tcase_add_loop_test(tc, modules_work_behind_the_walls, 0, 2);
    tcase_add_test(tc, broken_rules_are_an_error_of_the_configuration);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
