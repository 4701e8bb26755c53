/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "http.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deadline.h"

enum {
    CONNECTIONS_MAX = 4, /* open at a time, of one handle */
    BODY_MIN = 4096      /* bytes, the first time */
};

struct assay__http {
    char *ca_file; /* set once; owned; NULL: those of the system */
    size_t max_idle;
    pthread_mutex_t lock;
    size_t idle_count; /* lock */
    CURL *idle[];      /* lock; max_idle of them */
};

/* One request while it runs. */
struct exchange {
    CURL *handle;
    struct curl_slist *headers;
    curl_mime *mime;
    struct assay__http_reply reply;
    size_t capacity; /* of reply.body */
    size_t header_bytes;
    bool is_too_long, no_memory;
    char error[CURL_ERROR_SIZE];
};

/* ---- the client --------------------------------------------------------- */

assay_rc assay__http_new(size_t max_idle, const char *ca_file,
                         struct assay__http **out, assay_error *err)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    struct assay__http *http;

    if (!(info->features & CURL_VERSION_THREADSAFE))
        return assay_error_set(err, ASSAY_E_ABI,
                               "libcurl %s cannot be initialised while other "
                               "threads run",
                               info->version);
    http = calloc(1, sizeof *http + max_idle * sizeof(CURL *));
    if (!http)
        return assay_error_set(err, ASSAY_E_NOMEM, "HTTP client");
    if (ca_file && !(http->ca_file = strdup(ca_file))) {
        free(http);
        return assay_error_set(err, ASSAY_E_NOMEM, "HTTP client");
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(http->ca_file);
        free(http);
        return assay_error_set(err, ASSAY_E_NOMEM,
                               "libcurl cannot be initialised");
    }
    http->max_idle = max_idle;
    pthread_mutex_init(&http->lock, NULL);
    *out = http;
    return ASSAY_OK;
}

void assay__http_free(struct assay__http **http)
{
    struct assay__http *old = *http;

    *http = NULL;
    if (!old)
        return;
    for (size_t i = 0; i < old->idle_count; i++)
        curl_easy_cleanup(old->idle[i]);
    pthread_mutex_destroy(&old->lock);
    free(old->ca_file);
    free(old);
    curl_global_cleanup();
}

/* The one used last: its connection is the most likely to be open still. */
static CURL *take_handle(struct assay__http *http)
{
    CURL *handle = NULL;

    pthread_mutex_lock(&http->lock);
    if (http->idle_count > 0)
        handle = http->idle[--http->idle_count];
    pthread_mutex_unlock(&http->lock);
    return handle ? handle : curl_easy_init();
}

static void put_handle(struct assay__http *http, CURL *handle)
{
    curl_easy_reset(handle); /* nothing of the request is pointed to any more;
                                connections stay */
    pthread_mutex_lock(&http->lock);
    if (http->idle_count < http->max_idle) {
        http->idle[http->idle_count++] = handle;
        handle = NULL;
    }
    pthread_mutex_unlock(&http->lock);
    curl_easy_cleanup(handle); /* NULL is fine */
}

/* ---- addresses ---------------------------------------------------------- */

static bool has_part(CURLU *url, CURLUPart part, const char *but)
{
    char *text = NULL;
    bool has;

    if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
        return false;
    has = strcmp(text, but) != 0;
    curl_free(text);
    return has;
}

static bool has_more(CURLU *url)
{
    return has_part(url, CURLUPART_USER, "") ||
           has_part(url, CURLUPART_PASSWORD, "") ||
           has_part(url, CURLUPART_QUERY, "") ||
           has_part(url, CURLUPART_FRAGMENT, "") ||
           has_part(url, CURLUPART_PATH, "/");
}

static assay_rc refuse_form(const char *text, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_INVAL,
                           "server '%.200s': write \"host:port\", "
                           "\"http://host:port\" or \"https://host:port\"",
                           text);
}

/* The parts of an address; all owned, by libcurl. */
struct parts {
    char *scheme, *host, *zone, *port;
};

/* libcurl keeps the zone of an IPv6 address apart: behind its %, which in an
 * URL is %25. */
static assay_rc write_parts(const struct parts *parts, const char *text,
                            char out[ASSAY__SERVER_TEXT_MAX], assay_error *err)
{
    size_t host_len = strlen(parts->host) - (parts->zone ? 1 : 0);
    int len = snprintf(out, ASSAY__SERVER_TEXT_MAX, "%s://%.*s%s%s%s:%s",
                       parts->scheme, (int)host_len, parts->host,
                       parts->zone ? "%25" : "", parts->zone ? parts->zone : "",
                       parts->zone ? "]" : "", parts->port);

    if (strcmp(parts->scheme, "http") != 0 &&
        strcmp(parts->scheme, "https") != 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "server '%.200s' is neither http nor https",
                               text);
    if (len < 0 || len >= ASSAY__SERVER_TEXT_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "server '%.200s' is too long", text);
    return ASSAY_OK;
}

