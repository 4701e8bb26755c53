/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Console commands: what an administrator asks of a running library.
 *
 * A command is one entry of a table. It writes its answer twice: `text` in
 * the documented layout, and `data` as JSON, from which --json and the old
 * `xml` prefix are made. It runs in a thread of the console, never in one
 * that scans, and takes no lock that a scan waits for longer than it takes to
 * copy numbers.
 */
#ifndef ASSAY_RUNTIME_CONTROL_H
#define ASSAY_RUNTIME_CONTROL_H

#include <jansson.h>

#include <assay/assay.h>

#include "base/strbuf.h"

/** What one console connection keeps between its commands. */
struct assay__control_session {
    assay *library;
    bool may_change; /* whether commands that change something are allowed */
    char peer[64];   /* for the log: "uid=0 pid=1234" */
    void *config;    /* the open configuration transaction; owned by
                        control_config.c; NULL: none */
};

struct assay__control_reply {
    struct assay__strbuf text; /* lines that end with LF */
    json_t *data;              /* owned; NULL: { } */
    bool failed;               /* exit status 1; text says why */
};

struct assay__control_call {
    struct assay__control_session *session;
    const char *target;      /* of "antivirus:av1 stats": "av1"; else "" */
    size_t argc;             /* words behind the command's name */
    const char *const *argv; /* unquoted; ends with NULL */
    struct assay__control_reply *reply;
};

struct assay__control_command {
    const char *name;      /* one or two words: "cache list", or with a
                              target: "antivirus: stats" */
    const char *arguments; /* for help: "[NAME]"; "" for none */
    const char *summary;   /* one line */
    bool changes;          /* something; needs session->may_change */
    void (*run)(const struct assay__control_call *call);
};

/** Tables, each ends with name NULL; control.c lists them. */
extern const struct assay__control_command assay__control_antivirus[];
extern const struct assay__control_command assay__control_caches[];
extern const struct assay__control_command assay__control_config[];
extern const struct assay__control_command assay__control_counters[];
extern const struct assay__control_command assay__control_host[];
extern const struct assay__control_command assay__control_pools[];

/** Release what control_config.c keeps with a session. */
void assay__control_config_end(struct assay__control_session *session);

/** Fail a command: text "…\n", failed set. */
void assay__control_fail(struct assay__control_reply *reply, const char *format,
                         ...) __attribute__((format(printf, 2, 3)));

#endif
