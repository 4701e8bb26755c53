/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>

#include "stanzas/host_stanzas.h"

/* As the findings in a configuration say it. */
static const char *level_word(assay_log_level level)
{
    return level == ASSAY_LOG_WARN ? "warning" : assay_log_level_name(level);
}

static void write_log(void *arg, assay_log_level level, const char *line)
{
    char text[ASSAY_LOG_LINE_MAX + 32];

    (void)snprintf(text, sizeof text, "assay: %s: %s\n", level_word(level),
                   line);
    assay__progress_write(arg, stderr, text);
}

/* The text has no end of its last line. */
static void write_diagnostic(void *arg, const char *text)
{
    char *lines;

    if (asprintf(&lines, "%s\n", text) < 0)
        return; /* the number of findings is told even so */
    assay__progress_write(arg, stderr, lines);
    free(lines);
}

void assay__options_init(assay_options *options, const char *config_path,
                         int verbosity, struct assay__progress *progress)
{
    *options = (assay_options)ASSAY_OPTIONS_INIT;
    options->config_path = config_path ? config_path : ASSAY_CONFIG_PATH;
    options->host_stanzas = assay__host_stanzas;
    options->log = write_log;
    options->log_arg = progress;
    options->log_level = verbosity <= 0   ? ASSAY_LOG_WARN
                         : verbosity == 1 ? ASSAY_LOG_INFO
                                          : ASSAY_LOG_DEBUG;
    options->diagnostic = write_diagnostic;
    options->diagnostic_arg = progress;
}

bool assay__options_surplus(int argc, char *const *argv, int first)
{
    if (first >= argc)
        return false;
    (void)fprintf(stderr, "assay: unexpected argument \"%s\"\n", argv[first]);
    return true;
}
