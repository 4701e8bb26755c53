/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The provider that ships, with libclamav, under the csapi engine: what real
 * archives come to under the limits of a stanza (CS-05 to CS-09), and what a
 * definitions or temporary folder that is not as it must be does.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive_samples.h"
#include "check_run.h"
#include "csapi_engine.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
/* 40 random characters; nothing else in the tree holds them in one piece. */
#define THREAT_A "c40be61d9f7a2583"
#define THREAT_B "0e9d71a6b5f3428c17a0dd52"
#define WORDS "harmless words, and more of them\n"

static struct assay__csapi_settings settings;
static void *instance;
static char root[64], definitions[80], temporary[80], log_text[4096];
static assay_error err;

/* ---- an instance -------------------------------------------------------- */

static void keep_line(void *arg, assay_log_level level, const char *line)
{
    size_t used = strlen(log_text);

    (void)arg;
    (void)snprintf(log_text + used, sizeof log_text - used, "%s %s\n",
                   assay_log_level_name(level), line);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[160];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "we");
    ck_assert_msg(out && fputs(text, out) >= 0 && !fclose(out), "%s", path);
}

static void write_signature(const char *name)
{
    char line[256];
    size_t len = (size_t)snprintf(line, sizeof line, "%s:0:*:", name);

    for (const char *c = THREAT_A THREAT_B; *c; c++)
        len += (size_t)snprintf(line + len, sizeof line - len, "%02x",
                                (unsigned)*c);
    (void)snprintf(line + len, sizeof line - len, "\n");
    write_file(definitions, "test.ndb", line);
}

static assay_rc open_it(void)
{
    const assay_log log = {.sink = keep_line, .threshold = ASSAY_LOG_DEBUG};
    const assay_engine_args args = {
        .instance = "csapi1",
        .scope = "av",
        .settings = &settings,
        .log = &log,
        .file_base = temporary,
        .timeout_ms = 60000,
        .max_size = UINT64_MAX,
    };

    memset(&err, 0, sizeof err);
    log_text[0] = '\0';
    return assay__csapi_ops.open(&args, &instance, &err);
}

static void open_ready(void)
{
    ck_assert_msg(open_it() == ASSAY_OK, "%s", err.msg);
}

