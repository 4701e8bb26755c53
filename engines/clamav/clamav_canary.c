/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The canary: small mails that carry a text which only this instance knows,
 * in the ways mail carries a threat, and a signature for that text. An engine
 * that misses one is not looking, whatever it says about other mail.
 *
 * The text is random, so nobody can send it, and no file of ours holds it.
 */
#include "clamav_engine.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define BOUNDARY "assay-canary-boundary"

enum {
    PAYLOAD_MAX = 128,
    ZIP_MAX = 512,
    BASE64_LINE = 57,
    DEEP_LEVELS = 24,  /* more than MaxRecursion of clamd, 17 by default */
    ZIP_BODY = 35,     /* where a member begins: header and "a.txt" */
    ZIP_OVERHEAD = 128 /* of make_zip(); 115 */
};

/* ---- encodings --------------------------------------------------------- */

static void write_base64(FILE *out, const unsigned char *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        size_t have = size - i < 3 ? size - i : 3;
        unsigned bits = (unsigned)data[i] << 16;

        if (have > 1)
            bits |= (unsigned)data[i + 1] << 8;
        if (have > 2)
            bits |= data[i + 2];
        fputc(digits[bits >> 18], out);
        fputc(digits[bits >> 12 & 63], out);
        fputc(have > 1 ? digits[bits >> 6 & 63] : '=', out);
        fputc(have > 2 ? digits[bits & 63] : '=', out);
        if ((i + 3) % BASE64_LINE == 0)
            fputs("\r\n", out);
    }
    fputs("\r\n", out);
}

static void write_quoted(FILE *out, const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fprintf(out, "=%02X%s", data[i], i % 20 == 19 ? "=\r\n" : "");
    fputs("\r\n", out);
}

static unsigned crc32_of(const unsigned char *data, size_t size)
{
    unsigned crc = ~0u;

    for (size_t i = 0; i < size; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void put_le(unsigned char **at, unsigned value, int bytes)
{
    for (; bytes; bytes--, value >>= 8)
        *(*at)++ = (unsigned char)value;
}

static void put_bytes(unsigned char **at, const void *data, size_t size)
{
    memcpy(*at, data, size);
    *at += size;
}

/* What the local header and the central directory have in common. */
static void put_zip_fields(unsigned char **at, const unsigned char *data,
                           unsigned size, unsigned packed)
{
    put_le(at, 20, 2);          /* version needed */
    put_le(at, 0, 2);           /* flags */
    put_le(at, 8, 2);           /* deflate */
    put_le(at, 0x58210000u, 4); /* time and date */
    put_le(at, crc32_of(data, size), 4);
    put_le(at, packed, 4);
    put_le(at, size, 4);
    put_le(at, 5, 2); /* length of the name */
    put_le(at, 0, 2); /* extra field */
}

/* Text as one block with fixed Huffman codes (RFC 1951 section 3.2.6): no byte
 * of it stands where it did, so only who unpacks the block sees the text.
 * @return bytes written, at most size + 3 */
static size_t deflate_text(unsigned char *out, const unsigned char *text,
                           size_t size)
{
    uint32_t bits = 3; /* last block, fixed codes */
    unsigned count = 3;
    size_t len = 0;

    for (size_t i = 0; i < size; i++) {
        unsigned code = 0x30u + text[i]; /* 8 bits for a byte below 144 */

        for (int bit = 7; bit >= 0; bit--)
            bits |= (code >> bit & 1) << count++;
        out[len++] = (unsigned char)bits;
        bits >>= 8;
        count -= 8;
    }
    for (count += 7; count > 0; count -= count < 8 ? count : 8) {
        out[len++] = (unsigned char)bits; /* the end is seven 0 bits */
        bits >>= 8;
    }
    return len;
}

/* Likewise as one stored block (RFC 1951 section 3.2.4). */
static size_t deflate_stored(unsigned char *out, const unsigned char *data,
                             unsigned size)
{
    unsigned char *at = out;

    put_le(&at, 1, 1); /* last block, stored */
    put_le(&at, size, 2);
    put_le(&at, ~size, 2);
    put_bytes(&at, data, size);
    return (size_t)(at - out);
}

static bool is_ascii(const unsigned char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] >= 128)
            return false;
    return true;
}

/* One deflated member. Signatures that match anywhere would find a text that
 * is only stored without unpacking it.
 * @return bytes written */
