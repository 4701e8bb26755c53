/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Scanner processes, from the inside: what the program assay-scanner asks of
 * libassay, and what libassay asks of that program. Hosts need none of it.
 *
 * A host starts the program with one end of a socket pair (ASSAY_SCANNER_FD)
 * for each engine instance with isolation = "process". That process, the
 * template, opens the engine once and forks workers on request, each with a
 * socket pair of its own to the host. The program supplies the walls: libassay
 * itself uses neither seccomp nor Landlock, so no MTA loads their libraries.
 */
#ifndef ASSAY_SCANNER_H
#define ASSAY_SCANNER_H

#include <assay/assay.h>

/** The descriptor under which assay-scanner finds its socket. */
#define ASSAY_SCANNER_FD 3

typedef enum assay_sandbox_mode {
    ASSAY_SANDBOX_ON,      /**< what the kernel has; what it lacks is told */
    ASSAY_SANDBOX_REQUIRE, /**< all of it, or the process does not start */
    ASSAY_SANDBOX_OFF      /**< no walls but those of the user and of limits */
} assay_sandbox_mode;

/** What a template and its workers may do. All borrowed for the call. */
typedef struct assay_scanner_confinement {
    size_t struct_size;
    assay_sandbox_mode mode;
    const char *user; /**< to become, when root; NULL: stay who we are */
    const char *const *readable; /**< files and folders the engine's options
                                      name, ended by NULL */
    const char *temporary;    /**< folder of this template for temporary files;
                                   it exists, belongs to `user`, and only the
                                   processes of this template use it */
    bool is_on_disk;          /**< no file system in memory for it */
    uint64_t temporary_bytes; /**< most a worker may write there; 0: no limit */
    uint64_t temporary_files; /**< most files it may make there; 0: likewise */
    uint64_t memory_bytes;    /**< address space a worker may have beside what
                                   the template has; 0: no limit */
    /** Of a worker: to be called by who ends the process because an allocation
     *  failed, right before that. Allocates nothing. May be NULL. */
    void (*out_of_memory)(void *arg);
    void *out_of_memory_arg;
} assay_scanner_confinement;

/** Text for pieces that the kernel lacks, such as "Landlock, user namespace";
 *  "" when nothing is missing. */
#define ASSAY_SCANNER_MISSING_MAX 256

/**
 * The walls. Each call is made by the only thread of its process. On failure
 * err says which piece is missing, and the process ends.
 */
typedef struct assay_scanner_walls {
    size_t struct_size;

    /**
     * In the template, before any code of the engine runs: become the user,
     * leave the network and other name spaces, no new privileges, not
     * dumpable, no exec, file system limited to what loading an engine needs.
     * @param missing  ASSAY_SCANNER_MISSING_MAX bytes; set on ASSAY_OK
     */
    assay_rc (*enter_template)(const assay_scanner_confinement *confinement,
                               char *missing, assay_error *err);

    /**
     * In a worker, right after the fork, before the engine's forked op: an
     * empty folder of its own for temporary files, size-capped where a file
     * system can be mounted.
     * @param number  of the worker; no two of a template have the same
     * @param folder  PATH_MAX bytes; set on ASSAY_OK
     */
    assay_rc (*own_temporary)(const assay_scanner_confinement *confinement,
                              uint64_t number, char *folder, assay_error *err);

    /**
     * In a worker, after the engine's forked op, before the first byte of
     * mail: limits, and nothing left to do but scan from memory and unpack
     * into folder. An unknown system call kills from here on.
     */
    assay_rc (*enter_worker)(const assay_scanner_confinement *confinement,
                             const char *folder, assay_error *err);

    /** In the template, when a worker has ended: remove what its folder holds
     *  if it was not a file system of its own. */
    void (*forget_temporary)(const assay_scanner_confinement *confinement,
                             uint64_t number);
} assay_scanner_walls;

/**
 * Be a template until the host closes the socket. Returns in the template;
 * workers end without returning.
 *
 * @param walls  borrowed; none of its members may be NULL
 * @return ASSAY_OK when the host has closed the socket; ASSAY_E_INVAL it broke
 *         the protocol; ASSAY_E_IO; what opening the engine returned, after
 *         the host was told
 * Threads: the only one of the process.
 */
ASSAY_API assay_rc assay_scanner_run(const assay_scanner_walls *walls,
                                     int socket_fd,
                                     assay_error *err) ASSAY_MUST_CHECK;

#endif
