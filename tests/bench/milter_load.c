/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * milter_load: an MTA that does nothing but ask a milter, as fast as it can.
 *
 * Each of several threads plays messages over the milter protocol: on a
 * connection of its own for each message, as a new client of an MTA, or all on
 * one. Steps that the milter agreed not to answer are sent on without a wait,
 * as Postfix and Sendmail do. The result is one line of JSON.
 *
 * With --rate messages begin at fixed times, whether those before them were
 * answered or not, as mail arrives at a server that cannot choose.
 *
 * In a message file the word in --marker is replaced by a number that never
 * comes again, so that such a message is new each time; with --fresh-headers
 * every message gets headers of its own and keeps its body.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    NO_CONNECT = 0x1,
    NO_HELO = 0x2,
    NO_MAIL = 0x4,
    NO_RCPT = 0x8,
    NO_BODY = 0x10,
    NO_HEADERS = 0x20,
    NO_EOH = 0x40,
    NR_HEADER = 0x80,
    NO_DATA = 0x200,
    NR_CONNECT = 0x1000,
    NR_HELO = 0x2000,
    NR_MAIL = 0x4000,
    NR_RCPT = 0x8000,
    NR_DATA = 0x10000,
    NR_EOH = 0x40000,
    NR_BODY = 0x80000,
    LEADING_SPACE = 0x100000,
    ALL_STEPS = 0x1fffff,
    ALL_ACTIONS = 0x1ff,
    BODY_CHUNK = 65535,
    REPLY_MAX = 65536,
    MARKER_MAX = 32,
    LETTERS = 128
};

struct message {
    char *data;
    size_t len;
    size_t body; /* offset */
};

struct load {
    const char *socket;
    struct message *messages;
    size_t message_count;
    const char *marker;
    bool keep, fresh_headers;
    size_t total;
    double rate;     /* messages per second; 0: as fast as answers come */
    double start_ms; /* of the run */
    _Atomic size_t next;
    _Atomic uint64_t unique;
    double *latency_ms; /* of each message */
};

struct player {
    struct load *load;
    pthread_t thread;
    int fd; /* -1: not connected */
    uint32_t steps;
    char *out; /* frames not sent yet */
    size_t out_len, out_cap;
    size_t replies[LETTERS];
};

static void die(const char *what)
{
    (void)fprintf(stderr, "milter_load: %s: %s\n", what,
                  strerrordesc_np(errno));
    exit(1);
}

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- frames ------------------------------------------------------------- */

static void flush(struct player *p)
{
    size_t done = 0;

    while (done < p->out_len) {
        ssize_t n = send(p->fd, p->out + done, p->out_len - done, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die("send");
        done += (size_t)n;
    }
    p->out_len = 0;
}

static char *reserve(struct player *p, size_t len)
{
    if (p->out_len + len > p->out_cap) {
        p->out_cap = (p->out_len + len) * 2;
        p->out = realloc(p->out, p->out_cap);
        if (!p->out)
            die("memory");
    }
    p->out_len += len;
    return p->out + p->out_len - len;
}

static void put_u32(char *at, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        at[i] = (char)(value & 0xff);
}

static uint32_t get_u32(const char *at)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

static void frame(struct player *p, char command, const void *data, size_t len)
{
    char *at = reserve(p, len + 5);

    put_u32(at, (uint32_t)len + 1);
    at[4] = command;
    if (len > 0)
        memcpy(at + 5, data, len);
}

static void read_all(struct player *p, char *at, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(p->fd, at, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ECONNRESET;
        if (n <= 0)
            die("receive");
        at += n;
        len -= (size_t)n;
    }
}

/* @return the letter; the data are in reply */
static char read_reply(struct player *p, char reply[REPLY_MAX])
{
    char head[4];
    uint32_t len;

    flush(p);
    read_all(p, head, sizeof head);
    len = get_u32(head);
    if (len == 0 || len > REPLY_MAX) {
        errno = EPROTO;
        die("reply");
    }
    read_all(p, reply, len);
    return reply[0];
}

static bool ends_message(char letter)
{
    return strchr("cardtyf4", letter) != NULL;
}

/* One step: sent unless the milter does not want it, waited for unless it
 * does not answer. @return false when it refused */
static bool step(struct player *p, char command, uint32_t unwanted,
                 uint32_t unanswered, const void *data, size_t len)
{
    char reply[REPLY_MAX];

    if (p->steps & unwanted)
        return true;
    frame(p, command, data, len);
    if (p->steps & unanswered)
        return true;
    return read_reply(p, reply) == 'c';
}

/* ---- a connection -------------------------------------------------------- */

static void connect_milter(struct player *p)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static const char client[] = "client.test\0004\0\031192.0.2.1";
    char offer[12], reply[REPLY_MAX];

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s",
                   p->load->socket);
    p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        die("socket");
    while (connect(p->fd, (struct sockaddr *)&address, sizeof address) != 0)
        if (errno != EAGAIN && errno != EINTR)
            die(p->load->socket);
    put_u32(offer, 6);
    put_u32(offer + 4, ALL_ACTIONS);
    put_u32(offer + 8, ALL_STEPS);
    frame(p, 'O', offer, sizeof offer);
    if (read_reply(p, reply) != 'O') {
        errno = EPROTO;
        die("negotiation");
    }
    p->steps = get_u32(reply + 9);
    (void)step(p, 'C', NO_CONNECT, NR_CONNECT, client, sizeof client);
    (void)step(p, 'H', NO_HELO, NR_HELO, "client.test", 12);
}

