/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/temp_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_TRIES = 16 };

static assay_rc refuse(const char *path, const char *why, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "file_base %s: %s", path,
                           why);
}

static assay_rc refuse_errno(const char *path, const char *what, int code,
                             assay_error *err)
{
    errno = code;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "file_base %s: %s: %m",
                           path, what);
}

assay_rc assay__temp_folder_look(const char *path, assay_error *err)
{
    struct stat status;

    if (path[0] != '/')
        return assay_error_set(err, ASSAY_E_INVAL,
                               "file_base %s: give the path from the root, "
                               "beginning with /",
                               path);
    if (lstat(path, &status) != 0)
        return errno == EACCES
                   ? ASSAY_OK /* another user may see more; open tells */
                   : assay_error_set(err, ASSAY_E_INVAL, "file_base %s: %m",
                                     path);
    if (S_ISLNK(status.st_mode))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "file_base %s: is a symbolic link; name the "
                               "folder itself",
                               path);
    if (!S_ISDIR(status.st_mode))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "file_base %s: is not a folder", path);
    return ASSAY_OK;
}

/* Who may put something else in the place of our files must be trusted. */
static const char *distrust(const struct stat *status)
{
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return "belongs to another user; it must be ours or root's";
    if ((status->st_mode & S_IWOTH) && !(status->st_mode & S_ISVTX))
        return "is writable for everybody and has no sticky bit";
    return NULL;
}

static assay_rc open_folder(const char *path, int *fd_out, assay_error *err)
{
    struct stat status;
    const char *why;
    int fd;
    assay_rc rc;

    if (path[0] != '/')
        return refuse(path, "is not an absolute path", err);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return refuse(path, "is not a folder, or is a symbolic link", err);
    if (fd < 0)
        return refuse_errno(path, "cannot be opened", errno, err);
    if (fstat(fd, &status) != 0) {
        rc = refuse_errno(path, "cannot be looked at", errno, err);
        close(fd);
        return rc;
    }
    why = distrust(&status);
    if (why) {
        close(fd);
        return refuse(path, why, err);
    }
    *fd_out = fd;
    return ASSAY_OK;
}

/* For file systems without O_TMPFILE. */
static int make_and_unlink(int folder_fd)
{
    uint64_t random;
    char name[40];
    int fd = -1;

    for (int i = 0; fd < 0 && i < NAME_TRIES; i++) {
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
            return -1;
        (void)snprintf(name, sizeof name, ".assay-%016llx",
                       (unsigned long long)random);
        fd = openat(folder_fd, name,
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    if (fd >= 0 && unlinkat(folder_fd, name, 0) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int make_file(int folder_fd)
{
    int fd = openat(folder_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
        fd = make_and_unlink(folder_fd);
    return fd;
}

/* @param fd_out  an empty file without a name */
static assay_rc new_file(const char *folder, int *fd_out, assay_error *err)
{
    int folder_fd = -1, fd, code;
    assay_rc rc = open_folder(folder, &folder_fd, err);

    if (rc != ASSAY_OK)
        return rc;
    fd = make_file(folder_fd);
    code = errno;
    close(folder_fd);
    if (fd < 0)
        return refuse_errno(folder, "no file can be made in it", code, err);
    *fd_out = fd;
    return ASSAY_OK;
}

/* A disk that is full now may have room when a message comes. */
assay_rc assay__temp_folder_check(const char *path, assay_error *err)
{
    int fd = -1;
    assay_rc rc = new_file(path, &fd, err);

    if (rc == ASSAY_OK)
        close(fd);
    return rc;
}

assay_rc assay__temp_map_new(const char *folder, size_t size,
                             struct assay__temp_map *out, assay_error *err)
{
    int fd = -1, code;
    void *data;
    assay_rc rc;

    if (size == 0 || size > PTRDIFF_MAX)
        return refuse(folder, "no file of this size", err);
    rc = new_file(folder, &fd, err);
    if (rc != ASSAY_OK)
        return rc;
    code = posix_fallocate(fd, 0, (off_t)size);
    if (code != 0) {
        close(fd);
        return refuse_errno(folder, "there is no room for a temporary file",
                            code, err);
    }
    data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    code = errno;
    close(fd);
    if (data == MAP_FAILED)
        return refuse_errno(folder, "a temporary file cannot be mapped", code,
                            err);
    *out = (struct assay__temp_map){data, size};
    return ASSAY_OK;
}

void assay__temp_map_free(struct assay__temp_map *map)
{
    if (map->data)
        (void)munmap(map->data, map->size);
    *map = (struct assay__temp_map){0};
}
