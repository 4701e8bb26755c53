/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the backends that speak HTTP have in common: servers, a client, the
 * seal on analyses, and how the service tells its version.
 */
#ifndef ASSAY_CLOUDMARK_HTTP_SERVICE_H
#define ASSAY_CLOUDMARK_HTTP_SERVICE_H

#include <stdbool.h>

#include "http.h"
#include "seal.h"
#include "servers.h"

/** Embedded in an instance; not changed once open. */
struct assay__http_service {
    struct assay__servers *servers;
    struct assay__http *http;
    struct assay__seal seal;
};

/** What the settings of a backend say; borrowed for the call. */
struct assay__http_service_options {
    const char *usual_server;    /* when the option `servers` has none */
    const char *tls_ca_file;     /* NULL: those of the system */
    const char *analysis_secret; /* NULL: a random one */
};

/** As the operation `check` of a scorer. */
assay_rc assay__http_service_check(
    const assay_scorer_args *args,
    const struct assay__http_service_options *options, const char **option_out,
    assay_error *err);
/** Checks first; connects to nothing.
 *  @param service  zeroed; after a failure it is to be closed all the same */
assay_rc assay__http_service_open(
    struct assay__http_service *service, const assay_scorer_args *args,
    const struct assay__http_service_options *options, assay_error *err);
/** Accepts a half-open one. */
void assay__http_service_close(struct assay__http_service *service);

/**
 * As the operation `version` of a scorer: what the servers say of themselves in
 * the field Server of the reply to a GET of path.
 *
 * @param must_succeed  false: any reply will do, whatever its status
 */
assay_rc assay__http_service_version(struct assay__http_service *service,
                                     const char *path, bool must_succeed,
                                     int64_t deadline_ms,
                                     assay_scorer_version *version_out,
                                     assay_error *err);

#endif
