/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The address in the option Listen; the header tells the story.
 */
#include "stanzas/listener_address.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* Decimal digits of the largest port. */
enum { PORT_DIGITS = 5, PORT_MAX = 65535 };

static const struct {
    const char *prefix;
    const char *kind; /* as libmilter spells it */
    const char *loopback;
} families[] = {
    {"unix:", "unix", NULL},
    {"local:", "unix", NULL},
    {"inet:", "inet", "127.0.0.1"},
    {"inet6:", "inet6", "[::1]"},
};

static assay_rc set_address(struct assay__listener_address *out,
                            const char *kind, const char *rest,
                            const char *host, assay_error *err)
{
    int len = snprintf(out->text, sizeof out->text, "%s:%s%s%s", kind, rest,
                       host ? "@" : "", host ? host : "");

    if (len < 0 || (size_t)len >= sizeof out->text)
        return assay_error_set(err, ASSAY_E_CONF,
                               "the address is longer than %d bytes",
                               ASSAY__LISTENER_ADDRESS_MAX);
    return ASSAY_OK;
}

static assay_rc parse_path(const char *path,
                           struct assay__listener_address *out,
                           assay_error *err)
{
    const size_t path_max = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;
    assay_rc rc;

    if (path[0] != '/')
        return assay_error_set(err, ASSAY_E_CONF,
                               "'%s' is not an absolute path", path);
    if (strlen(path) > path_max)
        return assay_error_set(
            err, ASSAY_E_CONF,
            "the path of a unix socket has at most %zu bytes", path_max);
    rc = set_address(out, "unix", path, NULL, err);
    if (rc == ASSAY_OK)
        out->path = strchr(out->text, ':') + 1;
    return rc;
}

/* @return 0 when the text does not begin with a port and its end */
static unsigned long read_port(const char *text, const char **end_out)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long port = 0;

    *end_out = text + digits;
    if (digits > 0 && digits <= PORT_DIGITS &&
        (**end_out == '\0' || **end_out == '@'))
        port = strtoul(text, NULL, 10);
    return port <= PORT_MAX ? port : 0;
}

/* Every IPv6 address has two colons, and nothing else in here has. */
static bool has_ipv6(const char *text)
{
    const char *colon = strchr(text, ':');

    return colon && strchr(colon + 1, ':');
}

static assay_rc parse_port(const char *rest, const char *kind,
                           const char *loopback,
                           struct assay__listener_address *out,
                           assay_error *err)
{
    const char *end;

    if (strcmp(kind, "inet") == 0 && has_ipv6(rest))
        return assay_error_set(err, ASSAY_E_CONF,
                               "'inet:%s' has an IPv6 address: write "
                               "inet6:PORT@[ADDRESS]",
                               rest);
    if (read_port(rest, &end) == 0)
        return assay_error_set(err, ASSAY_E_CONF,
                               "'%s:%s': the port must be a number from 1 to "
                               "%d (%s:PORT@HOST)",
                               kind, rest, PORT_MAX, kind);
    if (*end == '@' && end[1] == '\0')
        return assay_error_set(err, ASSAY_E_CONF, "no host follows the '@'");
    out->path = NULL;
    return set_address(out, kind, rest, *end == '@' ? NULL : loopback, err);
}

assay_rc assay__listener_parse(const char *text,
                               struct assay__listener_address *out,
                               assay_error *err)
{
    if (text[0] == '/')
        return parse_path(text, out, err);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        size_t len = strlen(families[i].prefix);

        if (strncmp(text, families[i].prefix, len) != 0)
            continue;
        if (!families[i].loopback)
            return parse_path(text + len, out, err);
        return parse_port(text + len, families[i].kind, families[i].loopback,
                          out, err);
    }
    return assay_error_set(err, ASSAY_E_CONF,
                           "'%s' is neither unix:/path, inet:port@host nor "
                           "inet6:port@host",
                           text);
}

assay_rc assay__listener_check(const char *text, assay_error *err)
{
    struct assay__listener_address address;

    return assay__listener_parse(text, &address, err);
}
