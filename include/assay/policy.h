/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Policy: phases, dispositions, and the interface of policy languages.
 *
 * A policy language (Lua, later Sieve) is a shared object with one exported
 * const table, like an engine. It sees public headers only: it reads messages
 * through <assay/message.h>, asks for scans and answers through the session
 * calls below. Validation modules (antivirus scopes and languages) run in the
 * order of the configuration.
 */
#ifndef ASSAY_POLICY_H
#define ASSAY_POLICY_H

#include <assay/conf.h>
#include <assay/error.h>
#include <assay/export.h>
#include <assay/log.h>
#include <assay/message.h>
#include <assay/scorer.h>
#include <assay/verdict.h>

typedef struct assay_session assay_session;

/** In SMTP order. */
typedef enum assay_phase {
    ASSAY_PHASE_CONNECT,
    ASSAY_PHASE_EHLO,
    ASSAY_PHASE_MAILFROM,
    ASSAY_PHASE_RCPTTO,
    ASSAY_PHASE_DATA,
    ASSAY_PHASE_DATA_SPOOL,
    ASSAY_PHASE_DATA_SPOOL_EACH_RCPT,
    ASSAY_PHASE_SET_BINDING,
    ASSAY_PHASE_COUNT
} assay_phase;

/** "connect", "ehlo", …; never NULL. */
ASSAY_API const char *assay_phase_name(assay_phase phase);

/** What the host must answer to the step it is in. */
typedef enum assay_action {
    ASSAY_ACTION_CONTINUE, /**< no objection */
    ASSAY_ACTION_REJECT,   /**< code 5xx and text */
    ASSAY_ACTION_TEMPFAIL, /**< code 4xx and text */
    ASSAY_ACTION_DISCARD   /**< accept, then drop; text is the reason */
} assay_action;

#define ASSAY_REPLY_TEXT_MAX 512

/** Plain data. The edits are read from the message. */
typedef struct assay_disposition {
    assay_action action;
    bool disconnect;                 /**< answer, then close the connection */
    int code;                        /**< SMTP code, 0 for CONTINUE */
    char enhanced[12];               /**< "5.7.1"; "" when none */
    char text[ASSAY_REPLY_TEXT_MAX]; /**< printable, one line, no code */
    char module[ASSAY_NAME_MAX * 2 + 2]; /**< who decided, for the log */
} assay_disposition;

/** "continue", "reject", …; never NULL. */
ASSAY_API const char *assay_action_name(assay_action action);

/* ---- what a policy may ask of its session ------------------------------ */

/** VCTX_CONN; borrowed, lives as long as the session. Never NULL. */
ASSAY_API assay_context *assay_session_context(assay_session *session);
/** The message in progress, or NULL between messages; borrowed. */
ASSAY_API assay_message *assay_session_message(assay_session *session);
/** "address:port" or "" when unknown; borrowed. */
ASSAY_API const char *assay_session_peer(const assay_session *session);

/**
 * Decide the answer to the current SMTP step (vctx:set_code).
 *
 * @param code  200..599; 2xx takes back an earlier answer, 4xx is TEMPFAIL,
 *              5xx is REJECT
 * @param text  borrowed; a leading enhanced code ("5.7.1 …") is recognised;
 *              control characters and line ends are replaced
 * @return ASSAY_OK; ASSAY_E_INVAL for another code
 */
ASSAY_API assay_rc assay_session_set_reply(assay_session *session, int code,
                                           const char *text,
                                           assay_error *err) ASSAY_MUST_CHECK;
/** Likewise, and close the connection after it (vctx:disconnect). */
ASSAY_API assay_rc assay_session_disconnect(assay_session *session, int code,
                                            const char *text,
                                            assay_error *err) ASSAY_MUST_CHECK;
/** Accept the message, then drop it (msg:discard); reason is logged.
 *  @return ASSAY_OK; ASSAY_E_STATE without a message */
ASSAY_API assay_rc assay_session_discard(assay_session *session,
                                         const char *reason,
                                         assay_error *err) ASSAY_MUST_CHECK;

/** What to scan for a policy. */
typedef struct assay_scan_request {
    assay_message *message; /**< whole message, or NULL with part set */
    assay_part *part;       /**< one leaf; containers get PART_IS_CONTAINER */
    const char *engine;     /**< engine or instance name; NULL: all in order,
                                 up to the first that finds a threat */
} assay_scan_request;

