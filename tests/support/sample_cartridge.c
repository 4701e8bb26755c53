/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A cartridge that scores as the message says, for tests of whatever uses
 * `backend = "cartridge"`: build/<preset>/tests/cartridges/sample.so.
 *
 * Behind "X-Sample: " in the message stand words with blanks between them, up
 * to the end of the line; without any the score is 12.5.
 *
 *     score=N         the score; nan and inf are numbers, too
 *     rescan          scoring again would help
 *     category=TEXT   also category_desc= sub_category= sub_category_desc=
 *     unset           the score is never set
 *     fail mute late  an error with a sentence; one without; too late
 *     endless=TEXT    the text of that name has no end
 *     control=TEXT latin1=TEXT    it has a control character; is not UTF-8
 *     long            a category of 200 bytes
 *
 * The analysis is "sample:SCORE" and what was asked; analyze takes it again.
 * The address 192.0.2.66 scores 90, 192.0.2.99 not a number, all others 1.
 * A configuration that ends with "refuse" or "silent" is refused, with one
 * that ends with "odd" the version has a line end, with one that ends with
 * "slow" it takes 1.5 seconds to start.
 */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <assay/authority.h>

#define MARK "X-Sample: "
#define ANALYSIS "sample:"

struct sample {
    int is_odd;
};

static int ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);

    return len >= end_len && !strcmp(text + len - end_len, end);
}

static int say(char *error, size_t size, const char *sentence)
{
    (void)snprintf(error, size, "%s", sentence);
    return -1;
}

static void wait_past(int64_t deadline_ms)
{
    struct timespec now;

    do {
        (void)poll(NULL, 0, 1);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 < deadline_ms);
}

static void wait_for(int64_t ms)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    wait_past((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + ms);
}

static int sample_init(const char *config, void **instance_out, char *error,
                       size_t error_size)
{
    struct sample *sample;

    if (ends_with(config, "refuse"))
        return say(error, error_size, "told to refuse");
    if (ends_with(config, "silent"))
        return -3;
    if (ends_with(config, "slow"))
        wait_for(1500);
    sample = calloc(1, sizeof *sample);
    if (!sample)
        return say(error, error_size, "out of memory");
    sample->is_odd = ends_with(config, "odd");
    *instance_out = sample;
    return 0;
}

static void sample_shutdown(void *instance)
{
    free(instance);
}

/* ---- words -------------------------------------------------------------- */

static char *text_of(assay_authority_result *result, const char *name,
                     size_t *size_out)
{
    *size_out = ASSAY_AUTHORITY_TEXT_MAX;
    if (!strcmp(name, "category"))
        return result->category;
    if (!strcmp(name, "category_desc"))
        return result->category_desc;
    if (!strcmp(name, "sub_category"))
        return result->sub_category;
    if (!strcmp(name, "sub_category_desc"))
        return result->sub_category_desc;
    *size_out = ASSAY_AUTHORITY_ANALYSIS_MAX;
    return result->analysis;
}

/* Words that spoil the result, once it is complete. */
static void spoil(const char *name, const char *value,
                  assay_authority_result *result)
{
    size_t size;
    char *text = text_of(result, value, &size);

    if (!strcmp(name, "endless"))
        memset(text, 'a', size);
    else if (!strcmp(name, "control"))
        (void)snprintf(text, size, "a\nX-Forged: b");
    else if (!strcmp(name, "latin1"))
        (void)snprintf(text, size, "caf\xe9");
    else if (!strcmp(name, "long"))
        memset(result->category, 'a', 200);
}

static void set(const char *name, const char *value,
                assay_authority_result *result)
{
    size_t size;

    if (!strcmp(name, "score"))
        result->score = strtod(value, NULL);
    else if (!strcmp(name, "rescan"))
        result->rescan = 5;
    else if (strstr(name, "category"))
        (void)snprintf(text_of(result, name, &size), ASSAY_AUTHORITY_TEXT_MAX,
                       "%s", value);
    else if (!strcmp(name, "unset"))
        result->score = (double)NAN;
}

