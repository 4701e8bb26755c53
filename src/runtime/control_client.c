/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static int64_t step_ms(const struct assay__control_client *client)
{
    return client->timeout_ms < ASSAY__CONTROL_STEP_MS ? client->timeout_ms
                                                       : ASSAY__CONTROL_STEP_MS;
}

static void wait_for_line(struct assay__control_client *client)
{
    client->state = ASSAY__CONTROL_READING;
    client->since_ms = assay__clock_ms();
    client->deadline_ms = client->since_ms + client->timeout_ms;
}

struct assay__control_client *assay__control_client_new(
    int fd, struct assay__control_session *session, int64_t timeout_ms)
{
    struct assay__control_client *client = calloc(1, sizeof *client);

    if (!client)
        return NULL;
    client->fd = fd;
    client->session = session;
    client->timeout_ms = timeout_ms;
    assay__control_reply_init(&client->reply);
    wait_for_line(client);
    return client;
}

void assay__control_client_free(struct assay__control_client *client)
{
    assay__control_reply_fini(&client->reply);
    assay_control_session_close(&client->session);
    if (client->fd >= 0)
        (void)close(client->fd);
    free(client);
}

short assay__control_client_events(const struct assay__control_client *client)
{
    if (client->is_gone)
        return 0;
    switch (client->state) {
    case ASSAY__CONTROL_READING:
        return POLLIN;
    case ASSAY__CONTROL_WRITING:
        return POLLOUT;
    case ASSAY__CONTROL_RUNNING:
    case ASSAY__CONTROL_OVER:
        break;
    }
    return 0;
}

/* ---- lines ------------------------------------------------------------- */

static void run_line(struct assay__control_client *client, size_t len,
                     size_t bytes)
{
    if (len > 0 && client->in[len - 1] == '\r')
        len--;
    client->line_len = len;
    client->line_bytes = bytes;
    client->state = ASSAY__CONTROL_RUNNING;
    client->deadline_ms = INT64_MAX;
}

/* Looks for a line in what was read; there is none running. */
static void take_line(struct assay__control_client *client)
{
    const char *end = memchr(client->in, '\n', client->in_len);

    if (end) {
        run_line(client, (size_t)(end - client->in),
                 (size_t)(end - client->in) + 1);
    } else if (client->in_len == sizeof client->in) {
        client->is_ending = true; /* nobody knows where the next one begins */
        run_line(client, client->in_len, client->in_len);
    } else if (client->is_ending) {
        if (client->in_len > 0)
            run_line(client, client->in_len, client->in_len);
        else
            client->state = ASSAY__CONTROL_OVER;
    }
}

void assay__control_client_read(struct assay__control_client *client)
{
    bool was_empty = client->in_len == 0;
    ssize_t got = recv(client->fd, client->in + client->in_len,
                       sizeof client->in - client->in_len, MSG_DONTWAIT);

    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR)
            client->state = ASSAY__CONTROL_OVER;
        return;
    }
    if (got == 0)
        client->is_ending = true;
    client->in_len += (size_t)got;
    if (was_empty && client->deadline_ms > assay__clock_ms() + step_ms(client))
        client->deadline_ms = assay__clock_ms() + step_ms(client);
    take_line(client);
}

void assay__control_client_run(struct assay__control_client *client)
{
    assay__control_run(client->session, client->in, client->line_len,
                       &client->reply);
}

/* ---- answers ----------------------------------------------------------- */

static void next_line(struct assay__control_client *client)
{
    assay__control_reply_fini(&client->reply);
    assay__control_reply_init(&client->reply);
    client->in_len -= client->line_bytes;
    memmove(client->in, client->in + client->line_bytes, client->in_len);
    wait_for_line(client);
    take_line(client);
}

static ssize_t send_some(struct assay__control_client *client)
{
    const struct assay__strbuf *text = &client->reply.text;
    size_t sent = client->sent;

    if (sent < client->head_len)
        return send(client->fd, client->head + sent, client->head_len - sent,
                    MSG_NOSIGNAL | MSG_DONTWAIT);
    sent -= client->head_len;
    return send(client->fd, assay__strbuf_str(text) + sent, text->len - sent,
                MSG_NOSIGNAL | MSG_DONTWAIT);
}

void assay__control_client_write(struct assay__control_client *client)
{
    size_t total = client->head_len + client->reply.text.len;

    while (client->sent < total) {
        ssize_t sent = send_some(client);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0) {
            client->state = ASSAY__CONTROL_OVER;
            return;
        }
        client->sent += (size_t)sent;
    }
    next_line(client);
}

void assay__control_client_answer(struct assay__control_client *client)
{
    int len;

    if (client->is_gone) {
        client->state = ASSAY__CONTROL_OVER;
        return;
    }
    len = snprintf(client->head, sizeof client->head, "%d %zu\n",
                   client->reply.failed ? 1 : 0, client->reply.text.len);
    client->head_len = (size_t)len;
    client->sent = 0;
    client->state = ASSAY__CONTROL_WRITING;
    client->deadline_ms = assay__clock_ms() + step_ms(client);
    assay__control_client_write(client);
}
