/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "cartridge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cartridge_object.h"
#include "deadline.h"

#define OPTION(name) offsetof(struct assay__cartridge_settings, name)

enum { SENTENCE_MAX = 256 }; /* of a cartridge, with the NUL */

struct cartridge {
    struct assay__cartridge_object object;
    void *handle; /* of the cartridge; it may be NULL */
    bool is_up;   /* init returned 0 */
};

static const assay_conf_option options[] = {
    {.name = "cartridge",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(cartridge),
     .required = true},
    {.name = "cartridge_config",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(cartridge_config)},
    {.name = NULL},
};

const assay_conf_stanza assay__cartridge_conf = {
    .name = "cartridge",
    .settings_size = sizeof(struct assay__cartridge_settings),
    .options = options,
};

static const char *name_of(const struct cartridge *self)
{
    return self->object.table.name;
}

/* ---- what it says ------------------------------------------------------- */

/* @return an error with the sentence that a cartridge wrote, if it did */
static assay_rc complain(const struct cartridge *self, assay_rc rc, int code,
                         const char sentence[SENTENCE_MAX], assay_error *err)
{
    char copy[SENTENCE_MAX];
    size_t len = strnlen(sentence, SENTENCE_MAX - 1);

    for (size_t i = 0; i < len; i++) {
        copy[i] = sentence[i];
        if (copy[i] < ' ' || copy[i] > '~')
            copy[i] = '?';
    }
    copy[len] = '\0';
    if (len == 0)
        return assay_error_set(err, rc, "cartridge '%s': it returns %d",
                               name_of(self), code);
    return assay_error_set(err, rc, "cartridge '%s': %s", name_of(self), copy);
}

static assay_rc bad_answer(const struct cartridge *self, const char *what,
                           const char *why, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_IO, "cartridge '%s': its %s %s",
                           name_of(self), what, why);
}

static assay_rc check_score(const struct cartridge *self, double score,
                            assay_error *err)
{
    if (isnan(score))
        return bad_answer(self, "score", "is not a number", err);
    if (!(score >= 0 && score <= 100))
        return bad_answer(self, "score", "is not between 0 and 100", err);
    return ASSAY_OK;
}

static assay_rc check_time(const struct cartridge *self, int64_t deadline_ms,
                           assay_error *err)
{
    if (assay__cloudmark_left_ms(deadline_ms) == 0)
        return assay_error_set(err, ASSAY_E_TIMEOUT,
                               "cartridge '%s': it did not answer in time",
                               name_of(self));
    return ASSAY_OK;
}

/* ---- texts -------------------------------------------------------------- */

/* Bytes of the UTF-8 character that a text starts with (RFC 3629); 0 when it
 * is none. The text ends with a NUL, which continues no character. */
