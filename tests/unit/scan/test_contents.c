/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What engines are given of a message: whole, part by part (AV-22), in all its
 * readings (AV-23); and that it is what is delivered (C28).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/sizes.h"
#include "check_run.h"
#include "fake_scope.h"
#include "fake_world.h"

static struct fake_scope fake;

static void open_with(struct assay__scope_options options)
{
    const struct fake_settings settings = {.reads_mail = true};

    fake_scope_open_with(&fake, &options, &settings);
}

static void setup(void)
{
    struct assay__scope_options options = fake_options();

    fake_world_reset();
    options.mime_decompose = true;
    open_with(options);
}

static void teardown(void)
{
    fake_scope_close(&fake);
}

static struct assay__scope_options *options_of(size_t engine)
{
    return &fake.scopes[0]->engines[engine]->options;
}

static const struct assay__engine_stats *stats(void)
{
    return &fake.scopes[0]->engines[0]->core->stats;
}

static assay_verdict scan_message(assay_message *message, const char *engine)
{
    struct assay__dispatch request = {.message = message, .engine = engine};
    assay_verdict verdict;

    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &verdict);
    ck_assert(verdict.status != ASSAY_STATUS_CLEAN ||
              assay_coverage_is_complete(&verdict.coverage));
    return verdict;
}

static assay_verdict scan(const char *text)
{
    assay_message *message = fake_message(text);
    assay_verdict verdict = scan_message(message, "alpha");

    assay_message_free(&message);
    return verdict;
}

#define MULTIPART                                                            \
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n" \
    "\r\n"
#define TEXT(body) \
    "--b\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n" body "\r\n"
#define BASE64(body)                                    \
    "--b\r\nContent-Type: application/octet-stream\r\n" \
    "Content-Transfer-Encoding: base64\r\n\r\n" body "\r\n"
#define END "--b--\r\n"
#define WORM "YWxwaGE6IEZPVU5EIFdvcm0K" /* alpha: FOUND Worm */

/* ---- part by part ------------------------------------------------------- */

START_TEST(leaves_are_scanned_one_by_one)
{
    assay_verdict got = scan(MULTIPART TEXT("one") BASE64("dHdv") END);

    ck_assert_int_eq(got.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fake_sight_count(), 2);
    ck_assert_int_eq(fake_previous_sight()->kind, ASSAY_CONTENT_PART);
    ck_assert_str_eq(fake_previous_sight()->data, "one");
    ck_assert_str_eq(fake_last_sight()->data, "two");
    ck_assert_str_eq(fake_last_sight()->media_type, "application/octet-stream");
    ck_assert_uint_eq(got.coverage.parts_total, 2);
    ck_assert_uint_eq(got.coverage.parts_seen, 2);
    ck_assert_uint_eq(got.coverage.bytes_total, 6);
    ck_assert_uint_eq(got.coverage.bytes_seen, 6);
}
END_TEST

/* AV-30 */
START_TEST(leaves_are_counted)
{
    (void)scan(MULTIPART TEXT("one") BASE64("dHdv") TEXT("three") END);
    ck_assert_uint_eq(atomic_load(&stats()->messages), 1);
    ck_assert_uint_eq(atomic_load(&stats()->parts), 3);
}
END_TEST

START_TEST(first_infected_part_decides)
{
    assay_verdict got =
        scan(MULTIPART TEXT("one") BASE64(WORM) TEXT("alpha: FOUND Two") END);

    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(got.info, "Worm");
    ck_assert_uint_eq(fake_sight_count(), 2);
    ck_assert_uint_eq(got.coverage.parts_total, 3);
    ck_assert(!assay_coverage_is_complete(&got.coverage));
}
END_TEST

START_TEST(error_of_one_part_does_not_hide_the_next)
{
    assay_verdict got =
        scan(MULTIPART TEXT("alpha: FAULT no room") BASE64(WORM) END);

    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    got = scan(MULTIPART TEXT("alpha: FAULT no room") TEXT("two") END);
    ck_assert_int_eq(got.status, ASSAY_STATUS_ERROR);
    ck_assert_str_eq(got.info, "error: no room");
    got = scan(MULTIPART TEXT("alpha: PARTIAL") TEXT("two") END);
    ck_assert_int_eq(got.status, ASSAY_STATUS_UNSCANNABLE);
}
END_TEST

