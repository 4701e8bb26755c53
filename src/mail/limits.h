/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#ifndef ASSAY_MAIL_LIMITS_H
#define ASSAY_MAIL_LIMITS_H

#include <assay/message.h>

/** The limits of a message, defaults filled in; borrowed from it. Pure. */
const assay_message_limits *assay__message_limits(const assay_message *message);

#endif
