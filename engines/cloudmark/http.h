/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A small HTTP client over libcurl, for services that answer with a short
 * text: one request, one reply in memory, by a deadline.
 *
 * It speaks HTTP/1.1 over TCP or TLS and nothing else: no redirects, no proxy,
 * no cookies, no password files, nothing from the environment. Replies are
 * bounded in all their parts. Connections stay open between requests; each
 * belongs to a handle, and idle handles wait in a pool of the size given.
 *
 * Nothing is connected and no thread started before the first request. To look
 * up a host name libcurl starts a thread that ends by itself; it may outlive
 * the request, so modules with this in them are linked with -z nodelete.
 *
 * Sockets are CLOEXEC. libcurl 7.88 keeps a pair of connected sockets beside
 * each handle that are not, and has no option for it: a program that the host
 * starts may inherit them, but nothing is ever sent over them. Programs that
 * libassay starts inherit nothing.
 *
 * Locking: http->lock guards the stack of idle handles, for the moment that
 * one is taken or put back. It is never held across I/O.
 */
#ifndef ASSAY_CLOUDMARK_HTTP_H
#define ASSAY_CLOUDMARK_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

#include "servers.h"

enum {
    ASSAY__HTTP_REPLY_MAX = 1048576, /* bytes of a body */
    ASSAY__HTTP_HEADER_MAX = 65536   /* bytes of all header lines together */
};

struct assay__http;

/**
 * @param max_idle  most handles kept, with their connections; >= 1
 * @param ca_file   certificates of the authorities that are trusted, or NULL
 *                  for those of the system; copied
 * @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_ABI a libcurl that threads cannot
 *         initialise beside each other
 */
assay_rc assay__http_new(size_t max_idle, const char *ca_file,
                         struct assay__http **out, assay_error *err);
/** No request is running. NULL is fine. */
void assay__http_free(struct assay__http **http);

/**
 * What a backend over HTTP has to check of its settings.
 *
 * @param ca_file     as for assay__http_new(); its content is looked at when a
 *                    server is asked
 * @param option_out  set with a failure: "servers" or "tls_ca_file"
 * @return ASSAY_OK; what assay__servers_new() returns; ASSAY_E_NOTFOUND no such
 *         file; ASSAY_E_IO it cannot be read; ASSAY_E_INVAL it is no file
 */
assay_rc assay__http_check(const assay_conf_list *servers, const char *usual,
                           const char *ca_file, const char **option_out,
                           assay_error *err);

/** "host:port", "http://host:port" or "https://host:port" to the latter form;
 *  see assay__server_parse. ASSAY_E_INVAL for anything more. */
assay_rc assay__http_parse_server(const char *text,
                                  char out[ASSAY__SERVER_TEXT_MAX],
                                  assay_error *err);

/** A part of a multipart/form-data body; borrowed for the request. */
struct assay__http_part {
    const char *name;
    const char *type; /* media type, or NULL for none */
    const void *data;
    size_t size;
};

/** Borrowed for the call. With parts or a body it is a POST, else a GET. */
struct assay__http_request {
    const struct assay__server_turn *turn; /* where and until when */
    const char *path;                      /* with its slash; escaped */
    const char *const *headers; /* lines "Name: value" without line end */
    size_t header_count;
    const struct assay__http_part *parts;
    size_t part_count;
    const void *body; /* NULL: none */
    size_t body_size;
};

struct assay__http_reply {
    long status;
    char *body; /* NUL-terminated behind its bytes; never NULL on ASSAY_OK */
    size_t size;
    char server[64]; /* header field Server, without control characters */
};

/**
 * @param reply_out  set on ASSAY_OK only, whatever the status is; to be given
 *                   to assay__http_reply_fini()
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE no connection, or it broke off;
 *         ASSAY_E_TIMEOUT; ASSAY_E_IO what came is not HTTP or too long;
 *         ASSAY_E_NOMEM. err names the server.
 * Threads: any. Blocks: until the deadline.
 */
assay_rc assay__http_ask(struct assay__http *http,
                         const struct assay__http_request *request,
                         struct assay__http_reply *reply_out, assay_error *err);
void assay__http_reply_fini(struct assay__http_reply *reply);

/**
 * What a status says of the request.
 *
 * @return ASSAY_OK for 200; ASSAY_E_LIMIT 413; ASSAY_E_NOTFOUND 404, 405 and
 *         501; ASSAY_E_UNAVAILABLE 502, 503 and 504, which say that the
 *         service cannot answer now and so are no answer; else ASSAY_E_IO
 */
assay_rc assay__http_check_status(const struct assay__http_request *request,
                                  const struct assay__http_reply *reply,
                                  assay_error *err);

#endif
