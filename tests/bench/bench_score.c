/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Scores per second: the stanza cloudmark against a bare client of the same
 * service, which sends the same mails in the same way and throws the answers
 * away. Both in turn, round by round; printed are the ratio of the medians and
 * what a score costs this process in processor time. No time is asserted. It
 * fails when a mail gets no score.
 *
 * bench_score.py starts the service.
 */
#include "bench_kit.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <getopt.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_THREADS = 64, TEXT_LINES = 60, PEER_PORT = 25 };

struct options {
    const char *backend; /* rspamd or spamd */
    const char *server;  /* host:port */
    size_t rounds, messages, threads;
};

struct bench {
    struct options options;
    struct bench_mails mails;
    assay *library;
    _Atomic size_t next; /* mail that nobody took yet */
};

/* ---- a bare client of rspamd -------------------------------------------- */

static size_t throw_away(const void *data, size_t size, size_t count, void *arg)
{
    size_t *received = arg;

    (void)data;
    *received += size * count;
    return size * count;
}

static struct curl_slist *rspamd_headers(void)
{
    static const char *const lines[] = {"From: a@example.net",
                                        "Rcpt: b@example.org", "IP: 192.0.2.1",
                                        "Helo: mx.example.net", "Expect:"};
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        list = curl_slist_append(list, lines[i]);
    return list;
}

static void bare_rspamd(struct bench *bench)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = rspamd_headers();
    char url[256];
    size_t received = 0;

    if (!curl)
        bench_die("no curl handle");
    (void)snprintf(url, sizeof url, "http://%s/checkv2", bench->options.server);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, throw_away);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &received);
    for (size_t i; (i = bench->next++) < bench->mails.count;) {
        long code = 0;

        received = 0;
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)bench->mails.sizes[i]);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, bench->mails.messages[i]);
        if (curl_easy_perform(curl) != CURLE_OK ||
            curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code) !=
                CURLE_OK ||
            code != 200 || received == 0)
            bench_die("rspamd did not answer the bare client");
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}

/* ---- a bare client of spamd --------------------------------------------- */

static int dial(const char *server)
{
    char host[128], port[16];
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    int fd;

    if (sscanf(server, "%127[^:]:%15s", host, port) != 2 ||
        getaddrinfo(host, port, &hints, &found) != 0)
        bench_die("the server is not HOST:PORT in numbers");
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0)
        bench_die("spamd does not take the bare client");
    freeaddrinfo(found);
    return fd;
}

static void send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n <= 0)
            bench_die("spamd does not read");
        data += n;
        len -= (size_t)n;
    }
}

static void bare_spamd(struct bench *bench)
{
    for (size_t i; (i = bench->next++) < bench->mails.count;) {
        char head[96], reply[4096];
        size_t received = 0;
        ssize_t n;
        int fd = dial(bench->options.server);
        int len = snprintf(head, sizeof head,
                           "SYMBOLS SPAMC/1.5\r\nContent-length: %zu\r\n\r\n",
                           bench->mails.sizes[i]);

        send_all(fd, head, (size_t)len);
        send_all(fd, bench->mails.messages[i], bench->mails.sizes[i]);
        (void)shutdown(fd, SHUT_WR);
        while ((n = recv(fd, reply, sizeof reply, 0)) > 0)
            received += (size_t)n;
        if (received == 0)
            bench_die("spamd did not answer the bare client");
        (void)close(fd);
    }
}

/* ---- through the library ------------------------------------------------- */

static void check(assay_rc rc, const assay_disposition *d,
                  const assay_error *err)
{
    if (rc != ASSAY_OK || d->action != ASSAY_ACTION_CONTINUE)
        bench_die(err->msg);
}

static void score_one(assay_session *session, const struct bench *bench,
                      size_t i, assay_score *score)
{
    assay_disposition d = {0};
    assay_error err = {0};

    check(assay_session_mailfrom(session, "a@example.net", NULL, &d, &err), &d,
          &err);
    check(assay_session_rcptto(session, "b@example.org", NULL, &d, &err), &d,
          &err);
    check(assay_message_append(assay_session_message(session),
                               bench->mails.messages[i], bench->mails.sizes[i],
                               &err),
          &d, &err);
    check(assay_session_data(session, &d, &err), &d, &err);
    check(assay_session_score(session, assay_session_message(session), score,
                              &err),
          &d, &err);
}

static void through_assay(struct bench *bench)
{
    const assay_peer peer = {.address = "192.0.2.1", .port = PEER_PORT};
    assay_score *score = calloc(1, sizeof *score);
    assay_session *session = NULL;
    assay_disposition d = {0};
    assay_error err = {0};

    if (!score ||
        assay_session_open(bench->library, &peer, &session, &err) != ASSAY_OK)
        bench_die("no session");
    check(assay_session_ehlo(session, "mx.example.net", &d, &err), &d, &err);
    for (size_t i; (i = bench->next++) < bench->mails.count;)
        score_one(session, bench, i, score);
    assay_session_close(&session);
    free(score);
}

