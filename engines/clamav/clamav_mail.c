/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * libclamav tells a mail by its first bytes, and takes one that begins with
 * a header it does not know for text or something else. So what may be a mail
 * is scanned with a header in front that it knows, and what several scans of
 * one content found is weighed here.
 */
#include "clamav_engine.h"

#include <string.h>
#include <strings.h>

bool assay__clamav_may_be_mail(const assay_content *content)
{
    return content->kind == ASSAY_CONTENT_MESSAGE ||
           (content->media_type &&
            !strncasecmp(content->media_type, "message/", 8));
}

bool assay__clamav_is_mbox(const assay_content *content)
{
    return content->size >= 5 && !memcmp(content->data, "From ", 5);
}

bool assay__clamav_begins_as_mail(const assay_content *content)
{
    static const char *const names[] = {
        "Received:",
        "Return-Path:",
        "Delivered-To:",
        "From:",
        "To:",
        "Cc:",
        "Subject:",
        "Date:",
        "Message-ID:",
        "Reply-To:",
        "MIME-Version:",
        "Content-Type:",
        "DKIM-Signature:",
        "ARC-Seal:",
        "Authentication-Results:",
        "Received-SPF:",
        "User-Agent:",
        "Sender:",
        "X-Mailer:",
        "List-Id:",
        "References:",
        "In-Reply-To:",
        "Content-Transfer-Encoding:",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);

        if (content->size > len && !strncasecmp(content->data, names[i], len))
            return true;
    }
    return false;
}

enum assay__clamav_weight assay__clamav_weight(const assay_finding *finding)
{
    switch (finding->found) {
    case ASSAY_FOUND_THREAT:
        return ASSAY__CLAMAV_WEIGHT_THREAT;
    case ASSAY_FOUND_NOTHING:
        return ASSAY__CLAMAV_WEIGHT_NOTHING;
    case ASSAY_FOUND_UNSCANNABLE:
        return finding->reason == ASSAY_REASON_ENCRYPTED
                   ? ASSAY__CLAMAV_WEIGHT_ENCRYPTED
               : finding->reason == ASSAY_REASON_MALFORMED
                   ? ASSAY__CLAMAV_WEIGHT_UNOPENED
                   : ASSAY__CLAMAV_WEIGHT_PARTIAL;
    default:
        return ASSAY__CLAMAV_WEIGHT_FAULT;
    }
}
