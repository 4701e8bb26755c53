/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a scorer is given of a message: its bytes in one rendition, the body
 * cut where it is to be (CM-08, CM-10), and the envelope, with all recipients
 * however many there are (CM-36).
 */
#ifndef ASSAY_SCAN_SCORE_SUBJECT_H
#define ASSAY_SCAN_SCORE_SUBJECT_H

#include <assay/message.h>
#include <assay/scorer.h>

#include "scan/scorer_options.h"

/** Who sent it; borrowed; NULL texts are unknown. */
struct assay__score_client {
    const char *address; /* as hosts write it: "192.0.2.1", "IPv6:…" */
    const char *host;
    const char *helo;
};

/**
 * The subject borrows from message, client and itself: nothing may be edited
 * while it is used. No MIME tree is walked.
 *
 * @param subject_out  set on ASSAY_OK; end it with assay__score_subject_fini()
 * @return ASSAY_OK; ASSAY_E_STATE the message is not finished; ASSAY_E_NOMEM
 */
assay_rc assay__score_subject_init(const struct assay__scorer_options *options,
                                   assay_message *message,
                                   const struct assay__score_client *client,
                                   assay_score_subject *subject_out,
                                   assay_error *err);
void assay__score_subject_fini(assay_score_subject *subject);

/** The address in numbers that a host's text stands for: without "IPv6:"; ""
 *  when it is neither IPv4 nor IPv6. Borrowed from text. */
const char *assay__score_address(const char *text);

#endif
