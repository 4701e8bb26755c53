/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <assay/control.h>

enum { HEAD_MAX = 32 }; /* "0 12345\n" and room */

assay_rc assay__link_open(const char *path, struct assay__link *out,
                          assay_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof address.sun_path)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "%s: the path is too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        assay_rc rc = assay_error_set(err, ASSAY_E_UNAVAILABLE,
                                      "cannot connect to %s: %s", path,
                                      strerrordesc_np(errno));

        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    *out = (struct assay__link){.path = path, .fd = fd};
    return ASSAY_OK;
}

void assay__link_close(struct assay__link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    link->fd = -1;
}

bool assay__link_is_lost(const struct assay__link *link)
{
    struct pollfd state = {.fd = link->fd, .events = POLLIN};

    return link->fd < 0 || poll(&state, 1, 0) != 0;
}

static assay_rc lost(const struct assay__link *link, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_IO,
                           "%s: the connection was lost before the answer",
                           link->path);
}

static assay_rc put(const struct assay__link *link, const char *data,
                    size_t len, assay_error *err)
{
    while (len > 0) {
        ssize_t sent = send(link->fd, data, len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return lost(link, err);
        data += sent;
        len -= (size_t)sent;
    }
    return ASSAY_OK;
}

static assay_rc get(const struct assay__link *link, char *data, size_t len,
                    assay_error *err)
{
    while (len > 0) {
        ssize_t got = recv(link->fd, data, len, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return lost(link, err);
        data += got;
        len -= (size_t)got;
    }
    return ASSAY_OK;
}

/* Reads decimal digits up to the byte end. @return false: none, or too large */
static bool read_number(const char **at, char end, size_t max, size_t *out)
{
    size_t value = 0;

    if (**at < '0' || **at > '9')
        return false;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        value = value * 10 + (size_t)(**at - '0');
        if (value > max)
            return false;
    }
    *out = value;
    return *(*at)++ == end;
}

static assay_rc get_head(const struct assay__link *link, size_t *status_out,
                         size_t *len_out, assay_error *err)
{
    char head[HEAD_MAX + 1] = "";
    const char *at = head;

    for (size_t i = 0; i < HEAD_MAX; i++) {
        assay_rc rc = get(link, head + i, 1, err);

        if (rc != ASSAY_OK)
            return rc;
        if (head[i] == '\n')
            break;
    }
    if (read_number(&at, ' ', 255, status_out) &&
        read_number(&at, '\n', ASSAY__LINK_ANSWER_MAX, len_out))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_IO,
                           "%s: what answers there is not a console of Assay",
                           link->path);
}

static assay_rc get_answer(const struct assay__link *link,
                           struct assay__link_answer *out, assay_error *err)
{
    size_t status = 0, len = 0;
    assay_rc rc = get_head(link, &status, &len, err);
    char *text;

    if (rc != ASSAY_OK)
        return rc;
    text = malloc(len + 1);
    if (!text)
        return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
    rc = get(link, text, len, err);
    if (rc != ASSAY_OK) {
        free(text);
        return rc;
    }
    text[len] = '\0';
    *out = (struct assay__link_answer){
        .status = (int)status, .text = text, .len = len};
    return ASSAY_OK;
}

assay_rc assay__link_run(struct assay__link *link, const char *line,
                         struct assay__link_answer *answer_out,
                         assay_error *err)
{
    size_t len = strlen(line);
    assay_rc rc;

    if (len > ASSAY_CONTROL_LINE_MAX || strchr(line, '\n'))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a command is one line of at most %d bytes",
                               ASSAY_CONTROL_LINE_MAX);
    rc = put(link, line, len, err);
    if (rc == ASSAY_OK)
        rc = put(link, "\n", 1, err);
    if (rc == ASSAY_OK)
        rc = get_answer(link, answer_out, err);
    if (rc != ASSAY_OK)
        assay__link_close(link); /* nobody knows where it stands */
    return rc;
}
