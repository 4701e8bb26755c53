/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Delivery by the rules of the Maildir specification
 * (https://cr.yp.to/proto/maildir.html): a unique name, written in tmp/ and
 * synced, then moved into new/, never over another.
 *
 * A mail that waits in tmp/ holds no descriptor, so that one for a thousand
 * mailboxes can be staged in all of them: its folders are opened again to
 * commit it.
 */
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "store/maildir_mailbox.h"

enum {
    NAME_TRIES = 32,        /* somebody would have to guess every name */
    HOST_SHOWN = 120,       /* of the host in a name, escaped */
    CHUNK_SIZE = 64 * 1024, /* bytes that are written at once */
    WRITTEN_NAME_MAX = 272, /* of a file in tmp/, with the NUL */
};

struct assay__maildir_mail {
    const struct assay__maildir_options *options;
    struct assay__maildir_place place;
    char name[ASSAY__MAILDIR_NAME_MAX];
    bool is_named; /* by the caller, who finds it again after a crash */
    bool is_committed;
};

/* ---- names ------------------------------------------------------------- */

/* `/` and `:` are escaped as the specification says; what else could hurt in
 * a file name is in no host name, and becomes `_`. */
static void put_host(char out[HOST_SHOWN + 1])
{
    char host[256];
    size_t n = 0;

    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    for (const char *c = host; *c && n + 4 <= HOST_SHOWN; c++) {
        if (*c == '/' || *c == ':')
            n += (size_t)snprintf(out + n, HOST_SHOWN + 1 - n, "\\%03o",
                                  (unsigned)*c);
        else
            out[n++] = (char)(*c > ' ' && *c < 0x7f ? *c : '_');
    }
    out[n] = '\0';
    if (n == 0)
        assay__text_copy(out, HOST_SHOWN + 1, "localhost");
}

/* The unique part: Mmicroseconds P process _ how many before it. With a name,
 * what belongs to it while it is written: name.unique.part, so that whoever
 * knows the name knows what a crash leaves of it. Else time.unique.host */
static void make_name(const char *name, const struct assay__wall_clock *clock,
                      char out[WRITTEN_NAME_MAX])
{
    static _Atomic unsigned long deliveries;
    char host[HOST_SHOWN + 1], unique[64];
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)snprintf(unique, sizeof unique, "M%06ldP%ld_%lu", now.tv_nsec / 1000,
                   (long)getpid(), atomic_fetch_add(&deliveries, 1UL));
    if (name) {
        (void)snprintf(out, WRITTEN_NAME_MAX, "%s.%s" ASSAY__MAILDIR_PART, name,
                       unique);
        return;
    }
    put_host(host);
    (void)snprintf(out, WRITTEN_NAME_MAX, "%lld.%s.%s",
                   (long long)assay__wall_clock_s(clock), unique, host);
}

static assay_rc check_name(const char *name, assay_error *err)
{
    size_t len = strlen(name);

    if (len > 0 && len < ASSAY__MAILDIR_NAME_MAX && name[0] != '.' &&
        !strpbrk(name, "/:"))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_INVAL, "that is no name for a mail");
}

