/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * lua/meta/msys.d.lua describes what exists, and nothing else;
 * lua/scriptlet.opt describes the options.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "fixture.h"
#include "handle.h"
#include "opt_file.h"

#define TEXT_MAX (64 * 1024)
#define NAMES_MAX 200

static char manual[TEXT_MAX];
static char known[NAMES_MAX][96]; /* what the program has, as in the manual */
static size_t known_count;

static void read_text(const char *path, char *out)
{
    FILE *file = fopen(path, "r");
    size_t len;

    ck_assert_msg(file != NULL, "%s", path);
    len = fread(out, 1, TEXT_MAX - 1, file);
    out[len] = '\0';
    ck_assert_int_eq(fclose(file), 0);
}

static void know(const char *kind, const char *space, const char *name)
{
    ck_assert_uint_lt(known_count, NAMES_MAX);
    snprintf(known[known_count++], sizeof known[0], "%s%s%s", kind, space,
             name);
}

static void know_functions(const char *space, char separator,
                           const luaL_Reg *functions)
{
    for (; functions->name; functions++) {
        char prefix[64];

        snprintf(prefix, sizeof prefix, "%s%c", space, separator);
        know("function ", prefix, functions->name);
    }
}

static void know_all(void)
{
    for (int i = 0; lassay_namespaces[i]; i++) {
        const struct lassay_constant *c = lassay_namespaces[i]->constants;

        know_functions(lassay_namespaces[i]->name, '.',
                       lassay_namespaces[i]->functions);
        for (; c && c->name; c++)
            know("---@field ", "", c->name);
    }
    for (int i = 0; lassay_classes[i]; i++) {
        const char *const *field = lassay_classes[i]->fields;

        know("---@class ", "", lassay_classes[i]->manual);
        know_functions(lassay_classes[i]->manual, ':',
                       lassay_classes[i]->methods);
        for (; field && *field; field++)
            know("---@field ", "", *field);
    }
}

static void setup(void)
{
    known_count = 0;
    read_text(LUA_SOURCE "/lua/meta/msys.d.lua", manual);
    know_all();
}

static bool is_word_end(char c)
{
    return c == '(' || c == ' ' || c == '\n' || c == '\0';
}

/* A line of the manual that begins with text and then ends the word. */
static bool manual_has(const char *text)
{
    size_t len = strlen(text);

    for (const char *line = manual; line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, text, len) == 0 && is_word_end(line[len]))
            return true;
    return false;
}

START_TEST(all_that_exists_is_described)
{
    ck_assert_uint_gt(known_count, 40);
    for (size_t i = 0; i < known_count; i++)
        ck_assert_msg(manual_has(known[i]), "not in msys.d.lua: %s", known[i]);
}
END_TEST

static bool program_has(const char *line)
{
    for (size_t i = 0; i < known_count; i++) {
        size_t len = strlen(known[i]);

        if (strncmp(line, known[i], len) == 0 && is_word_end(line[len]))
            return true;
    }
    return false;
}

static bool is_claim(const char *line)
{
    return strncmp(line, "function ", 9) == 0 ||
           strncmp(line, "---@field ", 10) == 0;
}

START_TEST(all_that_is_described_exists)
{
    int claims = 0;

    for (const char *line = manual; line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (!is_claim(line))
            continue;
        claims++;
        ck_assert_msg(program_has(line), "not in the program: %.60s", line);
    }
    ck_assert_int_gt(claims, 40);
}
END_TEST

START_TEST(manual_is_valid_lua)
{
    lua_State *L = luaL_newstate();

    ck_assert_ptr_nonnull(L);
    ck_assert_msg(luaL_dofile(L, LUA_SOURCE "/lua/meta/msys.d.lua") == LUA_OK,
                  "%s", lua_tostring(L, -1));
    lua_close(L);
}
END_TEST

/* ---- options ----------------------------------------------------------- */

/* The options of `scriptlet` and those of `script` stand in one file. */
START_TEST(options_are_described)
{
    const assay_conf_option *tables[] = {
        lassay_scriptlet_stanza.options,
        lassay_scriptlet_stanza.children[0]->options,
    };
    assay_conf_option all[32] = {{.name = NULL}};
    char differences[4096] = "";
    size_t count = 0;

    for (int i = 0; i < 2; i++)
        for (const assay_conf_option *o = tables[i]; o->name; o++) {
            ck_assert_uint_lt(count, 31);
            all[count++] = *o;
        }
    ck_assert_msg(opt_file_compare(LUA_SOURCE "/lua/scriptlet.opt", all,
                                   differences, sizeof differences) == 0,
                  "%s", differences);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("manual");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, all_that_exists_is_described);
    tcase_add_test(tcase, all_that_is_described_exists);
    tcase_add_test(tcase, manual_is_valid_lua);
    tcase_add_test(tcase, options_are_described);
    return fixture_main(tcase);
}
