/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The icap engine: scanners behind ICAP (RFC 3507), as a client.
 *
 *   icap.c           options, operations, fail-over, the canary
 *   icap_server      one server: connections, health, what it says of itself
 *   icap_exchange    one request and its reply over a connection
 *   icap_request     what is sent
 *   icap_reply       what comes back, read byte by byte; icap_head its headers
 *   icap_service     what the answer to OPTIONS says
 *   icap_verdict     what a reply means
 *   icap_health, icap_resolver, icap_url
 */
#ifndef ASSAY_ENGINE_ICAP_H
#define ASSAY_ENGINE_ICAP_H

#include <assay/conf.h>
#include <assay/engine.h>

enum {
    ASSAY__ICAP_SERVERS_MAX = 16,
    ASSAY__ICAP_OPEN_MAX = 256 /* connections to a server */
};

enum assay__icap_method {
    ASSAY__ICAP_METHOD_AUTO,
    ASSAY__ICAP_METHOD_RESPMOD,
    ASSAY__ICAP_METHOD_REQMOD
};

struct assay__icap_settings {
    assay_conf_list servers;
    int method; /* enum assay__icap_method */
    const char *preview;
    bool trust_preview;
    bool allow_204;
    bool keep_alive;
    int64_t connections;
    bool send_names;
    const char *user_agent;
    assay_conf_list header;
    assay_conf_list infected_headers;
    bool blocked_is_infected;
    uint64_t max_reply;
    bool canary;
};

extern const assay_conf_stanza assay__icap_conf;
extern const assay_engine_ops assay__icap_ops;

/** Bytes of a preview by the option: whether there is one, and how many; auto
 *  is what the service wants. */
enum { ASSAY__ICAP_PREVIEW_AUTO = -1, ASSAY__ICAP_PREVIEW_OFF = -2 };
int64_t assay__icap_preview(const char *text);

#endif
