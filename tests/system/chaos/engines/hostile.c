/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An engine for the chaos tests that does to its scanner process, or to the
 * host at the other end of its socket, what the content asks for: a line
 * "DO: <deed>". Other contents are scanned well: the test file of the antivirus
 * makers, not encoded, is a threat.
 *
 * It takes the part of an engine that a content has taken over, so it knows the
 * packets (scan/scanner_wire.h), where its socket is, and the id that the host
 * waits for.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "scan/scanner_wire.h"

enum {
    DESCRIPTORS = 1024,
    STRAY = 3,
    LINES = 5000,
    LARGE = 60000,
    GIGABYTE = 1 << 30
};

#define THREAT "EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
#define DO "DO: "

struct hostile_settings {
    const char *needs; /* a file without which it does not open, and of which
                          the first word says how it opens; its signatures, so
                          to speak */
};

struct hostile {
    const char *needs; /* NULL: nothing */
    uint64_t set;      /* which it has read there */
    int fd;            /* of the socket to the host; -1: in no worker */
    uint64_t id;       /* of the last request */
};

/* ---- packets ----------------------------------------------------------- */

static int find_socket(void)
{
    int type, is_listening;

    for (int fd = 3; fd < DESCRIPTORS; fd++) {
        socklen_t size = sizeof type, other = sizeof is_listening;

        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
            type == SOCK_SEQPACKET &&
            getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &other) ==
                0)
            return fd;
    }
    return -1;
}

static void clean_reply(struct assay__wire_reply *reply, uint64_t id,
                        const assay_scan_args *args)
{
    memset(reply, 0, sizeof *reply);
    reply->magic = ASSAY__WIRE_MAGIC;
    reply->kind = ASSAY__WIRE_FINDING;
    reply->id = id;
    reply->finding.found = ASSAY_FOUND_NOTHING;
    reply->finding.coverage.bytes_seen = args->content->size;
}

static void send_bytes(int fd, const void *data, size_t size, int strays)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * STRAY)];
    } control = {0};
    struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (strays > 0) {
        msg.msg_control = control.space;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)strays);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * (size_t)strays);
        for (int i = 0; i < strays; i++)
            memcpy(CMSG_DATA(&control.header) + sizeof(int) * (size_t)i, &fd,
                   sizeof fd);
    }
    (void)sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static void send_reply(const struct hostile *self,
                       const struct assay__wire_reply *reply)
{
    send_bytes(self->fd, reply, sizeof *reply, 0);
}

/* ---- deeds ------------------------------------------------------------- */

typedef void deed_run(struct hostile *self, const assay_scan_args *args,
                      assay_finding *finding);

#define DEED(name)                                                      \
    static void name(struct hostile *self, const assay_scan_args *args, \
                     assay_finding *finding)
#define UNUSED (void)self, (void)args, (void)finding

DEED(wrong_size)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    send_bytes(self->fd, &reply, sizeof reply / 2, 0);
}

DEED(too_large)
{
    static char data[LARGE];

    UNUSED;
    send_bytes(self->fd, data, sizeof data, 0);
}

DEED(garbage)
{
    unsigned char data[sizeof(struct assay__wire_reply)];

    UNUSED;
    memset(data, 0xa5, sizeof data);
    send_bytes(self->fd, data, sizeof data, 0);
}

DEED(nothing)
{
    UNUSED;
    send_bytes(self->fd, "", 0, 0);
}

DEED(wrong_id)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id + 1, args);
    send_reply(self, &reply);
}

DEED(wrong_kind)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    reply.kind = ASSAY__WIRE_READY;
    send_reply(self, &reply);
}

/* As if it had died before it saw the content, so that it costs nothing. */
DEED(failed)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    reply.kind = ASSAY__WIRE_FAILED;
    reply.rc = ASSAY_E_UNAVAILABLE;
    send_reply(self, &reply);
}

DEED(out_of_range)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    memset(&reply.finding.found, 0x7f, sizeof reply.finding.found);
    send_reply(self, &reply);
}

DEED(no_end)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    reply.finding.found = ASSAY_FOUND_THREAT;
    memset(reply.finding.info, 'A', sizeof reply.finding.info);
    send_reply(self, &reply);
}

/* The worker's own code ends the text, and the host cleans it. */
DEED(long_name)
{
    UNUSED;
    finding->found = ASSAY_FOUND_THREAT;
    memset(finding->info, '\n', sizeof finding->info);
    memset(finding->info + 1, 'A', sizeof finding->info - 1);
}

DEED(claims)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    reply.finding.coverage.bytes_total = GIGABYTE;
    reply.finding.coverage.bytes_seen = GIGABYTE;
    send_reply(self, &reply);
}

DEED(strays)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    send_bytes(self->fd, &reply, sizeof reply, STRAY);
}

DEED(one_stray)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    send_bytes(self->fd, &reply, sizeof reply, 1);
}

/* A lie about this content, and a packet that the next one finds. */
DEED(two_replies)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    send_reply(self, &reply);
}