static void disconnect(struct player *p)
{
    if (p->fd < 0)
        return;
    frame(p, 'Q', NULL, 0);
    flush(p);
    (void)close(p->fd);
    p->fd = -1;
}

/* ---- a message ----------------------------------------------------------- */

static void send_header(struct player *p, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    size_t name, value;
    const char *text;
    char *at;

    if (!colon)
        return;
    name = (size_t)(colon - line);
    text = colon + 1;
    value = len - name - 1;
    if (!(p->steps & LEADING_SPACE) && value > 0 && *text == ' ') {
        text++;
        value--;
    }
    at = reserve(p, 5 + name + value + 2);
    put_u32(at, (uint32_t)(1 + name + value + 2));
    at[4] = 'L';
    memcpy(at + 5, line, name);
    at[5 + name] = '\0';
    memcpy(at + 5 + name + 1, text, value);
    at[5 + name + 1 + value] = '\0';
    if (!(p->steps & NR_HEADER)) {
        char reply[REPLY_MAX];

        (void)read_reply(p, reply);
    }
}

/* The next line that does not continue the one before. */
static const char *next_field(const char *at, const char *end)
{
    while (at < end) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at)
            return end;
        at++;
        if (at == end || (*at != ' ' && *at != '\t'))
            break;
    }
    return at;
}

static void send_headers(struct player *p, const struct message *m, uint64_t id)
{
    const char *at = m->data, *end = m->data + m->body;

    if (p->steps & NO_HEADERS)
        return;
    if (p->load->fresh_headers) {
        char line[128];
        int len = snprintf(line, sizeof line, "Message-ID: <%016llx@test>",
                           (unsigned long long)id);

        send_header(p, line, (size_t)len);
        len = snprintf(line, sizeof line,
                       "Received: from client.test by mx.test id %016llx",
                       (unsigned long long)id);
        send_header(p, line, (size_t)len);
    }
    while (at < end && *at != '\r' && *at != '\n') {
        const char *next = next_field(at, end);
        size_t len = (size_t)(next - at);

        while (len > 0 && (at[len - 1] == '\n' || at[len - 1] == '\r'))
            len--;
        send_header(p, at, len);
        at = next;
    }
}

static void send_body(struct player *p, const struct message *m, uint64_t id)
{
    const char *at = m->data + m->body;
    size_t left = m->len - m->body;
    size_t marker_len = p->load->marker ? strlen(p->load->marker) : 0;

    while (left > 0 && !(p->steps & NO_BODY)) {
        size_t len = left < BODY_CHUNK ? left : BODY_CHUNK;
        size_t start = p->out_len + 5;
        char *found;

        frame(p, 'B', at, len);
        while (marker_len > 0 &&
               (found = memmem(p->out + start, p->out_len - start,
                               p->load->marker, marker_len)) != NULL) {
            char number[MARKER_MAX + 1];

            (void)snprintf(number, sizeof number, "%0*llx", (int)marker_len,
                           (unsigned long long)id);
            memcpy(found, number, marker_len);
        }
        if (!(p->steps & NR_BODY)) {
            char reply[REPLY_MAX];

            (void)read_reply(p, reply);
        } else if (p->out_len > 4 * BODY_CHUNK) {
            flush(p);
        }
        at += len;
        left -= len;
    }
}

/* When a message is due, for its latency counts from then. */
static double wait_for_turn(const struct load *load, size_t index)
{
    double due, left;
    struct timespec pause;

    if (load->rate <= 0)
        return now_ms();
    due = load->start_ms + (double)index * 1e3 / load->rate;
    while ((left = due - now_ms()) > 0) {
        pause.tv_sec = (time_t)(left / 1e3);
        pause.tv_nsec = (long)((left - (double)pause.tv_sec * 1e3) * 1e6);
        (void)nanosleep(&pause, NULL);
    }
    return due;
}

static void play(struct player *p, size_t index)
{
    struct load *load = p->load;
    const struct message *m = &load->messages[index % load->message_count];
    uint64_t id = atomic_fetch_add(&load->unique, 1);
    double start = wait_for_turn(load, index);
    char reply[REPLY_MAX];

    if (p->fd < 0)
        connect_milter(p);
    if (step(p, 'M', NO_MAIL, NR_MAIL, "<a@example.com>", 16) &&
        step(p, 'R', NO_RCPT, NR_RCPT, "<b@example.org>", 16) &&
        step(p, 'T', NO_DATA, NR_DATA, NULL, 0)) {
        send_headers(p, m, id);
        (void)step(p, 'N', NO_EOH, NR_EOH, NULL, 0);
        send_body(p, m, id);
        frame(p, 'E', NULL, 0);
        while (!ends_message(read_reply(p, reply)))
            ;
        p->replies[(unsigned char)reply[0] % LETTERS]++;
    } else {
        p->replies['y']++;
        frame(p, 'A', NULL, 0);
    }
    load->latency_ms[index] = now_ms() - start;
    if (!load->keep)
        disconnect(p);
}

