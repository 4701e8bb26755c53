/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rspamd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_service.h"
#include "rspamd_reply.h"
#include "wire_text.h"

#define OPTION(name) offsetof(struct assay__rspamd_settings, name)

enum {
    LINES_OTHER = 6 /* header lines beside those of recipients */
};

struct rspamd {
    const struct assay__rspamd_settings *settings; /* borrowed */
    struct assay__http_service service;
};

/* ---- options ------------------------------------------------------------ */

static assay_rc check_password(const char *text, assay_error *err)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return assay_error_set(err, ASSAY_E_INVAL,
                                   "a password has no control characters");
    return text[0] != '\0'
               ? ASSAY_OK
               : assay_error_set(err, ASSAY_E_INVAL, "the password is empty");
}

static const assay_conf_option options[] = {
    {.name = "password",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(password),
     .check = check_password},
    {.name = "analysis_secret",
     .type = ASSAY_CONF_STRING,
     .offset = OPTION(analysis_secret),
     .check = assay__seal_check_secret},
    {.name = "tls_ca_file",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(tls_ca_file)},
    {.name = NULL},
};

const assay_conf_stanza assay__rspamd_conf = {
    .name = "rspamd",
    .settings_size = sizeof(struct assay__rspamd_settings),
    .options = options,
};

/* ---- open and close ----------------------------------------------------- */

static void rspamd_close(void *instance)
{
    struct rspamd *self = instance;

    assay__http_service_close(&self->service);
    free(self);
}

static struct assay__http_service_options service_options(
    const struct assay__rspamd_settings *settings)
{
    return (struct assay__http_service_options){
        .usual_server = ASSAY__RSPAMD_SERVER,
        .tls_ca_file = settings->tls_ca_file,
        .analysis_secret = settings->analysis_secret,
    };
}

static assay_rc rspamd_check(const assay_scorer_args *args,
                             const char **option_out, assay_error *err)
{
    const struct assay__http_service_options wanted =
        service_options(args->settings);

    return assay__http_service_check(args, &wanted, option_out, err);
}

static assay_rc rspamd_open(const assay_scorer_args *args, void **instance_out,
                            assay_error *err)
{
    const struct assay__http_service_options wanted =
        service_options(args->settings);
    struct rspamd *self = calloc(1, sizeof *self);
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "rspamd: instance");
    self->settings = args->settings;
    rc = assay__http_service_open(&self->service, args, &wanted, err);
    if (rc != ASSAY_OK) {
        rspamd_close(self);
        return rc;
    }
    *instance_out = self;
    return ASSAY_OK;
}

/* ---- header lines ------------------------------------------------------- */

/* One call of score(). */
struct scoring {
    struct rspamd *self;
    const assay_score_subject *subject;
    char **lines; /* owned, and so is each */
    size_t line_count;
    size_t recipient_bytes;
    bool failed; /* there was no memory */
    assay_score *score;
};

/* @return length of the line; 0 when it was left out */
static size_t add_line(struct scoring *scoring, const char *before,
                       const char *value, const char *behind, size_t room)
{
    struct assay__wire_text line = {0};

    if (strlen(value) > ASSAY__RSPAMD_VALUE_MAX)
        return 0;
    assay__wire_text_add(&line, before);
    assay__wire_text_add_escaped(&line, value, '\0');
    assay__wire_text_add(&line, behind);
    if (line.failed || line.len + 2 > room) {
        scoring->failed = scoring->failed || line.failed;
        assay__wire_text_fini(&line);
        return 0;
    }
    scoring->lines[scoring->line_count++] = line.data; /* moved */
    return line.len + 2;
}

/* What is not known is left out. */
static void add_known(struct scoring *scoring, const char *before,
                      const char *value)
{
    if (value && value[0] != '\0')
        (void)add_line(scoring, before, value, "", SIZE_MAX);
}

