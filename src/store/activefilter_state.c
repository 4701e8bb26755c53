/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/activefilter_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/wall_clock.h"
#include "rt/lock.h"
#include "store/activefilter_state_db.h"
#include "store/activefilter_turn.h"

enum {
    IDLE_MAX = 8,    /* connections that are kept for the next */
    NOTE_MAX = 10000 /* entries that one score turns without telling it */
};

struct assay__activefilter_state {
    char *folder;  /* owned */
    char *mailbox; /* of the mails; owned; NULL before check; then constant */
    int64_t max_entries;
    int64_t expire_s;
    const assay_log *log;                  /* borrowed */
    const struct assay__wall_clock *clock; /* borrowed; may be NULL */
    struct assay__activefilter_turn turn;  /* to write */
    struct assay__lock lock;
    bool has_lock, has_turn;
    struct assay__activefilter_db *idle; /* lock; owned */
    size_t idle_count;                   /* lock */
};

void assay__activefilter_entry_fini(struct assay__activefilter_entry *entry)
{
    free(entry->details);
    free(entry->mailbox);
    *entry = (struct assay__activefilter_entry){0};
}

assay_rc assay__activefilter_state_new(
    const struct assay__activefilter_options *options,
    struct assay__activefilter_state **out, assay_error *err)
{
    struct assay__activefilter_state *state;

    if (options->max_entries < 1 || options->expire_s < 1)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "ActiveFilter: the state needs bounds");
    state = calloc(1, sizeof *state);
    if (!state)
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: state");
    state->max_entries = options->max_entries;
    state->expire_s = options->expire_s;
    state->log = options->log;
    state->clock = options->clock;
    state->folder = strdup(options->state);
    state->has_lock = assay__lock_init(&state->lock, ASSAY__LOCK_activefilter,
                                       err) == ASSAY_OK;
    state->has_turn =
        assay__activefilter_turn_init(&state->turn, err) == ASSAY_OK;
    if (!state->folder || !state->has_lock || !state->has_turn) {
        assay__activefilter_state_free(&state);
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: state");
    }
    *out = state;
    return ASSAY_OK;
}

void assay__activefilter_state_free(struct assay__activefilter_state **state)
{
    struct assay__activefilter_state *s = *state;

    if (!s)
        return;
    while (s->idle) {
        struct assay__activefilter_db *db = s->idle;

        s->idle = db->next;
        assay__activefilter_db_close(&db);
    }
    if (s->has_lock)
        assay__lock_fini(&s->lock);
    if (s->has_turn)
        assay__activefilter_turn_fini(&s->turn);
    free(s->folder);
    free(s->mailbox);
    free(s);
    *state = NULL;
}

/* ---- connections ------------------------------------------------------- */

static struct assay__activefilter_db *take_idle(
    struct assay__activefilter_state *state)
{
    struct assay__activefilter_db *db;

    assay__lock_take(&state->lock);
    db = state->idle;
    if (db) {
        state->idle = db->next;
        state->idle_count--;
    }
    assay__lock_drop(&state->lock);
    return db;
}

static assay_rc take(struct assay__activefilter_state *state,
                     struct assay__activefilter_db **out, assay_error *err)
{
    struct assay__activefilter_db *db;

    while ((db = take_idle(state)) != NULL) {
        if (assay__activefilter_db_is_current(db)) {
            *out = db;
            return ASSAY_OK;
        }
        assay__activefilter_db_close(&db);
    }
    return assay__activefilter_db_open(state->folder, false, state->log, out,
                                       err);
}

static void give(struct assay__activefilter_state *state,
                 struct assay__activefilter_db *db)
{
    bool is_kept;

    assay__lock_take(&state->lock);
    is_kept = state->idle_count < IDLE_MAX;
    if (is_kept) {
        db->next = state->idle;
        state->idle = db;
        state->idle_count++;
    }
    assay__lock_drop(&state->lock);
    if (!is_kept)
        assay__activefilter_db_close(&db);
}

/* The end of each call: a connection that met trouble is not used again, and
 * when it met damage the database is looked at in full, and moved aside, so
 * that the next call finds a sound one. */
static assay_rc finish(struct assay__activefilter_state *state,
                       struct assay__activefilter_db *db, int code,
                       assay_error *err)
{
    assay_rc rc;

    if (code == SQLITE_OK && sqlite3_get_autocommit(db->handle)) {
        give(state, db);
        return ASSAY_OK;
    }
    if (code == SQLITE_OK) { /* a rollback failed */
        assay__activefilter_db_close(&db);
        return ASSAY_OK;
    }
    rc = assay__activefilter_db_error(db, code, err);
    assay__activefilter_db_close(&db);
    if (assay__activefilter_db_is_broken(code) &&
        assay__activefilter_db_open(state->folder, true, state->log, &db,
                                    NULL) == ASSAY_OK)
        give(state, db);
    return rc;
}