/* AV-26: one budget over all parts. */
START_TEST(parts_share_the_budget)
{
    assay_verdict got =
        scan(MULTIPART TEXT("alpha: LATE CLEAN") BASE64(WORM) TEXT("3") END);

    ck_assert_int_eq(got.status, ASSAY_STATUS_ERROR);
    ck_assert_int_eq(got.reason, ASSAY_REASON_TIMEOUT);
    ck_assert_uint_eq(fake_sight_count(), 1);
    ck_assert_uint_eq(got.coverage.parts_total, 3);
    ck_assert_uint_eq(got.coverage.parts_seen, 1);
}
END_TEST

/* Scans that were asked for before have used it up. */
START_TEST(requests_share_the_budget)
{
    struct assay__dispatch request = {.message = fake_message("hello\r\n"),
                                      .spent_ms = 10000};
    assay_verdict got;

    assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &got);
    assay_message_free(&request.message);
    ck_assert_int_eq(got.reason, ASSAY_REASON_TIMEOUT);
    ck_assert_uint_eq(fake_sight_count(), 0);
}
END_TEST

START_TEST(size_counts_for_each_part)
{
    options_of(0)->max_size = 5;
    ck_assert_int_eq(scan(MULTIPART TEXT("one") TEXT("five!") END).status,
                     ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(scan(MULTIPART TEXT("one") TEXT("sixsix") END).reason,
                     ASSAY_REASON_OVERSIZE);
}
END_TEST

/* No mail is clean because there was nothing to scan, and what readers take
 * differently is scanned whole as well. */
static const struct {
    const char *text;
    unsigned contents;
    assay_content_kind last;
} shapes[] = {
    {"", 1, ASSAY_CONTENT_MESSAGE},
    {"\r\n", 1, ASSAY_CONTENT_MESSAGE},
    {"Subject: only a header\r\n", 1, ASSAY_CONTENT_MESSAGE},
    {"Subject: no body\r\n\r\n", 1, ASSAY_CONTENT_MESSAGE},
    {MULTIPART, 1, ASSAY_CONTENT_MESSAGE},
    {MULTIPART END, 1, ASSAY_CONTENT_MESSAGE},
    {"Subject: x\r\n\r\nbody\r\n", 1, ASSAY_CONTENT_PART},
    {MULTIPART TEXT("one") END, 1, ASSAY_CONTENT_PART},
    /* a preamble */
    {"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n"
     "\r\nbegin 644 a\r\n#:&5L\r\n`\r\nend\r\n" TEXT("one") END,
     2, ASSAY_CONTENT_MESSAGE},
    /* two encodings */
    {"MIME-Version: 1.0\r\nContent-Transfer-Encoding: 7bit\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\n" WORM "\r\n",
     2, ASSAY_CONTENT_MESSAGE},
};

START_TEST(something_is_always_scanned)
{
    (void)scan(shapes[_i].text);
    ck_assert_msg(fake_sight_count() == shapes[_i].contents, "case %d: %u", _i,
                  fake_sight_count());
    ck_assert_int_eq(fake_last_sight()->kind, shapes[_i].last);
}
END_TEST

START_TEST(tree_that_was_cut_is_unscannable)
{
    const assay_message_limits limits = {.max_parts = 2};
    static const char text[] = MULTIPART TEXT("one") TEXT("two") END;
    assay_message *message = NULL;
    assay_verdict got;

    ck_assert_int_eq(assay_message_new_borrowed(text, sizeof text - 1, &limits,
                                                &message, NULL),
                     ASSAY_OK);
    got = scan_message(message, "alpha");
    assay_message_free(&message);
    ck_assert_int_eq(got.status, ASSAY_STATUS_UNSCANNABLE);
    ck_assert_int_eq(got.reason, ASSAY_REASON_LIMIT);
    ck_assert_int_eq(fake_last_sight()->kind, ASSAY_CONTENT_MESSAGE);
}
END_TEST

/* AV-14: the same attachment under another header. */
START_TEST(parts_are_cached_one_by_one)
{
    struct assay__scope_options options = fake_options();

    fake_scope_close(&fake);
    options.mime_decompose = true;
    options.cache_size = options.clean_cache_size = 10;
    open_with(options);
    (void)scan("Subject: a\r\n" MULTIPART TEXT("Dear A") BASE64("dHdv") END);
    ck_assert_uint_eq(fake_sight_count(), 2);
    ck_assert_int_eq(
        scan("Subject: b\r\n" MULTIPART TEXT("Dear B") BASE64("dHdv") END)
            .status,
        ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fake_sight_count(), 3);
    ck_assert_uint_eq(atomic_load(&stats()->cache_hits), 1);
    ck_assert_uint_eq(atomic_load(&stats()->parts), 4);
}
END_TEST

/* A hit tells that readers agree on the leaf, so the message is not looked at;
 * where they do not, it is, however often the leaf was seen. */
START_TEST(doubtful_leaf_is_not_remembered_as_one)
{
    static const char text[] =
        MULTIPART TEXT("begin 644 a\r\n#:&5L\r\n`\r\nend\r\n") END;
    struct assay__scope_options options = fake_options();

    fake_scope_close(&fake);
    options.mime_decompose = true;
    options.cache_size = options.clean_cache_size = 10;
    open_with(options);
    (void)scan(text);
    ck_assert_uint_eq(fake_sight_count(), 2);
    ck_assert_int_eq(fake_last_sight()->kind, ASSAY_CONTENT_MESSAGE);
    ck_assert_int_eq(scan(text).coverage.parts_total, 2);
    ck_assert_uint_eq(fake_sight_count(), 3);
    (void)scan("X: y\r\n" MULTIPART TEXT("plain") END);
    ck_assert_int_eq(
        scan("X: z\r\n" MULTIPART TEXT("plain") END).coverage.parts_total, 1);
    ck_assert_uint_eq(fake_sight_count(), 4);
}
END_TEST

/* F1 */
START_TEST(failed_allocation_is_an_error)
{
    static const char text[] = MULTIPART TEXT("one") BASE64("dHdv") END;

    options_of(0)->paranoid = true;
    for (unsigned long n = 1;; n++) {
        struct assay__dispatch request = {.engine = "alpha"};
        assay_message *message = fake_message(text);
        assay_verdict got;
        bool hit;

        request.message = message;
        alloc_fail_at(n);
        assay__dispatch_all(&fake.dispatcher, &request, NULL, NULL, &got);
        hit = alloc_fail_hit();
        alloc_fail_off();
        assay_message_free(&message);
        if (!hit) {
            ck_assert_uint_gt(n, 3);
            ck_assert_int_eq(got.status, ASSAY_STATUS_CLEAN);
            return;
        }
        ck_assert_msg(got.status != ASSAY_STATUS_CLEAN, "allocation %lu", n);
    }
}
END_TEST

/* ---- both ways agree ---------------------------------------------------- */

#define SEEDS 20
#define TREES 20 /* of a seed */
#define TREE_BYTES 16384

struct tree {
    char text[TREE_BYTES];
    size_t len;
    unsigned seed;
    unsigned boundary;
    int leaves_to_token; /* the leaf that gets it */
    bool has_token;
};

static unsigned draw(struct tree *tree, unsigned below)
{
    return (unsigned)rand_r(&tree->seed) % below;
}

static void put(struct tree *tree, const char *text)
{
    size_t len = strlen(text);

    ck_assert_uint_lt(tree->len + len, sizeof tree->text);
    memcpy(tree->text + tree->len, text, len + 1);
    tree->len += len;
}

static void put_leaf(struct tree *tree)
{
    static const struct {
        const char *headers, *token, *other;
    } kinds[] = {
        {"Content-Type: text/plain\r\n", "alpha: FOUND Worm", "hello"},
        {"Content-Type: application/x; name=a.bin\r\n"
         "Content-Transfer-Encoding: base64\r\n",
         WORM, "aGVsbG8K"},
        {"Content-Type: text/html\r\n"
         "Content-Transfer-Encoding: quoted-printable\r\n",
         "alpha=3A FOUND=20Worm", "hell=6F"},
        {"Content-Type: message/rfc822\r\n"
         "Content-Transfer-Encoding: base64\r\n",
         "WDogeQ0KDQphbHBoYTogRk9VTkQgV29ybQ0K", "WDogeQ0KDQpoZWxsbw0K"},
        {"Content-Transfer-Encoding:\r\n base64\r\n", WORM, "aGVsbG8K"},
    };
    unsigned kind = draw(tree, ASSAY_COUNT_OF(kinds));
    bool is_token = tree->leaves_to_token-- == 0;

    tree->has_token |= is_token;
    put(tree, kinds[kind].headers);
    put(tree, "\r\n");
    put(tree, is_token ? kinds[kind].token : kinds[kind].other);
    put(tree, "\r\n");
}

static void put_part(struct tree *tree, int depth);

static void put_multipart(struct tree *tree, int depth)
{
    static const char *const types[] = {"mixed", "alternative", "signed",
                                        "x-odd", "digest"};
    unsigned number = ++tree->boundary, parts = draw(tree, 4);
    char line[96];

    (void)snprintf(line, sizeof line,
                   "Content-Type: multipart/%s; boundary=\"=%u=\"\r\n\r\n",
                   types[draw(tree, ASSAY_COUNT_OF(types))], number);
    put(tree, line);
    for (unsigned i = 0; i < parts; i++) {
        (void)snprintf(line, sizeof line, "\r\n--=%u=\r\n", number);
        put(tree, line);
        put_part(tree, depth + 1);
    }
    if (draw(tree, 8) == 0)
        return; /* no end */
    (void)snprintf(line, sizeof line, "\r\n--=%u=--\r\n", number);
    put(tree, line);
}

static void put_part(struct tree *tree, int depth)
{
    unsigned choice = draw(tree, 6);

    if (depth < 4 && choice < 2) {
        put_multipart(tree, depth);
    } else if (depth < 4 && choice == 2) {
        put(tree, "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n");
        put_part(tree, depth + 1);
    } else {
        put_leaf(tree);
    }
}

/* The engine finds a token in decoded parts: given one by one, and as parts of
 * a mail that it reads by itself. */
static void compare_scans(struct tree *tree)
{
    assay_verdict whole, decomposed;

    options_of(0)->mime_decompose = true;
    decomposed = scan(tree->text);
    options_of(0)->mime_decompose = false;
    whole = scan(tree->text);
    ck_assert_msg(whole.status == decomposed.status &&
                      strcmp(whole.info, decomposed.info) == 0,
                  "whole %s, decomposed %s:\n%s",
                  assay_status_name(whole.status),
                  assay_status_name(decomposed.status), tree->text);
    ck_assert_msg((whole.status == ASSAY_STATUS_INFECTED) == tree->has_token,
                  "%s:\n%s", assay_status_name(whole.status), tree->text);
}

START_TEST(whole_and_decomposed_scans_agree)
{
    static struct tree tree;
    unsigned seed = (unsigned)_i;

    for (int i = 0; i < TREES; i++) {
        memset(&tree, 0, sizeof tree);
        tree.seed = seed;
        tree.leaves_to_token = (int)draw(&tree, 6);
        put(&tree, "Subject: x\r\nMIME-Version: 1.0\r\n");
        put_multipart(&tree, 0);
        compare_scans(&tree);
        seed = tree.seed;
    }
}
END_TEST

/* ---- readings ----------------------------------------------------------- */

#define CONFLICT                          \
    "Content-Transfer-Encoding: 7bit\r\n" \
    "Content-Transfer-Encoding: base64\r\n\r\n"

static void be_paranoid(void)
{
    for (size_t i = 0; i < 2; i++) {
        options_of(i)->mime_decompose = false;
        options_of(i)->paranoid = true;
    }
}

START_TEST(file_of_another_reading_is_found)
{
    static const char text[] = CONFLICT WORM "\r\n";
    assay_verdict got;

    be_paranoid();
    got = scan(text);
    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(got.info, "Worm");
    ck_assert_str_ne(fake_last_sight()->reading, "default");
}
END_TEST

static void collect(void *arg, const struct assay__scope *scope,
                    const struct assay__engine_instance *instance,
                    const assay_verdict *verdict)
{
    char *text = arg;
    size_t used = strlen(text);

    (void)scope;
    (void)snprintf(text + used, 256 - used, "%s=%s;", instance->name,
                   assay_status_name(verdict->status));
}

/* AV-23 */
START_TEST(evasive_message_is_infected_by_its_reason)
{
    struct assay__dispatch request = {
        .message = fake_message(CONFLICT "aGVsbG8gaGVsbG8gaGVsbG8K\r\n")};
    char told[256] = "";
    assay_verdict got;

    be_paranoid();
    assay__dispatch_all(&fake.dispatcher, &request, collect, told, &got);
    assay_message_free(&request.message);
    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(got.info, "Paranoid.ConflictingEncoding");
    ck_assert_str_eq(got.scan_code, "Paranoid");
    ck_assert_str_eq(got.engine, "alpha");
    ck_assert_str_eq(got.scope, "av1");
    ck_assert_str_eq(told, "one=clean;two=clean;one=infected;");
    ck_assert_uint_eq(atomic_load(&stats()->infected), 1);
}
END_TEST

/* A threat that a later engine finds says more. */
START_TEST(threat_wins_over_paranoid)
{
    assay_message *message =
        fake_message("X: beta: FOUND Worm\r\n" CONFLICT "beta: FOUND Worm\r\n");
    assay_verdict got;

    be_paranoid();
    got = scan_message(message, NULL);
    assay_message_free(&message);
    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(got.info, "Worm");
    ck_assert_str_eq(got.engine, "beta");
}
END_TEST

START_TEST(honest_message_is_not_paranoid)
{
    be_paranoid();
    ck_assert_int_eq(scan(MULTIPART TEXT("one") BASE64("dHdv") END).status,
                     ASSAY_STATUS_CLEAN);
    /* What is encrypted has a reason and an answer of its own. */
    ck_assert_int_eq(scan("Subject: x\r\n\r\nalpha: ENCRYPTED\r\n").reason,
                     ASSAY_REASON_ENCRYPTED);
}
END_TEST

START_TEST(evasive_message_passes_without_paranoid)
{
    options_of(0)->mime_decompose = false;
    ck_assert_int_eq(scan(CONFLICT "aGVsbG8gaGVsbG8gaGVsbG8K\r\n").status,
                     ASSAY_STATUS_CLEAN);
}
END_TEST

/* ---- what is delivered -------------------------------------------------- */

static const char dotted[] =
    "Subject: x\r\n\r\n.\r\n..two\r\n.one\r\nend.\r\n.\r\n";

/* RFC 5321 4.5.2, as a receiver does it. */
static void unstuff(const char *wire, char *out)
{
    bool at_start = true;

    for (; *wire; wire++) {
        if (at_start && *wire == '.' && *++wire == '\0')
            break;
        at_start = *wire == '\n';
        *out++ = *wire;
    }
    *out = '\0';
}

/* C28, AV-27: with use_wire_rep the bytes of the wire, and those that arrive.
 */
START_TEST(wire_and_delivered_bytes_are_scanned)
{
    char delivered[256];

    options_of(0)->mime_decompose = false;
    (void)scan(dotted);
    ck_assert_uint_eq(fake_sight_count(), 2);
    unstuff(fake_previous_sight()->data, delivered);
    ck_assert_str_ne(fake_previous_sight()->data, dotted);
    ck_assert_str_eq(delivered, dotted);
    ck_assert_str_eq(fake_last_sight()->data, dotted);
}
END_TEST

/* C28, AV-28: without it what is delivered, with the edits of policies. */
START_TEST(delivered_bytes_with_edits_are_scanned)
{
    assay_message *message = fake_message(dotted);

    options_of(0)->mime_decompose = false;
    options_of(0)->use_wire_rep = false;
    ck_assert_int_eq(
        assay_message_edit(message, ASSAY_EDIT_APPEND, "X-Test", "1", NULL),
        ASSAY_OK);
    (void)scan_message(message, "alpha");
    assay_message_free(&message);
    ck_assert_uint_eq(fake_sight_count(), 1);
    ck_assert_str_eq(fake_last_sight()->data,
                     "Subject: x\r\nX-Test: 1\r\n"
                     "\r\n.\r\n..two\r\n.one\r\nend.\r\n.\r\n");
}
END_TEST

/* C28: parts are those that arrive, whatever use_wire_rep says. */
START_TEST(delivered_parts_are_scanned)
{
    options_of(0)->use_wire_rep = _i == 0;
    (void)scan(dotted);
    ck_assert_uint_eq(fake_sight_count(), 1);
    ck_assert_str_eq(fake_last_sight()->data, strstr(dotted, "\r\n\r\n") + 4);
}
END_TEST

/* ---- an engine that does not read mails --------------------------------- */

static void setup_wants_parts(void)
{
    const struct fake_settings settings = {.wants_parts = true};
    struct assay__scope_options options = fake_options();

    fake_world_reset();
    fake_scope_open_with(&fake, &options, &settings);
}

START_TEST(wanted_parts_come_beside_the_message)
{
    assay_verdict got = scan(MULTIPART TEXT("one") BASE64("dHdv") END);

    ck_assert_int_eq(got.status, ASSAY_STATUS_CLEAN);
    ck_assert_uint_eq(fake_sight_count(), 3);
    ck_assert_str_eq(fake_previous_sight()->data, "two");
    ck_assert_int_eq(fake_previous_sight()->kind, ASSAY_CONTENT_PART);
    ck_assert_int_eq(fake_last_sight()->kind, ASSAY_CONTENT_MESSAGE);
    ck_assert_uint_eq(got.coverage.parts_seen, 3);
}
END_TEST

START_TEST(wanted_parts_are_found_in)
{
    ck_assert_int_eq(scan(MULTIPART TEXT("one") BASE64(WORM) END).status,
                     ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(scan("alpha: FOUND Header\r\n\r\nno part\r\n").status,
                     ASSAY_STATUS_INFECTED);
}
END_TEST

/* Headers are left out for it as for any engine when parts stand for them. */
START_TEST(wanted_parts_replace_the_message_with_mime_decompose)
{
    options_of(0)->mime_decompose = true;
    (void)scan(MULTIPART TEXT("one") BASE64("dHdv") END);
    ck_assert_uint_eq(fake_sight_count(), 2);
}
END_TEST

/* Both are of every day, and any program that reads mail opens them; an engine
 * that reads none sees an encoded text. */
static const char *const enclosed[] = {
    "\r\nsee here\r\nbegin 644 "
    "worm.bin\r\n286QP:&$Z($9/54Y$(%=O<FT*\r\n`\r\nend\r\n",
    "Content-Type: message/rfc822\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    "Q29udGVudC1UcmFuc2Zlci1FbmNvZGluZzogYmFzZTY0DQoNCllXeHdhR0U2"
    "SUVaUFZVNUVJRmR2Y20wSw0K\r\n",
};

START_TEST(files_in_parts_are_wanted_too)
{
    assay_verdict got = scan(enclosed[_i]);

    ck_assert_int_eq(got.status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(got.info, "Worm");
    options_of(0)->mime_decompose = true;
    ck_assert_int_eq(scan(enclosed[_i]).status, ASSAY_STATUS_INFECTED);
}
END_TEST

/* Other readings are scanned, and judged with paranoid alone. */
START_TEST(wanted_readings_are_not_paranoid)
{
    assay_verdict got = scan(CONFLICT "bm90aGluZw==\r\n");

    ck_assert_int_eq(got.status, ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(scan(CONFLICT WORM "\r\n").status, ASSAY_STATUS_INFECTED);
}
END_TEST

static void add_wanted_tests(Suite *suite)
{
    TCase *tc = tcase_create("wanted parts");

    tcase_add_checked_fixture(tc, setup_wants_parts, teardown);
    tcase_add_test(tc, wanted_parts_come_beside_the_message);
    tcase_add_test(tc, wanted_parts_are_found_in);
    tcase_add_test(tc, wanted_parts_replace_the_message_with_mime_decompose);
    tcase_add_loop_test(tc, files_in_parts_are_wanted_too, 0, 2);
    tcase_add_test(tc, wanted_readings_are_not_paranoid);
    suite_add_tcase(suite, tc);
}

static void add_reading_tests(Suite *suite)
{
    TCase *tc = tcase_create("readings");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, file_of_another_reading_is_found);
    tcase_add_test(tc, evasive_message_is_infected_by_its_reason);
    tcase_add_test(tc, threat_wins_over_paranoid);
    tcase_add_test(tc, honest_message_is_not_paranoid);
    tcase_add_test(tc, evasive_message_passes_without_paranoid);
    suite_add_tcase(suite, tc);
}

static void add_delivery_tests(Suite *suite)
{
    TCase *tc = tcase_create("delivery");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, wire_and_delivered_bytes_are_scanned);
    tcase_add_test(tc, delivered_bytes_with_edits_are_scanned);
    tcase_add_loop_test(tc, delivered_parts_are_scanned, 0, 2);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    Suite *suite = suite_create("contents");
    TCase *tc = tcase_create("decomposed");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, leaves_are_scanned_one_by_one);
    tcase_add_test(tc, leaves_are_counted);
    tcase_add_test(tc, first_infected_part_decides);
    tcase_add_test(tc, error_of_one_part_does_not_hide_the_next);
    tcase_add_test(tc, parts_share_the_budget);
    tcase_add_test(tc, requests_share_the_budget);
    tcase_add_test(tc, size_counts_for_each_part);
    tcase_add_loop_test(tc, something_is_always_scanned, 0,
                        (int)ASSAY_COUNT_OF(shapes));
    tcase_add_test(tc, tree_that_was_cut_is_unscannable);
    tcase_add_test(tc, parts_are_cached_one_by_one);
    tcase_add_test(tc, doubtful_leaf_is_not_remembered_as_one);
    tcase_add_test(tc, failed_allocation_is_an_error);
    tcase_add_loop_test(tc, whole_and_decomposed_scans_agree, 0, SEEDS);
    suite_add_tcase(suite, tc);
    add_reading_tests(suite);
    add_wanted_tests(suite);
    add_delivery_tests(suite);
    return check_run(suite);
}
