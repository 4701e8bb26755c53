/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "command.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <assay/assay.h>

static const struct assay__command *const commands[] = {
    &assay__command_activefilter, &assay__command_check,
    &assay__command_console,      &assay__command_engine,
    &assay__command_scan,
};

enum {
    COMMAND_COUNT = sizeof commands / sizeof *commands,
    WORD_MAX = 32,  /* longest word that is compared with the names */
    NEAR_ENOUGH = 3 /* edits between a word and the name it may mean */
};

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein distance. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1], len = strlen(b);

    if (len > WORD_MAX || strlen(a) > WORD_MAX)
        return WORD_MAX;
    for (size_t i = 0; i <= len; i++)
        row[i] = i;
    for (; *a != '\0'; a++) {
        size_t diagonal = row[0];

        row[0]++;
        for (size_t i = 1; i <= len; i++) {
            size_t changed = diagonal + (*a != b[i - 1]);

            diagonal = row[i];
            row[i] = min3(row[i] + 1, row[i - 1] + 1, changed);
        }
    }
    return row[len];
}

static const struct assay__command *find(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int complain(const char *word)
{
    const char *nearest = NULL;
    size_t least = NEAR_ENOUGH;

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        size_t d = distance(word, commands[i]->name);

        if (d < least) {
            least = d;
            nearest = commands[i]->name;
        }
    }
    (void)fprintf(stderr, "assay: unknown command \"%s\"", word);
    if (nearest)
        (void)fprintf(stderr, "; did you mean \"%s\"?", nearest);
    (void)fprintf(stderr, "\nassay: \"assay help\" lists the commands\n");
    return ASSAY__EXIT_USAGE;
}

static void show_commands(FILE *out)
{
    (void)fputs("Usage: assay COMMAND [OPTION]... [ARGUMENT]...\n"
                "       assay help [COMMAND]\n"
                "       assay --version\n"
                "\n"
                "Commands:\n",
                out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        (void)fprintf(out, "  %-12s %s\n", commands[i]->name,
                      commands[i]->summary);
}

static int help(const char *name)
{
    const struct assay__command *command = name ? find(name) : NULL;

    if (!name) {
        show_commands(stdout);
        return ASSAY__EXIT_OK;
    }
    if (!command)
        return complain(name);
    (void)fputs(command->help, stdout);
    return ASSAY__EXIT_OK;
}

/* Output that did not arrive (a full disk) must not look like success. */
static int flush_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    perror("assay: cannot write to standard output");
    return status == ASSAY__EXIT_OK ? ASSAY__EXIT_TROUBLE : status;
}

static int run(int argc, char **argv)
{
    const struct assay__command *command;
    const char *word = argc > 1 ? argv[1] : NULL;

    if (!word) {
        show_commands(stderr);
        return ASSAY__EXIT_USAGE;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        (void)printf("assay %s\n", assay_version());
        return ASSAY__EXIT_OK;
    }
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
        strcmp(word, "-h") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    command = find(word);
    if (!command)
        return complain(word);
    argv[1] = argv[0];
    return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    static char program[] = "assay"; /* what getopt's messages begin with */

    if (argc > 0)
        argv[0] = program;
    return flush_output(run(argc, argv));
}
