/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the scans of one message came to, however many modules and scripts
 * asked for them, and the headers that tell the reader of the mail:
 *
 *   X-Virus-Scanned: Assay 0.1.0 (clamav ClamAV 1.4.6/27000)
 *   X-Virus-Status: Clean
 *
 * A message of which nothing was scanned has no X-Virus-Scanned, and a status
 * that says why: "Not scanned: timeout". Only a scan of the whole message can
 * make it clean; a threat counts wherever it was found.
 */
#ifndef ASSAY_POLICY_SCAN_RECORD_H
#define ASSAY_POLICY_SCAN_RECORD_H

#include <assay/message.h>
#include <assay/verdict.h>

/** Room for "engine epoch, engine epoch"; what does not fit is left out. */
#define ASSAY__SCAN_RECORD_ENGINES_MAX 300

/** Zeroing is not enough: see _init(). */
struct assay__scan_record {
    assay_verdict worst; /* NO_ENGINE: nothing was scanned, or asked for */
    char engines[ASSAY__SCAN_RECORD_ENGINES_MAX];
};

void assay__scan_record_init(struct assay__scan_record *record);
/** An engine looked at the message or a part of it. */
void assay__scan_record_engine(struct assay__scan_record *record,
                               const assay_verdict *verdict);
/** A scan is over. @param is_whole  not only a part was looked at */
void assay__scan_record_add(struct assay__scan_record *record,
                            const assay_verdict *verdict, bool is_whole);

/**
 * Take away what the sender wrote under these names and tell the truth.
 * @param product  who tells it, such as "Assay 0.1.0"
 * @return as assay_message_edit()
 */
assay_rc assay__scan_record_set_headers(const struct assay__scan_record *record,
                                        const char *product,
                                        assay_message *message,
                                        assay_error *err);

#endif
