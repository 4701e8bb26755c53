/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The backend `rspamd`: a client of the check of rspamd's normal worker.
 *
 *     POST /checkv2    the message; From, Rcpt, IP, Helo, Hostname, Queue-Id
 *     GET  /ping       for the version, which is in the field Server
 *
 * rspamd takes 80 KiB of header lines and breaks off beyond. So addresses and
 * names of more than ASSAY__RSPAMD_VALUE_MAX bytes are left out, and so are
 * recipients when all of them have more than ASSAY__RSPAMD_RECIPIENTS_MAX
 * bytes: those that do fit are given. (The other way that its protocol has for
 * long lists, a control block, makes rspamd 3.4 crash.)
 */
#ifndef ASSAY_CLOUDMARK_RSPAMD_H
#define ASSAY_CLOUDMARK_RSPAMD_H

#include <assay/scorer.h>

#define ASSAY__RSPAMD_SERVER "http://127.0.0.1:11333"

enum {
    ASSAY__RSPAMD_VALUE_MAX = 1024,
    ASSAY__RSPAMD_RECIPIENTS_MAX = 65536 /* of their header lines */
};

/** Filled by the configuration from the options of rspamd.opt. */
struct assay__rspamd_settings {
    const char *password;
    const char *analysis_secret;
    const char *tls_ca_file;
};

extern const assay_conf_stanza assay__rspamd_conf;
extern const assay_scorer_ops assay__rspamd_ops;

#endif
