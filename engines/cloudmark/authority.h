/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The backend `authority`: a client of the Authority HTTP interface.
 *
 *     POST /score/v2/message           multipart/form-data: heloDomain,
 *                                      mailFrom, rcptTo, connIp, rfc822
 *     GET  /score/v2/max-message-size
 *     GET  /score/v2/ip/<address>
 *
 * How large a message may be is asked of each server once, by start() or
 * before its first message; a server without that page has no limit. A server
 * that cannot say is asked again after ASSAY__SERVER_BACKOFF_MS and scores
 * without a limit meanwhile.
 *
 * The interface has no version; the product name that a server gives in its
 * Server field stands for it.
 */
#ifndef ASSAY_CLOUDMARK_AUTHORITY_CLIENT_H
#define ASSAY_CLOUDMARK_AUTHORITY_CLIENT_H

#include <assay/scorer.h>

#define ASSAY__AUTHORITY_SERVER "http://127.0.0.1:2713"

/** Filled by the configuration from the options of authority.opt. */
struct assay__authority_settings {
    const char *recipient_separator;
    const char *category_key, *category_desc_key;
    const char *subcategory_key, *subcategory_desc_key;
    const char *rescan_key;
    const char *analysis_secret;
    const char *tls_ca_file;
};

extern const assay_conf_stanza assay__authority_conf;
extern const assay_scorer_ops assay__authority_ops;

#endif
