/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What an Authority service answers, read strictly: JSON in which every member
 * that is looked at has the documented type and range, or the whole reply is
 * an error. Members that are not looked at may be anything.
 */
#ifndef ASSAY_CLOUDMARK_AUTHORITY_REPLY_H
#define ASSAY_CLOUDMARK_AUTHORITY_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include <assay/scorer.h>

/** Names of members that are not in the documented interface; NULL: not looked
 *  at. */
struct assay__authority_keys {
    const char *category, *category_desc;
    const char *sub_category, *sub_category_desc;
    const char *rescan; /* true or false, 1 or 0 */
};

/**
 * Read the reply to a message or an address.
 *
 * @param data       any bytes
 * @param score_out  arrives zeroed; not to be looked at after a failure
 * @return ASSAY_OK; ASSAY_E_IO, and err says what is wrong as the tail of
 *         "server: …"; ASSAY_E_NOMEM
 */
assay_rc assay__authority_reply_parse(const char *data, size_t size,
                                      const struct assay__authority_keys *keys,
                                      assay_score *score_out, assay_error *err);

/** Likewise the reply to max-message-size. @param bytes_out  > 0 */
assay_rc assay__authority_size_parse(const char *data, size_t size,
                                     int64_t *bytes_out, assay_error *err);

#endif
