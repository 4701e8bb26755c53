/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Lines of a request on the scan socket (docs/SCAN_SOCKET.md).
 */
#ifndef ASSAY_HOSTS_EXIM_REQUEST_H
#define ASSAY_HOSTS_EXIM_REQUEST_H

#include <stddef.h>

#include "buffer.h"

/* More than Exim takes for headers with any sensible header_maxsize. */
enum { ASSAY__EXIM_REQUEST_MAX = 32 * 1024 * 1024 }; /* bytes */

/** The line `key=value`, the value percent-coded; none when it is NULL. */
void assay__exim_request_add(struct assay__exim_buffer *request,
                             const char *key, const char *value);
/** Likewise with a number. */
void assay__exim_request_add_number(struct assay__exim_buffer *request,
                                    const char *key, long long number);

#endif
