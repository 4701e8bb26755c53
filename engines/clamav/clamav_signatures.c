/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The signatures an instance works with: loading them, counting who uses them,
 * and swapping in newer ones while scans go on.
 *
 * A scan takes the present signatures when it begins and gives them back when
 * it ends, so it sees the old ones or the new ones. New ones are loaded beside
 * the old, proven on the canary, and only then become the present ones. A
 * folder that is being written to is left alone until it is still. What cannot
 * be loaded is not tried again until the folder changes, but for once an hour,
 * because libclamav does not say which of its errors are the files' fault.
 *
 * Old signatures are freed by the thread that refreshes, not by the last scan
 * that used them: that takes long enough to be felt.
 *
 * Locking: self->swap guards present, its count of users and the text of the
 * last failure; it is never held in a system or libclamav call.
 */
#include "clamav_engine.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SETTLE_STEP_MS = 100,
    DRAIN_STEP_MS = 10,
    UNSETTLED_MOST = 10, /* refreshes that found the folder being written to,
                            before that is a failure */
    RETRY_SOON_MS = 10 * 60 * 1000, /* the reason may lie elsewhere */
    RETRY_LATE_MS = 60 * 60 * 1000  /* the files are most likely the reason */
};

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000,
                                  .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* ---- loading ----------------------------------------------------------- */

static assay_rc set_limits(const struct assay__clamav *self,
                           struct cl_engine *engine, assay_error *err)
{
    const struct assay__clamav_settings *settings = &self->settings;
    const struct {
        enum cl_engine_field field;
        long long value;
    } numbers[] = {
        {CL_ENGINE_DISABLE_CACHE, 1}, /* it would remember a wrong CLEAN */
        {CL_ENGINE_MAX_SCANSIZE, (long long)settings->max_scansize},
        {CL_ENGINE_MAX_FILESIZE, (long long)settings->max_filesize},
        {CL_ENGINE_MAX_FILES, settings->max_files},
        {CL_ENGINE_MAX_RECURSION, settings->max_recursion},
        {CL_ENGINE_MAX_SCANTIME,
         self->timeout_ms < INT_MAX ? self->timeout_ms : INT_MAX},
    };
    cl_error_t rc =
        cl_engine_set_str(engine, CL_ENGINE_TMPDIR, self->folder.path);

    for (size_t i = 0; !rc && i < sizeof numbers / sizeof *numbers; i++)
        rc = cl_engine_set_num(engine, numbers[i].field, numbers[i].value);
    if (rc != CL_SUCCESS)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "libclamav refuses its settings: %s",
                               cl_strerror(rc));
    assay__clamav_callbacks_set(engine);
    return ASSAY_OK;
}

static assay_rc fill(const struct assay__clamav *self,
                     struct assay__clamav_database *database, assay_error *err)
{
    unsigned kinds = CL_DB_BYTECODE;
    cl_error_t compiled;
    assay_rc rc;

    if (self->settings.detect_phishing)
        kinds |= CL_DB_PHISHING | CL_DB_PHISHING_URLS;
    if (self->settings.detect_pua)
        kinds |= CL_DB_PUA;
    rc = assay__clamav_database_load(database, self->settings.signatures, kinds,
                                     err);
    if (rc == ASSAY_OK)
        rc = assay__clamav_canary_load(&self->canary, database->engine,
                                       &self->folder, err);
    if (rc != ASSAY_OK)
        return rc;
    compiled = cl_engine_compile(database->engine);
    if (compiled != CL_SUCCESS)
        return assay_error_set(
            err, ASSAY_E_INVAL, "libclamav cannot use the signatures in %s: %s",
            self->settings.signatures, cl_strerror(compiled));
    return ASSAY_OK;
}

static void destroy(struct assay__clamav_database *database)
{
    if (database->engine)
        cl_engine_free(database->engine);
    free(database);
}

