/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "engine_player.h"

#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUEUE_MAX = 64, THREADS_MAX = 256, KEEPER_MS = 60000 };

struct job {
    char id[64];
    assay_content_kind kind;
    int64_t timeout_ms;
    size_t size;
    char *data; /* owned */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct job queue[QUEUE_MAX];
static size_t queued, running;
static bool ended;
static void *shared; /* the instance, unless each thread has its own */

void player_die(const char *what)
{
    fprintf(stderr, "engine_player: %s\n", what);
    exit(2);
}

int64_t player_number(const char *text)
{
    char *end;
    int64_t value = text ? strtoll(text, &end, 10) : 0;

    if (!text || end == text || *end)
        player_die(text ? text : "a number is missing");
    return value;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void write_log(void *arg, assay_log_level level, const char *line)
{
    (void)arg;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

/* Quoted, with what would break a line shown as '|'. */
static void print_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++)
        putchar(*text == '"' || *text == '\n' ? '|' : *text);
    putchar('"');
}

/* ---- scans -------------------------------------------------------------- */

static void print_finding(const char *what, const char *id,
                          const assay_finding *finding)
{
    static const char *const founds[] = {"fault", "nothing", "threat",
                                         "unscannable", "not_suitable"};

    pthread_mutex_lock(&lock);
    printf("%s %s %s %d %u %" PRIu64 " ", what, id, founds[finding->found],
           (int)finding->reason, finding->coverage.limits_hit,
           finding->coverage.bytes_seen);
    print_text(finding->scan_code);
    putchar(' ');
    print_text(finding->info);
    putchar('\n');
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}

static void run_scan(void *instance, struct job *job)
{
    const assay_content content = {
        .kind = job->kind, .data = job->data, .size = job->size};
    const assay_scan_args args = {&content, now_ms() + job->timeout_ms};
    assay_finding finding = {.coverage.bytes_total = job->size};

    player_ops->scan(instance, &args, &finding);
    print_finding("scan", job->id, &finding);
    free(job->data);
}

static void run_keeper(void *instance, const char *id)
{
    const assay_content content = {
        .kind = ASSAY_CONTENT_FILE, .data = "harmless", .size = 8};
    const assay_scan_args args = {&content, now_ms() + KEEPER_MS};
    assay_finding finding = {0};

    player_ops->scan(instance, &args, &finding);
    if (finding.found != ASSAY_FOUND_NOTHING)
        print_finding("keeper", id, &finding);
}

static void *work(void *arg)
{
    void *instance = shared ? shared : arg;
    struct job job;

    pthread_mutex_lock(&lock);
    while (queued > 0 || !ended) {
        if (queued == 0) {
            pthread_cond_wait(&changed, &lock);
            continue;
        }
        job = queue[--queued];
        running++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
        run_scan(instance, &job);
        if (!shared)
            run_keeper(instance, job.id);
        pthread_mutex_lock(&lock);
        running--;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void submit(const struct job *job)
{
    pthread_mutex_lock(&lock);
    while (queued == QUEUE_MAX)
        pthread_cond_wait(&changed, &lock);
    queue[queued++] = *job;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void wait_for_scans(void)
{
    pthread_mutex_lock(&lock);
    while (queued + running > 0)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

/* ---- commands ----------------------------------------------------------- */

static void read_scan(char *words)
{
    struct job job = {0};
    const char *id = strtok_r(words, " ", &words);
    const char *kind = strtok_r(NULL, " ", &words);

    if (!id || strlen(id) >= sizeof job.id || !kind)
        player_die("a scan without name or kind");
    (void)snprintf(job.id, sizeof job.id, "%s", id);
    job.timeout_ms = player_number(strtok_r(NULL, " ", &words));
    job.size = (size_t)player_number(strtok_r(NULL, " ", &words));
    job.kind = !strcmp(kind, "message") ? ASSAY_CONTENT_MESSAGE
               : !strcmp(kind, "part")  ? ASSAY_CONTENT_PART
                                        : ASSAY_CONTENT_FILE;
    job.data = malloc(job.size + 1);
    if (!job.data || fread(job.data, 1, job.size, stdin) != job.size)
        player_die("content cut off");
    submit(&job);
}

static void run_command(const char *name)
{
    char text[2048];
    assay_error err = {0};
    bool is_changed = false;
    int rc;

    wait_for_scans();
    if (!strcmp(name, "epoch")) {
        player_ops->epoch(shared, text, ASSAY_EPOCH_MAX);
        printf("epoch ");
        print_text(text);
    } else if (!strcmp(name, "version")) {
        player_ops->version(shared, text, sizeof text);
        printf("version ");
        print_text(text);
    } else if (!strcmp(name, "probe")) {
        rc = player_ops->probe(shared, &err);
        printf("probe %d ", rc);
        print_text(err.msg);
    } else if (!strcmp(name, "refresh")) {
        rc = player_ops->refresh(shared, &is_changed, &err);
        printf("refresh %d %d", rc, (int)is_changed);
    } else {
        player_die(name);
    }
    putchar('\n');
    fflush(stdout);
}

static void serve(void)
{
    char line[256];

    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (!strncmp(line, "scan ", 5))
            read_scan(line + 5);
        else
            run_command(line);
    }
}

/* ---- the program -------------------------------------------------------- */

static int count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;

    if (!dir)
        player_die(folder);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count;
}

static void *return_at_once(void *arg)
{
    return arg;
}

/* Sanitizers start a thread of their own with the first of the program's. */
static int count_threads(void)
{
    pthread_t first;

    if (pthread_create(&first, NULL, return_at_once, NULL))
        player_die("no thread");
    pthread_join(first, NULL);
    return count_entries("/proc/self/task");
}

static void *open_instance(char **argv, int argc)
{
    static const assay_log log = {.sink = write_log,
                                  .threshold = ASSAY_LOG_INFO};
    const assay_engine_args args = {
        .instance = "engine1",
        .scope = "scope1",
        .settings = player_settings(argv + 4, argc - 4),
        .log = &log,
        .timeout_ms = player_number(argv[3]),
    };
    assay_error err = {0};
    void *instance = NULL;

    if (player_ops->open(&args, &instance, &err) != ASSAY_OK)
        player_die(err.msg);
    return instance;
}

static void run_threads(int count, void **instances)
{
    pthread_t threads[THREADS_MAX];

    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, work, instances[i]))
            player_die("no thread");
    serve();
    pthread_mutex_lock(&lock);
    ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    void *instances[THREADS_MAX] = {NULL};
    int count = argc > 4 ? (int)player_number(argv[2]) : 0;
    int descriptors, tasks;

    if (count < 1 || count > THREADS_MAX)
        player_die("usage: PLAYER MODE THREADS TIMEOUT_MS WORD...");
    descriptors = count_entries("/proc/self/fd");
    tasks = count_threads();
    if (!strcmp(argv[1], "shared"))
        shared = open_instance(argv, argc);
    for (int i = 0; i < count && !shared; i++)
        instances[i] = open_instance(argv, argc);
    run_threads(count, instances);
    for (int i = 0; i < count && !shared; i++)
        player_ops->close(instances[i]);
    if (shared)
        player_ops->close(shared);
    printf("leaks %d %d\n", count_entries("/proc/self/fd") - descriptors,
           count_entries("/proc/self/task") - tasks);
    return 0;
}
