/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamav engine: libclamav inside the process of its host.
 *
 * libclamav answers CLEAN in many cases where it could not look: a temporary
 * folder that is gone or full, no free descriptor, its own limits. So this
 * engine believes CLEAN only when five witnesses agree:
 *
 *   clamav_guard.c     what libclamav needs was there before the scan, and is
 *                      there after it, with a claim for each scan in flight
 *   clamav_messages.c  libclamav logged nothing during the scan that says
 *                      otherwise
 *   clamav_scan.c      no limit was hit, and a mail was read as a mail
 *   clamav_members.c   what archives hold came out of them
 *   clamav_canary.c    mails with a signature of our own are still found
 *
 * The rest: clamav.c is the options and the life of an instance,
 * clamav_signatures.c swaps newer signatures in, clamav_database.c loads them,
 * clamav_memory.c asks whether there is room for both, clamav_folder.c owns the
 * private temporary folder, clamav_names.c tells alerts about limits from
 * threats, clamav_archives.c reads what an archive says it holds, clamav_mail.c
 * knows how libclamav is brought to read a mail as a mail.
 *
 * With the option `daemon` an instance is a client of clamd instead: clamd.h.
 * clamav_module.c is the one table of both. clamav_provider.c is a second face
 * of the first, for the csapi engine: a shared object of its own.
 */
#ifndef ASSAY_ENGINE_CLAMAV_H
#define ASSAY_ENGINE_CLAMAV_H

#include <clamav.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <assay/engine.h>

/** Filled by the configuration from the options of clamav.opt. */
struct assay__clamav_settings {
    const char *signatures;
    const char *temporary; /* NULL: file_base of the scope, TMPDIR or /tmp */
    uint64_t max_scansize;
    uint64_t max_filesize;
    int64_t max_files;
    int64_t max_recursion;
    bool detect_phishing;
    bool detect_pua;
    assay_conf_list daemon; /* addresses of clamd; empty: scan in-process */
    int64_t daemon_sessions;
    int64_t max_depth; /* no option: of the provider for csapi. What lies in
                          more containers is too deep even if libclamav looks
                          at it; 0: max_recursion decides alone */
};

extern const assay_conf_stanza assay__clamav_conf;
extern const assay_engine_ops assay__clamav_ops;

/* ---- clamav_messages.c ------------------------------------------------- */

/** What libclamav logged on this thread between begin and end. */
struct assay__clamav_messages {
    struct assay__clamav_messages *outer; /* a canary inside a scan */
    assay_reason fault;                   /* NONE: no message names a fault */
    unsigned unknown;   /* warnings and errors that name no fault of the host */
    char first[160];    /* the first warning or error, or the fault's */
    char database[160]; /* the message that names a database file, or "" */
};

/** Install the callback of the process; before any scan. */
void assay__clamav_messages_install(void);
/** Collect what this thread's libclamav calls log. They nest. */
void assay__clamav_messages_begin(struct assay__clamav_messages *messages);
void assay__clamav_messages_end(struct assay__clamav_messages *messages);
/** For the callback and its test: sort one message into a collector. */
void assay__clamav_messages_add(struct assay__clamav_messages *messages,
                                const char *text);

/* ---- clamav_folder.c --------------------------------------------------- */

/** A folder below base that only this process uses. */
struct assay__clamav_folder {
    char path[PATH_MAX]; /* "" when there is none */
    dev_t dev;
    ino_t ino;
    pid_t owner; /* a process forked later must not remove it */
    int lock;    /* descriptor that holds its lock; -1 when there is none */
};

/** Remove what processes that ended without closing have left in base: folders
 *  of ours that nobody holds locked, named after a process that is no more. */
void assay__clamav_folder_sweep(const char *base);

/** @return ASSAY_OK; ASSAY_E_IO with a sentence; ASSAY_E_LIMIT path length */
assay_rc assay__clamav_folder_open(struct assay__clamav_folder *folder,
                                   const char *base, assay_error *err);
/** Whether there is nothing of its name. */
bool assay__clamav_folder_is_gone(const struct assay__clamav_folder *folder);
/** Make one that is gone anew, under its name, because libclamav knows that.
 *  @param fresh_out  set on ASSAY_OK only: what it is now; its lock is the
 *                    caller's
 *  @return ASSAY_OK; ASSAY_E_IO with a sentence */
