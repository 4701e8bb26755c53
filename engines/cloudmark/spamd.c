/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "spamd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapping.h"
#include "seal.h"
#include "servers.h"
#include "spamd_connection.h"
#include "spamd_places.h"
#include "spamd_reply.h"
#include "symbols.h"

#define OPTION(name) offsetof(struct assay__spamd_settings, name)
#define USUAL_SERVER "127.0.0.1:783"

enum {
    USER_MAX = 64,
    HEAD_MAX = 256, /* bytes of a request in front of the message */
    ANALYSIS_ROOM = ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM
};

struct spamd {
    struct assay__spamd_settings settings; /* a copy; strings borrowed */
    struct assay__seal seal;
    struct assay__servers *servers;
    size_t opened; /* of directories */
    struct assay__spamd_directory directories[ASSAY__SERVERS_MAX];
};

/* ---- options ------------------------------------------------------------ */

/* It stands in a header of the request, and names a user of a system. */
static assay_rc check_user(const char *text, assay_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_.@+-";
    size_t len = strlen(text);

    if (len == 0 || len > USER_MAX || strspn(text, allowed) != len)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a user has 1 to %d of A-Z a-z 0-9 _ . @ + -",
                               USER_MAX);
    return ASSAY_OK;
}

static const assay_conf_option options[] = {
    {.name = "user",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(user),
     .check = check_user},
    {.name = "max_size",
     .type = ASSAY_CONF_SIZE,
     .offset = OPTION(max_size),
     .default_value = "0"},
    {.name = "analysis_secret",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(analysis_secret),
     .check = assay__seal_check_secret},
    {.name = NULL},
};

const assay_conf_stanza assay__spamd_conf = {
    .name = "spamd",
    .settings_size = sizeof(struct assay__spamd_settings),
    .options = options,
};

/* ---- open and close ----------------------------------------------------- */

static void spamd_close(void *instance)
{
    struct spamd *self = instance;

    while (self->opened > 0)
        assay__spamd_directory_fini(&self->directories[--self->opened]);
    assay__servers_free(&self->servers);
    assay__seal_fini(&self->seal);
    free(self);
}

static assay_rc open_directories(struct spamd *self, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0;
         rc == ASSAY_OK && i < assay__servers_count(self->servers); i++) {
        struct assay__spamd_address address;

        rc = assay__spamd_address_parse(assay__servers_text(self->servers, i),
                                        &address, err);
        if (rc == ASSAY_OK)
            rc = assay__spamd_directory_init(&self->directories[i], &address,
                                             err);
        if (rc == ASSAY_OK)
            self->opened++;
    }
    return rc;
}

static assay_rc spamd_check(const assay_scorer_args *args,
                            const char **option_out, assay_error *err)
{
    assay_rc rc = assay__servers_check(&args->servers, USUAL_SERVER,
                                       assay__spamd_server_parse, err);

    if (rc != ASSAY_OK)
        *option_out = "servers";
    return rc;
}

static assay_rc spamd_open(const assay_scorer_args *args, void **instance_out,
                           assay_error *err)
{
    const char *ignored;
    struct spamd *self;
    assay_rc rc = spamd_check(args, &ignored, err);

    if (rc != ASSAY_OK)
        return rc;
    self = calloc(1, sizeof *self);
    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "spamd: instance");
    memcpy(&self->settings, args->settings, sizeof self->settings);
    rc = assay__seal_init(&self->seal, self->settings.analysis_secret, err);
    if (rc == ASSAY_OK)
        rc = assay__servers_new(&args->servers, USUAL_SERVER,
                                assay__spamd_server_parse, &self->servers, err);
    if (rc == ASSAY_OK)
        rc = open_directories(self, err);
    if (rc != ASSAY_OK) {
        spamd_close(self);
        return rc;
    }
    *instance_out = self;
    return ASSAY_OK;
}

/* ---- one call ----------------------------------------------------------- */

/* Reads an answer that is there in full. err is the tail of a sentence. */
typedef assay_rc read_answer(const struct assay__spamd_answer *answer,
                             void *out, assay_error *err);

/* Too large for a stack. */
struct call {
    struct spamd *self;
    struct assay__spamd_request request;
    read_answer *read;
    void *out; /* of read */
    char head[HEAD_MAX];
    struct assay__spamd_answer answer;
};

static assay_rc exchange(struct call *call,
                         const struct assay__server_turn *turn,
                         assay_error *err)
{
    struct assay__spamd_directory *directory =
        &call->self->directories[turn->index];
    struct assay__spamd_places places;
    assay_rc rc =
        assay__spamd_directory_get(directory, turn->deadline_ms, &places, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__spamd_exchange(&places, &call->request, turn->deadline_ms,
                               &call->answer, err);
    if (rc == ASSAY_E_UNAVAILABLE || rc == ASSAY_E_TIMEOUT)
        assay__spamd_directory_expire(directory);
    if (rc == ASSAY_OK)
        rc = call->read(&call->answer, call->out, err);
    return rc;
}

static assay_rc ask(void *arg, const struct assay__server_turn *turn,
                    assay_error *err)
{
    struct call *call = arg;
    assay_error why = {0};
    assay_rc rc = exchange(call, turn, &why);

    if (rc == ASSAY_OK && call->answer.is_early)
        rc = assay_error_set(&why, ASSAY_E_IO,
                             "answered before it had the whole message");
    else if (rc == ASSAY_OK && call->answer.is_broken)
        rc = assay_error_set(&why, ASSAY_E_UNAVAILABLE,
                             "broke off behind its answer");
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "spamd %s: %s", turn->server, why.msg);
    return ASSAY_OK;
}

