/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/activefilter_state_db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/wall_clock.h"
#include "store/activefilter_state.h"

static const char schema[] =
    "CREATE TABLE entry ("
    " n INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " created INTEGER NOT NULL,"
    " fingerprint BLOB,"
    " threshold REAL NOT NULL,"
    " score REAL NOT NULL,"
    " is_spam INTEGER NOT NULL,"
    " revision INTEGER NOT NULL,"
    " is_restless INTEGER NOT NULL DEFAULT 0,"
    " mailbox TEXT,"
    " pending TEXT,"
    " pending_is_spam INTEGER,"
    " pending_score REAL,"
    " details BLOB NOT NULL);"
    "CREATE INDEX entry_content"
    " ON entry (fingerprint, is_spam, threshold, created)"
    " WHERE fingerprint IS NOT NULL;"
    "CREATE INDEX entry_content_pending ON entry (fingerprint)"
    " WHERE pending IS NOT NULL;"
    "CREATE INDEX entry_created ON entry (created);"
    "CREATE INDEX entry_pending ON entry (pending) WHERE pending IS NOT NULL;"
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
    "PRAGMA user_version = 1;";
_Static_assert(ASSAY__ACTIVEFILTER_SCHEMA == 1, "user_version of the schema");

#define ENTRY                                                  \
    "SELECT id, threshold, score, is_spam, revision, pending," \
    " pending_is_spam, pending_score, details, mailbox FROM entry "

/* Entries whose judgement a score turns: ?1 fingerprint, ?2 score, ?3 the time
 * before which they have expired. As index entry_content can tell. */
#define CONTENT "fingerprint = ?1 AND created >= ?3 AND pending IS NULL AND "
#define TO_SPAM CONTENT "is_spam = 0 AND threshold < ?2 "
#define TO_HAM CONTENT "is_spam = 1 AND threshold >= ?2 "

/* Entries leave in the order they came. Each registration takes at most so
 * many of the expired with it that a long pause does not cost the first one
 * after it seconds. */
