/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The conformance kit: checks that any engine must pass.
 *
 *   kit_run.c      one check in a process of its own
 *   kit_engine.c   in there: load, open, scan and close the engine
 *   kit_content.c  what it is given to scan
 *   kit_measure.c  what it uses of the process
 *   kit_checks.c   the list of checks; kit_life.c, kit_scan.c, kit_threads.c,
 *                  kit_tell.c and kit_manners.c have their bodies
 *
 * The engine runs in children only: what it does to its process fails one
 * check, by name, and the kit goes on.
 */
#ifndef ASSAY_CLI_KIT_H
#define ASSAY_CLI_KIT_H

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <assay/engine_kit.h>

/* Limits of what the user may ask for. */
#define ASSAY__KIT_FILES_MAX 64    /* files with a known answer */
#define ASSAY__KIT_OPTIONS_MAX 256 /* -o */
#define ASSAY__KIT_FILE_BYTES_MAX (64u << 20)
#define ASSAY__KIT_TEXT_MAX 4096
#define ASSAY__KIT_DESCRIPTORS_MAX 4096

/* ---- what is asked for ----------------------------------------------------
 */

/** What the engine is to find in a file. */
enum assay__kit_want {
    ASSAY__KIT_CLEAN,      /* nothing */
    ASSAY__KIT_INFECTED,   /* a threat */
    ASSAY__KIT_UNSCANNABLE /* anything but nothing */
};

struct assay__kit_file {
    const char *path;
    enum assay__kit_want want;
    char *block; /* owned; data is in it, with room on both sides */
    char *data;
    size_t size;
};

struct assay__kit {
    const char *path;
    const char *options[ASSAY__KIT_OPTIONS_MAX + 1]; /* ends with NULL */
    struct assay__kit_file files[ASSAY__KIT_FILES_MAX];
    size_t file_count;
    uint64_t huge_bytes; /* 0: no such content */
    int64_t patience_ms; /* longest that a check may take */
    int64_t grace_ms;    /* a scan may end so long after its deadline */
    unsigned threads;
    unsigned rounds; /* of the first window of opening and closing */
    bool is_verbose; /* the log of the engine goes to standard error */
    char folder[64]; /* for all temporary files */
};

/* ---- how a check went -----------------------------------------------------
 */

enum assay__kit_outcome {
    ASSAY__KIT_NONE, /* the process ended before it could tell */
    ASSAY__KIT_OK,
    ASSAY__KIT_FAILED,
    ASSAY__KIT_SKIPPED,
    ASSAY__KIT_USAGE /* not the engine's fault: its options are wrong */
};

/** In memory that the kit and the process of the check share. */
struct assay__kit_report {
    _Atomic int outcome;
    _Atomic int64_t until_ms; /* CLOCK_MONOTONIC: then what it does now is too
                                 late; 0: as long as patience lasts */
    char stage[ASSAY__KIT_TEXT_MAX]; /* what it does now */
    char text[ASSAY__KIT_TEXT_MAX];  /* why; with OK: what was measured */
};

/** What the process was before the engine was loaded. */
struct assay__kit_manners {
    struct sigaction handlers[65];
    sigset_t mask;
    mode_t umask;
    char cwd[PATH_MAX], locale[256];
    uint64_t environment;
    bool has_descriptor[ASSAY__KIT_DESCRIPTORS_MAX];
};

/** The process of one check. */
struct assay__kit_child {
    const struct assay__kit *kit;
    struct assay__kit_report *report;
    int output; /* where standard output and error of the process go */
    struct assay__kit_manners before;
    assay_log log;
    int log_fd; /* standard error of the kit; -1: no log */
    char folder[PATH_MAX / 2], worker_folder[PATH_MAX];
    assay_engine_kit *engine;
    const assay_engine_module *table;
    const assay_engine_ops *ops; /* what the engine left out is NULL */
    uint32_t flags;
    assay_engine_args args;
    void *instance;   /* NULL: not open */
    unsigned threads; /* of the process, before an instance is opened */
    bool is_worker;   /* of an engine that scans in processes only */
};

struct assay__kit_check {
    const char *name;
    const char *summary;
    const char *needs; /* a check that must have passed; or NULL */
    /** Says how it went by the functions below; nothing said is OK. */
    void (*run)(struct assay__kit_child *child);
};

/** The table of checks, in order; ends with name NULL. */
extern const struct assay__kit_check assay__kit_checks[];

/** Run one check. @param output  a memfd for what the process prints
 *  @param interrupt_fd  readable: stop; the outcome is then NONE */
void assay__kit_run(const struct assay__kit *kit,
                    const struct assay__kit_check *check, int output,
                    int interrupt_fd, void (*tick)(void *arg), void *tick_arg,
                    struct assay__kit_report *result);

/* ---- for checks -----------------------------------------------------------
 */

/** Say how it went; the first failure stays. */
void assay__kit_fail(struct assay__kit_child *child, const char *fmt, ...)
    ASSAY_PRINTF(2, 3);
void assay__kit_skip(struct assay__kit_child *child, const char *fmt, ...)
    ASSAY_PRINTF(2, 3);
/** What was measured; the check goes on. */
void assay__kit_note(struct assay__kit_child *child, const char *fmt, ...)
    ASSAY_PRINTF(2, 3);
bool assay__kit_has_failed(const struct assay__kit_child *child);
/** What is about to be done, in case the process ends there. */
void assay__kit_stage(struct assay__kit_child *child, const char *fmt, ...)
    ASSAY_PRINTF(2, 3);

int64_t assay__kit_now_ms(void);

/** Prepare this process: load the engine, fill its settings.
 *  @return false: said why */
bool assay__kit_load(struct assay__kit_child *child);
/** Open an instance. @return false: said why */
bool assay__kit_open(struct assay__kit_child *child);
/** Open an instance to scan with: for an engine that scans in processes only,
 *  what follows runs in one that was forked. @return false: said why */
bool assay__kit_ready(struct assay__kit_child *child);
/** Close it; a process that was forked ends without. */
void assay__kit_close(struct assay__kit_child *child);
bool assay__kit_is_remote(const struct assay__kit_child *child);
bool assay__kit_is_process(const struct assay__kit_child *child);

/** Scan a content, and write the stage. The finding arrives zeroed.
 *  @param within_ms  until the deadline; negative: it has passed */
void assay__kit_scan(struct assay__kit_child *child, const char *what,
                     const assay_content *content, int64_t within_ms,
                     assay_finding *finding);
/** Likewise, and the engine writes to this finding itself. */
void assay__kit_scan_into(struct assay__kit_child *child, const char *what,
                          const assay_content *content, int64_t within_ms,
                          assay_finding *finding);
/** What a finding says against the rules; NULL: nothing.
 *  @param buf  where the sentence may be written to */
const char *assay__kit_finding_problem(const assay_finding *finding,
                                       uint64_t size, char *buf,
                                       size_t buf_size);
const char *assay__kit_found_name(assay_found found);

#endif