assay_rc assay__clamav_folder_renew(const struct assay__clamav_folder *folder,
                                    const char *base,
                                    struct assay__clamav_folder *fresh_out,
                                    assay_error *err);
/** Removes it with all that is left in it, without following a link. */
void assay__clamav_folder_close(struct assay__clamav_folder *folder);

/* ---- clamav_guard.c ---------------------------------------------------- */

/** What one scan may use at most. */
struct assay__clamav_claim {
    uint64_t bytes;       /* free space in the temporary folder */
    uint64_t inodes;      /* files and folders in it */
    uint64_t descriptors; /* free file descriptors */
    unsigned renewals;    /* of the folder, when it was taken; set by enter */
};

struct assay__clamav_guard {
    struct assay__clamav_folder *folder; /* set once; lock: what it is, once
                                            there are scans */
    unsigned renewals;                   /* lock */
    pthread_mutex_t lock;                /* never held in a system or
                                            libclamav call */
    pthread_cond_t left;                 /* a scan gave back its claim */
    struct assay__clamav_claim claimed;  /* lock */
    unsigned in_flight;                  /* lock */
};

assay_rc assay__clamav_guard_init(struct assay__clamav_guard *guard,
                                  struct assay__clamav_folder *folder,
                                  assay_error *err);
void assay__clamav_guard_fini(struct assay__clamav_guard *guard);
/**
 * Take a claim, waiting until deadline_ms for scans that hold what is missing.
 * @return true: call leave, *fault means nothing; false: *fault is a FAULT that
 * says what is wrong
 */
bool assay__clamav_guard_enter(struct assay__clamav_guard *guard,
                               struct assay__clamav_claim *claim,
                               int64_t deadline_ms, assay_finding *finding);
/** Give the claim back. @return false: what it was for is no longer there, so
 *  the scan may have missed it; *fault is then a FAULT. */
bool assay__clamav_guard_leave(struct assay__clamav_guard *guard,
                               const struct assay__clamav_claim *claim,
                               assay_finding *fault);

/** The folder was made anew: scans in flight had another, and fail.
 *  @param fresh  of assay__clamav_folder_renew(); its lock moves */
void assay__clamav_guard_renewed(struct assay__clamav_guard *guard,
                                 const struct assay__clamav_folder *fresh);

/* ---- clamav_canary.c --------------------------------------------------- */

#define ASSAY__CLAMAV_CANARY "Assay-Canary"

enum { ASSAY__CLAMAV_CANARIES = 6, ASSAY__CLAMAV_MARKER = 32 };

/** Mails that carry a random text, and one that does not. */
struct assay__clamav_canary {
    char marker[ASSAY__CLAMAV_MARKER + 1];
    struct assay__clamav_sample {
        const char *name;
        char *data; /* owned */
        size_t size;
    } samples[ASSAY__CLAMAV_CANARIES], clean;
};

/** Indices of samples. */
enum { ASSAY__CLAMAV_SAMPLE_BARE = 0, ASSAY__CLAMAV_SAMPLE_ATTACHED = 2 };

assay_rc assay__clamav_canary_init(struct assay__clamav_canary *canary,
                                   assay_error *err);
/** Likewise with the EICAR test file in place of the random text, for a
 *  scanner that has signatures of its own. */
assay_rc assay__clamav_canary_init_eicar(struct assay__clamav_canary *canary,
                                         assay_error *err);
/** A mail with the EICAR test file in so many zips that limits keep most
 *  scanners from it; its bytes stand nowhere as they are.
 *  @return malloc'd; NULL out of memory */
char *assay__clamav_canary_deep(size_t *size_out);
void assay__clamav_canary_fini(struct assay__clamav_canary *canary);
/** Add the signature of the marker to an engine not yet compiled. */
assay_rc assay__clamav_canary_load(const struct assay__clamav_canary *canary,
                                   struct cl_engine *engine,
                                   const struct assay__clamav_folder *folder,
                                   assay_error *err);

/* ---- clamav_database.c ------------------------------------------------- */

/** One loaded set of signatures. */
struct assay__clamav_database {
    struct cl_engine *engine;            /* owned */
    unsigned users;                      /* swap: scans that work with it */
    struct assay__clamav_database *next; /* retired before it */
    unsigned signatures;
    unsigned version;   /* of the daily database, 0 without one */
    uint64_t digest;    /* of the folder, right before it was read */
    uint64_t footprint; /* bytes of memory that loading took, about */
};

