/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <assay/error.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* In parentheses: for the analyzer the name is a macro as well. */
assay_rc(assay_error_set)(assay_error *err, assay_rc code, const char *fmt, ...)
{
    int saved = errno;
    va_list args;

    if (err) {
        err->code = code;
        va_start(args, fmt);
        (void)vsnprintf(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
    }
    errno = saved;
    return code;
}

const char *assay_rc_name(assay_rc code)
{
    switch (code) {
    case ASSAY_OK:
        return "ok";
    case ASSAY_E_NOMEM:
        return "memory";
    case ASSAY_E_INVAL:
        return "invalid";
    case ASSAY_E_NOTFOUND:
        return "not-found";
    case ASSAY_E_EXISTS:
        return "exists";
    case ASSAY_E_IO:
        return "io";
    case ASSAY_E_LIMIT:
        return "limit";
    case ASSAY_E_ABI:
        return "abi";
    case ASSAY_E_CONF:
        return "configuration";
    case ASSAY_E_UNAVAILABLE:
        return "unavailable";
    case ASSAY_E_STATE:
        return "state";
    case ASSAY_E_TIMEOUT:
        return "timeout";
    case ASSAY_E_SCRIPT:
        return "script";
    }
    return "unknown";
}
