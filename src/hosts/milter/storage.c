/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t count_stored(const assay_session *session)
{
    size_t count = 0;

    while (assay_session_stored(session, count))
        count++;
    return count;
}

/* MTAs compare with what the client wrote, which has the brackets. */
static assay_rc drop_one(SMFICTX *ctx, const char *recipient, assay_error *err)
{
    size_t size = strlen(recipient) + sizeof "<>";
    char *path = malloc(size);
    int rc;

    if (!path)
        return assay_error_set(err, ASSAY_E_NOMEM, "recipient");
    (void)snprintf(path, size, "<%s>", recipient);
    rc = smfi_delrcpt(ctx, path);
    free(path);
    if (rc == MI_SUCCESS)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_IO,
                           "the MTA does not let recipients be dropped, so "
                           "their mail would be delivered twice");
}

static assay_rc drop_stored(SMFICTX *ctx, const assay_session *session,
                            assay_error *err)
{
    const char *recipient;
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK; i++) {
        recipient = assay_session_stored(session, i);
        if (!recipient)
            break;
        rc = drop_one(ctx, recipient, err);
    }
    return rc;
}

assay_rc assay__storage_run(SMFICTX *ctx, assay_session *session,
                            struct assay__storage_result *out, assay_error *err)
{
    const assay_message *message = assay_session_message(session);
    struct assay__storage_result result = {.stored = count_stored(session)};
    assay_rc rc = ASSAY_OK;

    result.is_all = result.stored > 0 &&
                    result.stored == assay_message_recipient_count(message);
    if (result.stored > 0 && !result.is_all)
        rc = drop_stored(ctx, session, err);
    if (rc == ASSAY_OK && result.stored > 0)
        rc = assay_session_store(session, err);
    if (rc == ASSAY_OK)
        *out = result;
    return rc;
}
