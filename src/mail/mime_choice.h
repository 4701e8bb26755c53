/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * All that a Content-Type may mean: the boundaries and containers that one
 * reader or another finds in it.
 */
#ifndef ASSAY_MAIL_MIME_CHOICE_H
#define ASSAY_MAIL_MIME_CHOICE_H

#include "mail/message_priv.h"

/** Most boundaries that are considered of one header; when there are more the
 *  notes say so. */
#define ASSAY__MIME_CHOICES_MAX 20

/**
 * Append the boundary that the profile's boundary_choice asks for: 0 is the
 * usual one, others are what loose or strict readers find in the header, or in
 * the text that follows it; past the last, the usual one. Counts them in the
 * notes.
 * @param type  value of the Content-Type header; "" for none
 * @return ASSAY_OK; ASSAY_E_NOTFOUND: absent; ASSAY_E_NOMEM; ASSAY_E_LIMIT
 */
assay_rc assay__mime_choose_boundary(assay_part *part, assay_bytes type,
                                     struct assay__strbuf *out);

/** The media type as LOOSE_TYPE and AS_BODY have it; the usual one without
 *  them. Static, or the one that was given. */
const char *assay__mime_loose_type(assay_part *part, assay_bytes type,
                                   const char *media_type);

#endif
