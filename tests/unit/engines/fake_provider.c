/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A provider that does as it is told: a content of the size of a result is
 * the result of its scan, any other one is clean. What initialize, probe and
 * the rest do is told by the last word of the definitions folder.
 * With FAKE_FILE it scans files only.
 */
#include <assay/csapi_provider.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct fake {
    const char *behaviour;
    char temporary[256];
};

static bool behaves(const struct fake *fake, const char *word)
{
    return !strcmp(fake->behaviour, word);
}

static assay_rc fake_initialize(const assay_csapi_policy *policy,
                                void **handle_out, assay_csapi_code *code_out,
                                assay_error *err)
{
    const char *slash = strrchr(policy->definitions, '/');
    struct fake *fake = calloc(1, sizeof *fake);

    if (!fake)
        return assay_error_set(err, ASSAY_E_NOMEM, "fake");
    fake->behaviour = slash ? slash + 1 : "";
    if (behaves(fake, "unlicensed")) {
        free(fake);
        *code_out = ASSAY_CSAPI_LIC_RESULT_LICENSE_NOT_INSTALLED;
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "buy one");
    }
    if (behaves(fake, "mute") || behaves(fake, "empty")) {
        bool is_mute = behaves(fake, "mute");

        free(fake);
        *code_out = (assay_csapi_code)999;
        return is_mute ? ASSAY_E_IO : ASSAY_OK; /* without a handle */
    }
    if (behaves(fake, "policy"))
        assay_log_write(
            policy->log, ASSAY_LOG_INFO, "fake.policy",
            "size=%zu instance=%s temporary=%s extract=%llu cumulative=%llu "
            "depth=%u files=%llu time=%lld timeout=%lld",
            policy->struct_size, policy->instance, policy->temporary,
            (unsigned long long)policy->max_extract_size,
            (unsigned long long)policy->max_cumulative_extract_size,
            policy->max_extract_depth,
            (unsigned long long)policy->max_file_count,
            (long long)policy->max_extract_time_s,
            (long long)policy->scan_timeout_ms);
    *handle_out = fake;
    return ASSAY_OK;
}

static assay_rc fake_forked(void *handle, const char *temporary,
                            assay_error *err)
{
    struct fake *fake = handle;

    (void)snprintf(fake->temporary, sizeof fake->temporary, "%s", temporary);
    if (behaves(fake, "homeless"))
        return assay_error_set(err, ASSAY_E_IO, "no home in %s", temporary);
    return ASSAY_OK;
}

static void obey(const void *told, size_t size, assay_csapi_result *result)
{
    if (size == sizeof *result) {
        memcpy(result, told, sizeof *result);
        return;
    }
    result->is_complete = true;
    result->bytes_seen = size;
}

#ifdef FAKE_FILE
static void fake_scan_file(void *handle, const assay_csapi_job *job,
                           assay_csapi_result *result)
{
    char *told = malloc(job->size);
    FILE *again = fopen(job->path, "re");

    (void)handle;
    if (told && again && !job->data &&
        read(job->fd, told, job->size) == (ssize_t)job->size &&
        fgetc(again) == (unsigned char)told[0])
        obey(told, job->size, result);
    (void)snprintf(result->text, sizeof result->text, "%s", job->path);
    if (again)
        (void)fclose(again);
    free(told);
}
#else
static void fake_scan_memory(void *handle, const assay_csapi_job *job,
                             assay_csapi_result *result)
{
    const struct fake *fake = handle;
    const struct timespec pause = {.tv_nsec = 20000000};

    obey(job->data, job->size, result);
    if (behaves(fake, "slow"))
        (void)nanosleep(&pause, NULL);
    if (behaves(fake, "job"))
        (void)snprintf(result->text, sizeof result->text,
                       "fd %d path %s name %s type %s mail %d", job->fd,
                       job->path ? "yes" : "no", job->file_name,
                       job->media_type, job->is_mail);
}
#endif

static void fake_versions(void *handle, assay_csapi_versions *versions)
{
    const struct fake *fake = handle;

    (void)snprintf(versions->decomposer, sizeof versions->decomposer,
                   "5.2.3.6");
    (void)snprintf(versions->scanner, sizeof versions->scanner, "9.1.3.30");
    (void)snprintf(versions->definitions, sizeof versions->definitions,
                   behaves(fake, "dirty") ? "2015\n\x01"
                                            "0215"
                                          : "20150215.001");
    (void)snprintf(versions->state, sizeof versions->state, "%s",
                   fake->behaviour);
    versions->is_current = !behaves(fake, "stale");
    if (behaves(fake, "endless"))
        memset(versions->scanner, 'x', sizeof versions->scanner);
}

static assay_rc fake_newer(void *handle, uint64_t *set_out, assay_error *err)
{
    const struct fake *fake = handle;

    if (behaves(fake, "unsettled"))
        return assay_error_set(err, ASSAY_E_STATE, "being written to");
    if (behaves(fake, "stale"))
        *set_out = 7;
    return ASSAY_OK;
}

static assay_rc fake_probe(void *handle, assay_error *err)
{
    if (behaves(handle, "deaf"))
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "the test threat was not found");
    return behaves(handle, "dumb") ? ASSAY_E_UNAVAILABLE : ASSAY_OK;
}

static void fake_shutdown(void *handle)
{
    free(handle);
}

static const assay_csapi_provider_ops fake_ops = {
    .struct_size = sizeof(assay_csapi_provider_ops),
    .initialize = fake_initialize,
    .forked = fake_forked,
#ifdef FAKE_FILE
    .scan_file = fake_scan_file,
#else
    .scan_memory = fake_scan_memory,
#endif
    .versions = fake_versions,
    .newer_definitions = fake_newer,
    .probe = fake_probe,
    .shutdown = fake_shutdown,
};

ASSAY_CSAPI_PROVIDER(.name = "fake", .version = "3",
                     .description = "does as it is told", .ops = &fake_ops);
