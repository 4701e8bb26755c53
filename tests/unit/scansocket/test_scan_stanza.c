/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stanzas/scan_stanza.h"

#include <check.h>

#include "check_run.h"
#include "opt_file.h"

START_TEST(options_are_described)
{
    char text[2048] = "";

    ck_assert_msg(opt_file_compare(OPT_FILE, assay__scan_stanza.options, text,
                                   sizeof text) == 0,
                  "%s", text);
}
END_TEST

START_TEST(there_may_be_several_with_names)
{
    ck_assert(assay__scan_stanza.named);
    ck_assert(assay__scan_stanza.repeatable);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan stanza");
    TCase *tcase = tcase_create("scan stanza");

    tcase_add_test(tcase, options_are_described);
    tcase_add_test(tcase, there_may_be_several_with_names);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
