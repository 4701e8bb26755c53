/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "pattern.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <lauxlib.h>

#include "interp.h"

#define ESCAPE '%'
#define DEPTH_MAX 200 /* recursions, as in Lua */
#define STEPS_PER_LOOK 10000

/* Recursion is over the items of a pattern, which a script wrote, and is
 * bounded by DEPTH_MAX; it never follows the subject. */
static const char *match_here(struct lassay_match *match, const char *s,
                              const char *p);

static void step(struct lassay_match *match)
{
    if (++match->steps < STEPS_PER_LOOK)
        return;
    match->steps = 0;
    lassay_run_check_time(match->L);
}

/* ---- single characters ------------------------------------------------- */

/* The end of the set that opens at p. */
static const char *set_end(struct lassay_match *match, const char *p)
{
    if (*++p == '^')
        p++;
    do { /* a `]` that comes first stands for itself */
        if (p == match->pattern_end)
            luaL_error(match->L, "malformed pattern (missing ']')");
        if (*p++ == ESCAPE && p < match->pattern_end)
            p++;
    } while (*p != ']'); /* the end is a NUL */
    return p + 1;
}

/* The end of the single-character item at p. */
static const char *item_end(struct lassay_match *match, const char *p)
{
    if (*p == ESCAPE) {
        if (p + 1 == match->pattern_end)
            luaL_error(match->L, "malformed pattern (ends with '%%')");
        return p + 2;
    }
    return *p == '[' ? set_end(match, p) : p + 1;
}

static bool in_class(int c, int class_)
{
    bool in;

    switch (tolower(class_)) {
    case 'a':
        in = isalpha(c);
        break;
    case 'c':
        in = iscntrl(c);
        break;
    case 'd':
        in = isdigit(c);
        break;
    case 'g':
        in = isgraph(c);
        break;
    case 'l':
        in = islower(c);
        break;
    case 'p':
        in = ispunct(c);
        break;
    case 's':
        in = isspace(c);
        break;
    case 'u':
        in = isupper(c);
        break;
    case 'w':
        in = isalnum(c);
        break;
    case 'x':
        in = isxdigit(c);
        break;
    case 'z': /* of Lua 5.1 */
        in = c == '\0';
        break;
    default:
        return class_ == c;
    }
    return isupper(class_) ? !in : in;
}

/* p is the `[`, end the closing `]`. */
static bool in_set(int c, const char *p, const char *end)
{
    bool found = true;

    if (p[1] == '^') {
        found = false;
        p++;
    }
    while (++p < end) {
        if (*p == ESCAPE) {
            p++;
            if (in_class(c, (unsigned char)*p))
                return found;
        } else if (p[1] == '-' && p + 2 < end) {
            p += 2;
            if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p)
                return found;
        } else if ((unsigned char)*p == c) {
            return found;
        }
    }
    return !found;
}

