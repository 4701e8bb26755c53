/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The environment libclamav needs and does not check: a temporary folder that
 * is there, writable and has room, free descriptors, and no limit on the size
 * of files. Without them it answers CLEAN for what it could not unpack.
 *
 * Each scan claims the most it may use. A scan starts only when what is free
 * covers the claims of all scans in flight, so ours never take it from each
 * other; and it counts only when its own claim is still free afterwards. What
 * another process takes and gives back within one scan is not seen.
 *
 * Cost: about ten system calls a scan.
 *
 * Locking: guard->lock covers the sums and the identity of the folder.
 */
#include "clamav_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    POLL_WINDOW = 128, /* descriptors looked at with one poll() */
    WAIT_MS = 50       /* others may free space without telling us */
};

enum verdict {
    GUARD_OK,
    GUARD_SHORT, /* less than needed; may change when others finish */
    GUARD_BROKEN
};

void assay__clamav_fault(assay_finding *finding, assay_reason reason,
                         const char *fmt, ...)
{
    va_list args;

    finding->found = ASSAY_FOUND_FAULT;
    finding->reason = reason;
    finding->scan_code[0] = '\0';
    va_start(args, fmt);
    vsnprintf(finding->info, sizeof finding->info, fmt, args);
    va_end(args);
}

assay_rc assay__clamav_guard_init(struct assay__clamav_guard *guard,
                                  struct assay__clamav_folder *folder,
                                  assay_error *err)
{
    pthread_condattr_t attr;
    int failed;

    memset(guard, 0, sizeof *guard);
    guard->folder = folder;
    if (pthread_mutex_init(&guard->lock, NULL))
        return assay_error_set(err, ASSAY_E_NOMEM, "clamav: no mutex");
    failed = pthread_condattr_init(&attr);
    if (!failed) {
        failed = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) ||
                 pthread_cond_init(&guard->left, &attr);
        pthread_condattr_destroy(&attr);
    }
    if (failed) {
        pthread_mutex_destroy(&guard->lock);
        return assay_error_set(err, ASSAY_E_NOMEM, "clamav: no condition");
    }
    return ASSAY_OK;
}

void assay__clamav_guard_fini(struct assay__clamav_guard *guard)
{
    pthread_cond_destroy(&guard->left);
    pthread_mutex_destroy(&guard->lock);
}

/* ---- the checks; no lock is held --------------------------------------- */

/* True when at least `wanted` descriptors can still be opened; lowest is the
 * first free number. A busy number below the limit is no free one. */
static bool has_descriptors(int lowest, uint64_t wanted)
{
    struct pollfd slots[POLL_WINDOW];
    struct rlimit limit;
    uint64_t end, next, vacant = 0;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return false;
    end = limit.rlim_cur < INT_MAX ? limit.rlim_cur : INT_MAX;
    for (next = (uint64_t)lowest; next < end && vacant < wanted;) {
        nfds_t count = 0;

        for (; count < POLL_WINDOW && next < end; count++, next++)
            slots[count] = (struct pollfd){.fd = (int)next};
        if (poll(slots, count, 0) < 0)
            return false;
        for (nfds_t i = 0; i < count; i++)
            vacant += slots[i].revents == POLLNVAL;
    }
    return vacant >= wanted;
}

static enum verdict check_room(const struct statvfs *room,
                               const struct assay__clamav_claim *need,
                               assay_finding *fault)
{
    uint64_t bytes = (uint64_t)room->f_bavail * room->f_frsize;

    if (room->f_flag & ST_RDONLY) {
        assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                            "the temporary folder is read-only");
        return GUARD_BROKEN;
    }
    if (bytes < need->bytes) {
        assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                            "the temporary folder has %llu bytes free, "
                            "scanning may need %llu",
                            (unsigned long long)bytes,
                            (unsigned long long)need->bytes);
        return GUARD_SHORT;
    }
    if (room->f_files && room->f_favail < need->inodes) {
        assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                            "the temporary folder has %llu inodes free, "
                            "scanning may need %llu",
                            (unsigned long long)room->f_favail,
                            (unsigned long long)need->inodes);
        return GUARD_SHORT;
    }
    return GUARD_OK;
}

static bool is_folder(struct assay__clamav_guard *guard,
                      const struct stat *status)
{
    bool is;

    pthread_mutex_lock(&guard->lock);
    is = status->st_dev == guard->folder->dev &&
         status->st_ino == guard->folder->ino;
    pthread_mutex_unlock(&guard->lock);
    return is;
}

static enum verdict check_folder(struct assay__clamav_guard *guard, int fd,
                                 const struct assay__clamav_claim *need,
                                 assay_finding *fault)
{
    struct stat status;
    struct statvfs room;

    if (fstat(fd, &status) || fstatvfs(fd, &room)) {
        assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                            "cannot examine the temporary folder: %m");
        return GUARD_BROKEN;
    }
    if (!is_folder(guard, &status)) {
        assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                            "the temporary folder was replaced");
        return GUARD_BROKEN;
    }
    /* With the effective user, as mkdir() will: the host may be setuid. */
    if (faccessat(AT_FDCWD, guard->folder->path, R_OK | W_OK | X_OK,
                  AT_EACCESS)) {
        assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                            "cannot write to the temporary folder: %m");
        return GUARD_BROKEN;
    }
    return check_room(&room, need, fault);
}

static enum verdict check_descriptors(int lowest, uint64_t wanted,
                                      assay_finding *fault)
{
    if (has_descriptors(lowest, wanted))
        return GUARD_OK;
    assay__clamav_fault(fault, ASSAY_REASON_DESCRIPTORS,
                        "fewer than %llu file descriptors are free",
                        (unsigned long long)wanted);
    return GUARD_SHORT;
}

