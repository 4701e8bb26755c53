/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The stanza Control_Listener, where the console of a daemon listens:
 *
 *   Control_Listener { Listen "unix:/run/assay/console.sock" }
 */
#ifndef ASSAY_STANZAS_CONTROL_STANZA_H
#define ASSAY_STANZAS_CONTROL_STANZA_H

#include <stdint.h>

#include <assay/assay.h>

/** Where the console is when no configuration says so. */
#define ASSAY__CONTROL_SOCKET "/run/assay/console.sock"

/** Settings of the stanza, filled by the configuration reader. */
struct assay__control_settings {
    const char *listen;  /* as written; names a unix socket */
    uint32_t file_mode;  /* of the socket */
    int64_t timeout_s;   /* between two commands of a client */
    int64_t max_clients; /* at least 1 */
};

extern const assay_conf_stanza assay__control_stanza;

/** The settings; borrowed until assay_close(). @return NULL: there is no such
 *  stanza, hence no console */
const struct assay__control_settings *assay__control_find(assay *library);

/** The path of the socket in the option Listen; borrowed from it. */
const char *assay__control_path(const char *listen);

#endif
