/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What libclamav skips in archives: what they say they hold, whether it came
 * out, and what the engine makes of it. The samples are harmless, so that a
 * wrong answer would be "nothing found"; most are put together here, those of
 * formats with checksums and compression come from 7z, arj and gcab.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_samples.h"
#include "clamav_engine.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS "harmless words, and more of them\n"
#define BYTES(text) text, sizeof(text) - 1

enum { TIMEOUT_MS = 60000, MUTATIONS = 20000, SAMPLE_MOST = 8192 };

/* ---- building archives -------------------------------------------------- */

struct sample {
    unsigned char data[SAMPLE_MOST];
    size_t size;
};

static void put(struct sample *sample, const void *data, size_t size)
{
    ck_assert_uint_le(sample->size + size, SAMPLE_MOST);
    memcpy(sample->data + sample->size, data, size);
    sample->size += size;
}

static void put_number(struct sample *sample, uint64_t number, size_t size)
{
    while (size--) {
        put(sample, &(unsigned char){number & 255}, 1);
        number >>= 8;
    }
}

/* CRC-32 with the polynomial of zip. */
static uint32_t checksum(const char *data, size_t size)
{
    uint32_t sum = ~0u;

    while (size--) {
        sum ^= (unsigned char)*data++;
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
    }
    return ~sum;
}

struct member {
    const char *name;
    const char *text;
    unsigned method, flags;
    uint32_t size_lie; /* 0: none */
};

static void put_member(struct sample *zip, const struct member *member)
{
    size_t len = strlen(member->text);

    put_number(zip, 20, 2);
    put_number(zip, member->flags, 2);
    put_number(zip, member->method, 2);
    put_number(zip, 0, 4);
    put_number(zip, checksum(member->text, len), 4);
    put_number(zip, member->size_lie ? member->size_lie : len, 4);
    put_number(zip, len, 4);
    put_number(zip, strlen(member->name), 2);
    put_number(zip, 0, 2);
}

static void put_end(struct sample *zip, size_t count, size_t start,
                    size_t offset)
{
    size_t size = zip->size - start;

    put(zip, "PK\5\6\0\0\0\0", 8);
    put_number(zip, count, 2);
    put_number(zip, count, 2);
    put_number(zip, size, 4);
    put_number(zip, offset, 4);
    put_number(zip, 0, 2);
}

/* Members up to the one without a name, all stored. */
static void put_zip(struct sample *zip, const struct member *members,
                    bool directory)
{
    uint32_t at[8];
    size_t count, start;

    for (count = 0; members[count].name; count++) {
        at[count] = (uint32_t)zip->size;
        put(zip, "PK\3\4", 4);
        put_member(zip, &members[count]);
        put(zip, members[count].name, strlen(members[count].name));
        put(zip, members[count].text, strlen(members[count].text));
    }
    if (!directory)
        return;
    start = zip->size;
    for (size_t i = 0; i < count; i++) {
        put(zip, "PK\1\2\24\0", 6);
        put_member(zip, &members[i]);
        put_number(zip, 0, 10);
        put_number(zip, at[i], 4);
        put(zip, members[i].name, strlen(members[i].name));
    }
    put_end(zip, count, start, start);
}

static void put_tar(struct sample *tar, const char *name, const void *size,
                    size_t size_len, char type)
{
    unsigned char header[512] = {0};
    unsigned sum = 0;
    char text[8];

    memcpy(header, name, strlen(name));
    memcpy(header + 100, "0000644", 7);
    memcpy(header + 124, size, size_len);
    memset(header + 148, ' ', 8);
    header[156] = (unsigned char)type;
    memcpy(header + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof header; i++)
        sum += header[i];
    snprintf(text, sizeof text, "%06o", sum);
    memcpy(header + 148, text, 7);
    put(tar, header, sizeof header);
}

static void put_block(struct sample *tar, const char *text)
{
    char block[512] = {0};

    memcpy(block, text, strlen(text));
    put(tar, block, sizeof block);
}

/* ---- what archives say they hold ---------------------------------------- */

static struct assay__clamav_archive examine(const char *type, const void *data,
                                            size_t size)
{
    struct assay__clamav_archive archive;
    void *copy = malloc(size ? size : 1); /* so that overreads are seen */

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, size);
    assay__clamav_archive_examine(type, copy, size, &archive);
    free(copy);
    return archive;
}

