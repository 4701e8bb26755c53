/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replacing a file in one step. The new text is written to a file of another
 * name in the same folder: its name begins with a dot, so that an include of
 * the folder passes over it, and it is gone after a failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "conf/source.h"
#include "conf/write.h"

enum { NEW_FILE_MODE = 0644 };

static assay_rc cannot(assay_error *err, const char *verb, const char *path)
{
    return assay_error_set(err, errno == ENOMEM ? ASSAY_E_NOMEM : ASSAY_E_IO,
                           "cannot %s '%s': %s", verb, path,
                           strerrordesc_np(errno));
}

static assay_rc write_all(int fd, const char *text, size_t len,
                          const char *path, assay_error *err)
{
    while (len > 0) {
        ssize_t put = write(fd, text, len);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return cannot(err, "write", path);
        text += put;
        len -= (size_t)put;
    }
    return fsync(fd) == 0 ? ASSAY_OK : cannot(err, "flush", path);
}

/* What the new file takes over from the old one. */
static assay_rc keep_attributes(int fd, const char *path, assay_error *err)
{
    struct stat old, new;

    if (stat(path, &old) != 0)
        return errno == ENOENT && fchmod(fd, NEW_FILE_MODE) == 0
                   ? ASSAY_OK
                   : cannot(err, "look at", path);
    if (!S_ISREG(old.st_mode))
        return assay_error_set(err, ASSAY_E_IO, "'%s' is not a regular file",
                               path);
    if (fstat(fd, &new) != 0)
        return cannot(err, "look at the copy of", path);
    if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
        fchown(fd, old.st_uid, old.st_gid) != 0)
        return cannot(err, "keep the owner of", path);
    if (fchmod(fd, old.st_mode & 07777) != 0)
        return cannot(err, "keep the mode of", path);
    return ASSAY_OK;
}

/* So that the rename survives a crash of the machine. */
static void flush_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = assay__text_dup(path, slash ? (size_t)(slash - path) : 0);
    int fd;

    if (!folder)
        return;
    fd = open(!slash            ? "."
              : *folder == '\0' ? "/"
                                : folder,
              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

static assay_rc replace(const char *path, const char *text, size_t len,
                        assay_error *err)
{
    const char *slash = strrchr(path, '/');
    int folder_len = slash ? (int)(slash - path) + 1 : 0;
    char *aside;
    assay_rc rc;
    int fd;

    if (asprintf(&aside, "%.*s.assay-new-XXXXXX", folder_len, path) < 0)
        return assay_error_set(err, ASSAY_E_NOMEM, "writing '%s'", path);
    fd = mkostemp(aside, O_CLOEXEC);
    if (fd < 0) {
        rc = cannot(err, "make a file beside", path);
        free(aside);
        return rc;
    }
    rc = write_all(fd, text, len, path, err);
    if (rc == ASSAY_OK)
        rc = keep_attributes(fd, path, err);
    (void)close(fd);
    if (rc == ASSAY_OK && rename(aside, path) != 0)
        rc = cannot(err, "replace", path);
    if (rc != ASSAY_OK)
        (void)unlink(aside);
    else
        flush_folder(path);
    free(aside);
    return rc;
}

assay_rc assay__conf_text_save(const char *path, const char *text, size_t len,
                               assay_error *err)
{
    char *real = realpath(path, NULL); /* a link stays a link */
    assay_rc rc;

    if (!real && errno != ENOENT)
        return cannot(err, "find", path);
    rc = replace(real ? real : path, text, len, err);
    free(real);
    return rc;
}

assay_rc assay__conf_file_may_save(const struct assay__conf_memory_file *file,
                                   assay_error *err)
{
    const char *want = file->disk ? file->disk : file->text;
    size_t want_len = file->disk ? file->disk_len : file->len, len = 0;
    struct assay__conf_source source = {.fd = -1};
    struct assay__arena arena;
    char *text = NULL;
    assay_rc rc;

    assay__arena_init(&arena);
    rc = assay__conf_source_open(&arena, file->name, &source, err);
    if (rc == ASSAY_OK)
        rc = assay__conf_source_read(&source, &text, &len, err);
    if (rc == ASSAY_E_NOTFOUND)
        rc = ASSAY_E_IO;
    if (rc == ASSAY_OK && (len != want_len || memcmp(text, want, len) != 0))
        rc = assay_error_set(err, ASSAY_E_STATE,
                             "'%s' was changed on disk since it was read: "
                             "'config reload' takes that over and drops what "
                             "is not written",
                             file->name);
    free(text);
    assay__conf_source_close(&source);
    assay__arena_fini(&arena);
    return rc;
}

assay_rc assay__conf_file_save(struct assay__conf_memory_file *file,
                               assay_error *err)
{
    assay_rc rc = assay__conf_file_may_save(file, err);

    if (rc == ASSAY_OK)
        rc = assay__conf_text_save(file->name, file->text, file->len, err);
    if (rc == ASSAY_OK)
        assay__conf_file_saved(file);
    return rc;
}
