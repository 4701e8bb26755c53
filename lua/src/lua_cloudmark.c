/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.cloudmark: scores from a script, and ActiveFilter.
 *
 * What the script does wrong raises; what goes wrong at the service, and what
 * the library refuses of data that comes with the mail, is nil and a message.
 * So no sender can end a session by what he sends.
 */
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "guard.h"
#include "handle.h"
#include "interp.h"
#include "report.h"

/** Most keys of one add_af_data(), as of one recipient in the library. */
#define AF_KEYS_MAX 64
#define AF_THRESHOLD_MAX 100.0

#define NOT_AVAILABLE "cloudmark module not available"

/* ---- arguments --------------------------------------------------------- */

/* [-0, +0, v] The callout, if the configuration has a scorer. */
static const assay_call *check_available(lua_State *L)
{
    const assay_call *call = lassay_check_call(L);

    if (!assay_session_can_score(call->session))
        luaL_error(L, NOT_AVAILABLE);
    return call;
}

/* [-0, +0, v] Likewise, with a message that has arrived, in one of the phases
 * that are documented for it (CM-19). */
static const assay_call *check_phase(lua_State *L)
{
    const assay_call *call = check_available(L);

    if (!call->message || call->phase < ASSAY_PHASE_DATA ||
        call->phase > ASSAY_PHASE_DATA_SPOOL_EACH_RCPT)
        luaL_error(L, "no message to score in this phase");
    return call;
}

/* [-0, +0, v] The message at index, or that of the callout. */
static assay_message *check_message(lua_State *L, int index,
                                    const assay_call *call)
{
    if (lua_isnoneornil(L, index))
        return call->message;
    return lassay_check_message(L, index)->message;
}

/* [-0, +0, v] There is one of them in a session, so it may be omitted. */
static void check_accept(lua_State *L, int index)
{
    if (!lua_isnoneornil(L, index))
        lassay_check_accept(L, index);
}

static void check_vctx(lua_State *L, int index)
{
    if (!lua_isnoneornil(L, index))
        lassay_check_vctx(L, index);
}

/* ---- asking ------------------------------------------------------------ */

/* One question to the library, from begin() to the push of its result. */
struct answer {
    struct lassay_interp *interp;
    struct lassay_run *run;
    struct lassay_guard *guard; /* owns the score */
    assay_score *score;
    assay_rc rc;
    assay_error err;
};

/* [-0, +1, m] Make room for a score, which is too large for a stack, and lend
 * the interpreter to others. Nothing may throw before end(). */
static void begin(lua_State *L, struct answer *answer)
{
    struct lassay_interp *interp = lassay_interp_of(L);
    struct lassay_guard *guard = lassay_guard_push(L);

    *answer =
        (struct answer){.interp = interp, .run = interp->run, .guard = guard};
    answer->score = calloc(1, sizeof *answer->score);
    if (!answer->score)
        luaL_error(L, "the system has no more memory");
    guard->text = (char *)answer->score;
    lassay_run_pause(answer->run, interp);
}

static void end(struct answer *answer)
{
    lassay_run_resume(answer->run, answer->interp);
}

/* [-0, +2, v] A call out of order is the script's mistake. */
static int push_failure(lua_State *L, struct answer *answer)
{
    lassay_guard_release(answer->guard);
    if (answer->rc == ASSAY_E_STATE)
        return luaL_error(L, "%s", answer->err.msg);
    lua_pushnil(L);
    lua_pushstring(L, answer->err.msg);
    return 2;
}

/* [-0, +1, -] */
static void push_number(lua_State *L, double score)
{
    lua_Integer whole;

    if (lua_numbertointeger(score, &whole) && (double)whole == score)
        lua_pushinteger(L, whole);
    else
        lua_pushnumber(L, score);
}

/* [-0, +1 or 2, v] The score alone. */
static int push_score(lua_State *L, struct answer *answer)
{
    double score;

    if (answer->rc != ASSAY_OK)
        return push_failure(L, answer);
    score = answer->score->score;
    lassay_guard_release(answer->guard);
    push_number(L, score);
    return 1;
}

/* [-0, +0, m] Set a field of the table on top, unless the text is empty. */
static void set_text(lua_State *L, const char *key, const char *text)
{
    if (text[0] == '\0')
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

/* [-0, +1 or 2, v] All that the score says. */
static int push_table(lua_State *L, struct answer *answer)
{
    const assay_score *score = answer->score;

    if (answer->rc != ASSAY_OK)
        return push_failure(L, answer);
    lua_createtable(L, 0, 8);
    push_number(L, score->score);
    lua_setfield(L, -2, "score");
    if (score->is_spam) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "is_spam");
    }
    set_text(L, "rescan", score->rescan ? "yes" : "");
    set_text(L, "category", score->category);
    set_text(L, "category-desc", score->category_desc);
    set_text(L, "sub-category", score->sub_category);
    set_text(L, "sub-category-desc", score->sub_category_desc);
    set_text(L, "analysis", score->analysis);
    lassay_guard_release(answer->guard);
    return 1;
}

