/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The engine interface: what a scanning engine exports and what it is given.
 *
 * An engine is a shared object with one exported const table, defined with
 * ASSAY_ENGINE_MODULE. The loader checks the table before any engine code
 * runs. Three lifetimes: module (loaded) -> instance (configured by one nested
 * stanza: open .. close) -> scan.
 *
 * ABI changes: added members at the end raise the minor number, anything else
 * the major one. libassay loads engines of its own and of earlier minor
 * numbers: an older engine does not touch what was added, a newer one might.
 *   1.0  first
 *   1.1  flags, refresh; ASSAY_ENGINE_USES_NAMES
 *   1.2  isolation, forked, newer; ASSAY_ENGINE_PROCESS
 *   1.3  ASSAY_ENGINE_WANTS_PARTS
 */
#ifndef ASSAY_ENGINE_H
#define ASSAY_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/conf.h>
#include <assay/error.h>
#include <assay/log.h>
#include <assay/verdict.h>

#define ASSAY_ENGINE_ABI_MAJOR 1
#define ASSAY_ENGINE_ABI_MINOR 3

typedef enum assay_content_kind {
    ASSAY_CONTENT_MESSAGE, /**< a whole mail: header, empty line, body */
    ASSAY_CONTENT_PART,    /**< the decoded bytes of one part */
    ASSAY_CONTENT_FILE     /**< bytes that did not come from a mail */
} assay_content_kind;

/** What an engine inspects. Borrowed for the duration of the scan. */
typedef struct assay_content {
    assay_content_kind kind;
    const void *data;       /**< NULL only when size is 0; read-only */
    size_t size;            /**< bytes */
    const char *media_type; /**< "type/subtype" or NULL; what the mail says */
    const char *file_name;  /**< UTF-8 or NULL; never to be used as a path */
    const char *reading;    /**< which reading of the mail it came from */
} assay_content;

/** What one engine found. Born ASSAY_FOUND_FAULT: zero it and it is one. */
typedef enum assay_found {
    ASSAY_FOUND_FAULT = 0,   /**< could not look; reason and info say why */
    ASSAY_FOUND_NOTHING,     /**< no threat in what coverage says was seen */
    ASSAY_FOUND_THREAT,      /**< info is the name */
    ASSAY_FOUND_UNSCANNABLE, /**< could not look into it all; reason says why */
    ASSAY_FOUND_NOT_SUITABLE /**< this engine cannot take such content */
} assay_found;

/**
 * Filled by the scan op. The dispatcher alone makes a verdict of it: NOTHING
 * becomes CLEAN only if coverage is complete and the deadline has not passed,
 * and THREAT becomes INFECTED only if info has a name ("unnamed" for one
 * without an ASCII character).
 *
 * coverage: bytes_total is the dispatcher's; bytes_seen is what the engine
 * answers for, the content's size when it looked at all of it. An engine that
 * opens the content into several parts counts them in parts_total and
 * parts_seen; one that does not leaves both 0, and the content is one part.
 */
typedef struct assay_finding {
    assay_found found;
    assay_reason reason;
    char info[ASSAY_VERDICT_INFO_MAX];      /**< any bytes; cleaned later */
    char scan_code[ASSAY_VERDICT_CODE_MAX]; /**< "OK", a name, a code, or "" */
    assay_coverage coverage;
} assay_finding;

/** Given to open. Everything is borrowed until close returns. */
typedef struct assay_engine_args {
    const char *instance; /**< instance name of the stanza, such as clamav1 */
    const char *scope;    /**< name of the antivirus scope */
    const void *settings; /**< the engine's settings struct, filled */
    const assay_log *log;
    const char *file_base; /**< folder for temporary files, or NULL */
    int64_t timeout_ms;    /**< the scope's budget for one message, > 0 */
    uint64_t max_size;     /**< largest content in bytes that scan will get;
                                UINT64_MAX when the scope has no limit */
    /* since 1.2 */
    const char *temporary; /**< in a template: the folder for temporary files,
                                and no other can be written to; else NULL */
} assay_engine_args;

/** Given to scan. Borrowed for the call. */
typedef struct assay_scan_args {
    const assay_content *content;
    int64_t deadline_ms; /**< CLOCK_MONOTONIC, milliseconds */
} assay_scan_args;

/**
 * What an instance wants of its scanner processes; filled by the isolation op.
 * It arrives with the values of the configuration, so an engine sets only what
 * its own options say otherwise. Strings are borrowed from the settings.
 */
typedef struct assay_engine_isolation {
    size_t struct_size;         /**< set by the caller */
    const char *program;        /**< the scanner program; NULL: the one that
                                     comes with libassay */
    const char *temporary;      /**< folder below which the one for temporary
                                     files is made, on disk; NULL: below
                                     file_base or /tmp, and in memory where a
                                     file system can be mounted */
    const char *log_path;       /**< file for what the processes log, beside
                                     the host's log; NULL: none */
    uint64_t max_workers;       /**< most processes that scan at a time; 0: as
                                     many as there are scans */
    uint64_t temporary_bytes;   /**< most a worker may write to its temporary
                                     folder; 0: no limit of the engine's */
    uint64_t temporary_files;   /**< most files there; 0: likewise */
    const char *const *updater; /**< command and arguments, ended by NULL, that
                                     brings newer signatures; run by the host,
                                     outside of any sandbox, before it asks
                                     what is newer; NULL: none */
    int64_t update_interval_s;  /**< how often the updater runs and that is
                                     asked; 0: Signature_Check_Interval */
} assay_engine_isolation;

