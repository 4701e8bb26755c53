/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The host interface: open a configuration, start, run sessions, stop.
 *
 *     assay_open() -> assay_start() -> sessions … assay_reload() …
 *     -> assay_stop() -> assay_close()
 *
 * Nothing starts (no thread, no process) before assay_start(). The library
 * never exits, never changes signal handlers, umask or working directory, and
 * never writes to the host's streams.
 */
#ifndef ASSAY_ASSAY_H
#define ASSAY_ASSAY_H

#include <assay/conf.h>
#include <assay/error.h>
#include <assay/export.h>
#include <assay/log.h>
#include <assay/message.h>
#include <assay/policy.h>
#include <assay/verdict.h>

typedef struct assay assay;
/** A phase in the callback form whose end is to be told. */
typedef struct assay_completion assay_completion;

/** Version of the library, such as "0.1.0". */
ASSAY_API const char *assay_version(void);

/** How to open; set struct_size and what you need (ASSAY_OPTIONS_INIT). */
typedef struct assay_options {
    size_t struct_size;
    const char *config_path; /**< main configuration file */
    assay_log_sink *log;     /**< NULL: no log */
    void *log_arg;
    assay_log_level log_level;
    /** Receives each finding about the configuration: several lines of text
     *  with file, line, column, the line itself and a caret. May be NULL. */
    void (*diagnostic)(void *arg, const char *text);
    void *diagnostic_arg;
    /** Stanzas that the host itself declares, ends with NULL; may be NULL.
     *  Tables are static. */
    const assay_conf_stanza *const *host_stanzas;
    const char *module_path; /**< folder with engines/ and languages/; NULL:
                                  beside libassay, lib/assay */
    const char *share_path;  /**< NULL: ../share/assay beside libassay */
    /** Engines whose configuration does not say where they run do so in this
     *  process: for hosts that may not start others. */
    bool is_in_process;
    /** Only look: what policies do with messages changes nothing outside of
     *  this process. ActiveFilter scores, and registers and tells nothing. */
    bool is_trial;
    /** The wall clock, in milliseconds since 1970: the time of all that is
     *  written down for others, such as the dates of ActiveFilter and when its
     *  registrations expire, the names of mails, since when a counter counts.
     *  Any thread, no lock held. NULL: the system's. Deadlines and durations
     *  never depend on it. */
    int64_t (*now_ms)(void *arg);
    /** A phase in the callback form is over: have assay_completion_run()
     *  called with this, once, in the thread that the session belongs to, such
     *  as that of an event loop. Called in a thread of the library, no lock
     *  held; returns soon. NULL: the done callbacks are called in threads of
     *  the library. */
    void (*complete)(void *arg, assay_completion *completion);
    void *host_arg; /**< handed to now_ms and complete */
} assay_options;

#define ASSAY_OPTIONS_INIT                                                \
    {                                                                     \
        .struct_size = sizeof(assay_options), .log_level = ASSAY_LOG_INFO \
    }

/**
 * Read and check a configuration without opening an engine (no signatures
 * are loaded, nothing is connected, no script runs).
 *
 * @return ASSAY_OK; ASSAY_E_CONF with the number of findings in err, each of
 *         them handed to options->diagnostic; ASSAY_E_NOMEM
 * Blocks: on files.
 */
ASSAY_API assay_rc assay_check(const assay_options *options,
                               assay_error *err) ASSAY_MUST_CHECK;

/**
 * As assay_check(), and hand the effective policy of each antivirus scope to
 * @emit: a table of what is answered for each cause and which option decides
 * it, and the values that hold after inheritance. Nothing is handed over when
 * the configuration is not valid.
 *
 * @param emit  gets the text of one scope, whole lines; may not be NULL
 */
ASSAY_API assay_rc assay_check_policy(const assay_options *options,
                                      void (*emit)(void *arg, const char *text),
                                      void *arg,
                                      assay_error *err) ASSAY_MUST_CHECK;

/**
 * Read a configuration and build all it names: engines are opened, scripts
 * compiled and their init run.
 *
 * @param out  set on ASSAY_OK; release with assay_close()
 * @return ASSAY_OK; ASSAY_E_CONF; ASSAY_E_UNAVAILABLE when an engine cannot
 *         open (the text says which and why); ASSAY_E_SCRIPT; ASSAY_E_NOMEM
 * Blocks: while signatures load.
 */
ASSAY_API assay_rc assay_open(const assay_options *options, assay **out,
                              assay_error *err) ASSAY_MUST_CHECK;

