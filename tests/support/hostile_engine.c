/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An engine that breaks one promise of <assay/engine.h>, the one that its
 * option `deed` names, and keeps all others. With the deed "none" it is a good
 * engine: a threat is a content with the text "hostile-threat", and one with
 * "hostile-locked" cannot be looked into.
 *
 * With HOSTILE_CONSTRUCTOR it runs code when it is loaded, which makes the file
 * that the environment variable HOSTILE_CONSTRUCTOR names.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <assay/engine.h>

#ifdef HOSTILE_PROCESS
#define FLAGS ((uint32_t)ASSAY_ENGINE_PROCESS | ASSAY_ENGINE_WANTS_PARTS)
#elif defined(HOSTILE_REMOTE)
#define FLAGS ((uint32_t)ASSAY_ENGINE_REMOTE | ASSAY_ENGINE_WANTS_PARTS)
#else
#define FLAGS ((uint32_t)ASSAY_ENGINE_WANTS_PARTS)
#endif

/* clang-format off */
#define DEEDS(X) \
    X(none) X(partial) X(nameless) \
    X(no_reason) X(unterminated) X(overrun) \
    X(odd_found) X(blind_threat) X(blind_locked) \
    X(sees_ghosts) X(segv) X(abort) \
    X(term) X(exit) X(stack) \
    X(empty) X(long_name) X(huge) \
    X(leak) X(leak_map) X(leak_fd) \
    X(leak_thread) X(leak_child) X(leak_open) \
    X(leak_open_fd) X(leak_open_thread) X(leak_open_file) \
    X(leak_failed_open) X(hang) X(blind_late) \
    X(write) X(overread) X(underread) \
    X(print) X(mask) X(handler) \
    X(umask) X(chdir) X(locale) \
    X(environment) X(inherit) X(race) \
    X(epoch_empty) X(epoch_odd) X(epoch_changes) \
    X(epoch_overrun) X(version_odd) X(probe) \
    X(refresh) X(refresh_lies) X(newer_changes) \
    X(flags_change) X(isolation_changes) X(open_fails) \
    X(open_silent) X(open_null) X(lock) \
    X(forked) X(fork_blind) X(leak_open_least) \
    X(settles) X(leak_daemon) X(blind) \
    X(no_parts)
/* clang-format on */

enum deed {
#define DEED_VALUE(name) DEED_##name,
    DEEDS(DEED_VALUE)
};

static const assay_conf_word deed_words[] = {
#define DEED_WORD(name) {#name, DEED_##name, NULL},
    DEEDS(DEED_WORD){NULL, 0, NULL},
};

struct hostile_settings {
    int deed;
    const char *needed;
};

struct hostile {
    enum deed deed;
    pid_t opened_by;
    char lock[4096];
    int inherited; /* -1: none */
    atomic_int scanning;
};

/* Deeds need what a good engine does not have. */
static atomic_int calls;
static void *volatile kept;
static volatile unsigned char seen;

static void keep_thread(void)
{
    pthread_t thread;
    pthread_attr_t attr;

    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_create(&thread, &attr, (void *(*)(void *))(void *)pause,
                         NULL);
    (void)pthread_attr_destroy(&attr);
}

static void keep_child(bool as_daemon)
{
    if (fork() == 0) {
        if (as_daemon)
            (void)setsid();
        (void)pause();
        _exit(0);
    }
}

static void keep_memory(void)
{
    kept = malloc(1000);
    memset(kept, 1, 1000);
}

/* The smallest chunk that there is. */
static void keep_least(void)
{
    kept = malloc(1);
}

/* No deed: nothing is kept. But an allocator that has a cache of freed chunks
 * by their size keeps one more of them each time, for hundreds of times. */
static void use_one_more(void)
{
    enum { SIZES = 60, STEP = 16, MOST = 8 };
    int call = atomic_fetch_add(&calls, 1);
    size_t size = STEP * (1 + (size_t)call % SIZES);
    void *chunks[MOST];

    for (int i = 0; i < MOST; i++)
        chunks[i] = i <= call / SIZES ? malloc(size) : NULL;
    for (int i = 0; i < MOST; i++)
        free(chunks[i]);
}

