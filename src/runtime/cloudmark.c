/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The documented C functions of the cloudmark module (CM-33), in terms of the
 * session's.
 */
#include <assay/cloudmark.h>

#include <stdlib.h>
#include <string.h>

#include "mail/message_owner.h"
#include "runtime/assay_priv.h"
#include "runtime/generation.h"

static int rounded_down(const assay_score *score)
{
    return (int)score->score; /* 0 to 100: it was checked */
}

int cloudmark_score(assay_message *message, assay_session *accept,
                    assay_context *vctx)
{
    assay_score *score = calloc(1, sizeof *score);
    int result = -1;

    (void)vctx;
    if (score && message && accept &&
        assay_session_score(accept, message, score, NULL) == ASSAY_OK)
        result = rounded_down(score);
    free(score);
    return result;
}

int cloudmark_analysis(const char *header, assay_message *message,
                       unsigned *score_out)
{
    assay_session *session = message ? assay__message_owner(message) : NULL;
    assay_score *score = calloc(1, sizeof *score);
    int result = -1;

    if (score && session && header &&
        assay_session_analyze(session, message, header, strlen(header), score,
                              NULL) == ASSAY_OK) {
        *score_out = (unsigned)rounded_down(score);
        result = 0;
    }
    free(score);
    return result;
}

int cloudmark_score_af(assay_message *message, assay_session *accept,
                       assay_context *vctx, const char *af_id,
                       unsigned threshold)
{
    assay_score *score = calloc(1, sizeof *score);
    int result = -1;

    (void)vctx;
    if (score && message && accept &&
        assay_session_score_activefilter(accept, message, af_id, threshold,
                                         score, NULL) == ASSAY_OK)
        result = rounded_down(score);
    free(score);
    return result;
}

int cloudmark_score_ip(assay *assay_, const char *ipv4)
{
    struct assay__generation *generation = assay__present(assay_);
    assay_score *score = calloc(1, sizeof *score);
    int result = -1;

    if (score && ipv4 && generation->policy.scorer &&
        assay__scorer_score_address(generation->policy.scorer, ipv4, NULL,
                                    score, NULL) == ASSAY_OK)
        result = rounded_down(score);
    free(score);
    assay__generation_unref(&generation);
    return result;
}
