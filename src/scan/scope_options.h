/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The general antivirus options: one table, legal in an antivirus scope and
 * in each engine stanza inside it. The engine's value wins, then the scope's,
 * then the default (AV-29). Documented in src/scan/antivirus.opt.
 */
#ifndef ASSAY_SCAN_SCOPE_OPTIONS_H
#define ASSAY_SCAN_SCOPE_OPTIONS_H

#include <assay/conf.h>
#include <assay/verdict.h>

enum assay__scan_action { ASSAY__SCAN_REJECT, ASSAY__SCAN_PASS };

/** Where an engine runs. */
enum assay__isolation_mode { ASSAY__ISOLATION_NONE, ASSAY__ISOLATION_PROCESS };

/** What a hook scan answers for one cause. */
enum assay__answer {
    ASSAY__ANSWER_DEFAULT, /* derived from action and error_code */
    ASSAY__ANSWER_REJECT,
    ASSAY__ANSWER_TEMPFAIL,
    ASSAY__ANSWER_PASS
};

struct assay__scope_options {
    bool enabled;
    int debug_level; /* assay_log_level; see assay__scope_log() */
    int action;      /* enum assay__scan_action */
    int64_t cache_size;
    int64_t clean_cache_size;
    const char *context_variable; /* NULL: <engine>_status */
    int64_t error_code;
    const char *file_base; /* NULL: none */
    int64_t max_concurrency;
    bool mime_decompose;
    bool paranoid;
    const char *pool; /* NULL: the engine's default */
    const char *skip_context_variable;
    int64_t timeout_s;
    bool use_wire_rep;
    uint64_t max_size; /* bytes; 0: no limit of its own */
    int on_error, on_timeout, on_unscannable, on_oversize;
    int on_encrypted; /* default pass */
    int isolation;    /* enum assay__isolation_mode; of no meaning to engines
                         that are clients of another process */
    int sandbox;      /* assay_sandbox_mode */
    const char *scanner_user;                /* NULL: as the host */
    uint64_t scanner_memory, scanner_growth; /* bytes; 0: no limit */
    int64_t scanner_scans;                   /* 0: no limit */
    int reload;                              /* enum assay__reload_mode */
};

/** Ends with name NULL; offsets are into struct assay__scope_options. */
extern const assay_conf_option assay__scope_option_table[];

/** What a hook scan answers, and which option says so. */
struct assay__scope_decision {
    enum assay__answer answer; /* never DEFAULT */
    const char *option;        /* "action", "on_timeout" …; "" when the cause
                                  never has an answer */
    int code;                  /* of the SMTP reply; 0 for PASS */
};

/** Effective decision for a status and reason under these options; what
 *  continues by itself gives PASS. INFECTED follows action alone. */
struct assay__scope_decision assay__scope_decide(
    const struct assay__scope_options *options, const assay_verdict *verdict);

/** Its answer alone. */
enum assay__answer assay__scope_answer(
    const struct assay__scope_options *options, const assay_verdict *verdict);

#endif
