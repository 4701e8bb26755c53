/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Files that are no providers for this engine, one for each BAD_… macro. The
 * calls stop the program: no refused file may get as far as being run.
 */
#include <assay/csapi_provider.h>

#include <stdlib.h>

#ifndef BAD_NO_INITIALIZE
static assay_rc bad_initialize(const assay_csapi_policy *policy,
                               /* NOLINTNEXTLINE: as the interface has it */
                               void **handle_out, assay_csapi_code *code_out,
                               assay_error *err)
{
    (void)policy, (void)handle_out, (void)code_out, (void)err;
    abort();
}
#endif

#ifndef BAD_NO_SCAN
static void bad_scan(void *handle, const assay_csapi_job *job,
                     assay_csapi_result *result)
{
    (void)handle, (void)job, (void)result;
    abort();
}
#endif

#ifndef BAD_NO_VERSIONS
static void bad_versions(void *handle, assay_csapi_versions *versions)
{
    (void)handle, (void)versions;
    abort();
}
#endif

#ifndef BAD_NO_SHUTDOWN
static void bad_shutdown(void *handle)
{
    (void)handle;
    abort();
}
#endif

#ifndef BAD_OPS_SIZE
#define BAD_OPS_SIZE sizeof(assay_csapi_provider_ops)
#endif

static const assay_csapi_provider_ops bad_ops = {
    .struct_size = BAD_OPS_SIZE,
#ifndef BAD_NO_INITIALIZE
    .initialize = bad_initialize,
#endif
#ifndef BAD_NO_SCAN
    .scan_memory = bad_scan,
#endif
#ifndef BAD_NO_VERSIONS
    .versions = bad_versions,
#endif
#ifndef BAD_NO_SHUTDOWN
    .shutdown = bad_shutdown,
#endif
};

#if defined(BAD_NO_TABLE)
ASSAY_API extern const assay_csapi_provider bad_other_symbol;
const assay_csapi_provider bad_other_symbol = {.ops = &bad_ops};
#elif defined(BAD_FUNCTION)
ASSAY_API void assay_csapi_provider_v1(void);
void assay_csapi_provider_v1(void)
{
    bad_versions(NULL, NULL);
}
ASSAY_API extern const void *const bad_used;
const void *const bad_used = &bad_ops;
#elif defined(BAD_SMALL_TABLE)
ASSAY_API extern const int assay_csapi_provider_v1;
const int assay_csapi_provider_v1 = 1;
ASSAY_API extern const void *const bad_used;
const void *const bad_used = &bad_ops;
#elif defined(BAD_UNDEFINED)
extern const assay_csapi_provider_ops assay_tests_nowhere;
ASSAY_API extern const void *const bad_used[];
const void *const bad_used[] = {&bad_ops, &assay_tests_nowhere};
#else
#ifndef BAD_MAJOR
#define BAD_MAJOR ASSAY_CSAPI_PROVIDER_ABI_MAJOR
#endif
#ifndef BAD_MINOR
#define BAD_MINOR ASSAY_CSAPI_PROVIDER_ABI_MINOR
#endif
#ifndef BAD_SIZE
#define BAD_SIZE sizeof(assay_csapi_provider)
#endif
#ifndef BAD_NAME
#define BAD_NAME "bad"
#endif
ASSAY_API extern const assay_csapi_provider assay_csapi_provider_v1;
const assay_csapi_provider assay_csapi_provider_v1 = {
    .struct_size = BAD_SIZE,
    .abi_major = BAD_MAJOR,
    .abi_minor = BAD_MINOR,
    .name = BAD_NAME,
#ifndef BAD_NO_VERSION
    .version = "1",
#endif
#ifndef BAD_NO_OPS
    .ops = &bad_ops,
#else
    .description = (const char *)&bad_ops,
#endif
};
#endif
