/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "icap_url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SCHEME "icap://"

enum { PORT_DIGITS = 5, PORT_MAX = 65535 };

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* It stands in the first line of a request. */
static bool is_path_char(char c)
{
    return c > ' ' && c <= '~' && c != '#' && c != '"' && c != '<' && c != '>';
}

/* ---- host and port ------------------------------------------------------ */

/* @param port  what stands behind the host: "" or ":number" */
static assay_rc parse_port(const char *text, const char *port, size_t len,
                           struct assay__icap_url *out, assay_error *err)
{
    unsigned long number = ASSAY__ICAP_PORT;

    if (len > 0) {
        size_t digits = strspn(port + 1, "0123456789");

        number = strtoul(port + 1, NULL, 10);
        if (port[0] != ':' || digits + 1 != len || digits > PORT_DIGITS)
            number = 0;
    }
    if (number == 0 || number > PORT_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': behind the host stands a port (1 to %d) "
                               "or none",
                               text, PORT_MAX);
    (void)snprintf(out->port, sizeof out->port, "%lu", number);
    return ASSAY_OK;
}

static assay_rc parse_bracketed(const char *text, const char *at, size_t len,
                                struct assay__icap_url *out, assay_error *err)
{
    const char *end = memchr(at, ']', len);
    size_t size = end ? (size_t)(end - at) - 1 : 0;
    struct in6_addr ignored;

    if (size > 0 && size <= ASSAY__ICAP_HOST_MAX) {
        memcpy(out->host, at + 1, size);
        out->host[size] = '\0';
    }
    if (inet_pton(AF_INET6, out->host, &ignored) != 1)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': what stands in brackets is not an IPv6 "
                               "address",
                               text);
    return parse_port(text, at + size + 2, len - size - 2, out, err);
}

static assay_rc parse_host(const char *text, const char *at, size_t len,
                           struct assay__icap_url *out, assay_error *err)
{
    struct in_addr ignored;
    size_t size = 0;

    while (size < len && is_host_char(at[size]))
        size++;
    if (size == 0 || size > ASSAY__ICAP_HOST_MAX ||
        (size < len && at[size] != ':'))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': what stands behind %s is not a host "
                               "name",
                               text, SCHEME);
    memcpy(out->host, at, size);
    out->host[size] = '\0';
    out->is_name = inet_pton(AF_INET, out->host, &ignored) != 1;
    return parse_port(text, at + size, len - size, out, err);
}

/* ---- the whole ---------------------------------------------------------- */

static assay_rc parse_path(const char *text, const char *path,
                           struct assay__icap_url *out, assay_error *err)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < len; i++)
        if (!is_path_char(path[i]))
            return assay_error_set(err, ASSAY_E_INVAL,
                                   "'%s': a character of the service cannot "
                                   "stand in a request; write it as %%XX",
                                   text);
    if (len > ASSAY__ICAP_PATH_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': the service has at most %d bytes", text,
                               ASSAY__ICAP_PATH_MAX);
    (void)snprintf(out->path, sizeof out->path, "%s", len ? path : "/");
    return ASSAY_OK;
}

static assay_rc check_scheme(const char *text, assay_error *err)
{
    if (!strncasecmp(text, "icaps://", strlen("icaps://")))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': TLS is not spoken here; let a tunnel do "
                               "it and name its end",
                               text);
    if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': write icap://host:port/service", text);
    return ASSAY_OK;
}

assay_rc assay__icap_url_parse(const char *text, struct assay__icap_url *out,
                               assay_error *err)
{
    struct assay__icap_url url = {0};
    assay_rc rc = check_scheme(text, err);
    const char *host;
    size_t len;

    if (rc != ASSAY_OK)
        return rc;
    host = text + strlen(SCHEME);
    len = strcspn(host, "/?");
    rc = host[0] == '[' ? parse_bracketed(text, host, len, &url, err)
                        : parse_host(text, host, len, &url, err);
    if (rc == ASSAY_OK && host[len] == '?')
        rc = assay_error_set(err, ASSAY_E_INVAL,
                             "'%s': a service stands between host and "
                             "arguments",
                             text);
    if (rc == ASSAY_OK)
        rc = parse_path(text, host + len, &url, err);
    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(url.authority, sizeof url.authority,
                   host[0] == '[' ? "[%s]:%s" : "%s:%s", url.host, url.port);
    *out = url;
    return ASSAY_OK;
}
