/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail/decode.h"

#include <stdlib.h>
#include <string.h>

#include "mail/decode_files.h"

/* ---- base64 -------------------------------------------------------------- */

enum { BLANK = 0xfd, PADDING = 0xfe, FOREIGN = 0xff };

/* 0..63, or one of the three above */
static unsigned char base64_class(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned char)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned char)(c - 'a' + 26);
    if (c >= '0' && c <= '9')
        return (unsigned char)(c - '0' + 52);
    switch (c) {
    case '+':
        return 62;
    case '/':
        return 63;
    case '=':
        return PADDING;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return BLANK;
    default:
        return FOREIGN;
    }
}

struct base64 {
    unsigned char class_of[256];
    unsigned char *out;
    size_t len;
    size_t cap;
    size_t defects;
    uint32_t bits; /* of the quad that is being read */
    int count;     /* characters of it */
    int pads_due;  /* '=' that still belong to the last quad */
    bool ended;    /* padding was seen and no data after it yet */
};

/* The quad has count characters: count - 1 bytes come out of it. */
static bool flush_quad(struct base64 *b)
{
    uint32_t bits = b->bits << 6 * (4 - b->count);
    int bytes = b->count - 1;

    b->count = 0;
    b->bits = 0;
    if (b->cap - b->len < (size_t)bytes)
        return false;
    for (int i = 0; i < bytes; i++)
        b->out[b->len++] = (unsigned char)(bits >> (16 - 8 * i));
    return true;
}

static bool take_padding(struct base64 *b)
{
    if (b->pads_due > 0 && b->count == 0) {
        b->pads_due--;
        return true;
    }
    b->ended = true;
    if (b->count < 2) { /* nothing to pad: six bits make no byte */
        b->defects += 1 + (size_t)b->count;
        b->count = 0;
        b->bits = 0;
        return true;
    }
    b->pads_due = 3 - b->count;
    return flush_quad(b);
}

static bool take_base64(struct base64 *b, unsigned char c)
{
    unsigned char class = b->class_of[c];

    if (class == BLANK)
        return true;
    if (class == PADDING)
        return take_padding(b);
    if (class == FOREIGN) {
        b->defects++;
        return true;
    }
    if (b->ended) { /* so the padding before it was in the middle */
        b->defects++;
        b->ended = false;
    }
    b->pads_due = 0;
    b->bits = b->bits << 6 | class;
    return ++b->count < 4 || flush_quad(b);
}

/* Decodes whole quads as long as nothing but data comes. @return where not */
static const unsigned char *take_quads(struct base64 *b, const unsigned char *p,
                                       const unsigned char *end)
{
    unsigned char *out = b->out + b->len;
    size_t room = (b->cap - b->len) / 3, quads = (size_t)(end - p) / 4;

    for (quads = quads < room ? quads : room; quads > 0; quads--) {
        unsigned char w = b->class_of[p[0]], x = b->class_of[p[1]];
        unsigned char y = b->class_of[p[2]], z = b->class_of[p[3]];

        if ((w | x | y | z) > 63)
            break;
        out[0] = (unsigned char)(w << 2 | x >> 4);
        out[1] = (unsigned char)(x << 4 | y >> 2);
        out[2] = (unsigned char)(y << 6 | z);
        out += 3;
        p += 4;
    }
    b->len = (size_t)(out - b->out);
    return p;
}

static bool run_base64(struct base64 *b, assay_bytes in)
{
    const unsigned char *p = (const unsigned char *)in.data;
    const unsigned char *end = p + in.len;

    while (p < end) {
        if (b->count == 0 && !b->ended)
            p = take_quads(b, p, end);
        if (p < end && !take_base64(b, *p++))
            return false;
    }
    if (b->count == 1) {
        b->defects++;
        return true;
    }
    return b->count == 0 || flush_quad(b);
}

/* Most bytes that come out. */
static size_t base64_room(assay_bytes in, size_t max_bytes)
{
    size_t room = in.len / 4 * 3 + 3;

    return room < max_bytes ? room : max_bytes;
}

static assay_rc base64_to(assay_bytes in, size_t max_bytes,
                          struct assay__decoded *out)
{
    struct base64 b = {.out = (unsigned char *)out->data,
                       .cap = base64_room(in, max_bytes)};

    for (int c = 0; c < 256; c++)
        b.class_of[c] = base64_class((unsigned char)c);
    if (!run_base64(&b, in))
        return ASSAY_E_LIMIT;
    out->len = b.len;
    out->defects = b.defects;
    return ASSAY_OK;
}

/* ---- lines --------------------------------------------------------------- */

