/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What must come out of an archive. libclamav skips without a word a member it
 * has no unpacker for, one whose headers it does not follow, and whole
 * archives it cannot open; so its count of members is not to be believed.
 *
 * The bytes are a stranger's: no length is trusted, every offset is compared
 * with the end first, each byte is looked at a bounded number of times, and
 * nothing is unpacked.
 */
#include "clamav_engine.h"

#include <string.h>

enum {
    /* libclamav does not scan files of fewer bytes, so none comes out. */
    SMALLEST = 6,
    /* A bzip2 or xz file not larger than this may hold fewer than those. */
    SMALLEST_PACKED = 64,

    ZIP_LOCAL = 30,
    ZIP_CENTRAL = 46,
    ZIP_END = 22,
    ZIP_COMMENT_MOST = 65535,
    ZIP_ENCRYPTED = 1,

    TAR_BLOCK = 512
};

struct bytes {
    const unsigned char *data;
    size_t size;
};

static uint32_t little16(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8;
}

static uint32_t little32(const unsigned char *at)
{
    return little16(at) | little16(at + 2) << 16;
}

static bool has_at(struct bytes bytes, size_t at, const void *text, size_t len)
{
    return at <= bytes.size && bytes.size - at >= len &&
           !memcmp(bytes.data + at, text, len);
}

/* ---- zip --------------------------------------------------------------- */

static bool zip_can_unpack(uint32_t method)
{
    return method == 0 || method == 6 || method == 8 || method == 9 ||
           method == 12;
}

/* Offset of the end record, searched backwards over the longest comment. */
static bool zip_find_end(struct bytes zip, size_t *at_out)
{
    size_t at, least;

    if (zip.size < ZIP_END)
        return false;
    at = zip.size - ZIP_END;
    least = at > ZIP_COMMENT_MOST ? at - ZIP_COMMENT_MOST : 0;
    while (!has_at(zip, at, "PK\5\6", 4))
        if (at-- == least)
            return false;
    *at_out = at;
    return true;
}

/* Readers find the directory in two ways: by its size before the end record,
 * or by its offset. An archive where the two differ is two archives. */
static bool zip_find_directory(struct bytes zip, size_t end, size_t *at_out,
                               bool *two_out)
{
    size_t size = little32(zip.data + end + 12);
    size_t by_offset = little32(zip.data + end + 16);
    bool before = size <= end && has_at(zip, end - size, "PK\1\2", 4);
    bool there = has_at(zip, by_offset, "PK\1\2", 4);

    *two_out = before && end - size != by_offset;
    *at_out = before ? end - size : by_offset;
    return before || there;
}

static void zip_count(const unsigned char *entry,
                      struct assay__clamav_archive *archive)
{
    uint32_t flags = little16(entry + 8), method = little16(entry + 10);

    if ((flags & ZIP_ENCRYPTED) || little32(entry + 24) < SMALLEST)
        return;
    if (zip_can_unpack(method)) {
        archive->expected++;
        return;
    }
    if (!archive->closed++)
        archive->method = (int)method;
}

static void examine_zip(struct bytes zip, struct assay__clamav_archive *archive)
{
    size_t at, end;
    bool two;

    if (!zip_find_end(zip, &end) || !zip_find_directory(zip, end, &at, &two)) {
        archive->expected = 1; /* it begins with a member */
        return;
    }
    archive->closed = two;
    while (has_at(zip, at, "PK\1\2", 4) && zip.size - at >= ZIP_CENTRAL) {
        const unsigned char *entry = zip.data + at;

        zip_count(entry, archive);
        at += ZIP_CENTRAL + (size_t)little16(entry + 28) +
              little16(entry + 30) + little16(entry + 32);
    }
}

/* ---- tar --------------------------------------------------------------- */

/* @return false for what is no octal number, nor the binary form of GNU */
static bool tar_size(const unsigned char *field, uint64_t *size_out)
{
    uint64_t size = 0;
    size_t i = 0;

    if (field[0] == 0x80) {
        for (i = 4; i < 12; i++)
            size = size << 8 | field[i];
        *size_out = size;
        return true;
    }
    while (i < 12 && field[i] == ' ')
        i++;
    for (; i < 12 && field[i] >= '0' && field[i] <= '7'; i++)
        size = size << 3 | (uint64_t)(field[i] - '0');
    *size_out = size;
    return i == 12 || field[i] == '\0' || field[i] == ' ';
}

