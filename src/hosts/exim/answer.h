/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An answer on the scan socket (docs/SCAN_SOCKET.md), read into lines of key
 * and value. It is one only when it is complete and every line can be read;
 * everything else is a failure with a reason.
 */
#ifndef ASSAY_HOSTS_EXIM_ANSWER_H
#define ASSAY_HOSTS_EXIM_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "client.h"
#include "reason.h"

enum {
    ASSAY__EXIM_ANSWER_MAX = 8 * 1024 * 1024, /* bytes */
    ASSAY__EXIM_ANSWER_LINE_MAX = 65536,      /* bytes, without LF */
    ASSAY__EXIM_ANSWER_LINES_MAX = 100200,
};

/* All are in the answer's bytes, decoded. Of a line `refused`, value is the
 * address and reply what stands behind it ("550 5.1.1 no such mailbox"). */
struct assay__exim_line {
    const char *key, *value;
    const char *reply; /* NULL with every other key */
};

struct assay__exim_answer {
    bool is_error; /* it was `assay/1 error`: assayd is there and cannot say */
    struct assay__exim_buffer bytes;
    struct assay__exim_line *lines;
    size_t count;
};

/** Whether the bytes so far end with the line `end`. @param scanned  bytes
 *  that were looked at before; 0 at first
 *  @return false with a reason in why for what can never be an answer */
bool assay__exim_answer_is_complete(const struct assay__exim_answer *answer,
                                    size_t *scanned, bool *complete_out,
                                    struct assay__exim_reason *why);
/** Split and decode what is complete. @return false also for an answer
 *  `assay/1 error`, with its text */
bool assay__exim_answer_parse(struct assay__exim_answer *answer,
                              struct assay__exim_reason *why);
/** Both, reading from a connection. The answer is empty before. */
bool assay__exim_answer_read(struct assay__exim_answer *answer,
                             struct assay__exim_client *client,
                             struct assay__exim_reason *why);
/** The value of the first line with this key; NULL when there is none. */
const char *assay__exim_answer_get(const struct assay__exim_answer *answer,
                                   const char *key);
/** The next line of this key; NULL when there is none. @param at  0 at first;
 *  moved behind it */
const struct assay__exim_line *assay__exim_answer_next_line(
    const struct assay__exim_answer *answer, const char *key, size_t *at);
/** Its value alone. */
const char *assay__exim_answer_next(const struct assay__exim_answer *answer,
                                    const char *key, size_t *at);
void assay__exim_answer_clear(struct assay__exim_answer *answer);

#endif