/**
 * Read and check a configuration for what it tells hosts, without opening an
 * engine: only assay_host_settings() and assay_close() may be called on it.
 *
 * @param out  set on ASSAY_OK; release with assay_close()
 * @return as assay_check()
 */
ASSAY_API assay_rc assay_read(const assay_options *options, assay **out,
                              assay_error *err) ASSAY_MUST_CHECK;

/**
 * Start the library's threads, and open the engines that scan in processes of
 * their own; until then a scan with one of those is ERROR(unavailable).
 *
 * @return ASSAY_OK; ASSAY_E_IO; ASSAY_E_STATE; ASSAY_E_UNAVAILABLE and others
 *         when an engine cannot open (the text says which and why)
 * Blocks: while signatures load.
 */
ASSAY_API assay_rc assay_start(assay *assay_,
                               assay_error *err) ASSAY_MUST_CHECK;

/**
 * Read the configuration again and swap it in. Engines whose stanza did not
 * change stay open. A message finishes on the generation it began with; its
 * session goes on to the present one at the next mailfrom (which see). On
 * failure the present one stays untouched.
 * Threads: any; one at a time, a second one waits. @return as assay_open();
 * ASSAY_E_STATE after assay_stop()
 */
ASSAY_API assay_rc assay_reload(assay *assay_,
                                assay_error *err) ASSAY_MUST_CHECK;

/**
 * Stop the library's threads and processes. Sessions should be closed before;
 * their phases, and new sessions, are ASSAY_E_STATE from now on.
 *
 * Waits for phases in the callback form that run: for as long as the timeouts
 * of their scans and the limits of their scripts let them. Those that have not
 * begun end with ASSAY_E_STATE. When it has returned, no completion is handed
 * out and no done callback is called any more: one that assay_completion_run()
 * is calling in another thread is waited for, so hold nothing that it waits
 * for. Waits also for a reload, and for signatures that load in the background,
 * which may take a minute.
 * Threads: none of the library's; so in no callback but a done that
 * assay_completion_run() calls.
 */
ASSAY_API void assay_stop(assay *assay_);
/**
 * Begin no more work in the background: no probe, no look for newer signatures.
 * @return true when none runs, and no reload; false when some still does after
 *         wait_ms: then a host that is about to end its process may leave the
 *         rest to the kernel instead of waiting in assay_stop()
 */
ASSAY_API bool assay_quiesce(assay *assay_, int64_t wait_ms);
/** Accepts NULL; stops when still running; sets *assay to NULL. Sessions are
 *  closed before; completions that the host did not run are freed.
 *  Threads: none of the library's, and in no callback at all. */
ASSAY_API void assay_close(assay **assay_);

/**
 * Settings of the index-th stanza of a host table.
 *
 * @param stanza        one of options->host_stanzas
 * @param instance_out  may be NULL: its instance name, "" without one
 * @return the filled struct, borrowed until assay_close(); NULL past the last.
 *         A reload does not change what a host was given.
 */
ASSAY_API const void *assay_host_settings(assay *assay_,
                                          const assay_conf_stanza *stanza,
                                          size_t index,
                                          const char **instance_out);

/**
 * Scan one message with the antivirus scopes, without policy.
 *
 * @param engine  NULL: all engines of all scopes
 * Threads: any. Blocks: until the scope's timeout.
 */
ASSAY_API void assay_scan(assay *assay_, assay_message *message,
                          const char *engine, assay_verdict *verdict_out);

/**
 * Scan bytes that are no mail, such as an attachment that somebody else took
 * out of one, with all engines of all scopes, without policy.
 *
 * @param data       may be NULL when size is 0
 * @param file_name  UTF-8, or NULL; what it is called, never opened
 * Threads: any. Blocks: until the scopes' timeouts.
 */
ASSAY_API void assay_scan_bytes(assay *assay_, const void *data, size_t size,
                                const char *file_name,
                                assay_verdict *verdict_out);

/**
 * Bits (1 << assay_phase) of the phases in which the present policy has
 * something to say: a host that need not answer the others saves its MTA the
 * wait. All phases are to be run all the same, and a reload may change this:
 * keep what a phase answers until the MTA can be told.
 * Threads: any.
 */
ASSAY_API uint32_t assay_phases(assay *assay_);

/** Copy the name of the index-th configured engine, each once; a reload may
 *  change them at any time. @param size ASSAY_NAME_MAX + 1 holds any name
 *  @return false past the end */
