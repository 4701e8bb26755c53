/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The effective policy of antivirus scopes as text: what is answered for each
 * cause and which option decides it, and the values that hold after
 * inheritance. Engines with the same policy share a table; lines have at most
 * 80 columns unless names are long.
 */
#ifndef ASSAY_RUNTIME_POLICY_TABLE_H
#define ASSAY_RUNTIME_POLICY_TABLE_H

#include "base/strbuf.h"
#include "runtime/generation.h"

/** Append the table of one scope. @return ASSAY_OK; ASSAY_E_NOMEM;
 *  ASSAY_E_LIMIT */
assay_rc assay__policy_table(const struct assay__generation *generation,
                             const struct assay__scope *scope,
                             struct assay__strbuf *out, assay_error *err);

/** Largest content in bytes that an engine takes (the smaller of max_size and
 *  its own max_filesize); UINT64_MAX: no limit.
 *  @param option_out  name of the option that says so; NULL: none */
uint64_t assay__engine_largest(const struct assay__engine_instance *engine,
                               const char **option_out);
/** Value of an engine's own size option; false when it has none so called, or
 *  when it has no effect because another process scans. */
bool assay__engine_size_option(const assay_engine_module *table,
                               const void *settings, const char *name,
                               uint64_t *out);

#endif
