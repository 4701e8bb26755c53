/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The way of a document:
 *
 *   staged    whole and synced in tmp/, under a name nobody else uses
 *   planned   that name is written down with the registration, as pending
 *   settled   in one transaction of the database, which only one thread of
 *             all processes is in: still pending? then moved into new/, and
 *             written down as told
 *
 * Whoever comes across a pending mail (recovery, or a score of the same
 * content) settles it likewise, so each is moved once: after a crash it is
 * either still in tmp/, or had been moved.
 */
#include "store/activefilter.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/wall_clock.h"
#include "store/activefilter_document.h"
#include "store/activefilter_fingerprint.h"
#include "store/activefilter_mail.h"
#include "store/activefilter_priv.h"
#include "store/activefilter_sweep.h"

/* What one score tells of, and how long it takes for that; the next one goes
 * on. And what is told of one registration: who knows its content can have it
 * judged again as often as they like. */
enum { REJUDGE_MAX = 128, REJUDGE_MS = 500, UPDATES_MAX = 16 };

/* ---- logging ----------------------------------------------------------- */

/* What stands in quotes in a line. */
struct quoted {
    char text[ASSAY_ERROR_MAX];
};

static struct quoted quote(const char *text)
{
    struct quoted quoted = {.text = ""};

    assay__text_copy(quoted.text, sizeof quoted.text, text);
    assay__text_unquote(quoted.text);
    return quoted;
}

static void log_failure(const assay_activefilter *filter, const char *event,
                        const char *id, const assay_error *err)
{
    assay_log_write(filter->log, ASSAY_LOG_WARN, event,
                    "id=\"%s\" code=%s reason=\"%s\"", quote(id).text,
                    assay_rc_name(err->code), quote(err->msg).text);
}

static void log_told(const assay_activefilter *filter,
                     const struct assay__activefilter_document *document)
{
    assay_log_write(filter->log, ASSAY_LOG_DEBUG, "activefilter.told",
                    "id=\"%s\" revision=%lld judgement=%s action=%s",
                    quote(document->id).text, (long long)document->revision,
                    document->score > document->threshold ? "spam" : "ham",
                    assay__activefilter_document_action(document));
}

/* ---- settling ---------------------------------------------------------- */

static assay_rc no_mailbox(const assay_activefilter *filter, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_IO,
                           "ActiveFilter: the mailbox of %s is not there",
                           filter->address);
}

/* A mail that this call staged. */
struct own {
    const assay_activefilter *filter;
    struct assay__maildir_mail *mail;
};

static assay_rc deliver_own(void *arg, assay_error *err)
{
    const struct own *own = arg;
    assay_rc rc = assay__maildir_commit(own->mail, err);

    /* It may have been moved and not be sure to stay. */
    if (rc != ASSAY_OK)
        (void)assay__maildir_revoke(own->mail);
    return rc == ASSAY_E_NOTFOUND ? no_mailbox(own->filter, err) : rc;
}

/* It is not pending: another thread has delivered it, or the database was
 * begun anew meanwhile and nobody knows of it. */
static assay_rc deliver_unknown(struct own *own, assay_error *err)
{
    assay_rc rc = assay__maildir_commit(own->mail, err);

    if (rc == ASSAY_E_NOTFOUND)
        return assay__activefilter_has_mailbox(own->filter)
                   ? ASSAY_OK
                   : no_mailbox(own->filter, err);
    if (rc != ASSAY_OK)
        (void)assay__maildir_revoke(own->mail);
    return rc;
}

/* What could not be delivered is not pending any more. Takes the mail. */
static assay_rc take_back(assay_activefilter *filter,
                          const struct assay__activefilter_delivery *delivery,
                          struct own *own, const assay_error *why,
                          assay_error *err)
{
    assay_rc rc = assay__activefilter_state_cancel(filter->state, delivery->id,
                                                   delivery->mail_name, NULL);

    if (rc == ASSAY_OK)
        assay__maildir_mail_free(&own->mail);
    else if (rc != ASSAY_E_NOTFOUND)
        assay__maildir_mail_leave(&own->mail); /* still pending: not lost */
    if (rc != ASSAY_E_NOTFOUND)
        return assay_error_set(err, why->code, "%s", why->msg);
    rc = deliver_unknown(own, err);
    assay__maildir_mail_free(&own->mail);
    return rc;
}

