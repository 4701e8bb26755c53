/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the 66 scan codes mean for a verdict, and which of several is the one
 * that is told.
 *
 * A provider reports all codes that apply; the interface of the csapi engine
 * has always had one. If any is of the scanner (AVS_), such a one is told, a
 * threat before all others; then the licence, what is general, and last the
 * decomposer. Of the decomposer's, what decides most: a fault before what
 * could not be opened, and that before what is harmless. Encrypted content is
 * the least of what could not be opened, because a policy may let it pass.
 */
#ifndef ASSAY_ENGINE_CSAPI_CODES_H
#define ASSAY_ENGINE_CSAPI_CODES_H

#include <assay/csapi_provider.h>
#include <assay/engine.h>

struct assay__csapi_meaning {
    const char *name;    /* "AVS_RESULT_VIRUS_FOUND" */
    const char *meaning; /* for people */
    assay_found found;   /* NOTHING: harmless */
    assay_reason reason;
    uint32_t limit; /* ASSAY_LIMIT_* bits */
};

/** @param code  below ASSAY_CSAPI_CODE_COUNT */
struct assay__csapi_meaning assay__csapi_code_meaning(assay_csapi_code code);

/** The one of several that is told; of equal ones the first.
 *  @param codes  below ASSAY_CSAPI_CODE_COUNT
 *  @param count  not 0 */
assay_csapi_code assay__csapi_code_select(const uint16_t *codes, size_t count);

#endif
