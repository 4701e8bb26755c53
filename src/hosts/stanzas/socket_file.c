/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stanzas/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };

/* @return false when the path is too long */
static bool set_address(struct sockaddr_un *address, const char *path)
{
    size_t len = strlen(path);

    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len >= sizeof address->sun_path)
        return false;
    memcpy(address->sun_path, path, len);
    return true;
}

/* @return 0 when somebody accepts connections there, else errno */
static int try_connect(const char *path)
{
    struct sockaddr_un address;
    int fd, saved = 0;

    if (!set_address(&address, path))
        return ENAMETOOLONG;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        saved = errno;
    (void)close(fd);
    return saved;
}

/* A server that was killed leaves its socket file behind. */
assay_rc assay__socket_file_clear(const char *path, assay_error *err)
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

void assay__socket_file_note(const char *path, struct assay__socket_file *out)
{
    struct stat st;

    *out = (struct assay__socket_file){0};
    if (lstat(path, &st) != 0)
        return;
    out->path = path;
    out->device = st.st_dev;
    out->inode = st.st_ino;
    out->group = st.st_gid;
}

/* What the umask took is given back, to this file and to none that a link
 * leads to. */
static bool set_mode(const char *path, mode_t mode)
{
    struct stat st;

    return lstat(path, &st) == 0 &&
           ((st.st_mode & 0777) == mode ||
            fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) == 0);
}

/* Linux makes the file with the mode of the socket, less the umask: never with
 * more than is wanted. Nobody can connect before listen(). */
static bool listen_on(int fd, const char *path, mode_t mode)
{
    struct sockaddr_un address;

    if (!set_address(&address, path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    return fchmod(fd, mode) == 0 &&
           bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
           set_mode(path, mode) && listen(fd, BACKLOG) == 0;
}

assay_rc assay__socket_file_listen(const char *path, uint32_t mode,
                                   struct assay__socket_file *out, int *fd_out,
                                   assay_error *err)
{
    assay_rc rc = assay__socket_file_clear(path, err);
    int fd;

    if (rc != ASSAY_OK)
        return rc;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !listen_on(fd, path, (mode_t)mode & 0777)) {
        rc = assay_error_set(err, ASSAY_E_IO, "cannot listen on %s: %s", path,
                             strerrordesc_np(errno));
        if (fd >= 0)
            (void)close(fd);
        return rc;
    }
    assay__socket_file_note(path, out);
    *fd_out = fd;
    return ASSAY_OK;
}

void assay__socket_file_remove(const struct assay__socket_file *file)
{
    struct stat st;

    if (file->path && lstat(file->path, &st) == 0 && S_ISSOCK(st.st_mode) &&
        st.st_dev == file->device && st.st_ino == file->inode)
        (void)unlink(file->path);
}
