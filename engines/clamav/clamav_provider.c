/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The second face of this engine: a provider for the csapi engine
 * (include/assay/csapi_provider.h), lib/assay/providers/clamav.so. The same
 * scans with the same witnesses, under the limits of a csapi stanza; what they
 * come to is told as scan codes.
 *
 * Limits are mapped to those of libclamav, which have narrower ranges: what is
 * moved is logged once (csapi.limit_moved). How deep containers may be nested
 * is counted here as well, because our canary needs more levels than the least
 * that a policy may set.
 */
#include "clamav_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/csapi_provider.h>

/* As in clamav.c: libclamav's parsers had errors beyond 512 MB, and the
 * canary needs the least values. */
#define SIZE_LEAST UINT64_C(65536)
#define SIZE_MOST UINT64_C(536870912)

enum { FILES_LEAST = 16, FILES_MOST = 1000000, RECURSION_LEAST = 5 };

struct provider {
    struct assay__clamav *engine; /* owned */
    int64_t max_time_ms;          /* for one content; 0: until the deadline */
};

/* ---- the policy --------------------------------------------------------- */

static uint64_t move(const assay_csapi_policy *policy, const char *option,
                     uint64_t value, uint64_t least, uint64_t most)
{
    uint64_t moved = value < least ? least : value > most ? most : value;

    if (moved != value)
        assay_log_write(policy->log, ASSAY_LOG_WARN, "csapi.limit_moved",
                        "instance=%s option=%s value=%llu effective=%llu "
                        "reason=\"libclamav is used from %llu to %llu\"",
                        policy->instance, option, (unsigned long long)value,
                        (unsigned long long)moved, (unsigned long long)least,
                        (unsigned long long)most);
    return moved;
}

/* The outermost content is a layer, too. */
static int64_t recursion_of(uint32_t depth)
{
    return depth + 1 < RECURSION_LEAST ? RECURSION_LEAST : (int64_t)depth + 1;
}

static void set_limits(const assay_csapi_policy *policy,
                       struct assay__clamav_settings *settings)
{
    settings->max_filesize =
        move(policy, "max_extract_size", policy->max_extract_size, SIZE_LEAST,
             SIZE_MOST);
    settings->max_scansize =
        move(policy, "max_cumulative_extract_size",
             policy->max_cumulative_extract_size, SIZE_LEAST, SIZE_MOST);
    /* libclamav, too, takes 0 for any number. */
    if (policy->max_file_count)
        settings->max_files =
            (int64_t)move(policy, "max_file_count", policy->max_file_count,
                          FILES_LEAST, FILES_MOST);
    settings->max_depth = policy->max_extract_depth;
    settings->max_recursion = recursion_of(policy->max_extract_depth);
}

/* ---- life --------------------------------------------------------------- */

static assay_rc fail(assay_csapi_code *code_out, assay_csapi_code code,
                     assay_rc rc)
{
    *code_out = code;
    return rc;
}

/* Which of the folders is at fault is found out before the engine opens, so
 * that it can be told apart. */
static assay_rc check_folders(const assay_csapi_policy *policy,
                              assay_csapi_code *code_out, assay_error *err)
{
    struct assay__clamav_folder folder = {.lock = -1};
    uint64_t digest = 0;
    assay_rc rc =
        assay__clamav_database_digest(policy->definitions, &digest, err);

    if (rc != ASSAY_OK)
        return fail(code_out, ASSAY_CSAPI_AVS_RESULT_DEFINITIONS_MISSING, rc);
    rc = assay__clamav_folder_open(&folder, policy->temporary, err);
    if (rc != ASSAY_OK)
        return fail(code_out, ASSAY_CSAPI_DEC_RESULT_TEMP_DIR_ACCESS_FAILED,
                    rc);
    assay__clamav_folder_close(&folder);
    return ASSAY_OK;
}

static assay_csapi_code code_of_failure(assay_rc rc)
{
    if (rc == ASSAY_E_NOMEM)
        return ASSAY_CSAPI_GEN_RESULT_OUT_OF_MEMORY;
    if (rc == ASSAY_E_INVAL)
        return ASSAY_CSAPI_AVS_RESULT_DEFINITIONS_MISSING;
    return ASSAY_CSAPI_AVS_RESULT_ENGINE_LOAD_FAILED;
}

static assay_rc open_engine(const assay_csapi_policy *policy,
                            struct provider *self, assay_csapi_code *code_out,
                            assay_error *err)
{
    struct assay__clamav_settings settings = {
        .signatures = policy->definitions,
        .detect_phishing = true,
    };
    assay_engine_args args = {
        .instance = policy->instance,
        .scope = "",
        .settings = &settings,
        .log = policy->log,
        .timeout_ms = policy->scan_timeout_ms,
        .max_size = UINT64_MAX,
        /* So that it is prepared for what a worker cannot load any more. */
        .temporary = policy->temporary,
    };
    void *engine = NULL;
    assay_rc rc;

    set_limits(policy, &settings);
    if (self->max_time_ms && self->max_time_ms < args.timeout_ms)
        args.timeout_ms = self->max_time_ms;
    rc = assay__clamav_ops.open(&args, &engine, err);
    if (rc != ASSAY_OK)
        return fail(code_out, code_of_failure(rc), rc);
    self->engine = engine;
    return ASSAY_OK;
}

