/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "edit.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {
    [ASSAY__EXIM_APPEND] = "append ",
    [ASSAY__EXIM_PREPEND] = "prepend ",
    [ASSAY__EXIM_REPLACE] = "replace ",
    [ASSAY__EXIM_DELETE] = "delete ",
};

static const char *read_kind(struct assay__exim_edit *edit, const char *text)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i]);

        if (strncmp(text, kinds[i], length) == 0) {
            edit->kind = (enum assay__exim_edit_kind)i;
            return text + length;
        }
    }
    return NULL;
}

/* RFC 5322, 3.6.8: printable, no colon. Up to the blank, or to the end. */
static const char *read_name(struct assay__exim_edit *edit, const char *text)
{
    size_t length = strcspn(text, " ");

    if (length == 0 || length > ASSAY__EXIM_HEADER_NAME_MAX)
        return NULL;
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == ':')
            return NULL;
    }
    memcpy(edit->name, text, length);
    edit->name[length] = '\0';
    return text[length] == ' ' ? text + length + 1 : text + length;
}

/* Append without the CR of CRLF. A line end that folds nothing would begin
 * another header, or the body; a CR alone is a line end to some readers. */
static char *add_value(char *out, const char *value)
{
    for (const char *in = value; *in != '\0'; in++) {
        if (*in == '\r') {
            if (in[1] != '\n')
                return NULL;
            continue;
        }
        if (*in == '\n' && in[1] != ' ' && in[1] != '\t')
            return NULL;
        *out++ = *in;
    }
    return out;
}

static bool make_line(struct assay__exim_edit *edit, const char *value)
{
    bool has_blank = value[0] == ' ' || value[0] == '\t';
    size_t name_length = strlen(edit->name);
    char *end;

    edit->line = malloc(name_length + strlen(value) + 4);
    if (!edit->line)
        return false;
    memcpy(edit->line, edit->name, name_length);
    end = edit->line + name_length;
    *end++ = ':';
    if (!has_blank)
        *end++ = ' ';
    end = add_value(end, value);
    if (!end)
        return false;
    *end++ = '\n';
    *end = '\0';
    return end - edit->line <= ASSAY__EXIM_HEADER_MAX;
}

bool assay__exim_edit_read(struct assay__exim_edit *edit, const char *text,
                           struct assay__exim_reason *why)
{
    const char *at;

    memset(edit, 0, sizeof *edit);
    at = read_kind(edit, text);
    if (at)
        at = read_name(edit, at);
    if (at && make_line(edit, at))
        return true;
    assay__exim_edit_clear(edit);
    return assay__exim_reason_set(
        why, "Exim cannot carry out the header edit \"%.60s\"", text);
}

void assay__exim_edit_clear(struct assay__exim_edit *edit)
{
    free(edit->line);
    edit->line = NULL;
}
