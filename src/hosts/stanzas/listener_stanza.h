/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The stanza Milter_Listener and what was set in it:
 *
 *   Milter_Listener { Listen "unix:/run/assay/milter.sock" }
 *
 * libmilter has one listener for a process, so there is one stanza.
 */
#ifndef ASSAY_STANZAS_LISTENER_STANZA_H
#define ASSAY_STANZAS_LISTENER_STANZA_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/assay.h>

/** Settings of the stanza, filled by the configuration reader. */
struct assay__listener_settings {
    const char *listen;      /* as written; a valid address */
    uint32_t file_mode;      /* of a unix socket */
    int64_t timeout_s;       /* of the MTA, between two of its commands */
    int64_t max_connections; /* 0: no limit */
};

extern const assay_conf_stanza assay__listener_stanza;

/** Whether the configuration has the stanza. */
bool assay__listener_is_wanted(assay *library);

/**
 * The settings of the one listener.
 *
 * @param out  strings are borrowed until assay_close()
 * @return ASSAY_OK; ASSAY_E_CONF when there is none
 */
assay_rc assay__listener_find(assay *library,
                              struct assay__listener_settings *out,
                              assay_error *err) ASSAY_MUST_CHECK;

#endif