/* Takes the next line with its line end off *rest. */
static assay_bytes take_line(assay_bytes *rest)
{
    const char *newline = memchr(rest->data, '\n', rest->len);
    assay_bytes line = *rest;

    if (newline)
        line.len = (size_t)(newline - rest->data) + 1;
    rest->data += line.len;
    rest->len -= line.len;
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Length without the line end. */
static size_t text_len(assay_bytes line)
{
    size_t len = line.len;

    if (len > 0 && line.data[len - 1] == '\n') {
        len--;
        if (len > 0 && line.data[len - 1] == '\r')
            len--;
    }
    return len;
}

/* ---- quoted-printable ---------------------------------------------------- */

int assay__decode_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool is_illegal(unsigned char c)
{
    return c > 126 || (c < 32 && c != '\t');
}

/* Value of the escape at text, "=XY"; -1 if it is none. */
static int qp_escape(const char *text, size_t len)
{
    int high = len >= 3 ? assay__decode_hex_digit(text[1]) : -1;
    int low = high >= 0 ? assay__decode_hex_digit(text[2]) : -1;

    return low >= 0 ? high << 4 | low : -1;
}

/* Text without the line end and the blanks before it. out has room for len
 * bytes. @return bytes written */
static size_t take_qp_text(const char *text, size_t len, char *out,
                           size_t *defects)
{
    size_t written = 0, bad = 0;

    for (size_t i = 0; i < len; i++) {
        int value = (unsigned char)text[i];

        if (value == '=') {
            int escape = qp_escape(text + i, len - i);

            bad += escape < 0;
            i += escape < 0 ? 0 : 2;
            value = escape < 0 ? value : escape;
        } else {
            bad += is_illegal((unsigned char)value);
        }
        out[written++] = (char)value;
    }
    *defects += bad;
    return written;
}

/* out has room for the line. @return bytes written */
static size_t take_qp_line(assay_bytes line, char *out, size_t *defects)
{
    size_t full = text_len(line), len = full, written;

    while (len > 0 && is_blank(line.data[len - 1]))
        len--;
    if (len > 0 && line.data[len - 1] == '=') /* soft line break */
        return take_qp_text(line.data, len - 1, out, defects);
    written = take_qp_text(line.data, len, out, defects);
    memcpy(out + written, line.data + full, line.len - full);
    return written + line.len - full;
}

static assay_rc quoted_printable_to(assay_bytes in, size_t max_bytes,
                                    struct assay__decoded *out)
{
    struct assay__decoded decoded = {.data = out->data};

    while (in.len > 0 && decoded.len <= max_bytes) {
        assay_bytes line = take_line(&in);

        decoded.len +=
            take_qp_line(line, decoded.data + decoded.len, &decoded.defects);
    }
    if (decoded.len > max_bytes)
        return ASSAY_E_LIMIT;
    *out = decoded;
    return ASSAY_OK;
}

/* ---- uuencode ------------------------------------------------------------ */

/* "begin 644 name": at least three octal digits and a name */
static bool is_uu_begin(assay_bytes line)
{
    static const char word[] = "begin ";
    const size_t word_len = sizeof word - 1;
    size_t i = word_len;

    if (line.len < word_len || memcmp(line.data, word, word_len) != 0)
        return false;
    while (i < line.len && line.data[i] >= '0' && line.data[i] <= '7')
        i++;
    return i >= word_len + 3 && i < line.len && line.data[i] == ' ';
}

static bool is_uu_end(assay_bytes line)
{
    size_t len = text_len(line);

    while (len > 0 && is_blank(line.data[len - 1]))
        len--;
    return len == 3 && memcmp(line.data, "end", 3) == 0;
}

/* Sextet i of the line; what is missing at the end was blanks, which are 0. */
static unsigned uu_sextet(assay_bytes text, size_t i, size_t *defects)
{
    unsigned char c = i < text.len ? (unsigned char)text.data[i] : ' ';

    if (c < 32 || c > 96)
        *defects += 1;
    return (c - 32u) & 63u;
}

/* Bytes that the line says it has. */
static size_t uu_count(assay_bytes line, size_t *defects)
{
    assay_bytes text = {line.data, text_len(line)};

    return text.len > 0 ? uu_sextet(text, 0, defects) : 0;
}

/* out has room for what the line says it has. @return that */
static size_t take_uu_line(assay_bytes line, char *out, size_t *defects)
{
    assay_bytes text = {line.data, text_len(line)};
    size_t bytes = uu_count(line, defects), at = 1;

    for (size_t done = 0; done < bytes; done += 3) {
        unsigned bits = 0;

        for (int i = 0; i < 4; i++)
            bits = bits << 6 | uu_sextet(text, at++, defects);
        for (size_t i = 0; i < 3 && done + i < bytes; i++)
            out[done + i] = (char)(bits >> (16 - 8 * i));
    }
    if (at < text.len)
        *defects += text.len - at;
    return bytes;
}

/* The lines of data between begin and end, of all sections. */
struct uu_lines {
    assay_bytes rest;
    bool found; /* a begin line */
    bool inside;
};

static bool next_uu_line(struct uu_lines *lines, assay_bytes *line_out)
{
    while (lines->rest.len > 0) {
        assay_bytes line = take_line(&lines->rest);

        if (is_uu_begin(line)) {
            lines->found = lines->inside = true;
        } else if (lines->inside && is_uu_end(line)) {
            lines->inside = false;
        } else if (lines->inside) {
            *line_out = line;
            return true;
        }
    }
    return false;
}

/* What comes out, but for what is over the limit. */
static size_t uu_room(struct uu_lines lines, size_t max_bytes)
{
    size_t room = 0, defects = 0;
    assay_bytes line;

    while (room <= max_bytes && next_uu_line(&lines, &line))
        room += uu_count(line, &defects);
    return room;
}

static size_t uuencode_room(assay_bytes in, size_t max_bytes)
{
    return uu_room((struct uu_lines){.rest = in}, max_bytes);
}

static assay_rc uu_to(struct uu_lines lines, size_t max_bytes,
                      struct assay__decoded *out)
{
    struct assay__decoded decoded = {.data = out->data};
    assay_bytes line;

    while (decoded.len <= max_bytes && next_uu_line(&lines, &line))
        decoded.len +=
            take_uu_line(line, decoded.data + decoded.len, &decoded.defects);
    if (decoded.len > max_bytes)
        return ASSAY_E_LIMIT;
    if (!lines.found)
        return ASSAY_E_NOTFOUND;
    *out = decoded;
    return ASSAY_OK;
}

static assay_rc uuencode_to(assay_bytes in, size_t max_bytes,
                            struct assay__decoded *out)
{
    return uu_to((struct uu_lines){.rest = in}, max_bytes, out);
}

assay_rc assay__decode_uu_lines(assay_bytes in, size_t max_bytes,
                                struct assay__decoded *out)
{
    const struct uu_lines lines = {.rest = in, .found = true, .inside = true};
    struct assay__decoded decoded = {.data =
                                         malloc(uu_room(lines, max_bytes) + 1)};
    assay_rc rc;

    if (!decoded.data)
        return ASSAY_E_NOMEM;
    rc = uu_to(lines, max_bytes, &decoded);
    if (rc != ASSAY_OK) {
        free(decoded.data);
        return rc;
    }
    *out = decoded;
    return ASSAY_OK;
}

/* ---- any of them --------------------------------------------------------- */

size_t assay__decode_room(assay_encoding encoding, assay_bytes in,
                          size_t max_bytes)
{
    switch (encoding) {
    case ASSAY_ENCODING_BASE64:
        return base64_room(in, max_bytes);
    case ASSAY_ENCODING_UUENCODE:
        return uuencode_room(in, max_bytes);
    default:
        return in.len;
    }
}

assay_rc assay__decode_to(assay_encoding encoding, assay_bytes in,
                          size_t max_bytes, struct assay__decoded *out)
{
    switch (encoding) {
    case ASSAY_ENCODING_BASE64:
        return base64_to(in, max_bytes, out);
    case ASSAY_ENCODING_QUOTED_PRINTABLE:
        return quoted_printable_to(in, max_bytes, out);
    case ASSAY_ENCODING_UUENCODE:
        return uuencode_to(in, max_bytes, out);
    default:
        return ASSAY_E_NOTFOUND;
    }
}

/* Into memory of its own. */
static assay_rc decode_new(assay_encoding encoding, assay_bytes in,
                           size_t max_bytes, struct assay__decoded *out)
{
    struct assay__decoded decoded = {0};
    assay_rc rc;

    if (in.len > 0) {
        decoded.data = malloc(assay__decode_room(encoding, in, max_bytes) + 1);
        if (!decoded.data)
            return ASSAY_E_NOMEM;
    }
    rc = assay__decode_to(encoding, in, max_bytes, &decoded);
    if (rc != ASSAY_OK) {
        free(decoded.data);
        return rc;
    }
    *out = decoded;
    return ASSAY_OK;
}

assay_rc assay__decode_base64(assay_bytes in, size_t max_bytes,
                              struct assay__decoded *out)
{
    return decode_new(ASSAY_ENCODING_BASE64, in, max_bytes, out);
}

assay_rc assay__decode_quoted_printable(assay_bytes in, size_t max_bytes,
                                        struct assay__decoded *out)
{
    return decode_new(ASSAY_ENCODING_QUOTED_PRINTABLE, in, max_bytes, out);
}

assay_rc assay__decode_uuencode(assay_bytes in, size_t max_bytes,
                                struct assay__decoded *out)
{
    return decode_new(ASSAY_ENCODING_UUENCODE, in, max_bytes, out);
}
