/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "mbox.h"
#include "walk.h"

/* Three levels, each NULL or closed when nothing is open there: a path of the
 * command line, a file below it, a message in an mbox. */
struct assay__source {
    struct assay__source_options options;
    size_t next_path;
    struct assay__walk *walk; /* of the present path */
    char *file_name;          /* of the open file; owned */
    int fd;                   /* -1: no file is open */
    bool is_mbox;
    unsigned long message; /* number of the message in the mbox */
    struct assay__mbox mbox;
    struct assay__input input;
};

struct assay__source *assay__source_new(
    const struct assay__source_options *options)
{
    struct assay__source *source = malloc(sizeof *source);

    if (!source)
        return NULL;
    source->options = *options;
    source->next_path = 0;
    source->walk = NULL;
    source->file_name = NULL;
    source->fd = -1;
    return source;
}

static void close_file(struct assay__source *source)
{
    free(source->file_name);
    source->file_name = NULL;
    if (source->fd > STDIN_FILENO)
        (void)close(source->fd);
    source->fd = -1;
}

void assay__source_free(struct assay__source **source)
{
    if (!*source)
        return;
    close_file(*source);
    assay__walk_free(&(*source)->walk);
    free(*source);
    *source = NULL;
}

void assay__item_fini(struct assay__item *item)
{
    free(item->name);
    assay__buffer_fini(&item->bytes);
    *item = (struct assay__item){0};
}

/* ---- one file ---------------------------------------------------------- */

/* Begin a file and find out what it is; on failure item says why. */
static assay_rc open_file(struct assay__source *source, const char *name,
                          int fd, bool is_single, struct assay__item *item)
{
    assay_bytes start;
    assay_rc rc;

    source->fd = fd;
    source->is_mbox = false;
    source->message = 0;
    source->file_name = strdup(name);
    if (!source->file_name)
        return assay_error_set(&item->problem, ASSAY_E_NOMEM, "out of memory");
    assay__input_init(&source->input, fd, source->options.stop_fd);
    if (is_single)
        return ASSAY_OK;
    rc = assay__input_peek(&source->input, ASSAY__MBOX_MAX_SEPARATOR, &start,
                           &item->problem);
    if (rc != ASSAY_OK || !assay__mbox_detect(start))
        return rc;
    source->is_mbox = true;
    return assay__mbox_init(&source->mbox, &source->input,
                            source->options.max_bytes, &item->problem);
}

/* @return true with item a message or a problem of the mbox, false after its
 * last message (the file is then closed) */
static bool next_in_mbox(struct assay__source *source, struct assay__item *item)
{
    bool found = false;
    assay_rc rc =
        assay__mbox_next(&source->mbox, &item->bytes, &found, &item->problem);

    if (rc == ASSAY_OK && !found) {
        close_file(source);
        return false;
    }
    if (asprintf(&item->name, "%s#%lu", source->file_name, ++source->message) <
        0)
        item->name = NULL;
    /* All there is was taken for a separator, which nothing inspects. Nobody
     * sends such a message; to call it clean would be a place to hide. */
    if (rc == ASSAY_OK && item->bytes.len == 0)
        (void)assay_error_set(&item->problem, ASSAY_E_INVAL,
                              "nothing after the \"From \" line");
    if (rc != ASSAY_OK && rc != ASSAY_E_LIMIT)
        close_file(source);
    return true;
}

/* The file is one message: read it whole. */
static void read_single(struct assay__source *source, uint64_t size,
                        struct assay__item *item)
{
    size_t hint = size < source->options.max_bytes ? (size_t)size : 0;

    if (size > source->options.max_bytes)
        (void)assay_error_set(&item->problem, ASSAY_E_LIMIT,
                              "larger than %zu bytes",
                              source->options.max_bytes);
    else
        (void)assay__input_read_all(&source->input, hint,
                                    source->options.max_bytes, &item->bytes,
                                    &item->problem);
    item->name = source->file_name;
    source->file_name = NULL;
    close_file(source);
}

/* @return true when item is set; false when an mbox was opened */
static bool begin_file(struct assay__source *source, const char *name, int fd,
                       const struct assay__walk_entry *entry,
                       struct assay__item *item)
{
    assay_rc rc = open_file(source, name, fd, entry && entry->is_single, item);

    if (rc == ASSAY_OK && source->is_mbox)
        return false;
    if (rc == ASSAY_OK) {
        read_single(source, entry ? entry->size : 0, item);
    } else {
        item->name = strdup(name);
        close_file(source);
    }
    return true;
}

/* ---- paths ------------------------------------------------------------- */

/* @return true when item is set */
static bool next_in_walk(struct assay__source *source, struct assay__item *item)
{
    const struct assay__source_options *options = &source->options;
    struct assay__walk_entry entry;

    assay__walk_next(source->walk, &entry);
    switch (entry.kind) {
    case ASSAY__WALK_FILE:
        return begin_file(source, entry.path, entry.fd, &entry, item);
    case ASSAY__WALK_FAILED:
        item->name = strdup(entry.path);
        item->problem = entry.error;
        return true;
    case ASSAY__WALK_SKIPPED:
        if (options->skipped)
            options->skipped(options->arg, entry.path, entry.error.msg);
        return false;
    case ASSAY__WALK_END:
        assay__walk_free(&source->walk);
        return false;
    }
    return false;
}

/* @return true when item is set */
static bool next_path(struct assay__source *source, struct assay__item *item)
{
    const char *path = source->options.paths[source->next_path++];

    if (strcmp(path, "-") == 0)
        return begin_file(source, path, STDIN_FILENO, NULL, item);
    source->walk = assay__walk_new(path, true);
    if (source->walk)
        return false;
    item->name = strdup(path);
    (void)assay_error_set(&item->problem, ASSAY_E_NOMEM, "out of memory");
    return true;
}

bool assay__source_next(struct assay__source *source,
                        struct assay__item *item_out)
{
    struct assay__item item = {0};

    for (;;) {
        bool ready;

        if (source->fd >= 0)
            ready = next_in_mbox(source, &item);
        else if (source->walk)
            ready = next_in_walk(source, &item);
        else if (source->next_path < source->options.path_count)
            ready = next_path(source, &item);
        else
            return false;
        if (ready)
            break;
    }
    if (item.problem.code != ASSAY_OK)
        assay__buffer_fini(&item.bytes);
    *item_out = item;
    return true;
}

/* ---- size -------------------------------------------------------------- */

struct assay__source_size assay__source_measure(char *const *paths,
                                                size_t path_count,
                                                bool (*is_cancelled)(void *arg),
                                                void *arg)
{
    struct assay__source_size size = {.is_known = true};

    for (size_t i = 0; i < path_count && size.is_known; i++) {
        struct assay__walk *walk = assay__walk_new(paths[i], false);
        struct assay__walk_entry entry = {.kind = ASSAY__WALK_END};

        size.is_known = walk && strcmp(paths[i], "-") != 0;
        while (size.is_known) {
            assay__walk_next(walk, &entry);
            if (entry.kind == ASSAY__WALK_END)
                break;
            size.bytes += entry.size;
            size.is_known = !is_cancelled(arg);
        }
        assay__walk_free(&walk);
    }
    return size;
}
