/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The C functions of the cloudmark module under their documented names
 * (CM-33), for hosts and languages that were written for them. New code uses
 * assay_session_score() and its like, which tell why something failed.
 *
 * A score is an integer from 0 to 100, rounded down; -1 says that the module
 * is not configured or that the score cannot be had. Threads and blocking: as
 * assay_session_score().
 */
#ifndef ASSAY_CLOUDMARK_H
#define ASSAY_CLOUDMARK_H

#include <assay/assay.h>

/** @param vctx  not looked at: the variables are set in message's own context;
 *               may be NULL */
ASSAY_API int cloudmark_score(assay_message *message, assay_session *accept,
                              assay_context *vctx);
/** Of a message in progress of a session.
 *  @param score_out  set unless -1 is returned
 *  @return 0, or -1 */
ASSAY_API int cloudmark_analysis(const char *header, assay_message *message,
                                 unsigned *score_out);
/** @param af_id      of the ActiveFilter registration; NULL: of the queue id
 *  @param threshold  0 to 100 */
ASSAY_API int cloudmark_score_af(assay_message *message, assay_session *accept,
                                 assay_context *vctx, const char *af_id,
                                 unsigned threshold);
/** As documented but for its first parameter: there may be several libraries
 *  in one process. @param ipv4  in numbers; IPv6 as well */
ASSAY_API int cloudmark_score_ip(assay *assay_, const char *ipv4);

#endif