/* The same after a while, so that several do it at once. */
DEED(two_replies_slowly)
{
    (void)poll(NULL, 0, 500);
    two_replies(self, args, finding);
}

/* Two replies, and a lie that waits for a content that is still to come. */
DEED(ahead)
{
    struct assay__wire_reply reply;

    UNUSED;
    clean_reply(&reply, self->id, args);
    send_reply(self, &reply);
    clean_reply(&reply, self->id + 1, args);
    send_reply(self, &reply);
}

DEED(many_lines)
{
    struct assay__wire_reply reply;

    UNUSED;
    memset(&reply, 0, sizeof reply);
    reply.magic = ASSAY__WIRE_MAGIC;
    reply.kind = ASSAY__WIRE_LOG;
    reply.rc = ASSAY_LOG_DEBUG;
    memset(reply.text, '\n', sizeof reply.text - 1);
    for (int i = 0; i < LINES; i++)
        send_reply(self, &reply);
}

/* It sees the host hang up, and does not mind. */
DEED(never)
{
    struct msghdr msg = {.msg_iov = NULL};

    UNUSED;
    for (;;)
        (void)recvmsg(self->fd, &msg, MSG_PEEK);
}

/* ThreadSanitizer keeps a signal for the next call that it knows. */
static void let_signals_in(void)
{
#ifdef __SANITIZE_THREAD__
    (void)poll(NULL, 0, 0);
#endif
}

DEED(run)
{
    UNUSED;
    for (volatile unsigned i = 0;; i++)
        let_signals_in();
}

DEED(rest)
{
    const struct timespec hour = {.tv_sec = 3600};

    UNUSED;
    for (;;) {
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, NULL);
        let_signals_in();
    }
}

DEED(stop)
{
    UNUSED;
    (void)raise(SIGSTOP);
}

DEED(segfault)
{
    static volatile int *volatile nowhere; /* the compiler must not know */

    UNUSED;
    (void)signal(SIGSEGV, SIG_DFL); /* a sanitizer has one */
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): on purpose */
    *nowhere = 1;
}

DEED(give_up)
{
    UNUSED;
    abort();
}

DEED(leave)
{
    UNUSED;
    exit(0); /* NOLINT(concurrency-mt-unsafe): it has one thread */
}

DEED(leave_at_once)
{
    UNUSED;
    _exit(1);
}

DEED(leak)
{
    UNUSED;
    for (size_t size = 0; size < GIGABYTE; size += GIGABYTE / 64) {
        char *memory = malloc(GIGABYTE / 64);

        if (!memory)
            _exit(1);
        memset(memory, 1, GIGABYTE / 64);
        __asm__ volatile("" : : "r"(memory) : "memory");
    }
    finding->found = ASSAY_FOUND_NOTHING;
    finding->coverage.bytes_seen = args->content->size;
}

DEED(close_all)
{
    UNUSED;
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        (void)close(fd);
    finding->found = ASSAY_FOUND_NOTHING;
    finding->coverage.bytes_seen = args->content->size;
}

/* The child has the socket, too, and outlives its parent. */
DEED(split)
{
    UNUSED;
    if (fork() == 0)
        rest(self, args, finding);
    _exit(1);
}

DEED(look_around)
{
    UNUSED;
    if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0)
        finding->found = ASSAY_FOUND_NOTHING;
    finding->coverage.bytes_seen = args->content->size;
}

static const struct {
    const char *word;
    deed_run *run;
} deeds[] = {
    {"wrong-size", wrong_size},
    {"too-large", too_large},
    {"garbage", garbage},
    {"nothing", nothing},
    {"wrong-id", wrong_id},
    {"wrong-kind", wrong_kind},
    {"failed", failed},
    {"out-of-range", out_of_range},
    {"no-end", no_end},
    {"long-name", long_name},
    {"claims", claims},
    {"strays", strays},
    {"one-stray", one_stray},
    {"two-replies", two_replies},
    {"two-replies-slowly", two_replies_slowly},
    {"ahead", ahead},
    {"many-lines", many_lines},
    {"never", never},
    {"run", run},
    {"rest", rest},
    {"stop", stop},
    {"segfault", segfault},
    {"abort", give_up},
    {"exit", leave},
    {"exit-at-once", leave_at_once},
    {"leak", leak},
    {"close-all", close_all},
    {"fork", split},
    {"look-around", look_around},
};

static bool is_word(const char *at, size_t left, const char *word)
{
    size_t len = strlen(word);

    return left > len && memcmp(at, word, len) == 0 &&
           (at[len] == '\r' || at[len] == '\n');
}

static deed_run *find_deed(const assay_content *content)
{
    const char *data = content->data, *at;

    if (content->size == 0)
        return NULL;
    at = memmem(data, content->size, DO, sizeof DO - 1);
    if (!at)
        return NULL;
    at += sizeof DO - 1;
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        if (is_word(at, content->size - (size_t)(at - data), deeds[i].word))
            return deeds[i].run;
    return NULL;
}

