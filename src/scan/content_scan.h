/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One content and one engine: is the verdict in the cache, is somebody else
 * about to find out, is the content small enough, what does the engine say.
 *
 * The cache is asked with the content as it lies in the message, so a hit
 * needs neither decoding nor another thread. A leaf that readers disagree on is
 * not remembered as one, so a hit also tells that they agree.
 */
#ifndef ASSAY_SCAN_CONTENT_SCAN_H
#define ASSAY_SCAN_CONTENT_SCAN_H

#include "scan/contents.h"

struct assay__content_result {
    bool is_inspected; /* and counted */
    bool is_in_doubt;  /* of a leaf (source->is_leaf): readers disagree on its
                          data, or it could not be decoded */
};

/** @param verdict  blank: an ERROR with engine, scope and epoch; judged here */
struct assay__content_result assay__content_scan(
    const struct assay__run *run, struct assay__engine_instance *engine,
    const struct assay__source *source, assay_verdict *verdict);

#endif
