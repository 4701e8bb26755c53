/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A request through a session: the phases of the whole policy, one after the
 * other, and what came out of them as an answer.
 */
#ifndef ASSAY_SCANSOCKET_POLICY_CHECK_H
#define ASSAY_SCANSOCKET_POLICY_CHECK_H

#include <assay/assay.h>

#include "answer.h"
#include "client.h"
#include "request.h"

/** All that a client sent. */
struct assay__case {
    struct assay__request request;
    struct assay__stream headers;
    struct assay__stream body; /* inline */
    int body_fd;               /* -1: it is inline; owned */
    size_t reserved;           /* of the budget, for the message's copy */
};

/**
 * Append headers and body to a message: with CRLF, and the empty line between
 * them. Without headers the body is all of the message.
 *
 * @return as assay_message_append(); ASSAY_E_INVAL an empty line in the headers
 */
assay_rc assay__case_build(const struct assay__case *all,
                           assay_message *message,
                           assay_error *err) ASSAY_MUST_CHECK;

/** What a check came to. */
struct assay__check {
    assay_session *session; /* owned; NULL: none */
    assay_disposition disposition;
    assay_verdict verdict;
    size_t size;      /* of the message */
    size_t stored;    /* recipients whose mail goes to a Maildir */
    bool is_answered; /* else the answer is an error */
    bool may_store;   /* a line "store" may follow */
};

/**
 * Run the policy and write the answer, up to its end.
 *
 * @param check_out  set in any case; free it
 */
void assay__check_run(const struct assay__client *client,
                      const struct assay__case *all,
                      struct assay__check *check_out,
                      struct assay__answer *answer);
/** Deliver to the Maildirs, and write the answer. */
void assay__check_store(struct assay__check *check,
                        struct assay__answer *answer);
void assay__check_fini(struct assay__check *check);

/** What a message gets that is too large: 552, since it never fits, however
 *  often it is sent. */
void assay__check_refuse_size(assay_disposition *disposition);

#endif
