/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An engine for tests of the runtime: a content that holds the configured
 * word is infected, any other gets the configured answer. It can refuse to open
 * or crash. Opening and closing are logged.
 *
 * With `words` the word is read from the first line of that file and read
 * again by refresh: BROKEN there is refused, and while there is a file of that
 * name with ".hold" behind it, a refresh that found another word waits.
 *
 * With `troubles` a content makes trouble by a word in it: CRASH, EXIT, LOOP,
 * GROW (by 64 MB that stay), HUNGRY (more memory than there is), BLIND (probes
 * fail from then on), CHATTER (SAMPLE_LINES lines of log), ALARM (a SIGIO, as
 * from a socket). STATE in the words makes ASSAY_E_STATE of reading them. One
 * whose word is MUTE cannot tell whether there is another.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <assay/engine.h>

enum { WORD_MAX = 64, SAMPLE_LINES = 1000 };

struct sample_settings {
    const char *threat;
    const char *words;
    bool refuse;
    bool crash;
    int answer;
    bool remote;
    const char *data;
    uint64_t max_filesize, max_scansize;
    bool troubles;
    bool process; /* ASSAY_ENGINE_PROCESS */
    const char *program, *scanner_log;
    int64_t workers;
    assay_conf_list updater;
};

#define AT(member) offsetof(struct sample_settings, member)

static const assay_conf_word sample_answers[] = {
    {.name = "clean", .value = ASSAY_FOUND_NOTHING},
    {.name = "fault", .value = ASSAY_FOUND_FAULT},
    {.name = "unscannable", .value = ASSAY_FOUND_UNSCANNABLE},
    {.name = "unsuitable", .value = ASSAY_FOUND_NOT_SUITABLE},
    {0},
};

static const assay_conf_option sample_options[] = {
    {.name = "threat",
     .type = ASSAY_CONF_STRING,
     .offset = AT(threat),
     .default_value = "THREAT"},
    {.name = "words", .type = ASSAY_CONF_PATH, .offset = AT(words)},
    {.name = "refuse",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(refuse),
     .default_value = "false"},
    {.name = "crash",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(crash),
     .default_value = "false"},
    {.name = "answer",
     .type = ASSAY_CONF_ENUM,
     .offset = AT(answer),
     .default_value = "clean",
     .words = sample_answers},
    {.name = "remote",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(remote),
     .default_value = "false"},
    {.name = "data", .type = ASSAY_CONF_PATH, .offset = AT(data)},
    {.name = "max_filesize",
     .type = ASSAY_CONF_SIZE,
     .offset = AT(max_filesize),
     .default_value = "1000000"},
    {.name = "max_scansize",
     .type = ASSAY_CONF_SIZE,
     .offset = AT(max_scansize),
     .default_value = "2000000"},
    {.name = "troubles",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(troubles),
     .default_value = "false"},
    {.name = "process",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(process),
     .default_value = "false"},
    {.name = "program", .type = ASSAY_CONF_PATH, .offset = AT(program)},
    {.name = "scanner_log", .type = ASSAY_CONF_PATH, .offset = AT(scanner_log)},
    {.name = "workers",
     .type = ASSAY_CONF_INT,
     .offset = AT(workers),
     .default_value = "0",
     .max = 100},
    {.name = "updater", .type = ASSAY_CONF_LIST, .offset = AT(updater)},
    {0},
};

static const assay_conf_stanza sample_conf = {
    .name = "sample",
    .named = true,
    .settings_size = sizeof(struct sample_settings),
    .options = sample_options,
};

struct sample {
    const struct sample_settings *settings;
    const assay_log *log;
    char name[ASSAY_NAME_MAX + 1];
    pthread_mutex_t lock;
    char word[WORD_MAX]; /* lock */
    bool is_blind;       /* of a scanner process, which has one thread */
};