/* Deliver what this call staged and wrote down. Takes the mail. */
static assay_rc settle_own(assay_activefilter *filter, const char *id,
                           struct assay__maildir_mail *mail, assay_error *err)
{
    struct own own = {.filter = filter, .mail = mail};
    struct assay__activefilter_delivery delivery = {
        .id = id,
        .mail_name = assay__maildir_mail_name(mail),
        .deliver = deliver_own,
        .arg = &own,
    };
    assay_error local = {0};
    bool is_out = false;
    assay_rc rc = assay__activefilter_state_settle(filter->state, &delivery,
                                                   &is_out, &local);

    if (rc != ASSAY_OK && !is_out)
        return take_back(filter, &delivery, &own, &local, err);
    if (rc != ASSAY_OK) /* pending until the next recovery; no harm */
        log_failure(filter, "activefilter.not-noted", id, &local);
    rc = is_out ? ASSAY_OK : deliver_unknown(&own, err);
    assay__maildir_mail_free(&own.mail);
    return rc;
}

/* A pending mail that another thread, or another life, staged. */
struct left {
    const assay_activefilter *filter;
    const struct assay__activefilter_entry *entry;
};

static assay_rc deliver_left(void *arg, assay_error *err)
{
    const struct left *left = arg;
    struct assay__maildir_mail *mail = NULL;
    assay_rc rc =
        assay__maildir_find_staged(left->filter->stanza, left->filter->address,
                                   left->entry->pending, &mail, err);

    if (rc == ASSAY_OK)
        rc = assay__maildir_commit(mail, err);
    assay__maildir_mail_leave(&mail);
    if (rc != ASSAY_E_NOTFOUND)
        return rc;
    if (!assay__activefilter_state_is_here(left->filter->state, left->entry))
        return assay_error_set(err, ASSAY_E_IO,
                               "ActiveFilter: its mail lies in another "
                               "mailbox, %s",
                               left->entry->mailbox);
    if (assay__activefilter_has_mailbox(left->filter))
        return ASSAY_OK; /* it was moved before */
    return no_mailbox(left->filter, err);
}

static assay_rc settle_left(assay_activefilter *filter,
                            const struct assay__activefilter_entry *entry,
                            assay_error *err)
{
    struct left left = {.filter = filter, .entry = entry};
    struct assay__activefilter_delivery delivery = {
        .id = entry->id,
        .mail_name = entry->pending,
        .deliver = deliver_left,
        .arg = &left,
    };
    bool is_out = false;

    return assay__activefilter_state_settle(filter->state, &delivery, &is_out,
                                            err);
}

/* ---- staging ----------------------------------------------------------- */

static assay_rc stage_mail(const assay_activefilter *filter,
                           const struct assay__activefilter_mail *mail,
                           struct assay__maildir_mail **out, assay_error *err)
{
    assay_bytes pieces[2] = {{mail->header, strlen(mail->header)},
                             {mail->body, mail->body_len}};

    assay_rc rc = assay__maildir_stage(filter->stanza, filter->address, pieces,
                                       2, mail->name, out, err);

    return rc == ASSAY_E_NOTFOUND ? no_mailbox(filter, err) : rc;
}

