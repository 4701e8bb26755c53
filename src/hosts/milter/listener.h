/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The socket that the stanza Milter_Listener asks for.
 */
#ifndef ASSAY_MILTER_LISTENER_H
#define ASSAY_MILTER_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/assay.h>

#include "stanzas/listener_address.h"
#include "stanzas/listener_stanza.h"
#include "stanzas/socket_file.h"

/** An open listener; `{0}` is a closed one. */
struct assay__listener {
    struct assay__listener_address address;
    struct assay__socket_file file; /* of a unix socket */
};

/**
 * Bind and listen; from then on connections wait in the backlog. A socket
 * file that nobody listens on is removed first. Changes the umask for the
 * time of the call, so no other thread may run.
 *
 * @return ASSAY_OK; ASSAY_E_CONF; ASSAY_E_EXISTS when somebody listens there
 *         already or the path is no socket; ASSAY_E_IO
 */
assay_rc assay__listener_open(const struct assay__listener_settings *settings,
                              struct assay__listener *out,
                              assay_error *err) ASSAY_MUST_CHECK;

/** Remove the socket file, if it is still the one that was made: from then on
 *  no new connection comes. */
void assay__listener_remove(const struct assay__listener *listener);

#endif
