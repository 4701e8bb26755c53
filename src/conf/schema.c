/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/verdict.h>

#include "base/arena.h"
#include "base/text.h"
#include "conf/lexer.h"
#include "conf/source.h"
#include "conf/value.h"

enum { HINT_MAX = 256, MASK_BITS = 64 };

struct assay__conf_store {
    struct assay__arena arena;
};

assay_rc assay__conf_store_new(struct assay__conf_store **out, assay_error *err)
{
    struct assay__conf_store *store = calloc(1, sizeof *store);

    if (!store)
        return assay_error_set(err, ASSAY_E_NOMEM, "configuration store");
    assay__arena_init(&store->arena);
    *out = store;
    return ASSAY_OK;
}

void assay__conf_store_free(struct assay__conf_store **store)
{
    if (*store)
        assay__arena_fini(&(*store)->arena);
    free(*store);
    *store = NULL;
}

/* ---- one value --------------------------------------------------------- */

static assay_rc no_memory(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM, "configuration values");
}

static void put(void *settings, const assay_conf_option *option,
                const void *value, size_t size)
{
    memcpy((char *)settings + option->offset, value, size);
}

/* @param file  that sets it; NULL: a default, which stays as it is */
static assay_rc put_text(const assay_conf_option *option, const char *text,
                         const char *file, struct assay__conf_store *store,
                         void *settings, assay_error *err)
{
    char *copy = option->type == ASSAY_CONF_PATH && file
                     ? assay__conf_path_beside(&store->arena, file, text)
                     : assay__arena_text(&store->arena, text, strlen(text));

    if (!copy)
        return no_memory(err);
    put(settings, option, &copy, sizeof copy);
    return ASSAY_OK;
}

/* For the types whose values need no memory; false when text is not one. */
static bool put_scalar(const assay_conf_option *option, const char *text,
                       void *settings, struct assay__conf_why *why)
{
    union {
        int64_t number;
        uint64_t size;
        uint32_t perms;
        int word;
        bool flag;
    } value;
    bool ok = true;

    switch (option->type) {
    case ASSAY_CONF_INT:
        ok = assay__conf_to_int(text, option, &value.number, why);
        if (ok)
            put(settings, option, &value.number, sizeof value.number);
        break;
    case ASSAY_CONF_SIZE:
        ok = assay__conf_to_size(text, option, &value.size, why);
        if (ok)
            put(settings, option, &value.size, sizeof value.size);
        break;
    case ASSAY_CONF_BOOL:
        ok = assay__conf_to_bool(text, &value.flag, why);
        if (ok)
            put(settings, option, &value.flag, sizeof value.flag);
        break;
    case ASSAY_CONF_PERMS:
        ok = assay__conf_to_perms(text, &value.perms, why);
        if (ok)
            put(settings, option, &value.perms, sizeof value.perms);
        break;
    case ASSAY_CONF_ENUM:
        ok = assay__conf_to_enum(text, option->words, &value.word, why);
        if (ok)
            put(settings, option, &value.word, sizeof value.word);
        break;
    case ASSAY_CONF_STRING:
    case ASSAY_CONF_PATH:
    case ASSAY_CONF_LIST:
        break; /* put_text() and put_list() */
    }
    return ok;
}

static bool is_text(const assay_conf_option *option)
{
    return option->type == ASSAY_CONF_STRING || option->type == ASSAY_CONF_PATH;
}

/* ---- lists ------------------------------------------------------------- */

/* Room for count items; the list may grow up to that. */
static const char **new_list(struct assay__conf_store *store, size_t count)
{
    return assay__arena_alloc(&store->arena, (count + 1) * sizeof(char *));
}

static assay_rc add_word(assay_conf_list *list, const char **items,
                         const char *text, size_t len,
                         struct assay__conf_store *store, assay_error *err)
{
    items[list->count] = assay__arena_text(&store->arena, text, len);
    if (!items[list->count])
        return no_memory(err);
    list->count++;
    return ASSAY_OK;
}

static bool sets(const struct assay__conf_item *item,
                 const assay_conf_option *option)
{
    return !item->is_stanza && assay__text_equal(item->name, option->name);
}

static bool is_word(const struct assay__conf_value *value)
{
    return value->kind == ASSAY__CONF_WORD;
}

/* Where the values of one stanza go. */
struct filling {
    const struct assay__conf_item *stanza;
    struct assay__conf_store *store;
    struct assay__conf_diags *diags;
    void *settings;
    assay_error *err;
};

