/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The dispatcher over real modules whose behaviour the content orders, on a
 * clock that only the tests turn.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/sizes.h"
#include "fake_scope.h"
#include "fake_world.h"
#include "check_run.h"

#define HOUR_MS 3600000

static struct fake_scope fake;
static assay_message *message;
static assay_context *connection;

static void setup(void)
{
    fake_world_reset();
    fake_scope_open(&fake);
    message = NULL;
    connection = NULL;
}

static void teardown(void)
{
    assay_message_free(&message);
    assay_context_free(&connection);
    fake_scope_close(&fake);
}

static struct assay__engine_instance *engine(size_t index)
{
    return fake.scopes[0]->engines[index];
}

static void use_message(const char *text)
{
    assay_message_free(&message);
    message = fake_message(text);
}

static void set_variable(assay_context *context, const char *key,
                         const char *value)
{
    ck_assert_int_eq(assay_context_set(context, key, value, NULL), ASSAY_OK);
}

static assay_context *use_connection(void)
{
    ck_assert_int_eq(assay_context_new(&connection, NULL), ASSAY_OK);
    return connection;
}

static assay_verdict dispatch(const struct assay__dispatch *request)
{
    assay_verdict verdict;

    memset(&verdict, 0x5a, sizeof verdict);
    assay__dispatch_scope(&fake.dispatcher, fake.scopes[0], request, NULL, NULL,
                          &verdict);
    return verdict;
}

static assay_verdict scan(const char *text)
{
    struct assay__dispatch request = {0};

    use_message(text);
    request.message = message;
    return dispatch(&request);
}

static assay_verdict hook_scan(const char *text)
{
    struct assay__dispatch request = {.hook = true, .connection = connection};

    use_message(text);
    request.message = message;
    return dispatch(&request);
}

static assay_verdict scan_by(const char *engine_name, const char *text)
{
    struct assay__dispatch request = {.engine = engine_name};

    use_message(text);
    request.message = message;
    return dispatch(&request);
}

static void assert_verdict(const assay_verdict *got, assay_status status,
                           const char *info)
{
    ck_assert_msg(got->status == status, "got %s (%s), want %s",
                  assay_status_name(got->status), got->info,
                  assay_status_name(status));
    ck_assert_str_eq(got->info, info);
}

/* ---- what one engine says ----------------------------------------------- */

static const struct {
    const char *order;
    assay_status want;
    assay_reason want_reason;
    const char *want_info;
} orders[] = {
    {"CLEAN", ASSAY_STATUS_CLEAN, 0, ""},
    {"FOUND Worm.A", ASSAY_STATUS_INFECTED, 0, "Worm.A"},
    {"LATE FOUND Worm.A", ASSAY_STATUS_INFECTED, 0, "Worm.A"},
    {"FOUND", ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE,
     "error: the engine reports a threat without a name"},
    {"FOUND (null)", ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE,
     "error: the engine reports a threat without a name"},
    {"LATE CLEAN", ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT,
     "error: timeout after 10s"},
    {"LATE PARTIAL", ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT,
     "error: timeout after 10s"},
    {"PARTIAL", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_PARTIAL,
     "error: unscannable: partial"},
    {"LIMIT", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_PARTIAL,
     "error: unscannable: partial"},
    {"MEMBER", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_PARTIAL,
     "error: unscannable: partial"},
    {"PARTS", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_PARTIAL,
     "error: unscannable: partial"},
    {"FAULT no room", ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE,
     "error: no room"},
    {"LATE FAULT no room", ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE,
     "error: no room"},
    {"TIMEOUT", ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT,
     "error: timeout after 10s"},
    {"UNSCANNABLE DEC_7", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_MALFORMED,
     "error: unscannable: DEC_7"},
    {"LATE UNSCANNABLE DEC_7", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_MALFORMED,
     "error: unscannable: DEC_7"},
    {"ENCRYPTED", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_ENCRYPTED,
     "error: unscannable: encrypted"},
    {"UNSUITABLE", ASSAY_STATUS_NOT_SUITABLE, 0,
     "error: not suitable: for this engine"},
    {"ODD", ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE, "error: engine"},
    {"NONSENSE", ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE, "error: engine"},
};

