/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Mode and address, as the scripts of a configuration set them. Each Lua
 * interpreter runs the same scripts, so the same choice comes several times;
 * two different ones are a mistake in the scripts (CM-27).
 */
#include <stdlib.h>
#include <string.h>

#include "store/activefilter_priv.h"

assay_rc assay__activefilter_new(
    const struct assay__activefilter_options *options, assay_activefilter **out,
    assay_error *err)
{
    assay_activefilter *filter = calloc(1, sizeof *filter);
    assay_rc rc;

    if (!filter)
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter");
    filter->maildirs = options->maildirs;
    filter->log = options->log;
    filter->clock = options->clock;
    filter->is_trial = options->is_trial;
    rc = assay__activefilter_state_new(options, &filter->state, err);
    if (rc != ASSAY_OK) {
        assay__activefilter_free(&filter);
        return rc;
    }
    *out = filter;
    return ASSAY_OK;
}

void assay__activefilter_free(assay_activefilter **filter)
{
    assay_activefilter *f = *filter;

    if (!f)
        return;
    assay__activefilter_state_free(&f->state);
    free(f->inbox);
    free(f->spam);
    free(f->address);
    free(f);
    *filter = NULL;
}

static assay_rc must_be_open(const assay_activefilter *filter, assay_error *err)
{
    if (!filter->is_sealed)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_STATE,
                           "ActiveFilter is set up while scripts are loaded "
                           "(in their init), and not later");
}

static bool is_printable(const char *text, size_t max)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x20 || c == 0x7f)
            return false;
    }
    return len > 0 && len <= max;
}

static assay_rc check_folder(const char *name, const char *which,
                             assay_error *err)
{
    if (name && is_printable(name, ASSAY__ACTIVEFILTER_FOLDER_MAX))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_INVAL,
                           "the name of the %s folder is empty, longer than %d "
                           "bytes, or has control characters",
                           which, ASSAY__ACTIVEFILTER_FOLDER_MAX);
}

static assay_rc check_mode(assay_activefilter_mode mode, const char *inbox,
                           const char *spam, assay_error *err)
{
    assay_rc rc;

    if (mode == ASSAY_ACTIVEFILTER_DISCARD || mode == ASSAY_ACTIVEFILTER_KEEP)
        return ASSAY_OK;
    if (mode != ASSAY_ACTIVEFILTER_MOVEMSG)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "%d is no mode of ActiveFilter", (int)mode);
    rc = check_folder(inbox, "inbox", err);
    return rc == ASSAY_OK ? check_folder(spam, "spam", err) : rc;
}

static bool is_same_mode(const assay_activefilter *filter,
                         assay_activefilter_mode mode, const char *inbox,
                         const char *spam, bool unread_only)
{
    if (filter->mode != mode)
        return false;
    return mode != ASSAY_ACTIVEFILTER_MOVEMSG ||
           (strcmp(filter->inbox, inbox) == 0 &&
            strcmp(filter->spam, spam) == 0 &&
            filter->unread_only == unread_only);
}

static assay_rc copy_folders(assay_activefilter *filter, const char *inbox,
                             const char *spam, assay_error *err)
{
    char *inbox_copy = strdup(inbox), *spam_copy = strdup(spam);

    if (!inbox_copy || !spam_copy) {
        free(inbox_copy);
        free(spam_copy);
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: folders");
    }
    filter->inbox = inbox_copy;
    filter->spam = spam_copy;
    return ASSAY_OK;
}

assay_rc assay_activefilter_set_mode(assay_activefilter *filter,
                                     assay_activefilter_mode mode,
                                     const char *inbox, const char *spam,
                                     bool unread_only, assay_error *err)
{
    assay_rc rc = must_be_open(filter, err);

    if (rc == ASSAY_OK)
        rc = check_mode(mode, inbox, spam, err);
    if (rc != ASSAY_OK)
        return rc;
    if (filter->mode != ASSAY_ACTIVEFILTER_UNSET) {
        if (is_same_mode(filter, mode, inbox, spam, unread_only))
            return ASSAY_OK;
        return assay_error_set(err, ASSAY_E_EXISTS,
                               "ActiveFilter has exactly one mode, and another "
                               "was chosen before");
    }
    if (mode == ASSAY_ACTIVEFILTER_MOVEMSG)
        rc = copy_folders(filter, inbox, spam, err);
    if (rc != ASSAY_OK)
        return rc;
    filter->mode = mode;
    filter->unread_only = mode == ASSAY_ACTIVEFILTER_MOVEMSG && unread_only;
    return ASSAY_OK;
}

