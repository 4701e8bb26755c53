/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * String dictionaries for policy (VCTX_CONN, VCTX_MESS).
 *
 * Entries stand in order of insertion in one array; scripts keep tens of keys,
 * so a look-up compares stored hashes one after the other.
 */
#include <assay/message.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define MAX_KEYS 10000
#define MAX_VALUE_BYTES ((size_t)1024 * 1024)

struct entry {
    uint32_t hash;
    char *key;   /* owned */
    char *value; /* owned */
};

struct assay_context {
    struct entry *entries;
    size_t count;
    size_t cap;
};

/* FNV-1a */
static uint32_t hash_key(const char *key)
{
    uint32_t hash = 2166136261u;

    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash;
}

static struct entry *find(const assay_context *context, const char *key)
{
    uint32_t hash = hash_key(key);

    for (size_t i = 0; i < context->count; i++) {
        struct entry *entry = &context->entries[i];

        if (entry->hash == hash && strcmp(entry->key, key) == 0)
            return entry;
    }
    return NULL;
}

assay_rc assay_context_new(assay_context **out, assay_error *err)
{
    assay_context *context = calloc(1, sizeof *context);

    if (!context)
        return assay_error_set(err, ASSAY_E_NOMEM, "context");
    *out = context;
    return ASSAY_OK;
}

void assay_context_free(assay_context **context)
{
    assay_context *dying = *context;

    if (!dying)
        return;
    for (size_t i = 0; i < dying->count; i++) {
        free(dying->entries[i].key);
        free(dying->entries[i].value);
    }
    free(dying->entries);
    free(dying);
    *context = NULL;
}

const char *assay_context_get(const assay_context *context, const char *key)
{
    const struct entry *entry = key ? find(context, key) : NULL;

    return entry ? entry->value : NULL;
}

static bool make_room(assay_context *context)
{
    size_t cap = context->cap > 0 ? context->cap * 2 : 16;
    struct entry *grown;

    if (context->count < context->cap)
        return true;
    grown = realloc(context->entries, cap * sizeof *grown);
    if (!grown)
        return false;
    context->entries = grown;
    context->cap = cap;
    return true;
}

static assay_rc add_entry(assay_context *context, const char *key, char *value,
                          assay_error *err)
{
    struct entry *entry;
    char *key_copy;

    if (context->count >= MAX_KEYS)
        return assay_error_set(err, ASSAY_E_LIMIT, "context: more than %d keys",
                               MAX_KEYS);
    key_copy = assay__text_dup(key, strlen(key));
    if (!key_copy || !make_room(context)) {
        free(key_copy);
        return assay_error_set(err, ASSAY_E_NOMEM, "context");
    }
    entry = &context->entries[context->count++];
    entry->hash = hash_key(key);
    entry->key = key_copy;
    entry->value = value;
    return ASSAY_OK;
}

assay_rc assay_context_set(assay_context *context, const char *key,
                           const char *value, assay_error *err)
{
    struct entry *entry;
    char *copy;
    assay_rc rc;

    if (!key || *key == '\0' || !value)
        return assay_error_set(err, ASSAY_E_INVAL, "context: no %s",
                               value ? "key" : "value");
    if (strlen(value) > MAX_VALUE_BYTES || strlen(key) > MAX_VALUE_BYTES)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "context: \"%.64s\" is over %zu bytes", key,
                               MAX_VALUE_BYTES);
    copy = assay__text_dup(value, strlen(value));
    if (!copy)
        return assay_error_set(err, ASSAY_E_NOMEM, "context");
    entry = find(context, key);
    if (entry) {
        free(entry->value);
        entry->value = copy;
        return ASSAY_OK;
    }
    rc = add_entry(context, key, copy, err);
    if (rc != ASSAY_OK)
        free(copy);
    return rc;
}

bool assay_context_delete(assay_context *context, const char *key)
{
    struct entry *entry = key ? find(context, key) : NULL;
    size_t after;

    if (!entry)
        return false;
    free(entry->key);
    free(entry->value);
    context->count--;
    after = context->count - (size_t)(entry - context->entries);
    memmove(entry, entry + 1, after * sizeof *entry);
    return true;
}

const char *assay_context_key(const assay_context *context, size_t index)
{
    return index < context->count ? context->entries[index].key : NULL;
}
