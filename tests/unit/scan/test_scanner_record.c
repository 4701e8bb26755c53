/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a template is started with, as it comes out again on the other side.
 */
#include <check.h>
#include <string.h>

#include "check_run.h"
#include "scan/scanner_record.h"

struct things {
    const char *text;
    int64_t number;
};

static const assay_conf_option options[] = {
    {.name = "text",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct things, text)},
    {.name = "number",
     .type = ASSAY_CONF_INT,
     .offset = offsetof(struct things, number)},
    {.name = NULL},
};
static const assay_conf_stanza conf = {.name = "engine",
                                       .named = true,
                                       .settings_size = sizeof(struct things),
                                       .options = options};
static const assay_engine_module table = {.name = "engine", .conf = &conf};
static const struct things settings = {"a text", -5};
static const char *const readable[] = {"/one", "/two", NULL};
static const struct assay__scanner_record sent = {
    .module = "/engines/engine.so",
    .instance = "e1",
    .scope = "av",
    .timeout_ms = 10000,
    .max_size = UINT64_MAX,
    .log_level = ASSAY_LOG_INFO,
    .walls = {.mode = ASSAY_SANDBOX_REQUIRE,
              .user = "somebody",
              .readable = readable,
              .temporary = "/tmp/x",
              .is_on_disk = true,
              .temporary_bytes = 1,
              .temporary_files = 2,
              .memory_bytes = 3},
};

static struct assay__strbuf record;
static struct assay__arena arena;

static void setup(void)
{
    assay__arena_init(&arena);
    assay__strbuf_init(&record, ASSAY__SCANNER_RECORD_MAX);
    assay__scanner_record_pack(&sent, &table, &settings, &record);
    ck_assert(!record.failed);
}

static void teardown(void)
{
    assay__strbuf_fini(&record);
    assay__arena_fini(&arena);
}

static assay_rc unpack(size_t size, struct assay__scanner_record *got,
                       void **got_settings)
{
    struct assay__fields fields = {.at = record.data, .left = size};
    assay_rc rc = assay__scanner_record_unpack(&fields, &arena, got, NULL);

    return rc == ASSAY_OK ? assay__scanner_record_settings(
                                &fields, &table, &arena, got_settings, NULL)
                          : rc;
}

START_TEST(a_record_arrives_as_it_was_sent)
{
    struct assay__scanner_record got;
    void *things = NULL;

    ck_assert_int_eq(unpack(record.len, &got, &things), ASSAY_OK);
    ck_assert_str_eq(got.module, sent.module);
    ck_assert_str_eq(got.instance, sent.instance);
    ck_assert_str_eq(got.scope, sent.scope);
    ck_assert_ptr_null(got.file_base);
    ck_assert_int_eq(got.timeout_ms, sent.timeout_ms);
    ck_assert(got.max_size == sent.max_size);
    ck_assert_int_eq(got.log_level, sent.log_level);
    ck_assert_str_eq(((struct things *)things)->text, "a text");
    ck_assert_int_eq(((struct things *)things)->number, -5);
}
END_TEST

START_TEST(so_do_the_walls)
{
    struct assay__scanner_record got;
    void *things = NULL;

    ck_assert_int_eq(unpack(record.len, &got, &things), ASSAY_OK);
    ck_assert_int_eq(got.walls.mode, ASSAY_SANDBOX_REQUIRE);
    ck_assert_str_eq(got.walls.user, "somebody");
    ck_assert_str_eq(got.walls.temporary, "/tmp/x");
    ck_assert(got.walls.is_on_disk);
    ck_assert_uint_eq(got.walls.temporary_bytes, 1);
    ck_assert_uint_eq(got.walls.temporary_files, 2);
    ck_assert_uint_eq(got.walls.memory_bytes, 3);
    ck_assert_str_eq(got.walls.readable[0], "/one");
    ck_assert_str_eq(got.walls.readable[1], "/two");
    ck_assert_ptr_null(got.walls.readable[2]);
}
END_TEST

START_TEST(a_record_that_is_cut_off_is_refused)
{
    struct assay__scanner_record got;
    void *things = NULL;

    for (size_t size = 0; size < record.len; size++)
        ck_assert_int_eq(unpack(size, &got, &things), ASSAY_E_INVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scanner_record");
    TCase *tc = tcase_create("record");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_record_arrives_as_it_was_sent);
    tcase_add_test(tc, so_do_the_walls);
    tcase_add_test(tc, a_record_that_is_cut_off_is_refused);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
