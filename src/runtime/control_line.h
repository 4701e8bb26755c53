/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A command line in words.
 *
 * Blanks and tabs separate words. Between '…' everything stands for itself;
 * between "…" a backslash takes the special meaning from `"` and `\`, and
 * outside of quotes from any character. Quotes may begin inside a word:
 * antivirus:"my scope". Bytes over 126 are taken as they are.
 */
#ifndef ASSAY_RUNTIME_CONTROL_LINE_H
#define ASSAY_RUNTIME_CONTROL_LINE_H

#include <stddef.h>

#include <assay/error.h>

struct assay__control_line {
    char *text;         /* owned: the words, each with its NUL */
    const char **words; /* owned; into text; ends with NULL */
    size_t count;
};

/**
 * @param line  len bytes of anything, without the line end
 * @param out   set on ASSAY_OK; release with assay__control_line_fini()
 * @return ASSAY_OK, also with no word; ASSAY_E_LIMIT longer than
 *         ASSAY_CONTROL_LINE_MAX; ASSAY_E_INVAL a control character, an open
 *         quote or a backslash at the end; ASSAY_E_NOMEM
 */
assay_rc assay__control_line_split(const char *line, size_t len,
                                   struct assay__control_line *out,
                                   assay_error *err);
void assay__control_line_fini(struct assay__control_line *line);

#endif
