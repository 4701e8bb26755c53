/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "seal.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "symbols.h"

#define TOKEN "assay=1;"
#define KEY_LABEL "assay analysis seal 1"
#define FOLLOWS "*" /* in place of a description that the id has */
#define HEX "0123456789abcdef"

enum {
    MAC_SIZE = ASSAY__SEAL_KEY_SIZE, /* so that mac() makes keys, too */
    MAC_DIGITS = 2 * MAC_SIZE,
    SCORE_DIGITS = 16,
    FLAG_RESCAN = 1,
    FLAGS_ALL = FLAG_RESCAN,
    /* Folding makes a blank a line end and blanks, not more than a few. */
    FOLDED_MAX = 4 * ASSAY_SCORE_ANALYSIS_MAX
};

_Static_assert(sizeof(double) == sizeof(uint64_t), "a double has 64 bits");

/* ---- the key ------------------------------------------------------------ */

/* HMAC-SHA256. @return false when libcrypto failed */
static bool mac(const void *key, size_t key_len, const char *text, size_t len,
                unsigned char out[MAC_SIZE])
{
    size_t out_len = 0;

    return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_len,
                     (const unsigned char *)text, len, out, MAC_SIZE,
                     &out_len) &&
           out_len == MAC_SIZE;
}

assay_rc assay__seal_check_secret(const char *text, assay_error *err)
{
    size_t len = strlen(text);

    if (len < ASSAY__SEAL_SECRET_MIN || len > ASSAY__SEAL_SECRET_MAX)
        return assay_error_set(
            err, ASSAY_E_INVAL, "a secret has %d to %d bytes, this one has %zu",
            ASSAY__SEAL_SECRET_MIN, ASSAY__SEAL_SECRET_MAX, len);
    return ASSAY_OK;
}

static assay_rc draw_key(struct assay__seal *seal, assay_error *err)
{
    size_t have = 0;

    while (have < sizeof seal->key) {
        ssize_t got = getrandom(seal->key + have, sizeof seal->key - have, 0);

        if (got < 0 && errno != EINTR)
            return assay_error_set(err, ASSAY_E_IO, "no random numbers: %s",
                                   strerrordesc_np(errno));
        have += got > 0 ? (size_t)got : 0;
    }
    return ASSAY_OK;
}

assay_rc assay__seal_init(struct assay__seal *seal, const char *secret,
                          assay_error *err)
{
    assay_rc rc;

    if (!secret)
        return draw_key(seal, err);
    rc = assay__seal_check_secret(secret, err);
    if (rc != ASSAY_OK)
        return rc;
    if (!mac(secret, strlen(secret), KEY_LABEL, strlen(KEY_LABEL), seal->key))
        return assay_error_set(err, ASSAY_E_IO, "HMAC-SHA256 failed");
    return ASSAY_OK;
}

void assay__seal_fini(struct assay__seal *seal)
{
    OPENSSL_cleanse(seal->key, sizeof seal->key);
}

/* ---- writing ------------------------------------------------------------ */

/* Appends to a text; once something does not fit nothing more is. */
struct writer {
    char *text;
    size_t len, size;
    bool is_full;
};

static void put(struct writer *writer, const char *text, size_t len)
{
    if (writer->is_full || len > writer->size - writer->len) {
        writer->is_full = true;
        return;
    }
    memcpy(writer->text + writer->len, text, len);
    writer->len += len;
}

static void puts_at(struct writer *writer, const char *text)
{
    put(writer, text, strlen(text));
}

static bool is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':' ||
           c == '-';
}

static void put_escaped(struct writer *writer, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        const char code[3] = {'%', HEX[byte >> 4], HEX[byte & 15]};

        if (is_plain(*text))
            put(writer, text, 1);
        else
            put(writer, code, sizeof code);
    }
}

static void put_hex(struct writer *writer, const unsigned char *bytes,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char code[2] = {HEX[bytes[i] >> 4], HEX[bytes[i] & 15]};

        put(writer, code, sizeof code);
    }
}