static size_t make_zip(unsigned char *zip, const unsigned char *data,
                       unsigned size)
{
    unsigned char *at = zip, *directory;
    unsigned char *body = zip + ZIP_BODY;
    unsigned packed =
        (unsigned)(is_ascii(data, size) ? deflate_text(body, data, size)
                                        : deflate_stored(body, data, size));

    put_le(&at, 0x04034b50, 4);
    put_zip_fields(&at, data, size, packed);
    put_bytes(&at, "a.txt", 5);
    at = body + packed;
    directory = at;
    put_le(&at, 0x02014b50, 4);
    put_le(&at, 20, 2); /* version made by */
    put_zip_fields(&at, data, size, packed);
    put_le(&at, 0, 2); /* comment */
    put_le(&at, 0, 2); /* disk */
    put_le(&at, 0, 2); /* internal attributes */
    put_le(&at, 0, 4); /* external attributes */
    put_le(&at, 0, 4); /* offset of the local header */
    put_bytes(&at, "a.txt", 5);
    packed = (unsigned)(at - directory);
    put_le(&at, 0x06054b50, 4);
    put_le(&at, 0, 4); /* this disk, disk of the directory */
    put_le(&at, 1, 2); /* entries here */
    put_le(&at, 1, 2); /* entries */
    put_le(&at, packed, 4);
    put_le(&at, (unsigned)(directory - zip), 4);
    put_le(&at, 0, 2); /* comment */
    return (size_t)(at - zip);
}

/* ---- mails ------------------------------------------------------------- */

static void write_header(FILE *out)
{
    fputs("Received: from canary.invalid by assay\r\n"
          "From: canary@assay.invalid\r\n"
          "To: canary@assay.invalid\r\n"
          "Subject: canary\r\n"
          "MIME-Version: 1.0\r\n",
          out);
}

static void write_start(FILE *out, const char *type, const char *encoding)
{
    write_header(out);
    fprintf(out,
            "Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\r\n\r\n"
            "--" BOUNDARY "\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
            "--" BOUNDARY "\r\nContent-Type: %s\r\n"
            "Content-Transfer-Encoding: %s\r\n"
            "Content-Disposition: attachment; filename=\"a.bin\"\r\n\r\n",
            type, encoding);
}

static void write_end(FILE *out)
{
    fputs("\r\n--" BOUNDARY "--\r\n", out);
}

static void write_plain(FILE *out, const unsigned char *data, size_t size)
{
    write_header(out);
    fputs("Content-Type: text/plain\r\n\r\n", out);
    fwrite(data, 1, size, out);
    fputs("\r\n", out);
}

static void write_attached(FILE *out, const unsigned char *data, size_t size)
{
    write_start(out, "application/octet-stream", "base64");
    write_base64(out, data, size);
    write_end(out);
}

static void write_quoted_mail(FILE *out, const unsigned char *data, size_t size)
{
    write_start(out, "application/octet-stream", "quoted-printable");
    write_quoted(out, data, size);
    write_end(out);
}

static void write_zipped(FILE *out, const unsigned char *data, size_t size)
{
    unsigned char zip[ZIP_MAX];
    size_t zip_size = make_zip(zip, data, (unsigned)size);

    write_start(out, "application/zip", "base64");
    write_base64(out, zip, zip_size);
    write_end(out);
}

/* The inner boundary differs, as in real mail. */
static void write_nested(FILE *out, const unsigned char *data, size_t size)
{
    write_header(out);
    fputs("Content-Type: multipart/mixed; boundary=\"outer\"\r\n\r\n"
          "--outer\r\nContent-Type: message/rfc822\r\n\r\n",
          out);
    write_attached(out, data, size);
    fputs("\r\n--outer--\r\n", out);
}

static void write_bare(FILE *out, const unsigned char *data, size_t size)
{
    fwrite(data, 1, size, out);
}

typedef void write_fn(FILE *out, const unsigned char *data, size_t size);

static const struct {
    const char *name;
    write_fn *write;
} forms[ASSAY__CLAMAV_CANARIES] = {
    {"a bare file", write_bare},
    {"a plain mail", write_plain},
    {"a base64 attachment", write_attached},
    {"a quoted-printable attachment", write_quoted_mail},
    {"a zip attachment", write_zipped},
    {"an attached message", write_nested},
};

static assay_rc make_sample(struct assay__clamav_sample *sample,
                            const char *name, write_fn *write, const char *text,
                            assay_error *err)
{
    FILE *out = open_memstream(&sample->data, &sample->size);

    if (!out)
        return assay_error_set(err, ASSAY_E_NOMEM, "clamav: canary");
    sample->name = name;
    write(out, (const unsigned char *)text, strlen(text));
    if (fclose(out))
        return assay_error_set(err, ASSAY_E_NOMEM, "clamav: canary");
    return ASSAY_OK;
}

static assay_rc make_samples(struct assay__clamav_canary *canary,
                             const char *payload, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; i < ASSAY__CLAMAV_CANARIES && rc == ASSAY_OK; i++)
        rc = make_sample(&canary->samples[i], forms[i].name, forms[i].write,
                         payload, err);
    if (rc == ASSAY_OK)
        rc = make_sample(&canary->clean, "a clean mail", write_attached,
                         "The canary sings nothing.", err);
    if (rc != ASSAY_OK)
        assay__clamav_canary_fini(canary);
    return rc;
}

