/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* ---- UTF-8 --------------------------------------------------------------- */

/* Bytes of the character that text begins with; 0: none that may stand. */
static size_t good_length(const char *text, size_t len)
{
    return len > 0 && text[0] != '\0' ? assay__utf8_length(text, len) : 0;
}

assay_rc assay__charset_repair_utf8(assay_bytes text, struct assay__strbuf *out)
{
    assay_rc rc = ASSAY_OK;
    size_t i = 0;

    while (i < text.len && rc == ASSAY_OK) {
        size_t start = i, len;

        while ((len = good_length(text.data + i, text.len - i)) > 0)
            i += len;
        rc = assay__strbuf_add(out, text.data + start, i - start);
        if (i < text.len && rc == ASSAY_OK) {
            rc = assay__strbuf_adds(out, replacement);
            i++;
        }
    }
    return rc;
}

/* ---- other charsets ------------------------------------------------------ */

/*
 * What senders of mail use. Only these reach iconv: the converters nobody
 * needs were its broken ones (CVE-2024-2961), and an unknown name costs a
 * search for modules.
 */
static const struct {
    const char *name;
    const char *iconv_name; /* NULL: as the sender wrote it. Else what every
                               mail program reads for the name */
    bool digits_follow;
} charsets[] = {
    {"iso-8859-", NULL, true},
    {"windows-", NULL, true},
    {"cp", NULL, true},
    {"koi8-r", NULL, false},
    {"koi8-u", NULL, false},
    {"gb2312", "GB18030", false},
    {"gbk", "GB18030", false},
    {"x-gbk", "GB18030", false},
    {"gb18030", NULL, false},
    {"big5", NULL, false},
    {"euc-jp", NULL, false},
    {"euc-kr", "CP949", false},
    {"ks_c_5601-1987", "CP949", false},
    {"iso-2022-jp", NULL, false},
    {"iso-2022-kr", NULL, false},
    {"shift_jis", "CP932", false},
    {"shift-jis", "CP932", false},
    {"x-sjis", "CP932", false},
    {"iso-8859-8-i", "ISO-8859-8", false},
    {"tis-620", NULL, false},
    {"viscii", NULL, false},
    {"macintosh", NULL, false},
    {"utf-7", NULL, false},
    {"utf-16", NULL, false},
    {"utf-16le", NULL, false},
    {"utf-16be", NULL, false},
    {"utf-32", NULL, false},
    {"utf-32le", NULL, false},
    {"utf-32be", NULL, false},
};

/* The name and then one to four digits? */
static bool has_digits_after(const char *name, const char *prefix)
{
    size_t prefix_len = strlen(prefix), digits;

    if (strlen(name) <= prefix_len ||
        !assay__text_equal_n(name, prefix_len, prefix))
        return false;
    digits = strlen(name + prefix_len);
    return digits <= 4 && strspn(name + prefix_len, "0123456789") == digits;
}

static const char *find_iconv_name(const char *name)
{
    for (size_t i = 0; i < ASSAY_COUNT_OF(charsets); i++) {
        if (charsets[i].digits_follow
                ? has_digits_after(name, charsets[i].name)
                : assay__text_equal(name, charsets[i].name))
            return charsets[i].iconv_name ? charsets[i].iconv_name : name;
    }
    return NULL;
}

static bool is_utf8_name(const char *name)
{
    return assay__text_equal(name, "utf-8") ||
           assay__text_equal(name, "utf8") ||
           assay__text_equal(name, "us-ascii") ||
           assay__text_equal(name, "ascii");
}

/* iconv() writes whole characters, but NUL may be one of them. */
static assay_rc add_converted(struct assay__strbuf *out, const char *text,
                              size_t len)
{
    return assay__charset_repair_utf8((assay_bytes){text, len}, out);
}

/* What the converter holds back until it knows that nothing follows. */
static assay_rc flush(iconv_t converter, struct assay__strbuf *out)
{
    char chunk[64], *to = chunk;
    size_t room = sizeof chunk;

    (void)iconv(converter, NULL, NULL, &to, &room);
    return add_converted(out, chunk, sizeof chunk - room);
}

static assay_rc convert(iconv_t converter, assay_bytes text,
                        struct assay__strbuf *out)
{
    /* iconv() wants a pointer to char but only reads. */
    union {
        const char *from_caller;
        char *for_iconv;
    } in = {.from_caller = text.data};
    size_t left = text.len;
    assay_rc rc = ASSAY_OK;

    while (rc == ASSAY_OK && left > 0) {
        char chunk[256], *to = chunk;
        size_t room = sizeof chunk, before = left;
        bool is_stuck = false;

        if (iconv(converter, &in.for_iconv, &left, &to, &room) == (size_t)-1)
            is_stuck = errno != E2BIG || left == before;
        rc = add_converted(out, chunk, sizeof chunk - room);
        if (rc == ASSAY_OK && is_stuck) {
            rc = assay__strbuf_adds(out, replacement);
            in.for_iconv++;
            left--;
        }
    }
    return rc == ASSAY_OK ? flush(converter, out) : rc;
}

assay_rc assay__charset_to_utf8(assay_bytes charset, assay_bytes text,
                                struct assay__strbuf *out)
{
    char name[ASSAY__CHARSET_NAME_MAX];
    const char *iconv_name;
    iconv_t converter;
    assay_rc rc;

    if (charset.len == 0 || charset.len >= sizeof name)
        return ASSAY_E_NOTFOUND;
    memcpy(name, charset.data, charset.len);
    name[charset.len] = '\0';
    if (is_utf8_name(name))
        return assay__charset_repair_utf8(text, out);
    iconv_name = find_iconv_name(name);
    if (!iconv_name)
        return ASSAY_E_NOTFOUND;
    converter = iconv_open("UTF-8", iconv_name);
    if (converter == (iconv_t)-1)
        return errno == ENOMEM ? ASSAY_E_NOMEM : ASSAY_E_NOTFOUND;
    rc = convert(converter, text, out);
    (void)iconv_close(converter);
    return rc;
}
