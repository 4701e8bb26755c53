/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rspamd_reply.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json_reply.h"
#include "mapping.h"
#include "seal.h"
#include "symbols.h"

enum {
    ACTION_MAX = 64, /* bytes, with the NUL */
    /* likewise: sign, 309 digits of the largest double, ".00" */
    POINTS_MAX = 320,
    ANALYSIS_MAX = ASSAY_SCORE_ANALYSIS_MAX - ASSAY__SEAL_ROOM
};

#define SPAM_ALL 100.0
#define HAM_MOST (ASSAY__MAPPING_SPAM - 0.01)

enum says { SAYS_NOTHING, SAYS_SPAM, SAYS_HAM, SAYS_LATER };

static const struct {
    const char *name;
    enum says says;
} actions[] = {
    {"reject", SAYS_SPAM},     {"discard", SAYS_SPAM},
    {"quarantine", SAYS_SPAM}, {"no action", SAYS_HAM},
    {"add header", SAYS_HAM},  {"rewrite subject", SAYS_HAM},
    {"greylist", SAYS_LATER},  {"soft reject", SAYS_LATER},
};

/* What is taken from a reply. */
struct judgement {
    double points, required;
    bool is_skipped;
    char action[ACTION_MAX];
    enum says says;
    json_t *symbols; /* borrowed; NULL: none */
};

static enum says meaning(const char *action)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (!strcmp(action, actions[i].name))
            return actions[i].says;
    return SAYS_NOTHING;
}

/* ---- reading ------------------------------------------------------------ */

static assay_rc read_symbols(const json_t *root, struct judgement *judgement,
                             assay_error *err)
{
    json_t *symbols = json_object_get(root, "symbols");
    const char *name;
    json_t *symbol;

    if (!symbols)
        return ASSAY_OK;
    if (!json_is_object(symbols))
        return assay_error_set(err, ASSAY_E_IO, "'symbols' is not an object");
    json_object_foreach(symbols, name, symbol)
    {
        if (!json_is_object(symbol))
            return assay_error_set(err, ASSAY_E_IO,
                                   "an entry of 'symbols' is not an object");
    }
    judgement->symbols = symbols;
    return ASSAY_OK;
}

static assay_rc read_judgement(const json_t *root, struct judgement *judgement,
                               assay_error *err)
{
    const json_t *skipped = json_object_get(root, "is_skipped");
    assay_rc rc;

    if (skipped && !json_is_boolean(skipped))
        return assay_error_set(err, ASSAY_E_IO,
                               "'is_skipped' is neither true nor false");
    judgement->is_skipped = json_is_true(skipped);
    rc = assay__json_reply_number(root, "score", &judgement->points, err);
    if (rc == ASSAY_OK)
        rc = assay__json_reply_number(root, "required_score",
                                      &judgement->required, err);
    if (rc == ASSAY_OK)
        rc = assay__json_reply_copy(json_object_get(root, "action"), "action",
                                    judgement->action, ACTION_MAX, err);
    judgement->says = meaning(judgement->action);
    return rc == ASSAY_OK ? read_symbols(root, judgement, err) : rc;
}

/* ---- judging ------------------------------------------------------------ */

static assay_rc map_score(const struct judgement *judgement, assay_score *score,
                          assay_error *err)
{
    assay_rc rc = assay__mapping_score(judgement->points, judgement->required,
                                       &score->score, err);

    if (rc != ASSAY_OK)
        return rc;
    if (judgement->says == SAYS_SPAM && judgement->is_skipped)
        score->score = SPAM_ALL;
    else if (judgement->says == SAYS_SPAM)
        score->score = fmax(score->score, ASSAY__MAPPING_SPAM);
    else if (judgement->says != SAYS_NOTHING)
        score->score = fmin(score->score, HAM_MOST);
    score->rescan = judgement->says == SAYS_LATER;
    return ASSAY_OK;
}

static double weight_of(const json_t *symbol)
{
    const json_t *weight = json_object_get(symbol, "score");

    return json_is_number(weight) ? json_number_value(weight) : NAN;
}

static void categorise(json_t *list, assay_score *score)
{
    struct assay__symbols symbols = {0};
    const char *name;
    json_t *symbol;

    json_object_foreach(list, name, symbol)
    {
        assay__symbols_add(&symbols, name, strlen(name), weight_of(symbol));
    }
    assay__symbols_finish(&symbols, score);
}

/* Names in the order of the reply, as many as there is room for; with blanks,
 * so that a header can be folded between them. */
static void append_names(json_t *list, char *text, size_t used)
{
    const char *name, *gap = "";
    json_t *symbol;

    json_object_foreach(list, name, symbol)
    {
        size_t len = strlen(name);

        if (!assay__symbol_is_valid(name, len))
            continue;
        if (used + len + 2 > ANALYSIS_MAX)
            return;
        used += (size_t)snprintf(text + used, len + 3, "%s%s", gap, name);
        gap = ", ";
    }
}

/* With two decimals as rspamd has it, in any locale. */
static void format_points(char *out, size_t size, double points)
{
    double whole;
    long hundredths = lround(100 * modf(fabs(points), &whole));

    if (hundredths == 100) {
        whole++;
        hundredths = 0;
    }
    (void)snprintf(out, size, "%s%.0f.%02ld", points < 0 ? "-" : "", whole,
                   hundredths);
}

static void explain(const struct judgement *judgement, assay_score *score)
{
    char points[POINTS_MAX], required[POINTS_MAX];
    int used;

    format_points(points, sizeof points, judgement->points);
    format_points(required, sizeof required, judgement->required);
    used = snprintf(score->analysis, ANALYSIS_MAX,
                    "score=%s; required=%s; action=%s%s; symbols=", points,
                    required, judgement->action,
                    judgement->is_skipped ? "; skipped=yes" : "");
    append_names(judgement->symbols, score->analysis, (size_t)used);
}

assay_rc assay__rspamd_reply_parse(const char *data, size_t size,
                                   assay_score *score_out, assay_error *err)
{
    struct judgement judgement = {0};
    json_t *root = NULL;
    assay_rc rc = assay__json_reply_parse(data, size, &root, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = read_judgement(root, &judgement, err);
    if (rc == ASSAY_OK)
        rc = map_score(&judgement, score_out, err);
    if (rc == ASSAY_OK) {
        categorise(judgement.symbols, score_out);
        explain(&judgement, score_out);
    }
    json_decref(root);
    return rc;
}
