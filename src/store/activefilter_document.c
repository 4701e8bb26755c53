/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/activefilter_document.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlwriter.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "base/wall_clock.h"
#include "store/activefilter_state.h"

enum {
    TEXT_MAX = 64 * 1024, /* one value, once it is clean; the rest is cut off */
    MESSAGE_ID_MAX = 998  /* of the header that is shown */
};

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* BAD_CAST casts const away. */
static const xmlChar *as_xml(const char *text)
{
    return (const xmlChar *)text;
}

/* A writer and what it writes to; failed is set once something was refused. */
struct out {
    xmlBufferPtr buffer;
    xmlTextWriterPtr writer;
    struct assay__strbuf clean;
    bool failed; /* out of memory */
};

static bool out_init(struct out *out)
{
    xmlInitParser();
    assay__strbuf_init(&out->clean, TEXT_MAX);
    out->failed = false;
    out->buffer = xmlBufferCreate();
    out->writer = out->buffer ? xmlNewTextWriterMemory(out->buffer, 0) : NULL;
    if (!out->writer)
        return false;
    return xmlTextWriterSetIndent(out->writer, 1) == 0 &&
           xmlTextWriterSetIndentString(out->writer, as_xml("  ")) == 0;
}

static void out_fini(struct out *out)
{
    xmlFreeTextWriter(out->writer);
    xmlBufferFree(out->buffer);
    assay__strbuf_fini(&out->clean);
}

/* The writer's result, or that of the buffer of clean text. */
static void note(struct out *out, int result)
{
    if (result < 0)
        out->failed = true;
}

/* ---- text -------------------------------------------------------------- */

/* Bytes of the character that text begins with, when XML 1.0 (2.2, Char)
 * allows it and it is no control character, which XML advises against and a
 * terminal may obey; else 0. */
