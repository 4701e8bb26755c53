/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Lines from a person at a terminal: editing, history and completion, by
 * libedit.
 */
#ifndef ASSAY_CLI_LINE_EDITOR_H
#define ASSAY_CLI_LINE_EDITOR_H

/** Words to complete: whole command lines, borrowed until the program ends;
 *  ends with NULL. The program has one terminal, hence one editor. */
void assay__line_editor_init(char *const *commands);

/** Read a line; it is kept in the history. @return free() it; NULL at the
 *  end */
char *assay__line_editor_read(const char *prompt);

#endif
