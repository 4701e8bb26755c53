/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Compiling rules, and the canary: a rule of ours among them for a text that
 * only this instance knows. Rules that miss it do not look, whatever they say
 * of mail.
 *
 * Each file is a namespace, so two files may have rules of one name, and a
 * global rule restricts its own file only. External variables are not defined
 * and includes are off: what a rule means is in its file. A file with an error
 * spoils the compiler it was given to; the files behind it are then given to
 * others, so that all errors are told at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "yara_engine.h"

/* No file has it: what begins with a dot is left out. */
#define CANARY_NAMESPACE ".canary"

enum {
    WARNINGS_MAX = 20, /* of the compiler, that are logged for one load */
    ERRORS_MAX = 100,  /* likewise */
    TEXT_MAX = 256
};

/* One load; the compiler's callback gets it. */
struct load {
    const struct assay__yara *self;
    const char *file; /* that is compiled */
    const char *text; /* of it */
    unsigned errors, warnings;
    char first[ASSAY_ERROR_MAX - 64]; /* error, with its place */
};

bool assay__yara_rule_is_canary(const YR_RULE *rule)
{
    return strcmp(rule->ns->name, CANARY_NAMESPACE) == 0;
}

/* ---- compiling ---------------------------------------------------------- */

/* Where the file ends too early the compiler says 0. */
static int last_line(const char *text)
{
    int line = 1;

    for (; *text; text++)
        line += *text == '\n' && text[1] != '\0';
    return line;
}

static void note_error(struct load *load, int line, const char *text)
{
    if (line <= 0)
        line = last_line(load->text);
    if (load->errors++ == 0)
        (void)snprintf(load->first, sizeof load->first, "%s:%d: %s", load->file,
                       line, text);
    if (load->errors <= ERRORS_MAX)
        assay_log_write(&load->self->log, ASSAY_LOG_ERROR, "yara.broken_rules",
                        "instance=%s file=\"%s\" line=%d reason=\"%s\"",
                        load->self->name, load->file, line, text);
}

static void note_warning(struct load *load, int line, const char *text)
{
    if (++load->warnings <= WARNINGS_MAX)
        assay_log_write(&load->self->log, ASSAY_LOG_WARN, "yara.warning",
                        "instance=%s file=\"%s\" line=%d reason=\"%s\"",
                        load->self->name, load->file, line, text);
}

/* libyara puts the names of things in quotes, as the log does its values. */
static void on_compiler_message(int level, const char *file, int line,
                                const YR_RULE *rule, const char *message,
                                void *arg)
{
    char text[TEXT_MAX];

    (void)file; /* NULL: it was given a text */
    (void)rule;
    (void)snprintf(text, sizeof text, "%s", message ? message : "");
    for (char *c = text; *c; c++)
        if (*c == '"')
            *c = '\'';
    if (level == YARA_ERROR_LEVEL_ERROR)
        note_error(arg, line, text);
    else
        note_warning(arg, line, text);
}

/* @return NULL: out of memory */
static YR_COMPILER *new_compiler(struct load *load)
{
    YR_COMPILER *compiler;

    if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
        return NULL;
    yr_compiler_set_callback(compiler, on_compiler_message, load);
    yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
    return compiler;
}

/* @return false: an error was noted; the compiler is of no more use */
static bool add_text(YR_COMPILER *compiler, struct load *load, const char *name,
                     const char *text)
{
    unsigned before = load->errors;
    char words[64];
    bool is_added;

    load->file = name;
    load->text = text;
    is_added = yr_compiler_add_string(compiler, text, name) == 0;
    if (!is_added && load->errors == before) { /* no memory to say more */
        (void)snprintf(words, sizeof words, "error %d of libyara",
                       compiler->last_error);
        note_error(load, compiler->last_error_line, words);
    }
    load->text = NULL;
    return is_added;
}

/* A compiler serves until an error, because many of them take long to make. */
static void look_for_more_errors(struct load *load,
                                 const struct assay__yara_files *files,
                                 size_t at)
{
    YR_COMPILER *compiler = NULL;

    for (; at < files->count && load->errors <= ERRORS_MAX; at++) {
        if (!compiler)
            compiler = new_compiler(load);
        if (!compiler)
            return;
        if (add_text(compiler, load, files->files[at].name,
                     files->files[at].text))
            continue;
        yr_compiler_destroy(compiler);
        compiler = NULL;
    }
    if (compiler)
        yr_compiler_destroy(compiler);
}

