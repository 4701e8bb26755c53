/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What is hashed is a block of fixed layout with all numbers, the length of
 * each text and whether it is there, then the texts, then the content. So two
 * subjects that differ give different input, however their texts run together.
 */
#include "scan/cache_key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

enum { SECRET_SIZE = 32 };

struct assay__cache_hash {
    OSSL_LIB_CTX *library; /* of our own: how the host configures its OpenSSL
                              does not matter, and stays as it is */
    EVP_MAC *algorithm;
    unsigned char secret[SECRET_SIZE];
};

/* Without padding between the members: every byte of it is hashed. */
struct preamble {
    uint64_t options;
    uint64_t content_size;
    uint64_t epoch_size;
    uint64_t media_type_size;
    uint64_t file_name_size;
    uint64_t view_size;
    uint32_t kind;
    uint32_t encoding;
    uint32_t has_media_type;
    uint32_t has_file_name;
};

_Static_assert(sizeof(struct preamble) == 6 * 8 + 4 * 4, "padded");

static assay_rc no_hash(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_IO,
                           "the verdict cache needs Poly1305 of OpenSSL 3, "
                           "which cannot be used here");
}

static assay_rc fetch(struct assay__cache_hash *hash, assay_error *err)
{
    hash->library = OSSL_LIB_CTX_new();
    if (!hash->library)
        return assay_error_set(err, ASSAY_E_NOMEM, "verdict cache");
    hash->algorithm =
        EVP_MAC_fetch(hash->library, OSSL_MAC_NAME_POLY1305, NULL);
    if (!hash->algorithm)
        return no_hash(err);
    return ASSAY_OK;
}

/* A context of one's own for each content costs less than to share some. */
static EVP_MAC_CTX *keyed_context(const struct assay__cache_hash *hash)
{
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hash->algorithm);

    if (context &&
        !EVP_MAC_init(context, hash->secret, sizeof hash->secret, NULL)) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

static assay_rc make_secret(struct assay__cache_hash *hash, assay_error *err)
{
    EVP_MAC_CTX *context;
    size_t size;

    if (getrandom(hash->secret, sizeof hash->secret, 0) !=
        (ssize_t)sizeof hash->secret)
        return assay_error_set(err, ASSAY_E_IO,
                               "the verdict cache gets no random bytes: "
                               "errno %d",
                               errno);
    context = keyed_context(hash);
    size = context ? EVP_MAC_CTX_get_mac_size(context) : 0;
    EVP_MAC_CTX_free(context);
    return size == ASSAY__CACHE_KEY_SIZE ? ASSAY_OK : no_hash(err);
}

assay_rc assay__cache_hash_new(struct assay__cache_hash **out, assay_error *err)
{
    struct assay__cache_hash *hash = calloc(1, sizeof *hash);
    assay_rc rc;

    if (!hash)
        return assay_error_set(err, ASSAY_E_NOMEM, "verdict cache");
    rc = fetch(hash, err);
    if (rc == ASSAY_OK)
        rc = make_secret(hash, err);
    if (rc != ASSAY_OK) {
        assay__cache_hash_free(&hash);
        return rc;
    }
    *out = hash;
    return ASSAY_OK;
}

void assay__cache_hash_free(struct assay__cache_hash **hash)
{
    struct assay__cache_hash *h = *hash;

    *hash = NULL;
    if (!h)
        return;
    EVP_MAC_free(h->algorithm);
    OSSL_LIB_CTX_free(h->library);
    explicit_bzero(h, sizeof *h);
    free(h);
}

static bool add(EVP_MAC_CTX *context, const void *data, size_t size)
{
    return size == 0 || EVP_MAC_update(context, data, size) == 1;
}

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

static bool add_subject(EVP_MAC_CTX *context,
                        const struct assay__cache_subject *subject)
{
    const struct preamble preamble = {
        .options = subject->options,
        .content_size = subject->encoded.len,
        .epoch_size = length(subject->epoch),
        .media_type_size = length(subject->media_type),
        .file_name_size = length(subject->file_name),
        .view_size = subject->view.len,
        .kind = (uint32_t)subject->kind,
        .encoding = (uint32_t)subject->encoding,
        .has_media_type = subject->media_type != NULL,
        .has_file_name = subject->file_name != NULL,
    };

    return add(context, &preamble, sizeof preamble) &&
           add(context, subject->epoch, preamble.epoch_size) &&
           add(context, subject->media_type, preamble.media_type_size) &&
           add(context, subject->file_name, preamble.file_name_size) &&
           add(context, subject->view.data, subject->view.len) &&
           add(context, subject->encoded.data, subject->encoded.len);
}

bool assay__cache_hash_subject(const struct assay__cache_hash *hash,
                               const struct assay__cache_subject *subject,
                               struct assay__cache_key *key_out)
{
    EVP_MAC_CTX *context = keyed_context(hash);
    struct assay__cache_key key = {
        .epoch = assay__cache_epoch_digest(subject->epoch)};
    size_t size = 0;
    bool ok = context && add_subject(context, subject) &&
              EVP_MAC_final(context, key.bytes, &size, sizeof key.bytes) == 1 &&
              size == sizeof key.bytes;

    EVP_MAC_CTX_free(context);
    if (ok)
        *key_out = key;
    return ok;
}

/* FNV-1a. The whole epoch is part of the key; this only tells, when a verdict
 * lands, whether the engine changed its epoch in the meantime. */
uint32_t assay__cache_epoch_digest(const char *epoch)
{
    uint32_t digest = 2166136261u;

    for (; epoch && *epoch; epoch++)
        digest = (digest ^ (unsigned char)*epoch) * 16777619u;
    return digest;
}
