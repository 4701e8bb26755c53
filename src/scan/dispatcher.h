/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The dispatcher: runs a scope's engines over a message or a part and merges
 * what they say into one verdict. It is the only place that makes CLEAN, and
 * it makes it from complete coverage alone.
 *
 * Order: instances as configured; the first INFECTED ends it; else the worst
 * of ERROR > UNSCANNABLE > NOT_SUITABLE > CLEAN.
 */
#ifndef ASSAY_SCAN_DISPATCHER_H
#define ASSAY_SCAN_DISPATCHER_H

#include <assay/message.h>
#include <assay/verdict.h>

#include "scan/pulse.h"
#include "scan/scope.h"

/** All scopes of a generation; borrowed scopes, in configuration order. */
struct assay__dispatcher {
    struct assay__scope *const *scopes;
    size_t scope_count;
    const assay_log *log;
};

struct assay__dispatch {
    assay_message *message; /* whole message, or NULL with part set */
    assay_part *part;       /* one leaf */
    const char *engine;     /* NULL: all; engine or instance name, no case */
    bool hook;              /* automatic scan: passive engines are left out */
    const assay_context *connection; /* for the skip variable; may be NULL */
    struct assay__pulse *pulse;      /* told while waiting; may be NULL */
    int64_t spent_ms; /* of every timeout, on earlier requests for the message
                       */
};

/** Told after each engine, in order; for variables and logs. May be NULL. */
typedef void assay__dispatch_each(void *arg, const struct assay__scope *scope,
                                  const struct assay__engine_instance *engine,
                                  const assay_verdict *verdict);

/**
 * Scan with one scope. Threads: any. Blocks until the scope's timeout.
 * verdict_out is set in every case; NO_ENGINE when no instance matches,
 * NAME_TOO_LONG, PART_IS_CONTAINER, SKIPPED as documented.
 */
void assay__dispatch_scope(const struct assay__dispatcher *dispatcher,
                           const struct assay__scope *scope,
                           const struct assay__dispatch *request,
                           assay__dispatch_each *each, void *arg,
                           assay_verdict *verdict_out);

/** Scan with all scopes in order, merged by the same rule. */
void assay__dispatch_all(const struct assay__dispatcher *dispatcher,
                         const struct assay__dispatch *request,
                         assay__dispatch_each *each, void *arg,
                         assay_verdict *verdict_out);

/** Scan content that is no mail (a file, a canary), with all engines. */
void assay__dispatch_content(const struct assay__dispatcher *dispatcher,
                             const assay_content *content,
                             assay_verdict *verdict_out);

/** Name of the index-th engine module in use, each once; NULL at the end. */
const char *assay__dispatch_engine(const struct assay__dispatcher *dispatcher,
                                   size_t index);

/** Merge: *into becomes the worse of both; INFECTED is never replaced. Both are
 *  about the same bytes, so the larger gap in the coverage counts. */
void assay__verdict_merge(assay_verdict *into, const assay_verdict *from);
/** The same for verdicts about different bytes: coverage adds up. */
void assay__verdict_add(assay_verdict *into, const assay_verdict *from);

#endif
