/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Newer rules, while scans go on: each scan sees the old ones or the new ones.
 *
 * A look asks the system for names, sizes and times; only when these changed
 * are the files read, and only when their bytes did are there newer rules.
 * Files that are being written wait. Rules that do not compile are tried again
 * when the files change, and the old ones stay.
 *
 * Locking: self->swap guards present, the users of rules, and the sentence.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "yara_engine.h"

enum {
    SETTLE_STEP_MS = 100,
    UNSETTLED_MOST = 10 /* refreshes in vain, before that is a failure */
};

/* ---- users -------------------------------------------------------------- */

struct assay__yara_rules *assay__yara_rules_take(struct assay__yara *self)
{
    struct assay__yara_rules *rules;

    pthread_mutex_lock(&self->swap);
    rules = self->present;
    rules->users++;
    pthread_mutex_unlock(&self->swap);
    return rules;
}

void assay__yara_rules_drop(struct assay__yara *self,
                            struct assay__yara_rules *rules)
{
    bool is_last;

    pthread_mutex_lock(&self->swap);
    is_last = --rules->users == 0;
    pthread_mutex_unlock(&self->swap);
    if (is_last)
        assay__yara_rules_free(rules);
}

static void swap_in(struct assay__yara *self, struct assay__yara_rules *rules)
{
    struct assay__yara_rules *old;

    pthread_mutex_lock(&self->swap);
    old = self->present;
    self->present = rules;
    pthread_mutex_unlock(&self->swap);
    assay__yara_rules_drop(self, old);
}

/* ---- the sentence ------------------------------------------------------- */

static void note_failure(struct assay__yara *self, const char *text)
{
    pthread_mutex_lock(&self->swap);
    (void)snprintf(self->failure, sizeof self->failure, "%s", text);
    pthread_mutex_unlock(&self->swap);
}

void assay__yara_failure(struct assay__yara *self, char *buf, size_t size)
{
    pthread_mutex_lock(&self->swap);
    (void)snprintf(buf, size, "%s", self->failure);
    pthread_mutex_unlock(&self->swap);
}

/* What the last attempt came to stands. */
static assay_rc as_before(struct assay__yara *self, assay_error *err)
{
    char failure[ASSAY_ERROR_MAX];

    assay__yara_failure(self, failure, sizeof failure);
    if (!failure[0])
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_INVAL, "%s", failure);
}

/* ---- looking ------------------------------------------------------------ */

static assay_rc look(const struct assay__yara *self, uint64_t *state_out,
                     assay_error *err)
{
    const struct assay__yara_bounds bounds = assay__yara_bounds_of(self);

    return assay__yara_files_look(self->settings.rules, &bounds, state_out,
                                  err);
}

static assay_rc read_digest(const struct assay__yara *self,
                            unsigned char digest_out[ASSAY__YARA_DIGEST],
                            assay_error *err)
{
    const struct assay__yara_bounds bounds = assay__yara_bounds_of(self);
    struct assay__yara_files files;
    assay_rc rc =
        assay__yara_files_read(self->settings.rules, &bounds, &files, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__yara_files_digest(&files, digest_out, err);
    assay__yara_files_fini(&files);
    return rc;
}

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000,
                                  .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* Whether the files stay what they are for a while. */
static bool is_still(const struct assay__yara *self, uint64_t state)
{
    int64_t until = assay__yara_now_ms() + self->settle_ms;
    uint64_t now = state;

    while (now == state && assay__yara_now_ms() < until) {
        pause_ms(SETTLE_STEP_MS);
        if (look(self, &now, NULL) != ASSAY_OK)
            return false;
    }
    return now == state;
}

/* Only this thread changes self->present, so it may read it. */
static bool is_present(const struct assay__yara *self,
                       const unsigned char digest[ASSAY__YARA_DIGEST])
{
    return memcmp(self->present->digest, digest, ASSAY__YARA_DIGEST) == 0;
}

/* ---- refresh ------------------------------------------------------------ */

static assay_rc wait_for_writer(struct assay__yara *self, assay_error *err)
{
    if (++self->unsettled < UNSETTLED_MOST)
        return as_before(self, err);
    return assay_error_set(err, ASSAY_E_IO,
                           "the rules in %s never stay unchanged long enough "
                           "to be loaded",
                           self->settings.rules);
}

static assay_rc load(struct assay__yara *self, uint64_t state,
                     bool *changed_out, assay_error *err)
{
    struct assay__yara_rules *rules = NULL;
    uint64_t after = 0;
    assay_rc rc = assay__yara_rules_make(self, &rules, err);

    if (rc != ASSAY_OK) {
        if (rc == ASSAY_E_INVAL || rc == ASSAY_E_LIMIT) /* it is the files */
            self->failed_state = state;
        return rc;
    }
    if (rules->state != state || look(self, &after, NULL) != ASSAY_OK ||
        after != state) { /* half of the one and half of the other */
        assay__yara_rules_free(rules);
        return wait_for_writer(self, err);
    }
    self->unsettled = 0;
    self->state = state;
    if (is_present(self, rules->digest)) { /* touched, or put back */
        assay__yara_rules_free(rules);
        return ASSAY_OK;
    }
    swap_in(self, rules);
    *changed_out = true;
    return ASSAY_OK;
}

static assay_rc look_and_load(struct assay__yara *self, bool *changed_out,
                              assay_error *err)
{
    uint64_t state = 0;
    assay_rc rc = look(self, &state, err);

    if (rc != ASSAY_OK)
        return rc;
    if (state == self->state) { /* it is in use, whatever came between */
        self->failed_state = 0;
        return ASSAY_OK;
    }
    if (state == self->failed_state)
        return as_before(self, err);
    if (!is_still(self, state))
        return wait_for_writer(self, err);
    return load(self, state, changed_out, err);
}

assay_rc assay__yara_refresh(void *instance, bool *changed_out,
                             assay_error *err)
{
    struct assay__yara *self = instance;
    assay_error own = {0};
    assay_rc rc;

    *changed_out = false;
    rc = look_and_load(self, changed_out, &own);
    note_failure(self, rc == ASSAY_OK ? "" : own.msg);
    if (rc != ASSAY_OK)
        return assay_error_set(err, rc, "%s", own.msg);
    return ASSAY_OK;
}

/* ---- newer -------------------------------------------------------------- */

/* In a template: it tells sets apart and loads none. */
assay_rc assay__yara_newer(void *instance, uint64_t *set_out, assay_error *err)
{
    struct assay__yara *self = instance;
    unsigned char digest[ASSAY__YARA_DIGEST];
    uint64_t state = 0, set = 0;
    assay_rc rc = look(self, &state, err);

    if (rc == ASSAY_OK && state != self->state)
        rc = read_digest(self, digest, err);
    if (rc != ASSAY_OK)
        return rc;
    if (state != self->state && !is_present(self, digest)) {
        memcpy(&set, digest, sizeof set);
        *set_out = set ? set : 1;
        return ASSAY_OK;
    }
    self->state = state;
    *set_out = 0;
    return ASSAY_OK;
}
