/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * AV-14: a message with all that is looked at for it is one entry of the
 * cache. The second scan of each pair shows what the entry was good for.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "fake_scope.h"
#include "fake_world.h"

/* A part that only who decodes it can read, where engines may not look. */
#define HIDDEN(base64)                                          \
    "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" \
    "Content-Transfer-Encoding: base64\r\n\r\n" base64 "\r\n--b--\r\n"
#define WORM "YWxwaGE6IEZPVU5EIFdvcm0K" /* alpha: FOUND Worm */
#define PARTIAL "YWxwaGE6IFBBUlRJQUwK"  /* alpha: PARTIAL */
#define HARMLESS "aGVsbG8K"             /* hello */

static struct fake_scope fake;

static void setup(void)
{
    const struct fake_settings settings = {0};
    struct assay__scope_options options = fake_options();

    options.cache_size = 100;
    options.clean_cache_size = 100;
    fake_world_reset();
    fake_scope_open_with(&fake, &options, &settings);
}

static void teardown(void)
{
    fake_scope_close(&fake);
}

static struct assay__engine_instance *engine(void)
{
    return fake.scopes[0]->engines[0];
}

/* Frees the message. */
static assay_verdict scan_message(assay_message *message)
{
    struct assay__dispatch request = {.message = message, .engine = "alpha"};
    assay_verdict verdict;

    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &verdict);
    assay_message_free(&message);
    return verdict;
}

static assay_verdict scan(const char *text)
{
    return scan_message(fake_message(text));
}

