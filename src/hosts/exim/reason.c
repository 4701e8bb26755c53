/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "reason.h"

#include <stdarg.h>
#include <stdio.h>

bool assay__exim_reason_set(struct assay__exim_reason *why, const char *format,
                            ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    for (char *p = why->text; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~')
            *p = '?';
    }
    return false;
}
