/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the commands share: how libassay is opened, and where its findings
 * about the configuration and its log lines go.
 */
#ifndef ASSAY_CLI_OPTIONS_H
#define ASSAY_CLI_OPTIONS_H

#include <stdbool.h>

#include <assay/assay.h>

#include "progress.h"

/**
 * Options that send diagnostics and log to standard error.
 *
 * @param config_path  borrowed; NULL: the default file
 * @param verbosity    0: warnings and errors, 1: info, 2 and up: debug
 * @param progress     borrowed; lines are written through it
 */
void assay__options_init(assay_options *options, const char *config_path,
                         int verbosity, struct assay__progress *progress);

/** True, after a message, when a command got arguments it does not take. */
bool assay__options_surplus(int argc, char *const *argv, int first);

#endif
