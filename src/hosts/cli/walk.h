/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Walking one path of the command line: a file yields itself, a folder all
 * regular files below it, in order of their names.
 *
 * A folder with cur and new in it is a Maildir: its messages are the files of
 * these two, tmp and the files beside them (indexes of a mail server) are
 * not, and other folders in it are folders of mail themselves. Any other
 * folder is plain, as those of MH are.
 *
 * Symbolic links below the path are not followed and every step is taken
 * relative to an open folder, so neither a loop nor a folder that is
 * exchanged meanwhile leads out of the tree.
 */
#ifndef ASSAY_CLI_WALK_H
#define ASSAY_CLI_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include <assay/error.h>

/** Deepest nesting of folders; each level holds a descriptor. */
#define ASSAY__WALK_MAX_DEPTH 100

enum assay__walk_kind {
    ASSAY__WALK_END,
    ASSAY__WALK_FILE,    /* fd and size are set */
    ASSAY__WALK_SKIPPED, /* nothing to scan in it; error says what it is */
    ASSAY__WALK_FAILED   /* should be scanned and cannot be; see error */
};

struct assay__walk_entry {
    enum assay__walk_kind kind;
    const char *path; /* borrowed until the next step */
    int fd;           /* the caller's to close; -1 unless asked to open */
    uint64_t size;    /* bytes */
    bool is_single;   /* in a Maildir: one message whatever it looks like */
    assay_error error;
};

struct assay__walk;

/**
 * @param path  borrowed; followed when it is a symbolic link itself
 * @param open  false: only tell names and sizes
 * @return NULL when out of memory. What is wrong with path is told by the
 *         first step.
 */
struct assay__walk *assay__walk_new(const char *path, bool open);
/** Accepts NULL; sets *walk to NULL. */
void assay__walk_free(struct assay__walk **walk);
void assay__walk_next(struct assay__walk *walk,
                      struct assay__walk_entry *entry_out);

#endif
