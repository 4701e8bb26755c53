/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Settings structs as values: equality by every type, copies that outlive
 * what they were made of.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "check_run.h"
#include "conf/settings.h"

struct things {
    const char *text, *path;
    int64_t number;
    uint64_t size;
    bool on;
    int word;
    uint32_t mode;
    assay_conf_list list;
    int unlisted; /* no option fills it */
};

#define AT(member) offsetof(struct things, member)

static const assay_conf_option options[] = {
    {.name = "text", .type = ASSAY_CONF_STRING, .offset = AT(text)},
    {.name = "path", .type = ASSAY_CONF_PATH, .offset = AT(path)},
    {.name = "number", .type = ASSAY_CONF_INT, .offset = AT(number)},
    {.name = "size", .type = ASSAY_CONF_SIZE, .offset = AT(size)},
    {.name = "on", .type = ASSAY_CONF_BOOL, .offset = AT(on)},
    {.name = "word", .type = ASSAY_CONF_ENUM, .offset = AT(word)},
    {.name = "mode", .type = ASSAY_CONF_PERMS, .offset = AT(mode)},
    {.name = "list", .type = ASSAY_CONF_LIST, .offset = AT(list)},
    {.name = NULL},
};

static const char *const items[] = {"one", "two"};
static const struct things base = {
    .text = "text",
    .path = NULL,
    .number = -1,
    .size = UINT64_MAX,
    .on = true,
    .word = 3,
    .mode = 0640,
    .list = {items, 2},
    .unlisted = 7,
};

static void change_text(struct things *t)
{
    t->text = "texts";
}

static void unset_text(struct things *t)
{
    t->text = NULL;
}

static void set_path(struct things *t)
{
    t->path = "";
}

static void change_number(struct things *t)
{
    t->number = 1;
}

static void change_size(struct things *t)
{
    t->size--;
}

static void change_bool(struct things *t)
{
    t->on = false;
}

static void change_word(struct things *t)
{
    t->word = 4;
}

static void change_mode(struct things *t)
{
    t->mode = 0600;
}

static void shorten_list(struct things *t)
{
    t->list.count = 1;
}

static void change_list(struct things *t)
{
    static const char *const others[] = {"one", "three"};

    t->list.items = others;
}

static void (*const changes[])(struct things *t) = {
    change_text, unset_text,  set_path,    change_number, change_size,
    change_bool, change_word, change_mode, shorten_list,  change_list,
};

START_TEST(every_change_of_an_option_is_seen)
{
    struct things other = base;

    ck_assert(assay__conf_settings_equal(options, &base, &other));
    changes[_i](&other);
    ck_assert(!assay__conf_settings_equal(options, &base, &other));
    ck_assert(!assay__conf_settings_equal(options, &other, &base));
}
END_TEST

START_TEST(strings_are_compared_by_what_they_say)
{
    char text[] = "text", two[] = "two";
    const char *list[] = {"one", two};
    struct things other = base;

    other.text = text;
    other.list.items = list;
    other.unlisted = 8;
    ck_assert(assay__conf_settings_equal(options, &base, &other));
    ck_assert(assay__conf_settings_equal(NULL, &base, &other));
}
END_TEST

START_TEST(a_copy_owns_what_it_says)
{
    char text[] = "text", two[] = "two";
    const char *list[] = {"one", two};
    struct things other = base, *copy;

    other.text = text;
    other.list.items = list;
    copy = assay__conf_settings_dup(options, sizeof other, &other);
    ck_assert_ptr_nonnull(copy);
    memset(text, 'x', sizeof text - 1);
    memset(two, 'x', sizeof two - 1);
    list[0] = NULL;
    ck_assert(assay__conf_settings_equal(options, &base, copy));
    ck_assert_int_eq(copy->unlisted, 7);
    free(copy);
}
END_TEST

START_TEST(an_empty_struct_can_be_copied)
{
    struct things *copy;
    static const struct things none;

    copy = assay__conf_settings_dup(options, sizeof none, &none);
    ck_assert_ptr_nonnull(copy);
    ck_assert_ptr_null(copy->list.items);
    ck_assert(assay__conf_settings_equal(options, &none, copy));
    free(copy);
    copy = assay__conf_settings_dup(NULL, 0, &none);
    ck_assert_ptr_nonnull(copy);
    free(copy);
}
END_TEST

/* So that a command of the configuration can be run as it is. */
START_TEST(a_copied_list_ends_with_null)
{
    struct things *copy = assay__conf_settings_dup(options, sizeof base, &base);

    ck_assert_ptr_nonnull(copy);
    ck_assert_str_eq(copy->list.items[1], "two");
    ck_assert_ptr_null(copy->list.items[2]);
    free(copy);
}
END_TEST

START_TEST(no_memory_is_no_copy)
{
    alloc_fail_at(1);
    ck_assert_ptr_null(assay__conf_settings_dup(options, sizeof base, &base));
    alloc_fail_off();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf_settings");
    TCase *tc = tcase_create("values");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, every_change_of_an_option_is_seen, 0,
                        (int)(sizeof changes / sizeof changes[0]));
    tcase_add_test(tc, strings_are_compared_by_what_they_say);
    tcase_add_test(tc, a_copy_owns_what_it_says);
    tcase_add_test(tc, an_empty_struct_can_be_copied);
    tcase_add_test(tc, a_copied_list_ends_with_null);
    tcase_add_test(tc, no_memory_is_no_copy);
    return check_run(suite);
}
