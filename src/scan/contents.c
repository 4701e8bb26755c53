/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/contents.h"

#include "base/sizes.h"
#include "mail/part.h"
#include "mail/readings.h"
#include "scan/finding.h"

#define MS_PER_S 1000

static assay_reason error_reason(assay_rc rc)
{
    switch (rc) {
    case ASSAY_E_NOMEM:
        return ASSAY_REASON_MEMORY;
    case ASSAY_E_UNAVAILABLE:
        return ASSAY_REASON_TEMPORARY;
    default:
        return ASSAY_REASON_ENGINE;
    }
}

static void fail(assay_rc rc, const assay_error *err, assay_verdict *verdict)
{
    if (rc == ASSAY_E_LIMIT)
        assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                            ASSAY_REASON_LIMIT, err->msg);
    else
        assay__verdict_fail(verdict, ASSAY_STATUS_ERROR, error_reason(rc),
                            err->msg);
}

/* ---- sources ------------------------------------------------------------ */

static void part_source(assay_part *part, const char *reading, bool is_apart,
                        struct assay__source *source)
{
    assay_part_info info;

    assay_part_get_info(part, &info);
    *source = (struct assay__source){.kind = ASSAY_CONTENT_PART,
                                     .encoded = info.body,
                                     .encoding = info.encoding,
                                     .media_type = info.media_type,
                                     .file_name = info.file_name,
                                     .reading = reading,
                                     .part = part,
                                     .is_apart = is_apart};
}

static enum assay__contents_step message_source(assay_message *message,
                                                assay_rendition rendition,
                                                struct assay__source *source,
                                                assay_verdict *verdict)
{
    assay_error err = {0};
    assay_bytes bytes;
    assay_rc rc = assay_message_bytes(message, rendition, &bytes, &err);

    if (rc != ASSAY_OK) {
        fail(rc, &err, verdict);
        return ASSAY__CONTENTS_FAILED;
    }
    *source = (struct assay__source){
        .kind = ASSAY_CONTENT_MESSAGE,
        .encoded = bytes,
        .encoding = ASSAY_ENCODING_BINARY,
        .media_type = "message/rfc822",
        .reading =
            rendition == ASSAY_RENDITION_RECEIVED ? "unstuffed" : "default",
        .is_apart = rendition != ASSAY_RENDITION_RECEIVED};
    return ASSAY__CONTENTS_NEXT;
}

static bool is_for_file(const assay_part *part, const char *file_base)
{
    return file_base && !assay__part_is_decoded(part) &&
           assay__part_decode_room(part) > ASSAY__PART_IN_MEMORY_MAX;
}

/* @return as decode_part() */
static assay_rc decode_to_file(assay_part *part, const char *file_base,
                               struct assay__temp_map *map,
                               assay_bytes *bytes_out, size_t *defects_out,
                               assay_error *err)
{
    assay_rc rc =
        assay__temp_map_new(file_base, assay__part_decode_room(part), map, err);
    size_t len = 0;

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__part_decode_to(part, map->data, &len, defects_out, err);
    if (rc == ASSAY_OK)
        *bytes_out = (assay_bytes){map->data, len};
    else
        assay__temp_map_free(map);
    return rc;
}

/* @return ASSAY_E_UNAVAILABLE too: no temporary file */
static assay_rc decode_part(assay_part *part, const char *file_base,
                            struct assay__temp_map *map, assay_bytes *bytes_out,
                            size_t *defects_out, assay_error *err)
{
    assay_rc rc = ASSAY_E_NOTFOUND;

    if (is_for_file(part, file_base))
        rc = decode_to_file(part, file_base, map, bytes_out, defects_out, err);
    if (rc != ASSAY_E_NOTFOUND)
        return rc;
    return assay_part_decode(part, bytes_out, defects_out, err);
}

bool assay__source_load(const struct assay__source *source,
                        const char *file_base, struct assay__loaded *loaded_out,
                        assay_verdict *verdict)
{
    struct assay__temp_map map = {0};
    assay_bytes bytes = source->encoded;
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;
    size_t defects = 0;

    if (source->part)
        rc = decode_part(source->part, file_base, &map, &bytes, &defects, &err);
    if (rc != ASSAY_OK) {
        fail(rc, &err, verdict);
        return false;
    }
    loaded_out->content = (assay_content){.kind = source->kind,
                                          .data = bytes.data,
                                          .size = bytes.len,
                                          .media_type = source->media_type,
                                          .file_name = source->file_name,
                                          .reading = source->reading};
    loaded_out->defects = defects;
    loaded_out->map = map;
    return true;
}