START_TEST(order_becomes_verdict)
{
    char text[256];
    assay_verdict got;

    (void)snprintf(text, sizeof text, "Subject: x\r\n\r\nalpha: %s\r\n",
                   orders[_i].order);
    got = scan_by("alpha", text);
    assert_verdict(&got, orders[_i].want, orders[_i].want_info);
    ck_assert_msg(got.reason == orders[_i].want_reason, "%s: got %s",
                  orders[_i].order, assay_reason_name(got.reason));
    ck_assert_str_eq(got.engine, "alpha");
    ck_assert_str_eq(got.scope, "av1");
    ck_assert_str_eq(got.epoch, "alpha/1 db/7");
    ck_assert_uint_eq(got.coverage.bytes_total, strlen(text));
    ck_assert(got.status != ASSAY_STATUS_CLEAN ||
              assay_coverage_is_complete(&got.coverage));
}
END_TEST

START_TEST(clean_verdict_has_scan_code)
{
    assay_verdict got = scan_by("alpha", "hello\r\n");

    ck_assert_str_eq(got.scan_code, "OK");
    got = scan_by("alpha", "alpha: FOUND Worm.A\r\n");
    ck_assert_str_eq(got.scan_code, "Worm.A");
}
END_TEST

START_TEST(empty_message_is_given_to_the_engine)
{
    assay_verdict got = scan("");

    assert_verdict(&got, ASSAY_STATUS_CLEAN, "");
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.messages), 1);
    ck_assert_uint_eq(got.coverage.parts_total, 1);
    ck_assert_uint_eq(got.coverage.bytes_total, 0);
}
END_TEST

/* ---- several engines ---------------------------------------------------- */

/* C26: two engines, each clean, infected, unscannable, error, timeout. */
static const struct {
    const char *order;
    assay_status status;
    assay_reason reason;
} outcomes[] = {
    {"CLEAN", ASSAY_STATUS_CLEAN, ASSAY_REASON_NONE},
    {"FOUND Worm", ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE},
    {"UNSCANNABLE", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_MALFORMED},
    {"FAULT", ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE},
    {"TIMEOUT", ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT},
};
#define OUTCOMES 5
static const char pair_want[OUTCOMES][OUTCOMES + 1] = {
    /* beta: C I U E T; alpha downwards */
    "CIUET", "IIIII", "UIUET", "EIEEE", "TITTT",
};

/* AV-01 */
START_TEST(two_engines_truth_table)
{
    int a = _i / OUTCOMES;
    int b = _i % OUTCOMES;
    size_t want = (size_t)(strchr("CIUET", pair_want[a][b]) - "CIUET");
    char text[256];
    assay_verdict got;

    (void)snprintf(text, sizeof text, "X: y\r\n\r\nalpha: %s\r\nbeta: %s\r\n",
                   outcomes[a].order, outcomes[b].order);
    got = scan(text);
    ck_assert_msg(got.status == outcomes[want].status &&
                      got.reason == outcomes[want].reason,
                  "%s, %s: got %s(%s)", outcomes[a].order, outcomes[b].order,
                  assay_status_name(got.status), assay_reason_name(got.reason));
}
END_TEST

START_TEST(first_infection_ends_the_scan)
{
    assay_verdict got = scan("alpha: FOUND First\r\nbeta: FOUND Second\r\n");

    assert_verdict(&got, ASSAY_STATUS_INFECTED, "First");
    ck_assert_str_eq(got.engine, "alpha");
    ck_assert_uint_eq(atomic_load(&engine(1)->core->stats.messages), 0);
}
END_TEST