/* ---- scores ------------------------------------------------------------ */

/* score([msg], [accept], [vctx]) */
static int cloudmark_score(lua_State *L)
{
    const assay_call *call = check_phase(L);
    assay_message *message = check_message(L, 1, call);
    struct answer answer;

    check_accept(L, 2);
    check_vctx(L, 3);
    begin(L, &answer);
    answer.rc =
        assay_session_score(call->session, message, answer.score, &answer.err);
    end(&answer);
    return push_table(L, &answer);
}

/* analyze(header, [msg], [vctx]) */
static int cloudmark_analyze(lua_State *L)
{
    const assay_call *call = check_phase(L);
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    assay_message *message = check_message(L, 2, call);
    struct answer answer;

    check_vctx(L, 3);
    begin(L, &answer);
    answer.rc = assay_session_analyze(call->session, message, text, len,
                                      answer.score, &answer.err);
    end(&answer);
    return push_table(L, &answer);
}

/* [-0, +0, v] A number, or a text that is one. */
static double check_threshold(lua_State *L, int index)
{
    double threshold = luaL_checknumber(L, index);

    /* Not the other way round: what is no number passes no comparison. */
    luaL_argcheck(L, threshold >= 0 && threshold <= AF_THRESHOLD_MAX, index,
                  "threshold is not from 0 to 100");
    return threshold;
}

/* score_af([msg], [accept], [vctx], threshold) */
static int cloudmark_score_af(lua_State *L)
{
    const assay_call *call = check_phase(L);
    assay_message *message = check_message(L, 1, call);
    double threshold = check_threshold(L, 4);
    struct answer answer;

    check_accept(L, 2);
    check_vctx(L, 3);
    begin(L, &answer);
    answer.rc = assay_session_score_activefilter(
        call->session, message, NULL, threshold, answer.score, &answer.err);
    end(&answer);
    return push_score(L, &answer);
}

/* score_ip(address) */
static int cloudmark_score_ip(lua_State *L)
{
    const assay_call *call = check_available(L);
    size_t len;
    const char *address = luaL_checklstring(L, 1, &len);
    struct answer answer;

    if (strlen(address) != len) {
        lua_pushnil(L);
        lua_pushliteral(L, "a NUL is in no address");
        return 2;
    }
    begin(L, &answer);
    answer.rc = assay_session_score_address(call->session, address,
                                            answer.score, &answer.err);
    end(&answer);
    return push_score(L, &answer);
}

/* ---- ActiveFilter, while scripts load ---------------------------------- */

/* [-0, +0, v] What the configuration holds for init to fill. */
static assay_activefilter *check_setup(lua_State *L)
{
    const struct lassay_interp *interp = lassay_interp_of(L);

    if (interp->run->call || !interp->run->script)
        luaL_error(L, "ActiveFilter is set up in init");
    if (!interp->options->activefilter)
        luaL_error(L, NOT_AVAILABLE);
    return interp->options->activefilter;
}

/* [-0, +0, v] */
static const char *check_name(lua_State *L, int index)
{
    size_t len;
    const char *name = luaL_checklstring(L, index, &len);

    luaL_argcheck(L, strlen(name) == len, index, "text with a NUL");
    return name;
}

/* [-0, +0, v] */
static int set_mode(lua_State *L, assay_activefilter_mode mode)
{
    assay_activefilter *filter = check_setup(L);
    assay_error err = {0};

    lassay_check_rc(
        L, assay_activefilter_set_mode(filter, mode, NULL, NULL, false, &err),
        &err);
    return 0;
}

static int cloudmark_set_af_mode_discard(lua_State *L)
{
    return set_mode(L, ASSAY_ACTIVEFILTER_DISCARD);
}

static int cloudmark_set_af_mode_keep(lua_State *L)
{
    return set_mode(L, ASSAY_ACTIVEFILTER_KEEP);
}

