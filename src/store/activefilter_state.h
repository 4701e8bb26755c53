/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What ActiveFilter must not forget over a restart: its registrations, and
 * which mail about them is on its way. A SQLite database, `activefilter.db`,
 * which several processes may use at a time.
 *
 * Two schemas are told apart by user_version; one that is newer than this
 * program is refused. A database that is damaged is moved aside and a new one
 * is begun: what is lost with it are registrations, so judgements that change
 * later are not told, and nothing is told twice.
 *
 * Entries are bounded in size, number and age; each registration makes room
 * for itself. An entry whose mail is on its way (`pending`) is spared.
 *
 * Connections are opened when they are first needed and kept for the next; one
 * whose file was replaced is closed. A process whose parent had one open when
 * it forked cannot use any: SQLite forbids it.
 *
 * Threads that write do so one after the other, in the order in which they
 * came (activefilter_turn.h); between processes SQLite decides.
 *
 * Locking: state->lock guards the list of idle connections.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_STATE_H
#define ASSAY_STORE_ACTIVEFILTER_STATE_H

#include "store/activefilter.h"

#define ASSAY__ACTIVEFILTER_DATABASE "activefilter.db"

enum {
    ASSAY__ACTIVEFILTER_ID_MAX = 255, /* bytes without the NUL */
    ASSAY__ACTIVEFILTER_DETAILS_MAX = 1 << 20,
    ASSAY__ACTIVEFILTER_SCHEMA = 1
};

struct assay__activefilter_state;

/** One registration. */
struct assay__activefilter_entry {
    char id[ASSAY__ACTIVEFILTER_ID_MAX + 1];
    double threshold;
    double score;     /* the newest */
    bool is_spam;     /* as it was told last, or noted */
    int64_t revision; /* 0 of a registration, then of each update */
    char pending[ASSAY__MAILDIR_NAME_MAX]; /* name of the mail; "": none */
    char *mailbox;        /* that mail's folder; owned; "" or NULL: none */
    bool pending_is_spam; /* what that mail says */
    double pending_score;
    char *details; /* owned; not NUL-terminated */
    size_t details_len;
};

/** Frees what it owns; accepts an empty one: `{0}`. */
void assay__activefilter_entry_fini(struct assay__activefilter_entry *entry);

/** Opens nothing. @return ASSAY_OK; ASSAY_E_INVAL no bounds; ASSAY_E_NOMEM */
assay_rc assay__activefilter_state_new(
    const struct assay__activefilter_options *options,
    struct assay__activefilter_state **out, assay_error *err);
/** Accepts NULL; sets *state to NULL. */
void assay__activefilter_state_free(struct assay__activefilter_state **state);

/*
 * All below: ASSAY_E_IO the database cannot be used, ASSAY_E_LIMIT the disk is
 * full, ASSAY_E_NOMEM, ASSAY_E_STATE a parent has it open. Threads: any. Block:
 * on the disk, and on other writers.
 */

/** Open the database, look whether it is sound, and remember in it where the
 *  mails go. No connection stays open. A full disk is logged and is no error:
 *  there may be room when the first message is registered. */
assay_rc assay__activefilter_state_check(
    struct assay__activefilter_state *state, const char *mailbox,
    assay_error *err);
/** What was remembered there, for other programs.
 *  @param out  free() it. @return as above; ASSAY_E_NOTFOUND no database, or
 *  nothing was remembered */
assay_rc assay__activefilter_state_mailbox(const char *folder, char **out,
                                           assay_error *err);

/** Add an entry, its mail pending; and forget what is too old or too much.
 *  @param fingerprint  ASSAY__FINGERPRINT_SIZE bytes; NULL: none
 *  @return also ASSAY_E_EXISTS there is one with that id */
assay_rc assay__activefilter_state_add(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_entry *entry,
    const unsigned char *fingerprint, assay_error *err);
/** @return also ASSAY_E_NOTFOUND. @param entry_out  fini it */
assay_rc assay__activefilter_state_find(
    struct assay__activefilter_state *state, const char *id,
    struct assay__activefilter_entry *entry_out, assay_error *err);
/** Whether any entry has a fingerprint at all. */
assay_rc assay__activefilter_state_has_any(
    struct assay__activefilter_state *state, bool *has_out, assay_error *err);
/** Entries that are in memory at a time, each of up to 1 MiB. */
enum { ASSAY__ACTIVEFILTER_BATCH = 8 };
struct assay__activefilter_batch {
    struct assay__activefilter_entry entries[ASSAY__ACTIVEFILTER_BATCH];
    size_t count;
};
/** Entries of a content that are on the other side of a score: those that it
 *  turns into spam, into ham, or both. */
struct assay__activefilter_turned {
    const unsigned char *fingerprint; /* ASSAY__FINGERPRINT_SIZE bytes */
    double score;
    bool to_spam, to_ham;
};
/** Some of them; and such of that content whose mail is pending in our mailbox.
 *  Takes no longer when there are many. @param batch_out  fini its entries */
assay_rc assay__activefilter_state_changed(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_turned *turned,
    struct assay__activefilter_batch *batch_out, assay_error *err);
/** Note the judgement of them all (10000 at most at a time), which nobody is
 *  told of. */
assay_rc assay__activefilter_state_note_all(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_turned *turned, assay_error *err);
/** An entry was judged again too often: it is compared with no score of its
 *  content any more. @param is_first_out  whether that is new */
assay_rc assay__activefilter_state_give_up(
    struct assay__activefilter_state *state, const char *id, bool *is_first_out,
    assay_error *err);
/** Whether the mail of a pending entry lies in our mailbox, that of
 *  assay__activefilter_state_check(). */
bool assay__activefilter_state_is_here(
    const struct assay__activefilter_state *state,
    const struct assay__activefilter_entry *entry);
/** Note a judgement that nobody is told of. */
assay_rc assay__activefilter_state_note(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_entry *entry, double score,
    assay_error *err);
/** Write down that a mail, the next revision, is about to be delivered.
 *  @return also ASSAY_E_EXISTS somebody else was faster */
assay_rc assay__activefilter_state_plan(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_entry *entry, double score,
    const char *mail_name, assay_error *err);

/** A pending mail, and how to move it. */
struct assay__activefilter_delivery {
    const char *id, *mail_name;
    /** Called once at most, in a transaction that excludes all others who
     *  would. @return ASSAY_OK; else nothing is written down */
    assay_rc (*deliver)(void *arg, assay_error *err);
    void *arg;
};
/**
 * Deliver it and write down that it is told; nothing when that has been done.
 * @param delivered_out  whether deliver was called and returned ASSAY_OK: then
 *                       the mail is out, even if this fails
 * @return also what deliver returns
 */
assay_rc assay__activefilter_state_settle(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_delivery *delivery, bool *delivered_out,
    assay_error *err);
/** A pending mail cannot be delivered: forget a registration, go back to the
 *  revision before of an update. @return also ASSAY_E_NOTFOUND it is not
 *  pending: somebody else has delivered it */
assay_rc assay__activefilter_state_cancel(
    struct assay__activefilter_state *state, const char *id,
    const char *mail_name, assay_error *err);
/** Pending entries, by their ids' order. @param after  id, or "" to begin
 *  @return also ASSAY_E_NOTFOUND no more */
assay_rc assay__activefilter_state_next_pending(
    struct assay__activefilter_state *state, const char *after,
    struct assay__activefilter_entry *entry_out, assay_error *err);
/** Whether a mail of that name is pending. */
assay_rc assay__activefilter_state_is_pending(
    struct assay__activefilter_state *state, const char *mail_name,
    bool *is_out, assay_error *err);

#endif
