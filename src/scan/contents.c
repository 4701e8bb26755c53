/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/contents.h"

#include "base/sizes.h"
#include "scan/finding.h"

static void fail(assay_rc rc, const assay_error *err, assay_verdict *verdict)
{
    if (rc == ASSAY_E_LIMIT)
        assay__verdict_fail(verdict, ASSAY_STATUS_UNSCANNABLE,
                            ASSAY_REASON_LIMIT, err->msg);
    else
        assay__verdict_fail(verdict, ASSAY_STATUS_ERROR,
                            rc == ASSAY_E_NOMEM ? ASSAY_REASON_MEMORY
                                                : ASSAY_REASON_ENGINE,
                            err->msg);
}

/* ---- sources ------------------------------------------------------------ */

static void part_source(assay_part *part, const char *reading,
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
                                     .part = part};
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
            rendition == ASSAY_RENDITION_RECEIVED ? "unstuffed" : "default"};
    return ASSAY__CONTENTS_NEXT;
}

bool assay__source_load(const struct assay__source *source,
                        assay_content *content_out, assay_verdict *verdict)
{
    assay_bytes bytes = source->encoded;
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;

    if (source->part)
        rc = assay_part_decode(source->part, &bytes, NULL, &err);
    if (rc != ASSAY_OK) {
        fail(rc, &err, verdict);
        return false;
    }
    *content_out = (assay_content){.kind = source->kind,
                                   .data = bytes.data,
                                   .size = bytes.len,
                                   .media_type = source->media_type,
                                   .file_name = source->file_name,
                                   .reading = source->reading};
    return true;
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
        part_source(contents->run->request->part, "default", source);
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

static enum assay__contents_step next_message(struct assay__contents *contents,
                                              struct assay__source *source,
                                              assay_verdict *verdict)
{
    if (!is_whole_message(contents) || !begin_stage(contents))
        return ASSAY__CONTENTS_OVER;
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
    if (!is_whole_message(contents) || !begin_stage(contents) ||
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

    if (!is_whole_message(contents))
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
    part_source(part, "hidden part", source);
    return ASSAY__CONTENTS_NEXT;
}

typedef enum assay__contents_step next_in_stage(
    struct assay__contents *contents, struct assay__source *source,
    assay_verdict *verdict);

static next_in_stage *const stages[] = {next_given, next_message,
                                        next_unstuffed, next_hidden};

void assay__contents_begin(struct assay__contents *contents,
                           const struct assay__run *run,
                           const struct assay__scope_options *options)
{
    *contents = (struct assay__contents){.run = run, .options = options};
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