static assay_rc build(struct scoring *scoring, assay_error *err)
{
    const assay_score_subject *subject = scoring->subject;
    size_t room = ASSAY__RSPAMD_RECIPIENTS_MAX;

    scoring->lines =
        calloc(subject->recipient_count + LINES_OTHER, sizeof *scoring->lines);
    if (!scoring->lines)
        return assay_error_set(err, ASSAY_E_NOMEM, "rspamd: request");
    add_known(scoring, "IP: ", subject->client_address);
    add_known(scoring, "Helo: ", subject->helo);
    add_known(scoring, "Hostname: ", subject->client_host);
    add_known(scoring, "Queue-Id: ", subject->queue_id);
    add_known(scoring, "Password: ", scoring->self->settings->password);
    (void)add_line(scoring, "From: <", subject->sender, ">", SIZE_MAX);
    for (size_t i = 0; i < subject->recipient_count; i++)
        room -= add_line(scoring, "Rcpt: <", subject->recipients[i], ">", room);
    if (scoring->failed)
        return assay_error_set(err, ASSAY_E_NOMEM, "rspamd: request");
    return ASSAY_OK;
}

static void scoring_fini(struct scoring *scoring)
{
    for (size_t i = 0; i < scoring->line_count; i++)
        free(scoring->lines[i]);
    free(scoring->lines);
}

/* ---- messages ----------------------------------------------------------- */

static assay_rc ask_check(void *arg, const struct assay__server_turn *turn,
                          assay_error *err)
{
    struct scoring *scoring = arg;
    const struct assay__http_request request = {
        .turn = turn,
        .path = "/checkv2",
        .headers = (const char *const *)scoring->lines,
        .header_count = scoring->line_count,
        .body = scoring->subject->size > 0 ? scoring->subject->data : "",
        .body_size = scoring->subject->size};
    struct assay__http_reply reply;
    assay_error why = {0};
    assay_rc rc =
        assay__http_ask(scoring->self->service.http, &request, &reply, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__http_check_status(&request, &reply, err);
    if (rc == ASSAY_E_NOTFOUND)
        rc = ASSAY_E_IO; /* there is no such page: that is not rspamd */
    if (rc == ASSAY_OK) {
        rc = assay__rspamd_reply_parse(reply.body, reply.size, scoring->score,
                                       &why);
        if (rc != ASSAY_OK)
            (void)assay_error_set(err, rc, "%s: %s", turn->server, why.msg);
    }
    assay__http_reply_fini(&reply);
    return rc;
}

static assay_rc rspamd_score(void *instance, const assay_score_subject *subject,
                             int64_t deadline_ms, assay_score *score_out,
                             assay_error *err)
{
    struct rspamd *self = instance;
    struct scoring scoring = {
        .self = self, .subject = subject, .score = score_out};
    assay_rc rc = build(&scoring, err);

    if (rc == ASSAY_OK)
        rc = assay__servers_ask(self->service.servers, deadline_ms, ask_check,
                                &scoring, err);
    if (rc == ASSAY_OK)
        rc = assay__seal_add(&self->service.seal, score_out, err);
    scoring_fini(&scoring);
    return rc;
}

static assay_rc rspamd_analyze(void *instance, const char *text, size_t len,
                               int64_t deadline_ms, assay_score *score_out,
                               assay_error *err)
{
    const struct rspamd *self = instance;

    (void)deadline_ms; /* nobody is asked */
    return assay__seal_open(&self->service.seal, text, len, score_out, err);
}

/* ---- version ------------------------------------------------------------ */

/* "rspamd/3.4"; it does not say which rules it has. */
static assay_rc rspamd_version(void *instance, int64_t deadline_ms,
                               assay_scorer_version *version_out,
                               assay_error *err)
{
    struct rspamd *self = instance;

    return assay__http_service_version(&self->service, "/ping", true,
                                       deadline_ms, version_out, err);
}

const assay_scorer_ops assay__rspamd_ops = {
    .struct_size = sizeof(assay_scorer_ops),
    .open = rspamd_open,
    .close = rspamd_close,
    .score = rspamd_score,
    .analyze = rspamd_analyze,
    .version = rspamd_version,
    .check = rspamd_check,
};
