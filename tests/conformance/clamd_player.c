/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamav engine as a client of clamd; see engine_player.h.
 *
 * usage: clamd_player MODE THREADS TIMEOUT_MS SESSIONS ADDRESS…
 */
#include "clamav_engine.h"
#include "clamd.h"
#include "engine_player.h"

const assay_engine_ops *const player_ops = &assay__clamd_ops;

const void *player_settings(char **words, int count)
{
    static struct assay__clamav_settings settings;

    if (count < 2)
        player_die("usage: clamd_player MODE THREADS TIMEOUT_MS SESSIONS "
                   "ADDRESS...");
    settings.daemon.items = (const char *const *)(words + 1);
    settings.daemon.count = (size_t)count - 1;
    settings.daemon_sessions = player_number(words[0]);
    return &settings;
}
