/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Requests of the assay protocol (docs/SCAN_SOCKET.md), parsed line by line.
 *
 * The parser is strict: a line it does not understand ends the request with an
 * error, because a client that is misunderstood must not get a verdict about
 * something else. It knows nothing of sockets: whoever feeds it lines reads
 * the raw bytes that it asks for.
 */
#ifndef ASSAY_SCANSOCKET_REQUEST_H
#define ASSAY_SCANSOCKET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

/** Longest line in bytes, without its end. */
#define ASSAY__REQUEST_LINE_MAX 65536
/** Most lines of a request: 100,000 recipients and the rest. */
#define ASSAY__REQUEST_LINES_MAX 100200
/** Bytes of all texts of a request together, decoded, with their NULs. */
#define ASSAY__REQUEST_TEXT_MAX ((size_t)32 << 20)
/** Most bytes of the headers: what a message may have in front of its body. */
#define ASSAY__REQUEST_HEADERS_MAX ((size_t)1 << 20)

enum assay__request_kind { ASSAY__REQUEST_CHECK, ASSAY__REQUEST_SCAN };

/** Texts that may be given once. */
enum assay__request_field {
    ASSAY__FIELD_CLIENT,
    ASSAY__FIELD_PEER,
    ASSAY__FIELD_HOST,
    ASSAY__FIELD_EHLO,
    ASSAY__FIELD_SENDER,
    ASSAY__FIELD_SENDER_ARGS,
    ASSAY__FIELD_ID,
    ASSAY__FIELD_ENGINE,
    ASSAY__FIELD_COUNT
};

enum assay__body_kind {
    ASSAY__BODY_NONE, /* no line said where it is */
    ASSAY__BODY_INLINE,
    ASSAY__BODY_DESCRIPTOR
};

/** What comes next on the wire. */
enum assay__request_want {
    ASSAY__WANT_LINE,
    ASSAY__WANT_HEADERS, /* headers_len bytes, then a line */
    ASSAY__WANT_BODY,    /* body_number bytes, then a line */
    ASSAY__WANT_NOTHING  /* it is complete */
};

/** Texts that may be repeated. */
enum assay__request_list {
    ASSAY__LIST_RECIPIENTS,
    ASSAY__LIST_CONN,
    ASSAY__LIST_MESS
};

struct assay__request {
    enum assay__request_kind kind;
    size_t fields[ASSAY__FIELD_COUNT]; /* places in text; 0: not given */
    uint16_t port;                     /* 0: not given */
    bool has_port, has_headers;
    uint64_t headers_len;
    enum assay__body_kind body;
    uint64_t body_number; /* bytes inline, or the offset in the file */
    uint32_t lines;
    bool is_complete;
    size_t recipients;
    struct assay__stream text;  /* NUL-terminated texts, behind one byte */
    struct assay__stream items; /* of the lists */
};

/** @param budget  borrowed until fini */
void assay__request_init(struct assay__request *request,
                         struct assay__budget *budget);
void assay__request_fini(struct assay__request *request);

/**
 * Take one line.
 *
 * @param text      without its LF; any bytes
 * @param want_out  set on ASSAY_OK
 * @return ASSAY_OK; ASSAY_E_INVAL what is wrong with it; ASSAY_E_LIMIT too many
 *         lines or too much text; ASSAY_E_UNAVAILABLE, ASSAY_E_NOMEM
 */
assay_rc assay__request_line(struct assay__request *request, const char *text,
                             size_t len, enum assay__request_want *want_out,
                             assay_error *err) ASSAY_MUST_CHECK;

/** Borrowed until the next line. @return NULL: it was not given */
const char *assay__request_text(const struct assay__request *request,
                                enum assay__request_field field);

/**
 * Walk a list, in the order given.
 *
 * @param cursor   0 at first
 * @param key_out  may be NULL for recipients, which have none
 * @return false past the end
 */
bool assay__request_next(const struct assay__request *request,
                         enum assay__request_list list, size_t *cursor,
                         const char **key_out, const char **value_out);

#endif