/* Likewise to write, when it is this thread's turn. */
static assay_rc take_turn(struct assay__activefilter_state *state,
                          struct assay__activefilter_db **out, assay_error *err)
{
    int64_t deadline_ms = assay__clock_ms() + ASSAY__ACTIVEFILTER_BUSY_MS;
    assay_rc rc;

    if (!assay__activefilter_turn_take(&state->turn, deadline_ms))
        return assay_error_set(err, ASSAY_E_IO,
                               "ActiveFilter: %s: so many write to it that "
                               "there was no turn in %d s",
                               state->folder,
                               ASSAY__ACTIVEFILTER_BUSY_MS / 1000);
    rc = take(state, out, err);
    if (rc != ASSAY_OK)
        assay__activefilter_turn_end(&state->turn);
    return rc;
}

static assay_rc finish_turn(struct assay__activefilter_state *state,
                            struct assay__activefilter_db *db, int code,
                            assay_error *err)
{
    assay_rc rc = finish(state, db, code, err);

    assay__activefilter_turn_end(&state->turn);
    return rc;
}

static void roll_back(struct assay__activefilter_db *db)
{
    if (!sqlite3_get_autocommit(db->handle))
        (void)assay__activefilter_db_run(db, ASSAY__AF_ROLLBACK, "");
}

assay_rc assay__activefilter_state_check(
    struct assay__activefilter_state *state, const char *mailbox,
    assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    assay_error local = {0};
    assay_rc rc = assay__activefilter_db_open(state->folder, true, state->log,
                                              &db, &local);
    int code;

    free(state->mailbox);
    state->mailbox = strdup(mailbox);
    if (!state->mailbox)
        rc = assay_error_set(&local, ASSAY_E_NOMEM, "ActiveFilter: state");
    if (rc == ASSAY_OK) {
        code =
            assay__activefilter_db_run(db, ASSAY__AF_SET_MAILBOX, "t", mailbox);
        if (code != SQLITE_OK)
            rc = assay__activefilter_db_error(db, code, &local);
        assay__activefilter_db_close(&db);
    }
    if (rc == ASSAY_OK)
        return ASSAY_OK;
    if (rc != ASSAY_E_LIMIT)
        return assay_error_set(err, rc, "%s", local.msg);
    assay__text_unquote(local.msg);
    assay_log_write(state->log, ASSAY_LOG_ERROR, "activefilter.state-full",
                    "folder=\"%s\" reason=\"%s\"", state->folder, local.msg);
    return ASSAY_OK;
}

assay_rc assay__activefilter_state_mailbox(const char *folder, char **out,
                                           assay_error *err)
{
    return assay__activefilter_db_read_mailbox(folder, out, err);
}

/* ---- reading ----------------------------------------------------------- */

static void copy_column(sqlite3_stmt *row, int column, char *out, size_t size)
{
    assay__text_copy(out, size, (const char *)sqlite3_column_text(row, column));
}

/* A row of ENTRY. @return SQLITE_OK; SQLITE_NOMEM */
static int read_entry(sqlite3_stmt *row,
                      struct assay__activefilter_entry *entry_out)
{
    struct assay__activefilter_entry entry = {
        .threshold = sqlite3_column_double(row, 1),
        .score = sqlite3_column_double(row, 2),
        .is_spam = sqlite3_column_int(row, 3) != 0,
        .revision = sqlite3_column_int64(row, 4),
        .pending_is_spam = sqlite3_column_int(row, 6) != 0,
        .pending_score = sqlite3_column_double(row, 7),
    };
    const void *details = sqlite3_column_blob(row, 8);
    const unsigned char *mailbox = sqlite3_column_text(row, 9);

    copy_column(row, 0, entry.id, sizeof entry.id);
    copy_column(row, 5, entry.pending, sizeof entry.pending);
    entry.details_len = (size_t)sqlite3_column_bytes(row, 8);
    entry.details = malloc(entry.details_len + 1);
    entry.mailbox = strdup(mailbox ? (const char *)mailbox : "");
    if (!entry.details || !entry.mailbox) {
        assay__activefilter_entry_fini(&entry);
        return SQLITE_NOMEM;
    }
    if (details)
        memcpy(entry.details, details, entry.details_len);
    *entry_out = entry;
    return SQLITE_OK;
}