START_TEST(engine_after_the_deadline_is_not_called)
{
    assay_verdict got = scan("alpha: LATE CLEAN\r\nbeta: FOUND Worm\r\n");

    assert_verdict(&got, ASSAY_STATUS_ERROR, "error: timeout after 10s");
    ck_assert_uint_eq(atomic_load(&engine(1)->core->stats.messages), 0);
    ck_assert_uint_eq(atomic_load(&engine(1)->core->stats.errors), 1);
}
END_TEST

/* AV-26: each instance has its own timeout, counted from the start. */
START_TEST(longer_timeout_of_a_later_engine_counts_from_the_start)
{
    assay_verdict got;

    engine(1)->options.timeout_s = 2 * HOUR_MS / 1000;
    got = scan("alpha: LATE CLEAN\r\nbeta: FOUND Worm\r\n");
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "Worm");
    ck_assert_int_eq(fake_last_sight()->deadline_ms, 5000 + 2 * HOUR_MS);
}
END_TEST

static void collect(void *arg, const struct assay__scope *scope,
                    const struct assay__engine_instance *instance,
                    const assay_verdict *verdict)
{
    char *text = arg;
    size_t used = strlen(text);

    (void)snprintf(text + used, 256 - used, "%s/%s=%s;", scope->name,
                   instance->name, assay_status_name(verdict->status));
}

START_TEST(each_engine_is_told_in_order)
{
    struct assay__dispatch request = {0};
    char told[256] = "";
    assay_verdict got;

    use_message("alpha: FAULT\r\ngamma: PARTIAL\r\n");
    request.message = message;
    assay__dispatch_all(&fake.both, &request, collect, told, &got);
    ck_assert_str_eq(told,
                     "av1/one=error;av1/two=clean;av2/three=unscannable;");
    ck_assert_int_eq(got.status, ASSAY_STATUS_ERROR);
    ck_assert_str_eq(got.engine, "alpha");
}
END_TEST

START_TEST(infection_in_one_scope_ends_all)
{
    struct assay__dispatch request = {0};
    assay_verdict got;

    use_message("beta: FOUND Worm\r\n");
    request.message = message;
    assay__dispatch_all(&fake.both, &request, NULL, NULL, &got);
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "Worm");
    ck_assert_uint_eq(
        atomic_load(&fake.scopes[1]->engines[0]->core->stats.messages), 0);
}
END_TEST

START_TEST(content_that_is_no_mail_is_scanned_by_all)
{
    static const char text[] = "gamma: FOUND Worm\n";
    const assay_content content = {.kind = ASSAY_CONTENT_FILE,
                                   .data = text,
                                   .size = sizeof text - 1,
                                   .file_name = "a.bin"};
    assay_verdict got;

    assay__dispatch_content(&fake.both, &content, &got);
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "Worm");
    ck_assert_int_eq(fake_last_sight()->kind, ASSAY_CONTENT_FILE);
    ck_assert_str_eq(fake_last_sight()->file_name, "a.bin");
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.messages), 0);
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.parts), 1);
}
END_TEST

/* ---- which engines ------------------------------------------------------ */

static const struct {
    const char *name;
    assay_status want;
    const char *want_info;
} names[] = {
    {"alpha", ASSAY_STATUS_INFECTED, "A"},
    {"ALPHA", ASSAY_STATUS_INFECTED, "A"},
    {"One", ASSAY_STATUS_INFECTED, "A"},
    {"beta", ASSAY_STATUS_INFECTED, "B"},
    {"two", ASSAY_STATUS_INFECTED, "B"},
    {"gamma", ASSAY_STATUS_NO_ENGINE, "no such engine"},
    {"", ASSAY_STATUS_NO_ENGINE, "no such engine"},
    {"a234567890123456789012345678901234567890", ASSAY_STATUS_NO_ENGINE,
     "no such engine"},
    {"a2345678901234567890123456789012345678901", ASSAY_STATUS_NAME_TOO_LONG,
     "engine name is too long"},
};

