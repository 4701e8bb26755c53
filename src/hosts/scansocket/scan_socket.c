/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Clients come in bursts, and one that finds no place gets an error at once. */
enum { BACKLOG = 1024 };

/* "inet:PORT@HOST", cut into its pieces; the host may stand in brackets. */
struct endpoint {
    int family;
    char port[8];
    char host[ASSAY__LISTENER_ADDRESS_MAX + 1];
};

static void cut_address(const char *text, struct endpoint *out)
{
    const char *port = strchr(text, ':') + 1;
    const char *host = strchr(port, '@');
    size_t len = host ? strlen(host + 1) : 0;

    memset(out, 0, sizeof *out);
    out->family = strncmp(text, "inet6:", 6) == 0 ? AF_INET6 : AF_INET;
    (void)snprintf(out->port, sizeof out->port, "%.*s",
                   (int)strspn(port, "0123456789"), port);
    if (len == 0)
        return;
    host++;
    if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    }
    (void)snprintf(out->host, sizeof out->host, "%.*s", (int)len, host);
}

/* @return a socket that listens; -1 with errno */
static int listen_at(const struct addrinfo *found)
{
    const int on = 1;
    int fd =
        socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int saved;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (found->ai_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
        bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

static assay_rc open_port(const char *text, int *fd_out, assay_error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    struct endpoint endpoint;
    int rc;

    cut_address(text, &endpoint);
    hints.ai_family = endpoint.family;
    rc = getaddrinfo(endpoint.host[0] != '\0' ? endpoint.host : NULL,
                     endpoint.port, &hints, &found);
    if (rc != 0)
        return assay_error_set(err, ASSAY_E_IO, "cannot listen on %s: %s", text,
                               gai_strerror(rc));
    *fd_out = listen_at(found);
    freeaddrinfo(found);
    if (*fd_out < 0)
        return assay_error_set(err, ASSAY_E_IO, "cannot listen on %s: %s", text,
                               strerrordesc_np(errno));
    return ASSAY_OK;
}

assay_rc assay__scan_socket_open(const struct assay__scan_settings *settings,
                                 struct assay__scan_socket *out,
                                 assay_error *err)
{
    assay_rc rc = assay__listener_parse(settings->listen, &out->address, err);

    if (rc == ASSAY_OK && out->address.path)
        rc = assay__socket_file_listen(out->address.path, settings->file_mode,
                                       &out->file, &out->fd, err);
    else if (rc == ASSAY_OK)
        rc = open_port(out->address.text, &out->fd, err);
    if (rc == ASSAY_OK)
        (void)listen(out->fd, BACKLOG); /* once more, for the number */
    return rc;
}

void assay__scan_socket_remove(struct assay__scan_socket *socket)
{
    assay__socket_file_remove(&socket->file);
    socket->file = (struct assay__socket_file){0};
}

void assay__scan_socket_close(struct assay__scan_socket *socket)
{
    assay__scan_socket_remove(socket);
    if (socket->fd >= 0)
        (void)close(socket->fd);
    socket->fd = -1;
}

void assay__scan_socket_peer(int fd, char *out, size_t size)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t len = sizeof address, peer_len = sizeof peer;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    (void)snprintf(out, size, "unknown");
    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0)
        return;
    if (address.ss_family == AF_UNIX) {
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) == 0)
            (void)snprintf(out, size, "uid=%lld pid=%lld", (long long)peer.uid,
                           (long long)peer.pid);
        return;
    }
    if (getnameinfo((const struct sockaddr *)&address, len, host, sizeof host,
                    port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        (void)snprintf(out, size, "address=%.*s port=%.*s", 45, host, 5, port);
}
