/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/maildir_mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What may be done about a folder that is not there. */
enum missing {
    MISSING_IS_ERROR,
    MISSING_IS_MADE,
    MISSING_IS_LOOKED_AT /* could it be made? */
};

struct walk {
    const struct assay__maildir_options *options;
    enum missing missing;
    bool in_box; /* the mailbox is there; its folders belong to it */
};

assay_rc assay__mailbox_fault(int error_number, const char *what,
                              assay_error *err)
{
    bool is_full = error_number == ENOSPC || error_number == EDQUOT ||
                   error_number == EFBIG;

    return assay_error_set(err, is_full ? ASSAY_E_LIMIT : ASSAY_E_IO, "%s: %s",
                           what, strerrordesc_np(error_number));
}

static assay_rc folder_fault(const char *name, const char *what, int number,
                             assay_error *err)
{
    char text[ASSAY__MAILDIR_DOMAIN_MAX + 64];

    (void)snprintf(text, sizeof text, "the folder '%s' %s", name, what);
    return assay__mailbox_fault(number, text, err);
}

/* ---- one folder -------------------------------------------------------- */

static int open_folder(int parent, const char *name)
{
    return openat(parent, name,
                  O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Also when the umask took the right to open it away from us. */
static int set_mode(int parent, const char *name, mode_t mode)
{
    int place =
        openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char link[32];
    int rc, saved;

    if (place < 0)
        return -1;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", place);
    rc = chmod(link, mode);
    saved = errno;
    (void)close(place);
    errno = saved;
    return rc;
}

static assay_rc make_folder(int parent, const char *name, mode_t mode,
                            assay_error *err)
{
    int number;

    if (mkdirat(parent, name, mode & 0700) != 0) {
        if (errno == EEXIST)
            return ASSAY_OK; /* somebody else was faster */
        return folder_fault(name, "cannot be made", errno, err);
    }
    if (set_mode(parent, name, mode) == 0 && fsync(parent) == 0)
        return ASSAY_OK;
    number = errno;
    (void)unlinkat(parent, name, AT_REMOVEDIR);
    return folder_fault(name, "cannot be made", number, err);
}

static assay_rc check_writable(int fd, const char *name, assay_error *err)
{
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
        return ASSAY_OK;
    return folder_fault(name, "cannot be written to", errno, err);
}

/* What to say of a folder that is missing; the walk goes on with ASSAY_OK. */
static assay_rc is_missing(struct walk *walk, int parent, const char *name,
                           assay_error *err)
{
    bool is_fixed =
        walk->missing == MISSING_IS_ERROR || !walk->options->create_users;

    if (is_fixed && walk->in_box && walk->missing != MISSING_IS_ERROR)
        return folder_fault(name, "of the mailbox", ENOENT, err);
    if (is_fixed)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "there is no mailbox");
    if (walk->missing == MISSING_IS_LOOKED_AT)
        return check_writable(parent, "above the mailbox", err);
    return make_folder(parent, name, (mode_t)walk->options->dirmode, err);
}

/* Open a folder of a folder. @param out  -1 on ASSAY_OK: it could be made */
static assay_rc step(struct walk *walk, int parent, const char *name, int *out,
                     assay_error *err)
{
    int fd = open_folder(parent, name);
    assay_rc rc;

    if (fd < 0 && errno == ENOENT) {
        rc = is_missing(walk, parent, name, err);
        if (rc != ASSAY_OK || walk->missing == MISSING_IS_LOOKED_AT) {
            *out = -1;
            return rc;
        }
        fd = open_folder(parent, name);
    }
    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
        return assay_error_set(err, ASSAY_E_IO,
                               "'%s' is a symbolic link or no folder", name);
    if (fd < 0)
        return folder_fault(name, "cannot be opened", errno, err);
    *out = fd;
    return ASSAY_OK;
}

/* ---- from basedir to the mailbox --------------------------------------- */

static void shut(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static assay_rc open_base(const struct assay__maildir_options *options,
                          int *out, assay_error *err)
{
    *out = open(options->basedir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*out >= 0)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_IO, "basedir '%s': %s",
                           options->basedir, strerrordesc_np(errno));
}

/* @param out  -1 on ASSAY_OK: it could be made */
static assay_rc open_top(struct walk *walk,
                         const struct assay__maildir_place *place, int *out,
                         assay_error *err)
{
    int base, middle = -1;
    assay_rc rc = open_base(walk->options, &base, err);

    if (rc != ASSAY_OK)
        return rc;
    *out = -1;
    if (place->domain[0] != '\0') {
        rc = step(walk, base, place->domain, &middle, err);
        shut(&base);
        base = middle;
    }
    if (rc == ASSAY_OK && base >= 0)
        rc = step(walk, base, place->local, out, err);
    shut(&base);
    walk->in_box = true;
    return rc;
}

/* ---- the mailbox ------------------------------------------------------- */

static assay_rc open_inside(struct walk *walk, int top,
                            struct assay__mailbox *box, assay_error *err)
{
    int cur_fd = -1;
    assay_rc rc = step(walk, top, "tmp", &box->tmp_fd, err);

    if (rc == ASSAY_OK)
        rc = step(walk, top, "new", &box->new_fd, err);
    if (rc == ASSAY_OK)
        rc = step(walk, top, "cur", &cur_fd, err);
    shut(&cur_fd);
    return rc;
}

void assay__mailbox_close(struct assay__mailbox *box)
{
    shut(&box->tmp_fd);
    shut(&box->new_fd);
}

static assay_rc open_box(struct walk *walk,
                         const struct assay__maildir_place *place,
                         struct assay__mailbox *out, assay_error *err)
{
    struct assay__mailbox box = ASSAY__MAILBOX_NONE;
    int top = -1;
    assay_rc rc = open_top(walk, place, &top, err);

    if (rc == ASSAY_OK && top >= 0)
        rc = open_inside(walk, top, &box, err);
    shut(&top);
    if (rc == ASSAY_OK)
        *out = box;
    else
        assay__mailbox_close(&box);
    return rc;
}

assay_rc assay__mailbox_open(const struct assay__maildir_options *options,
                             const struct assay__maildir_place *place,
                             bool may_make, struct assay__mailbox *out,
                             assay_error *err)
{
    struct walk walk = {
        .options = options,
        .missing = may_make ? MISSING_IS_MADE : MISSING_IS_ERROR,
    };

    return open_box(&walk, place, out, err);
}

static assay_rc check_box(const struct assay__mailbox *box, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    if (box->tmp_fd >= 0)
        rc = check_writable(box->tmp_fd, "tmp", err);
    if (rc == ASSAY_OK && box->new_fd >= 0)
        rc = check_writable(box->new_fd, "new", err);
    return rc;
}

assay_rc assay__maildir_look(const struct assay__maildir_options *options,
                             const char *address, assay_error *err)
{
    struct walk walk = {.options = options, .missing = MISSING_IS_LOOKED_AT};
    struct assay__mailbox box = ASSAY__MAILBOX_NONE;
    struct assay__maildir_place place;
    assay_rc rc = assay__maildir_place_of(options, address, &place, err);

    if (rc == ASSAY_OK)
        rc = open_box(&walk, &place, &box, err);
    if (rc == ASSAY_OK)
        rc = check_box(&box, err);
    assay__mailbox_close(&box);
    return rc;
}