START_TEST(engine_is_chosen_by_name)
{
    assay_verdict got =
        scan_by(names[_i].name, "alpha: FOUND A\r\nbeta: FOUND B\r\n");

    assert_verdict(&got, names[_i].want, names[_i].want_info);
    ck_assert_str_eq(got.scope, "av1");
}
END_TEST

START_TEST(request_for_nothing_is_an_error)
{
    const struct assay__dispatch request = {0};
    assay_verdict got = dispatch(&request);

    assert_verdict(&got, ASSAY_STATUS_ERROR, "error: nothing to scan");
}
END_TEST

START_TEST(no_scope_has_no_engine)
{
    const struct assay__dispatcher none = {NULL, 0, NULL};
    struct assay__dispatch request = {0};
    assay_verdict got;

    use_message("x\r\n");
    request.message = message;
    assay__dispatch_all(&none, &request, NULL, NULL, &got);
    assert_verdict(&got, ASSAY_STATUS_NO_ENGINE, "no such engine");
}
END_TEST

START_TEST(engine_names_are_listed_once)
{
    struct assay__scope *scopes[] = {fake.scopes[0], fake.scopes[1],
                                     fake.scopes[0]};
    const struct assay__dispatcher dispatcher = {scopes, 3, NULL};

    ck_assert_str_eq(assay__dispatch_engine(&dispatcher, 0), "alpha");
    ck_assert_str_eq(assay__dispatch_engine(&dispatcher, 1), "beta");
    ck_assert_str_eq(assay__dispatch_engine(&dispatcher, 2), "gamma");
    ck_assert_ptr_null(assay__dispatch_engine(&dispatcher, 3));
}
END_TEST

/* AV-25, AV-34: any value in either context, hook or not, name or not. */
static const struct {
    bool in_connection;
    const char *value;
    const char *name;
    bool hook;
} skips[] = {
    {false, "1", NULL, true},    {false, "", NULL, true},
    {true, "no", NULL, true},    {false, "1", NULL, false},
    {true, "1", "alpha", false}, {false, "1", "nobody", false},
};

START_TEST(skip_variable_is_honoured)
{
    struct assay__dispatch request = {.hook = skips[_i].hook,
                                      .engine = skips[_i].name,
                                      .connection = use_connection()};
    assay_verdict got;

    use_message("alpha: FOUND Worm\r\n");
    request.message = message;
    set_variable(skips[_i].in_connection ? connection
                                         : assay_message_context(message),
                 "skip_virus_check", skips[_i].value);
    got = dispatch(&request);
    assert_verdict(&got, ASSAY_STATUS_SKIPPED, "skipped");
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.messages), 0);
}
END_TEST

START_TEST(skip_variable_of_one_engine_skips_that_one)
{
    struct assay__dispatch request = {0};
    assay_verdict got;

    engine(0)->options.skip_context_variable = "no_alpha";
    use_message("alpha: FOUND A\r\nbeta: FOUND B\r\n");
    request.message = message;
    set_variable(assay_message_context(message), "no_alpha", "1");
    got = dispatch(&request);
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "B");
}
END_TEST

/* AV-09 */
START_TEST(passive_engine_waits_to_be_asked)
{
    assay_verdict got;

    engine(0)->options.enabled = false;
    got = hook_scan("alpha: FOUND A\r\nbeta: FOUND B\r\n");
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "B");
    got = scan("alpha: FOUND A\r\nbeta: FOUND B\r\n");
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "A");
}
END_TEST

START_TEST(passive_scope_waits_to_be_asked)
{
    assay_verdict got;

    fake.scopes[0]->options.enabled = false;
    got = hook_scan("alpha: FOUND A\r\n");
    assert_verdict(&got, ASSAY_STATUS_SKIPPED, "passive");
    got = scan("alpha: FOUND A\r\n");
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "A");
}
END_TEST