static void examine_tar(struct bytes tar, struct assay__clamav_archive *archive)
{
    size_t at = 0;
    uint64_t size;

    while (tar.size - at >= TAR_BLOCK && tar.data[at]) {
        const unsigned char *header = tar.data + at;
        bool is_file = header[156] == '0' || !header[156] || header[156] == '7';

        at += TAR_BLOCK;
        if (!tar_size(header + 124, &size)) {
            archive->expected++; /* others may know what it means */
            return;
        }
        if (is_file && size >= SMALLEST && at < tar.size)
            archive->expected++;
        if (size > tar.size - at)
            return;
        size = (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
        if (size > tar.size - at)
            return;
        at += (size_t)size;
    }
}

/* ---- one compressed file ----------------------------------------------- */

/* Header fields libclamav knows, and a trailer that says less than the least:
 * such a file comes out of it only as empty as it is. */
static void examine_gzip(struct bytes gzip,
                         struct assay__clamav_archive *archive)
{
    static const unsigned char unknown_flags = 0xe2;

    archive->expected = gzip.size < 18 || gzip.data[2] != 8 ||
                        (gzip.data[3] & unknown_flags) ||
                        little32(gzip.data + gzip.size - 4) >= SMALLEST;
}

static void examine_packed(struct bytes packed,
                           struct assay__clamav_archive *archive)
{
    archive->expected = packed.size > SMALLEST_PACKED;
}

/* libclamav stops after the first stream. */
static void examine_bzip2(struct bytes bzip2,
                          struct assay__clamav_archive *archive)
{
    static const char block[] = "1AY&SY"; /* behind "BZh" and a digit */
    const unsigned char *at = bzip2.data, *end = bzip2.data + bzip2.size;

    examine_packed(bzip2, archive);
    while ((at = memmem(at, (size_t)(end - at), block, 6))) {
        if (at - bzip2.data > 4 && !memcmp(at - 4, "BZh", 3))
            archive->closed++;
        at += 6;
    }
}

static void examine_whole(struct bytes bytes,
                          struct assay__clamav_archive *archive)
{
    (void)bytes;
    archive->expected = 1;
}

/* ---- types ------------------------------------------------------------- */

static const struct {
    const char *type; /* libclamav's; a prefix if it ends in '_' */
    const char *name;
    void (*examine)(struct bytes, struct assay__clamav_archive *);
    bool announces; /* each member, right before it is scanned */
} types[] = {
    {"CL_TYPE_ZIP", "zip", examine_zip, false},
    {"CL_TYPE_OOXML_", "zip", examine_zip, false},
    {"CL_TYPE_GZ", "gzip", examine_gzip, false},
    {"CL_TYPE_BZ", "bzip2", examine_bzip2, false},
    {"CL_TYPE_XZ", "xz", examine_packed, false},
    {"CL_TYPE_POSIX_TAR", "tar", examine_tar, false},
    {"CL_TYPE_OLD_TAR", "tar", examine_tar, false},
    {"CL_TYPE_RAR", "rar", examine_whole, true},
    {"CL_TYPE_7Z", "7z", examine_whole, true},
    {"CL_TYPE_ARJ", "arj", examine_whole, true},
    {"CL_TYPE_MSCAB", "cab", examine_whole, true},
    {"CL_TYPE_LHA_LZH", "lha", examine_whole, false},
    {"CL_TYPE_ALZ", "alz", examine_whole, false},
    {"CL_TYPE_EGG", "egg", examine_whole, false},
};

#define TYPES (sizeof types / sizeof *types)

/* Formats libclamav does not know at all. */
static const struct {
    const char *name;
    size_t at, len;
    const char *magic;
} unknown[] = {
    {"zstd", 0, 4, "\x28\xb5\x2f\xfd"}, {"lz4", 0, 4, "\x04\x22\x4d\x18"},
    {"lzip", 0, 5, "LZIP\1"},           {"compress", 0, 3, "\x1f\x9d\x90"},
    {"ace", 7, 7, "**ACE**"},           {"zoo", 20, 4, "\xdc\xa7\xc4\xfd"},
    {"rar 1.4", 0, 4, "RE~^"},          {"wim", 0, 8, "MSWIM\0\0\0"},
    {"vhd", 0, 8, "conectix"},          {"vhdx", 0, 8, "vhdxfile"},
};

static bool type_is(const char *type, const char *wanted)
{
    size_t len = strlen(wanted);

    return wanted[len - 1] == '_' ? !strncmp(type, wanted, len)
                                  : !strcmp(type, wanted);
}

static size_t find_type(const char *type)
{
    size_t i = 0;

    while (i < TYPES && !type_is(type, types[i].type))
        i++;
    return i;
}

const char *assay__clamav_archive_announced(const char *type, unsigned position)
{
    size_t i = find_type(type);

    if (i == TYPES)
        return NULL;
    if (types[i].examine == examine_zip)
        return position ? NULL : types[i].name;
    return types[i].announces ? types[i].name : NULL;
}

void assay__clamav_archive_examine(const char *type, const void *data,
                                   size_t size,
                                   struct assay__clamav_archive *archive)
{
    struct bytes bytes = {data ? data : (const void *)"", data ? size : 0};
    size_t i = find_type(type);

    *archive = (struct assay__clamav_archive){.method = -1};
    if (i < TYPES) {
        archive->name = types[i].name;
        types[i].examine(bytes, archive);
        archive->announces = types[i].announces;
        return;
    }
    for (i = 0; i < sizeof unknown / sizeof *unknown; i++)
        if (has_at(bytes, unknown[i].at, unknown[i].magic, unknown[i].len)) {
            archive->name = unknown[i].name;
            archive->closed = 1;
            return;
        }
}