/** What the files of the folder are: names, sizes, times, inodes. Times of
 *  inodes are among them, so files that come back are others.
 *  @return ASSAY_OK; ASSAY_E_IO or ASSAY_E_INVAL with a sentence */
assay_rc assay__clamav_database_digest(const char *folder, uint64_t *digest_out,
                                       assay_error *err);
/** Load all signatures of a folder into database->engine; refuses one without
 *  any.
 *  @return ASSAY_OK; ASSAY_E_IO or ASSAY_E_INVAL with a sentence that names
 *          the folder or the file */
assay_rc assay__clamav_database_load(struct assay__clamav_database *database,
                                     const char *folder, unsigned options,
                                     assay_error *err);

/** FNV-1a, to continue from an earlier hash. */
uint64_t assay__clamav_hash(uint64_t hash, const void *data, size_t size);

/* ---- clamav_names.c ---------------------------------------------------- */

/** Turn the name of an alert into found, reason, limit, scan code and info. */
void assay__clamav_name_map(const char *name, assay_finding *finding);

/* ---- clamav_archives.c ------------------------------------------------- */

/** What must come out of one layer; name NULL: it is no archive. */
struct assay__clamav_archive {
    const char *name;  /* of the format, for people */
    bool announces;    /* libclamav tells each member before it unpacks it */
    int method;        /* of the first zip member that is closed, or -1 */
    uint32_t expected; /* members libclamav can unpack */
    uint32_t closed;   /* members, or the whole, that it cannot */
};

/** Examine a layer of libclamav's type; linear in size. */
void assay__clamav_archive_examine(const char *type, const void *data,
                                   size_t size,
                                   struct assay__clamav_archive *archive);
/** @return the format's name if libclamav announces a member of that type and
 *  position right before it unpacks it; else NULL */
const char *assay__clamav_archive_announced(const char *type,
                                            unsigned position);

/* ---- clamav_members.c -------------------------------------------------- */

enum { ASSAY__CLAMAV_LAYERS = 101 }; /* libclamav's most, and one */

/** What one pass was to unpack and what came out. Zero it to begin. */
struct assay__clamav_members {
    struct assay__clamav_frame {
        struct assay__clamav_archive archive;
        uint32_t opened; /* members that came out */
    } frames[ASSAY__CLAMAV_LAYERS];
    unsigned depth;      /* frames in use: one a level */
    const char *pending; /* format of a member announced, not yet seen */
    uint64_t pending_size;
    uint64_t layer_size; /* of the last layer */
    uint32_t unopened;
    uint32_t encrypted;
    uint32_t blank; /* archives without any sign of a member */
    char first[96]; /* the first that was not opened */
};

/** A layer, as libclamav's file inspection callback tells it. */
void assay__clamav_members_layer(struct assay__clamav_members *members,
                                 uint32_t level, const char *type,
                                 const void *data, size_t size);
/** What libclamav's metadata callback says of a member. */
struct assay__clamav_member {
    unsigned position; /* in its archive */
    uint64_t packed, size;
    bool is_encrypted;
};

void assay__clamav_members_announce(struct assay__clamav_members *members,
                                    const char *type,
                                    const struct assay__clamav_member *member);
/** The pass is over: a finding of NOTHING or ENCRYPTED becomes UNSCANNABLE if
 *  something was not opened. */
void assay__clamav_members_report(struct assay__clamav_members *members,
                                  assay_finding *finding);

/* ---- clamav_mail.c ----------------------------------------------------- */

/** A header line that libclamav takes for the start of a mail. */
#define ASSAY__CLAMAV_MAIL_PREFIX "Received: by assay\r\n"

/** A mail, or a part of a message type: headers, and often a mail behind. */
bool assay__clamav_may_be_mail(const assay_content *content);
/** It begins with "From ": libclamav would cut it at each such line. */
bool assay__clamav_is_mbox(const assay_content *content);
/** It begins with a header field no other kind of file begins with, so it is
 *  read as a mail and as nothing else. */
bool assay__clamav_begins_as_mail(const assay_content *content);

