/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A policy language with one thing wrong, or nothing: chosen by BAD_*.
 */
#include <assay/policy.h>

static assay_rc bad_open(const assay_language_args *args, void **out,
                         assay_error *err)
{
    (void)args;
    (void)out;
    return assay_error_set(err, ASSAY_E_STATE, "never called by the loader");
}

static void bad_close(void *instance)
{
    (void)instance;
}

#ifndef BAD_RUN
static assay_rc bad_run(void *instance, void **state, const assay_call *call,
                        assay_flow *flow, assay_error *err)
{
    (void)instance;
    (void)state;
    (void)call;
    *flow = ASSAY_FLOW_DONE;
    return assay_error_set(err, ASSAY_E_STATE, "never called by the loader");
}

#endif

static void bad_end(void *instance, void *state)
{
    (void)instance;
    (void)state;
}

static const assay_language_ops ops = {
    .struct_size = sizeof(assay_language_ops),
    .open = bad_open,
    .close = bad_close,
#ifndef BAD_RUN
    .run = bad_run,
#endif
    .message_close = bad_end,
    .session_close = bad_end,
};

static const assay_conf_stanza conf = {.name = "bad"};

#ifdef BAD_SYMBOL
ASSAY_API extern const int assay_language_module_v2;
const int assay_language_module_v2 = 2;
#elif defined BAD_SHORT
ASSAY_API extern const size_t assay_language_module_v1;
const size_t assay_language_module_v1 = 8;
#else
ASSAY_API extern const assay_language_module assay_language_module_v1;
const assay_language_module assay_language_module_v1 = {
#ifdef BAD_SIZE
    .struct_size = 8,
#else
    .struct_size = sizeof(assay_language_module),
#endif
#ifdef BAD_MAJOR
    .abi_major = ASSAY_LANGUAGE_ABI_MAJOR + 1,
#else
    .abi_major = ASSAY_LANGUAGE_ABI_MAJOR,
#endif
    .abi_minor = ASSAY_LANGUAGE_ABI_MINOR,
#ifndef BAD_NAME
    .name = "bad",
#endif
    .version = "1.0",
#ifndef BAD_CONF
    .conf = &conf,
#endif
#ifndef BAD_OPS
    .ops = &ops,
#endif
};
#endif

/* Keeps the unused ones of a variant from being warned about. */
const void *bad_language_keep(int which);
const void *bad_language_keep(int which)
{
    return which ? (const void *)&ops : (const void *)&conf;
}
