/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The rule files: one, or those in a folder and the folders in it. Files are
 * read here and not by libyara, so that what is compiled is what the digest is
 * of, whatever becomes of the files meanwhile; and so that nothing but text
 * gets to it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "yara_engine.h"

#define FNV_OFFSET UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

enum { ENTRIES_MAX = 1000000 }; /* of all kinds, in all folders */

/* ---- the walk ----------------------------------------------------------- */

struct place {
    int folder;       /* descriptor; AT_FDCWD for a single file */
    const char *name; /* there */
    const char *path; /* below the rules' folder */
    const struct stat *status;
};

struct walk {
    const char *root;
    const struct assay__yara_bounds *bounds;
    assay_rc (*visit)(struct walk *walk, const struct place *place,
                      assay_error *err);
    size_t files, entries;
    uint64_t state;                  /* of a look */
    uint64_t bytes;                  /* of a read */
    struct assay__yara_files *found; /* of a read; NULL: it is a look */
};

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && !strcasecmp(name + len - end_len, end);
}

static bool is_rules(const char *name)
{
    return ends_with(name, ".yar") || ends_with(name, ".yara");
}

static bool is_compiled(const char *name)
{
    return ends_with(name, ".yarc");
}

static assay_rc visit_file(struct walk *walk, const struct place *place,
                           assay_error *err)
{
    if (!S_ISREG(place->status->st_mode))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the rules in %s: %s is not a regular file",
                               walk->root, place->path);
    if (++walk->files > walk->bounds->files)
        return assay_error_set(
            err, ASSAY_E_LIMIT,
            "the rules in %s: more than max_files, %zu files", walk->root,
            walk->bounds->files);
    return walk->visit(walk, place, err);
}

static assay_rc walk_folder(struct walk *walk, int parent, const char *name,
                            const char *path, unsigned depth, assay_error *err);

/* A link to a folder is not followed: it may lead to where it stands. */
static bool is_folder(int parent, const char *name)
{
    struct stat status;

    return !fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) &&
           S_ISDIR(status.st_mode);
}

static bool is_linked_folder(int parent, const char *name)
{
    struct stat status, target;

    return !fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) &&
           S_ISLNK(status.st_mode) && !fstatat(parent, name, &target, 0) &&
           S_ISDIR(target.st_mode);
}

/* What is passed over is told, so that nobody thinks that it is in use. */
static void count_left_out(struct assay__yara_files *files, int folder,
                           const char *name)
{
    files->left_out += is_compiled(name);
    files->linked += is_linked_folder(folder, name);
}

static assay_rc visit_entry(struct walk *walk, int folder, const char *name,
                            const char *path, unsigned depth, assay_error *err)
{
    struct stat status;
    const struct place place = {folder, name, path, &status};

    if (is_folder(folder, name))
        return walk_folder(walk, folder, name, path, depth + 1, err);
    if (!is_rules(name)) {
        if (walk->found)
            count_left_out(walk->found, folder, name);
        return ASSAY_OK;
    }
    if (fstatat(folder, name, &status, 0))
        return assay_error_set(err, ASSAY_E_IO, "the rules in %s: %s: %m",
                               walk->root, path);
    return visit_file(walk, &place, err);
}

/* @return NULL at the end, and errno is 0 unless it could not be read */
static const struct dirent *next_entry(DIR *dir)
{
    errno = 0;
    return readdir(dir);
}

/* What begins with a dot is a version control's or an editor's. */
static assay_rc visit_entries(struct walk *walk, DIR *dir, const char *path,
                              unsigned depth, assay_error *err)
{
    const struct dirent *entry;
    char below[PATH_MAX];
    assay_rc rc = ASSAY_OK;

    while (rc == ASSAY_OK && (entry = next_entry(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        if (++walk->entries > ENTRIES_MAX ||
            snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "/" : "",
                     entry->d_name) >= (int)sizeof below)
            return assay_error_set(err, ASSAY_E_LIMIT,
                                   "the rules in %s: too many files, or too "
                                   "long names",
                                   walk->root);
        rc = visit_entry(walk, dirfd(dir), entry->d_name, below, depth, err);
    }
    if (rc == ASSAY_OK && errno != 0) /* some of them, which is not all */
        return assay_error_set(err, ASSAY_E_IO, "the rules in %s: %s: %m",
                               walk->root, path[0] ? path : walk->root);
    return rc;
}

static assay_rc walk_folder(struct walk *walk, int parent, const char *name,
                            const char *path, unsigned depth, assay_error *err)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir;
    assay_rc rc;

    if (fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "the rules in %s: %s: %m",
                               walk->root, path[0] ? path : name);
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return assay_error_set(err, ASSAY_E_NOMEM, "yara: rules");
    }
    if (depth > ASSAY__YARA_DEPTH_MAX)
        rc = assay_error_set(err, ASSAY_E_LIMIT,
                             "the rules in %s: %s lies more than %d folders "
                             "deep",
                             walk->root, path, ASSAY__YARA_DEPTH_MAX);
    else
        rc = visit_entries(walk, dir, path, depth, err);
    closedir(dir);
    return rc;
}

