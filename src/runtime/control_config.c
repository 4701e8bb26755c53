/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The verbs of `config`: the table of all of them, transactions, and what
 * concerns files.
 */
#include <string.h>

#include "conf/write.h"
#include "runtime/assay_priv.h"
#include "runtime/control_options.h"

enum { TEXT_MAX = ASSAY__CONTROL_REPLY_MAX };

/* ---- transactions ------------------------------------------------------ */

static struct assay__config_transaction *transaction(
    const struct assay__control_call *call)
{
    return call->session->config;
}

static void keep(const struct assay__control_call *call,
                 struct assay__config_transaction *txn)
{
    call->session->config = txn;
}

void assay__control_config_end(struct assay__control_session *session)
{
    struct assay__config_transaction *txn = session->config;

    session->config = NULL;
    assay__config_rollback(&txn);
}

static bool is_open(const struct assay__control_call *call)
{
    if (transaction(call))
        return true;
    assay__control_fail(call, "There is no transaction: 'config begin' begins "
                              "one.");
    return false;
}

static bool is_closed(const struct assay__control_call *call)
{
    if (!transaction(call))
        return true;
    assay__control_fail(call, "A transaction is open: end it with 'config "
                              "commit' or 'config rollback'.");
    return false;
}

/* begin [from scratch] */
static void begin(const struct assay__control_call *call)
{
    bool from_scratch = call->argc == 2 && strcmp(call->argv[0], "from") == 0 &&
                        strcmp(call->argv[1], "scratch") == 0;
    struct assay__config_transaction *txn = NULL;
    assay_error err = {0};

    if (!is_closed(call))
        return;
    if (call->argc > 0 && !from_scratch) {
        assay__control_fail(call, "Usage: config begin [from scratch]");
        return;
    }
    if (assay__config_begin(call->session->library, from_scratch, &txn, &err) !=
        ASSAY_OK) {
        assay__control_fail(call, "%s", err.msg);
        return;
    }
    keep(call, txn);
    assay__control_say(call, "Transaction begun.\n");
}

static void commit(const struct assay__control_call *call)
{
    struct assay__strbuf findings;
    assay_error err = {0};
    assay_rc rc;

    if (!is_open(call))
        return;
    assay__strbuf_init(&findings, TEXT_MAX);
    rc = assay__config_commit(transaction(call), &findings, &err);
    if (rc == ASSAY_OK) {
        assay__control_config_end(call->session);
        if (findings.len > 0) /* warnings */
            assay__control_say(call, "%s", assay__strbuf_str(&findings));
        assay__control_say(call, "Configuration committed.\n");
    } else {
        assay__control_report(call, rc, &findings, &err);
    }
    assay__strbuf_fini(&findings);
}

static void rollback(const struct assay__control_call *call)
{
    if (!is_open(call))
        return;
    assay__control_config_end(call->session);
    assay__control_say(call, "Transaction rolled back.\n");
}

static void replay(const struct assay__control_call *call)
{
    assay_error err = {0};

    if (!is_open(call))
        return;
    if (assay__config_replay(transaction(call), &err) != ASSAY_OK)
        assay__control_fail(call, "%s", err.msg);
    else
        assay__control_say(call, "Changes replayed.\n");
}

/* ---- files ------------------------------------------------------------- */

/* The optional word of a command; false when there are more. */
static bool one_path(const struct assay__control_call *call, const char **path)
{
    *path = call->argc > 0 ? call->argv[0] : NULL;
    if (call->argc <= 1)
        return true;
    assay__control_fail(call, "More than one path was given.");
    return false;
}

static void reload(const struct assay__control_call *call)
{
    struct assay__strbuf findings;
    bool dropped = false;
    assay_error err = {0};
    const char *path;
    assay_rc rc;

    if (!is_closed(call) || !one_path(call, &path))
        return;
    assay__strbuf_init(&findings, TEXT_MAX);
    rc = assay__config_reload(call->session->library, path, &dropped, &findings,
                              &err);
    if (rc == ASSAY_OK) {
        if (findings.len > 0)
            assay__control_say(call, "%s", assay__strbuf_str(&findings));
        if (dropped)
            assay__control_say(call, "Changes that had not been written were "
                                     "dropped.\n");
        assay__control_say(call, "Configuration reloaded.\n");
        assay__control_tell(call, "dropped_changes", json_boolean(dropped));
    } else {
        assay__control_report(call, rc, &findings, &err);
    }
    assay__strbuf_fini(&findings);
}

struct written {
    const struct assay__control_call *call;
    json_t *files;
    size_t count;
};

