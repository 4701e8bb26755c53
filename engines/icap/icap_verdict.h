/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a reply means. Pure.
 *
 * Scanners tell a verdict in headers of their own, of the ICAP reply or of the
 * HTTP response in it; all are looked for in both. A header that speaks of a
 * threat holds whatever else the reply says. Clean is: no such header, and
 * status 204 where it is legal, or status 200 with an HTTP status 200 and
 * exactly the body that was sent; and all of the content was sent before.
 * Everything else is an error or unscannable.
 */
#ifndef ASSAY_ENGINE_ICAP_VERDICT_H
#define ASSAY_ENGINE_ICAP_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/conf.h>
#include <assay/engine.h>

#include "icap_reply.h"

/** What was asked, as far as it matters. */
struct assay__icap_asked {
    size_t size;      /* of the content */
    size_t sent;      /* bytes of it that were sent before the reply ended */
    bool is_all_sent; /* those are all, and that was said, too */
    bool allowed_204; /* the request said so */
    bool in_preview;  /* the reply is to a preview */
    bool is_reqmod;
    bool trusts_preview;                     /* option trust_preview */
    bool blocked_is_infected;                /* option blocked_is_infected */
    const assay_conf_list *infected_headers; /* option; may be NULL */
};

/**
 * Fill finding, which is as it was given to the scan op.
 *
 * @param reply  DONE
 */
void assay__icap_judge(const struct assay__icap_reply *reply,
                       const struct assay__icap_asked *asked,
                       assay_finding *finding);

/** The service as a whole cannot be used just now, by that status. */
bool assay__icap_is_refusal(unsigned status);

#endif
