/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIX_PREFIX "unix:"

enum { PORT_DIGITS = 5, PORT_MAX = 65535 };

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* ---- unix sockets ------------------------------------------------------- */

static assay_rc parse_path(const char *text, const char *path,
                           struct assay__clamd_address *out, assay_error *err)
{
    if (path[0] != '/')
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': the path of a socket begins with /",
                               text);
    if (strlen(path) > ASSAY__CLAMD_PATH_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': the path of a socket has at most %d "
                               "bytes",
                               text, ASSAY__CLAMD_PATH_MAX);
    out->is_unix = true;
    (void)snprintf(out->path, sizeof out->path, "%s", path);
    return ASSAY_OK;
}

/* ---- TCP ---------------------------------------------------------------- */

static assay_rc parse_port(const char *text, const char *port,
                           struct assay__clamd_address *out, assay_error *err)
{
    size_t digits = strspn(port, "0123456789");
    unsigned long number = strtoul(port, NULL, 10);

    if (digits == 0 || digits > PORT_DIGITS || port[digits] != '\0' ||
        number == 0 || number > PORT_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': '%s' is not a port (1 to %d)", text, port,
                               PORT_MAX);
    (void)snprintf(out->port, sizeof out->port, "%lu", number);
    return ASSAY_OK;
}

/* "[::1]:3310"; a scope such as %eth0 may follow the address. */
static assay_rc parse_bracketed(const char *text,
                                struct assay__clamd_address *out,
                                assay_error *err)
{
    const char *end = strchr(text, ']');
    char host[ASSAY__CLAMD_HOST_MAX + 1];
    struct in6_addr ignored;
    size_t len = end ? (size_t)(end - text) - 1 : 0;

    if (!end || end[1] != ':' || len > ASSAY__CLAMD_HOST_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': an IPv6 address is written [::1]:3310",
                               text);
    memcpy(out->host, text + 1, len);
    out->host[len] = '\0';
    (void)snprintf(host, sizeof host, "%.*s", (int)strcspn(out->host, "%"),
                   out->host);
    if (inet_pton(AF_INET6, host, &ignored) != 1)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': '%s' is not an IPv6 address", text,
                               out->host);
    return parse_port(text, end + 2, out, err);
}

static assay_rc parse_host(const char *text, struct assay__clamd_address *out,
                           assay_error *err)
{
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    struct in_addr ignored;

    if (!colon)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': write \"host:port\" or the path of a "
                               "socket",
                               text);
    if (strchr(colon + 1, ':'))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': an IPv6 address is written [::1]:3310",
                               text);
    for (size_t i = 0; i < len; i++)
        if (!is_host_char(text[i]))
            len = 0;
    if (len == 0 || len > ASSAY__CLAMD_HOST_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%s': what stands before the colon is not a "
                               "host name",
                               text);
    memcpy(out->host, text, len);
    out->host[len] = '\0';
    out->is_name = inet_pton(AF_INET, out->host, &ignored) != 1;
    return parse_port(text, colon + 1, out, err);
}

assay_rc assay__clamd_address_parse(const char *text,
                                    struct assay__clamd_address *out,
                                    assay_error *err)
{
    struct assay__clamd_address address = {0};
    size_t prefix = strlen(UNIX_PREFIX);
    assay_rc rc;

    if (!strncmp(text, UNIX_PREFIX, prefix))
        rc = parse_path(text, text + prefix, &address, err);
    else if (text[0] == '/')
        rc = parse_path(text, text, &address, err);
    else if (text[0] == '[')
        rc = parse_bracketed(text, &address, err);
    else
        rc = parse_host(text, &address, err);
    if (rc != ASSAY_OK)
        return rc;
    (void)snprintf(address.text, sizeof address.text, "%s", text);
    *out = address;
    return ASSAY_OK;
}
