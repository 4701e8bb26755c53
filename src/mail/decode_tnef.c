/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * TNEF, the container of Outlook and Exchange ("winmail.dat"; [MS-OXTNEF]):
 * a signature, then attributes of level, id, length, data, checksum. A file is
 * an attAttachData, or the MAPI property PR_ATTACH_DATA inside attAttachment;
 * its name is attAttachTitle, or a property.
 */
#include <string.h>

#include "mail/decode_files.h"

#define SIGNATURE 0x223e9f78u
#define LEVEL_ATTACHMENT 2u
#define ATT_REND_DATA 0x9002u
#define ATT_ATTACH_DATA 0x800fu
#define ATT_ATTACH_TITLE 0x8010u
#define ATT_ATTACHMENT 0x9005u
#define PR_ATTACH_DATA 0x3701u
#define PR_ATTACH_LONG_NAME 0x3707u

/* MAPI property types */
#define PT_MULTI 0x1000u
#define PT_OBJECT 0x000du
#define PT_STRING8 0x001eu
#define PT_UNICODE 0x001fu
#define PT_BINARY 0x0102u
#define OBJECT_ID_BYTES 16u

struct reader {
    assay_bytes data;
    size_t at;
    bool failed; /* the data ended */
};

static uint32_t take_number(struct reader *in, size_t bytes)
{
    uint32_t value = 0;

    if (in->failed || in->data.len - in->at < bytes) {
        in->failed = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        value |= (uint32_t)(unsigned char)in->data.data[in->at + i] << 8 * i;
    in->at += bytes;
    return value;
}

/* What is there of len bytes. */
static assay_bytes take_bytes(struct reader *in, size_t len)
{
    size_t left = in->data.len - in->at;
    assay_bytes bytes = {in->data.data + in->at, len < left ? len : left};

    in->failed = in->failed || len > left;
    in->at += bytes.len;
    return bytes;
}

static void take_padding(struct reader *in, size_t len)
{
    (void)take_bytes(in, (4 - len % 4) % 4);
}

/* ---- MAPI properties -------------------------------------------------------
 */

/* Bytes of a value of fixed size, with padding; 0: variable. */
static size_t fixed_size(uint32_t type)
{
    switch (type) {
    case 0x0005: /* double */
    case 0x0006: /* currency */
    case 0x0007: /* time */
    case 0x0014: /* 64 bit */
    case 0x0040: /* file time */
        return 8;
    case 0x0048: /* GUID */
        return 16;
    case PT_OBJECT:
    case PT_STRING8:
    case PT_UNICODE:
    case PT_BINARY:
        return 0;
    default:
        return 4;
    }
}

static void skip_property_name(struct reader *in)
{
    uint32_t kind;

    (void)take_bytes(in, 16);
    kind = take_number(in, 4);
    if (kind == 0) {
        (void)take_number(in, 4);
    } else {
        uint32_t len = take_number(in, 4);

        (void)take_bytes(in, len);
        take_padding(in, len);
    }
}

static void use_value(uint32_t id, uint32_t type, assay_bytes value,
                      struct assay__tnef_file *file)
{
    if (id == PR_ATTACH_LONG_NAME) {
        file->name = value;
        file->is_name_wide = type == PT_UNICODE;
    } else if (id == PR_ATTACH_DATA && value.len > 0) {
        if (type == PT_OBJECT && value.len > OBJECT_ID_BYTES) {
            value.data += OBJECT_ID_BYTES;
            value.len -= OBJECT_ID_BYTES;
        }
        file->data = value;
    }
}

static void take_property(struct reader *in, struct assay__tnef_file *file)
{
    uint32_t type = take_number(in, 2), id = take_number(in, 2);
    bool is_multi = (type & PT_MULTI) != 0;
    size_t size = fixed_size(type & ~PT_MULTI);
    uint32_t count = 1;

    if (id >= 0x8000u)
        skip_property_name(in);
    if (is_multi || size == 0)
        count = take_number(in, 4);
    for (uint32_t i = 0; i < count && !in->failed; i++) {
        if (size > 0) {
            (void)take_bytes(in, size);
        } else {
            uint32_t len = take_number(in, 4);
            assay_bytes value = take_bytes(in, len);

            use_value(id, type & ~PT_MULTI, value, file);
            take_padding(in, len);
        }
    }
}

static void take_properties(assay_bytes data, struct assay__tnef_file *file)
{
    struct reader in = {.data = data};
    uint32_t count = take_number(&in, 4);

    for (uint32_t i = 0; i < count && !in.failed; i++)
        take_property(&in, file);
}

/* ---- attributes ------------------------------------------------------------
 */

bool assay__tnef_is(assay_bytes data)
{
    struct reader in = {.data = data};

    return take_number(&in, 4) == SIGNATURE && !in.failed;
}

static void use_attribute(uint32_t id, assay_bytes value,
                          struct assay__tnef_file *file)
{
    switch (id) {
    case ATT_ATTACH_DATA:
        file->data = value;
        break;
    case ATT_ATTACH_TITLE:
        if (file->name.len == 0)
            file->name = value;
        break;
    case ATT_ATTACHMENT:
        take_properties(value, file);
        break;
    default:
        break;
    }
}

/* Names end at a NUL, or at two of them. */
static void trim_name(struct assay__tnef_file *file)
{
    size_t step = file->is_name_wide ? 2 : 1, len = 0;

    for (; len + step <= file->name.len; len += step) {
        if (file->name.data[len] == '\0' &&
            (step == 1 || file->name.data[len + 1] == '\0'))
            break;
    }
    file->name.len = len;
}

bool assay__tnef_next(assay_bytes data, size_t *at,
                      struct assay__tnef_file *file_out)
{
    struct assay__tnef_file file = {{"", 0}, {"", 0}, false};
    struct reader in = {.data = data, .at = *at};

    if (!assay__tnef_is(data))
        return false;
    if (in.at == 0)
        in.at = 6; /* signature and key */
    while (in.at < data.len && !in.failed) {
        size_t start = in.at;
        uint32_t level = take_number(&in, 1), id = take_number(&in, 2);
        assay_bytes value;

        (void)take_number(&in, 2); /* type */
        value = take_bytes(&in, take_number(&in, 4));
        (void)take_bytes(&in, 2); /* checksum */
        if (level != LEVEL_ATTACHMENT)
            continue;
        if ((id == ATT_REND_DATA || id == ATT_ATTACH_DATA) &&
            file.data.len > 0) {
            in.at = start; /* the next file begins */
            break;
        }
        use_attribute(id, value, &file);
    }
    *at = in.at;
    if (in.failed)
        *at = data.len;
    trim_name(&file);
    *file_out = file;
    return file.data.len > 0;
}