/**
 * Operations in call order. No lock is held by the caller in any of them.
 *
 * With isolation = "process" all of them but flags and isolation run in
 * scanner processes: open, epoch, version, newer and close in the template,
 * in one thread; forked, probe and scan in workers that were forked from it,
 * each in one thread. refresh is not called: newer signatures are opened by a
 * new template.
 * A NULL member marked "may be NULL" means the default in brackets.
 */
typedef struct assay_engine_ops {
    size_t struct_size; /**< sizeof(assay_engine_ops); set by the macro user */

    /**
     * Make a working instance: load signatures, connect, prove it detects.
     * One thread. May block for minutes. On failure nothing is left behind
     * and err says what to mend. @return ASSAY_OK and *instance_out set, not
     * NULL (close, scan and the rest are given nothing else).
     */
    assay_rc (*open)(const assay_engine_args *args, void **instance_out,
                     assay_error *err);

    /** Free the instance; no scan is running. One thread. */
    void (*close)(void *instance);

    /**
     * Inspect one content. Many threads at once. May block until the
     * deadline. Reports by *finding, which arrives zeroed (a FAULT) but for
     * coverage.bytes_total.
     */
    void (*scan)(void *instance, const assay_scan_args *args,
                 assay_finding *finding);

    /**
     * Prove that the instance still detects (a canary). Any thread, beside
     * scans; about once a minute and after a reload. May be NULL [works].
     */
    assay_rc (*probe)(void *instance, assay_error *err);

    /** The present epoch: engine version and signature database, printable
     *  ASCII. Many threads; does not block. */
    void (*epoch)(void *instance, char *buf, size_t size);

    /** Text for `antivirus:<i> version`, lines separated by LF. Any thread.
     *  May be NULL [the epoch]. */
    void (*version)(void *instance, char *buf, size_t size);

    /* since 1.1 */

    /** The ASSAY_ENGINE_* bits of an instance with these settings, before it
     *  is opened. Pure. May be NULL [the module's flags]. */
    uint32_t (*flags)(const void *settings);

    /**
     * Look whether there are newer signatures; if so load them aside, prove
     * them on a canary and swap them in while scans go on: each scan sees the
     * old ones or the new ones, and nothing waits. On failure the old ones
     * stay and err says why; the next call tries again only when something
     * changed. One thread at a time, beside scans and probes; about every
     * minute. May block for minutes. May be NULL [nothing ever changes].
     * @param changed_out  set to whether the epoch is another now
     */
    assay_rc (*refresh)(void *instance, bool *changed_out, assay_error *err);

    /* since 1.2 */

    /** What an instance with these settings wants of its scanner processes.
     *  Pure. May be NULL [nothing of its own]. */
    void (*isolation)(const void *settings, assay_engine_isolation *wanted);

    /**
     * This process was forked from the one that opened the instance, and will
     * scan for itself: draw new random numbers, and use another folder for
     * temporary files. Called once, before the process is confined, so that
     * files that scans need later can be opened now. On failure the process
     * ends.
     * @param temporary  folder that this process alone uses; not to be
     *                   removed; borrowed until the process ends
     * May be NULL [nothing to do; the folder given to open is used by all].
     */
    assay_rc (*forked)(void *instance, const char *temporary, assay_error *err);

    /**
     * Which signatures a new instance with the same settings would load: a
     * number that is another for each set of them, or 0 for those this
     * instance has. Does not load them. ASSAY_E_STATE: they are being written,
     * ask again. May be NULL [0].
     */
    assay_rc (*newer)(void *instance, uint64_t *set_out, assay_error *err);
} assay_engine_ops;

enum {
    ASSAY_ENGINE_REMOTE = 1u << 0, /**< talks to another process: default pool
                                       is IO, nothing to isolate */
    ASSAY_ENGINE_USES_NAMES = 1u << 1, /**< a verdict may depend on file_name,
                                           so it is part of the cache key */
    ASSAY_ENGINE_PROCESS = 1u << 2,    /**< scans in scanner processes only:
                                            isolation = "none" is refused */
    /* since 1.3 */
    ASSAY_ENGINE_WANTS_PARTS = 1u << 3 /**< does not read mails: beside a whole
                                            message it is given each of its
                                            parts, decoded, and what other
                                            readings of it add */
};

/** The one exported symbol of an engine. */
typedef struct assay_engine_module {
    size_t struct_size;
    uint32_t abi_major, abi_minor;
    const char *name;    /**< ^[a-z][a-z0-9_]*$, at most ASSAY_NAME_MAX */
    const char *version; /**< of the engine module, for people */
    const char *description;
    uint32_t flags;                /**< ASSAY_ENGINE_* */
    const char *infected_value;    /**< value of the status variable when
                                        infected; NULL: "virus" */
    const assay_conf_stanza *conf; /**< own options of the nested stanza: name
                                        is the engine's, named is true; at
                                        most 64 options, or NULL for none */
    const assay_engine_ops *ops;
} assay_engine_module;

#define ASSAY_ENGINE_SYMBOL "assay_engine_module_v1"

/**
 * Define the module table, for example
 *
 *     ASSAY_ENGINE_MODULE(.name = "clamd", .version = "1.0",
 *                         .conf = &clamd_conf, .ops = &clamd_ops);
 */
#define ASSAY_ENGINE_MODULE(...)                                       \
    ASSAY_API extern const assay_engine_module assay_engine_module_v1; \
    const assay_engine_module assay_engine_module_v1 = {               \
        .struct_size = sizeof(assay_engine_module),                    \
        .abi_major = ASSAY_ENGINE_ABI_MAJOR,                           \
        .abi_minor = ASSAY_ENGINE_ABI_MINOR,                           \
        __VA_ARGS__}

#endif
