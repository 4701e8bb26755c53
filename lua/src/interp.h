/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One Lua interpreter and the runs that take turns in it.
 *
 * Sessions of several threads share an interpreter; each has a Lua thread
 * (coroutine) of its own, and one of them runs at a time. A run is one
 * protected call into Lua. It owns the interpreter from lassay_interp_take()
 * to lassay_interp_give(), and lends it to others while it waits for a scan
 * (lassay_run_pause, lassay_run_resume). Lending is legal at any depth, in
 * table.sort, metamethods and coroutines of the script too: Lua allows
 * several system threads in one state as long as each uses a lua_State of
 * its own and they change places inside C functions only, which is what
 * lua_lock does around each of them. So nothing has to yield.
 *
 * Limits: a count hook looks at the processor time of the run; once it is
 * used up the hook raises at every instruction, so that no pcall of the
 * script outlives it. Memory is bounded by the allocator, which tells the run
 * where it refused.
 *
 * Locking: interp->lock guards busy alone and is never held while Lua runs;
 * `owner` below means the thread that took the interpreter.
 */
#ifndef ASSAY_LUA_INTERP_H
#define ASSAY_LUA_INTERP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

#include <assay/policy.h>

#include "memory.h"

/* A chunk's name as Lua shortens it, and a line. */
#define LASSAY_PLACE_MAX (LUA_IDSIZE + 16)

struct lassay_session;

/** What is the same for all interpreters of an instance. */
struct lassay_options {
    const assay_log *log;
    const char *share_path;           /* may be NULL */
    assay_activefilter *activefilter; /* for init; NULL: nothing scores */
    int64_t time_limit_ms;
    size_t memory_limit; /* bytes of one interpreter */
    int gc_pause, gc_stepmul;
};

struct lassay_interp {
    lua_State *L; /* owner; only to load, and to make Lua threads */
    const struct lassay_options *options; /* set once before start */
    struct lassay_memory memory;          /* owner */
    struct lassay_run *run;               /* owner: what runs now, or NULL */
    size_t module_count;                  /* set while loading */
    bool quiet; /* set while loading: another one logged the same already */
    pthread_mutex_t lock;
    pthread_cond_t given; /* with lock */
    bool busy;            /* lock */
};

/** One protected call into Lua; lives on the stack of its caller. */
struct lassay_run {
    struct lassay_session *session; /* NULL while loading and unloading */
    const assay_call *call;         /* NULL while loading and unloading */
    const char *script;             /* being loaded, or NULL */
    const char *module;             /* registered name, or NULL */
    const char *callout;            /* method that runs, or NULL */
    int64_t end_ns;    /* thread CPU time; while paused or not timed, and
                          afterwards: rest */
    bool is_timed;     /* the clock was started */
    int64_t budget_ns; /* CPU time it may use; 0: the time limit */
    bool expired;
    lua_State *thread; /* that the call was made in */
    /* Where memory was refused last: "script:line: ", or "". */
    char refused_at[LASSAY_PLACE_MAX];
};

/** An interpreter with the sandbox and msys, without scripts. */
assay_rc lassay_interp_new(const struct lassay_options *options,
                           struct lassay_interp **out, assay_error *err);
/** Accepts NULL; sets *interp to NULL. */
void lassay_interp_free(struct lassay_interp **interp);
/** The interpreter of a Lua thread. */
struct lassay_interp *lassay_interp_of(lua_State *L);
/** The run that owns the interpreter of L; never NULL inside a binding. */
struct lassay_run *lassay_run_of(lua_State *L);

/** Wait until nobody runs in it, and own it. */
void lassay_interp_take(struct lassay_interp *interp);
void lassay_interp_give(struct lassay_interp *interp);

/**
 * Run body(arg) in protected mode on L, under the limits; the caller owns the
 * interpreter. body finds arg as light userdata at index 1.
 *
 * @return ASSAY_OK; ASSAY_E_SCRIPT, the error and its traceback are logged
 */
assay_rc lassay_run_call(struct lassay_run *run, lua_State *L,
                         lua_CFunction body, void *arg, assay_error *err);

/* [-0, +0, v] Raise when the time is used up; for loops in C over mail. */
void lassay_run_check_time(lua_State *L);

/** Lend the interpreter while the run waits; its clock stands still. */
void lassay_run_pause(struct lassay_run *run, struct lassay_interp *interp);
void lassay_run_resume(struct lassay_run *run, struct lassay_interp *interp);

#endif
