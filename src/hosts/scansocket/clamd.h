/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamd protocol, from the first command to the end of the connection.
 *
 * It does what clamd 1.x does where that is safe, so that its clients work, and
 * says so in an error where it is not: no file is opened by its name, and no
 * client stops or reloads the daemon. Commands of a session are answered one
 * after the other, each with its number.
 */
#ifndef ASSAY_SCANSOCKET_CLAMD_H
#define ASSAY_SCANSOCKET_CLAMD_H

#include "client.h"

/** Longest command with its argument. */
#define ASSAY__CLAMD_LINE_MAX 8192

/** Serve a connection to its end. */
void assay__clamd_talk(struct assay__client *client);

#endif
