/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Option descriptions (*.opt) against the option tables they describe.
 *
 *     name = default
 *         What it does.
 *
 *         type; range
 *
 * "#" begins a comment line; nothing behind the sign means no default.
 */
#ifndef ASSAY_TESTS_OPT_FILE_H
#define ASSAY_TESTS_OPT_FILE_H

#include <stddef.h>

#include <assay/conf.h>

/**
 * Compare a file with a table in both directions: every option is described,
 * nothing else is, with the same default, and each one has a description.
 *
 * @return the number of differences; each is one line of text_out
 */
size_t opt_file_compare(const char *path, const assay_conf_option *table,
                        char *text_out, size_t size);

#endif
