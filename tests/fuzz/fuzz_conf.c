/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Configuration text: parsed, filled into a small table, and all findings
 * rendered. Includes are searched for beside a folder that does not exist.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/parse.h"
#include "conf/schema.h"
#include "conf/write.h"

enum { WRITTEN_MAX = 16 << 20 };

struct settings {
    const char *text;
    const char *path;
    int64_t number;
    uint64_t size;
    bool flag;
    int word;
    uint32_t perms;
    assay_conf_list list;
};

static const assay_conf_word words[] = {
    {"reject", 1, NULL}, {"pass", 2, NULL}, {"quarantine", 3, "gone"}, {0}};

static const assay_conf_option options[] = {
    {.name = "text",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct settings, text)},
    {.name = "path",
     .type = ASSAY_CONF_PATH,
     .offset = offsetof(struct settings, path)},
    {.name = "number",
     .type = ASSAY_CONF_INT,
     .offset = offsetof(struct settings, number),
     .min = -5,
     .max = 3600},
    {.name = "size",
     .type = ASSAY_CONF_SIZE,
     .offset = offsetof(struct settings, size)},
    {.name = "flag",
     .type = ASSAY_CONF_BOOL,
     .offset = offsetof(struct settings, flag),
     .default_value = "on"},
    {.name = "word",
     .type = ASSAY_CONF_ENUM,
     .offset = offsetof(struct settings, word),
     .words = words},
    {.name = "perms",
     .type = ASSAY_CONF_PERMS,
     .offset = offsetof(struct settings, perms)},
    {.name = "list",
     .type = ASSAY_CONF_LIST,
     .offset = offsetof(struct settings, list),
     .default_value = "( a b )",
     .required = true},
    {0}};

static void fill(const struct assay__conf_item *stanza,
                 struct assay__conf_store *store,
                 struct assay__conf_diags *diags)
{
    static const assay_conf_option *const tables[] = {options, NULL};
    static const char *const children[] = {"antivirus", "clamav", NULL};
    struct settings settings;
    uint64_t mask = 0;

    if (assay__conf_defaults(options, sizeof settings, store, &settings,
                             NULL) != ASSAY_OK ||
        assay__conf_fill(options, stanza, store, diags, &settings, &mask,
                         NULL) != ASSAY_OK)
        abort();
    assay__conf_check_required(options, mask, stanza, "fuzz", diags);
    assay__conf_check_names(stanza, tables, children, "fuzz", diags);
}

static void emit(void *arg, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') ||
            *c == 0x7f)
            abort();
    *(size_t *)arg += strlen(text);
}

/* What a good tree writes parses again, and is then written the same. */
static void write_again(const struct assay__conf_item *root)
{
    struct assay__strbuf once, twice;
    struct assay__conf_diags *diags = NULL;
    struct assay__conf_tree *tree = NULL;

    assay__strbuf_init(&once, WRITTEN_MAX);
    assay__strbuf_init(&twice, WRITTEN_MAX);
    assay__conf_write_items(&once, root, 0, false);
    if (once.failed || assay__conf_diags_new(&diags, NULL) != ASSAY_OK)
        goto done;
    if (assay__conf_parse_text("fuzz.conf", assay__strbuf_str(&once), once.len,
                               diags, &tree, NULL) != ASSAY_OK)
        abort();
    assay__conf_write_items(&twice, assay__conf_tree_root(tree), 0, false);
    if (once.len != twice.len ||
        strcmp(assay__strbuf_str(&once), assay__strbuf_str(&twice)) != 0)
        abort();
done:
    assay__conf_tree_free(&tree);
    assay__conf_diags_free(&diags);
    assay__strbuf_fini(&once);
    assay__strbuf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct assay__conf_item *root;
    struct assay__conf_diags *diags = NULL;
    struct assay__conf_store *store = NULL;
    struct assay__conf_tree *tree = NULL;
    size_t rendered = 0;
    assay_rc rc;

    if (assay__conf_diags_new(&diags, NULL) != ASSAY_OK ||
        assay__conf_store_new(&store, NULL) != ASSAY_OK)
        abort();
    rc = assay__conf_parse_text("/nonexistent/fuzz.conf", (const char *)data,
                                size, diags, &tree, NULL);
    if ((rc == ASSAY_OK) != (assay__conf_diags_errors(diags) == 0))
        abort();
    root = assay__conf_tree_root(tree);
    if (rc == ASSAY_OK)
        write_again(root);
    fill(root, store, diags);
    for (size_t i = 0; i < root->count; i++) {
        if (root->items[i].is_stanza) {
            assay__conf_check_instance(&root->items[i], i % 2, diags);
            fill(&root->items[i], store, diags);
        }
    }
    assay__conf_diags_render(diags, tree, emit, &rendered);
    if (rendered == 0 && assay__conf_diags_errors(diags) > 0)
        abort();
    assay__conf_tree_free(&tree);
    assay__conf_store_free(&store);
    assay__conf_diags_free(&diags);
    return 0;
}
