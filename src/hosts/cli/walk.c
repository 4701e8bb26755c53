/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A FIFO that took the place of a file must not block us, a terminal must not
 * become ours. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

enum folder_kind {
    FOLDER_PLAIN,
    FOLDER_MAILDIR,    /* has cur and new */
    FOLDER_MAILDIR_BOX /* cur or new of a Maildir */
};

struct frame {
    DIR *dir;
    char *path;
    enum folder_kind kind;
    char **names; /* sorted */
    size_t count, next;
};

struct assay__walk {
    const char *root;
    bool open;
    bool begun;
    char *path; /* of the entry shown last; owned */
    size_t depth;
    struct frame frames[ASSAY__WALK_MAX_DEPTH];
};

struct assay__walk *assay__walk_new(const char *path, bool open)
{
    struct assay__walk *walk = calloc(1, sizeof *walk);

    if (walk) {
        walk->root = path;
        walk->open = open;
    }
    return walk;
}

static void frame_fini(struct frame *frame)
{
    for (size_t i = 0; i < frame->count; i++)
        free(frame->names[i]);
    free(frame->names);
    free(frame->path);
    if (frame->dir)
        (void)closedir(frame->dir);
    *frame = (struct frame){0};
}

void assay__walk_free(struct assay__walk **walk)
{
    struct assay__walk *w = *walk;

    if (!w)
        return;
    while (w->depth > 0)
        frame_fini(&w->frames[--w->depth]);
    free(w->path);
    free(w);
    *walk = NULL;
}

static assay_rc system_error(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_IO, "%s", strerrordesc_np(errno));
}

static assay_rc out_of_memory(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
}

/* ---- folders ----------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool has_folder(const struct frame *frame, const char *name)
{
    struct stat st;

    return fstatat(dirfd(frame->dir), name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(st.st_mode);
}

static assay_rc add_name(struct frame *frame, const char *name, size_t *cap,
                         assay_error *err)
{
    if (frame->count == *cap) {
        size_t more = *cap ? *cap * 2 : 64;
        char **names = reallocarray(frame->names, more, sizeof *names);

        if (!names)
            return out_of_memory(err);
        frame->names = names;
        *cap = more;
    }
    frame->names[frame->count] = strdup(name);
    if (!frame->names[frame->count])
        return out_of_memory(err);
    frame->count++;
    return ASSAY_OK;
}

static assay_rc read_names(struct frame *frame, assay_error *err)
{
    size_t cap = 0;

    for (;;) {
        const struct dirent *entry;
        assay_rc rc;

        errno = 0;
        entry = readdir(frame->dir);
        if (!entry)
            return errno ? system_error(err) : ASSAY_OK;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        rc = add_name(frame, entry->d_name, &cap, err);
        if (rc != ASSAY_OK)
            return rc;
    }
}

/* Takes fd, an open folder, as the new top frame. */
static assay_rc push(struct assay__walk *walk, int fd, const char *path,
                     bool is_box, assay_error *err)
{
    struct frame frame = {.kind = FOLDER_PLAIN};
    assay_rc rc;

    if (walk->depth == ASSAY__WALK_MAX_DEPTH) {
        (void)close(fd);
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "folders are nested deeper than %d",
                               ASSAY__WALK_MAX_DEPTH);
    }
    frame.dir = fdopendir(fd);
    if (!frame.dir) {
        rc = system_error(err);
        (void)close(fd);
        return rc;
    }
    frame.path = strdup(path);
    rc = frame.path ? read_names(&frame, err) : out_of_memory(err);
    if (rc != ASSAY_OK) {
        frame_fini(&frame);
        return rc;
    }
    if (frame.count > 1)
        qsort(frame.names, frame.count, sizeof *frame.names, by_name);
    if (is_box)
        frame.kind = FOLDER_MAILDIR_BOX;
    else if (has_folder(&frame, "cur") && has_folder(&frame, "new"))
        frame.kind = FOLDER_MAILDIR;
    walk->frames[walk->depth++] = frame;
    return ASSAY_OK;
}

/* ---- entries ----------------------------------------------------------- */

static const char *kind_name(mode_t mode)
{
    return S_ISLNK(mode)    ? "a symbolic link"
           : S_ISFIFO(mode) ? "a FIFO"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISDIR(mode)  ? "a folder"
                            : "a device";
}

static assay_rc fail(struct assay__walk_entry *entry, assay_rc rc)
{
    entry->kind = ASSAY__WALK_FAILED;
    return rc;
}

