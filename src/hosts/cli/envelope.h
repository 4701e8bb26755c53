/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An envelope for a message that comes from a file: who sent it and to whom,
 * as far as its header says.
 */
#ifndef ASSAY_CLI_ENVELOPE_H
#define ASSAY_CLI_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/error.h>
#include <assay/message.h>

/** Longest address, in bytes, with the NUL (RFC 5321 4.5.3.1). */
#define ASSAY__ADDRESS_MAX 321
/** Most recipients taken from a header. */
#define ASSAY__RECIPIENTS_MAX 100

struct assay__envelope {
    char sender[ASSAY__ADDRESS_MAX]; /* "" is the null sender */
    size_t recipient_count;          /* 1 and up */
    char recipients[ASSAY__RECIPIENTS_MAX][ASSAY__ADDRESS_MAX];
};

/**
 * Sender: Return-Path, else From, else the null sender. Recipients:
 * Delivered-To, else To, else "postmaster".
 *
 * @return ASSAY_OK; what assay_message_header() fails with
 */
assay_rc assay__envelope_read(assay_message *message,
                              struct assay__envelope *envelope_out,
                              assay_error *err);

/**
 * Take the next address of an RFC 5322 address list: names, comments, groups
 * and source routes are left out.
 *
 * @param rest  the list; what is left of it afterwards
 * @param out   ASSAY__ADDRESS_MAX bytes; "" for <>
 * @return false at the end of the list
 */
bool assay__envelope_next_address(assay_bytes *rest, char *out);

#endif
