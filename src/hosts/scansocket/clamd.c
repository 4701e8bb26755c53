/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clamd_text.h"
#include "judge.h"

/* Longest "fd[N]" and longest text of all versions. */
enum { NAME_MAX_LEN = 24, VERSION_MAX = 1024 };

static const char stray[] =
    "PROTOCOL ERROR: ancillary data sent without FILDES. ERROR";

struct talk {
    struct assay__client *client;
    bool in_session;
    bool is_over;      /* the connection ends behind this command */
    bool is_plain;     /* the command had no prefix */
    char terminator;   /* of the command and its reply */
    uint64_t id;       /* of the command in its session */
    uint64_t began_at; /* the command's place in the connection */
};

/* ---- replies ----------------------------------------------------------- */

static void reply_bytes(struct talk *talk, const char *text, size_t len)
{
    if (assay__wire_send(&talk->client->wire, text, len) != ASSAY__WIRE_OK)
        talk->is_over = true;
}

/* "[ID: ][NAME: ]TEXT", and the terminator of the command. */
static void reply(struct talk *talk, const char *name, size_t name_len,
                  const char *text)
{
    char line[ASSAY__CLAMD_LINE_MAX + VERSION_MAX + 64];
    char id[32] = "";
    int len;

    if (talk->in_session)
        (void)snprintf(id, sizeof id, "%" PRIu64 ": ", talk->id);
    len = snprintf(line, sizeof line - 1, "%s%.*s%s%s", id, (int)name_len, name,
                   name_len > 0 ? ": " : "", text);
    if (len < 0 || (size_t)len >= sizeof line - 1) {
        talk->is_over = true;
        return;
    }
    line[len] = talk->terminator;
    reply_bytes(talk, line, (size_t)len + 1);
}

static void reply_text(struct talk *talk, const char *text)
{
    reply(talk, "", 0, text);
}

static void reply_last(struct talk *talk, const char *text)
{
    reply_text(talk, text);
    talk->is_over = true;
    talk->client->lingers = true;
}

/* What came of reading: false when the connection is over. A client that is
 * too slow is told so with LF, whatever it used. */
static bool is_received(struct talk *talk, enum assay__wire_result result)
{
    static const char too_slow[] = "COMMAND READ TIMED OUT\n";

    if (result == ASSAY__WIRE_OK)
        return true;
    if (result == ASSAY__WIRE_TIMEOUT)
        reply_bytes(talk, too_slow, sizeof too_slow - 1);
    talk->is_over = true;
    talk->client->lingers = result == ASSAY__WIRE_TIMEOUT;
    return false;
}

/* ---- scans ------------------------------------------------------------- */

/* Judge what there is, and say so. @param name  "stream" or "fd[N]" */
static void judge(struct talk *talk, const char *name,
                  const struct assay__stream *stream)
{
    int64_t since_ms = assay__client_now_ms();
    char result[ASSAY__CLAMD_RESULT_MAX];
    assay_verdict verdict;
    char what[80];

    assay__wire_finish(&talk->client->wire);
    assay__judge_bytes(talk->client, stream, &verdict);
    (void)snprintf(what, sizeof what, "protocol=clamd kind=%s size=%zu",
                   name[0] == 's' ? "stream" : "file", stream->len);
    assay__client_log_verdict(talk->client, what, &verdict, since_ms);
    assay__clamd_result(&verdict, result);
    reply(talk, name, strlen(name), result);
}

/* Chunks up to the empty one. @return false when the connection is over */
static bool receive_chunks(struct talk *talk, struct assay__stream *stream,
                           assay_rc *rc_out, assay_error *err)
{
    struct assay__wire *wire = &talk->client->wire;

    for (;;) {
        uint32_t coded, len;

        if (!is_received(talk, assay__wire_read(wire, &coded, sizeof coded)))
            return false;
        len = ntohl(coded);
        if (len == 0)
            return true;
        if (len > stream->max - stream->len) {
            *rc_out = ASSAY_E_LIMIT;
            return true;
        }
        if (!is_received(talk,
                         assay__wire_stream(wire, len, stream, rc_out, err)))
            return false;
        if (*rc_out != ASSAY_OK)
            return true;
    }
}

/* The rest of the stream is not read, so the connection ends. Of a stream over
 * the limit clamd says "INSTREAM size limit exceeded. ERROR": with these words
 * Haraka lets the mail pass, so they are not used. */
static void refuse_stream(struct talk *talk, assay_rc rc, const char *reason)
{
    char result[ASSAY__CLAMD_RESULT_MAX];

    if (rc == ASSAY_E_LIMIT)
        reason = "larger than max_size";

    assay__client_log_fault(talk->client, "protocol=clamd kind=stream", reason);
    talk->is_over = true;
    talk->client->lingers = true;
    assay__clamd_error(reason, result);
    reply(talk, "stream", 6, result);
}