static bool add_canary(YR_COMPILER *compiler, struct load *load,
                       const char *marker)
{
    char text[TEXT_MAX];

    (void)snprintf(text, sizeof text,
                   "rule canary { strings: $a = \"%s\" condition: $a }",
                   marker);
    return add_text(compiler, load, CANARY_NAMESPACE, text);
}

static assay_rc refuse(const struct load *load, assay_error *err)
{
    if (load->errors == 1)
        return assay_error_set(err, ASSAY_E_INVAL, "%s", load->first);
    return assay_error_set(err, ASSAY_E_INVAL,
                           "%s (and %u more errors, see the log)", load->first,
                           load->errors - 1);
}

static assay_rc compile_all(YR_COMPILER *compiler, struct load *load,
                            const struct assay__yara_files *files,
                            struct assay__yara_rules *rules, assay_error *err)
{
    int code;

    for (size_t i = 0; i < files->count; i++)
        if (!add_text(compiler, load, files->files[i].name,
                      files->files[i].text)) {
            look_for_more_errors(load, files, i + 1);
            return refuse(load, err);
        }
    if (!add_canary(compiler, load, rules->marker))
        return refuse(load, err);
    code = yr_compiler_get_rules(compiler, &rules->compiled);
    if (code == ERROR_SUCCESS)
        return ASSAY_OK;
    rules->compiled = NULL;
    return assay_error_set(
        err, code == ERROR_INSUFFICIENT_MEMORY ? ASSAY_E_NOMEM : ASSAY_E_INVAL,
        "libyara cannot compile the rules: error %d", code);
}

static assay_rc count_rules(const struct assay__yara *self,
                            struct assay__yara_rules *rules, assay_error *err)
{
    rules->count = rules->compiled->num_rules - 1; /* the canary */
    if (rules->count == 0)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the rules in %s: there is no rule in any file",
                               self->settings.rules);
    if (rules->count > self->settings.max_rules)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "the rules in %s: %" PRIu32
                               " rules, more than max_rules",
                               self->settings.rules, rules->count);
    return ASSAY_OK;
}

static void log_load(const struct load *load,
                     const struct assay__yara_files *files)
{
    const struct assay__yara *self = load->self;

    if (load->warnings > WARNINGS_MAX)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "yara.warnings",
                        "instance=%s count=%u shown=%d", self->name,
                        load->warnings, WARNINGS_MAX);
    if (files->left_out)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "yara.compiled_rules",
                        "instance=%s count=%zu reason=\"compiled rules are "
                        "not loaded, because libyara runs them unchecked\"",
                        self->name, files->left_out);
    if (files->linked)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "yara.linked_folders",
                        "instance=%s count=%zu reason=\"links to folders are "
                        "not followed; none of their rules is in use\"",
                        self->name, files->linked);
}

static assay_rc compile(const struct assay__yara *self,
                        const struct assay__yara_files *files,
                        struct assay__yara_rules *rules, assay_error *err)
{
    struct load load = {.self = self};
    YR_COMPILER *compiler = new_compiler(&load);
    assay_rc rc;

    if (!compiler)
        return assay_error_set(err, ASSAY_E_NOMEM, "yara: compiler");
    rc = compile_all(compiler, &load, files, rules, err);
    yr_compiler_destroy(compiler);
    log_load(&load, files);
    return rc == ASSAY_OK ? count_rules(self, rules, err) : rc;
}

/* ---- the canary --------------------------------------------------------- */

static assay_rc draw_marker(char marker[ASSAY__YARA_MARKER], assay_error *err)
{
    unsigned char random[(ASSAY__YARA_MARKER - 1) / 2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return assay_error_set(err, ASSAY_E_IO, "no random numbers: %m");
    for (size_t i = 0; i < sizeof random; i++)
        (void)snprintf(marker + 2 * i, 3, "%02x", random[i]);
    return ASSAY_OK;
}

static assay_rc miss(const struct assay__yara *self,
                     const struct assay__yara_outcome *outcome,
                     assay_error *err)
{
    if (outcome->code == ERROR_SCAN_TIMEOUT)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "the rules in %s take longer than the timeout, "
                               "%" PRId64 " ms, for one line of text",
                               self->settings.rules, self->timeout_ms);
    if (outcome->code != ERROR_SUCCESS)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "the rules in %s: error %d of libyara in a test",
                               self->settings.rules, outcome->code);
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "the rules in %s miss a test text of ours",
                           self->settings.rules);
}