/* An id, and its description where nothing else says it. */
static void put_id(struct writer *writer, const char *const names[2],
                   const char *id, const char *text, const char *known)
{
    puts_at(writer, names[0]);
    put_escaped(writer, id);
    puts_at(writer, names[1]);
    if (known && !strcmp(known, text))
        puts_at(writer, FOLLOWS);
    else
        put_escaped(writer, text);
}

static void put_values(struct writer *writer, const assay_score *score)
{
    static const char *const category[] = {";c=", ";d="};
    static const char *const sub_category[] = {";u=", ";v="};
    char number[64];
    uint64_t bits;

    memcpy(&bits, &score->score, sizeof bits);
    (void)snprintf(number, sizeof number, TOKEN "s=%016" PRIx64 ";f=%d", bits,
                   score->rescan ? FLAG_RESCAN : 0);
    puts_at(writer, number);
    put_id(writer, category, score->category, score->category_desc,
           assay__symbols_category_text(score->category));
    put_id(writer, sub_category, score->sub_category, score->sub_category_desc,
           assay__symbols_symbol_text(score->sub_category));
    puts_at(writer, ";m=");
}

/* ---- blanks ------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Copy with one blank for each run of them and none at the ends.
 * @return bytes written; -1 for a control character or no room */
static long unfold(const char *text, size_t len, char *out, size_t room)
{
    bool has_gap = false;
    size_t have = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];

        if (is_blank(text[i])) {
            has_gap = have > 0;
            continue;
        }
        if (byte < ' ' || byte == 0x7f || have + has_gap >= room)
            return -1;
        if (has_gap)
            out[have++] = ' ';
        out[have++] = text[i];
        has_gap = false;
    }
    return (long)have;
}

/* The token behind what the writer has. @return NULL, or what is wrong */
static const char *put_token(const struct assay__seal *seal,
                             struct writer *writer, const assay_score *score)
{
    unsigned char sum[MAC_SIZE];

    if (writer->len > 0)
        puts_at(writer, " ");
    put_values(writer, score);
    if (!writer->is_full) {
        if (!mac(seal->key, sizeof seal->key, writer->text, writer->len, sum))
            return "HMAC-SHA256 failed";
        put_hex(writer, sum, sizeof sum);
    }
    return writer->is_full ? "an analysis is too long" : NULL;
}

assay_rc assay__seal_add(const struct assay__seal *seal, assay_score *score,
                         assay_error *err)
{
    size_t before = strnlen(score->analysis, sizeof score->analysis);
    long len = unfold(score->analysis, before, score->analysis,
                      sizeof score->analysis);
    struct writer writer = {.text = score->analysis,
                            .size = sizeof score->analysis - 1};
    const char *problem;

    if (len < 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "a control character in an analysis");
    writer.len = (size_t)len;
    problem = put_token(seal, &writer, score);
    score->analysis[problem ? (size_t)len : writer.len] = '\0';
    if (!problem)
        return ASSAY_OK;
    return assay_error_set(err, writer.is_full ? ASSAY_E_LIMIT : ASSAY_E_IO,
                           "%s", problem);
}

/* ---- reading ------------------------------------------------------------ */

/* What is left to read of a token whose seal was found good. */
struct reader {
    const char *at, *end;
    bool failed;
};

static void expect(struct reader *reader, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(reader->end - reader->at) < len ||
        memcmp(reader->at, text, len) != 0) {
        reader->failed = true;
        return;
    }
    reader->at += len;
}

/* @return -1 when it is no digit */
static int digit(char c)
{
    const char *found = c == '\0' ? NULL : strchr(HEX, c);

    return found ? (int)(found - HEX) : -1;
}

static uint64_t get_hex(struct reader *reader, int digits)
{
    uint64_t number = 0;

    for (int i = 0; i < digits; i++) {
        int value = reader->at < reader->end ? digit(*reader->at) : -1;

        if (value < 0) {
            reader->failed = true;
            return 0;
        }
        number = number << 4 | (uint64_t)value;
        reader->at++;
    }
    return number;
}

static char get_char(struct reader *reader)
{
    char c = *reader->at++;

    if (c == '%')
        c = (char)get_hex(reader, 2);
    else if (!is_plain(c))
        reader->failed = true;
    if ((unsigned char)c < ' ' || c == 0x7f)
        reader->failed = true;
    return c;
}

