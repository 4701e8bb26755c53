/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A scorer that answers as its configuration says, for tests of everything
 * above a backend.
 *
 *   answer = "90"           that score; any number strtod() reads
 *   answer = "90 ham.."     and words behind it: see `words` below
 *   answer = "fail"         ASSAY_E_UNAVAILABLE
 *   answer = "late"         returns after the deadline, with a score
 *   answer = "echo"         50, and the analysis is what it was given
 *   answer = "subject"      the score is the number in the header X-Score
 */
#include <assay/scorer.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct scripted_settings {
    const char *answer;
    bool refuse_open;
};

static const assay_conf_option options[] = {
    {.name = "answer",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct scripted_settings, answer),
     .default_value = "50"},
    {.name = "refuse_open",
     .type = ASSAY_CONF_BOOL,
     .offset = offsetof(struct scripted_settings, refuse_open),
     .default_value = "false"},
    {.name = NULL},
};

static const assay_conf_stanza conf = {
    .name = "cloudmark",
    .settings_size = sizeof(struct scripted_settings),
    .options = options,
};

static assay_rc scripted_open(const assay_scorer_args *args,
                              void **instance_out, assay_error *err)
{
    const struct scripted_settings *settings = args->settings;

    if (settings->refuse_open)
        return assay_error_set(err, ASSAY_E_INVAL, "open is refused");
    *instance_out = (void *)(uintptr_t)settings;
    return ASSAY_OK;
}

static void scripted_close(void *instance)
{
    (void)instance;
}

static bool has_word(const char *answer, const char *word)
{
    return strstr(answer, word) != NULL;
}

static void set(char *to, size_t size, const char *text)
{
    (void)snprintf(to, size, "%s", text);
}

/* words: full, rescan, control, utf8, header, badheader, many, unended */
static void fill(const char *answer, assay_score *score)
{
    score->score = strtod(answer, NULL);
    score->rescan = has_word(answer, "rescan");
    if (has_word(answer, "full")) {
        set(score->category, sizeof score->category, "7");
        set(score->category_desc, sizeof score->category_desc, "spam");
        set(score->sub_category, sizeof score->sub_category, "3");
        set(score->sub_category_desc, sizeof score->sub_category_desc, "pills");
        set(score->analysis, sizeof score->analysis, "v=2.3 cv=1");
    }
    if (has_word(answer, "control"))
        set(score->category, sizeof score->category, "a\r\nb");
    if (has_word(answer, "utf8"))
        set(score->category_desc, sizeof score->category_desc, "\xff");
    if (has_word(answer, "unended"))
        memset(score->sub_category, 'x', sizeof score->sub_category);
    if (has_word(answer, "header")) {
        score->header_count = 1;
        set(score->headers[0].name, sizeof score->headers[0].name,
            "X-Authority");
        set(score->headers[0].value, sizeof score->headers[0].value,
            has_word(answer, "badheader") ? "a\r\nBcc: b@example.org" : "seen");
    }
    if (has_word(answer, "many"))
        score->header_count = ASSAY_SCORE_HEADERS_MAX + 1;
}

/* Everything it was given, with control characters as \xHH. */
static void echo(const assay_score_subject *subject, assay_score *score)
{
    const unsigned char *data = subject->data;
    size_t left = sizeof score->analysis;
    char *end = score->analysis;
    int n = snprintf(end, left,
                     "helo=%s sender=%s first=%s count=%zu ip=%s host=%s id=%s "
                     "cut=%d size=%zu data=",
                     subject->helo, subject->sender,
                     subject->recipient_count ? subject->recipients[0] : "",
                     subject->recipient_count, subject->client_address,
                     subject->client_host, subject->queue_id, subject->is_cut,
                     subject->size);

    score->score = 50;
    for (size_t i = 0; i < subject->size && n > 0 && (size_t)n < left; i++) {
        end += n;
        left -= (size_t)n;
        n = snprintf(end, left, data[i] < ' ' ? "\\x%02x" : "%c", data[i]);
    }
}

static double number_in_header(const assay_score_subject *subject)
{
    static const char name[] = "X-Score: ";
    const char *found =
        memmem(subject->data, subject->size, name, sizeof name - 1);

    return found ? strtod(found + sizeof name - 1, NULL) : 0;
}

static void wait_past(int64_t deadline_ms)
{
    const int64_t until = deadline_ms + 300;
    const struct timespec at = {.tv_sec = until / 1000,
                                .tv_nsec = until % 1000 * 1000000};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
        continue;
}

static assay_rc answer(void *instance, int64_t deadline_ms,
                       assay_score *score_out, assay_error *err)
{
    const struct scripted_settings *settings = instance;

    if (strcmp(settings->answer, "fail") == 0)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "no server answers");
    if (strcmp(settings->answer, "late") == 0)
        wait_past(deadline_ms);
    fill(settings->answer, score_out);
    return ASSAY_OK;
}

static assay_rc scripted_score(void *instance,
                               const assay_score_subject *subject,
                               int64_t deadline_ms, assay_score *score_out,
                               assay_error *err)
{
    const struct scripted_settings *settings = instance;

    if (strcmp(settings->answer, "echo") == 0) {
        echo(subject, score_out);
        return ASSAY_OK;
    }
    if (strcmp(settings->answer, "subject") == 0) {
        score_out->score = number_in_header(subject);
        return ASSAY_OK;
    }
    return answer(instance, deadline_ms, score_out, err);
}

static assay_rc scripted_analyze(void *instance, const char *text, size_t len,
                                 int64_t deadline_ms, assay_score *score_out,
                                 assay_error *err)
{
    if (memmem(text, len, "forged", 6))
        return assay_error_set(err, ASSAY_E_INVAL, "the analysis is forged");
    return answer(instance, deadline_ms, score_out, err);
}

static assay_rc scripted_address(void *instance, const char *address,
                                 int64_t deadline_ms, assay_score *score_out,
                                 assay_error *err)
{
    if (strcmp(address, "192.0.2.66") == 0) {
        score_out->score = 66;
        return ASSAY_OK;
    }
    return answer(instance, deadline_ms, score_out, err);
}

static assay_rc scripted_version(void *instance, int64_t deadline_ms,
                                 assay_scorer_version *version_out,
                                 assay_error *err)
{
    const struct scripted_settings *settings = instance;

    (void)deadline_ms;
    if (strcmp(settings->answer, "fail") == 0)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "no server answers");
    set(version_out->engine, sizeof version_out->engine, "2.0.3.29");
    set(version_out->cartridge, sizeof version_out->cartridge, "3046.2.0.23");
    return ASSAY_OK;
}

static assay_rc scripted_check(const assay_scorer_args *args,
                               const char **option_out, assay_error *err)
{
    for (size_t i = 0; i < args->servers.count; i++)
        if (strcmp(args->servers.items[i], "bad") == 0) {
            *option_out = "servers";
            return assay_error_set(err, ASSAY_E_INVAL, "'bad' is a bad server");
        }
    return ASSAY_OK;
}

static const assay_scorer_ops scripted_ops = {
    .struct_size = sizeof(assay_scorer_ops),
    .open = scripted_open,
    .close = scripted_close,
    .score = scripted_score,
    .analyze = scripted_analyze,
    .score_address = scripted_address,
    .version = scripted_version,
    .check = scripted_check,
};

ASSAY_SCORER_MODULE(.name = "scripted", .version = "1.0",
                    .description = "answers as it is told", .conf = &conf,
                    .ops = &scripted_ops);