/* Signatures that work, beside whatever is in use. */
static assay_rc make(struct assay__clamav *self,
                     struct assay__clamav_database **out, assay_error *err)
{
    struct assay__clamav_database *database = calloc(1, sizeof *database);
    uint64_t before = assay__clamav_memory_used();
    uint64_t after;
    assay_rc rc;

    if (!database)
        return assay_error_set(err, ASSAY_E_NOMEM, "clamav: signatures");
    database->engine = cl_engine_new();
    if (!database->engine) {
        free(database);
        return assay_error_set(err, ASSAY_E_NOMEM, "libclamav: no engine");
    }
    rc = set_limits(self, database->engine, err);
    if (rc == ASSAY_OK)
        rc = fill(self, database, err);
    after = assay__clamav_memory_used();
    database->footprint = after > before ? after - before : 0;
    if (rc == ASSAY_OK)
        rc = assay__clamav_prove(self, database,
                                 assay__clamav_now_ms() + self->timeout_ms,
                                 true, err);
    if (rc != ASSAY_OK) {
        destroy(database);
        return rc;
    }
    *out = database;
    return ASSAY_OK;
}

/* ---- users ------------------------------------------------------------- */

struct assay__clamav_database *assay__clamav_signatures_take(
    struct assay__clamav *self)
{
    struct assay__clamav_database *database;

    pthread_mutex_lock(&self->swap);
    database = self->present;
    database->users++;
    pthread_mutex_unlock(&self->swap);
    return database;
}

void assay__clamav_signatures_drop(struct assay__clamav *self,
                                   struct assay__clamav_database *database)
{
    pthread_mutex_lock(&self->swap);
    database->users--;
    pthread_mutex_unlock(&self->swap);
}

static bool is_in_use(struct assay__clamav *self,
                      const struct assay__clamav_database *database)
{
    bool in_use;

    pthread_mutex_lock(&self->swap);
    in_use = database->users > 0;
    pthread_mutex_unlock(&self->swap);
    return in_use;
}

/* Those that a scan still uses stay for the next time. */
static void free_retired(struct assay__clamav *self)
{
    struct assay__clamav_database **at = &self->retired;

    while (*at) {
        struct assay__clamav_database *database = *at;

        if (is_in_use(self, database)) {
            at = &database->next;
            continue;
        }
        *at = database->next;
        destroy(database);
    }
}

/* Scans end by their deadline, but for those that libclamav does not let. */
static void retire(struct assay__clamav *self,
                   struct assay__clamav_database *database)
{
    int64_t until = assay__clamav_now_ms() + self->drain_ms;

    database->next = self->retired;
    self->retired = database;
    while (is_in_use(self, database) && assay__clamav_now_ms() < until)
        pause_ms(DRAIN_STEP_MS);
    free_retired(self);
}

static void swap_in(struct assay__clamav *self,
                    struct assay__clamav_database *database)
{
    struct assay__clamav_database *old;

    pthread_mutex_lock(&self->swap);
    old = self->present;
    self->present = database;
    pthread_mutex_unlock(&self->swap);
    if (old)
        retire(self, old);
}

assay_rc assay__clamav_signatures_open(struct assay__clamav *self,
                                       assay_error *err)
{
    return make(self, &self->present, err);
}

void assay__clamav_signatures_close(struct assay__clamav *self)
{
    free_retired(self);
    if (self->present)
        destroy(self->present);
    self->present = NULL;
}

/* ---- refresh ----------------------------------------------------------- */

/* Keep the sentence for the version text. */
static void note_failure(struct assay__clamav *self, const assay_error *err)
{
    pthread_mutex_lock(&self->swap);
    snprintf(self->failure, sizeof self->failure, "%s", err ? err->msg : "");
    pthread_mutex_unlock(&self->swap);
}

void assay__clamav_signatures_failure(struct assay__clamav *self, char *buf,
                                      size_t size)
{
    pthread_mutex_lock(&self->swap);
    snprintf(buf, size, "%s", self->failure);
    pthread_mutex_unlock(&self->swap);
}