/* AV-35 */
START_TEST(bypass_of_all_engines_counts_in_hooks_only)
{
    struct assay__dispatch request = {.connection = use_connection()};
    assay_verdict got;

    set_variable(connection, "__bypass_antivirus", "true");
    got = hook_scan("alpha: FOUND A\r\n");
    assert_verdict(&got, ASSAY_STATUS_SKIPPED, "bypassed");
    use_message("alpha: FOUND A\r\n");
    request.message = message;
    got = dispatch(&request);
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "A");
}
END_TEST

START_TEST(bypass_of_one_engine_leaves_the_others)
{
    assay_verdict got;

    set_variable(use_connection(), "__bypass_alpha", "true");
    got = hook_scan("alpha: FOUND A\r\nbeta: FOUND B\r\n");
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "B");
}
END_TEST

START_TEST(bypass_that_is_not_true_is_none)
{
    assay_verdict got;

    set_variable(use_connection(), "__bypass_antivirus", "false");
    got = hook_scan("alpha: FOUND A\r\n");
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "A");
}
END_TEST

/* ---- what engines are given --------------------------------------------- */

static const char dotted[] = "Subject: x\r\n\r\n.dot\r\n";

/* AV-27 */
START_TEST(wire_representation_is_stuffed)
{
    assay_verdict got = scan_by("alpha", dotted);

    ck_assert_int_eq(got.status, ASSAY_STATUS_CLEAN);
    ck_assert_str_eq(fake_previous_sight()->data,
                     "Subject: x\r\n\r\n..dot\r\n");
    ck_assert_int_eq(fake_previous_sight()->kind, ASSAY_CONTENT_MESSAGE);
    ck_assert_str_eq(fake_previous_sight()->media_type, "message/rfc822");
    ck_assert_uint_eq(got.coverage.bytes_total, strlen(dotted) + 1);
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.messages), 1);
}
END_TEST

/* What the reader of the mail will see is looked at as well. */
START_TEST(stuffed_message_is_scanned_unstuffed_too)
{
    (void)scan_by("alpha", dotted);
    ck_assert_str_eq(fake_previous_sight()->reading, "default");
    ck_assert_str_eq(fake_last_sight()->reading, "unstuffed");
    ck_assert_str_eq(fake_last_sight()->data, dotted);
    (void)scan_by("alpha", "a: b\r\n\r\nno dots\r\n");
    ck_assert_str_eq(fake_last_sight()->reading, "default");
}
END_TEST

/* AV-28 */
START_TEST(canonical_representation_has_the_edits)
{
    struct assay__dispatch request = {.engine = "alpha"};
    assay_verdict got;

    engine(0)->options.use_wire_rep = false;
    use_message(dotted);
    ck_assert_int_eq(
        assay_message_edit(message, ASSAY_EDIT_APPEND, "X-Test", "1", NULL),
        ASSAY_OK);
    request.message = message;
    got = dispatch(&request);
    ck_assert_int_eq(got.status, ASSAY_STATUS_CLEAN);
    ck_assert_ptr_nonnull(strstr(fake_last_sight()->data, "X-Test: 1"));
    ck_assert_ptr_nonnull(strstr(fake_last_sight()->data, "\r\n\r\n.dot"));
}
END_TEST

START_TEST(engines_of_both_representations_merge_to_clean)
{
    assay_verdict got;

    engine(1)->options.use_wire_rep = false;
    got = scan(dotted);
    assert_verdict(&got, ASSAY_STATUS_CLEAN, "");
    ck_assert(assay_coverage_is_complete(&got.coverage));
}
END_TEST

static const char multipart[] =
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n"
    "\r\n"
    "--b\r\n"
    "Content-Type: application/octet-stream; name=a.bin\r\n"
    "Content-Disposition: attachment; filename=a.bin\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "\r\n"
    "YWxwaGE6IEZPVU5EIFdvcm0K\r\n" /* alpha: FOUND Worm */
    "--b--\r\n";

