/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/scan_record.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "scan/dispatcher.h"

#define SCANNED_HEADER "X-Virus-Scanned"
#define STATUS_HEADER "X-Virus-Status"

enum { VALUE_MAX = 512 };

void assay__scan_record_init(struct assay__scan_record *record)
{
    memset(record, 0, sizeof *record);
    record->worst.status = ASSAY_STATUS_NO_ENGINE;
}

static bool has_looked(const assay_verdict *verdict)
{
    return verdict->status == ASSAY_STATUS_CLEAN ||
           verdict->status == ASSAY_STATUS_INFECTED ||
           (verdict->status == ASSAY_STATUS_UNSCANNABLE &&
            verdict->coverage.bytes_seen > 0);
}

void assay__scan_record_engine(struct assay__scan_record *record,
                               const assay_verdict *verdict)
{
    char name[ASSAY_NAME_MAX + ASSAY_EPOCH_MAX + 2];
    size_t len = strlen(record->engines);

    if (!has_looked(verdict) || verdict->engine[0] == '\0')
        return;
    (void)snprintf(name, sizeof name, "%s %s", verdict->engine, verdict->epoch);
    if (strstr(record->engines, name) ||
        len + strlen(name) + 2 >= sizeof record->engines)
        return;
    (void)snprintf(record->engines + len, sizeof record->engines - len, "%s%s",
                   len > 0 ? ", " : "", name);
}

void assay__scan_record_add(struct assay__scan_record *record,
                            const assay_verdict *verdict, bool is_whole)
{
    if (is_whole || verdict->status == ASSAY_STATUS_INFECTED)
        assay__verdict_merge(&record->worst, verdict);
}

/* Nothing in it can begin another header: infos are printable ASCII. */
static void write_status(const assay_verdict *verdict, char *value, size_t size)
{
    const char *reason = assay_reason_name(verdict->reason);

    switch (verdict->status) {
    case ASSAY_STATUS_CLEAN:
        assay__text_copy(value, size, "Clean");
        return;
    case ASSAY_STATUS_INFECTED:
        (void)snprintf(value, size, "Infected (%s)", verdict->info);
        return;
    case ASSAY_STATUS_NO_ENGINE:
        reason = "no engine was asked";
        break;
    case ASSAY_STATUS_SKIPPED:
        reason = verdict->info;
        break;
    default:
        break;
    }
    (void)snprintf(value, size, "Not scanned: %s",
                   reason[0] != '\0' ? reason
                                     : assay_status_name(verdict->status));
}

static assay_rc remove_forged(assay_message *message, assay_error *err)
{
    assay_rc rc = assay_message_edit(message, ASSAY_EDIT_DELETE, SCANNED_HEADER,
                                     NULL, err);

    if (rc == ASSAY_OK)
        rc = assay_message_edit(message, ASSAY_EDIT_DELETE, STATUS_HEADER, NULL,
                                err);
    return rc;
}

assay_rc assay__scan_record_set_headers(const struct assay__scan_record *record,
                                        const char *product,
                                        assay_message *message,
                                        assay_error *err)
{
    char value[VALUE_MAX];
    assay_rc rc = remove_forged(message, err);

    if (rc == ASSAY_OK && record->engines[0] != '\0') {
        (void)snprintf(value, sizeof value, "%s (%s)", product,
                       record->engines);
        rc = assay_message_edit(message, ASSAY_EDIT_APPEND, SCANNED_HEADER,
                                value, err);
    }
    if (rc != ASSAY_OK)
        return rc;
    write_status(&record->worst, value, sizeof value);
    return assay_message_edit(message, ASSAY_EDIT_APPEND, STATUS_HEADER, value,
                              err);
}