static const struct {
    struct member members[5];
    unsigned expected, closed;
    int method;
    bool no_directory;
} zips[] = {
    {{{"a", WORDS, 0, 0, 0}}, 1, 0, -1, false},
    {{{"a", WORDS, 0, 0, 0}, {"b", WORDS, 8, 0, 0}}, 2, 0, -1, false},
    {{{"d/", "", 0, 0, 0}, {"a", WORDS, 8, 0, 0}}, 1, 0, -1, false},
    {{{"tiny", "tiny!", 0, 0, 0}, {"six", "sixsix", 0, 0, 0}}, 1, 0, -1, false},
    {{{"locked", WORDS, 8, 1, 0}, {"a", WORDS, 8, 0, 0}}, 1, 0, -1, false},
    {{{"locked", WORDS, 99, 1, 0}}, 0, 0, -1, false},
    {{{"a", WORDS, 14, 0, 0}}, 0, 1, 14, false},
    {{{"a", WORDS, 8, 0, 0}, {"b", WORDS, 95, 0, 0}, {"c", WORDS, 98, 0, 0}},
     1,
     2,
     95,
     false},
    {{{"a", WORDS, 1, 0, 0}}, 0, 1, 1, false},
    {{{"a", WORDS, 9, 0, 0}, {"b", WORDS, 12, 0, 0}}, 2, 0, -1, false},
    {{{"a", WORDS, 8, 0, 0}, {"b", WORDS, 8, 0, 0}}, 1, 0, -1, true},
};

START_TEST(zip_directory_is_counted)
{
    struct sample zip = {.size = 0};
    struct assay__clamav_archive got;

    put_zip(&zip, zips[_i].members, !zips[_i].no_directory);
    got = examine("CL_TYPE_ZIP", zip.data, zip.size);
    ck_assert_msg(got.expected == zips[_i].expected &&
                      got.closed == zips[_i].closed &&
                      got.method == zips[_i].method,
                  "zip %d: got %u expected, %u closed, method %d", _i,
                  got.expected, got.closed, got.method);
    ck_assert_str_eq(got.name, "zip");
}
END_TEST

START_TEST(zip_comment_hides_no_directory)
{
    static const struct member members[] = {{"a", WORDS, 93, 0, 0}, {0}};
    struct sample zip = {.size = 0};

    put_zip(&zip, members, true);
    put(&zip, WORDS, sizeof WORDS);
    ck_assert_int_eq(examine("CL_TYPE_ZIP", zip.data, zip.size).method, 93);
}
END_TEST

/* Info-ZIP would read the second one, libclamav the first. */
START_TEST(zip_with_two_directories_is_not_all_readable)
{
    static const struct member members[] = {{"a", WORDS, 0, 0, 0}, {0}};
    struct sample zip = {.size = 0};
    size_t first, second;

    put_zip(&zip, members, true);
    first = zip.size - 22 - 47;
    second = zip.size;
    put(&zip, zip.data + first, 47);
    put_end(&zip, 1, second, first);
    ck_assert_uint_eq(examine("CL_TYPE_ZIP", zip.data, zip.size).closed, 1);
}
END_TEST

START_TEST(tar_members_are_counted)
{
    static const unsigned char binary[12] = {0x80, [11] = 33};
    struct sample tar = {.size = 0};

    put_tar(&tar, "dir", BYTES("00000000000"), '5');
    put_tar(&tar, "a", BYTES("00000000041"), '0');
    put_block(&tar, WORDS);
    put_tar(&tar, "b", binary, sizeof binary, '0');
    put_block(&tar, WORDS);
    put_tar(&tar, "tiny", BYTES("00000000005"), '0');
    put_block(&tar, "tiny!");
    ck_assert_uint_eq(examine("CL_TYPE_POSIX_TAR", tar.data, tar.size).expected,
                      2);
    put_tar(&tar, "lie", BYTES("zzzzzzzzzzz"), '0');
    ck_assert_uint_eq(examine("CL_TYPE_POSIX_TAR", tar.data, tar.size).expected,
                      3);
    put_tar(&tar, "beyond", BYTES("77777777777"), '0');
    ck_assert_uint_eq(examine("CL_TYPE_POSIX_TAR", tar.data, tar.size).expected,
                      3);
}
END_TEST

