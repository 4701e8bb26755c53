/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The driver: documents are walked and leaves examined until nothing new comes
 * up or a bound is met. Nothing recurses; both lists only grow, so that an
 * entry is handled once.
 *
 * Leaves are compared by hash and then byte by byte. The leaves of the default
 * reading are only hashed when another reading has something to compare.
 */
#include "mail/readings_priv.h"

#include <stdlib.h>
#include <string.h>

#include <assay/verdict.h>

#include "base/clock.h"
#include "base/sizes.h"
#include "mail/message_priv.h"

/* Encoded bodies that were decoded, by place. */
struct assay__range_set {
    struct range {
        const char *data;
        size_t len;
        uint32_t how;
    } * slots;
    size_t count;
    size_t cap; /* power of two */
};

/* ---- bounds ----------------------------------------------------------------
 */

void assay__readings_cut(struct assay__readings *r, uint32_t limits)
{
    r->limits |= limits;
}

bool assay__readings_go_on(struct assay__readings *r)
{
    if (r->rc != ASSAY_OK)
        return false;
    if (r->bounds.deadline_ms != 0 &&
        assay__clock_ms() >= r->bounds.deadline_ms)
        assay__readings_cut(r, ASSAY_LIMIT_TIME);
    return (r->limits & (ASSAY_LIMIT_TIME | ASSAY_LIMIT_SCAN_SIZE |
                         ASSAY_LIMIT_FILES)) == 0;
}

bool assay__readings_work(struct assay__readings *r, size_t bytes)
{
    if (bytes > r->work_left) {
        assay__readings_cut(r, ASSAY_LIMIT_SCAN_SIZE);
        return false;
    }
    r->work_left -= bytes;
    return assay__readings_go_on(r);
}

size_t assay__readings_room(const struct assay__readings *r)
{
    return r->bounds.max_decoded_bytes - r->decoded_bytes;
}

/* ---- growing lists ---------------------------------------------------------
 */

/* Makes room for one more. */
static bool grow(struct assay__readings *r, void **list, size_t count,
                 size_t *cap, size_t size)
{
    size_t wanted = *cap > 0 ? 2 * *cap : 16, bytes;
    void *grown;

    if (count < *cap)
        return true;
    grown =
        assay__size_mul(wanted, size, &bytes) ? realloc(*list, bytes) : NULL;
    if (!grown) {
        r->rc = ASSAY_E_NOMEM;
        return false;
    }
    *list = grown;
    *cap = wanted;
    return true;
}

bool assay__readings_keep(struct assay__readings *r, void *buffer)
{
    void *list = r->buffers;

    if (!grow(r, &list, r->buffer_count, &r->buffer_cap, sizeof *r->buffers)) {
        free(buffer);
        return false;
    }
    r->buffers = list;
    r->buffers[r->buffer_count++] = buffer;
    return true;
}

bool assay__readings_keep_tree(struct assay__readings *r, assay_message *tree)
{
    void *list = r->trees;

    if (!grow(r, &list, r->tree_count, &r->tree_cap, sizeof *r->trees)) {
        assay_message_free(&tree);
        return false;
    }
    r->trees = list;
    r->trees[r->tree_count++] = tree;
    return true;
}

void assay__readings_enqueue(struct assay__readings *r,
                             const struct assay__reading_document *document)
{
    void *list = r->documents;

    if (!assay__readings_go_on(r))
        return;
    if (document->nesting > ASSAY__READINGS_NESTING) {
        assay__readings_cut(r, ASSAY_LIMIT_RECURSION);
        return;
    }
    if (r->document_count >= r->bounds.max_readings) {
        assay__readings_cut(r, ASSAY_LIMIT_PARTS);
        return;
    }
    if (!grow(r, &list, r->document_count, &r->document_cap,
              sizeof *r->documents))
        return;
    r->documents = list;
    r->documents[r->document_count++] = *document;
}

/* ---- hashing ---------------------------------------------------------------
 */

/* Eight bytes a step; the seed keeps senders from choosing collisions. */
static uint64_t hash_of(const struct assay__readings *r, assay_bytes data)
{
    const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = (uintptr_t)r ^ data.len * factor;
    size_t i = 0;

    for (; data.len - i >= sizeof hash; i += sizeof hash) {
        uint64_t word;

        memcpy(&word, data.data + i, sizeof word);
        hash = (hash ^ word) * factor;
        hash ^= hash >> 29;
    }
    for (; i < data.len; i++)
        hash = (hash ^ (unsigned char)data.data[i]) * factor;
    return hash ^ hash >> 32;
}

static void insert(struct assay__readings *r, size_t index)
{
    size_t *bucket = &r->buckets[r->entries[index].hash % r->bucket_count];

    r->entries[index].next = *bucket;
    *bucket = index + 1;
}

