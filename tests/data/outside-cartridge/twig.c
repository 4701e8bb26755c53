/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A cartridge of the smallest useful size: a message that holds the word of
 * its configuration file scores 95, any other one 5. It is built against an
 * installed header alone, without the library, which shows that the header is
 * enough to put a scoring SDK behind the cloudmark stanza.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/authority.h>

#define WORD_MAX 64

struct twig {
    char word[WORD_MAX];
};

static int twig_init(const char *config, void **instance_out, char *error,
                     size_t error_size)
{
    struct twig *twig = calloc(1, sizeof *twig);
    FILE *in = fopen(config, "re");

    if (twig && in && fgets(twig->word, sizeof twig->word, in))
        twig->word[strcspn(twig->word, "\n")] = '\0';
    if (in)
        (void)fclose(in);
    if (!twig || twig->word[0] == '\0') {
        (void)snprintf(error, error_size, "there is no word in '%.100s'",
                       config);
        free(twig);
        return -1;
    }
    *instance_out = twig;
    return 0;
}

static void twig_shutdown(void *instance)
{
    free(instance);
}

static int twig_score(void *instance, const assay_authority_message *message,
                      int64_t deadline_ms, assay_authority_result *result,
                      char *error, size_t error_size)
{
    const struct twig *twig = instance;
    int is_spam = memmem(message->data, message->size, twig->word,
                         strlen(twig->word)) != NULL;

    (void)deadline_ms, (void)error, (void)error_size; /* it cannot fail */
    result->score = is_spam ? 95 : 5;
    (void)snprintf(result->category, sizeof result->category,
                   is_spam ? "twig" : "none");
    (void)snprintf(result->analysis, sizeof result->analysis, "twig %d",
                   is_spam);
    return 0;
}

static void twig_version(void *instance, char *engine, char *cartridge,
                         size_t size)
{
    const struct twig *twig = instance;

    (void)snprintf(engine, size, "1.0");
    (void)snprintf(cartridge, size, "%s", twig->word);
}

ASSAY_AUTHORITY_CARTRIDGE(.name = "twig", .init = twig_init,
                          .shutdown = twig_shutdown, .score = twig_score,
                          .version = twig_version);
