/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Whether bytes look like a mail, and where it begins.
 *
 * They do when the first line is a header field: a name without blanks or
 * control characters, then a colon, with blanks between at most. In front of it
 * may stand what programs put there for scanners: the line "From …" of an mbox,
 * and behind that line, or without it, Exim's X-Envelope-From: and
 * X-Envelope-To: with their folds. They are no part of the mail, and are taken
 * for that only at the very start, and only if all readers see one line there.
 * Blanks and empty lines before the first field (or a byte order mark) are
 * passed over, as lenient readers do; then the guess is not a good one. Nor is
 * it with a name that RFC 5322 does not have.
 *
 * A sender chooses the first line, and there are readers that pass over one
 * that is no field. So bytes look like a mail, too, when a MIME field begins
 * another line within the bytes that headers may have.
 *
 * It stays a guess: an executable may begin like a header, and an attachment
 * like a mail. So nothing may rest on the answer alone, see judge.c.
 */
#ifndef ASSAY_SCANSOCKET_MAIL_GUESS_H
#define ASSAY_SCANSOCKET_MAIL_GUESS_H

#include <stdbool.h>
#include <stddef.h>

/** Longest name of a header field, with the blanks behind it, that is taken for
 *  one: a line without its end (RFC 5322, 2.1.1). */
#define ASSAY__MAIL_NAME_MAX 998
/** Where MIME fields are looked for: as many bytes as headers have at most. */
#define ASSAY__MAIL_LOOK_MAX ((size_t)1 << 20)

struct assay__mail_guess {
    bool is_mail;
    bool is_plain; /* a good guess: it begins with a field as it should be */
    bool has_lf;   /* its first line ends with LF alone */
    size_t start;  /* where the mail begins, behind what was put in front */
};

struct assay__mail_guess assay__mail_guess(const char *data, size_t len);

#endif