static assay_rc stage(const assay_activefilter *filter,
                      const struct assay__activefilter_document *document,
                      struct assay__maildir_mail **out, assay_error *err)
{
    const struct assay__activefilter_mail_head head = {
        .id = document->id,
        .revision = document->revision,
        .address = filter->address,
        .time_s = document->time_s,
    };
    struct assay__activefilter_mail mail = {.name = ""};
    char *xml = NULL;
    size_t xml_len = 0;
    assay_rc rc =
        assay__activefilter_document_write(document, &xml, &xml_len, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__activefilter_mail_make(&head, (assay_bytes){xml, xml_len},
                                       &mail, err);
    free(xml);
    if (rc == ASSAY_OK)
        rc = stage_mail(filter, &mail, out, err);
    assay__activefilter_mail_fini(&mail);
    return rc;
}

/* Of what could not be planned. After an error of the disk it is not known
 * whether it was, so the mail stays where recovery or the sweep finds it. */
static void drop(struct assay__maildir_mail **mail, assay_rc rc)
{
    if (rc == ASSAY_E_IO)
        assay__maildir_mail_leave(mail);
    else
        assay__maildir_mail_free(mail);
}

static struct assay__activefilter_document document_of(
    const assay_activefilter *filter,
    const struct assay__activefilter_entry *entry, const assay_score *judged)
{
    return (struct assay__activefilter_document){
        .id = entry->id,
        .time_s = assay__wall_clock_s(filter->clock),
        .mode = filter->mode,
        .inbox = filter->inbox,
        .spam = filter->spam,
        .unread_only = filter->unread_only,
        .threshold = entry->threshold,
        .score = judged->score,
        .previous_score = entry->score,
        .judged = judged,
        .details = {entry->details, entry->details_len},
    };
}

/* ---- judging again ----------------------------------------------------- */

/* Whether anybody acts on a change (CM-24 ... CM-26, CM-31). */
static bool is_told(assay_activefilter_mode mode, bool is_spam)
{
    return mode == ASSAY_ACTIVEFILTER_MOVEMSG ||
           (mode == ASSAY_ACTIVEFILTER_DISCARD && is_spam);
}

static assay_rc give_up(assay_activefilter *filter,
                        const struct assay__activefilter_entry *entry,
                        assay_error *err)
{
    bool is_first = false;
    assay_rc rc = assay__activefilter_state_give_up(filter->state, entry->id,
                                                    &is_first, err);

    if (is_first)
        assay_log_write(filter->log, ASSAY_LOG_WARN, "activefilter.restless",
                        "id=\"%s\" updates=%lld judgement=%s",
                        quote(entry->id).text, (long long)entry->revision,
                        entry->is_spam ? "spam" : "ham");
    return rc;
}

static assay_rc tell_update(assay_activefilter *filter,
                            const struct assay__activefilter_entry *entry,
                            const assay_score *score, assay_error *err)
{
    struct assay__activefilter_document document =
        document_of(filter, entry, score);
    struct assay__maildir_mail *mail = NULL;
    assay_rc rc;

    if (entry->revision >= UPDATES_MAX)
        return give_up(filter, entry, err);
    document.revision = entry->revision + 1;
    rc = stage(filter, &document, &mail, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__activefilter_state_plan(filter->state, entry, score->score,
                                        assay__maildir_mail_name(mail), err);
    if (rc != ASSAY_OK) {
        drop(&mail, rc);
        return rc == ASSAY_E_EXISTS ? ASSAY_OK : rc; /* another tells it */
    }
    rc = settle_own(filter, entry->id, mail, err);
    if (rc == ASSAY_OK)
        log_told(filter, &document);
    return rc;
}

static assay_rc judge_again(assay_activefilter *filter,
                            const struct assay__activefilter_entry *entry,
                            const assay_score *score, assay_error *err)
{
    bool is_spam = score->score > entry->threshold;

    if (is_spam == entry->is_spam)
        return ASSAY_OK;
    if (is_told(filter->mode, is_spam))
        return tell_update(filter, entry, score, err);
    return assay__activefilter_state_note(filter->state, entry, score->score,
                                          err);
}

/* First what is still on its way, whosever it is; then the new score.
 * @param settled_out  whether what was on its way is out; may be NULL */
static assay_rc settle_and_judge(assay_activefilter *filter,
                                 struct assay__activefilter_entry *entry,
                                 const assay_score *score, bool *settled_out,
                                 assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    if (entry->pending[0] != '\0') {
        char id[sizeof entry->id];

        rc = settle_left(filter, entry, err);
        if (rc != ASSAY_OK)
            return rc;
        assay__text_copy(id, sizeof id, entry->id);
        assay__activefilter_entry_fini(entry);
        rc = assay__activefilter_state_find(filter->state, id, entry, err);
    }
    if (rc != ASSAY_OK)
        return rc;
    if (settled_out)
        *settled_out = true;
    return judge_again(filter, entry, score, err);
}

/* @return how many entries of a batch were dealt with, up to a failure or the
 *  deadline */
static size_t judge_batch(assay_activefilter *filter,
                          struct assay__activefilter_batch *batch,
                          const assay_score *score, int64_t deadline_ms)
{
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;
    size_t done = 0;

    for (size_t i = 0; i < batch->count; i++) {
        struct assay__activefilter_entry *entry = &batch->entries[i];
        char id[sizeof entry->id];

        assay__text_copy(id, sizeof id, entry->id);
        if (rc == ASSAY_OK && assay__clock_ms() < deadline_ms) {
            rc = settle_and_judge(filter, entry, score, NULL, &err);
            if (rc == ASSAY_E_NOTFOUND)
                rc = ASSAY_OK; /* forgotten meanwhile */
            if (rc == ASSAY_OK)
                done++;
            else
                log_failure(filter, "activefilter.not-told", id, &err);
        }
        assay__activefilter_entry_fini(entry);
    }
    return done;
}

static assay_rc tell_others(assay_activefilter *filter,
                            const struct assay__activefilter_turned *told,
                            const assay_score *score, assay_error *err)
{
    int64_t deadline_ms = assay__clock_ms() + REJUDGE_MS;
    struct assay__activefilter_batch batch = {.count = 0};
    size_t total = 0, done;
    assay_rc rc;

    while (total < REJUDGE_MAX) {
        rc =
            assay__activefilter_state_changed(filter->state, told, &batch, err);
        if (rc != ASSAY_OK)
            return rc;
        done = judge_batch(filter, &batch, score, deadline_ms);
        if (batch.count == 0 || done < batch.count)
            break;
        total += done;
    }
    return ASSAY_OK;
}

static void judge_others(assay_activefilter *filter,
                         const struct assay__fingerprint *fingerprint,
                         const assay_score *score)
{
    struct assay__activefilter_turned told = {
        .fingerprint = fingerprint->bytes,
        .score = score->score,
        .to_spam = is_told(filter->mode, true),
        .to_ham = is_told(filter->mode, false),
    };
    struct assay__activefilter_turned untold = told;
    assay_error err = {0};
    assay_rc rc;

    if (!fingerprint->has)
        return;
    untold.to_spam = !told.to_spam;
    untold.to_ham = !told.to_ham;
    rc = assay__activefilter_state_note_all(filter->state, &untold, &err);
    if (rc == ASSAY_OK)
        rc = tell_others(filter, &told, score, &err);
    if (rc != ASSAY_OK)
        log_failure(filter, "activefilter.not-judged", "", &err);
}

void assay__activefilter_rejudge(assay_activefilter *filter,
                                 assay_message *message,
                                 const assay_score *score)
{
    struct assay__fingerprint fingerprint;
    assay_error err = {0};
    bool has_any = false;
    assay_rc rc;

    if (assay__activefilter_is_set(filter, NULL) != ASSAY_OK)
        return;
    rc = assay__activefilter_state_has_any(filter->state, &has_any, &err);
    if (rc == ASSAY_OK && !has_any)
        return; /* so the body need not be read */
    if (rc == ASSAY_OK)
        rc = assay__fingerprint_make(message, &fingerprint, &err);
    if (rc == ASSAY_OK)
        judge_others(filter, &fingerprint, score);
    else
        log_failure(filter, "activefilter.not-judged", "", &err);
}

/* ---- registering ------------------------------------------------------- */

static bool is_percent(double number)
{
    return isfinite(number) && number >= 0 && number <= 100;
}

static assay_rc check_event(const struct assay__activefilter_event *event,
                            assay_error *err)
{
    size_t len = strlen(event->id);

    for (size_t i = 0; i < len; i++)
        if (event->id[i] < ' ' || event->id[i] > '~')
            len = 0;
    if (len == 0 || len > ASSAY__ACTIVEFILTER_ID_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the id of an ActiveFilter registration is 1 "
                               "to %d printable ASCII characters",
                               ASSAY__ACTIVEFILTER_ID_MAX);
    if (!is_percent(event->threshold) || !is_percent(event->score->score))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "threshold and score of an ActiveFilter "
                               "registration are numbers from 0 to 100");
    return ASSAY_OK;
}

/* @return as assay__activefilter_state_add(), the mail then being dropped */
static assay_rc tell_registration(assay_activefilter *filter,
                                  struct assay__activefilter_entry *entry,
                                  const struct assay__fingerprint *fingerprint,
                                  const assay_score *score, assay_error *err)
{
    struct assay__activefilter_document document =
        document_of(filter, entry, score);
    struct assay__maildir_mail *mail = NULL;
    assay_rc rc = stage(filter, &document, &mail, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__text_copy(entry->pending, sizeof entry->pending,
                     assay__maildir_mail_name(mail));
    rc = assay__activefilter_state_add(
        filter->state, entry, fingerprint->has ? fingerprint->bytes : NULL,
        err);
    if (rc != ASSAY_OK) {
        drop(&mail, rc);
        return rc;
    }
    rc = settle_own(filter, entry->id, mail, err);
    if (rc == ASSAY_OK)
        log_told(filter, &document);
    return rc;
}

static assay_rc register_new(assay_activefilter *filter,
                             const struct assay__activefilter_event *event,
                             const struct assay__fingerprint *fingerprint,
                             assay_error *err)
{
    struct assay__activefilter_entry entry = {
        .threshold = event->threshold,
        .score = event->score->score,
        .is_spam = event->score->score > event->threshold,
    };
    assay_rc rc = assay__activefilter_document_details(
        event, assay__wall_clock_s(filter->clock), &entry.details,
        &entry.details_len, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__text_copy(entry.id, sizeof entry.id, event->id);
    rc = tell_registration(filter, &entry, fingerprint, event->score, err);
    assay__activefilter_entry_fini(&entry);
    return rc;
}

/* @param is_known_out  whether it is registered */
static assay_rc register_again(assay_activefilter *filter,
                               const struct assay__activefilter_event *event,
                               bool *is_known_out, assay_error *err)
{
    struct assay__activefilter_entry entry = {.details = NULL};
    assay_error local = {0};
    bool is_settled = false;
    assay_rc rc =
        assay__activefilter_state_find(filter->state, event->id, &entry, err);

    *is_known_out = rc == ASSAY_OK;
    if (rc != ASSAY_OK)
        return rc == ASSAY_E_NOTFOUND ? ASSAY_OK : rc;
    rc = settle_and_judge(filter, &entry, event->score, &is_settled, &local);
    assay__activefilter_entry_fini(&entry);
    if (rc == ASSAY_OK)
        return ASSAY_OK;
    if (rc == ASSAY_E_NOTFOUND && !is_settled) {
        *is_known_out = false; /* forgotten meanwhile */
        return ASSAY_OK;
    }
    if (is_settled) { /* it is registered; the next score tries again */
        log_failure(filter, "activefilter.not-told", event->id, &local);
        return ASSAY_OK;
    }
    return assay_error_set(err, rc, "%s", local.msg);
}

static assay_rc register_once(assay_activefilter *filter,
                              const struct assay__activefilter_event *event,
                              const struct assay__fingerprint *fingerprint,
                              assay_error *err)
{
    bool is_known = false;
    assay_rc rc = register_again(filter, event, &is_known, err);

    if (rc == ASSAY_OK && !is_known)
        rc = register_new(filter, event, fingerprint, err);
    if (rc != ASSAY_E_EXISTS)
        return rc;
    /* Another registered it at the same time. */
    rc = register_again(filter, event, &is_known, err);
    if (rc == ASSAY_OK && !is_known)
        rc = assay_error_set(err, ASSAY_E_IO,
                             "ActiveFilter: another was registering %s and "
                             "could not",
                             event->id);
    return rc;
}

assay_rc assay__activefilter_register(
    assay_activefilter *filter, const struct assay__activefilter_event *event,
    assay_error *err)
{
    struct assay__fingerprint fingerprint;
    assay_error local = {0};
    assay_rc rc = assay__activefilter_is_set(filter, err);

    if (rc == ASSAY_OK)
        rc = check_event(event, err);
    if (rc != ASSAY_OK)
        return rc;
    rc = assay__fingerprint_make(event->message, &fingerprint, &local);
    if (rc == ASSAY_OK)
        rc = register_once(filter, event, &fingerprint, &local);
    if (rc != ASSAY_OK) {
        log_failure(filter, "activefilter.not-registered", event->id, &local);
        return assay_error_set(err, rc, "%s", local.msg);
    }
    judge_others(filter, &fingerprint, event->score);
    assay__activefilter_sweep_at_times(filter);
    return ASSAY_OK;
}

/* ---- recovery ---------------------------------------------------------- */

/* What could not be moved. */
struct unsettled {
    size_t failures;
    size_t elsewhere;       /* in the mailbox of another configuration */
    char mailbox[PATH_MAX]; /* of the first of those */
};

static void note_unsettled(const assay_activefilter *filter,
                           const struct assay__activefilter_entry *entry,
                           struct unsettled *unsettled, const assay_error *why)
{
    if (!assay__activefilter_state_is_here(filter->state, entry)) {
        if (unsettled->elsewhere++ == 0)
            assay__text_copy(unsettled->mailbox, sizeof unsettled->mailbox,
                             entry->mailbox);
    } else if (unsettled->failures++ == 0) {
        log_failure(filter, "activefilter.not-recovered", entry->id, why);
    }
}

static void settle_all(assay_activefilter *filter, struct unsettled *unsettled)
{
    char after[ASSAY__ACTIVEFILTER_ID_MAX + 1] = "";
    struct assay__activefilter_entry entry;
    assay_error err = {0};
    assay_rc rc;

    while ((rc = assay__activefilter_state_next_pending(
                filter->state, after, &entry, &err)) == ASSAY_OK) {
        if (settle_left(filter, &entry, &err) != ASSAY_OK)
            note_unsettled(filter, &entry, unsettled, &err);
        assay__text_copy(after, sizeof after, entry.id);
        assay__activefilter_entry_fini(&entry);
    }
    if (rc != ASSAY_E_NOTFOUND)
        log_failure(filter, "activefilter.not-recovered", "", &err);
}

void assay__activefilter_recover(assay_activefilter *filter)
{
    struct unsettled unsettled = {.failures = 0};

    if (assay__activefilter_is_set(filter, NULL) != ASSAY_OK)
        return;
    settle_all(filter, &unsettled);
    if (unsettled.failures > 0)
        assay_log_write(filter->log, ASSAY_LOG_WARN, "activefilter.pending",
                        "mails=%zu address=\"%s\"", unsettled.failures,
                        filter->address);
    if (unsettled.elsewhere > 0)
        assay_log_write(filter->log, ASSAY_LOG_WARN, "activefilter.elsewhere",
                        "mails=%zu mailbox=\"%s\"", unsettled.elsewhere,
                        unsettled.mailbox);
    assay__activefilter_sweep(filter);
}
