/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/activefilter_sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/wall_clock.h"
#include "store/activefilter_mail.h"
#include "store/maildir_mailbox.h"

enum { SWEEP_EVERY_MS = 60 * 60 * 1000 };

static assay_rc open_box(const assay_activefilter *filter,
                         struct assay__mailbox *out)
{
    struct assay__maildir_place place;
    assay_rc rc =
        assay__maildir_place_of(filter->stanza, filter->address, &place, NULL);

    if (rc != ASSAY_OK)
        return rc;
    return assay__mailbox_open(filter->stanza, &place, false, out, NULL);
}

bool assay__activefilter_has_mailbox(const assay_activefilter *filter)
{
    struct assay__mailbox box = ASSAY__MAILBOX_NONE;
    bool has = open_box(filter, &box) == ASSAY_OK;

    assay__mailbox_close(&box);
    return has;
}

/* A file is young while it is staged, so a stale one is nobody's but a
 * registration's that is pending. What the file system wrote down is compared
 * with the system's own clock. */
static bool is_stale(assay_activefilter *filter, int tmp_fd, const char *name)
{
    bool is_pending = true;
    struct stat status;

    if ((!assay__activefilter_mail_is_ours(name) &&
         !assay__activefilter_mail_is_part(name)) ||
        fstatat(tmp_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode) ||
        assay__wall_clock_s(NULL) - (int64_t)status.st_mtime <
            ASSAY__ACTIVEFILTER_STALE_S)
        return false;
    return assay__activefilter_state_is_pending(
               filter->state, name, &is_pending, NULL) == ASSAY_OK &&
           !is_pending;
}

void assay__activefilter_sweep_at_times(assay_activefilter *filter)
{
    int64_t now_ms = assay__clock_ms();
    int64_t due_ms = atomic_load(&filter->sweep_due_ms);

    /* The first call only says when: recovery has just swept. Of several
     * threads one does it. */
    if (now_ms >= due_ms &&
        atomic_compare_exchange_strong(&filter->sweep_due_ms, &due_ms,
                                       now_ms + SWEEP_EVERY_MS) &&
        due_ms != 0)
        assay__activefilter_sweep(filter);
}

void assay__activefilter_sweep(assay_activefilter *filter)
{
    struct assay__mailbox box = ASSAY__MAILBOX_NONE;
    struct dirent *entry;
    DIR *folder = NULL;
    int fd = -1;

    if (open_box(filter, &box) == ASSAY_OK)
        fd = openat(box.tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        folder = fdopendir(fd);
    if (!folder && fd >= 0)
        (void)close(fd);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this thread's */
    while (folder && (entry = readdir(folder)) != NULL)
        if (is_stale(filter, box.tmp_fd, entry->d_name))
            (void)unlinkat(box.tmp_fd, entry->d_name, 0);
    if (folder)
        (void)closedir(folder);
    assay__mailbox_close(&box);
}
