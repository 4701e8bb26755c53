/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Life of assayd: start, ready, drain, stop.
 *
 * Threads: the main one waits for signals, one runs smfi_main(), one reloads;
 * libmilter, the scan socket and the library have their own. Everything that
 * changes the process (fork, user, umask) is done before the first of them
 * starts.
 *
 * Exit status: 0 stopped, 1 could not start or libmilter failed, 64 wrong
 * command line, 78 the configuration is not valid.
 */
#include "milter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "callbacks.h"
#include "console.h"
#include "hub.h"
#include "listener.h"
#include "log.h"
#include "options.h"
#include "process.h"
#include "scansocket/scan_server.h"
#include "signals.h"
#include "stanzas/host_stanzas.h"

/* smfi_main() has not returned: neither MI_SUCCESS nor MI_FAILURE. */
enum { SMFI_RUNNING = 1 };
/* How long a stop waits for callbacks after messages are done or given up. */
enum { SHUT_WAIT_MS = 2000 };
/* How long it waits for a reload that is running. */
enum { RELOAD_WAIT_MS = 2000 };
/* How often the drain looks whether the last message is done. */
enum { DRAIN_POLL_MS = 50 };
/* libmilter writes an answer after the callback and tells nobody when. */
enum { ANSWER_WAIT_MS = 100 };

struct daemon {
    struct assay__options options;
    char *config_path; /* absolute; owned */
    enum assay__log_target log_target;
    assay_log log;
    bool is_serving; /* findings go to the log, no longer to stderr */
    int ready_fd;
    struct assay__pid_file pid_file;
    struct assay__listener listener;
    struct assay__milter milter;      /* its hub is NULL without a listener */
    struct assay__scan_server *scans; /* NULL: no scan socket */
    struct assay__reloader reloader;
    struct assay__console console;
    int smfi_result; /* atomic; SMFI_RUNNING while smfi_main() runs */
};

/* ---- start ------------------------------------------------------------- */

static int exit_code(assay_rc rc)
{
    return rc == ASSAY_E_CONF ? EX_CONFIG : EXIT_FAILURE;
}

static void show_finding(void *arg, const char *text)
{
    const struct daemon *self = arg;

    if (self->is_serving)
        assay__log_finding(&self->log, text);
    else
        (void)fprintf(stderr, "%s%s", text,
                      text[strlen(text) - 1] == '\n' ? "" : "\n");
}

/* What the process is, before anything is read. */
static assay_rc set_up_process(struct daemon *self, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    /* A reload must find the file again, whatever the folder is then. */
    self->config_path = realpath(self->options.config, NULL);
    if (!self->config_path)
        self->config_path = strdup(self->options.config);
    if (!self->config_path)
        return assay_error_set(err, ASSAY_E_NOMEM, "start");
    assay__signals_hold_reload();
    assay__process_raise_files();
    assay__process_return_memory();
    self->pid_file.path = self->options.pid_file;
    rc = assay__pid_file_open(&self->pid_file, err);
    if (rc == ASSAY_OK && self->options.daemon)
        rc = assay__process_daemonize(&self->ready_fd, err);
    if (rc == ASSAY_OK && self->options.user)
        rc = assay__process_become(self->options.user, err);
    return rc;
}

static void set_up_log(struct daemon *self)
{
    self->log_target =
        self->options.syslog ? ASSAY__LOG_SYSLOG : assay__log_stderr_target();
    assay__log_open(&self->log_target,
                    self->options.verbose ? ASSAY_LOG_DEBUG : ASSAY_LOG_INFO,
                    &self->log);
    assay_log_write(&self->log, ASSAY_LOG_INFO, "assayd.start",
                    "version=%s config=%s", assay_version(), self->config_path);
}

static assay_rc open_library(struct daemon *self, assay_error *err)
{
    assay_options options = ASSAY_OPTIONS_INIT;

    options.config_path = self->config_path;
    options.log = self->log.sink;
    options.log_arg = self->log.arg;
    options.log_level = self->log.threshold;
    options.diagnostic = show_finding;
    options.diagnostic_arg = self;
    options.host_stanzas = assay__host_stanzas;
    return assay_open(&options, &self->milter.library, err);
}

/* The sockets open before the library starts its threads: the umask belongs
 * to the whole process. Connections wait in the backlog meanwhile. */