void assay__loaded_release(struct assay__loaded *loaded)
{
    assay__temp_map_free(&loaded->map);
}

/* ---- stages ------------------------------------------------------------- */

static bool is_whole_message(const struct assay__contents *contents)
{
    return contents->run->message && !contents->run->request->part;
}

/* For stages of a single content: true the first time. */
static bool begin_stage(struct assay__contents *contents)
{
    bool is_first = !contents->is_begun;

    contents->is_begun = true;
    return is_first;
}

static enum assay__contents_step next_given(struct assay__contents *contents,
                                            struct assay__source *source,
                                            assay_verdict *verdict)
{
    const assay_content *content = contents->run->content;

    (void)verdict;
    if (is_whole_message(contents) || !begin_stage(contents))
        return ASSAY__CONTENTS_OVER;
    if (contents->run->request->part)
        part_source(contents->run->request->part, "default", true, source);
    else
        *source =
            (struct assay__source){.kind = content->kind,
                                   .encoded = {content->data, content->size},
                                   .encoding = ASSAY_ENCODING_BINARY,
                                   .media_type = content->media_type,
                                   .file_name = content->file_name,
                                   .reading = content->reading};
    return ASSAY__CONTENTS_NEXT;
}

static bool is_decomposed(const struct assay__contents *contents)
{
    return is_whole_message(contents) &&
           (contents->options->mime_decompose || contents->wants_parts);
}

/* Skips to the next leaf that has a body. @return NULL at the end */
static assay_part *leaf_at(assay_part *part, assay_part_info *info)
{
    for (; part; part = assay_part_thread(part)) {
        assay_part_get_info(part, info);
        if (!info->is_container && info->body.len > 0)
            return part;
    }
    return NULL;
}

static enum assay__contents_step next_leaf(struct assay__contents *contents,
                                           struct assay__source *source,
                                           assay_verdict *verdict)
{
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;
    assay_part_info info;
    assay_part *part;

    if (!is_decomposed(contents))
        return ASSAY__CONTENTS_OVER;
    if (begin_stage(contents))
        rc = assay_message_root(contents->run->message, &contents->part, &err);
    if (rc != ASSAY_OK) {
        fail(rc, &err, verdict);
        return ASSAY__CONTENTS_FAILED;
    }
    part = leaf_at(contents->part, &info);
    if (!part)
        return ASSAY__CONTENTS_OVER;
    contents->part = assay_part_thread(part);
    contents->leaf_count++;
    part_source(part, "default", true, source);
    source->is_leaf = contents->options->mime_decompose;
    return ASSAY__CONTENTS_NEXT;
}

size_t assay__contents_leaves_left(const struct assay__contents *contents)
{
    size_t count = 0;
    assay_part_info info;

    for (assay_part *part = leaf_at(contents->part, &info); part;
         part = leaf_at(assay_part_thread(part), &info))
        count++;
    return count;
}

/* Whether the leaves are all that any reader would find. */
static bool are_leaves_enough(const struct assay__contents *contents)
{
    assay_message *message = contents->run->message;

    return contents->options->mime_decompose && contents->leaf_count > 0 &&
           !contents->is_in_doubt && assay_message_tree_limits(message) == 0 &&
           assay__readings_agree_on_tree(message);
}

static enum assay__contents_step next_message(struct assay__contents *contents,
                                              struct assay__source *source,
                                              assay_verdict *verdict)
{
    if (!is_whole_message(contents) || !begin_stage(contents) ||
        (is_decomposed(contents) && are_leaves_enough(contents)))
        return ASSAY__CONTENTS_OVER;
    contents->has_message = true;
    return message_source(contents->run->message,
                          contents->options->use_wire_rep
                              ? ASSAY_RENDITION_WIRE
                              : ASSAY_RENDITION_CANONICAL,
                          source, verdict);
}

/* Dot-stuffing puts bytes between those of an attachment that is not encoded,
 * and the reader of the mail never sees them: so what is delivered is looked
 * at as well. @return false for most messages, where both are the same */
static bool is_stuffed(const struct assay__contents *contents)
{
    assay_message *message = contents->run->message;
    assay_bytes wire, received;

    return contents->options->use_wire_rep &&
           assay_message_bytes(message, ASSAY_RENDITION_WIRE, &wire, NULL) ==
               ASSAY_OK &&
           assay_message_bytes(message, ASSAY_RENDITION_RECEIVED, &received,
                               NULL) == ASSAY_OK &&
           wire.len != received.len;
}