static assay_rc read_word(const struct sample_settings *settings, char *word,
                          assay_error *err)
{
    FILE *file;

    if (!settings->words) {
        (void)snprintf(word, WORD_MAX, "%s", settings->threat);
        return ASSAY_OK;
    }
    file = fopen(settings->words, "re");
    if (!file)
        return assay_error_set(err, ASSAY_E_IO, "cannot read the words");
    if (!fgets(word, WORD_MAX, file))
        word[0] = '\0';
    (void)fclose(file);
    word[strcspn(word, "\n")] = '\0';
    if (strcmp(word, "STATE") == 0)
        return assay_error_set(err, ASSAY_E_STATE, "the words are odd");
    if (word[0] == '\0' || strcmp(word, "BROKEN") == 0)
        return assay_error_set(err, ASSAY_E_INVAL, "the words are broken");
    return ASSAY_OK;
}

static assay_rc sample_open(const assay_engine_args *args, void **out,
                            assay_error *err)
{
    const struct sample_settings *settings = args->settings;
    struct sample *sample;
    assay_rc rc;

    if (settings->refuse)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "sample refuses as configured");
    sample = calloc(1, sizeof *sample);
    if (!sample)
        return assay_error_set(err, ASSAY_E_NOMEM, "sample");
    sample->settings = settings;
    sample->log = args->log;
    (void)snprintf(sample->name, sizeof sample->name, "%s", args->instance);
    rc = read_word(settings, sample->word, err);
    if (rc != ASSAY_OK) {
        free(sample);
        return rc;
    }
    (void)pthread_mutex_init(&sample->lock, NULL);
    assay_log_write(sample->log, ASSAY_LOG_INFO, "sample.open", "%s",
                    sample->name);
    *out = sample;
    return ASSAY_OK;
}

static void sample_close(void *instance)
{
    struct sample *sample = instance;

    assay_log_write(sample->log, ASSAY_LOG_INFO, "sample.close", "%s",
                    sample->name);
    (void)pthread_mutex_destroy(&sample->lock);
    free(sample);
}

static void copy_word(struct sample *sample, char *word)
{
    (void)pthread_mutex_lock(&sample->lock);
    memcpy(word, sample->word, WORD_MAX);
    (void)pthread_mutex_unlock(&sample->lock);
}

static void wait_while_held(const char *words)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    char hold[4096];

    (void)snprintf(hold, sizeof hold, "%s.hold", words);
    while (access(hold, F_OK) == 0)
        (void)nanosleep(&moment, NULL);
}

static assay_rc sample_refresh(void *instance, bool *changed_out,
                               assay_error *err)
{
    struct sample *sample = instance;
    char word[WORD_MAX], old[WORD_MAX];
    assay_rc rc = read_word(sample->settings, word, err);

    if (rc != ASSAY_OK)
        return rc;
    copy_word(sample, old);
    *changed_out = strcmp(word, old) != 0;
    if (!*changed_out)
        return ASSAY_OK;
    wait_while_held(sample->settings->words);
    (void)pthread_mutex_lock(&sample->lock);
    memcpy(sample->word, word, WORD_MAX);
    (void)pthread_mutex_unlock(&sample->lock);
    return ASSAY_OK;
}

static void grow(void)
{
    enum { BYTES = 64 << 20 };
    static volatile char *kept;

    kept = malloc(BYTES);
    if (kept) /* and every page of it used */
        for (size_t i = 0; i < BYTES; i += 4096)
            kept[i] = 1;
}

/* Whoever ends a process that has none left does it here. */
static void eat(void)
{
    static void *volatile kept;

    for (size_t bytes = (size_t)1 << 40; bytes > 4096; bytes /= 2)
        kept = malloc(bytes);
    (void)kept;
}

static bool holds(const assay_content *content, const char *word)
{
    return content->size > 0 &&
           memmem(content->data, content->size, word, strlen(word));
}

