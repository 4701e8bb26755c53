/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scanner_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "scan/scanner_wire.h"

enum {
    EXIT_DONE = 0,
    EXIT_PROTOCOL = 2,
    EXIT_START = 3,
    CPU_GRACE_S = 2, /* the host kills at the deadline; this is for when it
                       cannot */
    COPY_MOST = ASSAY__WIRE_WINDOW /* larger contents are mapped */
};

/* What a worker changes while it works. */
struct state {
    const struct assay__scanner_worker *worker;
    int memory_fd;        /* our statm; -1: growth is not known */
    uint64_t first_bytes; /* resident when it began to work */
    char *copy;           /* COPY_MOST bytes: a small content, then zeros */
    size_t copied;        /* bytes of the one before */
    rlim_t cpu_limit;     /* seconds, as set; 0: not yet */
    rlim_t cpu_most;      /* the hard limit */
    /* What the host is told if memory runs out in what is being done: a fault
     * of the machine, not of the content. */
    struct assay__wire_reply last_words;
};

void assay__scanner_log_line(void *arg, assay_log_level level, const char *line)
{
    const struct assay__scanner_log *log = arg;
    struct assay__wire_reply reply;

    assay__wire_reply_init(&reply, ASSAY__WIRE_LOG, 0);
    reply.rc = (int32_t)level;
    assay__text_copy(reply.text, sizeof reply.text, line);
    (void)assay__wire_send(log->fd, &reply, sizeof reply, -1, NULL);
}

void assay__scanner_tell_failure(int fd, uint64_t id, const assay_error *err)
{
    struct assay__wire_reply reply;

    assay__wire_reply_init(&reply, ASSAY__WIRE_FAILED, id);
    reply.rc = err->code != ASSAY_OK ? err->code : ASSAY_E_UNAVAILABLE;
    assay__text_copy(reply.text, sizeof reply.text, err->msg);
    (void)assay__wire_send(fd, &reply, sizeof reply, -1, NULL);
}

/* ---- how much it has grown --------------------------------------------- */

