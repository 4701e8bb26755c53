/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The stanza Scan_Listener: a socket on which programs that are no milter
 * clients have mail judged. There may be several, each with its own name:
 *
 *   Scan_Listener "exim" { Listen "unix:/run/assay/scan.sock" }
 */
#ifndef ASSAY_STANZAS_SCAN_STANZA_H
#define ASSAY_STANZAS_SCAN_STANZA_H

#include <stdint.h>

#include <assay/assay.h>

/** What a stream is taken for. */
enum assay__scan_content {
    ASSAY__SCAN_CONTENT_ANY, /* what looks like a mail is scanned both ways */
    ASSAY__SCAN_CONTENT_MAIL /* what looks like a mail is one */
};

/** Settings of the stanza, filled by the configuration reader. */
struct assay__scan_settings {
    const char *listen; /* as written; a valid address */
    uint32_t file_mode; /* of a unix socket */
    int64_t timeout_s;  /* to receive one request */
    int64_t read_timeout_s;
    int64_t max_connections; /* at least 1 */
    uint64_t max_size;       /* of one stream; at least 1 */
    uint64_t max_memory;     /* of all streams; at least 1 */
    int content;             /* enum assay__scan_content */
};

extern const assay_conf_stanza assay__scan_stanza;

/** The index-th listener. @param name_out  its instance name; both borrowed
 *  until assay_close() @return NULL past the last */
const struct assay__scan_settings *assay__scan_find(assay *library,
                                                    size_t index,
                                                    const char **name_out);

#endif