static void open_library(struct bench *bench, const char *folder)
{
    assay_options options = ASSAY_OPTIONS_INIT;
    assay_error err = {0};
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/assay.conf", folder);
    file = fopen(path, "we");
    if (!file ||
        fprintf(file,
                "cloudmark { enabled = false  backend = \"%s\"  servers = ( "
                "\"%s\" )  use_wire_rep = false  timeout = 120 }\n",
                bench->options.backend, bench->options.server) < 0 ||
        fclose(file) != 0)
        bench_die("no configuration");
    options.config_path = path;
    if (assay_open(&options, &bench->library, &err) != ASSAY_OK ||
        assay_start(bench->library, &err) != ASSAY_OK)
        bench_die(err.msg);
}

/* ---- rounds -------------------------------------------------------------- */

struct worker {
    struct bench *bench;
    void (*run)(struct bench *bench);
};

static void *work(void *arg)
{
    const struct worker *worker = arg;

    worker->run(worker->bench);
    return NULL;
}

/* What one way of asking came to, round by round. */
struct series {
    double *rates;  /* scores per second */
    double *cpu_us; /* of this process, for a score */
};

static void series_init(struct series *series, size_t rounds)
{
    series->rates = calloc(rounds, sizeof *series->rates);
    series->cpu_us = calloc(rounds, sizeof *series->cpu_us);
    if (!series->rates || !series->cpu_us)
        bench_die("out of memory");
}

static void series_fini(struct series *series)
{
    free(series->rates);
    free(series->cpu_us);
}

static void run_round(struct bench *bench, void (*run)(struct bench *bench),
                      struct series *series, size_t round)
{
    pthread_t threads[MAX_THREADS];
    struct worker worker = {bench, run};
    double count = (double)bench->mails.count;
    double start, cpu;

    bench_mails_stamp(&bench->mails);
    bench->next = 0;
    start = bench_seconds(CLOCK_MONOTONIC);
    cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t t = 0; t < bench->options.threads; t++)
        if (pthread_create(&threads[t], NULL, work, &worker) != 0)
            bench_die("no thread");
    for (size_t t = 0; t < bench->options.threads; t++)
        (void)pthread_join(threads[t], NULL);
    series->rates[round] = count / (bench_seconds(CLOCK_MONOTONIC) - start);
    series->cpu_us[round] =
        (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / count;
}

static void report(const struct options *options, struct series *bare,
                   struct series *through)
{
    double bare_rate = bench_quantile(bare->rates, options->rounds, 0.5);
    double rate = bench_quantile(through->rates, options->rounds, 0.5);

    printf("%s, %zu threads, %zu mails a round: bare client %.1f/s, assay "
           "%.1f/s, ratio of the medians %.3f; processor time for a score: "
           "bare %.0f us, assay %.0f us\n",
           options->backend, options->threads, options->messages, bare_rate,
           rate, rate / bare_rate,
           bench_quantile(bare->cpu_us, options->rounds, 0.5),
           bench_quantile(through->cpu_us, options->rounds, 0.5));
}

static void run_rounds(struct bench *bench)
{
    size_t rounds = bench->options.rounds;
    void (*client)(struct bench *) =
        strcmp(bench->options.backend, "spamd") == 0 ? bare_spamd : bare_rspamd;
    struct series bare, through;

    series_init(&bare, rounds);
    series_init(&through, rounds);
    for (size_t i = 0; i < rounds; i++) {
        run_round(bench, client, &bare, i);
        run_round(bench, through_assay, &through, i);
        printf("round %zu: bare client %.1f/s, assay %.1f/s, ratio %.3f\n",
               i + 1, bare.rates[i], through.rates[i],
               through.rates[i] / bare.rates[i]);
    }
    report(&bench->options, &bare, &through);
    series_fini(&bare);
    series_fini(&through);
}

static struct options read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"backend", required_argument, NULL, 'b'},
        {"server", required_argument, NULL, 's'},
        {"rounds", required_argument, NULL, 'r'},
        {"messages", required_argument, NULL, 'm'},
        {"threads", required_argument, NULL, 't'},
        {0}};
    struct options options = {"rspamd", "127.0.0.1:11333", 10, 400, 16};
    int c;

    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (c) {
        case 'b':
            options.backend = optarg;
            break;
        case 's':
            options.server = optarg;
            break;
        case 'r':
            options.rounds = bench_number(optarg, BENCH_MAX_ROUNDS);
            break;
        case 'm':
            options.messages = bench_number(optarg, BENCH_MAX_MESSAGES);
            break;
        case 't':
            options.threads = bench_number(optarg, MAX_THREADS);
            break;
        default:
            bench_die("usage: bench_score [--backend rspamd|spamd] [--server "
                      "HOST:PORT] [--rounds N] [--messages N] [--threads N]");
        }
    }
    return options;
}

int main(int argc, char **argv)
{
    struct bench bench = {.options = read_options(argc, argv)};
    char folder[64];

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        bench_die("no libcurl");
    bench_mails_init(&bench.mails, bench.options.messages);
    for (size_t i = 0; i < bench.options.messages; i++)
        bench_mails_add(&bench.mails, TEXT_LINES, 0);
    bench_folder_make("/tmp", folder);
    open_library(&bench, folder);
    run_rounds(&bench);
    assay_close(&bench.library);
    bench_folder_remove(folder);
    bench_mails_fini(&bench.mails);
    curl_global_cleanup();
    return 0;
}
