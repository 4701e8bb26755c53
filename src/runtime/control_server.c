/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The listener of the console. One thread polls all connections; commands run
 * in a small pool of their own, so that a slow one (a reload) holds up no
 * other client, and no scan waits for anything here.
 *
 * What clients can use up is bounded: see control_client.h for one of them.
 * When there is no place, or no descriptor, for one more, the client that has
 * been idle for the longest time is let go; so the console answers when a
 * thousand idle clients, or the mail, have taken everything (C11, C14). A few
 * descriptors are kept in reserve for that.
 *
 * Locking: control->lock (rank console) guards is_done of each client,
 * is_stopping and running; held for a few instructions. The rest belongs to the
 * server's thread, and after it has ended to assay_control_stop().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <assay/control.h>

#include "base/clock.h"
#include "base/sizes.h"
#include "rt/lock.h"
#include "rt/pool.h"
#include "runtime/assay_priv.h"
#include "runtime/control_client.h"

enum {
    WORKERS = 4,            /* commands at once */
    SPARES = 4,             /* descriptors in reserve */
    ACCEPTS_AT_ONCE = 16,   /* before looking at the clients again */
    PAUSE_MS = 200,         /* without a look for newcomers when there is no
                               descriptor, and nobody to let go */
    CROWDED_LOG_MS = 60000, /* between two lines that say so */
    GROUPS_MAX = 1024,      /* of a peer that are looked at */
    FIXED_FDS = 2           /* in front of the clients: wake, listen */
};

/** Why a client is let go. */
enum reason { MAX_CLIENTS, NO_DESCRIPTORS, REASONS };

/** A client and the job that runs its line. */
struct member {
    struct assay__control_client *client; /* owned */
    struct assay__job job;
    struct assay_control *control;
    bool is_done; /* control->lock */
    struct member *next;
};

struct assay_control {
    assay *library;                /* set once, as all up to pool */
    assay_control_options options; /* complete */
    int wake_fd;
    struct assay__pool *pool;
    struct assay__lock lock;
    struct assay__cond idle; /* no command runs */
    bool is_stopping;        /* lock */
    size_t running;          /* lock: commands that were submitted */
    int spares[SPARES];      /* descriptors in reserve */
    size_t spare_count;
    struct member *members;
    size_t count;
    struct pollfd *fds;              /* FIXED_FDS + max_clients */
    int64_t paused_until_ms;         /* no look for newcomers before; 0: none */
    int64_t crowded_log_ms[REASONS]; /* when that was last told */
    pthread_t thread;
};

/* ---- who a client is --------------------------------------------------- */

static bool is_in_group(int fd, int64_t gid)
{
    gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof groups;

    if (gid < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
        return false;
    for (size_t i = 0; i < size / sizeof *groups; i++)
        if (groups[i] == (gid_t)gid)
            return true;
    return false;
}

static assay_rc open_session(struct assay_control *control, int fd,
                             struct assay__control_session **out)
{
    struct ucred peer = {.uid = (uid_t)-1, .gid = (gid_t)-1};
    int64_t gid = control->options.admin_gid;
    char text[ASSAY__CONTROL_PEER_MAX];
    socklen_t size = sizeof peer;
    bool may_change = false;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
        may_change = peer.uid == 0 || peer.uid == geteuid() ||
                     (gid >= 0 && peer.gid == (gid_t)gid) ||
                     is_in_group(fd, gid);
    (void)snprintf(text, sizeof text, "uid=%lld gid=%lld pid=%lld",
                   (long long)peer.uid, (long long)peer.gid,
                   (long long)peer.pid);
    return assay_control_session_open(control->library, &control->options.host,
                                      may_change, text, out, NULL);
}

/* ---- members ----------------------------------------------------------- */

/* Fills the reserve when there are descriptors to be had. */
static void keep_spares(struct assay_control *control)
{
    while (control->spare_count < SPARES) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            return;
        control->spares[control->spare_count++] = fd;
    }
}

/* The descriptor of a client that ends goes back to the reserve without being
 * free in between: mail that waits for one would have it at once. */
static void save_descriptor(struct assay_control *control,
                            struct assay__control_client *client)
{
    if (control->spare_count == SPARES ||
        dup3(control->wake_fd, client->fd, O_CLOEXEC) < 0)
        return; /* it is closed with the client */
    control->spares[control->spare_count++] = client->fd;
    client->fd = -1;
}

/* Takes fd over. */
static void add_member(struct assay_control *control, int fd)
{
    struct assay__control_session *session = NULL;
    struct member *member = calloc(1, sizeof *member);

    if (member && open_session(control, fd, &session) == ASSAY_OK)
        member->client = assay__control_client_new(
            fd, session, control->options.timeout_s * 1000);
    if (!member || !member->client) {
        assay_control_session_close(&session);
        free(member);
        (void)close(fd);
        return;
    }
    member->control = control;
    member->next = control->members;
    control->members = member;
    control->count++;
}