static assay_rc write_server(CURLU *url, const char *text,
                             char out[ASSAY__SERVER_TEXT_MAX], assay_error *err)
{
    struct parts parts = {NULL, NULL, NULL, NULL};
    CURLUcode code = curl_url_get(url, CURLUPART_PORT, &parts.port, 0);
    assay_rc rc;

    (void)curl_url_get(url, CURLUPART_ZONEID, &parts.zone, 0);
    if (code == CURLUE_NO_PORT)
        rc = refuse_form(text, err);
    else if (code != CURLUE_OK ||
             curl_url_get(url, CURLUPART_SCHEME, &parts.scheme, 0) !=
                 CURLUE_OK ||
             curl_url_get(url, CURLUPART_HOST, &parts.host, 0) != CURLUE_OK)
        rc = assay_error_set(err, ASSAY_E_NOMEM, "server '%.200s'", text);
    else
        rc = write_parts(&parts, text, out, err);
    curl_free(parts.port);
    curl_free(parts.zone);
    curl_free(parts.host);
    curl_free(parts.scheme);
    return rc;
}

/* The port has to be there: the usual one would be that of HTTP, which is not
 * the service's. */
assay_rc assay__http_parse_server(const char *text,
                                  char out[ASSAY__SERVER_TEXT_MAX],
                                  assay_error *err)
{
    char full[ASSAY__SERVER_TEXT_MAX + 8];
    CURLU *url = NULL;
    assay_rc rc;

    (void)snprintf(full, sizeof full, "%s%.*s",
                   strstr(text, "://") ? "" : "http://",
                   ASSAY__SERVER_TEXT_MAX - 1, text);
    if (strlen(text) >= ASSAY__SERVER_TEXT_MAX || !(url = curl_url()) ||
        curl_url_set(url, CURLUPART_URL, full, CURLU_NON_SUPPORT_SCHEME) !=
            CURLUE_OK ||
        has_more(url))
        rc = refuse_form(text, err);
    else
        rc = write_server(url, text, out, err);
    curl_url_cleanup(url);
    return rc;
}

/* ---- settings ------------------------------------------------------------ */

