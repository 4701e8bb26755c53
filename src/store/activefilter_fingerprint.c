/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/activefilter_fingerprint.h"

#include <string.h>

#include <openssl/evp.h>

/* The length of the first comes before it, so that no two pairs give the same
 * bytes. The body is hashed where it lies. */
static bool hash(assay_bytes type, assay_bytes body,
                 unsigned char out[ASSAY__FINGERPRINT_SIZE])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    uint64_t type_len = type.len;
    unsigned len = 0;
    bool is_made;

    if (!context)
        return false;
    is_made = EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(context, &type_len, sizeof type_len) == 1 &&
              EVP_DigestUpdate(context, type.data, type.len) == 1 &&
              EVP_DigestUpdate(context, body.data, body.len) == 1 &&
              EVP_DigestFinal_ex(context, out, &len) == 1;
    EVP_MD_CTX_free(context);
    return is_made && len == ASSAY__FINGERPRINT_SIZE;
}

assay_rc assay__fingerprint_make(assay_message *message,
                                 struct assay__fingerprint *out,
                                 assay_error *err)
{
    struct assay__fingerprint made = {0};
    assay_bytes type = {"", 0};
    assay_part_info info;
    assay_part *root;
    assay_rc rc = assay_message_root(message, &root, err);

    if (rc != ASSAY_OK)
        return rc;
    assay_part_get_info(root, &info);
    made.has = info.body.len >= ASSAY__FINGERPRINT_BODY_MIN;
    if (made.has) {
        (void)assay_part_header(root, "Content-Type", 0, &type);
        if (!hash(type, info.body, made.bytes))
            return assay_error_set(err, ASSAY_E_NOMEM,
                                   "ActiveFilter: fingerprint");
    }
    *out = made;
    return ASSAY_OK;
}