/* Rows until there are max. @return SQLITE_OK */
static int read_entries(sqlite3_stmt *statement,
                        struct assay__activefilter_entry *entries_out,
                        size_t max, size_t *count_out)
{
    size_t count = 0;
    int code = SQLITE_OK;

    while (code == SQLITE_OK && count < max) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW)
            break;
        code = read_entry(statement, &entries_out[count]);
        if (code == SQLITE_OK)
            count++;
    }
    (void)sqlite3_reset(statement);
    if (code == SQLITE_DONE)
        code = SQLITE_OK;
    while (code != SQLITE_OK && count > 0)
        assay__activefilter_entry_fini(&entries_out[--count]);
    *count_out = count;
    return code;
}

/* At most one entry of a statement with one text. */
static assay_rc find_by(struct assay__activefilter_state *state,
                        enum assay__activefilter_sql which, const char *text,
                        struct assay__activefilter_entry *entry_out,
                        assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    size_t count = 0;
    assay_rc rc = take(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code = assay__activefilter_db_begin(db, which, &statement, "t", text);
    if (code == SQLITE_OK)
        code = read_entries(statement, entry_out, 1, &count);
    rc = finish(state, db, code, err);
    if (rc == ASSAY_OK && count == 0)
        rc = assay_error_set(err, ASSAY_E_NOTFOUND,
                             "ActiveFilter: no such registration");
    return rc;
}

assay_rc assay__activefilter_state_find(
    struct assay__activefilter_state *state, const char *id,
    struct assay__activefilter_entry *entry_out, assay_error *err)
{
    return find_by(state, ASSAY__AF_FIND, id, entry_out, err);
}

assay_rc assay__activefilter_state_next_pending(
    struct assay__activefilter_state *state, const char *after,
    struct assay__activefilter_entry *entry_out, assay_error *err)
{
    return find_by(state, ASSAY__AF_NEXT_PENDING, after, entry_out, err);
}

/* Whether a statement has a row. @return SQLITE_OK */
static int has_row(sqlite3_stmt *statement, bool *has_out)
{
    int code = sqlite3_step(statement);

    (void)sqlite3_reset(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return code;
    *has_out = code == SQLITE_ROW;
    return SQLITE_OK;
}

assay_rc assay__activefilter_state_has_any(
    struct assay__activefilter_state *state, bool *has_out, assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    assay_rc rc = take(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code = assay__activefilter_db_begin(db, ASSAY__AF_HAS_ANY, &statement, "");
    if (code == SQLITE_OK)
        code = has_row(statement, has_out);
    return finish(state, db, code, err);
}

assay_rc assay__activefilter_state_is_pending(
    struct assay__activefilter_state *state, const char *mail_name,
    bool *is_out, assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    assay_rc rc = take(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code = assay__activefilter_db_begin(db, ASSAY__AF_IS_PENDING, &statement,
                                        "t", mail_name);
    if (code == SQLITE_OK)
        code = has_row(statement, is_out);
    return finish(state, db, code, err);
}

/* When what has expired by now was made, at the latest. */
static int64_t oldest(const struct assay__activefilter_state *state)
{
    return assay__wall_clock_s(state->clock) - state->expire_s;
}

assay_rc assay__activefilter_state_changed(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_turned *turned,
    struct assay__activefilter_batch *batch_out, assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    assay_rc rc = take(state, &db, err);
    const int64_t max = ASSAY__ACTIVEFILTER_BATCH;
    int code;

    if (rc != ASSAY_OK)
        return rc;
    batch_out->count = 0;
    code = assay__activefilter_db_begin(
        db, ASSAY__AF_CHANGED, &statement, "bdiiiit",
        (const void *)turned->fingerprint, (size_t)ASSAY__FINGERPRINT_SIZE,
        turned->score, oldest(state), max, turned->to_spam ? max : (int64_t)0,
        turned->to_ham ? max : (int64_t)0, state->mailbox);
    if (code == SQLITE_OK)
        code = read_entries(statement, batch_out->entries,
                            ASSAY__ACTIVEFILTER_BATCH, &batch_out->count);
    return finish(state, db, code, err);
}

/* ---- writing ----------------------------------------------------------- */

static int add(struct assay__activefilter_state *state,
               struct assay__activefilter_db *db,
               const struct assay__activefilter_entry *entry,
               const unsigned char *fingerprint, bool *added_out)
{
    int64_t now = assay__wall_clock_s(state->clock);
    int code = assay__activefilter_db_run(
        db, ASSAY__AF_ADD, "tibdditbt", entry->id, now,
        (const void *)fingerprint, (size_t)ASSAY__FINGERPRINT_SIZE,
        entry->threshold, entry->score, (int64_t)entry->is_spam, entry->pending,
        (const void *)entry->details, entry->details_len, state->mailbox);

    if (code != SQLITE_OK)
        return code;
    *added_out = sqlite3_changes(db->handle) > 0;
    if (*added_out)
        code = assay__activefilter_db_run(db, ASSAY__AF_EXPIRE, "i",
                                          now - state->expire_s);
    if (*added_out && code == SQLITE_OK && state->mailbox)
        code = assay__activefilter_db_run(db, ASSAY__AF_ADD_MAILBOX, "t",
                                          state->mailbox);
    if (*added_out && code == SQLITE_OK)
        code = assay__activefilter_db_run(db, ASSAY__AF_CROWD, "i",
                                          state->max_entries);
    return code;
}

assay_rc assay__activefilter_state_add(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_entry *entry,
    const unsigned char *fingerprint, assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    bool added = false;
    assay_rc rc = take_turn(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code = assay__activefilter_db_run(db, ASSAY__AF_BEGIN, "");
    if (code == SQLITE_OK)
        code = add(state, db, entry, fingerprint, &added);
    if (code == SQLITE_OK)
        code = assay__activefilter_db_run(db, ASSAY__AF_COMMIT, "");
    if (code != SQLITE_OK)
        roll_back(db);
    rc = finish_turn(state, db, code, err);
    if (rc == ASSAY_OK && !added)
        rc = assay_error_set(err, ASSAY_E_EXISTS,
                             "ActiveFilter: %s is registered", entry->id);
    return rc;
}

assay_rc assay__activefilter_state_note(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_entry *entry, double score,
    assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    assay_rc rc = take_turn(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code =
        assay__activefilter_db_run(db, ASSAY__AF_NOTE, "tid", entry->id,
                                   (int64_t)(score > entry->threshold), score);
    return finish_turn(state, db, code, err);
}

static assay_rc has_turned(struct assay__activefilter_state *state,
                           const struct assay__activefilter_turned *turned,
                           enum assay__activefilter_sql which, bool *has_out,
                           assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    sqlite3_stmt *statement = NULL;
    assay_rc rc = take(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code = assay__activefilter_db_begin(
        db, which, &statement, "bdi", (const void *)turned->fingerprint,
        (size_t)ASSAY__FINGERPRINT_SIZE, turned->score, oldest(state));
    if (code == SQLITE_OK)
        code = has_row(statement, has_out);
    return finish(state, db, code, err);
}

static assay_rc note_turned(struct assay__activefilter_state *state,
                            const struct assay__activefilter_turned *turned,
                            enum assay__activefilter_sql look,
                            enum assay__activefilter_sql note, assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    bool has = false;
    assay_rc rc = has_turned(state, turned, look, &has, err);
    int code;

    if (rc != ASSAY_OK || !has)
        return rc;
    rc = take_turn(state, &db, err);
    if (rc != ASSAY_OK)
        return rc;
    code = assay__activefilter_db_run(
        db, note, "bdii", (const void *)turned->fingerprint,
        (size_t)ASSAY__FINGERPRINT_SIZE, turned->score, oldest(state),
        (int64_t)NOTE_MAX);
    return finish_turn(state, db, code, err);
}

/* Looks first: to write it would have to wait for others, and most scores
 * turn nothing. */
assay_rc assay__activefilter_state_note_all(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_turned *turned, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    if (turned->to_spam)
        rc = note_turned(state, turned, ASSAY__AF_HAS_TO_SPAM,
                         ASSAY__AF_NOTE_TO_SPAM, err);
    if (rc == ASSAY_OK && turned->to_ham)
        rc = note_turned(state, turned, ASSAY__AF_HAS_TO_HAM,
                         ASSAY__AF_NOTE_TO_HAM, err);
    return rc;
}

assay_rc assay__activefilter_state_give_up(
    struct assay__activefilter_state *state, const char *id, bool *is_first_out,
    assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    assay_rc rc = take_turn(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code = assay__activefilter_db_run(db, ASSAY__AF_RESTLESS, "t", id);
    *is_first_out = code == SQLITE_OK && sqlite3_changes(db->handle) > 0;
    return finish_turn(state, db, code, err);
}

assay_rc assay__activefilter_state_plan(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_entry *entry, double score,
    const char *mail_name, assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    bool is_planned = false;
    assay_rc rc = take_turn(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code =
        assay__activefilter_db_run(db, ASSAY__AF_PLAN, "tidtit", entry->id,
                                   (int64_t)(score > entry->threshold), score,
                                   mail_name, entry->revision, state->mailbox);
    if (code == SQLITE_OK)
        is_planned = sqlite3_changes(db->handle) > 0;
    rc = finish_turn(state, db, code, err);
    if (rc == ASSAY_OK && !is_planned)
        rc = assay_error_set(err, ASSAY_E_EXISTS,
                             "ActiveFilter: %s was judged by another already",
                             entry->id);
    return rc;
}

/* ---- where a pending mail lies ----------------------------------------- */

/* By what the names lead to as well: a folder may be written in many ways. */
bool assay__activefilter_state_is_here(
    const struct assay__activefilter_state *state,
    const struct assay__activefilter_entry *entry)
{
    struct stat a, b;

    if (!state->mailbox || strcmp(state->mailbox, entry->mailbox) == 0)
        return true;
    return stat(state->mailbox, &a) == 0 && stat(entry->mailbox, &b) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* ---- telling ----------------------------------------------------------- */

/* How far settling came. */
struct settling {
    const struct assay__activefilter_delivery *delivery;
    bool is_delivered;
    assay_rc rc; /* of deliver */
};

static int is_due(struct assay__activefilter_db *db,
                  const struct assay__activefilter_delivery *delivery,
                  bool *is_out)
{
    sqlite3_stmt *statement = NULL;
    int code =
        assay__activefilter_db_begin(db, ASSAY__AF_IS_DUE, &statement, "tt",
                                     delivery->id, delivery->mail_name);

    return code == SQLITE_OK ? has_row(statement, is_out) : code;
}

static int settle(struct assay__activefilter_db *db, struct settling *settling,
                  assay_error *err)
{
    const struct assay__activefilter_delivery *delivery = settling->delivery;
    bool due = false;
    int code = is_due(db, delivery, &due);

    if (code != SQLITE_OK || !due)
        return code;
    settling->rc = delivery->deliver(delivery->arg, err);
    if (settling->rc != ASSAY_OK)
        return SQLITE_OK;
    settling->is_delivered = true;
    return assay__activefilter_db_run(db, ASSAY__AF_TOLD, "tt", delivery->id,
                                      delivery->mail_name);
}

assay_rc assay__activefilter_state_settle(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_delivery *delivery, bool *delivered_out,
    assay_error *err)
{
    struct settling settling = {.delivery = delivery, .rc = ASSAY_OK};
    struct assay__activefilter_db *db = NULL;
    assay_rc rc = take_turn(state, &db, err);
    int code;

    if (rc != ASSAY_OK)
        return rc;
    code = assay__activefilter_db_run(db, ASSAY__AF_BEGIN, "");
    if (code == SQLITE_OK)
        code = settle(db, &settling, err);
    if (code == SQLITE_OK && settling.rc == ASSAY_OK)
        code = assay__activefilter_db_run(db, ASSAY__AF_COMMIT, "");
    if (code != SQLITE_OK || settling.rc != ASSAY_OK)
        roll_back(db);
    *delivered_out = settling.is_delivered;
    rc = finish_turn(state, db, code, err);
    return rc == ASSAY_OK ? settling.rc : rc;
}

assay_rc assay__activefilter_state_cancel(
    struct assay__activefilter_state *state, const char *id,
    const char *mail_name, assay_error *err)
{
    struct assay__activefilter_db *db = NULL;
    int changes = 0, code;
    assay_rc rc = take_turn(state, &db, err);

    if (rc != ASSAY_OK)
        return rc;
    code =
        assay__activefilter_db_run(db, ASSAY__AF_FORGET, "tt", id, mail_name);
    if (code == SQLITE_OK)
        changes = sqlite3_changes(db->handle);
    if (code == SQLITE_OK && changes == 0) {
        code = assay__activefilter_db_run(db, ASSAY__AF_GO_BACK, "tt", id,
                                          mail_name);
        changes = code == SQLITE_OK ? sqlite3_changes(db->handle) : 0;
    }
    rc = finish_turn(state, db, code, err);
    if (rc == ASSAY_OK && changes == 0)
        rc = assay_error_set(err, ASSAY_E_NOTFOUND,
                             "ActiveFilter: nothing of %s is pending", id);
    return rc;
}
