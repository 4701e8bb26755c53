/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Sealed analyses. The input is an analysis that was never sealed, so it must
 * be refused; then its last bytes are taken for a token and signed with the
 * right key, so that the reader behind the seal is tried, too; and what it
 * reads must be sealed and read again as the same.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "seal.h"

enum { MAC_SIZE = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct assay__seal seal = {.key = "the key of the fuzzer"};
static assay_score first, second;

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static assay_rc open_text(const char *text, size_t len, assay_score *out)
{
    memset(out, 0, sizeof *out);
    return assay__seal_open(&seal, text, len, out, NULL);
}

/* The MAC of a text behind it. @return the new length */
static size_t sign(char *text, size_t len)
{
    unsigned char sum[MAC_SIZE];
    size_t sum_len = 0;

    require(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, seal.key,
                      sizeof seal.key, (unsigned char *)text, len, sum,
                      sizeof sum, &sum_len) != NULL);
    for (size_t i = 0; i < MAC_SIZE; i++)
        (void)snprintf(text + len + 2 * i, 3, "%02x", sum[i]);
    return len + 2 * (size_t)MAC_SIZE;
}

static void check_again(void)
{
    require(first.score >= 0 && first.score <= 100);
    if (assay__seal_add(&seal, &first, NULL) != ASSAY_OK)
        return; /* no room for a second token */
    require(open_text(first.analysis, strlen(first.analysis), &second) ==
            ASSAY_OK);
    require(!(first.score < second.score) && !(first.score > second.score));
    require(first.rescan == second.rescan);
    require(!strcmp(first.category, second.category));
    require(!strcmp(first.category_desc, second.category_desc));
    require(!strcmp(first.sub_category, second.sub_category));
    require(!strcmp(first.sub_category_desc, second.sub_category_desc));
    require(!strcmp(first.analysis, second.analysis));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 2 * (size_t)MAC_SIZE + 1);

    require(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    require(open_text(text, size, &first) != ASSAY_OK);
    if (open_text(text, sign(text, size), &first) == ASSAY_OK)
        check_again();
    free(text);
    return 0;
}
