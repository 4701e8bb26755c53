/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/isolation.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "rt/library_folder.h"
#include "scan/isolation_priv.h"

#define MS_PER_S 1000
#define PROGRAM "../libexec/assay-scanner" /* from the folder of libassay */

/* ---- what the processes are given -------------------------------------- */

static const char *string_at(const void *settings, size_t offset)
{
    const char *text;

    memcpy(&text, (const char *)settings + offset, sizeof text);
    return text;
}

/* What the options of the engine name, and where its file and others lie. */
static void list_readable(struct assay__isolation *self)
{
    const assay_conf_option *option = self->table->conf->options;
    size_t count = 0;

    self->readable[count++] = self->module_folder;
    for (; option && option->name && count < ASSAY__READABLE_MAX - 1;
         option++) {
        const char *path =
            option->type == ASSAY_CONF_PATH
                ? string_at(self->engine->settings, option->offset)
                : NULL;

        if (path)
            self->readable[count++] = path;
    }
    self->readable[count] = NULL;
}

static const char *choose_base(const struct assay__isolation *self)
{
    const char *environment = secure_getenv("TMPDIR");

    if (self->wanted.temporary)
        return self->wanted.temporary;
    if (self->engine->file_base)
        return self->engine->file_base;
    return environment && environment[0] == '/' ? environment : "/tmp";
}

static assay_rc find_user(const char *name, uid_t *uid, gid_t *gid,
                          assay_error *err)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;
    int rc;

    *uid = geteuid();
    *gid = getegid();
    if (!name)
        return ASSAY_OK;
    rc = getpwnam_r(name, &entry, buffer, sizeof buffer, &found);
    if (!found)
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "scanner_user: no user '%s'%s%s", name,
                               rc ? ": " : "", rc ? strerrordesc_np(rc) : "");
    if (entry.pw_uid != *uid && *uid != 0)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "scanner_user: only root can become '%s'", name);
    *uid = entry.pw_uid;
    *gid = entry.pw_gid;
    return ASSAY_OK;
}

static assay_rc make_folder(struct assay__isolation *self, assay_error *err)
{
    const char *base = choose_base(self);
    uid_t uid;
    gid_t gid;
    assay_rc rc = find_user(self->options.user, &uid, &gid, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__private_folder_sweep(base, uid);
    return assay__private_folder_open(base, uid, gid, &self->folder, err);
}

static void fill_plan(struct assay__isolation *self)
{
    const assay_engine_args *engine = self->engine;

    list_readable(self);
    self->record = (struct assay__scanner_record){
        .module = self->module_path,
        .instance = engine->instance,
        .scope = engine->scope,
        .file_base = engine->file_base,
        .timeout_ms = engine->timeout_ms,
        .max_size = engine->max_size,
        .log_level = self->log.threshold,
        .walls =
            {
                .struct_size = sizeof self->record.walls,
                .mode = (assay_sandbox_mode)self->options.sandbox,
                .user = self->options.user,
                .readable = self->readable,
                .temporary = self->folder.path,
                .is_on_disk = self->wanted.temporary != NULL,
                .temporary_bytes = self->wanted.temporary_bytes,
                .temporary_files = self->wanted.temporary_files,
                .memory_bytes = self->options.memory_bytes,
            },
    };
    self->plan = (struct assay__scanner_plan){
        .program = self->program,
        .record = &self->record,
        .table = self->table,
        .settings = engine->settings,
    };
}

/* Length of the folder of a path; 0: it has none, or the root. */
static size_t folder_length(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '/')
        len--;
    return len > 1 ? len - 1 : 0;
}

/* The folder of the modules: what an engine loads itself, such as a provider of
 * csapi, lies beside that of the engines. */
static char *find_modules(const char *path)
{
    size_t engines = folder_length(path, strlen(path));
    size_t modules = folder_length(path, engines);

    return assay__text_dup(path, modules ? modules : engines);
}

