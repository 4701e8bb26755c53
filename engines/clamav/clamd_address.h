/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Where a clamd listens, as it is written in the option `daemon`:
 *
 *     "127.0.0.1:3310"  "[::1]:3310"  "scanner.example.org:3310"
 *     "/run/clamav/clamd.ctl"  "unix:/run/clamav/clamd.ctl"
 */
#ifndef ASSAY_ENGINE_CLAMD_ADDRESS_H
#define ASSAY_ENGINE_CLAMD_ADDRESS_H

#include <stdbool.h>

#include <assay/error.h>

enum {
    ASSAY__CLAMD_HOST_MAX = 253, /* RFC 1035 section 2.3.4, as text */
    ASSAY__CLAMD_PATH_MAX = 107  /* of sun_path, unix(7), without the NUL */
};

struct assay__clamd_address {
    bool is_unix;
    bool is_name; /* host is not an IP address: it must be looked up */
    char host[ASSAY__CLAMD_HOST_MAX + 1];  /* "" for a unix socket */
    char port[6];                          /* decimal; "" for a unix socket */
    char path[ASSAY__CLAMD_PATH_MAX + 1];  /* "" for TCP */
    char text[ASSAY__CLAMD_HOST_MAX + 16]; /* as it was written, for people */
};

/**
 * @param out  untouched on failure
 * @return ASSAY_OK; ASSAY_E_INVAL with a sentence that quotes text
 */
assay_rc assay__clamd_address_parse(const char *text,
                                    struct assay__clamd_address *out,
                                    assay_error *err);

#endif
