/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "authority.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority_reply.h"
#include "deadline.h"
#include "http_service.h"
#include "wire_text.h"

#define OPTION(name) offsetof(struct assay__authority_settings, name)
#define PATH_MESSAGE "/score/v2/message"
#define PATH_SIZE "/score/v2/max-message-size"
#define PATH_ADDRESS "/score/v2/ip/"

enum {
    SEPARATOR_MAX = 8,
    PARTS_MAX = 5,
    SIZE_UNKNOWN = -1, /* of a size_limit */
    SIZE_ANY = 0
};

/* How much a server takes. Two threads may ask at once and learn the same. */
struct size_limit {
    _Atomic int64_t bytes;
    _Atomic int64_t ask_at_ms; /* while unknown: not before */
};

struct authority {
    const struct assay__authority_settings *settings; /* borrowed */
    struct assay__authority_keys keys;
    struct assay__http_service service;
    const assay_log *log;
    struct size_limit limits[ASSAY__SERVERS_MAX];
};

/* ---- options ------------------------------------------------------------ */

/* Letters, digits and what addresses are made of would tear addresses apart;
 * % begins an escape. */
static assay_rc check_separator(const char *text, assay_error *err)
{
    if (text[0] == '\0' || strlen(text) > SEPARATOR_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a separator has 1 to %d characters",
                               SEPARATOR_MAX);
    for (const char *c = text; *c != '\0'; c++)
        if (!strchr(",;:| ", *c))
            return assay_error_set(err, ASSAY_E_INVAL,
                                   "a separator is made of , ; : | and blanks");
    return ASSAY_OK;
}

static const assay_conf_option options[] = {
    {.name = "recipient_separator",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(recipient_separator),
     .default_value = ",",
     .check = check_separator},
    {.name = "category_key",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(category_key)},
    {.name = "category_desc_key",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(category_desc_key)},
    {.name = "subcategory_key",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(subcategory_key)},
    {.name = "subcategory_desc_key",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(subcategory_desc_key)},
    {.name = "rescan_key",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(rescan_key)},
    {.name = "analysis_secret",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(analysis_secret),
     .check = assay__seal_check_secret},
    {.name = "tls_ca_file",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(tls_ca_file)},
    {.name = NULL},
};

const assay_conf_stanza assay__authority_conf = {
    .name = "authority",
    .settings_size = sizeof(struct assay__authority_settings),
    .options = options,
};

/* ---- open and close ----------------------------------------------------- */

static void authority_close(void *instance)
{
    struct authority *self = instance;

    assay__http_service_close(&self->service);
    free(self);
}

static struct assay__http_service_options service_options(
    const struct assay__authority_settings *settings)
{
    return (struct assay__http_service_options){
        .usual_server = ASSAY__AUTHORITY_SERVER,
        .tls_ca_file = settings->tls_ca_file,
        .analysis_secret = settings->analysis_secret,
    };
}

static assay_rc authority_check(const assay_scorer_args *args,
                                const char **option_out, assay_error *err)
{
    const struct assay__http_service_options wanted =
        service_options(args->settings);

    return assay__http_service_check(args, &wanted, option_out, err);
}

static assay_rc authority_open(const assay_scorer_args *args,
                               void **instance_out, assay_error *err)
{
    const struct assay__http_service_options wanted =
        service_options(args->settings);
    struct authority *self = calloc(1, sizeof *self);
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "authority: instance");
    self->settings = args->settings;
    self->log = args->log;
    self->keys = (struct assay__authority_keys){
        .category = self->settings->category_key,
        .category_desc = self->settings->category_desc_key,
        .sub_category = self->settings->subcategory_key,
        .sub_category_desc = self->settings->subcategory_desc_key,
        .rescan = self->settings->rescan_key,
    };
    for (size_t i = 0; i < ASSAY__SERVERS_MAX; i++)
        atomic_init(&self->limits[i].bytes, SIZE_UNKNOWN);
    rc = assay__http_service_open(&self->service, args, &wanted, err);
    if (rc != ASSAY_OK) {
        authority_close(self);
        return rc;
    }
    *instance_out = self;
    return ASSAY_OK;
}

