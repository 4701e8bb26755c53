/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "message_check.h"

#include <stdio.h>
#include <string.h>

#include "mail.h"
#include "option_table.h"
#include "request.h"

static struct assay__exim_check kept = {.client = {.fd = -1}};

static void forget(struct assay__exim_check *check)
{
    assay__exim_client_close(&check->client);
    assay__exim_answer_clear(&check->answer);
    memset(&check->reply, 0, sizeof check->reply);
    check->why.text[0] = '\0';
    check->state = ASSAY__EXIM_CHECK_NONE;
    check->id[0] = '\0';
}

/* The file, then what Exim's own configuration says, then the arguments. */
static bool configure(struct assay__exim_check *check, char *const options[],
                      int count)
{
    assay__exim_options_default(&check->options);
    if (!assay__exim_options_read(&check->options, assay__exim_config_path,
                                  &check->why) ||
        !assay__exim_option_table_apply(&check->options, &check->why))
        return false;
    for (int i = 0; i < count; i++) {
        if (!assay__exim_options_set_line(&check->options, options[i],
                                          &check->why))
            return false;
    }
    return true;
}

static bool make_request(struct assay__exim_check *check, int *data_fd,
                         struct assay__exim_buffer *request)
{
    struct assay__exim_reason *why = &check->why;
    long long offset;

    if (*data_fd < 0)
        *data_fd = assay__exim_spool_find(check->id);
    if (*data_fd < 0)
        return assay__exim_reason_set(why, "Exim has no spool file open for %s",
                                      check->id);
    if (!assay__exim_spool_offset(*data_fd, check->id,
                                  assay__exim_mail_body_bytes(), &offset, why))
        return false;
    assay__exim_mail_add(request, offset);
    if (request->failed)
        return assay__exim_reason_set(
            why, "the request is over %d bytes, or memory is short",
            ASSAY__EXIM_REQUEST_MAX);
    return true;
}

/* One that does not want the rest of a request says why before it hangs up;
 * that goes before what became of sending. */
static bool send_and_read(struct assay__exim_check *check, int data_fd,
                          const struct assay__exim_buffer *request)
{
    struct assay__exim_reason said = {""};
    bool sent = assay__exim_client_send(&check->client, request->bytes,
                                        request->length, data_fd, &check->why);
    bool read = assay__exim_answer_read(&check->answer, &check->client, &said);

    if (sent || check->answer.is_error)
        check->why = said;
    return read;
}

static bool exchange(struct assay__exim_check *check, int data_fd,
                     const struct assay__exim_buffer *request)
{
    struct assay__exim_reason *why = &check->why;

    return assay__exim_client_open(&check->client, &check->options, why) &&
           send_and_read(check, data_fd, request) &&
           assay__exim_reply_read(&check->reply, &check->answer,
                                  check->options.on_refused, why);
}

static enum assay__exim_check_state ask(struct assay__exim_check *check,
                                        int data_fd,
                                        struct assay__exim_buffer *request)
{
    if (!make_request(check, &data_fd, request))
        return ASSAY__EXIM_CHECK_UNASKED;
    if (exchange(check, data_fd, request))
        return ASSAY__EXIM_CHECK_DONE;
    return check->answer.is_error ? ASSAY__EXIM_CHECK_REFUSED
                                  : ASSAY__EXIM_CHECK_FAILED;
}

/* The connection is of use only to store mail. */
static void settle(struct assay__exim_check *check)
{
    bool answered = check->state == ASSAY__EXIM_CHECK_DONE;

    if (!answered || !assay__exim_answer_get(&check->answer, "stored"))
        assay__exim_client_close(&check->client);
    if (!answered)
        assay__exim_answer_clear(&check->answer);
}

static void run(struct assay__exim_check *check, int data_fd,
                char *const options[], int count)
{
    struct assay__exim_buffer request = {.limit = ASSAY__EXIM_REQUEST_MAX};
    const char *id = assay__exim_mail_id();

    if (!configure(check, options, count)) {
        check->state = ASSAY__EXIM_CHECK_MISCONFIGURED;
    } else if (id[0] == '\0' || strlen(id) > ASSAY__EXIM_ID_MAX) {
        (void)assay__exim_reason_set(&check->why, "there is no message yet");
        check->state = ASSAY__EXIM_CHECK_UNASKED;
    } else {
        (void)snprintf(check->id, sizeof check->id, "%s", id);
        assay__exim_client_set_timeout(&check->client,
                                       check->options.timeout_s);
        check->state = ask(check, data_fd, &request);
        settle(check);
    }
    assay__exim_buffer_clear(&request);
}

struct assay__exim_check *assay__exim_check_get(int data_fd,
                                                char *const options[],
                                                int count)
{
    struct assay__exim_check *check = &kept;

    if (check->id[0] != '\0' && strcmp(check->id, assay__exim_mail_id()) == 0) {
        if (check->client.fd >= 0)
            assay__exim_client_set_timeout(&check->client,
                                           check->options.timeout_s);
        return check;
    }
    forget(check);
    run(check, data_fd, options, count);
    return check;
}

bool assay__exim_check_store(struct assay__exim_check *check,
                             struct assay__exim_reason *why)
{
    static const char store[] = "store\n";
    struct assay__exim_answer answer = {.count = 0};
    bool stored;

    if (check->client.fd < 0)
        return assay__exim_reason_set(why, "the connection to assayd is gone");
    stored = assay__exim_client_send(&check->client, store, sizeof store - 1,
                                     -1, why) &&
             assay__exim_answer_read(&answer, &check->client, why);
    assay__exim_answer_clear(&answer);
    assay__exim_client_close(&check->client);
    return stored;
}

static const char *shown(const struct assay__exim_check *check, const char *key)
{
    const char *value = assay__exim_answer_get(&check->answer, key);

    return value ? value : "";
}

void assay__exim_check_summary(const struct assay__exim_check *check,
                               char out[ASSAY__EXIM_SUMMARY_SIZE])
{
    (void)snprintf(out, ASSAY__EXIM_SUMMARY_SIZE,
                   "action=%s code=%d status=%.20s info=\"%.120s\" "
                   "engine=%.60s scope=%.60s module=%.60s",
                   assay__exim_reply_action(&check->reply), check->reply.code,
                   shown(check, "status"), shown(check, "info"),
                   shown(check, "engine"), shown(check, "scope"),
                   shown(check, "module"));
    for (char *p = out; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~')
            *p = '?';
    }
}
