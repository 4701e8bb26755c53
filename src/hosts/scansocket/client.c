/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "client.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

const char *assay__client_quote(struct assay__client_text *out,
                                const char *text)
{
    (void)snprintf(out->text, sizeof out->text, "%s", text);
    for (char *c = out->text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            *c = '\'';
        else if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
    return out->text;
}

int64_t assay__client_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void assay__client_log_verdict(const struct assay__client *client,
                               const char *what, const assay_verdict *verdict,
                               int64_t since_ms)
{
    struct assay__client_text info = {""};

    assay_log_write(client->log, ASSAY_LOG_INFO, "scan.request",
                    "listener=\"%s\" peer=\"%s\" %s status=%s reason=%s "
                    "engine=%s info=\"%s\" ms=%" PRId64,
                    client->listener, client->peer, what,
                    assay_status_name(verdict->status),
                    assay_reason_name(verdict->reason), verdict->engine,
                    assay__client_quote(&info, verdict->info),
                    assay__client_now_ms() - since_ms);
}

void assay__client_log_fault(const struct assay__client *client,
                             const char *what, const char *reason)
{
    struct assay__client_text quoted = {""};

    assay_log_write(client->log, ASSAY_LOG_WARN, "scan.fault",
                    "listener=\"%s\" peer=\"%s\" %s reason=\"%s\"",
                    client->listener, client->peer, what,
                    assay__client_quote(&quoted, reason));
}