START_TEST(infected_hidden_part_stays_infected)
{
    assay_verdict first = scan(HIDDEN(WORM));
    unsigned calls = fake_sight_count();
    assay_verdict second = scan(HIDDEN(WORM));

    ck_assert_int_eq(first.status, ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(calls, 2); /* the message shows nothing, its part does */
    ck_assert_int_eq(second.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(second.info, "Worm");
    ck_assert_uint_eq(fake_sight_count(), calls);
}
END_TEST

/* Neither the message nor its part is asked for: one look-up, one hit. */
START_TEST(message_seen_before_is_one_look_up)
{
    const struct assay__engine_stats *stats = &engine()->core->stats;
    struct assay__cache_stats before, after;

    ck_assert_int_eq(scan(HIDDEN(HARMLESS)).status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fake_sight_count(), 2);
    assay__cache_stats(engine()->core->cache, &before);
    ck_assert_int_eq(scan(HIDDEN(HARMLESS)).status, ASSAY_STATUS_CLEAN);
    assay__cache_stats(engine()->core->cache, &after);
    ck_assert_uint_eq(fake_sight_count(), 2);
    ck_assert_uint_eq(after.lookups - before.lookups, 1);
    ck_assert_uint_eq(after.hits - before.hits, 1);
    ck_assert_uint_eq(atomic_load(&stats->messages), 2);
    ck_assert_uint_eq(atomic_load(&stats->cache_hits), 1);
}
END_TEST

/* The tree is not even walked. */
START_TEST(hit_looks_at_no_part)
{
    assay_message *message = fake_message(HIDDEN(HARMLESS));
    struct assay__dispatch request = {.message = message, .engine = "alpha"};
    assay_verdict verdict;

    (void)scan(HIDDEN(HARMLESS));
    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &verdict);
    ck_assert_int_eq(verdict.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(assay_message_part_count(message), 0);
    assay_message_free(&message);
}
END_TEST

START_TEST(partial_hidden_part_is_not_remembered)
{
    for (unsigned i = 1; i <= 2; i++) {
        ck_assert_int_eq(scan(HIDDEN(PARTIAL)).status,
                         ASSAY_STATUS_UNSCANNABLE);
        ck_assert_uint_eq(fake_sight_count(), 2 * i);
    }
}
END_TEST

START_TEST(hidden_part_is_known_from_another_message)
{
    (void)scan(HIDDEN(HARMLESS));
    (void)scan("X-Other: 1\r\n" HIDDEN(HARMLESS));
    ck_assert_uint_eq(fake_sight_count(), 3);
}
END_TEST

/* Tighter limits would have cut the message. */
START_TEST(other_limits_are_another_entry)
{
    static const char text[] = HIDDEN(HARMLESS);
    const assay_message_limits limits[] = {{.max_parts = 1},
                                           {.max_depth = 1},
                                           {.max_headers = 9},
                                           {.max_header_bytes = 999},
                                           {.max_decoded_bytes = 999}};

    (void)scan(text);
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        unsigned calls = fake_sight_count();
        assay_message *message = NULL;
        assay_verdict got;

        ck_assert_int_eq(assay_message_new_borrowed(text, sizeof text - 1,
                                                    &limits[i], &message, NULL),
                         ASSAY_OK);
        got = scan_message(message);
        ck_assert_uint_gt(fake_sight_count(), calls);
        if (limits[i].max_parts == 1)
            ck_assert_int_eq(got.reason, ASSAY_REASON_LIMIT);
    }
}
END_TEST

START_TEST(other_rendition_is_another_entry)
{
    (void)scan("hello\r\n");
    engine()->options.use_wire_rep = false;
    (void)scan("hello\r\n");
    ck_assert_uint_eq(fake_sight_count(), 2);
}
END_TEST

/* What is delivered then is not what was received. */
START_TEST(edited_message_is_not_the_received_one)
{
    assay_message *message = fake_message("\r\nhello\r\n");

    engine()->options.use_wire_rep = false;
    ck_assert_int_eq(scan("\r\nhello\r\n").status, ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(assay_message_edit(message, ASSAY_EDIT_APPEND, "X",
                                        "alpha: FOUND Worm", NULL),
                     ASSAY_OK);
    ck_assert_int_eq(scan_message(message).status, ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(scan("\r\nhello\r\n").status, ASSAY_STATUS_CLEAN);
}
END_TEST

/* Two encodings: what readings say is no verdict of an engine. */
#define EVASIVE                                 \
    "Content-Transfer-Encoding: 7bit\r\n"       \
    "Content-Transfer-Encoding: base64\r\n\r\n" \
    "aGVsbG8gd29ybGQsIGhlbGxvIHdvcmxk\r\n"

START_TEST(paranoid_looks_again)
{
    ck_assert_int_eq(scan(EVASIVE).status, ASSAY_STATUS_CLEAN);
    engine()->options.paranoid = true;
    for (int i = 0; i < 2; i++)
        ck_assert_str_eq(scan(EVASIVE).info, "Paranoid.ConflictingEncoding");
    engine()->options.paranoid = false;
    ck_assert_int_eq(scan(EVASIVE).status, ASSAY_STATUS_CLEAN);
}
END_TEST

START_TEST(decomposed_message_has_entries_for_its_parts)
{
    static const char text[] = "Content-Transfer-Encoding: base64\r\n\r\n" WORM;

    /* The engine does not decode, and no part is hidden. */
    ck_assert_int_eq(scan(text).status, ASSAY_STATUS_CLEAN);
    engine()->options.mime_decompose = true;
    ck_assert_int_eq(scan(text).status, ASSAY_STATUS_INFECTED);
    engine()->options.mime_decompose = false;
    ck_assert_int_eq(scan(text).status, ASSAY_STATUS_CLEAN);
}
END_TEST

/* Late signatures are not credited: the entry is of the epoch before. */
START_TEST(new_signatures_look_again)
{
    (void)scan(HIDDEN(HARMLESS));
    fake_database_set(8);
    (void)scan(HIDDEN(HARMLESS));
    ck_assert_uint_eq(fake_sight_count(), 4);
}
END_TEST

START_TEST(missed_canary_forgets_it)
{
    (void)scan(HIDDEN(HARMLESS));
    fake_probe_set(false);
    assay__scope_probe(fake.scopes[0], NULL);
    fake_probe_set(true);
    assay__scope_probe(fake.scopes[0], NULL);
    (void)scan(HIDDEN(HARMLESS));
    ck_assert_uint_eq(fake_sight_count(), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message_key");
    TCase *tc = tcase_create("cache");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, infected_hidden_part_stays_infected);
    tcase_add_test(tc, message_seen_before_is_one_look_up);
    tcase_add_test(tc, hit_looks_at_no_part);
    tcase_add_test(tc, partial_hidden_part_is_not_remembered);
    tcase_add_test(tc, hidden_part_is_known_from_another_message);
    tcase_add_test(tc, other_limits_are_another_entry);
    tcase_add_test(tc, other_rendition_is_another_entry);
    tcase_add_test(tc, edited_message_is_not_the_received_one);
    tcase_add_test(tc, paranoid_looks_again);
    tcase_add_test(tc, decomposed_message_has_entries_for_its_parts);
    tcase_add_test(tc, new_signatures_look_again);
    tcase_add_test(tc, missed_canary_forgets_it);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
