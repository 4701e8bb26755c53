/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The scorer `spamd`: SpamAssassin behind its own protocol.
 *
 *   spamd.c             the table, the options, and one call
 *   spamd_address.c     where a server listens
 *   spamd_places.c      its addresses, looked up with a deadline
 *   spamd_connection.c  one exchange
 *   spamd_reply.c       what came back
 */
#ifndef ASSAY_CLOUDMARK_SPAMD_H
#define ASSAY_CLOUDMARK_SPAMD_H

#include <assay/scorer.h>

/** Filled by the configuration from the options of spamd.opt. */
struct assay__spamd_settings {
    const char *user; /* NULL: none is sent */
    uint64_t max_size;
    const char *analysis_secret; /* NULL: a random one */
};

extern const assay_conf_stanza assay__spamd_conf;
extern const assay_scorer_ops assay__spamd_ops;

#endif
