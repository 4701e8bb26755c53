/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The walls around a template and its workers, as <assay/scanner.h> asks for
 * them. Each kind of wall is a file; walls.c puts them up in order.
 *
 * In the template, before the engine is loaded:
 *   user        an unprivileged one; later no capability is left at all
 *   name spaces no network, no System V IPC, mounts of its own, all read-only
 *               but for `temporary`
 *   temporary   a pool of small file systems, one for each worker to come
 *   Landlock    what loading an engine reads, and writes below `temporary`
 *   seccomp     kills programs, sockets, tracing, and what changes the system
 * In a worker, before the first byte of mail:
 *   limits      descriptors, file size, address space, processor time
 *   Landlock    the worker's folder and the character sets of the C library
 *   seccomp     kills all but what scanning from memory needs
 *   allocation  a failed one ends the process
 *
 * Landlock forbids whoever is in it to mount, so the file systems of all
 * workers are there before it is, and workers take one each.
 *
 * Locking: none; one thread. What is file-scope here is set in the template,
 * once, and constant in the workers that inherit it.
 */
#ifndef ASSAY_SCANNER_WALLS_H
#define ASSAY_SCANNER_WALLS_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/scanner.h>

/* Sanitizers reserve terabytes of address space, bring an allocator of their
 * own and call what no scan does. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ASSAY__SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define ASSAY__SANITIZED 1
#endif
#endif
#ifndef ASSAY__SANITIZED
#define ASSAY__SANITIZED 0
#endif

extern const assay_scanner_walls assay__walls;

/* ---- walls_user.c ------------------------------------------------------ */

/**
 * Become user, with its groups. Capabilities stay permitted and effective until
 * assay__walls_drop_capabilities(), for the name spaces.
 * @param user  NULL: stay who we are
 * @return ASSAY_OK; ASSAY_E_NOTFOUND no such user; ASSAY_E_STATE we are neither
 *         root nor that user; ASSAY_E_UNAVAILABLE the kernel refuses
 */
assay_rc assay__walls_become(const char *user, assay_error *err);

/** What leaving the name spaces of the host did not give; bits. */
enum {
    ASSAY__WALLS_NO_USER_SPACE = 1 << 0,
    ASSAY__WALLS_NO_NETWORK_SPACE = 1 << 1,
    ASSAY__WALLS_NO_IPC_SPACE = 1 << 2,
    ASSAY__WALLS_NO_MOUNT = 1 << 3,
    ASSAY__WALLS_NO_SPACES = (1 << 4) - 1
};

/**
 * Leave the network, IPC, UTS and mount name spaces, through a user name space:
 * what capabilities that gives do not reach beyond it. Where it is refused
 * to root, by root's own.
 * @param folder  where a file system will be mounted, to try it out
 * @param lacking_out  set on ASSAY_OK: ASSAY__WALLS_NO_* bits
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE what worked in a trial failed
 */
assay_rc assay__walls_leave(const char *folder, int *lacking_out,
                            assay_error *err);

/** In a child: calls the kernel as the next does, and changes nothing. */
void assay__walls_read_only_try(void);

/**
 * Nothing that is mounted can be written to any more, and no file be changed,
 * but below one folder, and where somebody mounts later. Only in a mount name
 * space of our own: it would be everybody's that changes. Where the kernel does
 * not do it (before 5.12) nothing changes; Landlock and seccomp are there.
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE the folder is not writable, either
 */
assay_rc assay__walls_read_only(const char *writable, assay_error *err);

/** All of them, for good; no system call when there are none. @return ASSAY_OK;
 * ASSAY_E_UNAVAILABLE */
assay_rc assay__walls_drop_capabilities(assay_error *err);

/* ---- walls_temporary.c ------------------------------------------------- */

/** Workers of one template at a time; each has a file system, of 5 kB when it
 *  is empty. */
enum { ASSAY__WALLS_WORKERS_MAX = 1024 };

/** Mount what workers will take. @return ASSAY_OK; ASSAY_E_UNAVAILABLE */
assay_rc assay__walls_temporary_prepare(
    const assay_scanner_confinement *confinement, assay_error *err);
/** In a worker: an empty folder that nobody else has.
 *  @return ASSAY_OK; ASSAY_E_LIMIT; ASSAY_E_IO */
assay_rc assay__walls_temporary_take(
    const assay_scanner_confinement *confinement, uint64_t number, char *folder,
    assay_error *err);
/** In a worker: forget who has which folder. */
void assay__walls_temporary_seal(void);
/** In the template: empty the folder of a worker that has ended. */
void assay__walls_temporary_forget(const assay_scanner_confinement *confinement,
                                   uint64_t number);

/* ---- walls_landlock.c -------------------------------------------------- */

/** In a child: calls the kernel as the others do, and changes nothing. */
void assay__walls_landlock_try(void);
/** @return ASSAY_OK; ASSAY_E_NOTFOUND the kernel has no Landlock;
 *          ASSAY_E_UNAVAILABLE it refuses */
assay_rc assay__walls_landlock_template(
    const assay_scanner_confinement *confinement, assay_error *err);
/** @return as above */
assay_rc assay__walls_landlock_worker(const char *folder, assay_error *err);

/* ---- walls_seccomp.c --------------------------------------------------- */

/** In a child: calls the kernel as the others do, and changes nothing. */
void assay__walls_seccomp_try(void);
/** Confine the template (confinement is not used), and make the program for its
 *  workers.
 *  @return ASSAY_OK; ASSAY_E_NOTFOUND the kernel has no seccomp filters;
 *          ASSAY_E_UNAVAILABLE; ASSAY_E_NOMEM */
assay_rc assay__walls_seccomp_template(
    const assay_scanner_confinement *confinement, assay_error *err);
/** The last wall. @return ASSAY_OK; ASSAY_E_UNAVAILABLE */
assay_rc assay__walls_seccomp_worker(assay_error *err);

/* ---- walls_limits.c ---------------------------------------------------- */

/** No core files. @return ASSAY_OK; ASSAY_E_UNAVAILABLE */
assay_rc assay__walls_limits_template(assay_error *err);
/** @return ASSAY_OK; ASSAY_E_UNAVAILABLE */
assay_rc assay__walls_limits_worker(
    const assay_scanner_confinement *confinement, assay_error *err);

/* ---- allocation.c ------------------------------------------------------ */

/** Exit status of a worker that ran out of memory. */
#define ASSAY__SCANNER_NO_MEMORY 86

#if !ASSAY__SANITIZED
/** From here on an allocation that fails ends the process. */
void assay__allocation_arm(const assay_scanner_confinement *confinement);
#endif

#endif
