/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A connection to assayd's scan socket, with one deadline for all that is done
 * on it. No signal is raised, none is needed: what Exim's own alarm interrupts
 * goes on.
 */
#ifndef ASSAY_HOSTS_EXIM_CLIENT_H
#define ASSAY_HOSTS_EXIM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "options.h"
#include "reason.h"

struct assay__exim_client {
    int fd; /* -1: closed */
    int64_t deadline_ms;
};

/** Before the first call: from now on there are timeout_s seconds. */
void assay__exim_client_set_timeout(struct assay__exim_client *client,
                                    int timeout_s);
bool assay__exim_client_open(struct assay__exim_client *client,
                             const struct assay__exim_options *options,
                             struct assay__exim_reason *why);
/** Send all of it, @fd (-1: none) beside the first byte. The descriptor stays
 *  the caller's. */
bool assay__exim_client_send(struct assay__exim_client *client,
                             const void *bytes, size_t length, int fd,
                             struct assay__exim_reason *why);
/** Wait for bytes and add them. @return false also at the end of the
 *  connection */
bool assay__exim_client_receive(struct assay__exim_client *client,
                                struct assay__exim_buffer *buffer,
                                struct assay__exim_reason *why);
/** The other side sees the end at once, even if a child has the socket. */
void assay__exim_client_close(struct assay__exim_client *client);

#endif
