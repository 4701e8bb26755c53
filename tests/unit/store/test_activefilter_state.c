/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* What ActiveFilter keeps: bounds, age, damage, and who may read it. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "activefilter_kit.h"
#include "check_run.h"
#include "base/wall_clock.h"
#include "store/activefilter_state.h"

static int64_t later_s; /* how far the host's clock is ahead */

static int64_t clock_of_host(void *arg)
{
    (void)arg;
    return assay__wall_clock_ms(NULL) + later_s * 1000;
}

static const struct assay__wall_clock host_clock = {.now_ms = clock_of_host};

assay_rc __real_assay__activefilter_state_settle(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_delivery *delivery, bool *delivered_out,
    assay_error *error);
assay_rc __wrap_assay__activefilter_state_settle(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_delivery *delivery, bool *delivered_out,
    assay_error *error);

static void (*before_settling)(void);

assay_rc __wrap_assay__activefilter_state_settle(
    struct assay__activefilter_state *state,
    const struct assay__activefilter_delivery *delivery, bool *delivered_out,
    assay_error *error)
{
    if (before_settling)
        before_settling();
    return __real_assay__activefilter_state_settle(state, delivery,
                                                   delivered_out, error);
}

static assay_activefilter *filter;
static char database[PATH_MAX + 32];

static void setup(void)
{
    kit_setup();
    kit.options.clock = &host_clock;
    later_s = 0;
    before_settling = NULL;
    filter = NULL;
    (void)snprintf(database, sizeof database, "%s/activefilter.db", kit.state);
}

static void teardown(void)
{
    assay__activefilter_free(&filter);
    kit_teardown();
}

static void begin(void)
{
    filter = kit_filter(ASSAY_ACTIVEFILTER_MOVEMSG);
}

static void begin_with_one(void)
{
    begin();
    ck_assert_msg(kit_register(filter, "R1", 10) == ASSAY_OK, "%s", err.msg);
    free(kit_take(&(size_t){0}));
}

static assay_rc try_to_begin(void)
{
    filter = kit_new();
    ck_assert_int_eq(assay_activefilter_set_mode(filter,
                                                 ASSAY_ACTIVEFILTER_KEEP, NULL,
                                                 NULL, false, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_activefilter_set_address(filter, KIT_ADDRESS, &err),
                     ASSAY_OK);
    return assay__activefilter_seal(filter, &err);
}

/* Names in the state folder that begin with a text. */
static size_t count_files(const char *start)
{
    DIR *folder = opendir(kit.state);
    struct dirent *entry;
    size_t count = 0;

    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder)) != NULL)
        count += strncmp(entry->d_name, start, strlen(start)) == 0;
    closedir(folder);
    return count;
}

/* Descriptors of the database in this process. */
static size_t count_open(bool *all_cloexec)
{
    char link[64], target[PATH_MAX];
    size_t count = 0;

    *all_cloexec = true;
    for (int fd = 0; fd < 256; fd++) {
        ssize_t len;

        (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        len = readlink(link, target, sizeof target - 1);
        target[len > 0 ? len : 0] = '\0';
        if (!strstr(target, "activefilter.db"))
            continue;
        count++;
        if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
            *all_cloexec = false;
    }
    return count;
}

START_TEST(nothing_is_open_before_it_is_needed)
{
    bool cloexec;

    begin();
    ck_assert_uint_eq(count_open(&cloexec), 0); /* sealed: looked, closed */
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
    ck_assert_uint_gt(count_open(&cloexec), 0);
    ck_assert(cloexec);
    assay__activefilter_free(&filter);
    ck_assert_uint_eq(count_open(&cloexec), 0);
}
END_TEST

START_TEST(files_are_for_the_owner_only)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[PATH_MAX + 40];
    struct stat status;

    (void)umask(_i == 0 ? 0 : 0777); /* nobody may do what; or all */
    begin();
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s%s", database, suffixes[i]);
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert_uint_eq(status.st_mode & 0777, 0600);
    }
    ck_assert_int_eq(stat(kit.state, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
}
END_TEST

START_TEST(folder_that_anybody_may_write_to_is_refused)
{
    ck_assert_int_eq(mkdir(kit.state, 0700), 0);
    ck_assert_int_eq(chmod(kit.state, 0777), 0);
    ck_assert_int_eq(try_to_begin(), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "writable for everybody"));
}
END_TEST