#define GZIP_EMPTY "\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0"
#define SIXTY "............................................................"

static const struct {
    const char *type;
    const char *data;
    size_t size;
    const char *name; /* NULL: no archive */
    unsigned expected, closed;
} wholes[] = {
    {"CL_TYPE_GZ", BYTES("\x1f\x8b\10" GZIP_EMPTY), "gzip", 0, 0},
    {"CL_TYPE_GZ", BYTES("\x1f\x8b\7" GZIP_EMPTY), "gzip", 1, 0},
    {"CL_TYPE_GZ", BYTES("\x1f\x8b\10\2" GZIP_EMPTY), "gzip", 1, 0},
    {"CL_TYPE_GZ", BYTES("\x1f\x8b\10" SIXTY), "gzip", 1, 0},
    {"CL_TYPE_GZ", BYTES("\x1f\x8b"), "gzip", 1, 0},
    {"CL_TYPE_BZ", BYTES("BZh91AY&SY" SIXTY), "bzip2", 1, 0},
    {"CL_TYPE_BZ", BYTES("BZh91AY&SY" SIXTY "BZh91AY&SY"), "bzip2", 1, 1},
    {"CL_TYPE_BZ", BYTES("BZh9\27rE8P\x90\0\0\0\0"), "bzip2", 0, 0},
    {"CL_TYPE_XZ",
     BYTES("\xfd"
           "7zXZ\0" SIXTY),
     "xz", 1, 0},
    {"CL_TYPE_RAR", BYTES("Rar!\x1a\7\0"), "rar", 1, 0},
    {"CL_TYPE_BINARY_DATA", BYTES("\x28\xb5\x2f\xfd" SIXTY), "zstd", 0, 1},
    {"CL_TYPE_BINARY_DATA", BYTES("\0\0\0\0\0\0\0**ACE**"), "ace", 0, 1},
    {"CL_TYPE_TEXT_UTF16BE", BYTES("\x1f\x9d\x90" SIXTY), "compress", 0, 1},
    {"CL_TYPE_BINARY_DATA", BYTES("\x28\xb5\x2f"), NULL, 0, 0},
    {"CL_TYPE_TEXT_ASCII", BYTES(SIXTY), NULL, 0, 0},
    {"CL_TYPE_ZIP", BYTES(""), "zip", 1, 0},
    {"CL_TYPE_POSIX_TAR", BYTES(""), "tar", 0, 0},
    {"CL_TYPE_BZ", BYTES(""), "bzip2", 0, 0},
};

START_TEST(wholes_are_known)
{
    struct assay__clamav_archive got =
        examine(wholes[_i].type, wholes[_i].data, wholes[_i].size);

    ck_assert_msg(
        got.expected == wholes[_i].expected && got.closed == wholes[_i].closed,
        "%d: got %u expected, %u closed", _i, got.expected, got.closed);
    if (wholes[_i].name)
        ck_assert_str_eq(got.name, wholes[_i].name);
    else
        ck_assert_ptr_null(got.name);
}
END_TEST

/* ---- what came out ------------------------------------------------------ */

static void layer(struct assay__clamav_members *members, uint32_t level,
                  const char *type, size_t size)
{
    assay__clamav_members_layer(members, level, type, NULL, size);
}

static void announce(struct assay__clamav_members *members, const char *type,
                     uint64_t size, bool is_encrypted)
{
    const struct assay__clamav_member member = {.size = size,
                                                .is_encrypted = is_encrypted};

    assay__clamav_members_announce(members, type, &member);
}

static void zip_layer(struct assay__clamav_members *members, uint32_t level)
{
    static const struct member two[] = {
        {"a", WORDS, 8, 0, 0}, {"b", WORDS, 8, 0, 0}, {0}};
    struct sample zip = {.size = 0};

    put_zip(&zip, two, true);
    assay__clamav_members_layer(members, level, "CL_TYPE_ZIP", zip.data,
                                zip.size);
}

static assay_finding report(struct assay__clamav_members *members,
                            assay_found found, assay_reason reason)
{
    assay_finding finding = {.found = found, .reason = reason};

    assay__clamav_members_report(members, &finding);
    return finding;
}