static void free_member(struct assay_control *control, struct member *member)
{
    struct member **at = &control->members;

    while (*at != member)
        at = &(*at)->next;
    *at = member->next;
    control->count--;
    save_descriptor(control, member->client);
    assay__control_client_free(member->client);
    free(member);
}

/* Is a, the older one, less of a loss than b? Who may not change anything goes
 * first, then who has waited longest. */
static bool goes_first(const struct assay__control_client *a,
                       const struct assay__control_client *b)
{
    if (a->session->may_change != b->session->may_change)
        return b->session->may_change;
    return a->since_ms <= b->since_ms;
}

static void tell_crowded(struct assay_control *control, enum reason reason)
{
    static const char *const names[REASONS] = {
        [MAX_CLIENTS] = "max_clients",
        [NO_DESCRIPTORS] = "no_descriptors",
    };
    int64_t *last = &control->crowded_log_ms[reason], now = assay__clock_ms();

    if (*last != 0 && now - *last < CROWDED_LOG_MS)
        return;
    *last = now;
    assay_log_write(assay__log(control->library), ASSAY_LOG_WARN,
                    "console.crowded", "clients=%zu reason=%s", control->count,
                    names[reason]);
}

/* The client to be let go; NULL: all have a command running. */
static struct member *dispensable(const struct assay_control *control)
{
    struct member *found = NULL;

    for (struct member *m = control->members; m; m = m->next)
        if (m->client->state != ASSAY__CONTROL_RUNNING &&
            (!found || goes_first(m->client, found->client)))
            found = m;
    return found;
}

/* @return false when nobody can be let go */
static bool let_one_go(struct assay_control *control, enum reason reason)
{
    struct member *found = dispensable(control);

    tell_crowded(control, reason);
    if (found)
        free_member(control, found);
    return found != NULL;
}

/* ---- newcomers --------------------------------------------------------- */

