/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * When two messages are the same content: the same Content-Type and the same
 * body, byte for byte as received. The rest of the header differs from one
 * recipient of a mass mailing to the next.
 *
 * Short bodies have no fingerprint: "Hi" says nothing of who else says it.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_FINGERPRINT_H
#define ASSAY_STORE_ACTIVEFILTER_FINGERPRINT_H

#include "store/activefilter.h"

/** Bodies of fewer bytes have no fingerprint. */
enum { ASSAY__FINGERPRINT_BODY_MIN = 64 };

struct assay__fingerprint {
    bool has; /* false: this content is never linked with another */
    unsigned char bytes[ASSAY__FINGERPRINT_SIZE];
};

/** @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_STATE the message is not finished.
 *  Threads: the message's. Blocks: never; reads the whole body. */
assay_rc assay__fingerprint_make(assay_message *message,
                                 struct assay__fingerprint *out,
                                 assay_error *err);

#endif
