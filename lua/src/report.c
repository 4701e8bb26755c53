/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "report.h"

#include <stdio.h>
#include <string.h>

/* More lines than this say nothing new: a traceback has 23. */
#define REPORT_LINES_MAX 64

/* Who speaks: `module=x callout=y ` or `script=x ` or "". */
static void format_source(const struct lassay_run *run, char *out, size_t size)
{
    out[0] = '\0';
    if (run && run->module && run->callout)
        snprintf(out, size, "module=\"%s\" callout=%s ", run->module,
                 run->callout);
    else if (run && run->script)
        snprintf(out, size, "script=\"%s\" ", run->script);
}

/* Quoted values stay one value: the quotes of the text are turned, and what
 * print joins with tabs is read with blanks. */
static void copy_line(char *out, size_t size, const char *line, size_t len)
{
    size_t i;

    for (i = 0; i < len && i < size - 1; i++) {
        char c = line[i];

        if (c == '"')
            c = '\'';
        else if (c == '\t')
            c = ' ';
        out[i] = c;
    }
    out[i] = '\0';
}

void lassay_report_text(const struct lassay_interp *interp,
                        assay_log_level level, const char *event,
                        const char *text)
{
    char source[ASSAY_NAME_MAX * 4];
    char line[ASSAY_LOG_LINE_MAX];

    format_source(interp->run, source, sizeof source);
    for (int i = 0; i < REPORT_LINES_MAX; i++) {
        size_t len = strcspn(text, "\n");

        copy_line(line, sizeof line, text, len);
        assay_log_write(interp->options->log, level, event, "%stext=\"%s\"",
                        source, line);
        if (text[len] == '\0' || text[len + 1] == '\0')
            return;
        text += len + 1;
    }
}

assay_rc lassay_report_failure(const struct lassay_interp *interp,
                               const char *text, assay_error *err)
{
    const struct lassay_run *run = interp->run;
    int len = (int)strcspn(text, "\n");

    lassay_report_text(interp, ASSAY_LOG_ERROR, "lua.error", text);
    if (run->module && run->callout)
        return assay_error_set(err, ASSAY_E_SCRIPT, "module \"%s\", %s: %.*s",
                               run->module, run->callout, len, text);
    return assay_error_set(err, ASSAY_E_SCRIPT, "script \"%s\": %.*s",
                           run->script ? run->script : "", len, text);
}