static void note_written(void *arg, const char *file)
{
    struct written *written = arg;

    assay__control_say(written->call, "Wrote %s\n", file);
    assay__control_append(written->call, written->files,
                          assay__control_string(file));
    written->count++;
}

static void writeback(const struct assay__control_call *call)
{
    struct written written = {.call = call};
    assay_error err = {0};
    const char *path;
    assay_rc rc;

    if (!is_closed(call) || !one_path(call, &path))
        return;
    written.files = json_array();
    rc = assay__config_writeback(call->session->library, path, note_written,
                                 &written, &err);
    assay__control_tell(call, "written", written.files);
    if (rc != ASSAY_OK)
        assay__control_fail(call, "%s", err.msg);
    else if (written.count == 0)
        assay__control_say(call, "Nothing to write.\n");
}

/* What `write config` writes: the main file, as it is in memory. */
static assay_rc write_main_file(struct assay__generation *present,
                                const char *path, assay_error *err)
{
    struct assay__conf_files files;
    assay_rc rc = assay__conf_files_of(present->tree, &files, err);

    if (rc == ASSAY_OK)
        rc =
            assay__conf_text_save(path, files.at[0].text, files.at[0].len, err);
    assay__conf_files_fini(&files);
    return rc;
}

static void write_config(const struct assay__control_call *call)
{
    struct assay__generation *present;
    struct assay__strbuf text;
    assay_error err = {0};
    const char *path;

    if (!one_path(call, &path))
        return;
    present = assay__change_begin(call->session->library);
    if (!path) {
        assay__strbuf_init(&text, TEXT_MAX);
        assay__conf_write_items(&text, assay__conf_tree_root(present->tree), 0,
                                false);
        assay__control_say(call, "%s", assay__strbuf_str(&text));
        assay__control_tell(call, "text",
                            assay__control_string(assay__strbuf_str(&text)));
        assay__strbuf_fini(&text);
    } else if (*path != '/') {
        assay__control_fail(call, "The path must begin with '/'.");
    } else if (write_main_file(present, path, &err) != ASSAY_OK) {
        assay__control_fail(call, "%s", err.msg);
    } else {
        assay__control_say(call, "Wrote %s\n", path);
    }
    assay__change_end(call->session->library, NULL);
    assay__generation_unref(&present);
}

/* ---- table ------------------------------------------------------------- */

const struct assay__control_command assay__control_config[] = {
    {.name = "config get",
     .arguments = "[SCOPE...] OPTION",
     .summary = "the value that a scope sets",
     .run = assay__control_option_get},
    {.name = "config eval",
     .arguments = "[SCOPE...] OPTION",
     .summary = "the value in effect: set, inherited or default",
     .run = assay__control_option_eval},
    {.name = "config set",
     .arguments = "[SCOPE...] OPTION [=] VALUE",
     .summary = "set an option; at once, unless in a transaction",
     .changes = true,
     .run = assay__control_option_set},
    {.name = "config unset",
     .arguments = "[SCOPE...] [OPTION]",
     .summary = "unset an option, or remove a scope with all in it",
     .changes = true,
     .run = assay__control_option_unset},
    {.name = "config show",
     .arguments = "[SCOPE...]",
     .summary = "what a scope sets, scopes in it folded",
     .run = assay__control_option_show},
    {.name = "config showrecurse",
     .arguments = "[SCOPE...]",
     .summary = "what a scope sets, with all in it",
     .run = assay__control_option_show_all},
    {.name = "config locate",
     .arguments = "SCOPE [REGEX]",
     .summary = "where scopes of that name stand",
     .run = assay__control_option_locate},
    {.name = "config begin",
     .arguments = "[from scratch]",
     .summary = "begin a transaction",
     .changes = true,
     .run = begin},
    {.name = "config commit",
     .arguments = "",
     .summary = "make the changes of the transaction effective",
     .changes = true,
     .run = commit},
    {.name = "config rollback",
     .arguments = "",
     .summary = "drop the transaction",
     .changes = true,
     .run = rollback},
    {.name = "config replay",
     .arguments = "",
     .summary = "make the transaction's changes again on what is in effect now",
     .changes = true,
     .run = replay},
    {.name = "config reload",
     .arguments = "[PATH]",
     .summary = "read the configuration from disk",
     .changes = true,
     .run = reload},
    {.name = "config writeback",
     .arguments = "[PATH]",
     .summary = "write changes to the files they belong in",
     .changes = true,
     .run = writeback},
    {.name = "config write config",
     .arguments = "[FILE]",
     .summary = "show the configuration, or write its main file elsewhere",
     .changes = true,
     .run = write_config},
    {.name = NULL},
};
