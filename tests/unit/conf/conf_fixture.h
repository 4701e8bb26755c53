/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the tests of src/conf share: parse a text, see the findings as one
 * string, look items up by name.
 */
#ifndef ASSAY_TESTS_CONF_FIXTURE_H
#define ASSAY_TESTS_CONF_FIXTURE_H

#include <assay/error.h>

#include "base/strbuf.h"
#include "conf/diag.h"
#include "conf/parse.h"
#include "conf/tree.h"

extern struct assay__conf_diags *diags;
extern struct assay__conf_tree *tree; /* NULL before a parse */
extern assay_error err;

/** For tcase_add_checked_fixture(). */
void conf_setup(void);
void conf_teardown(void);

/** Parse a text that is called "t.conf". */
assay_rc conf_parse(const char *text);
/** Parse, and fail the test with the findings unless there are none. */
const struct assay__conf_item *conf_parse_good(const char *text);
/** All findings as rendered, a line end after each; valid until the next call
 *  or the teardown. */
const char *conf_findings(void);
/** Item of that name in a stanza; fails the test without one. */
const struct assay__conf_item *conf_item(const struct assay__conf_item *stanza,
                                         const char *name);

#endif
