/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Scoring as policies ask for it: the scorer of the generation, the context
 * variables of the message, and ActiveFilter.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "policy/activefilter_data.h"
#include "policy/score_variables.h"
#include "policy/session.h"
#include "scan/score_subject.h"

enum { ACTIVEFILTER_ID_MAX = 255 };

static struct assay__scorer *scorer_of(const assay_session *session)
{
    return assay__session_env(session)->policy->scorer;
}

static assay_activefilter *filter_of(const assay_session *session)
{
    return assay__session_env(session)->policy->activefilter;
}

static bool is_trial(const assay_session *session)
{
    return assay__session_env(session)->policy->is_trial;
}

bool assay_session_can_score(const assay_session *session)
{
    return scorer_of(session) != NULL;
}

static assay_rc check_scorer(const assay_session *session, assay_error *err)
{
    if (scorer_of(session))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_NOTFOUND,
                           "cloudmark module not available: there is no "
                           "cloudmark stanza");
}

/* ---- the message --------------------------------------------------------- */

static assay_rc ask(assay_session *session, assay_message *message,
                    assay_score *score_out, assay_error *err)
{
    struct assay__scorer *scorer = scorer_of(session);
    const struct assay__score_client client = {
        .address = assay__session_peer_address(session),
        .host = assay__session_peer_host(session),
        .helo =
            assay_context_get(assay_session_context(session), "ehlo_string"),
    };
    assay_score_subject subject;
    assay_rc rc = assay__score_subject_init(scorer->options, message, &client,
                                            &subject, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__scorer_score(scorer, &subject, assay__session_pulse(session),
                             score_out, err);
    assay__score_subject_fini(&subject);
    return rc;
}

static bool has_edit(const assay_message *message,
                     const struct assay_score_header *header)
{
    const assay_edit *edit;

    for (size_t i = 0; (edit = assay_message_edit_at(message, i)) != NULL; i++)
        if (edit->kind == ASSAY_EDIT_APPEND &&
            strcmp(edit->name, header->name) == 0 &&
            strcmp(edit->value, header->value) == 0)
            return true;
    return false;
}

/* A message that is scored twice gets each of them once. */
static assay_rc append_headers(const struct assay__scorer_options *options,
                               assay_message *message, const assay_score *score,
                               assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    if (!options->append_headers)
        return ASSAY_OK;
    for (size_t i = 0; i < score->header_count && rc == ASSAY_OK; i++)
        if (!has_edit(message, &score->headers[i]))
            rc = assay_message_edit(message, ASSAY_EDIT_APPEND,
                                    score->headers[i].name,
                                    score->headers[i].value, err);
    return rc;
}

static assay_rc keep(assay_session *session, assay_message *message,
                     const assay_score *score, assay_error *err)
{
    assay_rc rc =
        append_headers(scorer_of(session)->options, message, score, err);

    if (rc == ASSAY_OK)
        rc = assay__score_variables_set(assay_message_context(message), score,
                                        true, err);
    return rc;
}

/* A script that looks at the variables must not take an old score for that of
 * a call that failed. */
static assay_rc forget(assay_message *message, assay_rc rc)
{
    if (rc != ASSAY_OK)
        assay__score_variables_clear(assay_message_context(message));
    return rc;
}

assay_rc assay_session_score(assay_session *session, assay_message *message,
                             assay_score *score_out, assay_error *err)
{
    assay_score *score;
    assay_rc rc = check_scorer(session, err);

    if (rc != ASSAY_OK)
        return forget(message, rc);
    score = calloc(1, sizeof *score);
    if (!score)
        return forget(message, assay_error_set(err, ASSAY_E_NOMEM, "score"));
    rc = ask(session, message, score, err);
    if (rc == ASSAY_OK)
        rc = keep(session, message, score, err);
    if (rc == ASSAY_OK) {
        if (!is_trial(session))
            assay__activefilter_rejudge(filter_of(session), message, score);
        *score_out = *score;
    }
    free(score);
    return forget(message, rc);
}

assay_rc assay_session_analyze(assay_session *session, assay_message *message,
                               const char *text, size_t len,
                               assay_score *score_out, assay_error *err)
{
    assay_score *score;
    assay_rc rc = check_scorer(session, err);

    if (rc != ASSAY_OK)
        return rc;
    score = calloc(1, sizeof *score);
    if (!score)
        return assay_error_set(err, ASSAY_E_NOMEM, "score");
    rc = assay__scorer_analyze(scorer_of(session), text, len,
                               assay__session_pulse(session), score, err);
    if (rc == ASSAY_OK)
        rc = assay__score_variables_set(assay_message_context(message), score,
                                        false, err);
    if (rc == ASSAY_OK)
        *score_out = *score;
    free(score);
    return rc;
}

assay_rc assay_session_score_address(assay_session *session,
                                     const char *address,
                                     assay_score *score_out, assay_error *err)
{
    assay_rc rc = check_scorer(session, err);

    if (rc != ASSAY_OK)
        return rc;
    return assay__scorer_score_address(scorer_of(session), address,
                                       assay__session_pulse(session), score_out,
                                       err);
}

/* ---- ActiveFilter -------------------------------------------------------- */

assay_rc assay_session_add_activefilter_data(assay_session *session,
                                             const char *address,
                                             const char *key, const char *value,
                                             assay_error *err)
{
    if (!assay_session_message(session))
        return assay_error_set(err, ASSAY_E_STATE,
                               "there is no message in progress");
    return assay__activefilter_data_add(
        assay__session_activefilter_data(session), address, key, value, err);
}

static assay_rc check_threshold(double threshold, assay_error *err)
{
    if (threshold >= 0 && threshold <= 100)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_INVAL,
                           "the threshold %g is not one from 0 to 100",
                           threshold);
}

