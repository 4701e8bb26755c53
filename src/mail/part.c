/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One part: what its headers say, and its data.
 */
#include "mail/message_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "mail/decode.h"
#include "mail/header.h"
#include "mail/header_text.h"
#include "mail/mime_choice.h"
#include "mail/mime_param.h"
#include "mail/part.h"

/* ---- what the headers say --------------------------------------------------
 */

/* The headers that matter here; of each the first counts, but for another type
 * that a profile asks for. */
struct content_headers {
    bool has_type;
    bool has_encoding;
    bool has_disposition;
    assay_bytes type;
    assay_bytes encoding;
    assay_bytes disposition;
};

static void take_first(const struct assay__header_field *field,
                       const char *name, bool *has, assay_bytes *value)
{
    if (!*has && assay__text_equal_n(field->name.data, field->name.len, name)) {
        *has = true;
        *value = field->value;
    }
}

static bool is_type(const struct assay__header_field *field)
{
    return assay__text_equal_n(field->name.data, field->name.len,
                               "content-type");
}

/* Of several types the one of the profile counts, or else the last. */
static void take_type(assay_message *message, uint32_t *seen,
                      const struct assay__header_field *field,
                      struct content_headers *found)
{
    if (!is_type(field))
        return;
    if (*seen > 0 &&
        (field->value.len != found->type.len ||
         memcmp(field->value.data, found->type.data, field->value.len) != 0))
        message->notes.oddities |= ASSAY__MIME_NOTE_TYPES;
    *seen += 1;
    if (*seen > message->notes.types)
        message->notes.types = *seen;
    if (*seen <= message->profile.type_choice + 1) {
        found->has_type = true;
        found->type = field->value;
    }
}

/* "Content-Type : x" is a field to some readers only. */
static bool is_passed_over(assay_message *message,
                           const struct assay__header_field *field)
{
    static const char word[] = "content-";

    if (field->name.data[field->name.len] == ':' ||
        field->name.len < sizeof word ||
        !assay__text_equal_n(field->name.data, sizeof word - 1, word))
        return false;
    message->notes.oddities |= ASSAY__MIME_STRICT_COLON;
    return (message->profile.flags & ASSAY__MIME_STRICT_COLON) != 0;
}

static struct content_headers find_content_headers(assay_message *message,
                                                   assay_bytes block)
{
    const assay_bytes nothing = {"", 0};
    struct content_headers found = {
        .type = nothing, .encoding = nothing, .disposition = nothing};
    struct assay__header_field field;
    uint32_t types = 0;

    while (assay__header_next(&block, &field)) {
        if (is_passed_over(message, &field))
            continue;
        take_type(message, &types, &field, &found);
        take_first(&field, "content-transfer-encoding", &found.has_encoding,
                   &found.encoding);
        take_first(&field, "content-disposition", &found.has_disposition,
                   &found.disposition);
    }
    return found;
}

static void lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = assay__ascii_lower(*text);
}

/* "type/subtype", or the default when there is none (RFC 2045 5.2). */
static const char *media_type(struct assay__arena *arena, assay_bytes value,
                              const char *default_type)
{
    assay_bytes type = assay__mime_token(&value), subtype;
    char *text;

    if (type.len == 0 || value.len == 0 || value.data[0] != '/')
        return default_type;
    value.data++;
    value.len--;
    subtype = assay__mime_token(&value);
    if (subtype.len == 0)
        return default_type;
    text = assay__arena_alloc(arena, type.len + subtype.len + 2);
    if (!text)
        return NULL;
    memcpy(text, type.data, type.len);
    text[type.len] = '/';
    memcpy(text + type.len + 1, subtype.data, subtype.len);
    lower(text);
    return text;
}

assay_encoding assay__part_encoding_of(assay_bytes value)
{
    static const struct {
        const char *word;
        assay_encoding encoding;
    } words[] = {
        {"", ASSAY_ENCODING_7BIT},
        {"7bit", ASSAY_ENCODING_7BIT},
        {"8bit", ASSAY_ENCODING_8BIT},
        {"binary", ASSAY_ENCODING_BINARY},
        {"base64", ASSAY_ENCODING_BASE64},
        {"quoted-printable", ASSAY_ENCODING_QUOTED_PRINTABLE},
        {"uuencode", ASSAY_ENCODING_UUENCODE},
        {"x-uuencode", ASSAY_ENCODING_UUENCODE},
        {"x-uue", ASSAY_ENCODING_UUENCODE},
        {"uue", ASSAY_ENCODING_UUENCODE},
    };
    assay_bytes word = assay__mime_token(&value);

    for (size_t i = 0; i < ASSAY_COUNT_OF(words); i++) {
        if (assay__text_equal_n(word.data, word.len, words[i].word))
            return words[i].encoding;
    }
    return ASSAY_ENCODING_UNKNOWN;
}

