/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * ActiveFilter: a document that somebody put into the mailbox, and texts of
 * mails and scripts on their way into one, which must come out readable.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/activefilter_document.h"
#include "store/activefilter_document_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_reading(const uint8_t *data, size_t size)
{
    assay_activefilter_mail mail = {.name = "x"};
    assay_bytes xml = {(const char *)data, size};

    if (assay__activefilter_document_read(xml, &mail, NULL) != ASSAY_OK)
        require(mail.id[0] == '\0' && mail.recipients == 0);
    else
        require(mail.score >= 0 && mail.score <= 100 && mail.id[0] != '\0');
    require(strcmp(mail.name, "x") == 0);
}

/* A message that is the text, with the text for sender, key and value. */
static char *write_document(const char *text, size_t len, size_t *len_out)
{
    struct assay__activefilter_datum datum = {text, "key", text};
    assay_score score = {.score = 50};
    struct assay__activefilter_event event = {
        .id = "id", .score = &score, .data = &datum, .data_count = 1};
    struct assay__activefilter_document document = {
        .id = "id",
        .mode = ASSAY_ACTIVEFILTER_MOVEMSG,
        .inbox = text,
        .spam = text,
        .score = 50,
        .judged = &score,
    };
    char *details = NULL, *xml = NULL;

    require(assay_message_new_borrowed(text, len, NULL, &event.message, NULL) ==
            ASSAY_OK);
    require(assay_message_set_sender(event.message, text, NULL) == ASSAY_OK);
    require(assay_message_add_recipient(event.message, text, NULL) == ASSAY_OK);
    if (assay__activefilter_document_details(
            &event, 0, &details, &document.details.len, NULL) == ASSAY_OK) {
        document.details.data = details;
        require(assay__activefilter_document_write(&document, &xml, len_out,
                                                   NULL) == ASSAY_OK);
    }
    free(details);
    assay_message_free(&event.message);
    return xml;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    assay_activefilter_mail mail = {.name = ""};
    char *text = malloc(size + 1), *xml;
    size_t len = 0;

    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    check_reading(data, size);
    xml = write_document(text, size, &len);
    if (xml) {
        require(assay__activefilter_document_read((assay_bytes){xml, len},
                                                  &mail, NULL) == ASSAY_OK);
        require(strcmp(mail.id, "id") == 0 && mail.recipients == 1);
    }
    free(xml);
    free(text);
    return 0;
}