/* Queue ids come again some day, so a random number goes with them; it is
 * drawn once for a message, which is then registered once however often a
 * script asks for it. */
static assay_rc own_id(struct assay__activefilter_data *data,
                       const assay_message *message, assay_error *err)
{
    uint64_t number;

    if (data->id[0] != '\0')
        return ASSAY_OK;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return assay_error_set(err, ASSAY_E_IO, "no random number: %s",
                               strerrordesc_np(errno));
    (void)snprintf(data->id, sizeof data->id, "%.100s%s%016" PRIx64,
                   assay_message_id(message),
                   assay_message_id(message)[0] == '\0' ? "" : "-", number);
    return ASSAY_OK;
}

static assay_rc check_id(const char *id, assay_error *err)
{
    size_t len = strnlen(id, ACTIVEFILTER_ID_MAX + 1);
    bool is_good = len > 0 && len <= ACTIVEFILTER_ID_MAX;

    for (size_t i = 0; is_good && i < len; i++)
        is_good = id[i] > ' ' && id[i] <= '~';
    if (is_good)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_INVAL,
                           "an ActiveFilter id is 1 to %d characters of "
                           "printable ASCII without blanks",
                           ACTIVEFILTER_ID_MAX);
}

static assay_rc register_score(assay_session *session, assay_message *message,
                               const char *id, double threshold,
                               const assay_score *score, assay_error *err)
{
    const struct assay__activefilter_data *data =
        assay__session_activefilter_data(session);
    const struct assay__activefilter_event event = {
        .id = id,
        .message = message,
        .score = score,
        .threshold = threshold,
        .data = data->items,
        .data_count = data->count,
    };

    if (is_trial(session))
        return ASSAY_OK;
    return assay__activefilter_register(filter_of(session), &event, err);
}

assay_rc assay_session_score_activefilter(assay_session *session,
                                          assay_message *message,
                                          const char *id, double threshold,
                                          assay_score *score_out,
                                          assay_error *err)
{
    struct assay__activefilter_data *data =
        assay__session_activefilter_data(session);
    assay_score *score;
    assay_rc rc = check_scorer(session, err);

    if (rc == ASSAY_OK)
        rc = assay__activefilter_is_set(filter_of(session), err);
    if (rc == ASSAY_OK)
        rc = check_threshold(threshold, err);
    if (rc == ASSAY_OK)
        rc = id ? check_id(id, err) : own_id(data, message, err);
    if (rc != ASSAY_OK)
        return forget(message, rc);
    score = calloc(1, sizeof *score);
    if (!score)
        return forget(message, assay_error_set(err, ASSAY_E_NOMEM, "score"));
    rc = ask(session, message, score, err);
    if (rc == ASSAY_OK)
        rc = keep(session, message, score, err);
    if (rc == ASSAY_OK) /* last, for it cannot be taken back */
        rc = register_score(session, message, id ? id : data->id, threshold,
                            score, err);
    if (rc == ASSAY_OK)
        *score_out = *score;
    free(score);
    return forget(message, rc);
}