static void keep_map(void)
{
    kept = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void keep_descriptor(void)
{
    (void)open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* ---- what happens to the process -------------------------------------------
 */

static int use_stack(int depth)
{
    volatile char room[100000];

    room[0] = (char)depth;
    if (depth < 0)
        return 0; /* never, but no compiler knows */
    return use_stack(depth + 1) + room[0];
}

static void ignore(int number)
{
    (void)number;
}

static void change_mask(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR1);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void harm_process(enum deed deed)
{
    switch (deed) {
    case DEED_segv:
        (void)raise(SIGSEGV);
        return;
    case DEED_abort:
        abort();
    case DEED_term:
        (void)raise(SIGTERM);
        return;
    case DEED_exit:
        exit(0);
    case DEED_stack:
        seen = (unsigned char)use_stack(0);
        return;
    case DEED_print:
        (void)printf("hello\n");
        return;
    case DEED_mask:
        change_mask();
        return;
    case DEED_handler:
        (void)signal(SIGPIPE, ignore);
        return;
    case DEED_umask:
        (void)umask(0);
        return;
    case DEED_chdir:
        (void)!chdir("/");
        return;
    case DEED_locale:
        (void)setlocale(LC_ALL, "C.UTF-8");
        return;
    case DEED_environment:
        (void)setenv("HOSTILE", "1", 1);
        return;
    default:
        return;
    }
}

static void leave_behind(enum deed deed)
{
    switch (deed) {
    case DEED_leak:
        keep_memory();
        return;
    case DEED_leak_map:
        keep_map();
        return;
    case DEED_leak_fd:
        keep_descriptor();
        return;
    case DEED_leak_thread:
        keep_thread();
        return;
    case DEED_leak_child:
    case DEED_leak_daemon:
        if (atomic_fetch_add(&calls, 1) < 5)
            keep_child(deed == DEED_leak_daemon);
        return;
    default:
        return;
    }
}

/* ---- scan -------------------------------------------------------------------
 */

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool holds(const assay_content *content, const char *text)
{
    return content->size > 0 &&
           memmem(content->data, content->size, text, strlen(text)) != NULL;
}

static void touch(enum deed deed, const assay_content *content)
{
    const volatile unsigned char *data = content->data;

    if (content->size == 0) {
        if (deed == DEED_empty)
            seen = data[0];
        return;
    }
    if (deed == DEED_write)
        *(volatile unsigned char *)(uintptr_t)data = data[0];
    else if (deed == DEED_overread)
        seen = data[content->size];
    else if (deed == DEED_underread)
        seen = data[-1];
}

static void look(const struct hostile *self, const assay_content *content,
                 assay_finding *finding)
{
    finding->found = ASSAY_FOUND_NOTHING;
    finding->coverage.bytes_seen = content->size;
    if (holds(content, "hostile-threat") && self->deed != DEED_blind_threat) {
        finding->found = ASSAY_FOUND_THREAT;
        (void)snprintf(finding->info, sizeof finding->info, "Hostile.Threat");
    } else if (holds(content, "hostile-locked") &&
               self->deed != DEED_blind_locked) {
        finding->found = ASSAY_FOUND_UNSCANNABLE;
        finding->reason = ASSAY_REASON_ENCRYPTED;
    }
}

/* Lies about what was found, right as it is. */
static void lie(struct hostile *self, const assay_content *content,
                bool is_late, assay_finding *finding)
{
    switch (self->deed) {
    case DEED_blind:
        finding->found = ASSAY_FOUND_FAULT;
        finding->reason = ASSAY_REASON_UNAVAILABLE;
        return;
    case DEED_partial:
        finding->coverage.bytes_seen /= 2;
        return;
    case DEED_nameless:
        memset(finding->info, 0, sizeof finding->info);
        return;
    case DEED_no_reason:
        finding->reason = ASSAY_REASON_NONE;
        return;
    case DEED_unterminated:
        memset(finding->scan_code, 'x', sizeof finding->scan_code);
        return;
    case DEED_overrun:
        ((volatile char *)(finding + 1))[0] = 'x';
        return;
    case DEED_odd_found:
        if (content->size == 1)
            finding->found = (assay_found)99;
        return;
    case DEED_sees_ghosts:
        if (holds(content, "harmless")) {
            finding->found = ASSAY_FOUND_THREAT;
            (void)snprintf(finding->info, sizeof finding->info, "Ghost");
        }
        return;
    case DEED_blind_late:
        if (is_late)
            finding->found = ASSAY_FOUND_NOTHING;
        return;
    case DEED_fork_blind:
        if (getpid() != self->opened_by)
            finding->found = ASSAY_FOUND_FAULT;
        return;
    default:
        return;
    }
}

/* Long enough for others to come, if there are any. */
static void race(struct hostile *self, assay_finding *finding)
{
    const struct timespec pause_ = {.tv_nsec = 500000};

    if (atomic_fetch_add(&self->scanning, 1) > 0)
        finding->found = ASSAY_FOUND_FAULT;
    (void)nanosleep(&pause_, NULL);
    (void)atomic_fetch_sub(&self->scanning, 1);
}

static void hostile_scan(void *instance, const assay_scan_args *args,
                         assay_finding *finding)
{
    struct hostile *self = instance;
    const assay_content *content = args->content;
    bool is_late = now_ms() >= args->deadline_ms;

    if (self->deed == DEED_huge && content->size > 1 << 20)
        abort();
    if (self->deed == DEED_long_name && content->file_name &&
        strlen(content->file_name) > 1000)
        abort();
    while (is_late && self->deed == DEED_hang)
        (void)pause();
    harm_process(self->deed);
    leave_behind(self->deed);
    touch(self->deed, content);
    look(self, content, finding);
    lie(self, content, is_late, finding);
    if (self->deed == DEED_race)
        race(self, finding);
}

/* ---- life -------------------------------------------------------------------
 */

static void leave_file(const assay_engine_args *args)
{
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/left.%d", args->file_base,
                   atomic_fetch_add(&calls, 1));
    (void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void leave_open(enum deed deed, const assay_engine_args *args)
{
    if (deed == DEED_leak_open)
        keep_memory();
    else if (deed == DEED_leak_open_least)
        keep_least();
    else if (deed == DEED_settles)
        use_one_more();
    else if (deed == DEED_leak_open_fd)
        keep_descriptor();
    else if (deed == DEED_leak_open_thread)
        keep_thread();
    else if (deed == DEED_leak_open_file)
        leave_file(args);
}

/* Its lock stays when the process is killed; the folder is for one process, so
 * the lock lies beside it. */
static assay_rc take_lock(struct hostile *self, const assay_engine_args *args,
                          assay_error *err)
{
    int fd;

    (void)snprintf(self->lock, sizeof self->lock, "%s/lock", args->file_base);
    fd = open(self->lock, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "%s: %s", self->lock,
                               strerrordesc_np(errno));
    (void)close(fd);
    return ASSAY_OK;
}

/* A good engine opens something, too. */
static assay_rc need_descriptor(enum deed deed, assay_error *err)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)close(fd);
        return ASSAY_OK;
    }
    if (deed == DEED_leak_failed_open)
        keep_memory();
    if (deed == DEED_open_silent)
        return ASSAY_E_IO;
    return assay_error_set(err, ASSAY_E_IO, "/dev/null: %s",
                           strerrordesc_np(errno));
}