ASSAY_API bool assay_engine_name(assay *assay_, size_t index, char *buf,
                                 size_t size);

/* ---- sessions ---------------------------------------------------------- */

/** Who connected; strings are copied. */
typedef struct assay_peer {
    const char *address; /**< "192.0.2.1", "IPv6:…" or NULL */
    uint16_t port;       /**< 0 when unknown */
    const char *host;    /**< name found by the MTA, or NULL */
} assay_peer;

/** Called while a scan is waited for, from the thread that made the step. */
typedef void assay_progress(void *arg);

/**
 * Open a session on the present generation; runs no phase.
 * Threads: any; a session may move between threads, one call at a time.
 */
ASSAY_API assay_rc assay_session_open(assay *assay_, const assay_peer *peer,
                                      assay_session **out,
                                      assay_error *err) ASSAY_MUST_CHECK;
/**
 * Frees a message in progress, too. Accepts NULL; sets *session to NULL.
 *
 * While a phase runs it returns at once, and the session is freed when the
 * phase has ended. In any case no done or progress callback is called after it
 * returned; one that is being called in another thread is waited for, so hold
 * nothing that it waits for.
 */
ASSAY_API void assay_session_close(assay_session **session);

/** Ask for progress calls about every interval_ms while
 *  assay_session_data() waits for engines. Engines run in thread pools from
 *  assay_start() on; before it, in the calling thread, nothing is called. */
ASSAY_API void assay_session_on_progress(assay_session *session,
                                         assay_progress *progress, void *arg,
                                         int64_t interval_ms);

/* Phases. Each runs the policy and fills *disposition_out; a policy failure
 * is a disposition (421, disconnect), not an error of the call.
 * @return ASSAY_OK; ASSAY_E_STATE when called out of order, while another
 * phase of the session runs, or after assay_stop(); ASSAY_E_INVAL a text that
 * must be there is NULL; ASSAY_E_NOMEM (then *disposition_out is TEMPFAIL 451
 * as well).
 * Blocks: as long as the policy does. */

/** Once, and first. */
ASSAY_API assay_rc assay_session_connect(assay_session *session,
                                         assay_disposition *disposition_out,
                                         assay_error *err) ASSAY_MUST_CHECK;
ASSAY_API assay_rc assay_session_ehlo(assay_session *session, const char *name,
                                      assay_disposition *disposition_out,
                                      assay_error *err) ASSAY_MUST_CHECK;
/** Starts a new message (an unfinished one is dropped). After a reload it runs
 *  under the new policy, which first sees the phases connect and ehlo again, as
 *  far as they were run, in the same context; what it refuses there is the
 *  disposition of this step, and then there is no message. @param sender the
 *  address without angle brackets; @param argument all of the command's
 *  argument */
ASSAY_API assay_rc assay_session_mailfrom(assay_session *session,
                                          const char *sender,
                                          const char *argument,
                                          assay_disposition *disposition_out,
                                          assay_error *err) ASSAY_MUST_CHECK;
/** The recipient is kept only if the disposition is CONTINUE. */
ASSAY_API assay_rc assay_session_rcptto(assay_session *session,
                                        const char *recipient,
                                        const char *argument,
                                        assay_disposition *disposition_out,
                                        assay_error *err) ASSAY_MUST_CHECK;
/**
 * End of data: the host appended to assay_session_message(). Finishes the
 * message and runs data, data_spool, data_spool_each_rcpt (per recipient) and
 * set_binding; the first disposition that is not CONTINUE ends it. The
 * message stays, for its edits, until the next mailfrom or reset.
 */
ASSAY_API assay_rc assay_session_data(assay_session *session,
                                      assay_disposition *disposition_out,
                                      assay_error *err) ASSAY_MUST_CHECK;
/**
 * What the scans of the message in progress came to, taken together: hook
 * scans and those that scripts asked for. Status NO_ENGINE when there was
 * none; a scan of a part alone counts only when it found a threat.
 */
ASSAY_API void assay_session_verdict(const assay_session *session,
                                     assay_verdict *verdict_out);
/**
 * The index-th recipient of the message whose mail goes to a maildir stanza
 * (MD-08) instead of on through the MTA; NULL past the last. After
 * assay_session_data() said CONTINUE, a host that wants that has the MTA drop
 * these recipients, then calls assay_session_store(). One that does neither
 * leaves them to the MTA, and nothing is lost.
 */
ASSAY_API const char *assay_session_stored(const assay_session *session,
                                           size_t index);
