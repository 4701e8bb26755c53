/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Files that are no engines for this libassay, one for each BAD_… macro. The
 * operations stop the program: no refused file may get as far as being run.
 */
#include <assay/engine.h>

#include <stdlib.h>
#include <string.h>

static assay_rc bad_open(const assay_engine_args *args, void **instance_out,
                         assay_error *err)
{
    (void)args;
    (void)instance_out;
    (void)err;
    abort();
}

static void bad_close(void *instance)
{
    (void)instance;
    abort();
}

static void bad_epoch(void *instance, char *buf, size_t size)
{
    (void)instance;
    memset(buf, 0, size);
    abort();
}

#ifndef BAD_NO_SCAN
static void bad_scan(void *instance, const assay_scan_args *args,
                     assay_finding *finding)
{
    (void)instance;
    (void)args;
    (void)finding;
    abort();
}
#endif

static const assay_engine_ops bad_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = bad_open,
    .close = bad_close,
#ifndef BAD_NO_SCAN
    .scan = bad_scan,
#endif
    .epoch = bad_epoch,
};

static const assay_conf_stanza bad_conf = {.name = BAD_NAME, .named = true};

#if defined(BAD_NO_TABLE)
ASSAY_API extern const assay_engine_module bad_other_symbol;
const assay_engine_module bad_other_symbol = {
    .conf = &bad_conf,
    .ops = &bad_ops,
};
#elif defined(BAD_SMALL_TABLE)
ASSAY_API extern const int assay_engine_module_v1;
const int assay_engine_module_v1 = 1;
ASSAY_API extern const void *const bad_used[];
const void *const bad_used[] = {&bad_conf, &bad_ops};
#elif defined(BAD_UNDEFINED)
extern const assay_engine_ops assay_tests_nowhere;
ASSAY_API extern const void *const bad_used[];
const void *const bad_used[] = {&bad_conf, &bad_ops, &assay_tests_nowhere};
#else
#ifndef BAD_MAJOR
#define BAD_MAJOR ASSAY_ENGINE_ABI_MAJOR
#endif
#ifndef BAD_SIZE
#define BAD_SIZE sizeof(assay_engine_module)
#endif
ASSAY_API extern const assay_engine_module assay_engine_module_v1;
const assay_engine_module assay_engine_module_v1 = {
    .struct_size = BAD_SIZE,
    .abi_major = BAD_MAJOR,
    .abi_minor = ASSAY_ENGINE_ABI_MINOR,
    .name = BAD_NAME,
    .version = "1",
    .conf = &bad_conf,
    .ops = &bad_ops,
};
#endif
