/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The functions for ${dlfunc{…}}. What comes from a mail or a policy is marked
 * as tainted, as Exim wants it; fixed words are not.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DLFUNC_IMPL
#include <local_scan.h>

#include "message_check.h"
#include "exports.h"

/* "mess." and the name of a variable; longer names have none. */
enum { KEY_SIZE = 256 };

static int fail(uschar **yield, const char *reason)
{
    *yield = string_copy(CUS reason);
    return DEFER;
}

static int give(uschar **yield, const char *text)
{
    *yield = string_copy_taint(CUS(text ? text : ""), GET_TAINTED);
    return OK;
}

/* What there is when nothing was checked and that is to be no obstacle. */
static int give_unchecked(uschar **yield, const struct assay__exim_check *check,
                          const char *unchecked)
{
    log_write(0, LOG_MAIN, "assay: unchecked (on_failure = accept): %s",
              check->why.text);
    return give(yield, unchecked);
}

/* The check, if it was done; else what to return. */
static const struct assay__exim_check *get_check(uschar **yield, int argc,
                                                 uschar *argv[],
                                                 const char *unchecked,
                                                 int *status_out)
{
    const struct assay__exim_check *check =
        assay__exim_check_get(-1, CSS argv, argc);

    if (check->state == ASSAY__EXIM_CHECK_DONE)
        return check;
    if (unchecked && check->state == ASSAY__EXIM_CHECK_FAILED &&
        check->options.on_failure == ASSAY__EXIM_FAILURE_ACCEPT)
        *status_out = give_unchecked(yield, check, unchecked);
    else
        *status_out = fail(yield, check->why.text);
    return NULL;
}

static int give_value(uschar **yield, int argc, uschar *argv[], const char *key,
                      const char *unchecked)
{
    int status = DEFER;
    const struct assay__exim_check *check =
        get_check(yield, argc, argv, unchecked, &status);

    return check ? give(yield, assay__exim_answer_get(&check->answer, key))
                 : status;
}

int assay_verdict(uschar **yield, int argc, uschar *argv[])
{
    return give_value(yield, argc, argv, "status", "error");
}

int assay_info(uschar **yield, int argc, uschar *argv[])
{
    return give_value(yield, argc, argv, "info", "");
}

int assay_action(uschar **yield, int argc, uschar *argv[])
{
    int status = DEFER;
    const struct assay__exim_check *check =
        get_check(yield, argc, argv, "continue", &status);

    return check ? give(yield, assay__exim_reply_action(&check->reply))
                 : status;
}

int assay_context(uschar **yield, int argc, uschar *argv[])
{
    char key[KEY_SIZE];
    const char *name;
    bool has_kind;

    if (argc < 1)
        return fail(yield, "assay_context wants the name of a variable");
    name = CCS argv[0];
    has_kind = strncmp(name, "conn.", 5) == 0 || strncmp(name, "mess.", 5) == 0;
    if (snprintf(key, sizeof key, "%s%s", has_kind ? "" : "mess.", name) >=
        KEY_SIZE)
        return fail(yield, "assay_context: the name is too long");
    return give_value(yield, argc - 1, argv + 1, key, "");
}

int assay_reply(uschar **yield, int argc, uschar *argv[])
{
    char line[ASSAY__EXIM_REPLY_LINE_SIZE];
    int status = DEFER;
    const struct assay__exim_check *check =
        get_check(yield, argc, argv, "", &status);

    if (!check)
        return status;
    assay__exim_reply_line(&check->reply, line);
    return give(yield, line);
}