START_TEST(folder_may_be_reached_by_a_link)
{
    char real[PATH_MAX + 8];

    (void)snprintf(real, sizeof real, "%s.real", kit.state);
    ck_assert_int_eq(mkdir(real, 0700), 0);
    ck_assert_int_eq(symlink(real, kit.state), 0);
    begin_with_one();
}
END_TEST

START_TEST(database_that_is_a_link_is_refused)
{
    ck_assert_int_eq(mkdir(kit.state, 0700), 0);
    ck_assert_int_eq(symlink("/etc/passwd", database), 0);
    ck_assert_int_eq(try_to_begin(), ASSAY_E_IO);
}
END_TEST

START_TEST(missing_parent_is_an_error)
{
    kit.options.state = "/nonexistent/state";
    ck_assert_int_eq(try_to_begin(), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/state"));
}
END_TEST

START_TEST(durable_and_shared)
{
    begin_with_one();
    ck_assert_int_eq(kit_sql("SELECT journal_mode = 'wal' FROM "
                             "pragma_journal_mode"),
                     1);
    ck_assert_int_eq(kit_sql("PRAGMA user_version"),
                     ASSAY__ACTIVEFILTER_SCHEMA);
}
END_TEST

/* ---- bounds ------------------------------------------------------------ */

START_TEST(entries_are_bounded_and_the_oldest_go_first)
{
    char id[32];

    kit.options.max_entries = 10;
    begin();
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(id, sizeof id, "R%d", i);
        ck_assert_int_eq(kit_register(filter, id, 10), ASSAY_OK);
    }
    ck_assert_uint_eq(kit_count("new"), 1000);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 10);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry WHERE id >= 'R990' "
                             "AND id <= 'R999'"),
                     10);
}
END_TEST

START_TEST(what_is_pending_is_spared)
{
    kit.options.max_entries = 1;
    begin_with_one();
    (void)kit_sql("UPDATE entry SET pending = 'x', pending_is_spam = 0, "
                  "pending_score = 1, fingerprint = NULL");
    ck_assert_int_eq(kit_register(filter, "R2", 10), ASSAY_OK);
    ck_assert_int_eq(kit_register(filter, "R3", 10), ASSAY_OK);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 2);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry WHERE id = 'R1'"), 1);
}
END_TEST

START_TEST(old_registrations_are_forgotten)
{
    kit.options.expire_s = 3600;
    begin_with_one();
    later_s = 3599;
    kit_rejudge(filter, 90);
    free(kit_take(&(size_t){0}));
    later_s = 3700;
    kit_rejudge(filter, 10); /* too old to be told */
    ck_assert_uint_eq(kit_count("new"), 0);
    ck_assert_int_eq(kit_register(filter, "R2", 10), ASSAY_OK);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 1);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry WHERE id = 'R2'"), 1);
}
END_TEST

START_TEST(clock_that_was_set_back_forgets_nothing)
{
    kit.options.expire_s = 3600;
    begin_with_one();
    later_s = -86400;
    ck_assert_int_eq(kit_register(filter, "R2", 10), ASSAY_OK);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 2);
    free(kit_take(&(size_t){0}));
    kit_rejudge(filter, 90);
    ck_assert_uint_eq(kit_count("new"), 2);
}
END_TEST

