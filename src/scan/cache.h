/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The verdict cache of one engine: what was decided about a content with one
 * epoch, so that the same bytes are scanned once (AV-14; DESIGN: the verdict
 * cache).
 *
 * The key is a keyed universal hash (Poly1305, secret made at start, never
 * shown) over the content in its encoded form, its kind, transfer encoding and
 * media type, and the epoch and what of the options changes a verdict. A
 * change of signatures therefore makes old entries unreachable; they leave by
 * age. Stored are INFECTED and, apart and with a bound of their own, CLEAN
 * with complete coverage, and, with the former, what killed two scanner
 * processes (UNSCANNABLE, poison); nothing else ever is: no error, no timeout,
 * no partial coverage. A CLEAN entry counts only while clean_generation of its
 * engine is the one it was made with (a missed canary raises that number).
 * A verdict is stored only when the epoch after its scan is the one of its
 * key, so that a database that is rolled back finds nothing of the other's.
 *
 * Single flight: who looks up what another thread is scanning waits for that
 * verdict instead. A thread that has a flight of its own may await only such
 * as never wait for one of its kind, or two of them could wait for each other;
 * scan/recall.h says which.
 *
 * Threads: any. Locks: those of rt/lru.h (rank `cache`), never held while an
 * engine, a callback or a wait for anything else runs.
 */
#ifndef ASSAY_SCAN_CACHE_H
#define ASSAY_SCAN_CACHE_H

#include <assay/engine.h>
#include <assay/message.h>

struct assay__cache;
struct assay__cache_flight; /* a scan that others may be waiting for */

enum { ASSAY__CACHE_KEY_SIZE = 16 };

/** What stands for a content under an epoch; never shown to anyone, because a
 *  universal hash is secret only as long as its values are. */
struct assay__cache_key {
    uint8_t bytes[ASSAY__CACHE_KEY_SIZE];
    uint32_t epoch; /* digest of the epoch, compared when a verdict lands */
};

/** What a key is made of; all borrowed for the call. */
struct assay__cache_subject {
    assay_content_kind kind;
    assay_bytes encoded; /* as it lies in the message */
    assay_encoding encoding;
    const char *media_type; /* NULL is another one than "" */
    const char *file_name;  /* NULL: not part of the key */
    const char *epoch;
    uint64_t options; /* digest of what changes a verdict */
    assay_bytes view; /* what else tells contents of the same bytes apart; may
                         be empty */
};

struct assay__cache_limits {
    size_t infected; /* entries; 0: none is kept (AV-14: cache_size) */
    size_t clean;    /* entries; 0: none is kept */
};

/** Since the cache was made; what the console prints (cache stat, stats). */
struct assay__cache_stats {
    uint64_t lookups;  /* hits + misses + pending */
    uint64_t hits;     /* answered from an entry */
    uint64_t misses;   /* the caller was told to SCAN */
    uint64_t pending;  /* look-ups that were told to WAIT for a scan */
    uint64_t stores;   /* entries stored */
    uint64_t capacity; /* thrown out, least recently used, for lack of room */
    uint64_t expired;  /* CLEAN thrown out as its clean_generation had passed */
    uint64_t forced;   /* thrown out by a flush */
    size_t infected, clean; /* entries now */
    struct assay__cache_limits limits;
};

/** @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_IO no random bytes, no Poly1305 */
assay_rc assay__cache_new(const struct assay__cache_limits *limits,
                          struct assay__cache **out, assay_error *err);
/** No flight may be open. Accepts NULL. */
void assay__cache_free(struct assay__cache **cache);
/** Bounds from now on; surplus entries go at once. */
void assay__cache_set_limits(struct assay__cache *cache,
                             const struct assay__cache_limits *limits);

/** Does not fail: without the hash *no* key matches (returns false, *key_out
 *  is untouched), and the content is scanned without the cache. Blocks: never;
 *  reads the content once. */
bool assay__cache_make_key(const struct assay__cache *cache,
                           const struct assay__cache_subject *subject,
                           struct assay__cache_key *key_out);

enum assay__cache_answer {
    ASSAY__CACHE_HIT,  /* *verdict is set: status, reason, info, scan_code,
                          coverage; its other members are left alone */
    ASSAY__CACHE_SCAN, /* *flight_out is set: scan, then _land() it */
    ASSAY__CACHE_WAIT  /* another scan is on its way: _await() it */
};

/**
 * Look up, and become the one who scans when nobody does yet.
 *
 * @param clean_generation  of the engine, read before
 * @param flight_out  for SCAN and WAIT; without memory for a flight SCAN is
 *                    returned with NULL, which _land() accepts
 */
enum assay__cache_answer assay__cache_look_up(
    struct assay__cache *cache, const struct assay__cache_key *key,
    uint64_t clean_generation, assay_verdict *verdict,
    struct assay__cache_flight **flight_out);

/**
 * The scan is over: store what may be stored, wake who waits. Always called
 * after SCAN; frees the flight, *flight becomes NULL.
 *
 * ERROR by TIMEOUT or OVERLOAD is the scanner's own trouble, and so is a CLEAN
 * that may not be stored: one of those who wait scans in its place. Every
 * other verdict is theirs, too.
 *
 * @param verdict  NULL: there is none that others could use; all who wait
 *                 scan for themselves, and do not wait for each other
 * @param epoch, clean_generation  of the engine, read anew after the scan
 */
void assay__cache_land(struct assay__cache *cache,
                       struct assay__cache_flight **flight,
                       const assay_verdict *verdict, const char *epoch,
                       uint64_t clean_generation);

/**
 * Wait for the verdict of another thread's scan.
 *
 * @param until_ms  CLOCK_MONOTONIC; a flight that has ended is told even when
 *                  this has passed
 * @return true: the flight ended: HIT with *verdict set as by look_up() and
 *         *flight NULL, or SCAN: it is the caller's turn, *flight stays and
 *         must be landed; false: until_ms passed; await again or _leave() it
 */
bool assay__cache_await(struct assay__cache *cache,
                        struct assay__cache_flight **flight, int64_t until_ms,
                        enum assay__cache_answer *answer_out,
                        assay_verdict *verdict);
/** Wait no longer (who was told to SCAN lands instead); *flight becomes
 *  NULL. */
void assay__cache_leave(struct assay__cache *cache,
                        struct assay__cache_flight **flight);

/** Throw out all entries. Scans in flight are not stored when they land, and
 *  look-ups from now on do not wait for them. @return entries thrown out */
size_t assay__cache_flush(struct assay__cache *cache);
/** The same for the infected entries of one threat name. @return how many */
size_t assay__cache_flush_name(struct assay__cache *cache, const char *name);
/** The sums over all shards, each read a moment after the other. */
void assay__cache_stats(struct assay__cache *cache,
                        struct assay__cache_stats *stats_out);

#endif
