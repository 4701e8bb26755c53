/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the policy decided, and the words for the SMTP client.
 */
#ifndef ASSAY_HOSTS_EXIM_REPLY_H
#define ASSAY_HOSTS_EXIM_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "options.h"
#include "reason.h"

enum assay__exim_action {
    ASSAY__EXIM_TEMPFAIL, /* first, so that cleared memory accepts nothing */
    ASSAY__EXIM_REJECT,
    ASSAY__EXIM_DISCARD,
    ASSAY__EXIM_CONTINUE,
};

enum {
    /* A reply line has 512 bytes (RFC 5321, 4.5.3.1.5): code, enhanced code,
     * the spaces behind them and CRLF leave this for the text. */
    ASSAY__EXIM_REPLY_TEXT_MAX = 512 - 4 - 10 - 2,
    ASSAY__EXIM_REPLY_LINE_SIZE = 512,
};

struct assay__exim_reply {
    enum assay__exim_action action;
    int code;          /* 5xx or 4xx as the action is; else 0 */
    char enhanced[10]; /* of the same class, or empty */
    char text[ASSAY__EXIM_REPLY_TEXT_MAX + 1]; /* printable, on one line */
};

/**
 * @param on_refused  REJECT: a refusal of some recipients is that of the
 * message
 * @return false: the answer does not say what to do
 */
bool assay__exim_reply_read(struct assay__exim_reply *reply,
                            const struct assay__exim_answer *answer,
                            enum assay__exim_on_refused on_refused,
                            struct assay__exim_reason *why);
/** The action as the answer has it: continue, reject, tempfail, discard. */
const char *assay__exim_reply_action(const struct assay__exim_reply *reply);
/** "5.7.1 text": what goes behind the code that Exim itself gives. */
void assay__exim_reply_text(const struct assay__exim_reply *reply,
                            char out[ASSAY__EXIM_REPLY_LINE_SIZE]);
/** "554 5.7.1 text": what the modifier `message` of an ACL takes; empty when
 *  nothing is refused. */
void assay__exim_reply_line(const struct assay__exim_reply *reply,
                            char out[ASSAY__EXIM_REPLY_LINE_SIZE]);

#endif
