/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A provider for the csapi engine that harms the process it scans in, for
 * tests of scanner processes. build/<preset>/tests/providers/hostile.so does
 * what the first word of the content that begins with "HOSTILE-" says:
 *
 *     SEGFAULT ABORT STACK EXIT STOP   the process ends, or stands still
 *     LOOP SLEEP DEAF                  it never answers; DEAF ignores what it
 *                                      can of signals
 *     LEAK FILL                        takes 1 GB of memory; fills its
 *                                      temporary folder and leaves it so
 *     CLOSE GARBAGE                    closes descriptors 3 to 1023; writes to
 *                                      every socket among them
 *     FORK TWICE                       leaves a child behind that holds all
 *                                      descriptors; returns in two processes,
 *                                      so that there are two replies: where
 *                                      the sandbox lets it
 *     HANG-AFTER                       answers, and hangs in the next scan
 *     LIE                              finds a threat, a fault and a limit, all
 *                                      at once, with texts that have no end
 *     OPEN CONNECT EXEC                reads /etc/passwd, connects to the
 *                                      network, runs a program; where that
 *                                      works the content is infected by
 *                                      "Escaped-OPEN" and so on
 *
 * and then goes on: a content with "INFECTED-TEST" is infected by
 * "Hostile-Test", any other one is clean.
 *
 * The definitions folder says more, in files with one line each: `version` is
 * what is loaded, and another one is newer; `at-start` has a word of the above
 * for initialize, or REFUSE, or MUTE: probe fails.
 */
#include <assay/csapi_provider.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PREFIX "HOSTILE-"
#define LINE_MAX_BYTES 64
#define LEAK_BYTES (1ul << 30)

enum { DESCRIPTORS = 1024, GARBAGE_BYTES = 4096, PORT = 25 };

struct hostile {
    const char *definitions; /* of the policy */
    char temporary[256];
    char version[LINE_MAX_BYTES];
    bool is_mute;
    bool hangs_next;
    unsigned nowhere;           /* an address without memory */
    char *leak;                 /* the last one */
    assay_csapi_result *result; /* of the scan that runs, or NULL */
};

/* ---- what it does ------------------------------------------------------- */

static void escaped(struct hostile *self, const char *how)
{
    if (!self->result)
        return;
    assay_csapi_report(self->result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
    (void)snprintf(self->result->threat, sizeof self->result->threat,
                   "Escaped-%s", how);
}

static void do_segfault(struct hostile *self)
{
    volatile char *nowhere = (volatile char *)(uintptr_t)self->nowhere;

    *nowhere = 1;
}

static void do_abort(struct hostile *self)
{
    (void)self;
    abort();
}

/* Compilers refuse recursion that is endless beyond doubt. */
static int descend(const volatile char *from)
{
    volatile char room[4096];

    room[0] = *from;
    return *from ? descend(room) + room[0] : 0;
}

static void do_stack(struct hostile *self)
{
    volatile char start = 1;

    (void)self;
    (void)descend(&start);
}

static void do_exit(struct hostile *self)
{
    (void)self;
    exit(0);
}

static void do_stop(struct hostile *self)
{
    (void)self;
    (void)raise(SIGSTOP);
}

static void do_loop(struct hostile *self)
{
    volatile unsigned turns = 0;

    (void)self;
    for (;;)
        turns++;
}

static void do_sleep(struct hostile *self)
{
    (void)self;
    for (;;)
        (void)poll(NULL, 0, -1); /* which a worker may */
}

static void do_deaf(struct hostile *self)
{
    sigset_t all;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    do_loop(self);
}

static void do_leak(struct hostile *self)
{
    self->leak = malloc(LEAK_BYTES);
    if (self->leak)
        memset(self->leak, 1, LEAK_BYTES); /* and it is never freed */
}

static void do_fill(struct hostile *self)
{
    static const char block[GARBAGE_BYTES];
    char path[sizeof self->temporary + 8];
    int fd;

    (void)snprintf(path, sizeof path, "%s/fill", self->temporary);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    while (write(fd, block, sizeof block) > 0)
        ;
    (void)close(fd);
}

static void do_close(struct hostile *self)
{
    (void)self;
    for (int fd = 3; fd < DESCRIPTORS; fd++)
        (void)close(fd);
}

static void do_garbage(struct hostile *self)
{
    char garbage[GARBAGE_BYTES];

    (void)self;
    memset(garbage, 0xa5, sizeof garbage);
    for (int fd = 3; fd < DESCRIPTORS; fd++) {
        struct stat status;

        if (!fstat(fd, &status) && S_ISSOCK(status.st_mode) &&
            write(fd, garbage, sizeof garbage) < 0)
            continue; /* the others may take it */
    }
}

static void do_fork(struct hostile *self)
{
    if (fork() == 0)
        do_sleep(self);
}

static void do_twice(struct hostile *self)
{
    (void)self;
    (void)fork();
}

static void do_hang_after(struct hostile *self)
{
    self->hangs_next = true;
}

static void do_lie(struct hostile *self)
{
    assay_csapi_result *result = self->result;

    if (!result)
        return;
    assay_csapi_report(result, ASSAY_CSAPI_LIC_RESULT_NO_LICENSE_MANAGER);
    assay_csapi_report(result, ASSAY_CSAPI_DEC_RESULT_MAXIMUM_DEPTH_REACHED);
    assay_csapi_report(result, ASSAY_CSAPI_CODE_COUNT);
    memset(result->threat, '\n', sizeof result->threat);
    memset(result->text, '\n', sizeof result->text);
}

static void do_open(struct hostile *self)
{
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)close(fd);
    escaped(self, "OPEN");
}