START_TEST(state_without_bounds_is_refused)
{
    assay_activefilter *none = NULL;

    kit.options.max_entries = _i == 0 ? 0 : 10;
    kit.options.expire_s = _i == 1 ? 0 : 10;
    if (_i == 2)
        kit.options.max_entries = -1;
    ck_assert_int_eq(assay__activefilter_new(&kit.options, &none, &err),
                     ASSAY_E_INVAL);
    ck_assert_ptr_null(none);
}
END_TEST

/* ---- damage ------------------------------------------------------------ */

static void overwrite(off_t from, off_t to)
{
    char noise[4096];
    int fd = open(database, O_WRONLY | O_CLOEXEC);

    memset(noise, 0xa5, sizeof noise);
    ck_assert_int_ge(fd, 0);
    for (; from < to; from += (off_t)sizeof noise)
        ck_assert_int_eq(pwrite(fd, noise, sizeof noise, from), sizeof noise);
    ck_assert_int_eq(close(fd), 0);
}

static off_t size_of_database(void)
{
    struct stat status;

    ck_assert_int_eq(stat(database, &status), 0);
    return status.st_size;
}

/* Closed, so that all is in the database itself. */
static void leave_many(void)
{
    char id[300];

    begin();
    for (int i = 0; i < 50; i++) {
        (void)snprintf(id, sizeof id, "%0250d", i);
        ck_assert_int_eq(kit_register(filter, id, 10), ASSAY_OK);
    }
    assay__activefilter_free(&filter);
    ck_assert_int_gt(size_of_database(), 8 * 4096);
}

static void damage(int how)
{
    off_t size = size_of_database();

    switch (how) {
    case 0: /* no database at all */
        overwrite(0, size);
        break;
    case 1: /* all but the first page */
        overwrite(4096, size);
        break;
    case 2: /* cut in the middle of a page */
        ck_assert_int_eq(truncate(database, size / 2 + 100), 0);
        break;
    case 3: /* less than a header */
        ck_assert_int_eq(truncate(database, 50), 0);
        break;
    default: /* one page in the middle */
        overwrite(size / 8192 * 4096, size / 8192 * 4096 + 4096);
        break;
    }
}

enum { DAMAGES = 5 };

START_TEST(damaged_database_is_moved_aside)
{
    leave_many();
    damage(_i);
    begin();
    ck_assert_ptr_nonnull(
        strstr(kit.logged, "error: activefilter.database-broken"));
    ck_assert_uint_eq(count_files("activefilter.db.broken-"), 1);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 0);
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
}
END_TEST

START_TEST(empty_file_is_an_empty_database)
{
    leave_many();
    ck_assert_int_eq(truncate(database, 0), 0);
    begin();
    ck_assert_str_eq(kit.logged, "");
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
}
END_TEST

/* It may cost one answer, never more. */
START_TEST(damage_while_running_is_found_and_repaired)
{
    assay_rc rc;

    leave_many();
    begin();
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
    (void)kit_sql("PRAGMA wal_checkpoint(TRUNCATE)");
    damage(1);
    rc = kit_register(filter, "R2", 10);
    ck_assert(rc == ASSAY_OK || rc == ASSAY_E_IO);
    ck_assert_int_eq(kit_register(filter, "R3", 10), ASSAY_OK);
    ck_assert_int_eq(kit_register(filter, "R4", 10), ASSAY_OK);
    ck_assert_uint_eq(count_files("activefilter.db.broken-"), 1);
}
END_TEST

START_TEST(database_removed_while_running_is_begun_anew)
{
    char command[PATH_MAX + 64];

    begin_with_one();
    (void)snprintf(command, sizeof command, "rm -r '%s'", kit.state);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_eq(kit_register(filter, "R2", 10), ASSAY_OK);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 1);
    ck_assert_str_eq(kit.logged, "");
}
END_TEST

static void remove_state(void)
{
    char command[PATH_MAX + 64];

    (void)snprintf(command, sizeof command, "rm -r '%s'", kit.state);
    ck_assert_int_eq(system(command), 0);
}

