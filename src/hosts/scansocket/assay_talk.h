/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The assay protocol, from the first line of a request to the end of the
 * connection.
 */
#ifndef ASSAY_SCANSOCKET_ASSAY_TALK_H
#define ASSAY_SCANSOCKET_ASSAY_TALK_H

#include "client.h"

/** Serve the one request of a connection. */
void assay__assay_talk(struct assay__client *client);

#endif