/**
 * Scan through the antivirus scopes and set the context variables of the
 * verdict (AV-15 … AV-18). Never fails: what goes wrong is in the verdict.
 * Threads: the session's. Blocks: until the scope's timeout.
 */
ASSAY_API void assay_session_scan(assay_session *session,
                                  const assay_scan_request *request,
                                  assay_verdict *verdict_out);

/** Name of the index-th configured engine, each once, in configuration order;
 *  NULL past the end; borrowed. */
ASSAY_API const char *assay_session_engine(assay_session *session,
                                           size_t index);

/* ---- scoring (the stanza cloudmark) ------------------------------------- */

/** Whether the configuration has a cloudmark stanza. Threads: any. */
ASSAY_API bool assay_session_can_score(const assay_session *session);

/**
 * Score a message and set its context variables cmae-* (CM-11 … CM-18).
 * On failure none of them is set: those of an earlier score go, too.
 *
 * @param message    of this session, finished
 * @param score_out  set on ASSAY_OK only
 * @return ASSAY_OK; ASSAY_E_NOTFOUND there is no cloudmark stanza;
 *         ASSAY_E_STATE the message has not arrived; else as the operations of
 *         a scorer, ASSAY_E_LIMIT also when no thread was free in time
 * Threads: the session's. Blocks: until the option timeout.
 */
ASSAY_API assay_rc assay_session_score(assay_session *session,
                                       assay_message *message,
                                       assay_score *score_out,
                                       assay_error *err) ASSAY_MUST_CHECK;
/** Likewise from an analysis text that a score once came with; sets all
 *  variables but cmae-analysis, and on failure leaves them as they are. What
 *  it says is not held against other messages: a text may be a copy.
 *  @param text  len bytes of anything; over
 *  4 * ASSAY_SCORE_ANALYSIS_MAX - 1 or with a NUL it is ASSAY_E_INVAL */
ASSAY_API assay_rc assay_session_analyze(assay_session *session,
                                         assay_message *message,
                                         const char *text, size_t len,
                                         assay_score *score_out,
                                         assay_error *err) ASSAY_MUST_CHECK;
/** Score an IP address; sets no variable. @param address  IPv4 or IPv6 in
 *  numbers; else ASSAY_E_INVAL */
ASSAY_API assay_rc assay_session_score_address(
    assay_session *session, const char *address, assay_score *score_out,
    assay_error *err) ASSAY_MUST_CHECK;

/* ---- ActiveFilter -------------------------------------------------------- */

/** How ActiveFilter is to act, of one configuration. Given to a language's
 *  open, and to be changed only before that returns. */
typedef struct assay_activefilter assay_activefilter;

/** What becomes of messages whose judgement changes later. */
typedef enum assay_activefilter_mode {
    ASSAY_ACTIVEFILTER_UNSET,
    ASSAY_ACTIVEFILTER_DISCARD, /**< drop what turns out to be spam */
    ASSAY_ACTIVEFILTER_KEEP,    /**< nothing */
    ASSAY_ACTIVEFILTER_MOVEMSG  /**< move it between two folders */
} assay_activefilter_mode;

/**
 * Choose the mode; once, but the same choice may be made again.
 *
 * @param inbox, spam  names of folders, copied, for MOVEMSG only; else NULL
 * @return ASSAY_OK; ASSAY_E_EXISTS another mode is set; ASSAY_E_INVAL an empty
 *         or over-long name, or one with control characters; ASSAY_E_STATE
 *         after open; ASSAY_E_NOMEM
 */
ASSAY_API assay_rc assay_activefilter_set_mode(
    assay_activefilter *filter, assay_activefilter_mode mode, const char *inbox,
    const char *spam, bool unread_only, assay_error *err) ASSAY_MUST_CHECK;
/** The address that is told. @return ASSAY_OK; ASSAY_E_EXISTS another one is
 *  set; ASSAY_E_INVAL not an address, or one that no maildir stanza takes;
 *  ASSAY_E_STATE; ASSAY_E_NOMEM */
ASSAY_API assay_rc
assay_activefilter_set_address(assay_activefilter *filter, const char *address,
                               assay_error *err) ASSAY_MUST_CHECK;