static void *run(void *arg)
{
    struct player *p = arg;
    size_t index;

    while ((index = atomic_fetch_add(&p->load->next, 1)) < p->load->total)
        play(p, index);
    disconnect(p);
    free(p->out);
    return NULL;
}

/* ---- the run ---------------------------------------------------------------
 */

static struct message read_message(const char *path)
{
    struct message m = {0};
    struct stat st;
    FILE *file = fopen(path, "rb");
    const char *blank;

    if (!file || fstat(fileno(file), &st) != 0)
        die(path);
    m.len = (size_t)st.st_size;
    m.data = malloc(m.len + 1);
    if (!m.data || fread(m.data, 1, m.len, file) != m.len)
        die(path);
    (void)fclose(file);
    m.data[m.len] = '\0';
    blank = strstr(m.data, "\r\n\r\n");
    if (!blank) {
        errno = EINVAL;
        die(path);
    }
    m.body = (size_t)(blank - m.data) + 4;
    return m;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void report(struct load *load, const struct player *players,
                   size_t count, double elapsed_ms)
{
    size_t replies[LETTERS] = {0};
    const char *comma = "";

    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < LETTERS; c++)
            replies[c] += players[i].replies[c];
    qsort(load->latency_ms, load->total, sizeof *load->latency_ms, by_value);
    (void)printf("{\"messages\": %zu, \"seconds\": %.3f, \"per_second\": %.1f, "
                 "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, "
                 "\"replies\": {",
                 load->total, elapsed_ms / 1e3,
                 (double)load->total / (elapsed_ms / 1e3),
                 load->latency_ms[load->total / 2],
                 load->latency_ms[load->total * 99 / 100],
                 load->latency_ms[load->total - 1]);
    for (size_t c = 0; c < LETTERS; c++) {
        if (replies[c] == 0)
            continue;
        (void)printf("%s\"%c\": %zu", comma, (int)c, replies[c]);
        comma = ", ";
    }
    (void)puts("}}");
}

static int usage(int status)
{
    (void)fputs("Usage: milter_load -s SOCKET [-t THREADS] [-n MESSAGES] [-k] "
                "[--fresh-headers] [--marker WORD] [--rate N] FILE...\n",
                status == 0 ? stdout : stderr);
    return status;
}

static bool read_options(int argc, char **argv, struct load *load,
                         size_t *threads)
{
    static const struct option longs[] = {
        {"socket", required_argument, NULL, 's'},
        {"threads", required_argument, NULL, 't'},
        {"messages", required_argument, NULL, 'n'},
        {"keep", no_argument, NULL, 'k'},
        {"fresh-headers", no_argument, NULL, 'f'},
        {"marker", required_argument, NULL, 'm'},
        {"rate", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "s:t:n:k", longs, NULL)) != -1) {
        switch (option) {
        case 's':
            load->socket = optarg;
            break;
        case 't':
            *threads = strtoul(optarg, NULL, 10);
            break;
        case 'n':
            load->total = strtoul(optarg, NULL, 10);
            break;
        case 'k':
            load->keep = true;
            break;
        case 'f':
            load->fresh_headers = true;
            break;
        case 'm':
            load->marker = optarg;
            break;
        case 'r':
            load->rate = strtod(optarg, NULL);
            break;
        default:
            return false;
        }
    }
    return load->socket && optind<argc && * threads> 0 && load->total > 0 &&
           (!load->marker || strlen(load->marker) <= MARKER_MAX);
}

int main(int argc, char **argv)
{
    struct load load = {.total = 1000};
    struct player *players;
    size_t threads = 4;
    double start;

    if (!read_options(argc, argv, &load, &threads))
        return usage(64);
    /* Numbers of another run must not come again either. */
    atomic_init(&load.unique, (uint64_t)now_ms() << 24);
    load.message_count = (size_t)(argc - optind);
    load.messages = calloc(load.message_count, sizeof *load.messages);
    load.latency_ms = calloc(load.total, sizeof *load.latency_ms);
    players = calloc(threads, sizeof *players);
    if (!load.messages || !load.latency_ms || !players)
        die("memory");
    for (size_t i = 0; i < load.message_count; i++)
        load.messages[i] = read_message(argv[optind + (int)i]);
    start = load.start_ms = now_ms();
    for (size_t i = 0; i < threads; i++) {
        players[i].load = &load;
        players[i].fd = -1;
        if (pthread_create(&players[i].thread, NULL, run, &players[i]) != 0)
            die("thread");
    }
    for (size_t i = 0; i < threads; i++)
        (void)pthread_join(players[i].thread, NULL);
    report(&load, players, threads, now_ms() - start);
    for (size_t i = 0; i < load.message_count; i++)
        free(load.messages[i].data);
    free(load.messages);
    free(load.latency_ms);
    free(players);
    return 0;
}
