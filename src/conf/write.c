/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/write.h"

#include <string.h>

#include "conf/lexer.h"

static bool is_ascii_bare(char c)
{
    return c > 0 && c != ',' && assay__conf_is_bare(c);
}

static bool may_be_bare(const char *text)
{
    if (*text == '\0' || strncmp(text, "/*", 2) == 0)
        return false;
    for (; *text != '\0'; text++)
        if (!is_ascii_bare(*text))
            return false;
    return true;
}

bool assay__conf_word_is_writable(const char *text)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

void assay__conf_write_word(struct assay__strbuf *out, const char *text,
                            bool quoted)
{
    if (!quoted && may_be_bare(text)) {
        (void)assay__strbuf_adds(out, text);
        return;
    }
    (void)assay__strbuf_addc(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            (void)assay__strbuf_addc(out, '\\');
        (void)assay__strbuf_addc(out, *text);
    }
    (void)assay__strbuf_addc(out, '"');
}

void assay__conf_write_value(struct assay__strbuf *out,
                             const struct assay__conf_value *value)
{
    bool is_list = value->kind == ASSAY__CONF_LIST;

    if (value->kind == ASSAY__CONF_WORD) {
        assay__conf_write_word(out, value->text, value->quoted);
        return;
    }
    (void)assay__strbuf_addc(out, is_list ? '(' : '[');
    for (size_t i = 0; i < value->count; i++) {
        (void)assay__strbuf_adds(out, i > 0 && !is_list ? ", " : " ");
        if (!is_list) {
            assay__conf_write_word(out, value->keys[i], false);
            (void)assay__strbuf_adds(out, " = ");
        }
        assay__conf_write_value(out, &value->items[i]);
    }
    (void)assay__strbuf_adds(out, is_list ? " )" : " ]");
}

static void write_indent(struct assay__strbuf *out, unsigned indent)
{
    for (; indent > 0; indent--)
        (void)assay__strbuf_addc(out, ' ');
}

void assay__conf_write_header(struct assay__strbuf *out,
                              const struct assay__conf_item *stanza)
{
    (void)assay__strbuf_adds(out, stanza->name);
    if (!stanza->instance)
        return;
    (void)assay__strbuf_addc(out, ' ');
    assay__conf_write_word(out, stanza->instance, true);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the grammar lets stanzas be */
void assay__conf_write_item(struct assay__strbuf *out,
                            const struct assay__conf_item *item,
                            unsigned indent, bool fold)
{
    write_indent(out, indent);
    if (!item->is_stanza) {
        (void)assay__strbuf_addf(out, "%s = ", item->name);
        assay__conf_write_value(out, &item->value);
        (void)assay__strbuf_addc(out, '\n');
        return;
    }
    assay__conf_write_header(out, item);
    if (fold && item->count > 0) {
        (void)assay__strbuf_adds(out, " { ... }\n");
        return;
    }
    (void)assay__strbuf_adds(out, item->count > 0 ? " {\n" : " { }\n");
    if (item->count == 0)
        return;
    assay__conf_write_items(out, item, indent + ASSAY__CONF_INDENT, fold);
    write_indent(out, indent);
    (void)assay__strbuf_adds(out, "}\n");
}

void assay__conf_write_items(struct assay__strbuf *out,
                             const struct assay__conf_item *stanza,
                             unsigned indent, bool fold)
{
    for (size_t i = 0; i < stanza->count; i++)
        assay__conf_write_item(out, &stanza->items[i], indent, fold);
}