static const char *const sql[ASSAY__AF_COUNT] = {
    [ASSAY__AF_BEGIN] = "BEGIN IMMEDIATE",
    [ASSAY__AF_COMMIT] = "COMMIT",
    [ASSAY__AF_ROLLBACK] = "ROLLBACK",
    [ASSAY__AF_ADD] =
        "INSERT INTO entry (id, created, fingerprint, threshold, score,"
        " is_spam, revision, pending, pending_is_spam, pending_score, details,"
        " mailbox) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?6, ?5, ?8, ?9)"
        " ON CONFLICT (id) DO NOTHING",
    [ASSAY__AF_EXPIRE] =
        "DELETE FROM entry WHERE n IN (SELECT n FROM entry"
        " WHERE created < ?1 AND pending IS NULL ORDER BY created LIMIT 100)",
    [ASSAY__AF_CROWD] =
        "DELETE FROM entry WHERE n IN (SELECT n FROM entry"
        " WHERE n <= (SELECT max(n) FROM entry) - ?1 AND pending IS NULL"
        " ORDER BY n LIMIT 100)",
    [ASSAY__AF_FIND] = ENTRY "WHERE id = ?1",
    [ASSAY__AF_HAS_ANY] =
        "SELECT 1 FROM entry WHERE fingerprint IS NOT NULL LIMIT 1",
    [ASSAY__AF_CHANGED] =
        ENTRY "WHERE n IN ("
              "SELECT n FROM (SELECT n FROM entry WHERE " TO_SPAM
              "ORDER BY threshold, created LIMIT ?5)"
              " UNION ALL SELECT n FROM (SELECT n FROM entry WHERE " TO_HAM
              "ORDER BY threshold, created LIMIT ?6)"
              " UNION ALL SELECT n FROM (SELECT n FROM entry"
              " WHERE fingerprint = ?1 AND created >= ?3"
              " AND pending IS NOT NULL AND mailbox = ?7 LIMIT ?4))"
              " LIMIT ?4",
    [ASSAY__AF_HAS_TO_SPAM] = "SELECT 1 FROM entry WHERE " TO_SPAM "LIMIT 1",
    [ASSAY__AF_HAS_TO_HAM] = "SELECT 1 FROM entry WHERE " TO_HAM "LIMIT 1",
    [ASSAY__AF_NOTE_TO_SPAM] =
        "UPDATE entry SET is_spam = 1, score = ?2 WHERE n IN"
        " (SELECT n FROM entry WHERE " TO_SPAM "LIMIT ?4)",
    [ASSAY__AF_NOTE_TO_HAM] =
        "UPDATE entry SET is_spam = 0, score = ?2 WHERE n IN"
        " (SELECT n FROM entry WHERE " TO_HAM "LIMIT ?4)",
    [ASSAY__AF_RESTLESS] = "UPDATE entry SET is_restless = 1,"
                           " fingerprint = NULL"
                           " WHERE id = ?1 AND is_restless = 0",
    [ASSAY__AF_NOTE] = "UPDATE entry SET is_spam = ?2, score = ?3"
                       " WHERE id = ?1 AND is_spam <> ?2 AND pending IS NULL",
    [ASSAY__AF_PLAN] = "UPDATE entry SET pending = ?4, pending_is_spam = ?2,"
                       " pending_score = ?3, revision = revision + 1,"
                       " mailbox = ?6"
                       " WHERE id = ?1 AND revision = ?5 AND is_spam <> ?2"
                       " AND pending IS NULL",
    [ASSAY__AF_IS_DUE] = "SELECT 1 FROM entry WHERE id = ?1 AND pending = ?2",
    [ASSAY__AF_TOLD] =
        "UPDATE entry SET is_spam = pending_is_spam, score = pending_score,"
        " pending = NULL, pending_is_spam = NULL, pending_score = NULL,"
        " mailbox = NULL WHERE id = ?1 AND pending = ?2",
    [ASSAY__AF_FORGET] =
        "DELETE FROM entry WHERE id = ?1 AND pending = ?2 AND revision = 0",
    [ASSAY__AF_GO_BACK] =
        "UPDATE entry SET pending = NULL, pending_is_spam = NULL,"
        " pending_score = NULL, mailbox = NULL, revision = revision - 1"
        " WHERE id = ?1 AND pending = ?2 AND revision > 0",
    [ASSAY__AF_NEXT_PENDING] =
        ENTRY "WHERE pending IS NOT NULL AND id > ?1 ORDER BY id LIMIT 1",
    [ASSAY__AF_IS_PENDING] = "SELECT 1 FROM entry WHERE pending = ?1",
    /* Of a database that was begun anew, or that had no room for it before. */
    [ASSAY__AF_ADD_MAILBOX] =
        "INSERT INTO setting (name, value) VALUES ('mailbox', ?1)"
        " ON CONFLICT (name) DO NOTHING",
    [ASSAY__AF_SET_MAILBOX] =
        "INSERT INTO setting (name, value) VALUES ('mailbox', ?1)"
        " ON CONFLICT (name) DO UPDATE SET value = ?1 WHERE value <> ?1",
};

