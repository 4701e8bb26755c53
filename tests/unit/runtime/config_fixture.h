/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What tests of configurations share: a folder of their own with assay.conf,
 * and the findings of the last check as one text. The engine and the policy
 * language are stand-ins (modules/).
 */
#ifndef ASSAY_TESTS_CONFIG_FIXTURE_H
#define ASSAY_TESTS_CONFIG_FIXTURE_H

#include <assay/assay.h>

extern char config_folder[32];
extern char config_file[64];
extern char config_found[65536]; /* all diagnostics since the last write */
extern assay_error config_err;

void config_setup(void);
/** Removes every file of the folder. */
void config_teardown(void);

assay_options config_options(void);
/** Write a file of the folder; forgets what was found. */
void config_write(const char *name, const char *text);
/** A file of the folder, at most 64 KiB; until the next call. */
const char *config_read(const char *name);
/** Path of a file in the folder; until the next call. */
const char *config_path(const char *name);
/** Write assay.conf and check it. */
assay_rc config_check(const char *text);

#endif