/* Buckets for at least twice the entries; hashes what was not. */
static bool make_buckets(struct assay__readings *r)
{
    size_t wanted = r->cap > 0 ? 2 * r->cap : 32;
    bool is_first = r->buckets == NULL;

    if (!is_first && r->bucket_count >= wanted)
        return true;
    free(r->buckets);
    r->buckets = calloc(wanted, sizeof *r->buckets);
    if (!r->buckets) {
        r->rc = ASSAY_E_NOMEM;
        return false;
    }
    r->bucket_count = wanted;
    for (size_t i = 0; i < r->count; i++) {
        if (is_first)
            r->entries[i].hash = hash_of(r, r->entries[i].leaf.data);
        insert(r, i);
    }
    return true;
}

static const struct assay__reading_entry *find(const struct assay__readings *r,
                                               assay_bytes data, uint64_t hash)
{
    size_t at = r->buckets[hash % r->bucket_count];

    while (at != 0) {
        const struct assay__reading_entry *entry = &r->entries[at - 1];

        if (entry->hash == hash && entry->leaf.data.len == data.len &&
            memcmp(entry->leaf.data.data, data.data, data.len) == 0)
            return entry;
        at = entry->next;
    }
    return NULL;
}

/* ---- ranges --------------------------------------------------------------
 */

static struct range *find_slot(const struct assay__range_set *set,
                               const char *data, size_t len, uint32_t how)
{
    uint64_t hash =
        ((uintptr_t)data ^ len << 20 ^ how) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 32) & (set->cap - 1);

    while (set->slots[at].data &&
           (set->slots[at].data != data || set->slots[at].len != len ||
            set->slots[at].how != how))
        at = (at + 1) & (set->cap - 1);
    return &set->slots[at];
}

static bool grow_ranges(struct assay__range_set *set)
{
    struct assay__range_set grown = {.count = set->count,
                                     .cap = set->cap > 0 ? 2 * set->cap : 64};

    grown.slots = calloc(grown.cap, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < set->cap; i++) {
        const struct range *old = &set->slots[i];

        if (old->data)
            *find_slot(&grown, old->data, old->len, old->how) = *old;
    }
    free(set->slots);
    *set = grown;
    return true;
}

bool assay__readings_is_new_range(struct assay__readings *r, assay_bytes range,
                                  uint32_t how)
{
    struct assay__range_set *set = r->ranges;
    struct range *slot;

    if (2 * (set->count + 1) > set->cap && !grow_ranges(set)) {
        r->rc = ASSAY_E_NOMEM;
        return false;
    }
    slot = find_slot(set, range.data, range.len, how);
    if (slot->data)
        return false;
    *slot = (struct range){range.data, range.len, how};
    set->count++;
    return true;
}

/* ---- the set of leaves -----------------------------------------------------
 */

static bool append(struct assay__readings *r, assay_bytes data, uint64_t hash,
                   const struct assay__reading_origin *origin, bool is_default)
{
    void *list = r->entries;

    if (r->count >= r->bounds.max_leaves) {
        assay__readings_cut(r, ASSAY_LIMIT_FILES);
        return false;
    }
    if (!grow(r, &list, r->count, &r->cap, sizeof *r->entries))
        return false;
    r->entries = list;
    r->entries[r->count] = (struct assay__reading_entry){
        .leaf = {origin->reading, data, origin->media_type, origin->file_name},
        .origin = *origin,
        .hash = hash,
        .is_default = is_default,
        .is_told = !is_default};
    r->count++;
    return true;
}

/* Put the entry that was appended last into its bucket. */
static void index_last(struct assay__readings *r)
{
    size_t hash = (size_t)r->entries[r->count - 1].hash;

    if (!make_buckets(r))
        return;
    /* making the table anew has put it there already */
    if (r->buckets[hash % r->bucket_count] != r->count)
        insert(r, r->count - 1);
}

void assay__readings_add_default(struct assay__readings *r, assay_bytes data,
                                 const struct assay__reading_origin *origin,
                                 bool is_told)
{
    bool is_hashed = r->buckets != NULL;

    if (data.len == 0 ||
        !append(r, data, is_hashed ? hash_of(r, data) : 0, origin, true))
        return;
    r->entries[r->count - 1].is_told = is_told;
    if (is_hashed)
        index_last(r);
}

bool assay__readings_add(struct assay__readings *r, assay_bytes data,
                         const struct assay__reading_origin *origin)
{
    const struct assay__reading_entry *known;
    uint64_t hash;

    if (data.len == 0 || !assay__readings_work(r, data.len) || !make_buckets(r))
        return false;
    hash = hash_of(r, data);
    known = find(r, data, hash);
    if (!known || !known->is_default)
        r->differences++;
    if (known || !append(r, data, hash, origin, false))
        return false;
    index_last(r);
    return r->rc == ASSAY_OK;
}

bool assay__readings_add_decoded(struct assay__readings *r, assay_rc rc,
                                 struct assay__decoded *decoded,
                                 const struct assay__reading_origin *origin)
{
    assay_bytes data;

    if (rc == ASSAY_E_NOMEM)
        r->rc = rc;
    else if (rc == ASSAY_E_LIMIT)
        assay__readings_cut(r, ASSAY_LIMIT_SCAN_SIZE);
    if (rc != ASSAY_OK)
        return false;
    data = (assay_bytes){decoded->data, decoded->len};
    if (!assay__readings_add(r, data, origin)) {
        free(decoded->data);
        return false;
    }
    r->decoded_bytes += decoded->len;
    return assay__readings_keep(r, decoded->data);
}

