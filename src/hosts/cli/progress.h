/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The progress bar, and all that is written beside it.
 *
 * The bar is drawn on standard error when that is a terminal and the work
 * takes longer than a second. Lines written through this module do not mix
 * with it, whatever thread they come from and whichever stream they go to.
 *
 * Locking: progress->lock guards the drawing; it is held while a terminal is
 * written to, and no other lock is taken then.
 */
#ifndef ASSAY_CLI_PROGRESS_H
#define ASSAY_CLI_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** Longest bar, in columns. */
#define ASSAY__PROGRESS_COLUMNS_MAX 200

struct assay__progress_state {
    uint64_t messages;
    uint64_t bytes;
    uint64_t bytes_total; /* 0: not known, then there is no bar */
    int64_t elapsed_ms;
};

struct assay__progress {
    bool is_terminal; /* set once by init */
    int64_t start_ms; /* set once by init */
    int64_t drawn_ms; /* owner thread */
    pthread_mutex_t lock;
    size_t width; /* progress->lock; columns of the bar shown now */
};

int64_t assay__progress_now_ms(void);

void assay__progress_init(struct assay__progress *progress);
void assay__progress_fini(struct assay__progress *progress);

/** True when a bar is to be drawn now. */
bool assay__progress_is_due(const struct assay__progress *progress);
void assay__progress_draw(struct assay__progress *progress,
                          const struct assay__progress_state *state);
/** Write text (whole lines) to stream, above the bar. Any thread. */
void assay__progress_write(struct assay__progress *progress, FILE *stream,
                           const char *text);

/** The bar as text, ASCII, at most columns wide. */
void assay__progress_render(const struct assay__progress_state *state,
                            size_t columns, char *out, size_t size);

#endif
