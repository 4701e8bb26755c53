/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf_fixture.h"

#include <check.h>
#include <string.h>

#include "base/text.h"

struct assay__conf_diags *diags;
struct assay__conf_tree *tree;
assay_error err;

static struct assay__strbuf findings;

void conf_setup(void)
{
    assay__strbuf_init(&findings, 1 << 20);
    err = (assay_error){0};
    ck_assert_int_eq(assay__conf_diags_new(&diags, &err), ASSAY_OK);
}

void conf_teardown(void)
{
    assay__conf_tree_free(&tree);
    assay__conf_diags_free(&diags);
    assay__strbuf_fini(&findings);
}

assay_rc conf_parse(const char *text)
{
    assay__conf_tree_free(&tree);
    return assay__conf_parse_text("t.conf", text, strlen(text), diags, &tree,
                                  &err);
}

const struct assay__conf_item *conf_parse_good(const char *text)
{
    assay_rc rc = conf_parse(text);

    ck_assert_msg(rc == ASSAY_OK, "%s\n%s", err.msg, conf_findings());
    return assay__conf_tree_root(tree);
}

static void collect(void *arg, const char *text)
{
    struct assay__strbuf *out = arg;

    ck_assert_int_eq(assay__strbuf_addf(out, "%s\n", text), ASSAY_OK);
}

const char *conf_findings(void)
{
    assay__strbuf_reset(&findings);
    assay__conf_diags_render(diags, tree, collect, &findings);
    return assay__strbuf_str(&findings);
}

const struct assay__conf_item *conf_item(const struct assay__conf_item *stanza,
                                         const char *name)
{
    for (size_t i = 0; i < stanza->count; i++)
        if (assay__text_equal(stanza->items[i].name, name))
            return &stanza->items[i];
    ck_abort_msg("no item %s", name);
    return NULL;
}
