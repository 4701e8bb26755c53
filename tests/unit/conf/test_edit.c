/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: set, unset and clear edit the text in place; what a tree
 * writes parses back to the same tree. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "conf/edit.h"
#include "conf/write.h"
#include "conf_fixture.h"
#include "check_run.h"

static struct assay__conf_files files;

static void setup(void)
{
    conf_setup();
}

static void teardown(void)
{
    assay__conf_files_fini(&files);
    conf_teardown();
}

static void load(const char *text)
{
    (void)conf_parse_good(text);
    assay__conf_files_fini(&files);
    ck_assert_int_eq(assay__conf_files_of(tree, &files, &err), ASSAY_OK);
}

/* "antivirus av clamav c": words between single blanks. */
static struct assay__conf_path path_of(char *words)
{
    static const char *at[8];
    char *save = NULL;
    struct assay__conf_path path = {at, 0};

    for (char *w = strtok_r(words, " ", &save); w;
         w = strtok_r(NULL, " ", &save))
        at[path.count++] = w;
    return path;
}

static const struct {
    const char *name, *before;
    const char *path, *option;
    const char *value; /* NULL: unset; option NULL: clear */
    const char *after;
} edits[] = {
    {"a value is replaced, comments and layout stay",
     "# top\nantivirus \"av\" {\n\ttimeout\t=  10 # why\n  # end\n}\n",
     "antivirus av", "timeout", "20",
     "# top\nantivirus \"av\" {\n\ttimeout\t=  20 # why\n  # end\n}\n"},
    {"names compare without case", "AntiVirus av { TimeOut = 10 }",
     "antivirus av", "timeout", "20", "AntiVirus av { TimeOut = 20 }"},
    {"a value without a sign", "Listen \"a\"\n", "", "Listen", "b",
     "Listen = b\n"},
    {"a list", "x = ( a # }\n b )\ny = 1\n", "", "x", "( c )",
     "x = ( c )\ny = 1\n"},
    {"a dict", "x [ a = ( b ) ] y = 1\n", "", "x", "[ c = d ]",
     "x = [ c = d ] y = 1\n"},
    {"the one in effect, and no other", "x = 1\ny = 2\nx = 3\n", "", "x", "4",
     "y = 2\nx = 4\n"},
    {"a new option stands behind the others",
     "a \"b\" {\n    x = 1 # c\n    # d\n}\n", "a b", "y", "2",
     "a \"b\" {\n    x = 1 # c\n    # d\n    y = 2\n}\n"},
    {"in an empty stanza", "  a b {\n  }\n", "a b", "y", "2",
     "  a b {\n    y = 2\n  }\n"},
    {"on one line", "clamav {}\n", "clamav", "enabled", "no",
     "clamav { enabled = no }\n"},
    {"on one line behind another", "clamav { a = 1 } # x\n", "clamav",
     "enabled", "no", "clamav { a = 1 enabled = no } # x\n"},
    {"at the end of the file", "a = 1\n", "", "b", "2", "a = 1\nb = 2\n"},
    {"without a line end there", "a = 1", "", "b", "2", "a = 1\nb = 2\n"},
    {"in an empty file", "", "", "b", "2", "b = 2\n"},
    {"with CRLF", "a {\r\n  b = 1\r\n}\r\n", "a", "c", "2",
     "a {\r\n  b = 1\r\n  c = 2\r\n}\r\n"},
    {"behind a byte order mark",
     "\xef\xbb\xbf"
     "a = 1\n",
     "", "a", "2",
     "\xef\xbb\xbf"
     "a = 2\n"},
    {"a new stanza", "a = 1\n", "antivirus av", "timeout", "20",
     "a = 1\n\nantivirus \"av\" {\n  timeout = 20\n}\n"},
    {"a new singleton", "a = 1\n", "clamav", "enabled", "no",
     "a = 1\n\nclamav {\n  enabled = no\n}\n"},
    {"a new stanza inside one", "antivirus \"av\" {\n  a = 1\n}\n",
     "antivirus av clamav c", "timeout", "20",
     "antivirus \"av\" {\n  a = 1\n  clamav \"c\" {\n    timeout = 20\n  "
     "}\n}\n"},
    {"the last of two stanzas", "c { a = 1 }\nc { b = 1 }\n", "c", "d", "2",
     "c { a = 1 }\nc { b = 1 d = 2 }\n"},
    {"unset takes the line along", "a {\n  b = 1\n  c = 2\n}\n", "a", "b", NULL,
     "a {\n  c = 2\n}\n"},
    {"unset leaves a comment", "a = 1 # why\nb = 2\n", "", "a", NULL,
     " # why\nb = 2\n"},
    {"unset of all", "a = 1\nb = 2 a = 3\n", "", "a", NULL, "b = 2 \n"},
    {"unset in the middle of a line", "c { a = 1 b = 2 }\n", "c", "a", NULL,
     "c { b = 2 }\n"},
    {"clear", "a = 1\nc \"x\" {\n  b = 1\n}\nc \"y\" { }\n", "c x", NULL, NULL,
     "a = 1\nc \"y\" { }\n"},
    {"clear of a singleton is everywhere", "c { }\na = 1\nc { }\n", "c", NULL,
     NULL, "a = 1\n"},
};