static uint64_t resident_bytes(int memory_fd)
{
    char line[128];
    ssize_t got = pread(memory_fd, line, sizeof line - 1, 0);
    char *end;

    if (got <= 0)
        return 0;
    line[got] = '\0';
    (void)strtoull(line, &end, 10); /* the first number is the address space */
    return strtoull(end, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t grown_bytes(const struct state *state)
{
    uint64_t now = resident_bytes(state->memory_fd);

    return now > state->first_bytes ? now - state->first_bytes : 0;
}

/* ---- a host that dies, a scan that does not end ------------------------ */

/* The only state of this file: a signal has no other argument. */
static volatile sig_atomic_t host_fd = -1;

/* SIGIO says no more than that something happened. A host that was put off
 * between queueing a request and telling of it sends one for a request that is
 * here already; only a closed socket is an end. */
static void end_with_host(int number)
{
    struct pollfd hung_up = {.fd = host_fd};
    int saved = errno;

    (void)number;
    if (poll(&hung_up, 1, 0) > 0)
        _exit(EXIT_SUCCESS);
    errno = saved;
}

void assay__scanner_own(int fd)
{
    struct sigaction action = {.sa_handler = end_with_host,
                               .sa_flags = SA_RESTART};

    host_fd = fd;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGIO, &action, NULL);
    (void)fcntl(fd, F_SETOWN, getpid());
}

bool assay__scanner_watch_host(int fd)
{
    struct pollfd hung_up = {.fd = fd};

    (void)fcntl(fd, F_SETFL, O_ASYNC);
    return poll(&hung_up, 1, 0) == 0;
}

void assay__scanner_unwatch_host(int fd)
{
    (void)fcntl(fd, F_SETFL, 0);
}

/* The kernel ends a scan that uses more processor time than it was given. It
 * counts whole seconds, so the limit of the scan before is mostly right. */
static void limit_cpu(struct state *state, int64_t timeout_ms)
{
    struct rlimit limit = {.rlim_max = state->cpu_most};
    struct timespec used;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return;
    limit.rlim_cur =
        (rlim_t)used.tv_sec + (rlim_t)(timeout_ms / 1000) + CPU_GRACE_S;
    if (limit.rlim_cur != state->cpu_limit && limit.rlim_cur < limit.rlim_max &&
        setrlimit(RLIMIT_CPU, &limit) == 0)
        state->cpu_limit = limit.rlim_cur;
}

/* ---- no memory ----------------------------------------------------------- */

static void say_last_words(void *arg)
{
    const struct state *state = arg;

    (void)assay__wire_send(state->worker->fd, &state->last_words,
                           sizeof state->last_words, -1, NULL);
}

static void prepare_last_words(struct state *state, enum assay__wire_kind kind,
                               uint64_t id)
{
    struct assay__wire_reply *words = &state->last_words;

    words->kind = kind;
    words->id = id;
}

static void init_last_words(struct state *state)
{
    static const char why[] = "the scanner process had no memory left";
    struct assay__wire_reply *words = &state->last_words;

    assay__wire_reply_init(words, ASSAY__WIRE_FAILED, state->worker->number);
    words->rc = ASSAY_E_NOMEM;
    words->finding.found = ASSAY_FOUND_FAULT;
    words->finding.reason = ASSAY_REASON_MEMORY;
    assay__text_copy(words->text, sizeof words->text, why);
    assay__text_copy(words->finding.info, sizeof words->finding.info, why);
}

/* ---- requests ---------------------------------------------------------- */

static void scan(struct state *state, const struct assay__wire_request *request,
                 const void *data, struct assay__wire_reply *reply)
{
    const struct assay__scanner_worker *worker = state->worker;
    assay_content content;
    const assay_scan_args args = {.content = &content,
                                  .deadline_ms = request->deadline_ms};

    assay__wire_get_content(request, data, &content);
    reply->finding.coverage.bytes_total = request->size;
    limit_cpu(state, request->timeout_ms);
    if (!assay__scanner_watch_host(worker->fd))
        _exit(EXIT_DONE);
    worker->ops->scan(worker->instance, &args, &reply->finding);
    assay__scanner_unwatch_host(worker->fd);
}

/* An engine may leave its texts without an end. */
static void terminate(assay_finding *finding)
{
    finding->info[sizeof finding->info - 1] = '\0';
    finding->scan_code[sizeof finding->scan_code - 1] = '\0';
}

/* To map a mail of 20 KB, to fault its pages in and to unmap it costs five
 * times as much as to copy it. Nothing of the content before is left behind:
 * an engine that reads too far sees zeros, as at the end of a mapping. */
static assay_rc copy_content(struct state *state, int fd, size_t size,
                             assay_error *err)
{
    assay_rc rc = assay__wire_read(fd, size, state->copy, err);

    if (rc == ASSAY_OK && size < state->copied)
        memset(state->copy + size, 0, state->copied - size);
    state->copied = size;
    return rc;
}

static assay_rc answer_scan(struct state *state,
                            const struct assay__wire_request *request, int fd,
                            assay_error *err)
{
    struct assay__wire_reply reply;
    void *map = NULL;
    assay_rc rc;

    prepare_last_words(state, ASSAY__WIRE_FINDING, request->id);
    if (request->size > COPY_MOST)
        rc = assay__wire_map(fd, request->size, &map, err);
    else
        rc = copy_content(state, fd, (size_t)request->size, err);
    if (rc != ASSAY_OK)
        return rc;
    assay__wire_reply_init(&reply, ASSAY__WIRE_FINDING, request->id);
    scan(state, request, map ? map : state->copy, &reply);
    terminate(&reply.finding);
    if (map)
        (void)munmap(map, (size_t)request->size);
    reply.number = grown_bytes(state);
    return assay__wire_send(state->worker->fd, &reply, sizeof reply, -1, err);
}

static assay_rc answer_probe(struct state *state, uint64_t id, assay_error *err)
{
    const struct assay__scanner_worker *worker = state->worker;
    struct assay__wire_reply reply;
    assay_error own = {0};

    prepare_last_words(state, ASSAY__WIRE_FAILED, id);
    if (worker->ops->probe(worker->instance, &own) != ASSAY_OK) {
        assay__scanner_tell_failure(worker->fd, id, &own);
        return ASSAY_OK;
    }
    assay__wire_reply_init(&reply, ASSAY__WIRE_ANSWER, id);
    return assay__wire_send(worker->fd, &reply, sizeof reply, -1, err);
}

static assay_rc answer(struct state *state,
                       const struct assay__wire_request *request, int fd,
                       assay_error *err)
{
    if (request->kind == ASSAY__WIRE_SCAN && fd >= 0)
        return answer_scan(state, request, fd, err);
    if (request->kind == ASSAY__WIRE_PROBE && fd < 0)
        return answer_probe(state, request->id, err);
    return ASSAY_E_INVAL;
}

static assay_rc serve_one(struct state *state, assay_error *err)
{
    struct assay__wire_request request;
    int fd = -1;
    assay_rc rc = assay__wire_receive(state->worker->fd, &request,
                                      sizeof request, &fd, -1, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__wire_request_is_sound(&request)
             ? answer(state, &request, fd, err)
             : ASSAY_E_INVAL;
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* ---- beginning --------------------------------------------------------- */

static assay_rc prepare(struct state *state, assay_error *err)
{
    state->memory_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    assay__scanner_own(state->worker->fd);
    state->copy = calloc(1, COPY_MOST);
    if (!state->copy)
        return assay_error_set(err, ASSAY_E_NOMEM, "scanner: worker");
    return ASSAY_OK;
}

/* All that happens before the first byte of mail. */
static assay_rc settle(struct state *state, assay_error *err)
{
    const struct assay__scanner_worker *worker = state->worker;
    assay_scanner_confinement confinement = *worker->confinement;
    char folder[PATH_MAX];
    assay_rc rc = worker->walls->own_temporary(worker->confinement,
                                               worker->number, folder, err);

    if (rc == ASSAY_OK)
        rc = worker->ops->forked(worker->instance, folder, err);
    if (rc == ASSAY_OK)
        rc = prepare(state, err);
    confinement.out_of_memory = say_last_words;
    confinement.out_of_memory_arg = state;
    if (rc == ASSAY_OK)
        rc = worker->walls->enter_worker(&confinement, folder, err);
    if (rc == ASSAY_OK)
        rc = worker->ops->probe(worker->instance, err);
    return rc;
}

/* Where it starts from, and the walls leave it. */
static void take_stock(struct state *state)
{
    struct rlimit limit;

    state->first_bytes = resident_bytes(state->memory_fd);
    if (getrlimit(RLIMIT_CPU, &limit) == 0)
        state->cpu_most = limit.rlim_max;
}

static assay_rc say_working(const struct state *state, assay_error *err)
{
    struct assay__wire_reply reply;

    assay__wire_reply_init(&reply, ASSAY__WIRE_WORKING, state->worker->number);
    return assay__wire_send(state->worker->fd, &reply, sizeof reply, -1, err);
}

_Noreturn void assay__scanner_worker_run(
    const struct assay__scanner_worker *worker)
{
    struct state state = {.worker = worker, .memory_fd = -1};
    assay_error err = {0};
    assay_rc rc;

    init_last_words(&state);
    rc = settle(&state, &err);

    if (rc != ASSAY_OK) {
        err.code = rc;
        assay__scanner_tell_failure(worker->fd, worker->number, &err);
        _exit(EXIT_START);
    }
    take_stock(&state);
    rc = say_working(&state, &err);
    while (rc == ASSAY_OK)
        rc = serve_one(&state, &err);
    _exit(rc == ASSAY_E_NOTFOUND ? EXIT_DONE : EXIT_PROTOCOL);
}