static void get_text(struct reader *reader, const char *name, char *out,
                     size_t size)
{
    size_t len = 0;

    expect(reader, name);
    while (!reader->failed && reader->at < reader->end && *reader->at != ';') {
        if (len + 1 >= size)
            reader->failed = true;
        else
            out[len++] = get_char(reader);
    }
    out[len] = '\0';
}

static void get_description(struct reader *reader, const char *name,
                            const char *known, char *out, size_t size)
{
    struct reader mark = *reader;

    expect(&mark, name);
    expect(&mark, FOLLOWS);
    if (mark.failed) {
        get_text(reader, name, out, size);
        return;
    }
    *reader = mark;
    reader->failed = !known; /* sealed by another version of the table */
    (void)snprintf(out, size, "%s", known ? known : "");
}

static void get_values(struct reader *reader, assay_score *out)
{
    uint64_t bits, flags;

    expect(reader, TOKEN "s=");
    bits = get_hex(reader, SCORE_DIGITS);
    memcpy(&out->score, &bits, sizeof bits);
    expect(reader, ";f=");
    flags = get_hex(reader, 1);
    out->rescan = flags & FLAG_RESCAN;
    get_text(reader, ";c=", out->category, sizeof out->category);
    get_description(reader, ";d=", assay__symbols_category_text(out->category),
                    out->category_desc, sizeof out->category_desc);
    get_text(reader, ";u=", out->sub_category, sizeof out->sub_category);
    get_description(reader,
                    ";v=", assay__symbols_symbol_text(out->sub_category),
                    out->sub_category_desc, sizeof out->sub_category_desc);
    expect(reader, ";m=");
    if (reader->at != reader->end || flags > FLAGS_ALL ||
        !(out->score >= 0 && out->score <= 100))
        reader->failed = true;
}

/* Where the last token begins; NULL: there is none. */
static const char *find_token(const char *text)
{
    const char *space = strrchr(text, ' ');
    const char *token = space ? space + 1 : text;

    return strncmp(token, TOKEN, strlen(TOKEN)) != 0 ? NULL : token;
}

/* Whether it ends with the seal of what stands before it. */
static assay_rc check_seal(const struct assay__seal *seal, const char *text,
                           size_t len, assay_error *err)
{
    unsigned char sum[MAC_SIZE];
    char digits[MAC_DIGITS];
    struct writer writer = {.text = digits, .size = sizeof digits};

    if (len < MAC_DIGITS)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the analysis has no seal of ours");
    if (!mac(seal->key, sizeof seal->key, text, len - MAC_DIGITS, sum))
        return assay_error_set(err, ASSAY_E_IO, "HMAC-SHA256 failed");
    put_hex(&writer, sum, sizeof sum);
    if (CRYPTO_memcmp(digits, text + len - MAC_DIGITS, MAC_DIGITS) != 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the seal of the analysis is not good");
    return ASSAY_OK;
}

static assay_rc read_sealed(const char *text, size_t len, assay_score *out,
                            assay_error *err)
{
    struct reader reader = {find_token(text), text + len - MAC_DIGITS, false};

    if (!reader.at || reader.at > reader.end)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the analysis has no seal of ours");
    get_values(&reader, out);
    if (reader.failed)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the seal of the analysis is of another kind");
    return ASSAY_OK;
}

assay_rc assay__seal_open(const struct assay__seal *seal, const char *text,
                          size_t len, assay_score *score_out, assay_error *err)
{
    long unfolded = -1;
    assay_rc rc;

    if (len <= FOLDED_MAX)
        unfolded = unfold(text, len, score_out->analysis,
                          sizeof score_out->analysis - 1);
    if (unfolded < 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "no analysis of ours has %zu bytes like these",
                               len);
    score_out->analysis[unfolded] = '\0';
    rc = check_seal(seal, score_out->analysis, (size_t)unfolded, err);
    if (rc != ASSAY_OK)
        return rc;
    return read_sealed(score_out->analysis, (size_t)unfolded, score_out, err);
}
