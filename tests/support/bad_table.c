/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Engine files whose table lies, one for each BAD_… macro. They are looked at
 * and never loaded: a loader would follow their pointers.
 */
#include <assay/engine.h>

#include <stdlib.h>

#define WILD(type) ((type)(uintptr_t)0x123456789)
#define TEN(x) x, x, x, x, x, x, x, x, x, x

static void bad_scan(void *instance, const assay_scan_args *args,
                     assay_finding *finding)
{
    (void)instance;
    (void)args;
    finding->found = ASSAY_FOUND_FAULT;
    abort();
}

static assay_rc bad_open(const assay_engine_args *args, void **instance_out,
                         assay_error *err)
{
    (void)args;
    (void)instance_out;
    (void)err;
    abort();
}

static void bad_epoch(void *instance, char *buf, size_t size)
{
    (void)instance;
    (void)size;
    *buf = '\0';
    abort();
}

static const assay_engine_ops bad_ops = {
#ifdef BAD_OPS_HUGE
    .struct_size = (size_t)1 << 40,
#else
    .struct_size = sizeof(assay_engine_ops),
#endif
    .open = bad_open,
    .close = free,
    .scan = bad_scan,
    .epoch = bad_epoch,
};

#define WORD                       \
    {                              \
        .name = "word", .value = 1 \
    }
static const assay_conf_word bad_words[] = {
#ifdef BAD_WORDS_MANY
    TEN(TEN(WORD)),
    TEN(TEN(WORD)),
    TEN(TEN(WORD)),
#endif
    {.name = "first", .value = 1},
#ifdef BAD_WORD_WILD
    {.name = WILD(const char *), .value = 2},
#endif
    {.name = NULL},
};

#define OPTION                                  \
    {                                           \
        .name = "same", .type = ASSAY_CONF_BOOL \
    }
static const assay_conf_option bad_options[] = {
    {.name = "mode",
     .type = ASSAY_CONF_ENUM,
#ifdef BAD_WORDS_WILD
     .words = WILD(const assay_conf_word *),
#else
     .words = bad_words,
#endif
#ifdef BAD_DEFAULT_WILD
     .default_value = WILD(const char *)},
#else
     .default_value = "first"},
#endif
#ifdef BAD_OPTIONS_MANY
    TEN(TEN(OPTION)),
#endif
#ifdef BAD_OPTION_TYPE
    {.name = "odd", .type = (assay_conf_type)77},
#endif
#ifdef BAD_OPTION_OUTSIDE
    {.name = "far", .type = ASSAY_CONF_BOOL, .offset = SIZE_MAX},
#endif
    {.name = NULL},
};

static const assay_conf_stanza bad_conf = {
    .name = "bad",
    .named = true,
    .settings_size = sizeof(int),
#ifdef BAD_OPTIONS_WILD
    .options = WILD(const assay_conf_option *),
#else
    .options = bad_options,
#endif
};

#ifdef BAD_TEXT_LONG
static const char long_text[] = {TEN(TEN(TEN('a'))), TEN(TEN(TEN('a'))),
                                 TEN(TEN(TEN('a'))), TEN(TEN(TEN('a'))),
                                 TEN(TEN(TEN('a'))), '\0'};
#define DESCRIPTION long_text
#else
#define DESCRIPTION "a table that lies"
#endif

/* All are used in each variant. */
ASSAY_API extern const void *const bad_used[];
const void *const bad_used[] = {&bad_ops, bad_options, bad_words, &bad_conf};

ASSAY_API extern const assay_engine_module assay_engine_module_v1;
const assay_engine_module assay_engine_module_v1 = {
#ifdef BAD_SIZE_LIES
    .struct_size = 4096,
#else
    .struct_size = sizeof(assay_engine_module),
#endif
    .abi_major = ASSAY_ENGINE_ABI_MAJOR,
#ifdef BAD_MINOR
    .abi_minor = ASSAY_ENGINE_ABI_MINOR + 1,
#else
    .abi_minor = ASSAY_ENGINE_ABI_MINOR,
#endif
#ifdef BAD_NAME_WILD
    .name = WILD(const char *),
#else
    .name = "bad",
#endif
    .version = "1",
    .description = DESCRIPTION,
#ifdef BAD_CONF_WILD
    .conf = WILD(const assay_conf_stanza *),
#else
    .conf = &bad_conf,
#endif
#ifdef BAD_OPS_WILD
    .ops = WILD(const assay_engine_ops *),
#else
    .ops = &bad_ops,
#endif
};