/* Show a regular file; it may have been exchanged since it was looked at. */
static void show_file(struct assay__walk *walk, int at, const char *name,
                      int flags, const struct stat *seen,
                      struct assay__walk_entry *entry)
{
    struct stat st = *seen;

    entry->kind = ASSAY__WALK_FILE;
    if (walk->open) {
        entry->fd = openat(at, name, OPEN_FLAGS | flags);
        if (entry->fd < 0 || fstat(entry->fd, &st) != 0) {
            (void)fail(entry, system_error(&entry->error));
        } else if (!S_ISREG(st.st_mode)) {
            (void)fail(entry,
                       assay_error_set(&entry->error, ASSAY_E_IO, "became %s",
                                       kind_name(st.st_mode)));
        }
    }
    entry->size = (uint64_t)st.st_size;
    if (entry->kind == ASSAY__WALK_FAILED && entry->fd >= 0) {
        (void)close(entry->fd);
        entry->fd = -1;
    }
}

/* @return true when entry is to be shown, false when a folder was entered */
static bool enter_folder(struct assay__walk *walk, int at, const char *name,
                         int flags, bool is_box,
                         struct assay__walk_entry *entry)
{
    int fd = openat(at, name, OPEN_FLAGS | O_DIRECTORY | flags);
    assay_rc rc = fd < 0 ? system_error(&entry->error)
                         : push(walk, fd, entry->path, is_box, &entry->error);

    if (rc == ASSAY_OK)
        return false;
    (void)fail(entry, rc);
    return true;
}

static bool step_root(struct assay__walk *walk, struct assay__walk_entry *entry)
{
    struct stat st;

    entry->path = walk->root;
    if (stat(walk->root, &st) != 0) {
        (void)fail(entry, system_error(&entry->error));
        return true;
    }
    if (S_ISDIR(st.st_mode))
        return enter_folder(walk, AT_FDCWD, walk->root, 0, false, entry);
    if (S_ISREG(st.st_mode))
        show_file(walk, AT_FDCWD, walk->root, 0, &st, entry);
    else
        (void)fail(entry, assay_error_set(&entry->error, ASSAY_E_INVAL,
                                          "%s, not a file or folder",
                                          kind_name(st.st_mode)));
    return true;
}

static char *join(const char *folder, const char *name)
{
    size_t len = strlen(folder);
    char *path;
    bool slash = len > 0 && folder[len - 1] == '/';

    return asprintf(&path, "%s%s%s", folder, slash ? "" : "/", name) < 0 ? NULL
                                                                         : path;
}

/* Look at the next name of the top folder; @return true to show entry. */
static bool step_folder(struct assay__walk *walk, struct frame *frame,
                        struct assay__walk_entry *entry)
{
    const char *name = frame->names[frame->next++];
    bool in_maildir = frame->kind == FOLDER_MAILDIR;
    int at = dirfd(frame->dir);
    struct stat st;

    free(walk->path);
    walk->path = join(frame->path, name);
    entry->path = walk->path ? walk->path : frame->path;
    if (!walk->path) {
        (void)fail(entry, out_of_memory(&entry->error));
    } else if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        (void)fail(entry, system_error(&entry->error));
    } else if (S_ISDIR(st.st_mode)) {
        if (in_maildir && strcmp(name, "tmp") == 0)
            return false;
        return enter_folder(walk, at, name, O_NOFOLLOW,
                            in_maildir && (strcmp(name, "cur") == 0 ||
                                           strcmp(name, "new") == 0),
                            entry);
    } else if (!S_ISREG(st.st_mode)) {
        entry->kind = ASSAY__WALK_SKIPPED;
        (void)assay_error_set(&entry->error, ASSAY_E_INVAL, "%s",
                              kind_name(st.st_mode));
    } else if (in_maildir) {
        return false;
    } else {
        entry->is_single = frame->kind == FOLDER_MAILDIR_BOX;
        show_file(walk, at, name, O_NOFOLLOW, &st, entry);
    }
    return true;
}

void assay__walk_next(struct assay__walk *walk,
                      struct assay__walk_entry *entry_out)
{
    struct assay__walk_entry entry = {.kind = ASSAY__WALK_END, .fd = -1};
    bool show = false;

    if (!walk->begun) {
        walk->begun = true;
        show = step_root(walk, &entry);
    }
    while (!show && walk->depth > 0) {
        struct frame *top = &walk->frames[walk->depth - 1];

        if (top->next < top->count)
            show = step_folder(walk, top, &entry);
        else
            frame_fini(&walk->frames[--walk->depth]);
    }
    *entry_out = entry;
}
