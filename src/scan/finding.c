/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/finding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* What a threat is called whose name has no ASCII character. */
#define UNNAMED "unnamed"

/* Kept free in an info text for what is put before a detail. */
#define DETAIL_ROOM 32

/* Clean a text of the engine's so that it can stand in a log line, a header
 * and an SMTP reply. It need not be terminated when it fills an array of the
 * same size as out. */
static void copy_text(char *out, size_t size, const char *text)
{
    (void)assay__text_copy_clean(out, size, text, true);
    assay__text_unquote(out);
}

/* The engine's reason if there is such a one of this kind, else the fallback.
 * Reasons from LIMIT on are those of UNSCANNABLE. */
static assay_reason reason_of_kind(assay_reason reason, bool is_unscannable,
                                   assay_reason fallback)
{
    bool is_kind = (reason >= ASSAY_REASON_LIMIT) == is_unscannable;

    return is_kind && assay_reason_name(reason)[0] != '\0' ? reason : fallback;
}

static assay_reason unscannable_reason(const assay_finding *finding)
{
    assay_reason fallback = finding->coverage.limits_hit != 0
                                ? ASSAY_REASON_LIMIT
                                : ASSAY_REASON_PARTIAL;

    return reason_of_kind(finding->reason, true, fallback);
}

/* Engines that say "error" themselves shall not make it twice. */
static const char *text_after_error(const char *text)
{
    static const char error[] = "error";
    size_t len = sizeof error - 1;

    if (!assay__text_equal_n(text, strnlen(text, len), error) ||
        (text[len] != '\0' && !strchr(": ", text[len])))
        return text;
    return text + len + strspn(text + len, ": ");
}

void assay__verdict_fail(assay_verdict *verdict, assay_status status,
                         assay_reason reason, const char *detail)
{
    char text[ASSAY_VERDICT_INFO_MAX - DETAIL_ROOM] = "";
    const char *kind = status == ASSAY_STATUS_UNSCANNABLE    ? "unscannable: "
                       : status == ASSAY_STATUS_NOT_SUITABLE ? "not suitable: "
                                                             : "";

    if (detail)
        copy_text(text, sizeof text, text_after_error(detail));
    verdict->status = status;
    verdict->reason = reason;
    (void)snprintf(verdict->info, sizeof verdict->info, "error: %s%s", kind,
                   text[0] != '\0' ? text : assay_reason_name(reason));
}

void assay__verdict_time_out(assay_verdict *verdict, int64_t timeout_s)
{
    char text[64];

    (void)snprintf(text, sizeof text, "timeout after %" PRId64 "s", timeout_s);
    assay__verdict_fail(verdict, ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT,
                        text);
}

/* What an engine that does not count parts leaves out is filled in: its one
 * content is one part, inspected if all of its bytes were. */
static assay_coverage measured_coverage(const assay_finding *finding,
                                        uint64_t size)
{
    assay_coverage coverage = finding->coverage;

    coverage.bytes_total = size;
    if (coverage.parts_total == 0 && coverage.parts_seen == 0) {
        coverage.parts_total = 1;
        coverage.parts_seen = coverage.bytes_seen == size;
    }
    return coverage;
}

static bool is_name(const char *text)
{
    return text[strspn(text, " ?")] != '\0' && strcmp(text, "(null)") != 0;
}

/* Names in other scripts have nothing left that a reply could show; whoever
 * gives one has found something all the same. */
static bool is_foreign(const char *text, size_t size)
{
    for (size_t i = 0; i < size && text[i] != '\0'; i++)
        if ((unsigned char)text[i] > 0x7f)
            return true;
    return false;
}

static void judge_threat(const assay_finding *finding, const char *name,
                         assay_verdict *verdict)
{
    if (!is_name(name) && is_foreign(finding->info, sizeof finding->info))
        name = UNNAMED;
    if (!is_name(name)) {
        assay__verdict_fail(verdict, ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE,
                            "the engine reports a threat without a name");
        return;
    }
    verdict->status = ASSAY_STATUS_INFECTED;
    verdict->reason = ASSAY_REASON_NONE;
    assay__text_copy(verdict->info, sizeof verdict->info, name);
}

static void judge_nothing(const struct assay__scan_facts *facts,
                          assay_verdict *verdict)
{
    if (facts->is_late) {
        assay__verdict_time_out(verdict, facts->timeout_s);
        return;
    }
    if (!assay_coverage_is_complete(&verdict->coverage)) {
        assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                            ASSAY_REASON_PARTIAL, NULL);
        return;
    }
    verdict->status = ASSAY_STATUS_CLEAN;
    verdict->reason = ASSAY_REASON_NONE;
    verdict->info[0] = '\0';
}

/* The documented text is the scan code; "OK" would contradict the verdict. */
static void judge_unscannable(const assay_finding *finding, const char *info,
                              assay_verdict *verdict)
{
    const char *code = verdict->scan_code;
    bool has_code = code[0] != '\0' && !assay__text_equal(code, "OK");

    assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                        unscannable_reason(finding), has_code ? code : info);
}

static void judge_fault(const assay_finding *finding, const char *info,
                        const struct assay__scan_facts *facts,
                        assay_verdict *verdict)
{
    assay_reason reason =
        reason_of_kind(finding->reason, false, ASSAY_REASON_ENGINE);

    if (reason == ASSAY_REASON_TIMEOUT && info[0] == '\0')
        assay__verdict_time_out(verdict, facts->timeout_s);
    else
        assay__verdict_fail(verdict, ASSAY_STATUS_ERROR, reason, info);
}

void assay__finding_judge(const assay_finding *finding,
                          const struct assay__scan_facts *facts,
                          assay_verdict *verdict)
{
    char info[sizeof finding->info];

    copy_text(info, sizeof info, finding->info);
    copy_text(verdict->scan_code, sizeof verdict->scan_code,
              finding->scan_code);
    verdict->coverage = measured_coverage(finding, facts->size);
    switch (finding->found) {
    case ASSAY_FOUND_NOTHING:
        judge_nothing(facts, verdict);
        return;
    case ASSAY_FOUND_THREAT:
        judge_threat(finding, info, verdict);
        return;
    case ASSAY_FOUND_UNSCANNABLE:
        judge_unscannable(finding, info, verdict);
        return;
    case ASSAY_FOUND_NOT_SUITABLE:
        assay__verdict_fail(verdict, ASSAY_STATUS_NOT_SUITABLE,
                            ASSAY_REASON_NONE,
                            info[0] != '\0' ? info : "for this engine");
        return;
    case ASSAY_FOUND_FAULT:
        break;
    }
    judge_fault(finding, info, facts, verdict);
}
