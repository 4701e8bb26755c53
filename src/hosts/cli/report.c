/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "escape.h"

enum {
    FIRST_PATH_COLUMNS = 24,
    STATUS_COLUMNS = 12, /* "unscannable" and a blank */
    INFO_COLUMNS = 36,
    REAL_DIGITS = 15
};

static const char nameless[] = "(out of memory)";
/* Reason of what could not be read; the library knows no such thing. */
static const char reason_input[] = "input";

/* ---- sums -------------------------------------------------------------- */

void assay__tally_add(struct assay__tally *tally,
                      const struct assay__outcome *outcome, uint64_t bytes)
{
    tally->messages++;
    tally->bytes += bytes;
    switch (outcome->verdict.status) {
    case ASSAY_STATUS_CLEAN:
        tally->clean++;
        break;
    case ASSAY_STATUS_INFECTED:
        tally->infected++;
        break;
    case ASSAY_STATUS_UNSCANNABLE:
    case ASSAY_STATUS_NOT_SUITABLE:
    case ASSAY_STATUS_SKIPPED: /* not scanned is never clean */
        tally->unscannable++;
        break;
    default:
        tally->errors++;
        break;
    }
    if (outcome->has_answer)
        tally->answers[outcome->answer.disposition.action]++;
    else
        tally->unanswered++;
}

static int status_of(bool found, bool trouble)
{
    return found     ? ASSAY__EXIT_FOUND
           : trouble ? ASSAY__EXIT_TROUBLE
                     : ASSAY__EXIT_OK;
}

int assay__tally_exit_status(const struct assay__tally *tally)
{
    const uint64_t *answers = tally->answers;

    if (tally->with_policy)
        return status_of(
            answers[ASSAY_ACTION_REJECT] + answers[ASSAY_ACTION_DISCARD] > 0,
            answers[ASSAY_ACTION_TEMPFAIL] + tally->unanswered > 0);
    return status_of(tally->infected > 0,
                     tally->unscannable + tally->errors > 0);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* ---- text -------------------------------------------------------------- */

static const char *reason_of(const struct assay__outcome *outcome)
{
    return outcome->is_unreadable ? reason_input
                                  : assay_reason_name(outcome->verdict.reason);
}

static void put_answer(FILE *out, const struct assay__answer *answer)
{
    const assay_disposition *d = &answer->disposition;
    size_t edits = json_array_size(answer->edits);

    (void)fprintf(out, "; %s", assay_action_name(d->action));
    if (d->action != ASSAY_ACTION_CONTINUE)
        (void)fprintf(out, " at %s", assay_phase_name(answer->phase));
    if (d->code != 0)
        (void)fprintf(out, ": %d", d->code);
    if (d->enhanced[0] != '\0')
        (void)fprintf(out, " %s", d->enhanced);
    if (d->text[0] != '\0')
        (void)fprintf(out, "%s%s", d->code != 0 ? " " : ": ", d->text);
    if (d->module[0] != '\0')
        (void)fprintf(out, " [%s]", d->module);
    if (answer->score[0] != '\0')
        (void)fprintf(out, ", score %s", answer->score);
    if (edits > 0)
        (void)fprintf(out, ", %zu header edit%s", edits, plural(edits));
}

/* The length of word, if text begins with it and it ends there. */
static size_t leading_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    return strncmp(text, word, len) == 0 && strchr(": ", text[len]) ? len : 0;
}

/* What went wrong without the words that the column before says already. */
static const char *detail_of(const assay_verdict *verdict)
{
    static const char *const said[] = {"error", "unscannable", "not suitable"};
    const char *detail = verdict->info;

    if (verdict->status == ASSAY_STATUS_INFECTED)
        return detail; /* a name */
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        size_t len = leading_word(detail, said[i]);

        if (len > 0 && detail[len] == ':')
            detail += len + 1 + (detail[len + 1] == ' ');
    }
    return detail;
}

/* "reason: detail", or the one of them that there is or that says both; no
 * blanks at the end, they would look like data to those who cut columns. */
static void put_verdict(FILE *out, const struct assay__outcome *outcome)
{
    const assay_verdict *verdict = &outcome->verdict;
    const char *status = assay_status_name(verdict->status);
    const char *reason = reason_of(outcome), *detail = detail_of(verdict);
    char info[ASSAY_VERDICT_INFO_MAX + 32];

    if (leading_word(detail, reason) > 0)
        reason = "";
    (void)snprintf(info, sizeof info, "%s%s%s", reason,
                   reason[0] != '\0' && detail[0] != '\0' ? ": " : "", detail);
    if (verdict->engine[0] != '\0')
        (void)fprintf(out, "%-*s %-*s %s", STATUS_COLUMNS, status, INFO_COLUMNS,
                      info, verdict->engine);
    else if (info[0] != '\0')
        (void)fprintf(out, "%-*s %s", STATUS_COLUMNS, status, info);
    else
        (void)fputs(status, out);
}

static char *finish(FILE *out, char **text)
{
    bool ok = !ferror(out);

    if (fclose(out) == 0 && ok)
        return *text;
    free(*text);
    return NULL;
}

static size_t widen(size_t columns, size_t width)
{
    if (columns < FIRST_PATH_COLUMNS)
        columns = FIRST_PATH_COLUMNS;
    if (width > columns)
        columns = width;
    return columns < ASSAY__REPORT_PATH_COLUMNS_MAX
               ? columns
               : ASSAY__REPORT_PATH_COLUMNS_MAX;
}

