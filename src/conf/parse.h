/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From files to a tree. Grammar: docs/CONFIGURATION.md; a hand-written
 * recursive-descent parser over the tokens of conf/lexer.h, with include and
 * readonly_include of files and folders, that goes on after an error at the
 * next item so that one run finds all mistakes.
 *
 * An include is searched for beside the file it stands in, then in the folders
 * of the environment variable EC_CONF_SEARCH_PATH (separated by colons).
 */
#ifndef ASSAY_CONF_PARSE_H
#define ASSAY_CONF_PARSE_H

#include <assay/error.h>

#include "conf/diag.h"
#include "conf/files.h"
#include "conf/tree.h"

/* Limits; what is over one is a finding that names it. */
#define ASSAY__CONF_FILE_BYTES_MAX 16777216 /* 16 MiB */
#define ASSAY__CONF_FILES_MAX 1000          /* read for one tree */
#define ASSAY__CONF_INCLUDE_DEPTH_MAX 32
#define ASSAY__CONF_DEPTH_MAX 64      /* stanzas, lists and dicts */
#define ASSAY__CONF_ITEMS_MAX 1000000 /* items and values of one tree */

/**
 * Parse a file and all it includes.
 *
 * @param tree_out  set on ASSAY_OK and on ASSAY_E_CONF (then what could be
 *                  read, for rendering and for further checks)
 * @return ASSAY_OK; ASSAY_E_CONF with findings in diags; ASSAY_E_NOMEM
 */
assay_rc assay__conf_parse_file(const char *path,
                                struct assay__conf_diags *diags,
                                struct assay__conf_tree **tree_out,
                                assay_error *err);

/** Likewise from memory; relative includes are looked for beside name. */
assay_rc assay__conf_parse_text(const char *name, const char *text, size_t len,
                                struct assay__conf_diags *diags,
                                struct assay__conf_tree **tree_out,
                                assay_error *err);

/** Likewise from files in memory, of which the first is the main one; none is
 *  opened. What an include names is among them, or an empty folder. */
assay_rc assay__conf_parse_files(const struct assay__conf_files *files,
                                 struct assay__conf_diags *diags,
                                 struct assay__conf_tree **tree_out,
                                 assay_error *err);

#endif
