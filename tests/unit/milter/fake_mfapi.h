/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A false libmilter: keeps what it is told, checks what the real one checks.
 */
#ifndef ASSAY_TESTS_FAKE_MFAPI_H
#define ASSAY_TESTS_FAKE_MFAPI_H

#include <stdbool.h>
#include <stddef.h>

#include <libmilter/mfapi.h>

/** One MTA connection as a callback sees it. */
struct smfi_str {
    void *priv;
    char reply[1100];    /* "550 5.7.1 text", "" when none */
    char changes[4096];  /* one line a change: "add 0 Name:value" */
    int changes_allowed; /* calls that succeed before they fail; -1: all */
    int progress_calls;
    const char *macro_names[8];
    const char *macro_values[8];
};

/** What smfi_opensocket() is to return, and what was set before. */
extern int fake_opensocket_result;
extern char fake_conn[512];
extern struct smfiDesc fake_registered;

void fake_mfapi_reset(struct smfi_str *ctx);
void fake_mfapi_macro(struct smfi_str *ctx, const char *name,
                      const char *value);

#endif
