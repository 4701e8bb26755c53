/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Failing allocations: each allocation of a load and of a callout fails in
 * turn, until one round succeeds. Nothing leaks (AddressSanitizer), nothing
 * crashes, and the error says so.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

/* All memory of the interpreter comes from realloc(); the linker sends the
 * calls of the language and of the mail layer here. Unlike alloc_fail.h this
 * one can go on failing, which is what a full interpreter does. */
void *__real_realloc(void *ptr, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

/* Lua collects its garbage and tries once more: a failure that comes alone is
 * often made up for, one that stays is not. */
static bool failure_stays;
static long calls_until_failure; /* 0: never fail */

static bool fails_now(void)
{
    if (calls_until_failure == 0)
        return false;
    if (calls_until_failure > 1) {
        calls_until_failure--;
        return false;
    }
    if (!failure_stays)
        calls_until_failure = 0;
    return true;
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return fails_now() ? NULL : __real_realloc(ptr, size);
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

/* Each calls bindings that allocate. */
static const char *const bodies[] = {
    "msys.av.scan('clamav', msg, vctx)",
    "msys.av.scan_part(msg:mime().parts.next)",
    "msys.av.engines()",
    "assert(msys.cloudmark.score(msg, accept, vctx).category == 'c')",
    "assert(msys.cloudmark.analyze('x').score == 90)",
    "msys.cloudmark.score_af(msg, accept, vctx, '90')",
    "msys.cloudmark.score_ip('192.0.2.1') msys.cloudmark.score_ip('x')",
    "msys.cloudmark.add_af_data('a@b', {k = 'v', n = 1.5, t = true})",
    "msys.cloudmark.add_af_data('a@b', {k = '\\0'})",
    "msg:header('Subject')",
    "msg:header('X-New', ('\\u{e9}'):rep(300))",
    "msg:header('X-New', {'a', 'b'})",
    "msg:header('X-Twice', '')",
    "msg:context_set(1, 'k', 'v') msg:context_get(1, 'k')",
    "msg:context_exists_and_get(2, 'k') msg:context_delete(2, 'k')",
    "msg:mailfrom() msg:rcptto() local i = msg.id",
    "local s = msys.core.string_new() s:set('x') msg:get_envelope2(1, s, s)",
    "local p = msg:mime() while p do p:content_type() p = p.thread end",
    "msg:mime().parts:text()",
    "msg:mime().parts:header('Content-Type')",
    "local p = msg:mime().parts local s, e = p.body_start, p.body_end",
    "vctx:set(1, 'k', 12) vctx:get(1, 'k') vctx:recipient_list()",
    "vctx:set_code(550, 'x' .. 1) vctx:disconnect()",
    "msys.expandMacro('a%{x}b%{vctx_conn:y}c') msys.type(msg)",
    "print(('x'):rep(3000), tostring(msg), tostring(accept))",
    "load('return 1')() msg:discard()",
    "local t = setmetatable({}, {}) xpcall(error, print, 'x')",
    "require('msys.dumper').Dumper({1, {2}})",
};

/* @return false when there were fewer allocations than nth */
static bool failing_round(long nth)
{
    assay_rc rc;
    bool failed;

    fixture_mail(NULL); /* without the edits of the last round */
    fixture_session->score.score = 90;
    snprintf(fixture_session->score.category,
             sizeof fixture_session->score.category, "c");
    calls_until_failure = nth;
    rc = fixture_open();
    if (rc == ASSAY_OK)
        rc = fixture_run(ASSAY_PHASE_DATA, NULL);
    failed = calls_until_failure <= 1;
    calls_until_failure = 0;
    if (rc != ASSAY_OK && (!failed || fixture_error.msg[0] == '\0'))
        ck_abort_msg("round %ld: %s", nth, fixture_error.msg);
    fixture_end_session();
    if (fixture_instance)
        assay_language_module_v1.ops->close(fixture_instance);
    fixture_instance = NULL;
    return failed;
}

/* Allocations of a load that succeeds. */
static long allocations_of_open(void)
{
    long used;

    calls_until_failure = LONG_MAX;
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    used = LONG_MAX - calls_until_failure;
    calls_until_failure = 0;
    assay_language_module_v1.ops->close(fixture_instance);
    fixture_instance = NULL;
    return used;
}

/* The load is the same for all bodies: once is enough. */
static void fail_each(const char *body)
{
    char script[1024];
    long first = 1, nth;

    snprintf(script, sizeof script,
             "local m = {} function m:init()\n"
             "msys.cloudmark.set_af_mode_movemsg('in', 'spam', 'yes')\n"
             "msys.cloudmark.set_af_msi_address('msi@msi.local')\n"
             "return true end\n"
             "function m:validate_data(msg, accept, vctx)\n"
             "for i = 1, 2 do %s end return 0 end\n"
             "msys.registerModule('m', m)",
             body);
    fixture_script("m", script);
    if (body != bodies[0])
        first = allocations_of_open();
    for (nth = first; failing_round(nth);)
        nth++;
    ck_assert_msg(nth - first > 10, "only %ld allocations", nth - first);
}

START_TEST(one_failing_allocation_is_survived)
{
    failure_stays = false;
    fail_each(bodies[_i]);
}
END_TEST

START_TEST(lasting_lack_of_memory_is_survived)
{
    failure_stays = true;
    fail_each(bodies[_i]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("alloc");

    tcase_add_checked_fixture(tcase, fixture_setup, fixture_teardown);
    add_cases(tcase, one_failing_allocation_is_survived, bodies);
    add_cases(tcase, lasting_lack_of_memory_is_survived, bodies);
    return fixture_main(tcase);
}
