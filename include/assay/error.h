/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Result codes and the caller-owned error object.
 *
 * Work moves between threads, so there is no "last error" in thread-local
 * storage: whoever calls owns the assay_error and passes it down. The message
 * is set once, where the failure is found; upper layers hand it on.
 */
#ifndef ASSAY_ERROR_H
#define ASSAY_ERROR_H

#include <assay/export.h>

/** Zero is success; a specific code exists only where a caller acts on it. */
typedef enum assay_rc {
    ASSAY_OK = 0,
    ASSAY_E_NOMEM = -1,       /**< an allocation failed */
    ASSAY_E_INVAL = -2,       /**< the caller passed something unusable */
    ASSAY_E_NOTFOUND = -3,    /**< no such thing */
    ASSAY_E_EXISTS = -4,      /**< there is one of that name already */
    ASSAY_E_IO = -5,          /**< the system refused: file, socket, process */
    ASSAY_E_LIMIT = -6,       /**< a named limit was exceeded */
    ASSAY_E_ABI = -7,         /**< a module was built for another interface */
    ASSAY_E_CONF = -8,        /**< the configuration is not valid */
    ASSAY_E_UNAVAILABLE = -9, /**< an engine or service cannot be used now */
    ASSAY_E_STATE = -10,      /**< the call is out of order */
    ASSAY_E_TIMEOUT = -11,    /**< the deadline passed */
    ASSAY_E_SCRIPT = -12      /**< a policy script failed or was stopped */
} assay_rc;

/** Longest message an assay_error holds, in bytes, with the NUL. */
#define ASSAY_ERROR_MAX 512

/** Owned by the caller; needs no clean-up. `{0}` is a valid empty one. */
typedef struct assay_error {
    assay_rc code;
    char msg[ASSAY_ERROR_MAX];
} assay_error;

/**
 * Store a code and a formatted message.
 *
 * @param err   may be NULL: then only the code is returned
 * @param code  returned unchanged, so that `return assay_error_set(…)` works
 * @param fmt   printf format; longer text is cut at ASSAY_ERROR_MAX
 * @return code. errno is preserved.
 * Threads: any. Blocks: never. Since: 0.1
 */
ASSAY_API assay_rc assay_error_set(assay_error *err, assay_rc code,
                                   const char *fmt, ...) ASSAY_PRINTF(3, 4);

#ifdef __clang_analyzer__
/* The analyzer does not see into the library: tell it that the code returns. */
#define assay_error_set(err, code, ...) \
    (assay_error_set((err), (code), __VA_ARGS__), (code))
#endif

/**
 * The name of a code for logs ("io", "limit", …); never NULL.
 * Threads: any. Blocks: never. Since: 0.1
 */
ASSAY_API const char *assay_rc_name(assay_rc code);

#endif
