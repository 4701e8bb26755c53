/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where contents come from, in a URL: no name anybody could have. */
#define ORIGIN "mail.invalid"

/* ---- text --------------------------------------------------------------- */

static void add(struct assay__icap_request *out, const char *format, ...)
    ASSAY_PRINTF(2, 3);

/* Once it does not fit, len stays at its end. */
static void add(struct assay__icap_request *out, const char *format, ...)
{
    size_t room = sizeof out->text - out->len;
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(out->text + out->len, room, format, args);
    va_end(args);
    out->len = len < 0 || (size_t)len >= room ? sizeof out->text
                                              : out->len + (size_t)len;
}

/* What RFC 3986 section 2.3 leaves as it is. */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

/* The end of a name that is too long: it has the extension. */
static void add_name(struct assay__icap_request *out, const char *name)
{
    size_t len = strlen(name);

    if (len > ASSAY__ICAP_NAME_MAX)
        name += len - ASSAY__ICAP_NAME_MAX;
    for (; *name != '\0'; name++)
        if (is_plain(*name))
            add(out, "%c", *name);
        else
            add(out, "%%%02X", (unsigned char)*name);
}

/* ---- what a content is called ------------------------------------------- */

static size_t token_len(const char *text)
{
    size_t len = 0;

    while (is_plain(text[len]) || (text[len] && strchr("!#$&+^", text[len])))
        len++;
    return len;
}

/* RFC 6838 section 4.2 */
static bool is_media_type(const char *text)
{
    size_t type = token_len(text);
    size_t subtype = text[type] == '/' ? token_len(text + type + 1) : 0;

    return type > 0 && type <= ASSAY__ICAP_TYPE_MAX && subtype > 0 &&
           subtype <= ASSAY__ICAP_TYPE_MAX && text[type + 1 + subtype] == '\0';
}

static const char *media_type(const assay_content *content, bool tells_names)
{
    if (content->kind == ASSAY_CONTENT_MESSAGE)
        return "message/rfc822";
    if (tells_names && content->media_type &&
        is_media_type(content->media_type))
        return content->media_type;
    return "application/octet-stream";
}

const char *assay__icap_request_name(const assay_content *content,
                                     bool tells_names)
{
    if (content->kind == ASSAY_CONTENT_MESSAGE)
        return "message.eml";
    if (tells_names && content->file_name && content->file_name[0] != '\0')
        return content->file_name;
    return "content.bin";
}

/* ---- heads -------------------------------------------------------------- */

static void add_first(struct assay__icap_request *out, const char *method,
                      const struct assay__icap_manner *manner)
{
    out->len = 0;
    add(out, "%s icap://%s%s ICAP/1.0\r\nHost: %s\r\n", method,
        manner->url->authority, manner->url->path, manner->url->authority);
    if (manner->user_agent)
        add(out, "User-Agent: %s\r\n", manner->user_agent);
    for (size_t i = 0; manner->headers && i < manner->headers->count; i++)
        add(out, "%s\r\n", manner->headers->items[i]);
    if (manner->closes)
        add(out, "Connection: close\r\n");
}

bool assay__icap_request_options(const struct assay__icap_manner *manner,
                                 struct assay__icap_request *out)
{
    add_first(out, "OPTIONS", manner);
    add(out, "Encapsulated: null-body=0\r\n\r\n");
    return out->len < sizeof out->text;
}

/* @return where the second of the two begins */
static size_t add_http(const struct assay__icap_manner *manner,
                       const assay_content *content,
                       struct assay__icap_request *out)
{
    bool tells = manner->tells_names;
    size_t second;

    out->len = 0;
    add(out, "%s http://" ORIGIN "/", manner->is_reqmod ? "POST" : "GET");
    add_name(out, assay__icap_request_name(content, tells));
    add(out, " HTTP/1.1\r\nHost: " ORIGIN "\r\n%s",
        manner->is_reqmod ? "" : "\r\n");
    second = out->len;
    add(out, "%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
        manner->is_reqmod ? "" : "HTTP/1.1 200 OK\r\n",
        media_type(content, tells), content->size);
    return second;
}

bool assay__icap_request_scan(const struct assay__icap_manner *manner,
                              const assay_content *content,
                              struct assay__icap_request *out)
{
    struct assay__icap_request http;
    size_t second = add_http(manner, content, &http);

