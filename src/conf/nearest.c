/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * "Did you mean": the distance of two words in edits (a letter more, less or
 * other, or two neighbours swapped), without case.
 */
#include "conf/schema.h"

#include <string.h>

#include "base/text.h"

/* Longer words are not compared: no name of ours is. */
enum { WORD_MAX = 64 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool same(char a, char b)
{
    return assay__ascii_lower(a) == assay__ascii_lower(b);
}

/* Optimal string alignment, three rows of the table at a time. */
static unsigned distance(const char *a, size_t a_len, const char *b,
                         size_t b_len)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2], *spare;

    for (size_t j = 0; j <= b_len; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned other = same(a[i - 1], b[j - 1]) ? 0 : 1;

            row[j] = least(last[j] + 1, row[j - 1] + 1);
            row[j] = least(row[j], last[j - 1] + other);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
                same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}

const char *assay__conf_nearest(const char *word,
                                const char *(*next)(void *arg, size_t i),
                                void *arg)
{
    size_t len = strlen(word);
    unsigned best = (unsigned)(len / 3) + 1;
    const char *nearest = NULL, *candidate;

    if (len > WORD_MAX)
        return NULL;
    for (size_t i = 0; (candidate = next(arg, i)) != NULL; i++) {
        size_t candidate_len = strlen(candidate);
        unsigned edits;

        if (candidate_len > WORD_MAX)
            continue;
        edits = distance(word, len, candidate, candidate_len);
        if (edits < best) {
            best = edits;
            nearest = candidate;
        }
    }
    return nearest;
}