/**
 * Have ActiveFilter say more of one recipient of the message in progress.
 *
 * @param address  copied; it need not be a recipient yet; at most 512 bytes
 * @param key      copied; letters, digits and _ - . , at most 64 bytes
 * @param value    copied; UTF-8 without control characters but tab, CR and LF;
 *                 at most 4096 bytes
 * @return ASSAY_OK; ASSAY_E_STATE no message is in progress; ASSAY_E_INVAL;
 *         ASSAY_E_LIMIT over 64 keys of one recipient, 10000 of all, or 1 MiB;
 *         ASSAY_E_NOMEM
 * Threads: the session's.
 */
ASSAY_API assay_rc assay_session_add_activefilter_data(
    assay_session *session, const char *address, const char *key,
    const char *value, assay_error *err) ASSAY_MUST_CHECK;

/**
 * As assay_session_score(), and register the message with ActiveFilter: a
 * document goes to the address set, and another one when a later score of the
 * same content changes the judgement (CM-30 … CM-32). Registered twice it is
 * told once.
 *
 * @param id         of the registration, such as a message id; NULL: one is
 *                   made of the queue id
 * @param threshold  0 to 100; a message that scores more is spam
 * @return as assay_session_score(); ASSAY_E_STATE also when mode or address
 *         were never set; ASSAY_E_INVAL id or threshold; ASSAY_E_IO when the
 *         document cannot be stored. When it is not ASSAY_OK no variable is
 *         set.
 */
ASSAY_API assay_rc assay_session_score_activefilter(
    assay_session *session, assay_message *message, const char *id,
    double threshold, assay_score *score_out,
    assay_error *err) ASSAY_MUST_CHECK;

/* ---- thread pools ------------------------------------------------------ */

/** What one named thread pool does; plain data. */
typedef struct assay_pool_stats {
    char name[ASSAY_NAME_MAX + 1]; /**< upper case */
    uint64_t invocations;          /**< jobs done or running */
    double average_concurrency;    /**< threads at work, on the average since
                                        the start */
    double saturation;             /**< that by the concurrency; percent */
    double average_ms;             /**< wall clock of one job */
    uint32_t concurrency;          /**< most threads */
    uint32_t threads;              /**< that exist: active and inactive */
    uint32_t active, inactive;
    uint32_t queued; /**< jobs that wait for a thread */
} assay_pool_stats;

/** Name of the index-th thread pool: CPU, IO, then those of the configuration;
 *  borrowed for the session's life. NULL past the end. Threads: any. */
ASSAY_API const char *assay_session_pool(assay_session *session, size_t index);
/** @param name   compares without case
 *  @param size   sizeof *stats_out; a shorter, older struct is filled as far as
 *                it goes
 *  @return false when there is no such pool. Threads: any. Blocks: never. */
ASSAY_API bool assay_session_pool_stats(assay_session *session,
                                        const char *name,
                                        assay_pool_stats *stats_out,
                                        size_t size);

#define ASSAY_POOL_TEXT_MAX 512
/** What the console command `threads stats` prints of a pool: lines that end
 *  with LF; of a pool that was never used the first only.
 *  @param size  ASSAY_POOL_TEXT_MAX holds any */
ASSAY_API void assay_pool_stats_text(const assay_pool_stats *stats, char *buf,
                                     size_t size);

/** Longest that work waits for a thread of a pool. */
#define ASSAY_POOL_WAIT_MS 60000
/** Most jobs that may wait in a pool for work to be posted to it. */
#define ASSAY_POOL_POSTS_MAX 1000

/**
 * Run a function in a thread of a pool while the session's own thread waits
 * and makes the host's progress calls; it may use the session as that thread
 * could. Without assay_start(), and from inside such a function, it runs in
 * the calling thread.
 *
 * @param run  called once, or not at all unless ASSAY_OK is returned
 * @return ASSAY_OK; ASSAY_E_NOTFOUND no such pool; ASSAY_E_LIMIT no thread
 *         was free within ASSAY_POOL_WAIT_MS, or would not be; ASSAY_E_IO no
 *         thread can be made; ASSAY_E_NOMEM
 * Threads: the session's. Blocks: until the function returns.
 */
ASSAY_API assay_rc assay_session_run_in_pool(assay_session *session,
                                             const char *pool,
                                             void (*run)(void *arg), void *arg,
                                             assay_error *err) ASSAY_MUST_CHECK;