static bool is_there(int folder, const char *name, struct stat *out)
{
    return fstatat(folder, name, out, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---- writing ----------------------------------------------------------- */

struct writer {
    int fd;
    size_t len;
    bool has_cr; /* the last byte was a CR: a LF may follow */
    char chunk[CHUNK_SIZE];
};

static int flush(struct writer *writer)
{
    size_t done = 0;

    while (done < writer->len) {
        ssize_t n = write(writer->fd, writer->chunk + done, writer->len - done);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            done += (size_t)n;
    }
    writer->len = 0;
    return 0;
}

static int put(struct writer *writer, const char *data, size_t len)
{
    while (len > 0) {
        size_t room = sizeof writer->chunk - writer->len;
        size_t n = len < room ? len : room;

        memcpy(writer->chunk + writer->len, data, n);
        writer->len += n;
        data += n;
        len -= n;
        if (writer->len == sizeof writer->chunk && flush(writer) != 0)
            return -1;
    }
    return 0;
}

/* A CR is held back until it is known what follows it. */
static int put_lines(struct writer *writer, const char *data, size_t len)
{
    while (len > 0) {
        const char *cr = memchr(data, '\r', len);
        size_t n = cr ? (size_t)(cr - data) : len;

        if (writer->has_cr && *data != '\n' && put(writer, "\r", 1) != 0)
            return -1;
        writer->has_cr = cr != NULL;
        if (put(writer, data, n) != 0)
            return -1;
        n += cr ? 1 : 0;
        data += n;
        len -= n;
    }
    return 0;
}

static int put_pieces(struct writer *writer, const assay_bytes *pieces,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (put_lines(writer, pieces[i].data, pieces[i].len) != 0)
            return -1;
    if (writer->has_cr && put(writer, "\r", 1) != 0)
        return -1;
    return flush(writer);
}

static assay_rc write_mail(int fd, mode_t mode, const assay_bytes *pieces,
                           size_t count, assay_error *err)
{
    struct writer *writer = malloc(sizeof *writer);
    assay_rc rc = ASSAY_OK;

    if (!writer)
        return assay_error_set(err, ASSAY_E_NOMEM, "a mail");
    writer->fd = fd;
    writer->len = 0;
    writer->has_cr = false;
    if (fchmod(fd, mode) != 0 || put_pieces(writer, pieces, count) != 0 ||
        fsync(fd) != 0)
        rc = assay__mailbox_fault(errno, "the mail cannot be written", err);
    free(writer);
    return rc;
}

/* ---- staging ----------------------------------------------------------- */

/* A new file in tmp/ whose name is free in new/, too.
 * @param name  that it gets when it is written; NULL: it keeps its own */
static int make_file(const struct assay__mailbox *box, const char *name,
                     const struct assay__wall_clock *clock,
                     char written[WRITTEN_NAME_MAX])
{
    struct stat other;
    int fd = -1;

    for (int i = 0; fd < 0 && i < NAME_TRIES; i++) {
        make_name(name, clock, written);
        errno = EEXIST;
        if (is_there(box->new_fd, written, &other))
            continue;
        fd = openat(box->tmp_fd, written,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

/* On failure nothing of it is left. @param written  its name so far */
static assay_rc put_file(const struct assay__mailbox *box,
                         const struct assay__maildir_mail *mail,
                         const assay_bytes *pieces, size_t count,
                         char written[WRITTEN_NAME_MAX], assay_error *err)
{
    int fd = make_file(box, mail->is_named ? mail->name : NULL,
                       mail->options->clock, written);
    assay_rc rc;

    if (fd < 0)
        return assay__mailbox_fault(errno, "the mail cannot be made", err);
    rc = write_mail(fd, (mode_t)mail->options->filemode, pieces, count, err);
    if (close(fd) != 0 && rc == ASSAY_OK)
        rc = assay__mailbox_fault(errno, "the mail cannot be closed", err);
    if (rc != ASSAY_OK)
        (void)unlinkat(box->tmp_fd, written, 0);
    return rc;
}

/* Rename, but never over another. @return 0, or -1 and errno */
static int move_file(int from, const char *name, int to, const char *new_name)
{
    if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    /* The file system does not know that flag. */
    if (linkat(from, name, to, new_name, 0) != 0)
        return -1;
    return unlinkat(from, name, 0);
}

/* Give what was written its name: so a file of that name is a whole one, also
 * after a crash. */
static assay_rc give_name(const struct assay__mailbox *box, const char *written,
                          const char *name, assay_error *err)
{
    struct stat other;
    int rc = -1;

    errno = EEXIST;
    if (!is_there(box->new_fd, name, &other))
        rc = move_file(box->tmp_fd, written, box->tmp_fd, name);
    if (rc == 0 && fsync(box->tmp_fd) == 0)
        return ASSAY_OK;
    if (rc != 0 && errno == EEXIST)
        rc = assay_error_set(err, ASSAY_E_EXISTS,
                             "there is a mail of that name");
    else
        rc = assay__mailbox_fault(errno, "the mail cannot be named", err);
    if (rc != ASSAY_E_EXISTS)
        (void)unlinkat(box->tmp_fd, name, 0);
    (void)unlinkat(box->tmp_fd, written, 0);
    return (assay_rc)rc;
}

static assay_rc stage(struct assay__maildir_mail *mail,
                      const assay_bytes *pieces, size_t count, assay_error *err)
{
    struct assay__mailbox box = ASSAY__MAILBOX_NONE;
    char written[WRITTEN_NAME_MAX] = "";
    assay_rc rc =
        assay__mailbox_open(mail->options, &mail->place, true, &box, err);

    if (rc == ASSAY_OK)
        rc = put_file(&box, mail, pieces, count, written, err);
    if (rc == ASSAY_OK && mail->is_named)
        rc = give_name(&box, written, mail->name, err);
    else
        assay__text_copy(mail->name, sizeof mail->name, written);
    assay__mailbox_close(&box);
    return rc;
}

static assay_rc new_mail(const struct assay__maildir_options *options,
                         const char *address, const char *name,
                         struct assay__maildir_mail **out, assay_error *err)
{
    struct assay__maildir_mail *mail;
    assay_rc rc = name ? check_name(name, err) : ASSAY_OK;

    if (rc != ASSAY_OK)
        return rc;
    mail = calloc(1, sizeof *mail);
    if (!mail)
        return assay_error_set(err, ASSAY_E_NOMEM, "a mail");
    mail->options = options;
    mail->is_named = name != NULL;
    assay__text_copy(mail->name, sizeof mail->name, name);
    rc = assay__maildir_place_of(options, address, &mail->place, err);
    if (rc == ASSAY_OK)
        *out = mail;
    else
        free(mail);
    return rc;
}

/* NOLINTNEXTLINE(readability-function-size): one mail is seven things */
assay_rc assay__maildir_stage(const struct assay__maildir_options *options,
                              const char *address, const assay_bytes *pieces,
                              size_t piece_count, const char *name,
                              struct assay__maildir_mail **out,
                              assay_error *err)
{
    struct assay__maildir_mail *mail = NULL;
    assay_rc rc = new_mail(options, address, name, &mail, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = stage(mail, pieces, piece_count, err);
    if (rc == ASSAY_OK)
        *out = mail;
    else
        free(mail);
    return rc;
}

const char *assay__maildir_mail_name(const struct assay__maildir_mail *mail)
{
    return mail->name;
}

assay_rc assay__maildir_find_staged(
    const struct assay__maildir_options *options, const char *address,
    const char *name, struct assay__maildir_mail **out, assay_error *err)
{
    struct assay__mailbox box = ASSAY__MAILBOX_NONE;
    struct assay__maildir_mail *mail = NULL;
    struct stat file;
    assay_rc rc = new_mail(options, address, name, &mail, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__mailbox_open(options, &mail->place, false, &box, err);
    if (rc == ASSAY_OK &&
        (!is_there(box.tmp_fd, name, &file) || !S_ISREG(file.st_mode)))
        rc = assay_error_set(err, ASSAY_E_NOTFOUND, "it is not in tmp");
    assay__mailbox_close(&box);
    if (rc == ASSAY_OK)
        *out = mail;
    else
        free(mail);
    return rc;
}

/* ---- committing -------------------------------------------------------- */

/* A crash, or a file system without an exclusive rename, can leave one file
 * with both names. */
static bool is_in_both(const struct assay__mailbox *box, const char *name)
{
    struct stat a, b;

    return is_there(box->tmp_fd, name, &a) && is_there(box->new_fd, name, &b) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static assay_rc move_in(const struct assay__maildir_mail *mail,
                        const struct assay__mailbox *box, assay_error *err)
{
    int rc = move_file(box->tmp_fd, mail->name, box->new_fd, mail->name);

    if (rc != 0 && errno == EEXIST && is_in_both(box, mail->name))
        rc = unlinkat(box->tmp_fd, mail->name, 0);
    if (rc != 0 && errno == ENOENT)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "it is gone from tmp");
    if (rc != 0)
        return assay_error_set(err, ASSAY_E_IO,
                               "the mail cannot be moved to new: %s",
                               strerrordesc_np(errno));
    return ASSAY_OK;
}

static assay_rc sync_folders(const struct assay__maildir_mail *mail,
                             const struct assay__mailbox *box, assay_error *err)
{
    if (fsync(box->new_fd) != 0 || (mail->is_named && fsync(box->tmp_fd) != 0))
        return assay_error_set(err, ASSAY_E_IO, "the folder new: %s",
                               strerrordesc_np(errno));
    return ASSAY_OK;
}

assay_rc assay__maildir_commit(struct assay__maildir_mail *mail,
                               assay_error *err)
{
    struct assay__mailbox box = ASSAY__MAILBOX_NONE;
    assay_rc rc =
        assay__mailbox_open(mail->options, &mail->place, false, &box, err);

    if (rc == ASSAY_OK && !mail->is_committed)
        rc = move_in(mail, &box, err);
    if (rc == ASSAY_OK) {
        mail->is_committed = true;
        rc = sync_folders(mail, &box, err);
    }
    assay__mailbox_close(&box);
    return rc;
}

/* Remove it from one of the folders. @return whether it was there */
static bool take_out(const struct assay__maildir_mail *mail, bool is_new)
{
    struct assay__mailbox box = ASSAY__MAILBOX_NONE;
    bool was_there = false;

    if (assay__mailbox_open(mail->options, &mail->place, false, &box, NULL) ==
        ASSAY_OK) {
        int folder = is_new ? box.new_fd : box.tmp_fd;

        was_there = unlinkat(folder, mail->name, 0) == 0;
        if (was_there && is_new)
            (void)fsync(folder);
    }
    assay__mailbox_close(&box);
    return was_there;
}

bool assay__maildir_revoke(struct assay__maildir_mail *mail)
{
    return mail->is_committed && take_out(mail, true);
}

void assay__maildir_mail_free(struct assay__maildir_mail **mail)
{
    if (*mail && !(*mail)->is_committed)
        (void)take_out(*mail, false);
    assay__maildir_mail_leave(mail);
}

void assay__maildir_mail_leave(struct assay__maildir_mail **mail)
{
    free(*mail);
    *mail = NULL;
}