static void make_trouble(struct sample *sample, const assay_content *content)
{
    if (holds(content, "CRASH"))
        abort();
    if (holds(content, "EXIT"))
        _exit(0);
    while (holds(content, "LOOP"))
        continue;
    if (holds(content, "GROW"))
        grow();
    if (holds(content, "HUNGRY"))
        eat();
    if (holds(content, "BLIND"))
        sample->is_blind = true;
    if (holds(content, "ALARM"))
        (void)raise(SIGIO);
    for (int i = 0; holds(content, "CHATTER") && i < SAMPLE_LINES; i++)
        assay_log_write(sample->log, ASSAY_LOG_INFO, "sample.chatter", "n=%d",
                        i);
}

static assay_rc sample_probe(void *instance, assay_error *err)
{
    const struct sample *sample = instance;

    return sample->is_blind
               ? assay_error_set(err, ASSAY_E_UNAVAILABLE, "sample is blind")
               : ASSAY_OK;
}

static assay_rc sample_newer(void *instance, uint64_t *set_out,
                             assay_error *err)
{
    struct sample *sample = instance;
    char word[WORD_MAX], old[WORD_MAX];
    uint64_t set = 1;
    assay_rc rc = read_word(sample->settings, word, err);

    if (rc != ASSAY_OK && rc != ASSAY_E_INVAL)
        return rc;
    copy_word(sample, old);
    if (strcmp(old, "MUTE") == 0)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE, "sample cannot tell");
    for (const char *c = word; *c; c++)
        set = set * 31 + (unsigned char)*c;
    *set_out = strcmp(word, old) != 0 ? set : 0;
    return ASSAY_OK;
}

static void sample_isolation(const void *settings,
                             assay_engine_isolation *wanted)
{
    const struct sample_settings *self = settings;

    wanted->program = self->program;
    wanted->log_path = self->scanner_log;
    wanted->max_workers = (uint64_t)self->workers;
    wanted->updater = self->updater.items;
}

static void sample_scan(void *instance, const assay_scan_args *args,
                        assay_finding *finding)
{
    struct sample *sample = instance;
    const assay_content *content = args->content;
    char word[WORD_MAX];

    if (sample->settings->crash && content->size > 0)
        abort();
    if (sample->settings->troubles)
        make_trouble(sample, content);
    finding->coverage.bytes_seen = content->size;
    finding->coverage.bytes_total = content->size;
    finding->coverage.parts_seen = finding->coverage.parts_total = 1;
    copy_word(sample, word);
    if (content->size > 0 &&
        memmem(content->data, content->size, word, strlen(word))) {
        finding->found = ASSAY_FOUND_THREAT;
        (void)snprintf(finding->info, sizeof finding->info, "Sample.%s", word);
        return;
    }
    finding->found = (assay_found)sample->settings->answer;
    (void)snprintf(finding->scan_code, sizeof finding->scan_code, "%s",
                   finding->found == ASSAY_FOUND_NOTHING ? "OK" : "SAMPLE_ODD");
    if (finding->found != ASSAY_FOUND_NOTHING)
        (void)snprintf(finding->info, sizeof finding->info,
                       "sample answers as configured");
}

static void sample_epoch(void *instance, char *buf, size_t size)
{
    char word[WORD_MAX];

    copy_word(instance, word);
    (void)snprintf(buf, size, "sample-1/%s", word);
}

static uint32_t sample_flags(const void *settings)
{
    const struct sample_settings *self = settings;

    return (self->remote ? ASSAY_ENGINE_REMOTE : 0) |
           (self->process ? ASSAY_ENGINE_PROCESS : 0);
}

static const assay_engine_ops sample_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = sample_open,
    .close = sample_close,
    .scan = sample_scan,
    .probe = sample_probe,
    .epoch = sample_epoch,
    .flags = sample_flags,
    .refresh = sample_refresh,
    .isolation = sample_isolation,
    .newer = sample_newer,
};

ASSAY_ENGINE_MODULE(.name = "sample", .version = "1.0",
                    .description = "finds a configured word",
                    .conf = &sample_conf, .ops = &sample_ops);
