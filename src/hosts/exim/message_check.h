/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One check of the message that Exim is receiving. It is kept until the next
 * message, so that all functions in an ACL, and local_scan() behind them, go by
 * one answer; a failure is kept, too, and costs its time once.
 *
 * Exim receives one message at a time in a process of its own and never
 * unloads the module, so this is the state of the process.
 */
#ifndef ASSAY_HOSTS_EXIM_MESSAGE_CHECK_H
#define ASSAY_HOSTS_EXIM_MESSAGE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "client.h"
#include "options.h"
#include "reason.h"
#include "reply.h"
#include "spool.h"

enum assay__exim_check_state {
    ASSAY__EXIM_CHECK_NONE,
    /* In these four, why tells. Only in FAILED, on_failure counts: else whoever
     * sends a mail that cannot be asked about could have it taken unchecked. */
    ASSAY__EXIM_CHECK_MISCONFIGURED,
    ASSAY__EXIM_CHECK_UNASKED, /* Exim's own data are not as they must be */
    ASSAY__EXIM_CHECK_REFUSED, /* assayd answered that it could not check it */
    ASSAY__EXIM_CHECK_FAILED,  /* no answer, or none in time, or nonsense */
    ASSAY__EXIM_CHECK_DONE,    /* answer and reply are set */
};

enum { ASSAY__EXIM_SUMMARY_SIZE = 512 };

struct assay__exim_check {
    enum assay__exim_check_state state;
    char id[ASSAY__EXIM_ID_MAX + 1]; /* of the message it is about */
    struct assay__exim_options options;
    struct assay__exim_reason why;
    struct assay__exim_answer answer;
    struct assay__exim_reply reply;
    struct assay__exim_client client; /* open while mail waits to be stored */
};

/**
 * The check of the present message: the kept one, or a new one.
 *
 * @param data_fd  the spool file; -1: find it
 * @param options  lines "name=value" on top of the file's, for a new check
 * @param count    how many lines
 * @return never NULL; its state is not NONE
 */
struct assay__exim_check *assay__exim_check_get(int data_fd,
                                                char *const options[],
                                                int count);
/** Have assayd store the mail for the recipients it named. */
bool assay__exim_check_store(struct assay__exim_check *check,
                             struct assay__exim_reason *why);
/** What was found and decided, for a log line. */
void assay__exim_check_summary(const struct assay__exim_check *check,
                               char out[ASSAY__EXIM_SUMMARY_SIZE]);

#endif
