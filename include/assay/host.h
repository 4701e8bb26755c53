/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The host table: all that an MTA needs of Assay, from one symbol of a library
 * that it loads with dlopen().
 *
 *     handle = dlopen("libassay.so.0", RTLD_NOW | RTLD_LOCAL);
 *     get = dlsym(handle, ASSAY_HOST_SYMBOL);
 *     assay = get(ASSAY_HOST_ABI_MAJOR, ASSAY_HOST_ABI_MINOR, &err);
 *     assay->open() -> assay->start() -> sessions -> assay->stop()
 *     -> assay->close() -> dlclose(handle)
 *
 * Nothing runs at load and no thread or process before start, so a host may
 * fork before it; after stop and close none is left, and no descriptor. There
 * is no global state: each library that was opened has its own configuration.
 *
 * A phase has two forms. The blocking one (connect, ehlo, …) waits in the
 * thread of its caller: for hosts with a thread or a process for each
 * connection. The other (connect_begin, …) returns at once and tells later:
 * for hosts with an event loop, which set the option complete. Both may be used
 * on one session, one after the other. docs/HOST_GUIDE.md shows both.
 *
 * Members named as functions of <assay/assay.h> and <assay/message.h> are
 * these: see there for what they promise. Those of messages and contexts work
 * on the message in progress of a session, and are ASSAY_E_STATE while a phase
 * of it runs.
 *
 * ABI changes: members added at the end raise the minor number, anything else
 * the major one. So do assay_options, whose struct_size says how far it goes,
 * and the plain structs of results, which do not change within a major number.
 *   1.0  first
 */
#ifndef ASSAY_HOST_H
#define ASSAY_HOST_H

#include <assay/assay.h>

#define ASSAY_HOST_ABI_MAJOR 1
#define ASSAY_HOST_ABI_MINOR 0

/** Which dictionary of a session. */
typedef enum assay_context_scope {
    ASSAY_CONTEXT_CONNECTION, /**< VCTX_CONN */
    ASSAY_CONTEXT_MESSAGE     /**< VCTX_MESS; there is none between messages */
} assay_context_scope;

