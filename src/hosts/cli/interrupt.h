/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * SIGINT, SIGTERM and SIGHUP as something to look at, not as something that
 * happens: they are blocked in all threads started later and arrive at a
 * descriptor.
 *
 * The first one is seen by the program, which then ends in good order; the
 * second one ends it at once.
 */
#ifndef ASSAY_CLI_INTERRUPT_H
#define ASSAY_CLI_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

#include <assay/error.h>

struct assay__interrupt {
    int fd;          /* readable once a signal came; -1: none */
    int signal;      /* the one that was seen, or 0 */
    sigset_t before; /* mask of the thread that called init */
};

/** Call before threads start. @return ASSAY_OK; ASSAY_E_IO */
assay_rc assay__interrupt_init(struct assay__interrupt *interrupt,
                               assay_error *err);
/** Same thread as init. */
bool assay__interrupt_seen(struct assay__interrupt *interrupt);
/** Same thread as init. */
void assay__interrupt_fini(struct assay__interrupt *interrupt);

#endif