/** How much a finding decides over another of the same content. */
enum assay__clamav_weight {
    ASSAY__CLAMAV_WEIGHT_NOTHING,
    ASSAY__CLAMAV_WEIGHT_ENCRYPTED,
    ASSAY__CLAMAV_WEIGHT_UNOPENED, /* a limit may be why; then it is the
                                      better reason */
    ASSAY__CLAMAV_WEIGHT_PARTIAL,
    ASSAY__CLAMAV_WEIGHT_FAULT,
    ASSAY__CLAMAV_WEIGHT_THREAT
};

enum assay__clamav_weight assay__clamav_weight(const assay_finding *finding);

/* ---- clamav_scan.c ----------------------------------------------------- */

enum { ASSAY__CLAMAV_CONVERSIONS = 7 };

/** An instance; constant after open but for the guard, the signatures and, in
 *  a process forked from the one that opened it, the folder. */
struct assay__clamav {
    struct assay__clamav_settings settings; /* a copy; strings borrowed */
    char base[PATH_MAX];                    /* where private folders go */
    struct assay__clamav_folder folder;
    struct assay__clamav_guard guard;
    struct assay__clamav_canary canary;
    pthread_mutex_t swap;
    struct assay__clamav_database *present; /* swap, to change it */
    char failure[ASSAY_ERROR_MAX];          /* swap: of the last refresh; "" */
    struct assay__clamav_database *retired; /* refresh only, from here on */
    uint64_t failed_digest;                 /* of a folder that did not load */
    int64_t retry_ms;                       /* when to try that one again */
    unsigned unsettled; /* refreshes that found the folder being written to */
    int64_t settle_ms;  /* set once: how long a folder must stay unchanged */
    int64_t drain_ms;   /* set once: how long old signatures are waited for */
    int64_t timeout_ms;
    atomic_int owner;         /* process whose folder it is */
    pthread_mutex_t rehoming; /* serialises changes of the folder */
    assay_log log;
    void *conversions[ASSAY__CLAMAV_CONVERSIONS]; /* of iconv, kept open in a
                                                     template; or NULL */
};

/** Have libclamav report layers and members to the scans. */
void assay__clamav_callbacks_set(struct cl_engine *engine);
/** The scan op. */
void assay__clamav_scan(void *instance, const assay_scan_args *args,
                        assay_finding *finding);
/** Scan all canaries. guarded: claim what a scan needs first.
 *  @return ASSAY_OK; ASSAY_E_UNAVAILABLE with the one that was missed */
assay_rc assay__clamav_prove(struct assay__clamav *self,
                             const struct assay__clamav_database *database,
                             int64_t deadline_ms, bool guarded,
                             assay_error *err);
/** After a fork: give this process a private folder of its own.
 *  @return ASSAY_OK; ASSAY_E_IO */
assay_rc assay__clamav_move_home(struct assay__clamav *self, assay_error *err);

/* ---- clamav_signatures.c ----------------------------------------------- */

/** Load the first signatures, and prove them. */
assay_rc assay__clamav_signatures_open(struct assay__clamav *self,
                                       assay_error *err);
/** No scan is running. Accepts an instance that never had any. */
void assay__clamav_signatures_close(struct assay__clamav *self);
/** The present signatures, to be given back with drop. Any thread. */
struct assay__clamav_database *assay__clamav_signatures_take(
    struct assay__clamav *self);
void assay__clamav_signatures_drop(struct assay__clamav *self,
                                   struct assay__clamav_database *database);
/** Why newer signatures could not be taken, or "". Any thread. */
void assay__clamav_signatures_failure(struct assay__clamav *self, char *buf,
                                      size_t size);
/** The newer op. */
assay_rc assay__clamav_newer(void *instance, uint64_t *set_out,
                             assay_error *err);
/** The refresh op. */
assay_rc assay__clamav_refresh(void *instance, bool *changed_out,
                               assay_error *err);

/* ---- clamav_memory.c --------------------------------------------------- */

/** Bytes of address space of this process; 0: unknown. */
uint64_t assay__clamav_memory_used(void);
/** @param footprint  of the signatures in use
 *  @return ASSAY_OK; ASSAY_E_NOMEM a second set may not fit */
assay_rc assay__clamav_memory_check(uint64_t footprint, assay_error *err);

/** Make *finding a FAULT. */
void assay__clamav_fault(assay_finding *finding, assay_reason reason,
                         const char *fmt, ...) ASSAY_PRINTF(3, 4);

static inline int64_t assay__clamav_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
