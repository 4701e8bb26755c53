/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/private_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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
    /* Of folders that somebody fills while we empty them. What is beyond that
     * is left for the next sweep. */
    ENTRIES_MOST = 4 * 1024 * 1024
};

/* ---- removing ----------------------------------------------------------- */

/* Who owns such a folder may be hostile: a scanner process that was taken over,
 * and with root as the host it may do less than we. So nothing here goes by a
 * path, only by descriptors and single names, and no folder is entered but one
 * of that owner, in that file system: what is removed, its owner could have
 * removed. It may hold folders in folders without end and without rights, so
 * nothing recurses: what a folder holds is moved up to the top before it goes
 * itself. A handful of descriptors is open at most. */
struct tree {
    int top;          /* the folder to empty */
    struct stat is;   /* what the top is */
    uint64_t moved;   /* for names */
    uint64_t *budget; /* entries that may still be looked at */
};

/* @return the folder, with rights to take out what is in it, or -1 */
static int open_owned(int parent, const char *name, const struct stat *like)
{
    int fd = -1, place = openat(parent, name,
                                O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char link[32];
    struct stat is;

    if (place < 0)
        return -1;
    /* This leads to what was looked at, whatever has that name now. */
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", place);
    if (fstat(place, &is) == 0 && is.st_uid == like->st_uid &&
        is.st_dev == like->st_dev &&
        ((is.st_mode & 0700) == 0700 || chmod(link, 0700) == 0))
        fd = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)close(place);
    return fd;
}

static DIR *stream_of(int fd)
{
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

    if (!dir && fd >= 0)
        (void)close(fd);
    return dir;
}

/* The next entry, while there is time for one. */
static const char *next_entry(const struct tree *tree, DIR *dir)
{
    const struct dirent *entry;

    while (*tree->budget > 0) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is our own */
        entry = readdir(dir);
        if (!entry)
            return NULL;
        --*tree->budget;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    }
    return NULL;
}

static bool unlink_either(int parent, const char *name)
{
    return unlinkat(parent, name, 0) == 0 ||
           unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

/* Whatever name is in the way, a folder takes the place of an empty one only.
 */
static bool move_up(struct tree *tree, int from, const char *name)
{
    int fd = open_owned(from, name, &tree->is); /* only its owner's, writable */
    char fresh[32];
    bool is_moved = false;

    if (fd < 0)
        return false;
    (void)close(fd);
    while (!is_moved && *tree->budget > 0) {
        --*tree->budget;
        (void)snprintf(fresh, sizeof fresh, "m%" PRIu64, tree->moved++);
        is_moved = renameat(from, name, tree->top, fresh) == 0;
        if (!is_moved && errno != EEXIST && errno != ENOTEMPTY &&
            errno != ENOTDIR)
            break;
    }
    return is_moved;
}

/* @return whether anything changed */
static bool empty_folder(struct tree *tree, const char *name)
{
    DIR *dir = stream_of(open_owned(tree->top, name, &tree->is));
    const char *entry;
    bool has_changed = false;

    if (!dir)
        return false;
    while ((entry = next_entry(tree, dir)))
        has_changed |= unlink_either(dirfd(dir), entry) ||
                       move_up(tree, dirfd(dir), entry);
    (void)closedir(dir);
    return has_changed;
}

/* @return whether anything changed */
static bool empty_once(struct tree *tree, DIR *dir)
{
    const char *entry;
    bool has_changed = false;

    rewinddir(dir);
    while ((entry = next_entry(tree, dir)))
        if (unlink_either(tree->top, entry) || empty_folder(tree, entry)) {
            (void)unlinkat(tree->top, entry, AT_REMOVEDIR);
            has_changed = true;
        }
    return has_changed;
}

/* @param top  stays the caller's */
static void empty_tree(int top, uint64_t *budget)
{
    struct tree tree = {.top = top};
    DIR *dir;

    tree.budget = budget;
    if (fchmod(top, 0700) != 0 || fstat(top, &tree.is) != 0)
        return;
    dir = stream_of(openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir)
        return;
    while (empty_once(&tree, dir))
        continue;
    (void)closedir(dir);
}

static int open_base(const char *base, int how)
{
    return open(base, how | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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

static void sweep_one(int base_fd, const char *name, uid_t uid,
                      uint64_t *budget)
{
    int fd =
        openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && (status.st_mode & 07777) == 0700 &&
        (status.st_uid == geteuid() || status.st_uid == uid) &&
        flock(fd, LOCK_EX | LOCK_NB) == 0) {
        empty_tree(fd, budget);
        (void)unlinkat(base_fd, name, AT_REMOVEDIR);
    }
    (void)close(fd);
}

void assay__private_folder_sweep(const char *base, uid_t uid)
{
    DIR *folder = stream_of(open_base(base, O_RDONLY));
    uint64_t budget = ENTRIES_MOST;
    const struct dirent *entry;

    if (!folder)
        return;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own */
    for (int i = 0; i < SWEEP_ENTRIES && (entry = readdir(folder)); i++)
        if (is_left_behind(entry->d_name))
            sweep_one(dirfd(folder), entry->d_name, uid, &budget);
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

static void base_of(const struct assay__private_folder *folder, char *base)
{
    const char *end = strrchr(folder->path, '/');
    size_t len = end ? (size_t)(end - folder->path) : 0;

    memcpy(base, folder->path, len);
    base[len] = '\0';
    if (len == 0)
        memcpy(base, "/", sizeof "/");
}

static assay_rc check_base_of(const struct assay__private_folder *folder,
                              assay_error *err)
{
    char base[PATH_MAX];

    base_of(folder, base);
    return check_base(base, err);
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

/* By its name only when it is empty: another may be in its place. */
static void remove_name(const struct assay__private_folder *folder)
{
    char base[PATH_MAX];
    int base_fd;

    base_of(folder, base);
    base_fd = open_base(base, O_PATH);
    if (base_fd < 0)
        return;
    (void)unlinkat(base_fd, strrchr(folder->path, '/') + 1, AT_REMOVEDIR);
    (void)close(base_fd);
}

void assay__private_folder_close(struct assay__private_folder *folder)
{
    uint64_t budget = ENTRIES_MOST;

    if (folder->lock_fd >= 0)
        empty_tree(folder->lock_fd, &budget);
    if (folder->path[0] != '\0')
        remove_name(folder);
    folder->path[0] = '\0';
    if (folder->lock_fd >= 0)
        (void)close(folder->lock_fd);
    folder->lock_fd = -1;
}