/* What the last attempt came to stands. */
static assay_rc as_before(struct assay__clamav *self, assay_error *err)
{
    char failure[ASSAY_ERROR_MAX];

    assay__clamav_signatures_failure(self, failure, sizeof failure);
    if (!failure[0])
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_INVAL, "%s", failure);
}

/* Whether the folder stays what it is for a while. */
static bool is_still(const struct assay__clamav *self, uint64_t digest)
{
    int64_t until = assay__clamav_now_ms() + self->settle_ms;
    uint64_t now = digest;

    while (now == digest && assay__clamav_now_ms() < until) {
        pause_ms(SETTLE_STEP_MS);
        if (assay__clamav_database_digest(self->settings.signatures, &now,
                                          NULL) != ASSAY_OK)
            return false;
    }
    return now == digest;
}

static assay_rc wait_for_writer(struct assay__clamav *self, assay_error *err)
{
    if (++self->unsettled < UNSETTLED_MOST)
        return as_before(self, err);
    return assay_error_set(err, ASSAY_E_IO,
                           "the signature folder %s never stays unchanged long "
                           "enough to be loaded",
                           self->settings.signatures);
}

static assay_rc load_beside(struct assay__clamav *self, uint64_t digest,
                            bool *changed_out, assay_error *err)
{
    struct assay__clamav_database *database = NULL;
    uint64_t after = 0;
    assay_rc rc = assay__clamav_memory_check(self->present->footprint, err);

    if (rc == ASSAY_OK)
        rc = make(self, &database, err);
    if (rc != ASSAY_OK) {
        self->failed_digest = digest;
        self->retry_ms = assay__clamav_now_ms() +
                         (rc == ASSAY_E_INVAL ? RETRY_LATE_MS : RETRY_SOON_MS);
        return rc;
    }
    if (database->digest != digest ||
        assay__clamav_database_digest(self->settings.signatures, &after,
                                      NULL) != ASSAY_OK ||
        after != digest) {
        destroy(database); /* it may be half of the one and half of the other */
        return wait_for_writer(self, err);
    }
    swap_in(self, database);
    *changed_out = true;
    return ASSAY_OK;
}

static assay_rc look(struct assay__clamav *self, bool *changed_out,
                     assay_error *err)
{
    uint64_t digest = 0;
    assay_rc rc =
        assay__clamav_database_digest(self->settings.signatures, &digest, err);

    if (rc != ASSAY_OK)
        return rc;
    if (digest == self->present->digest)
        return ASSAY_OK;
    if (digest == self->failed_digest &&
        assay__clamav_now_ms() < self->retry_ms)
        return as_before(self, err);
    if (!is_still(self, digest))
        return wait_for_writer(self, err);
    return load_beside(self, digest, changed_out, err);
}

assay_rc assay__clamav_refresh(void *instance, bool *changed_out,
                               assay_error *err)
{
    struct assay__clamav *self = instance;
    assay_error own = {0};
    assay_rc rc;

    *changed_out = false;
    free_retired(self);
    rc = assay__clamav_move_home(self, &own);
    if (rc == ASSAY_OK)
        rc = look(self, changed_out, &own);
    if (*changed_out)
        self->unsettled = 0;
    note_failure(self, rc == ASSAY_OK ? NULL : &own);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "%s", own.msg);
    return ASSAY_OK;
}

assay_rc assay__clamav_newer(void *instance, uint64_t *set_out,
                             assay_error *err)
{
    struct assay__clamav *self = instance;
    uint64_t digest = 0;
    assay_rc rc =
        assay__clamav_database_digest(self->settings.signatures, &digest, err);

    if (rc != ASSAY_OK)
        return rc;
    if (digest == self->present->digest)
        *set_out = 0;
    else
        *set_out = digest != 0 ? digest : 1;
    return ASSAY_OK;
}