/* ---- the engine -------------------------------------------------------- */

static const assay_conf_option hostile_options[] = {
    {.name = "needs",
     .type = ASSAY_CONF_PATH,
     .offset = offsetof(struct hostile_settings, needs)},
    {.name = NULL},
};

static const assay_conf_stanza hostile_conf = {
    .name = "hostile",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct hostile_settings),
    .options = hostile_options,
};

/* @return the number of what stands there */
static assay_rc read_needs(const char *path, char *word, size_t size,
                           uint64_t *set_out, assay_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, word, size - 1) : -1;

    if (got < 0)
        (void)assay_error_set(err, ASSAY_E_NOTFOUND, "%s: %s", path,
                              strerrordesc_np(errno));
    if (fd >= 0)
        (void)close(fd);
    if (got < 0)
        return ASSAY_E_NOTFOUND;
    word[got] = '\0';
    *set_out = 1;
    for (const char *at = word; *at; at++)
        *set_out = *set_out * 31 + (unsigned char)*at;
    return ASSAY_OK;
}

static bool begins_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

/* More than any machine of the tests has. */
static assay_rc need_memory(assay_error *err)
{
    void *memory = malloc((size_t)GIGABYTE * 16);

    if (!memory)
        return assay_error_set(err, ASSAY_E_NOMEM, "no memory for the set");
    free(memory);
    return ASSAY_OK;
}

static assay_rc load(struct hostile *self, assay_error *err)
{
    char word[64] = "";
    assay_rc rc;

    if (!self->needs)
        return ASSAY_OK;
    rc = read_needs(self->needs, word, sizeof word, &self->set, err);
    if (rc != ASSAY_OK)
        return rc;
    if (begins_with(word, "crash"))
        abort();
    while (begins_with(word, "hang"))
        (void)poll(NULL, 0, 1000);
    return begins_with(word, "large") ? need_memory(err) : ASSAY_OK;
}

static assay_rc hostile_open(const assay_engine_args *args, void **instance_out,
                             assay_error *err)
{
    const struct hostile_settings *settings = args->settings;
    struct hostile *self = calloc(1, sizeof *self);
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "hostile %s",
                               args->instance);
    self->fd = -1;
    self->needs = settings->needs;
    rc = load(self, err);
    if (rc == ASSAY_OK)
        *instance_out = self;
    else
        free(self);
    return rc;
}

static assay_rc hostile_newer(void *instance, uint64_t *set_out,
                              assay_error *err)
{
    const struct hostile *self = instance;
    char word[64];
    uint64_t set = 0;
    assay_rc rc = ASSAY_OK;

    if (self->needs)
        rc = read_needs(self->needs, word, sizeof word, &set, err);
    if (rc == ASSAY_OK)
        *set_out = set == self->set ? 0 : set;
    return rc;
}

static void hostile_close(void *instance)
{
    free(instance);
}

/* Folders are named after the worker, with whose number ids begin. */
static assay_rc hostile_forked(void *instance, const char *temporary,
                               assay_error *err)
{
    struct hostile *self = instance;
    const char *name = strrchr(temporary, '/');

    (void)err;
    self->fd = find_socket();
    if (name)
        self->id = strtoull(name + 1 + strspn(name + 1, "w"), NULL, 10);
    return ASSAY_OK;
}

/* The first is the worker's own. */
static assay_rc hostile_probe(void *instance, assay_error *err)
{
    (void)instance;
    (void)err;
    return ASSAY_OK;
}

static void hostile_scan(void *instance, const assay_scan_args *args,
                         assay_finding *finding)
{
    struct hostile *self = instance;
    const assay_content *content = args->content;
    deed_run *deed = find_deed(content);

    self->id++;
    if (deed && self->fd >= 0) {
        deed(self, args, finding);
        return;
    }
    finding->coverage.bytes_seen = content->size;
    finding->found = ASSAY_FOUND_NOTHING;
    if (content->size > 0 &&
        memmem(content->data, content->size, THREAT, sizeof THREAT - 1)) {
        finding->found = ASSAY_FOUND_THREAT;
        (void)snprintf(finding->info, sizeof finding->info,
                       "Eicar-Test-Signature");
    }
}

static void hostile_epoch(void *instance, char *buf, size_t size)
{
    const struct hostile *self = instance;

    (void)snprintf(buf, size, "hostile/%" PRIu64, self->set);
}

static const assay_engine_ops hostile_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = hostile_open,
    .close = hostile_close,
    .scan = hostile_scan,
    .probe = hostile_probe,
    .epoch = hostile_epoch,
    .forked = hostile_forked,
    .newer = hostile_newer,
};

ASSAY_ENGINE_MODULE(.name = "hostile", .version = "1.0",
                    .description = "does what contents ask for",
                    .flags = ASSAY_ENGINE_PROCESS, .conf = &hostile_conf,
                    .ops = &hostile_ops);
