/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Macros: what the MTA knows of a connection beyond the protocol.
 */
#ifndef ASSAY_MILTER_MACROS_H
#define ASSAY_MILTER_MACROS_H

#include <libmilter/mfapi.h>

#include <assay/message.h>

/** Steps after which the MTA tells more. */
enum assay__macro_step {
    ASSAY__MACRO_CONNECT, /**< daemon_addr */
    ASSAY__MACRO_HELO,    /**< tls, tls_cipher, … */
    ASSAY__MACRO_MAIL     /**< auth_user, auth_status */
};

/**
 * Copy the macros of a step to the connection context; keys whose macro is
 * not set any more are deleted.
 * @return ASSAY_OK; as assay_context_set()
 */
assay_rc assay__macros_copy(SMFICTX *ctx, enum assay__macro_step step,
                            assay_context *context,
                            assay_error *err) ASSAY_MUST_CHECK;

/** The queue id, as soon as the MTA has one; NULL before. Postfix knows it
 *  from the first accepted recipient on. Borrowed for the callback. */
const char *assay__macros_queue_id(SMFICTX *ctx);

#endif
