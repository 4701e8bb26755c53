/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The verdict: what was decided, by whom, and what was really inspected.
 *
 * A verdict is born ERROR: the zero value of assay_status is ERROR, so memory
 * that was only cleared can never be read as clean. CLEAN is produced by the
 * dispatcher alone, from complete coverage; everything that was not looked at
 * in full is UNSCANNABLE or ERROR with a reason (spec: EC_AV_* statuses).
 */
#ifndef ASSAY_VERDICT_H
#define ASSAY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/export.h>

typedef enum assay_status {
    ASSAY_STATUS_ERROR = 0,         /**< a run-time fault; nothing is known */
    ASSAY_STATUS_CLEAN,             /**< all of it was inspected: no threat */
    ASSAY_STATUS_INFECTED,          /**< a threat; info is its name */
    ASSAY_STATUS_UNSCANNABLE,       /**< could not be inspected in full */
    ASSAY_STATUS_NOT_SUITABLE,      /**< not scannable as a stream */
    ASSAY_STATUS_NO_ENGINE,         /**< no such engine is configured */
    ASSAY_STATUS_NAME_TOO_LONG,     /**< engine name over ASSAY_NAME_MAX */
    ASSAY_STATUS_PART_IS_CONTAINER, /**< a part scan was given a container */
    ASSAY_STATUS_SKIPPED            /**< not scanned: the skip variable is set;
                                         scripts see it as EC_AV_CLEAN with
                                         info "skipped" (AV-34) */
} assay_status;

/** Why a verdict is not CLEAN; refines ERROR and UNSCANNABLE. */
typedef enum assay_reason {
    ASSAY_REASON_NONE = 0,
    /* ERROR */
    ASSAY_REASON_ENGINE,      /**< the engine failed; info says how */
    ASSAY_REASON_TIMEOUT,     /**< the deadline passed */
    ASSAY_REASON_OVERLOAD,    /**< no place before the deadline */
    ASSAY_REASON_TEMPORARY,   /**< temporary folder missing, full, read-only */
    ASSAY_REASON_DESCRIPTORS, /**< not enough free file descriptors */
    ASSAY_REASON_MEMORY,      /**< an allocation failed */
    ASSAY_REASON_CANARY,      /**< the engine missed its own test signature */
    ASSAY_REASON_UNAVAILABLE, /**< the engine is down */
    ASSAY_REASON_CRASHED,     /**< the scanner process died */
    ASSAY_REASON_RELOADING,   /**< no signatures are loaded at the moment */
    /* UNSCANNABLE; apart, so that both kinds can grow */
    ASSAY_REASON_LIMIT = 64, /**< a limit ended the inspection */
    ASSAY_REASON_OVERSIZE,   /**< larger than the engine takes */
    ASSAY_REASON_ENCRYPTED,  /**< encrypted content */
    ASSAY_REASON_MALFORMED,  /**< content that cannot be opened */
    ASSAY_REASON_PARTIAL,    /**< coverage is not complete */
    ASSAY_REASON_POISON,     /**< killed two workers; not tried again */
    ASSAY_REASON_COUNT
} assay_reason;

/** Limits an inspection may hit; bits of assay_coverage.limits_hit. */
enum {
    ASSAY_LIMIT_FILE_SIZE = 1u << 0,
    ASSAY_LIMIT_SCAN_SIZE = 1u << 1,
    ASSAY_LIMIT_FILES = 1u << 2,
    ASSAY_LIMIT_RECURSION = 1u << 3,
    ASSAY_LIMIT_TIME = 1u << 4,
    ASSAY_LIMIT_PARTS = 1u << 5,
    ASSAY_LIMIT_DEPTH = 1u << 6,
    ASSAY_LIMIT_HEADERS = 1u << 7,
    ASSAY_LIMIT_OTHER = 1u << 8
};

/** What of a content was inspected. */
typedef struct assay_coverage {
    uint64_t bytes_seen;
    uint64_t bytes_total;
    uint32_t parts_seen; /**< contents given to engines and inspected */
    uint32_t parts_total;
    uint32_t limits_hit;       /**< ASSAY_LIMIT_* bits */
    uint32_t members_unopened; /**< encrypted or broken members */
} assay_coverage;

/** Longest engine, instance and scope name, in bytes, without the NUL. */
#define ASSAY_NAME_MAX 40
#define ASSAY_VERDICT_INFO_MAX 256
#define ASSAY_VERDICT_CODE_MAX 128
#define ASSAY_EPOCH_MAX 128

/** Plain data, fixed size; copy it freely. `{0}` is an ERROR verdict. */
typedef struct assay_verdict {
    assay_status status;
    assay_reason reason;
    char info[ASSAY_VERDICT_INFO_MAX]; /**< threat name or what went wrong;
                                            printable ASCII, "" when none */
    char engine[ASSAY_NAME_MAX + 1];   /**< engine that decided; "" if none */
    char scope[ASSAY_NAME_MAX + 1];    /**< antivirus scope it belongs to */
    char scan_code[ASSAY_VERDICT_CODE_MAX]; /**< engine-specific; "" if none */
    char epoch[ASSAY_EPOCH_MAX]; /**< engine version and signature database */
    assay_coverage coverage;
    uint64_t elapsed_us;
} assay_verdict;

/** "clean", "infected", "unscannable", …; never NULL. Threads: any. */
ASSAY_API const char *assay_status_name(assay_status status);

/** "timeout", "encrypted", …, "" for none; never NULL. Threads: any. */
ASSAY_API const char *assay_reason_name(assay_reason reason);

/** True when every byte and part was seen and nothing was left closed. */
ASSAY_API bool assay_coverage_is_complete(const assay_coverage *coverage);

#endif
