/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * BinHex 4.0: six bits a character between two colons, then runs (0x90 and a
 * count repeat the byte before; 0x90 0 is 0x90 itself), then a header and two
 * forks, each with a checksum behind it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "mail/decode_files.h"

#define RUN 0x90u
#define NAME_MAX_LEN 63u
/* behind the name: version 1, type 4, creator 4, flags 2, two lengths of 4,
 * checksum 2 */
#define HEADER_BYTES 21u

struct binhex {
    struct assay__strbuf out;
    unsigned char value_of[256]; /* 64: foreign */
    uint32_t bits;
    int bit_count;
    bool after_run;
    char last;
};

static void make_table(unsigned char *value_of)
{
    static const char digits[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUV"
                                 "XYZ[`abcdefhijklmpqr";

    memset(value_of, 64, 256);
    for (unsigned i = 0; digits[i] != '\0'; i++)
        value_of[(unsigned char)digits[i]] = (unsigned char)i;
}

static assay_rc take_byte(struct binhex *b, unsigned char byte)
{
    assay_rc rc = ASSAY_OK;

    if (b->after_run) {
        b->after_run = false;
        if (byte == 0) {
            b->last = (char)RUN;
            return assay__strbuf_addc(&b->out, b->last);
        }
        for (unsigned i = 1; i < byte && rc == ASSAY_OK; i++)
            rc = assay__strbuf_addc(&b->out, b->last);
        return rc;
    }
    if (byte == RUN) {
        b->after_run = true;
        return ASSAY_OK;
    }
    b->last = (char)byte;
    return assay__strbuf_addc(&b->out, b->last);
}

/* @return bytes of the text, with both colons */
static size_t unpack(struct binhex *b, assay_bytes in, assay_rc *rc)
{
    size_t i = 1;

    for (; i < in.len && in.data[i] != ':' && *rc == ASSAY_OK; i++) {
        unsigned value = b->value_of[(unsigned char)in.data[i]];

        if (value > 63)
            continue;
        b->bits = b->bits << 6 | value;
        b->bit_count += 6;
        if (b->bit_count >= 8) {
            b->bit_count -= 8;
            *rc = take_byte(b, (unsigned char)(b->bits >> b->bit_count));
        }
    }
    return i < in.len ? i + 1 : i;
}

static uint32_t big_endian(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
           b[3];
}

static assay_rc copy_fork(const struct assay__strbuf *all, size_t *at,
                          size_t len, struct assay__decoded *fork)
{
    size_t left = *at < all->len ? all->len - *at : 0;

    if (len > left)
        len = left; /* cut off */
    if (len == 0)
        return ASSAY_OK;
    fork->data = malloc(len);
    if (!fork->data)
        return ASSAY_E_NOMEM;
    memcpy(fork->data, all->data + *at, len);
    fork->len = len;
    *at += len + 2;
    return ASSAY_OK;
}

static assay_rc split(const struct assay__strbuf *all,
                      struct assay__binhex *file)
{
    size_t name_len = all->len > 0 ? (unsigned char)all->data[0] : 0;
    size_t at = 1 + name_len;
    const char *header = all->data + at;
    assay_rc rc;

    if (name_len == 0 || name_len > NAME_MAX_LEN ||
        all->len < at + HEADER_BYTES)
        return ASSAY_E_NOTFOUND;
    memcpy(file->name, all->data + 1, name_len);
    at += HEADER_BYTES;
    rc = copy_fork(all, &at, big_endian(header + 11), &file->data);
    if (rc == ASSAY_OK)
        rc = copy_fork(all, &at, big_endian(header + 15), &file->resource);
    return rc;
}

assay_rc assay__decode_binhex(assay_bytes in, size_t max_bytes,
                              struct assay__binhex *out, size_t *used_out)
{
    struct assay__binhex file = {0};
    struct binhex b = {0};
    assay_rc rc = ASSAY_OK;
    size_t used;

    if (in.len == 0 || in.data[0] != ':')
        return ASSAY_E_NOTFOUND;
    assay__strbuf_init(&b.out, max_bytes);
    make_table(b.value_of);
    used = unpack(&b, in, &rc);
    if (rc == ASSAY_OK)
        rc = split(&b.out, &file);
    assay__strbuf_fini(&b.out);
    if (rc != ASSAY_OK) {
        free(file.data.data);
        free(file.resource.data);
        return rc;
    }
    *out = file;
    *used_out = used;
    return ASSAY_OK;
}
