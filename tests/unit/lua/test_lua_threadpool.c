/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.runInPool and msys.threadpool (PO-02). Run under ThreadSanitizer: each
 * job of the stand-in pools has a thread of its own.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

/* What a callout that waits may do and gets. */
static const char *const bodies[] = {
    "local r = table.pack(msys.runInPool('CPU', function()"
    " return 1, nil, 'x' end))\n"
    "assert(r.n == 4 and r[1] == true and r[2] == 1 and r[3] == nil"
    " and r[4] == 'x')",
    "assert(select('#', msys.runInPool('io', function() end)) == 1)",
    /* by number, in any case, and by nil or false as third argument */
    "assert(msys.runInPool(0, function() end))",
    "assert(msys.runInPool(1, function() end, false))",
    "assert(msys.runInPool('Cpu', function() end, nil))",
    /* errors are contained */
    "local ok, e = msys.runInPool('CPU', function() error('boom') end)\n"
    "assert(ok == false and e:find('boom'), e)",
    "local ok, e = msys.runInPool('CPU', function() error({7}) end)\n"
    "assert(ok == false and e[1] == 7)",
    "local ok, e = msys.runInPool('nowhere', function() end)\n"
    "assert(ok == false and e == \"there is no thread pool 'nowhere'\", e)",
    "local ok, e = msys.runInPool(5, function() end)\n"
    "assert(ok == false and e == \"there is no thread pool '5'\", e)",
    "local ok, e = msys.runInPool('slow', function() end)\n"
    "assert(ok == false and e == 'overload: pool SLOW', e)",
    /* the function is a closure of the callout, with its handles */
    "local n = 0\n"
    "for i = 1, 20 do msys.runInPool('CPU', function() n = n + i end) end\n"
    "assert(n == 210)",
    "assert(msys.runInPool('CPU', function()"
    " vctx:set(msys.core.VCTX_CONN, 'k', 'v') end))\n"
    "assert(vctx:get(msys.core.VCTX_CONN, 'k') == 'v')",
    "local ok, rc = msys.runInPool('CPU', function()"
    " return (msys.av.scan('clamav', msg)) end)\n"
    "assert(ok and rc == msys.av.EC_AV_ERROR)",
    /* at any depth */
    "assert(msys.runInPool('CPU', function()"
    " return msys.runInPool('IO', function() return 5 end) end))",
    "table.sort({3, 1, 2}, function(a, b)"
    " assert(msys.runInPool('CPU', function() end)) return a < b end)",
    "assert(coroutine.wrap(function()"
    " return msys.runInPool('CPU', function() end) end)())",
    "assert(pcall(msys.runInPool, 'CPU', function() end))",
    /* misuse raises */
    "assert(not pcall(msys.runInPool, 'CPU'))",
    "assert(not pcall(msys.runInPool, 'CPU', 5))",
    "assert(not pcall(msys.runInPool, 'CPU', function() end, 5))",
    "assert(not pcall(msys.runInPool, {}, function() end))",
    /* a coroutine has its own limits: it cannot be yielded out of */
    "local ok = msys.runInPool('CPU', function() coroutine.yield(1) end)\n"
    "assert(ok == false)",
    /* pools */
    "assert(msys.threadpool.count() == 3)",
    "assert(msys.threadpool.find('cpu') == 0"
    " and msys.threadpool.find('IO') == 1"
    " and msys.threadpool.find('slow') == 10)",
    "assert(msys.threadpool.find(0) == 'CPU'"
    " and msys.threadpool.find(10) == 'SLOW')",
    "assert(msys.threadpool.find('x') == nil"
    " and msys.threadpool.find(2) == nil and msys.threadpool.find(-1) == nil)",
    "assert(msys.threadpool.stat('x') == nil)",
    "local s = msys.threadpool.stat(1)\n"
    "assert(s.name == 'IO' and s.invocations == 7 and s.avg_concurrency == 0.5"
    " and s.saturation == 12.5 and s.avg_wallclock_time_per_op == 3.25"
    " and s.queue_sz == 6 and s.num_threads == 3"
    " and s.num_active_threads == 2 and s.num_inactive_threads == 1"
    " and s.job_num_queued == 6 and s.job_num_running == 2)\n"
    "assert(tostring(s) == 'IO thread pool: concurrency 4, 2 + 1')",
    "local s = msys.threadpool.stat('CPU') s.name = {} s.num_threads = 'x'\n"
    "s.num_active_threads = -1 assert(tostring(s):find('thread pool'))",
    "assert(require('msys.threadpool') == msys.threadpool)",
};

START_TEST(a_callout_runs_functions_in_pools)
{
    fixture_assert(bodies[_i]);
}
END_TEST