static void setup(void)
{
    (void)snprintf(root, sizeof root, "/tmp/assay-test-csapi-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    (void)snprintf(definitions, sizeof definitions, "%s/db", root);
    (void)snprintf(temporary, sizeof temporary, "%s/tmp", root);
    ck_assert_int_eq(mkdir(definitions, 0700), 0);
    ck_assert_int_eq(mkdir(temporary, 0700), 0);
    write_signature("Test-Threat");
    settings = (struct assay__csapi_settings){
        .max_concurrency = 1,
        .max_extract_depth = 10,
        .max_extract_size = 4000000,
        .max_cumulative_extract_size = 16000000,
        .max_extract_time = 180,
        .max_file_count = 5000,
        .provider = SHIPPED_PROVIDER,
        .definitions = definitions,
    };
}

static void teardown(void)
{
    char command[128];

    if (instance)
        assay__csapi_ops.close(instance);
    instance = NULL;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- contents ----------------------------------------------------------- */

struct content {
    char *data;
    size_t size;
    FILE *out;
};

static void begin(struct content *content)
{
    content->data = NULL;
    content->out = open_memstream(&content->data, &content->size);
    ck_assert_ptr_nonnull(content->out);
}

static void end(struct content *content)
{
    ck_assert_int_eq(fclose(content->out), 0);
}

static void put_number(FILE *out, uint64_t number, size_t size)
{
    while (size--) {
        (void)fputc((int)(number & 255), out);
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

struct zip {
    struct content content, directory;
    unsigned count;
    unsigned method, flags; /* of the next members */
    size_t bomb;            /* 0, or what the next ones unpack to */
};

static void zip_begin(struct zip *zip)
{
    memset(zip, 0, sizeof *zip);
    begin(&zip->content);
    begin(&zip->directory);
}

static void put_member(const struct zip *zip, FILE *out, const char *data,
                       size_t size)
{
    put_number(out, 20, 2);
    put_number(out, zip->flags, 2);
    put_number(out, zip->method, 2);
    put_number(out, 0, 4);
    put_number(out, checksum(data, size), 4);
    put_number(out, size, 4);
    put_number(out, zip->bomb ? zip->bomb : size, 4);
    put_number(out, 8, 2);
    put_number(out, 0, 2);
}

static void zip_add(struct zip *zip, const char *data, size_t size)
{
    long at = ftell(zip->content.out);
    char name[16];

    (void)snprintf(name, sizeof name, "%08u", zip->count % 100000000);
    (void)fputs("PK\3\4", zip->content.out);
    put_member(zip, zip->content.out, data, size);
    (void)fputs(name, zip->content.out);
    (void)fwrite(data, 1, size, zip->content.out);
    (void)fputs("PK\1\2", zip->directory.out);
    put_number(zip->directory.out, 20, 2);
    put_member(zip, zip->directory.out, data, size);
    put_number(zip->directory.out, 0, 10);
    put_number(zip->directory.out, (uint64_t)at, 4);
    (void)fputs(name, zip->directory.out);
    zip->count++;
}

static struct content zip_end(struct zip *zip)
{
    long start = ftell(zip->content.out);

    end(&zip->directory);
    (void)fwrite(zip->directory.data, 1, zip->directory.size, zip->content.out);
    (void)fputs("PK\5\6", zip->content.out);
    put_number(zip->content.out, 0, 4);
    put_number(zip->content.out, zip->count, 2);
    put_number(zip->content.out, zip->count, 2);
    put_number(zip->content.out, zip->directory.size, 4);
    put_number(zip->content.out, (uint64_t)start, 4);
    put_number(zip->content.out, 0, 2);
    end(&zip->content);
    free(zip->directory.data);
    return zip->content;
}

static struct content copy_of(const void *data, size_t size)
{
    struct content content;

    begin(&content);
    (void)fwrite(data, 1, size, content.out);
    end(&content);
    return content;
}

/* A zip with that many members of that size. */
static struct content many(unsigned count, size_t size)
{
    char *data = malloc(size);
    struct zip zip;

    ck_assert_ptr_nonnull(data);
    memset(data, 'a', size);
    zip_begin(&zip);
    for (unsigned i = 0; i < count; i++)
        zip_add(&zip, data, size);
    free(data);
    return zip_end(&zip);
}

/* ---- what is much larger when unpacked ---------------------------------- */

struct bits {
    FILE *out;
    unsigned held, count;
};

static void put_bit(struct bits *bits, unsigned bit)
{
    bits->held |= bit << bits->count++;
    if (bits->count < 8)
        return;
    (void)fputc((int)bits->held, bits->out);
    bits->held = bits->count = 0;
}

/* A Huffman code of deflate, which begins with its most significant bit. */
static void put_code(struct bits *bits, unsigned code, unsigned length)
{
    while (length--)
        put_bit(bits, code >> length & 1);
}

/* RFC 1951, 3.2.6: one block with fixed codes, the letter 'a' and then copies
 * of 258 bytes from one byte before. @return its size when unpacked */
static size_t put_bomb(FILE *out, unsigned copies)
{
    struct bits bits = {.out = out};

    put_code(&bits, 6, 3); /* the last block; type 1, whose low bit is first */
    put_code(&bits, 0x30 + 'a', 8);
    for (unsigned i = 0; i < copies; i++)
        put_code(&bits, 0xc5 << 5, 13); /* length 258, distance 1 */
    put_code(&bits, 0, 7);
    while (bits.count)
        put_bit(&bits, 0);
    return 1 + (size_t)copies * 258;
}

/* That many members of that many copies each. */
static struct content bombs(unsigned count, unsigned copies)
{
    struct content packed;
    struct zip zip;

    zip_begin(&zip);
    begin(&packed);
    zip.bomb = put_bomb(packed.out, copies);
    end(&packed);
    zip.method = 8;
    for (unsigned i = 0; i < count; i++)
        zip_add(&zip, packed.data, packed.size);
    free(packed.data);
    return zip_end(&zip);
}

/* A text in that many zips. */
static struct content nested(const char *text, int depth)
{
    struct content inner = copy_of(text, strlen(text));

    for (int i = 0; i < depth; i++) {
        struct zip zip;

        zip_begin(&zip);
        zip_add(&zip, inner.data, inner.size);
        free(inner.data);
        inner = zip_end(&zip);
    }
    return inner;
}

static struct content odd_zip(unsigned method, unsigned flags)
{
    struct zip zip;

    zip_begin(&zip);
    zip_add(&zip, WORDS, strlen(WORDS));
    zip.method = method;
    zip.flags = flags;
    zip_add(&zip, WORDS WORDS, strlen(WORDS WORDS));
    return zip_end(&zip);
}

static struct content make_clean(void)
{
    return nested(WORDS, 1);
}

static struct content make_infected(void)
{
    return nested(THREAT_A THREAT_B, 3);
}

static struct content make_locked_zip(void)
{
    return odd_zip(8, 1);
}

static struct content make_locked_7z(void)
{
    return copy_of(seven_locked, sizeof seven_locked - 1);
}

static struct content make_locked_arj(void)
{
    return copy_of(arj_locked, sizeof arj_locked - 1);
}

static struct content make_cut_7z(void)
{
    return copy_of(seven_lzma, sizeof seven_lzma / 2);
}

static struct content make_corrupt_7z(void)
{
    struct content content = copy_of(seven_lzma, sizeof seven_lzma - 1);

    memset(content.data + 36, 'x', 8); /* of the packed member */
    return content;
}

static struct content make_unknown_method(void)
{
    return odd_zip(93, 0);
}

static struct content make_spoiled_zip(void)
{
    return odd_zip(8, 0); /* what is stored is not deflated */
}

static struct content make_rar(void)
{
    static const char rar[] = "Rar!\x1a\x07\x00 and what nobody unpacks";

    return copy_of(rar, sizeof rar - 1);
}

static struct content make_deep(void)
{
    return nested(WORDS, 11);
}

static struct content make_small_bombs(void)
{
    return bombs(4, 200);
}

static struct content make_bomb(void)
{
    return bombs(1, 20000); /* 5 MB */
}

static struct content make_bombs(void)
{
    return bombs(20, 232); /* 60 kB each */
}

static struct content make_many(void)
{
    return many(40, 100);
}

static struct content make_many_and_a_locked_one(void)
{
    struct zip zip;

    zip_begin(&zip);
    zip.flags = 1;
    zip_add(&zip, WORDS, strlen(WORDS));
    zip.flags = 0;
    for (int i = 0; i < 40; i++)
        zip_add(&zip, WORDS, strlen(WORDS));
    return zip_end(&zip);
}

static struct content make_many_more(void)
{
    return bombs(60000, 30); /* 8 kB each: seconds of work */
}

static struct content make_large(void)
{
    struct content content;

    begin(&content);
    for (int i = 0; i < 100000; i++)
        (void)fputs("0123456789abcdef", content.out);
    end(&content);
    return content;
}

/* ---- what they come to --------------------------------------------------- */

static void no_change(void)
{
}

static void small_files(void)
{
    settings.max_extract_size = 100000;
}

static void small_together(void)
{
    settings.max_cumulative_extract_size = 300000;
}

static void few_files(void)
{
    settings.max_file_count = 20;
}

static void short_time(void)
{
    settings.max_extract_time = 1;
    settings.max_file_count = 0;
    settings.max_extract_size = 100000000;
    settings.max_cumulative_extract_size = 536870912;
}

static void any_number(void)
{
    settings.max_file_count = 0;
}

#define ENCRYPTED "DEC_RESULT_ENCRYPTED_CONTAINER_DETECTED"
#define ENCRYPTED_CHILD "DEC_RESULT_ENCRYPTED_CONTAINER_CHILD_DETECTED"
#define MALFORMED "DEC_RESULT_MALFORMED_CONTAINER_DETECTED"
#define SIZE_OF_ONE "DEC_RESULT_MAXIMUM_EXTRACT_SIZE_EXCEEDED"
#define SIZE_OF_ALL "DEC_RESULT_MAXIMUM_CUMULATIVE_EXTRACT_SIZE_EXCEEDED"

static const struct {
    struct content (*make)(void);
    void (*change)(void);
    assay_found found;
    assay_reason reason;
    uint32_t limits;
    const char *code;
} cases[] = {
    {make_clean, no_change, ASSAY_FOUND_NOTHING, ASSAY_REASON_NONE, 0, ""},
    {make_infected, no_change, ASSAY_FOUND_THREAT, ASSAY_REASON_NONE, 0,
     "AVS_RESULT_VIRUS_FOUND"},
    {make_locked_zip, no_change, ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED, 0, ENCRYPTED},
    {make_locked_7z, no_change, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED,
     0, ENCRYPTED},
    {make_locked_arj, no_change, ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED, 0, ENCRYPTED_CHILD},
    {make_cut_7z, no_change, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED, 0,
     MALFORMED},
    {make_corrupt_7z, no_change, ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0, "DEC_RESULT_CONTAINER_EXTRACT_FAILED"},
    {make_unknown_method, no_change, ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0, "DEC_RESULT_CONTAINER_UNKNOWN_ALGORITHM"},
    {make_spoiled_zip, no_change, ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0, "DEC_RESULT_CONTAINER_EXTRACT_FAILED"},
    {make_rar, no_change, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED, 0,
     MALFORMED},
    /* CS-06 */
    {make_deep, no_change, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_RECURSION, "DEC_RESULT_MAXIMUM_DEPTH_REACHED"},
    {make_small_bombs, no_change, ASSAY_FOUND_NOTHING, ASSAY_REASON_NONE, 0,
     ""},
    /* CS-07 */
    {make_bomb, small_files, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_FILE_SIZE, SIZE_OF_ONE},
    /* CS-05 */
    {make_bombs, small_together, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_SCAN_SIZE, SIZE_OF_ALL},
    /* CS-09 */
    {make_many, few_files, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_FILES, "DEC_RESULT_MAXIMUM_FILES_EXTRACTED"},
    /* An encrypted member may be let pass; it must not hide the limit. */
    {make_many_and_a_locked_one, few_files, ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_FILES,
     "DEC_RESULT_MAXIMUM_FILES_EXTRACTED"},
    {make_many, any_number, ASSAY_FOUND_NOTHING, ASSAY_REASON_NONE, 0, ""},
    /* CS-08 */
    {make_many_more, short_time, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_TIME, "DEC_RESULT_MAXIMUM_EXTRACT_TIME_EXCEEDED"},
    {make_large, small_files, ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_OVERSIZE,
     ASSAY_LIMIT_FILE_SIZE, "DEC_RESULT_FILE_SIZE_TOO_LARGE"},
};

static assay_finding scan(struct content content, assay_content_kind kind)
{
    const assay_content given = {
        .kind = kind, .data = content.data, .size = content.size};
    const assay_scan_args args = {&given, now_ms() + 60000};
    assay_finding finding = {.coverage = {.bytes_total = content.size}};

    assay__csapi_ops.scan(instance, &args, &finding);
    free(content.data);
    return finding;
}

START_TEST(an_archive_comes_to_its_code)
{
    assay_finding got;

    cases[_i].change();
    open_ready();
    got = scan(cases[_i].make(), ASSAY_CONTENT_PART);
    ck_assert_msg(
        got.found == cases[_i].found && got.reason == cases[_i].reason &&
            got.coverage.limits_hit == cases[_i].limits &&
            !strcmp(got.scan_code, cases[_i].code),
        "%d: got %d/%d/%#x %s (%s), want %s", _i, got.found, got.reason,
        got.coverage.limits_hit, got.scan_code, got.info, cases[_i].code);
    if (got.found == ASSAY_FOUND_THREAT)
        ck_assert_str_eq(got.info, "Test-Threat.UNOFFICIAL");
}
END_TEST

/* CS-06: in so many zips it is scanned, in one more it is too deep; for a mail
 * the mail is one. */
static const int depths[] = {1, 2, 3, 4, 5, 10, 49, 50};

START_TEST(depth_is_counted_exactly)
{
    assay_finding got;

    settings.max_extract_depth = depths[_i];
    open_ready();
    got = scan(nested(WORDS, depths[_i]), ASSAY_CONTENT_PART);
    ck_assert_msg(got.found == ASSAY_FOUND_NOTHING, "%d: %d %s", depths[_i],
                  got.found, got.info);
    got = scan(nested(THREAT_A THREAT_B, depths[_i]), ASSAY_CONTENT_PART);
    ck_assert_int_eq(got.found, ASSAY_FOUND_THREAT);
    got = scan(nested(WORDS, depths[_i] + 1), ASSAY_CONTENT_PART);
    ck_assert_msg(!strcmp(got.scan_code, "DEC_RESULT_MAXIMUM_DEPTH_REACHED"),
                  "%d: %d %s", depths[_i], got.found, got.info);
}
END_TEST

static struct content make_mail(const char *encoding, const char *body)
{
    struct content mail;

    begin(&mail);
    (void)fprintf(mail.out,
                  "X-Odd: 1\r\nContent-Type: multipart/mixed; "
                  "boundary=cut\r\n\r\n--cut\r\nContent-Type: "
                  "application/octet-stream\r\n"
                  "Content-Transfer-Encoding: %s\r\n\r\n%s\r\n--cut--\r\n",
                  encoding, body);
    end(&mail);
    return mail;
}

/* With a depth of one, and headers that libclamav does not know. */
START_TEST(a_mail_is_read_as_a_mail)
{
    assay_finding got;

    settings.max_extract_depth = 1;
    open_ready();
    got =
        scan(make_mail("quoted-printable", "c40be61d9f7a258=33" /* in pieces */
                                           "0e9d71a6b5f3428c17a0dd52"),
             ASSAY_CONTENT_MESSAGE);
    ck_assert_int_eq(got.found, ASSAY_FOUND_THREAT);
    got = scan(make_mail("7bit", "hello"), ASSAY_CONTENT_MESSAGE);
    ck_assert_msg(got.found == ASSAY_FOUND_NOTHING, "%s", got.info);
    ck_assert_uint_eq(got.coverage.bytes_seen, got.coverage.bytes_total);
}
END_TEST

/* ---- folders --------------------------------------------------------------
 */

static void no_definitions(void)
{
    settings.definitions = "/nonexistent/db";
}

static void empty_definitions(void)
{
    settings.definitions = temporary;
}

static void damaged_definitions(void)
{
    write_file(definitions, "more.ndb", "this is no signature\n");
}

static void no_temporary(void)
{
    ck_assert_int_eq(rmdir(temporary), 0);
}

static const struct {
    void (*change)(void);
    const char *want;
} refusals[] = {
    {no_definitions,
     "provider 'clamav': AVS_RESULT_DEFINITIONS_MISSING: the signature folder "
     "/nonexistent/db does not exist"},
    {empty_definitions,
     "provider 'clamav': AVS_RESULT_DEFINITIONS_MISSING: the signature folder"},
    {damaged_definitions,
     "provider 'clamav': AVS_RESULT_DEFINITIONS_MISSING: cannot load the "
     "signatures"},
    {no_temporary, "provider 'clamav': DEC_RESULT_TEMP_DIR_ACCESS_FAILED: "},
};

START_TEST(open_says_which_folder_is_wrong)
{
    refusals[_i].change();
    ck_assert_int_ne(open_it(), ASSAY_OK);
    ck_assert_msg(
        !strncmp(err.msg, refusals[_i].want, strlen(refusals[_i].want)),
        "got %s, want %s", err.msg, refusals[_i].want);
    ck_assert_ptr_null(instance);
}
END_TEST

START_TEST(a_temporary_folder_that_goes_is_an_error)
{
    char command[128];
    assay_finding got;

    open_ready();
    (void)snprintf(command, sizeof command, "rm -rf '%s'", temporary);
    ck_assert_int_eq(system(command), 0);
    got = scan(make_clean(), ASSAY_CONTENT_PART);
    ck_assert_int_eq(got.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(got.reason, ASSAY_REASON_TEMPORARY);
    ck_assert_str_eq(got.scan_code, "DEC_RESULT_TEMPFILE_ACCESS_FAILED");
    ck_assert_int_eq(mkdir(temporary, 0700), 0);
    ck_assert_int_eq(scan(make_clean(), ASSAY_CONTENT_PART).found,
                     ASSAY_FOUND_NOTHING);
}
END_TEST

/* ---- life -----------------------------------------------------------------
 */

START_TEST(limits_that_libclamav_does_not_have_are_moved_and_told)
{
    settings.max_extract_size = 1000;
    settings.max_cumulative_extract_size = 2147483648;
    settings.max_file_count = 3;
    open_ready();
    ck_assert_msg(
        strstr(log_text, "warn csapi.limit_moved instance=csapi1 "
                         "option=max_extract_size value=1000 effective=65536 "
                         "reason=\"libclamav is used from 65536 to "
                         "536870912\"\n") &&
            strstr(log_text, "option=max_cumulative_extract_size "
                             "value=2147483648 effective=536870912 ") &&
            strstr(log_text, "option=max_file_count value=3 effective=16 "),
        "%s", log_text);
}
END_TEST

/* AV-31, with libclamav as decomposer and scanner. */
START_TEST(the_version_names_libclamav_and_is_current)
{
    char text[512];

    open_ready();
    assay__csapi_ops.version(instance, text, sizeof text);
    ck_assert_msg(
        !strncmp(text, "antivirus: clamav DEC scanner version number: ", 46) &&
            strstr(text, "\nAV scanner version number: ") &&
            strstr(text, "\nAV definitions version: 0\nUp to date"),
        "%s", text);
}
END_TEST

START_TEST(newer_definitions_are_noticed)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX], text[512];
    uint64_t set = 9;

    open_ready();
    assay__csapi_ops.epoch(instance, before, sizeof before);
    ck_assert_int_eq(assay__csapi_ops.newer(instance, &set, &err), ASSAY_OK);
    ck_assert_uint_eq(set, 0);
    write_signature("Another-Threat");
    ck_assert_int_eq(assay__csapi_ops.newer(instance, &set, &err), ASSAY_OK);
    ck_assert_uint_ne(set, 0);
    assay__csapi_ops.version(instance, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "\nNot up to date"));
    assay__csapi_ops.close(instance);
    open_ready();
    assay__csapi_ops.epoch(instance, after, sizeof after);
    ck_assert_str_ne(before, after);
    ck_assert_str_eq(scan(make_infected(), ASSAY_CONTENT_PART).info,
                     "Another-Threat.UNOFFICIAL");
}
END_TEST

/* As in a worker: another folder, the same definitions. */
START_TEST(a_forked_worker_scans_in_its_own_folder)
{
    char own[96];
    int status = -1;
    pid_t child;

    open_ready();
    (void)snprintf(own, sizeof own, "%s/worker", root);
    ck_assert_int_eq(mkdir(own, 0700), 0);
    child = fork();
    if (!child) {
        bool moved = assay__csapi_ops.forked(instance, own, &err) == ASSAY_OK &&
                     rmdir(own) != 0; /* its private folder is in it */
        bool found = scan(make_infected(), ASSAY_CONTENT_PART).found ==
                     ASSAY_FOUND_THREAT;
        bool proven = assay__csapi_ops.probe(instance, &err) == ASSAY_OK;

        _exit(moved && found && proven ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(scan(make_infected(), ASSAY_CONTENT_PART).found,
                     ASSAY_FOUND_THREAT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csapi_clamav");
    TCase *tc = tcase_create("archives");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, an_archive_comes_to_its_code, 0,
                        (int)COUNT_OF(cases));
    tcase_add_loop_test(tc, depth_is_counted_exactly, 0, (int)COUNT_OF(depths));
    tcase_add_test(tc, a_mail_is_read_as_a_mail);
    tc = tcase_create("life");
    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, open_says_which_folder_is_wrong, 0,
                        (int)COUNT_OF(refusals));
    tcase_add_test(tc, a_temporary_folder_that_goes_is_an_error);
    tcase_add_test(tc, limits_that_libclamav_does_not_have_are_moved_and_told);
    tcase_add_test(tc, the_version_names_libclamav_and_is_current);
    tcase_add_test(tc, newer_definitions_are_noticed);
    tcase_add_test(tc, a_forked_worker_scans_in_its_own_folder);
    return check_run(suite);
}
