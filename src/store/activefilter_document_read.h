/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Reading a document of ActiveFilter, which may be forged: no document type,
 * no entities, nothing from the network, libxml2's limits on size and depth.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_DOCUMENT_READ_H
#define ASSAY_STORE_ACTIVEFILTER_DOCUMENT_READ_H

#include <assay/activefilter.h>
#include <assay/message.h>

/** @param mail  what the document says is set on ASSAY_OK; name, delivered_s
 *               and problem are not touched
 *  @return ASSAY_OK; ASSAY_E_INVAL with a sentence that says why */
assay_rc assay__activefilter_document_read(assay_bytes xml,
                                           assay_activefilter_mail *mail,
                                           assay_error *err);

#endif
