/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A connection to the console of a daemon (docs/CONSOLE.md has the protocol).
 */
#ifndef ASSAY_CLI_LINK_H
#define ASSAY_CLI_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/error.h>

/** Longest answer that is believed. */
#define ASSAY__LINK_ANSWER_MAX 16777216 /* 16 MiB */

struct assay__link {
    const char *path; /* of the socket; borrowed */
    int fd;           /* -1: not connected */
};

struct assay__link_answer {
    int status;
    char *text; /* owned: len bytes and a NUL */
    size_t len;
};

/** @return ASSAY_OK; ASSAY_E_UNAVAILABLE nobody listens, or we may not */
assay_rc assay__link_open(const char *path, struct assay__link *out,
                          assay_error *err);
void assay__link_close(struct assay__link *link);
/** Has the daemon closed the connection while nothing was asked? */
bool assay__link_is_lost(const struct assay__link *link);

/**
 * Run one command line and wait for its answer.
 *
 * @param answer_out  set on ASSAY_OK; free() its text
 * @return ASSAY_OK; ASSAY_E_INVAL the line has an end in it, or is too long;
 *         ASSAY_E_IO the connection broke, or what came is no answer: the
 *         command may have run; ASSAY_E_NOMEM
 */
assay_rc assay__link_run(struct assay__link *link, const char *line,
                         struct assay__link_answer *answer_out,
                         assay_error *err);

#endif
