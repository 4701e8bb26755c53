/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a script says of single recipients of the message in progress, for
 * ActiveFilter (CM-29). Belongs to one session; not serialised.
 */
#ifndef ASSAY_POLICY_ACTIVEFILTER_DATA_H
#define ASSAY_POLICY_ACTIVEFILTER_DATA_H

#include "store/activefilter.h"

/** Limits on what one script may say. */
enum {
    ASSAY__ACTIVEFILTER_RECIPIENT_MAX = 512, /* bytes of an address */
    ASSAY__ACTIVEFILTER_KEY_MAX = 64,        /* bytes of a key */
    ASSAY__ACTIVEFILTER_VALUE_MAX = 4096,    /* bytes of a value */
    ASSAY__ACTIVEFILTER_KEYS_MAX = 64,       /* keys of one recipient */
    ASSAY__ACTIVEFILTER_DATA_MAX = 10000,    /* keys of all recipients, also of
                                                those that are refused later */
    ASSAY__ACTIVEFILTER_BYTES_MAX = 1 << 20, /* of all texts together; what is
                                                more fits in no document */
};

/** `{0}` is empty. */
struct assay__activefilter_data {
    struct assay__activefilter_datum *items; /* owned, with their strings */
    size_t count, capacity;
    size_t bytes; /* of all texts */
    char id[128]; /* of the registration; "" until one was made */
};

/** Copies all; a key that the address has already, written in upper or lower
 *  case, gets the new value.
 *  @return as assay_session_add_activefilter_data() */
assay_rc assay__activefilter_data_add(struct assay__activefilter_data *data,
                                      const char *address, const char *key,
                                      const char *value, assay_error *err);
void assay__activefilter_data_clear(struct assay__activefilter_data *data);

#endif
