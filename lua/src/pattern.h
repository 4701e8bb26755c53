/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Matching of Lua patterns that the time limit can stop.
 *
 * A pattern with several repetitions takes time that grows with a power of
 * the length of its subject, and the subject comes from mail. The matcher of
 * the Lua library runs to its end whatever the count hook wants; this one
 * follows the same rules (Lua 5.4 manual, section 6.4.1) and looks at the
 * clock as it goes. A test compares the two.
 */
#ifndef ASSAY_LUA_PATTERN_H
#define ASSAY_LUA_PATTERN_H

#include <stddef.h>

#include <lua.h>

/** Most captures of a pattern, as in Lua. */
#define LASSAY_CAPTURES_MAX 32

struct lassay_match {
    lua_State *L; /* of the present call: for errors and the clock */
    const char *subject, *subject_end;
    const char *pattern_end;
    int depth;      /* recursions that are left */
    unsigned steps; /* since the last look at the clock */
    int captures;
    struct lassay_capture {
        const char *start;
        ptrdiff_t len; /* or LASSAY_CAPTURE_* */
    } capture[LASSAY_CAPTURES_MAX];
};

enum { LASSAY_CAPTURE_OPEN = -1, LASSAY_CAPTURE_POSITION = -2 };

/* [-0, +0, v] Match pattern at `at`. The strings must stay alive.
 * @return the end of the match; NULL for none */
const char *lassay_match_at(struct lassay_match *match, const char *at,
                            const char *pattern);

/* [-0, +1, v] Push a capture; without captures, 0 is the whole match. */
void lassay_match_push(struct lassay_match *match, int index, const char *start,
                       const char *end);
/* [-0, +n, v] Push all captures, or the whole match when there are none and
 * start is not NULL. @return n */
int lassay_match_push_all(struct lassay_match *match, const char *start,
                          const char *end);

#endif
