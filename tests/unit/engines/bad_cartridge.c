/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Cartridges that must be refused before any of their functions runs: each
 * variant is built with one of the BAD_ definitions. Their functions abort.
 */
#include <stdlib.h>
#include <string.h>

#include <assay/authority.h>

static int bad_init(const char *config, void **instance_out, char *error,
                    size_t error_size)
{
    (void)config, (void)instance_out;
    memset(error, 0, error_size);
    abort();
}

static void bad_shutdown(void *instance)
{
    (void)instance;
    abort();
}

static int bad_score(void *instance, const assay_authority_message *message,
                     int64_t deadline_ms, assay_authority_result *result,
                     char *error, size_t error_size)
{
    (void)instance, (void)message, (void)deadline_ms, (void)result;
    memset(error, 0, error_size);
    abort();
}

static void bad_version(void *instance, char *engine, char *cartridge,
                        size_t size)
{
    (void)instance;
    memset(engine, 0, size);
    memset(cartridge, 0, size);
    abort();
}

#ifndef BAD_MAJOR
#define BAD_MAJOR ASSAY_AUTHORITY_ABI_MAJOR
#endif
#ifndef BAD_MINOR
#define BAD_MINOR ASSAY_AUTHORITY_ABI_MINOR
#endif
#ifndef BAD_SIZE
#define BAD_SIZE sizeof(assay_authority_cartridge)
#endif
#ifndef BAD_NAME
#define BAD_NAME "bad"
#endif
#ifndef BAD_INIT
#define BAD_INIT bad_init
#endif
#ifndef BAD_SHUTDOWN
#define BAD_SHUTDOWN bad_shutdown
#endif
#ifndef BAD_SCORE
#define BAD_SCORE bad_score
#endif
#ifndef BAD_VERSION
#define BAD_VERSION bad_version
#endif

#define EXPORT __attribute__((visibility("default")))

/* What is not in the table of a variant is used all the same. */
EXPORT extern const void *const bad_used[];
static int (*const used_init)(const char *, void **, char *, size_t) = bad_init;
static void (*const used_shutdown)(void *) = bad_shutdown;
static int (*const used_score)(void *, const assay_authority_message *, int64_t,
                               assay_authority_result *, char *,
                               size_t) = bad_score;
static void (*const used_version)(void *, char *, char *, size_t) = bad_version;
const void *const bad_used[] = {&used_init, &used_shutdown, &used_score,
                                &used_version};

#if defined(BAD_NO_TABLE)
EXPORT extern const int bad_other_symbol;
const int bad_other_symbol = 1;
#elif defined(BAD_FUNCTION)
EXPORT void assay_authority_cartridge_v1(void);
void assay_authority_cartridge_v1(void)
{
    abort();
}
#elif defined(BAD_SMALL_TABLE)
EXPORT extern const int assay_authority_cartridge_v1;
const int assay_authority_cartridge_v1 = 1;
#else
#if defined(BAD_UNDEFINED)
extern const int assay_tests_nowhere;
EXPORT extern const void *const bad_nowhere;
const void *const bad_nowhere = &assay_tests_nowhere;
#endif
EXPORT extern const assay_authority_cartridge assay_authority_cartridge_v1;
const assay_authority_cartridge assay_authority_cartridge_v1 = {
    .struct_size = BAD_SIZE,
    .abi_major = BAD_MAJOR,
    .abi_minor = BAD_MINOR,
    .name = BAD_NAME,
    .init = BAD_INIT,
    .shutdown = BAD_SHUTDOWN,
    .score = BAD_SCORE,
    .version = BAD_VERSION,
};
#endif
