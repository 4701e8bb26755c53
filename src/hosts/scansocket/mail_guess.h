/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Whether bytes look like a mail, and where it begins.
 *
 * They do when the first line is a header field: a name of RFC 5322 characters,
 * at most 78 of them, then a colon. In front of it may stand what programs put
 * there for scanners: the line "From …" of an mbox, and behind that line, or
 * without it, Exim's X-Envelope-From: and X-Envelope-To: with their folds. They
 * are no part of the mail, and are taken for that only at the very start.
 * Blanks and empty lines before the first field (or a byte order mark) are
 * passed over, as lenient readers do; then the guess is not a good one.
 *
 * It stays a guess: an executable may begin like a header, and an attachment
 * like a mail. So nothing may rest on the answer alone, see judge.c.
 */
#ifndef ASSAY_SCANSOCKET_MAIL_GUESS_H
#define ASSAY_SCANSOCKET_MAIL_GUESS_H

#include <stdbool.h>
#include <stddef.h>

/** Longest name of a header field that is taken for one. */
#define ASSAY__MAIL_NAME_MAX 78

struct assay__mail_guess {
    bool is_mail;
    bool is_plain; /* and nothing was passed over */
    bool has_lf;   /* its first line ends with LF alone */
    size_t start;  /* where the mail begins, behind what was put in front */
};

struct assay__mail_guess assay__mail_guess(const char *data, size_t len);

#endif
