/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Analysis texts that can be looked at again without trusting them.
 *
 * What a scorer returns as analysis may come back through a mail header that
 * anybody can write. So the values that analyze() gives again are sealed: one
 * token at the end of the text,
 *
 *     … assay=1;s=SCORE;f=FLAGS;c=ID;d=TEXT;u=ID;v=TEXT;m=MAC
 *
 * where SCORE is the double as 16 hexadecimal digits, FLAGS a number, texts
 * are escaped (%41), * is one that follows from its id (symbols.h), and MAC is
 * HMAC-SHA256 over all that stands before it. A header may be folded on its
 * way: any run of blanks, tabs and line ends counts as one blank. So that is
 * how the text is written from the start: what stands in front of the token is
 * the service's own analysis with one blank for each run of them, and none at
 * its ends.
 *
 * Sealing says who made a text, not for which message: whoever accepts a
 * header that came with a message accepts one that was copied from another.
 */
#ifndef ASSAY_CLOUDMARK_SEAL_H
#define ASSAY_CLOUDMARK_SEAL_H

#include <stddef.h>

#include <assay/scorer.h>

enum {
    ASSAY__SEAL_KEY_SIZE = 32,
    /* What an analysis leaves free for the token, at most: three bytes for one
     * of each text, and the rest. */
    ASSAY__SEAL_ROOM = 3 * (64 + 256 + 64 + 256) + 160,
    /* Most bytes of a secret, and least. */
    ASSAY__SEAL_SECRET_MAX = 1024,
    ASSAY__SEAL_SECRET_MIN = 16
};

/** Never changes after init; any number of threads. */
struct assay__seal {
    unsigned char key[ASSAY__SEAL_KEY_SIZE];
};

/** A check for the option `analysis_secret`, see assay_conf_option. */
assay_rc assay__seal_check_secret(const char *text, assay_error *err);

/**
 * @param secret  NULL: a random key, so that texts are good for as long as
 *                this one exists
 * @return ASSAY_OK; ASSAY_E_INVAL as assay__seal_check_secret(); ASSAY_E_IO no
 *         random numbers, or libcrypto failed
 */
assay_rc assay__seal_init(struct assay__seal *seal, const char *secret,
                          assay_error *err);
/** Wipes the key. */
void assay__seal_fini(struct assay__seal *seal);

/**
 * Put the token behind score->analysis, which may be "". Values are those of
 * *score: score, rescan, categories and their descriptions.
 *
 * @return ASSAY_OK; ASSAY_E_LIMIT no room, which cannot be when the analysis
 *         has at most ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM bytes;
 *         ASSAY_E_INVAL a control character in the analysis; ASSAY_E_IO
 */
assay_rc assay__seal_add(const struct assay__seal *seal, assay_score *score,
                         assay_error *err);

/**
 * Look at a text again, in linear time.
 *
 * @param text       any bytes
 * @param score_out  arrives zeroed; analysis becomes the text, unfolded;
 *                   is_spam and headers stay. Not to be looked at after a
 *                   failure
 * @return ASSAY_OK; ASSAY_E_INVAL not sealed by us, or changed since;
 *         ASSAY_E_IO libcrypto failed
 */
assay_rc assay__seal_open(const struct assay__seal *seal, const char *text,
                          size_t len, assay_score *score_out, assay_error *err);

#endif