static bool is_out_of_descriptors(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

static int accept_one(struct assay_control *control)
{
    return accept4(control->options.listen_fd, NULL, NULL,
                   SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* accept4() looks for a descriptor before it looks for a newcomer. */
static bool has_newcomer(const struct assay_control *control)
{
    struct pollfd listen = {.fd = control->options.listen_fd, .events = POLLIN};

    return poll(&listen, 1, 0) > 0;
}

/* Makes a descriptor free: one in reserve, then that of a client. */
static bool free_descriptor(struct assay_control *control)
{
    if (control->spare_count == 0 && !let_one_go(control, NO_DESCRIPTORS))
        return false;
    tell_crowded(control, NO_DESCRIPTORS);
    if (control->spare_count > 0)
        (void)close(control->spares[--control->spare_count]);
    return true;
}

/* @return false when there is no place, and nobody who could make one */
static bool accept_next(struct assay_control *control, bool *is_last_out)
{
    bool is_full = control->count == control->options.max_clients;
    int fd;

    if (is_full && !dispensable(control))
        return false;
    fd = accept_one(control);
    if (fd >= 0) {
        if (is_full)
            (void)let_one_go(control, MAX_CLIENTS);
        add_member(control, fd);
        return true;
    }
    *is_last_out = errno == EAGAIN;
    if (!is_out_of_descriptors(errno))
        return true;
    *is_last_out = !has_newcomer(control);
    return *is_last_out || free_descriptor(control);
}

static void accept_some(struct assay_control *control)
{
    bool is_last = false;

    for (int i = 0; i < ACCEPTS_AT_ONCE && !is_last; i++) {
        if (accept_next(control, &is_last))
            continue;
        control->paused_until_ms = assay__clock_ms() + PAUSE_MS;
        return;
    }
}

/* ---- commands ---------------------------------------------------------- */

static void wake(struct assay_control *control)
{
    const uint64_t one = 1;

    if (write(control->wake_fd, &one, sizeof one) < 0)
        return; /* it is awake: the number is at its largest */
}

/* In a worker. */
static void run_job(struct assay__job *job)
{
    struct member *member =
        (struct member *)(void *)((char *)job - offsetof(struct member, job));
    struct assay_control *control = member->control;

    assay__control_client_run(member->client);
    assay__lock_take(&control->lock);
    member->is_done = true;
    control->running--;
    assay__cond_broadcast(&control->idle);
    assay__lock_drop(&control->lock);
    wake(control);
}

static bool take_done(struct assay_control *control, struct member *member)
{
    bool is_done;

    assay__lock_take(&control->lock);
    is_done = member->is_done;
    member->is_done = false;
    assay__lock_drop(&control->lock);
    return is_done;
}

static void count_running(struct assay_control *control, int by)
{
    assay__lock_take(&control->lock);
    control->running += (size_t)by;
    assay__lock_drop(&control->lock);
}

/* After each step of a client: its next line may want to run. */
static void begin_command(struct assay_control *control, struct member *member)
{
    struct assay__control_client *client = member->client;
    assay_error err = {0};

    if (client->state != ASSAY__CONTROL_RUNNING)
        return;
    member->job = (struct assay__job){.run = run_job};
    count_running(control, 1);
    if (assay__pool_submit(control->pool, &member->job, INT64_MAX, &err) ==
        ASSAY_OK)
        return;
    count_running(control, -1);
    client->reply.failed = true; /* and this connection is over: a second try
                                    would not go better */
    client->is_ending = true;
    client->in_len = client->line_bytes;
    (void)assay__strbuf_addf(&client->reply.text, "%s\n", err.msg);
    assay__control_client_answer(client);
}

/* ---- the thread -------------------------------------------------------- */

static void look_after(struct assay_control *control, struct member *member,
                       short events, int64_t now)
{
    struct assay__control_client *client = member->client;
    enum assay__control_state before = client->state;

    if (before == ASSAY__CONTROL_RUNNING) {
        if (events & (POLLHUP | POLLERR))
            client->is_gone = true;
        if (!take_done(control, member))
            return;
        assay__control_client_answer(client);
    } else if (events != 0 && before == ASSAY__CONTROL_READING) {
        assay__control_client_read(client);
    } else if (events != 0) {
        assay__control_client_write(client);
    } else if (now >= client->deadline_ms) {
        client->state = ASSAY__CONTROL_OVER;
    }
    begin_command(control, member);
    if (client->state == ASSAY__CONTROL_OVER)
        free_member(control, member);
}

static void drain_wake(struct assay_control *control)
{
    uint64_t count;

    if (read(control->wake_fd, &count, sizeof count) < 0)
        return; /* nobody woke us */
}

/* @return how many entries of control->fds are set; the members' stand behind
 * the fixed ones in the order of the list */
static nfds_t fill_fds(struct assay_control *control, int64_t now,
                       int64_t *until_out)
{
    nfds_t count = FIXED_FDS;
    bool is_paused = now < control->paused_until_ms;

    *until_out = is_paused ? control->paused_until_ms : INT64_MAX;
    control->fds[0] = (struct pollfd){.fd = control->wake_fd, .events = POLLIN};
    control->fds[1] = (struct pollfd){
        .fd = is_paused ? -1 : control->options.listen_fd, .events = POLLIN};
    for (struct member *m = control->members; m; m = m->next) {
        control->fds[count++] = (struct pollfd){
            .fd = m->client->is_gone ? -1 : m->client->fd,
            .events = assay__control_client_events(m->client),
        };
        if (m->client->deadline_ms < *until_out)
            *until_out = m->client->deadline_ms;
    }
    return count;
}

static int wait_ms(int64_t now, int64_t until)
{
    if (until == INT64_MAX)
        return -1;
    if (until <= now)
        return 0;
    return until - now > 60000 ? 60000 : (int)(until - now);
}

static bool is_stopping(struct assay_control *control)
{
    bool stop;

    assay__lock_take(&control->lock);
    stop = control->is_stopping;
    assay__lock_drop(&control->lock);
    return stop;
}

/* A signal, or more clients than the limit of descriptors is now: poll refuses
 * to look at more than that. */
static void recover_poll(struct assay_control *control, int error)
{
    if (error == EINTR)
        return;
    if (error != EINVAL || !let_one_go(control, NO_DESCRIPTORS))
        (void)poll(NULL, 0, PAUSE_MS); /* no memory, or all are busy */
}

static void *serve(void *arg)
{
    struct assay_control *control = arg;

    while (!is_stopping(control)) {
        int64_t now = assay__clock_ms(), until;
        nfds_t count = fill_fds(control, now, &until), at = FIXED_FDS;
        struct member *member = control->members, *next;

        if (poll(control->fds, count, wait_ms(now, until)) < 0) {
            recover_poll(control, errno);
            continue;
        }
        now = assay__clock_ms();
        if (control->fds[0].revents != 0)
            drain_wake(control);
        for (; member; member = next) {
            next = member->next;
            look_after(control, member, control->fds[at++].revents, now);
        }
        if (control->fds[1].revents != 0)
            accept_some(control);
        keep_spares(control);
    }
    return NULL;
}

/* ---- start and stop ---------------------------------------------------- */

static assay_rc check_options(const assay_control_options *options,
                              assay_error *err)
{
    int listens = 0, domain = 0;
    socklen_t size = sizeof listens;

    if (options->struct_size != sizeof *options || options->timeout_s < 1 ||
        options->timeout_s > INT32_MAX || options->max_clients < 1 ||
        options->max_clients > INT16_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "assay_control_options is not initialised, or a "
                               "member is out of range");
    if (getsockopt(options->listen_fd, SOL_SOCKET, SO_ACCEPTCONN, &listens,
                   &size) != 0 ||
        getsockopt(options->listen_fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) !=
            0 ||
        !listens || domain != AF_UNIX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "listen_fd is not a unix socket that listens");
    return ASSAY_OK;
}

static assay_rc open_parts(struct assay_control *control, assay_error *err)
{
    const struct assay__pool_options workers = {.concurrency = WORKERS};
    int flags = fcntl(control->options.listen_fd, F_GETFL);
    size_t bytes;
    assay_rc rc;

    if (flags < 0 ||
        fcntl(control->options.listen_fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return assay_error_set(err, ASSAY_E_IO, "console: errno %d", errno);
    control->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (control->wake_fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "console: errno %d", errno);
    keep_spares(control);
    if (assay__size_mul(FIXED_FDS + control->options.max_clients,
                        sizeof *control->fds, &bytes))
        control->fds = malloc(bytes);
    if (!control->fds)
        return assay_error_set(err, ASSAY_E_NOMEM, "console");
    rc = assay__pool_new("console", &workers, &control->pool, err);
    if (rc == ASSAY_OK)
        rc = assay__pool_start(control->pool, err);
    return rc;
}

static assay_rc start_thread(struct assay_control *control, assay_error *err)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all); /* signals belong to the host's threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&control->thread, NULL, serve, control);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0)
        return assay_error_set(err, ASSAY_E_IO, "console thread: errno %d",
                               failed);
    (void)pthread_setname_np(control->thread, "assay-console");
    return ASSAY_OK;
}

/* Everything but the thread; the pool has been stopped or never ran. */
static void destroy(struct assay_control *control)
{
    while (control->members)
        free_member(control, control->members);
    assay__pool_free(&control->pool);
    if (control->wake_fd >= 0)
        (void)close(control->wake_fd);
    while (control->spare_count > 0)
        (void)close(control->spares[--control->spare_count]);
    assay__cond_fini(&control->idle);
    assay__lock_fini(&control->lock);
    free(control->fds);
    free(control);
}

assay_rc assay_control_start(assay *library,
                             const assay_control_options *options,
                             assay_control **out, assay_error *err)
{
    struct assay_control *control;
    assay_rc rc = check_options(options, err);

    if (rc != ASSAY_OK)
        return rc;
    control = calloc(1, sizeof *control);
    if (!control)
        return assay_error_set(err, ASSAY_E_NOMEM, "console");
    control->library = library;
    control->options = *options;
    control->wake_fd = -1;
    rc = assay__lock_init(&control->lock, ASSAY__LOCK_console, err);
    if (rc != ASSAY_OK) {
        free(control);
        return rc;
    }
    rc = assay__cond_init(&control->idle, err);
    if (rc != ASSAY_OK) {
        assay__lock_fini(&control->lock);
        free(control);
        return rc;
    }
    rc = open_parts(control, err);
    if (rc == ASSAY_OK)
        rc = start_thread(control, err);
    if (rc != ASSAY_OK) {
        destroy(control);
        return rc;
    }
    *out = control;
    return ASSAY_OK;
}

/* The answers of commands that were running when the stop came, such as that
 * of `shutdown` itself; what the socket does not take is lost. */
static void send_last_answers(struct assay_control *control)
{
    for (struct member *m = control->members; m; m = m->next)
        if (m->client->state == ASSAY__CONTROL_RUNNING && m->is_done)
            assay__control_client_answer(m->client);
}

static bool wait_idle(struct assay_control *control, int64_t wait_ms)
{
    int64_t until = assay__clock_ms() + wait_ms;
    bool is_idle, in_time = true;

    assay__lock_take(&control->lock);
    while (control->running > 0 && in_time) {
        if (wait_ms < 0)
            assay__cond_wait(&control->idle, &control->lock);
        else
            in_time =
                assay__cond_wait_until(&control->idle, &control->lock, until);
    }
    is_idle = control->running == 0;
    assay__lock_drop(&control->lock);
    return is_idle;
}

bool assay_control_stop(assay_control **control, int64_t wait_ms)
{
    struct assay_control *self = *control;

    *control = NULL;
    if (!self)
        return true;
    assay__lock_take(&self->lock);
    self->is_stopping = true;
    assay__lock_drop(&self->lock);
    wake(self);
    pthread_join(self->thread, NULL);
    if (!wait_idle(self, wait_ms))
        return false;
    assay__pool_stop(self->pool);
    send_last_answers(self);
    destroy(self);
    return true;
}