static assay_rc open_milter(struct daemon *self, assay_error *err)
{
    struct assay__listener_settings settings;
    assay_rc rc = assay__listener_find(self->milter.library, &settings, err);

    if (rc != ASSAY_OK)
        return rc;
    self->milter.log = &self->log;
    self->milter.hub = assay__hub_new((size_t)settings.max_connections);
    if (!self->milter.hub || !assay__callbacks_register(&self->milter))
        return assay_error_set(err, ASSAY_E_NOMEM, "libmilter");
    return assay__listener_open(&settings, &self->listener, err);
}

static assay_rc open_listeners(struct daemon *self, assay_error *err)
{
    bool has_milter = assay__listener_is_wanted(self->milter.library);
    assay_rc rc = assay__scan_server_open(self->milter.library, &self->log,
                                          &self->scans, err);

    if (rc == ASSAY_OK && has_milter)
        rc = open_milter(self, err);
    if (rc == ASSAY_OK && !has_milter && !self->scans)
        rc = assay_error_set(err, ASSAY_E_CONF,
                             "there is no stanza Milter_Listener and no "
                             "Scan_Listener: nobody could ask for anything");
    return rc;
}

static void *run_smfi(void *arg)
{
    struct daemon *self = arg;

    __atomic_store_n(&self->smfi_result, smfi_main(), __ATOMIC_RELEASE);
    assay__signals_wake();
    return NULL;
}

static void reload(void *arg)
{
    struct daemon *self = arg;
    struct assay__quoted reason;
    assay_error err = {0};
    assay_rc rc = assay_reload(self->milter.library, &err);

    if (rc == ASSAY_OK)
        assay_log_write(&self->log, ASSAY_LOG_INFO, "assayd.reload",
                        "config=%s", self->config_path);
    else
        assay_log_write(&self->log, ASSAY_LOG_ERROR, "assayd.reload_failed",
                        "config=%s error=%s reason=\"%s\" kept=previous",
                        self->config_path, assay_rc_name(rc),
                        assay__log_quote(&reason, err.msg));
}

/* ---- what the console asks --------------------------------------------- */

static void stop_from_console(void *arg)
{
    (void)arg;
    assay__signals_wake();
}

static assay_rc reopen_logs(void *arg, assay_error *err)
{
    const struct daemon *self = arg;

    (void)err;
    assay__log_reopen(&self->log_target);
    return ASSAY_OK;
}

static assay_rc start_console(struct daemon *self, assay_error *err)
{
    const assay_control_host host = {
        .shutdown = stop_from_console,
        .reopen_logs = reopen_logs,
        .arg = self,
    };

    return assay__console_start(self->milter.library, &host, &self->console,
                                err);
}

/* ---- threads ----------------------------------------------------------- */

static assay_rc start_milter(struct daemon *self, assay_error *err)
{
    pthread_t thread;
    int failed;

    __atomic_store_n(&self->smfi_result, SMFI_RUNNING, __ATOMIC_RELEASE);
    if (!self->milter.hub)
        return ASSAY_OK;
    failed = assay__signals_create_thread(&thread, run_smfi, self);
    if (failed != 0)
        return assay_error_set(err, ASSAY_E_IO, "milter thread: %s",
                               strerrordesc_np(failed));
    (void)pthread_detach(thread); /* ends with libmilter, seconds later */
    return ASSAY_OK;
}

static assay_rc start_threads(struct daemon *self, assay_error *err)
{
    assay_rc rc = assay__signals_hold_stop(err);

    if (rc != ASSAY_OK)
        return rc;
    self->is_serving = true;
    rc = assay_start(self->milter.library, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__reloader_start(&self->reloader, reload, self, err);
    if (rc == ASSAY_OK)
        rc = start_milter(self, err);
    if (rc == ASSAY_OK)
        rc = assay__scan_server_start(self->scans, err);
    return rc;
}

static void log_ready(const struct daemon *self)
{
    char scans[1024];

    assay__scan_server_addresses(self->scans, scans, sizeof scans);
    if (self->scans)
        assay_log_write(&self->log, ASSAY_LOG_INFO, "scan.ready",
                        "listen=\"%s\"", scans);
    assay_log_write(&self->log, ASSAY_LOG_INFO, "assayd.ready", "listen=%s",
                    self->listener.address.text[0] != '\0'
                        ? self->listener.address.text
                        : "none");
}

static assay_rc start(struct daemon *self, assay_error *err)
{
    assay_rc rc = set_up_process(self, err);

    if (rc != ASSAY_OK)
        return rc;
    set_up_log(self);
    rc = open_library(self, err);
    if (rc == ASSAY_OK)
        rc = open_listeners(self, err);
    if (rc == ASSAY_OK)
        rc = assay__pid_file_write(&self->pid_file, err);
    if (rc == ASSAY_OK)
        rc = start_threads(self, err);
    if (rc == ASSAY_OK)
        rc = start_console(self, err);
    if (rc != ASSAY_OK)
        return rc;
    log_ready(self);
    assay__process_ready(self->ready_fd, !self->options.syslog);
    return ASSAY_OK;
}

/* ---- stop -------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t in_flight(const struct daemon *self)
{
    size_t messages = assay__scan_server_requests(self->scans);

    if (self->milter.hub)
        messages += assay__hub_messages(self->milter.hub);
    return messages;
}

/* Messages in flight get their answer, new ones 421. A second signal ends
 * the wait. */
static void drain(struct daemon *self)
{
    int64_t until = now_ms() + ASSAY__MILTER_DRAIN_MS;

    if (self->milter.hub)
        assay__hub_drain(self->milter.hub);
    assay__listener_remove(&self->listener);
    assay__scan_server_drain(self->scans);
    while (in_flight(self) > 0 && now_ms() < until) {
        if (assay__signals_poll_stop(DRAIN_POLL_MS) != 0)
            break;
    }
    if (self->milter.hub)
        (void)assay__signals_poll_stop(ANSWER_WAIT_MS);
    if (in_flight(self) > 0)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "assayd.drain",
                        "messages=%zu", in_flight(self));
}

