/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The keyed hash behind the keys of a verdict cache: Poly1305 with a secret
 * that is made when the cache is made and never leaves it.
 *
 * Poly1305 is used as a universal hash, not as a MAC: one secret serves for
 * many contents. As long as its values stay inside the process nobody can
 * choose two contents that collide better than by chance (for 1 MB about
 * 2^-87 a pair).
 *
 * Threads: any may hash at once. Locks: none.
 */
#ifndef ASSAY_SCAN_CACHE_KEY_H
#define ASSAY_SCAN_CACHE_KEY_H

#include "scan/cache.h"

struct assay__cache_hash;

/** @return ASSAY_OK; ASSAY_E_NOMEM; ASSAY_E_IO no random bytes, no Poly1305 */
assay_rc assay__cache_hash_new(struct assay__cache_hash **out,
                               assay_error *err);
/** Accepts NULL; wipes the secret. */
void assay__cache_hash_free(struct assay__cache_hash **hash);
/** @return false: no hash could be made, *key_out is untouched */
bool assay__cache_hash_subject(const struct assay__cache_hash *hash,
                               const struct assay__cache_subject *subject,
                               struct assay__cache_key *key_out);
/** What struct assay__cache_key has as epoch. Pure. */
uint32_t assay__cache_epoch_digest(const char *epoch);

#endif
