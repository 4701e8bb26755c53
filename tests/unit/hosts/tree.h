/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A temporary folder that tests of the command line fill and walk. The
 * working directory of the test is inside it, so that paths are short and
 * the same everywhere.
 */
#ifndef ASSAY_TESTS_TREE_H
#define ASSAY_TESTS_TREE_H

#include <stddef.h>

/** Fixture functions for tcase_add_checked_fixture(). */
void tree_setup(void);
void tree_teardown(void);

/** All fail the test when they cannot be done. */
void tree_folder(const char *path);
void tree_file(const char *path, const void *data, size_t len);
void tree_text(const char *path, const char *text);

#endif
