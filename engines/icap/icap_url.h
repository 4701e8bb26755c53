/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Where a service of an ICAP server is, as it is written in the option
 * `servers`:
 *
 *     "icap://scanner.example.org/avscan"   port 1344
 *     "icap://127.0.0.1:1344/avscan?allow204=on"   "icap://[::1]:1344/respmod"
 */
#ifndef ASSAY_ENGINE_ICAP_URL_H
#define ASSAY_ENGINE_ICAP_URL_H

#include <stdbool.h>

#include <assay/error.h>

enum {
    ASSAY__ICAP_HOST_MAX = 253, /* RFC 1035 section 2.3.4, as text */
    ASSAY__ICAP_PATH_MAX = 255,
    ASSAY__ICAP_PORT = 1344 /* RFC 3507 section 4.2 */
};

struct assay__icap_url {
    bool is_name; /* host is not an IP address: it must be looked up */
    char host[ASSAY__ICAP_HOST_MAX + 1];
    char port[6];                             /* decimal */
    char authority[ASSAY__ICAP_HOST_MAX + 9]; /* "host:port", "[v6]:port" */
    char path[ASSAY__ICAP_PATH_MAX + 1];      /* "/service?args" */
};

/**
 * @param out  untouched on failure
 * @return ASSAY_OK; ASSAY_E_INVAL with a sentence that quotes text
 */
assay_rc assay__icap_url_parse(const char *text, struct assay__icap_url *out,
                               assay_error *err);

#endif