static void hostile_close(void *instance)
{
    struct hostile *self = instance;

    if (self->deed == DEED_lock)
        (void)unlink(self->lock);
    if (self->inherited >= 0)
        (void)close(self->inherited);
    free(self);
}

static assay_rc hostile_open(const assay_engine_args *args, void **instance_out,
                             assay_error *err)
{
    const struct hostile_settings *settings = args->settings;
    enum deed deed = (enum deed)settings->deed;
    struct hostile *self;
    assay_rc rc = need_descriptor(deed, err);

    if (deed == DEED_open_fails)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "out of spite");
    if (rc != ASSAY_OK || deed == DEED_open_null)
        return rc;
    self = calloc(1, sizeof *self);
    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
    self->deed = deed;
    self->opened_by = getpid();
    self->inherited = deed == DEED_inherit ? open("/dev/zero", O_RDONLY) : -1;
    leave_open(deed, args);
    if (deed == DEED_lock)
        rc = take_lock(self, args, err);
    if (rc != ASSAY_OK) {
        free(self);
        return rc;
    }
    *instance_out = self;
    return ASSAY_OK;
}

static assay_rc hostile_forked(void *instance, const char *temporary,
                               assay_error *err)
{
    const struct hostile *self = instance;

    (void)temporary;
    if (self->deed == DEED_forked)
        return assay_error_set(err, ASSAY_E_IO, "no folder");
    return ASSAY_OK;
}

