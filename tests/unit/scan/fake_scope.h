/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A dispatcher over scope "av1" with the fake engines alpha (instance one)
 * and beta (instance two), and scope "av2" with gamma (instance three).
 */
#ifndef ASSAY_TESTS_FAKE_SCOPE_H
#define ASSAY_TESTS_FAKE_SCOPE_H

#include "scan/dispatcher.h"

struct fake_scope {
    struct assay__engine_set *set;
    struct assay__scope *scopes[2];
    struct assay__dispatcher dispatcher; /* of scopes[0] alone */
    struct assay__dispatcher both;
    assay_log log;                              /* to the fake world */
    const struct assay__scope_options *options; /* while it is opened */
    const void *settings;
};

/** Options as without any configuration. */
struct assay__scope_options fake_options(void);
void fake_scope_open(struct fake_scope *fake);
/** The same with these options and settings for each engine. */
void fake_scope_open_with(struct fake_scope *fake,
                          const struct assay__scope_options *options,
                          const void *settings);
void fake_scope_close(struct fake_scope *fake);
/** A finished message over static text. */
assay_message *fake_message(const char *text);

#endif
