/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The messages named on the command line, one after the other: files, mbox
 * files, folders of any kind (walk.h) and "-" for standard input.
 *
 * Used by one thread.
 */
#ifndef ASSAY_CLI_SOURCE_H
#define ASSAY_CLI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

#include "buffer.h"

/** A message, or something that should be one and cannot be read. */
struct assay__item {
    char *name; /* PATH, or PATH#N in an mbox; NULL when out of memory */
    struct assay__buffer bytes;
    assay_error problem; /* code is ASSAY_OK for a message */
};

void assay__item_fini(struct assay__item *item);

struct assay__source_options {
    char *const *paths; /* borrowed, as the strings are */
    size_t path_count;
    int stop_fd; /* readable: give up waiting for standard input; -1: none */
    size_t max_bytes; /* of one message */
    /** Told of each entry of a folder that is not looked into. May be NULL. */
    void (*skipped)(void *arg, const char *path, const char *what);
    void *arg;
};

struct assay__source;

/** @param options copied. @return NULL when out of memory */
struct assay__source *assay__source_new(
    const struct assay__source_options *options);
/** Accepts NULL; sets *source to NULL. */
void assay__source_free(struct assay__source **source);

/**
 * Read the next message.
 * @param item_out  on true the caller's to release
 * @return false at the end
 */
bool assay__source_next(struct assay__source *source,
                        struct assay__item *item_out);

/** What the paths add up to, without opening a file. */
struct assay__source_size {
    uint64_t bytes;
    bool is_known; /* false with standard input among them */
};

/** @param is_cancelled  asked now and then; true ends with is_known false */
struct assay__source_size assay__source_measure(char *const *paths,
                                                size_t path_count,
                                                bool (*is_cancelled)(void *arg),
                                                void *arg);

#endif
