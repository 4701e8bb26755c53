/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What an engine uses of its process, and whether that grows.
 */
#ifndef ASSAY_CLI_KIT_MEASURE_H
#define ASSAY_CLI_KIT_MEASURE_H

#include "kit.h"

struct assay__kit_measure {
    uint64_t heap;  /* bytes in use; 0 when the allocator does not tell */
    uint64_t pages; /* of memory that is mapped; likewise */
    unsigned descriptors, threads, files;
    bool has_children;
};

/** Measure this process, without waiting. */
void assay__kit_measure(const struct assay__kit_child *child,
                        struct assay__kit_measure *out);

/**
 * Call round() again and again, and fail the check when what the process uses
 * grows with every round.
 *
 * @param round  @return false: it said why, and no more is called
 */
void assay__kit_check_growth(struct assay__kit_child *child, unsigned rounds,
                             bool (*round)(struct assay__kit_child *child,
                                           void *arg),
                             void *arg);

/** Fail the check when more than so many threads, or a child process, are
 *  there and do not end. */
void assay__kit_check_ended(struct assay__kit_child *child, unsigned threads);

unsigned assay__kit_count_threads(void);

/** Whether mallinfo2() tells what the allocator does; those of sanitizers and
 *  of valgrind have leak checks of their own. */
bool assay__kit_sees_heap(void);

/** Start this program again with an allocator that tells what is in use; does
 *  nothing where it is so, or cannot be. Before any thread runs.
 *  @param argv  of the program; ends with NULL */
void assay__kit_restart_to_measure(char *const *argv);

/** Remember what the process is, before the engine is loaded. */
void assay__kit_manners_note(struct assay__kit_manners *manners);
/** Fail the check for what is another one now. */
void assay__kit_manners_compare(struct assay__kit_child *child);

/** Remove a folder with all in it. */
void assay__kit_remove_folder(const char *path);

#endif
