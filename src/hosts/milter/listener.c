/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The socket that the stanza Milter_Listener asks for.
 */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

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

    if (listener->address.path && lstat(listener->address.path, &st) == 0) {
        listener->device = st.st_dev;
        listener->inode = st.st_ino;
    }
}

assay_rc assay__listener_open(const struct assay__listener_settings *settings,
                              struct assay__listener *out, assay_error *err)
{
    assay_rc rc = assay__listener_parse(settings->listen, &out->address, err);

    if (rc == ASSAY_OK && out->address.path)
        rc = remove_stale(out->address.path, err);
    if (rc != ASSAY_OK)
        return rc;
    (void)smfi_settimeout((int)settings->timeout_s);
    errno = 0;
    if (smfi_setconn(out->address.text) != MI_SUCCESS ||
        open_socket(settings->file_mode) != MI_SUCCESS)
        return assay_error_set(
            err, ASSAY_E_IO, "cannot listen on %s: %s", out->address.text,
            errno != 0 ? strerrordesc_np(errno) : "the address is not usable");
    remember_file(out);
    return ASSAY_OK;
}

void assay__listener_remove(const struct assay__listener *listener)
{
    struct stat st;

    if (listener->address.path && lstat(listener->address.path, &st) == 0 &&
        S_ISSOCK(st.st_mode) && st.st_dev == listener->device &&
        st.st_ino == listener->inode)
        (void)unlink(listener->address.path);
}