static size_t utf8_length(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned first_low = 0x80, first_high = 0xbf;
    size_t len;

    if (at[0] < 0x80)
        return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    len = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (at[0] == 0xe0)
        first_low = 0xa0; /* over-long */
    else if (at[0] == 0xed)
        first_high = 0x9f; /* surrogates */
    else if (at[0] == 0xf0)
        first_low = 0x90; /* over-long */
    else if (at[0] == 0xf4)
        first_high = 0x8f; /* over U+10FFFF */
    if (at[1] < first_low || at[1] > first_high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return len;
}

/* @return what is wrong with a text that has its NUL, or NULL */
static const char *text_problem(const char *text)
{
    while (*text != '\0') {
        size_t len = utf8_length(text);

        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return "has a control character";
        if (len == 0)
            return "is not UTF-8";
        /* U+0080 to U+009F are control characters, too */
        if (len == 2 && (unsigned char)text[0] == 0xc2 &&
            (unsigned char)text[1] < 0xa0)
            return "has a control character";
        text += len;
    }
    return NULL;
}

/* A text of a result, and where it goes. */
struct transfer {
    const char *what, *from;
    size_t from_size;
    char *to;
    size_t to_size;
};

static assay_rc copy_text(const struct cartridge *self,
                          const struct transfer *transfer, assay_error *err)
{
    size_t len = strnlen(transfer->from, transfer->from_size);
    const char *problem = NULL;

    if (len == transfer->from_size)
        problem = "has no end";
    else if (len >= transfer->to_size)
        problem = "is too long";
    else
        problem = text_problem(transfer->from);
    if (problem)
        return bad_answer(self, transfer->what, problem, err);
    memcpy(transfer->to, transfer->from, len + 1);
    return ASSAY_OK;
}

#define TRANSFER(member)                                                     \
    {                                                                        \
        "'" #member "'", result->member, sizeof result->member, out->member, \
            sizeof out->member                                               \
    }

static assay_rc copy_result(const struct cartridge *self,
                            const assay_authority_result *result,
                            assay_score *out, assay_error *err)
{
    const struct transfer transfers[] = {
        TRANSFER(category),     TRANSFER(category_desc),
        TRANSFER(sub_category), TRANSFER(sub_category_desc),
        TRANSFER(analysis),
    };
    assay_rc rc = check_score(self, result->score, err);

    for (size_t i = 0;
         rc == ASSAY_OK && i < sizeof transfers / sizeof *transfers; i++)
        rc = copy_text(self, &transfers[i], err);
    out->score = result->score;
    out->rescan = result->rescan != 0;
    return rc;
}

/* ---- calls -------------------------------------------------------------- */

/* What a call comes back with; too large for small stacks. */
struct answer {
    int code;
    char sentence[SENTENCE_MAX];
    assay_authority_result result;
};

static assay_rc new_answer(const struct cartridge *self, int64_t deadline_ms,
                           struct answer **out, assay_error *err)
{
    assay_rc rc = check_time(self, deadline_ms, err);

    if (rc != ASSAY_OK)
        return rc;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return assay_error_set(err, ASSAY_E_NOMEM, "cartridge '%s': a call",
                               name_of(self));
    (*out)->result.score = (double)NAN;
    return ASSAY_OK;
}

/* @param refusal  what it means that the cartridge returned an error */
static assay_rc check_answer(const struct cartridge *self,
                             const struct answer *answer, int64_t deadline_ms,
                             assay_rc refusal, assay_error *err)
{
    assay_rc rc = check_time(self, deadline_ms, err);

    if (rc == ASSAY_OK && answer->code != 0)
        rc = complain(self, refusal, answer->code, answer->sentence, err);
    return rc;
}

static assay_rc cartridge_score(void *instance,
                                const assay_score_subject *subject,
                                int64_t deadline_ms, assay_score *score_out,
                                assay_error *err)
{
    const struct cartridge *self = instance;
    const assay_authority_message message = {
        .data = subject->data,
        .size = subject->size,
        .is_cut = subject->is_cut,
        .helo = subject->helo,
        .sender = subject->sender,
        .client_ip = subject->client_address,
        .client_host = subject->client_host,
        .queue_id = subject->queue_id,
        .recipients = subject->recipients,
        .recipient_count = subject->recipient_count,
    };
    struct answer *answer = NULL;
    assay_rc rc = new_answer(self, deadline_ms, &answer, err);

    if (rc != ASSAY_OK)
        return rc;
    answer->code = self->object.table.score(self->handle, &message, deadline_ms,
                                            &answer->result, answer->sentence,
                                            sizeof answer->sentence);
    rc = check_answer(self, answer, deadline_ms, ASSAY_E_IO, err);
    if (rc == ASSAY_OK)
        rc = copy_result(self, &answer->result, score_out, err);
    free(answer);
    return rc;
}

static assay_rc cartridge_analyze(void *instance, const char *text, size_t len,
                                  int64_t deadline_ms, assay_score *score_out,
                                  assay_error *err)
{
    const struct cartridge *self = instance;
    struct answer *answer = NULL;
    assay_rc rc;

    if (!self->object.table.analyze)
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "cartridge '%s': it does not analyze",
                               name_of(self));
    rc = new_answer(self, deadline_ms, &answer, err);
    if (rc != ASSAY_OK)
        return rc;
    answer->code = self->object.table.analyze(
        self->handle, text, len, deadline_ms, &answer->result, answer->sentence,
        sizeof answer->sentence);
    rc = check_answer(self, answer, deadline_ms, ASSAY_E_INVAL, err);
    if (rc == ASSAY_OK)
        rc = copy_result(self, &answer->result, score_out, err);
    free(answer);
    return rc;
}

static assay_rc cartridge_score_address(void *instance, const char *address,
                                        int64_t deadline_ms,
                                        assay_score *score_out,
                                        assay_error *err)
{
    const struct cartridge *self = instance;
    struct answer *answer = NULL;
    assay_rc rc;

    if (!self->object.table.score_ip)
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "cartridge '%s': it does not score addresses",
                               name_of(self));
    rc = new_answer(self, deadline_ms, &answer, err);
    if (rc != ASSAY_OK)
        return rc;
    answer->code = self->object.table.score_ip(
        self->handle, address, deadline_ms, &answer->result.score,
        answer->sentence, sizeof answer->sentence);
    rc = check_answer(self, answer, deadline_ms, ASSAY_E_IO, err);
    if (rc == ASSAY_OK)
        rc = check_score(self, answer->result.score, err);
    score_out->score = answer->result.score;
    free(answer);
    return rc;
}