static size_t allowed_length(const char *text, size_t len)
{
    size_t n = assay__utf8_length(text, len);
    unsigned char c = n > 0 ? (unsigned char)text[0] : 0;

    if (n == 1 &&
        (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r')))
        return 0;
    if (n == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0)
        return 0;
    /* U+FFFE and U+FFFF */
    if (n == 3 && memcmp(text, "\xef\xbf", 2) == 0 &&
        (unsigned char)text[2] >= 0xbe)
        return 0;
    return n;
}

/* @return borrowed until the next call */
static const xmlChar *clean_bytes(struct out *out, const char *text, size_t len)
{
    assay__strbuf_reset(&out->clean);
    while (len > 0 && out->clean.len + sizeof replacement < TEXT_MAX) {
        size_t n = allowed_length(text, len);

        if (n > 0)
            (void)assay__strbuf_add(&out->clean, text, n);
        else
            (void)assay__strbuf_adds(&out->clean, replacement);
        n += n == 0;
        text += n;
        len -= n;
    }
    if (out->clean.failed)
        out->failed = true;
    return (const xmlChar *)assay__strbuf_str(&out->clean);
}

static void begin(struct out *out, const char *name)
{
    note(out, xmlTextWriterStartElement(out->writer, as_xml(name)));
}

static void end(struct out *out)
{
    note(out, xmlTextWriterEndElement(out->writer));
}

static void attribute_bytes(struct out *out, const char *name, const char *text,
                            size_t len)
{
    const xmlChar *clean = clean_bytes(out, text, len);

    note(out, xmlTextWriterWriteAttribute(out->writer, as_xml(name), clean));
}

static void attribute(struct out *out, const char *name, const char *text)
{
    attribute_bytes(out, name, text, strlen(text));
}

static void attribute_number(struct out *out, const char *name, int64_t number)
{
    char text[32];

    (void)snprintf(text, sizeof text, "%" PRId64, number);
    attribute(out, name, text);
}

static void attribute_score(struct out *out, const char *name, double score)
{
    char text[32];

    assay__text_number(text, sizeof text, score);
    attribute(out, name, text);
}

static void attribute_time(struct out *out, const char *name, int64_t time_s)
{
    char text[ASSAY__WALL_CLOCK_TEXT_MAX];

    assay__wall_clock_rfc3339(time_s, text);
    attribute(out, name, text);
}

/* What was written, once the writer has let go of it. */
static assay_rc take(struct out *out, size_t max, char **text_out,
                     size_t *len_out, assay_error *err)
{
    const char *text;
    size_t len;

    note(out, xmlTextWriterFlush(out->writer));
    text = (const char *)xmlBufferContent(out->buffer);
    len = (size_t)xmlBufferLength(out->buffer);
    if (len > max)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "ActiveFilter: a document with all recipients "
                               "and their data would be over %zu bytes",
                               max);
    if (out->failed || !text)
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: document");
    *text_out = assay__text_dup(text, len);
    if (!*text_out)
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: document");
    *len_out = len;
    return ASSAY_OK;
}

/* ---- message ----------------------------------------------------------- */

/* A header value in one line, without the space around it. */
static void attribute_header(struct out *out, const char *name,
                             assay_bytes value)
{
    struct assay__strbuf line;

    assay__strbuf_init(&line, MESSAGE_ID_MAX);
    for (size_t i = 0; i < value.len && line.len < MESSAGE_ID_MAX; i++)
        if (value.data[i] != '\r' && value.data[i] != '\n' &&
            (line.len > 0 || (value.data[i] != ' ' && value.data[i] != '\t')))
            (void)assay__strbuf_addc(&line, value.data[i]);
    if (line.failed)
        out->failed = true;
    while (line.len > 0 && strchr(" \t", line.data[line.len - 1]))
        line.len--;
    attribute_bytes(out, name, line.len > 0 ? line.data : "", line.len);
    assay__strbuf_fini(&line);
}

static assay_rc put_message(struct out *out, assay_message *message,
                            int64_t time_s, assay_error *err)
{
    assay_bytes message_id;
    assay_part *root;
    assay_rc rc = assay_message_root(message, &root, err);

    if (rc != ASSAY_OK)
        return rc;
    begin(out, "message");
    if (assay_part_header(root, "Message-ID", 0, &message_id))
        attribute_header(out, "message-id", message_id);
    attribute(out, "queue-id", assay_message_id(message));
    attribute(out, "sender", assay_message_sender(message));
    attribute_time(out, "time", time_s);
    attribute_number(out, "size", (int64_t)assay_message_size(message));
    end(out);
    return ASSAY_OK;
}

/* ---- recipients -------------------------------------------------------- */

/* The data of an event, sorted by address, so that a thousand recipients find
 * theirs; those of one address stay in the order they were added. */
struct sorted {
    const struct assay__activefilter_datum **data; /* owned */
    size_t count;
};

/* Addresses compare without case: scripts write them as they like. */
static int compare_addresses(const char *a, const char *b)
{
    for (; *a != '\0' && assay__ascii_lower(*a) == assay__ascii_lower(*b); a++)
        b++;
    return (int)(unsigned char)assay__ascii_lower(*a) -
           (int)(unsigned char)assay__ascii_lower(*b);
}

static int compare_data(const void *a, const void *b)
{
    const struct assay__activefilter_datum *const *x = a, *const *y = b;
    int order = compare_addresses((*x)->address, (*y)->address);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static bool sort_data(const struct assay__activefilter_event *event,
                      struct sorted *sorted)
{
    sorted->count = event->data_count;
    sorted->data = calloc(event->data_count + 1, sizeof *sorted->data);
    if (!sorted->data)
        return false;
    for (size_t i = 0; i < event->data_count; i++)
        sorted->data[i] = &event->data[i];
    qsort(sorted->data, sorted->count, sizeof *sorted->data, compare_data);
    return true;
}

/* @return index of the first datum of an address, or of one behind it */
static size_t first_of(const struct sorted *sorted, const char *address)
{
    size_t low = 0, high = sorted->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_addresses(sorted->data[middle]->address, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_datum(struct out *out, const char *key, const char *value)
{
    const xmlChar *clean;

    begin(out, "data");
    attribute(out, "key", key);
    clean = clean_bytes(out, value, strlen(value));
    note(out, xmlTextWriterWriteString(out->writer, clean));
    end(out);
}

static void put_recipient(struct out *out, const char *id, size_t index,
                          const char *address, const struct sorted *sorted)
{
    char own_id[ASSAY__ACTIVEFILTER_ID_MAX + 32];
    size_t first = first_of(sorted, address), i = first;

    (void)snprintf(own_id, sizeof own_id, "%s-%zu", id, index);
    begin(out, "recipient");
    attribute(out, "id", own_id);
    attribute(out, "address", address);
    for (; i < sorted->count &&
           compare_addresses(sorted->data[i]->address, address) == 0;
         i++)
        put_datum(out, sorted->data[i]->key, sorted->data[i]->value);
    if (i == first) /* CM-29: the default */
        put_datum(out, "address", address);
    end(out);
}

/* Stops once it is too large: the caller finds that. */
static assay_rc put_recipients(struct out *out,
                               const struct assay__activefilter_event *event,
                               assay_error *err)
{
    size_t count = assay_message_recipient_count(event->message);
    struct sorted sorted;

    if (!sort_data(event, &sorted))
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: data");
    begin(out, "recipients");
    for (size_t i = 0; i < count && !out->failed; i++) {
        put_recipient(out, event->id, i,
                      assay_message_recipient(event->message, i), &sorted);
        note(out, xmlTextWriterFlush(out->writer));
        if (xmlBufferLength(out->buffer) > ASSAY__ACTIVEFILTER_DETAILS_MAX)
            break;
    }
    end(out);
    free(sorted.data);
    return ASSAY_OK;
}

assay_rc assay__activefilter_document_details(
    const struct assay__activefilter_event *event, int64_t time_s, char **out,
    size_t *len_out, assay_error *err)
{
    struct out o;
    assay_rc rc;

    if (!out_init(&o))
        rc = assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: document");
    else
        rc = put_message(&o, event->message, time_s, err);
    if (rc == ASSAY_OK)
        rc = put_recipients(&o, event, err);
    if (rc == ASSAY_OK)
        rc = take(&o, ASSAY__ACTIVEFILTER_DETAILS_MAX, out, len_out, err);
    out_fini(&o);
    return rc;
}

/* ---- the document ------------------------------------------------------ */

static bool is_spam(const struct assay__activefilter_document *document)
{
    return document->score > document->threshold;
}

const char *assay__activefilter_document_action(
    const struct assay__activefilter_document *document)
{
    if (document->revision == 0)
        return "none";
    if (document->mode == ASSAY_ACTIVEFILTER_MOVEMSG)
        return is_spam(document) ? "move-to-spam" : "move-to-inbox";
    if (document->mode == ASSAY_ACTIVEFILTER_DISCARD && is_spam(document))
        return "discard";
    return "none";
}

static void put_root(struct out *out,
                     const struct assay__activefilter_document *document)
{
    bool is_update = document->revision > 0;

    begin(out, "activefilter");
    attribute(out, "xmlns", ASSAY__ACTIVEFILTER_NAMESPACE);
    attribute(out, "version", "1");
    attribute(out, "type", is_update ? "update" : "registration");
    attribute(out, "id", document->id);
    attribute_number(out, "revision", document->revision);
    attribute_time(out, "time", document->time_s);
    attribute_score(out, "threshold", document->threshold);
    attribute_score(out, "score", document->score);
    if (is_update)
        attribute_score(out, "previous-score", document->previous_score);
    attribute(out, "judgement", is_spam(document) ? "spam" : "ham");
    attribute(out, "action", assay__activefilter_document_action(document));
}

static void put_mode(struct out *out,
                     const struct assay__activefilter_document *document)
{
    static const char *const names[] = {
        [ASSAY_ACTIVEFILTER_UNSET] = "keep",
        [ASSAY_ACTIVEFILTER_DISCARD] = "discard",
        [ASSAY_ACTIVEFILTER_KEEP] = "keep",
        [ASSAY_ACTIVEFILTER_MOVEMSG] = "movemsg",
    };

    begin(out, "mode");
    attribute(out, "name", names[document->mode]);
    if (document->mode == ASSAY_ACTIVEFILTER_MOVEMSG) {
        attribute(out, "inbox", document->inbox);
        attribute(out, "spam", document->spam);
        attribute(out, "unread-only", document->unread_only ? "yes" : "no");
    }
    end(out);
}

static void put_category(struct out *out, const char *name, const char *text,
                         const char *description)
{
    if (text[0] == '\0' && description[0] == '\0')
        return;
    begin(out, name);
    attribute(out, "name", text);
    if (description[0] != '\0')
        attribute(out, "description", description);
    end(out);
}

assay_rc assay__activefilter_document_write(
    const struct assay__activefilter_document *document, char **out,
    size_t *len_out, assay_error *err)
{
    const assay_score *judged = document->judged;
    struct out o;
    assay_rc rc;

    if (!out_init(&o)) {
        out_fini(&o);
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: document");
    }
    note(&o,
         xmlTextWriterWriteRaw(
             o.writer, as_xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")));
    put_root(&o, document);
    put_mode(&o, document);
    put_category(&o, "category", judged->category, judged->category_desc);
    put_category(&o, "sub-category", judged->sub_category,
                 judged->sub_category_desc);
    note(&o, xmlTextWriterWriteRawLen(o.writer, as_xml(document->details.data),
                                      (int)document->details.len));
    end(&o);
    rc = take(&o, SIZE_MAX, out, len_out, err);
    out_fini(&o);
    return rc;
}