static void instream(struct talk *talk)
{
    struct assay__stream stream;
    assay_rc rc = ASSAY_OK;
    assay_error err = {0};

    assay__stream_init(&stream, talk->client->budget,
                       (size_t)talk->client->settings->max_size);
    if (receive_chunks(talk, &stream, &rc, &err)) {
        if (rc != ASSAY_OK)
            refuse_stream(talk, rc, err.msg);
        else if (assay__wire_has_stray(&talk->client->wire))
            reply_last(talk, stray);
        else
            judge(talk, "stream", &stream);
    }
    assay__stream_fini(&stream);
}

static void judge_file(struct talk *talk, int fd)
{
    char name[NAME_MAX_LEN], result[ASSAY__CLAMD_RESULT_MAX];
    struct assay__stream stream;
    assay_error err = {0};

    (void)snprintf(name, sizeof name, "fd[%d]", fd);
    assay__stream_init(&stream, talk->client->budget,
                       (size_t)talk->client->settings->max_size);
    if (assay__stream_add_file(&stream, fd, &err) == ASSAY_OK) {
        judge(talk, name, &stream);
    } else {
        assay__client_log_fault(talk->client, "protocol=clamd kind=file",
                                err.msg);
        assay__clamd_error(err.msg, result);
        reply(talk, name, strlen(name), result);
    }
    assay__stream_fini(&stream);
}

static void fildes(struct talk *talk)
{
    struct assay__wire *wire = &talk->client->wire;
    char dummy;
    int fd;

    if (!is_received(talk, assay__wire_read(wire, &dummy, 1)))
        return;
    fd = assay__wire_take_descriptor(wire, talk->began_at);
    if (assay__wire_has_stray(wire))
        reply_last(talk, stray);
    else if (fd < 0)
        reply_last(talk, "No file descriptor received. ERROR");
    else
        judge_file(talk, fd);
    if (fd >= 0)
        (void)close(fd);
}

/* ---- about the daemon -------------------------------------------------- */

/* What an engine is, it says with every verdict; over nothing it is cheap. */
static void add_epoch(assay *library, const char *engine, char *out,
                      size_t size)
{
    assay_message *message = NULL;
    assay_verdict verdict;
    size_t len = strlen(out);

    if (assay_message_new_borrowed("", 0, NULL, &message, NULL) != ASSAY_OK)
        return;
    assay_scan(library, message, engine, &verdict);
    assay_message_free(&message);
    for (char *c = verdict.epoch; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || *c == '|')
            *c = '_';
    if (verdict.epoch[0] != '\0')
        (void)snprintf(out + len, size - len, "/%s", verdict.epoch);
}

static void make_version(const struct talk *talk, char *out, size_t size)
{
    assay *library = talk->client->library;
    char engine[ASSAY_NAME_MAX + 1];

    (void)snprintf(out, size, "Assay %s", assay_version());
    for (size_t i = 0; assay_engine_name(library, i, engine, sizeof engine);
         i++)
        add_epoch(library, engine, out, size);
}

static void version(struct talk *talk, bool has_commands)
{
    char text[VERSION_MAX + 128];

    make_version(talk, text, VERSION_MAX);
    if (has_commands)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s",
                       assay__clamd_commands());
    reply_text(talk, text);
}

/* As clamd's, with what is true here: a thread is a connection, and nothing
 * waits in a queue of this socket. */
static void stats(struct talk *talk)
{
    struct assay__client *client = talk->client;
    struct assay__gate_counts counts = assay__gate_count(client->gate);
    const double mib = 1024.0 * 1024.0;
    char text[512];

    (void)snprintf(
        text, sizeof text,
        "POOLS: 1\n\nSTATE: VALID PRIMARY\n"
        "THREADS: live %zu  idle %zu max %" PRId64 " idle-timeout %" PRId64
        "\nQUEUE: 0 items\n\n"
        "MEMSTATS: heap N/A mmap N/A used N/A free N/A releasable N/A pools 1 "
        "pools_used %.3fM pools_total %.3fM\nEND",
        counts.connections, counts.connections - counts.requests,
        client->settings->max_connections, client->settings->read_timeout_s,
        (double)atomic_load(&client->budget->used) / mib,
        (double)client->budget->max / mib);
    reply_text(talk, text);
}

/* ---- commands ---------------------------------------------------------- */

