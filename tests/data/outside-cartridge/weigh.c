/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Scores a message with a scorer, from its exported table alone. It is built
 * against an installed Assay only.
 *
 * usage: weigh SCORER.so MESSAGE [OPTION=VALUE]...
 *
 * Options are those of the scorer that take a text. What it prints is the
 * score, the category, and the versions.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <assay/scorer.h>

#define MESSAGE_MAX 65536

enum { PATIENCE_S = 60 };

static int die(const char *what, const char *why)
{
    (void)fprintf(stderr, "weigh: %s: %s\n", what, why);
    return 1;
}

/* OPTION=VALUE into the settings, the way the table says. */
static int set(const assay_scorer_module *module, char *settings,
               const char *text)
{
    const char *value = strchr(text, '=');

    if (!value || !module->conf)
        return 0;
    for (const assay_conf_option *option = module->conf->options; option->name;
         option++) {
        if (strlen(option->name) != (size_t)(value - text) ||
            strncmp(option->name, text, strlen(option->name)) != 0)
            continue;
        value++;
        memcpy(settings + option->offset, &value, sizeof value);
        return 1;
    }
    return 0;
}

static int weigh(const assay_scorer_module *module, void *instance,
                 const assay_score_subject *subject)
{
    static assay_score score;
    assay_scorer_version version = {"", ""};
    assay_error err = {0};
    struct timespec now;
    int64_t deadline_ms;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    deadline_ms = ((int64_t)now.tv_sec + PATIENCE_S) * 1000;
    if (module->ops->score(instance, subject, deadline_ms, &score, &err) ||
        module->ops->version(instance, deadline_ms, &version, &err))
        return die(module->name, err.msg);
    printf("%g %s %s %s\n", score.score, score.category, version.engine,
           version.cartridge);
    return 0;
}

int main(int argc, char **argv)
{
    static char message[MESSAGE_MAX], settings[4096];
    static const char *const recipients[] = {"bob@example.com", NULL};
    const assay_scorer_args args = {.settings = settings,
                                    .timeout_ms = PATIENCE_S * 1000,
                                    .max_concurrency = 1};
    assay_score_subject subject = {.data = message,
                                   .helo = "",
                                   .sender = "",
                                   .recipients = recipients,
                                   .recipient_count = 1,
                                   .client_address = "",
                                   .client_host = "",
                                   .queue_id = ""};
    void *object = argc > 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    FILE *in = argc > 2 ? fopen(argv[2], "re") : NULL;
    const assay_scorer_module *module;
    void *instance = NULL;
    assay_error err = {0};
    int status;

    if (!object || !in)
        return die("usage", "weigh SCORER.so MESSAGE [OPTION=VALUE]...");
    subject.size = fread(message, 1, sizeof message, in);
    (void)fclose(in);
    module = dlsym(object, ASSAY_SCORER_SYMBOL);
    if (!module || module->abi_major != ASSAY_SCORER_ABI_MAJOR ||
        (module->conf && module->conf->settings_size > sizeof settings))
        return die(argv[1], "is no scorer for this program");
    for (int i = 3; i < argc; i++)
        if (!set(module, settings, argv[i]))
            return die(argv[i], "is no option");
    if (module->ops->open(&args, &instance, &err))
        return die(module->name, err.msg);
    status = weigh(module, instance, &subject);
    module->ops->close(instance);
    return status;
}
