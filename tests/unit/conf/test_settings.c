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

/* ---- for another process ----------------------------------------------- */

static struct assay__strbuf record;
static struct assay__arena arena;

static void pack(const struct things *things)
{
    assay__arena_init(&arena);
    assay__strbuf_init(&record, 4096);
    assay__conf_settings_pack(options, things, &record);
    ck_assert(!record.failed);
}

static void unpack_end(void)
{
    assay__strbuf_fini(&record);
    assay__arena_fini(&arena);
}

static assay_rc unpack(size_t size, struct things *out)
{
    struct assay__fields fields = {.at = record.data, .left = size};

    memset(out, 0, sizeof *out);
    return assay__conf_settings_unpack(options, &fields, &arena, out, NULL);
}

START_TEST(a_record_says_what_was_packed)
{
    struct things changed = base, got;

    if (_i > 0)
        changes[_i - 1](&changed);
    pack(&changed);
    ck_assert_int_eq(unpack(record.len, &got), ASSAY_OK);
    ck_assert(assay__conf_settings_equal(options, &changed, &got));
    unpack_end();
}
END_TEST

START_TEST(a_record_that_is_cut_off_is_refused)
{
    struct things got;

    pack(&base);
    for (size_t size = 0; size < record.len; size++)
        ck_assert_int_eq(unpack(size, &got), ASSAY_E_INVAL);
    unpack_end();
}
END_TEST

START_TEST(a_record_of_another_table_is_refused)
{
    static const assay_conf_option others[] = {
        {.name = "texts", .type = ASSAY_CONF_STRING, .offset = AT(text)},
        {.name = NULL},
    };
    struct assay__fields fields;
    struct things got = {0};
    assay_error err = {0};

    pack(&base);
    fields = (struct assay__fields){.at = record.data, .left = record.len};
    ck_assert_int_eq(
        assay__conf_settings_unpack(others, &fields, &arena, &got, &err),
        ASSAY_E_INVAL);
    ck_assert_ptr_nonnull(strstr(err.msg, "'texts'"));
    unpack_end();
}
END_TEST

START_TEST(no_memory_for_a_list_is_told)
{
    struct things got;

    pack(&base);
    alloc_fail_at(1);
    ck_assert_int_eq(unpack(record.len, &got), ASSAY_E_NOMEM);
    alloc_fail_off();
    unpack_end();
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
    tcase_add_loop_test(tc, a_record_says_what_was_packed, 0,
                        (int)(sizeof changes / sizeof changes[0]) + 1);
    tcase_add_test(tc, a_record_that_is_cut_off_is_refused);
    tcase_add_test(tc, a_record_of_another_table_is_refused);
    tcase_add_test(tc, no_memory_for_a_list_is_told);
    return check_run(suite);
}
