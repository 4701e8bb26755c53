/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "misspelt.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "callout.h"

enum {
    WORD_MAX = 64,   /* longer names are not compared: no callout is */
    EDITS_MAX = 2,   /* of a name that is still taken for a callout */
    EDIT_LETTERS = 3 /* letters of the callout an edit needs: exit, init */
};

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters more, less or other between two words of at most WORD_MAX. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[WORD_MAX + 1];
    size_t len = strlen(b);

    for (size_t j = 0; j <= len; j++)
        row[j] = (unsigned)j;
    for (size_t i = 0; a[i]; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i + 1;
        for (size_t j = 1; j <= len; j++) {
            unsigned other = diagonal + (a[i] != b[j - 1]);

            diagonal = row[j];
            row[j] = least(other, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[len];
}

static bool begins_with(const char *name, const char *start)
{
    return strncmp(name, start, strlen(start)) == 0;
}

const char *lassay_misspelt(const char *name)
{
    /* Whoever writes these means a callout, of this platform or the old. */
    bool is_meant =
        begins_with(name, "validate_") || begins_with(name, "core_");
    const char *nearest = NULL;
    unsigned best = UINT_MAX;

    if (strlen(name) > WORD_MAX)
        return NULL;
    for (int i = 0; lassay_methods[i]; i++) {
        unsigned edits = distance(name, lassay_methods[i]);

        if (edits < best) {
            best = edits;
            nearest = lassay_methods[i];
        }
    }
    if (best == 0)
        return NULL;
    if (is_meant ||
        (best <= EDITS_MAX && strlen(nearest) / EDIT_LETTERS >= best))
        return nearest;
    return NULL;
}
