/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "header_value.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "binding.h"
#include "guard.h"
#include "interp.h"

/* An encoded-word is at most 75 characters (RFC 2047 section 2); 12 of them
 * are "=?UTF-8?B?" and "?=", and 45 bytes become 60. */
#define WORD_BYTES_MAX 45

/* ---- reading ----------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* [-0, +1, m] */
static void push_trimmed(lua_State *L, const char *text)
{
    size_t len;

    while (is_blank(*text))
        text++;
    len = strlen(text);
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    lua_pushlstring(L, text, len);
}

void lassay_push_header_values(lua_State *L, lassay_header_find *find,
                               void *where, const char *name)
{
    struct lassay_guard *decoded = lassay_guard_push(L);
    assay_error err = {0};
    assay_bytes value;
    assay_rc rc;

    lua_newtable(L);
    for (size_t i = 0; (rc = find(where, name, i, &value, &err)) == ASSAY_OK;
         i++) {
        lassay_run_check_time(L);
        lassay_check_rc(L, assay_header_decode(value, &decoded->text, &err),
                        &err);
        push_trimmed(L, decoded->text);
        lassay_guard_release(decoded);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    if (rc != ASSAY_E_NOTFOUND)
        lassay_check_rc(L, rc, &err);
    lua_remove(L, -2);
}

/* ---- writing ----------------------------------------------------------- */

static void add_base64(luaL_Buffer *out, const unsigned char *data, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)data[i] << 16;

        if (i + 1 < len)
            group |= (uint32_t)data[i + 1] << 8;
        if (i + 2 < len)
            group |= data[i + 2];
        luaL_addchar(out, digits[group >> 18]);
        luaL_addchar(out, digits[group >> 12 & 63]);
        luaL_addchar(out, i + 1 < len ? digits[group >> 6 & 63] : '=');
        luaL_addchar(out, i + 2 < len ? digits[group & 63] : '=');
    }
}

/* Bytes of the next word: a character is never cut in two. */
static size_t word_bytes(const unsigned char *text, size_t len)
{
    size_t n = len < WORD_BYTES_MAX ? len : WORD_BYTES_MAX;

    while (n < len && n > 1 && (text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] > 126)
            return false;
    return true;
}

void lassay_push_encoded_value(lua_State *L, const char *value, size_t len)
{
    const unsigned char *rest = (const unsigned char *)value;
    luaL_Buffer out;

    if (is_ascii(value, len)) {
        lua_pushlstring(L, value, len);
        return;
    }
    luaL_buffinit(L, &out);
    while (len > 0) {
        size_t n = word_bytes(rest, len);

        luaL_addstring(&out, "=?UTF-8?B?");
        add_base64(&out, rest, n);
        luaL_addstring(&out, n < len ? "?=\r\n " : "?=");
        rest += n;
        len -= n;
    }
    luaL_pushresult(&out);
}
