/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Folders for the temporary files of workers.
 *
 * Where mounting is possible, the template mounts a pool of file systems, each
 * with the size and the number of files that one worker may have, before
 * Landlock keeps it from doing so. An empty one costs next to nothing. A worker
 * takes one; when it has ended, the template empties it for the next. Which are
 * taken stands in memory that all of them share and a worker gives up before
 * it sees mail.
 *
 * Elsewhere, and when the folder is to be on disk, a worker makes a folder
 * named after its number, and only single files are limited in size.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "walls.h"

enum {
    POOL = ASSAY__WALLS_WORKERS_MAX,
    /* The file system's root and what an engine keeps beside its files. */
    SPARE_FILES = 16,
    /* Deeper than this nobody unpacks; a folder that needs more is left. */
    CLEAN_PASSES = 65536
};

#define FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* Shared by template and workers: who has which; 0: nobody, else the number of
 * the worker and one. NULL: there is no pool. */
static _Atomic uint64_t *owners;

/* ---- the pool ---------------------------------------------------------- */

static int pool_path(const assay_scanner_confinement *confinement, int slot,
                     char *path)
{
    int len = slot < 0 ? snprintf(path, PATH_MAX, "%s/workers",
                                  confinement->temporary)
                       : snprintf(path, PATH_MAX, "%s/workers/%d",
                                  confinement->temporary, slot);

    if (len < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

static void mount_options(const assay_scanner_confinement *confinement,
                          char *options, size_t size)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t bytes = confinement->temporary_bytes;
    int len;

    /* With size=0 such a file system tells 0 bytes free. */
    if (!bytes)
        len = snprintf(options, size, "mode=0700,size=100%%");
    else
        len = snprintf(options, size, "mode=0700,size=%" PRIu64,
                       (bytes + page - 1) / page * page);
    if (confinement->temporary_files)
        snprintf(options + len, size - (size_t)len, ",nr_inodes=%" PRIu64,
                 confinement->temporary_files + SPARE_FILES);
}

static int mount_pool(const assay_scanner_confinement *confinement)
{
    char path[PATH_MAX], options[128];

    /* In a file system of its own, so that the host finds one empty folder. */
    if (pool_path(confinement, -1, path) ||
        (mkdir(path, 0700) && errno != EEXIST) ||
        mount("assay", path, "tmpfs", FLAGS, "mode=0700"))
        return -1;
    mount_options(confinement, options, sizeof options);
    for (int slot = 0; slot < POOL; slot++)
        if (pool_path(confinement, slot, path) || mkdir(path, 0700) ||
            mount("assay", path, "tmpfs", FLAGS, options))
            return -1;
    return 0;
}

assay_rc assay__walls_temporary_prepare(
    const assay_scanner_confinement *confinement, assay_error *err)
{
    size_t size = POOL * sizeof *owners;
    void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "no memory for temporary folders: %m");
    if (mount_pool(confinement)) {
        munmap(shared, size);
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "cannot mount below the temporary folder %s: "
                               "%m",
                               confinement->temporary);
    }
    owners = shared;
    return ASSAY_OK;
}

/* ---- in a worker ------------------------------------------------------- */

static assay_rc make_folder(const assay_scanner_confinement *confinement,
                            uint64_t number, char *folder, assay_error *err)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/w%" PRIu64, confinement->temporary,
                 number) >= (int)sizeof path)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "the name of the temporary folder is too long");
    if (mkdir(path, 0700))
        return assay_error_set(err, ASSAY_E_IO,
                               "cannot make the temporary folder %s: %m", path);
    memcpy(folder, path, sizeof path);
    return ASSAY_OK;
}

assay_rc assay__walls_temporary_take(
    const assay_scanner_confinement *confinement, uint64_t number, char *folder,
    assay_error *err)
{
    if (!owners)
        return make_folder(confinement, number, folder, err);
    for (uint64_t i = 0; i < POOL; i++) {
        int slot = (int)((number + i) % POOL);
        uint64_t nobody = 0;

        if (atomic_compare_exchange_strong(&owners[slot], &nobody, number + 1))
            return pool_path(confinement, slot, folder)
                       ? assay_error_set(err, ASSAY_E_LIMIT,
                                         "the name of the temporary folder is "
                                         "too long")
                       : ASSAY_OK;
    }
    return assay_error_set(err, ASSAY_E_LIMIT,
                           "a template has temporary folders for %d workers, "
                           "and all are taken",
                           POOL);
}

