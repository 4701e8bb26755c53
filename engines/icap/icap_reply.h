/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One reply of an ICAP server, read as its bytes come (RFC 3507 section 4).
 *
 * Pure: no I/O, no clock, no allocation, and it makes no difference in which
 * pieces the bytes come. The ICAP header and the encapsulated HTTP header are
 * kept, the body is compared with that which was sent and thrown away. All of
 * it is bounded. What does not keep to the protocol is BAD, and so is never
 * read as a result; what ends early is not DONE.
 */
#ifndef ASSAY_ENGINE_ICAP_REPLY_H
#define ASSAY_ENGINE_ICAP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "icap_head.h"

enum {
    ASSAY__ICAP_LINE_MAX = 256,    /* bytes of a chunk's first line */
    ASSAY__ICAP_TRAILER_MAX = 4096 /* bytes behind the last chunk */
};

enum assay__icap_state {
    ASSAY__ICAP_IN_HEAD = 0, /* the ICAP header */
    ASSAY__ICAP_IN_HTTP,     /* the encapsulated header */
    ASSAY__ICAP_IN_SIZE,     /* first line of a chunk */
    ASSAY__ICAP_IN_CHUNK,
    ASSAY__ICAP_IN_CHUNK_END,
    ASSAY__ICAP_IN_TRAILER,
    ASSAY__ICAP_DONE,
    ASSAY__ICAP_BAD /* trouble says why */
};

struct assay__icap_reply {
    enum assay__icap_state state;
    const char *trouble;            /* static; the tail of a sentence */
    struct assay__icap_head icap;   /* icap.status is that of the reply */
    struct assay__icap_head http;   /* http.status: of the response in it */
    bool has_request, has_response; /* encapsulated header blocks */
    bool has_body;
    bool is_bare;      /* it does not say what it encapsulates: the connection
                          cannot be used again */
    bool has_trailer;  /* lines behind the body, which are not kept */
    bool is_same;      /* so far the body is the one that was sent */
    uint64_t body_len; /* bytes of the body so far */
    /* of the reader */
    const char *sent; /* borrowed */
    size_t sent_size;
    uint64_t body_max;
    size_t request_at, response_at, http_len; /* of the encapsulated header */
    uint64_t chunk_left;
    size_t line_len, trailer_len;
    char line[ASSAY__ICAP_LINE_MAX];
};

/**
 * Begin to read a reply.
 *
 * @param sent      what the body is compared with; borrowed
 * @param body_max  a longer body is BAD
 */
void assay__icap_reply_init(struct assay__icap_reply *reply, const void *sent,
                            size_t sent_size, uint64_t body_max);

/** Take bytes. @return how many; less than len when DONE or BAD */
size_t assay__icap_reply_feed(struct assay__icap_reply *reply, const char *data,
                              size_t len);

/** It is whole, and what it encapsulates is what was sent. */
bool assay__icap_reply_is_echo(const struct assay__icap_reply *reply);

#endif
