/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"
#include "conf/schema.h"
#include "runtime/assay_priv.h"
#include "runtime/control_line.h"
#include "runtime/control_reply.h"

/* Bytes of a command line in the log. */
enum { LOGGED_MAX = 256 };

static void help(const struct assay__control_call *call);

static const struct assay__control_command own_commands[] = {
    {.name = "help",
     .arguments = "[COMMAND]",
     .summary = "list the commands, or explain one",
     .run = help},
    {.name = NULL},
};

static const struct assay__control_command *const tables[] = {
    own_commands,          assay__control_host,     assay__control_antivirus,
    assay__control_caches, assay__control_config,   assay__control_counters,
    assay__control_pools,  assay__control_scanners, assay__control_cloudmark,
};

/* ---- finding a command ------------------------------------------------- */

/* The index-th command of all tables; NULL past the last. */
static const struct assay__control_command *nth(size_t index)
{
    for (size_t t = 0; t < ASSAY_COUNT_OF(tables); t++)
        for (const struct assay__control_command *c = tables[t]; c->name; c++)
            if (index-- == 0)
                return c;
    return NULL;
}

/* Does a word say what a word of a command's name says? That of a name which
 * ends with a colon takes a target: "antivirus:av1", or none: "antivirus". */
static bool same_word(const char *name, size_t len, const char *word)
{
    size_t word_len = strlen(word);

    if (name[len - 1] == ':') {
        len--;
        word_len = strcspn(word, ":");
    }
    if (word_len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (assay__ascii_lower(name[i]) != assay__ascii_lower(word[i]))
            return false;
    return true;
}

/* @return how many words the name has when the line begins with it, else 0 */
static size_t matches(const char *name, const char *const *words, size_t count)
{
    size_t n = 0;

    while (*name != '\0') {
        size_t len = strcspn(name, " ");

        if (n == count || !same_word(name, len, words[n]))
            return 0;
        n++;
        name += len;
        name += *name == ' ';
    }
    return n;
}

static const struct assay__control_command *find(const char *const *words,
                                                 size_t count, size_t *used_out)
{
    const struct assay__control_command *best = NULL, *command;

    *used_out = 0;
    for (size_t i = 0; (command = nth(i)) != NULL; i++) {
        size_t used = matches(command->name, words, count);

        if (used > *used_out) {
            *used_out = used;
            best = command;
        }
    }
    return best;
}

static const char *nth_name(void *arg, size_t index)
{
    const struct assay__control_command *command = nth(index);

    (void)arg;
    return command ? command->name : NULL;
}

/* The first words of the line, to be compared with the names; a target is left
 * out of them. */
static void begin_of(const char *const *words, size_t count, char *out,
                     size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && i < 2; i++) {
        const char *colon = i == 0 ? strchr(words[i], ':') : NULL;
        int bytes = colon ? (int)(colon - words[i]) + 1 : (int)size;
        int added = snprintf(out + len, size - len, "%s%.*s", i > 0 ? " " : "",
                             bytes, words[i]);

        if (added < 0 || (size_t)added >= size - len)
            return;
        len += (size_t)added;
    }
}

static void unknown(const struct assay__control_call *call,
                    const char *const *words, size_t count)
{
    char begin[128];
    const char *nearest;

    begin_of(words, count, begin, sizeof begin);
    nearest = assay__conf_nearest(begin, nth_name, NULL);
    if (!nearest)
        nearest =
            count > 0 ? assay__conf_nearest(words[0], nth_name, NULL) : NULL;
    assay__control_fail(call,
                        "Unknown command '%s'%s%s%s; 'help' lists the "
                        "commands",
                        begin, nearest ? "; did you mean '" : "",
                        nearest ? nearest : "", nearest ? "'?" : "");
}

/* ---- help -------------------------------------------------------------- */

static void usage_of(const struct assay__control_command *command, char *out,
                     size_t size)
{
    size_t words = strcspn(command->name, ":");
    const char *colon =
        command->name[words] == ':' ? command->name + words : NULL;
    const char *target = !colon ? "" : command->is_singleton ? "" : ":SCOPE";

    (void)snprintf(out, size, "%.*s%s%s%s%s", (int)words, command->name, target,
                   colon ? colon + 1 : "",
                   command->arguments[0] != '\0' ? " " : "",
                   command->arguments);
}

static void help_line(const struct assay__control_call *call, json_t *list,
                      const struct assay__control_command *command)
{
    json_t *entry = json_object();
    char usage[128];

    usage_of(command, usage, sizeof usage);
    assay__control_say(call, "%-44s %s\n", usage, command->summary);
    assay__control_put(call, entry, "command",
                       assay__control_string(command->name));
    assay__control_put(call, entry, "arguments",
                       assay__control_string(command->arguments));
    assay__control_put(call, entry, "summary",
                       assay__control_string(command->summary));
    assay__control_put(call, entry, "changes", json_boolean(command->changes));
    assay__control_append(call, list, entry);
}

/* Is the command one of those the words ask for? "help cache" means all that
 * begin with "cache". */
