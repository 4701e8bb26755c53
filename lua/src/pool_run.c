/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "pool_run.h"

#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>

#include <lauxlib.h>

#include "binding.h"
#include "handle.h"
#include "interp.h"

/* ---- which pool -------------------------------------------------------- */

/* Numbers from here on are free: the old platform had 0 to 9 built in. */
#define FIRST_FREE_ID 10

lua_Integer lassay_pool_id(size_t index)
{
    return index < 2 ? (lua_Integer)index
                     : FIRST_FREE_ID + (lua_Integer)index - 2;
}

const char *lassay_check_pool(lua_State *L, int index)
{
    const assay_call *call = lassay_check_call(L);
    bool is_number = lua_isinteger(L, index);
    const char *wanted = is_number ? NULL : luaL_checkstring(L, index);
    const char *name;

    for (size_t i = 0; (name = assay_session_pool(call->session, i)); i++)
        if (is_number ? lassay_pool_id(i) == lua_tointeger(L, index)
                      : strcasecmp(name, wanted) == 0)
            return name;
    return NULL;
}

/* ---- the function ------------------------------------------------------ */

/* Places in the table that a job keeps in the registry. */
enum { SLOT_FUNCTION = 1, SLOT_COMPLETION, SLOT_THREAD, SLOT_RESULTS };

/* A job, from its making to its end. */
struct job {
    struct lassay_interp *interp;
    struct lassay_run run;
    lua_State *thread;          /* anchored in the table */
    int ref;                    /* of the table */
    int count;                  /* of results, in the table */
    struct lassay_run *waiting; /* of the callout; NULL: posted */
    assay_rc rc;
    assay_error err;
};

/* [-0, +1+n, m] true and what the function returns, or false and its error;
 * the job's table is at index. */