START_TEST(all_members_came)
{
    struct assay__clamav_members members = {.depth = 0};

    layer(&members, 0, "CL_TYPE_MAIL", 1000);
    zip_layer(&members, 1);
    layer(&members, 2, "CL_TYPE_TEXT_ASCII", 33);
    zip_layer(&members, 2); /* the second member is a zip itself */
    layer(&members, 3, "CL_TYPE_TEXT_ASCII", 33);
    layer(&members, 3, "CL_TYPE_TEXT_ASCII", 33);
    layer(&members, 1, "CL_TYPE_7Z", 100);
    announce(&members, "CL_TYPE_7Z", 33, false);
    layer(&members, 2, "CL_TYPE_TEXT_ASCII", 33);
    announce(&members, "CL_TYPE_7Z", 5, false); /* too small to be shown */
    ck_assert_int_eq(report(&members, ASSAY_FOUND_NOTHING, 0).found,
                     ASSAY_FOUND_NOTHING);
}
END_TEST

/* What comes out of an inner archive does not make up for the outer one. */
START_TEST(inner_members_do_not_count_outside)
{
    struct assay__clamav_members members = {.depth = 0};
    assay_finding finding;

    zip_layer(&members, 0);
    zip_layer(&members, 1);
    layer(&members, 2, "CL_TYPE_TEXT_ASCII", 33);
    layer(&members, 2, "CL_TYPE_TEXT_ASCII", 33);
    finding = report(&members, ASSAY_FOUND_NOTHING, 0);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_UNSCANNABLE);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_MALFORMED);
    ck_assert_uint_eq(finding.coverage.members_unopened, 1);
    ck_assert_str_eq(finding.info, "zip: 1 of 2 members were not unpacked");
    ck_assert_str_eq(finding.scan_code, finding.info);
}
END_TEST

START_TEST(announced_member_that_does_not_come_is_missed)
{
    struct assay__clamav_members members = {.depth = 0};
    assay_finding finding;

    layer(&members, 0, "CL_TYPE_ARJ", 500);
    announce(&members, "CL_TYPE_ARJ", 100, false);
    announce(&members, "CL_TYPE_ARJ", 100, false);
    layer(&members, 1, "CL_TYPE_TEXT_ASCII", 99); /* and comes short */
    finding = report(&members, ASSAY_FOUND_NOTHING, 0);
    ck_assert_uint_eq(finding.coverage.members_unopened, 2);
    ck_assert_str_eq(finding.info, "arj: a member was not unpacked");
}
END_TEST

START_TEST(chance_bytes_in_a_program_are_no_member)
{
    const struct assay__clamav_member chance = {.packed = 2232402053u,
                                                .size = 205};
    struct assay__clamav_members members = {.depth = 0};

    layer(&members, 0, "CL_TYPE_ELF", 474112);
    assay__clamav_members_announce(&members, "CL_TYPE_ZIP", &chance);
    ck_assert_int_eq(report(&members, ASSAY_FOUND_NOTHING, 0).found,
                     ASSAY_FOUND_NOTHING);
}
END_TEST

/* An alert about encryption explains a blank archive, nothing else. */
START_TEST(encryption_explains_only_itself)
{
    struct assay__clamav_members blank = {.depth = 0}, mixed = {.depth = 0};
    assay_finding finding;

    layer(&blank, 0, "CL_TYPE_7Z", 100);
    finding = report(&blank, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_ENCRYPTED);
    layer(&mixed, 0, "CL_TYPE_7Z", 100);
    announce(&mixed, "CL_TYPE_7Z", 33, true);
    announce(&mixed, "CL_TYPE_7Z", 33, false);
    finding = report(&mixed, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_MALFORMED);
}
END_TEST

START_TEST(encrypted_member_without_an_alert_is_encrypted)
{
    struct assay__clamav_members members = {.depth = 0};
    assay_finding finding;

    layer(&members, 0, "CL_TYPE_ARJ", 500);
    announce(&members, "CL_TYPE_ARJ", 100, true);
    finding = report(&members, ASSAY_FOUND_NOTHING, 0);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_ENCRYPTED);
    ck_assert_uint_eq(finding.coverage.members_unopened, 1);
}
END_TEST