/* libcurl would say so with each request only. */
static assay_rc check_ca_file(const char *path, assay_error *err)
{
    assay_rc rc = ASSAY_OK;
    struct stat status;
    /* O_NONBLOCK: a FIFO must not hold up the check. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "%s: no such file", path);
    if (fd < 0 || fstat(fd, &status))
        rc = assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %m", path);
    else if (!S_ISREG(status.st_mode))
        rc = assay_error_set(err, ASSAY_E_INVAL, "%s: is not a file", path);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

assay_rc assay__http_check(const assay_conf_list *servers, const char *usual,
                           const char *ca_file, const char **option_out,
                           assay_error *err)
{
    assay_rc rc =
        assay__servers_check(servers, usual, assay__http_parse_server, err);

    if (rc != ASSAY_OK) {
        *option_out = "servers";
        return rc;
    }
    if (ca_file)
        rc = check_ca_file(ca_file, err);
    if (rc != ASSAY_OK)
        *option_out = "tls_ca_file";
    return rc;
}

/* ---- callbacks of libcurl ----------------------------------------------- */

/* Doubled each time, as chunks may be of one byte. */
static bool reserve(struct exchange *exchange, size_t size)
{
    size_t capacity = exchange->capacity ? exchange->capacity : BODY_MIN;
    char *body;

    while (capacity <= size)
        capacity *= 2;
    if (capacity == exchange->capacity)
        return true;
    body = realloc(exchange->reply.body, capacity);
    if (!body)
        return false;
    exchange->reply.body = body;
    exchange->capacity = capacity;
    return true;
}

/* A return other than the bytes given ends the transfer. */
static size_t on_body(char *data, size_t one, size_t size, void *arg)
{
    struct exchange *exchange = arg;
    struct assay__http_reply *reply = &exchange->reply;

    (void)one; /* always 1 */
    if (size > ASSAY__HTTP_REPLY_MAX - reply->size) {
        exchange->is_too_long = true;
        return 0;
    }
    if (!reserve(exchange, reply->size + size)) {
        exchange->no_memory = true;
        return 0;
    }
    memcpy(reply->body + reply->size, data, size);
    reply->size += size;
    reply->body[reply->size] = '\0';
    return size;
}

/* Printable ASCII of it, without blanks around. */
static void keep_server(struct assay__http_reply *reply, const char *value,
                        size_t len)
{
    size_t used = 0;

    for (size_t i = 0; i < len && used + 1 < sizeof reply->server; i++) {
        char c = value[i];

        if (c > ' ' && c < 127)
            reply->server[used++] = c;
        else if (c == ' ' && used > 0)
            reply->server[used++] = ' ';
    }
    while (used > 0 && reply->server[used - 1] == ' ')
        used--;
    reply->server[used] = '\0';
}

/* Also for interim replies and trailers, so that there is no end of them. */
static size_t on_header(char *data, size_t one, size_t size, void *arg)
{
    struct exchange *exchange = arg;

    (void)one;
    if (size > ASSAY__HTTP_HEADER_MAX - exchange->header_bytes) {
        exchange->is_too_long = true;
        return 0;
    }
    exchange->header_bytes += size;
    if (size > 7 && !strncasecmp(data, "Server:", 7))
        keep_server(&exchange->reply, data + 7, size - 7);
    return size;
}

static curl_socket_t on_socket(void *arg, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    (void)arg;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

/* A part that is read where it lies; libcurl would copy it. */
struct reader {
    const char *data;
    size_t size, at;
};

static size_t on_read(char *buffer, size_t one, size_t size, void *arg)
{
    struct reader *reader = arg;
    size_t left = reader->size - reader->at;
    size_t count = size * one < left ? size * one : left;

    if (count > 0)
        memcpy(buffer, reader->data + reader->at, count);
    reader->at += count;
    return count;
}

/* For a request that is sent again because a kept connection had ended. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct reader *reader = arg;

    if (origin != SEEK_SET || offset < 0 || (size_t)offset > reader->size)
        return CURL_SEEKFUNC_CANTSEEK;
    reader->at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* ---- a request ---------------------------------------------------------- */

static bool add_part(curl_mime *mime, const struct assay__http_part *from)
{
    struct reader *reader = malloc(sizeof *reader);
    curl_mimepart *part = curl_mime_addpart(mime);

    if (!reader || !part) {
        free(reader);
        return false;
    }
    *reader = (struct reader){from->data, from->size, 0};
    if (curl_mime_data_cb(part, (curl_off_t)from->size, on_read, on_seek, free,
                          reader) != CURLE_OK) {
        free(reader);
        return false;
    }
    return curl_mime_name(part, from->name) == CURLE_OK &&
           (!from->type || curl_mime_type(part, from->type) == CURLE_OK);
}

static bool add_parts(struct exchange *exchange,
                      const struct assay__http_request *request)
{
    exchange->mime = curl_mime_init(exchange->handle);
    if (!exchange->mime)
        return false;
    for (size_t i = 0; i < request->part_count; i++)
        if (!add_part(exchange->mime, &request->parts[i]))
            return false;
    return curl_easy_setopt(exchange->handle, CURLOPT_MIMEPOST,
                            exchange->mime) == CURLE_OK;
}

static bool add_body(struct exchange *exchange,
                     const struct assay__http_request *request)
{
    CURL *handle = exchange->handle;

    if (request->part_count > 0)
        return add_parts(exchange, request);
    if (!request->body)
        return curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)request->body_size) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->body) ==
               CURLE_OK;
}

static bool add_header(struct exchange *exchange, const char *line)
{
    struct curl_slist *longer = curl_slist_append(exchange->headers, line);

    if (longer)
        exchange->headers = longer;
    return longer != NULL;
}

/* Without "Expect: 100-continue": it costs a round trip, and the size of what
 * is sent was checked before. */
static bool add_headers(struct exchange *exchange,
                        const struct assay__http_request *request)
{
    if (!add_header(exchange, "Expect:"))
        return false;
    for (size_t i = 0; i < request->header_count; i++)
        if (!add_header(exchange, request->headers[i]))
            return false;
    return curl_easy_setopt(exchange->handle, CURLOPT_HTTPHEADER,
                            exchange->headers) == CURLE_OK;
}

static bool set_url(CURL *handle, const struct assay__http_request *request)
{
    char url[ASSAY__SERVER_TEXT_MAX + 256];
    int len =
        snprintf(url, sizeof url, "%s%s", request->turn->server, request->path);

    return len > 0 && (size_t)len < sizeof url &&
           curl_easy_setopt(handle, CURLOPT_URL, url) == CURLE_OK;
}

/* Options that libcurl knows cannot fail but for want of memory, and the next
 * ones that matter would fail as well; those that keep us safe are checked. */
static bool set_manners(const struct assay__http *http, CURL *handle)
{
    (void)curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
    (void)curl_easy_setopt(handle, CURLOPT_HTTP_VERSION,
                           (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    /* Do not wait for a look-up that hangs; it ends by itself. */
    (void)curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    return curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") ==
               CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_SSLVERSION,
                            (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           (!http->ca_file || curl_easy_setopt(handle, CURLOPT_CAINFO,
                                               http->ca_file) == CURLE_OK);
}

static bool set_time(CURL *handle, const struct assay__server_turn *turn)
{
    int64_t left_ms = assay__cloudmark_left_ms(turn->deadline_ms);
    long ms = left_ms > 0 ? (long)left_ms : 1; /* 0 would mean: no limit */

    /* Without a limit of its own connecting ends after five minutes. */
    return curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, ms) == CURLE_OK &&
           curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, ms) == CURLE_OK;
}

static bool set_callbacks(struct exchange *exchange)
{
    CURL *handle = exchange->handle;

    (void)curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, exchange->error);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEDATA, exchange);
    (void)curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    return curl_easy_setopt(handle, CURLOPT_HEADERDATA, exchange) == CURLE_OK;
}

