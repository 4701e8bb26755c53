/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Files that are no scorers for this libassay, one for each BAD_… macro. The
 * operations stop the program: no refused file may get as far as being run.
 */
#include <assay/scorer.h>

#include <stdlib.h>

static assay_rc bad_open(const assay_scorer_args *args, void **instance_out,
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

#if !defined(BAD_SCORE)
static assay_rc bad_score(void *instance, const assay_score_subject *subject,
                          int64_t deadline_ms, assay_score *score_out,
                          assay_error *err)
{
    (void)instance;
    (void)subject;
    (void)deadline_ms;
    (void)score_out;
    (void)err;
    abort();
}
#endif

static assay_rc bad_version(void *instance, int64_t deadline_ms,
                            assay_scorer_version *version_out, assay_error *err)
{
    (void)instance;
    (void)deadline_ms;
    (void)version_out;
    (void)err;
    abort();
}

static const assay_scorer_ops bad_ops = {
#if defined(BAD_OPS)
    .struct_size = 8,
#else
    .struct_size = sizeof(assay_scorer_ops),
#endif
    .open = bad_open,
    .close = bad_close,
#if !defined(BAD_SCORE)
    .score = bad_score,
#endif
    .version = bad_version,
};

#if defined(BAD_CONF)
static const assay_conf_option bad_options[] = {
    {.name = "outside", .type = ASSAY_CONF_INT, .offset = 4096},
    {.name = NULL},
};
#endif

static const assay_conf_stanza bad_conf = {
    .name = "cloudmark",
    .settings_size = sizeof(int64_t),
#if defined(BAD_CONF)
    .options = bad_options,
#endif
};

#if defined(BAD_SYMBOL)
#define TABLE assay_scorer_other_symbol
#else
#define TABLE assay_scorer_module_v1
#endif

ASSAY_API extern const assay_scorer_module TABLE;
const assay_scorer_module TABLE = {
#if defined(BAD_SIZE)
    .struct_size = 16,
#else
    .struct_size = sizeof(assay_scorer_module),
#endif
#if defined(BAD_MAJOR)
    .abi_major = ASSAY_SCORER_ABI_MAJOR + 1,
#else
    .abi_major = ASSAY_SCORER_ABI_MAJOR,
#endif
#if defined(BAD_MINOR)
    .abi_minor = ASSAY_SCORER_ABI_MINOR + 1,
#else
    .abi_minor = ASSAY_SCORER_ABI_MINOR,
#endif
#if defined(BAD_NAME)
    .name = "another",
#else
    .name = OWN_NAME,
#endif
    .version = "1.0",
    .description = "refused",
    .conf = &bad_conf,
    .ops = &bad_ops,
};