/* What the module itself says of a text; a finding when it is refused. */
static bool check_text(const struct filling *fill,
                       const assay_conf_option *option, const char *name,
                       const struct assay__conf_value *value)
{
    assay_error why = {0};

    if (!option->check || option->check(value->text, &why) == ASSAY_OK)
        return true;
    assay__conf_diag(fill->diags, ASSAY__CONF_ERROR, &value->pos, NULL,
                     "'%s': %s", name, why.msg);
    return false;
}

/* The words of one value: itself, or the members of a list. */
static assay_rc add_words(const struct filling *fill,
                          const assay_conf_option *option,
                          assay_conf_list *list, const char **items,
                          const struct assay__conf_item *item)
{
    bool single = is_word(&item->value);
    const struct assay__conf_value *word =
        single ? &item->value : item->value.items;
    size_t count = single ? 1 : item->value.count;
    assay_rc rc = ASSAY_OK;

    if (item->value.kind == ASSAY__CONF_DICT) {
        assay__conf_diag(fill->diags, ASSAY__CONF_ERROR, &item->value.pos, NULL,
                         "'%s': a list is written ( a b )", item->name);
        return ASSAY_OK;
    }
    for (size_t i = 0; i < count && rc == ASSAY_OK; i++, word++) {
        if (is_word(word) && check_text(fill, option, item->name, word))
            rc = add_word(list, items, word->text, strlen(word->text),
                          fill->store, fill->err);
        else if (!is_word(word))
            assay__conf_diag(fill->diags, ASSAY__CONF_ERROR, &word->pos, NULL,
                             "'%s': a list holds only words", item->name);
    }
    return rc;
}

/* All values a stanza gives one list option, in order. */
static assay_rc fill_list(const struct filling *fill,
                          const assay_conf_option *option, bool *written)
{
    const struct assay__conf_item *item = fill->stanza->items;
    const struct assay__conf_item *end = item + fill->stanza->count;
    assay_conf_list list = {NULL, 0};
    const char **items;
    size_t room = 0;
    assay_rc rc = ASSAY_OK;

    for (; item < end; item++) {
        if (sets(item, option)) {
            room += is_word(&item->value) ? 1 : item->value.count;
            *written = true;
        }
    }
    if (!*written)
        return ASSAY_OK;
    items = new_list(fill->store, room);
    if (!items)
        return no_memory(fill->err);
    list.items = items;
    for (item = fill->stanza->items; item < end && rc == ASSAY_OK; item++)
        if (sets(item, option))
            rc = add_words(fill, option, &list, items, item);
    if (rc == ASSAY_OK)
        put(fill->settings, option, &list, sizeof list);
    return rc;
}

/* A default as written in a file: a word, or ( a "b" ). */
static assay_rc default_list(const assay_conf_option *option,
                             struct assay__conf_store *store, void *settings,
                             assay_error *err)
{
    const char *text = option->default_value;
    size_t len = strlen(text);
    assay_conf_list list = {NULL, 0};
    struct assay__conf_lexer lexer;
    struct assay__conf_token token;
    const char **items = new_list(store, len);
    assay_rc rc = ASSAY_OK;

    if (!items)
        return no_memory(err);
    list.items = items;
    assay__conf_lexer_init(&lexer, text, len);
    while ((token = assay__conf_lexer_next(&lexer)).kind != ASSAY__CONF_END &&
           rc == ASSAY_OK)
        if (assay__conf_token_is_word(&token))
            rc = add_word(&list, items, token.start, token.len, store, err);
    if (rc == ASSAY_OK)
        put(settings, option, &list, sizeof list);
    return rc;
}

/* ---- filling ----------------------------------------------------------- */

static assay_rc put_default(const assay_conf_option *option,
                            struct assay__conf_store *store, void *settings,
                            assay_error *err)
{
    struct assay__conf_why why = {"", NULL};

    if (option->type == ASSAY_CONF_LIST)
        return default_list(option, store, settings, err);
    if (is_text(option))
        return put_text(option, option->default_value, NULL, store, settings,
                        err);
    if (!put_scalar(option, option->default_value, settings, &why))
        return assay_error_set(err, ASSAY_E_INVAL, "default of '%s': %s",
                               option->name, why.text);
    return ASSAY_OK;
}

assay_rc assay__conf_defaults(const assay_conf_option *options,
                              size_t settings_size,
                              struct assay__conf_store *store, void *settings,
                              assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    memset(settings, 0, settings_size);
    for (; options && options->name && rc == ASSAY_OK; options++)
        if (options->default_value)
            rc = put_default(options, store, settings, err);
    return rc;
}

