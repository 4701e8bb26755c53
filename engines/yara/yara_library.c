/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * libyara counts who initialised it, but not atomically; so this does, for the
 * instances of this module. What it changes of libyara's settings is for the
 * process: matched bytes are not copied, because nobody looks at them, and
 * libyara keeps up to a million matches of each string.
 *
 * Locking: one lock for the count. It is held while libyara initialises itself,
 * which allocates and waits for nothing.
 */
#include "yara_engine.h"

static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users; /* count_lock */

static int start_library(void)
{
    int code = yr_initialize();

    if (code != ERROR_SUCCESS)
        return code;
    code = yr_set_configuration_uint32(YR_CONFIG_MAX_MATCH_DATA, 0);
    if (code != ERROR_SUCCESS)
        (void)yr_finalize();
    return code;
}

assay_rc assay__yara_library_open(assay_error *err)
{
    int code = ERROR_SUCCESS;

    pthread_mutex_lock(&count_lock);
    if (users == 0)
        code = start_library();
    if (code == ERROR_SUCCESS)
        users++;
    pthread_mutex_unlock(&count_lock);
    if (code == ERROR_SUCCESS)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "libyara does not start: error %d", code);
}

void assay__yara_library_close(void)
{
    pthread_mutex_lock(&count_lock);
    if (--users == 0)
        (void)yr_finalize();
    pthread_mutex_unlock(&count_lock);
}
