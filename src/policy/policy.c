/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/policy.h"

#include "base/text.h"
#include "policy/disposition.h"
#include "policy/language_module.h"
#include "policy/outcome.h"
#include "policy/session.h"

/* What one automatic scan gathers while its engines run in turn. */
struct hook_scan {
    const assay_log *log;
    struct assay__scan_record *record;
    assay_context *context;
    assay_disposition disposition;
    bool faulty; /* a variable could not be set: scripts would read "clean" */
};

static void note_engine(void *arg, const struct assay__scope *scope,
                        const struct assay__engine_instance *engine,
                        const assay_verdict *verdict)
{
    struct hook_scan *scan = arg;
    assay_disposition disposition;
    assay_error err = {0};

    if (assay__outcome_set_variables(scan->context, engine, verdict, &err) !=
        ASSAY_OK) {
        scan->faulty = true;
        assay_log_write(scan->log, ASSAY_LOG_ERROR, "scan.variables_failed",
                        "scope=%s engine=%s error=\"%s\"", scope->name,
                        engine->name, err.msg);
    }
    assay__scan_record_engine(scan->record, verdict);
    assay__outcome_disposition(scope, engine, verdict, &disposition);
    assay__outcome_keep_severest(&scan->disposition, &disposition);
}

static assay_flow run_scope(const struct assay__policy *policy,
                            const struct assay__policy_module *module,
                            const assay_call *call)
{
    struct hook_scan scan = {
        .log = policy->log,
        .record = assay__session_record(call->session),
        .context = assay_message_context(call->message),
    };
    struct assay__dispatch request = {
        .message = call->message,
        .hook = true,
        .connection = assay_session_context(call->session),
        .pulse = assay__session_pulse(call->session),
    };
    assay_verdict verdict;

    assay__disposition_continue(&scan.disposition);
    assay__dispatch_scope(&policy->dispatcher, module->scope, &request,
                          note_engine, &scan, &verdict);
    assay__scan_record_add(scan.record, &verdict, true);
    if (scan.faulty && scan.disposition.action == ASSAY_ACTION_CONTINUE)
        (void)assay__disposition_reply(&scan.disposition, 451,
                                       "4.3.0 Local error in processing", NULL);
    if (scan.disposition.action == ASSAY_ACTION_CONTINUE)
        return ASSAY_FLOW_CONTINUE;
    assay__outcome_keep_severest(assay__session_reply(call->session),
                                 &scan.disposition);
    return ASSAY_FLOW_DONE;
}

static void answer_failure(const assay_call *call)
{
    /* 421 is a code it takes, so it cannot fail. */
    assay_rc rc = assay_session_disconnect(
        call->session, 421, "4.3.0 Local error in processing", NULL);

    (void)rc;
}

static assay_flow run_language(const struct assay__policy *policy,
                               const struct assay__policy_module *module,
                               void **state, const assay_call *call)
{
    assay_flow flow = ASSAY_FLOW_CONTINUE;
    assay_error err = {0};
    assay_rc rc = module->ops->run(module->instance, state, call, &flow, &err);

    if (rc == ASSAY_OK)
        return flow;
    assay__text_unquote(err.msg);
    assay_log_write(policy->log, ASSAY_LOG_ERROR, "policy.failed",
                    "module=%s phase=%s id=%s code=%s error=\"%s\"",
                    module->name, assay_phase_name(call->phase),
                    call->message ? assay_message_id(call->message) : "",
                    assay_rc_name(rc), err.msg);
    answer_failure(call);
    return ASSAY_FLOW_DONE;
}

static void name_decider(const struct assay__policy_module *module,
                         assay_disposition *reply)
{
    if (reply->action != ASSAY_ACTION_CONTINUE && reply->module[0] == '\0')
        assay__text_copy(reply->module, sizeof reply->module, module->name);
}

uint32_t assay__policy_phases(const struct assay__policy *policy)
{
    uint32_t phases = policy->maildirs && policy->maildirs->count > 0
                          ? UINT32_C(1) << ASSAY_PHASE_RCPTTO
                          : 0;

    for (size_t i = 0; i < policy->count; i++) {
        const struct assay__policy_module *module = &policy->modules[i];

        phases |= module->kind == ASSAY__POLICY_LANGUAGE
                      ? assay__language_phases(module->ops, module->instance)
                      : UINT32_C(1) << ASSAY_PHASE_DATA;
    }
    return phases;
}

/* The one line that tells who refused what, when and how (AV-36). */
void assay__policy_log_answer(const struct assay__policy *policy,
                              const assay_call *call)
{
    const assay_disposition *reply = assay__session_reply(call->session);
    char text[sizeof reply->text];

    if (reply->action == ASSAY_ACTION_CONTINUE)
        return;
    assay__text_copy(text, sizeof text, reply->text);
    assay__text_unquote(text);
    assay_log_write(policy->log, ASSAY_LOG_INFO, "policy.answer",
                    "module=%s phase=%s action=%s code=%d id=%s peer=%s "
                    "text=\"%s\"",
                    reply->module, assay_phase_name(call->phase),
                    assay_action_name(reply->action), reply->code,
                    call->message ? assay_message_id(call->message) : "",
                    assay_session_peer(call->session), text);
}

void assay__policy_run(const struct assay__policy *policy, void **states,
                       const assay_call *call)
{
    assay__disposition_continue(assay__session_reply(call->session));
    for (size_t i = 0; i < policy->count; i++) {
        const struct assay__policy_module *module = &policy->modules[i];
        assay_flow flow = ASSAY_FLOW_CONTINUE;

        if (module->kind == ASSAY__POLICY_LANGUAGE)
            flow = run_language(policy, module, &states[i], call);
        else if (call->phase == ASSAY_PHASE_DATA)
            flow = run_scope(policy, module, call);
        name_decider(module, assay__session_reply(call->session));
        if (flow == ASSAY_FLOW_DONE)
            break;
    }
    assay__policy_log_answer(policy, call);
}
