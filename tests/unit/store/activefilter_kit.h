/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the tests of ActiveFilter share: folders, a maildir stanza for
 * msi.local, a filter, messages, and the mails that came of it.
 */
#ifndef ASSAY_TESTS_ACTIVEFILTER_KIT_H
#define ASSAY_TESTS_ACTIVEFILTER_KIT_H

#include "store/activefilter.h"

#include <limits.h>

#define KIT_ADDRESS "msi@msi.local"
/** Longer than what is too short for a fingerprint. */
#define KIT_BODY                                                            \
    "This offer is for you and for nobody else, as for all the others.\r\n" \
    "Answer today, or tomorrow at the latest, or whenever you like.\r\n"

struct kit {
    char folder[64]; /* all that a test makes */
    char state[PATH_MAX], base[PATH_MAX], box[PATH_MAX];
    struct assay__maildir_options stanza;
    const struct assay__maildir_options *stanzas[1];
    struct assay__maildirs maildirs;
    struct assay__activefilter_options options;
    assay_log log;
    char logged[4096]; /* lines, each with LF */
};

extern struct kit kit;
/** Of the last call that failed. */
extern assay_error err;

/** Fixture: the folders; no mailbox yet. */
void kit_setup(void);
/** Removes them. */
void kit_teardown(void);

/** A filter with a mode (MOVEMSG: Inbox, Junk), sealed. */
assay_activefilter *kit_filter(assay_activefilter_mode mode);
/** Not sealed, nothing set. */
assay_activefilter *kit_new(void);

/** A finished message with recipients rcpt0@b.example …; body may be "". */
assay_message *kit_message(const char *body, size_t recipients);
/** Zeroed but for the score. Borrowed until the next call in this thread. */
const assay_score *kit_score(double score);
/** Register a message of KIT_BODY and one recipient at threshold 80. */
assay_rc kit_register(assay_activefilter *filter, const char *id, double score);
/** A later score of the same content. */
void kit_rejudge(assay_activefilter *filter, double score);

/** Number of mails in "new", "tmp" or "cur". */
size_t kit_count(const char *where);
/** The document of the only mail in new/, which is then removed; it is valid
 *  by docs/activefilter.rng. NUL-terminated; free() it. */
char *kit_take(size_t *len_out);
/** Take it and look for each of the texts (NULL ends the list). */
void kit_take_with(const char *const *texts);
/** Fails the test unless a document is valid. */
void kit_assert_valid(const char *xml, size_t len);
/** The value of an XPath expression, with prefix af; free() it. */
char *kit_xpath(const char *xml, size_t len, const char *expression);
/** Run a statement of SQL on the database. @return its first value */
long kit_sql(const char *sql);

#endif
