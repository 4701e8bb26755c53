/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/control_options.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/parse.h"
#include "conf/write.h"
#include "runtime/assay_priv.h"
#include "runtime/option_table.h"

enum {
    TEXT_MAX = ASSAY__CONTROL_REPLY_MAX,
    SCOPE_INDENT = 8 /* of options that stand in a stanza */
};

static struct assay__config_transaction *transaction(
    const struct assay__control_call *call)
{
    return call->session->config;
}

/* ---- what is looked at ------------------------------------------------- */

struct view {
    struct assay__generation *present; /* counted; NULL in a transaction */
    const struct assay__generation *generation;
    const struct assay__conf_tree *tree;
};

static struct view view_open(const struct assay__control_call *call)
{
    struct assay__config_transaction *txn = transaction(call);
    struct view view = {NULL, NULL, NULL};

    if (txn) {
        view.generation = assay__config_base(txn);
        view.tree = assay__config_tree(txn);
    } else {
        view.present = assay__present(call->session->library);
        view.generation = view.present;
        view.tree = view.present->tree;
    }
    return view;
}

static void view_close(struct view *view)
{
    assay__generation_unref(&view->present);
}

/* ---- saying ------------------------------------------------------------ */

/* How a scope is called: Global, or the words of its path. */
static void scope_text(const struct assay__conf_path *path,
                       struct assay__strbuf *out)
{
    assay__strbuf_init(out, TEXT_MAX);
    for (size_t i = 0; i < path->count; i++)
        (void)assay__strbuf_addf(out, "%s%s", i > 0 ? " " : "", path->words[i]);
    if (path->count == 0)
        (void)assay__strbuf_adds(out, "Global");
}

static void tell_scope(const struct assay__control_call *call,
                       const struct assay__conf_path *path)
{
    struct assay__strbuf scope;

    scope_text(path, &scope);
    assay__control_tell(call, "scope",
                        assay__control_string(assay__strbuf_str(&scope)));
    assay__strbuf_fini(&scope);
}

/* A list has a line for each word. */
static void say_value(const struct assay__control_call *call, unsigned indent,
                      const char *name, const struct assay__conf_value *value)
{
    struct assay__strbuf text;

    assay__strbuf_init(&text, TEXT_MAX);
    if (value->kind == ASSAY__CONF_LIST) {
        (void)assay__strbuf_adds(&text, "(\n");
        for (size_t i = 0; i < value->count; i++) {
            (void)assay__strbuf_addf(&text, "%*s", (int)indent + 2, "");
            assay__conf_write_value(&text, &value->items[i]);
            (void)assay__strbuf_addc(&text, '\n');
        }
        (void)assay__strbuf_addf(&text, "%*s)", (int)indent, "");
    } else {
        assay__conf_write_value(&text, value);
    }
    assay__control_say(call, "%*s%s = %s\n", (int)indent, "", name,
                       assay__strbuf_str(&text));
    assay__strbuf_fini(&text);
}

static json_t *value_data(const struct assay__control_call *call,
                          const struct assay__conf_value *value);