/* ---- running ---------------------------------------------------------------
 */

static void run(struct assay__readings *r)
{
    size_t examined = 0, walked = 0;

    assay__reading_tree_default(r);
    while (assay__readings_go_on(r) &&
           (examined < r->count || walked < r->document_count)) {
        if (walked < r->document_count) {
            struct assay__reading_document next = r->documents[walked++];

            assay__reading_tree_walk(r, &next);
        } else {
            struct assay__reading_entry next = r->entries[examined++];

            if (!next.origin.is_searched)
                assay__reading_text_examine(r, next.leaf.data, &next.origin);
        }
    }
}

static assay_rc index_told(struct assay__readings *r)
{
    r->told = calloc(r->count + 1, sizeof *r->told);
    if (!r->told)
        return ASSAY_E_NOMEM;
    for (size_t i = 0; i < r->count; i++) {
        if (r->entries[i].is_told)
            r->told[r->told_count++] = i;
    }
    return ASSAY_OK;
}

static void set_bounds(struct assay__readings *r,
                       const struct assay__reading_bounds *bounds)
{
    size_t bytes = r->message->received.len;

    if (bounds)
        r->bounds = *bounds;
    if (r->bounds.max_readings == 0)
        r->bounds.max_readings = ASSAY__READINGS_TREES;
    if (r->bounds.max_leaves == 0)
        r->bounds.max_leaves = ASSAY__READINGS_LEAVES;
    if (r->bounds.max_decoded_bytes == 0)
        r->bounds.max_decoded_bytes = ASSAY__READINGS_BYTES;
    if (bytes < ASSAY__READINGS_WORK_MIN)
        bytes = ASSAY__READINGS_WORK_MIN;
    if (!assay__size_mul(bytes, ASSAY__READINGS_WORK_FACTOR, &r->work_left))
        r->work_left = SIZE_MAX;
}

assay_rc assay__readings_new(assay_message *message,
                             const struct assay__reading_bounds *bounds,
                             struct assay__readings **out, assay_error *err)
{
    struct assay__readings *r;
    assay_part *root = NULL;
    assay_rc rc = assay_message_root(message, &root, err);

    if (rc != ASSAY_OK)
        return rc;
    r = calloc(1, sizeof *r);
    if (!r)
        return assay_error_set(err, ASSAY_E_NOMEM, "readings of a message");
    r->message = message;
    assay__arena_init(&r->arena);
    set_bounds(r, bounds);
    r->ranges = calloc(1, sizeof *r->ranges);
    r->rc = r->ranges ? ASSAY_OK : ASSAY_E_NOMEM;
    if (r->rc == ASSAY_OK)
        run(r);
    if (r->rc == ASSAY_OK)
        r->rc = index_told(r);
    if (r->rc != ASSAY_OK) {
        rc = r->rc;
        assay__readings_free(&r);
        return assay_error_set(err, rc, "readings of a message");
    }
    *out = r;
    return ASSAY_OK;
}

void assay__readings_free(struct assay__readings **readings)
{
    struct assay__readings *r = *readings;

    if (!r)
        return;
    *readings = NULL;
    for (size_t i = 0; i < r->tree_count; i++)
        assay_message_free(&r->trees[i]);
    for (size_t i = 0; i < r->buffer_count; i++)
        free(r->buffers[i]);
    if (r->ranges)
        free(r->ranges->slots);
    free(r->ranges);
    free(r->trees);
    free(r->buffers);
    free(r->entries);
    free(r->buckets);
    free(r->told);
    free(r->documents);
    assay__arena_fini(&r->arena);
    free(r);
}

/* ---- telling ---------------------------------------------------------------
 */

size_t assay__readings_count(const struct assay__readings *readings)
{
    return readings->told_count;
}

const struct assay__reading_leaf *assay__readings_leaf(
    const struct assay__readings *readings, size_t index)
{
    return &readings->entries[readings->told[index]].leaf;
}

uint32_t assay__readings_limits(const struct assay__readings *readings)
{
    return readings->limits;
}

const char *assay__readings_reason(const struct assay__readings *readings)
{
    static const char *const words[] = {
        [ASSAY__REASON_TYPE] = "ConflictingType",
        [ASSAY__REASON_ENCODING] = "ConflictingEncoding",
        [ASSAY__REASON_BOUNDARY] = "ConflictingBoundary",
        [ASSAY__REASON_HIDDEN_PART] = "HiddenPart",
        [ASSAY__REASON_BASE64] = "BrokenBase64",
        [ASSAY__REASON_NUL] = "NulInHeader",
        [ASSAY__REASON_BARE_CR] = "BareCrInHeader",
        [ASSAY__REASON_COLON] = "MalformedHeader",
    };

    for (size_t i = 0; i < ASSAY__REASON_COUNT; i++) {
        if (readings->reasons[i])
            return words[i];
    }
    return NULL;
}
