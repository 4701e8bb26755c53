/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- clients ------------------------------------------------------------- */

/* What policies of this MTA find in the connection context. */
static bool introduce(struct client *client)
{
    assay_error err;

    return client->mta->api->context_set(client->session,
                                         ASSAY_CONTEXT_CONNECTION, "mta",
                                         "minimal", &err) == ASSAY_OK;
}

struct client *smtp_open(struct mta *mta, int fd)
{
    const assay_peer peer = {.address = "127.0.0.1"};
    struct client *client = calloc(1, sizeof *client);
    assay_error err;

    if (!client)
        return NULL;
    client->mta = mta;
    client->fd = fd;
    if (mta->api->session_open(mta->library, &peer, &client->session, &err) !=
            ASSAY_OK ||
        !introduce(client)) {
        smtp_close(client);
        return NULL;
    }
    return client;
}

void smtp_close(struct client *client)
{
    client->mta->api->session_close(&client->session);
    free(client->mail);
    free(client);
}

bool smtp_read(struct client *client)
{
    ssize_t n = recv(client->fd, client->input + client->input_len,
                     sizeof client->input - client->input_len, 0);

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    client->input_len += (size_t)n;
    return n > 0;
}

/* ---- answers ---------------------------------------------------------------
 */

/* Replies are short, so a client that leaves no room for one is let go. */
static void say(struct client *client, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct client *client, const char *format, ...)
{
    char line[ASSAY_REPLY_TEXT_MAX + 64];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof line - 2, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof line - 2)
        len = (int)sizeof line - 3;
    memcpy(line + len, "\r\n", 2);
    if (send(client->fd, line, (size_t)len + 2, MSG_NOSIGNAL | MSG_DONTWAIT) !=
        len + 2)
        client->wants_end = true;
}

static void say_disposition(struct client *client, const assay_disposition *d)
{
    say(client, "%d %s%s%s", d->code, d->enhanced, d->enhanced[0] ? " " : "",
        d->text);
}

/* ---- handing a message over
 * -------------------------------------------------- */

static assay_rc by_pieces(struct client *client, assay_error *err)
{
    enum { PIECE = 1000 };
    assay_rc rc = ASSAY_OK;

    for (size_t at = 0; at < client->mail_len && rc == ASSAY_OK; at += PIECE) {
        size_t len = client->mail_len - at;

        rc = client->mta->api->append(client->session, client->mail + at,
                                      len < PIECE ? len : PIECE, err);
    }
    return rc;
}

/* As MTAs keep messages: lines end with LF. */
static assay_rc by_text(struct client *client, assay_error *err)
{
    size_t len = 0;

    for (size_t i = 0; i < client->mail_len; i++)
        if (client->mail[i] != '\r')
            client->mail[len++] = client->mail[i];
    client->mail_len = len;
    return client->mta->api->append_text(client->session, client->mail, len,
                                         err);
}

