/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A whole message: tree, what parts say, data, renditions. Aborts where an
 * invariant of the tree does not hold.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <assay/message.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static bool is_inside(assay_bytes inner, assay_bytes outer)
{
    return inner.data >= outer.data &&
           inner.data + inner.len <= outer.data + outer.len;
}

static void check_part(assay_part *part, assay_bytes all)
{
    assay_part *parent = assay_part_parent(part);
    assay_part_info info, outer;
    size_t defects = 0;
    assay_bytes bytes;

    assay_part_get_info(part, &info);
    require(info.media_type && strchr(info.media_type, '/'));
    require(is_inside(info.header, all) && is_inside(info.body, all));
    require(info.is_attachment == (info.file_name != NULL));
    if (parent) {
        assay_part_get_info(parent, &outer);
        require(outer.is_container && info.depth == outer.depth + 1);
        require(is_inside(info.header, outer.body) || info.header.len == 0 ||
                info.body.len == 0);
    }
    if (!info.is_container)
        (void)!assay_part_decode(part, &bytes, &defects, NULL);
    else
        require(assay_part_decode(part, &bytes, NULL, NULL) == ASSAY_E_INVAL);
    (void)assay_part_header(part, "content-type", 1, &bytes);
}

static void check_tree(assay_message *message, assay_bytes all)
{
    assay_part *part = NULL;
    uint32_t count = 0;

    require(assay_message_root(message, &part, NULL) == ASSAY_OK && part);
    for (; part; part = assay_part_thread(part), count++)
        check_part(part, all);
    require(count == assay_message_part_count(message));
}

static void check_renditions(assay_message *message, assay_bytes all)
{
    assay_bytes bytes;

    require(assay_message_bytes(message, ASSAY_RENDITION_WIRE, &bytes, NULL) ==
            ASSAY_OK);
    require(bytes.len >= all.len);
    require(assay_message_edit(message, ASSAY_EDIT_REPLACE, "Subject", "x",
                               NULL) == ASSAY_OK);
    require(assay_message_edit(message, ASSAY_EDIT_DELETE, "To", NULL, NULL) ==
            ASSAY_OK);
    require(assay_message_edit(message, ASSAY_EDIT_PREPEND, "X-Fuzz", "y",
                               NULL) == ASSAY_OK);
    require(assay_message_bytes(message, ASSAY_RENDITION_CANONICAL, &bytes,
                                NULL) == ASSAY_OK);
    require(assay_message_header(message, "x-fuzz", 0, &bytes, NULL) ==
            ASSAY_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const assay_message_limits limits = {.max_header_bytes = 4096,
                                         .max_headers = 20,
                                         .max_parts = 50,
                                         .max_depth = 8,
                                         .max_decoded_bytes = 65536};
    assay_message *message = NULL;
    assay_bytes all;

    require(assay_message_new_borrowed(data, size, &limits, &message, NULL) ==
            ASSAY_OK);
    require(assay_message_bytes(message, ASSAY_RENDITION_RECEIVED, &all,
                                NULL) == ASSAY_OK);
    check_tree(message, all);
    check_renditions(message, all);
    assay_message_free(&message);
    return 0;
}
