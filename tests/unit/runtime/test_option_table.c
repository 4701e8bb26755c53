/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: global.opt describes the options outside of any stanza. */
#include <check.h>

#include "check_run.h"
#include "opt_file.h"
#include "runtime/build.h"

START_TEST(description_agrees_with_table)
{
    char text[2048];
    size_t differences =
        opt_file_compare(SOURCE_FOLDER "/src/runtime/global.opt",
                         assay__global_option_table, text, sizeof text);

    ck_assert_msg(differences == 0, "%s", text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("option_table");
    TCase *tc = tcase_create("global");

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, description_agrees_with_table);
    return check_run(suite);
}
