/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The scorer interface: what a backend of the `cloudmark` stanza exports.
 *
 * A scorer says how surely a message is spam, from 0 to 100. It never decides:
 * a policy asks for a score and answers for itself. Like an engine, a scorer
 * is a shared object with one exported const table, defined with
 * ASSAY_SCORER_MODULE and found as scorers/<backend>.so. The loader checks the
 * table before any of its code runs.
 *
 * Nothing a scorer returns is believed: a score that is not a number from 0 to
 * 100, and a header with a line end in it, make the call an error.
 *
 * ABI changes: members added at the end of a table raise the minor number,
 * anything else the major one.
 *   1.0  first
 */
#ifndef ASSAY_SCORER_H
#define ASSAY_SCORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/conf.h>
#include <assay/error.h>
#include <assay/export.h>
#include <assay/log.h>

#define ASSAY_SCORER_ABI_MAJOR 1
#define ASSAY_SCORER_ABI_MINOR 0

/** What is scored. Borrowed for the call; no string is NULL. */
typedef struct assay_score_subject {
    const void *data; /**< header, empty line, body; NULL only when size is 0;
                           dot-stuffed unless use_wire_rep is off */
    size_t size;      /**< bytes */
    bool is_cut;      /**< the body was cut at Max_Body_Length */
    const char *helo;
    const char *sender; /**< without angle brackets; "" is the null sender */
    const char *const *recipients; /**< any number, without angle brackets */
    size_t recipient_count;
    const char *client_address; /**< "192.0.2.1", "2001:db8::1" or "" */
    const char *client_host;    /**< name that the MTA found, or "" */
    const char *queue_id;       /**< of the MTA, or "" */
} assay_score_subject;

#define ASSAY_SCORE_ANALYSIS_MAX 16384 /**< bytes, with the NUL */
#define ASSAY_SCORE_HEADERS_MAX 16

/** What came of it; plain data, about 36 KB: keep it off small stacks. Texts
 *  are "" when there are none, else UTF-8 or ASCII without control characters.
 */
typedef struct assay_score {
    double score; /**< 0 to 100; higher is more surely spam */
    bool
        is_spam; /**< set by libassay alone: MinimumScore is set and exceeded */
    bool rescan; /**< scoring again later would help */
    char category[64], category_desc[256];
    char sub_category[64], sub_category_desc[256];
    char analysis[ASSAY_SCORE_ANALYSIS_MAX]; /**< what analyze() takes */
    size_t header_count; /**< headers the service asks for; see append_headers
                          */
    struct assay_score_header {
        char name[78];
        char value[998];
    } headers[ASSAY_SCORE_HEADERS_MAX];
} assay_score;

/** Of the service behind a scorer, for `cloudmark version`. */
typedef struct assay_scorer_version {
    char engine[64];    /**< CmaeVersion */
    char cartridge[64]; /**< CmaeCartridgeVersion: its rules */
} assay_scorer_version;

/** Given to open; borrowed until close returns. */
typedef struct assay_scorer_args {
    const void *settings;     /**< the module's settings struct, filled */
    assay_conf_list servers;  /**< option `servers`, as written; without items:
                                   the module's default */
    int64_t timeout_ms;       /**< most of one call, > 0 */
    unsigned max_concurrency; /**< most calls at a time, >= 1 */
    const assay_log *log;
} assay_scorer_args;

/**
 * Operations. No lock is held by the caller in any of them, and all but open,
 * start and close are called from many threads at once. A call returns by
 * deadline_ms (CLOCK_MONOTONIC), whatever its servers do.
 *
 * Each returns ASSAY_OK with *score_out filled (it arrives zeroed);
 * ASSAY_E_UNAVAILABLE no server answers; ASSAY_E_TIMEOUT; ASSAY_E_LIMIT the
 * subject is larger than the service takes; ASSAY_E_IO an answer that is not
 * one, and then err says what is wrong with it; ASSAY_E_INVAL for an argument
 * the service refuses; ASSAY_E_NOTFOUND the service has no such thing;
 * ASSAY_E_NOMEM. On failure *score_out is not looked at.
 */
typedef struct assay_scorer_ops {
    size_t struct_size;

    /** Check settings and servers and make an instance; connects to nothing
     *  and starts no thread. One thread. */
    assay_rc (*open)(const assay_scorer_args *args, void **instance_out,
                     assay_error *err);
    /** Free the instance; no call is running. One thread. */
    void (*close)(void *instance);
    /** Score a message. */
    assay_rc (*score)(void *instance, const assay_score_subject *subject,
                      int64_t deadline_ms, assay_score *score_out,
                      assay_error *err);
    /** Say again what an analysis text that score() once gave says. @param
     *  text  any bytes but NUL, perhaps forged, perhaps folded: up to four
     * times ASSAY_SCORE_ANALYSIS_MAX. May be NULL [ASSAY_E_NOTFOUND]. */
    assay_rc (*analyze)(void *instance, const char *text, size_t len,
                        int64_t deadline_ms, assay_score *score_out,
                        assay_error *err);
    /** Score an IP address. @param address  NUL-terminated, valid IPv4 or
     *  IPv6. May be NULL [ASSAY_E_NOTFOUND]. */
    assay_rc (*score_address)(void *instance, const char *address,
                              int64_t deadline_ms, assay_score *score_out,
                              assay_error *err);
    /** What runs behind it; may ask a server. A text it does not know stays
     *  "". */
    assay_rc (*version)(void *instance, int64_t deadline_ms,
                        assay_scorer_version *version_out, assay_error *err);
    /** The library was started: ask servers now for what score() would ask
     *  them first. What fails here is tried again by score(). Beside other
     *  calls. May be NULL [nothing to ask]. */
    void (*start)(void *instance, int64_t deadline_ms);
    /**
     * Whether settings and servers can be used, as far as can be said without
     * asking a server; while a configuration is checked, so that the mistake is
     * told with its place. May be NULL [they can].
     * @param option_out  set with a failure: the option that is wrong; static
     */
    assay_rc (*check)(const assay_scorer_args *args, const char **option_out,
                      assay_error *err);
} assay_scorer_ops;

/** The one exported symbol of a scorer. */
typedef struct assay_scorer_module {
    size_t struct_size;
    uint32_t abi_major, abi_minor;
    const char *name;    /**< ^[a-z][a-z0-9_]*$, the value of `backend` */
    const char *version; /**< of the module, for people */
    const char *description;
    const assay_conf_stanza *conf; /**< own options, legal in the stanza beside
                                        the general ones when this is the
                                        backend; or NULL for none */
    const assay_scorer_ops *ops;
} assay_scorer_module;

#define ASSAY_SCORER_SYMBOL "assay_scorer_module_v1"

#define ASSAY_SCORER_MODULE(...)                                       \
    ASSAY_API extern const assay_scorer_module assay_scorer_module_v1; \
    const assay_scorer_module assay_scorer_module_v1 = {               \
        .struct_size = sizeof(assay_scorer_module),                    \
        .abi_major = ASSAY_SCORER_ABI_MAJOR,                           \
        .abi_minor = ASSAY_SCORER_ABI_MINOR,                           \
        __VA_ARGS__}

#endif
