/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "option_table.h"

#include <stdio.h>

#define LOCAL_SCAN
#include <local_scan.h>

#include "exports.h"

/* Exim writes here while it reads its configuration. Zero and NULL: not set. */
static uschar *table_socket;
static uschar *table_on_failure;
static uschar *table_on_refused;
static int table_timeout;
static int table_connect_timeout;

/* Exim looks names up by bisection: in the order of the alphabet. */
optionlist local_scan_options[] = {
    {"connect_timeout", opt_time, {&table_connect_timeout}},
    {"on_failure", opt_stringptr, {&table_on_failure}},
    {"on_refused", opt_stringptr, {&table_on_refused}},
    {"socket", opt_stringptr, {&table_socket}},
    {"timeout", opt_time, {&table_timeout}},
};

int local_scan_options_count =
    sizeof local_scan_options / sizeof local_scan_options[0];

static bool apply_number(struct assay__exim_options *options, const char *name,
                         int number, struct assay__exim_reason *why)
{
    char text[16];

    if (number == 0)
        return true;
    (void)snprintf(text, sizeof text, "%d", number);
    return assay__exim_options_set(options, name, text, why);
}

static bool apply_text(struct assay__exim_options *options, const char *name,
                       const uschar *text, struct assay__exim_reason *why)
{
    return !text || assay__exim_options_set(options, name, CCS text, why);
}

bool assay__exim_option_table_apply(struct assay__exim_options *options,
                                    struct assay__exim_reason *why)
{
    return apply_text(options, "socket", table_socket, why) &&
           apply_text(options, "on_failure", table_on_failure, why) &&
           apply_text(options, "on_refused", table_on_refused, why) &&
           apply_number(options, "timeout", table_timeout, why) &&
           apply_number(options, "connect_timeout", table_connect_timeout, why);
}