    add_first(out, manner->is_reqmod ? "REQMOD" : "RESPMOD", manner);
    if (manner->allows_204)
        add(out, "Allow: 204\r\n");
    if (manner->has_preview)
        add(out, "Preview: %zu\r\n", manner->preview);
    if (manner->is_reqmod)
        add(out, "Encapsulated: req-hdr=0, req-body=%zu\r\n\r\n", http.len);
    else
        add(out, "Encapsulated: req-hdr=0, res-hdr=%zu, res-body=%zu\r\n\r\n",
            second, http.len);
    if (http.len < sizeof http.text)
        add(out, "%.*s", (int)http.len, http.text);
    else
        out->len = sizeof out->text;
    return out->len < sizeof out->text;
}

/* ---- headers of the configuration --------------------------------------- */

/* These say how the message is built, and are not for anybody to set. */
static const char *const own_headers[] = {
    "Allow",   "Connection",     "Encapsulated",      "Host",
    "Preview", "Content-Length", "Transfer-Encoding", "User-Agent",
};

static bool is_own(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof own_headers / sizeof *own_headers; i++)
        if (strlen(own_headers[i]) == len &&
            !strncasecmp(own_headers[i], name, len))
            return true;
    return false;
}

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

assay_rc assay__icap_request_check_header(const char *text, assay_error *err)
{
    size_t name = token_len(text);

    if (strlen(text) > ASSAY__ICAP_HEADER_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a header has at most %d characters",
                               ASSAY__ICAP_HEADER_MAX);
    if (name == 0 || text[name] != ':' || !is_printable(text))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a header is written \"Name: value\", in "
                               "printable ASCII");
    if (is_own(text, name))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the engine sets this header itself");
    return ASSAY_OK;
}

/* ---- what follows the head ---------------------------------------------- */

void assay__icap_upload_init(struct assay__icap_upload *upload,
                             const struct assay__icap_request *request,
                             const void *data, size_t size)
{
    memset(upload, 0, sizeof *upload);
    upload->head = request->text;
    upload->head_left = request->len;
    upload->data = data;
    upload->data_left = upload->upto = size;
    upload->is_ended = size == 0;
}

void assay__icap_upload_set_preview(struct assay__icap_upload *upload,
                                    size_t preview)
{
    upload->is_preview = true;
    upload->is_ended = false;
    if (upload->upto > preview)
        upload->upto = preview;
}

void assay__icap_upload_go_on(struct assay__icap_upload *upload)
{
    upload->upto = upload->data_left;
    upload->is_preview = false;
    upload->is_ended = upload->data_left == 0;
}

/* The next chunk's first line, or the end of chunks. The line end behind a
 * chunk goes out with what comes behind it. */
static void begin_line(struct assay__icap_upload *upload)
{
    const char *before = upload->owes_line_end ? "\r\n" : "";
    size_t size = upload->upto < ASSAY__ICAP_CHUNK_MAX ? upload->upto
                                                       : ASSAY__ICAP_CHUNK_MAX;
    bool is_all = upload->is_preview && upload->data_left == 0;
    int len = size > 0
                  ? snprintf(upload->line, sizeof upload->line, "%s%zx\r\n",
                             before, size)
                  : snprintf(upload->line, sizeof upload->line, "%s0%s\r\n\r\n",
                             before, is_all ? "; ieof" : "");

    upload->line_at = 0;
    upload->line_len = (size_t)len;
    upload->chunk_left = size;
    upload->owes_line_end = size > 0;
    upload->is_ended = size == 0;
}

static void add_piece(struct iovec pieces[3], size_t *count, const char *data,
                      size_t size)
{
    if (size == 0)
        return;
    /* iov_base is for reading, too, and so not const. */
    memcpy(&pieces[*count].iov_base, &data, sizeof data);
    pieces[(*count)++].iov_len = size;
}

size_t assay__icap_upload_next(struct assay__icap_upload *upload,
                               struct iovec pieces[3])
{
    size_t count = 0;

    if (upload->line_at == upload->line_len && upload->chunk_left == 0 &&
        !upload->is_ended)
        begin_line(upload);
    add_piece(pieces, &count, upload->head, upload->head_left);
    add_piece(pieces, &count, upload->line + upload->line_at,
              upload->line_len - upload->line_at);
    add_piece(pieces, &count, upload->data, upload->chunk_left);
    return count;
}

static size_t take(size_t *left, size_t *size)
{
    size_t taken = *left < *size ? *left : *size;

    *left -= taken;
    *size -= taken;
    return taken;
}

void assay__icap_upload_sent(struct assay__icap_upload *upload, size_t size)
{
    size_t line_left = upload->line_len - upload->line_at;
    size_t taken;

    upload->head += take(&upload->head_left, &size);
    upload->line_at += take(&line_left, &size);
    taken = take(&upload->chunk_left, &size);
    upload->data += taken;
    upload->data_left -= taken;
    upload->upto -= taken;
}
