/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One header edit of an answer, checked, with the header as Exim keeps it:
 * lines that end with LF, and the first alone does not begin with a blank.
 */
#ifndef ASSAY_HOSTS_EXIM_EDIT_H
#define ASSAY_HOSTS_EXIM_EDIT_H

#include <stdbool.h>

#include "reason.h"

enum {
    ASSAY__EXIM_HEADER_NAME_MAX = 256, /* bytes */
    /* Exim ends the process over a header it adds of 32,768 bytes. */
    ASSAY__EXIM_HEADER_MAX = 32000,
};

enum assay__exim_edit_kind {
    ASSAY__EXIM_APPEND,
    ASSAY__EXIM_PREPEND,
    ASSAY__EXIM_REPLACE,
    ASSAY__EXIM_DELETE,
};

struct assay__exim_edit {
    enum assay__exim_edit_kind kind;
    char name[ASSAY__EXIM_HEADER_NAME_MAX + 1];
    char *line; /* "Name: value\n" */
};

/** Read "kind name value". @return false: not an edit, or none that Exim can
 *  carry out; then there is nothing to free */
bool assay__exim_edit_read(struct assay__exim_edit *edit, const char *text,
                           struct assay__exim_reason *why);
void assay__exim_edit_clear(struct assay__exim_edit *edit);

#endif