static assay_rc provider_initialize(const assay_csapi_policy *policy,
                                    void **handle_out,
                                    assay_csapi_code *code_out,
                                    assay_error *err)
{
    struct provider *self;
    assay_rc rc = check_folders(policy, code_out, err);

    if (rc != ASSAY_OK)
        return rc;
    self = calloc(1, sizeof *self);
    if (!self)
        return fail(
            code_out, ASSAY_CSAPI_GEN_RESULT_OUT_OF_MEMORY,
            assay_error_set(err, ASSAY_E_NOMEM, "clamav: no memory for it"));
    self->max_time_ms = policy->max_extract_time_s * 1000;
    rc = open_engine(policy, self, code_out, err);
    if (rc != ASSAY_OK) {
        free(self);
        return rc;
    }
    *handle_out = self;
    return ASSAY_OK;
}

static void provider_shutdown(void *handle)
{
    struct provider *self = handle;

    assay__clamav_ops.close(self->engine);
    free(self);
}

static assay_rc provider_forked(void *handle, const char *temporary,
                                assay_error *err)
{
    return assay__clamav_ops.forked(((struct provider *)handle)->engine,
                                    temporary, err);
}

static assay_rc provider_probe(void *handle, assay_error *err)
{
    return assay__clamav_ops.probe(((struct provider *)handle)->engine, err);
}

/* ---- scanning ----------------------------------------------------------- */

static const struct {
    uint32_t limit;
    assay_csapi_code code;
} limit_codes[] = {
    {ASSAY_LIMIT_RECURSION, ASSAY_CSAPI_DEC_RESULT_MAXIMUM_DEPTH_REACHED},
    {ASSAY_LIMIT_FILE_SIZE,
     ASSAY_CSAPI_DEC_RESULT_MAXIMUM_EXTRACT_SIZE_EXCEEDED},
    {ASSAY_LIMIT_SCAN_SIZE,
     ASSAY_CSAPI_DEC_RESULT_MAXIMUM_CUMULATIVE_EXTRACT_SIZE_EXCEEDED},
    {ASSAY_LIMIT_FILES, ASSAY_CSAPI_DEC_RESULT_MAXIMUM_FILES_EXTRACTED},
    {ASSAY_LIMIT_TIME, ASSAY_CSAPI_DEC_RESULT_MAXIMUM_EXTRACT_TIME_EXCEEDED},
    {ASSAY_LIMIT_PARTS | ASSAY_LIMIT_HEADERS,
     ASSAY_CSAPI_DEC_RESULT_MIME_PARSING_FAILED},
    {ASSAY_LIMIT_OTHER, ASSAY_CSAPI_DEC_RESULT_SCAN_FILE_DECOMPOSE_ERROR},
};

static void report_limits(const assay_finding *finding,
                          assay_csapi_result *result)
{
    for (size_t i = 0; i < sizeof limit_codes / sizeof *limit_codes; i++)
        if (finding->coverage.limits_hit & limit_codes[i].limit)
            assay_csapi_report(result, limit_codes[i].code);
}

/* What clamav_members.c says of archives: an algorithm that nobody here knows,
 * a container of which not all came out, or one that cannot be parsed. */
static assay_csapi_code code_of_malformed(const char *text)
{
    if (!strncmp(text, "unsupported ", 12) || strstr(text, "no unpacker"))
        return ASSAY_CSAPI_DEC_RESULT_CONTAINER_UNKNOWN_ALGORITHM;
    if (strstr(text, "nothing was unpacked"))
        return ASSAY_CSAPI_DEC_RESULT_MALFORMED_CONTAINER_DETECTED;
    if (strstr(text, "unpacked"))
        return ASSAY_CSAPI_DEC_RESULT_CONTAINER_EXTRACT_FAILED;
    return ASSAY_CSAPI_DEC_RESULT_MALFORMED_CONTAINER_DETECTED;
}

static void report_unscannable(const assay_finding *finding,
                               assay_csapi_result *result)
{
    switch (finding->reason) {
    case ASSAY_REASON_LIMIT:
        report_limits(finding, result);
        break;
    case ASSAY_REASON_OVERSIZE:
        assay_csapi_report(result, ASSAY_CSAPI_DEC_RESULT_FILE_SIZE_TOO_LARGE);
        break;
    case ASSAY_REASON_ENCRYPTED:
        assay_csapi_report(
            result,
            strcmp(finding->info, "encrypted member") == 0
                ? ASSAY_CSAPI_DEC_RESULT_ENCRYPTED_CONTAINER_CHILD_DETECTED
                : ASSAY_CSAPI_DEC_RESULT_ENCRYPTED_CONTAINER_DETECTED);
        break;
    default:
        assay_csapi_report(result, code_of_malformed(finding->info));
        break;
    }
}

