/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Verdicts: their names, what complete coverage is, and how two verdicts
 * become one. Nothing here can make a verdict better than its parts.
 */
#include <assay/verdict.h>

#include "base/sizes.h"
#include "scan/dispatcher.h"

/* What a merge keeps: the higher rank; the first of equal ones. Not having
 * been scanned on purpose (SKIPPED) yields to what another scope found out;
 * NO_ENGINE stays only where nothing ran. */
static const struct status_trait {
    const char *name;
    int rank;
} status_traits[] = {
    [ASSAY_STATUS_NO_ENGINE] = {"no-engine", 0},
    [ASSAY_STATUS_SKIPPED] = {"skipped", 1},
    [ASSAY_STATUS_CLEAN] = {"clean", 2},
    [ASSAY_STATUS_PART_IS_CONTAINER] = {"part-is-container", 3},
    [ASSAY_STATUS_NAME_TOO_LONG] = {"name-too-long", 4},
    [ASSAY_STATUS_NOT_SUITABLE] = {"not-suitable", 5},
    [ASSAY_STATUS_UNSCANNABLE] = {"unscannable", 6},
    [ASSAY_STATUS_ERROR] = {"error", 7},
    [ASSAY_STATUS_INFECTED] = {"infected", 8},
};

static const char *const reason_names[ASSAY_REASON_COUNT] = {
    [ASSAY_REASON_NONE] = "",
    [ASSAY_REASON_ENGINE] = "engine",
    [ASSAY_REASON_TIMEOUT] = "timeout",
    [ASSAY_REASON_OVERLOAD] = "overload",
    [ASSAY_REASON_TEMPORARY] = "temporary",
    [ASSAY_REASON_DESCRIPTORS] = "descriptors",
    [ASSAY_REASON_MEMORY] = "memory",
    [ASSAY_REASON_CANARY] = "canary",
    [ASSAY_REASON_UNAVAILABLE] = "unavailable",
    [ASSAY_REASON_CRASHED] = "crashed",
    [ASSAY_REASON_RELOADING] = "reloading",
    [ASSAY_REASON_LIMIT] = "limit",
    [ASSAY_REASON_OVERSIZE] = "oversize",
    [ASSAY_REASON_ENCRYPTED] = "encrypted",
    [ASSAY_REASON_MALFORMED] = "malformed",
    [ASSAY_REASON_PARTIAL] = "partial",
    [ASSAY_REASON_POISON] = "poison",
};

/* A value that is no status reads as an error, never as something better. */
static const struct status_trait *trait_of(assay_status status)
{
    size_t index = (size_t)status;

    if (index >= ASSAY_COUNT_OF(status_traits))
        index = ASSAY_STATUS_ERROR;
    return &status_traits[index];
}

const char *assay_status_name(assay_status status)
{
    return trait_of(status)->name;
}

const char *assay_reason_name(assay_reason reason)
{
    size_t index = (size_t)reason;

    if (index >= ASSAY_COUNT_OF(reason_names) || !reason_names[index])
        return "";
    return reason_names[index];
}

bool assay_coverage_is_complete(const assay_coverage *coverage)
{
    return coverage->bytes_seen == coverage->bytes_total &&
           coverage->parts_seen == coverage->parts_total &&
           coverage->limits_hit == 0 && coverage->members_unopened == 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* More seen than there is proves nothing: then nothing of it was seen. */
static void distrust(uint64_t *seen, uint64_t *total)
{
    if (*seen > *total) {
        *total = *seen;
        *seen = 0;
    }
}

/* Engines may be given renditions of different size, so totals cannot be
 * compared with what another engine saw: the larger total is kept, and the
 * larger gap. Complete and complete stays complete; else it is not. */
static void merge_count(uint64_t *seen, uint64_t *total, uint64_t other_seen,
                        uint64_t other_total)
{
    uint64_t gap;

    distrust(seen, total);
    distrust(&other_seen, &other_total);
    gap = larger(*total - *seen, other_total - other_seen);
    *total = larger(*total, other_total);
    *seen = *total - gap;
}

static void merge_coverage(assay_coverage *into, const assay_coverage *from)
{
    uint64_t parts_seen = into->parts_seen;
    uint64_t parts_total = into->parts_total;

    merge_count(&into->bytes_seen, &into->bytes_total, from->bytes_seen,
                from->bytes_total);
    merge_count(&parts_seen, &parts_total, from->parts_seen, from->parts_total);
    into->parts_seen = (uint32_t)parts_seen;
    into->parts_total = (uint32_t)parts_total;
    into->limits_hit |= from->limits_hit;
    into->members_unopened =
        (uint32_t)larger(into->members_unopened, from->members_unopened);
}

/* As merge_count() for bytes or parts that are not the same. */
static void add_count(uint64_t *seen, uint64_t *total, uint64_t other_seen,
                      uint64_t other_total)
{
    distrust(seen, total);
    distrust(&other_seen, &other_total);
    *seen += other_seen;
    *total += other_total;
}

static uint32_t add_up_to_max(uint32_t a, uint32_t b)
{
    return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

static void add_coverage(assay_coverage *into, const assay_coverage *from)
{
    uint64_t parts_seen = into->parts_seen;
    uint64_t parts_total = into->parts_total;

    add_count(&into->bytes_seen, &into->bytes_total, from->bytes_seen,
              from->bytes_total);
    add_count(&parts_seen, &parts_total, from->parts_seen, from->parts_total);
    if (parts_total > UINT32_MAX) { /* the gap is what counts */
        parts_seen -= parts_seen < parts_total - UINT32_MAX
                          ? parts_seen
                          : parts_total - UINT32_MAX;
        parts_total = UINT32_MAX;
    }
    into->parts_seen = (uint32_t)parts_seen;
    into->parts_total = (uint32_t)parts_total;
    into->limits_hit |= from->limits_hit;
    into->members_unopened =
        add_up_to_max(into->members_unopened, from->members_unopened);
}

static void keep_worse(assay_verdict *into, const assay_verdict *from,
                       const assay_coverage *coverage)
{
    uint64_t elapsed_us = into->elapsed_us + from->elapsed_us;

    if (trait_of(from->status)->rank > trait_of(into->status)->rank)
        *into = *from;
    into->coverage = *coverage;
    into->elapsed_us = elapsed_us;
}

void assay__verdict_add(assay_verdict *into, const assay_verdict *from)
{
    assay_coverage coverage = into->coverage;

    add_coverage(&coverage, &from->coverage);
    keep_worse(into, from, &coverage);
}

void assay__verdict_merge(assay_verdict *into, const assay_verdict *from)
{
    assay_coverage coverage = into->coverage;

    merge_coverage(&coverage, &from->coverage);
    keep_worse(into, from, &coverage);
}
