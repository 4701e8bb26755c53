/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "progress.h"

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 1000, /* work that is done by then shows no bar */
    REDRAW_MS = 100,
    DEFAULT_COLUMNS = 80,
    BAR_COLUMNS = 30
};

int64_t assay__progress_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void assay__progress_init(struct assay__progress *progress)
{
    progress->is_terminal = isatty(STDERR_FILENO);
    progress->start_ms = assay__progress_now_ms();
    progress->drawn_ms = progress->start_ms;
    progress->width = 0;
    (void)pthread_mutex_init(&progress->lock, NULL);
}

/* Blanks instead of a control sequence: any terminal understands them. */
static void erase_locked(struct assay__progress *progress)
{
    if (progress->width > 0)
        (void)fprintf(stderr, "\r%*s\r", (int)progress->width, "");
    progress->width = 0;
}

void assay__progress_fini(struct assay__progress *progress)
{
    erase_locked(progress); /* the threads that write have ended */
    (void)fflush(stderr);
    (void)pthread_mutex_destroy(&progress->lock);
}

bool assay__progress_is_due(const struct assay__progress *progress)
{
    int64_t now = assay__progress_now_ms();

    return progress->is_terminal && now - progress->start_ms >= PATIENCE_MS &&
           now - progress->drawn_ms >= REDRAW_MS;
}

static size_t terminal_columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return DEFAULT_COLUMNS;
    return size.ws_col;
}

void assay__progress_render(const struct assay__progress_state *state,
                            size_t columns, char *out, size_t size)
{
    char bar[BAR_COLUMNS + 16] = "";
    double seconds =
        state->elapsed_ms > 0 ? (double)state->elapsed_ms / 1e3 : 1e-3;

    if (state->bytes_total > 0) {
        double share = (double)state->bytes / (double)state->bytes_total;
        char cells[BAR_COLUMNS + 1] = "";

        share = share > 1.0 ? 1.0 : share;
        for (size_t i = 0; i < BAR_COLUMNS; i++)
            cells[i] = (double)i < share * BAR_COLUMNS ? '#' : '.';
        (void)snprintf(bar, sizeof bar, "%3d%% [%s] ", (int)(share * 100.0),
                       cells);
    }
    if (columns < size)
        size = columns + 1;
    (void)snprintf(out, size, "%s%ju messages, %.1f MB, %.1f MB/s", bar,
                   (uintmax_t)state->messages, (double)state->bytes / 1e6,
                   (double)state->bytes / 1e6 / seconds);
}

void assay__progress_draw(struct assay__progress *progress,
                          const struct assay__progress_state *state)
{
    char text[ASSAY__PROGRESS_COLUMNS_MAX + 1];
    int width;

    /* One column stays free, or the cursor would go to the next line. */
    assay__progress_render(state, terminal_columns() - 1, text, sizeof text);
    (void)pthread_mutex_lock(&progress->lock);
    erase_locked(progress);
    width = fprintf(stderr, "%s", text);
    progress->width = width > 0 ? (size_t)width : 0;
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&progress->lock);
    progress->drawn_ms = assay__progress_now_ms();
}

void assay__progress_write(struct assay__progress *progress, FILE *stream,
                           const char *text)
{
    (void)pthread_mutex_lock(&progress->lock);
    if (progress->width > 0) {
        erase_locked(progress);
        (void)fflush(stderr);
    }
    (void)fputs(text, stream);
    if (progress->is_terminal)
        (void)fflush(stream);
    (void)pthread_mutex_unlock(&progress->lock);
}
