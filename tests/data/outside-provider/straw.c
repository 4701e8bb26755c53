/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A provider for the csapi engine of the smallest useful size: a threat is a
 * content that holds the word in the file "straw" of the definitions folder.
 * It is built against an installed Assay only, which shows that the installed
 * header is enough to put another content scanner behind csapi.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/csapi_provider.h>

#define STRAW_MAX 64

struct straw {
    char path[512];
    char word[STRAW_MAX];
};

static int read_word(const char *path, char *word)
{
    FILE *in = fopen(path, "re");
    int found = in && fgets(word, STRAW_MAX, in);

    if (in)
        (void)fclose(in);
    if (found)
        word[strcspn(word, "\n")] = '\0';
    return found && word[0] != '\0';
}

static assay_rc straw_initialize(const assay_csapi_policy *policy,
                                 void **handle_out, assay_csapi_code *code_out,
                                 assay_error *err)
{
    struct straw *straw = calloc(1, sizeof *straw);

    if (!straw) {
        *code_out = ASSAY_CSAPI_GEN_RESULT_OUT_OF_MEMORY;
        return assay_error_set(err, ASSAY_E_NOMEM, "straw");
    }
    (void)snprintf(straw->path, sizeof straw->path, "%s/straw",
                   policy->definitions);
    if (!read_word(straw->path, straw->word)) {
        *code_out = ASSAY_CSAPI_AVS_RESULT_DEFINITIONS_MISSING;
        free(straw);
        return assay_error_set(err, ASSAY_E_IO, "there is no word in %s/straw",
                               policy->definitions);
    }
    *handle_out = straw;
    return ASSAY_OK;
}

static void straw_scan(void *handle, const assay_csapi_job *job,
                       assay_csapi_result *result)
{
    const struct straw *straw = handle;

    if (memmem(job->data, job->size, straw->word, strlen(straw->word))) {
        assay_csapi_report(result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
        (void)snprintf(result->threat, sizeof result->threat, "Straw.Found");
    }
    result->is_complete = true;
    result->bytes_seen = job->size;
}

static void straw_versions(void *handle, assay_csapi_versions *versions)
{
    const struct straw *straw = handle;
    char word[STRAW_MAX] = "";

    (void)snprintf(versions->decomposer, sizeof versions->decomposer, "1");
    (void)snprintf(versions->scanner, sizeof versions->scanner, "1");
    (void)snprintf(versions->definitions, sizeof versions->definitions, "%.60s",
                   straw->word);
    versions->is_current =
        read_word(straw->path, word) && strcmp(word, straw->word) == 0;
}

/* Each word is a set of its own: its letters, as digits of a number. */
static assay_rc straw_newer(void *handle, uint64_t *set_out, assay_error *err)
{
    const struct straw *straw = handle;
    char word[STRAW_MAX] = "";
    uint64_t set = 1;

    if (!read_word(straw->path, word))
        return assay_error_set(err, ASSAY_E_IO, "there is no word in %s",
                               straw->path);
    for (const char *letter = word; *letter; letter++)
        set = set * 257 + (unsigned char)*letter;
    if (strcmp(word, straw->word) != 0)
        *set_out = set;
    return ASSAY_OK;
}

static assay_rc straw_probe(void *handle, assay_error *err)
{
    const struct straw *straw = handle;
    const assay_csapi_job job = {.struct_size = sizeof job,
                                 .data = straw->word,
                                 .size = strlen(straw->word),
                                 .fd = -1};
    assay_csapi_result result = {.struct_size = sizeof result};

    straw_scan(handle, &job, &result);
    if (result.code_count == 0)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "the word itself was not found");
    return ASSAY_OK;
}

static void straw_shutdown(void *handle)
{
    free(handle);
}

static const assay_csapi_provider_ops straw_ops = {
    .struct_size = sizeof(assay_csapi_provider_ops),
    .initialize = straw_initialize,
    .scan_memory = straw_scan,
    .versions = straw_versions,
    .newer_definitions = straw_newer,
    .probe = straw_probe,
    .shutdown = straw_shutdown,
};

ASSAY_CSAPI_PROVIDER(.name = "straw", .version = "1.0",
                     .description = "finds one word", .ops = &straw_ops);