/* As in a spool file, behind something of the MTA's own. */
static assay_rc by_descriptor(struct client *client, assay_error *err)
{
    static const char own[] = "minimal MTA spool\n";
    int fd = memfd_create("spool", MFD_CLOEXEC);
    assay_rc rc = ASSAY_E_IO;

    if (fd >= 0 && write(fd, own, sizeof own) == sizeof own &&
        write(fd, client->mail, client->mail_len) == (ssize_t)client->mail_len)
        rc = client->mta->api->append_fd(client->session, fd, sizeof own, 0,
                                         err);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* The end of the header line at text, with its folds. */
static char *end_of_header(char *text, const char *end)
{
    char *newline = text;

    while ((newline = memchr(newline, '\n', (size_t)(end - newline)))) {
        newline++;
        if (newline == end || (*newline != ' ' && *newline != '\t'))
            return newline;
    }
    return NULL;
}

static assay_rc one_header(struct client *client, char *line, char *line_end,
                           assay_error *err)
{
    char *colon = memchr(line, ':', (size_t)(line_end - line));

    if (!colon)
        return ASSAY_E_NOTFOUND; /* no header: the body begins here */
    *colon = '\0';
    line_end[-2] = '\0'; /* its CRLF */
    return client->mta->api->append_header(client->session, line, colon + 1,
                                           err);
}

static assay_rc by_headers(struct client *client, assay_error *err)
{
    char *at = client->mail, *next;
    const char *end = client->mail + client->mail_len;
    assay_rc rc = ASSAY_OK;

    while (rc == ASSAY_OK && at < end && *at != '\r' &&
           (next = end_of_header(at, end)) != NULL) {
        rc = one_header(client, at, next, err);
        if (rc == ASSAY_OK)
            at = next;
    }
    if (rc != ASSAY_OK && rc != ASSAY_E_NOTFOUND)
        return rc;
    if (end - at >= 2 && *at == '\r')
        at += 2; /* the empty line; Assay puts one there */
    return client->mta->api->append(client->session, at, (size_t)(end - at),
                                    err);
}

static void give_back(void *arg)
{
    free(arg);
}

/* It is the session's until that gives it back. */
static assay_rc by_buffer(struct client *client, assay_error *err)
{
    assay_rc rc = client->mta->api->borrow(client->session, client->mail,
                                           client->mail_len, give_back,
                                           client->mail, err);

    if (rc == ASSAY_OK)
        client->mail = NULL;
    return rc;
}

static bool hand_over(struct client *client)
{
    static assay_rc (*const ways[])(struct client * client,
                                    assay_error * err) = {
        [BY_PIECES] = by_pieces,         [BY_TEXT] = by_text,
        [BY_DESCRIPTOR] = by_descriptor, [BY_HEADERS] = by_headers,
        [BY_BUFFER] = by_buffer,
    };
    assay_error err = {.msg = ""};
    bool is_whole = ways[client->mta->hand_over](client, &err) == ASSAY_OK;

    free(client->mail);
    client->mail = NULL;
    client->mail_len = client->mail_cap = 0;
    if (!is_whole)
        (void)fprintf(stderr, "mta: message: %s\n", err.msg);
    return is_whole;
}

/* ---- what was accepted
 * --------------------------------------------------------- */

static void write_envelope(struct client *client, FILE *file)
{
    const assay_host_table *api = client->mta->api;
    assay_verdict verdict;
    assay_error err;
    assay_edit edit;
    const char *value = "";

    (void)fprintf(file, "from=%s\n", client->sender);
    for (size_t i = 0; i < client->recipient_count; i++)
        (void)fprintf(file, "to=%s\n", client->recipients[i]);
    if (api->verdict(client->session, &verdict, &err) == ASSAY_OK)
        (void)fprintf(file, "verdict=%s\n", api->status_name(verdict.status));
    (void)api->context_get(client->session, ASSAY_CONTEXT_MESSAGE, "says",
                           &value, &err);
    (void)fprintf(file, "says=%s\n", value);
    for (size_t i = 0; api->edit(client->session, i, &edit, &err) == ASSAY_OK;
         i++)
        (void)fprintf(file, "edit=%d %s: %s\n", (int)edit.kind, edit.name,
                      edit.value);
}

static bool write_mail(struct client *client, const char *path)
{
    assay_bytes bytes = {"", 0};
    assay_error err;
    FILE *file = fopen(path, "we");
    bool is_good;

    if (!file)
        return false;
    is_good =
        client->mta->api->bytes(client->session, ASSAY_RENDITION_CANONICAL,
                                &bytes, &err) == ASSAY_OK &&
        fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    return fclose(file) == 0 && is_good;
}

/* The mail in N.eml; then who it is for and what Assay said in N.env. */
static bool deliver(struct client *client)
{
    unsigned number = atomic_fetch_add(&client->mta->accepted, 1);
    char path[4096], draft[4200];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%u.eml", client->mta->spool, number);
    if (!write_mail(client, path))
        return false;
    (void)snprintf(path, sizeof path, "%s/%u.env", client->mta->spool, number);
    (void)snprintf(draft, sizeof draft, "%s.new", path);
    file = fopen(draft, "we");
    if (!file)
        return false;
    write_envelope(client, file);
    return fclose(file) == 0 && rename(draft, path) == 0;
}

/* ---- the protocol
 * --------------------------------------------------------------- */

static void forget_message(struct client *client)
{
    (void)client->mta->api->session_reset(client->session);
    client->recipient_count = 0;
    client->sender[0] = '\0';
}

static void drop_recipient(struct client *client, const char *recipient)
{
    for (size_t i = 0; i < client->recipient_count; i++)
        if (strcmp(client->recipients[i], recipient) == 0) {
            client->recipient_count--;
            memmove(client->recipients[i], client->recipients[i + 1],
                    (client->recipient_count - i) *
                        sizeof client->recipients[0]);
            return;
        }
}

/* Recipients whose mail Assay stores are not the MTA's. */
static bool has_stored(struct client *client)
{
    const char *recipient;
    assay_error err;
    size_t count = 0;

    while (client->mta->api->stored(client->session, count, &recipient, &err) ==
           ASSAY_OK) {
        drop_recipient(client, recipient);
        count++;
    }
    return count > 0;
}

static enum step finish_message(struct client *client)
{
    if (client->recipient_count == 0 || deliver(client))
        say(client, "250 2.0.0 accepted");
    else
        say(client, "451 4.3.0 the spool cannot be written");
    forget_message(client);
    return client->wants_end ? STEP_END : STEP_INPUT;
}

static void note_address(struct client *client, enum step step)
{
    if (step == STEP_MAIL)
        (void)snprintf(client->sender, sizeof client->sender, "%s",
                       client->text);
    if (step == STEP_RCPT && client->recipient_count < RECIPIENTS_MAX)
        (void)snprintf(client->recipients[client->recipient_count++],
                       sizeof client->recipients[0], "%s", client->text);
}

static enum step answer_good(struct client *client, enum step step)
{
    if (step == STEP_DATA && has_stored(client))
        return STEP_STORE;
    if (step == STEP_DATA || step == STEP_STORE)
        return finish_message(client);
    note_address(client, step);
    if (step == STEP_CONNECT)
        say(client, "220 minimal MTA");
    else
        say(client, "250 2.0.0 good");
    return client->wants_end ? STEP_END : STEP_INPUT;
}

enum step smtp_answer(struct client *client, enum step step, assay_rc rc,
                      const assay_disposition *disposition)
{
    if (rc != ASSAY_OK)
        (void)fprintf(stderr, "mta: phase: %s\n",
                      client->mta->api->rc_name(rc));
    client->wants_end |= disposition->disconnect;
    if (disposition->action == ASSAY_ACTION_CONTINUE)
        return answer_good(client, step);
    if (disposition->action == ASSAY_ACTION_DISCARD)
        say(client, "250 2.0.0 accepted");
    else
        say_disposition(client, disposition);
    if (step == STEP_DATA || step == STEP_STORE)
        forget_message(client);
    return client->wants_end || step == STEP_CONNECT ? STEP_END : STEP_INPUT;
}

/* FROM:<address> argument… */
static bool read_address(struct client *client, const char *text)
{
    const char *open = strchr(text, '<');
    const char *end = open ? strchr(open, '>') : NULL;
    size_t len = end ? (size_t)(end - open - 1) : 0;

    if (!end || len > ADDRESS_MAX)
        return false;
    memcpy(client->text, open + 1, len);
    client->text[len] = '\0';
    (void)snprintf(client->argument, sizeof client->argument, "%s", open);
    return true;
}

static enum step on_ehlo(struct client *client, const char *text)
{
    (void)snprintf(client->text, sizeof client->text, "%s", text);
    return STEP_EHLO;
}

static enum step on_mail(struct client *client, const char *text)
{
    if (read_address(client, text)) {
        client->recipient_count = 0;
        return STEP_MAIL;
    }
    say(client, "501 5.5.4 MAIL FROM:<address>");
    return STEP_INPUT;
}

static enum step on_rcpt(struct client *client, const char *text)
{
    if (client->recipient_count == RECIPIENTS_MAX)
        say(client, "452 4.5.3 too many recipients");
    else if (!read_address(client, text))
        say(client, "501 5.5.4 RCPT TO:<address>");
    else
        return STEP_RCPT;
    return STEP_INPUT;
}

static enum step on_data(struct client *client, const char *text)
{
    (void)text;
    if (client->recipient_count == 0) {
        say(client, "503 5.5.1 no recipients");
        return STEP_INPUT;
    }
    client->in_data = true;
    client->is_too_large = false;
    say(client, "354 end with .");
    return STEP_INPUT;
}

static enum step on_rset(struct client *client, const char *text)
{
    (void)text;
    forget_message(client);
    say(client, "250 2.0.0 good");
    return STEP_INPUT;
}

static enum step on_quit(struct client *client, const char *text)
{
    (void)text;
    say(client, "221 2.0.0 bye");
    return STEP_END;
}

static enum step command(struct client *client, const char *line)
{
    static const struct {
        const char *name;
        enum step (*run)(struct client *client, const char *text);
    } commands[] = {{"EHLO ", on_ehlo}, {"HELO ", on_ehlo}, {"MAIL ", on_mail},
                    {"RCPT ", on_rcpt}, {"DATA", on_data},  {"RSET", on_rset},
                    {"QUIT", on_quit}};

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t len = strlen(commands[i].name);

        if (strncasecmp(line, commands[i].name, len) == 0)
            return commands[i].run(client, line + len);
    }
    say(client, "500 5.5.2 what?");
    return STEP_INPUT;
}

