/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "interp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>

#include "binding.h"
#include "report.h"
#include "sandbox.h"

/* Instructions between two looks at the clock: some ten microseconds. */
#define HOOK_INTERVAL 10000
/* Before the first look, which starts the clock: most policies are done before
 * that, and reading the clock costs more than they do. */
#define FIRST_INTERVAL 1000

static int64_t thread_cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct lassay_interp *lassay_interp_of(lua_State *L)
{
    /* New Lua threads get a copy of the main thread's extra space. */
    return *(struct lassay_interp **)lua_getextraspace(L);
}

struct lassay_run *lassay_run_of(lua_State *L)
{
    return lassay_interp_of(L)->run;
}

/* ---- ownership --------------------------------------------------------- */

void lassay_interp_take(struct lassay_interp *interp)
{
    pthread_mutex_lock(&interp->lock);
    while (interp->busy)
        pthread_cond_wait(&interp->given, &interp->lock);
    interp->busy = true;
    pthread_mutex_unlock(&interp->lock);
}

void lassay_interp_give(struct lassay_interp *interp)
{
    pthread_mutex_lock(&interp->lock);
    interp->busy = false;
    pthread_cond_signal(&interp->given);
    pthread_mutex_unlock(&interp->lock);
}

static void stop_clock(struct lassay_run *run)
{
    if (run->is_timed)
        run->end_ns -= thread_cpu_ns();
}

void lassay_run_pause(struct lassay_run *run, struct lassay_interp *interp)
{
    stop_clock(run);
    interp->run = NULL;
    lassay_interp_give(interp);
}

void lassay_run_resume(struct lassay_run *run, struct lassay_interp *interp)
{
    lassay_interp_take(interp);
    interp->run = run;
    if (run->is_timed)
        run->end_ns += thread_cpu_ns();
}

/* ---- limits ------------------------------------------------------------ */

static bool is_time_left(struct lassay_run *run)
{
    int64_t now_ns = thread_cpu_ns();

    if (!run->is_timed)
        run->end_ns += now_ns;
    run->is_timed = true;
    return now_ns < run->end_ns;
}

static void on_count(lua_State *L, lua_Debug *where)
{
    (void)where;
    lassay_run_check_time(L);
    /* It was the first look, or this is a coroutine that an earlier, expired
     * run left behind. */
    if (lua_gethookcount(L) != HOOK_INTERVAL)
        lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_INTERVAL);
}

/* [-0, +1, m] Where the script is: a hook runs in the frame of the script, a
 * function of ours in its own. */
static void push_position(lua_State *L)
{
    luaL_where(L, 0);
    if (lua_rawlen(L, -1) == 0) {
        lua_pop(L, 1);
        luaL_where(L, 1);
    }
}

void lassay_run_check_time(lua_State *L)
{
    struct lassay_interp *interp = lassay_interp_of(L);
    struct lassay_run *run = interp->run;

    if (!run->expired && is_time_left(run))
        return;
    run->expired = true;
    /* From now on every instruction raises: no pcall of the script helps. */
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    push_position(L);
    lua_pushfstring(L, "time limit of %d ms exceeded",
                    (int)interp->options->time_limit_ms);
    lua_concat(L, 2);
    lua_error(L);
}

/* [-1, +1, -] Message handler: adds the traceback. It runs with hooks off
 * after a time-out, so it must not call back into the script. */
static int add_traceback(lua_State *L)
{
    const char *message = lua_tostring(L, 1);

    if (!message)
        message = lua_pushfstring(L, "error object is a %s value",
                                  luaL_typename(L, 1));
    luaL_traceback(L, L, message, 1);
    return 1;
}

/* The innermost line of Lua in the run's thread; in a coroutine of the script
 * that is the line which resumed it. */
static void note_refusal(void *arg, bool is_new)
{
    const struct lassay_interp *interp = arg;
    struct lassay_run *run = interp->run;
    lua_Debug where = {.currentline = -1};

    if (!run)
        return;
    run->refused_at[0] = '\0';
    /* What grows may be the stack itself. Lua after 5.4.4 keeps it unreadable
     * for that moment, so there the place of some errors stays unknown. */
    if (!is_new && !strstr(lua_ident, "Lua 5.4.4 "))
        return;
    for (int level = 0; lua_getstack(run->thread, level, &where); level++) {
        lua_getinfo(run->thread, "Sl", &where);
        if (where.currentline > 0)
            break;
    }
    if (where.currentline > 0)
        snprintf(run->refused_at, sizeof run->refused_at,
                 "%s:%d: ", where.short_src, where.currentline);
}

/* [-0, +0, -] */
static void format_refusal(const struct lassay_interp *interp, char *out,
                           size_t size)
{
    const char *place = interp->run->refused_at;

    if (interp->memory.is_over)
        snprintf(out, size, "%smemory limit of %zu bytes exceeded", place,
                 interp->memory.limit);
    else
        snprintf(out, size, "%sthe system has no more memory", place);
}

