/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/sizes.h"
#include "fake_world.h"
#include "scan/scope.h"
#include "check_run.h"

static struct assay__engine_set *set;
static struct assay__engine_module *alpha, *beta;
static const struct assay__scope_options options = {.enabled = true,
                                                    .timeout_s = 10};
static const struct fake_settings good;
static const assay_log debug_log = {fake_log_sink, NULL, ASSAY_LOG_DEBUG};

static void setup(void)
{
    fake_world_reset();
    ck_assert_int_eq(assay__engine_set_new(FAKE_FOLDER "/engines", &set, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(assay__engine_set_get(set, "alpha", &alpha, NULL),
                     ASSAY_OK);
    ck_assert_int_eq(assay__engine_set_get(set, "beta", &beta, NULL), ASSAY_OK);
}

static void teardown(void)
{
    assay__engine_set_free(&set);
}

static void add(struct assay__scope *scope, struct assay__engine_module *module,
                const char *name, const struct fake_settings *settings)
{
    assay_error err = {0};

    ck_assert_msg(assay__scope_add(scope, module, name, &options, settings,
                                   &err) == ASSAY_OK,
                  "%s", err.msg);
}

/* AV-03: several engines in one named scope. */
static struct assay__scope *new_scope(const struct fake_settings *second)
{
    struct assay__scope *scope = NULL;

    ck_assert_int_eq(assay__scope_new("av1", &options, &scope, NULL), ASSAY_OK);
    add(scope, alpha, "one", &good);
    add(scope, beta, "two", second);
    add(scope, alpha, "three", &good);
    return scope;
}

START_TEST(engines_open_in_order_and_close_in_reverse)
{
    struct assay__scope *scope = new_scope(&good);
    assay_error err = {0};

    ck_assert_msg(assay__scope_open(scope, NULL, &err) == ASSAY_OK, "%s",
                  err.msg);
    assay__scope_free(&scope);
    ck_assert_ptr_null(scope);
    ck_assert_str_eq(fake_events(), "open one;open two;open three;"
                                    "close three;close two;close one;");
}
END_TEST

static const struct {
    struct fake_settings settings;
    assay_rc rc;
    const char *want;
} failures[] = {
    {{.refuse_open = true},
     ASSAY_E_UNAVAILABLE,
     "antivirus \"av1\": beta \"two\": signatures: no such folder"},
    {{.silent_open = true},
     ASSAY_E_IO,
     "antivirus \"av1\": beta \"two\": the engine does not open and does not "
     "say why"},
    {{.forget_open = true},
     ASSAY_E_UNAVAILABLE,
     "antivirus \"av1\": beta \"two\": the engine does not open and does not "
     "say why"},
};

START_TEST(what_a_failed_open_leaves_open_is_closed)
{
    struct assay__scope *scope = new_scope(&failures[_i].settings);
    assay_error err = {0};

    ck_assert_int_eq(assay__scope_open(scope, NULL, &err), failures[_i].rc);
    ck_assert_str_eq(err.msg, failures[_i].want);
    ck_assert_str_eq(fake_events(), "open one;");
    assay__scope_free(&scope);
    ck_assert_str_eq(fake_events(), "open one;close one;");
}
END_TEST

START_TEST(instance_name_is_taken)
{
    struct assay__scope *scope = new_scope(&good);
    assay_error err = {0};

    ck_assert_int_eq(
        assay__scope_add(scope, beta, "ONE", &options, &good, &err),
        ASSAY_E_EXISTS);
    ck_assert_str_eq(err.msg,
                     "antivirus \"av1\": there are two engines named \"ONE\"");
    ck_assert_uint_eq(scope->engine_count, 3);
    assay__scope_free(&scope);
}
END_TEST

START_TEST(name_over_the_limit_is_refused)
{
    static const char name[] = "a2345678901234567890123456789012345678901";
    struct assay__scope *scope = NULL;
    assay_error err = {0};

    ck_assert_int_eq(assay__scope_new(name, &options, &scope, &err),
                     ASSAY_E_LIMIT);
    ck_assert_ptr_null(scope);
    scope = new_scope(&good);
    ck_assert_int_eq(assay__scope_add(scope, beta, name, &options, &good, &err),
                     ASSAY_E_LIMIT);
    assay__scope_free(&scope);
}
END_TEST

START_TEST(free_accepts_nothing)
{
    struct assay__scope *scope = NULL;

    assay__scope_free(&scope);
    ck_assert_ptr_null(scope);
}
END_TEST

START_TEST(missed_canary_is_told_once)
{
    struct assay__scope *scope = NULL;
    const struct assay__engine_instance *engine;

    ck_assert_int_eq(assay__scope_new("av1", &options, &scope, NULL), ASSAY_OK);
    add(scope, alpha, "one", &good);
    ck_assert_int_eq(assay__scope_open(scope, &debug_log, NULL), ASSAY_OK);
    engine = scope->engines[0];
    assay__scope_probe(scope, &debug_log);
    ck_assert_uint_eq(fake_log_count(), 0);

    fake_probe_set(false);
    assay__scope_probe(scope, &debug_log);
    assay__scope_probe(scope, &debug_log);
    ck_assert(atomic_load(&engine->core->out_of_service));
    ck_assert_uint_eq(fake_log_count(), 1);
    ck_assert_str_eq(fake_log_last(ASSAY_LOG_ERROR),
                     "engine.out_of_service scope=av1 engine=alpha "
                     "instance=one reason=\"missed the canary\"");

    fake_probe_set(true);
    assay__scope_probe(scope, &debug_log);
    assay__scope_probe(scope, &debug_log);
    ck_assert(!atomic_load(&engine->core->out_of_service));
    ck_assert_uint_eq(fake_log_count(), 2);
    ck_assert_str_eq(fake_log_last(ASSAY_LOG_INFO),
                     "engine.in_service scope=av1 engine=alpha instance=one");
    assay__scope_free(&scope);
}
END_TEST

START_TEST(closed_engine_is_not_probed)
{
    struct assay__scope *scope = new_scope(&good);

    fake_probe_set(false);
    assay__scope_probe(scope, &debug_log);
    ck_assert_uint_eq(fake_log_count(), 0);
    assay__scope_free(&scope);
}
END_TEST

/* AV-15, AV-16 */
static const struct {
    const char *context_variable, *want;
} variables[] = {
    {NULL, "alpha_status"},
    {"", "alpha_status"},
    {"virus", "virus"},
};

START_TEST(status_variable_is_named)
{
    struct assay__scope *scope = new_scope(&good);
    struct assay__engine_instance *engine = scope->engines[0];
    char name[64];

    engine->options.context_variable = variables[_i].context_variable;
    ck_assert(assay__engine_status_variable(engine, name, sizeof name));
    ck_assert_str_eq(name, variables[_i].want);
    ck_assert(!assay__engine_status_variable(engine, name,
                                             strlen(variables[_i].want)));
    assay__scope_free(&scope);
}
END_TEST

static const struct {
    assay_log_level host;
    int debug_level;
    assay_log_level want;
} levels[] = {
    {ASSAY_LOG_INFO, ASSAY_LOG_ERROR, ASSAY_LOG_INFO},
    {ASSAY_LOG_INFO, ASSAY_LOG_DEBUG, ASSAY_LOG_DEBUG},
    {ASSAY_LOG_ERROR, ASSAY_LOG_WARN, ASSAY_LOG_WARN},
};

START_TEST(debug_level_lets_more_through)
{
    const assay_log log = {fake_log_sink, NULL, levels[_i].host};
    const struct assay__scope_options own = {.debug_level =
                                                 levels[_i].debug_level};

    ck_assert_int_eq(assay__scope_log(&log, &own).threshold, levels[_i].want);
    ck_assert(assay__scope_log(NULL, &own).sink == NULL);
}
END_TEST

START_TEST(torture_build)
{
    for (unsigned long n = 1;; n++) {
        struct assay__scope *scope = NULL;
        assay_error err = {0};
        assay_rc rc;
        bool hit;

        alloc_fail_at(n);
        rc = assay__scope_new("av1", &options, &scope, &err);
        if (rc == ASSAY_OK)
            rc = assay__scope_add(scope, alpha, "one", &options, &good, &err);
        if (rc == ASSAY_OK)
            rc = assay__scope_add(scope, beta, "two", &options, &good, &err);
        if (rc == ASSAY_OK)
            rc = assay__scope_open(scope, NULL, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_int_eq(rc, hit ? ASSAY_E_NOMEM : ASSAY_OK);
        assay__scope_free(&scope);
        if (!hit)
            return;
        ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scope");
    TCase *tc = tcase_create("scope");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, engines_open_in_order_and_close_in_reverse);
    tcase_add_loop_test(tc, what_a_failed_open_leaves_open_is_closed, 0,
                        ASSAY_COUNT_OF(failures));
    tcase_add_test(tc, instance_name_is_taken);
    tcase_add_test(tc, name_over_the_limit_is_refused);
    tcase_add_test(tc, free_accepts_nothing);
    tcase_add_test(tc, missed_canary_is_told_once);
    tcase_add_test(tc, closed_engine_is_not_probed);
    tcase_add_loop_test(tc, status_variable_is_named, 0,
                        ASSAY_COUNT_OF(variables));
    tcase_add_loop_test(tc, debug_level_lets_more_through, 0,
                        ASSAY_COUNT_OF(levels));
    tcase_add_test(tc, torture_build);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