static void suggest(char *hint, size_t size, const char *nearest)
{
    *hint = '\0';
    if (nearest)
        (void)snprintf(hint, size, "did you mean '%s'?", nearest);
}

static assay_rc fill_one(const struct filling *fill,
                         const assay_conf_option *option,
                         const struct assay__conf_item *item, bool *written)
{
    const struct assay__conf_value *value = &item->value;
    struct assay__conf_why why = {"", NULL};
    char hint[HINT_MAX];

    if (!is_word(value)) {
        assay__conf_diag(fill->diags, ASSAY__CONF_ERROR, &value->pos, NULL,
                         "'%s' takes one value, not a %s", item->name,
                         value->kind == ASSAY__CONF_LIST ? "list" : "dict");
    } else if (option->type == ASSAY_CONF_PATH && *value->text == '\0') {
        assay__conf_diag(fill->diags, ASSAY__CONF_ERROR, &value->pos, NULL,
                         "'%s': a path cannot be empty", item->name);
    } else if (is_text(option)) {
        if (!check_text(fill, option, item->name, value))
            return ASSAY_OK;
        *written = true;
        return put_text(option, value->text, item->pos.file, fill->store,
                        fill->settings, fill->err);
    } else if (put_scalar(option, value->text, fill->settings, &why)) {
        *written = true;
    } else {
        suggest(hint, sizeof hint, why.nearest);
        assay__conf_diag(fill->diags, ASSAY__CONF_ERROR, &value->pos, hint,
                         "'%s': %s", item->name, why.text);
    }
    return ASSAY_OK;
}

/* The last of several wins; each is checked. */
static assay_rc fill_scalar(const struct filling *fill,
                            const assay_conf_option *option, bool *written)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < fill->stanza->count && rc == ASSAY_OK; i++)
        if (sets(&fill->stanza->items[i], option))
            rc = fill_one(fill, option, &fill->stanza->items[i], written);
    return rc;
}

/* NOLINTNEXTLINE(readability-function-size): a struct for one call is worse */
assay_rc assay__conf_fill(const assay_conf_option *options,
                          const struct assay__conf_item *stanza,
                          struct assay__conf_store *store,
                          struct assay__conf_diags *diags, void *settings,
                          uint64_t *set_mask, assay_error *err)
{
    const struct filling fill = {stanza, store, diags, settings, err};

    for (size_t i = 0; options && options[i].name; i++) {
        bool written = false;
        assay_rc rc = options[i].type == ASSAY_CONF_LIST
                          ? fill_list(&fill, &options[i], &written)
                          : fill_scalar(&fill, &options[i], &written);

        if (rc != ASSAY_OK)
            return rc;
        if (written && set_mask && i < MASK_BITS)
            *set_mask |= UINT64_C(1) << i;
    }
    return assay__conf_diags_failed(diags) ? no_memory(err) : ASSAY_OK;
}

/* ---- checks ------------------------------------------------------------ */

static bool is_in_stanza(const struct assay__conf_item *stanza,
                         const assay_conf_option *option)
{
    for (size_t i = 0; i < stanza->count; i++)
        if (assay__text_equal(stanza->items[i].name, option->name))
            return true;
    return false;
}

void assay__conf_check_required(const assay_conf_option *options,
                                uint64_t set_mask,
                                const struct assay__conf_item *stanza,
                                const char *scope,
                                struct assay__conf_diags *diags)
{
    for (size_t i = 0; options && options[i].name; i++) {
        bool is_set = i < MASK_BITS && (set_mask >> i & 1) != 0;

        if (options[i].required && !is_set &&
            !is_in_stanza(stanza, &options[i]))
            assay__conf_diag(diags, ASSAY__CONF_ERROR, &stanza->pos, NULL,
                             "option '%s' is required in scope '%s'",
                             options[i].name, scope);
    }
}

/* What may stand in a stanza. */
struct names {
    const assay_conf_option *const *tables; /* ends with NULL */
    const char *const *children;            /* ends with NULL */
    assay__conf_elsewhere *elsewhere;       /* NULL: no such hints */
    void *arg;
};

static const char *next_option(void *arg, size_t i)
{
    const struct names *names = arg;
    const assay_conf_option *const *table = names->tables;

    for (; table && *table; table++)
        for (const assay_conf_option *o = *table; o->name; o++)
            if (i-- == 0)
                return o->name;
    return NULL;
}

