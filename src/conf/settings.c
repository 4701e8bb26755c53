/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/settings.h"

#include <stdlib.h>
#include <string.h>

/* Members are read through memcpy: their place in the struct is data here. */

static const char *string_at(const void *member)
{
    const char *text;

    memcpy(&text, member, sizeof text);
    return text;
}

static assay_conf_list list_at(const void *member)
{
    assay_conf_list list;

    memcpy(&list, member, sizeof list);
    return list;
}

static bool strings_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool lists_equal(assay_conf_list a, assay_conf_list b)
{
    bool is_equal = a.count == b.count;

    for (size_t i = 0; is_equal && i < a.count; i++)
        is_equal = strings_equal(a.items[i], b.items[i]);
    return is_equal;
}

static bool members_equal(assay_conf_type type, const void *a, const void *b)
{
    switch (type) {
    case ASSAY_CONF_STRING:
    case ASSAY_CONF_PATH:
        return strings_equal(string_at(a), string_at(b));
    case ASSAY_CONF_LIST:
        return lists_equal(list_at(a), list_at(b));
    case ASSAY_CONF_INT:
        return memcmp(a, b, sizeof(int64_t)) == 0;
    case ASSAY_CONF_SIZE:
        return memcmp(a, b, sizeof(uint64_t)) == 0;
    case ASSAY_CONF_BOOL:
        return memcmp(a, b, sizeof(bool)) == 0;
    case ASSAY_CONF_ENUM:
        return memcmp(a, b, sizeof(int)) == 0;
    case ASSAY_CONF_PERMS:
        return memcmp(a, b, sizeof(uint32_t)) == 0;
    }
    return false; /* a type we do not know: take it for changed */
}

bool assay__conf_settings_equal(const assay_conf_option *options, const void *a,
                                const void *b)
{
    for (; options && options->name; options++)
        if (!members_equal(options->type, (const char *)a + options->offset,
                           (const char *)b + options->offset))
            return false;
    return true;
}

/* ---- copying ----------------------------------------------------------- */

/* Where the next list and the next string of a copy go; with NULL they are
 * only measured. What is measured exists in memory, so its size does not
 * wrap. */
struct copy {
    char *lists, *text;
    size_t list_bytes, text_bytes;
};

static const char *copy_string(struct copy *copy, const char *from)
{
    size_t size = from ? strlen(from) + 1 : 0;
    char *to = NULL;

    if (copy->text && from) {
        to = copy->text + copy->text_bytes;
        memcpy(to, from, size);
    }
    copy->text_bytes += size;
    return to;
}

static assay_conf_list copy_list(struct copy *copy, assay_conf_list from)
{
    assay_conf_list to = {.items = NULL, .count = from.count};
    char *items = copy->lists ? copy->lists + copy->list_bytes : NULL;

    if (from.count == 0)
        return to;
    copy->list_bytes += (from.count + 1) * sizeof *from.items;
    for (size_t i = 0; i <= from.count; i++) {
        const char *item =
            copy_string(copy, i < from.count ? from.items[i] : NULL);

        if (items)
            memcpy(items + i * sizeof item, &item, sizeof item);
    }
    if (items)
        to.items = (const char *const *)(const void *)items;
    return to;
}

/* @param to  NULL: only measure */
static void copy_members(const assay_conf_option *options, struct copy *copy,
                         const char *from, char *to)
{
    for (; options && options->name; options++) {
        const char *member = from + options->offset;

        if (options->type == ASSAY_CONF_STRING ||
            options->type == ASSAY_CONF_PATH) {
            const char *text = copy_string(copy, string_at(member));

            if (to)
                memcpy(to + options->offset, &text, sizeof text);
        } else if (options->type == ASSAY_CONF_LIST) {
            assay_conf_list list = copy_list(copy, list_at(member));

            if (to)
                memcpy(to + options->offset, &list, sizeof list);
        }
    }
}