/* The text of the canary, and one without it.
 * @param harmless  of the second */
static assay_rc look_at_both(const struct assay__yara *self,
                             const struct assay__yara_rules *rules,
                             struct assay__yara_outcome *harmless,
                             assay_error *err)
{
    struct assay__yara_outcome found;
    char text[TEXT_MAX];
    int size = snprintf(text, sizeof text, "The canary sings %s, and well.\r\n",
                        rules->marker);

    assay__yara_look(self, rules, text, (size_t)size, self->timeout_ms, &found);
    if (found.code != ERROR_SUCCESS || !found.has_canary)
        return miss(self, &found, err);
    size = snprintf(text, sizeof text, "The canary sings nothing.\r\n");
    assay__yara_look(self, rules, text, (size_t)size, self->timeout_ms,
                     harmless);
    if (harmless->code != ERROR_SUCCESS || harmless->has_canary)
        return miss(self, harmless, err);
    return ASSAY_OK;
}

assay_rc assay__yara_rules_prove(const struct assay__yara *self,
                                 const struct assay__yara_rules *rules,
                                 assay_error *err)
{
    struct assay__yara_outcome harmless;

    return look_at_both(self, rules, &harmless, err);
}

/* Besides the canary: what only running the rules shows. */
static assay_rc try_out(const struct assay__yara *self,
                        const struct assay__yara_rules *rules, assay_error *err)
{
    struct assay__yara_outcome harmless;
    assay_rc rc = look_at_both(self, rules, &harmless, err);

    if (rc != ASSAY_OK)
        return rc;
    if (harmless.foreign_module)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the rules in %s import the module '%s', which "
                               "has nothing to say of mail here",
                               self->settings.rules, harmless.foreign_module);
    if (harmless.worst)
        assay_log_write(&self->log, ASSAY_LOG_WARN, "yara.matches_anything",
                        "instance=%s file=\"%s\" rule=%s reason=\"it matches "
                        "one line of harmless text\"",
                        self->name, harmless.worst->ns->name,
                        harmless.worst->identifier);
    return ASSAY_OK;
}

/* ---- making ------------------------------------------------------------- */

void assay__yara_rules_free(struct assay__yara_rules *rules)
{
    if (rules && rules->compiled)
        (void)yr_rules_destroy(rules->compiled);
    free(rules);
}

struct assay__yara_bounds assay__yara_bounds_of(const struct assay__yara *self)
{
    return (struct assay__yara_bounds){.files =
                                           (size_t)self->settings.max_files,
                                       .bytes = self->settings.max_rules_size};
}

static assay_rc fill(const struct assay__yara *self,
                     struct assay__yara_rules *rules, assay_error *err)
{
    const struct assay__yara_bounds bounds = assay__yara_bounds_of(self);
    struct assay__yara_files files;
    assay_rc rc = assay__yara_files_look(self->settings.rules, &bounds,
                                         &rules->state, err);

    if (rc == ASSAY_OK)
        rc = assay__yara_files_read(self->settings.rules, &bounds, &files, err);
    if (rc != ASSAY_OK)
        return rc;
    rules->files = files.count;
    rc = assay__yara_files_digest(&files, rules->digest, err);
    if (rc == ASSAY_OK)
        rc = draw_marker(rules->marker, err);
    if (rc == ASSAY_OK)
        rc = compile(self, &files, rules, err);
    assay__yara_files_fini(&files);
    return rc;
}

assay_rc assay__yara_rules_make(const struct assay__yara *self,
                                struct assay__yara_rules **out,
                                assay_error *err)
{
    struct assay__yara_rules *rules = calloc(1, sizeof *rules);
    assay_rc rc;

    if (!rules)
        return assay_error_set(err, ASSAY_E_NOMEM, "yara: rules");
    rules->users = 1;
    rc = fill(self, rules, err);
    if (rc == ASSAY_OK)
        rc = try_out(self, rules, err);
    if (rc != ASSAY_OK) {
        assay__yara_rules_free(rules);
        return rc;
    }
    *out = rules;
    return ASSAY_OK;
}