char *assay__report_text(const char *name, const struct assay__outcome *outcome,
                         size_t *columns)
{
    char *path = assay__escape_line(name ? name : nameless), *line = NULL;
    size_t size, width = path ? assay__escape_width(path) : 0;
    FILE *out = path ? open_memstream(&line, &size) : NULL;

    if (!out) {
        free(path);
        return NULL;
    }
    *columns = widen(*columns, width);
    (void)fprintf(out, "%s:%*s ", path,
                  width < *columns ? (int)(*columns - width) : 0, "");
    put_verdict(out, outcome);
    free(path);
    if (outcome->has_answer)
        put_answer(out, &outcome->answer);
    (void)fputc('\n', out);
    return finish(out, &line);
}

/* ---- JSON -------------------------------------------------------------- */

static json_t *string(const char *text)
{
    char *valid = assay__escape_utf8(text);
    json_t *value = valid ? json_string(valid) : NULL;

    free(valid);
    return value;
}

static json_t *limits_json(uint32_t bits)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
        {ASSAY_LIMIT_FILE_SIZE, "file_size"},
        {ASSAY_LIMIT_SCAN_SIZE, "scan_size"},
        {ASSAY_LIMIT_FILES, "files"},
        {ASSAY_LIMIT_RECURSION, "recursion"},
        {ASSAY_LIMIT_TIME, "time"},
        {ASSAY_LIMIT_PARTS, "parts"},
        {ASSAY_LIMIT_DEPTH, "depth"},
        {ASSAY_LIMIT_HEADERS, "headers"},
        {ASSAY_LIMIT_OTHER, "other"},
    };
    json_t *list = json_array();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bits & names[i].bit)
            (void)json_array_append_new(list, json_string(names[i].name));
    return list;
}

static json_t *coverage_json(const assay_coverage *coverage)
{
    return json_pack("{sI sI sI sI so sI}", "bytes_seen",
                     (json_int_t)coverage->bytes_seen, "bytes_total",
                     (json_int_t)coverage->bytes_total, "parts_seen",
                     (json_int_t)coverage->parts_seen, "parts_total",
                     (json_int_t)coverage->parts_total, "limits",
                     limits_json(coverage->limits_hit), "members_unopened",
                     (json_int_t)coverage->members_unopened);
}

static json_t *answer_json(const struct assay__answer *answer)
{
    const assay_disposition *d = &answer->disposition;

    return json_pack(
        "{ss ss si so so so sb so so}", "action", assay_action_name(d->action),
        "phase", assay_phase_name(answer->phase), "code", d->code, "enhanced",
        string(d->enhanced), "text", string(d->text), "module",
        string(d->module), "disconnect", (int)d->disconnect, "edits",
        answer->edits ? json_incref(answer->edits) : json_array(), "score",
        answer->score[0] != '\0' ? string(answer->score) : json_null());
}

static json_t *outcome_json(const char *name,
                            const struct assay__outcome *outcome)
{
    const assay_verdict *v = &outcome->verdict;

    return json_pack("{so ss ss so so so so so sf so}", "path",
                     string(name ? name : nameless), "status",
                     assay_status_name(v->status), "reason", reason_of(outcome),
                     "info", string(v->info), "engine", string(v->engine),
                     "scope", string(v->scope), "scan_code",
                     string(v->scan_code), "epoch", string(v->epoch),
                     "elapsed_ms", (double)v->elapsed_us / 1000.0, "coverage",
                     coverage_json(&v->coverage));
}

char *assay__report_json(const char *name, const struct assay__outcome *outcome)
{
    json_t *object = outcome_json(name, outcome);
    char *text, *line = NULL;

    if (object && outcome->has_answer &&
        json_object_set_new(object, "disposition",
                            answer_json(&outcome->answer)) != 0) {
        json_decref(object);
        object = NULL;
    }
    /* ASCII only: no terminal is disturbed by what a mail says. */
    text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII |
                                  JSON_REAL_PRECISION(REAL_DIGITS));
    json_decref(object);
    if (text && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    return line;
}

/* ---- summary ----------------------------------------------------------- */

char *assay__report_summary(const struct assay__tally *tally,
                            int64_t elapsed_ms)
{
    const uint64_t *answers = tally->answers;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    (void)fprintf(out,
                  "%s%ju message%s: %ju clean, %ju infected, "
                  "%ju unscannable, %ju error%s; ",
                  tally->was_interrupted ? "interrupted after " : "",
                  (uintmax_t)tally->messages, plural(tally->messages),
                  (uintmax_t)tally->clean, (uintmax_t)tally->infected,
                  (uintmax_t)tally->unscannable, (uintmax_t)tally->errors,
                  plural(tally->errors));
    if (tally->skipped > 0)
        (void)fprintf(out, "%ju skipped; ", (uintmax_t)tally->skipped);
    (void)fprintf(out, "%ju bytes in %.3f seconds\n", (uintmax_t)tally->bytes,
                  (double)elapsed_ms / 1e3);
    if (tally->with_policy)
        (void)fprintf(out,
                      "policy: %ju continue, %ju reject, %ju tempfail, "
                      "%ju discard\n",
                      (uintmax_t)answers[ASSAY_ACTION_CONTINUE],
                      (uintmax_t)answers[ASSAY_ACTION_REJECT],
                      (uintmax_t)answers[ASSAY_ACTION_TEMPFAIL],
                      (uintmax_t)answers[ASSAY_ACTION_DISCARD]);
    return finish(out, &text);
}