static const char *next_child(void *arg, size_t i)
{
    const struct names *names = arg;
    const char *const *child = names->children;

    for (; child && *child; child++)
        if (i-- == 0)
            return *child;
    return NULL;
}

static bool is_listed(const char *name,
                      const char *(*next)(void *arg, size_t i), void *arg)
{
    const char *known;

    for (size_t i = 0; (known = next(arg, i)) != NULL; i++)
        if (assay__text_equal(name, known))
            return true;
    return false;
}

static void check_option_name(const struct assay__conf_item *item,
                              struct names *names, const char *scope,
                              struct assay__conf_diags *diags)
{
    const char *belongs = NULL;
    char hint[HINT_MAX];

    if (is_listed(item->name, next_option, names))
        return;
    if (is_listed(item->name, next_child, names)) {
        assay__conf_diag(diags, ASSAY__CONF_ERROR, &item->pos, NULL,
                         "'%s' is a stanza, not an option, in scope '%s'; it "
                         "is written with braces",
                         item->name, scope);
        return;
    }
    if (names->elsewhere)
        belongs = names->elsewhere(names->arg, item->name);
    if (!belongs)
        suggest(hint, sizeof hint,
                assay__conf_nearest(item->name, next_option, names));
    assay__conf_diag(
        diags, ASSAY__CONF_ERROR, &item->pos, belongs ? belongs : hint,
        "'%s' is not a valid option in scope '%s'", item->name, scope);
}

static void check_stanza_name(const struct assay__conf_item *item,
                              struct names *names, const char *scope,
                              struct assay__conf_diags *diags)
{
    char hint[HINT_MAX];

    if (is_listed(item->name, next_child, names))
        return;
    if (is_listed(item->name, next_option, names)) {
        assay__conf_diag(diags, ASSAY__CONF_ERROR, &item->pos, NULL,
                         "'%s' is an option, not a stanza, in scope '%s'; it "
                         "is written '%s = value'",
                         item->name, scope, item->name);
        return;
    }
    suggest(hint, sizeof hint,
            assay__conf_nearest(item->name, next_child, names));
    assay__conf_diag(diags, ASSAY__CONF_ERROR, &item->pos, hint,
                     "'%s' is not a valid scope name in scope '%s'", item->name,
                     scope);
}

/* NOLINTNEXTLINE(readability-function-size): one more than usual */
void assay__conf_check_names_hinting(const struct assay__conf_item *stanza,
                                     const assay_conf_option *const *tables,
                                     const char *const *children,
                                     const char *scope,
                                     assay__conf_elsewhere *elsewhere,
                                     void *arg, struct assay__conf_diags *diags)
{
    struct names names = {tables, children, elsewhere, arg};

    for (size_t i = 0; i < stanza->count; i++) {
        if (stanza->items[i].is_stanza)
            check_stanza_name(&stanza->items[i], &names, scope, diags);
        else
            check_option_name(&stanza->items[i], &names, scope, diags);
    }
}

void assay__conf_check_names(const struct assay__conf_item *stanza,
                             const assay_conf_option *const *tables,
                             const char *const *children, const char *scope,
                             struct assay__conf_diags *diags)
{
    assay__conf_check_names_hinting(stanza, tables, children, scope, NULL, NULL,
                                    diags);
}

void assay__conf_check_instance(const struct assay__conf_item *stanza,
                                bool named, struct assay__conf_diags *diags)
{
    const struct assay__conf_pos *pos =
        stanza->instance ? &stanza->instance_pos : &stanza->pos;

    if (!named && stanza->instance)
        assay__conf_diag(diags, ASSAY__CONF_ERROR, pos, NULL,
                         "stanza '%s' takes no instance name", stanza->name);
    else if (named && !stanza->instance)
        assay__conf_diag(diags, ASSAY__CONF_ERROR, pos, NULL,
                         "stanza '%s' needs an instance name: %s \"name\" { }",
                         stanza->name, stanza->name);
    else if (named && *stanza->instance == '\0')
        assay__conf_diag(diags, ASSAY__CONF_ERROR, pos, NULL,
                         "the instance name of '%s' is empty", stanza->name);
    else if (named && strlen(stanza->instance) > ASSAY_NAME_MAX)
        assay__conf_diag(diags, ASSAY__CONF_ERROR, pos, NULL,
                         "the instance name is longer than %d bytes, the limit",
                         ASSAY_NAME_MAX);
}
