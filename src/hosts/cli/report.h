/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Outcomes as lines for people, as lines of JSON, summed up, and as the exit
 * status.
 */
#ifndef ASSAY_CLI_REPORT_H
#define ASSAY_CLI_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "judge.h"

/** Widest column of paths that the others are lined up beside. */
#define ASSAY__REPORT_PATH_COLUMNS_MAX 60

struct assay__tally {
    uint64_t messages, bytes;
    uint64_t clean, infected, unscannable, errors;
    uint64_t skipped; /* entries of folders that hold no message */
    uint64_t answers[ASSAY_ACTION_DISCARD + 1]; /* by assay_action */
    uint64_t unanswered;  /* no answer of the policy was had */
    bool with_policy;     /* set by the owner: answers decide the exit status */
    bool was_interrupted; /* set by the owner */
};

void assay__tally_add(struct assay__tally *tally,
                      const struct assay__outcome *outcome, uint64_t bytes);
/** enum assay__exit. */
int assay__tally_exit_status(const struct assay__tally *tally);

/**
 * One line with its end.
 * @param name     any bytes; NULL when there was no memory for it
 * @param columns  width of the path column so far; 0 at first; grows
 * @return free() it; NULL when out of memory
 */
char *assay__report_text(const char *name, const struct assay__outcome *outcome,
                         size_t *columns);
/** One JSON object and a line end. @return as assay__report_text() */
char *assay__report_json(const char *name,
                         const struct assay__outcome *outcome);
/** One or two lines. @return as assay__report_text() */
char *assay__report_summary(const struct assay__tally *tally,
                            int64_t elapsed_ms);

#endif
