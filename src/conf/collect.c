/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Items and values on their way into the tree: gathered in growing arrays,
 * moved to the arena when their stanza or bracket ends.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/parse_priv.h"

/* Room for one more member; NULL when out of memory. */
static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    size_t more = *capacity + *capacity / 2 + 8;

    if (count < *capacity)
        return array;
    array = realloc(array, more * size);
    if (array)
        *capacity = more;
    return array;
}

bool assay__conf_is_full(const struct assay__conf_parser *p)
{
    return p->items > ASSAY__CONF_ITEMS_MAX;
}

/* Counts what is about to be added; says so once when it is too much, and then
 * no more of any file is read. */
static bool may_add(struct assay__conf_parser *p)
{
    const struct assay__conf_token *token = &p->in->token;
    struct assay__conf_pos pos = {p->in->name, token->line, token->column};

    if (assay__conf_is_full(p))
        return false;
    if (++p->items <= ASSAY__CONF_ITEMS_MAX)
        return true;
    assay__conf_diag(p->diags, ASSAY__CONF_ERROR, &pos, NULL,
                     "more than %d options and values, the limit",
                     ASSAY__CONF_ITEMS_MAX);
    return false;
}

bool assay__conf_add_item(struct assay__conf_parser *p,
                          struct assay__conf_items *list,
                          const struct assay__conf_item *item)
{
    struct assay__conf_item *grown;

    if (!may_add(p))
        return true;
    grown = grow(list->at, list->count, &list->capacity, sizeof *grown);
    if (!grown)
        return false;
    list->at = grown;
    grown[list->count] = *item;
    grown[list->count++].read_only = p->read_only;
    return true;
}

bool assay__conf_add_entry(struct assay__conf_parser *p,
                           struct assay__conf_entry_list *list,
                           const struct assay__conf_entry *entry)
{
    struct assay__conf_entry *grown;

    if (!may_add(p))
        return true;
    grown = grow(list->at, list->count, &list->capacity, sizeof *grown);
    if (!grown)
        return false;
    list->at = grown;
    grown[list->count++] = *entry;
    return true;
}

bool assay__conf_keep_items(struct assay__conf_parser *p,
                            const struct assay__conf_items *list,
                            struct assay__conf_item *stanza)
{
    struct assay__conf_item *items =
        assay__arena_alloc(&p->tree->arena, (list->count + 1) * sizeof *items);

    if (!items)
        return false;
    if (list->count > 0)
        memcpy(items, list->at, list->count * sizeof *items);
    stanza->items = items;
    stanza->count = list->count;
    return true;
}

bool assay__conf_keep_entries(struct assay__conf_parser *p,
                              const struct assay__conf_entry_list *list,
                              struct assay__conf_value *value)
{
    struct assay__arena *arena = &p->tree->arena;
    struct assay__conf_value *items =
        assay__arena_alloc(arena, (list->count + 1) * sizeof *items);
    const char **keys = NULL;

    if (value->kind == ASSAY__CONF_DICT)
        keys = assay__arena_alloc(arena, (list->count + 1) * sizeof *keys);
    if (!items || (value->kind == ASSAY__CONF_DICT && !keys))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        items[i] = list->at[i].value;
        if (keys)
            keys[i] = list->at[i].key;
    }
    value->items = items;
    value->keys = keys;
    value->count = list->count;
    return true;
}

char *assay__conf_word_text(struct assay__conf_parser *p,
                            const struct assay__conf_token *token)
{
    char *text = assay__arena_alloc(&p->tree->arena, token->len + 1);

    if (text)
        (void)assay__conf_token_decode(token, text);
    return text;
}
