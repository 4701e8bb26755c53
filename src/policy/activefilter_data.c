/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/activefilter_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

static bool is_key(const char *key)
{
    size_t len = 0;

    while (len <= ASSAY__ACTIVEFILTER_KEY_MAX && is_key_char(key[len]))
        len++;
    return len > 0 && len <= ASSAY__ACTIVEFILTER_KEY_MAX && key[len] == '\0';
}

/* What XML 1.0 can carry as it stands. */
static bool is_value(const char *value)
{
    size_t len = strnlen(value, ASSAY__ACTIVEFILTER_VALUE_MAX + 1);

    if (len > ASSAY__ACTIVEFILTER_VALUE_MAX)
        return false;
    for (size_t i = 0; i < len;) {
        size_t step = assay__utf8_length(value + i, len - i);
        bool is_blank =
            value[i] == '\t' || value[i] == '\r' || value[i] == '\n';

        if (step == 0 || ((unsigned char)value[i] < ' ' && !is_blank))
            return false;
        i += step;
    }
    return true;
}

static assay_rc check(const char *address, const char *key, const char *value,
                      assay_error *err)
{
    size_t len = strnlen(address, ASSAY__ACTIVEFILTER_RECIPIENT_MAX + 1);

    if (len == 0 || len > ASSAY__ACTIVEFILTER_RECIPIENT_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "an address has 1 to %d bytes",
                               ASSAY__ACTIVEFILTER_RECIPIENT_MAX);
    if (!is_key(key))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%.80s' is not a key: letters, digits and "
                               "_ - . , at most %d of them",
                               key, ASSAY__ACTIVEFILTER_KEY_MAX);
    if (!is_value(value))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the value of '%s' is not UTF-8 text of at most "
                               "%d bytes",
                               key, ASSAY__ACTIVEFILTER_VALUE_MAX);
    return ASSAY_OK;
}

/* @return its place among the data of that address, or NULL; *keys_out counts
 *  what the address has */
static struct assay__activefilter_datum *find(
    struct assay__activefilter_data *data, const char *address, const char *key,
    size_t *keys_out)
{
    struct assay__activefilter_datum *found = NULL;

    *keys_out = 0;
    for (size_t i = 0; i < data->count; i++) {
        struct assay__activefilter_datum *item = &data->items[i];

        if (!assay__text_equal(item->address, address))
            continue;
        ++*keys_out;
        if (strcmp(item->key, key) == 0)
            found = item;
    }
    return found;
}

static void release(struct assay__activefilter_datum *item)
{
    free((void *)(uintptr_t)item->address);
    free((void *)(uintptr_t)item->key);
    free((void *)(uintptr_t)item->value);
}

static size_t size_of(const struct assay__activefilter_datum *item)
{
    return strlen(item->address) + strlen(item->key) + strlen(item->value);
}

/* @param present  what the new one takes the place of, or NULL */
static assay_rc check_room(const struct assay__activefilter_data *data,
                           const struct assay__activefilter_datum *present,
                           size_t keys, size_t bytes, assay_error *err)
{
    size_t freed = present ? size_of(present) : 0;

    if (!present && keys >= ASSAY__ACTIVEFILTER_KEYS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "a recipient has %d keys already",
                               ASSAY__ACTIVEFILTER_KEYS_MAX);
    if ((!present && data->count >= ASSAY__ACTIVEFILTER_DATA_MAX) ||
        bytes > ASSAY__ACTIVEFILTER_BYTES_MAX - (data->bytes - freed))
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "the recipients of a message have %zu keys of "
                               "%zu bytes already",
                               data->count, data->bytes);
    return ASSAY_OK;
}

static bool reserve(struct assay__activefilter_data *data)
{
    struct assay__activefilter_datum *grown;
    size_t capacity = data->capacity ? data->capacity * 2 : 8, bytes;

    if (data->count < data->capacity)
        return true;
    if (!assay__size_mul(capacity, sizeof *grown, &bytes) ||
        !(grown = realloc(data->items, bytes)))
        return false;
    data->items = grown;
    data->capacity = capacity;
    return true;
}

assay_rc assay__activefilter_data_add(struct assay__activefilter_data *data,
                                      const char *address, const char *key,
                                      const char *value, assay_error *err)
{
    struct assay__activefilter_datum item, *present;
    size_t keys;
    assay_rc rc = check(address, key, value, err);

    if (rc != ASSAY_OK)
        return rc;
    present = find(data, address, key, &keys);
    rc = check_room(data, present, keys,
                    strlen(address) + strlen(key) + strlen(value), err);
    if (rc != ASSAY_OK)
        return rc;
    item.address = assay__text_dup(address, strlen(address));
    item.key = assay__text_dup(key, strlen(key));
    item.value = assay__text_dup(value, strlen(value));
    if (!item.address || !item.key || !item.value ||
        (!present && !reserve(data))) {
        release(&item);
        return assay_error_set(err, ASSAY_E_NOMEM, "data of a recipient");
    }
    if (present) {
        data->bytes -= size_of(present);
        release(present);
    } else {
        present = &data->items[data->count++];
    }
    data->bytes += size_of(&item);
    *present = item;
    return ASSAY_OK;
}

void assay__activefilter_data_clear(struct assay__activefilter_data *data)
{
    for (size_t i = 0; i < data->count; i++)
        release(&data->items[i]);
    free(data->items);
    *data = (struct assay__activefilter_data){0};
}
