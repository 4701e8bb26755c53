/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/private_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "assay-scanner-"

enum {
    SWEEP_ENTRIES = 65536, /* of a base that somebody filled */
    OPEN_FOLDERS = 16      /* of nftw() */
};

static int remove_entry(const char *path, const struct stat *status, int type,
                        struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    (void)remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

/* ---- sweeping ---------------------------------------------------------- */

/* assay-scanner-PID-XXXXXX of a process that is no more */
static int is_left_behind(const char *name)
{
    char *end;
    long pid;

    if (strncmp(name, NAME, sizeof NAME - 1) != 0)
        return 0;
    pid = strtol(name + sizeof NAME - 1, &end, 10);
    return pid > 0 && *end == '-' && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static void sweep_one(int base_fd, const char *base, const char *name)
{
    int fd =
        openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char path[PATH_MAX];
    struct stat status;

    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && (status.st_mode & 07777) == 0700 &&
        (status.st_uid == geteuid() || geteuid() == 0) &&
        flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        snprintf(path, sizeof path, "%s/%s", base, name) < (int)sizeof path)
        remove_tree(path);
    (void)close(fd);
}

void assay__private_folder_sweep(const char *base)
{
    DIR *folder = opendir(base);
    const struct dirent *entry;

    if (!folder)
        return;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own */
    for (int i = 0; i < SWEEP_ENTRIES && (entry = readdir(folder)); i++)
        if (is_left_behind(entry->d_name))
            sweep_one(dirfd(folder), base, entry->d_name);
    (void)closedir(folder);
}

/* ---- making ------------------------------------------------------------ */

static assay_rc refuse(const char *path, const char *why, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "temporary folder %s: %s",
                           path, why);
}

static assay_rc check_base(const char *base, assay_error *err)
{
    struct stat status;

    if (base[0] != '/')
        return refuse(base, "is not an absolute path", err);
    if (lstat(base, &status) != 0)
        return refuse(base, strerrordesc_np(errno), err);
    if (!S_ISDIR(status.st_mode))
        return refuse(base, "is not a folder, or is a symbolic link", err);
    if ((status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
        return refuse(base, "is writable for everybody and has no sticky bit",
                      err);
    return ASSAY_OK;
}

static assay_rc take(struct assay__private_folder *folder, assay_error *err)
{
    int fd =
        open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return refuse(folder->path, strerrordesc_np(errno), err);
    if ((folder->uid != geteuid() && fchown(fd, folder->uid, folder->gid)) ||
        flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)refuse(folder->path, strerrordesc_np(errno), err);
        (void)close(fd);
        return ASSAY_E_UNAVAILABLE;
    }
    if (folder->lock_fd >= 0)
        (void)close(folder->lock_fd);
    folder->lock_fd = fd;
    return ASSAY_OK;
}

assay_rc assay__private_folder_open(const char *base, uid_t uid, gid_t gid,
                                    struct assay__private_folder *folder,
                                    assay_error *err)
{
    assay_rc rc = check_base(base, err);

    if (rc != ASSAY_OK)
        return rc;
    *folder =
        (struct assay__private_folder){.lock_fd = -1, .uid = uid, .gid = gid};
    if (snprintf(folder->path, sizeof folder->path, "%s/" NAME "%ld-XXXXXX",
                 base, (long)getpid()) >= (int)sizeof folder->path)
        return refuse(base, "has too long a name", err);
    if (!mkdtemp(folder->path)) {
        folder->path[0] = '\0';
        return refuse(base, strerrordesc_np(errno), err);
    }
    rc = take(folder, err);
    if (rc != ASSAY_OK)
        assay__private_folder_close(folder);
    return rc;
}

static assay_rc check_base_of(const struct assay__private_folder *folder,
                              assay_error *err)
{
    char base[PATH_MAX];
    const char *end = strrchr(folder->path, '/');
    size_t len = end ? (size_t)(end - folder->path) : 0;

    memcpy(base, folder->path, len);
    base[len] = '\0';
    return check_base(len ? base : "/", err);
}

assay_rc assay__private_folder_renew(struct assay__private_folder *folder,
                                     bool *is_new_out, assay_error *err)
{
    struct stat status, taken;
    assay_rc rc = check_base_of(folder, err);

    *is_new_out = false;

    if (rc != ASSAY_OK)
        return rc;
    if (lstat(folder->path, &status) == 0)
        return fstat(folder->lock_fd, &taken) == 0 &&
                       status.st_dev == taken.st_dev &&
                       status.st_ino == taken.st_ino
                   ? ASSAY_OK
                   : refuse(folder->path, "is not the one that was made here",
                            err);
    if (errno != ENOENT || mkdir(folder->path, 0700) != 0)
        return refuse(folder->path, strerrordesc_np(errno), err);
    *is_new_out = true;
    return take(folder, err);
}

void assay__private_folder_close(struct assay__private_folder *folder)
{
    if (folder->path[0] != '\0')
        remove_tree(folder->path);
    folder->path[0] = '\0';
    if (folder->lock_fd >= 0)
        (void)close(folder->lock_fd);
    folder->lock_fd = -1;
}
