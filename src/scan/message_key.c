/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/message_key.h"

#include "mail/limits.h"

/* Bytes of the key, so without padding. */
struct view {
    uint64_t max_header_bytes;
    uint64_t max_decoded_bytes;
    uint32_t max_headers;
    uint32_t max_parts;
    uint32_t max_depth;
    uint32_t use_wire_rep;
};

_Static_assert(sizeof(struct view) == 2 * 8 + 4 * 4, "padded");

static bool is_one(const struct assay__run *run,
                   const struct assay__scope_options *options)
{
    return run->message && !run->request->part && !options->mime_decompose &&
           !options->paranoid && !assay_message_edit_at(run->message, 0);
}

bool assay__message_key(const struct assay__run *run,
                        const struct assay__engine_instance *engine,
                        const char *epoch, struct assay__cache_key *key_out)
{
    const struct assay__engine_core *core = engine->core;
    struct assay__cache_subject subject = {.kind = ASSAY_CONTENT_MESSAGE,
                                           .encoding = ASSAY_ENCODING_BINARY,
                                           .media_type = "message/rfc822",
                                           .epoch = epoch,
                                           .options = core->id};
    const assay_message_limits *limits;
    struct view view;

    if (!is_one(run, &engine->options) ||
        assay_message_bytes(run->message, ASSAY_RENDITION_RECEIVED,
                            &subject.encoded, NULL) != ASSAY_OK)
        return false;
    limits = assay__message_limits(run->message);
    view = (struct view){.max_header_bytes = limits->max_header_bytes,
                         .max_decoded_bytes = limits->max_decoded_bytes,
                         .max_headers = limits->max_headers,
                         .max_parts = limits->max_parts,
                         .max_depth = limits->max_depth,
                         .use_wire_rep = engine->options.use_wire_rep};
    subject.view = (assay_bytes){(const char *)&view, sizeof view};
    return assay__cache_make_key(core->cache, &subject, key_out);
}