/**
 * Run a function in a thread of a pool some time later. The session may have
 * ended by then, so the function must not use it; its policy, and all of the
 * configuration, stays until the function has returned. What is posted runs
 * before assay_stop() returns.
 *
 * @param run  called once, or not at all unless ASSAY_OK is returned; arg is
 *             its own to release
 * @return as assay_session_run_in_pool(), ASSAY_E_LIMIT also when
 *         ASSAY_POOL_POSTS_MAX jobs wait already; ASSAY_E_STATE before
 *         assay_start() and after assay_stop()
 * Threads: the session's. Blocks: up to ASSAY_POOL_WAIT_MS when the pool's
 * Backlog is full.
 */
ASSAY_API assay_rc assay_session_post(assay_session *session, const char *pool,
                                      void (*run)(void *arg), void *arg,
                                      assay_error *err) ASSAY_MUST_CHECK;

/* ---- the policy-language interface ------------------------------------- */

#define ASSAY_LANGUAGE_ABI_MAJOR 1
#define ASSAY_LANGUAGE_ABI_MINOR 2

/** Given to open; borrowed until close returns. */
typedef struct assay_language_args {
    const char *instance; /**< instance name of the stanza, or "" */
    const void *settings; /**< of the stanza, filled */
    const struct assay_language_child {
        const assay_conf_stanza *stanza; /**< which of stanza->children */
        const char *instance;
        const void *settings;
        const char *file; /**< where it stands, for messages and for paths */
        unsigned line;
    } * children; /**< nested stanzas, in order */
    size_t child_count;
    const char *share_path; /**< folder of scripts that ship with Assay */
    const assay_log *log;
    /* since 1.2 */
    assay_activefilter *activefilter; /**< for the scripts' init; NULL: there
                                           is no cloudmark stanza */
} assay_language_args;

/** One callout. Borrowed for the call. */
typedef struct assay_call {
    assay_phase phase;
    assay_session *session;
    assay_message *message; /**< NULL before mailfrom */
    const char *argument;   /**< EHLO name, MAIL or RCPT argument; else NULL */
} assay_call;

typedef enum assay_flow {
    ASSAY_FLOW_CONTINUE, /**< next module */
    ASSAY_FLOW_DONE      /**< no further module in this phase */
} assay_flow;

typedef struct assay_language_ops {
    size_t struct_size;
    /** Compile all scripts and run their init. One thread. On failure err
     *  says which script and line, and nothing is left behind. */
    assay_rc (*open)(const assay_language_args *args, void **instance_out,
                     assay_error *err);
    /** Runs deinit; no session is left. */
    void (*close)(void *instance);
    /**
     * Run a phase. Many threads, each with another session. *state is the
     * language's own per-session state: NULL at first, released through
     * session_close. Any failure (script error, limit) is returned with err
     * set after the language logged its traceback; the session then answers
     * 421 and is closed.
     */
    assay_rc (*run)(void *instance, void **state, const assay_call *call,
                    assay_flow *flow_out, assay_error *err);
    /** The message is about to be freed: drop every reference to it. */
    void (*message_close)(void *instance, void *state);
    /** Free the per-session state; state is not NULL. */
    void (*session_close)(void *instance, void *state);

    /* since 1.1 */

    /** Bits (1 << assay_phase) of the phases in which a script may have
     *  something to say. Run is called in the others as well. Any thread;
     *  does not block. May be NULL [all]. */
    uint32_t (*phases)(void *instance);
} assay_language_ops;

typedef struct assay_language_module {
    size_t struct_size;
    uint32_t abi_major, abi_minor;
    const char *name; /**< such as "lua" */
    const char *version;
    const assay_conf_stanza *conf; /**< its stanza, such as scriptlet */
    const assay_language_ops *ops;
} assay_language_module;

#define ASSAY_LANGUAGE_SYMBOL "assay_language_module_v1"

#define ASSAY_LANGUAGE_MODULE(...)                                         \
    ASSAY_API extern const assay_language_module assay_language_module_v1; \
    const assay_language_module assay_language_module_v1 = {               \
        .struct_size = sizeof(assay_language_module),                      \
        .abi_major = ASSAY_LANGUAGE_ABI_MAJOR,                             \
        .abi_minor = ASSAY_LANGUAGE_ABI_MINOR,                             \
        __VA_ARGS__}

#endif