void assay__walls_temporary_seal(void)
{
    void *shared = owners;

    if (shared)
        munmap(shared, POOL * sizeof *owners);
    owners = NULL;
}

/* ---- when a worker has ended ------------------------------------------- */

/* A worker that was taken over may have left folders in folders without end and
 * without rights. So nothing here recurses, and paths do not grow: what a
 * folder holds is moved up to the top before it goes itself. */
struct cleaning {
    int top;        /* the folder to empty */
    uint64_t moved; /* for names */
    bool is_hopeless;
};

/* @return an open folder, or NULL */
static DIR *open_folder(int parent, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);
    DIR *dir;

    if (fd < 0 && errno == EACCES && !fchmodat(parent, name, 0700, 0))
        fd = openat(parent, name, flags);
    if (fd < 0)
        return NULL;
    dir = fdopendir(fd);
    if (!dir)
        close(fd);
    else
        fchmod(fd, 0700); /* to be able to take out what is in it */
    return dir;
}

/* Under a name that is free: another might be the worker's. */
static int move_up(struct cleaning *cleaning, int from, const char *name)
{
    char fresh[32];
    int failed;

    do {
        snprintf(fresh, sizeof fresh, "m%" PRIu64, cleaning->moved++);
        failed = renameat2(from, name, cleaning->top, fresh, RENAME_NOREPLACE);
    } while (failed && errno == EEXIST);
    return failed;
}

static bool is_dots(const char *name)
{
    return !strcmp(name, ".") || !strcmp(name, "..");
}

static void empty_folder(struct cleaning *cleaning, const char *name)
{
    DIR *dir = open_folder(cleaning->top, name);
    struct dirent *entry;

    if (!dir)
        return;
    while ((entry = readdir(dir)))
        if (!is_dots(entry->d_name) && unlinkat(dirfd(dir), entry->d_name, 0) &&
            unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) &&
            move_up(cleaning, dirfd(dir), entry->d_name))
            cleaning->is_hopeless = true;
    closedir(dir);
}

/* @return entries that are left */
static size_t clean_once(struct cleaning *cleaning, DIR *dir)
{
    struct dirent *entry;
    size_t left = 0;

    rewinddir(dir);
    while ((entry = readdir(dir))) {
        if (is_dots(entry->d_name) ||
            !unlinkat(cleaning->top, entry->d_name, 0) ||
            !unlinkat(cleaning->top, entry->d_name, AT_REMOVEDIR))
            continue;
        empty_folder(cleaning, entry->d_name);
        if (unlinkat(cleaning->top, entry->d_name, AT_REMOVEDIR))
            cleaning->is_hopeless = true;
        left++; /* it may have been moved here */
    }
    return left;
}

/* @return true: the folder is there and empty */
static bool clean(const char *path)
{
    struct cleaning cleaning = {0};
    DIR *dir = open_folder(AT_FDCWD, path);
    int passes = 0;

    if (!dir)
        return false;
    cleaning.top = dirfd(dir);
    while (clean_once(&cleaning, dir))
        if (cleaning.is_hopeless || ++passes == CLEAN_PASSES)
            break;
    rewinddir(dir);
    cleaning.is_hopeless |= clean_once(&cleaning, dir) > 0;
    closedir(dir);
    return !cleaning.is_hopeless;
}

void assay__walls_temporary_forget(const assay_scanner_confinement *confinement,
                                   uint64_t number)
{
    char path[PATH_MAX];

    if (!owners) {
        snprintf(path, sizeof path, "%s/w%" PRIu64, confinement->temporary,
                 number);
        clean(path);
        rmdir(path);
        return;
    }
    for (int slot = 0; slot < POOL; slot++) {
        if (atomic_load(&owners[slot]) != number + 1)
            continue;
        /* What cannot be emptied is not given to another worker. */
        if (!pool_path(confinement, slot, path) && clean(path))
            atomic_store(&owners[slot], 0);
    }
}
