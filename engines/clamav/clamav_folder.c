/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The private temporary folder. libclamav takes its name, not a descriptor,
 * and forked processes draw the same random names in it; so each process has
 * one of its own, below a base where nobody else can put something in its
 * place, and the guard compares its identity at each scan.
 *
 * A process that is killed leaves its folder behind, so the next one sweeps. A
 * process in another PID namespace may share the base and looks dead from here;
 * hence each folder is also locked for as long as it is in use.
 */
#include "clamav_engine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "assay-clamav-"

enum {
    NAME_TRIES = 16,
    NAME_RANDOM = 16, /* hexadecimal digits */
    SWEEP_ENTRIES = 65536
};

/* A base anybody may write to without the sticky bit lets anybody move our
 * folder away. */
static assay_rc check_base(const char *base, const struct stat *status,
                           assay_error *err)
{
    if ((status->st_mode & S_IWOTH) && !(status->st_mode & S_ISVTX))
        return assay_error_set(err, ASSAY_E_IO,
                               "the temporary folder %s is writable for "
                               "everybody and has no sticky bit",
                               base);
    return ASSAY_OK;
}

static assay_rc make_name(int base_fd, const char *base, char *name,
                          size_t size, assay_error *err)
{
    unsigned long long random;
    int tries = 0;

    do {
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return assay_error_set(err, ASSAY_E_IO, "no random numbers: %m");
        snprintf(name, size, NAME "%ld-%016llx", (long)getpid(), random);
        if (!mkdirat(base_fd, name, 0700))
            return ASSAY_OK;
    } while (errno == EEXIST && ++tries < NAME_TRIES);
    return assay_error_set(
        err, ASSAY_E_IO,
        "cannot make a private folder in the temporary folder %s: %m", base);
}

/* A descriptor of an entry that is a folder of ours, or -1. */
static int open_own(int base_fd, const char *name, struct stat *status)
{
    int fd =
        openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return -1;
    if (!fstat(fd, status) && status->st_uid == geteuid())
        return fd;
    close(fd);
    return -1;
}

static void unlock(struct assay__clamav_folder *folder)
{
    if (folder->lock >= 0)
        close(folder->lock);
    folder->lock = -1;
}

/* What was just made: lock it and note what it is. */
static assay_rc keep(struct assay__clamav_folder *folder, int base_fd,
                     const char *base, const char *name, assay_error *err)
{
    struct stat status;
    int fd = open_own(base_fd, name, &status);

    /* Where locks do not work, none is taken to sweep either. */
    if (fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)) {
        assay_rc rc = assay_error_set(
            err, ASSAY_E_IO, "cannot keep the private folder %s/%s: %m", base,
            name);
        if (fd >= 0)
            close(fd);
        unlinkat(base_fd, name, AT_REMOVEDIR);
        return rc;
    }
    unlock(folder); /* the one of the process we were forked from */
    snprintf(folder->path, sizeof folder->path, "%s/%s", base, name);
    folder->dev = status.st_dev;
    folder->ino = status.st_ino;
    folder->owner = getpid();
    folder->lock = fd;
    return ASSAY_OK;
}

static assay_rc open_base(const char *base, int *fd_out, assay_error *err)
{
    struct stat status;
    int fd = open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    assay_rc rc;

    if (fd < 0 || fstat(fd, &status))
        rc = assay_error_set(err, ASSAY_E_IO,
                             "cannot open the temporary folder %s: %m", base);
    else
        rc = check_base(base, &status, err);
    if (rc == ASSAY_OK)
        *fd_out = fd;
    else if (fd >= 0)
        close(fd);
    return rc;
}

assay_rc assay__clamav_folder_open(struct assay__clamav_folder *folder,
                                   const char *base, assay_error *err)
{
    char name[64];
    assay_rc rc;
    int fd = -1;

    if (strlen(base) + sizeof name >= sizeof folder->path)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "the name of the temporary folder is too long");
    rc = open_base(base, &fd, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = make_name(fd, base, name, sizeof name, err);
    if (rc == ASSAY_OK)
        rc = keep(folder, fd, base, name, err);
    close(fd);
    return rc;
}

bool assay__clamav_folder_is_gone(const struct assay__clamav_folder *folder)
{
    struct stat status;

    return lstat(folder->path, &status) && errno == ENOENT;
}

assay_rc assay__clamav_folder_renew(const struct assay__clamav_folder *folder,
                                    const char *base,
                                    struct assay__clamav_folder *fresh_out,
                                    assay_error *err)
{
    const char *name = strrchr(folder->path, '/') + 1;
    int fd = -1;
    assay_rc rc = open_base(base, &fd, err);

    if (rc != ASSAY_OK)
        return rc;
    fresh_out->lock = -1;
    if (mkdirat(fd, name, 0700))
        rc = assay_error_set(
            err, ASSAY_E_IO,
            "cannot make the private folder in the temporary folder %s: %m",
            base);
    else
        rc = keep(fresh_out, fd, base, name, err);
    close(fd);
    return rc;
}

static void remove_entry(const FTSENT *entry)
{
    switch (entry->fts_info) {
    case FTS_D:
    case FTS_DOT:
        break;
    case FTS_DP:
    case FTS_DNR:
        rmdir(entry->fts_accpath);
        break;
    default:
        unlink(entry->fts_accpath);
    }
}

/* Removes a folder with all that is in it, without following a link. */
static void remove_tree(char *path)
{
    char *paths[] = {path, NULL};
    FTSENT *entry;
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);

    if (!tree)
        return;
    while ((entry = fts_read(tree)))
        remove_entry(entry);
    fts_close(tree);
}

void assay__clamav_folder_close(struct assay__clamav_folder *folder)
{
    if (folder->path[0] && folder->owner == getpid()) {
        remove_tree(folder->path);
        folder->path[0] = '\0';
    }
    unlock(folder);
}

/* ---- what others left -------------------------------------------------- */

/* @return the process of a name that make_name() could have made, or 0 */
static pid_t name_process(const char *name)
{
    size_t prefix = sizeof NAME - 1;
    char *end;
    long pid;

    if (strncmp(name, NAME, prefix) != 0 || name[prefix] < '1' ||
        name[prefix] > '9')
        return 0;
    errno = 0;
    pid = strtol(name + prefix, &end, 10);
    if (errno || pid > INT_MAX || *end != '-' ||
        strspn(end + 1, "0123456789abcdef") != NAME_RANDOM ||
        end[1 + NAME_RANDOM])
        return 0;
    return (pid_t)pid;
}

static void sweep_entry(int base_fd, const char *base, const char *name)
{
    pid_t pid = name_process(name);
    char path[PATH_MAX];
    struct stat status;
    int fd;

    if (!pid || !kill(pid, 0) || errno != ESRCH)
        return;
    fd = open_own(base_fd, name, &status);
    if (fd < 0)
        return;
    if (!flock(fd, LOCK_EX | LOCK_NB) && (status.st_mode & 07777) == 0700 &&
        (size_t)snprintf(path, sizeof path, "%s/%s", base, name) < sizeof path)
        remove_tree(path);
    close(fd);
}

void assay__clamav_folder_sweep(const char *base)
{
    int fd = open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct dirent *entry;
    struct stat status;
    DIR *dir;

    if (fd < 0)
        return;
    if (fstat(fd, &status) || check_base(base, &status, NULL) != ASSAY_OK ||
        !(dir = fdopendir(fd))) {
        close(fd);
        return;
    }
    for (int i = 0; i < SWEEP_ENTRIES && (entry = readdir(dir)); i++)
        sweep_entry(fd, base, entry->d_name);
    closedir(dir);
}
