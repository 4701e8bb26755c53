/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * ActiveFilter: telling another program, by mails in a Maildir, which messages
 * were judged and when a judgement changes (CM-23 … CM-32).
 *
 *   activefilter.c           the flow: register, judge again, recover
 *   activefilter_settings.c  mode and address, as scripts set them
 *   activefilter_state.c     what must outlive a restart: a SQLite database
 *   activefilter_turn.c      which thread may write there
 *   activefilter_fingerprint.c  when two messages are the same content
 *   activefilter_document.c  the XML (docs/activefilter.rng)
 *   activefilter_mail.c      the mail around it
 *   activefilter_sweep.c     what a crash leaves in tmp/
 *   activefilter_mailbox.c   the consumer's side (<assay/activefilter.h>)
 *
 * A document, that is an id and a revision, is never told twice and never lost:
 * it is staged in the mailbox, written down as pending, moved into new/ and
 * written down as told; after a crash, a pending one that still lies in tmp/ is
 * moved, and one that does not was moved before.
 *
 * Locking: the locks of the state (rank activefilter, never both at once) guard
 * the list of idle database connections and the line of threads that wait to
 * write; nothing is done with the database while one is held.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_H
#define ASSAY_STORE_ACTIVEFILTER_H

#include <assay/log.h>
#include <assay/policy.h>

#include "base/wall_clock.h"
#include "store/maildir.h"

/** What a new filter is given; borrowed for its life. */
struct assay__activefilter_options {
    const char *state; /* folder of the database; made when it is not there */
    int64_t max_entries;
    int64_t expire_s; /* registrations older than that are forgotten */
    const struct assay__maildirs *maildirs;
    const assay_log *log;
    const struct assay__wall_clock *clock; /* NULL: the system's */
    bool is_trial; /* the state is never touched, and nothing may be registered,
                      judged again or recovered */
};

/** One key and value that a script added for a recipient. */
struct assay__activefilter_datum {
    const char *address, *key, *value;
};

enum { ASSAY__FINGERPRINT_SIZE = 32 };

/** A message that was scored. */
struct assay__activefilter_event {
    const char *id; /* printable ASCII, 1 to 255 bytes */
    assay_message *message;
    const assay_score *score;
    double threshold;
    const struct assay__activefilter_datum *data;
    size_t data_count;
};

/** No database is opened yet. */
assay_rc assay__activefilter_new(
    const struct assay__activefilter_options *options, assay_activefilter **out,
    assay_error *err);
/** Accepts NULL; sets *filter to NULL. */
void assay__activefilter_free(assay_activefilter **filter);

/**
 * The scripts have set what they set: nothing can be changed from now on. With
 * a mode and an address the state is opened once and the mailbox looked at, to
 * find out now whether they can be used. @return ASSAY_OK, also when neither
 * was set; ASSAY_E_STATE one without the other; ASSAY_E_IO the state or the
 * mailbox cannot be used; ASSAY_E_NOMEM. Blocks: on the disk.
 */
assay_rc assay__activefilter_seal(assay_activefilter *filter, assay_error *err);
/** ASSAY_OK when mode and address are set; else ASSAY_E_STATE. */
assay_rc assay__activefilter_is_set(const assay_activefilter *filter,
                                    assay_error *err);
/** The address that it tells, whose mailbox takes no other mail; NULL while no
 *  script has set one. Borrowed from the filter. */
const char *assay__activefilter_address(const assay_activefilter *filter);
/** Move what an earlier process left pending. Logs what fails. Blocks: disk. */
void assay__activefilter_recover(assay_activefilter *filter);

/** Register a message and tell of it; and tell of those registered earlier
 *  whose judgement its score changes. @return ASSAY_OK, also when the id is
 *  registered already; ASSAY_E_INVAL; ASSAY_E_STATE nothing is set, or a parent
 *  has the state open; ASSAY_E_IO, ASSAY_E_LIMIT, ASSAY_E_NOMEM: then it is not
 *  registered, unless what had been written down could not be taken back; then
 *  it stays pending, and is told when it is next recovered or scored. Such
 *  failures are logged. Threads: any, served in the order in which they come.
 *  Blocks: on the disk, and on the disk's work for others, 30 s at most for
 *  each of a few steps. */
assay_rc assay__activefilter_register(
    assay_activefilter *filter, const struct assay__activefilter_event *event,
    assay_error *err);
/** A message was scored that is not registered: tell of those whose judgement
 *  that changes. What fails is logged and tried again with the next score of
 *  the same content. Does nothing while no mode is set.
 *  @param message  whose content was scored */
void assay__activefilter_rejudge(assay_activefilter *filter,
                                 assay_message *message,
                                 const assay_score *score);

#endif
