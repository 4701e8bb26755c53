/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What libclamav logs. It has one callback for the whole process; which scan
 * or load a message belongs to is known by the thread alone, because it works
 * on the caller's thread. (The context argument of the callback is no help: it
 * is not set while loading, and a host that uses libclamav itself would hand
 * us its own.) Hence the only mutable file-scope state of this engine.
 */
#include "clamav_engine.h"

#include <stdio.h>
#include <string.h>

static _Thread_local struct assay__clamav_messages *current;

/* Parts of messages, without case, that say a system call or an allocation
 * failed. The first match counts. */
static const struct {
    const char *text;
    assay_reason reason;
} faults[] = {
    {"too many open files", ASSAY_REASON_DESCRIPTORS},
    {"dup() failed", ASSAY_REASON_DESCRIPTORS},
    {"memory", ASSAY_REASON_MEMORY},
    {"malloc", ASSAY_REASON_MEMORY},
    {"calloc", ASSAY_REASON_MEMORY},
    {"realloc", ASSAY_REASON_MEMORY},
    {"allocat", ASSAY_REASON_MEMORY},
    {"mmap", ASSAY_REASON_MEMORY},
    {"can't create", ASSAY_REASON_TEMPORARY},
    {"can't open", ASSAY_REASON_TEMPORARY},
    {"can't write", ASSAY_REASON_TEMPORARY},
    {"can't generate", ASSAY_REASON_TEMPORARY},
    {"can't read", ASSAY_REASON_TEMPORARY},
    {"can't mkdir", ASSAY_REASON_TEMPORARY},
    {"failed to create", ASSAY_REASON_TEMPORARY},
    {"failed to write", ASSAY_REASON_TEMPORARY},
    {"failed to open", ASSAY_REASON_TEMPORARY},
    {"temporary", ASSAY_REASON_TEMPORARY},
    {"tempfile", ASSAY_REASON_TEMPORARY},
    {"temp file", ASSAY_REASON_TEMPORARY},
    {"no space", ASSAY_REASON_TEMPORARY},
    {"write error", ASSAY_REASON_TEMPORARY},
    {"mkdir", ASSAY_REASON_TEMPORARY},
};

static assay_reason classify(const char *text)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcasestr(text, faults[i].text))
            return faults[i].reason;
    return ASSAY_REASON_NONE;
}

/* Copies one line. */
static void keep(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%.*s", (int)strcspn(text, "\r\n"), text);
}

void assay__clamav_messages_add(struct assay__clamav_messages *messages,
                                const char *text)
{
    assay_reason reason = classify(text);

    if (!strncmp(text, "Can't load ", 11) && !messages->database[0])
        keep(messages->database, sizeof messages->database, text + 11);
    if (reason == ASSAY_REASON_NONE)
        messages->unknown++;
    if (!messages->first[0] || (reason && !messages->fault))
        keep(messages->first, sizeof messages->first, text);
    if (!messages->fault)
        messages->fault = reason;
}

static void receive(enum cl_msg severity, const char *full, const char *text,
                    void *context)
{
    (void)full;
    (void)context;
    if (current && severity >= CL_MSG_WARN)
        assay__clamav_messages_add(current, text);
}

void assay__clamav_messages_install(void)
{
    cl_set_clcb_msg(receive);
}

void assay__clamav_messages_begin(struct assay__clamav_messages *messages)
{
    memset(messages, 0, sizeof *messages);
    messages->outer = current;
    current = messages;
}

void assay__clamav_messages_end(struct assay__clamav_messages *messages)
{
    current = messages->outer;
}
