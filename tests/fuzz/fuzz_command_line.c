/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A line of the console in words: quoted again, the words must be the same.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "runtime/control_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void quote(const struct assay__control_line *line,
                  struct assay__strbuf *out)
{
    for (size_t i = 0; i < line->count; i++) {
        (void)assay__strbuf_adds(out, " \"");
        for (const char *c = line->words[i]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                (void)assay__strbuf_addc(out, '\\');
            (void)assay__strbuf_addc(out, *c);
        }
        (void)assay__strbuf_addc(out, '"');
    }
    require(!out->failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay__control_line line, again;
    struct assay__strbuf quoted;
    char *text = malloc(size > 0 ? size : 1); /* its end is a bound for ASan */

    require(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    if (assay__control_line_split(text, size, &line, NULL) == ASSAY_OK) {
        require(line.words[line.count] == NULL);
        assay__strbuf_init(&quoted, 8 * size + 64);
        quote(&line, &quoted);
        if (assay__control_line_split(assay__strbuf_str(&quoted), quoted.len,
                                      &again, NULL) == ASSAY_OK) {
            require(again.count == line.count);
            for (size_t i = 0; i < line.count; i++)
                require(strcmp(again.words[i], line.words[i]) == 0);
            assay__control_line_fini(&again);
        } /* else the quotes made it too long */
        assay__strbuf_fini(&quoted);
        assay__control_line_fini(&line);
    }
    free(text);
    return 0;
}
