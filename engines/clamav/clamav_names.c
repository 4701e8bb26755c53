/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Alerts of libclamav that are no threats: it reports what it did not look
 * into as if it were a virus, by name. Prefixes, the longer ones first.
 */
#include "clamav_engine.h"

#include <stdio.h>
#include <string.h>

#define LIMITS "Heuristics.Limits.Exceeded"

static const struct {
    const char *prefix;
    assay_found found;
    assay_reason reason;
    uint32_t limit;
} alerts[] = {
    {LIMITS ".MaxScanTime", ASSAY_FOUND_FAULT, ASSAY_REASON_TIMEOUT,
     ASSAY_LIMIT_TIME},
    {LIMITS ".MaxScanSize", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_SCAN_SIZE},
    {LIMITS ".MaxFileSize", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_FILE_SIZE},
    {LIMITS ".MaxFiles", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_FILES},
    {LIMITS ".MaxRecursion", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_RECURSION},
    {LIMITS ".EmailMIMEParts", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_PARTS},
    {LIMITS ".Email", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_HEADERS},
    {LIMITS, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT, ASSAY_LIMIT_OTHER},
    {"Heuristics.Encrypted.", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED,
     0},
    {"", ASSAY_FOUND_THREAT, ASSAY_REASON_NONE, 0},
};

void assay__clamav_name_map(const char *name, assay_finding *finding)
{
    size_t i = 0;

    while (strncmp(name, alerts[i].prefix, strlen(alerts[i].prefix)) != 0)
        i++; /* the last prefix is empty */
    finding->found = alerts[i].found;
    finding->reason = alerts[i].reason;
    finding->coverage.limits_hit |= alerts[i].limit;
    if (alerts[i].reason == ASSAY_REASON_ENCRYPTED)
        finding->coverage.members_unopened++;
    snprintf(finding->info, sizeof finding->info, "%s", name);
    snprintf(finding->scan_code, sizeof finding->scan_code, "%s", name);
}