/* A parameter as a string of the message; NULL when absent or empty. */
static assay_rc string_param(struct assay__arena *arena, assay_bytes value,
                             const char *name, bool is_text,
                             const char **string_out)
{
    struct assay__strbuf text;
    char *copy = NULL;
    assay_rc rc;

    assay__strbuf_init(&text, assay__header_text_max(value.len));
    rc = assay__mime_param(value, name, is_text, &text);
    if (rc == ASSAY_OK && text.len > 0) {
        copy = assay__arena_text(arena, text.data, text.len);
        rc = copy ? ASSAY_OK : ASSAY_E_NOMEM;
    }
    assay__strbuf_fini(&text);
    *string_out = copy;
    return rc == ASSAY_OK || rc == ASSAY_E_NOTFOUND ? ASSAY_OK : ASSAY_E_NOMEM;
}

/* RFC 2046 5.1.1: a boundary does not end in white space, so what stands
 * there was added on the way. */
static assay_rc set_boundary(assay_part *part, assay_bytes type)
{
    struct assay__strbuf text;
    assay_rc rc;

    assay__strbuf_init(&text, part->message->received.len);
    rc = part->message->profile.flags & ASSAY__MIME_CHOICES
             ? assay__mime_choose_boundary(part, type, &text)
             : assay__mime_param(type, "boundary", false, &text);
    if (rc == ASSAY_OK) {
        while (text.len > 0 && assay__header_is_space(text.data[text.len - 1]))
            text.len--;
        part->boundary_len = text.len;
    }
    if (rc == ASSAY_OK && text.len > 0) {
        part->info.boundary =
            assay__arena_text(&part->message->arena, text.data, text.len);
        rc = part->info.boundary ? ASSAY_OK : ASSAY_E_NOMEM;
    }
    assay__strbuf_fini(&text);
    return rc == ASSAY_OK || rc == ASSAY_E_NOTFOUND ? ASSAY_OK : ASSAY_E_NOMEM;
}

static assay_rc set_charset(assay_part *part, assay_bytes type)
{
    const char *charset;
    assay_rc rc =
        string_param(&part->message->arena, type, "charset", true, &charset);
    char *copy;

    if (rc != ASSAY_OK || !charset)
        return rc;
    copy = assay__arena_text(&part->message->arena, charset, strlen(charset));
    if (!copy)
        return ASSAY_E_NOMEM;
    lower(copy);
    part->info.charset = copy;
    return ASSAY_OK;
}

static bool is_identity(assay_encoding encoding)
{
    return encoding != ASSAY_ENCODING_BASE64 &&
           encoding != ASSAY_ENCODING_QUOTED_PRINTABLE &&
           encoding != ASSAY_ENCODING_UUENCODE;
}

static void decide_kind(assay_part_info *info)
{
    if (strncmp(info->media_type, "multipart/", 10) == 0) {
        info->is_container = info->boundary != NULL;
        if (!info->is_container) /* nothing divides it: mail programs show
                                    the text */
            info->media_type = "text/plain";
    } else if (strcmp(info->media_type, "message/rfc822") == 0 ||
               strcmp(info->media_type, "message/global") == 0) {
        /* RFC 2046 5.2.1 forbids other encodings here. Mail programs differ
         * on such a part; in this reading it is a leaf, decoded as any. */
        info->is_container = is_identity(info->encoding);
    }
}

assay_rc assay__part_describe(assay_part *part, const char *default_type)
{
    struct content_headers found =
        find_content_headers(part->message, part->info.header);
    struct assay__arena *arena = &part->message->arena;
    assay_part_info *info = &part->info;
    assay_rc rc;

    info->media_type = media_type(arena, found.type, default_type);
    if (!info->media_type)
        return ASSAY_E_NOMEM;
    info->media_type =
        assay__mime_loose_type(part, found.type, info->media_type);
    info->encoding = assay__part_encoding_of(found.encoding);
    rc = set_boundary(part, found.type);
    if (rc == ASSAY_OK)
        rc = set_charset(part, found.type);
    if (rc == ASSAY_OK)
        rc = string_param(arena, found.disposition, "filename", true,
                          &info->file_name);
    if (rc == ASSAY_OK && !info->file_name)
        rc = string_param(arena, found.type, "name", true, &info->file_name);
    info->is_attachment = info->file_name != NULL;
    decide_kind(info);
    return rc;
}

