/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/session_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sizes.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "policy/disposition.h"
#include "policy/session.h"
#include "store/maildir_path.h"

enum {
    FIRST_CAPACITY = 8,
    ADDRESS_SHOWN = 512, /* of an address in a header */
    TOP_MAX = 2048       /* the headers on top */
};

/* ---- RCPT TO ----------------------------------------------------------- */

/* @param rc  ASSAY_E_EXISTS: the mailbox is that of ActiveFilter */
static void refuse(const struct assay__policy *policy,
                   const struct assay__maildir_options *maildir, assay_rc rc,
                   assay_error *why, assay_disposition *reply)
{
    char text[ASSAY_REPLY_TEXT_MAX];
    int code = 451;

    (void)snprintf(text, sizeof text, "4.3.0 The mailbox cannot be used now");
    if (rc == ASSAY_E_NOTFOUND) {
        code = 550;
        (void)snprintf(text, sizeof text, "5.1.1 There is no such mailbox");
    } else if (rc == ASSAY_E_INVAL) {
        code = 553;
        (void)snprintf(text, sizeof text, "5.1.3 Not a mailbox: %.400s",
                       why->msg);
    } else if (rc == ASSAY_E_EXISTS) {
        code = 550;
        (void)snprintf(text, sizeof text, "5.7.1 This mailbox takes no mail");
    } else {
        assay__text_unquote(why->msg);
        assay_log_write(policy->log, ASSAY_LOG_ERROR, "maildir.unusable",
                        "maildir=%s error=%s reason=\"%s\"", maildir->name,
                        assay_rc_name(rc), why->msg);
    }
    /* These codes are ones it takes, so it cannot fail. */
    (void)assay__disposition_reply(reply, code, text, NULL);
    (void)snprintf(reply->module, sizeof reply->module, "maildir:%.60s",
                   maildir->name);
}

