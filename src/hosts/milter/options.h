/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The command line of assayd.
 */
#ifndef ASSAY_MILTER_OPTIONS_H
#define ASSAY_MILTER_OPTIONS_H

#include <stdbool.h>

/** Borrowed from argv. */
struct assay__options {
    const char *config;
    const char *pid_file; /* NULL: none */
    const char *user;     /* NULL: stay who we are */
    bool daemon;
    bool syslog;
    bool verbose;
};

/**
 * Read the command line; prints help, version and mistakes itself.
 *
 * @param exit_out  set when false is returned: the exit status
 * @return false when the program is to exit now
 */
bool assay__options_read(int argc, char **argv, struct assay__options *out,
                         int *exit_out);

#endif