/* Between writing down and telling: what is answered with OK is told. */
START_TEST(database_removed_in_the_middle_loses_no_mail)
{
    begin();
    before_settling = remove_state;
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
    ck_assert_uint_eq(kit_count("new"), 1);
    ck_assert_uint_eq(kit_count("tmp"), 0);
}
END_TEST

static void remove_mailbox(void)
{
    char command[PATH_MAX + 64];

    (void)snprintf(command, sizeof command, "rm -r '%s'", kit.box);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(mailbox_removed_in_the_middle_is_an_error)
{
    begin();
    before_settling = remove_mailbox;
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "is not there"));
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 0);
    before_settling = NULL;
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
    ck_assert_uint_eq(kit_count("new"), 1);
}
END_TEST

/* Another process that opens the database, and was stopped while it did. */
START_TEST(folder_that_stays_locked_is_an_error)
{
    int fd;

    begin();
    fd = open(kit.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "locked"));
    ck_assert_int_eq(close(fd), 0);
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
}
END_TEST

START_TEST(mailbox_that_may_not_be_made_is_an_error)
{
    begin();
    kit.stanza.create_users = false; /* it was removed since */
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, KIT_ADDRESS));
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 0);
}
END_TEST

START_TEST(newer_schema_is_refused_and_kept)
{
    begin_with_one();
    assay__activefilter_free(&filter);
    (void)kit_sql("PRAGMA user_version = 2");
    ck_assert_int_eq(try_to_begin(), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "newer version"));
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 1);
    ck_assert_uint_eq(count_files("activefilter.db.broken-"), 0);
}
END_TEST

/* As a user who may read it only: root may always write. */
START_TEST(read_only_database_is_an_error)
{
    int status;
    pid_t child;

    kit.stanza.dirmode = 0777;
    ck_assert_int_eq(chmod(kit.base, 0777), 0);
    begin_with_one();
    assay__activefilter_free(&filter);
    ck_assert_int_eq(chmod(database, 0444), 0);
    ck_assert_int_eq(chmod(kit.state, 0555), 0);
    ck_assert_int_eq(chmod(kit.folder, 0755), 0);
    child = fork();
    if (child == 0) {
        assay_rc rc;

        if (geteuid() == 0 && (chown(kit.state, 12345, 12345) || setuid(12345)))
            _exit(2);
        kit.options.state = kit.state;
        rc = try_to_begin();
        _exit(rc == ASSAY_E_IO && strstr(err.msg, database) ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d",
                  status);
    ck_assert_int_eq(chmod(kit.state, 0700), 0);
}
END_TEST

/* SQLite would leave a -shm with the mode of the database. */
START_TEST(database_that_was_read_only_is_used_again)
{
    int status;
    pid_t child;

    kit.stanza.dirmode = 0777; /* the mailbox is there for the child, too */
    ck_assert_int_eq(chmod(kit.base, 0777), 0);
    begin_with_one();
    assay__activefilter_free(&filter);
    ck_assert_int_eq(chmod(kit.folder, 0755), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(
            chown(kit.state, 12345, 12345) | chown(database, 12345, 12345), 0);
    child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid(12345) != 0)
            _exit(2);
        if (chmod(database, 0400) != 0 || try_to_begin() != ASSAY_E_IO)
            _exit(3);
        assay__activefilter_free(&filter);
        if (chmod(database, 0600) != 0)
            _exit(4);
        _exit(try_to_begin() == ASSAY_OK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d",
                  status);
}
END_TEST

/* What SQLite writes with. */
static ssize_t (*real_pwrite)(int fd, const void *data, size_t len, off_t at);
static unsigned writes_left; /* until there is no more room */

static ssize_t full_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (writes_left > 0) {
        writes_left--;
        return real_pwrite(fd, data, len, at);
    }
    errno = ENOSPC;
    return -1;
}

