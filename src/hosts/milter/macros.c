/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Macros: what the MTA knows of a connection beyond the protocol.
 *
 * Only macros that Postfix and Sendmail send without being asked are used.
 */
#include "macros.h"

#include <stddef.h>
#include <stdio.h>

/* Longest name of a macro in the table. */
enum { MACRO_NAME_MAX = 31 };

static const struct {
    enum assay__macro_step step;
    const char *macro;
    const char *key;
    const char *value; /* NULL: that of the macro */
} macros[] = {
    {ASSAY__MACRO_CONNECT, "{daemon_addr}", "daemon_addr", NULL},
    {ASSAY__MACRO_HELO, "{tls_version}", "tls", NULL},
    {ASSAY__MACRO_HELO, "{cipher}", "tls_cipher", NULL},
    {ASSAY__MACRO_HELO, "{cipher_bits}", "tls_cipher_usebits", NULL},
    {ASSAY__MACRO_HELO, "{cert_subject}", "tls_client_cert_subject", NULL},
    {ASSAY__MACRO_HELO, "{cert_issuer}", "tls_client_cert_issuer", NULL},
    {ASSAY__MACRO_MAIL, "{auth_authen}", "auth_user", NULL},
    {ASSAY__MACRO_MAIL, "{auth_authen}", "auth_status", "pass"},
};

static const char *get(SMFICTX *ctx, const char *name)
{
    char copy[MACRO_NAME_MAX + 1]; /* libmilter takes no const */

    (void)snprintf(copy, sizeof copy, "%s", name);
    return smfi_getsymval(ctx, copy);
}

assay_rc assay__macros_copy(SMFICTX *ctx, enum assay__macro_step step,
                            assay_context *context, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
        const char *value;

        if (macros[i].step != step)
            continue;
        value = get(ctx, macros[i].macro);
        if (!value || value[0] == '\0') {
            (void)assay_context_delete(context, macros[i].key);
            continue;
        }
        if (macros[i].value)
            value = macros[i].value;
        rc = assay_context_set(context, macros[i].key, value, err);
        if (rc != ASSAY_OK)
            break;
    }
    return rc;
}

const char *assay__macros_queue_id(SMFICTX *ctx)
{
    return get(ctx, "i");
}
