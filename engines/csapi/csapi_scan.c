/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One scan: the content goes to the provider, in memory or as a file, and its
 * result becomes a finding.
 */
#include "csapi_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csapi_codes.h"

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fault(assay_finding *finding, assay_reason reason, const char *fmt,
                  ...) ASSAY_PRINTF(3, 4);

static void fault(assay_finding *finding, assay_reason reason, const char *fmt,
                  ...)
{
    va_list args;

    finding->found = ASSAY_FOUND_FAULT;
    finding->reason = reason;
    va_start(args, fmt);
    (void)vsnprintf(finding->info, sizeof finding->info, fmt, args);
    va_end(args);
}

static void set_code(assay_finding *finding, assay_csapi_code code)
{
    (void)snprintf(finding->scan_code, sizeof finding->scan_code, "%s",
                   assay__csapi_code_meaning(code).name);
}

void assay__csapi_copy(char *out, size_t size, const char *text,
                       size_t text_size)
{
    size_t len = strnlen(text, text_size);
    size_t i = 0;

    for (; i < len && i + 1 < size; i++)
        if (text[i] >= ' ' && text[i] <= '~')
            out[i] = text[i];
        else
            out[i] = '?';
    out[i] = '\0';
}

/* ---- what a result means ------------------------------------------------ */

static bool has_name(const assay_csapi_result *result)
{
    size_t len = strnlen(result->threat, sizeof result->threat);

    /* Not '?', which stands for what cannot be printed. */
    for (size_t i = 0; i < len; i++)
        if (result->threat[i] > ' ' && result->threat[i] <= '~' &&
            result->threat[i] != '?')
            return true;
    return false;
}

static bool has_threat(const assay_csapi_result *result, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (result->codes[i] == ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND)
            return true;
    return false;
}

static void judge_threat(const assay_csapi_result *result,
                         assay_finding *finding)
{
    set_code(finding, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
    if (!has_name(result)) {
        fault(finding, ASSAY_REASON_ENGINE,
              "the provider reports a threat without a name");
        return;
    }
    finding->found = ASSAY_FOUND_THREAT;
    if (result->bytes_seen <= finding->coverage.bytes_total)
        finding->coverage.bytes_seen = result->bytes_seen;
    assay__csapi_copy(finding->info, sizeof finding->info, result->threat,
                      sizeof result->threat);
}

/* A result that cannot be true. @return true: the finding says how */
static bool is_lie(const assay_csapi_result *result, uint64_t size,
                   assay_finding *finding)
{
    if (result->code_count > ASSAY_CSAPI_CODES_MAX) {
        fault(finding, ASSAY_REASON_ENGINE,
              "the provider reports %zu codes, at most %d are possible",
              result->code_count, ASSAY_CSAPI_CODES_MAX);
        return true;
    }
    for (size_t i = 0; i < result->code_count; i++)
        if (result->codes[i] >= ASSAY_CSAPI_CODE_COUNT) {
            fault(finding, ASSAY_REASON_ENGINE,
                  "the provider reports the code %u, and there is none",
                  result->codes[i]);
            return true;
        }
    if (result->bytes_seen > size) {
        fault(finding, ASSAY_REASON_ENGINE,
              "the provider says that it looked at %" PRIu64 " bytes of "
              "%" PRIu64,
              result->bytes_seen, size);
        return true;
    }
    return false;
}

static void judge_code(const assay_csapi_result *result, assay_finding *finding)
{
    assay_csapi_code code =
        assay__csapi_code_select(result->codes, result->code_count);
    struct assay__csapi_meaning meaning = assay__csapi_code_meaning(code);
    char text[ASSAY_CSAPI_TEXT_MAX];

    assay__csapi_copy(text, sizeof text, result->text, sizeof result->text);
    set_code(finding, code);
    finding->found = meaning.found;
    finding->reason = meaning.reason;
    if (meaning.found != ASSAY_FOUND_NOTHING)
        (void)snprintf(finding->info, sizeof finding->info, "%s: %.*s",
                       meaning.name, ASSAY_CSAPI_TEXT_MAX / 2,
                       text[0] ? text : meaning.meaning);
    if (meaning.reason == ASSAY_REASON_ENCRYPTED &&
        !finding->coverage.members_unopened)
        finding->coverage.members_unopened = 1;
}

static void set_coverage(const assay_csapi_result *result,
                         assay_finding *finding)
{
    finding->coverage.bytes_seen = result->bytes_seen;
    finding->coverage.members_unopened = result->members_unopened;
    for (size_t i = 0; i < result->code_count; i++)
        finding->coverage.limits_hit |=
            assay__csapi_code_meaning((assay_csapi_code)result->codes[i]).limit;
}

void assay__csapi_judge(const assay_csapi_result *result, uint64_t size,
                        assay_finding *finding)
{
    size_t count = result->code_count < ASSAY_CSAPI_CODES_MAX
                       ? result->code_count
                       : ASSAY_CSAPI_CODES_MAX;

    /* Whatever else is wrong with it: mail with a threat is not let through,
     * and not sent to be tried again either. */
    if (has_threat(result, count)) {
        judge_threat(result, finding);
        return;
    }
    if (is_lie(result, size, finding))
        return;
    set_coverage(result, finding);
    if (count)
        judge_code(result, finding);
    else
        finding->found = ASSAY_FOUND_NOTHING;
    if (finding->found == ASSAY_FOUND_NOTHING && !result->is_complete)
        fault(finding, ASSAY_REASON_ENGINE,
              "the provider did not say that it looked");
    if (finding->found == ASSAY_FOUND_FAULT)
        finding->coverage.bytes_seen = 0;
}

/* ---- the file for scan_file --------------------------------------------- */

static bool write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t done = write(fd, data, size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        data += done;
        size -= (size_t)done;
    }
    return true;
}