static assay_rc find_program(struct assay__isolation *self, assay_error *err)
{
    if (self->wanted.program)
        self->program =
            assay__text_dup(self->wanted.program, strlen(self->wanted.program));
    else
        self->program = assay__library_folder_path(PROGRAM);
    self->module_folder = find_modules(self->module_path);
    if (!self->program || !self->module_folder)
        return assay_error_set(err, ASSAY_E_NOMEM, "scanner");
    if (access(self->program, X_OK) != 0)
        return assay_error_set(err, ASSAY_E_IO,
                               "%s: the scanner program cannot be run: %s",
                               self->program, strerrordesc_np(errno));
    return ASSAY_OK;
}

/* ---- opening and closing ----------------------------------------------- */

static void close_events(struct assay__isolation *self)
{
    if (self->wake_fd >= 0)
        (void)close(self->wake_fd);
    if (self->stop_fd >= 0)
        (void)close(self->stop_fd);
    if (self->interrupt_fd >= 0)
        (void)close(self->interrupt_fd);
}

static void destroy(struct assay__isolation *self)
{
    assay__private_folder_close(&self->folder);
    assay__scanner_log_close(&self->file);
    close_events(self);
    assay__cond_fini(&self->changed);
    assay__lock_fini(&self->lock);
    free(self->program);
    free(self->module_folder);
    free(self);
}

static void warn_of_root(const struct assay__isolation *self)
{
    if (geteuid() == 0 && !self->options.user)
        assay_log_write(&self->log, ASSAY_LOG_INFO, "scanner.root",
                        "scope=%s instance=%s reason=\"scanner processes run "
                        "as root, without its capabilities; set scanner_user\"",
                        self->engine->scope, self->engine->instance);
}

static assay_rc start_first(struct assay__isolation *self, assay_error *err)
{
    struct assay__scanner_worker_link *worker = NULL;
    struct assay__scanner_process process;
    assay_rc rc = assay__keeper_make(self, -1, &process, &worker, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__keeper_adopt(self, &process, worker);
    rc = assay__keeper_start(self, err);
    if (rc != ASSAY_OK)
        assay__keeper_stop(self);
    return rc;
}

static assay_rc new_self(struct assay__isolation **out, assay_error *err)
{
    struct assay__isolation *self = calloc(1, sizeof *self);
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "scanner");
    self->folder.lock_fd = -1;
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    rc = assay__lock_init(&self->lock, ASSAY__LOCK_scanner, err);
    if (rc == ASSAY_OK) {
        rc = assay__cond_init(&self->changed, err);
        if (rc != ASSAY_OK)
            assay__lock_fini(&self->lock);
    }
    if (rc != ASSAY_OK) {
        close_events(self);
        free(self);
        return rc;
    }
    if (self->wake_fd < 0 || self->stop_fd < 0 || self->interrupt_fd < 0) {
        destroy(self);
        return assay_error_set(err, ASSAY_E_IO, "scanner: eventfd: %s",
                               strerrordesc_np(errno));
    }
    *out = self;
    return ASSAY_OK;
}

static void take_args(struct assay__isolation *self,
                      const struct assay__isolation_args *args)
{
    self->table = args->table;
    self->engine = args->engine;
    self->options = args->options;
    self->module_path = args->module_path;
    self->clean_generation = args->clean_generation;
    self->next_number = 1;
    self->probe_round = 1;
    self->is_serving = true;
    self->wanted = (assay_engine_isolation){
        .struct_size = sizeof self->wanted,
    };
    self->table->ops->isolation(args->engine->settings, &self->wanted);
    /* An updater may not have run for as long as we were away. */
    atomic_init(&self->refresh_ms,
                assay__clock_ms() +
                    (self->wanted.updater
                         ? 0
                         : self->wanted.update_interval_s * MS_PER_S));
    assay__scanner_log_open(&self->file, self->wanted.log_path,
                            args->engine->log);
    self->log = assay__scanner_log_tee(&self->file);
}