static void set_pwrite(sqlite3_vfs *vfs, sqlite3_syscall_ptr call)
{
    ck_assert_int_eq(vfs->xSetSystemCall(vfs, "pwrite", call), SQLITE_OK);
    if (vfs->xGetSystemCall(vfs, "pwrite64"))
        ck_assert_int_eq(vfs->xSetSystemCall(vfs, "pwrite64", call), SQLITE_OK);
}

/* However much of the database is there when the disk is full. */
START_TEST(full_disk_does_not_stop_loading)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    unsigned n = 0;

    real_pwrite = pwrite;
    do {
        kit.logged[0] = '\0';
        set_pwrite(vfs, (sqlite3_syscall_ptr)full_pwrite);
        writes_left = n++;
        ck_assert_msg(try_to_begin() == ASSAY_OK, "%u: %s", n, err.msg);
        if (kit.logged[0] != '\0') {
            ck_assert_ptr_nonnull(
                strstr(kit.logged, "error: activefilter.state-full"));
            ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_E_LIMIT);
            ck_assert_uint_eq(kit_count("new"), 0);
        }
        set_pwrite(vfs, NULL);
        ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
        ck_assert_uint_eq(kit_count("new"), 1);
        assay__activefilter_free(&filter);
        remove_state();
        free(kit_take(&(size_t){0}));
    } while (kit.logged[0] != '\0');
    ck_assert_uint_gt(n, 5);
}
END_TEST

/* The disk is full, as far as this process is concerned. */
START_TEST(full_disk_is_a_limit_and_nothing_is_lost)
{
    struct rlimit before, now;
    char big[200000];
    assay_message *message;
    struct assay__activefilter_event event = {.id = "R2", .threshold = 80};
    assay_rc rc;

    begin_with_one();
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    message = kit_message(big, 2000); /* a large entry */
    event.message = message;
    event.score = kit_score(10);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    now = before;
    now.rlim_cur = 32 * 4096;
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &now), 0);
    rc = assay__activefilter_register(filter, &event, &err);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_msg(rc == ASSAY_E_LIMIT || rc == ASSAY_E_IO, "%d %s", rc,
                  err.msg);
    ck_assert_uint_eq(kit_count("new"), 0);
    ck_assert_int_eq(assay__activefilter_register(filter, &event, &err),
                     ASSAY_OK);
    free(kit_take(&(size_t){0}));
    kit_rejudge(filter, 90); /* R1 is still known */
    free(kit_take(&(size_t){0}));
    assay_message_free(&message);
}
END_TEST

/* A real full file system, where one can be mounted. */
START_TEST(full_mailbox_is_a_limit)
{
    char filler[PATH_MAX + 16];
    char *block;
    int fd;

    if (geteuid() != 0 || mount("none", kit.base, "tmpfs", 0, "size=256k")) {
        (void)fprintf(stderr, "skipped: no file system can be mounted here\n");
        return;
    }
    begin_with_one();
    (void)snprintf(filler, sizeof filler, "%s/filler", kit.base);
    block = calloc(1, 1 << 20);
    ck_assert_ptr_nonnull(block);
    fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    (void)!write(fd, block, 1 << 20);
    ck_assert_int_eq(close(fd), 0);
    free(block);
    ck_assert_int_eq(kit_register(filter, "R2", 10), ASSAY_E_LIMIT);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 1);
    ck_assert_uint_eq(kit_count("tmp") + kit_count("new"), 0);
    ck_assert_int_eq(unlink(filler), 0);
    ck_assert_int_eq(kit_register(filter, "R2", 10), ASSAY_OK);
    ck_assert_uint_eq(kit_count("new"), 1);
    /* Read-only from now on. */
    ck_assert_int_eq(
        mount("none", kit.base, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=256k"),
        0);
    ck_assert_int_eq(kit_register(filter, "R3", 10), ASSAY_E_IO);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 2);
    ck_assert_int_eq(umount2(kit.base, MNT_DETACH), 0);
}
END_TEST