/* The address stands in a header and names a folder: what is no ordinary
 * address is refused here, and what cannot be a folder by the Maildir. */
static bool is_address(const char *text)
{
    const char *at = strrchr(text, '@');

    if (!is_printable(text, ASSAY__ACTIVEFILTER_ADDRESS_MAX) || !at ||
        at == text || at[1] == '\0')
        return false;
    for (const char *p = text; *p != '\0'; p++)
        if (*p == '<' || *p == '>' || *p == ' ' || (unsigned char)*p >= 0x80)
            return false;
    return true;
}

static assay_rc find_stanza(const assay_activefilter *filter,
                            const char *address,
                            const struct assay__maildir_options **out,
                            assay_error *err)
{
    const struct assay__maildir_options *stanza;
    char *folder = NULL;
    assay_rc rc;

    stanza = assay__maildirs_find(filter->maildirs, address);
    if (!stanza)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "no maildir stanza takes mail for %s, the "
                               "address that ActiveFilter is to tell",
                               address);
    rc = assay__maildir_folder(stanza, address, &folder, err);
    free(folder);
    if (rc == ASSAY_OK)
        *out = stanza;
    return rc;
}

assay_rc assay_activefilter_set_address(assay_activefilter *filter,
                                        const char *address, assay_error *err)
{
    const struct assay__maildir_options *stanza = NULL;
    assay_rc rc = must_be_open(filter, err);

    if (rc != ASSAY_OK)
        return rc;
    if (!address || !is_address(address))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "ActiveFilter tells one address of the form "
                               "local@domain, of ASCII characters");
    if (filter->address) {
        if (strcmp(filter->address, address) == 0)
            return ASSAY_OK;
        return assay_error_set(err, ASSAY_E_EXISTS,
                               "ActiveFilter tells %s already, and one address "
                               "only",
                               filter->address);
    }
    rc = find_stanza(filter, address, &stanza, err);
    if (rc != ASSAY_OK)
        return rc;
    filter->address = strdup(address);
    if (!filter->address)
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: address");
    filter->stanza = stanza;
    return ASSAY_OK;
}

assay_rc assay__activefilter_is_set(const assay_activefilter *filter,
                                    assay_error *err)
{
    if (filter->mode == ASSAY_ACTIVEFILTER_UNSET)
        return assay_error_set(err, ASSAY_E_STATE,
                               "no script has chosen a mode of ActiveFilter");
    if (!filter->address)
        return assay_error_set(err, ASSAY_E_STATE,
                               "no script has set the address that "
                               "ActiveFilter is to tell");
    return ASSAY_OK;
}

const char *assay__activefilter_address(const assay_activefilter *filter)
{
    return filter->address;
}

/* Now, and not when a message waits for its answer. */
static assay_rc check_mailbox(const assay_activefilter *filter,
                              assay_error *err)
{
    assay_error why = {0};

    if (assay__maildir_look(filter->stanza, filter->address, &why) == ASSAY_OK)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_IO,
                           "the mailbox of ActiveFilter, %s: %s",
                           filter->address, why.msg);
}

assay_rc assay__activefilter_seal(assay_activefilter *filter, assay_error *err)
{
    char *folder = NULL;
    assay_rc rc;

    filter->is_sealed = true;
    if (filter->mode == ASSAY_ACTIVEFILTER_UNSET && !filter->address)
        return ASSAY_OK;
    rc = assay__activefilter_is_set(filter, err);
    if (rc == ASSAY_OK)
        rc = check_mailbox(filter, err);
    if (rc == ASSAY_OK)
        rc = assay__maildir_folder(filter->stanza, filter->address, &folder,
                                   err);
    if (rc == ASSAY_OK && !filter->is_trial)
        rc = assay__activefilter_state_check(filter->state, folder, err);
    free(folder);
    return rc;
}