void *assay__conf_settings_dup(const assay_conf_option *options, size_t size,
                               const void *settings)
{
    const size_t align = _Alignof(max_align_t);
    size_t head = (size + align - 1) / align * align;
    struct copy copy = {0};
    char *block;

    copy_members(options, &copy, settings, NULL);
    block = malloc(head + copy.list_bytes + copy.text_bytes + 1);
    if (!block)
        return NULL;
    memcpy(block, settings, size);
    copy = (struct copy){.lists = block + head,
                         .text = block + head + copy.list_bytes};
    copy_members(options, &copy, settings, block);
    return block;
}

/* ---- for another process ------------------------------------------------ */

/* Of types that are their own bytes; 0 for the others. */
static size_t plain_size(assay_conf_type type)
{
    switch (type) {
    case ASSAY_CONF_INT:
    case ASSAY_CONF_SIZE:
        return sizeof(uint64_t);
    case ASSAY_CONF_BOOL:
        return sizeof(bool);
    case ASSAY_CONF_ENUM:
        return sizeof(int);
    case ASSAY_CONF_PERMS:
        return sizeof(uint32_t);
    case ASSAY_CONF_STRING:
    case ASSAY_CONF_PATH:
    case ASSAY_CONF_LIST:
        break;
    }
    return 0;
}

static void pack_plain(struct assay__strbuf *buf, const void *member,
                       size_t size)
{
    uint64_t number = 0;

    memcpy(&number, member, size);
    assay__fields_add_number(buf, number);
}

static void pack_list(struct assay__strbuf *buf, assay_conf_list list)
{
    assay__fields_add_number(buf, list.count);
    for (size_t i = 0; i < list.count; i++)
        assay__fields_add_text(buf, list.items[i]);
}

void assay__conf_settings_pack(const assay_conf_option *options,
                               const void *settings, struct assay__strbuf *buf)
{
    for (; options && options->name; options++) {
        const void *member = (const char *)settings + options->offset;

        assay__fields_add_text(buf, options->name);
        if (plain_size(options->type) > 0)
            pack_plain(buf, member, plain_size(options->type));
        else if (options->type == ASSAY_CONF_LIST)
            pack_list(buf, list_at(member));
        else
            assay__fields_add_text(buf, string_at(member));
    }
}

static assay_rc unpack_list(struct assay__fields *fields,
                            struct assay__arena *arena, void *member,
                            assay_error *err)
{
    uint64_t count = assay__fields_number(fields);
    assay_conf_list list = {.count = (size_t)count};
    const char **items;

    if (count > fields->left) { /* a text takes more than a byte */
        fields->failed = true;
        return ASSAY_OK;
    }
    items = assay__arena_alloc(arena, ((size_t)count + 1) * sizeof *items);
    if (!items)
        return assay_error_set(err, ASSAY_E_NOMEM, "settings");
    for (size_t i = 0; i < list.count; i++)
        items[i] = assay__fields_text(fields);
    list.items = items;
    memcpy(member, &list, sizeof list);
    return ASSAY_OK;
}

static assay_rc unpack_member(const assay_conf_option *option,
                              struct assay__fields *fields,
                              struct assay__arena *arena, void *member,
                              assay_error *err)
{
    const char *text;
    uint64_t number;

    if (option->type == ASSAY_CONF_LIST)
        return unpack_list(fields, arena, member, err);
    if (plain_size(option->type) > 0) {
        number = assay__fields_number(fields);
        memcpy(member, &number, plain_size(option->type));
        return ASSAY_OK;
    }
    text = assay__fields_text(fields);
    memcpy(member, &text, sizeof text);
    return ASSAY_OK;
}

assay_rc assay__conf_settings_unpack(const assay_conf_option *options,
                                     struct assay__fields *fields,
                                     struct assay__arena *arena, void *settings,
                                     assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (; rc == ASSAY_OK && options && options->name; options++) {
        const char *name = assay__fields_text(fields);

        if (!name || strcmp(name, options->name) != 0)
            return assay_error_set(err, ASSAY_E_INVAL,
                                   "settings: there is no '%s' where it should "
                                   "be",
                                   options->name);
        rc = unpack_member(options, fields, arena,
                           (char *)settings + options->offset, err);
        if (rc == ASSAY_OK && fields->failed)
            rc = assay_error_set(err, ASSAY_E_INVAL,
                                 "settings: '%s' is cut off", options->name);
    }
    return rc;
}