/* @return exit status */
static int serve(struct daemon *self)
{
    int number = assay__signals_wait_stop();
    bool failed =
        __atomic_load_n(&self->smfi_result, __ATOMIC_ACQUIRE) == MI_FAILURE;

    assay_log_write(&self->log, failed ? ASSAY_LOG_ERROR : ASSAY_LOG_INFO,
                    "assayd.stop", "reason=%s",
                    failed ? "libmilter_failed" : sigdescr_np(number));
    assay__process_stopping();
    drain(self);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/*
 * Everything that was opened, in reverse; accepts a half-started daemon.
 *
 * smfi_stop() is not called: it waits for libmilter's poll, up to five
 * seconds, and then frees connections whose callbacks still run. Behind the
 * shut gate libmilter's threads touch nothing of ours until the process ends.
 *
 * @return false when a callback still uses its session or a reload is stuck:
 *         then nothing was freed, and the kernel has to clean up
 */
static bool tear_down(struct daemon *self)
{
    const char *busy = NULL;

    if (self->milter.hub && !assay__hub_shut(self->milter.hub, SHUT_WAIT_MS))
        busy = "a message is still being checked";
    if (!assay__scan_server_stop(self->scans, SHUT_WAIT_MS) && !busy)
        busy = "a scan is still running";
    assay__listener_remove(&self->listener);
    assay__pid_file_remove(&self->pid_file);
    if (!assay__reloader_stop(&self->reloader, RELOAD_WAIT_MS) && !busy)
        busy = "a reload is still running";
    if (!assay__console_stop(&self->console, RELOAD_WAIT_MS) && !busy)
        busy = "a command of the console is still running";
    if (self->milter.library && !busy &&
        !assay_quiesce(self->milter.library, RELOAD_WAIT_MS))
        busy = "signatures are still loading";
    if (busy) {
        assay_log_write(&self->log, ASSAY_LOG_WARN, "assayd.abandon",
                        "reason=\"%s\"", busy);
        return false;
    }
    assay__scan_server_close(&self->scans);
    assay__hub_clear(self->milter.hub); /* the gate stays, and stays shut */
    assay_close(&self->milter.library);
    free(self->config_path);
    return true;
}

int main(int argc, char **argv)
{
    /* Static: libmilter's threads may outlive main() by an instant. */
    static struct daemon self = {
        .ready_fd = -1, .pid_file = {.fd = -1}, .console = ASSAY__CONSOLE_NONE};
    assay_error err = {0};
    assay_rc rc;
    int status;

    if (!assay__options_read(argc, argv, &self.options, &status))
        return status;
    rc = start(&self, &err);
    if (rc != ASSAY_OK) {
        (void)fprintf(stderr, "assayd: %s\n", err.msg);
        if (self.log.sink && self.log_target == ASSAY__LOG_SYSLOG) {
            struct assay__quoted reason;

            assay_log_write(&self.log, ASSAY_LOG_ERROR, "assayd.failed",
                            "reason=\"%s\"",
                            assay__log_quote(&reason, err.msg));
        }
        status = exit_code(rc);
    } else {
        status = serve(&self);
    }
    if (!tear_down(&self))
        _exit(status);
    return status;
}