assay_rc assay__isolation_open(const struct assay__isolation_args *args,
                               void **instance_out, assay_error *err)
{
    struct assay__isolation *self = NULL;
    assay_rc rc = new_self(&self, err);

    if (rc != ASSAY_OK)
        return rc;
    take_args(self, args);
    rc = find_program(self, err);
    if (rc == ASSAY_OK)
        rc = make_folder(self, err);
    if (rc == ASSAY_OK) {
        fill_plan(self);
        warn_of_root(self);
        rc = start_first(self, err);
    }
    if (rc != ASSAY_OK) {
        destroy(self);
        return rc;
    }
    *instance_out = self;
    return ASSAY_OK;
}

static void isolation_close(void *instance)
{
    struct assay__isolation *self = instance;

    assay__keeper_stop(self);
    destroy(self);
}

/* ---- what it is -------------------------------------------------------- */

static void isolation_epoch(void *instance, char *buf, size_t size)
{
    struct assay__isolation *self = instance;

    assay__lock_take(&self->lock);
    assay__text_copy(buf, size, self->epoch);
    assay__lock_drop(&self->lock);
}

/* The text of the engine, as its template tells it now. */
static void isolation_version(void *instance, char *buf, size_t size)
{
    struct assay__isolation *self = instance;
    struct assay__keeper_request request = {.kind = ASSAY__KEEPER_VERSION};
    char failure[ASSAY_ERROR_MAX];
    size_t len;

    if (assay__keeper_ask(self, &request, NULL) == ASSAY_OK)
        assay__text_copy(buf, size, request.reply.text);
    else
        isolation_epoch(instance, buf, size);
    assay__lock_take(&self->lock);
    assay__text_copy(failure, sizeof failure, self->refresh_failure);
    assay__lock_drop(&self->lock);
    len = strlen(buf);
    if (failure[0] != '\0')
        (void)snprintf(buf + len, size - len, "\nNewer definitions refused: %s",
                       failure);
}

/* Each worker that is idle proves itself now, and each that is busy before its
 * next scan. What no worker can do any more, scans say themselves. */
static assay_rc isolation_probe(void *instance, assay_error *err)
{
    struct assay__isolation *self = instance;
    struct assay__scanner_worker_link *worker;

    (void)err;
    assay__lock_take(&self->lock);
    self->probe_round++;
    assay__lock_drop(&self->lock);
    while ((worker = assay__isolation_take_unproved(self)) != NULL)
        if (assay__isolation_prove(self, worker))
            assay__isolation_release(self, worker);
    assay__keeper_wake(self);
    return ASSAY_OK;
}

const assay_engine_ops assay__isolation_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .close = isolation_close,
    .scan = assay__isolation_scan,
    .probe = isolation_probe,
    .epoch = isolation_epoch,
    .version = isolation_version,
    .refresh = assay__isolation_refresh,
};

assay_rc assay__isolation_reopen_log(void *instance, assay_error *err)
{
    struct assay__isolation *self = instance;

    return assay__scanner_log_reopen(&self->file, err);
}

static const char *state_name(const struct assay__isolation *self)
{
    if (self->state == ASSAY__ISOLATION_DOWN)
        return "down";
    if (self->state == ASSAY__ISOLATION_LOADING)
        return "loading";
    return self->is_serving ? "running" : "failing";
}

void assay__isolation_look(void *instance,
                           struct assay__isolation_report *report_out)
{
    struct assay__isolation *self = instance;
    const struct assay__isolation_counts *counts = &self->counts;

    *report_out = (struct assay__isolation_report){
        .most_workers = self->wanted.max_workers,
        .templates_started = counts->templates_started,
        .workers_started = counts->workers_started,
        .crashed = counts->crashed,
        .timed_out = counts->timed_out,
        .poisoned = counts->poisoned,
        .recycled = counts->recycled,
        .canaries_missed = counts->canaries_missed,
    };
    assay__lock_take(&self->lock);
    assay__text_copy(report_out->state, sizeof report_out->state,
                     state_name(self));
    assay__text_copy(report_out->failure, sizeof report_out->failure,
                     self->failure);
    assay__text_copy(report_out->missing, sizeof report_out->missing,
                     self->missing);
    report_out->template_pid = self->template_pid;
    report_out->workers = self->workers;
    report_out->idle = self->idle_count;
    assay__lock_drop(&self->lock);
}
