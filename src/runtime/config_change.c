/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/config_change.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sizes.h"
#include "conf/parse.h"
#include "conf/write.h"
#include "runtime/assay_priv.h"

#define EDITS_MAX 10000 /* made or tried in one transaction */

/* The files of a configuration and the tree that was parsed from them. */
struct draft {
    struct assay__conf_files files;
    struct assay__conf_tree *tree; /* owned */
};

struct record {
    struct assay__config_edit edit; /* of the arena */
    struct record *next;
};

struct assay__config_transaction {
    assay *library;
    struct assay__generation *base; /* counted reference */
    bool from_scratch;
    struct draft draft;
    struct assay__arena arena; /* records */
    struct record *first;
    struct record **last;
    size_t count;
};

static assay_rc no_memory(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM, "configuration change");
}

/* ---- drafts ------------------------------------------------------------ */

static void draft_fini(struct draft *draft)
{
    assay__conf_files_fini(&draft->files);
    assay__conf_tree_free(&draft->tree);
}

static void first_line(void *arg, const char *text)
{
    assay_error *err = arg;

    if (err && err->msg[0] == '\0')
        (void)assay_error_set(err, ASSAY_E_CONF, "%.*s",
                              (int)strcspn(text, "\n"), text);
}

/* Parse the files of a draft; err gets the first finding. */
static assay_rc draft_parse(struct draft *draft, assay_error *err)
{
    struct assay__conf_diags *diags = NULL;
    assay_error ignored = {0}, found = {0};
    assay_rc rc = assay__conf_diags_new(&diags, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__conf_tree_free(&draft->tree);
    rc = assay__conf_parse_files(&draft->files, diags, &draft->tree, &ignored);
    if (rc == ASSAY_E_CONF) {
        assay__conf_diags_render(diags, draft->tree, first_line, &found);
        rc = assay_error_set(err, rc, "%s", found.msg);
    } else if (rc != ASSAY_OK) {
        rc = no_memory(err);
    }
    assay__conf_diags_free(&diags);
    return rc;
}

/* @param tree  somebody holds the claim, or owns it */
static assay_rc draft_of(const struct assay__conf_tree *tree, struct draft *out,
                         assay_error *err)
{
    assay_rc rc = assay__conf_files_of(tree, &out->files, err);

    out->tree = NULL;
    if (rc == ASSAY_OK)
        rc = draft_parse(out, err);
    if (rc != ASSAY_OK)
        draft_fini(out);
    return rc;
}

static assay_rc draft_empty(struct draft *draft, assay_error *err)
{
    struct assay__conf_memory_file *main_file = &draft->files.at[0];
    assay_rc rc =
        assay__conf_file_splice(main_file, 0, main_file->len, "", err);

    return rc == ASSAY_OK ? draft_parse(draft, err) : rc;
}

/* The draft is what it was when this fails. */
static assay_rc draft_edit(struct draft *draft,
                           const struct assay__config_edit *edit,
                           assay_error *err)
{
    struct draft next = {{NULL, 0}, NULL};
    const struct assay__conf_edit on = {&next.files, draft->tree};
    assay_rc rc = assay__conf_files_dup(&draft->files, &next.files, err);

    if (rc != ASSAY_OK)
        goto done;
    switch (edit->verb) {
    case ASSAY__CONFIG_SET:
        rc = assay__conf_edit_set(&on, &edit->path, edit->option, edit->value,
                                  err);
        break;
    case ASSAY__CONFIG_UNSET:
        rc = assay__conf_edit_unset(&on, &edit->path, edit->option, err);
        break;
    case ASSAY__CONFIG_CLEAR:
        rc = assay__conf_edit_clear(&on, &edit->path, err);
        break;
    }
    if (rc == ASSAY_OK)
        rc = draft_parse(&next, err);
done:
    if (rc == ASSAY_OK) {
        draft_fini(draft);
        *draft = next;
    } else {
        draft_fini(&next);
    }
    return rc;
}

/* ---- building ---------------------------------------------------------- */

static void add_finding(void *arg, const char *text)
{
    (void)assay__strbuf_addf(arg, "%s\n", text);
}

static assay_rc build_files(assay *library,
                            const struct assay__conf_files *files,
                            assay__config_findings *findings,
                            struct assay__generation **out, assay_error *err)
{
    const struct assay__change change = {
        .files = files, .diagnostic = add_finding, .diagnostic_arg = findings};

    return assay__change_build(library, &change, out, err);
}

assay_rc assay__config_apply(assay *library,
                             const struct assay__config_edit *edit,
                             assay__config_findings *findings, assay_error *err)
{
    struct assay__generation *old = assay__change_begin(library);
    struct assay__generation *next = NULL;
    struct draft draft = {{NULL, 0}, NULL};
    assay_rc rc = draft_of(old->tree, &draft, err);

    if (rc == ASSAY_OK)
        rc = draft_edit(&draft, edit, err);
    if (rc == ASSAY_OK)
        rc = build_files(library, &draft.files, findings, &next, err);
    assay__change_end(library, next);
    assay__generation_unref(&old);
    draft_fini(&draft);
    return rc;
}

/* ---- disk -------------------------------------------------------------- */

static bool any_changed(const struct assay__conf_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        if (assay__conf_file_is_changed(&files->at[i]))
            return true;
    return false;
}

assay_rc assay__config_reload(assay *library, const char *path,
                              bool *dropped_out,
                              assay__config_findings *findings,
                              assay_error *err)
{
    const struct assay__change change = {.config_path = path,
                                         .diagnostic = add_finding,
                                         .diagnostic_arg = findings};
    struct assay__generation *old = assay__change_begin(library);
    struct assay__generation *next = NULL;
    struct assay__conf_files files;
    assay_rc rc = assay__conf_files_of(old->tree, &files, err);

    if (rc == ASSAY_OK)
        rc = assay__change_build(library, &change, &next, err);
    assay__change_end(library, next);
    *dropped_out = rc == ASSAY_OK && any_changed(&files);
    assay__conf_files_fini(&files);
    assay__generation_unref(&old);
    return rc;
}

static bool is_wanted(const struct assay__conf_memory_file *file,
                      const char *path)
{
    return assay__conf_file_is_changed(file) &&
           (!path || strcmp(file->name, path) == 0);
}

/* All of them may be written, or none is. */
static assay_rc may_save(const struct assay__conf_files *files,
                         const char *path, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    if (path && !assay__conf_files_find(files, path))
        return assay_error_set(err, ASSAY_E_NOTFOUND,
                               "'%s' is no file of the configuration", path);
    for (size_t i = 0; i < files->count && rc == ASSAY_OK; i++)
        if (is_wanted(&files->at[i], path))
            rc = assay__conf_file_may_save(&files->at[i], err);
    return rc;
}

assay_rc assay__config_writeback(assay *library, const char *path,
                                 void (*each)(void *arg, const char *file),
                                 void *arg, assay_error *err)
{
    struct assay__generation *present = assay__change_begin(library);
    struct assay__conf_files files;
    assay_rc rc = assay__conf_files_of(present->tree, &files, err);

    if (rc == ASSAY_OK)
        rc = may_save(&files, path, err);
    for (size_t i = 0; i < files.count && rc == ASSAY_OK; i++) {
        if (!is_wanted(&files.at[i], path))
            continue;
        rc = assay__conf_file_save(&files.at[i], err);
        if (rc != ASSAY_OK)
            break;
        assay__conf_tree_saved(present->tree, files.at[i].name);
        each(arg, files.at[i].name);
    }
    assay__change_end(library, NULL);
    assay__conf_files_fini(&files);
    assay__generation_unref(&present);
    return rc;
}

/* ---- transactions ------------------------------------------------------ */

/* A draft of the present generation, which *base_out gets a reference to. */
static assay_rc draft_present(assay *library, bool from_scratch,
                              struct draft *draft,
                              struct assay__generation **base_out,
                              assay_error *err)
{
    struct assay__generation *base = assay__change_begin(library);
    assay_rc rc = draft_of(base->tree, draft, err);

    assay__change_end(library, NULL);
    if (rc == ASSAY_OK && from_scratch) {
        rc = draft_empty(draft, err);
        if (rc != ASSAY_OK)
            draft_fini(draft);
    }
    if (rc == ASSAY_OK)
        *base_out = base;
    else
        assay__generation_unref(&base);
    return rc;
}

assay_rc assay__config_begin(assay *library, bool from_scratch,
                             struct assay__config_transaction **out,
                             assay_error *err)
{
    struct assay__config_transaction *txn = calloc(1, sizeof *txn);
    assay_rc rc;

    if (!txn)
        return no_memory(err);
    txn->library = library;
    txn->from_scratch = from_scratch;
    txn->last = &txn->first;
    assay__arena_init(&txn->arena);
    rc = draft_present(library, from_scratch, &txn->draft, &txn->base, err);
    if (rc == ASSAY_OK)
        *out = txn;
    else
        free(txn);
    return rc;
}

void assay__config_rollback(struct assay__config_transaction **txn)
{
    struct assay__config_transaction *t = *txn;

    *txn = NULL;
    if (!t)
        return;
    draft_fini(&t->draft);
    assay__generation_unref(&t->base);
    assay__arena_fini(&t->arena);
    free(t);
}

static const char *keep(struct assay__config_transaction *txn, const char *text,
                        bool *ok)
{
    const char *copy =
        text ? assay__arena_text(&txn->arena, text, strlen(text)) : NULL;

    *ok = *ok && (!text || copy);
    return copy;
}

static struct record *new_record(struct assay__config_transaction *txn,
                                 const struct assay__config_edit *edit)
{
    struct record *record = assay__arena_alloc(&txn->arena, sizeof *record);
    const char **words =
        assay__arena_alloc(&txn->arena, (edit->path.count + 1) * sizeof *words);
    bool ok = record && words;

    for (size_t i = 0; ok && i < edit->path.count; i++)
        words[i] = keep(txn, edit->path.words[i], &ok);
    if (!ok)
        return NULL;
    record->edit = *edit;
    record->edit.path.words = words;
    record->edit.option = keep(txn, edit->option, &ok);
    record->edit.value = keep(txn, edit->value, &ok);
    return ok ? record : NULL;
}

assay_rc assay__config_change(struct assay__config_transaction *txn,
                              const struct assay__config_edit *edit,
                              assay_error *err)
{
    struct record *record;
    assay_rc rc;

    if (txn->count >= EDITS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "more than %d changes in a transaction, the "
                               "limit",
                               EDITS_MAX);
    txn->count++; /* what fails uses memory of the arena, too */
    record = new_record(txn, edit);
    if (!record)
        return no_memory(err);
    rc = draft_edit(&txn->draft, edit, err);
    if (rc != ASSAY_OK)
        return rc;
    *txn->last = record;
    txn->last = &record->next;
    return ASSAY_OK;
}

/* Somebody may have written the files since the transaction began. */
static assay_rc refresh_disk(struct assay__config_transaction *txn,
                             const struct assay__generation *present,
                             assay_error *err)
{
    struct assay__conf_files now;
    assay_rc rc = assay__conf_files_of(present->tree, &now, err);

    if (rc == ASSAY_OK)
        rc = assay__conf_files_take_disk(&txn->draft.files, &now, err);
    assay__conf_files_fini(&now);
    return rc;
}

assay_rc assay__config_commit(struct assay__config_transaction *txn,
                              assay__config_findings *findings,
                              assay_error *err)
{
    struct assay__generation *present = assay__change_begin(txn->library);
    struct assay__generation *next = NULL;
    assay_rc rc;

    if (present != txn->base)
        rc = assay_error_set(err, ASSAY_E_STATE,
                             "the configuration was changed since this "
                             "transaction began: 'config replay' makes your "
                             "changes again on top of that, 'config rollback' "
                             "drops them");
    else
        rc = refresh_disk(txn, present, err);
    if (rc == ASSAY_OK)
        rc = build_files(txn->library, &txn->draft.files, findings, &next, err);
    assay__change_end(txn->library, next);
    assay__generation_unref(&present);
    return rc;
}

assay_rc assay__config_replay(struct assay__config_transaction *txn,
                              assay_error *err)
{
    struct assay__generation *base = NULL;
    struct draft draft;
    assay_rc rc =
        draft_present(txn->library, txn->from_scratch, &draft, &base, err);

    if (rc != ASSAY_OK)
        return rc;
    for (const struct record *r = txn->first; r && rc == ASSAY_OK; r = r->next)
        rc = draft_edit(&draft, &r->edit, err);
    if (rc != ASSAY_OK) {
        draft_fini(&draft);
        assay__generation_unref(&base);
        return rc;
    }
    draft_fini(&txn->draft);
    txn->draft = draft;
    assay__generation_unref(&txn->base);
    txn->base = base;
    return ASSAY_OK;
}

const struct assay__conf_tree *assay__config_tree(
    const struct assay__config_transaction *txn)
{
    return txn->draft.tree;
}

const struct assay__generation *assay__config_base(
    const struct assay__config_transaction *txn)
{
    return txn->base;
}