/* It has two arrays of one size. */
static assay_rc cartridge_version(void *instance, int64_t deadline_ms,
                                  assay_scorer_version *version_out,
                                  assay_error *err)
{
    const struct cartridge *self = instance;
    assay_scorer_version found = {"", ""};
    const struct transfer transfers[] = {
        {"engine version", found.engine, sizeof found.engine,
         version_out->engine, sizeof version_out->engine},
        {"cartridge version", found.cartridge, sizeof found.cartridge,
         version_out->cartridge, sizeof version_out->cartridge},
    };
    assay_rc rc;

    _Static_assert(sizeof found.engine == sizeof found.cartridge,
                   "one size for both texts");
    self->object.table.version(self->handle, found.engine, found.cartridge,
                               sizeof found.engine);
    rc = check_time(self, deadline_ms, err);
    for (size_t i = 0; rc == ASSAY_OK && i < 2; i++)
        rc = copy_text(self, &transfers[i], err);
    return rc;
}

/* ---- open and close ----------------------------------------------------- */

static void cartridge_close(void *instance)
{
    struct cartridge *self = instance;

    if (self->is_up)
        self->object.table.shutdown(self->handle);
    assay__cartridge_object_unload(&self->object);
    free(self);
}

static assay_rc start_up(struct cartridge *self, const char *config,
                         assay_error *err)
{
    char sentence[SENTENCE_MAX] = "";
    int code = self->object.table.init(config ? config : "", &self->handle,
                                       sentence, sizeof sentence);

    if (code != 0)
        return complain(self, ASSAY_E_UNAVAILABLE, code, sentence, err);
    self->is_up = true;
    return ASSAY_OK;
}

/* Makes sure of all but what init would say. Loading runs what the object does
 * when it is loaded, and nothing of its table.
 * @param object  empty; loaded on ASSAY_OK */
static assay_rc load(const assay_scorer_args *args,
                     struct assay__cartridge_object *object,
                     const char **option_out, assay_error *err)
{
    const struct assay__cartridge_settings *settings = args->settings;

    *option_out = "servers";
    if (args->servers.count > 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a cartridge has no servers: remove 'servers'");
    *option_out = "cartridge";
    if (!settings->cartridge)
        return assay_error_set(err, ASSAY_E_INVAL, "'cartridge' is not set");
    return assay__cartridge_object_load(settings->cartridge, object, err);
}

static assay_rc cartridge_check(const assay_scorer_args *args,
                                const char **option_out, assay_error *err)
{
    struct assay__cartridge_object object = {0};
    assay_rc rc = load(args, &object, option_out, err);

    assay__cartridge_object_unload(&object);
    return rc;
}

static void tell_opened(const struct cartridge *self, const char *path,
                        const assay_log *log)
{
    assay_log_write(log, ASSAY_LOG_INFO, "cloudmark.cartridge",
                    "name=\"%s\" file=\"%s\"", name_of(self), path);
    if (!assay__cartridge_object_is_current(&self->object, path))
        assay_log_write(log, ASSAY_LOG_WARN, "cloudmark.cartridge_replaced",
                        "file=\"%s\" reason=\"the one loaded before is still "
                        "used: restart to use the new one\"",
                        path);
}

static assay_rc cartridge_open(const assay_scorer_args *args,
                               void **instance_out, assay_error *err)
{
    const struct assay__cartridge_settings *settings = args->settings;
    struct cartridge *self = calloc(1, sizeof *self);
    const char *ignored;
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "cartridge: instance");
    rc = load(args, &self->object, &ignored, err);
    if (rc == ASSAY_OK)
        rc = start_up(self, settings->cartridge_config, err);
    if (rc != ASSAY_OK) {
        cartridge_close(self);
        return rc;
    }
    tell_opened(self, settings->cartridge, args->log);
    *instance_out = self;
    return ASSAY_OK;
}

const assay_scorer_ops assay__cartridge_ops = {
    .struct_size = sizeof(assay_scorer_ops),
    .open = cartridge_open,
    .close = cartridge_close,
    .score = cartridge_score,
    .analyze = cartridge_analyze,
    .score_address = cartridge_score_address,
    .version = cartridge_version,
    .check = cartridge_check,
};

ASSAY_SCORER_MODULE(.name = "cartridge", .version = "1.0",
                    .description = "a scoring SDK in a shared object",
                    .conf = &assay__cartridge_conf,
                    .ops = &assay__cartridge_ops);
