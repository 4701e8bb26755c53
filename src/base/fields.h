/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Records of numbers and texts for another process of the same build: each
 * field in the order it was written, numbers in host order, texts with their
 * length and a NUL behind. A reader trusts no length; once a field does not
 * fit it is marked failed and gives zeros and NULLs.
 */
#ifndef ASSAY_BASE_FIELDS_H
#define ASSAY_BASE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/** Failures are kept in the buffer; check it once at the end. */
void assay__fields_add_number(struct assay__strbuf *buf, uint64_t number);
/** @param text  NULL is another value than "" */
void assay__fields_add_text(struct assay__strbuf *buf, const char *text);

/** What is left to read; the bytes are borrowed. */
struct assay__fields {
    const char *at;
    size_t left;
    bool failed;
};

uint64_t assay__fields_number(struct assay__fields *fields);
/** @return borrowed from the bytes; NULL: none was written, or failed */
const char *assay__fields_text(struct assay__fields *fields);

#endif
