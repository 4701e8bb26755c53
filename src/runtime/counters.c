/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/counters.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "rt/lock.h"

struct assay__counters {
    struct assay__lock lock;
    struct assay__counter *at;             /* lock; ordered by path */
    size_t count, capacity;                /* lock */
    int64_t made_ms;                       /* CLOCK_MONOTONIC; set once */
    const struct assay__wall_clock *clock; /* set once; may be NULL */
};

assay_rc assay__counters_new(const struct assay__wall_clock *clock,
                             struct assay__counters **out, assay_error *err)
{
    struct assay__counters *counters = calloc(1, sizeof *counters);
    assay_rc rc;

    if (!counters)
        return assay_error_set(err, ASSAY_E_NOMEM, "counters");
    rc = assay__lock_init(&counters->lock, ASSAY__LOCK_counters, err);
    if (rc != ASSAY_OK) {
        free(counters);
        return rc;
    }
    counters->clock = clock;
    counters->made_ms = assay__clock_ms();
    *out = counters;
    return ASSAY_OK;
}

void assay__counters_free(struct assay__counters **counters)
{
    struct assay__counters *mine = *counters;

    *counters = NULL;
    if (!mine)
        return;
    assay__lock_fini(&mine->lock);
    free(mine->at);
    free(mine);
}

double assay__counters_age_s(const struct assay__counters *counters)
{
    return (double)(assay__clock_ms() - counters->made_ms) / 1000;
}

bool assay__counter_path_is_good(const char *path)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:@";

    if (strlen(path) > ASSAY__COUNTER_PATH_MAX || *path != '/')
        return false;
    while (*path == '/') {
        size_t len = strspn(++path, good);

        if (len == 0)
            return false;
        path += len;
    }
    return *path == '\0';
}

/* ---- under the lock ---------------------------------------------------- */

/* Where a path is, or where it belongs. */
static size_t place_of(const struct assay__counters *counters, const char *path,
                       bool *found_out)
{
    size_t low = 0, high = counters->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(counters->at[middle].path, path);

        if (order == 0) {
            *found_out = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found_out = false;
    return low;
}

static bool make_room(struct assay__counters *counters)
{
    size_t capacity = counters->capacity > 0 ? 2 * counters->capacity : 16;
    struct assay__counter *grown;

    if (counters->count < counters->capacity)
        return true;
    grown = realloc(counters->at, capacity * sizeof *grown);
    if (!grown)
        return false;
    counters->at = grown;
    counters->capacity = capacity;
    return true;
}

static assay_rc add_locked(struct assay__counters *counters, const char *path,
                           const struct assay__counter *made, assay_error *err)
{
    bool found;
    size_t place = place_of(counters, path, &found);
    struct assay__counter *counter;

    if (found)
        return assay_error_set(err, ASSAY_E_EXISTS,
                               "There is a counter '%s' already", path);
    if (counters->count == ASSAY__COUNTERS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "There are %d counters, and that is the most",
                               ASSAY__COUNTERS_MAX);
    if (!make_room(counters))
        return assay_error_set(err, ASSAY_E_NOMEM, "Out of memory");
    counter = &counters->at[place];
    memmove(counter + 1, counter, (counters->count - place) * sizeof *counter);
    *counter = *made;
    assay__text_copy(counter->path, sizeof counter->path, path);
    counters->count++;
    return ASSAY_OK;
}

enum change { INCREMENT, RESET, REMOVE };

/* @param by  of an increment; of a reset the time */
static void change_locked(struct assay__counters *counters, size_t place,
                          enum change change, uint64_t by)
{
    struct assay__counter *counter = &counters->at[place];

    switch (change) {
    case INCREMENT:
        if (__builtin_add_overflow(counter->value, by, &counter->value))
            counter->value = UINT64_MAX;
        break;
    case RESET:
        counter->value = 0;
        counter->since_s = (int64_t)by;
        break;
    case REMOVE:
        counters->count--;
        memmove(counter, counter + 1,
                (counters->count - place) * sizeof *counter);
        break;
    }
}

/* ---- the interface ----------------------------------------------------- */

assay_rc assay__counters_add(struct assay__counters *counters, const char *path,
                             bool is_strict, assay_error *err)
{
    /* The clock may be the host's, which is asked with no lock held. */
    const struct assay__counter made = {
        .since_s = assay__wall_clock_s(counters->clock),
        .is_strict = is_strict,
    };
    assay_rc rc;

    if (!assay__counter_path_is_good(path))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "'%.200s' is not the path of a counter: write "
                               "/NAME or /NAME/NAME, at most %d bytes of "
                               "letters, digits and _ - . : @",
                               path, ASSAY__COUNTER_PATH_MAX);
    assay__lock_take(&counters->lock);
    rc = add_locked(counters, path, &made, err);
    assay__lock_drop(&counters->lock);
    return rc;
}

static assay_rc change(struct assay__counters *counters, const char *path,
                       enum change what, uint64_t by, assay_error *err)
{
    size_t place;
    bool found;

    assay__lock_take(&counters->lock);
    place = place_of(counters, path, &found);
    if (found)
        change_locked(counters, place, what, by);
    assay__lock_drop(&counters->lock);
    if (found)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_NOTFOUND,
                           "There is no counter '%.200s'", path);
}

assay_rc assay__counters_increment(struct assay__counters *counters,
                                   const char *path, uint64_t by,
                                   assay_error *err)
{
    return change(counters, path, INCREMENT, by, err);
}

assay_rc assay__counters_reset(struct assay__counters *counters,
                               const char *path, assay_error *err)
{
    return change(counters, path, RESET,
                  (uint64_t)assay__wall_clock_s(counters->clock), err);
}

assay_rc assay__counters_remove(struct assay__counters *counters,
                                const char *path, assay_error *err)
{
    return change(counters, path, REMOVE, 0, err);
}

bool assay__counters_nth(struct assay__counters *counters, size_t index,
                         struct assay__counter *out)
{
    bool is_one;

    assay__lock_take(&counters->lock);
    is_one = index < counters->count;
    if (is_one)
        *out = counters->at[index];
    assay__lock_drop(&counters->lock);
    return is_one;
}
