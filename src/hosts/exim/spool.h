/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Exim's spool file of a body: its first line is "<message id>-D", and the body
 * begins behind it. The offset is read from there, since the id became longer
 * with Exim 4.97.
 *
 * Exim holds a lock on that file, of the kind (POSIX) that a process loses when
 * it closes any descriptor of the file. So it is never opened here: the one
 * that Exim has is used.
 */
#ifndef ASSAY_HOSTS_EXIM_SPOOL_H
#define ASSAY_HOSTS_EXIM_SPOOL_H

#include <stdbool.h>

#include "reason.h"

enum {
    ASSAY__EXIM_ID_MAX = 64, /* 16 up to Exim 4.96, 23 since 4.97 */
    /* Exim has a few descriptors while it receives a message. */
    ASSAY__EXIM_SPOOL_FD_MAX = 1024,
};

/** The descriptor of this process whose file begins with the line of @id.
 *  @return -1: there is none */
int assay__exim_spool_find(const char *id);
/** Where the body begins. @param body_bytes  how long it must be; negative:
 *  Exim does not say
 *  @return false: it is not that message's file, or was cut off */
bool assay__exim_spool_offset(int fd, const char *id, long long body_bytes,
                              long long *offset_out,
                              struct assay__exim_reason *why);

#endif