/* ---- data ---------------------------------------------------------------- */

static assay_rc run_decoder(const assay_part *part, struct assay__decoded *out)
{
    size_t max = part->message->limits.max_decoded_bytes;

    switch (part->info.encoding) {
    case ASSAY_ENCODING_BASE64:
        return assay__decode_base64(part->info.body, max, out);
    case ASSAY_ENCODING_QUOTED_PRINTABLE:
        return assay__decode_quoted_printable(part->info.body, max, out);
    case ASSAY_ENCODING_UUENCODE:
        return assay__decode_uuencode(part->info.body, max, out);
    default:
        return ASSAY_E_NOTFOUND;
    }
}

static assay_rc over_limit(size_t max, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_LIMIT, "part decodes to over %zu bytes",
                           max);
}

static assay_rc decode(assay_part *part, assay_error *err)
{
    size_t max = part->message->limits.max_decoded_bytes;
    struct assay__decoded decoded;
    assay_rc rc = run_decoder(part, &decoded);

    if (rc == ASSAY_E_NOTFOUND) {
        /* Identity, or a uuencode without a begin: the text as it stands,
         * all of it foreign to the encoding. */
        part->decoded = part->info.body;
        part->defects =
            is_identity(part->info.encoding) ? 0 : part->info.body.len;
        rc = part->info.body.len > max ? ASSAY_E_LIMIT : ASSAY_OK;
    } else if (rc == ASSAY_OK) {
        part->decoded = (assay_bytes){
            decoded.data ? decoded.data : part->info.body.data, decoded.len};
        part->defects = decoded.defects;
    }
    if (rc == ASSAY_E_LIMIT)
        return over_limit(max, err);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "decoded part");
    part->is_decoded = true;
    return ASSAY_OK;
}

assay_rc assay_part_decode(assay_part *part, assay_bytes *data_out,
                           size_t *defects_out, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    if (part->info.is_container)
        return assay_error_set(err, ASSAY_E_INVAL, "%s is a container",
                               part->info.media_type);
    if (!part->is_decoded)
        rc = decode(part, err);
    if (rc != ASSAY_OK)
        return rc;
    *data_out = part->decoded;
    if (defects_out)
        *defects_out = part->defects;
    return ASSAY_OK;
}

bool assay__part_is_decoded(const assay_part *part)
{
    return part->is_decoded || is_identity(part->info.encoding);
}

size_t assay__part_decode_room(const assay_part *part)
{
    return assay__decode_room(part->info.encoding, part->info.body,
                              part->message->limits.max_decoded_bytes);
}

assay_rc assay__part_decode_to(const assay_part *part, void *memory,
                               size_t *len_out, size_t *defects_out,
                               assay_error *err)
{
    size_t max = part->message->limits.max_decoded_bytes;
    struct assay__decoded decoded = {.data = memory};
    assay_rc rc =
        assay__decode_to(part->info.encoding, part->info.body, max, &decoded);

    if (rc == ASSAY_E_LIMIT)
        return over_limit(max, err);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "decoded part");
    *len_out = decoded.len;
    *defects_out = decoded.defects;
    return ASSAY_OK;
}

void assay__part_fini(assay_part *part)
{
    union {
        const char *bytes;
        void *memory;
    } data = {.bytes = part->decoded.data};

    if (part->is_decoded && data.bytes != part->info.body.data)
        free(data.memory);
    part->is_decoded = false;
}

/* ---- steps and look-ups -------------------------------------------------- */

assay_part *assay_part_first_child(const assay_part *part)
{
    return part->first_child;
}

assay_part *assay_part_next(const assay_part *part)
{
    return part->next;
}

assay_part *assay_part_parent(const assay_part *part)
{
    return part->parent;
}

assay_part *assay_part_thread(const assay_part *part)
{
    if (part->first_child)
        return part->first_child;
    while (part && !part->next)
        part = part->parent;
    return part ? part->next : NULL;
}

assay_message *assay_part_message(const assay_part *part)
{
    return part->message;
}

void assay_part_get_info(const assay_part *part, assay_part_info *info_out)
{
    *info_out = part->info;
}

bool assay_part_header(const assay_part *part, const char *name, size_t index,
                       assay_bytes *value_out)
{
    struct assay__header_field field;

    if (!assay__header_find(part->info.header, name, index, &field))
        return false;
    *value_out = field.value;
    return true;
}
