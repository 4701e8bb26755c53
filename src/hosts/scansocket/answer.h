/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Answers of the assay protocol: made in memory, then sent whole, so that
 * nobody takes half of one for an answer.
 */
#ifndef ASSAY_SCANSOCKET_ANSWER_H
#define ASSAY_SCANSOCKET_ANSWER_H

#include <assay/assay.h>

#include "stream.h"

/** Longest answer. */
#define ASSAY__ANSWER_MAX ((size_t)64 << 20)

/** Once something did not fit, further calls do nothing. */
struct assay__answer {
    struct assay__stream text;
    struct assay__budget spare; /* for an error when there is no room left */
    assay_rc rc;
    assay_error err;
};

/** @param budget  borrowed until fini */
void assay__answer_init(struct assay__answer *answer,
                        struct assay__budget *budget);
void assay__answer_fini(struct assay__answer *answer);

/** "assay/1 ok". */
void assay__answer_ok(struct assay__answer *answer);
/** Forget what there is: "assay/1 error TEXT" and "end". Has memory of its own;
 *  when even that cannot be had, the answer is empty. */
void assay__answer_error(struct assay__answer *answer, const char *text);
/** "KEY=VALUE", coded; a line that would be too long is left out. */
void assay__answer_line(struct assay__answer *answer, const char *key,
                        const char *value);
void assay__answer_number(struct assay__answer *answer, const char *key,
                          int number);
void assay__answer_verdict(struct assay__answer *answer,
                           const assay_verdict *verdict);
void assay__answer_disposition(struct assay__answer *answer,
                               const assay_disposition *disposition);
/** "refused=ADDRESS CODE TEXT". */
void assay__answer_refused(struct assay__answer *answer, const char *recipient,
                           const assay_disposition *disposition);
/** Each variable. @param prefix  "conn." or "mess." */
void assay__answer_context(struct assay__answer *answer, const char *prefix,
                           const assay_context *context);
void assay__answer_edits(struct assay__answer *answer,
                         const assay_message *message);
/** "end". Turns an answer that could not be made into an error.
 *  @return false when it did; answer->err tells why */
bool assay__answer_end(struct assay__answer *answer);

#endif
