/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One scan: guard, one or more passes of libclamav over the bytes in memory,
 * guard again, and what all of them together mean.
 *
 * A pass more is made
 * - for a mail, or a part that says it is one, that libclamav did not take for
 * one by its first lines, or that begins like an mbox and would be cut at each
 * "From ": again with a header in front that it knows. This is the only case
 * that copies the bytes;
 * - for encrypted content: that alert is reported in place of a limit that was
 *   hit too, so again without it. Policy may let encrypted mail pass, but not
 *   content that merely was not looked at.
 */
#include "clamav_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Begin of libclamav's names for what a callback of ours ended with CL_VIRUS;
 * the one for layers has ".Inspection" behind it. */
#define ABORTED "Detected.By.Callback"

enum {
    /* A zip member over the limit is cut without an alert, to whole blocks of
     * this size; so one that ends this near the limit counts as over it. */
    ZIP_BLOCK = 8192,
    /* Of descriptors: per layer a file and the folder it is made in, and per
     * scan what C library and libclamav open for a moment. */
    DESCRIPTORS_PER_LAYER = 3,
    DESCRIPTORS_PER_SCAN = 16,
    /* Of inodes: the folders of each layer. */
    INODES_PER_SCAN = 256
};

/* A pass of libclamav over one view of the content. */
struct pass {
    const struct assay__clamav *self;
    const struct assay__clamav_database *database;
    int64_t deadline_ms;
    const void *data;
    size_t size;
    bool is_mail; /* for certain; a type that a part claims is a claim */
    bool encrypted_alerts;
    bool late;          /* we ended it: the deadline passed */
    bool took_for_mail; /* libclamav's type of the outermost layer */
    bool over_filesize; /* a layer or member reached max_filesize */
    bool over_depth;    /* a layer was deeper than max_depth */
    struct assay__clamav_members members;
};

/* ---- callbacks of libclamav -------------------------------------------- */

static bool is_late(struct pass *pass)
{
    if (!pass->late && assay__clamav_now_ms() >= pass->deadline_ms)
        pass->late = true;
    return pass->late;
}

/* NOLINTNEXTLINE(readability-function-size): the type is libclamav's */
static cl_error_t inspect_layer(int fd, const char *type,
                                const char **ancestors, size_t parent_size,
                                const char *name, size_t size,
                                const char *buffer, uint32_t level,
                                uint32_t attributes, void *context)
{
    struct pass *pass = context;

    (void)fd, (void)ancestors, (void)parent_size, (void)name;
    (void)attributes;
    /* A mail is no archive, whatever its first line looks like. */
    if (!level && pass->is_mail)
        assay__clamav_members_layer(&pass->members, level, "", NULL, size);
    else
        assay__clamav_members_layer(&pass->members, level, type, buffer, size);
    if (!level)
        pass->took_for_mail =
            !strcmp(type, "CL_TYPE_MAIL") || !strcmp(type, "CL_TYPE_MHTML");
    else if (size + ZIP_BLOCK > pass->self->settings.max_filesize)
        pass->over_filesize = true;
    if (pass->self->settings.max_depth &&
        level > pass->self->settings.max_depth)
        pass->over_depth = true;
    return is_late(pass) ? CL_VIRUS : CL_CLEAN;
}

/* NOLINTNEXTLINE(readability-function-size): the type is libclamav's */
static cl_error_t inspect_member(const char *container, unsigned long packed,
                                 const char *name, unsigned long size,
                                 int is_encrypted, unsigned position,
                                 void *context)
{
    struct pass *pass = context;

    const struct assay__clamav_member member = {.position = position,
                                                .packed = packed,
                                                .size = size,
                                                .is_encrypted = is_encrypted};

    (void)name;
    assay__clamav_members_announce(&pass->members, container, &member);
    if (size > pass->self->settings.max_filesize)
        pass->over_filesize = true;
    return is_late(pass) ? CL_VIRUS : CL_CLEAN;
}

void assay__clamav_callbacks_set(struct cl_engine *engine)
{
    cl_engine_set_clcb_file_inspection(engine, inspect_layer);
    cl_engine_set_clcb_meta(engine, inspect_member);
}

/* ---- one pass ---------------------------------------------------------- */

static const struct cl_scan_options scan_options = {
    .general = CL_SCAN_GENERAL_HEURISTICS,
    .parse = ~0u,
    .heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX,
    .mail = 0,
    .dev = 0,
};

