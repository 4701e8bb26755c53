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
 *
 *   control.c            from a line to a command; help
 *   control_line.c       words and quotes
 *   control_reply.c      text, JSON and XML
 *   control_<area>.c     the commands
 *   control_server.c     who may connect, and what they may use up;
 *   control_client.c     one of them
 */
#ifndef ASSAY_RUNTIME_CONTROL_H
#define ASSAY_RUNTIME_CONTROL_H

#include <jansson.h>

#include <assay/assay.h>
#include <assay/control.h>

#include "base/strbuf.h"

#define ASSAY__CONTROL_PEER_MAX 64
/** Most bytes of an answer; what is longer fails. */
#define ASSAY__CONTROL_REPLY_MAX 4194304 /* 4 MiB */

/** What one console connection keeps between its commands. */
struct assay__control_session {
    assay *library;
    assay_control_host host; /* what the host does itself */
    bool may_change;         /* whether commands that change something are
                                allowed */
    char peer[ASSAY__CONTROL_PEER_MAX]; /* for the log: "uid=0 pid=1234" */
    void *config; /* the open configuration transaction; owned by
                     control_config.c; NULL: none */
};

struct assay__control_reply {
    struct assay__strbuf text; /* lines that end with LF */
    json_t *data;              /* owned; an object; NULL: { } */
    bool failed;               /* exit status 1; text says why */
    bool incomplete;           /* data lacks something: no memory */
};

struct assay__control_call {
    struct assay__control_session *session;
    const char *target;      /* of "antivirus:av1 stats": "av1"; else "" */
    size_t argc;             /* words behind the command's name */
    const char *const *argv; /* unquoted; ends with NULL */
    struct assay__control_reply *reply;
};

struct assay__control_command {
    const char *name;      /* one word or more: "cache list", or with a
                              target: "antivirus: stats" */
    const char *arguments; /* for help: "[NAME]"; "" for none, and then
                              words behind the name are refused */
    const char *summary;   /* one line */
    bool changes;          /* something; needs session->may_change */
    void (*run)(const struct assay__control_call *call);
    bool is_singleton; /* a target is an old form, taken and not shown */
};

/** Tables, each ends with name NULL; control.c lists them. */
extern const struct assay__control_command assay__control_antivirus[];
extern const struct assay__control_command assay__control_caches[];
extern const struct assay__control_command assay__control_cloudmark[];
extern const struct assay__control_command assay__control_config[];
extern const struct assay__control_command assay__control_counters[];
extern const struct assay__control_command assay__control_host[];
extern const struct assay__control_command assay__control_pools[];
extern const struct assay__control_command assay__control_scanners[];

/** Release what control_config.c keeps with a session. */
void assay__control_config_end(struct assay__control_session *session);

/* ---- for commands (control_reply.c) ------------------------------------ */

/** Fail a command: text "…\n" behind what is there, failed set. */
void assay__control_fail(const struct assay__control_call *call,
                         const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Append to the text. */
void assay__control_say(const struct assay__control_call *call,
                        const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Set a member of the reply's own object; takes value. */
void assay__control_tell(const struct assay__control_call *call,
                         const char *key, json_t *value);
/** Set a member of an object of the reply; takes value. NULL for either means
 *  that memory ran out, which the reply remembers. */
void assay__control_put(const struct assay__control_call *call, json_t *object,
                        const char *key, json_t *value);
/** Append to an array of the reply; as assay__control_put(). */
void assay__control_append(const struct assay__control_call *call,
                           json_t *array, json_t *value);
/** A JSON string of any bytes: what is not UTF-8 becomes '?'. NULL counts as
 *  "". @return NULL: no memory */
json_t *assay__control_string(const char *text);
/** A JSON number of a counter. */
json_t *assay__control_number(uint64_t value);

/* ---- one command line (control.c) -------------------------------------- */

/**
 * Run one command line.
 *
 * @param line   len bytes without the line end; any bytes
 * @param reply  initialised; filled. reply->text is the answer in the form
 *               that was asked for (text, JSON, XML); reply->data is gone
 * Threads: any, one at a time for a session. Blocks: as the command does; no
 * scan waits for it.
 */
void assay__control_run(struct assay__control_session *session,
                        const char *line, size_t len,
                        struct assay__control_reply *reply);
void assay__control_reply_init(struct assay__control_reply *reply);
void assay__control_reply_fini(struct assay__control_reply *reply);

#endif
