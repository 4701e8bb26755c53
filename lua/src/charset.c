/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Names come from mail, and iconv_open() loads a module for each: only these
 * reach it, in lower case as the message gives them. */
static const char *const known_charsets[] = {
    "utf-8",        "us-ascii",     "iso-8859-1",   "iso-8859-2",
    "iso-8859-5",   "iso-8859-7",   "iso-8859-9",   "iso-8859-15",
    "windows-1250", "windows-1251", "windows-1252", "windows-1253",
    "windows-1254", "windows-1257", "koi8-r",       "koi8-u",
    "gb2312",       "gbk",          "gb18030",      "big5",
    "shift_jis",    "euc-jp",       "iso-2022-jp",  "euc-kr",
    NULL,
};

static const char *known_charset(const char *charset)
{
    for (int i = 0; charset && known_charsets[i]; i++)
        if (strcmp(known_charsets[i], charset) == 0)
            return known_charsets[i];
    return "utf-8";
}

/* Where converted text goes: counted first, then kept. */
struct sink {
    char *out; /* NULL: count only */
    size_t len, cap;
};

static void put(struct sink *sink, const char *text, size_t len)
{
    if (sink->out && len <= sink->cap - sink->len)
        memcpy(sink->out + sink->len, text, len);
    sink->len += len;
}

/* Never throws: an iconv_t is open. @return false without a converter */
static bool convert(assay_bytes text, const char *charset, struct sink *sink)
{
    iconv_t converter = iconv_open("UTF-8", charset);
    char *in = (char *)(uintptr_t)text.data; /* iconv does not write to it */
    size_t left = text.len;
    char chunk[1024];

    if (converter == (iconv_t)-1)
        return false;
    while (left > 0) {
        char *out = chunk;
        size_t room = sizeof chunk;
        size_t rc = iconv(converter, &in, &left, &out, &room);
        int cause = errno;

        put(sink, chunk, (size_t)(out - chunk));
        if (rc == (size_t)-1 && cause != E2BIG) {
            put(sink, REPLACEMENT, strlen(REPLACEMENT));
            in++;
            left--;
        }
    }
    iconv_close(converter);
    return true;
}

void lassay_push_utf8(lua_State *L, assay_bytes text, const char *charset)
{
    struct sink sink = {0};
    luaL_Buffer buffer;

    charset = known_charset(charset);
    if (!convert(text, charset, &sink)) {
        luaL_error(L, "cannot convert %s", charset);
        return;
    }
    sink.cap = sink.len;
    sink.len = 0;
    sink.out = luaL_buffinitsize(L, &buffer, sink.cap);
    if (!convert(text, charset, &sink) || sink.len > sink.cap)
        sink.len = 0; /* the converter went away in between */
    luaL_pushresultsize(&buffer, sink.len);
}