static json_t *list_data(const struct assay__control_call *call,
                         const struct assay__conf_value *value)
{
    json_t *list = json_array();

    for (size_t i = 0; i < value->count; i++)
        assay__control_append(call, list, value_data(call, &value->items[i]));
    return list;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the grammar lets values be */
static json_t *value_data(const struct assay__control_call *call,
                          const struct assay__conf_value *value)
{
    json_t *dict;

    if (value->kind == ASSAY__CONF_WORD)
        return assay__control_string(value->text);
    if (value->kind == ASSAY__CONF_LIST)
        return list_data(call, value);
    dict = json_object();
    for (size_t i = 0; i < value->count; i++)
        assay__control_put(call, dict, value->keys[i],
                           value_data(call, &value->items[i]));
    return dict;
}

static void answer_value(const struct assay__control_call *call,
                         unsigned indent, const char *name,
                         const struct assay__conf_value *value)
{
    say_value(call, indent, name, value);
    assay__control_tell(call, "option", assay__control_string(name));
    assay__control_tell(call, "value", value_data(call, value));
}

static void fail_not_set(const struct assay__control_call *call,
                         const struct assay__conf_path *path,
                         const char *option)
{
    struct assay__strbuf scope;

    scope_text(path, &scope);
    assay__control_fail(call, "Option '%s' is not set in scope '%s'.", option,
                        assay__strbuf_str(&scope));
    assay__strbuf_fini(&scope);
}

static bool scope_exists(const struct assay__control_call *call,
                         const struct view *view,
                         const struct assay__conf_path *path)
{
    struct assay__strbuf scope;

    if (assay__conf_has_stanza(view->tree, path))
        return true;
    scope_text(path, &scope);
    assay__control_fail(call, "There is no scope '%s'.",
                        assay__strbuf_str(&scope));
    assay__strbuf_fini(&scope);
    return false;
}

static unsigned indent_of(const struct assay__conf_path *path)
{
    return path->count > 0 ? SCOPE_INDENT : 0;
}

/* [scope…] option */
static bool split_option(const struct assay__control_call *call,
                         struct assay__conf_path *path, const char **option)
{
    if (call->argc == 0) {
        assay__control_fail(call, "The name of an option is missing.");
        return false;
    }
    path->words = call->argv;
    path->count = call->argc - 1;
    *option = call->argv[call->argc - 1];
    return true;
}

/* ---- get, eval --------------------------------------------------------- */

void assay__control_option_get(const struct assay__control_call *call)
{
    const struct assay__conf_item *item;
    struct assay__conf_path path;
    const char *option;
    struct view view;

    if (!split_option(call, &path, &option))
        return;
    view = view_open(call);
    if (scope_exists(call, &view, &path)) {
        item = assay__conf_find_option(view.tree, &path, option);
        if (item)
            answer_value(call, indent_of(&path), item->name, &item->value);
        else
            fail_not_set(call, &path, option);
        tell_scope(call, &path);
    }
    view_close(&view);
}

/* The value in effect: set in the scope, in the one it inherits from, or the
 * default. @return false when there is none, after saying so */
static bool answer_effective(const struct assay__control_call *call,
                             const struct view *view,
                             const struct assay__conf_path *path,
                             const char *option)
{
    const struct assay__conf_item *item =
        assay__conf_find_option(view->tree, path, option);
    struct assay__option_place place;
    struct assay__conf_value text = {.kind = ASSAY__CONF_WORD};

    assay__option_find(view->generation, path, option, &place);
    if (!item && place.inherits.count > 0)
        item = assay__conf_find_option(view->tree, &place.inherits, option);
    if (item) {
        answer_value(call, indent_of(path), item->name, &item->value);
        return true;
    }
    if (place.is_known && !place.option) {
        assay__control_fail(call,
                            "No module provides capability 'config.%s:%s'.",
                            path->count > 0 ? place.stanza : "Global", option);
        return false;
    }
    if (!place.option || !place.option->default_value)
        return false;
    text.text = place.option->default_value;
    answer_value(call, indent_of(path), place.option->name, &text);
    return true;
}

void assay__control_option_eval(const struct assay__control_call *call)
{
    struct assay__conf_path path;
    const char *option;
    struct view view;

    if (!split_option(call, &path, &option))
        return;
    view = view_open(call);
    if (scope_exists(call, &view, &path)) {
        if (!answer_effective(call, &view, &path, option) &&
            !call->reply->failed)
            fail_not_set(call, &path, option);
        tell_scope(call, &path);
    }
    view_close(&view);
}

/* ---- changes ----------------------------------------------------------- */

void assay__control_report(const struct assay__control_call *call, assay_rc rc,
                           const struct assay__strbuf *findings,
                           const assay_error *err)
{
    bool is_of_building = rc != ASSAY_E_NOTFOUND && rc != ASSAY_E_INVAL &&
                          rc != ASSAY_E_STATE && rc != ASSAY_E_LIMIT;

    if (findings->len > 0)
        assay__control_say(call, "%s", assay__strbuf_str(findings));
    if (findings->len == 0 || !is_of_building)
        assay__control_say(call, "%s\n", err->msg);
    if (is_of_building)
        assay__control_fail(call, "Reconfigure failed");
    else
        call->reply->failed = true;
}

static bool change(const struct assay__control_call *call,
                   const struct assay__config_edit *edit)
{
    struct assay__strbuf findings;
    assay_error err = {0};
    assay_rc rc;

    assay__strbuf_init(&findings, TEXT_MAX);
    if (transaction(call))
        rc = assay__config_change(transaction(call), edit, &err);
    else
        rc = assay__config_apply(call->session->library, edit, &findings, &err);
    if (rc != ASSAY_OK)
        assay__control_report(call, rc, &findings, &err);
    else if (findings.len > 0) /* warnings */
        assay__control_say(call, "%s", assay__strbuf_str(&findings));
    assay__strbuf_fini(&findings);
    return rc == ASSAY_OK;
}

/* What `set` was given. */
struct setting {
    struct assay__conf_path path;
    const char *option;
    char *name;               /* owned: "name" of "name=value" */
    const char *const *words; /* of the value */
    size_t count;
    const char *rest; /* "value" of "name=value"; then no words */
};

/* Where the option's value begins: behind "=", or at a bracket. 0: neither */
static size_t value_at(const struct assay__control_call *call, size_t *name)
{
    for (size_t i = 1; i < call->argc; i++) {
        *name = i - 1;
        if (strcmp(call->argv[i], "=") == 0)
            return i + 1;
        if (call->argv[i][0] == '(' || call->argv[i][0] == '[')
            return i;
    }
    return 0;
}

/* `set antivirus av1 timeout=20`, when the words before name a stanza. */
static bool split_glued(const struct assay__control_call *call,
                        const struct view *view, struct setting *out)
{
    const struct assay__conf_path path = {call->argv, call->argc - 1};
    const char *last = call->argv[call->argc - 1];
    const char *sign = strchr(last, '=');

    if (!sign || sign == last || !assay__conf_has_stanza(view->tree, &path))
        return false;
    out->name = assay__text_dup(last, (size_t)(sign - last));
    out->path = path;
    out->option = out->name;
    out->rest = sign + 1;
    return out->name != NULL;
}

static bool split_setting(const struct assay__control_call *call,
                          struct setting *out)
{
    size_t name = 0, at = value_at(call, &name);
    struct view view;
    bool glued;

    if (at == 0 && call->argc > 0) {
        view = view_open(call);
        glued = split_glued(call, &view, out);
        view_close(&view);
        if (glued)
            return true;
        if (call->argc >= 2) {
            at = call->argc - 1;
            name = call->argc - 2;
        }
    }
    if (at == 0 || at >= call->argc) {
        assay__control_fail(call, "Usage: config set [scope…] option = value");
        return false;
    }
    out->path = (struct assay__conf_path){call->argv, name};
    out->option = call->argv[name];
    out->words = call->argv + at;
    out->count = call->argc - at;
    return true;
}

/* One value that parses back to itself, and nothing behind it. */
static bool is_one_value(const char *value)
{
    struct assay__conf_diags *diags = NULL;
    struct assay__conf_tree *tree = NULL;
    struct assay__strbuf text;
    bool ok = false;

    assay__strbuf_init(&text, TEXT_MAX);
    if (assay__strbuf_addf(&text, "x = %s\n", value) == ASSAY_OK &&
        assay__conf_diags_new(&diags, NULL) == ASSAY_OK &&
        assay__conf_parse_text("console", assay__strbuf_str(&text), text.len,
                               diags, &tree, NULL) == ASSAY_OK) {
        const struct assay__conf_item *root = assay__conf_tree_root(tree);

        ok = root->count == 1 && !root->items[0].is_stanza;
    }
    assay__conf_tree_free(&tree);
    assay__conf_diags_free(&diags);
    assay__strbuf_fini(&text);
    return ok;
}

/* As it is written in a file; @quoted as the old value was. */
static bool write_setting(const struct setting *setting, bool quoted,
                          struct assay__strbuf *out)
{
    const char *first = setting->rest ? setting->rest : setting->words[0];

    if (*first == '(' || *first == '[') {
        (void)assay__strbuf_adds(out, first);
        for (size_t i = 1; i < setting->count; i++)
            (void)assay__strbuf_addf(out, " %s", setting->words[i]);
    } else if (setting->count > 1 || !assay__conf_word_is_writable(first)) {
        return false;
    } else {
        assay__conf_write_word(out, first, quoted);
    }
    return !out->failed && is_one_value(assay__strbuf_str(out));
}

static bool was_quoted(const struct assay__control_call *call,
                       const struct setting *setting)
{
    struct view view = view_open(call);
    const struct assay__conf_item *item =
        assay__conf_find_option(view.tree, &setting->path, setting->option);
    bool quoted =
        item && item->value.kind == ASSAY__CONF_WORD && item->value.quoted;

    view_close(&view);
    return quoted;
}

/* Echo what holds now. */
static void answer_set(const struct assay__control_call *call,
                       const struct setting *setting)
{
    struct view view = view_open(call);
    const struct assay__conf_item *item =
        assay__conf_find_option(view.tree, &setting->path, setting->option);

    if (item) /* else another session unset it meanwhile */
        answer_value(call, indent_of(&setting->path), item->name, &item->value);
    tell_scope(call, &setting->path);
    view_close(&view);
}

void assay__control_option_set(const struct assay__control_call *call)
{
    struct setting setting = {.name = NULL};
    struct assay__strbuf value;

    assay__strbuf_init(&value, TEXT_MAX);
    if (split_setting(call, &setting)) {
        if (!write_setting(&setting, was_quoted(call, &setting), &value)) {
            assay__control_fail(call, "That is not one value: put it in "
                                      "quotes, or write ( a b ) or [ k = v ].");
        } else {
            const struct assay__config_edit edit = {
                ASSAY__CONFIG_SET, setting.path, setting.option,
                assay__strbuf_str(&value)};

            if (change(call, &edit))
                answer_set(call, &setting);
        }
    }
    free(setting.name);
    assay__strbuf_fini(&value);
}

static void unset_option(const struct assay__control_call *call,
                         const struct assay__conf_path *path,
                         const char *option)
{
    const struct assay__config_edit edit = {ASSAY__CONFIG_UNSET, *path, option,
                                            NULL};
    struct assay__conf_path whole = *path;
    struct view view;

    if (!change(call, &edit))
        return;
    assay__control_say(call, "\"%s\" has been unset. Effective value is now:\n",
                       option);
    view = view_open(call);
    if (!assay__conf_has_stanza(view.tree, path))
        whole.count = 0;
    if (!answer_effective(call, &view, path, option) && !call->reply->failed)
        assay__control_say(call, "%*s%s is not set\n", SCOPE_INDENT, "",
                           option);
    tell_scope(call, &whole);
    view_close(&view);
}

static void clear(const struct assay__control_call *call,
                  const struct assay__conf_path *path)
{
    const struct assay__config_edit edit = {ASSAY__CONFIG_CLEAR, *path, NULL,
                                            NULL};
    struct assay__strbuf scope;

    if (!change(call, &edit))
        return;
    scope_text(path, &scope);
    assay__control_say(call, "Scope '%s' has been cleared.\n",
                       assay__strbuf_str(&scope));
    assay__strbuf_fini(&scope);
    tell_scope(call, path);
}

/* All words may name a stanza, or all but the last. */
void assay__control_option_unset(const struct assay__control_call *call)
{
    const struct assay__conf_path all = {call->argv, call->argc};
    struct assay__conf_path path;
    const char *option;
    struct view view;
    bool is_scope, is_set;

    if (call->argc == 0) {
        assay__control_fail(call, "The global scope cannot be cleared.");
        return;
    }
    (void)split_option(call, &path, &option);
    view = view_open(call);
    is_scope = assay__conf_has_stanza(view.tree, &all);
    is_set = assay__conf_find_option(view.tree, &path, option) != NULL;
    view_close(&view);
    if (is_set)
        unset_option(call, &path, option);
    else if (is_scope)
        clear(call, &all);
    else
        fail_not_set(call, &path, option);
}

/* ---- show, locate ------------------------------------------------------ */

struct show {
    struct assay__strbuf text;
    bool is_global, fold;
};

static bool show_stanza(void *arg, const struct assay__conf_item *stanza)
{
    struct show *show = arg;

    if (show->is_global) {
        assay__conf_write_items(&show->text, stanza, 0, show->fold);
        return true;
    }
    assay__conf_write_header(&show->text, stanza);
    (void)assay__strbuf_adds(&show->text, " {\n");
    assay__conf_write_items(&show->text, stanza, ASSAY__CONF_INDENT,
                            show->fold);
    (void)assay__strbuf_adds(&show->text, "}\n");
    return true;
}

static void show_scope(const struct assay__control_call *call, bool fold)
{
    const struct assay__conf_path path = {call->argv, call->argc};
    struct show show = {.is_global = call->argc == 0, .fold = fold};
    struct view view = view_open(call);

    assay__strbuf_init(&show.text, TEXT_MAX);
    if (scope_exists(call, &view, &path)) {
        assay__conf_find(view.tree, &path, show_stanza, &show);
        assay__control_say(call, "%s", assay__strbuf_str(&show.text));
        assay__control_tell(
            call, "text", assay__control_string(assay__strbuf_str(&show.text)));
    }
    assay__strbuf_fini(&show.text);
    view_close(&view);
}

void assay__control_option_show(const struct assay__control_call *call)
{
    show_scope(call, true);
}

void assay__control_option_show_all(const struct assay__control_call *call)
{
    show_scope(call, false);
}

struct locate {
    const struct assay__control_call *call;
    const char *name;
    const regex_t *regex; /* NULL: every instance */
    json_t *found;
    size_t count;
};

static void write_place(struct assay__strbuf *out, const char *before,
                        const struct assay__conf_item *stanza)
{
    (void)assay__strbuf_addf(out, "%s%s%s:", before, *before ? ":" : "",
                             stanza->name);
    for (const char *c = stanza->instance ? stanza->instance : ""; *c; c++)
        (void)assay__strbuf_addf(out, *c == ':' ? "\\%c" : "%c", *c);
    if (stanza->instance)
        (void)assay__strbuf_addc(out, ':');
}

static void say_place(struct locate *locate,
                      const struct assay__conf_item *stanza, const char *place)
{
    struct assay__strbuf header;
    json_t *entry = json_object();

    assay__strbuf_init(&header, TEXT_MAX);
    assay__conf_write_header(&header, stanza);
    assay__control_say(locate->call, "%s\n  is at %s\n",
                       assay__strbuf_str(&header), place);
    assay__control_put(locate->call, entry, "at", assay__control_string(place));
    assay__control_put(locate->call, entry, "file",
                       assay__control_string(stanza->pos.file));
    assay__control_put(locate->call, entry, "line",
                       assay__control_number(stanza->pos.line));
    assay__control_append(locate->call, locate->found, entry);
    assay__strbuf_fini(&header);
    locate->count++;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the grammar lets stanzas be */
static void locate_in(struct locate *locate,
                      const struct assay__conf_item *outer, const char *before)
{
    for (size_t i = 0; i < outer->count; i++) {
        const struct assay__conf_item *stanza = &outer->items[i];
        const char *instance = stanza->instance ? stanza->instance : "";
        struct assay__strbuf place;

        if (!stanza->is_stanza)
            continue;
        assay__strbuf_init(&place, TEXT_MAX);
        write_place(&place, before, stanza);
        if (assay__text_equal(stanza->name, locate->name) &&
            (!locate->regex ||
             regexec(locate->regex, instance, 0, NULL, 0) == 0))
            say_place(locate, stanza, assay__strbuf_str(&place));
        locate_in(locate, stanza, assay__strbuf_str(&place));
        assay__strbuf_fini(&place);
    }
}

void assay__control_option_locate(const struct assay__control_call *call)
{
    struct locate locate = {.call = call};
    struct view view;
    regex_t regex;

    if (call->argc < 1 || call->argc > 2) {
        assay__control_fail(call, "Usage: config locate scope [regex]");
        return;
    }
    if (call->argc == 2 &&
        regcomp(&regex, call->argv[1], REG_EXTENDED | REG_NOSUB) != 0) {
        assay__control_fail(call, "'%s' is not a regular expression.",
                            call->argv[1]);
        return;
    }
    locate.name = call->argv[0];
    locate.regex = call->argc == 2 ? &regex : NULL;
    locate.found = json_array();
    view = view_open(call);
    locate_in(&locate, assay__conf_tree_root(view.tree), "");
    view_close(&view);
    if (locate.regex)
        regfree(&regex);
    assay__control_tell(call, "found", locate.found);
    if (locate.count == 0)
        assay__control_fail(call, "There is no scope '%s'.", call->argv[0]);
}
