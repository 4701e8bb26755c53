/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What engines are given to scan in checks.
 */
#ifndef ASSAY_CLI_KIT_CONTENT_H
#define ASSAY_CLI_KIT_CONTENT_H

#include "kit.h"

/** More than the own ones and the user's files. */
#define ASSAY__KIT_SAMPLES_MAX (ASSAY__KIT_FILES_MAX + 32)

struct assay__kit_sample {
    const char *what; /* for people: "a small mail" */
    assay_content content;
    const struct assay__kit_file *file; /* of the user; or NULL */
};

struct assay__kit_samples {
    size_t count;
    struct assay__kit_sample at[ASSAY__KIT_SAMPLES_MAX];
    char *bytes; /* owned: what the own ones hold */
};

/** The own contents, then the user's files; all in memory that an engine could
 *  write to, so that only the check of that fails for it. @return false: said
 *  why */
bool assay__kit_samples_init(struct assay__kit_child *child,
                             struct assay__kit_samples *samples);
void assay__kit_samples_fini(struct assay__kit_samples *samples);

/** A mail that is always the same. */
const assay_content *assay__kit_small_mail(void);

/** A mail to which a content is attached, as base64.
 *  @return free() its data; size 0: out of memory */
assay_content assay__kit_attach(const assay_content *content);

/** Names and types that a mail may make up; ends with what NULL. */
struct assay__kit_label {
    const char *what;
    const char *file_name, *media_type, *reading;
};
extern const struct assay__kit_label assay__kit_labels[];

/** Read-only memory between two pages that cannot be touched. */
struct assay__kit_walls {
    char *map;
    size_t map_size;
    char *data; /* first byte of the content */
    size_t size;
};

/** @param at_end  the content ends where the wall begins; else it begins where
 *                 one ends. @return false: no memory */
bool assay__kit_walls_init(struct assay__kit_walls *walls, const void *data,
                           size_t size, bool at_end, bool is_writable);
void assay__kit_walls_fini(struct assay__kit_walls *walls);

/** Read a file of the user.
 *  @param err  not NULL
 *  @return ASSAY_OK; ASSAY_E_INVAL a folder, a device, a FIFO; ASSAY_E_IO;
 *          ASSAY_E_LIMIT; ASSAY_E_NOMEM */
assay_rc assay__kit_file_read(struct assay__kit_file *file, assay_error *err);

#endif
