/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A header value: as text (RFC 2047), as a structured value (RFC 2231), and
 * as a milter delivers it: then the header block must hold what follows.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <assay/message.h>

#include "mail/mime_param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_text(assay_bytes value)
{
    struct assay__strbuf again;
    char *text = NULL, *twice = NULL;

    require(assay_header_decode(value, &text, NULL) == ASSAY_OK);
    /* a repaired text needs no repair */
    require(assay_header_decode((assay_bytes){text, strlen(text)}, &twice,
                                NULL) == ASSAY_OK);
    free(text);
    free(twice);
    assay__strbuf_init(&again, 16 * value.len + 64);
    (void)!assay__mime_param(value, "name", true, &again);
    (void)!assay__mime_param(value, "boundary", false, &again);
    assay__strbuf_fini(&again);
}

static void check_milter_header(const char *value)
{
    assay_message *message = NULL;
    assay_bytes last;

    require(assay_message_new(NULL, &message, NULL) == ASSAY_OK);
    require(assay_message_append_header(message, value, value, NULL) ==
            ASSAY_OK);
    require(assay_message_append_header(message, "Last", "x", NULL) ==
            ASSAY_OK);
    require(assay_message_finish(message, NULL) == ASSAY_OK);
    require(assay_message_header(message, "Last", 0, &last, NULL) == ASSAY_OK);
    require(last.len == 1);
    require(assay_message_header(message, "Last", 1, &last, NULL) ==
            ASSAY_E_NOTFOUND);
    assay_message_free(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *value = malloc(size + 2);

    require(value != NULL);
    value[0] = 'X'; /* so that no name is empty, or "Last" */
    if (size > 0)
        memcpy(value + 1, data, size);
    value[size + 1] = '\0';
    check_text((assay_bytes){value + 1, size});
    check_milter_header(value);
    free(value);
    return 0;
}
