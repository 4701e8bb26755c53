/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "spamd_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIX_PREFIX "unix:"

enum { PORT_DIGITS = 5, PORT_MAX = 65535 };

_Static_assert(ASSAY__SERVER_TEXT_MAX > ASSAY__SPAMD_HOST_MAX + 10,
               "every address has room as a text");

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

static assay_rc bad(const char *text, const char *why, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_INVAL, "'%.*s': %s",
                           ASSAY__SERVER_TEXT_MAX, text, why);
}

static assay_rc parse_path(const char *text, struct assay__spamd_address *out,
                           assay_error *err)
{
    const char *path = text + strlen(UNIX_PREFIX);

    if (path[0] != '/')
        return bad(text, "the path of a socket begins with /", err);
    if (strlen(path) > ASSAY__SPAMD_PATH_MAX)
        return bad(text, "the path of a socket has at most 107 bytes", err);
    out->is_unix = true;
    (void)snprintf(out->path, sizeof out->path, "%s", path);
    return ASSAY_OK;
}

static assay_rc parse_port(const char *text, const char *port,
                           struct assay__spamd_address *out, assay_error *err)
{
    size_t digits = strspn(port, "0123456789");
    unsigned long number = strtoul(port, NULL, 10);

    if (digits == 0 || digits > PORT_DIGITS || port[digits] != '\0' ||
        number == 0 || number > PORT_MAX)
        return bad(text, "its port is not a number from 1 to 65535", err);
    (void)snprintf(out->port, sizeof out->port, "%lu", number);
    return ASSAY_OK;
}

/* "[::1]:783"; a scope such as %eth0 may follow the address. */
static assay_rc parse_bracketed(const char *text,
                                struct assay__spamd_address *out,
                                assay_error *err)
{
    const char *end = strchr(text, ']');
    size_t len = end ? (size_t)(end - text) - 1 : 0;
    char plain[ASSAY__SPAMD_HOST_MAX + 1];
    struct in6_addr ignored;

    if (!end || end[1] != ':' || len > ASSAY__SPAMD_HOST_MAX)
        return bad(text, "an IPv6 address is written [::1]:783", err);
    memcpy(out->host, text + 1, len);
    out->host[len] = '\0';
    (void)snprintf(plain, sizeof plain, "%.*s", (int)strcspn(out->host, "%"),
                   out->host);
    if (inet_pton(AF_INET6, plain, &ignored) != 1)
        return bad(text, "what stands in brackets is no IPv6 address", err);
    return parse_port(text, end + 2, out, err);
}

static assay_rc parse_host(const char *text, struct assay__spamd_address *out,
                           assay_error *err)
{
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;

    if (!colon)
        return bad(text, "write \"host:port\" or \"unix:/path\"", err);
    if (strchr(colon + 1, ':'))
        return bad(text, "an IPv6 address is written [::1]:783", err);
    for (size_t i = 0; i < len; i++)
        if (!is_host_char(text[i]))
            len = 0;
    if (len == 0 || len > ASSAY__SPAMD_HOST_MAX)
        return bad(text, "what stands before the colon is not a host name",
                   err);
    memcpy(out->host, text, len);
    out->host[len] = '\0';
    return parse_port(text, colon + 1, out, err);
}

assay_rc assay__spamd_address_parse(const char *text,
                                    struct assay__spamd_address *out,
                                    assay_error *err)
{
    struct assay__spamd_address address = {0};
    assay_rc rc;

    if (!strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)))
        rc = parse_path(text, &address, err);
    else if (text[0] == '[')
        rc = parse_bracketed(text, &address, err);
    else
        rc = parse_host(text, &address, err);
    if (rc == ASSAY_OK)
        *out = address;
    return rc;
}

assay_rc assay__spamd_server_parse(const char *text,
                                   char out[ASSAY__SERVER_TEXT_MAX],
                                   assay_error *err)
{
    struct assay__spamd_address address;
    assay_rc rc = assay__spamd_address_parse(text, &address, err);

    if (rc == ASSAY_OK)
        (void)snprintf(out, ASSAY__SERVER_TEXT_MAX, "%s", text);
    return rc;
}
