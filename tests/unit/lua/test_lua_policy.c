/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The policy that ships: conf/policies/antivirus.lua.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static void setup(void)
{
    static char text[16 * 1024];
    FILE *file = fopen(LUA_SOURCE "/conf/policies/antivirus.lua", "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    fixture_setup();
    fixture_mail("X-Virus-Status: forged\r\n\r\nbody\r\n");
    fixture_script("antivirus", text);
}

static const struct {
    assay_status status;
    const char *info;
    int code; /* 0: none */
    const char *text;
    const char *header; /* NULL: none */
} cases[] = {
    {ASSAY_STATUS_INFECTED, "Test.Virus", 550,
     "5.7.1 The mail contains virus: Test.Virus", "forged"},
    {ASSAY_STATUS_CLEAN, "", 0, "", "clean"},
    {ASSAY_STATUS_SKIPPED, "", 0, "", NULL},
    {ASSAY_STATUS_UNSCANNABLE, "encrypted", 550,
     "5.7.1 The mail cannot be scanned in full", "forged"},
    {ASSAY_STATUS_ERROR, "timeout", 451, "4.7.1 The mail could not be scanned",
     "forged"},
    {ASSAY_STATUS_NO_ENGINE, "", 451, "4.7.1 The mail could not be scanned",
     "forged"},
    {ASSAY_STATUS_NOT_SUITABLE, "", 451, "4.7.1 The mail could not be scanned",
     "forged"},
};

START_TEST(status_gets_its_answer)
{
    assay_bytes value = {"none", 4};
    assay_rc found;

    fake_session_verdict(fixture_session, cases[_i].status, cases[_i].info,
                         "clamav", NULL);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
    ck_assert_int_eq(fixture_session->code, cases[_i].code);
    ck_assert_str_eq(fixture_session->text, cases[_i].text);
    ck_assert_int_eq(fixture_flow,
                     cases[_i].code ? ASSAY_FLOW_DONE : ASSAY_FLOW_CONTINUE);
    found = assay_message_header(fixture_message, "X-Virus-Status", 0, &value,
                                 NULL);
    ck_assert_int_eq(found, cases[_i].header ? ASSAY_OK : ASSAY_E_NOTFOUND);
    if (cases[_i].header)
        ck_assert_msg(memmem(value.data, value.len, cases[_i].header,
                             strlen(cases[_i].header)) != NULL,
                      "got %.*s", (int)value.len, value.data);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("policy");

    tcase_add_checked_fixture(tcase, setup, fixture_teardown);
    add_cases(tcase, status_gets_its_answer, cases);
    return fixture_main(tcase);
}