START_TEST(layers_deeper_than_the_table_are_left_out)
{
    struct assay__clamav_members members = {.depth = 0};

    layer(&members, ASSAY__CLAMAV_LAYERS - 1, "CL_TYPE_TEXT_ASCII", 9);
    layer(&members, ASSAY__CLAMAV_LAYERS, "CL_TYPE_RAR", 9);
    layer(&members, UINT32_MAX, "CL_TYPE_RAR", 9);
    ck_assert_int_eq(report(&members, ASSAY_FOUND_NOTHING, 0).found,
                     ASSAY_FOUND_NOTHING);
}
END_TEST

/* ---- mutations ---------------------------------------------------------- */

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void make_mixed_zip(struct sample *zip)
{
    static const struct member members[] = {{"a", WORDS, 8, 0, 0},
                                            {"b", WORDS, 14, 0, 0},
                                            {"d/", "", 0, 0, 0},
                                            {0}};

    put_zip(zip, members, true);
}

static void make_mixed_tar(struct sample *tar)
{
    put_tar(tar, "a", BYTES("00000000041"), '0');
    put_block(tar, WORDS);
    put_tar(tar, "b", BYTES("00000000041"), '0');
    put_block(tar, WORDS);
}

static void make_bzip2s(struct sample *bzip2)
{
    put(bzip2, BYTES("BZh91AY&SY" SIXTY "BZh91AY&SY" SIXTY));
}

static const struct {
    const char *type;
    void (*make)(struct sample *sample);
} mutated[] = {
    {"CL_TYPE_ZIP", make_mixed_zip},
    {"CL_TYPE_POSIX_TAR", make_mixed_tar},
    {"CL_TYPE_BZ", make_bzip2s},
    {"CL_TYPE_GZ", make_bzip2s},
};

/* Cut and spoiled at random: never a byte beyond the end (the copy is as large
 * as the sample), never more members than fit. */
START_TEST(spoiled_archives_are_read_within_bounds)
{
    uint32_t state = 0x9e3779b9u + (uint32_t)_i;
    struct sample whole = {.size = 0};

    mutated[_i].make(&whole);
    for (int round = 0; round < MUTATIONS; round++) {
        struct sample sample = whole;
        struct assay__clamav_archive got;

        for (uint32_t n = next_random(&state) % 8; n--;)
            sample.data[next_random(&state) % sample.size] =
                n % 2 ? 255 : (unsigned char)next_random(&state);
        if (next_random(&state) % 2)
            sample.size = next_random(&state) % sample.size;
        got = examine(mutated[_i].type, sample.data, sample.size);
        ck_assert_msg(got.expected + got.closed <= 2 + sample.size / 10,
                      "round %d: %u and %u members in %zu bytes", round,
                      got.expected, got.closed, sample.size);
    }
}
END_TEST

/* ---- with libclamav ----------------------------------------------------- */

static const char rar_plain[] =
    "Rar!\x1a\7\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0" SIXTY SIXTY;
static const char rar_5[] = "Rar!\x1a\7\1\0\x33\x92\xb5\xe5\x0a\1\5\6" SIXTY;

static const struct {
    const char *name;
    const char *data;
    size_t size;
    assay_reason reason; /* NONE: nothing found, all seen */
    const char *info;
} files[] = {
    {"7z", BYTES(seven_lzma), ASSAY_REASON_NONE, ""},
    {"7z deflate", BYTES(seven_deflate), ASSAY_REASON_MALFORMED,
     "7z: a member was not unpacked"},
    {"7z locked", BYTES(seven_locked), ASSAY_REASON_ENCRYPTED,
     "Heuristics.Encrypted.7Zip"},
    {"7z cut", seven_lzma, sizeof seven_lzma - 9, ASSAY_REASON_MALFORMED,
     "7z: nothing was unpacked"},
    {"arj", BYTES(arj_plain), ASSAY_REASON_NONE, ""},
    {"arj locked", BYTES(arj_locked), ASSAY_REASON_ENCRYPTED,
     "encrypted member"},
    {"arj cut", arj_plain, sizeof arj_plain - 20, ASSAY_REASON_MALFORMED,
     "arj: a member was not unpacked"},
    {"cab", BYTES(cab_plain), ASSAY_REASON_NONE, ""},
    {"cab cut", cab_plain, sizeof cab_plain - 12, ASSAY_REASON_MALFORMED,
     "cab: a member was not unpacked"},
    {"rar", BYTES(rar_plain), ASSAY_REASON_MALFORMED,
     "rar: nothing was unpacked"},
    {"rar 5", BYTES(rar_5), ASSAY_REASON_MALFORMED,
     "rar: nothing was unpacked"},
    {"zstd", BYTES("\x28\xb5\x2f\xfd" SIXTY), ASSAY_REASON_MALFORMED,
     "zstd: no unpacker"},
    {"bzip2 cut", BYTES("BZh91AY&SY" SIXTY), ASSAY_REASON_MALFORMED,
     "bzip2: nothing was unpacked"},
    {"plain text", BYTES(WORDS), ASSAY_REASON_NONE, ""},
};

