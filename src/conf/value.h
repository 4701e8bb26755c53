/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From the text of a value to a typed one.
 *
 * Each function returns false with a sentence in why when the text is not of
 * the type; the sentence reads as the tail of "'name': …".
 */
#ifndef ASSAY_CONF_VALUE_H
#define ASSAY_CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/conf.h>

/** What is wrong with a value. */
struct assay__conf_why {
    char text[512];
    const char *nearest; /* a word that may be meant, or NULL */
};

bool assay__conf_to_int(const char *text, const assay_conf_option *option,
                        int64_t *out, struct assay__conf_why *why);
bool assay__conf_to_size(const char *text, const assay_conf_option *option,
                         uint64_t *out, struct assay__conf_why *why);
bool assay__conf_to_bool(const char *text, bool *out,
                         struct assay__conf_why *why);
bool assay__conf_to_perms(const char *text, uint32_t *out,
                          struct assay__conf_why *why);
bool assay__conf_to_enum(const char *text, const assay_conf_word *words,
                         int *out, struct assay__conf_why *why);

#endif