START_TEST(an_edit_changes_the_text_in_its_place)
{
    char words[64];
    struct assay__conf_path path;
    struct assay__conf_edit edit = {&files, NULL};
    assay_rc rc;

    load(edits[_i].before);
    assay__text_copy(words, sizeof words, edits[_i].path);
    path = path_of(words);
    edit.tree = tree;
    if (edits[_i].value)
        rc = assay__conf_edit_set(&edit, &path, edits[_i].option,
                                  edits[_i].value, &err);
    else if (edits[_i].option)
        rc = assay__conf_edit_unset(&edit, &path, edits[_i].option, &err);
    else
        rc = assay__conf_edit_clear(&edit, &path, &err);
    ck_assert_msg(rc == ASSAY_OK, "%s: %s", edits[_i].name, err.msg);
    ck_assert_msg(strcmp(files.at[0].text, edits[_i].after) == 0, "%s: got\n%s",
                  edits[_i].name, files.at[0].text);
    ck_assert_int_eq(conf_parse(files.at[0].text), ASSAY_OK);
    if (edits[_i].value)
        ck_assert_ptr_nonnull(
            assay__conf_find_option(tree, &path, edits[_i].option));
}
END_TEST

static const struct {
    const char *before, *path, *option, *value;
    assay_rc want;
} bad_edits[] = {
    {"a = 1\n", "", "b", NULL, ASSAY_E_NOTFOUND},
    {"a = 1\n", "c x", "b", NULL, ASSAY_E_NOTFOUND},
    {"a = 1\n", "", "include", "x", ASSAY_E_INVAL},
    {"a = 1\n", "readonly_include", "x", "x", ASSAY_E_INVAL},
    {"a = 1\n", "", "a b", "x", ASSAY_E_INVAL},
    {"a = 1\n", "b=c", "a", "x", ASSAY_E_INVAL},
};

START_TEST(a_bad_edit_is_refused)
{
    char words[64];
    struct assay__conf_path path;
    struct assay__conf_edit edit = {&files, NULL};

    load(bad_edits[_i].before);
    assay__text_copy(words, sizeof words, bad_edits[_i].path);
    path = path_of(words);
    edit.tree = tree;
    ck_assert_int_eq(
        bad_edits[_i].value
            ? assay__conf_edit_set(&edit, &path, bad_edits[_i].option,
                                   bad_edits[_i].value, &err)
            : assay__conf_edit_unset(&edit, &path, bad_edits[_i].option, &err),
        bad_edits[_i].want);
    ck_assert_str_eq(files.at[0].text, bad_edits[_i].before);
}
END_TEST

START_TEST(everything_cannot_be_cleared)
{
    const struct assay__conf_path global = {NULL, 0};
    struct assay__conf_edit edit = {&files, NULL};

    load("a = 1\n");
    edit.tree = tree;
    ck_assert_int_eq(assay__conf_edit_clear(&edit, &global, &err),
                     ASSAY_E_INVAL);
}
END_TEST

/* ---- writing ----------------------------------------------------------- */

static bool same_value(const struct assay__conf_value *a,
                       const struct assay__conf_value *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == ASSAY__CONF_WORD)
        return strcmp(a->text, b->text) == 0;
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_value(&a->items[i], &b->items[i]) ||
            (a->keys && strcmp(a->keys[i], b->keys[i]) != 0))
            return false;
    return true;
}

static bool same_items(const struct assay__conf_item *a,
                       const struct assay__conf_item *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct assay__conf_item *x = &a->items[i], *y = &b->items[i];

        if (x->is_stanza != y->is_stanza || strcmp(x->name, y->name) != 0)
            return false;
        if (!x->is_stanza && !same_value(&x->value, &y->value))
            return false;
        if (x->is_stanza &&
            (!x->instance != !y->instance ||
             (x->instance && strcmp(x->instance, y->instance) != 0) ||
             !same_items(x, y)))
            return false;
    }
    return true;
}

static const char *const round_trips[] = {
    "",
    "a = 1\nb = \"\"\nc = \"x y\"\nd = 'a\"b\\\\c'\ne = \"\\d+\"\n",
    "a = /var/*/x\nb = \"/* no comment\"\nc = a,b\nd = ( \"a,b\" c, d )\n",
    "x [ a = b, \"c d\" = ( 1 2 ) e = [ ] ]\ny = ( )\n",
    "antivirus \"av\" { clamav \"c 1\" { t = \"20\" } }\nclamav {}\n",
    "u = \xc3\xa9\nv = \"\xe2\x80\x9c\"\nw = \"tab\there\"\nx = \\\n",
};

START_TEST(what_is_written_parses_to_the_same)
{
    struct assay__strbuf text;
    struct assay__conf_tree *first;

    assay__strbuf_init(&text, 65536);
    assay__conf_write_items(&text, conf_parse_good(round_trips[_i]), 0, false);
    ck_assert(!text.failed);
    first = tree;
    tree = NULL;
    ck_assert_msg(same_items(assay__conf_tree_root(first),
                             conf_parse_good(assay__strbuf_str(&text))),
                  "%s", assay__strbuf_str(&text));
    assay__conf_tree_free(&first);
    assay__strbuf_fini(&text);
}
END_TEST

START_TEST(stanzas_can_be_folded)
{
    struct assay__strbuf text;

    assay__strbuf_init(&text, 65536);
    assay__conf_write_items(&text, conf_parse_good("a=1 b c {d=2} e {}"), 2,
                            true);
    ck_assert_str_eq(assay__strbuf_str(&text),
                     "  a = 1\n  b \"c\" { ... }\n  e { }\n");
    assay__strbuf_fini(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf_edit");
    TCase *tc = tcase_create("edit");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, an_edit_changes_the_text_in_its_place, 0,
                        (int)ASSAY_COUNT_OF(edits));
    tcase_add_loop_test(tc, a_bad_edit_is_refused, 0,
                        (int)ASSAY_COUNT_OF(bad_edits));
    tcase_add_test(tc, everything_cannot_be_cleared);
    tcase_add_loop_test(tc, what_is_written_parses_to_the_same, 0,
                        (int)ASSAY_COUNT_OF(round_trips));
    tcase_add_test(tc, stanzas_can_be_folded);
    return check_run(suite);
}
