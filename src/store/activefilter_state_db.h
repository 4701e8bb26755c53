/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One connection to the database of ActiveFilter, and its statements. For
 * activefilter_state.c only.
 *
 * Opening is serialised over all processes by a lock (flock) of the folder, so
 * that two do not begin a database, or move a damaged one aside, at once. The
 * file of the database is never opened but by SQLite: closing it would drop
 * the locks that SQLite holds in this process. For the same reason a process
 * whose parent had a connection open when it forked gets none.
 */
#ifndef ASSAY_STORE_ACTIVEFILTER_STATE_DB_H
#define ASSAY_STORE_ACTIVEFILTER_STATE_DB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <sqlite3.h>

#include <assay/error.h>
#include <assay/log.h>

enum assay__activefilter_sql {
    ASSAY__AF_BEGIN,
    ASSAY__AF_COMMIT,
    ASSAY__AF_ROLLBACK,
    ASSAY__AF_ADD,
    ASSAY__AF_EXPIRE,
    ASSAY__AF_CROWD,
    ASSAY__AF_FIND,
    ASSAY__AF_HAS_ANY,
    ASSAY__AF_CHANGED,
    ASSAY__AF_HAS_TO_SPAM,
    ASSAY__AF_HAS_TO_HAM,
    ASSAY__AF_NOTE_TO_SPAM,
    ASSAY__AF_NOTE_TO_HAM,
    ASSAY__AF_RESTLESS,
    ASSAY__AF_NOTE,
    ASSAY__AF_PLAN,
    ASSAY__AF_IS_DUE,
    ASSAY__AF_TOLD,
    ASSAY__AF_FORGET,
    ASSAY__AF_GO_BACK,
    ASSAY__AF_NEXT_PENDING,
    ASSAY__AF_IS_PENDING,
    ASSAY__AF_SET_MAILBOX,
    ASSAY__AF_ADD_MAILBOX,
    ASSAY__AF_COUNT
};

/** Longest waits: for another process that writes, or for the threads of this
 *  one; and for the lock of the folder. */
enum {
    ASSAY__ACTIVEFILTER_BUSY_MS = 30000,
    ASSAY__ACTIVEFILTER_FOLDER_MS = 5000
};

struct assay__activefilter_db {
    sqlite3 *handle;
    sqlite3_stmt *statements[ASSAY__AF_COUNT]; /* NULL until first used */
    char *path;                                /* of the file; owned */
    dev_t device;                              /* of that file */
    ino_t inode;
    pid_t process;
    struct assay__activefilter_db *next; /* state->lock: in its idle list */
};

/**
 * @param folder       made when it is not there
 * @param is_thorough  look at all pages, not only at the first
 * @return ASSAY_OK; ASSAY_E_IO; ASSAY_E_LIMIT; ASSAY_E_NOMEM; ASSAY_E_STATE
 *         the parent of this process has it open
 */
assay_rc assay__activefilter_db_open(const char *folder, bool is_thorough,
                                     const assay_log *log,
                                     struct assay__activefilter_db **out,
                                     assay_error *err);
/** Accepts NULL; sets *db to NULL. One of another process is forgotten, as
 *  SQLite wants it. */
void assay__activefilter_db_close(struct assay__activefilter_db **db);
/** Whether it is of this process, and of the file that has the name now. */
bool assay__activefilter_db_is_current(const struct assay__activefilter_db *db);

/**
 * Begin a statement with its parameters.
 * @param types  one letter each: t text, b blob (pointer and size_t; NULL is
 *               null), i int64_t, d double
 * @return SQLITE_OK with *out ready for sqlite3_step(); reset it
 */
int assay__activefilter_db_begin(struct assay__activefilter_db *db,
                                 enum assay__activefilter_sql which,
                                 sqlite3_stmt **out, const char *types, ...);
/** Likewise, of a statement without rows; run it. @return SQLITE_OK */
int assay__activefilter_db_run(struct assay__activefilter_db *db,
                               enum assay__activefilter_sql which,
                               const char *types, ...);
/** The error of a result that is not SQLITE_OK. */
assay_rc assay__activefilter_db_error(const struct assay__activefilter_db *db,
                                      int code, assay_error *err);
/** Whether it says that the file is damaged. */
bool assay__activefilter_db_is_broken(int code);

/** Read the mailbox that a database names, and change nothing.
 *  @param out  free() it. @return as open; ASSAY_E_NOTFOUND */
assay_rc assay__activefilter_db_read_mailbox(const char *folder, char **out,
                                             assay_error *err);

#endif