bool assay__activefilter_db_is_broken(int code)
{
    int primary = code & 0xff;

    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

static bool is_full(int error_number)
{
    return error_number == ENOSPC || error_number == EDQUOT ||
           error_number == EFBIG;
}

static assay_rc error_of(sqlite3 *handle, const char *path, int code,
                         assay_error *err)
{
    int primary = code & 0xff;
    assay_rc rc = primary == SQLITE_FULL     ? ASSAY_E_LIMIT
                  : primary == SQLITE_NOMEM  ? ASSAY_E_NOMEM
                  : primary == SQLITE_TOOBIG ? ASSAY_E_LIMIT
                                             : ASSAY_E_IO;
    bool is_last = handle && sqlite3_extended_errcode(handle) == code;

    if (handle && primary == SQLITE_IOERR &&
        (code == SQLITE_IOERR_SHMSIZE || is_full(sqlite3_system_errno(handle))))
        rc = ASSAY_E_LIMIT;

    return assay_error_set(err, rc, "ActiveFilter: %s: %s", path,
                           is_last ? sqlite3_errmsg(handle)
                                   : sqlite3_errstr(code));
}

/* Of a call of the system. */
static assay_rc fault(const char *path, assay_error *err)
{
    return assay_error_set(err, is_full(errno) ? ASSAY_E_LIMIT : ASSAY_E_IO,
                           "ActiveFilter: %s: %m", path);
}

assay_rc assay__activefilter_db_error(const struct assay__activefilter_db *db,
                                      int code, assay_error *err)
{
    return error_of(db->handle, db->path, code, err);
}

/* ---- statements -------------------------------------------------------- */

static int bind_one(sqlite3_stmt *statement, int index, char type,
                    va_list *args)
{
    const void *data;

    switch (type) {
    case 't':
        return sqlite3_bind_text(statement, index, va_arg(*args, const char *),
                                 -1, SQLITE_STATIC);
    case 'i':
        return sqlite3_bind_int64(statement, index, va_arg(*args, int64_t));
    case 'd':
        return sqlite3_bind_double(statement, index, va_arg(*args, double));
    default:
        data = va_arg(*args, const void *);
        return sqlite3_bind_blob64(statement, index, data,
                                   va_arg(*args, size_t), SQLITE_STATIC);
    }
}

static int begin_args(struct assay__activefilter_db *db,
                      enum assay__activefilter_sql which, sqlite3_stmt **out,
                      const char *types, va_list *args)
{
    int rc = SQLITE_OK;

    if (!db->statements[which])
        rc = sqlite3_prepare_v3(db->handle, sql[which], -1,
                                SQLITE_PREPARE_PERSISTENT,
                                &db->statements[which], NULL);
    for (int i = 0; rc == SQLITE_OK && types[i] != '\0'; i++)
        rc = bind_one(db->statements[which], i + 1, types[i], args);
    if (rc == SQLITE_OK)
        *out = db->statements[which];
    return rc;
}

int assay__activefilter_db_begin(struct assay__activefilter_db *db,
                                 enum assay__activefilter_sql which,
                                 sqlite3_stmt **out, const char *types, ...)
{
    va_list args;
    int rc;

    va_start(args, types);
    rc = begin_args(db, which, out, types, &args);
    va_end(args);
    return rc;
}

int assay__activefilter_db_run(struct assay__activefilter_db *db,
                               enum assay__activefilter_sql which,
                               const char *types, ...)
{
    sqlite3_stmt *statement = NULL;
    va_list args;
    int rc;

    va_start(args, types);
    rc = begin_args(db, which, &statement, types, &args);
    va_end(args);
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(statement);
    if (rc == SQLITE_DONE || rc == SQLITE_ROW)
        rc = SQLITE_OK;
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return rc;
}

/* ---- one connection ---------------------------------------------------- */

/* SQLite counts in the process which locks it holds. A child gets a copy of
 * that with what its parent had open, and would believe to hold locks that it
 * does not: so there it must not be opened. */
static _Atomic unsigned open_count;
static _Atomic pid_t opener; /* of those */

static assay_rc enter(struct assay__activefilter_db *db, assay_error *err)
{
    pid_t self = getpid();

    if (atomic_load(&open_count) > 0 && atomic_load(&opener) != self)
        return assay_error_set(err, ASSAY_E_STATE,
                               "ActiveFilter: the parent of this process had "
                               "its database open, so it must not");
    atomic_store(&opener, self);
    (void)atomic_fetch_add(&open_count, 1U);
    db->process = self;
    return ASSAY_OK;
}

void assay__activefilter_db_close(struct assay__activefilter_db **db)
{
    struct assay__activefilter_db *d = *db;

    if (!d)
        return;
    if (d->process == getpid()) {
        for (size_t i = 0; i < ASSAY__AF_COUNT; i++)
            (void)sqlite3_finalize(d->statements[i]);
        (void)sqlite3_close_v2(d->handle);
        (void)atomic_fetch_sub(&open_count, 1U);
    }
    free(d->path);
    free(d);
    *db = NULL;
}

bool assay__activefilter_db_is_current(const struct assay__activefilter_db *db)
{
    struct stat status;

    return db->process == getpid() && stat(db->path, &status) == 0 &&
           status.st_dev == db->device && status.st_ino == db->inode;
}

/* The first column of the first row of a pragma. */
static int ask(sqlite3 *handle, const char *pragma, char *text_out, size_t size)
{
    sqlite3_stmt *statement = NULL;
    const unsigned char *text = NULL;
    int rc = sqlite3_prepare_v2(handle, pragma, -1, &statement, NULL);

    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        text = sqlite3_column_text(statement, 0);
    (void)snprintf(text_out, size, "%s", text ? (const char *)text : "");
    (void)sqlite3_finalize(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int begin_schema(sqlite3 *handle)
{
    int rc = sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_exec(handle, schema, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        (void)sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

static int look_at_pages(sqlite3 *handle)
{
    char text[64];
    int rc = ask(handle, "PRAGMA quick_check(1)", text, sizeof text);

    if (rc == SQLITE_OK && strcmp(text, "ok") != 0)
        return SQLITE_CORRUPT;
    return rc;
}

/* @param version_out  of the schema, before one is begun */
static int set_up(sqlite3 *handle, bool is_thorough, long *version_out)
{
    char text[64];
    int rc;

    (void)sqlite3_extended_result_codes(handle, 1);
    (void)sqlite3_busy_timeout(handle, ASSAY__ACTIVEFILTER_BUSY_MS);
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    rc = ask(handle, "PRAGMA user_version", text, sizeof text);
    if (rc != SQLITE_OK)
        return rc;
    *version_out = strtol(text, NULL, 10);
    if (*version_out > ASSAY__ACTIVEFILTER_SCHEMA)
        return SQLITE_OK;
    rc = ask(handle, "PRAGMA journal_mode = WAL", text, sizeof text);
    if (rc == SQLITE_OK)
        rc = ask(handle, "PRAGMA synchronous = FULL", text, sizeof text);
    if (rc == SQLITE_OK && is_thorough)
        rc = look_at_pages(handle);
    if (rc == SQLITE_OK && sqlite3_db_readonly(handle, "main"))
        return SQLITE_READONLY;
    if (rc == SQLITE_OK && *version_out == 0)
        rc = begin_schema(handle);
    return rc;
}

static assay_rc refuse_version(const char *path, long version, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_IO,
                           "ActiveFilter: %s was written by a newer version "
                           "of this program (schema %ld, here %d)",
                           path, version, ASSAY__ACTIVEFILTER_SCHEMA);
}

/* @param code_out  of SQLite, when it is what fails */
static assay_rc connect(const char *path, bool is_thorough, sqlite3 **out,
                        int *code_out, assay_error *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                      SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW;
    sqlite3 *handle = NULL;
    long version = 0;
    assay_rc rc = ASSAY_OK;

    *code_out = sqlite3_open_v2(path, &handle, flags, NULL);
    if (*code_out == SQLITE_OK)
        *code_out = set_up(handle, is_thorough, &version);
    if (*code_out != SQLITE_OK)
        rc = error_of(handle, path, *code_out, err);
    else if (version > ASSAY__ACTIVEFILTER_SCHEMA)
        rc = refuse_version(path, version, err);
    if (rc != ASSAY_OK) {
        (void)sqlite3_close_v2(handle);
        return rc;
    }
    *out = handle;
    return ASSAY_OK;
}

/* ---- the folder -------------------------------------------------------- */

static assay_rc refuse_folder(const char *folder, const char *why,
                              assay_error *err)
{
    return assay_error_set(err, ASSAY_E_IO, "ActiveFilter: %s: %s", folder,
                           why);
}

/* Who may put another database in the place of ours must be trusted. */
static const char *distrust(const struct stat *status)
{
    if (status->st_uid != 0 && status->st_uid != geteuid() && geteuid() != 0)
        return "belongs to another user; it must be ours or root's";
    if (status->st_mode & S_IWOTH)
        return "is writable for everybody";
    return NULL;
}

/* Others hold it for moments; but one that was stopped must not stop us. */
static bool lock(int fd)
{
    const struct timespec pause = {.tv_nsec = 10000000L};
    int64_t deadline_ms = assay__clock_ms() + ASSAY__ACTIVEFILTER_FOLDER_MS;

    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) ||
            assay__clock_ms() > deadline_ms)
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

/* With mode 0700 whatever the umask is, and also when it took the right to
 * open it away from us. */
static bool make_folder(const char *folder)
{
    char link[32];
    int place, rc;

    if (mkdir(folder, 0700) != 0)
        return errno == EEXIST;
    place = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (place < 0)
        return false;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", place);
    rc = chmod(link, 0700);
    (void)close(place);
    return rc == 0;
}

/* @param fd_out  locked, for as long as it is open */
static assay_rc lock_folder(const char *folder, int *fd_out, assay_error *err)
{
    struct stat status;
    const char *why = NULL;
    int fd;

    if (!make_folder(folder))
        return fault(folder, err);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fault(folder, err);
    if (fstat(fd, &status) != 0)
        why = "cannot be looked at";
    else
        why = distrust(&status);
    if (!why && !lock(fd))
        why = "is locked by another process, or cannot be locked";
    if (why) {
        (void)close(fd);
        return refuse_folder(folder, why, err);
    }
    *fd_out = fd;
    return ASSAY_OK;
}

/* An empty file is an empty database. SQLite would make it with the rights
 * that the umask leaves, and gives its other files those of this one: one that
 * may not be written would leave a -shm that may not be either, also when this
 * is mended, so SQLite never sees it. */
static assay_rc make_file(int folder_fd, const char *path, assay_error *err)
{
    static const char name[] = ASSAY__ACTIVEFILTER_DATABASE;
    int rc = mknodat(folder_fd, name, S_IFREG | 0600, 0);

    if (rc == 0)
        rc = fchmodat(folder_fd, name, 0600, 0);
    else if (errno == EEXIST)
        rc = faccessat(folder_fd, name, R_OK | W_OK,
                       AT_EACCESS | AT_SYMLINK_NOFOLLOW);
    return rc == 0 ? ASSAY_OK : fault(path, err);
}

enum { BROKEN_MAX = 100 }; /* names that are tried for a damaged database */

/* The write-ahead log goes with it, so that what is in it can be looked at.
 * The database goes first: SQLite leaves the log of a moved one alone.
 * @param name_out  of the file it became */
static assay_rc move_aside(int folder_fd, char *name_out, size_t size,
                           assay_error *err)
{
    static const char wal[] = ASSAY__ACTIVEFILTER_DATABASE "-wal";
    static const char shm[] = ASSAY__ACTIVEFILTER_DATABASE "-shm";
    long long now = (long long)assay__wall_clock_s(NULL);
    char wal_name[96];
    int rc = -1;

    for (int i = 0; rc != 0 && i < BROKEN_MAX; i++) {
        (void)snprintf(name_out, size, "%s.broken-%lld",
                       ASSAY__ACTIVEFILTER_DATABASE, now + i);
        rc = renameat2(folder_fd, ASSAY__ACTIVEFILTER_DATABASE, folder_fd,
                       name_out, RENAME_NOREPLACE);
        if (rc != 0 && errno != EEXIST)
            break;
    }
    if (rc != 0)
        return assay_error_set(err, ASSAY_E_IO,
                               "ActiveFilter: the database is damaged and "
                               "cannot be moved aside: %m");
    (void)snprintf(wal_name, sizeof wal_name, "%s-wal", name_out);
    (void)renameat(folder_fd, wal, folder_fd, wal_name);
    (void)unlinkat(folder_fd, shm, 0);
    return ASSAY_OK;
}

/* What is known while the folder is locked. */
struct opening {
    int folder_fd;
    char moved_to[64]; /* "": nothing was moved */
    assay_error why;   /* it was */
};

static assay_rc connect_or_repair(struct opening *opening,
                                  struct assay__activefilter_db *db,
                                  bool is_thorough, assay_error *err)
{
    struct stat status;
    int code = SQLITE_OK;
    assay_rc rc = make_file(opening->folder_fd, db->path, err);

    if (rc == ASSAY_OK)
        rc = connect(db->path, is_thorough, &db->handle, &code, err);
    if (assay__activefilter_db_is_broken(code)) {
        if (err)
            opening->why = *err;
        rc = move_aside(opening->folder_fd, opening->moved_to,
                        sizeof opening->moved_to, err);
        if (rc == ASSAY_OK)
            rc = make_file(opening->folder_fd, db->path, err);
        if (rc == ASSAY_OK)
            rc = connect(db->path, is_thorough, &db->handle, &code, err);
    }
    if (rc != ASSAY_OK)
        return rc;
    if (fstatat(opening->folder_fd, ASSAY__ACTIVEFILTER_DATABASE, &status,
                AT_SYMLINK_NOFOLLOW) != 0)
        return refuse_folder(db->path, "cannot be looked at", err);
    db->device = status.st_dev;
    db->inode = status.st_ino;
    return ASSAY_OK;
}

/* The real path: SQLite is told to follow no links. */
static char *database_path(const char *folder)
{
    char *real = realpath(folder, NULL), *path = NULL;

    if (real &&
        asprintf(&path, "%s/%s", real, ASSAY__ACTIVEFILTER_DATABASE) < 0)
        path = NULL;
    free(real);
    return path;
}

assay_rc assay__activefilter_db_open(const char *folder, bool is_thorough,
                                     const assay_log *log,
                                     struct assay__activefilter_db **out,
                                     assay_error *err)
{
    struct assay__activefilter_db *db = calloc(1, sizeof *db);
    struct opening opening = {.folder_fd = -1};
    assay_error local = {0};
    assay_rc rc;

    if (!db)
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: database");
    rc = enter(db, &local);
    if (rc == ASSAY_OK)
        rc = lock_folder(folder, &opening.folder_fd, &local);
    if (rc == ASSAY_OK) {
        db->path = database_path(folder);
        rc = db->path ? connect_or_repair(&opening, db, is_thorough, &local)
                      : assay_error_set(&local, ASSAY_E_NOMEM,
                                        "ActiveFilter: %s", folder);
        (void)close(opening.folder_fd);
    }
    if (opening.moved_to[0] != '\0')
        assay_log_write(log, ASSAY_LOG_ERROR, "activefilter.database-broken",
                        "folder=\"%s\" moved_to=\"%s\" reason=\"%s\"", folder,
                        opening.moved_to, opening.why.msg);
    if (rc != ASSAY_OK) {
        assay__activefilter_db_close(&db);
        return assay_error_set(err, rc, "%s", local.msg);
    }
    *out = db;
    return ASSAY_OK;
}

/* ---- for other programs ------------------------------------------------ */

static assay_rc read_mailbox(sqlite3 *handle, const char *path, char **out,
                             assay_error *err)
{
    char text[PATH_MAX];
    int code;

    (void)sqlite3_busy_timeout(handle, ASSAY__ACTIVEFILTER_BUSY_MS);
    code = ask(handle, "SELECT value FROM setting WHERE name = 'mailbox'", text,
               sizeof text);
    if (code != SQLITE_OK)
        return error_of(handle, path, code, err);
    if (text[0] == '\0')
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "%s does not name a mailbox yet", path);
    *out = strdup(text);
    return *out ? ASSAY_OK
                : assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: %s", path);
}

assay_rc assay__activefilter_db_read_mailbox(const char *folder, char **out,
                                             assay_error *err)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                      SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW;
    char *path = database_path(folder);
    sqlite3 *handle = NULL;
    assay_rc rc;
    int code;

    if (!path || access(path, F_OK) != 0) {
        free(path);
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "there is no %s in %s: ActiveFilter was not in "
                               "use yet",
                               ASSAY__ACTIVEFILTER_DATABASE, folder);
    }
    code = sqlite3_open_v2(path, &handle, flags, NULL);
    rc = code == SQLITE_OK ? read_mailbox(handle, path, out, err)
                           : error_of(handle, path, code, err);
    (void)sqlite3_close_v2(handle);
    free(path);
    return rc;
}
