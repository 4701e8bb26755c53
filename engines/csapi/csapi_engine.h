/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The csapi engine: a content scanner behind a small interface, in scanner
 * processes of its own.
 *
 *   csapi.c           the options, and the life of an instance
 *   csapi_scan.c      a content to the provider, its result to a finding
 *   csapi_codes.c     what the scan codes mean
 *   csapi_provider.c  loads the provider: include/assay/csapi_provider.h
 *
 * The engine never runs in the host (ASSAY_ENGINE_PROCESS), so it is used by
 * one thread at a time. What a provider returns is not believed: a result that
 * contradicts itself is a fault, unless it names a threat.
 */
#ifndef ASSAY_ENGINE_CSAPI_H
#define ASSAY_ENGINE_CSAPI_H

#include <limits.h>
#include <time.h>

#include <assay/engine.h>

#include "csapi_provider.h"

/** Filled by the configuration from the options of csapi.opt. */
struct assay__csapi_settings {
    int64_t max_concurrency; /* 0: not set */
    uint64_t max_cumulative_extract_size;
    int64_t max_extract_depth;
    uint64_t max_extract_size;
    int64_t max_extract_time;
    int64_t max_file_count;
    bool prefer_mem;
    const char *scanner_log;
    const char *scanner_path; /* NULL: assay-scanner */
    int64_t update_interval;
    const char *provider; /* NULL: the one that ships with Assay */
    const char *definitions;
    assay_conf_list updater;
};

extern const assay_conf_stanza assay__csapi_conf;
extern const assay_engine_ops assay__csapi_ops;

/** An instance; after open only forked changes it. */
struct assay__csapi {
    struct assay__csapi_settings settings; /* a copy; strings borrowed */
    struct assay__csapi_provider provider;
    assay_csapi_policy policy;
    void *handle; /* of the provider; NULL before initialize */
    char instance[ASSAY_NAME_MAX + 1];
    char temporary[PATH_MAX];      /* in a worker its own */
    assay_csapi_versions versions; /* as they were at open */
    assay_log log;
};

/* ---- csapi_scan.c ------------------------------------------------------- */

/** The scan op. */
void assay__csapi_scan(void *instance, const assay_scan_args *args,
                       assay_finding *finding);
/** What a result about a content of that size means. */
void assay__csapi_judge(const assay_csapi_result *result, uint64_t size,
                        assay_finding *finding);

/** Copy text of a provider, which need not be terminated, as printable ASCII.
 *  @param text_size  of the array that text is */
void assay__csapi_copy(char *out, size_t size, const char *text,
                       size_t text_size);

#endif
