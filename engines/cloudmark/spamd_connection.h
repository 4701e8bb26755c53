/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One exchange with a spamd: connect, send the request, close that direction,
 * and receive until spamd closes the other one.
 *
 * The socket never blocks; the call ends by its deadline whatever the peer
 * does. While sending it reads, because spamd may refuse before the end, and
 * when it cannot send any more it still reads what the peer had to say.
 */
#ifndef ASSAY_CLOUDMARK_SPAMD_CONNECTION_H
#define ASSAY_CLOUDMARK_SPAMD_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

#include "spamd_places.h"
#include "spamd_reply.h"

/** What is sent; borrowed. */
struct assay__spamd_request {
    const char *head;
    size_t head_len;
    const void *body; /* NULL only when body_len is 0 */
    size_t body_len;
};

/** All that the peer sent before it closed. */
struct assay__spamd_answer {
    bool is_early;  /* the request was not sent in full before it ended */
    bool is_broken; /* the connection was reset instead of closed */
    size_t len;
    char data[ASSAY__SPAMD_REPLY_MAX];
};

/**
 * @param deadline_ms  for all places together
 * @param answer_out   of any content after a failure
 * @return ASSAY_OK; ASSAY_E_UNAVAILABLE not to be reached, or closed without a
 *         word; ASSAY_E_TIMEOUT; ASSAY_E_IO more than ASSAY__SPAMD_REPLY_MAX,
 *         or no socket can be made. err is the tail of a sentence about the
 *         server.
 * Threads: any. Blocks: until the deadline.
 */
assay_rc assay__spamd_exchange(const struct assay__spamd_places *places,
                               const struct assay__spamd_request *request,
                               int64_t deadline_ms,
                               struct assay__spamd_answer *answer_out,
                               assay_error *err);

#endif
