/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * All readings of a message (AV-23). Aborts where a leaf that is told equals
 * one of the default reading or another one, or a bound is passed; and where
 * readers are said to agree although the tree was cut off.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mail/readings.h"

#define LEAVES_MAX 40u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static bool is_equal(assay_bytes a, assay_bytes b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static void check_default(assay_message *message, assay_bytes data)
{
    assay_part *part = NULL;
    assay_bytes known;

    require(assay_message_root(message, &part, NULL) == ASSAY_OK);
    for (; part; part = assay_part_thread(part)) {
        if (assay_part_decode(part, &known, NULL, NULL) == ASSAY_OK)
            require(!is_equal(known, data));
    }
}

static void check_leaves(assay_message *message,
                         const struct assay__readings *readings)
{
    size_t count = assay__readings_count(readings);

    require(count <= LEAVES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct assay__reading_leaf *leaf =
            assay__readings_leaf(readings, i);

        require(leaf->reading && leaf->media_type && leaf->data.len > 0);
        require(strchr(leaf->media_type, '/') != NULL);
        if (strcmp(leaf->reading, "default") == 0)
            continue; /* told because it is in doubt */
        check_default(message, leaf->data);
        for (size_t j = 0; j < i; j++)
            require(
                !is_equal(leaf->data, assay__readings_leaf(readings, j)->data));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const assay_message_limits limits = {.max_header_bytes = 4096,
                                         .max_headers = 20,
                                         .max_parts = 50,
                                         .max_depth = 8,
                                         .max_decoded_bytes = 65536};
    const struct assay__reading_bounds bounds = {.max_readings = 40,
                                                 .max_leaves = LEAVES_MAX,
                                                 .max_decoded_bytes = 262144};
    struct assay__readings *readings = NULL;
    assay_message *message = NULL;

    require(assay_message_new_borrowed(data, size, &limits, &message, NULL) ==
            ASSAY_OK);
    require(assay__readings_new(message, &bounds, &readings, NULL) == ASSAY_OK);
    check_leaves(message, readings);
    require(!assay__readings_agree(message) ||
            assay_message_tree_limits(message) == 0);
    assay__readings_free(&readings);
    assay_message_free(&message);
    return 0;
}