static int call_function(lua_State *L, int table)
{
    int base = lua_gettop(L);

    lua_rawgeti(L, table, SLOT_FUNCTION);
    if (lua_pcall(L, 0, LUA_MULTRET, 0) == LUA_OK) {
        lua_pushboolean(L, 1);
        lua_insert(L, base + 1);
        return lua_gettop(L) - base;
    }
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

/* Body of the run that a callout waits for; index 1 is the job. */
static int run_waited_for(lua_State *L)
{
    struct job *job = lua_touserdata(L, 1);
    int count;

    lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
    count = call_function(L, 2);
    for (int i = count; i > 0; i--)
        lua_rawseti(L, 2, SLOT_RESULTS + i - 1);
    job->count = count;
    return 0;
}

/* Body of the run of a posted job. Without a completion nobody would learn of
 * an error, so it ends the run, which logs it. */
static int run_posted(lua_State *L)
{
    const struct job *job = lua_touserdata(L, 1);

    lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
    if (lua_rawgeti(L, 2, SLOT_COMPLETION) == LUA_TNIL) {
        lua_rawgeti(L, 2, SLOT_FUNCTION);
        lua_call(L, 0, 0);
        return 0;
    }
    lua_call(L, call_function(L, 2), 0);
    return 0;
}

/* [-0, +0, v] A new job for the function at index 2 and a completion at index
 * 3, if it is one. */
static void make_job(lua_State *L, struct job *job)
{
    const struct lassay_run *run = lassay_run_of(L);

    job->interp = lassay_interp_of(L);
    job->run = (struct lassay_run){
        .script = run->script, .module = run->module, .callout = run->callout};
    lua_createtable(L, SLOT_RESULTS, 0);
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, SLOT_FUNCTION);
    if (lua_isfunction(L, 3)) {
        lua_pushvalue(L, 3);
        lua_rawseti(L, -2, SLOT_COMPLETION);
    }
    job->thread = lua_newthread(L);
    lua_rawseti(L, -2, SLOT_THREAD);
    job->ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* In a thread of the pool, or where there is none in the caller's. */
static void run_job(struct job *job, lua_CFunction body)
{
    lassay_interp_take(job->interp);
    if (job->waiting)
        job->run.budget_ns =
            job->waiting->end_ns > 1 ? job->waiting->end_ns : 1;
    job->rc = lassay_run_call(&job->run, job->thread, body, job, &job->err);
    if (job->waiting)
        job->waiting->end_ns = job->run.end_ns;
    else
        luaL_unref(job->interp->L, LUA_REGISTRYINDEX, job->ref);
    lassay_interp_give(job->interp);
}

/* ---- waiting ----------------------------------------------------------- */

static void run_for_callout(void *arg)
{
    run_job(arg, run_waited_for);
}

/* [-0, +2, m] */
static int push_failure(lua_State *L, const assay_error *err)
{
    lua_pushboolean(L, 0);
    lua_pushstring(L, err->msg);
    return 2;
}

/* [-0, +n, v] The results, out of the job's table, which goes. */
static int push_results(lua_State *L, const struct job *job)
{
    int table;

    lua_rawgeti(L, LUA_REGISTRYINDEX, job->ref);
    table = lua_gettop(L);
    luaL_unref(L, LUA_REGISTRYINDEX, job->ref);
    if (job->rc != ASSAY_OK)
        return push_failure(L, &job->err);
    luaL_checkstack(L, job->count, "too many results");
    for (int i = 0; i < job->count; i++)
        lua_rawgeti(L, table, SLOT_RESULTS + i);
    return job->count;
}

/* As with scans, nothing throws before the interpreter is ours again. */
static int wait_for(lua_State *L, const char *pool)
{
    struct lassay_interp *interp = lassay_interp_of(L);
    struct lassay_run *run = interp->run;
    const assay_call *call = lassay_check_call(L);
    struct job job = {.waiting = run};
    assay_error err = {0};
    assay_rc rc;
    int count;

    make_job(L, &job);
    job.run.session = run->session;
    job.run.call = call;
    lassay_run_pause(run, interp);
    rc = assay_session_run_in_pool(call->session, pool, run_for_callout, &job,
                                   &err);
    lassay_run_resume(run, interp);
    if (rc != ASSAY_OK) {
        luaL_unref(L, LUA_REGISTRYINDEX, job.ref);
        return push_failure(L, &err);
    }
    count = push_results(L, &job); /* first: it lets go of the job's table */
    lassay_run_check_time(L);
    return count;
}

/* ---- posting ----------------------------------------------------------- */

static void run_post(void *arg)
{
    struct job *job = arg;

    run_job(job, run_posted);
    free(job);
}

/* The interpreter is lent here, too: the pool may have no room before one of
 * its threads, which waits for the interpreter, is done. */
static int post(lua_State *L, const char *pool)
{
    struct lassay_interp *interp = lassay_interp_of(L);
    struct lassay_run *run = interp->run;
    const assay_call *call = lassay_check_call(L);
    struct job made = {0}, *job;
    assay_error err = {0};
    assay_rc rc;

    make_job(L, &made);
    job = malloc(sizeof *job);
    if (!job) {
        luaL_unref(L, LUA_REGISTRYINDEX, made.ref);
        return luaL_error(L, "the system has no more memory");
    }
    *job = made;
    lassay_run_pause(run, interp);
    rc = assay_session_post(call->session, pool, run_post, job, &err);
    lassay_run_resume(run, interp);
    if (rc == ASSAY_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    free(job);
    luaL_unref(L, LUA_REGISTRYINDEX, made.ref);
    return push_failure(L, &err);
}

int lassay_pool_run(lua_State *L)
{
    const char *pool = lassay_check_pool(L, 1);
    bool is_posted = lua_isfunction(L, 3);

    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (!is_posted && !lua_isnoneornil(L, 3)) {
        luaL_checktype(L, 3, LUA_TBOOLEAN);
        is_posted = lua_toboolean(L, 3);
    }
    (void)luaL_optinteger(L, 4, LASSAY_COMPLETE_CALLBACK);
    if (!pool) {
        const char *wanted = luaL_tolstring(L, 1, NULL);

        lua_pushboolean(L, 0);
        lua_pushfstring(L, "there is no thread pool '%s'", wanted);
        return 2;
    }
    return is_posted ? post(L, pool) : wait_for(L, pool);
}
