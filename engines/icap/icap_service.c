/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_service.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NUMBER_DIGITS = 9 };

#define SEPARATORS ", \t\n"

/* ---- lists -------------------------------------------------------------- */

/* @return whether the list of words has this one; without case */
static bool has_word(const char *list, const char *word, size_t len)
{
    list += strspn(list, SEPARATORS);
    while (*list != '\0') {
        size_t size = strcspn(list, SEPARATORS);

        if (size == len && !strncasecmp(list, word, len))
            return true;
        list += size;
        list += strspn(list, SEPARATORS);
    }
    return false;
}

static bool names(const char *list, const char *word)
{
    return list && has_word(list, word, strlen(word));
}

/* @return false when it is no number, or one that is too long */
static bool read_number(const char *text, uint32_t *out)
{
    size_t digits = text ? strspn(text, "0123456789") : 0;
    uint32_t number = 0;

    if (digits == 0 || digits > NUMBER_DIGITS || text[digits] != '\0')
        return false;
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (uint32_t)(text[i] - '0');
    *out = number;
    return true;
}

/* ---- the answer --------------------------------------------------------- */

/* Methods may stand in several fields. */
static void read_methods(const struct assay__icap_head *head,
                         struct assay__icap_service *out)
{
    for (size_t i = 0; i < head->count; i++) {
        const struct assay__icap_field *field = &head->fields[i];

        if (!strcasecmp(field->name, "Methods") ||
            !strcasecmp(field->name, "Method")) {
            out->takes_respmod =
                out->takes_respmod || names(field->value, "RESPMOD");
            out->takes_reqmod =
                out->takes_reqmod || names(field->value, "REQMOD");
        } else if (!strcasecmp(field->name, "Allow")) {
            out->allows_204 = out->allows_204 || names(field->value, "204");
        }
    }
}

static void read_list(const struct assay__icap_head *head, const char *name,
                      char out[ASSAY__ICAP_TRANSFER_MAX])
{
    const char *value = assay__icap_head_get(head, name);
    int len = snprintf(out, ASSAY__ICAP_TRANSFER_MAX, "%s", value ? value : "");

    if (len >= ASSAY__ICAP_TRANSFER_MAX)
        (void)snprintf(out, ASSAY__ICAP_TRANSFER_MAX, "*");
}

static int64_t read_ttl(const struct assay__icap_head *head)
{
    uint32_t number;

    if (!read_number(assay__icap_head_get(head, "Options-TTL"), &number))
        return 0;
    if (number < ASSAY__ICAP_TTL_MIN_S)
        return ASSAY__ICAP_TTL_MIN_S;
    return number < ASSAY__ICAP_TTL_MAX_S ? number : ASSAY__ICAP_TTL_MAX_S;
}

/* Foreign bytes that will stand in the log and in an answer of the console. */
static void copy_printable(char *out, size_t size, const char *text)
{
    size_t len = 0;

    for (; text && *text != '\0' && len + 1 < size; text++) {
        char c = *text;

        if (c < ' ' || c > '~')
            c = '?';
        out[len++] = c;
        if (c == '"')
            out[len - 1] = '\'';
    }
    out[len] = '\0';
}

assay_rc assay__icap_service_read(const struct assay__icap_head *head,
                                  struct assay__icap_service *out,
                                  assay_error *err)
{
    memset(out, 0, sizeof *out);
    read_methods(head, out);
    if (!out->takes_respmod && !out->takes_reqmod)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "offers neither RESPMOD nor REQMOD");
    out->has_preview =
        read_number(assay__icap_head_get(head, "Preview"), &out->preview);
    if (out->preview > ASSAY__ICAP_PREVIEW_MAX)
        out->preview = ASSAY__ICAP_PREVIEW_MAX;
    if (!read_number(assay__icap_head_get(head, "Max-Connections"),
                     &out->max_connections))
        out->max_connections = 0;
    out->ttl_s = read_ttl(head);
    assay__icap_service_tag(head, out->tag);
    copy_printable(out->name, sizeof out->name,
                   assay__icap_head_get(head, "Service"));
    read_list(head, "Transfer-Preview", out->with_preview);
    read_list(head, "Transfer-Ignore", out->ignore);
    read_list(head, "Transfer-Complete", out->complete);
    return ASSAY_OK;
}

void assay__icap_service_tag(const struct assay__icap_head *head,
                             char out[ASSAY__ICAP_TAG_MAX + 1])
{
    const char *value = assay__icap_head_get(head, "ISTag");
    size_t len = value ? strlen(value) : 0;

    out[0] = '\0';
    if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
        value++;
        len -= 2;
    }
    if (len == 0 || len > ASSAY__ICAP_TAG_MAX)
        return;
    for (size_t i = 0; i < len; i++)
        if (value[i] < ' ' || value[i] > '~' || value[i] == '"')
            return;
    memcpy(out, value, len);
    out[len] = '\0';
}

/* ---- previews ----------------------------------------------------------- */

/* RFC 3507 section 4.10.2: an extension is in one of the lists, or the "*" of
 * one of them stands for it. */
bool assay__icap_service_wants_preview(
    const struct assay__icap_service *service, const char *file_name)
{
    const char *dot = file_name ? strrchr(file_name, '.') : NULL;
    const char *extension = dot ? dot + 1 : "";
    size_t len = strlen(extension);

    if (has_word(service->ignore, extension, len) ||
        has_word(service->complete, extension, len))
        return false;
    if (has_word(service->with_preview, extension, len))
        return true;
    return !names(service->ignore, "*") && !names(service->complete, "*");
}
