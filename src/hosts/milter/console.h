/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The console of assayd: the socket that the stanza Control_Listener asks for,
 * and what the console asks of the daemon.
 */
#ifndef ASSAY_MILTER_CONSOLE_H
#define ASSAY_MILTER_CONSOLE_H

#include <assay/control.h>

#include "stanzas/socket_file.h"

struct assay__console {
    assay_control *control; /* NULL: not started, or there is none */
    int fd;                 /* -1: not open */
    struct assay__socket_file file;
};

/** A console that is not open. */
#define ASSAY__CONSOLE_NONE \
    {                       \
        .fd = -1            \
    }

/**
 * Open the socket and answer, when the configuration has the stanza.
 * @param host  copied
 * @return ASSAY_OK; ASSAY_E_EXISTS, ASSAY_E_IO the socket; ASSAY_E_NOMEM
 */
assay_rc assay__console_start(assay *library, const assay_control_host *host,
                              struct assay__console *out,
                              assay_error *err) ASSAY_MUST_CHECK;
/** Remove the socket file; then wait for commands that run. Idempotent.
 *  @return as assay_control_stop() */
bool assay__console_stop(struct assay__console *console, int64_t wait_ms);

#endif