static assay_rc run_call(struct call *call, int64_t deadline_ms,
                         assay_error *err)
{
    call->request.head = call->head;
    call->request.head_len = strlen(call->head);
    return assay__servers_ask(call->self->servers, deadline_ms, ask, call, err);
}

/* ---- score -------------------------------------------------------------- */

/* With one decimal as spamd has it, in any locale. */
static const char *format_points(char *out, size_t size, double points)
{
    long tenths = lround(10 * points);

    (void)snprintf(out, size, "%s%ld.%ld", tenths < 0 ? "-" : "",
                   labs(tenths) / 10, labs(tenths) % 10);
    return out;
}

/* "score=15.0 required=5.0 tests=GTUBE MSGID_SHORT", as far as there is room.
 * Blanks between the names let a header be folded. */
static void write_analysis(const struct assay__spamd_reply *reply,
                           assay_score *out)
{
    const char *list = reply->symbols, *name;
    size_t left = reply->symbols_len, size;
    const char *gap = "tests=";
    char points[32], threshold[32];
    int len =
        snprintf(out->analysis, ANALYSIS_ROOM, "score=%s required=%s",
                 format_points(points, sizeof points, reply->points),
                 format_points(threshold, sizeof threshold, reply->threshold));

    while ((size = assay__symbols_next(&list, &left, &name)) > 0 &&
           (size_t)len + size + 8 < ANALYSIS_ROOM) {
        len += snprintf(out->analysis + len, ANALYSIS_ROOM - (size_t)len,
                        " %s%.*s", gap, (int)size, name);
        gap = "";
    }
}

/* A score that was rounded up to the threshold is still below it. */
static assay_rc map_points(const struct assay__spamd_reply *reply,
                           double *score_out, assay_error *err)
{
    assay_rc rc =
        assay__mapping_score(reply->points, reply->threshold, score_out, err);

    if (rc == ASSAY_OK && !reply->is_spam && *score_out >= ASSAY__MAPPING_SPAM)
        *score_out = ASSAY__MAPPING_SPAM - 0.01;
    return rc;
}

static assay_rc read_score(const struct assay__spamd_answer *answer, void *out,
                           assay_error *err)
{
    struct assay__symbols symbols = {0};
    struct assay__spamd_reply reply;
    assay_score *score = out;
    assay_rc rc =
        assay__spamd_reply_parse(answer->data, answer->len, &reply, err);

    if (rc == ASSAY_OK)
        rc = map_points(&reply, &score->score, err);
    if (rc != ASSAY_OK)
        return rc;
    assay__symbols_add_list(&symbols, reply.symbols, reply.symbols_len);
    assay__symbols_finish(&symbols, score);
    write_analysis(&reply, score);
    return ASSAY_OK;
}

static void write_head(const struct spamd *self, size_t size,
                       char head[HEAD_MAX])
{
    const char *user = self->settings.user;

    (void)snprintf(head, HEAD_MAX,
                   "SYMBOLS SPAMC/1.5\r\n"
                   "Content-length: %zu\r\n"
                   "%s%s%s\r\n",
                   size, user ? "User: " : "", user ? user : "",
                   user ? "\r\n" : "");
}

static assay_rc spamd_score(void *instance, const assay_score_subject *subject,
                            int64_t deadline_ms, assay_score *score_out,
                            assay_error *err)
{
    struct spamd *self = instance;
    uint64_t most = self->settings.max_size;
    struct call *call;
    assay_rc rc;

    if (most > 0 && subject->size > most)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "spamd: %zu bytes are over max_size",
                               subject->size);
    call = calloc(1, sizeof *call);
    if (!call)
        return assay_error_set(err, ASSAY_E_NOMEM, "spamd: a call");
    call->self = self;
    call->request.body = subject->data;
    call->request.body_len = subject->size;
    call->read = read_score;
    call->out = score_out;
    write_head(self, subject->size, call->head);
    rc = run_call(call, deadline_ms, err);
    free(call);
    if (rc == ASSAY_OK)
        rc = assay__seal_add(&self->seal, score_out, err);
    return rc;
}

/* ---- the other calls ---------------------------------------------------- */

static assay_rc spamd_analyze(void *instance, const char *text, size_t len,
                              int64_t deadline_ms, assay_score *score_out,
                              assay_error *err)
{
    const struct spamd *self = instance;

    (void)deadline_ms; /* nobody is asked */
    return assay__seal_open(&self->seal, text, len, score_out, err);
}

static assay_rc read_pong(const struct assay__spamd_answer *answer, void *out,
                          assay_error *err)
{
    assay_scorer_version *version = out;

    return assay__spamd_pong_parse(answer->data, answer->len, version->engine,
                                   sizeof version->engine, err);
}

/* The protocol tells its own version only, not that of the rules. */
static assay_rc spamd_version(void *instance, int64_t deadline_ms,
                              assay_scorer_version *version_out,
                              assay_error *err)
{
    struct call *call = calloc(1, sizeof *call);
    assay_rc rc;

    if (!call)
        return assay_error_set(err, ASSAY_E_NOMEM, "spamd: a call");
    call->self = instance;
    call->read = read_pong;
    call->out = version_out;
    (void)snprintf(call->head, sizeof call->head, "PING SPAMC/1.5\r\n\r\n");
    rc = run_call(call, deadline_ms, err);
    free(call);
    return rc;
}

const assay_scorer_ops assay__spamd_ops = {
    .struct_size = sizeof(assay_scorer_ops),
    .open = spamd_open,
    .close = spamd_close,
    .score = spamd_score,
    .analyze = spamd_analyze,
    .version = spamd_version,
    .check = spamd_check,
};

ASSAY_SCORER_MODULE(.name = "spamd", .version = "1.0",
                    .description = "SpamAssassin behind spamd",
                    .conf = &assay__spamd_conf, .ops = &assay__spamd_ops);