static bool is_same_folder(const char *one, const char *other)
{
    struct stat a, b;

    if (strcmp(one, other) == 0)
        return true;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Whoever could send mail there could forge what ActiveFilter tells. Folders
 * are compared, since an address can be spelled in several ways, and stanzas
 * can share a basedir. */
static assay_rc look_whose(const struct assay__policy *policy,
                           const struct assay__maildir_options *maildir,
                           const char *recipient, assay_error *err)
{
    const char *address =
        policy->activefilter ? assay__activefilter_address(policy->activefilter)
                             : NULL;
    char *reserved = NULL, *wanted = NULL;
    assay_rc rc;

    if (!address)
        return ASSAY_OK;
    rc = assay__maildir_folder(assay__maildirs_find(policy->maildirs, address),
                               address, &reserved, err);
    if (rc == ASSAY_OK)
        rc = assay__maildir_folder(maildir, recipient, &wanted, err);
    if (rc == ASSAY_OK && is_same_folder(reserved, wanted))
        rc = assay_error_set(err, ASSAY_E_EXISTS,
                             "it is the mailbox of ActiveFilter");
    free(reserved);
    free(wanted);
    return rc;
}

void assay__storage_look(const struct assay__policy *policy,
                         const char *recipient, assay_disposition *reply)
{
    const struct assay__maildir_options *maildir =
        assay__maildirs_find(policy->maildirs, recipient);
    assay_error why = {0};
    assay_rc rc;

    if (!maildir)
        return;
    rc = look_whose(policy, maildir, recipient, &why);
    if (rc == ASSAY_OK)
        rc = assay__maildir_look(maildir, recipient, &why);
    if (rc != ASSAY_OK)
        refuse(policy, maildir, rc, &why, reply);
}

/* ---- which they are ---------------------------------------------------- */

static assay_rc grow(struct assay__storage *storage, assay_error *err)
{
    size_t capacity =
        storage->capacity > 0 ? storage->capacity : FIRST_CAPACITY / 2;
    struct assay__stored *grown = NULL;
    size_t bytes;

    if (assay__size_mul(capacity, 2 * sizeof *grown, &bytes))
        grown = realloc(storage->items, bytes);
    if (!grown)
        return assay_error_set(err, ASSAY_E_NOMEM, "recipients");
    storage->items = grown;
    storage->capacity = capacity * 2;
    return ASSAY_OK;
}

assay_rc assay__storage_add(struct assay__storage *storage,
                            const struct assay__policy *policy,
                            const char *recipient, assay_error *err)
{
    const struct assay__maildir_options *maildir =
        assay__maildirs_find(policy->maildirs, recipient);

    if (!maildir)
        return ASSAY_OK;
    if (storage->count == storage->capacity) {
        assay_rc rc = grow(storage, err);

        if (rc != ASSAY_OK)
            return rc;
    }
    storage->items[storage->count++] =
        (struct assay__stored){maildir, recipient};
    return ASSAY_OK;
}

void assay__storage_fini(struct assay__storage *storage)
{
    free(storage->items);
    *storage = (struct assay__storage){.items = NULL};
}

/* ---- one delivery per mailbox ------------------------------------------ */

/* A mail for a mailbox; several recipients may share one. */
struct delivery {
    const struct assay__stored *to;
    char *folder; /* owned: which mailbox it is */
    struct assay__maildir_mail *mail;
};

struct deliveries {
    struct delivery *items;
    size_t count;
};

static int compare_folders(const void *a, const void *b)
{
    const struct delivery *one = a, *other = b;
    int order = strcmp(one->folder, other->folder);

    if (order != 0)
        return order;
    return one->to < other->to ? -1 : one->to > other->to;
}

static void drop_repeats(struct deliveries *all)
{
    size_t kept = 0;

    for (size_t i = 0; i < all->count; i++) {
        struct delivery *item = &all->items[i];

        if (kept > 0 && strcmp(all->items[kept - 1].folder, item->folder) == 0)
            free(item->folder);
        else
            all->items[kept++] = *item;
    }
    all->count = kept;
}

static assay_rc plan(const struct assay__storage *storage,
                     struct deliveries *all, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    all->items = calloc(storage->count, sizeof *all->items);
    if (!all->items)
        return assay_error_set(err, ASSAY_E_NOMEM, "deliveries");
    for (size_t i = 0; rc == ASSAY_OK && i < storage->count; i++) {
        const struct assay__stored *to = &storage->items[i];

        rc = assay__maildir_folder(to->maildir, to->recipient,
                                   &all->items[i].folder, err);
        all->items[i].to = to;
        all->count += rc == ASSAY_OK;
    }
    if (rc != ASSAY_OK)
        return rc;
    qsort(all->items, all->count, sizeof *all->items, compare_folders);
    drop_repeats(all);
    return ASSAY_OK;
}

static void drop(struct deliveries *all)
{
    for (size_t i = 0; i < all->count; i++) {
        assay__maildir_mail_free(&all->items[i].mail);
        free(all->items[i].folder);
    }
    free(all->items);
}

/* ---- delivering -------------------------------------------------------- */

/* An envelope address may hold anything but what ends the header. */
static assay_rc put_top(struct assay__strbuf *top, const char *sender,
                        const char *recipient, assay_error *err)
{
    char from[ADDRESS_SHOWN], to[ADDRESS_SHOWN];

    assay__strbuf_reset(top);
    (void)assay__text_copy_clean(from, sizeof from, sender, false);
    (void)assay__text_copy_clean(to, sizeof to, recipient, false);
    if (assay__strbuf_addf(top, "Return-Path: <%s>\r\nDelivered-To: %s\r\n",
                           from, to) != ASSAY_OK)
        return assay_error_set(err, ASSAY_E_NOMEM, "headers");
    return ASSAY_OK;
}

static assay_rc stage_one(const assay_message *message, assay_bytes bytes,
                          struct delivery *item, assay_error *err)
{
    struct assay__strbuf top;
    assay_rc rc;

    assay__strbuf_init(&top, TOP_MAX);
    rc = put_top(&top, assay_message_sender(message), item->to->recipient, err);
    if (rc == ASSAY_OK) {
        const assay_bytes pieces[] = {{top.data, top.len}, bytes};

        rc = assay__maildir_stage(item->to->maildir, item->to->recipient,
                                  pieces, ASSAY_COUNT_OF(pieces), NULL,
                                  &item->mail, err);
    }
    assay__strbuf_fini(&top);
    return rc;
}

static assay_rc stage_all(assay_session *session, struct deliveries *all,
                          assay_error *err)
{
    assay_message *message = assay_session_message(session);
    assay_bytes bytes;
    assay_rc rc =
        assay_message_bytes(message, ASSAY_RENDITION_CANONICAL, &bytes, err);

    for (size_t i = 0; rc == ASSAY_OK && i < all->count; i++) {
        rc = stage_one(message, bytes, &all->items[i], err);
        assay__pulse_tick(assay__session_pulse(session));
    }
    return rc;
}

static void revoke(struct deliveries *all, const struct assay__policy *policy)
{
    for (size_t i = all->count; i > 0; i--) {
        const struct delivery *item = &all->items[i - 1];

        /* Not there: it was not committed, or a reader has it. */
        if (assay__maildir_revoke(item->mail))
            assay_log_write(policy->log, ASSAY_LOG_WARN, "message.revoked",
                            "maildir=%s mail=%s", item->to->maildir->name,
                            assay__maildir_mail_name(item->mail));
    }
}

static assay_rc commit_all(assay_session *session, struct deliveries *all,
                           assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (size_t i = 0; rc == ASSAY_OK && i < all->count; i++) {
        rc = assay__maildir_commit(all->items[i].mail, err);
        assay__pulse_tick(assay__session_pulse(session));
    }
    if (rc == ASSAY_OK)
        return ASSAY_OK;
    revoke(all, assay__session_env(session)->policy);
    return rc == ASSAY_E_NOTFOUND ? ASSAY_E_IO : rc;
}

static void log_stored(assay_session *session, const struct deliveries *all)
{
    assay_message *message = assay_session_message(session);
    const assay_log *log = assay__session_env(session)->policy->log;

    for (size_t i = 0; i < all->count; i++) {
        const struct delivery *item = &all->items[i];
        const char *domain = assay__maildir_domain_of(item->to->recipient);

        assay_log_write(log, ASSAY_LOG_INFO, "message.stored",
                        "id=%s maildir=%s domain=%s mail=%s",
                        assay_message_id(message), item->to->maildir->name,
                        domain ? domain : "",
                        assay__maildir_mail_name(item->mail));
    }
}

static assay_rc deliver(assay_session *session,
                        const struct assay__storage *storage, assay_error *err)
{
    struct deliveries all = {.items = NULL};
    assay_rc rc = plan(storage, &all, err);

    assay__pulse_start(assay__session_pulse(session));
    if (rc == ASSAY_OK)
        rc = stage_all(session, &all, err);
    if (rc == ASSAY_OK)
        rc = commit_all(session, &all, err);
    if (rc == ASSAY_OK)
        log_stored(session, &all);
    drop(&all);
    /* What was there when the recipient was taken is there no more. */
    if (rc == ASSAY_E_NOTFOUND || rc == ASSAY_E_EXISTS || rc == ASSAY_E_INVAL)
        rc = ASSAY_E_IO;
    return rc;
}

assay_rc assay__storage_deliver(assay_session *session, assay_error *err)
{
    struct assay__storage *storage = assay__session_storage(session);
    assay_rc rc;

    if (storage->count == 0)
        return ASSAY_OK;
    rc = deliver(session, storage, err);
    storage->is_delivered = rc == ASSAY_OK;
    return rc;
}
