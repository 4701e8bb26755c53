/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Where a spamd listens, and how to connect to it:
 *
 *     "127.0.0.1:783"  "[::1]:783"  "spamd.example.org:783"
 *     "unix:/run/spamd.sock"
 */
#ifndef ASSAY_CLOUDMARK_SPAMD_ADDRESS_H
#define ASSAY_CLOUDMARK_SPAMD_ADDRESS_H

#include <stdbool.h>

#include <assay/error.h>

#include "servers.h"

enum {
    ASSAY__SPAMD_HOST_MAX = 253, /* RFC 1035 section 2.3.4, as text */
    ASSAY__SPAMD_PATH_MAX = 107  /* of sun_path, unix(7), without the NUL */
};

struct assay__spamd_address {
    bool is_unix;
    char host[ASSAY__SPAMD_HOST_MAX + 1]; /* "" for a unix socket */
    char port[6];                         /* decimal; "" for a unix socket */
    char path[ASSAY__SPAMD_PATH_MAX + 1]; /* "" for TCP */
};

/**
 * @param out  untouched on failure
 * @return ASSAY_OK; ASSAY_E_INVAL with a sentence that quotes text
 */
assay_rc assay__spamd_address_parse(const char *text,
                                    struct assay__spamd_address *out,
                                    assay_error *err);

/** For assay__servers_new(): the text as it is, when it is an address. */
assay_rc assay__spamd_server_parse(const char *text,
                                   char out[ASSAY__SERVER_TEXT_MAX],
                                   assay_error *err);

#endif