static void each(char *words,
                 void (*act)(const char *name, const char *value,
                             assay_authority_result *result),
                 assay_authority_result *result)
{
    char *rest = words;
    char *word;

    while ((word = strsep(&rest, " ")) != NULL) {
        char *value = strchr(word, '=');

        if (value)
            *value++ = '\0';
        act(word, value ? value : "", result);
    }
}

static void copy_words(const assay_authority_message *message, char *out,
                       size_t size)
{
    const char *data = message->size ? message->data : "";
    const char *mark = memmem(data, message->size, MARK, strlen(MARK));
    size_t len = 0;

    out[0] = '\0';
    if (!mark)
        return;
    mark += strlen(MARK);
    while (mark + len < data + message->size && len + 1 < size &&
           mark[len] != '\r' && mark[len] != '\n')
        len++;
    memcpy(out, mark, len);
    out[len] = '\0';
}

/* ---- the calls ---------------------------------------------------------- */

static int sample_score(void *instance, const assay_authority_message *message,
                        int64_t deadline_ms, assay_authority_result *result,
                        char *error, size_t error_size)
{
    size_t count = message->recipient_count;
    char words[1024], again[1024];

    (void)instance;
    copy_words(message, words, sizeof words);
    memcpy(again, words, sizeof again);
    if (strstr(words, "late"))
        wait_past(deadline_ms);
    if (strstr(words, "fail"))
        return say(error, error_size, "told to\tfail");
    if (strstr(words, "mute"))
        return -7;
    result->score = 12.5;
    each(words, set, result);
    (void)snprintf(result->analysis, sizeof result->analysis,
                   ANALYSIS "%g helo=%s from=%s ip=%s host=%s id=%s size=%zu "
                            "to=%zu,%s,%s",
                   result->score, message->helo, message->sender,
                   message->client_ip, message->client_host, message->queue_id,
                   message->size, count, count ? message->recipients[0] : "",
                   count ? message->recipients[count - 1] : "");
    each(again, spoil, result);
    return 0;
}

#ifdef SAMPLE_PLAIN
#define ANALYZE NULL
#define SCORE_IP NULL
#else
#define ANALYZE sample_analyze
#define SCORE_IP sample_score_ip

/* NOLINTNEXTLINE: its parameters are those of the interface */
static int sample_analyze(void *instance, const char *header, size_t len,
                          int64_t deadline_ms, assay_authority_result *result,
                          char *error, size_t error_size)
{
    char number[32] = "";
    size_t prefix = strlen(ANALYSIS);

    (void)instance;
    (void)deadline_ms;
    if (len <= prefix || memcmp(header, ANALYSIS, prefix) != 0)
        return say(error, error_size, "not an analysis of mine");
    (void)snprintf(number, sizeof number, "%.*s",
                   len - prefix < 16 ? (int)(len - prefix) : 16,
                   header + prefix);
    result->score = strtod(number, NULL);
    return 0;
}

static int sample_score_ip(void *instance, const char *ip, int64_t deadline_ms,
                           double *score_out, char *error, size_t error_size)
{
    (void)instance;
    (void)deadline_ms;
    if (!strcmp(ip, "192.0.2.13"))
        return say(error, error_size, "no such address");
    if (strcmp(ip, "192.0.2.99") != 0)
        *score_out = strcmp(ip, "192.0.2.66") != 0 ? 1 : 90;
    return 0;
}
#endif

static void sample_version(void *instance, char *engine, char *cartridge,
                           size_t size)
{
    const struct sample *sample = instance;

    (void)snprintf(engine, size, "%s", sample->is_odd ? "2.0\n3" : "2.0.3.29");
    (void)snprintf(cartridge, size, "3046.2.0.23");
}

ASSAY_AUTHORITY_CARTRIDGE(.name = "sample", .init = sample_init,
                          .shutdown = sample_shutdown, .score = sample_score,
                          .analyze = ANALYZE, .score_ip = SCORE_IP,
                          .version = sample_version);