static assay_part *root_part(void)
{
    assay_part *root = NULL;

    use_message(multipart);
    ck_assert_int_eq(assay_message_root(message, &root, NULL), ASSAY_OK);
    return root;
}

START_TEST(part_is_scanned_decoded)
{
    struct assay__dispatch request = {0};
    assay_verdict got;

    request.part = assay_part_first_child(root_part());
    ck_assert_ptr_nonnull(request.part);
    got = dispatch(&request);
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "Worm");
    ck_assert_int_eq(fake_last_sight()->kind, ASSAY_CONTENT_PART);
    ck_assert_str_eq(fake_last_sight()->data, "alpha: FOUND Worm\n");
    ck_assert_str_eq(fake_last_sight()->media_type, "application/octet-stream");
    ck_assert_str_eq(fake_last_sight()->file_name, "a.bin");
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.messages), 0);
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.parts), 1);
}
END_TEST

START_TEST(container_is_no_part_to_scan)
{
    struct assay__dispatch request = {0};
    assay_verdict got;

    request.part = root_part();
    got = dispatch(&request);
    assert_verdict(&got, ASSAY_STATUS_PART_IS_CONTAINER, "part is a container");
}
END_TEST

START_TEST(part_over_the_decoding_limit_is_unscannable)
{
    const assay_message_limits limits = {.max_decoded_bytes = 4};
    struct assay__dispatch request = {0};
    assay_part *root = NULL;
    assay_verdict got;

    ck_assert_int_eq(assay_message_new_borrowed(multipart, sizeof multipart - 1,
                                                &limits, &message, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(assay_message_root(message, &root, NULL), ASSAY_OK);
    request.part = assay_part_first_child(root);
    got = dispatch(&request);
    ck_assert_int_eq(got.status, ASSAY_STATUS_UNSCANNABLE);
    ck_assert_int_eq(got.reason, ASSAY_REASON_LIMIT);
    ck_assert(!assay_coverage_is_complete(&got.coverage));
}
END_TEST

START_TEST(content_over_max_size_is_not_given)
{
    static const char text[] = "alpha: FOUND Worm\r\n";
    assay_verdict got;

    engine(0)->options.max_size = strlen(text) - 1;
    got = scan_by("alpha", text);
    assert_verdict(&got, ASSAY_STATUS_UNSCANNABLE,
                   "error: unscannable: oversize");
    ck_assert_int_eq(got.reason, ASSAY_REASON_OVERSIZE);
    ck_assert_uint_eq(got.coverage.bytes_seen, 0);
    ck_assert_uint_eq(got.coverage.bytes_total, strlen(text));
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.messages), 0);
    ck_assert_uint_eq(atomic_load(&engine(0)->core->stats.unscannable), 1);
    engine(0)->options.max_size = strlen(text);
    got = scan_by("alpha", text);
    assert_verdict(&got, ASSAY_STATUS_INFECTED, "Worm");
}
END_TEST

/* A failed allocation anywhere on the way is an ERROR, never a verdict about
 * the content (F1). */
static void torture(const char *text, bool by_part)
{
    for (unsigned long n = 1;; n++) {
        struct assay__dispatch request = {0};
        assay_part *root = NULL;
        assay_verdict got;
        bool hit;

        use_message(text);
        ck_assert_int_eq(assay_message_root(message, &root, NULL), ASSAY_OK);
        request.message = message;
        request.part = by_part ? assay_part_first_child(root) : NULL;
        alloc_fail_at(n);
        got = dispatch(&request);
        hit = alloc_fail_hit();
        alloc_fail_off();
        if (!hit) {
            ck_assert_uint_gt(n, 1); /* or this test has tested nothing */
            ck_assert_int_ne(got.status, ASSAY_STATUS_ERROR);
            return;
        }
        ck_assert_msg(got.status == ASSAY_STATUS_ERROR &&
                          got.reason == ASSAY_REASON_MEMORY,
                      "allocation %lu: got %s", n,
                      assay_status_name(got.status));
    }
}

