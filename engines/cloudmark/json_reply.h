/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replies in JSON, read strictly: what the services that speak HTTP share.
 *
 * A reply is one object (RFC 8259, UTF-8, no key twice, no number that is
 * infinite, no NUL in a text). Texts are taken only without control characters
 * and only when they fit; nothing is cut.
 */
#ifndef ASSAY_CLOUDMARK_JSON_REPLY_H
#define ASSAY_CLOUDMARK_JSON_REPLY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <assay/error.h>

/** @param out  one reference; json_decref() it. Errors: ASSAY_E_IO with the
 *  tail of a sentence, here and below. */
assay_rc assay__json_reply_parse(const char *data, size_t size, json_t **out,
                                 assay_error *err);

/** A member that is a number, and neither text nor truth value.
 *  @return ASSAY_OK; ASSAY_E_IO it is missing or something else */
assay_rc assay__json_reply_number(const json_t *object, const char *name,
                                  double *out, assay_error *err);

/** Copy a text. @param name  for err: what it is */
assay_rc assay__json_reply_copy(const json_t *text, const char *name, char *out,
                                size_t size, assay_error *err);

/** No control character of ASCII or Latin-1 in UTF-8. */
bool assay__json_reply_is_clean(const char *text, size_t len);

#endif
