/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An engine that is a network client, driven by commands on standard input, so
 * that a test script can compare what it says.
 *
 * usage: PLAYER MODE THREADS TIMEOUT_MS WORD…     WORDs: see the player
 *
 * MODE shared: all threads scan with one instance, as in a host. MODE each:
 * each thread has its own, and scans something harmless after each scan; that
 * keeps faults of one case from the next ones, and shows when an answer is
 * taken for another content ("keeper …" is then printed).
 *
 *     scan ID KIND TIMEOUT_MS SIZE LF bytes   KIND: file, part or message
 *     epoch | version | probe | refresh       after all scans before it
 *
 * answers, one line each, in any order:
 *
 *     scan ID FOUND REASON LIMITS SEEN "CODE" "INFO"
 *     epoch "…" | version "…" (LF as |) | probe RC "…" | refresh RC CHANGED
 *
 * and at the end "leaks DESCRIPTORS THREADS": how many more there are after
 * close than before open. What the engine logs goes to standard error.
 */
#ifndef ASSAY_CONFORMANCE_ENGINE_PLAYER_H
#define ASSAY_CONFORMANCE_ENGINE_PLAYER_H

#include <stdint.h>

#include <assay/engine.h>

/** Of the engine that is played. */
extern const assay_engine_ops *const player_ops;
/** Its settings by the words of the command line; valid until the end. */
const void *player_settings(char **words, int count);

/** What a player needs for that: both end the program when it cannot be. */
void player_die(const char *what);
int64_t player_number(const char *text);

#endif
