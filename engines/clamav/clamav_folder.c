/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The private temporary folder. libclamav takes its name, not a descriptor,
 * and forked processes draw the same random names in it; so each process has
 * one of its own, below a base where nobody else can put something in its
 * place, and the guard compares its identity at each scan.
 */
#include "clamav_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_TRIES = 16 };

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

static assay_rc make_below(struct assay__clamav_folder *folder, int base_fd,
                           const char *base, assay_error *err)
{
    unsigned long long random;
    char name[64];
    struct stat status;
    int tries = 0;

    do {
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            return assay_error_set(err, ASSAY_E_IO, "no random numbers: %m");
        snprintf(name, sizeof name, "assay-clamav-%ld-%016llx", (long)getpid(),
                 random);
        if (!mkdirat(base_fd, name, 0700))
            break;
        if (errno != EEXIST || ++tries == NAME_TRIES)
            return assay_error_set(
                err, ASSAY_E_IO,
                "cannot make a private folder in the temporary folder %s: %m",
                base);
    } while (true);
    if (fstatat(base_fd, name, &status, AT_SYMLINK_NOFOLLOW) ||
        !S_ISDIR(status.st_mode) || status.st_uid != geteuid()) {
        unlinkat(base_fd, name, AT_REMOVEDIR);
        return assay_error_set(err, ASSAY_E_IO,
                               "the private folder %s/%s is not ours", base,
                               name);
    }
    snprintf(folder->path, sizeof folder->path, "%s/%s", base, name);
    folder->dev = status.st_dev;
    folder->ino = status.st_ino;
    folder->owner = getpid();
    return ASSAY_OK;
}

assay_rc assay__clamav_folder_open(struct assay__clamav_folder *folder,
                                   const char *base, assay_error *err)
{
    struct stat status;
    assay_rc rc;
    int fd;

    if (strlen(base) + 64 >= sizeof folder->path)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "the name of the temporary folder is too long");
    fd = open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status)) {
        rc = assay_error_set(err, ASSAY_E_IO,
                             "cannot open the temporary folder %s: %m", base);
        goto out;
    }
    rc = check_base(base, &status, err);
    if (rc == ASSAY_OK)
        rc = make_below(folder, fd, base, err);
out:
    if (fd >= 0)
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

void assay__clamav_folder_close(struct assay__clamav_folder *folder)
{
    char *paths[] = {folder->path, NULL};
    FTSENT *entry;
    FTS *tree;

    if (!folder->path[0] || folder->owner != getpid())
        return;
    tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    if (tree) {
        while ((entry = fts_read(tree)))
            remove_entry(entry);
        fts_close(tree);
    }
    folder->path[0] = '\0';
}