static void report_fault(const assay_finding *finding,
                         assay_csapi_result *result)
{
    switch (finding->reason) {
    case ASSAY_REASON_TIMEOUT:
        assay_csapi_report(
            result, ASSAY_CSAPI_DEC_RESULT_MAXIMUM_EXTRACT_TIME_EXCEEDED);
        break;
    case ASSAY_REASON_TEMPORARY:
    case ASSAY_REASON_DESCRIPTORS: /* which temporary files need */
        assay_csapi_report(result,
                           ASSAY_CSAPI_DEC_RESULT_TEMPFILE_ACCESS_FAILED);
        break;
    case ASSAY_REASON_MEMORY:
        assay_csapi_report(result, ASSAY_CSAPI_DEC_RESULT_OUT_OF_MEMORY);
        break;
    default:
        assay_csapi_report(result, ASSAY_CSAPI_AVS_RESULT_SCANFILE_FAILURE);
        break;
    }
}

static void report(const assay_finding *finding, assay_csapi_result *result)
{
    (void)snprintf(result->text, sizeof result->text, "%s", finding->info);
    result->bytes_seen = finding->coverage.bytes_seen;
    result->members_unopened = finding->coverage.members_unopened;
    result->is_complete = finding->found != ASSAY_FOUND_FAULT;
    if (finding->found == ASSAY_FOUND_THREAT) {
        assay_csapi_report(result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
        (void)snprintf(result->threat, sizeof result->threat, "%s",
                       finding->info);
    } else if (finding->found == ASSAY_FOUND_UNSCANNABLE) {
        report_unscannable(finding, result);
    } else if (finding->found != ASSAY_FOUND_NOTHING) {
        report_fault(finding, result);
    }
    /* Found nothing, and no more to say; anything else has a code. */
    if (finding->found != ASSAY_FOUND_NOTHING && !result->code_count)
        assay_csapi_report(result,
                           ASSAY_CSAPI_DEC_RESULT_SCAN_FILE_DECOMPOSE_ERROR);
}

static void provider_scan(void *handle, const assay_csapi_job *job,
                          assay_csapi_result *result)
{
    const struct provider *self = handle;
    const assay_content content = {
        .kind = job->is_mail ? ASSAY_CONTENT_MESSAGE : ASSAY_CONTENT_PART,
        .data = job->data,
        .size = job->size,
        .media_type = job->media_type,
        .file_name = job->file_name,
    };
    assay_scan_args args = {.content = &content,
                            .deadline_ms = job->deadline_ms};
    int64_t over_ms = assay__clamav_now_ms() + self->max_time_ms;
    assay_finding finding = {.coverage = {.bytes_total = job->size}};

    if (self->max_time_ms && over_ms < args.deadline_ms)
        args.deadline_ms = over_ms;
    assay__clamav_ops.scan(self->engine, &args, &finding);
    report(&finding, result);
}

/* ---- what it is --------------------------------------------------------- */

static void provider_versions(void *handle, assay_csapi_versions *versions)
{
    struct assay__clamav *engine = ((struct provider *)handle)->engine;
    const struct assay__clamav_database *database = engine->present;
    uint64_t digest = 0;

    /* libclamav is both, the decomposer and the scanner. */
    (void)snprintf(versions->decomposer, sizeof versions->decomposer, "%s",
                   cl_retver());
    (void)snprintf(versions->scanner, sizeof versions->scanner, "%s",
                   cl_retver());
    (void)snprintf(versions->definitions, sizeof versions->definitions, "%u",
                   database->version);
    (void)snprintf(versions->state, sizeof versions->state, "%u/%016llx",
                   database->signatures, (unsigned long long)database->digest);
    versions->is_current =
        assay__clamav_database_digest(engine->settings.signatures, &digest,
                                      NULL) == ASSAY_OK &&
        digest == database->digest;
}

static assay_rc provider_newer(void *handle, uint64_t *set_out,
                               assay_error *err)
{
    return assay__clamav_ops.newer(((struct provider *)handle)->engine, set_out,
                                   err);
}

static const assay_csapi_provider_ops provider_ops = {
    .struct_size = sizeof(assay_csapi_provider_ops),
    .initialize = provider_initialize,
    .forked = provider_forked,
    .scan_memory = provider_scan,
    .versions = provider_versions,
    .newer_definitions = provider_newer,
    .probe = provider_probe,
    .shutdown = provider_shutdown,
};

ASSAY_CSAPI_PROVIDER(.name = "clamav", .version = "1.0",
                     .description = "libclamav, for the csapi engine",
                     .ops = &provider_ops);
