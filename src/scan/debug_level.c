/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/debug_level.h"

#include <stddef.h>

/* The old words outnumber our levels. */
const assay_conf_word assay__debug_level_words[] = {
    {"DEBUG", ASSAY_LOG_DEBUG, NULL},
    {"INFO", ASSAY_LOG_INFO, NULL},
    {"NOTICE", ASSAY_LOG_INFO, NULL},
    {"WARNING", ASSAY_LOG_WARN, NULL},
    {"ERROR", ASSAY_LOG_ERROR, NULL},
    {"CRITICAL", ASSAY_LOG_ERROR, NULL},
    {NULL, 0, NULL},
};

assay_log assay__debug_level_log(const assay_log *log, int debug_level)
{
    assay_log copy = {0};

    if (!log)
        return copy;
    copy = *log;
    if (debug_level > (int)copy.threshold)
        copy.threshold = (assay_log_level)debug_level;
    return copy;
}