assay_rc assay__clamav_canary_init(struct assay__clamav_canary *canary,
                                   assay_error *err)
{
    unsigned char random[ASSAY__CLAMAV_MARKER / 2];
    char payload[PAYLOAD_MAX];

    memset(canary, 0, sizeof *canary);
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return assay_error_set(err, ASSAY_E_IO, "no random numbers: %m");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(canary->marker + 2 * i, 3, "%02x", random[i]);
    snprintf(payload, sizeof payload, "The canary sings %s, and well.",
             canary->marker);
    return make_samples(canary, payload, err);
}

/* ---- for a scanner with signatures of its own --------------------------- */

/* In pieces, so that no file of ours, nor the program, is one. */
static void put_eicar(char *out, size_t size)
{
    static const char *const pieces[] = {"X5O!P%@AP[4\\PZX54(P^)7CC)7}",
                                         "$EICAR-STANDARD-ANTIVIRUS-",
                                         "TEST-FILE!$H+H*"};

    snprintf(out, size, "%s%s%s", pieces[0], pieces[1], pieces[2]);
}

assay_rc assay__clamav_canary_init_eicar(struct assay__clamav_canary *canary,
                                         assay_error *err)
{
    char payload[PAYLOAD_MAX];

    memset(canary, 0, sizeof *canary);
    put_eicar(payload, sizeof payload);
    return make_samples(canary, payload, err);
}

/* @return malloc'd: the content in that many zips; NULL out of memory */
static char *nest(const char *data, size_t *size)
{
    size_t room = *size + (size_t)DEEP_LEVELS * ZIP_OVERHEAD;
    unsigned char *inner = malloc(room);
    unsigned char *outer = malloc(room);

    if (inner && outer) {
        memcpy(inner, data, *size);
        for (int level = 0; level < DEEP_LEVELS; level++) {
            unsigned char *swap = inner;

            *size = make_zip(outer, inner, (unsigned)*size);
            inner = outer;
            outer = swap;
        }
    } else {
        free(inner);
        inner = NULL;
    }
    free(outer);
    return (char *)inner;
}

/* The zips are not compressed: in base64, because otherwise a signature that
 * matches anywhere would find it in the outermost. */
char *assay__clamav_canary_deep(size_t *size_out)
{
    struct assay__clamav_sample mail = {.data = NULL};
    char payload[PAYLOAD_MAX];
    char *deep = NULL;

    put_eicar(payload, sizeof payload);
    *size_out = 0;
    if (make_sample(&mail, "deep", write_attached, payload, NULL) == ASSAY_OK) {
        *size_out = mail.size;
        deep = nest(mail.data, size_out);
    }
    free(mail.data);
    return deep;
}

void assay__clamav_canary_fini(struct assay__clamav_canary *canary)
{
    for (size_t i = 0; i < ASSAY__CLAMAV_CANARIES; i++)
        free(canary->samples[i].data);
    free(canary->clean.data);
    memset(canary, 0, sizeof *canary);
}

/* ---- signature --------------------------------------------------------- */

static assay_rc write_signature(const struct assay__clamav_canary *canary,
                                const char *path, assay_error *err)
{
    int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

    if (!out) {
        if (fd >= 0)
            close(fd);
        return assay_error_set(err, ASSAY_E_IO,
                               "cannot write to the temporary folder (%s): %m",
                               path);
    }
    fputs(ASSAY__CLAMAV_CANARY ":0:*:", out);
    for (const char *c = canary->marker; *c; c++)
        fprintf(out, "%02x", (unsigned)*c);
    fputc('\n', out);
    if (fclose(out))
        return assay_error_set(err, ASSAY_E_IO,
                               "cannot write to the temporary folder (%s): %m",
                               path);
    return ASSAY_OK;
}

assay_rc assay__clamav_canary_load(const struct assay__clamav_canary *canary,
                                   struct cl_engine *engine,
                                   const struct assay__clamav_folder *folder,
                                   assay_error *err)
{
    struct assay__clamav_messages messages;
    char path[PATH_MAX + 16];
    unsigned count = 0;
    cl_error_t loaded;
    assay_rc rc;

    snprintf(path, sizeof path, "%s/canary.ndb", folder->path);
    rc = write_signature(canary, path, err);
    if (rc != ASSAY_OK)
        goto out;
    assay__clamav_messages_begin(&messages);
    loaded = cl_load(path, engine, &count, CL_DB_STDOPT);
    assay__clamav_messages_end(&messages);
    if (loaded != CL_SUCCESS || count != 1)
        rc = assay_error_set(err, ASSAY_E_UNAVAILABLE,
                             "libclamav does not load our test signature: %s",
                             messages.first[0] ? messages.first
                                               : cl_strerror(loaded));
out:
    unlink(path);
    return rc;
}
