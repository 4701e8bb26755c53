/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From an engine's finding to a verdict: the one place that writes CLEAN.
 *
 *   finding        in time, coverage complete   incomplete            late
 *   NOTHING        CLEAN                        UNSCANNABLE(partial)  ERROR
 *   THREAT         INFECTED                     INFECTED              INFECTED
 *   UNSCANNABLE    UNSCANNABLE                  UNSCANNABLE           same
 *   NOT_SUITABLE   NOT_SUITABLE                 NOT_SUITABLE          same
 *   FAULT, others  ERROR                        ERROR                 ERROR
 *
 * A threat without a name is an ERROR: it cannot be told from a fault. Every
 * info text but a threat's name begins with "error", because scripts test
 * for that word.
 */
#ifndef ASSAY_SCAN_FINDING_H
#define ASSAY_SCAN_FINDING_H

#include <assay/engine.h>

/** What the dispatcher knows about a scan that the engine does not say. */
struct assay__scan_facts {
    uint64_t size;     /* of the content, bytes */
    int64_t timeout_s; /* for texts */
    bool is_late;      /* the deadline passed before the engine returned */
};

/** Sets status, reason, info, scan_code and coverage of *verdict; the rest
 *  stays. @param finding as the engine left it: nothing in it is trusted */
void assay__finding_judge(const assay_finding *finding,
                          const struct assay__scan_facts *facts,
                          assay_verdict *verdict);

/** Make *verdict an ERROR or UNSCANNABLE that no engine gave.
 *  @param detail  may be NULL or ""; without it the reason's name is told */
void assay__verdict_fail(assay_verdict *verdict, assay_status status,
                         assay_reason reason, const char *detail);
/** Make *verdict an ERROR(timeout) "error: timeout after <n>s". */
void assay__verdict_time_out(assay_verdict *verdict, int64_t timeout_s);

#endif