static void scan_as_file(const struct assay__csapi *self,
                         const assay_content *content, assay_csapi_job *job,
                         assay_csapi_result *result)
{
    char path[PATH_MAX + 32];
    int fd;

    (void)snprintf(path, sizeof path, "%s/content-XXXXXX", self->temporary);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        assay_csapi_report(result,
                           ASSAY_CSAPI_DEC_RESULT_CREATE_OUTPUT_FILE_FAILED);
        (void)snprintf(result->text, sizeof result->text,
                       "cannot make a file for the content: %m");
        return;
    }
    if (write_all(fd, content->data, content->size) &&
        lseek(fd, 0, SEEK_SET) == 0) {
        job->fd = fd;
        job->path = path;
        self->provider.ops.scan_file(self->handle, job, result);
    } else {
        assay_csapi_report(result,
                           ASSAY_CSAPI_DEC_RESULT_TEMPFILE_ACCESS_FAILED);
        (void)snprintf(result->text, sizeof result->text,
                       "cannot write the content to a file: %m");
    }
    (void)unlink(path);
    (void)close(fd);
}

/* ---- the scan op -------------------------------------------------------- */

static void ask_provider(const struct assay__csapi *self,
                         const assay_scan_args *args,
                         assay_csapi_result *result)
{
    const assay_content *content = args->content;
    assay_csapi_job job = {
        .struct_size = sizeof job,
        .size = content->size,
        .fd = -1,
        .file_name = content->file_name,
        .media_type = content->media_type,
        .is_mail = content->kind == ASSAY_CONTENT_MESSAGE,
        .deadline_ms = args->deadline_ms,
    };

    if (!self->provider.ops.scan_memory) {
        scan_as_file(self, content, &job, result);
        return;
    }
    job.data = content->data;
    self->provider.ops.scan_memory(self->handle, &job, result);
}

void assay__csapi_scan(void *instance, const assay_scan_args *args,
                       assay_finding *finding)
{
    const struct assay__csapi *self = instance;
    assay_csapi_result result = {.struct_size = sizeof result};

    if (!args->content->size) {
        finding->found = ASSAY_FOUND_NOTHING;
        return;
    }
    if (now_ms() >= args->deadline_ms) {
        fault(finding, ASSAY_REASON_TIMEOUT,
              "the deadline had passed before the scan");
        return;
    }
    ask_provider(self, args, &result);
    assay__csapi_judge(&result, args->content->size, finding);
    /* What ran into the deadline of the message and not into a limit of the
     * content may do better at another time. */
    if (finding->found == ASSAY_FOUND_UNSCANNABLE &&
        (finding->coverage.limits_hit & ASSAY_LIMIT_TIME) &&
        now_ms() >= args->deadline_ms) {
        fault(finding, ASSAY_REASON_TIMEOUT,
              "the deadline passed during the scan");
        finding->coverage.bytes_seen = 0;
    }
}
