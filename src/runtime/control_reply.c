/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/control_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Levels of objects and arrays; no command nests deeper. */
enum { XML_DEPTH_MAX = 16 };

void assay__control_reply_init(struct assay__control_reply *reply)
{
    *reply = (struct assay__control_reply){0};
    assay__strbuf_init(&reply->text, ASSAY__CONTROL_REPLY_MAX);
}

void assay__control_reply_fini(struct assay__control_reply *reply)
{
    assay__strbuf_fini(&reply->text);
    json_decref(reply->data);
    reply->data = NULL;
}

/* ---- for commands ------------------------------------------------------ */

static void add_text(struct assay__strbuf *text, const char *format,
                     va_list args) ASSAY_PRINTF(2, 0);

static void add_text(struct assay__strbuf *text, const char *format,
                     va_list args)
{
    char *added = NULL;

    if (vasprintf(&added, format, args) < 0) {
        text->failed = true;
        return;
    }
    (void)assay__strbuf_adds(text, added);
    free(added);
}

void assay__control_fail(const struct assay__control_call *call,
                         const char *format, ...)
{
    va_list args;

    call->reply->failed = true;
    va_start(args, format);
    add_text(&call->reply->text, format, args);
    va_end(args);
    (void)assay__strbuf_addc(&call->reply->text, '\n');
}

void assay__control_say(const struct assay__control_call *call,
                        const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_text(&call->reply->text, format, args);
    va_end(args);
}

void assay__control_put(const struct assay__control_call *call, json_t *object,
                        const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        call->reply->incomplete = true;
}

void assay__control_append(const struct assay__control_call *call,
                           json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        call->reply->incomplete = true;
}

void assay__control_tell(const struct assay__control_call *call,
                         const char *key, json_t *value)
{
    if (!call->reply->data)
        call->reply->data = json_object();
    assay__control_put(call, call->reply->data, key, value);
}

json_t *assay__control_string(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    char *valid = assay__text_dup(text, len);
    json_t *value;

    if (!valid)
        return NULL;
    for (size_t i = 0; i < len;) {
        size_t bytes = assay__utf8_length(valid + i, len - i);

        if (bytes == 0)
            valid[i] = '?';
        i += bytes > 0 ? bytes : 1;
    }
    value = json_stringn(valid, len);
    free(valid);
    return value;
}

json_t *assay__control_number(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* ---- XML --------------------------------------------------------------- */

/* XML 1.0 has no way to write most control characters. */
static void add_xml_text(struct assay__strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '&')
            (void)assay__strbuf_adds(out, "&amp;");
        else if (c == '<')
            (void)assay__strbuf_adds(out, "&lt;");
        else if (c == '>')
            (void)assay__strbuf_adds(out, "&gt;");
        else if (c == '"')
            (void)assay__strbuf_adds(out, "&quot;");
        else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            (void)assay__strbuf_addc(out, '?');
        else
            (void)assay__strbuf_addc(out, (char)c);
    }
}

/* Keys come from our own tables, or are names of the configuration. */
static void add_xml_name(struct assay__strbuf *out, const char *key)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyz"
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.";
    const size_t first = sizeof good - 13; /* those a name may begin with */

    if (*key == '\0' || !memchr(good, *key, first))
        (void)assay__strbuf_addc(out, '_');
    for (; *key != '\0'; key++)
        (void)assay__strbuf_add(
            out, memchr(good, *key, sizeof good - 1) ? key : "_", 1);
}

static void add_xml_scalar(struct assay__strbuf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        add_xml_text(out, json_string_value(value));
        break;
    case JSON_INTEGER:
        (void)assay__strbuf_addf(out, "%" JSON_INTEGER_FORMAT,
                                 json_integer_value(value));
        break;
    case JSON_REAL:
        (void)assay__strbuf_addf(out, "%.3f", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        (void)assay__strbuf_adds(out, json_is_true(value) ? "true" : "false");
        break;
    default:
        break; /* null is an empty element */
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static void add_xml(struct assay__strbuf *out, const char *key, json_t *value,
                    int depth)
{
    bool nests = json_is_object(value) || json_is_array(value);

    (void)assay__strbuf_addf(out, "%*s<", 2 * depth, "");
    add_xml_name(out, key);
    (void)assay__strbuf_adds(out, nests ? ">\n" : ">");
    if (!nests)
        add_xml_scalar(out, value);
    if (nests && depth < XML_DEPTH_MAX) {
        for (void *at = json_object_iter(value); at;
             at = json_object_iter_next(value, at))
            add_xml(out, json_object_iter_key(at), json_object_iter_value(at),
                    depth + 1);
        for (size_t i = 0; i < json_array_size(value); i++)
            add_xml(out, "item", json_array_get(value, i), depth + 1);
    }
    if (nests)
        (void)assay__strbuf_addf(out, "%*s", 2 * depth, "");
    (void)assay__strbuf_adds(out, "</");
    add_xml_name(out, key);
    (void)assay__strbuf_adds(out, ">\n");
}

/* ---- the answer -------------------------------------------------------- */

static int add_dumped(const char *data, size_t len, void *arg)
{
    return assay__strbuf_add(arg, data, len) == ASSAY_OK ? 0 : -1;
}

static void add_json(struct assay__strbuf *out, const json_t *data)
{
    if (json_dump_callback(data, add_dumped, out, 0) != 0)
        out->failed = true;
    (void)assay__strbuf_addc(out, '\n');
}

/* {"error": text}, without the end of the last line; beside what the command
 * told before it failed. */
static json_t *with_error(const struct assay__control_reply *reply)
{
    json_t *data = reply->data ? json_incref(reply->data) : json_object();
    char *text =
        assay__text_dup(assay__strbuf_str(&reply->text), reply->text.len);
    int rc = -1;

    if (text && reply->text.len > 0 && text[reply->text.len - 1] == '\n')
        text[reply->text.len - 1] = '\0';
    if (text)
        rc = json_object_set_new(data, "error", assay__control_string(text));
    free(text);
    if (rc == 0)
        return data;
    json_decref(data);
    return NULL;
}

static void say_failure(struct assay__control_reply *reply, const char *why)
{
    assay__strbuf_fini(&reply->text);
    assay__strbuf_init(&reply->text, ASSAY__CONTROL_REPLY_MAX);
    (void)assay__strbuf_adds(&reply->text, why);
    reply->failed = true;
}

static void render_data(struct assay__control_reply *reply,
                        enum assay__control_form form)
{
    json_t *data = reply->failed ? with_error(reply)
                   : reply->data ? json_incref(reply->data)
                                 : json_object();

    if (!data || reply->incomplete) {
        say_failure(reply, "Out of memory\n");
        json_decref(data);
        return;
    }
    assay__strbuf_reset(&reply->text);
    if (form == ASSAY__CONTROL_JSON) {
        add_json(&reply->text, data);
    } else {
        (void)assay__strbuf_adds(&reply->text,
                                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                                 "\n");
        add_xml(&reply->text, "response", data, 0);
    }
    json_decref(data);
}

void assay__control_render(struct assay__control_reply *reply,
                           enum assay__control_form form)
{
    if (reply->text.failed)
        say_failure(reply, "The answer does not fit into memory, or is longer "
                           "than 4 MiB\n");
    if (form != ASSAY__CONTROL_TEXT)
        render_data(reply, form);
    if (reply->text.failed)
        say_failure(reply, "The answer does not fit into memory, or is longer "
                           "than 4 MiB\n");
    json_decref(reply->data);
    reply->data = NULL;
}
