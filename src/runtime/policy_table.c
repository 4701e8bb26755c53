/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/policy_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "scan/engine_table.h"

enum {
    TABLE_MAX = 1 << 20, /* bytes of one scope's text */
    VARIABLE_MAX = 256,
    REASON_MAX = 96 /* "action = reject, error_code = 451" */
};

/* ---- what engines say -------------------------------------------------- */

static bool is_remote(const assay_engine_module *table, const void *settings)
{
    return assay__engine_table_flags(table, settings) & ASSAY_ENGINE_REMOTE;
}

bool assay__engine_size_option(const assay_engine_module *table,
                               const void *settings, const char *name,
                               uint64_t *out)
{
    const assay_conf_option *option = table->conf->options;

    if (is_remote(table, settings))
        return false;
    for (; option && option->name; option++) {
        if (option->type != ASSAY_CONF_SIZE ||
            !assay__text_equal(option->name, name))
            continue;
        memcpy(out, (const char *)settings + option->offset, sizeof *out);
        return true;
    }
    return false;
}

uint64_t assay__engine_largest(const struct assay__engine_instance *engine,
                               const char **option_out)
{
    uint64_t largest = UINT64_MAX, own;

    *option_out = NULL;
    if (engine->options.max_size > 0) {
        largest = engine->options.max_size;
        *option_out = "max_size";
    }
    if (assay__engine_size_option(engine->table, engine->core->settings,
                                  "max_filesize", &own) &&
        own > 0 && own < largest) {
        largest = own;
        *option_out = "max_filesize";
    }
    return largest;
}

/* ---- cause and answer -------------------------------------------------- */

static const struct cause {
    const char *name;
    assay_status status;
    assay_reason reason;
} causes[] = {
    {"infected", ASSAY_STATUS_INFECTED, ASSAY_REASON_NONE},
    {"unscannable", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_PARTIAL},
    {"oversize", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_OVERSIZE},
    {"encrypted", ASSAY_STATUS_UNSCANNABLE, ASSAY_REASON_ENCRYPTED},
    {"not suitable", ASSAY_STATUS_NOT_SUITABLE, ASSAY_REASON_NONE},
    {"error", ASSAY_STATUS_ERROR, ASSAY_REASON_ENGINE},
    {"timeout", ASSAY_STATUS_ERROR, ASSAY_REASON_TIMEOUT},
    {"overload", ASSAY_STATUS_ERROR, ASSAY_REASON_OVERLOAD},
};

static const char *answer_word(const struct assay__scope_options *options,
                               const struct assay__scope_decision *decision)
{
    if (strcmp(decision->option, "action") == 0)
        return options->action == ASSAY__SCAN_PASS ? "pass" : "reject";
    switch (decision->answer) {
    case ASSAY__ANSWER_REJECT:
        return "reject";
    case ASSAY__ANSWER_TEMPFAIL:
        return "tempfail";
    default:
        return "pass";
    }
}

static void add_cause(struct assay__strbuf *out,
                      const struct assay__scope_options *options,
                      const struct cause *cause)
{
    const assay_verdict verdict = {.status = cause->status,
                                   .reason = cause->reason};
    const struct assay__scope_decision decision =
        assay__scope_decide(options, &verdict);
    char answer[16], why[REASON_MAX];
    int len = snprintf(why, sizeof why, "%s = %s", decision.option,
                       answer_word(options, &decision));

    (void)snprintf(answer, sizeof answer, "%d", decision.code);
    if (decision.answer == ASSAY__ANSWER_TEMPFAIL)
        (void)snprintf(why + len, sizeof why - (size_t)len,
                       ", error_code = %" PRId64 "%s", options->error_code,
                       decision.code == options->error_code ? ""
                                                            : " is no 4xx");
    (void)assay__strbuf_addf(out, "  %-14s %-7s %s\n", cause->name,
                             decision.code > 0 ? answer : "pass", why);
}

/* ---- values ------------------------------------------------------------ */

static const char *yes_no(bool value)
{
    return value ? "yes" : "no";
}

static void add_text(struct assay__strbuf *out, const char *label,
                     const char *value)
{
    (void)assay__strbuf_addf(out, "  %-14s %s\n", label, value);
}