static void do_connect(struct hostile *self)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return; /* a socket is as bad as a connection */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)connect(fd, (const struct sockaddr *)&address, sizeof address);
    (void)close(fd);
    escaped(self, "CONNECT");
}

static void do_exec(struct hostile *self)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        (void)execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
        escaped(self, "EXEC");
}

static const struct {
    const char *word;
    void (*act)(struct hostile *self);
} acts[] = {
    {"SEGFAULT", do_segfault},
    {"ABORT", do_abort},
    {"STACK", do_stack},
    {"EXIT", do_exit},
    {"STOP", do_stop},
    {"LOOP", do_loop},
    {"SLEEP", do_sleep},
    {"DEAF", do_deaf},
    {"LEAK", do_leak},
    {"FILL", do_fill},
    {"CLOSE", do_close},
    {"GARBAGE", do_garbage},
    {"FORK", do_fork},
    {"TWICE", do_twice},
    {"HANG-AFTER", do_hang_after},
    {"LIE", do_lie},
    {"OPEN", do_open},
    {"CONNECT", do_connect},
    {"EXEC", do_exec},
};

static void act(struct hostile *self, const char *text, size_t size)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        size_t len = strlen(acts[i].word);

        if (size >= len && !memcmp(text, acts[i].word, len)) {
            acts[i].act(self);
            return;
        }
    }
}

/* ---- the calls ---------------------------------------------------------- */

static void read_line(const char *folder, const char *name, char *line)
{
    char path[512];
    FILE *in;

    line[0] = '\0';
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    in = fopen(path, "re");
    if (!in)
        return;
    if (fgets(line, LINE_MAX_BYTES, in))
        line[strcspn(line, "\r\n")] = '\0';
    (void)fclose(in);
}

static assay_rc hostile_initialize(const assay_csapi_policy *policy,
                                   void **handle_out,
                                   assay_csapi_code *code_out, assay_error *err)
{
    struct hostile *self = calloc(1, sizeof *self);
    char word[LINE_MAX_BYTES];

    if (!self)
        return ASSAY_E_NOMEM;
    read_line(policy->definitions, "version", self->version);
    read_line(policy->definitions, "at-start", word);
    if (!strcmp(word, "REFUSE")) {
        free(self);
        *code_out = ASSAY_CSAPI_LIC_RESULT_LICENSE_NOT_INSTALLED;
        if (err)
            (void)snprintf(err->msg, sizeof err->msg, "told to refuse");
        return ASSAY_E_UNAVAILABLE;
    }
    self->definitions = policy->definitions;
    self->nowhere = 16;
    self->is_mute = !strcmp(word, "MUTE");
    (void)snprintf(self->temporary, sizeof self->temporary, "%s",
                   policy->temporary);
    act(self, word, strlen(word));
    *handle_out = self;
    return ASSAY_OK;
}

static assay_rc hostile_forked(void *handle, const char *temporary,
                               assay_error *err)
{
    struct hostile *self = handle;

    (void)err;
    (void)snprintf(self->temporary, sizeof self->temporary, "%s", temporary);
    return ASSAY_OK;
}

static void hostile_scan(void *handle, const assay_csapi_job *job,
                         assay_csapi_result *result)
{
    static const char infected[] = "INFECTED-TEST";
    struct hostile *self = handle;
    const char *data = job->data;
    const char *word = memmem(data, job->size, PREFIX, strlen(PREFIX));

    if (self->hangs_next)
        do_sleep(self);
    self->result = result;
    if (word) {
        word += strlen(PREFIX);
        act(self, word, job->size - (size_t)(word - data));
    }
    self->result = NULL;
    if (memmem(data, job->size, infected, sizeof infected - 1)) {
        assay_csapi_report(result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
        (void)snprintf(result->threat, sizeof result->threat, "Hostile-Test");
    }
    result->is_complete = true;
    result->bytes_seen = job->size;
}

static void hostile_versions(void *handle, assay_csapi_versions *versions)
{
    const struct hostile *self = handle;
    char now[LINE_MAX_BYTES];

    read_line(self->definitions, "version", now);
    (void)snprintf(versions->decomposer, sizeof versions->decomposer, "0");
    (void)snprintf(versions->scanner, sizeof versions->scanner, "0");
    (void)snprintf(versions->definitions, sizeof versions->definitions, "%s",
                   self->version);
    versions->is_current = !strcmp(now, self->version);
}

/* FNV-1a of the line, so that each one is another set. */
static assay_rc hostile_newer(void *handle, uint64_t *set_out, assay_error *err)
{
    const struct hostile *self = handle;
    char now[LINE_MAX_BYTES];
    uint64_t hash = UINT64_C(14695981039346656037);

    (void)err;
    read_line(self->definitions, "version", now);
    for (const char *c = now; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
    *set_out = strcmp(now, self->version) != 0 ? hash : 0;
    return ASSAY_OK;
}

static assay_rc hostile_probe(void *handle, assay_error *err)
{
    (void)err;
    return ((const struct hostile *)handle)->is_mute ? ASSAY_E_UNAVAILABLE
                                                     : ASSAY_OK;
}

static void hostile_shutdown(void *handle)
{
    free(handle);
}

static const assay_csapi_provider_ops hostile_ops = {
    .struct_size = sizeof(assay_csapi_provider_ops),
    .initialize = hostile_initialize,
    .forked = hostile_forked,
    .scan_memory = hostile_scan,
    .versions = hostile_versions,
    .newer_definitions = hostile_newer,
    .probe = hostile_probe,
    .shutdown = hostile_shutdown,
};

ASSAY_CSAPI_PROVIDER(.name = "hostile", .version = "1",
                     .description = "harms the process it scans in",
                     .ops = &hostile_ops);
