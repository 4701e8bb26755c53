/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a service says of itself in its answer to OPTIONS (RFC 3507 section
 * 4.10). Pure.
 */
#ifndef ASSAY_ENGINE_ICAP_SERVICE_H
#define ASSAY_ENGINE_ICAP_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/error.h>

#include "icap_head.h"

enum {
    ASSAY__ICAP_TAG_MAX = 32,        /* of an ISTag, RFC 3507 section 4.7 */
    ASSAY__ICAP_SERVICE_MAX = 128,   /* what is kept of its name */
    ASSAY__ICAP_TRANSFER_MAX = 1024, /* what is kept of a list of extensions */
    ASSAY__ICAP_PREVIEW_MAX = 1048576,
    ASSAY__ICAP_TTL_MIN_S = 1,
    ASSAY__ICAP_TTL_MAX_S = 86400
};

struct assay__icap_service {
    bool takes_respmod, takes_reqmod;
    bool allows_204;
    bool has_preview; /* preview is what it wants */
    uint32_t preview;
    uint32_t max_connections;          /* 0: it does not say */
    int64_t ttl_s;                     /* 0: it does not say */
    char tag[ASSAY__ICAP_TAG_MAX + 1]; /* ISTag; "" without a valid one */
    char name[ASSAY__ICAP_SERVICE_MAX];
    /* Extensions to send with a preview, not at all, or whole; "" when there
     * is no such list. One that was too long counts as "*". */
    char with_preview[ASSAY__ICAP_TRANSFER_MAX];
    char ignore[ASSAY__ICAP_TRANSFER_MAX];
    char complete[ASSAY__ICAP_TRANSFER_MAX];
};

/**
 * @param head  of a reply with status 200
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE it offers neither RESPMOD nor REQMOD.
 *         err is the tail of a sentence.
 */
assay_rc assay__icap_service_read(const struct assay__icap_head *head,
                                  struct assay__icap_service *out,
                                  assay_error *err);

/**
 * The ISTag of a reply, without its quotes.
 *
 * @param out  "" when there is none, or none of 1 to 32 printable characters
 */
void assay__icap_service_tag(const struct assay__icap_head *head,
                             char out[ASSAY__ICAP_TAG_MAX + 1]);

/** Whether a content of that name is sent with a preview. One that the
 *  service would ignore is not: it gets all of it, and shall say what it is. */
bool assay__icap_service_wants_preview(
    const struct assay__icap_service *service, const char *file_name);

#endif