/** Constant, and valid while libassay is loaded. No member is NULL. */
typedef struct assay_host_table {
    size_t struct_size;
    uint32_t abi_major, abi_minor;

    /* ---- the library --------------------------------------------------- */

    const char *(*version)(void);
    assay_rc (*check)(const assay_options *options, assay_error *err);
    assay_rc (*open)(const assay_options *options, assay **out,
                     assay_error *err);
    assay_rc (*start)(assay *library, assay_error *err);
    assay_rc (*reload)(assay *library, assay_error *err);
    bool (*quiesce)(assay *library, int64_t wait_ms);
    void (*stop)(assay *library);
    void (*close)(assay **library);
    uint32_t (*phases)(assay *library);
    /** assay_statistics(); free it with text_free. */
    assay_rc (*statistics)(assay *library, char **json_out, assay_error *err);
    /**
     * Run one line of the console (docs/CONSOLE.md), such as "cache stats".
     *
     * @param may_change  whether a command may change something
     * @param text_out    set in every case, to the answer or to what is wrong;
     *                    free it with text_free; NULL: no memory
     * @return 0 done, 1 failed
     * Threads: any. Blocks: as the command does.
     */
    int (*command)(assay *library, const char *line, bool may_change,
                   char **text_out);
    /** Accepts NULL. */
    void (*text_free)(char *text);

    /* ---- sessions ------------------------------------------------------ */

    assay_rc (*session_open)(assay *library, const assay_peer *peer,
                             assay_session **out, assay_error *err);
    void (*session_close)(assay_session **session);
    assay_rc (*session_reset)(assay_session *session);
    void (*session_on_progress)(assay_session *session,
                                assay_progress *progress, void *arg,
                                int64_t interval_ms);

    /* ---- phases, blocking ---------------------------------------------- */

    assay_rc (*connect)(assay_session *session, assay_disposition *out,
                        assay_error *err);
    assay_rc (*ehlo)(assay_session *session, const char *name,
                     assay_disposition *out, assay_error *err);
    assay_rc (*mailfrom)(assay_session *session, const char *sender,
                         const char *argument, assay_disposition *out,
                         assay_error *err);
    assay_rc (*rcptto)(assay_session *session, const char *recipient,
                       const char *argument, assay_disposition *out,
                       assay_error *err);
    assay_rc (*data)(assay_session *session, assay_disposition *out,
                     assay_error *err);
    assay_rc (*store)(assay_session *session, assay_error *err);

    /* ---- phases, with a callback --------------------------------------- */

    assay_rc (*connect_begin)(assay_session *session, assay_phase_done *done,
                              void *arg, assay_error *err);
    assay_rc (*ehlo_begin)(assay_session *session, const char *name,
                           assay_phase_done *done, void *arg, assay_error *err);
    assay_rc (*mailfrom_begin)(assay_session *session, const char *sender,
                               const char *argument, assay_phase_done *done,
                               void *arg, assay_error *err);
    assay_rc (*rcptto_begin)(assay_session *session, const char *recipient,
                             const char *argument, assay_phase_done *done,
                             void *arg, assay_error *err);
    assay_rc (*data_begin)(assay_session *session, assay_phase_done *done,
                           void *arg, assay_error *err);
    assay_rc (*store_begin)(assay_session *session, assay_phase_done *done,
                            void *arg, assay_error *err);
    void (*completion_run)(assay_completion *completion);

    /* ---- the bytes of a message, between mailfrom and data --------------- */
    /* In one of these ways, all un-stuffed: pieces of any size; lines that may
     * end with LF alone; a file; header by header, and then pieces of the
     * body; or one buffer, which is not copied. */

    assay_rc (*append)(assay_session *session, const void *data, size_t len,
                       assay_error *err);
    assay_rc (*append_text)(assay_session *session, const void *data,
                            size_t len, assay_error *err);
    assay_rc (*append_fd)(assay_session *session, int fd, uint64_t offset,
                          uint32_t flags, assay_error *err);
    assay_rc (*append_header)(assay_session *session, const char *name,
                              const char *value, assay_error *err);
    assay_rc (*borrow)(assay_session *session, const void *data, size_t len,
                       void (*release)(void *arg), void *arg, assay_error *err);
    /** The queue id, for logs and policies, as soon as it is known. */
    assay_rc (*set_id)(assay_session *session, const char *id,
                       assay_error *err);

    /* ---- what came of it, after data until reset or the next mailfrom ---- */

    assay_rc (*verdict)(assay_session *session, assay_verdict *out,
                        assay_error *err);
    /** The index-th change to the header, in the order made. @param out
     *  strings are borrowed until the reset. @return ASSAY_OK; ASSAY_E_NOTFOUND
     *  past the last; ASSAY_E_STATE there is no message */
    assay_rc (*edit)(assay_session *session, size_t index, assay_edit *out,
                     assay_error *err);
    /** The whole message with these changes, or without: for hosts that write
     *  it anew. @param out  borrowed until the reset */
    assay_rc (*bytes)(assay_session *session, assay_rendition rendition,
                      assay_bytes *out, assay_error *err);
    /** The index-th recipient whose mail store delivers: see
     *  assay_session_stored(). @param out  borrowed until the reset
     *  @return as edit */
    assay_rc (*stored)(assay_session *session, size_t index, const char **out,
                       assay_error *err);

    /* ---- context variables, both ways ------------------------------------ */

    /** @param out  borrowed until it is set or deleted, or a phase begins
     *  @return ASSAY_OK; ASSAY_E_NOTFOUND; ASSAY_E_STATE; ASSAY_E_INVAL */
    assay_rc (*context_get)(assay_session *session, assay_context_scope scope,
                            const char *key, const char **out,
                            assay_error *err);
    /** @param value  copied; NULL deletes the key. @return also as
     *  assay_context_set() */
    assay_rc (*context_set)(assay_session *session, assay_context_scope scope,
                            const char *key, const char *value,
                            assay_error *err);
    /** The index-th key, in the order set. @return as context_get */
    assay_rc (*context_key)(assay_session *session, assay_context_scope scope,
                            size_t index, const char **out, assay_error *err);

    /* ---- names, for logs; never NULL --------------------------------------
     */

    const char *(*rc_name)(assay_rc rc);
    const char *(*phase_name)(assay_phase phase);
    const char *(*action_name)(assay_action action);
    const char *(*status_name)(assay_status status);
    const char *(*reason_name)(assay_reason reason);
    const char *(*log_level_name)(assay_log_level level);
} assay_host_table;

/**
 * The table, for a host that was built with these numbers.
 *
 * @param major, minor  ASSAY_HOST_ABI_MAJOR and ASSAY_HOST_ABI_MINOR of the
 *                      header that the host was built with
 * @param err           may be NULL
 * @return the table, which may be of a later minor number; NULL with
 *         ASSAY_E_ABI for another major number, and for a minor number that
 *         this library does not know yet
 * Threads: any. Blocks: never.
 */
ASSAY_API const assay_host_table *assay_host_table_get(uint32_t major,
                                                       uint32_t minor,
                                                       assay_error *err);

#define ASSAY_HOST_SYMBOL "assay_host_table_get"
/** What dlsym() gives for it. */
typedef const assay_host_table *assay_host_table_getter(uint32_t major,
                                                        uint32_t minor,
                                                        assay_error *err);

#endif
