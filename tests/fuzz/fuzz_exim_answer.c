/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Answers of assayd as the module for Exim reads them: what is read must be
 * printable where a client sees it, an edit must stay one header, and an answer
 * that was cut must never be one.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "edit.h"
#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_printable(const char *text)
{
    for (; *text != '\0'; text++)
        require(*text >= ' ' && *text <= '~');
}

static void check_reply(const struct assay__exim_answer *answer,
                        enum assay__exim_on_refused on_refused)
{
    struct assay__exim_reply reply;
    struct assay__exim_reason why = {""};
    char line[ASSAY__EXIM_REPLY_LINE_SIZE];

    if (!assay__exim_reply_read(&reply, answer, on_refused, &why)) {
        require(why.text[0] != '\0');
        check_printable(why.text);
        return;
    }
    assay__exim_reply_line(&reply, line);
    check_printable(line);
    switch (reply.action) {
    case ASSAY__EXIM_REJECT:
        require(reply.code / 100 == 5 && line[0] == '5');
        break;
    case ASSAY__EXIM_TEMPFAIL:
        require(reply.code / 100 == 4 && line[0] == '4');
        break;
    case ASSAY__EXIM_DISCARD:
    case ASSAY__EXIM_CONTINUE:
        require(reply.code == 0 && line[0] == '\0');
        break;
    }
}

static void check_edits(const struct assay__exim_answer *answer)
{
    struct assay__exim_edit edit;
    struct assay__exim_reason why = {""};
    const char *text;

    for (size_t at = 0;
         (text = assay__exim_answer_next(answer, "edit", &at));) {
        if (!assay__exim_edit_read(&edit, text, &why))
            continue;
        require(strlen(edit.line) <= ASSAY__EXIM_HEADER_MAX);
        require(strchr(edit.line, '\r') == NULL);
        for (const char *lf = edit.line; (lf = strchr(lf, '\n')); lf++)
            require(lf[1] == ' ' || lf[1] == '\t' || lf[1] == '\0');
        assay__exim_edit_clear(&edit);
    }
}

static bool read_answer(struct assay__exim_answer *answer, const uint8_t *data,
                        size_t size)
{
    struct assay__exim_reason why = {""};
    size_t scanned = 0;
    bool complete = false;

    memset(answer, 0, sizeof *answer);
    answer->bytes.limit = ASSAY__EXIM_ANSWER_MAX;
    assay__exim_buffer_add(&answer->bytes, data, size);
    return !answer->bytes.failed && size > 0 &&
           assay__exim_answer_is_complete(answer, &scanned, &complete, &why) &&
           complete && assay__exim_answer_parse(answer, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay__exim_answer answer, cut;

    if (read_answer(&answer, data, size)) {
        check_reply(&answer, ASSAY__EXIM_REFUSED_REJECT);
        check_reply(&answer, ASSAY__EXIM_REFUSED_DROP);
        check_edits(&answer);
        for (size_t length = 0; length < size && size < 1000; length++) {
            require(!read_answer(&cut, data, length));
            assay__exim_answer_clear(&cut);
        }
    }
    assay__exim_answer_clear(&answer);
    return 0;
}
