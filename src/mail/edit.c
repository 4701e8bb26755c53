/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Header edits of policy and the canonical rendition.
 *
 * Edits are kept as they were made, for the host to carry out. The header
 * block with all of them applied is rendered on first use after a change; the
 * body is put behind it only when somebody asks for the whole message. A block
 * that breaks a limit is edited up to there.
 */
#include "mail/message_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mail/header.h"

/* Each edit passes over all headers. */
#define EDITS_MAX 1000

/* ---- recording ----------------------------------------------------------- */

static bool is_field_name(const char *name)
{
    if (!name || *name == '\0')
        return false;
    while (assay__header_is_ftext(*name))
        name++;
    return *name == '\0';
}

/* Folds only, and none with nothing but blanks in it: there some readers see
 * the end of the headers. */
static bool is_field_value(const char *value)
{
    while (*(value += strcspn(value, "\r\n")) != '\0') {
        size_t blanks;

        if (value[0] == '\r')
            value++;
        if (value[0] != '\n')
            return false;
        value++;
        blanks = strspn(value, " \t");
        value += blanks;
        if (blanks == 0 || *value == '\0' || *value == '\r' || *value == '\n')
            return false;
    }
    return true;
}

static bool make_room(assay_message *message)
{
    size_t cap = message->edit_cap > 0 ? 2 * message->edit_cap : 8;
    assay_edit *grown;

    if (message->edit_count < message->edit_cap)
        return true;
    grown = realloc(message->edits, cap * sizeof *grown);
    if (!grown)
        return false;
    message->edits = grown;
    message->edit_cap = cap;
    return true;
}

/* What was rendered without the newest edit. */
static void forget_renditions(assay_message *message)
{
    assay__strbuf_fini(&message->edited_header);
    assay__strbuf_fini(&message->canonical);
    message->edited_header_known = false;
    message->canonical_known = false;
}

assay_rc assay_message_edit(assay_message *message, assay_edit_kind kind,
                            const char *name, const char *value,
                            assay_error *err)
{
    char *name_copy, *value_copy;

    if (!is_field_name(name))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "\"%.64s\" is not a header name",
                               name ? name : "");
    if (kind == ASSAY_EDIT_DELETE)
        value = "";
    if (!value || !is_field_value(value))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the value of \"%.64s\" would end the header",
                               name);
    if (message->edit_count >= EDITS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT, "more than %d header edits",
                               EDITS_MAX);
    name_copy = assay__text_dup(name, strlen(name));
    value_copy = assay__text_dup(value, strlen(value));
    if (!name_copy || !value_copy || !make_room(message)) {
        free(name_copy);
        free(value_copy);
        return assay_error_set(err, ASSAY_E_NOMEM, "header edit");
    }
    message->edits[message->edit_count++] =
        (assay_edit){.kind = kind, .name = name_copy, .value = value_copy};
    forget_renditions(message);
    return ASSAY_OK;
}

const assay_edit *assay_message_edit_at(const assay_message *message,
                                        size_t index)
{
    return index < message->edit_count ? &message->edits[index] : NULL;
}

static void free_text(const char *text)
{
    union {
        const char *text;
        void *memory;
    } owned = {.text = text};

    free(owned.memory);
}

void assay__edit_fini(assay_message *message)
{
    for (size_t i = 0; i < message->edit_count; i++) {
        free_text(message->edits[i].name);
        free_text(message->edits[i].value);
    }
    message->edit_count = 0;
    forget_renditions(message);
}

/* ---- applying ------------------------------------------------------------ */

/* One header: as received, or made by an edit. */
struct line {
    struct line *next;
    assay_bytes raw;
    const assay_edit *edit; /* NULL: as received */
};

struct header_list {
    struct line *first;
    struct line **end; /* where the next one is linked */
    struct assay__arena arena;
};

