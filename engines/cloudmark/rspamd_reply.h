/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What rspamd answers to a check, read strictly.
 *
 * The score follows from `score` and `required_score`, the points and from
 * where on rspamd rejects (mapping.h). What rspamd decided goes before points,
 * as rules can force an action:
 *
 *     reject, discard, quarantine      at least 90; with is_skipped, when
 *                                      a rule ended the check at once, 100
 *     no action, greylist, add header, less than 90
 *     rewrite subject, soft reject
 *     others, which an administrator   by the points
 *     named
 *
 * greylist and soft reject say that the same message may fare differently
 * later: rescan.
 */
#ifndef ASSAY_CLOUDMARK_RSPAMD_REPLY_H
#define ASSAY_CLOUDMARK_RSPAMD_REPLY_H

#include <stddef.h>

#include <assay/scorer.h>

/**
 * @param data       any bytes
 * @param score_out  arrives zeroed; with an analysis that leaves room for a
 *                   seal (seal.h). Not to be looked at after a failure
 * @return ASSAY_OK; ASSAY_E_IO, and err says what is wrong as the tail of
 *         "server: …"; ASSAY_E_NOMEM
 */
assay_rc assay__rspamd_reply_parse(const char *data, size_t size,
                                   assay_score *score_out, assay_error *err);

#endif