/* A limit is no reason to be killed by SIGXFSZ, nor to call a file clean. */
static enum verdict check_file_limit(uint64_t bytes, assay_finding *fault)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur >= bytes)
        return GUARD_OK;
    assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                        "files are limited to %llu bytes (RLIMIT_FSIZE), "
                        "scanning may need %llu",
                        (unsigned long long)limit.rlim_cur,
                        (unsigned long long)bytes);
    return GUARD_BROKEN;
}

/* One open() proves that the folder is there and a descriptor is free, and
 * tells the lowest free number. */
static enum verdict check(struct assay__clamav_guard *guard,
                          const struct assay__clamav_claim *need,
                          uint64_t file_bytes, assay_finding *fault)
{
    enum verdict verdict = check_file_limit(file_bytes, fault);
    int fd;

    if (verdict != GUARD_OK)
        return verdict;
    /* O_PATH: a descriptor like any other, but Landlock in a scanner process
     * does not ask whether we may read. */
    fd = open(guard->folder->path,
              O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
        assay__clamav_fault(fault, ASSAY_REASON_DESCRIPTORS,
                            "no file descriptor is free");
        return GUARD_SHORT;
    }
    if (fd < 0) {
        assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                            "cannot open the temporary folder: %m");
        return GUARD_BROKEN;
    }
    verdict = check_folder(guard, fd, need, fault);
    if (verdict == GUARD_OK)
        verdict = check_descriptors(fd + 1, need->descriptors, fault);
    close(fd);
    return verdict;
}

/* ---- claims ------------------------------------------------------------ */

static void claim_add(struct assay__clamav_guard *guard,
                      struct assay__clamav_claim *claim,
                      struct assay__clamav_claim *need_out)
{
    pthread_mutex_lock(&guard->lock);
    guard->claimed.bytes += claim->bytes;
    guard->claimed.inodes += claim->inodes;
    guard->claimed.descriptors += claim->descriptors;
    guard->in_flight++;
    claim->renewals = guard->renewals;
    *need_out = guard->claimed;
    pthread_mutex_unlock(&guard->lock);
}

static void claim_remove_locked(struct assay__clamav_guard *guard,
                                const struct assay__clamav_claim *claim)
{
    guard->claimed.bytes -= claim->bytes;
    guard->claimed.inodes -= claim->inodes;
    guard->claimed.descriptors -= claim->descriptors;
    guard->in_flight--;
    pthread_cond_broadcast(&guard->left);
}

/* Give the claim back and wait a moment for others to do the same.
 * @return false when there is nobody to wait for, or no time */
static bool claim_wait(struct assay__clamav_guard *guard,
                       const struct assay__clamav_claim *claim,
                       int64_t deadline_ms)
{
    int64_t until_ms = assay__clamav_now_ms() + WAIT_MS;
    struct timespec until;
    bool others, late = until_ms >= deadline_ms;

    if (late)
        until_ms = deadline_ms;
    until.tv_sec = (time_t)(until_ms / 1000);
    until.tv_nsec = (long)(until_ms % 1000) * 1000000;
    pthread_mutex_lock(&guard->lock);
    claim_remove_locked(guard, claim);
    others = guard->in_flight > 0;
    if (others)
        pthread_cond_timedwait(&guard->left, &guard->lock, &until);
    pthread_mutex_unlock(&guard->lock);
    return others && assay__clamav_now_ms() < deadline_ms;
}

bool assay__clamav_guard_enter(struct assay__clamav_guard *guard,
                               struct assay__clamav_claim *claim,
                               int64_t deadline_ms, assay_finding *fault)
{
    struct assay__clamav_claim need;
    enum verdict verdict;

    do {
        claim_add(guard, claim, &need);
        verdict = check(guard, &need, claim->bytes, fault);
        if (verdict == GUARD_OK)
            return true;
    } while (verdict == GUARD_SHORT && claim_wait(guard, claim, deadline_ms));
    if (verdict == GUARD_BROKEN) {
        pthread_mutex_lock(&guard->lock);
        claim_remove_locked(guard, claim);
        pthread_mutex_unlock(&guard->lock);
    }
    return false;
}

bool assay__clamav_guard_leave(struct assay__clamav_guard *guard,
                               const struct assay__clamav_claim *claim,
                               assay_finding *fault)
{
    /* Others may be using what they claimed: only our own must be left. */
    enum verdict verdict = check(guard, claim, claim->bytes, fault);
    bool is_same;

    /* Compared after the check: a folder that was made anew passes that. */
    pthread_mutex_lock(&guard->lock);
    claim_remove_locked(guard, claim);
    is_same = claim->renewals == guard->renewals;
    pthread_mutex_unlock(&guard->lock);
    if (verdict == GUARD_OK && !is_same) {
        assay__clamav_fault(fault, ASSAY_REASON_TEMPORARY,
                            "the temporary folder was removed");
        verdict = GUARD_BROKEN;
    }
    return verdict == GUARD_OK;
}

void assay__clamav_guard_renewed(struct assay__clamav_guard *guard,
                                 const struct assay__clamav_folder *fresh)
{
    struct assay__clamav_folder *folder = guard->folder;
    int old;

    pthread_mutex_lock(&guard->lock);
    old = folder->lock;
    folder->dev = fresh->dev;
    folder->ino = fresh->ino;
    folder->lock = fresh->lock;
    guard->renewals++;
    pthread_mutex_unlock(&guard->lock);
    if (old >= 0)
        close(old);
}