static bool is_asked(const struct assay__control_command *command,
                     const struct assay__control_call *call)
{
    const char *name = command->name;

    for (size_t i = 0; i < call->argc; i++) {
        size_t len = strcspn(name, " ");

        if (len == 0 || !same_word(name, len, call->argv[i]))
            return false;
        name += len;
        name += *name == ' ';
    }
    return true;
}

static void help(const struct assay__control_call *call)
{
    const struct assay__control_command *command;
    json_t *list = json_array();
    size_t count = 0;

    for (size_t i = 0; (command = nth(i)) != NULL; i++) {
        if (!is_asked(command, call))
            continue;
        help_line(call, list, command);
        count++;
    }
    if (count == 0)
        unknown(call, call->argv, call->argc);
    else if (call->argc == 0)
        assay__control_say(call, "Each also with --json, or with 'xml' in "
                                 "front.\n");
    assay__control_tell(call, "commands", list);
}

/* ---- running ----------------------------------------------------------- */

/* A line in the form that was asked for: without "xml" in front and "--json"
 * in front or behind. */
static enum assay__control_form take_form(const char ***words, size_t *count)
{
    enum assay__control_form form = ASSAY__CONTROL_TEXT;

    while (*count > 0 && (assay__text_equal((*words)[0], "xml") ||
                          strcmp((*words)[0], "--json") == 0)) {
        form = (*words)[0][0] == '-' ? ASSAY__CONTROL_JSON : ASSAY__CONTROL_XML;
        ++*words;
        --*count;
    }
    if (*count > 0 && strcmp((*words)[*count - 1], "--json") == 0) {
        form = ASSAY__CONTROL_JSON;
        (*words)[--*count] = NULL;
    }
    return form;
}

/* What changes something is told to the log, with who did it. */
static void log_change(const struct assay__control_session *session,
                       const char *line, size_t len, bool failed)
{
    char text[LOGGED_MAX + 1];

    (void)snprintf(text, sizeof text, "%.*s", (int)len, line);
    assay__text_unquote(text);
    assay_log_write(assay__log(session->library), ASSAY_LOG_INFO,
                    "console.command", "peer=\"%s\" status=%s command=\"%s\"",
                    session->peer, failed ? "failed" : "done", text);
}

static void run_words(struct assay__control_call *call,
                      const char *const *words, size_t count, const char *line,
                      size_t len)
{
    const struct assay__control_command *command;
    const char *colon;
    size_t used;

    command = find(words, count, &used);
    if (!command) {
        unknown(call, words, count);
        return;
    }
    if (command->changes && !call->session->may_change) {
        assay__control_fail(call, "Not Authorized for this command");
        log_change(call->session, line, len, true);
        return;
    }
    if (command->arguments[0] == '\0' && used < count) {
        assay__control_fail(call, "'%s' takes no argument '%s'", command->name,
                            words[used]);
        return;
    }
    colon = strchr(words[0], ':');
    call->target = strchr(command->name, ':') && colon ? colon + 1 : "";
    call->argc = count - used;
    call->argv = words + used;
    command->run(call);
    if (command->changes)
        log_change(call->session, line, len, call->reply->failed);
}

void assay__control_run(struct assay__control_session *session,
                        const char *line, size_t len,
                        struct assay__control_reply *reply)
{
    struct assay__control_call call = {.session = session, .reply = reply};
    enum assay__control_form form = ASSAY__CONTROL_TEXT;
    struct assay__control_line split = {0};
    assay_error err = {0};
    const char **words;
    size_t count;

    if (assay__control_line_split(line, len, &split, &err) != ASSAY_OK) {
        assay__control_fail(&call, "%s", err.msg);
    } else {
        words = split.words;
        count = split.count;
        form = take_form(&words, &count);
        if (count > 0)
            run_words(&call, words, count, line, len);
    }
    assay__control_line_fini(&split);
    assay__control_render(reply, form);
}

/* ---- the public session ------------------------------------------------ */

assay_rc assay_control_session_open(assay *library,
                                    const assay_control_host *host,
                                    bool may_change, const char *peer,
                                    assay_control_session **out,
                                    assay_error *err)
{
    struct assay__control_session *session = calloc(1, sizeof *session);

    if (!session)
        return assay_error_set(err, ASSAY_E_NOMEM, "console session");
    session->library = library;
    if (host)
        session->host = *host;
    session->may_change = may_change;
    (void)assay__text_copy_clean(session->peer, sizeof session->peer, peer,
                                 true);
    *out = session;
    return ASSAY_OK;
}

void assay_control_session_close(assay_control_session **session)
{
    struct assay__control_session *self = *session;

    *session = NULL;
    if (!self)
        return;
    assay__control_config_end(self);
    free(self);
}

int assay_control_session_run(assay_control_session *session, const char *line,
                              size_t len, char **text_out)
{
    struct assay__control_reply reply;
    int status;

    assay__control_reply_init(&reply);
    assay__control_run(session, line, len, &reply);
    status = reply.failed ? 1 : 0;
    *text_out = assay__strbuf_take(&reply.text);
    assay__control_reply_fini(&reply);
    return *text_out ? status : 1;
}
