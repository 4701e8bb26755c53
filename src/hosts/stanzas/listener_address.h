/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The address in the option Listen. It is checked with the configuration, by
 * every program that reads one, because libmilter reports a wrong address to
 * syslog only.
 */
#ifndef ASSAY_STANZAS_LISTENER_ADDRESS_H
#define ASSAY_STANZAS_LISTENER_ADDRESS_H

#include <assay/error.h>

/** Longest normalised address. */
#define ASSAY__LISTENER_ADDRESS_MAX 255

/** An address that was checked. */
struct assay__listener_address {
    char text[ASSAY__LISTENER_ADDRESS_MAX + 1]; /* as libmilter takes it */
    const char *path; /* of a unix socket, inside text; else NULL */
};

/**
 * Check an address and write it the way libmilter takes it.
 *
 * @param text  "unix:/path", "local:/path", "/path", "inet:port[@host]" or
 *              "inet6:port[@host]"; without a host: the loopback address
 * @param out   set on ASSAY_OK
 * @return ASSAY_OK; ASSAY_E_CONF with a text that says what is wrong
 */
assay_rc assay__listener_parse(const char *text,
                               struct assay__listener_address *out,
                               assay_error *err) ASSAY_MUST_CHECK;

/** The same for assay_conf_option.check. */
assay_rc assay__listener_check(const char *text, assay_error *err);

#endif