static void refuse_path(struct talk *talk, const struct assay__clamd_call *call)
{
    char path[ASSAY__CLAMD_LINE_MAX];
    size_t len = call->argument_len;

    memcpy(path, call->argument, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)path[i] < ' ' || path[i] == 0x7f)
            path[i] = '?';
    assay__client_log_fault(talk->client, "protocol=clamd kind=path",
                            "a client wants a file opened by its name");
    reply(talk, path, len,
          "Assay opens no files of its clients: use INSTREAM or FILDES ERROR");
}

static void begin_session(struct talk *talk)
{
    talk->in_session = true;
    talk->id = 0;
}

static void run(struct talk *talk, const struct assay__clamd_call *call)
{
    switch (call->command) {
    case ASSAY__CLAMD_PING:
        reply_text(talk, "PONG");
        break;
    case ASSAY__CLAMD_VERSION:
        version(talk, false);
        break;
    case ASSAY__CLAMD_VERSIONCOMMANDS:
        version(talk, true);
        break;
    case ASSAY__CLAMD_INSTREAM:
        instream(talk);
        break;
    case ASSAY__CLAMD_FILDES:
        fildes(talk);
        break;
    case ASSAY__CLAMD_IDSESSION:
        begin_session(talk);
        break;
    case ASSAY__CLAMD_STATS:
        stats(talk);
        break;
    case ASSAY__CLAMD_PATH:
        refuse_path(talk, call);
        break;
    case ASSAY__CLAMD_UNAVAILABLE:
        reply_text(talk, "COMMAND UNAVAILABLE");
        break;
    case ASSAY__CLAMD_END:
        talk->is_over = true;
        break;
    case ASSAY__CLAMD_UNKNOWN:
        reply_last(talk, "UNKNOWN COMMAND");
        break;
    }
}

/* A descriptor belongs to FILDES and to nothing else. */
static bool has_stray(const struct talk *talk,
                      const struct assay__clamd_call *call)
{
    return call->command != ASSAY__CLAMD_FILDES &&
           assay__wire_has_stray(&talk->client->wire);
}

/* Outside of a session a command is the only one. */
static void dispatch(struct talk *talk, const struct assay__clamd_call *call)
{
    if (has_stray(talk, call))
        reply_last(talk, stray);
    else if (talk->in_session && talk->is_plain)
        reply_last(talk, "Only nCMDS\\n and zCMDS\\0 are accepted inside "
                         "IDSESSION. ERROR");
    else if (talk->in_session && !call->in_session)
        reply_last(talk, "Command invalid inside IDSESSION. ERROR");
    else if (!talk->in_session && call->command == ASSAY__CLAMD_END)
        reply_last(talk, "UNKNOWN COMMAND");
    else
        run(talk, call);
    if (!talk->in_session)
        talk->is_over = true;
}

/* z…NUL, n…LF, or an old command as it is, which ends with LF or CRLF. */
static bool receive_command(struct talk *talk, char first,
                            struct assay__clamd_call *call)
{
    struct assay__wire *wire = &talk->client->wire;
    enum assay__wire_result result;
    const char *line = NULL;
    size_t len = 0;
    char prefix;

    talk->began_at = assay__wire_place(wire);
    talk->is_plain = first != 'z' && first != 'n';
    talk->terminator = first == 'z' ? '\0' : '\n';
    talk->id++;
    if (!talk->is_plain &&
        !is_received(talk, assay__wire_read(wire, &prefix, 1)))
        return false;
    result = assay__wire_line(wire, talk->terminator, ASSAY__CLAMD_LINE_MAX,
                              &line, &len);
    if (result == ASSAY__WIRE_TOO_LONG) {
        reply_last(talk, "COMMAND TOO LONG. ERROR");
        return false;
    }
    if (!is_received(talk, result))
        return false;
    if (talk->is_plain && len > 0 && line[len - 1] == '\r')
        len--;
    *call = assay__clamd_parse(line, len, talk->is_plain);
    return true;
}

static void serve_command(struct talk *talk, char first)
{
    struct assay__client *client = talk->client;
    struct assay__clamd_call call;

    assay__wire_begin(&client->wire, client->settings->timeout_s * 1000);
    if (!receive_command(talk, first, &call))
        return;
    if (client->is_refused)
        reply_last(talk, ASSAY__CLIENT_REFUSAL ". ERROR");
    else
        dispatch(talk, &call);
    assay__wire_finish(&client->wire);
}

void assay__clamd_talk(struct assay__client *client)
{
    struct talk talk = {.client = client, .terminator = '\n'};
    char first;

    while (!talk.is_over &&
           is_received(&talk, assay__wire_peek(&client->wire, &first))) {
        assay__gate_begin(client->gate);
        serve_command(&talk, first);
        assay__gate_end(client->gate);
    }
}