/* Does the item from p to end match the character at s? */
static bool matches_one(const struct lassay_match *match, const char *s,
                        const char *p, const char *end)
{
    int c;

    if (s >= match->subject_end)
        return false;
    c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case ESCAPE:
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

/* ---- repetitions ------------------------------------------------------- */

static const char *match_most(struct lassay_match *match, const char *s,
                              const char *p, const char *end)
{
    ptrdiff_t count = 0;

    while (matches_one(match, s + count, p, end)) {
        step(match);
        count++;
    }
    for (; count >= 0; count--) {
        const char *found = match_here(match, s + count, end + 1);

        if (found)
            return found;
    }
    return NULL;
}

static const char *match_least(struct lassay_match *match, const char *s,
                               const char *p, const char *end)
{
    for (;;) {
        const char *found = match_here(match, s, end + 1);

        if (found)
            return found;
        if (!matches_one(match, s, p, end))
            return NULL;
        s++;
    }
}

/* ---- captures ---------------------------------------------------------- */

static const char *open_capture(struct lassay_match *match, const char *s,
                                const char *p, ptrdiff_t kind)
{
    const char *found;

    if (match->captures >= LASSAY_CAPTURES_MAX)
        luaL_error(match->L, "too many captures");
    match->capture[match->captures].start = s;
    match->capture[match->captures].len = kind;
    match->captures++;
    found = match_here(match, s, p);
    if (!found)
        match->captures--;
    return found;
}

static const char *close_capture(struct lassay_match *match, const char *s,
                                 const char *p)
{
    int i = match->captures - 1;
    const char *found;

    while (i >= 0 && match->capture[i].len != LASSAY_CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(match->L, "invalid pattern capture");
    match->capture[i].len = s - match->capture[i].start;
    found = match_here(match, s, p);
    if (!found)
        match->capture[i].len = LASSAY_CAPTURE_OPEN;
    return found;
}

/* `%1`: the text of an earlier capture again. */
static const char *match_reference(struct lassay_match *match, const char *s,
                                   int digit)
{
    int i = digit - '1';
    size_t len;

    if (i < 0 || i >= match->captures ||
        match->capture[i].len == LASSAY_CAPTURE_OPEN)
        luaL_error(match->L, "invalid capture index %%%d", i + 1);
    /* The place of a position capture has no text that could come again. */
    len = (size_t)match->capture[i].len;
    if ((size_t)(match->subject_end - s) < len ||
        memcmp(match->capture[i].start, s, len) != 0)
        return NULL;
    return s + len;
}

/* ---- %b and %f --------------------------------------------------------- */

/* `%bxy`; p is the x. */
static const char *match_balance(struct lassay_match *match, const char *s,
                                 const char *p)
{
    int open = 1;

    if (p + 1 >= match->pattern_end)
        luaL_error(match->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= match->subject_end || *s != *p)
        return NULL;
    while (++s < match->subject_end) {
        step(match);
        if (*s == p[1]) {
            if (--open == 0)
                return s + 1;
        } else if (*s == p[0]) {
            open++;
        }
    }
    return NULL;
}

/* `%f[set]`; p is the `[`. */
static bool at_frontier(struct lassay_match *match, const char *s,
                        const char *p, const char *end)
{
    int before = s == match->subject ? '\0' : (unsigned char)s[-1];
    int after = s < match->subject_end ? (unsigned char)*s : '\0';

    return !in_set(before, p, end - 1) && in_set(after, p, end - 1);
}

/* ---- the matcher ------------------------------------------------------- */

/* An item of one character with what repeats it. Either the match is decided
 * (returns true, *s is the end or NULL), or it goes on at *s and *p. */
static bool match_item(struct lassay_match *match, const char **s,
                       const char **p)
{
    const char *end = item_end(match, *p);
    bool matches = matches_one(match, *s, *p, end);
    const char *found;

    switch (*end) { /* a NUL at the end of the pattern */
    case '?':
        if (matches && (found = match_here(match, *s + 1, end + 1))) {
            *s = found;
            return true;
        }
        *p = end + 1;
        return false;
    case '+':
        *s = matches ? match_most(match, *s + 1, *p, end) : NULL;
        return true;
    case '*':
        *s = match_most(match, *s, *p, end);
        return true;
    case '-':
        *s = match_least(match, *s, *p, end);
        return true;
    default:
        *s = matches ? *s + 1 : NULL;
        *p = end;
        return !matches;
    }
}

/* An item that begins with `%`; as match_item(). */
static bool match_escape(struct lassay_match *match, const char **s,
                         const char **p)
{
    const char *at = *p + 1;
    const char *end;

    switch (*at) {
    case 'b':
        *s = match_balance(match, *s, at + 1);
        *p = at + 3;
        return !*s;
    case 'f':
        at++;
        if (at >= match->pattern_end || *at != '[')
            luaL_error(match->L, "missing '[' after '%%f' in pattern");
        end = item_end(match, at);
        if (!at_frontier(match, *s, at, end))
            *s = NULL;
        *p = end;
        return !*s;
    default:
        if (!isdigit((unsigned char)*at))
            return match_item(match, s, p);
        *s = match_reference(match, *s, (unsigned char)*at);
        *p = at + 1;
        return !*s;
    }
}

/* One item; as match_item(). */
static bool match_next(struct lassay_match *match, const char **s,
                       const char **p)
{
    switch (**p) {
    case '(':
        if ((*p)[1] == ')')
            *s = open_capture(match, *s, *p + 2, LASSAY_CAPTURE_POSITION);
        else
            *s = open_capture(match, *s, *p + 1, LASSAY_CAPTURE_OPEN);
        return true;
    case ')':
        *s = close_capture(match, *s, *p + 1);
        return true;
    case '$':
        if (*p + 1 != match->pattern_end)
            return match_item(match, s, p);
        if (*s != match->subject_end)
            *s = NULL;
        return true;
    case ESCAPE:
        return match_escape(match, s, p);
    default:
        return match_item(match, s, p);
    }
}

static const char *match_here(struct lassay_match *match, const char *s,
                              const char *p)
{
    if (match->depth-- == 0)
        luaL_error(match->L, "pattern too complex");
    while (p != match->pattern_end) {
        step(match);
        if (match_next(match, &s, &p))
            break;
    }
    match->depth++;
    return s;
}

const char *lassay_match_at(struct lassay_match *match, const char *at,
                            const char *pattern)
{
    match->captures = 0;
    match->depth = DEPTH_MAX;
    return match_here(match, at, pattern);
}

/* ---- results ----------------------------------------------------------- */

void lassay_match_push(struct lassay_match *match, int index, const char *start,
                       const char *end)
{
    const struct lassay_capture *capture = &match->capture[index];

    if (index >= match->captures) {
        if (index != 0)
            luaL_error(match->L, "invalid capture index %%%d", index + 1);
        lua_pushlstring(match->L, start, (size_t)(end - start));
    } else if (capture->len == LASSAY_CAPTURE_OPEN) {
        luaL_error(match->L, "unfinished capture");
    } else if (capture->len == LASSAY_CAPTURE_POSITION) {
        lua_pushinteger(match->L, capture->start - match->subject + 1);
    } else {
        lua_pushlstring(match->L, capture->start, (size_t)capture->len);
    }
}

int lassay_match_push_all(struct lassay_match *match, const char *start,
                          const char *end)
{
    int count = match->captures == 0 && start ? 1 : match->captures;

    luaL_checkstack(match->L, count, "too many captures");
    for (int i = 0; i < count; i++)
        lassay_match_push(match, i, start, end);
    return count;
}