static enum assay__contents_step next_unstuffed(
    struct assay__contents *contents, struct assay__source *source,
    assay_verdict *verdict)
{
    if (!contents->has_message || !begin_stage(contents) ||
        !is_stuffed(contents))
        return ASSAY__CONTENTS_OVER;
    return message_source(contents->run->message, ASSAY_RENDITION_RECEIVED,
                          source, verdict);
}

/* Those parts that the engine's own reader may have passed over. */
static enum assay__contents_step next_hidden(struct assay__contents *contents,
                                             struct assay__source *source,
                                             assay_verdict *verdict)
{
    assay_part *part = NULL;
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;

    if (!contents->has_message || is_decomposed(contents))
        return ASSAY__CONTENTS_OVER;
    if (begin_stage(contents)) {
        rc = assay_message_root(contents->run->message, &part, &err);
        assay__hidden_walk_init(&contents->hidden, part);
    }
    if (rc != ASSAY_OK) {
        fail(rc, &err, verdict);
        return ASSAY__CONTENTS_FAILED;
    }
    part = assay__hidden_walk_next(&contents->hidden);
    if (!part)
        return ASSAY__CONTENTS_OVER;
    part_source(part, "hidden part", false, source);
    return ASSAY__CONTENTS_NEXT;
}

/* Made once for all engines of the request. */
static assay_rc make_readings(const struct assay__contents *contents,
                              assay_error *err)
{
    const struct assay__run *run = contents->run;
    const struct assay__reading_bounds bounds = {
        .deadline_ms = run->start_ms + contents->options->timeout_s * MS_PER_S};

    if (*run->readings)
        return ASSAY_OK;
    return assay__readings_new(run->message, &bounds, run->readings, err);
}

/* What is a file in a text, or a mail with an encoding, is for the engine's
 * own reader to open; for one that has none, other readings have it. */
static bool wants_readings(const struct assay__contents *contents)
{
    return contents->options->paranoid ||
           (contents->wants_parts && contents->has_message);
}

static enum assay__contents_step next_reading(struct assay__contents *contents,
                                              struct assay__source *source,
                                              assay_verdict *verdict)
{
    const struct assay__reading_leaf *leaf;
    struct assay__readings *readings;
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;

    if (!is_whole_message(contents) || !wants_readings(contents))
        return ASSAY__CONTENTS_OVER;
    if (begin_stage(contents))
        rc = make_readings(contents, &err);
    if (rc != ASSAY_OK) {
        fail(rc, &err, verdict);
        return ASSAY__CONTENTS_FAILED;
    }
    readings = *contents->run->readings;
    if (!readings || contents->reading_index >= assay__readings_count(readings))
        return ASSAY__CONTENTS_OVER;
    leaf = assay__readings_leaf(readings, contents->reading_index++);
    *source = (struct assay__source){.kind = ASSAY_CONTENT_PART,
                                     .encoded = leaf->data,
                                     .encoding = ASSAY_ENCODING_BINARY,
                                     .media_type = leaf->media_type,
                                     .file_name = leaf->file_name,
                                     .reading = leaf->reading,
                                     .is_apart = true};
    return ASSAY__CONTENTS_NEXT;
}

typedef enum assay__contents_step next_in_stage(
    struct assay__contents *contents, struct assay__source *source,
    assay_verdict *verdict);

static next_in_stage *const stages[] = {next_given,   next_leaf,
                                        next_message, next_unstuffed,
                                        next_hidden,  next_reading};

void assay__contents_begin(struct assay__contents *contents,
                           const struct assay__run *run,
                           const struct assay__scope_options *options,
                           bool wants_parts)
{
    *contents = (struct assay__contents){
        .run = run, .options = options, .wants_parts = wants_parts};
}

enum assay__contents_step assay__contents_next(struct assay__contents *contents,
                                               struct assay__source *source,
                                               assay_verdict *verdict)
{
    while (contents->stage < ASSAY_COUNT_OF(stages)) {
        enum assay__contents_step step =
            stages[contents->stage](contents, source, verdict);

        if (step != ASSAY__CONTENTS_OVER)
            return step;
        contents->stage++;
        contents->is_begun = false;
    }
    return ASSAY__CONTENTS_OVER;
}