/**
 * Deliver the message, with the edits of policy, to the mailboxes of those
 * recipients: to all of them or to none.
 *
 * @return ASSAY_OK; ASSAY_E_IO a mailbox cannot take it; ASSAY_E_LIMIT no room;
 *         ASSAY_E_STATE before data; ASSAY_E_NOMEM. Then answer TEMPFAIL.
 * Threads: the session's. Blocks: on the disk.
 */
ASSAY_API assay_rc assay_session_store(assay_session *session,
                                       assay_error *err) ASSAY_MUST_CHECK;
/** RSET, abort, or the message is done with: frees the message.
 *  @return ASSAY_OK; ASSAY_E_STATE while a phase runs: nothing was done */
ASSAY_API assay_rc assay_session_reset(assay_session *session);

/* ---- phases in the callback form --------------------------------------- */

/** Most phases of a library that run at once, in threads of their own. */
#define ASSAY_PHASES_RUNNING_MAX 256
/** Most that were begun and whose end the host has not been told of, or has
 *  not run the completion of. */
#define ASSAY_PHASES_OPEN_MAX 16384

/**
 * A phase ended.
 *
 * @param rc           what the blocking form would have returned
 * @param disposition  borrowed for the call; what to answer, also on failure.
 *                     Of a store: CONTINUE, or TEMPFAIL 451
 * @param error        borrowed for the call; the text, when rc is not ASSAY_OK
 * Threads: the one that runs the completion; without the option complete, one
 * of the library. No lock is held. The session may be used again, begin its
 * next phase (then in one of the library's threads that one may end before
 * this returns), or be closed.
 */
typedef void assay_phase_done(void *arg, assay_rc rc,
                              const assay_disposition *disposition,
                              const assay_error *error);

/* Each begins what the blocking form of the name does and returns; texts are
 * copied, which assay_session_on_progress() asked for is called in the thread
 * that runs the phase. Until done is called the session may only be closed.
 *
 * @return ASSAY_OK: done is called once, unless the session is closed or the
 * library stopped before. Else it is never called: ASSAY_E_STATE before
 * assay_start() and after assay_stop(), while another phase of the session
 * runs, and out of order; ASSAY_E_LIMIT ASSAY_PHASES_OPEN_MAX; ASSAY_E_INVAL;
 * ASSAY_E_NOMEM; ASSAY_E_IO no thread can be made.
 * Threads: the session's. Blocks: never. */

ASSAY_API assay_rc
assay_session_connect_begin(assay_session *session, assay_phase_done *done,
                            void *arg, assay_error *err) ASSAY_MUST_CHECK;
ASSAY_API assay_rc assay_session_ehlo_begin(assay_session *session,
                                            const char *name,
                                            assay_phase_done *done, void *arg,
                                            assay_error *err) ASSAY_MUST_CHECK;
ASSAY_API assay_rc assay_session_mailfrom_begin(
    assay_session *session, const char *sender, const char *argument,
    assay_phase_done *done, void *arg, assay_error *err) ASSAY_MUST_CHECK;
ASSAY_API assay_rc assay_session_rcptto_begin(
    assay_session *session, const char *recipient, const char *argument,
    assay_phase_done *done, void *arg, assay_error *err) ASSAY_MUST_CHECK;
ASSAY_API assay_rc assay_session_data_begin(assay_session *session,
                                            assay_phase_done *done, void *arg,
                                            assay_error *err) ASSAY_MUST_CHECK;
ASSAY_API assay_rc assay_session_store_begin(assay_session *session,
                                             assay_phase_done *done, void *arg,
                                             assay_error *err) ASSAY_MUST_CHECK;

/**
 * Tell the end of a phase: calls its done callback, unless the session was
 * closed or the library stopped meanwhile. Frees the completion.
 *
 * @param completion  handed to the option complete; once; it returns before
 *                    assay_close() is called
 * Threads: the session's.
 */
ASSAY_API void assay_completion_run(assay_completion *completion);

/**
 * What the library counts, as JSON: one object with members version, phases,
 * antivirus, caches, counters, pools and scanners, as the console shows them
 * (docs/CONSOLE.md).
 *
 * @param json_out  set on ASSAY_OK; free() it
 * @return ASSAY_OK; ASSAY_E_LIMIT it would be over 4 MiB; ASSAY_E_NOMEM
 * Threads: any. Blocks: no scan waits for it.
 */
ASSAY_API assay_rc assay_statistics(assay *assay_, char **json_out,
                                    assay_error *err) ASSAY_MUST_CHECK;

#endif