static char root[64];
static void *instance;

static void open_engine(void)
{
    static struct assay__clamav_settings settings = {
        .max_scansize = 16 << 20,
        .max_filesize = 4 << 20,
        .max_files = 1000,
        .max_recursion = 17,
    };
    const assay_engine_args args = {
        .instance = "clamav1",
        .scope = "scope1",
        .settings = &settings,
        .timeout_ms = TIMEOUT_MS,
        .max_size = 1 << 30,
    };
    assay_error err = {0};
    char path[96];
    FILE *out;

    snprintf(root, sizeof root, "/tmp/assay-test-members-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(path, sizeof path, "%s/test.ndb", root);
    out = fopen(path, "we");
    ck_assert_ptr_nonnull(out);
    fputs("Test-Threat:0:*:8f1d0c6be27a4495b3e9a07c5d128f64\n", out);
    fclose(out);
    settings.signatures = settings.temporary = root;
    ck_assert_msg(assay__clamav_ops.open(&args, &instance, &err) == ASSAY_OK,
                  "%s", err.msg);
}

static void close_engine(void)
{
    char command[96];

    assay__clamav_ops.close(instance);
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
}

static void check_scan(const char *name, assay_content_kind kind,
                       const void *data, size_t size, assay_reason reason,
                       const char *info)
{
    const assay_content content = {.kind = kind, .data = data, .size = size};
    const assay_scan_args args = {&content,
                                  assay__clamav_now_ms() + TIMEOUT_MS};
    assay_finding finding = {.coverage.bytes_total = size};

    assay__clamav_ops.scan(instance, &args, &finding);
    ck_assert_msg(finding.found == (reason ? ASSAY_FOUND_UNSCANNABLE
                                           : ASSAY_FOUND_NOTHING) &&
                      finding.reason == reason && !strcmp(finding.info, info),
                  "%s: got %d, reason %d, \"%s\"", name, finding.found,
                  finding.reason, finding.info);
    ck_assert_int_eq(finding.coverage.members_unopened > 0, reason != 0);
}

START_TEST(skipped_archives_are_unscannable)
{
    check_scan(files[_i].name, ASSAY_CONTENT_FILE, files[_i].data,
               files[_i].size, files[_i].reason, files[_i].info);
}
END_TEST

static const struct {
    const char *name;
    struct member members[4];
    bool no_directory;
    assay_reason reason;
    const char *info;
} skipped[] = {
    {"stored", {{"a", WORDS, 0, 0, 0}}, false, ASSAY_REASON_NONE, ""},
    {"LZMA",
     {{"a", WORDS, 14, 0, 0}},
     false,
     ASSAY_REASON_MALFORMED,
     "unsupported zip method 14"},
    {"one of three",
     {{"a", WORDS, 0, 0, 0}, {"b", WORDS, 98, 0, 0}, {"c", WORDS, 0, 0, 0}},
     false,
     ASSAY_REASON_MALFORMED,
     "unsupported zip method 98"},
    {"locked, and one of an unknown method",
     {{"a", WORDS, 8, 1, 0}, {"b", WORDS, 93, 0, 0}},
     false,
     ASSAY_REASON_MALFORMED,
     "unsupported zip method 93"},
    {"no directory",
     {{"a", WORDS, 0, 0, 0}},
     true,
     ASSAY_REASON_MALFORMED,
     "zip: nothing was unpacked"},
    {"packed size beyond the end",
     {{"a", WORDS, 0, 0, 0}, {"b", WORDS, 0, 0, 0x7fffffff}},
     false,
     ASSAY_REASON_MALFORMED,
     "zip: 1 of 2 members were not unpacked"},
};

START_TEST(skipped_zip_members_are_unscannable)
{
    struct sample zip = {.size = 0};

    put_zip(&zip, skipped[_i].members, !skipped[_i].no_directory);
    check_scan(skipped[_i].name, ASSAY_CONTENT_FILE, zip.data, zip.size,
               skipped[_i].reason, skipped[_i].info);
}
END_TEST

/* As mail carries it, in quoted-printable. */
START_TEST(skipped_zip_member_in_a_mail_is_unscannable)
{
    struct sample zip = {.size = 0};
    struct sample mail = {.size = 0};
    char code[8];

    put_zip(&zip, skipped[_i].members, !skipped[_i].no_directory);
    put(&mail, BYTES("Received: from a by b\r\nMIME-Version: 1.0\r\n"
                     "Content-Type: application/zip; name=\"a.zip\"\r\n"
                     "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
    for (size_t i = 0; i < zip.size; i++) {
        snprintf(code, sizeof code, "=%02X%s", zip.data[i],
                 i % 20 == 19 ? "=\r\n" : "");
        put(&mail, code, strlen(code));
    }
    put(&mail, "\r\n", 2);
    check_scan(skipped[_i].name, ASSAY_CONTENT_MESSAGE, mail.data, mail.size,
               skipped[_i].reason, skipped[_i].info);
}
END_TEST

START_TEST(tar_member_with_a_binary_size_is_unscannable)
{
    static const unsigned char binary[12] = {0x80, [11] = 33};
    struct sample tar = {.size = 0};

    put_tar(&tar, "a", BYTES("00000000041"), '0');
    put_block(&tar, WORDS);
    check_scan("tar", ASSAY_CONTENT_FILE, tar.data, tar.size, ASSAY_REASON_NONE,
               "");
    put_tar(&tar, "b", binary, sizeof binary, '0');
    put_block(&tar, WORDS);
    check_scan("tar", ASSAY_CONTENT_FILE, tar.data, tar.size,
               ASSAY_REASON_MALFORMED, "tar: 1 of 2 members were not unpacked");
}
END_TEST

/* ---- suite -------------------------------------------------------------- */

static void add_tables(Suite *suite)
{
    TCase *tcase = tcase_create("archives");

    tcase_add_loop_test(tcase, zip_directory_is_counted, 0,
                        (int)COUNT_OF(zips));
    tcase_add_test(tcase, zip_comment_hides_no_directory);
    tcase_add_test(tcase, zip_with_two_directories_is_not_all_readable);
    tcase_add_test(tcase, tar_members_are_counted);
    tcase_add_loop_test(tcase, wholes_are_known, 0, (int)COUNT_OF(wholes));
    tcase_add_test(tcase, all_members_came);
    tcase_add_test(tcase, inner_members_do_not_count_outside);
    tcase_add_test(tcase, announced_member_that_does_not_come_is_missed);
    tcase_add_test(tcase, chance_bytes_in_a_program_are_no_member);
    tcase_add_test(tcase, encryption_explains_only_itself);
    tcase_add_test(tcase, encrypted_member_without_an_alert_is_encrypted);
    tcase_add_test(tcase, layers_deeper_than_the_table_are_left_out);
    tcase_add_loop_test(tcase, spoiled_archives_are_read_within_bounds, 0,
                        (int)COUNT_OF(mutated));
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
}

static void add_scans(Suite *suite)
{
    TCase *tcase = tcase_create("scan");

    tcase_add_checked_fixture(tcase, open_engine, close_engine);
    tcase_add_loop_test(tcase, skipped_archives_are_unscannable, 0,
                        (int)COUNT_OF(files));
    tcase_add_loop_test(tcase, skipped_zip_members_are_unscannable, 0,
                        (int)COUNT_OF(skipped));
    tcase_add_loop_test(tcase, skipped_zip_member_in_a_mail_is_unscannable, 0,
                        (int)COUNT_OF(skipped));
    tcase_add_test(tcase, tar_member_with_a_binary_size_is_unscannable);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("clamav_members");
    SRunner *runner = srunner_create(suite);
    int failed;

    add_tables(suite);
    add_scans(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
