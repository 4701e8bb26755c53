/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The header edits of policy, carried out by the MTA.
 *
 * MTAs do not agree on how a deletion moves the index of the headers behind
 * it: Postfix counts what is left, Sendmail what was received. So headers are
 * deleted from the last to the first, and an edit that a later one of the same
 * name undoes is not sent at all; then every index is that of the message as
 * received, in both ways of counting.
 */
#include "edits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <assay/error.h>

/* Policy has its own, lower limit; this one keeps the work below bounded. */
enum { EDITS_MAX = 1000 };

struct editor {
    SMFICTX *ctx;
    assay_message *message;
    const assay_part *root;
    bool leading_space;
};

static bool takes_all(const assay_edit *edit)
{
    return edit->kind == ASSAY_EDIT_REPLACE || edit->kind == ASSAY_EDIT_DELETE;
}

static bool is_undone(const assay_message *message, size_t index)
{
    const assay_edit *edit = assay_message_edit_at(message, index);
    const assay_edit *later;

    for (size_t i = index + 1;
         (later = assay_message_edit_at(message, i)) != NULL; i++) {
        if (takes_all(later) && strcasecmp(later->name, edit->name) == 0)
            return true;
    }
    return false;
}

static int count_received(const struct editor *editor, const char *name)
{
    assay_bytes value;
    int count = 0;

    while (assay_part_header(editor->root, name, (size_t)count, &value))
        count++;
    return count;
}

/* The value as libmilter wants it: LF in folds, and a space in front where
 * the MTA does not add one. Never empty, since that would be a deletion. */
static char *make_value(const struct editor *editor, const char *value)
{
    bool has_blank = value[0] == ' ' || value[0] == '\t';
    char *out = malloc(strlen(value) + 2);
    char *end = out;

    if (!out)
        return NULL;
    if ((editor->leading_space && !has_blank) || value[0] == '\0')
        *end++ = ' ';
    for (const char *p = value; *p != '\0'; p++) {
        if (!(p[0] == '\r' && p[1] == '\n'))
            *end++ = *p;
    }
    *end = '\0';
    return out;
}

static int delete_down_to(const struct editor *editor, char *name, int keep)
{
    for (int i = count_received(editor, name); i > keep; i--) {
        if (smfi_chgheader(editor->ctx, name, i, NULL) != MI_SUCCESS)
            return MI_FAILURE;
    }
    return MI_SUCCESS;
}

static int replace(const struct editor *editor, char *name, char *value)
{
    if (delete_down_to(editor, name, 1) != MI_SUCCESS)
        return MI_FAILURE;
    if (count_received(editor, name) == 0)
        return smfi_addheader(editor->ctx, name, value);
    return smfi_chgheader(editor->ctx, name, 1, value);
}

static int send_edit(const struct editor *editor, assay_edit_kind kind,
                     char *name, char *value)
{
    switch (kind) {
    case ASSAY_EDIT_APPEND:
        return smfi_addheader(editor->ctx, name, value);
    case ASSAY_EDIT_PREPEND:
        return smfi_insheader(editor->ctx, 0, name, value);
    case ASSAY_EDIT_REPLACE:
        return replace(editor, name, value);
    case ASSAY_EDIT_DELETE:
        return delete_down_to(editor, name, 0);
    }
    return MI_FAILURE;
}

static assay_rc apply_one(const struct editor *editor, const assay_edit *edit,
                          assay_error *err)
{
    assay_rc rc = ASSAY_OK;
    char *name = strdup(edit->name); /* libmilter takes no const */
    char *value = make_value(editor, edit->value);

    if (!name || !value)
        rc = assay_error_set(err, ASSAY_E_NOMEM, "header edit");
    else if (send_edit(editor, edit->kind, name, value) != MI_SUCCESS)
        rc = assay_error_set(err, ASSAY_E_IO,
                             "the MTA did not take the change of header %s",
                             edit->name);
    free(name);
    free(value);
    return rc;
}

assay_rc assay__edits_apply(SMFICTX *ctx, assay_message *message,
                            bool leading_space, assay_error *err)
{
    struct editor editor = {
        .ctx = ctx, .message = message, .leading_space = leading_space};
    assay_part *root;
    const assay_edit *edit;
    assay_rc rc;

    if (!assay_message_edit_at(message, 0))
        return ASSAY_OK;
    rc = assay_message_root(message, &root, err);
    if (rc != ASSAY_OK)
        return rc;
    editor.root = root;
    for (size_t i = 0; (edit = assay_message_edit_at(message, i)); i++) {
        if (i >= EDITS_MAX)
            return assay_error_set(err, ASSAY_E_LIMIT, "over %d header edits",
                                   EDITS_MAX);
        if (is_undone(message, i))
            continue;
        rc = apply_one(&editor, edit, err);
        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}
