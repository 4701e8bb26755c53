/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The consumer's side of the mailbox. Names come from a command line and files
 * from a folder that mail is delivered to: each is opened by one name in new/,
 * never through a link, and must be an ordinary file of a bounded size.
 */
#include <assay/activefilter.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <assay/message.h>

#include "base/text.h"
#include "store/activefilter_document_read.h"
#include "store/activefilter_state.h"

enum { LIST_MAX = 1000000 };

assay_rc assay_activefilter_mailbox(const char *state, char **mailbox_out,
                                    assay_error *err)
{
    return assay__activefilter_state_mailbox(state, mailbox_out, err);
}

/* ---- folders ----------------------------------------------------------- */

static assay_rc refuse_folder(const char *mailbox, const char *which, int code,
                              assay_error *err)
{
    return assay_error_set(err, code == ENOENT ? ASSAY_E_NOTFOUND : ASSAY_E_IO,
                           "%s is no Maildir that can be used: %s: %s", mailbox,
                           which, strerrordesc_np(code));
}

/* @param which  "new" or "cur" */
static assay_rc open_folder(const char *mailbox, const char *which, int *fd_out,
                            assay_error *err)
{
    int top = open(mailbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, code;

    if (top < 0)
        return refuse_folder(mailbox, "the folder", errno, err);
    fd = openat(top, which, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    code = errno;
    (void)close(top);
    if (fd < 0)
        return refuse_folder(mailbox, which, code, err);
    *fd_out = fd;
    return ASSAY_OK;
}

static assay_rc check_name(const char *name, assay_error *err)
{
    size_t len = strlen(name);

    if (len > 0 && len < ASSAY_ACTIVEFILTER_NAME_MAX && name[0] != '.' &&
        !strchr(name, '/'))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_INVAL,
                           "that is no name of a mail: a file in new/");
}

/* ---- one mail ---------------------------------------------------------- */

static assay_rc open_mail(int folder, const char *name, int *fd_out,
                          struct stat *status_out, assay_error *err)
{
    int fd = openat(folder, name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    assay_rc rc = ASSAY_OK;

    if (fd < 0)
        return assay_error_set(
            err, errno == ENOENT ? ASSAY_E_NOTFOUND : ASSAY_E_IO, "%m");
    if (fstat(fd, status_out) != 0)
        rc = assay_error_set(err, ASSAY_E_IO, "%m");
    else if (!S_ISREG(status_out->st_mode))
        rc = assay_error_set(err, ASSAY_E_INVAL, "not an ordinary file");
    else if (status_out->st_size > ASSAY_ACTIVEFILTER_MAIL_MAX)
        rc = assay_error_set(
            err, ASSAY_E_LIMIT, "%lld bytes, more than the %d that are read",
            (long long)status_out->st_size, ASSAY_ACTIVEFILTER_MAIL_MAX);
    if (rc == ASSAY_OK)
        *fd_out = fd;
    else
        (void)close(fd);
    return rc;
}

static assay_rc read_all(int fd, char *data, size_t size, size_t *len_out,
                         assay_error *err)
{
    size_t len = 0;

    while (len < size) {
        ssize_t n = read(fd, data + len, size - len);

        if (n < 0 && errno != EINTR)
            return assay_error_set(err, ASSAY_E_IO, "%m");
        if (n == 0)
            break;
        if (n > 0)
            len += (size_t)n;
    }
    *len_out = len;
    return ASSAY_OK;
}

/* The body, decoded. @param xml_out  free() it */
static assay_rc decode(const char *data, size_t len, char **xml_out,
                       size_t *len_out, assay_error *err)
{
    assay_message *message = NULL;
    assay_part *root = NULL;
    assay_bytes body;
    assay_rc rc = assay_message_new_borrowed(data, len, NULL, &message, err);

    if (rc == ASSAY_OK)
        rc = assay_message_root(message, &root, err);
    if (rc == ASSAY_OK)
        rc = assay_part_decode(root, &body, NULL, err);
    if (rc == ASSAY_OK) {
        *xml_out = assay__text_dup(body.data ? body.data : "", body.len);
        *len_out = body.len;
        if (!*xml_out)
            rc = assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: mail");
    }
    assay_message_free(&message);
    return rc;
}

/* @param mail_out  filled on ASSAY_OK; @param xml_out  free() it; may be NULL
 */
static assay_rc read_mail(int folder, const char *name,
                          assay_activefilter_mail *mail_out, char **xml_out,
                          size_t *len_out, assay_error *err)
{
    size_t data_len = 0, xml_len = 0;
    char *data, *xml = NULL;
    struct stat status;
    assay_rc rc;
    int fd = -1;

    rc = open_mail(folder, name, &fd, &status, err);
    if (rc != ASSAY_OK)
        return rc;
    data = malloc((size_t)status.st_size + 1);
    if (data)
        rc = read_all(fd, data, (size_t)status.st_size, &data_len, err);
    else
        rc = assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: mail");
    (void)close(fd);
    if (rc == ASSAY_OK)
        rc = decode(data, data_len, &xml, &xml_len, err);
    free(data);
    if (rc == ASSAY_OK)
        rc = assay__activefilter_document_read((assay_bytes){xml, xml_len},
                                               mail_out, err);
    if (rc != ASSAY_OK || !xml_out) {
        free(xml);
        return rc;
    }
    mail_out->delivered_s = (int64_t)status.st_mtime;
    *xml_out = xml;
    *len_out = xml_len;
    return ASSAY_OK;
}

assay_rc assay_activefilter_read(const char *mailbox, const char *name,
                                 char **xml_out, size_t *len_out,
                                 assay_error *err)
{
    assay_activefilter_mail mail = {.name = ""};
    int folder = -1;
    assay_rc rc = check_name(name, err);

    if (rc == ASSAY_OK)
        rc = open_folder(mailbox, "new", &folder, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = read_mail(folder, name, &mail, xml_out, len_out, err);
    (void)close(folder);
    return rc;
}

/* ---- the list ---------------------------------------------------------- */

struct names {
    char **items; /* owned */
    size_t count, capacity;
};

static void names_fini(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static assay_rc add_name(struct names *names, const char *name,
                         assay_error *err)
{
    if (names->count >= LIST_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT, "more than %d mails",
                               LIST_MAX);
    if (names->count == names->capacity) {
        size_t capacity = names->capacity * 2 + 64;
        char **grown = reallocarray(names->items, capacity, sizeof *grown);

        if (!grown)
            return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: list");
        names->items = grown;
        names->capacity = capacity;
    }
    names->items[names->count] = strdup(name);
    if (!names->items[names->count])
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: list");
    names->count++;
    return ASSAY_OK;
}

/* By the seconds that Maildir names begin with; then by name, numbers in it as
 * numbers: so the revisions that one message had in a second are in order. */
static int compare_names(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    long long x_s = strtoll(x, NULL, 10), y_s = strtoll(y, NULL, 10);

    return x_s != y_s ? (x_s > y_s) - (x_s < y_s) : strverscmp(x, y);
}

static assay_rc read_names(int folder, struct names *names, assay_error *err)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    assay_rc rc = ASSAY_OK;
    struct dirent *entry;

    if (!stream) {
        if (fd >= 0)
            (void)close(fd);
        return assay_error_set(err, ASSAY_E_IO, "new: %m");
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this thread's */
    while (rc == ASSAY_OK && (entry = readdir(stream)) != NULL)
        if (entry->d_name[0] != '.')
            rc = add_name(names, entry->d_name, err);
    (void)closedir(stream);
    if (rc == ASSAY_OK && names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    return rc;
}

/* Names as Maildirs have them, that no script takes for an option, a pattern or
 * two words. Nobody who delivers makes another; somebody may who can write
 * there. */
static bool is_plain(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (!(*c >= '0' && *c <= '9') && !(*c >= 'A' && *c <= 'Z') &&
            !(*c >= 'a' && *c <= 'z') && !strchr("._:,=+-", *c))
            return false;
    return name[0] != '-';
}

static assay_rc read_listed(int folder, const char *name,
                            assay_activefilter_mail *mail, assay_error *err)
{
    char *xml = NULL;
    size_t len;
    assay_rc rc;

    if (!is_plain(name))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "its name begins with - or has other "
                               "characters than letters, digits and ._:,=+-");
    rc = read_mail(folder, name, mail, &xml, &len, err);
    free(xml);
    return rc;
}

/* @return false: stop */
static bool show(int folder, const char *name, assay_activefilter_seen *seen,
                 void *arg)
{
    assay_activefilter_mail mail = {.name = ""};
    assay_error why = {0};
    assay_rc rc = read_listed(folder, name, &mail, &why);

    if (rc == ASSAY_E_NOTFOUND)
        return true; /* somebody has taken it meanwhile */
    if (rc != ASSAY_OK)
        assay__text_copy(mail.problem, sizeof mail.problem, why.msg);
    assay__text_copy(mail.name, sizeof mail.name, name);
    return seen(arg, &mail);
}

assay_rc assay_activefilter_list(const char *mailbox,
                                 assay_activefilter_seen *seen, void *arg,
                                 assay_error *err)
{
    struct names names = {.items = NULL};
    int folder = -1;
    assay_rc rc = open_folder(mailbox, "new", &folder, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = read_names(folder, &names, err);
    for (size_t i = 0; rc == ASSAY_OK && i < names.count; i++)
        if (!show(folder, names.items[i], seen, arg))
            break;
    names_fini(&names);
    (void)close(folder);
    return rc;
}

/* ---- done -------------------------------------------------------------- */

static bool is_one_file(int from, const char *name, int to, const char *other)
{
    struct stat a, b;

    return fstatat(from, name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(to, other, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Rename, but never over another. @return 0, or errno */
static int move_file(int from, const char *name, int to, const char *new_name)
{
    int code;

    if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    /* The file system does not know that flag. A crash can leave both names. */
    code = linkat(from, name, to, new_name, 0) == 0 ? 0 : errno;
    if (code == EEXIST && is_one_file(from, name, to, new_name))
        code = 0;
    if (code == 0 && unlinkat(from, name, 0) != 0)
        code = errno;
    return code;
}

/* A name that has flags already keeps those; one that is too long to have any
 * goes without. */
static int move_to_cur(int from, int to, const char *name)
{
    char seen[ASSAY_ACTIVEFILTER_NAME_MAX + 8];
    int code;

    (void)snprintf(seen, sizeof seen, "%s%s", name,
                   strstr(name, ":2,") ? "" : ":2,S");
    code = move_file(from, name, to, seen);
    if (code == ENAMETOOLONG && strcmp(seen, name) != 0)
        code = move_file(from, name, to, name);
    return code;
}

/* Synced, since who is told that it is done acts on that. */
static assay_rc take(int from, int to, const char *name, assay_error *err)
{
    int code = move_to_cur(from, to, name);

    if (code != 0)
        return assay_error_set(err,
                               code == ENOENT ? ASSAY_E_NOTFOUND : ASSAY_E_IO,
                               "%s", strerrordesc_np(code));
    if (fsync(to) == 0 && fsync(from) == 0)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_IO,
                           "it is in cur, but may be back in new after a "
                           "power failure: %s",
                           strerrordesc_np(errno));
}

assay_rc assay_activefilter_done(const char *mailbox, const char *name,
                                 assay_error *err)
{
    int from = -1, to = -1;
    assay_rc rc = check_name(name, err);

    if (rc == ASSAY_OK)
        rc = open_folder(mailbox, "new", &from, err);
    if (rc == ASSAY_OK)
        rc = open_folder(mailbox, "cur", &to, err);
    if (rc == ASSAY_OK)
        rc = take(from, to, name, err);
    if (from >= 0)
        (void)close(from);
    if (to >= 0)
        (void)close(to);
    return rc;
}