static assay_rc walk_place(struct walk *walk, assay_error *err)
{
    const char *slash = strrchr(walk->root, '/');
    struct stat status;
    const struct place place = {AT_FDCWD, walk->root,
                                slash && slash[1] ? slash + 1 : walk->root,
                                &status};

    if (stat(walk->root, &status))
        return assay_error_set(err, ASSAY_E_IO, "the rules in %s: %m",
                               walk->root);
    if (S_ISDIR(status.st_mode))
        return walk_folder(walk, AT_FDCWD, walk->root, "", 0, err);
    return visit_file(walk, &place, err);
}

/* ---- looking ------------------------------------------------------------ */

static uint64_t mix(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

/* The sum of all hashes: folders have no order. */
static assay_rc add_state(struct walk *walk, const struct place *place,
                          assay_error *err)
{
    const struct stat *status = place->status;
    uint64_t hash = mix(FNV_OFFSET, place->path, strlen(place->path));

    (void)err;
    hash = mix(hash, &status->st_size, sizeof status->st_size);
    hash = mix(hash, &status->st_mtim, sizeof status->st_mtim);
    hash = mix(hash, &status->st_ctim, sizeof status->st_ctim);
    walk->state += mix(hash, &status->st_ino, sizeof status->st_ino);
    return ASSAY_OK;
}

assay_rc assay__yara_files_look(const char *place,
                                const struct assay__yara_bounds *bounds,
                                uint64_t *state_out, assay_error *err)
{
    struct walk walk = {.root = place, .bounds = bounds, .visit = add_state};
    assay_rc rc = walk_place(&walk, err);

    if (rc == ASSAY_OK)
        *state_out = walk.state ? walk.state : 1;
    return rc;
}

/* ---- reading ------------------------------------------------------------ */

static assay_rc read_all(int fd, const char *path, char *text, size_t room,
                         size_t *size_out, assay_error *err)
{
    size_t size = 0;
    ssize_t got;

    do {
        got = read(fd, text + size, room - size);
        if (got > 0)
            size += (size_t)got;
    } while ((got > 0 && size < room) || (got < 0 && errno == EINTR));
    if (got < 0)
        return assay_error_set(err, ASSAY_E_IO, "the rules in %s: %m", path);
    if (size == room) /* it has grown since */
        return assay_error_set(err, ASSAY_E_STATE,
                               "the rules in %s are being written", path);
    *size_out = size;
    return ASSAY_OK;
}

/* The compiler would stop at a NUL and leave out the rest. */
static assay_rc check_text(const char *path, const char *text, size_t size,
                           assay_error *err)
{
    if (!memchr(text, '\0', size))
        return ASSAY_OK;
    if (size > 4 && !memcmp(text, "YARA", 4))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "%s: compiled rules are not loaded, because "
                               "libyara runs them unchecked; give their source",
                               path);
    return assay_error_set(err, ASSAY_E_INVAL, "%s: no text, it has a NUL byte",
                           path);
}

/* @param fd  closed by the caller
 * @return ASSAY_OK: text_out is the caller's */
