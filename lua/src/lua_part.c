/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Methods and fields of message parts (msgpart); they are read-only.
 */
#include <string.h>

#include "binding.h"
#include "charset.h"
#include "handle.h"
#include "header_value.h"

/* Bytes of a part that text() converts; its result lives in the memory of the
 * interpreter. */
#define PART_TEXT_MAX ((size_t)8 << 20)

/* ---- fields ------------------------------------------------------------ */

/* [-0, +1, m] Push a related part, which keeps the same message alive. */
static void push_related(lua_State *L, assay_part *part)
{
    lua_getiuservalue(L, 1, 1);
    lassay_push_part(L, part, -1);
}

/* [-0, +1, v] An offset in the received message, counted from 0. */
static void push_offset(lua_State *L, const assay_part *part, bool end)
{
    assay_part_info info;
    assay_bytes bytes;
    assay_error err = {0};
    assay_rc rc = assay_message_bytes(assay_part_message(part),
                                      ASSAY_RENDITION_RECEIVED, &bytes, &err);

    lassay_check_rc(L, rc, &err);
    assay_part_get_info(part, &info);
    if (info.body.data)
        lua_pushinteger(L, info.body.data - bytes.data +
                               (end ? (lua_Integer)info.body.len : 0));
    else
        lua_pushinteger(L, 0);
}

static const char *const part_fields[] = {
    "body_end", "body_start", "next", "parent", "parts", "thread", NULL,
};

static int part_field(lua_State *L)
{
    const assay_part *part = lassay_check_part(L, 1)->part;
    const char *key = lua_tostring(L, 2);

    if (strcmp(key, "parts") == 0)
        push_related(L, assay_part_first_child(part));
    else if (strcmp(key, "next") == 0)
        push_related(L, assay_part_next(part));
    else if (strcmp(key, "thread") == 0)
        push_related(L, assay_part_thread(part));
    else if (strcmp(key, "parent") == 0)
        push_related(L, assay_part_parent(part));
    else if (strcmp(key, "body_start") == 0)
        push_offset(L, part, false);
    else if (strcmp(key, "body_end") == 0)
        push_offset(L, part, true);
    else
        lua_pushnil(L);
    return 1;
}

/* ---- methods ----------------------------------------------------------- */

/* [-0, +0, m] table[key] = text of the table on top; NULL sets nothing. */
static void set_text(lua_State *L, const char *key, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, key);
}

static int part_content_type(lua_State *L)
{
    static const char *const encodings[] = {
        [ASSAY_ENCODING_7BIT] = "7bit",
        [ASSAY_ENCODING_8BIT] = "8bit",
        [ASSAY_ENCODING_BINARY] = "binary",
        [ASSAY_ENCODING_BASE64] = "base64",
        [ASSAY_ENCODING_QUOTED_PRINTABLE] = "quoted-printable",
        [ASSAY_ENCODING_UUENCODE] = "uuencode",
        [ASSAY_ENCODING_UNKNOWN] = "unknown",
    };
    assay_part_info info;

    assay_part_get_info(lassay_check_part(L, 1)->part, &info);
    lua_newtable(L);
    set_text(L, "mimetype", info.media_type);
    set_text(L, "charset", info.charset);
    set_text(L, "encoding", encodings[info.encoding]);
    set_text(L, "filename", info.file_name);
    lua_pushboolean(L, info.is_attachment);
    lua_setfield(L, -2, "is_attachment");
    return 1;
}

static assay_rc find_header(void *where, const char *name, size_t index,
                            assay_bytes *value_out, assay_error *err)
{
    if (assay_part_header(where, name, index, value_out))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_NOTFOUND, "no more headers");
}

static int part_header(lua_State *L)
{
    assay_part *part = lassay_check_part(L, 1)->part;
    const char *name = luaL_checkstring(L, 2);

    luaL_argcheck(L, lua_isnone(L, 3), 3, "parts are read-only");
    lassay_push_header_values(L, find_header, part, name);
    return 1;
}

/* nil for what is not text; nil and a sentence for what cannot be had. */
static int part_text(lua_State *L)
{
    assay_part *part = lassay_check_part(L, 1)->part;
    assay_part_info info;
    assay_bytes data;
    assay_error err = {0};

    luaL_argcheck(L, lua_isnone(L, 2), 2, "parts are read-only");
    assay_part_get_info(part, &info);
    if (info.is_container || strncmp(info.media_type, "text/", 5) != 0) {
        lua_pushnil(L);
        return 1;
    }
    if (assay_part_decode(part, &data, NULL, &err) == ASSAY_OK &&
        data.len > PART_TEXT_MAX)
        assay_error_set(&err, ASSAY_E_LIMIT, "text is over 8 MiB");
    if (err.code != ASSAY_OK) {
        lua_pushnil(L);
        lua_pushstring(L, err.msg);
        return 2;
    }
    lassay_push_utf8(L, data, info.charset);
    return 1;
}

static int part_eq(lua_State *L)
{
    const struct lassay_part *a = luaL_testudata(L, 1, lassay_part_class.type);
    const struct lassay_part *b = luaL_testudata(L, 2, lassay_part_class.type);

    /* After the message is closed its parts' addresses mean nothing. */
    lua_pushboolean(L, a && b && a->owner == b->owner && a->part == b->part);
    return 1;
}

static const luaL_Reg part_methods[] = {
    {"content_type", part_content_type},
    {"header", part_header},
    {"text", part_text},
    {NULL, NULL},
};

static const luaL_Reg part_operators[] = {
    {"__eq", part_eq},
    {NULL, NULL},
};

const struct lassay_class lassay_part_class = {
    .type = "msys.core:_ec_message_part",
    .manual = "msgpart",
    .methods = part_methods,
    .fields = part_fields,
    .get_field = part_field,
    .operators = part_operators,
};
