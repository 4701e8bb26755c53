/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scanner_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum {
    SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL,
    /* Nobody can write who could not before. */
    WINDOW_SEALS =
        F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL,
    CROWDED_MS = 5000, /* how long descriptors of others may be in the way */
    CROWDED_PAUSE_MS = 2,
    MAX_STRAY_FDS = 16 /* room to see, and close, what should not be there */
};

static assay_rc io_error(assay_error *err, const char *what)
{
    return assay_error_set(err, ASSAY_E_IO, "scanner: %s: %s", what,
                           strerrordesc_np(errno));
}

/* ---- content ----------------------------------------------------------- */

static bool write_all(int fd, assay_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.data, bytes.len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes.data += written;
        bytes.len -= (size_t)written;
    }
    return true;
}

assay_rc assay__wire_seal(assay_bytes bytes, int *fd_out, assay_error *err)
{
    int fd = memfd_create("assay-content", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return io_error(err, "memfd_create");
    if (!write_all(fd, bytes) || fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
        (void)io_error(err, "memfd");
        close(fd);
        return ASSAY_E_IO;
    }
    *fd_out = fd;
    return ASSAY_OK;
}

static assay_rc check_sealed(int fd, uint64_t size, assay_error *err)
{
    struct stat st;

    if ((fcntl(fd, F_GET_SEALS) & SEALS) != SEALS)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "scanner: the content is not sealed");
    if (fstat(fd, &st) < 0 || st.st_size < 0 || (uint64_t)st.st_size != size)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "scanner: the content has another size");
    return ASSAY_OK;
}

assay_rc assay__wire_map(int fd, uint64_t size, void **map_out,
                         assay_error *err)
{
    assay_rc rc = check_sealed(fd, size, err);
    void *map = NULL;

    if (rc != ASSAY_OK)
        return rc;
    if (size > 0)
        map = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return io_error(err, "mmap");
    *map_out = map;
    return ASSAY_OK;
}

static bool is_window(int fd)
{
    struct stat st;

    return (fcntl(fd, F_GET_SEALS) & WINDOW_SEALS) == WINDOW_SEALS &&
           fstat(fd, &st) == 0 && st.st_size == ASSAY__WIRE_WINDOW;
}

assay_rc assay__wire_read(int fd, uint64_t size, void *buffer, assay_error *err)
{
    assay_rc rc = size <= ASSAY__WIRE_WINDOW && is_window(fd)
                      ? ASSAY_OK
                      : check_sealed(fd, size, err);

    /* Memory is read at once, or not at all. */
    if (rc == ASSAY_OK && pread(fd, buffer, (size_t)size, 0) != (ssize_t)size)
        rc = io_error(err, "read");
    return rc;
}

/* ---- a window ---------------------------------------------------------- */