START_TEST(a_function_uses_up_the_time_of_its_callout)
{
    fixture_assert_fails(
        "pcall(msys.runInPool, 'CPU', function() while true do end end)"
        " while true do end",
        "time limit of 100 ms exceeded");
}
END_TEST

/* What ran out of time is not kept for ever by the interpreter. */
START_TEST(a_function_that_used_up_the_time_is_let_go)
{
    fixture_assert_fails(
        "if not mod.weak then\n"
        " local f = function() while true do end end\n"
        " mod.weak = setmetatable({[f] = true}, {__mode = 'k'})\n"
        " msys.runInPool('CPU', f)\n"
        "end\n"
        "collectgarbage() collectgarbage()\n"
        "assert(next(mod.weak) == nil, 'kept')",
        "time limit of 100 ms exceeded");
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
}
END_TEST

/* Chaining functions gives no more time than one callout has. */
START_TEST(many_functions_share_the_time_of_their_callout)
{
    fixture_assert_fails("while true do msys.runInPool('CPU', function()"
                         " for i = 1, 100000 do end end) end",
                         "time limit of 100 ms exceeded");
}
END_TEST

START_TEST(memory_runs_out_in_a_function_alone)
{
    fixture_settings.memory_limit = 2 * 1024 * 1024;
    fixture_assert("local ok, e = msys.runInPool('CPU', function()"
                   " local t = {} while true do t[#t + 1] = {} end end)\n"
                   "assert(ok == false and e:find('memory'), e)");
}
END_TEST

static void post(const char *body)
{
    fixture_assert(body);
    fake_session_settle(fixture_session);
}

START_TEST(a_posted_function_runs_afterwards)
{
    post("assert(msys.runInPool('CPU', function() print('ran') end, true))\n"
         "print('posted')");
    ck_assert_logged("posted");
    ck_assert_logged("ran");
}
END_TEST

START_TEST(an_error_of_a_posted_function_is_logged)
{
    post("assert(msys.runInPool('CPU', function() error('boom') end, true))");
    ck_assert_logged("lua.error");
    ck_assert_logged("boom");
}
END_TEST

START_TEST(a_posted_function_is_stopped_at_the_time_limit)
{
    post("msys.runInPool('CPU', function() while true do end end, true)");
    ck_assert_logged("time limit of 100 ms exceeded");
}
END_TEST

START_TEST(a_posted_function_has_no_session)
{
    post("msys.runInPool('CPU', function() msys.av.scan() end, true)\n"
         "msys.runInPool('CPU', function()"
         " print('get', (pcall(vctx.get, vctx, 1, 'x'))) end, true)");
    ck_assert_logged("lua.error");
    ck_assert_logged("get false");
}
END_TEST

START_TEST(a_completion_gets_results_or_the_error)
{
    post("local C = msys.core.ECTP_COMPLETE_CALLBACK_SCHED\n"
         "assert(msys.runInPool('CPU', function() return 1, 2 end,"
         " function(...) print('one', ...) end))\n"
         "assert(msys.runInPool('CPU', function() error('boom', 0) end,"
         " function(...) print('two', ...) end, C))");
    ck_assert_logged("one true 1 2");
    ck_assert_logged("two false boom");
}
END_TEST

START_TEST(a_refused_post_says_why)
{
    post("local ok, e = msys.runInPool('SLOW', function() end, true)\n"
         "assert(ok == false and e == 'overload: pool SLOW')");
}
END_TEST

START_TEST(pools_belong_to_callouts)
{
    fixture_script("m", "msys.runInPool('CPU', function() end)");
    ck_assert_int_ne(fixture_open(), ASSAY_OK);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("threadpool");

    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    add_cases(tc, a_callout_runs_functions_in_pools, bodies);
    tcase_add_test(tc, a_function_uses_up_the_time_of_its_callout);
    tcase_add_test(tc, a_function_that_used_up_the_time_is_let_go);
    tcase_add_test(tc, many_functions_share_the_time_of_their_callout);
    tcase_add_test(tc, memory_runs_out_in_a_function_alone);
    tcase_add_test(tc, a_posted_function_runs_afterwards);
    tcase_add_test(tc, an_error_of_a_posted_function_is_logged);
    tcase_add_test(tc, a_posted_function_is_stopped_at_the_time_limit);
    tcase_add_test(tc, a_posted_function_has_no_session);
    tcase_add_test(tc, a_completion_gets_results_or_the_error);
    tcase_add_test(tc, a_refused_post_says_why);
    tcase_add_test(tc, pools_belong_to_callouts);
    return fixture_main(tc);
}
