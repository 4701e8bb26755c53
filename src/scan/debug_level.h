/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The option debug_level, which every stanza of a scanning module has.
 */
#ifndef ASSAY_SCAN_DEBUG_LEVEL_H
#define ASSAY_SCAN_DEBUG_LEVEL_H

#include <assay/conf.h>
#include <assay/log.h>

/** Its words, to values of assay_log_level; ends with name NULL. */
extern const assay_conf_word assay__debug_level_words[];

/** Where a stanza logs: its debug_level lets through more than the host asked
 *  for, never less. @param log may be NULL */
assay_log assay__debug_level_log(const assay_log *log, int debug_level);

#endif