static void open_window(struct assay__wire_window *window)
{
    int fd = memfd_create("assay-window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *map = NULL;

    if (fd < 0)
        return;
    /* Its memory is taken now: later, SIGBUS would tell that there is none. */
    if (fallocate(fd, 0, 0, ASSAY__WIRE_WINDOW) == 0)
        map = mmap(NULL, ASSAY__WIRE_WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED,
                   fd, 0);
    if (map == MAP_FAILED)
        map = NULL;
    if (map && fcntl(fd, F_ADD_SEALS, WINDOW_SEALS) == 0) {
        *window = (struct assay__wire_window){fd, map};
        return;
    }
    if (map)
        (void)munmap(map, ASSAY__WIRE_WINDOW);
    close(fd);
}

int assay__wire_window_put(struct assay__wire_window *window, assay_bytes bytes)
{
    if (bytes.len > ASSAY__WIRE_WINDOW)
        return -1;
    if (!window->map)
        open_window(window);
    if (!window->map)
        return -1;
    if (bytes.len > 0)
        memcpy(window->map, bytes.data, bytes.len);
    return window->fd;
}

void assay__wire_window_close(struct assay__wire_window *window)
{
    if (!window->map)
        return;
    (void)munmap(window->map, ASSAY__WIRE_WINDOW);
    close(window->fd);
    *window = (struct assay__wire_window){0};
}

/* ---- packets ----------------------------------------------------------- */

/* Linux counts descriptors that are on their way for all processes of a user,
 * and from one without capabilities, such as a template, it takes no more while
 * another program of that user has sent many; that one soon reads them. */
static bool may_send_soon(int64_t until_ms)
{
    const struct timespec pause = {.tv_nsec = (long)CROWDED_PAUSE_MS * 1000000};

    if (errno == EINTR)
        return true;
    if (errno != ETOOMANYREFS || assay__clock_ms() >= until_ms)
        return false;
    (void)nanosleep(&pause, NULL);
    return true;
}

assay_rc assay__wire_send_until(int socket_fd, const void *packet, size_t size,
                                int fd, int64_t until_ms, assay_error *err)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    union {
        const void *in;
        void *out;
    } data = {.in = packet}; /* iovec has no const form */
    struct iovec iov = {.iov_base = data.out, .iov_len = size};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t sent;

    if (fd >= 0) {
        msg.msg_control = control.space;
        msg.msg_controllen = sizeof control.space;
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    }
    do
        sent = sendmsg(socket_fd, &msg, MSG_NOSIGNAL);
    while (sent < 0 && may_send_soon(until_ms));
    if (sent < 0 || (size_t)sent != size)
        return io_error(err, "send");
    return ASSAY_OK;
}

assay_rc assay__wire_send(int socket_fd, const void *packet, size_t size,
                          int fd, assay_error *err)
{
    return assay__wire_send_until(socket_fd, packet, size, fd,
                                  assay__clock_ms() + CROWDED_MS, err);
}

/* @return milliseconds for poll() */
static int poll_time(int64_t deadline_ms)
{
    int64_t left;

    if (deadline_ms < 0)
        return -1;
    left = deadline_ms - assay__clock_ms();
    if (left <= 0)
        return 0;
    return left < 3600000 ? (int)left : 3600000;
}

assay_rc assay__wire_wait(int fd, int other_fd, int64_t deadline_ms,
                          assay_error *err)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
                           {.fd = other_fd, .events = POLLIN}};

    for (;;) {
        int n = poll(fds, 2, poll_time(deadline_ms));

        if (n > 0)
            return fds[0].revents
                       ? ASSAY_OK
                       : assay_error_set(err, ASSAY_E_STATE,
                                         "scanner: something else happened");
        if (n == 0 && deadline_ms >= 0 && assay__clock_ms() >= deadline_ms)
            return assay_error_set(err, ASSAY_E_TIMEOUT,
                                   "scanner: no answer in time");
        if (n < 0 && errno != EINTR)
            return io_error(err, "poll");
    }
}

/* Takes the first descriptor, closes all others. @return how many came */
static size_t collect_fds(struct msghdr *msg, int *first)
{
    size_t total = 0;

    *first = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t count;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++, total++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (*first < 0)
                *first = fd;
            else
                close(fd);
        }
    }
    return total;
}

assay_rc assay__wire_receive(int socket_fd, void *packet, size_t size,
                             int *fd_out, int64_t deadline_ms, assay_error *err)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * MAX_STRAY_FDS)];
    } control;
    struct iovec iov = {.iov_base = packet, .iov_len = size};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.space,
                         .msg_controllen = sizeof control.space};
    /* Without a deadline receiving itself waits. */
    assay_rc rc = deadline_ms < 0
                      ? ASSAY_OK
                      : assay__wire_wait(socket_fd, -1, deadline_ms, err);
    size_t fds;
    ssize_t got;
    int fd;

    if (rc != ASSAY_OK)
        return rc;
    do
        got = recvmsg(socket_fd, &msg, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0 && errno == ECONNRESET)
        return assay_error_set(err, ASSAY_E_IO,
                               "scanner: the other side has closed without "
                               "having read");
    if (got < 0)
        return io_error(err, "receive");
    fds = collect_fds(&msg, &fd);
    if (got == 0 && fds == 0)
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "scanner: the other side has closed");
    if ((size_t)got != size || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
        fds > (fd_out ? 1u : 0u)) {
        if (fd >= 0)
            close(fd);
        return assay_error_set(err, ASSAY_E_INVAL,
                               "scanner: a packet of the wrong form");
    }
    if (fd_out)
        *fd_out = fd;
    return ASSAY_OK;
}

