/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/hidden_parts.h"

#include <string.h>

#include "mail/plain_part.h"

/* Engines may not open this container, or not see that it is one. */
static bool is_odd_container(const assay_part *part,
                             const assay_part_info *info)
{
    return !assay__plain_container(info->media_type) ||
           !assay__plain_headers(part);
}

static bool is_odd_leaf(const assay_part *part, const assay_part_info *info)
{
    return strncmp(info->media_type, "message/", 8) == 0 ||
           !assay__plain_headers(part);
}

void assay__hidden_walk_init(struct assay__hidden_walk *walk, assay_part *root)
{
    *walk = (struct assay__hidden_walk){.next = root};
}

/* @return true for a leaf that may be hidden */
static bool visit(struct assay__hidden_walk *walk, const assay_part *part)
{
    assay_part_info info;

    assay_part_get_info(part, &info);
    if (walk->in_odd && info.depth <= walk->odd_depth)
        walk->in_odd = false; /* the walk has left that container */
    if (!info.is_container)
        return info.body.len > 0 && (walk->in_odd || is_odd_leaf(part, &info));
    if (!walk->in_odd && is_odd_container(part, &info)) {
        walk->in_odd = true;
        walk->odd_depth = info.depth;
    }
    return false;
}

assay_part *assay__hidden_walk_next(struct assay__hidden_walk *walk)
{
    while (walk->next) {
        assay_part *part = walk->next;

        walk->next = assay_part_thread(part);
        if (visit(walk, part))
            return part;
    }
    return NULL;
}