/* ---- one request -------------------------------------------------------- */

/* err of what reads a reply is the tail of a sentence. */
static assay_rc complain(const struct assay__server_turn *turn, assay_rc rc,
                         const assay_error *why, assay_error *err)
{
    return assay_error_set(err, rc, "%s: %s", turn->server, why->msg);
}

/* Send a request and read the score of its reply. */
static assay_rc ask_score(struct authority *self,
                          const struct assay__http_request *request,
                          assay_score *score_out, assay_error *err)
{
    struct assay__http_reply reply;
    assay_error why = {0};
    assay_rc rc = assay__http_ask(self->service.http, request, &reply, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__http_check_status(request, &reply, err);
    if (rc == ASSAY_OK) {
        rc = assay__authority_reply_parse(reply.body, reply.size, &self->keys,
                                          score_out, &why);
        if (rc != ASSAY_OK)
            rc = complain(request->turn, rc, &why, err);
    }
    assay__http_reply_fini(&reply);
    return rc;
}

/* ---- how much a server takes -------------------------------------------- */

/* @param limit  untouched unless ASSAY_OK */
static assay_rc ask_size(struct authority *self,
                         const struct assay__server_turn *turn,
                         struct size_limit *limit, assay_error *err)
{
    const struct assay__http_request request = {.turn = turn,
                                                .path = PATH_SIZE};
    struct assay__http_reply reply;
    assay_error why = {0};
    int64_t bytes = SIZE_ANY;
    assay_rc rc = assay__http_ask(self->service.http, &request, &reply, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__http_check_status(&request, &reply, err);
    if (rc == ASSAY_OK) {
        rc = assay__authority_size_parse(reply.body, reply.size, &bytes, &why);
        if (rc != ASSAY_OK)
            rc = complain(turn, rc, &why, err);
    } else if (rc == ASSAY_E_NOTFOUND) {
        rc = ASSAY_OK; /* a server without that page */
    }
    if (rc == ASSAY_OK)
        atomic_store(&limit->bytes, bytes);
    assay__http_reply_fini(&reply);
    return rc;
}

/* Half of the time at most: the message needs some, too. One that lets it pass
 * is down to other calls; this one still tries the message, which finds out.
 * @return ASSAY_OK, also when it is still unknown; ASSAY_E_UNAVAILABLE: there
 *         is no use in asking this server for more */
static assay_rc learn_size(struct authority *self,
                           const struct assay__server_turn *turn,
                           assay_error *err)
{
    struct size_limit *limit = &self->limits[turn->index];
    int64_t now_ms = assay__cloudmark_now_ms();
    struct assay__server_turn own = *turn;
    assay_error why = {0};
    assay_rc rc;

    if (atomic_load(&limit->bytes) != SIZE_UNKNOWN ||
        now_ms < atomic_load(&limit->ask_at_ms))
        return ASSAY_OK;
    own.deadline_ms = now_ms + (turn->deadline_ms - now_ms + 1) / 2;
    rc = ask_size(self, &own, limit, &why);
    if (rc == ASSAY_E_UNAVAILABLE || rc == ASSAY_E_NOMEM)
        return assay_error_set(err, rc, "%s", why.msg);
    if (rc == ASSAY_OK)
        return ASSAY_OK;
    now_ms = assay__cloudmark_now_ms();
    atomic_store(&limit->ask_at_ms, now_ms + ASSAY__SERVER_BACKOFF_MS);
    if (rc == ASSAY_E_TIMEOUT)
        assay__servers_failed(self->service.servers, turn->index, now_ms);
    assay_log_write(self->log, ASSAY_LOG_WARN, "authority.no_message_size",
                    "server=\"%s\" reason=\"%s\"", turn->server, why.msg);
    return ASSAY_OK;
}

/* A server that comes back may have been told another size. */
static void forget_size(struct authority *self, size_t index)
{
    atomic_store(&self->limits[index].bytes, SIZE_UNKNOWN);
}

static void authority_start(void *instance, int64_t deadline_ms)
{
    struct authority *self = instance;
    size_t count = assay__servers_count(self->service.servers);

    for (size_t i = 0; i < count; i++) {
        int64_t now_ms = assay__cloudmark_now_ms();
        int64_t share_ms = (deadline_ms - now_ms) / (int64_t)(count - i);
        struct assay__server_turn turn = {
            .server = assay__servers_text(self->service.servers, i),
            .index = i,
            .deadline_ms = now_ms + share_ms};
        assay_error err = {0};

        if (share_ms <= 0)
            return;
        if (learn_size(self, &turn, &err) == ASSAY_OK)
            continue;
        assay__servers_failed(self->service.servers, i,
                              assay__cloudmark_now_ms());
        assay_log_write(self->log, ASSAY_LOG_WARN, "authority.down",
                        "server=\"%s\" reason=\"%s\"", turn.server, err.msg);
    }
}

/* ---- messages ----------------------------------------------------------- */

/* One call of score(). */
struct scoring {
    struct authority *self;
    const assay_score_subject *subject;
    struct assay__wire_text helo, sender, recipients;
    struct assay__http_part parts[PARTS_MAX];
    size_t part_count;
    assay_score *score;
};

static void add_part(struct scoring *scoring, const char *name,
                     const struct assay__wire_text *text)
{
    scoring->parts[scoring->part_count++] = (struct assay__http_part){
        .name = name, .data = text->data, .size = text->len};
}

static void join_recipients(struct scoring *scoring)
{
    const assay_score_subject *subject = scoring->subject;
    const char *separator = scoring->self->settings->recipient_separator;

    for (size_t i = 0; i < subject->recipient_count; i++) {
        if (i > 0)
            assay__wire_text_add(&scoring->recipients, separator);
        assay__wire_text_add_escaped(&scoring->recipients,
                                     subject->recipients[i], separator[0]);
    }
}

/* What is not known is left out, but the null sender is known to be "". */
static assay_rc build(struct scoring *scoring, assay_error *err)
{
    const assay_score_subject *subject = scoring->subject;

    assay__wire_text_add_escaped(&scoring->helo, subject->helo, '\0');
    assay__wire_text_add_escaped(&scoring->sender, subject->sender, '\0');
    join_recipients(scoring);
    if (scoring->helo.failed || scoring->sender.failed ||
        scoring->recipients.failed)
        return assay_error_set(err, ASSAY_E_NOMEM, "authority: request");
    if (scoring->helo.len > 0)
        add_part(scoring, "heloDomain", &scoring->helo);
    add_part(scoring, "mailFrom", &scoring->sender);
    if (subject->recipient_count > 0)
        add_part(scoring, "rcptTo", &scoring->recipients);
    if (subject->client_address[0] != '\0')
        scoring->parts[scoring->part_count++] =
            (struct assay__http_part){.name = "connIp",
                                      .data = subject->client_address,
                                      .size = strlen(subject->client_address)};
    scoring->parts[scoring->part_count++] =
        (struct assay__http_part){.name = "rfc822",
                                  .type = "message/rfc822",
                                  .data = subject->data,
                                  .size = subject->size};
    return ASSAY_OK;
}

static assay_rc ask_message(void *arg, const struct assay__server_turn *turn,
                            assay_error *err)
{
    struct scoring *scoring = arg;
    const struct assay__http_request request = {.turn = turn,
                                                .path = PATH_MESSAGE,
                                                .parts = scoring->parts,
                                                .part_count =
                                                    scoring->part_count};
    assay_rc rc = learn_size(scoring->self, turn, err);
    int64_t limit = atomic_load(&scoring->self->limits[turn->index].bytes);

    if (rc != ASSAY_OK)
        return rc;
    if (limit > 0 && scoring->subject->size > (uint64_t)limit)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "%s: the message has %zu bytes, more than the "
                               "%" PRId64 " it takes",
                               turn->server, scoring->subject->size, limit);
    rc = ask_score(scoring->self, &request, scoring->score, err);
    if (rc == ASSAY_E_UNAVAILABLE || rc == ASSAY_E_TIMEOUT)
        forget_size(scoring->self, turn->index);
    /* There is no such page: that is not an Authority service. */
    return rc == ASSAY_E_NOTFOUND ? ASSAY_E_IO : rc;
}

static assay_rc authority_score(void *instance,
                                const assay_score_subject *subject,
                                int64_t deadline_ms, assay_score *score_out,
                                assay_error *err)
{
    struct authority *self = instance;
    struct scoring scoring = {
        .self = self, .subject = subject, .score = score_out};
    assay_rc rc = build(&scoring, err);

    if (rc == ASSAY_OK)
        rc = assay__servers_ask(self->service.servers, deadline_ms, ask_message,
                                &scoring, err);
    if (rc == ASSAY_OK)
        rc = assay__seal_add(&self->service.seal, score_out, err);
    assay__wire_text_fini(&scoring.helo);
    assay__wire_text_fini(&scoring.sender);
    assay__wire_text_fini(&scoring.recipients);
    return rc;
}

static assay_rc authority_analyze(void *instance, const char *text, size_t len,
                                  int64_t deadline_ms, assay_score *score_out,
                                  assay_error *err)
{
    const struct authority *self = instance;

    (void)deadline_ms; /* nobody is asked */
    return assay__seal_open(&self->service.seal, text, len, score_out, err);
}

/* ---- addresses ---------------------------------------------------------- */

struct address_scoring {
    struct authority *self;
    char path[sizeof PATH_ADDRESS + INET6_ADDRSTRLEN];
    assay_score *score;
};

static assay_rc ask_address(void *arg, const struct assay__server_turn *turn,
                            assay_error *err)
{
    struct address_scoring *scoring = arg;
    const struct assay__http_request request = {.turn = turn,
                                                .path = scoring->path};

    return ask_score(scoring->self, &request, scoring->score, err);
}

static assay_rc authority_score_address(void *instance, const char *address,
                                        int64_t deadline_ms,
                                        assay_score *score_out,
                                        assay_error *err)
{
    struct authority *self = instance;
    struct address_scoring scoring = {.self = self, .score = score_out};
    unsigned char ignored[sizeof(struct in6_addr)];
    assay_rc rc;

    if (inet_pton(AF_INET, address, ignored) != 1 &&
        inet_pton(AF_INET6, address, ignored) != 1)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "authority: not an IP address");
    (void)snprintf(scoring.path, sizeof scoring.path, PATH_ADDRESS "%s",
                   address);
    rc = assay__servers_ask(self->service.servers, deadline_ms, ask_address,
                            &scoring, err);
    if (rc == ASSAY_OK)
        rc = assay__seal_add(&self->service.seal, score_out, err);
    return rc;
}

/* ---- version ------------------------------------------------------------ */

/* Whatever it answers, the field is in it. */
static assay_rc authority_version(void *instance, int64_t deadline_ms,
                                  assay_scorer_version *version_out,
                                  assay_error *err)
{
    struct authority *self = instance;

    return assay__http_service_version(&self->service, PATH_SIZE, false,
                                       deadline_ms, version_out, err);
}

const assay_scorer_ops assay__authority_ops = {
    .struct_size = sizeof(assay_scorer_ops),
    .open = authority_open,
    .close = authority_close,
    .score = authority_score,
    .analyze = authority_analyze,
    .score_address = authority_score_address,
    .version = authority_version,
    .start = authority_start,
    .check = authority_check,
};