/* ---- what came of it ---------------------------------------------------- */

/* What libcurl says may quote the server. */
static const char *clean_error(struct exchange *exchange, CURLcode code)
{
    for (char *c = exchange->error; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    return exchange->error[0] ? exchange->error : curl_easy_strerror(code);
}

static assay_rc late(CURL *handle, const struct assay__server_turn *turn,
                     assay_error *err)
{
    curl_off_t connected_us = 0;

    (void)curl_easy_getinfo(handle, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    return assay_error_set(err, ASSAY_E_TIMEOUT, "%s: %s", turn->server,
                           connected_us > 0 ? "no answer in time"
                                            : "cannot be reached in time");
}

static assay_rc judge(struct exchange *exchange, CURLcode code,
                      const struct assay__server_turn *turn, assay_error *err)
{
    if (exchange->is_too_long)
        return assay_error_set(err, ASSAY_E_IO, "%s: the reply is too long",
                               turn->server);
    if (exchange->no_memory)
        return assay_error_set(err, ASSAY_E_NOMEM, "reply of %s", turn->server);
    if (code == CURLE_OUT_OF_MEMORY) /* of one header line libcurl says so */
        return assay_error_set(err, ASSAY_E_IO,
                               "%s: a header line is too long, or there is no "
                               "memory",
                               turn->server);
    if (code == CURLE_OK)
        return ASSAY_OK;
    if (code == CURLE_OPERATION_TIMEDOUT)
        return late(exchange->handle, turn, err);
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY)
        return assay_error_set(
            err, ASSAY_E_IO, "%s: what it answered is not HTTP", turn->server);
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "%s: %s", turn->server,
                           clean_error(exchange, code));
}

static assay_rc perform(const struct assay__http *http,
                        const struct assay__http_request *request,
                        struct exchange *exchange, assay_error *err)
{
    CURLcode code;

    if (!set_manners(http, exchange->handle) ||
        !set_url(exchange->handle, request) || !set_callbacks(exchange) ||
        !add_headers(exchange, request) || !add_body(exchange, request) ||
        !set_time(exchange->handle, request->turn))
        return assay_error_set(err, ASSAY_E_NOMEM, "request to %s",
                               request->turn->server);
    code = curl_easy_perform(exchange->handle);
    (void)curl_easy_getinfo(exchange->handle, CURLINFO_RESPONSE_CODE,
                            &exchange->reply.status);
    return judge(exchange, code, request->turn, err);
}

assay_rc assay__http_ask(struct assay__http *http,
                         const struct assay__http_request *request,
                         struct assay__http_reply *reply_out, assay_error *err)
{
    struct exchange exchange = {.handle = take_handle(http)};
    assay_rc rc;

    if (!exchange.handle)
        return assay_error_set(err, ASSAY_E_NOMEM, "HTTP handle");
    rc = perform(http, request, &exchange, err);
    curl_mime_free(exchange.mime);
    curl_slist_free_all(exchange.headers);
    put_handle(http, exchange.handle);
    if (rc == ASSAY_OK && !exchange.reply.body &&
        !(exchange.reply.body = calloc(1, 1)))
        rc = assay_error_set(err, ASSAY_E_NOMEM, "reply of %s",
                             request->turn->server);
    if (rc == ASSAY_OK)
        *reply_out = exchange.reply;
    else
        free(exchange.reply.body);
    return rc;
}

void assay__http_reply_fini(struct assay__http_reply *reply)
{
    free(reply->body);
    reply->body = NULL;
}

assay_rc assay__http_check_status(const struct assay__http_request *request,
                                  const struct assay__http_reply *reply,
                                  assay_error *err)
{
    const char *server = request->turn->server;
    assay_rc rc = ASSAY_E_IO;

    switch (reply->status) {
    case 200:
        return ASSAY_OK;
    case 413:
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "%s: the message is larger than it takes (413)",
                               server);
    case 404:
    case 405:
    case 501:
        rc = ASSAY_E_NOTFOUND;
        break;
    case 502:
    case 503:
    case 504:
        rc = ASSAY_E_UNAVAILABLE;
        break;
    default:
        break;
    }
    return assay_error_set(err, rc, "%s%s: it answers with status %ld", server,
                           request->path, reply->status);
}