/* set_af_mode_movemsg(inbox, spam, unread_only) */
static int cloudmark_set_af_mode_movemsg(lua_State *L)
{
    static const char *const answers[] = {"no", "yes", NULL};
    assay_activefilter *filter = check_setup(L);
    const char *inbox = check_name(L, 1);
    const char *spam = check_name(L, 2);
    bool unread_only;
    assay_error err = {0};

    /* To the library a NUL would be the end of it. */
    check_name(L, 3);
    unread_only = luaL_checkoption(L, 3, NULL, answers) == 1;
    lassay_check_rc(L,
                    assay_activefilter_set_mode(filter,
                                                ASSAY_ACTIVEFILTER_MOVEMSG,
                                                inbox, spam, unread_only, &err),
                    &err);
    return 0;
}

/* set_af_msi_address(address) */
static int cloudmark_set_af_msi_address(lua_State *L)
{
    assay_activefilter *filter = check_setup(L);
    const char *address = check_name(L, 1);
    assay_error err = {0};

    lassay_check_rc(L, assay_activefilter_set_address(filter, address, &err),
                    &err);
    return 0;
}

/* ---- ActiveFilter, of a recipient -------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* [-0, +0, v] The keys of the table at index, in order, so that equal tables
 * do equal things; they live as long as the table stays as it is.
 * @return how many */
static size_t check_data(lua_State *L, int index, const char **keys)
{
    size_t count = 0;

    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        int type = lua_type(L, -1);
        size_t len;

        luaL_argcheck(L, count < AF_KEYS_MAX, index, "more than 64 keys");
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, index,
                      "a key is not a string");
        keys[count] = lua_tolstring(L, -2, &len);
        luaL_argcheck(L, strlen(keys[count]) == len, index, "key with a NUL");
        if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
            luaL_error(L, "the value of '%s' is a %s", keys[count],
                       lua_typename(L, type));
        count++;
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    return count;
}

/* [-0, +2, m] Data that came with the mail: the log says what is missing, for
 * published scripts look at no result. */
static int refuse_data(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushfstring(L, "ActiveFilter data: %s", why);
    lassay_report_text(lassay_interp_of(L), ASSAY_LOG_WARN, "lua.ignored",
                       lua_tostring(L, -1));
    return 2;
}

/* [-0, +0, m] The text of the value on top, which becomes it; NULL for one
 * with a NUL. */
static const char *value_text(lua_State *L)
{
    size_t len;
    const char *text;

    if (lua_isboolean(L, -1))
        return lua_toboolean(L, -1) ? "true" : "false";
    text = lua_tolstring(L, -1, &len);
    return strlen(text) == len ? text : NULL;
}

/* [-0, +0, v] Add the value of one key of the table at index 2. */
static assay_rc add_value(lua_State *L, assay_session *session,
                          const char *address, const char *key,
                          assay_error *err)
{
    const char *value;
    assay_rc rc;

    lua_getfield(L, 2, key);
    value = value_text(L);
    if (value)
        rc = assay_session_add_activefilter_data(session, address, key, value,
                                                 err);
    else
        rc = assay_error_set(err, ASSAY_E_INVAL, "%s: value with a NUL", key);
    lua_pop(L, 1);
    return rc;
}

/* add_af_data(address, data) */
static int cloudmark_add_af_data(lua_State *L)
{
    const assay_call *call = check_available(L);
    const char *keys[AF_KEYS_MAX];
    size_t len, count;
    const char *address;
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;

    if (!call->message || call->phase < ASSAY_PHASE_RCPTTO)
        return luaL_error(L, "no recipient in this phase");
    address = luaL_checklstring(L, 1, &len);
    count = check_data(L, 2, keys);
    if (strlen(address) != len)
        return refuse_data(L, "address with a NUL");
    for (size_t i = 0; i < count && rc == ASSAY_OK; i++)
        rc = add_value(L, call->session, address, keys[i], &err);
    if (rc == ASSAY_E_STATE)
        return luaL_error(L, "%s", err.msg);
    if (rc != ASSAY_OK)
        return refuse_data(L, err.msg);
    lua_pushboolean(L, 1);
    return 1;
}

static const luaL_Reg cloudmark_functions[] = {
    {"add_af_data", cloudmark_add_af_data},
    {"analyze", cloudmark_analyze},
    {"score", cloudmark_score},
    {"score_af", cloudmark_score_af},
    {"score_ip", cloudmark_score_ip},
    {"set_af_mode_discard", cloudmark_set_af_mode_discard},
    {"set_af_mode_keep", cloudmark_set_af_mode_keep},
    {"set_af_mode_movemsg", cloudmark_set_af_mode_movemsg},
    {"set_af_msi_address", cloudmark_set_af_msi_address},
    {NULL, NULL},
};

const struct lassay_namespace lassay_cloudmark_namespace = {
    .name = "msys.cloudmark",
    .functions = cloudmark_functions,
};