/* ---- fields ------------------------------------------------------------ */

void assay__wire_request_init(struct assay__wire_request *request,
                              enum assay__wire_kind kind, uint64_t id)
{
    memset(request, 0, sizeof *request);
    request->magic = ASSAY__WIRE_MAGIC;
    request->kind = kind;
    request->id = id;
}

void assay__wire_reply_init(struct assay__wire_reply *reply,
                            enum assay__wire_kind kind, uint64_t id)
{
    memset(reply, 0, sizeof *reply);
    reply->magic = ASSAY__WIRE_MAGIC;
    reply->kind = kind;
    reply->id = id;
}

static bool is_terminated(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

#define IS_TEXT(array) is_terminated(array, sizeof(array))

bool assay__wire_request_is_sound(const struct assay__wire_request *request)
{
    return request->magic == ASSAY__WIRE_MAGIC &&
           request->kind >= ASSAY__WIRE_START &&
           request->kind <= ASSAY__WIRE_PROBE &&
           request->content_kind <= ASSAY_CONTENT_FILE &&
           IS_TEXT(request->media_type) && IS_TEXT(request->file_name) &&
           IS_TEXT(request->reading);
}

bool assay__wire_reply_is_sound(const struct assay__wire_reply *reply)
{
    const assay_finding *finding = &reply->finding;

    return reply->magic == ASSAY__WIRE_MAGIC &&
           reply->kind >= ASSAY__WIRE_LOG &&
           reply->kind <= ASSAY__WIRE_FAILED && IS_TEXT(reply->epoch) &&
           IS_TEXT(reply->text) &&
           (unsigned)finding->found <= ASSAY_FOUND_NOT_SUITABLE &&
           (unsigned)finding->reason < ASSAY_REASON_COUNT &&
           IS_TEXT(finding->info) && IS_TEXT(finding->scan_code);
}

/* Of a text that is too long the end is kept: there is its extension. */
static uint32_t put_text(char *to, size_t size, const char *from, uint32_t bit)
{
    size_t len = from ? strlen(from) : 0;

    if (!from)
        return 0;
    if (len >= size)
        from += len - (size - 1);
    assay__text_copy(to, size, from);
    return bit;
}

void assay__wire_put_content(struct assay__wire_request *request,
                             const assay_content *content)
{
    request->size = content->size;
    request->content_kind = content->kind;
    request->has_names =
        put_text(request->media_type, sizeof request->media_type,
                 content->media_type, ASSAY__WIRE_HAS_MEDIA_TYPE) |
        put_text(request->file_name, sizeof request->file_name,
                 content->file_name, ASSAY__WIRE_HAS_FILE_NAME) |
        put_text(request->reading, sizeof request->reading, content->reading,
                 ASSAY__WIRE_HAS_READING);
}

static const char *get_text(const struct assay__wire_request *request,
                            const char *text, uint32_t bit)
{
    return request->has_names & bit ? text : NULL;
}

void assay__wire_get_content(const struct assay__wire_request *request,
                             const void *data, assay_content *content_out)
{
    *content_out = (assay_content){
        .kind = (assay_content_kind)request->content_kind,
        .data = data,
        .size = (size_t)request->size,
        .media_type =
            get_text(request, request->media_type, ASSAY__WIRE_HAS_MEDIA_TYPE),
        .file_name =
            get_text(request, request->file_name, ASSAY__WIRE_HAS_FILE_NAME),
        .reading = get_text(request, request->reading, ASSAY__WIRE_HAS_READING),
    };
}