/* ---- processes --------------------------------------------------------- */

static void assert_child(assay_rc want)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(kit_register(filter, "R2", 10) == want ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Also when it begins one of its own. */
START_TEST(child_of_one_that_has_it_open_is_refused)
{
    assay_activefilter *own;

    begin();
    assert_child(ASSAY_OK); /* nothing is open yet */
    free(kit_take(&(size_t){0}));
    ck_assert_int_eq(kit_register(filter, "R1", 10), ASSAY_OK);
    assert_child(ASSAY_E_STATE);
    own = filter;
    begin();
    assert_child(ASSAY_E_STATE);
    assay__activefilter_free(&own);
    assert_child(ASSAY_OK);
    ck_assert_int_eq(kit_register(filter, "R3", 10), ASSAY_OK);
    ck_assert_int_eq(kit_sql("SELECT count(*) FROM entry"), 3);
    ck_assert_int_eq(kit_sql("SELECT integrity_check = 'ok' FROM "
                             "pragma_integrity_check"),
                     1);
}
END_TEST

START_TEST(mailbox_is_remembered)
{
    char *mailbox = NULL;

    ck_assert_int_eq(
        assay__activefilter_state_mailbox(kit.folder, &mailbox, &err),
        ASSAY_E_NOTFOUND);
    ck_assert_int_eq(
        assay__activefilter_state_mailbox("/nonexistent", &mailbox, &err),
        ASSAY_E_NOTFOUND);
    begin();
    ck_assert_int_eq(
        assay__activefilter_state_mailbox(kit.state, &mailbox, &err), ASSAY_OK);
    ck_assert_str_eq(mailbox, kit.box);
    free(mailbox);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter_state");
    TCase *tcase = tcase_create("state");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, nothing_is_open_before_it_is_needed);
    tcase_add_loop_test(tcase, files_are_for_the_owner_only, 0, 2);
    tcase_add_test(tcase, folder_that_anybody_may_write_to_is_refused);
    tcase_add_test(tcase, folder_may_be_reached_by_a_link);
    tcase_add_test(tcase, database_that_is_a_link_is_refused);
    tcase_add_test(tcase, missing_parent_is_an_error);
    tcase_add_test(tcase, durable_and_shared);
    tcase_add_test(tcase, entries_are_bounded_and_the_oldest_go_first);
    tcase_add_test(tcase, what_is_pending_is_spared);
    tcase_add_test(tcase, old_registrations_are_forgotten);
    tcase_add_test(tcase, clock_that_was_set_back_forgets_nothing);
    tcase_add_loop_test(tcase, state_without_bounds_is_refused, 0, 3);
    tcase_add_loop_test(tcase, damaged_database_is_moved_aside, 0, DAMAGES);
    tcase_add_test(tcase, empty_file_is_an_empty_database);
    tcase_add_test(tcase, damage_while_running_is_found_and_repaired);
    tcase_add_test(tcase, database_removed_while_running_is_begun_anew);
    tcase_add_test(tcase, database_removed_in_the_middle_loses_no_mail);
    tcase_add_test(tcase, mailbox_removed_in_the_middle_is_an_error);
    tcase_add_test(tcase, folder_that_stays_locked_is_an_error);
    tcase_add_test(tcase, mailbox_that_may_not_be_made_is_an_error);
    tcase_add_test(tcase, newer_schema_is_refused_and_kept);
    tcase_add_test(tcase, read_only_database_is_an_error);
    tcase_add_test(tcase, database_that_was_read_only_is_used_again);
    tcase_add_test(tcase, full_disk_does_not_stop_loading);
    tcase_add_test(tcase, full_disk_is_a_limit_and_nothing_is_lost);
    tcase_add_test(tcase, full_mailbox_is_a_limit);
    tcase_add_test(tcase, child_of_one_that_has_it_open_is_refused);
    tcase_add_test(tcase, mailbox_is_remembered);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