static assay_rc read_text(const struct walk *walk, int fd, const char *path,
                          char **text_out, size_t *size_out, assay_error *err)
{
    struct stat status;
    char *text;
    assay_rc rc;

    if (fstat(fd, &status))
        return assay_error_set(err, ASSAY_E_IO, "the rules in %s: %m", path);
    if (!S_ISREG(status.st_mode))
        return assay_error_set(err, ASSAY_E_INVAL, "%s: no regular file", path);
    if ((uint64_t)status.st_size > ASSAY__YARA_FILE_MAX ||
        walk->bytes + (uint64_t)status.st_size > walk->bounds->bytes)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "%s: over %zu bytes, or all rules together over "
                               "max_rules_size",
                               path, ASSAY__YARA_FILE_MAX);
    text = malloc((size_t)status.st_size + 1);
    if (!text)
        return assay_error_set(err, ASSAY_E_NOMEM, "yara: rules");
    rc = read_all(fd, path, text, (size_t)status.st_size + 1, size_out, err);
    if (rc == ASSAY_OK)
        rc = check_text(path, text, *size_out, err);
    if (rc != ASSAY_OK) {
        free(text);
        return rc;
    }
    text[*size_out] = '\0';
    *text_out = text;
    return ASSAY_OK;
}

static assay_rc make_room(struct assay__yara_files *files, assay_error *err)
{
    size_t room = files->room ? 2 * files->room : 16; /* below ENTRIES_MAX */
    struct assay__yara_file *more;

    if (files->count < files->room)
        return ASSAY_OK;
    more = realloc(files->files, room * sizeof *more);
    if (!more)
        return assay_error_set(err, ASSAY_E_NOMEM, "yara: rules");
    files->files = more;
    files->room = room;
    return ASSAY_OK;
}

static assay_rc add_text(struct walk *walk, const struct place *place,
                         assay_error *err)
{
    struct assay__yara_files *files = walk->found;
    struct assay__yara_file file = {.name = NULL};
    /* NONBLOCK: what is a FIFO by now has no writer to wait for. */
    int fd = openat(place->folder, place->name,
                    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    assay_rc rc;

    if (fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "the rules in %s: %s: %m",
                               walk->root, place->path);
    rc = read_text(walk, fd, place->path, &file.text, &file.size, err);
    close(fd);
    if (rc == ASSAY_OK)
        rc = make_room(files, err);
    if (rc == ASSAY_OK) {
        file.name = strdup(place->path);
        if (!file.name)
            rc = assay_error_set(err, ASSAY_E_NOMEM, "yara: rules");
    }
    if (rc != ASSAY_OK) {
        free(file.name);
        free(file.text);
        return rc;
    }
    walk->bytes += file.size;
    files->files[files->count++] = file;
    return ASSAY_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct assay__yara_file *first = a, *second = b;

    return strcmp(first->name, second->name);
}

assay_rc assay__yara_files_read(const char *place,
                                const struct assay__yara_bounds *bounds,
                                struct assay__yara_files *files,
                                assay_error *err)
{
    struct walk walk = {
        .root = place, .bounds = bounds, .visit = add_text, .found = files};
    assay_rc rc;

    *files = (struct assay__yara_files){.files = NULL};
    rc = walk_place(&walk, err);
    if (rc == ASSAY_OK && files->count == 0)
        rc = assay_error_set(err, ASSAY_E_INVAL,
                             "the rules in %s: no file *.yar or *.yara there",
                             place);
    if (rc != ASSAY_OK) {
        assay__yara_files_fini(files);
        return rc;
    }
    qsort(files->files, files->count, sizeof *files->files, by_name);
    return ASSAY_OK;
}

void assay__yara_files_fini(struct assay__yara_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->files[i].name);
        free(files->files[i].text);
    }
    free(files->files);
    *files = (struct assay__yara_files){.files = NULL};
}

/* ---- the digest --------------------------------------------------------- */

static bool digest_file(EVP_MD_CTX *ctx, const struct assay__yara_file *file)
{
    uint64_t size = file->size;

    return EVP_DigestUpdate(ctx, file->name, strlen(file->name) + 1) &&
           EVP_DigestUpdate(ctx, &size, sizeof size) &&
           EVP_DigestUpdate(ctx, file->text, file->size);
}

assay_rc assay__yara_files_digest(const struct assay__yara_files *files,
                                  unsigned char digest_out[ASSAY__YARA_DIGEST],
                                  assay_error *err)
{
    unsigned char whole[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);

    for (size_t i = 0; ok && i < files->count; i++)
        ok = digest_file(ctx, &files->files[i]);
    ok = ok && EVP_DigestFinal_ex(ctx, whole, NULL);
    EVP_MD_CTX_free(ctx);
    if (!ok)
        return assay_error_set(err, ASSAY_E_NOMEM, "yara: digest of the rules");
    memcpy(digest_out, whole, ASSAY__YARA_DIGEST);
    return ASSAY_OK;
}
