/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Names from a file system and from mail, made fit to be shown: a terminal
 * must not obey them, a line must stay one line, JSON must be valid.
 */
#ifndef ASSAY_CLI_ESCAPE_H
#define ASSAY_CLI_ESCAPE_H

#include <stddef.h>

/** Printable UTF-8 stays; control and direction characters, the backslash
 *  and bytes that are not UTF-8 become \n, \t, \r, \\, \xHH or \u{HHHH}.
 *  @return free() it; NULL when out of memory */
char *assay__escape_line(const char *text);

/** The same, and a blank becomes \x20: for a column that others follow. */
char *assay__escape_word(const char *text);

/** Valid UTF-8, with U+FFFD for each byte that is not.
 *  @return free() it; NULL when out of memory */
char *assay__escape_utf8(const char *text);

/** Number of characters of a text that is UTF-8. */
size_t assay__escape_width(const char *text);

#endif