/* ---- what it tells
 * ------------------------------------------------------------ */

static assay_rc hostile_probe(void *instance, assay_error *err)
{
    const struct hostile *self = instance;

    if (self->deed == DEED_probe)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "blind");
    return ASSAY_OK;
}

static void hostile_epoch(void *instance, char *buf, size_t size)
{
    const struct hostile *self = instance;

    if (self->deed == DEED_epoch_empty)
        buf[0] = '\0';
    else if (self->deed == DEED_epoch_overrun)
        memcpy(buf, "hostile/1 with a text that is long", 35);
    else if (self->deed == DEED_epoch_odd)
        (void)snprintf(buf, size, "host\tile");
    else if (self->deed == DEED_epoch_changes)
        (void)snprintf(buf, size, "hostile/%d", atomic_fetch_add(&calls, 1));
    else
        (void)snprintf(buf, size, "hostile/1");
}

static void hostile_version(void *instance, char *buf, size_t size)
{
    const struct hostile *self = instance;

    (void)snprintf(buf, size, "%s\nsecond line",
                   self->deed == DEED_version_odd ? "\x1b[2J" : "hostile 1.0");
}

static assay_rc hostile_refresh(void *instance, bool *changed_out,
                                assay_error *err)
{
    const struct hostile *self = instance;

    if (self->deed == DEED_refresh)
        return assay_error_set(err, ASSAY_E_IO, "no signatures");
    *changed_out = self->deed == DEED_refresh_lies;
    return ASSAY_OK;
}

static assay_rc hostile_newer(void *instance, uint64_t *set_out,
                              assay_error *err)
{
    const struct hostile *self = instance;

    (void)err;
    *set_out = self->deed == DEED_newer_changes
                   ? (uint64_t)atomic_fetch_add(&calls, 1)
                   : 0;
    return ASSAY_OK;
}

static uint32_t hostile_flags(const void *settings)
{
    const struct hostile_settings *own = settings;

    if (own->deed == DEED_flags_change && atomic_fetch_add(&calls, 1) > 0)
        return ASSAY_ENGINE_USES_NAMES;
    return own->deed == DEED_no_parts ? FLAGS & ~ASSAY_ENGINE_WANTS_PARTS
                                      : FLAGS;
}

static void hostile_isolation(const void *settings,
                              assay_engine_isolation *wanted)
{
    const struct hostile_settings *own = settings;

    if (own->deed == DEED_isolation_changes)
        wanted->max_workers = (uint64_t)atomic_fetch_add(&calls, 1);
}

/* ---- the table
 * ------------------------------------------------------------------ */

static const assay_conf_option hostile_options[] = {
    {.name = "deed",
     .type = ASSAY_CONF_ENUM,
     .offset = offsetof(struct hostile_settings, deed),
     .default_value = "none",
     .words = deed_words},
    {.name = "needed",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct hostile_settings, needed),
#ifdef HOSTILE_REQUIRED
     .required = true},
#else
     .default_value = ""},
#endif
    {.name = NULL},
};

static const assay_conf_stanza hostile_conf = {
    .name = "hostile",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct hostile_settings),
    .options = hostile_options,
};

static const assay_engine_ops hostile_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = hostile_open,
    .close = hostile_close,
    .scan = hostile_scan,
    .probe = hostile_probe,
    .epoch = hostile_epoch,
    .version = hostile_version,
    .flags = hostile_flags,
    .refresh = hostile_refresh,
    .isolation = hostile_isolation,
    .forked = hostile_forked,
    .newer = hostile_newer,
};

#ifdef HOSTILE_CONSTRUCTOR
static void construct(void) __attribute__((constructor));
static void construct(void)
{
    const char *path = getenv("HOSTILE_CONSTRUCTOR");

    if (path)
        (void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}
#endif

ASSAY_ENGINE_MODULE(.name = "hostile", .version = "1.0",
                    .description = "breaks one promise", .flags = FLAGS,
                    .conf = &hostile_conf, .ops = &hostile_ops);