START_TEST(torture_message)
{
    torture(dotted, false);
}
END_TEST

START_TEST(torture_part)
{
    torture(multipart, true);
}
END_TEST

/* ---- service, counters, log --------------------------------------------- */

START_TEST(engine_that_missed_its_canary_does_not_judge)
{
    assay_verdict got;

    fake_probe_set(false);
    assay__scope_probe(fake.scopes[0], NULL);
    got = scan("hello\r\n");
    assert_verdict(&got, ASSAY_STATUS_ERROR,
                   "error: engine is out of service: it missed its canary");
    ck_assert_int_eq(got.reason, ASSAY_REASON_CANARY);
    fake_probe_set(true);
    assay__scope_probe(fake.scopes[0], NULL);
    got = scan("hello\r\n");
    assert_verdict(&got, ASSAY_STATUS_CLEAN, "");
}
END_TEST

START_TEST(engine_that_is_not_open_is_unavailable)
{
    void *instance = engine(0)->core->instance;
    assay_verdict got;

    engine(0)->core->instance = NULL;
    got = scan("hello\r\n");
    engine(0)->core->instance = instance;
    assert_verdict(&got, ASSAY_STATUS_ERROR, "error: engine is not open");
    ck_assert_int_eq(got.reason, ASSAY_REASON_UNAVAILABLE);
}
END_TEST

/* AV-30: a whole message is one message and one part. */
START_TEST(statistics_count_what_was_called)
{
    const struct assay__engine_stats *stats = &engine(0)->core->stats;

    (void)scan_by("alpha", "hello\r\n");
    (void)scan_by("alpha", "alpha: FOUND Worm\r\n");
    (void)scan_by("alpha", "alpha: UNSCANNABLE\r\n");
    (void)scan_by("alpha", "alpha: LATE FAULT\r\n");
    ck_assert_uint_eq(atomic_load(&stats->messages), 4);
    ck_assert_uint_eq(atomic_load(&stats->parts), 4);
    ck_assert_uint_eq(atomic_load(&stats->infected), 1);
    ck_assert_uint_eq(atomic_load(&stats->unscannable), 1);
    ck_assert_uint_eq(atomic_load(&stats->errors), 1);
    ck_assert_uint_eq(atomic_load(&stats->message_us), HOUR_MS * 1000ull);
    ck_assert_uint_eq(atomic_load(&stats->part_us), HOUR_MS * 1000ull);
}
END_TEST

START_TEST(elapsed_time_is_told)
{
    assay_verdict got = scan_by("alpha", "alpha: LATE FOUND Worm\r\n");

    ck_assert_uint_eq(got.elapsed_us, HOUR_MS * 1000ull);
}
END_TEST

/* An answer may let such a message pass: the log is then all there is. */
START_TEST(threat_is_logged)
{
    (void)scan_by("alpha", "alpha: FOUND Wo\"rm\r\n");
    ck_assert_str_eq(fake_log_last(ASSAY_LOG_INFO),
                     "scan.verdict scope=av1 engine=alpha instance=one "
                     "message=\"\" status=infected reason= info=\"Wo'rm\" "
                     "ms=0");
    ck_assert_str_eq(fake_log_last(ASSAY_LOG_WARN), "");
}
END_TEST

START_TEST(clean_verdict_is_a_detail_of_the_log)
{
    (void)scan_by("alpha", "nothing\r\n");
    ck_assert_str_eq(fake_log_last(ASSAY_LOG_INFO), "");
    ck_assert_str_eq(fake_log_last(ASSAY_LOG_DEBUG),
                     "scan.verdict scope=av1 engine=alpha instance=one "
                     "message=\"\" status=clean reason= info=\"\" ms=0");
}
END_TEST

