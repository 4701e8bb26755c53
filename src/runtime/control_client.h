/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One client of the console: reads a line, has it run in a thread of its own
 * kind, writes the answer, and only then looks at the next line. So a client
 * uses at most one line and one answer of memory, whatever it sends and
 * however little it reads.
 *
 *   READING --line--> RUNNING --done--> WRITING --all sent--> READING …
 *
 * Everything is for the server's thread alone, but for what a running command
 * has: session, line and reply.
 */
#ifndef ASSAY_RUNTIME_CONTROL_CLIENT_H
#define ASSAY_RUNTIME_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/control.h"

/** Longest time from the first byte of a line to its end, and for taking an
 *  answer; the timeout of the listener when that is shorter. */
#define ASSAY__CONTROL_STEP_MS 30000

enum assay__control_state {
    ASSAY__CONTROL_READING,
    ASSAY__CONTROL_RUNNING,
    ASSAY__CONTROL_WRITING,
    ASSAY__CONTROL_OVER /* to be closed */
};

struct assay__control_client {
    struct assay__control_client *next;
    int fd;                                 /* owned; -1: taken away */
    struct assay__control_session *session; /* owned */
    enum assay__control_state state;
    int64_t timeout_ms;
    int64_t since_ms;    /* CLOCK_MONOTONIC: waits for a line since then */
    int64_t deadline_ms; /* CLOCK_MONOTONIC; INT64_MAX while RUNNING */
    bool is_ending;      /* sends no more: over when what it sent is done */
    bool is_gone;        /* hung up: nothing is written any more */
    char in[ASSAY_CONTROL_LINE_MAX + 2]; /* a line and its CR LF */
    size_t in_len;
    size_t line_len;   /* of the line in front of in that RUNs, without its
                          end */
    size_t line_bytes; /* with it */
    struct assay__control_reply reply; /* of RUNNING and WRITING */
    char head[32];                     /* what stands before the answer */
    size_t head_len, sent;             /* sent: of both */
};

/** @param session  taken over when it worked. @return NULL: no memory */
struct assay__control_client *assay__control_client_new(
    int fd, struct assay__control_session *session, int64_t timeout_ms);
/** Closes the connection. No command may run. */
void assay__control_client_free(struct assay__control_client *client);

/** What poll is to look for: POLLIN, POLLOUT or 0. */
short assay__control_client_events(const struct assay__control_client *client);
/** Read what came. The state may become RUNNING: then the caller has
 *  assay__control_client_run() called in some thread. */
void assay__control_client_read(struct assay__control_client *client);
/** Run the line. Any thread; touches session, line and reply only. */
void assay__control_client_run(struct assay__control_client *client);
/** The command is done, or could not be begun: write what fits. The state may
 *  become RUNNING again. */
void assay__control_client_answer(struct assay__control_client *client);
/** Write more. The state may become RUNNING. */
void assay__control_client_write(struct assay__control_client *client);

#endif