static assay_rc add_line(struct header_list *list, struct line **at,
                         assay_bytes raw, const assay_edit *edit)
{
    struct line *line = assay__arena_alloc(&list->arena, sizeof *line);

    if (!line)
        return ASSAY_E_NOMEM;
    line->raw = raw;
    line->edit = edit;
    line->next = *at;
    *at = line;
    if (at == list->end)
        list->end = &line->next;
    return ASSAY_OK;
}

static assay_rc read_lines(struct header_list *list, assay_bytes block)
{
    struct assay__header_field field;
    assay_rc rc = ASSAY_OK;

    list->end = &list->first;
    while (rc == ASSAY_OK && assay__header_next(&block, &field))
        rc = add_line(list, list->end, field.raw, NULL);
    return rc;
}

static bool has_name(const struct line *line, const char *name)
{
    size_t len;

    if (line->edit)
        return assay__text_equal(line->edit->name, name);
    len = strlen(name);
    /* behind a name stands a blank or the colon, and no name has those */
    return line->raw.len > len &&
           !assay__header_is_ftext(line->raw.data[len]) &&
           assay__text_equal_n(line->raw.data, len, name);
}

static void remove_lines(struct header_list *list, struct line **at,
                         const char *name)
{
    while (*at) {
        if (has_name(*at, name))
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
    list->end = at;
}

static assay_rc replace(struct header_list *list, const assay_edit *edit)
{
    struct line **at = &list->first;

    while (*at && !has_name(*at, edit->name))
        at = &(*at)->next;
    if (!*at)
        return add_line(list, list->end, (assay_bytes){0}, edit);
    (*at)->edit = edit;
    remove_lines(list, &(*at)->next, edit->name);
    return ASSAY_OK;
}

static assay_rc apply(struct header_list *list, const assay_edit *edit)
{
    switch (edit->kind) {
    case ASSAY_EDIT_APPEND:
        return add_line(list, list->end, (assay_bytes){0}, edit);
    case ASSAY_EDIT_PREPEND:
        return add_line(list, &list->first, (assay_bytes){0}, edit);
    case ASSAY_EDIT_REPLACE:
        return replace(list, edit);
    case ASSAY_EDIT_DELETE:
        remove_lines(list, &list->first, edit->name);
        break;
    }
    return ASSAY_OK;
}

/* ---- rendering ----------------------------------------------------------- */

/* A file may have bare LF throughout; what is added follows suit. */
static const char *line_end_of(assay_bytes text)
{
    const char *newline =
        text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;

    return newline && (newline == text.data || newline[-1] != '\r') ? "\n"
                                                                    : "\r\n";
}

static assay_rc add_edit(struct assay__strbuf *out, const assay_edit *edit,
                         const char *eol)
{
    const char *value = edit->value;
    assay_rc rc = assay__strbuf_addf(out, "%s: ", edit->name);

    while (*value != '\0' && rc == ASSAY_OK) {
        size_t plain = strcspn(value, "\r\n");

        rc = assay__strbuf_add(out, value, plain);
        value += plain;
        if (*value == '\0' || rc != ASSAY_OK)
            break;
        value += *value == '\r' ? 2 : 1;
        rc = assay__strbuf_adds(out, eol);
    }
    return rc == ASSAY_OK ? assay__strbuf_adds(out, eol) : rc;
}

static assay_rc add_raw(struct assay__strbuf *out, assay_bytes raw,
                        const char *eol)
{
    assay_rc rc = assay__strbuf_add(out, raw.data, raw.len);

    /* the message ended in this line */
    if (rc == ASSAY_OK && raw.len > 0 && raw.data[raw.len - 1] != '\n')
        rc = assay__strbuf_adds(out, eol);
    return rc;
}

static assay_bytes received_block(const assay_message *message,
                                  enum assay__header_step *ended_by_out)
{
    return assay__header_block(message->received, &message->limits,
                               ended_by_out);
}

static assay_rc write_header(assay_message *message,
                             const struct header_list *list, assay_bytes block,
                             bool needs_empty_line)
{
    const char *eol = line_end_of(message->received);
    struct assay__strbuf *out = &message->edited_header;
    struct assay__header_field field;
    assay_bytes rest = block;
    assay_rc rc;

    /* an mbox "From " line stays on top */
    if (assay__header_next(&rest, &field))
        block.len = (size_t)(field.raw.data - block.data);
    rc = add_raw(out, block, eol);
    for (const struct line *line = list->first; line && rc == ASSAY_OK;
         line = line->next)
        rc = line->edit ? add_edit(out, line->edit, eol)
                        : add_raw(out, line->raw, eol);
    if (rc == ASSAY_OK && needs_empty_line)
        rc = assay__strbuf_adds(out, eol);
    return rc;
}

static assay_rc render_header(assay_message *message, assay_error *err)
{
    struct header_list list = {0};
    enum assay__header_step ended_by;
    assay_bytes block;
    assay_rc rc;

    if (message->edited_header_known)
        return ASSAY_OK;
    block = received_block(message, &ended_by);
    rc = read_lines(&list, block);
    for (size_t i = 0; i < message->edit_count && rc == ASSAY_OK; i++)
        rc = apply(&list, &message->edits[i]);
    /* A body that follows without an empty line would otherwise become part
     * of the last header when it begins with a blank. */
    if (rc == ASSAY_OK)
        rc = write_header(message, &list, block,
                          ended_by == ASSAY__HEADER_OTHER);
    assay__arena_fini(&list.arena);
    if (rc != ASSAY_OK) {
        assay__strbuf_fini(&message->edited_header);
        return assay_error_set(err, ASSAY_E_NOMEM, "edited headers");
    }
    message->edited_header_known = true;
    return ASSAY_OK;
}

assay_rc assay__edit_render(assay_message *message, assay_bytes *bytes_out,
                            assay_error *err)
{
    struct assay__strbuf *header = &message->edited_header;
    struct assay__strbuf *out = &message->canonical;
    assay_bytes rest = message->received;
    enum assay__header_step ended_by;
    assay_rc rc = render_header(message, err);
    size_t header_len;

    if (rc != ASSAY_OK)
        return rc;
    if (!message->canonical_known) {
        header_len = received_block(message, &ended_by).len;
        rest.data += header_len;
        rest.len -= header_len;
        rc = assay__strbuf_reserve(out, header->len + rest.len);
        if (rc == ASSAY_OK)
            rc = assay__strbuf_add(out, assay__strbuf_str(header), header->len);
        if (rc == ASSAY_OK)
            rc = assay__strbuf_add(out, rest.data, rest.len);
        if (rc != ASSAY_OK) {
            assay__strbuf_fini(out);
            return assay_error_set(err, ASSAY_E_NOMEM, "canonical message");
        }
        message->canonical_known = true;
    }
    *bytes_out = (assay_bytes){assay__strbuf_str(out), out->len};
    return ASSAY_OK;
}

assay_rc assay_message_header(assay_message *message, const char *name,
                              size_t index, assay_bytes *value_out,
                              assay_error *err)
{
    enum assay__header_step ended_by;
    struct assay__header_field field;
    assay_bytes block;
    assay_rc rc;

    if (message->state != ASSAY__BUILD_FINISHED)
        return assay_error_set(err, ASSAY_E_STATE, "message is not finished");
    if (message->edit_count > 0) {
        rc = render_header(message, err);
        if (rc != ASSAY_OK)
            return rc;
        block = (assay_bytes){assay__strbuf_str(&message->edited_header),
                              message->edited_header.len};
    } else {
        block = received_block(message, &ended_by);
    }
    if (!assay__header_find(block, name, index, &field))
        return assay_error_set(err, ASSAY_E_NOTFOUND, "no header %s", name);
    *value_out = field.value;
    return ASSAY_OK;
}
