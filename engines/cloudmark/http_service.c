/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "http_service.h"

#include <stdio.h>
#include <string.h>

assay_rc assay__http_service_check(
    const assay_scorer_args *args,
    const struct assay__http_service_options *options, const char **option_out,
    assay_error *err)
{
    return assay__http_check(&args->servers, options->usual_server,
                             options->tls_ca_file, option_out, err);
}

assay_rc assay__http_service_open(
    struct assay__http_service *service, const assay_scorer_args *args,
    const struct assay__http_service_options *options, assay_error *err)
{
    const char *ignored;
    assay_rc rc = assay__http_service_check(args, options, &ignored, err);

    if (rc == ASSAY_OK)
        rc = assay__seal_init(&service->seal, options->analysis_secret, err);
    if (rc == ASSAY_OK)
        rc = assay__servers_new(&args->servers, options->usual_server,
                                assay__http_parse_server, &service->servers,
                                err);
    if (rc == ASSAY_OK)
        rc = assay__http_new(args->max_concurrency, options->tls_ca_file,
                             &service->http, err);
    return rc;
}

void assay__http_service_close(struct assay__http_service *service)
{
    assay__http_free(&service->http);
    assay__servers_free(&service->servers);
    assay__seal_fini(&service->seal);
}

/* ---- version ------------------------------------------------------------ */

struct asking {
    struct assay__http *http;
    const char *path;
    bool must_succeed;
    assay_scorer_version *version;
};

/* A proxy in front may show itself instead. */
static assay_rc ask_version(void *arg, const struct assay__server_turn *turn,
                            assay_error *err)
{
    const struct asking *asking = arg;
    const struct assay__http_request request = {.turn = turn,
                                                .path = asking->path};
    struct assay__http_reply reply;
    assay_rc rc = assay__http_ask(asking->http, &request, &reply, err);

    if (rc != ASSAY_OK)
        return rc;
    if (asking->must_succeed)
        rc = assay__http_check_status(&request, &reply, err);
    if (rc == ASSAY_OK)
        (void)snprintf(asking->version->engine, sizeof asking->version->engine,
                       "%s", reply.server);
    assay__http_reply_fini(&reply);
    return rc;
}

assay_rc assay__http_service_version(struct assay__http_service *service,
                                     const char *path, bool must_succeed,
                                     int64_t deadline_ms,
                                     assay_scorer_version *version_out,
                                     assay_error *err)
{
    struct asking asking = {service->http, path, must_succeed, version_out};

    memset(version_out, 0, sizeof *version_out);
    return assay__servers_ask(service->servers, deadline_ms, ask_version,
                              &asking, err);
}
