/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Scanner processes for the workers of `assay scan --isolate`: as many as
 * messages are judged at a time, each used by one worker at a time.
 *
 * Locking: isolation->lock guards the list of idle processes; it is not held
 * while one is started, asked or stopped.
 */
#ifndef ASSAY_CLI_ISOLATION_H
#define ASSAY_CLI_ISOLATION_H

#include <stddef.h>

#include <assay/scanner.h>

struct assay__isolation;

/**
 * Start the first process, which shows that the configuration works.
 *
 * @param config_path  borrowed until free
 * @param max_count    most processes that are ever in use at a time
 * @return ASSAY_OK; as assay_scanner_start()
 */
assay_rc assay__isolation_new(const char *config_path, size_t max_count,
                              struct assay__isolation **out, assay_error *err);
/** Ends all processes; none is in use. Accepts NULL. */
void assay__isolation_free(struct assay__isolation **isolation);

/** Scan in an idle process, or in a new one. Threads: any. */
void assay__isolation_scan(struct assay__isolation *isolation,
                           assay_message *message, const char *engine,
                           assay_verdict *verdict_out);

#endif
