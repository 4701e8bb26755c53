/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The options of the module: exim.opt describes them. They come from a file of
 * lines "name = value", since Debian's Exim is built without the section for
 * local_scan() in its own configuration, and Exim empties the environment.
 *
 * Exim is setuid root, so the file counts only if nobody but root, or the user
 * Exim runs as, can have written it. What cannot be understood is an error and
 * never skipped: a mistyped timeout must not be another timeout.
 */
#ifndef ASSAY_HOSTS_EXIM_OPTIONS_H
#define ASSAY_HOSTS_EXIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "reason.h"

enum {
    /* What struct sockaddr_un holds, with its NUL. */
    ASSAY__EXIM_SOCKET_SIZE = 108,
    ASSAY__EXIM_OPTIONS_FILE_MAX = 64 * 1024, /* bytes */
    ASSAY__EXIM_TIMEOUT_MAX_S = 3600,
};

enum assay__exim_on_failure {
    ASSAY__EXIM_FAILURE_TEMPREJECT,
    ASSAY__EXIM_FAILURE_ACCEPT,
};

enum assay__exim_on_refused {
    ASSAY__EXIM_REFUSED_REJECT,
    ASSAY__EXIM_REFUSED_DROP,
};

struct assay__exim_options {
    char socket[ASSAY__EXIM_SOCKET_SIZE];
    int timeout_s;
    int connect_timeout_s;
    enum assay__exim_on_failure on_failure;
    enum assay__exim_on_refused on_refused;
};

/** Where the file is; compiled in (config_path.c). */
extern const char assay__exim_config_path[];

void assay__exim_options_default(struct assay__exim_options *options);
/** Set one option. @return false: no such name, or no such value */
bool assay__exim_options_set(struct assay__exim_options *options,
                             const char *name, const char *value,
                             struct assay__exim_reason *why);
/** Set one option from "name=value", blanks around both. @param line  changed
 */
bool assay__exim_options_set_line(struct assay__exim_options *options,
                                  char *line, struct assay__exim_reason *why);
/** Read the file on top of what is set; one that does not exist is empty. */
bool assay__exim_options_read(struct assay__exim_options *options,
                              const char *path, struct assay__exim_reason *why);
/** The name of option number index; NULL past the end. */
const char *assay__exim_options_name(size_t index);

#endif