static void add_sizes(struct assay__strbuf *out,
                      const struct assay__generation *generation,
                      const struct assay__engine_instance *engine)
{
    const size_t message = generation->policy.limits.max_message_bytes;
    const char *option;
    uint64_t largest = assay__engine_largest(engine, &option);

    if (largest >= message) {
        (void)assay__strbuf_addf(
            out, "  %-14s all%s, up to Max_Message_Size = %zu\n", "sizes",
            is_remote(engine->table, engine->core->settings)
                ? " that its server takes"
                : "",
            message);
        return;
    }
    (void)assay__strbuf_addf(out,
                             "  %-14s up to %" PRIu64
                             " (%s); above that oversize,\n"
                             "  %-14s refused above Max_Message_Size = %zu\n",
                             "sizes", largest, option, "", message);
}

static void add_values(struct assay__strbuf *out,
                       const struct assay__generation *generation,
                       const struct assay__engine_instance *engine)
{
    const struct assay__scope_options *o = &engine->options;

    add_text(out, "enabled",
             o->enabled ? "yes" : "no: passive, scans only when a policy asks");
    (void)assay__strbuf_addf(out, "  %-14s %" PRId64 " s\n", "timeout",
                             o->timeout_s);
    (void)assay__strbuf_addf(
        out, "  %-14s %s", "pool",
        assay__pool_of_engine(engine->table, engine->core->settings, o));
    if (o->max_concurrency > 0)
        (void)assay__strbuf_addf(out, ", at most %" PRId64 " scans at once",
                                 o->max_concurrency);
    (void)assay__strbuf_addf(
        out, "\n  %-14s %" PRId64 " infected, %" PRId64 " clean\n", "cache",
        o->cache_size, o->clean_cache_size);
    add_text(out, "mime_decompose", yes_no(o->mime_decompose));
    add_text(out, "paranoid", yes_no(o->paranoid));
    add_text(out, "use_wire_rep", yes_no(o->use_wire_rep));
    add_text(out, "file_base", o->file_base ? o->file_base : "none");
    add_text(out, "skipped by", o->skip_context_variable);
    add_sizes(out, generation, engine);
}

static void render_body(struct assay__strbuf *out,
                        const struct assay__generation *generation,
                        const struct assay__engine_instance *engine)
{
    (void)assay__strbuf_adds(out, "\n  cause          answer  decided by\n");
    for (size_t i = 0; i < ASSAY_COUNT_OF(causes); i++)
        add_cause(out, &engine->options, &causes[i]);
    (void)assay__strbuf_addc(out, '\n');
    add_values(out, generation, engine);
}

/* ---- engines that share a table ---------------------------------------- */

static void add_engine_line(struct assay__strbuf *out,
                            const struct assay__engine_instance *engine)
{
    char name[VARIABLE_MAX] = "";

    (void)assay__engine_status_variable(engine, name, sizeof name);
    (void)assay__strbuf_addf(out, "  %s \"%s\" sets %s, %s_info\n",
                             engine->table->name, engine->name, name, name);
}

/* All engines from @first on whose body is the same; marks them done. */
static void add_group(const struct assay__generation *generation,
                      const struct assay__scope *scope, size_t first,
                      bool *done, struct assay__strbuf *out)
{
    struct assay__strbuf body, other;

    assay__strbuf_init(&body, TABLE_MAX);
    assay__strbuf_init(&other, TABLE_MAX);
    render_body(&body, generation, scope->engines[first]);
    (void)assay__strbuf_addf(out, "%santivirus \"%s\"\n",
                             out->len > 0 ? "\n" : "", scope->name);
    for (size_t i = first; i < scope->engine_count; i++) {
        assay__strbuf_reset(&other);
        render_body(&other, generation, scope->engines[i]);
        if (done[i] ||
            strcmp(assay__strbuf_str(&body), assay__strbuf_str(&other)) != 0)
            continue;
        done[i] = true;
        add_engine_line(out, scope->engines[i]);
    }
    (void)assay__strbuf_add(out, assay__strbuf_str(&body), body.len);
    out->failed = out->failed || body.failed || other.failed;
    assay__strbuf_fini(&body);
    assay__strbuf_fini(&other);
}

assay_rc assay__policy_table(const struct assay__generation *generation,
                             const struct assay__scope *scope,
                             struct assay__strbuf *out, assay_error *err)
{
    bool *done = calloc(scope->engine_count + 1, sizeof *done);

    if (!done)
        return assay_error_set(err, ASSAY_E_NOMEM, "policy table");
    if (scope->engine_count == 0)
        (void)assay__strbuf_addf(out, "%santivirus \"%s\"\n  no engine\n",
                                 out->len > 0 ? "\n" : "", scope->name);
    for (size_t i = 0; i < scope->engine_count; i++)
        if (!done[i])
            add_group(generation, scope, i, done, out);
    free(done);
    if (out->failed)
        return assay_error_set(err, ASSAY_E_NOMEM, "policy table");
    return ASSAY_OK;
}