static const struct {
    cl_error_t code;
    assay_found found;
    assay_reason reason;
    uint32_t limit;
} codes[] = {
    {CL_ETIMEOUT, ASSAY_FOUND_FAULT, ASSAY_REASON_TIMEOUT, ASSAY_LIMIT_TIME},
    {CL_EMAXREC, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_RECURSION},
    {CL_EMAXSIZE, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_SCAN_SIZE},
    {CL_EMAXFILES, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_FILES},
    {CL_EFORMAT, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED, 0},
    {CL_EPARSE, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED, 0},
    {CL_EUNPACK, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED, 0},
    {CL_EMEM, ASSAY_FOUND_FAULT, ASSAY_REASON_MEMORY, 0},
    {CL_EMAP, ASSAY_FOUND_FAULT, ASSAY_REASON_MEMORY, 0},
    {CL_EOPEN, ASSAY_FOUND_FAULT, ASSAY_REASON_DESCRIPTORS, 0},
    {CL_EDUP, ASSAY_FOUND_FAULT, ASSAY_REASON_DESCRIPTORS, 0},
    {CL_ECREAT, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {CL_EUNLINK, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {CL_ESTAT, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {CL_EREAD, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {CL_ESEEK, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {CL_EWRITE, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {CL_EACCES, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {CL_ETMPFILE, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
    {CL_ETMPDIR, ASSAY_FOUND_FAULT, ASSAY_REASON_TEMPORARY, 0},
};

/* CLEAN is the one answer that is not in the table, and no other is clean. */
static void map_code(cl_error_t code, assay_finding *finding)
{
    size_t i = 0;

    if (code == CL_CLEAN) {
        finding->found = ASSAY_FOUND_NOTHING;
        snprintf(finding->scan_code, sizeof finding->scan_code, "OK");
        return;
    }
    while (i < sizeof codes / sizeof *codes && codes[i].code != code)
        i++;
    if (i == sizeof codes / sizeof *codes) {
        assay__clamav_fault(finding, ASSAY_REASON_ENGINE,
                            "libclamav failed: %s", cl_strerror(code));
        return;
    }
    assay__clamav_fault(finding, codes[i].reason, "libclamav: %s",
                        cl_strerror(code));
    finding->found = codes[i].found;
    finding->coverage.limits_hit |= codes[i].limit;
}

static bool is_aborted(const char *name)
{
    return !strncmp(name, ABORTED, strlen(ABORTED));
}

static void map_result(const struct pass *pass, cl_error_t code,
                       const char *name, assay_finding *finding)
{
    if (code == CL_VIRUS && !name)
        assay__clamav_fault(finding, ASSAY_REASON_ENGINE,
                            "libclamav reported a threat without a name");
    else if (code == CL_VIRUS && !(pass->late && is_aborted(name)))
        assay__clamav_name_map(name, finding);
    else if (!pass->late)
        map_code(code, finding);
    if (pass->late && finding->found != ASSAY_FOUND_THREAT) {
        assay__clamav_fault(finding, ASSAY_REASON_TIMEOUT,
                            "the deadline passed during the scan");
        finding->coverage.limits_hit |= ASSAY_LIMIT_TIME;
    }
    if (finding->found != ASSAY_FOUND_NOTHING &&
        finding->reason != ASSAY_REASON_ENCRYPTED)
        return;
    if (pass->over_filesize)
        assay__clamav_name_map("Heuristics.Limits.Exceeded.MaxFileSize",
                               finding);
    else if (pass->over_depth)
        assay__clamav_name_map("Heuristics.Limits.Exceeded.MaxRecursion",
                               finding);
}

static void run_pass(struct pass *pass, assay_finding *finding)
{
    struct cl_scan_options options = scan_options;
    unsigned long scanned = 0;
    const char *name = NULL;
    cl_error_t code;
    cl_fmap_t *map = cl_fmap_open_memory(pass->data, pass->size);

    if (!map) {
        assay__clamav_fault(finding, ASSAY_REASON_MEMORY,
                            "libclamav cannot map the content");
        return;
    }
    if (pass->encrypted_alerts)
        options.heuristic |= CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
                             CL_SCAN_HEURISTIC_ENCRYPTED_DOC;
    memset(&pass->members, 0, sizeof pass->members);
    code = cl_scanmap_callback(map, NULL, &name, &scanned,
                               pass->database->engine, &options, pass);
    map_result(pass, code, name, finding);
    cl_fmap_close(map);
}

/* ---- one content ------------------------------------------------------- */

/* Scan one view with all passes it needs; *finding keeps the weightier. */
static bool scan_view(struct pass *pass, assay_finding *finding)
{
    assay_finding found = {0};
    bool is_encrypted;

    pass->encrypted_alerts = true;
    run_pass(pass, &found);
    is_encrypted =
        assay__clamav_weight(&found) == ASSAY__CLAMAV_WEIGHT_ENCRYPTED;
    if (is_encrypted ||
        assay__clamav_weight(&found) == ASSAY__CLAMAV_WEIGHT_NOTHING)
        assay__clamav_members_report(&pass->members, &found);
    if (is_encrypted) {
        assay_finding again = {0};

        pass->encrypted_alerts = false;
        run_pass(pass, &again);
        if (assay__clamav_weight(&again) > assay__clamav_weight(&found))
            found = again;
    }
    if (assay__clamav_weight(&found) >= assay__clamav_weight(finding))
        *finding = found;
    return pass->took_for_mail;
}

static void scan_with_prefix(struct pass *pass, assay_finding *finding)
{
    size_t prefix = strlen(ASSAY__CLAMAV_MAIL_PREFIX);
    char *copy = malloc(prefix + pass->size);

    if (!copy) {
        assay__clamav_fault(finding, ASSAY_REASON_MEMORY,
                            "no memory to scan the message as a mail");
        return;
    }
    memcpy(copy, ASSAY__CLAMAV_MAIL_PREFIX, prefix);
    memcpy(copy + prefix, pass->data, pass->size);
    pass->data = copy;
    pass->size += prefix;
    /* A limit or a fault may come before the type is known. */
    if (!scan_view(pass, finding) &&
        assay__clamav_weight(finding) < ASSAY__CLAMAV_WEIGHT_UNOPENED)
        assay__clamav_fault(finding, ASSAY_REASON_ENGINE,
                            "libclamav does not read the message as a mail");
    free(copy);
}

/* All passes, and what libclamav logged meanwhile. */
static void scan_content(const struct assay__clamav *self,
                         const struct assay__clamav_database *database,
                         const assay_content *content, int64_t deadline_ms,
                         struct assay__clamav_messages *messages,
                         assay_finding *finding)
{
    struct pass pass = {
        .self = self,
        .database = database,
        .deadline_ms = deadline_ms,
        .data = content->data,
        .size = content->size,
        .is_mail = content->kind == ASSAY_CONTENT_MESSAGE,
    };

    /* The least of all findings, so that the first pass replaces it. */
    finding->found = ASSAY_FOUND_NOTHING;
    assay__clamav_messages_begin(messages);
    if ((!scan_view(&pass, finding) || assay__clamav_is_mbox(content)) &&
        assay__clamav_may_be_mail(content) &&
        assay__clamav_weight(finding) < ASSAY__CLAMAV_WEIGHT_FAULT)
        scan_with_prefix(&pass, finding);
    assay__clamav_messages_end(messages);
    if (messages->fault && finding->found != ASSAY_FOUND_THREAT)
        assay__clamav_fault(finding, messages->fault, "libclamav: %s",
                            messages->first);
    finding->coverage.bytes_seen = content->size;
    finding->coverage.bytes_total = content->size;
    finding->coverage.parts_seen = 1;
    finding->coverage.parts_total = 1;
    if (finding->found == ASSAY_FOUND_FAULT) {
        finding->coverage.bytes_seen = 0;
        finding->coverage.parts_seen = 0;
    }
}

/* ---- canary ------------------------------------------------------------ */

/* libclamav's part of a scan may use at most this. What it unpacks counts
 * towards max_scansize once it is scanned, so what it is writing comes on top,
 * and so does a mail taken apart. */
static struct assay__clamav_claim claim_of(const struct assay__clamav *self,
                                           size_t size)
{
    const struct assay__clamav_settings *settings = &self->settings;

    return (struct assay__clamav_claim){
        .bytes = settings->max_scansize + settings->max_filesize + size,
        .inodes = (uint64_t)settings->max_files + INODES_PER_SCAN,
        .descriptors =
            (uint64_t)settings->max_recursion * DESCRIPTORS_PER_LAYER +
            DESCRIPTORS_PER_SCAN,
    };
}

/* A cleaner, or a file system mounted anew, may have taken the folder.
 * @return false when it is not there now either */
static bool renew_folder(struct assay__clamav *self)
{
    struct assay__clamav_folder fresh;
    assay_error why = {0};
    bool is_there = true;

    pthread_mutex_lock(&self->rehoming);
    if (assay__clamav_folder_is_gone(&self->folder)) {
        is_there = assay__clamav_folder_renew(&self->folder, self->base, &fresh,
                                              &why) == ASSAY_OK;
        if (is_there)
            assay__clamav_guard_renewed(&self->guard, &fresh);
    }
    pthread_mutex_unlock(&self->rehoming);
    return is_there;
}

static bool enter(struct assay__clamav *self, struct assay__clamav_claim *claim,
                  int64_t deadline_ms, assay_finding *fault)
{
    if (assay__clamav_guard_enter(&self->guard, claim, deadline_ms, fault))
        return true;
    return assay__clamav_folder_is_gone(&self->folder) && renew_folder(self) &&
           assay__clamav_guard_enter(&self->guard, claim, deadline_ms, fault);
}

static assay_rc prove_sample(const struct assay__clamav *self,
                             const struct assay__clamav_database *database,
                             const struct assay__clamav_sample *sample,
                             bool infected, int64_t deadline_ms,
                             assay_error *err)
{
    struct assay__clamav_messages messages;
    assay_content content = {
        .kind = infected && sample == self->canary.samples
                    ? ASSAY_CONTENT_FILE
                    : ASSAY_CONTENT_MESSAGE,
        .data = sample->data,
        .size = sample->size,
    };
    assay_finding finding = {0};
    size_t len = strlen(ASSAY__CLAMAV_CANARY);

    scan_content(self, database, &content, deadline_ms, &messages, &finding);
    if (infected ? finding.found == ASSAY_FOUND_THREAT &&
                       !strncmp(finding.info, ASSAY__CLAMAV_CANARY, len)
                 : finding.found == ASSAY_FOUND_NOTHING)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "the canary failed: %s %s%s%s", sample->name,
                           infected ? "was not detected" : "was not clean",
                           finding.info[0] ? ": " : "", finding.info);
}

static assay_rc prove_all(const struct assay__clamav *self,
                          const struct assay__clamav_database *database,
                          int64_t deadline_ms, assay_error *err)
{
    const struct assay__clamav_canary *canary = &self->canary;
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < ASSAY__CLAMAV_CANARIES && rc == ASSAY_OK; i++)
        rc = prove_sample(self, database, &canary->samples[i], true,
                          deadline_ms, err);
    if (rc == ASSAY_OK)
        rc = prove_sample(self, database, &canary->clean, false, deadline_ms,
                          err);
    return rc;
}

assay_rc assay__clamav_prove(struct assay__clamav *self,
                             const struct assay__clamav_database *database,
                             int64_t deadline_ms, bool guarded,
                             assay_error *err)
{
    struct assay__clamav_claim claim = claim_of(self, 0);
    assay_finding fault = {0};
    assay_rc rc;

    if (!guarded)
        return prove_all(self, database, deadline_ms, err);
    if (!enter(self, &claim, deadline_ms, &fault))
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "%s", fault.info);
    rc = prove_all(self, database, deadline_ms, err);
    if (!assay__clamav_guard_leave(&self->guard, &claim, &fault))
        rc = assay_error_set(err, ASSAY_E_UNAVAILABLE, "%s", fault.info);
    return rc;
}

/* ---- the scan op ------------------------------------------------------- */

/* In a process forked from the one that opened the instance: libclamav would
 * draw the same temporary names as its siblings, and overwritten files come
 * out CLEAN. So each process gets a folder of its own before its first scan. */
assay_rc assay__clamav_move_home(struct assay__clamav *self, assay_error *err)
{
    assay_error why = {0};
    assay_rc rc = ASSAY_OK;

    if (atomic_load_explicit(&self->owner, memory_order_acquire) == getpid())
        return ASSAY_OK;
    pthread_mutex_lock(&self->rehoming);
    if (atomic_load(&self->owner) != getpid()) {
        rc = assay__clamav_folder_open(&self->folder, self->base, &why);
        /* Nothing is refreshed in this process before it has moved. */
        if (rc == ASSAY_OK &&
            cl_engine_set_str(self->present->engine, CL_ENGINE_TMPDIR,
                              self->folder.path) != CL_SUCCESS)
            rc = assay_error_set(&why, ASSAY_E_IO, "libclamav refuses it");
        if (rc == ASSAY_OK)
            atomic_store_explicit(&self->owner, getpid(), memory_order_release);
        else
            rc = assay_error_set(err, ASSAY_E_IO,
                                 "no private temporary folder after a fork: %s",
                                 why.msg);
    }
    pthread_mutex_unlock(&self->rehoming);
    return rc;
}

/* Cases that need no libclamav. @return true when the finding is final */
static bool decide_early(const struct assay__clamav *self,
                         const assay_scan_args *args, assay_finding *finding)
{
    const assay_content *content = args->content;

    if (!content->size) {
        finding->found = ASSAY_FOUND_NOTHING;
        finding->coverage.parts_seen = 1;
        finding->coverage.parts_total = 1;
        snprintf(finding->scan_code, sizeof finding->scan_code, "Empty file");
        return true;
    }
    if (content->size > self->settings.max_filesize) {
        assay__clamav_fault(finding, ASSAY_REASON_OVERSIZE,
                            "%zu bytes are more than max_filesize (%llu)",
                            content->size,
                            (unsigned long long)self->settings.max_filesize);
        finding->found = ASSAY_FOUND_UNSCANNABLE;
        finding->coverage.limits_hit |= ASSAY_LIMIT_FILE_SIZE;
        return true;
    }
    if (assay__clamav_now_ms() >= args->deadline_ms) {
        assay__clamav_fault(finding, ASSAY_REASON_TIMEOUT,
                            "the deadline had passed before the scan");
        return true;
    }
    return false;
}

/* A message about something we cannot judge: does the engine still see? */
static void ask_canary(struct assay__clamav *self,
                       const struct assay__clamav_database *database,
                       int64_t deadline_ms,
                       const struct assay__clamav_messages *messages,
                       assay_finding *finding)
{
    assay_error err = {0};

    if (!messages->unknown || finding->found == ASSAY_FOUND_THREAT ||
        finding->found == ASSAY_FOUND_FAULT)
        return;
    if (assay__clamav_prove(self, database, deadline_ms, false, &err) !=
        ASSAY_OK)
        assay__clamav_fault(finding, ASSAY_REASON_CANARY, "%s (after: %s)",
                            err.msg, messages->first);
}

/* What the guard says outweighs all but a threat; nothing counts as seen. */
static void apply_fault(assay_finding *finding, const assay_finding *fault)
{
    assay_coverage coverage = finding->coverage;

    if (finding->found == ASSAY_FOUND_THREAT)
        return;
    *finding = *fault;
    coverage.bytes_seen = 0;
    coverage.parts_seen = 0;
    finding->coverage = coverage;
}

/* libclamav goes by the time of day, and calls the time over when that is set
 * ahead. Ours does not jump. */
static bool is_early(const assay_finding *finding, int64_t deadline_ms)
{
    return finding->found == ASSAY_FOUND_FAULT &&
           finding->reason == ASSAY_REASON_TIMEOUT &&
           assay__clamav_now_ms() < deadline_ms;
}

void assay__clamav_scan(void *instance, const assay_scan_args *args,
                        assay_finding *finding)
{
    struct assay__clamav *self = instance;
    struct assay__clamav_claim claim = claim_of(self, args->content->size);
    struct assay__clamav_database *database;
    struct assay__clamav_messages messages;
    assay_finding fault = {0};
    assay_error err = {0};

    if (decide_early(self, args, finding))
        return;
    if (assay__clamav_move_home(self, &err) != ASSAY_OK) {
        assay__clamav_fault(finding, ASSAY_REASON_TEMPORARY, "%s", err.msg);
        return;
    }
    if (!enter(self, &claim, args->deadline_ms, &fault)) {
        apply_fault(finding, &fault);
        return;
    }
    database = assay__clamav_signatures_take(self);
    scan_content(self, database, args->content, args->deadline_ms, &messages,
                 finding);
    if (is_early(finding, args->deadline_ms))
        scan_content(self, database, args->content, args->deadline_ms,
                     &messages, finding);
    ask_canary(self, database, args->deadline_ms, &messages, finding);
    assay__clamav_signatures_drop(self, database);
    if (!assay__clamav_guard_leave(&self->guard, &claim, &fault))
        apply_fault(finding, &fault);
}
