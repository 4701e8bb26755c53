/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The policy of a generation: validation modules in configuration order.
 * Built by one thread, then immutable.
 *
 * An antivirus scope acts in phase data; a language in every phase it has a
 * callout for. The first module that answers DONE ends the phase; what was
 * set with set_code, disconnect or discard is the disposition of the phase.
 */
#ifndef ASSAY_POLICY_POLICY_H
#define ASSAY_POLICY_POLICY_H

#include <assay/policy.h>

#include "scan/dispatcher.h"
#include "scan/scorer.h"
#include "store/activefilter.h"
#include "store/maildir.h"

enum assay__policy_kind { ASSAY__POLICY_SCOPE, ASSAY__POLICY_LANGUAGE };

struct assay__policy_module {
    enum assay__policy_kind kind;
    char name[ASSAY_NAME_MAX * 2 + 2]; /* "antivirus:av1", "scriptlet:…" */
    const struct assay__scope *scope;  /* of a SCOPE; borrowed */
    const assay_language_ops *ops;     /* of a LANGUAGE; static */
    void *instance;                    /* of a LANGUAGE; borrowed */
};

struct assay__policy {
    const struct assay__policy_module *modules;
    size_t count;
    struct assay__dispatcher dispatcher;
    struct assay__scorer *scorer;     /* NULL: no stanza cloudmark */
    assay_activefilter *activefilter; /* of the scorer; NULL likewise */
    bool is_trial;                    /* ActiveFilter tells nobody */
    assay_message_limits limits;
    const struct assay__maildirs *maildirs; /* NULL: none */
    const char *virus_headers; /* who tells in the mail what its scan came
                                  to: "Assay 0.1.0"; NULL: nobody */
    const assay_log *log;
};

/** Bits (1 << assay_phase) of the phases in which a module may answer. */
uint32_t assay__policy_phases(const struct assay__policy *policy);

/**
 * Run the modules for one phase.
 *
 * @param states  one pointer per module, the language's per-session state
 * @param call    call->session's reply is the result (policy/session.h)
 * A failing script leaves "421, disconnect" as the reply and ends the phase.
 */
void assay__policy_run(const struct assay__policy *policy, void **states,
                       const assay_call *call);
/** Log the reply of a phase, unless it is CONTINUE. Every answer is logged by
 *  this once; assay__policy_run() does it. */
void assay__policy_log_answer(const struct assay__policy *policy,
                              const assay_call *call);

#endif