static bool make_room(struct client *client, size_t len)
{
    size_t cap = client->mail_cap ? client->mail_cap : INPUT_MAX;
    char *grown;

    while (cap < client->mail_len + len)
        cap *= 2;
    if (client->mail && cap == client->mail_cap)
        return true;
    grown = cap <= MAIL_MAX ? realloc(client->mail, cap) : NULL;
    if (!grown)
        return false;
    client->mail = grown;
    client->mail_cap = cap;
    return true;
}

static void keep(struct client *client, const char *line, size_t len)
{
    if (client->is_too_large)
        return;
    if (!make_room(client, len)) {
        client->is_too_large = true;
        return;
    }
    memcpy(client->mail + client->mail_len, line, len);
    client->mail_len += len;
}

static enum step end_of_data(struct client *client)
{
    client->in_data = false;
    if (!client->is_too_large && hand_over(client))
        return STEP_DATA;
    say(client, client->is_too_large ? "552 5.3.4 too large"
                                     : "451 4.3.0 not understood");
    free(client->mail);
    client->mail = NULL;
    client->mail_len = client->mail_cap = 0;
    forget_message(client);
    return STEP_INPUT;
}

/* A line with its CRLF. */
static enum step take_line(struct client *client, char *line, size_t len)
{
    if (!client->in_data) {
        line[len - 2] = '\0';
        return command(client, line);
    }
    if (len == 3 && line[0] == '.')
        return end_of_data(client);
    if (line[0] == '.')
        keep(client, line + 1, len - 1);
    else
        keep(client, line, len);
    return STEP_INPUT;
}

enum step smtp_next(struct client *client)
{
    enum step step = STEP_INPUT;
    size_t done = 0;
    char *newline;

    while (step == STEP_INPUT && !client->wants_end &&
           (newline = memmem(client->input + done, client->input_len - done,
                             "\r\n", 2)) != NULL) {
        size_t len = (size_t)(newline + 2 - client->input) - done;

        step = take_line(client, client->input + done, len);
        done += len;
    }
    client->input_len -= done;
    memmove(client->input, client->input + done, client->input_len);
    if (client->input_len == sizeof client->input || client->wants_end)
        return STEP_END; /* a line without an end */
    return step;
}
