/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The end of every test program's main().
 */
#ifndef ASSAY_TESTS_CHECK_RUN_H
#define ASSAY_TESTS_CHECK_RUN_H

#include <check.h>

/** Run a suite the way CK_VERBOSITY says. @return the exit status */
static inline int check_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

#endif
