/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Building dispositions: code, enhanced status code (RFC 3463) and one clean
 * line of text from what a policy or an antivirus scope decided.
 */
#ifndef ASSAY_POLICY_DISPOSITION_H
#define ASSAY_POLICY_DISPOSITION_H

#include <assay/policy.h>

/** No objection. */
void assay__disposition_continue(assay_disposition *disposition);

/**
 * A reply by its code: 2xx is CONTINUE, 4xx TEMPFAIL, 5xx REJECT.
 *
 * @param text  may begin with an enhanced status code whose class agrees with
 *              the code; otherwise 4.7.1 or 5.7.1 is used (4.3.2 for 421).
 *              NULL counts as "". Control characters become '?'.
 * @return ASSAY_OK; ASSAY_E_INVAL for a code outside 200..299, 400..599; then
 *         the disposition is untouched
 */
assay_rc assay__disposition_reply(assay_disposition *disposition, int code,
                                  const char *text, assay_error *err);

/** Accept and drop. */
void assay__disposition_discard(assay_disposition *disposition,
                                const char *reason);

#endif
