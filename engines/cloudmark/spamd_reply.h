/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replies of spamd (SpamAssassin's spamd/PROTOCOL), as they are when the
 * connection has ended:
 *
 *     SPAMD/1.1 0 EX_OK
 *     Content-length: 19
 *     Spam: True ; 1000.0 / 5.0
 *
 *     GTUBE,MSGID_SHORT
 *
 * All of it must be there, and nothing behind it: a reply without its length
 * could be one that was cut. Lines end in CRLF, headers may stand in any order
 * and unknown ones are ignored.
 */
#ifndef ASSAY_CLOUDMARK_SPAMD_REPLY_H
#define ASSAY_CLOUDMARK_SPAMD_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/error.h>

enum {
    ASSAY__SPAMD_REPLY_MAX = 65536, /* bytes */
    ASSAY__SPAMD_HEADERS_MAX = 64
};

/** Numbers as spamd writes them: at most 9 digits before the point and 6
 *  behind it. */
struct assay__spamd_reply {
    bool is_spam;
    double points, threshold;
    const char *symbols; /* of the reply: borrowed, not terminated */
    size_t symbols_len;
};

/**
 * The reply to SYMBOLS.
 *
 * @param out  set on ASSAY_OK only
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE it is cut off, or spamd says that it
 *         cannot do it now; ASSAY_E_LIMIT spamd says that the message is too
 *         large; ASSAY_E_IO spamd says anything else, or that is no reply. err
 *         is the tail of a sentence about the server.
 */
assay_rc assay__spamd_reply_parse(const char *data, size_t len,
                                  struct assay__spamd_reply *out,
                                  assay_error *err);

/**
 * The reply to PING.
 *
 * @param out  "SPAMD/1.5"; set on ASSAY_OK only
 * @return as assay__spamd_reply_parse()
 */
assay_rc assay__spamd_pong_parse(const char *data, size_t len, char *out,
                                 size_t size, assay_error *err);

#endif