START_TEST(problem_is_logged_as_warning)
{
    struct assay__dispatch request = {.engine = "two"};

    use_message("beta: FAULT no room\r\n");
    assay_message_set_id(message, "4Q1");
    request.message = message;
    (void)dispatch(&request);
    ck_assert_str_eq(fake_log_last(ASSAY_LOG_WARN),
                     "scan.verdict scope=av1 engine=beta instance=two "
                     "message=\"4Q1\" status=error reason=engine "
                     "info=\"error: no room\" ms=0");
}
END_TEST

static void add_merge_tests(Suite *suite)
{
    TCase *tc = tcase_create("verdicts");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, order_becomes_verdict, 0, ASSAY_COUNT_OF(orders));
    tcase_add_test(tc, clean_verdict_has_scan_code);
    tcase_add_test(tc, empty_message_is_given_to_the_engine);
    tcase_add_loop_test(tc, two_engines_truth_table, 0, OUTCOMES * OUTCOMES);
    tcase_add_test(tc, first_infection_ends_the_scan);
    tcase_add_test(tc, engine_after_the_deadline_is_not_called);
    tcase_add_test(tc, longer_timeout_of_a_later_engine_counts_from_the_start);
    tcase_add_test(tc, each_engine_is_told_in_order);
    tcase_add_test(tc, infection_in_one_scope_ends_all);
    tcase_add_test(tc, content_that_is_no_mail_is_scanned_by_all);
    suite_add_tcase(suite, tc);
}

static void add_choice_tests(Suite *suite)
{
    TCase *tc = tcase_create("choice");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, engine_is_chosen_by_name, 0, ASSAY_COUNT_OF(names));
    tcase_add_test(tc, request_for_nothing_is_an_error);
    tcase_add_test(tc, no_scope_has_no_engine);
    tcase_add_test(tc, engine_names_are_listed_once);
    tcase_add_loop_test(tc, skip_variable_is_honoured, 0,
                        ASSAY_COUNT_OF(skips));
    tcase_add_test(tc, skip_variable_of_one_engine_skips_that_one);
    tcase_add_test(tc, passive_engine_waits_to_be_asked);
    tcase_add_test(tc, passive_scope_waits_to_be_asked);
    tcase_add_test(tc, bypass_of_all_engines_counts_in_hooks_only);
    tcase_add_test(tc, bypass_of_one_engine_leaves_the_others);
    tcase_add_test(tc, bypass_that_is_not_true_is_none);
    suite_add_tcase(suite, tc);
}

static void add_content_tests(Suite *suite)
{
    TCase *tc = tcase_create("content");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, wire_representation_is_stuffed);
    tcase_add_test(tc, stuffed_message_is_scanned_unstuffed_too);
    tcase_add_test(tc, canonical_representation_has_the_edits);
    tcase_add_test(tc, engines_of_both_representations_merge_to_clean);
    tcase_add_test(tc, part_is_scanned_decoded);
    tcase_add_test(tc, container_is_no_part_to_scan);
    tcase_add_test(tc, part_over_the_decoding_limit_is_unscannable);
    tcase_add_test(tc, content_over_max_size_is_not_given);
    tcase_add_test(tc, torture_message);
    tcase_add_test(tc, torture_part);
    tcase_add_test(tc, engine_that_missed_its_canary_does_not_judge);
    tcase_add_test(tc, engine_that_is_not_open_is_unavailable);
    tcase_add_test(tc, statistics_count_what_was_called);
    tcase_add_test(tc, elapsed_time_is_told);
    tcase_add_test(tc, threat_is_logged);
    tcase_add_test(tc, clean_verdict_is_a_detail_of_the_log);
    tcase_add_test(tc, problem_is_logged_as_warning);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    Suite *suite = suite_create("dispatcher");

    add_merge_tests(suite);
    add_choice_tests(suite);
    add_content_tests(suite);
    return check_run(suite);
}