/* What went wrong, for a status of lua_pcall; borrowed from the stack. */
static const char *failure_text(const struct lassay_run *run, lua_State *L,
                                int status)
{
    if (status != LUA_OK && lua_type(L, -1) == LUA_TSTRING)
        return lua_tostring(L, -1);
    return run->expired ? "time limit exceeded" : "error in error handling";
}

/* Make room for others. What is left is in globals of scripts, where only a
 * reload of the configuration ends it. */
static void recover_memory(const struct lassay_interp *interp)
{
    const struct lassay_memory *memory = &interp->memory;

    lua_gc(interp->L, LUA_GCCOLLECT);
    if (memory->used > memory->limit / 4 * 3)
        assay_log_write(interp->options->log, ASSAY_LOG_ERROR, "lua.memory",
                        "kept=%zu limit=%zu text=\"scripts keep too much in "
                        "globals; reload to start afresh\"",
                        memory->used, memory->limit);
}

assay_rc lassay_run_call(struct lassay_run *run, lua_State *L,
                         lua_CFunction body, void *arg, assay_error *err)
{
    struct lassay_interp *interp = lassay_interp_of(L);
    int top = lua_gettop(L);
    assay_rc rc = ASSAY_OK;
    char refusal[LASSAY_PLACE_MAX + 64];
    int status;

    lua_sethook(L, on_count, LUA_MASKCOUNT, FIRST_INTERVAL);
    run->end_ns = run->budget_ns > 0 ? run->budget_ns
                                     : interp->options->time_limit_ms * 1000000;
    run->is_timed = false;
    run->thread = L;
    interp->run = run;
    lua_pushcfunction(L, add_traceback);
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, arg);
    status = lua_pcall(L, 1, 0, top + 1);
    stop_clock(run);
    /* The script may have caught the time-out in a coroutine of its own. */
    if (status == LUA_ERRMEM) {
        format_refusal(interp, refusal, sizeof refusal);
        rc = lassay_report_failure(interp, refusal, err);
    } else if (status != LUA_OK || run->expired) {
        rc = lassay_report_failure(interp, failure_text(run, L, status), err);
    }
    interp->run = NULL;
    lua_settop(L, top);
    if (status == LUA_ERRMEM)
        recover_memory(interp);
    return rc;
}

/* ---- life -------------------------------------------------------------- */

/* Nothing runs outside of lassay_run_call(), so this is a broken invariant
 * of the binding itself. */
static int on_panic(lua_State *L)
{
    struct lassay_interp *interp = lassay_interp_of(L);

    assay_log_write(interp->options->log, ASSAY_LOG_ERROR, "lua.panic",
                    "error outside of a protected call");
    abort();
}

static int open_libraries(lua_State *L)
{
    lassay_sandbox_open(L);
    lassay_binding_open(L);
    return 0;
}

static assay_rc interp_init(struct lassay_interp *interp, assay_error *err)
{
    const struct lassay_options *options = interp->options;
    struct lassay_run run = {.script = "libraries"};

    interp->memory = (struct lassay_memory){.limit = options->memory_limit,
                                            .on_refusal = note_refusal,
                                            .arg = interp};
    interp->L = lua_newstate(lassay_memory_alloc, &interp->memory);
    if (!interp->L)
        return assay_error_set(err, ASSAY_E_NOMEM, "lua: no interpreter");
    *(struct lassay_interp **)lua_getextraspace(interp->L) = interp;
    lua_atpanic(interp->L, on_panic);
    lua_gc(interp->L, LUA_GCINC, options->gc_pause, options->gc_stepmul, 0);
    return lassay_run_call(&run, interp->L, open_libraries, NULL, err);
}

assay_rc lassay_interp_new(const struct lassay_options *options,
                           struct lassay_interp **out, assay_error *err)
{
    struct lassay_interp *interp = calloc(1, sizeof *interp);
    assay_rc rc;

    if (!interp)
        return assay_error_set(err, ASSAY_E_NOMEM, "lua: no interpreter");
    interp->options = options;
    pthread_mutex_init(&interp->lock, NULL);
    pthread_cond_init(&interp->given, NULL);
    rc = interp_init(interp, err);
    if (rc != ASSAY_OK) {
        lassay_interp_free(&interp);
        return rc;
    }
    *out = interp;
    return ASSAY_OK;
}

void lassay_interp_free(struct lassay_interp **interp)
{
    struct lassay_interp *old = *interp;

    if (!old)
        return;
    *interp = NULL;
    if (old->L)
        lua_close(old->L);
    pthread_cond_destroy(&old->given);
    pthread_mutex_destroy(&old->lock);
    free(old);
}
