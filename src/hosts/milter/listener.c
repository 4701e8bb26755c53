/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The socket that the stanza Milter_Listener asks for.
 *
 * The address is checked here, because libmilter reports a wrong one to
 * syslog only.
 */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

/* ---- addresses --------------------------------------------------------- */

static const struct {
    const char *prefix;
    const char *kind; /* as libmilter spells it */
    const char *loopback;
} families[] = {
    {"unix:", "unix", NULL},
    {"local:", "unix", NULL},
    {"inet:", "inet", "127.0.0.1"},
    {"inet6:", "inet6", "[::1]"},
};

static assay_rc set_address(struct assay__listener *out, const char *kind,
                            const char *rest, const char *host,
                            assay_error *err)
{
    int len = snprintf(out->address, sizeof out->address, "%s:%s%s%s", kind,
                       rest, host ? "@" : "", host ? host : "");

    if (len < 0 || (size_t)len >= sizeof out->address)
        return assay_error_set(err, ASSAY_E_CONF,
                               "Listen: the address is longer than %d bytes",
                               ASSAY__LISTENER_ADDRESS_MAX);
    return ASSAY_OK;
}

static assay_rc parse_path(const char *path, struct assay__listener *out,
                           assay_error *err)
{
    const size_t path_max = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    assay_rc rc;

    if (path[0] != '/')
        return assay_error_set(err, ASSAY_E_CONF,
                               "Listen: '%s' is not an absolute path", path);
    if (strlen(path) > path_max)
        return assay_error_set(
            err, ASSAY_E_CONF,
            "Listen: the path of a unix socket has at most %zu bytes",
            path_max);
    rc = set_address(out, "unix", path, NULL, err);
    if (rc == ASSAY_OK)
        out->path = strchr(out->address, ':') + 1;
    return rc;
}

static assay_rc parse_port(const char *rest, const char *kind,
                           const char *loopback, struct assay__listener *out,
                           assay_error *err)
{
    size_t digits = strspn(rest, "0123456789");
    const char *end = rest + digits;
    unsigned long port = 0;

    if (digits > 0 && digits <= 5 && (*end == '\0' || *end == '@'))
        port = strtoul(rest, NULL, 10);
    if (port < 1 || port > 65535)
        return assay_error_set(
            err, ASSAY_E_CONF,
            "Listen: '%s:%s' does not begin with a port number (%s:PORT@HOST)",
            kind, rest, kind);
    if (*end == '@' && end[1] == '\0')
        return assay_error_set(err, ASSAY_E_CONF,
                               "Listen: no host follows the '@'");
    out->path = NULL;
    return set_address(out, kind, rest, *end == '@' ? NULL : loopback, err);
}

assay_rc assay__listener_parse(const char *text, struct assay__listener *out,
                               assay_error *err)
{
    if (text[0] == '/')
        return parse_path(text, out, err);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        size_t len = strlen(families[i].prefix);

        if (strncmp(text, families[i].prefix, len) != 0)
            continue;
        if (!families[i].loopback)
            return parse_path(text + len, out, err);
        return parse_port(text + len, families[i].kind, families[i].loopback,
                          out, err);
    }
    return assay_error_set(err, ASSAY_E_CONF,
                           "Listen: '%s' is neither unix:/path, inet:port@host "
                           "nor inet6:port@host",
                           text);
}

/* ---- the socket -------------------------------------------------------- */

/* @return 0 when somebody accepts connections there, else errno */
static int try_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int saved = 0;

    if (fd < 0)
        return errno;
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        saved = errno;
    (void)close(fd);
    return saved;
}

/* A server that was killed leaves its socket file behind. */
static assay_rc remove_stale(const char *path, assay_error *err)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        if (errno == ENOENT)
            return ASSAY_OK;
        return assay_error_set(err, ASSAY_E_IO, "%s: %s", path,
                               strerrordesc_np(errno));
    }
    if (!S_ISSOCK(st.st_mode))
        return assay_error_set(err, ASSAY_E_EXISTS,
                               "%s exists and is not a socket", path);
    if (try_connect(path) != ECONNREFUSED)
        return assay_error_set(err, ASSAY_E_EXISTS,
                               "another server listens on %s", path);
    if (unlink(path) != 0 && errno != ENOENT)
        return assay_error_set(err, ASSAY_E_IO,
                               "cannot remove the old socket %s: %s", path,
                               strerrordesc_np(errno));
    return ASSAY_OK;
}

/* A unix socket gets its mode from the umask at bind: no moment in between. */
static int open_socket(uint32_t file_mode)
{
    mode_t before = umask((mode_t)(~file_mode & 0777));
    int rc = smfi_opensocket(false);

    (void)umask(before);
    return rc;
}

static void remember_file(struct assay__listener *listener)
{
    struct stat st;

    if (listener->path && lstat(listener->path, &st) == 0) {
        listener->device = st.st_dev;
        listener->inode = st.st_ino;
    }
}

assay_rc assay__listener_open(const struct assay__listener_settings *settings,
                              struct assay__listener *out, assay_error *err)
{
    assay_rc rc = assay__listener_parse(settings->listen, out, err);

    if (rc == ASSAY_OK && out->path)
        rc = remove_stale(out->path, err);
    if (rc != ASSAY_OK)
        return rc;
    (void)smfi_settimeout((int)settings->timeout_s);
    errno = 0;
    if (smfi_setconn(out->address) != MI_SUCCESS ||
        open_socket(settings->file_mode) != MI_SUCCESS)
        return assay_error_set(
            err, ASSAY_E_IO, "cannot listen on %s: %s", out->address,
            errno != 0 ? strerrordesc_np(errno) : "the address is not usable");
    remember_file(out);
    return ASSAY_OK;
}

void assay__listener_remove(const struct assay__listener *listener)
{
    struct stat st;

    if (listener->path && lstat(listener->path, &st) == 0 &&
        S_ISSOCK(st.st_mode) && st.st_dev == listener->device &&
        st.st_ino == listener->inode)
        (void)unlink(listener->path);
}
