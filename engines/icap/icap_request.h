/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What is sent to an ICAP server: the head of a request and, chunk by chunk, a
 * content that stays where it is.
 *
 * Pure. A content is wrapped as the answer to a GET (RESPMOD), or as what a
 * POST brings (REQMOD). Nothing of a mail gets into the lines of a head as it
 * is: names are percent-encoded, and a media type is a token, a slash and a
 * token or is not told.
 */
#ifndef ASSAY_ENGINE_ICAP_REQUEST_H
#define ASSAY_ENGINE_ICAP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include <assay/conf.h>
#include <assay/engine.h>
#include <assay/error.h>

#include "icap_url.h"

enum {
    ASSAY__ICAP_REQUEST_MAX = 8192,
    ASSAY__ICAP_NAME_MAX = 120, /* bytes of a file name that are told */
    ASSAY__ICAP_TYPE_MAX = 127, /* RFC 6838 section 4.2: of each half */
    ASSAY__ICAP_CHUNK_MAX = 1 << 20,
    ASSAY__ICAP_HEADER_MAX = 256, /* of a line of the option `header` */
    ASSAY__ICAP_HEADERS_MAX = 16
};

/** How a request is put. Everything is borrowed. */
struct assay__icap_manner {
    const struct assay__icap_url *url;
    const char *user_agent;         /* NULL: none is told */
    const assay_conf_list *headers; /* lines without their end */
    bool is_reqmod;
    bool allows_204;
    bool has_preview;
    size_t preview;   /* bytes */
    bool tells_names; /* of file and type */
    bool closes;      /* the connection is not kept */
};

struct assay__icap_request {
    size_t len;
    char text[ASSAY__ICAP_REQUEST_MAX];
};

/** @return false when it does not fit */
bool assay__icap_request_options(const struct assay__icap_manner *manner,
                                 struct assay__icap_request *out);
/** Likewise for a content. */
bool assay__icap_request_scan(const struct assay__icap_manner *manner,
                              const assay_content *content,
                              struct assay__icap_request *out);

/** The name a content is sent under, with an extension. Borrowed. */
const char *assay__icap_request_name(const assay_content *content,
                                     bool tells_names);

/** Check of the option `header`. */
assay_rc assay__icap_request_check_header(const char *text, assay_error *err);

/* ---- what follows the head ---------------------------------------------- */

/** A request on its way: head, then up to `upto` bytes of data in chunks, then
 *  the end of chunks. */
struct assay__icap_upload {
    const char *head; /* borrowed */
    size_t head_left;
    const char *data;   /* borrowed; what is not sent yet */
    size_t data_left;   /* of the whole content */
    size_t upto;        /* bytes of it to send before the end of chunks */
    bool is_preview;    /* the end says whether that was all */
    bool is_ended;      /* line has the end of chunks, or it was sent */
    bool owes_line_end; /* of the chunk before */
    size_t chunk_left;
    size_t line_at, line_len;
    char line[32];
};

void assay__icap_upload_init(struct assay__icap_upload *upload,
                             const struct assay__icap_request *request,
                             const void *data, size_t size);
/** Send the first `preview` bytes only, until _go_on(). */
void assay__icap_upload_set_preview(struct assay__icap_upload *upload,
                                    size_t preview);
/** Send what the preview left. */
void assay__icap_upload_go_on(struct assay__icap_upload *upload);

/** What to send next. @return pieces; 0 when there is none for now */
size_t assay__icap_upload_next(struct assay__icap_upload *upload,
                               struct iovec pieces[3]);
/** So many bytes of those pieces went out. */
void assay__icap_upload_sent(struct assay__icap_upload *upload, size_t size);

#endif
