/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A socket that listens, as the option Listen asks for it.
 */
#ifndef ASSAY_SCANSOCKET_SCAN_SOCKET_H
#define ASSAY_SCANSOCKET_SCAN_SOCKET_H

#include <assay/assay.h>

#include "stanzas/listener_address.h"
#include "stanzas/scan_stanza.h"
#include "stanzas/socket_file.h"

struct assay__scan_socket {
    int fd; /* -1: not open */
    struct assay__listener_address address;
    struct assay__socket_file file; /* of a unix socket */
};

/** A socket that is not open. */
#define ASSAY__SCAN_SOCKET_NONE \
    {                           \
        .fd = -1                \
    }

/**
 * Listen. Before the first thread: names are looked up.
 *
 * @param out  must stay where it is until it is closed
 * @return ASSAY_OK; ASSAY_E_CONF; ASSAY_E_EXISTS; ASSAY_E_IO
 */
assay_rc assay__scan_socket_open(const struct assay__scan_settings *settings,
                                 struct assay__scan_socket *out,
                                 assay_error *err) ASSAY_MUST_CHECK;
/** Remove the file: nobody new finds it. Idempotent. */
void assay__scan_socket_remove(struct assay__scan_socket *socket);
/** Likewise, and close it. Idempotent. */
void assay__scan_socket_close(struct assay__scan_socket *socket);

/** Who is at the other end of an accepted connection, for the log. */
void assay__scan_socket_peer(int fd, char *out, size_t size);

#endif
