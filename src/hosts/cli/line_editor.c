/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "line_editor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <editline/readline.h>

/* libedit has one terminal and asks for candidates through plain functions. */
static char *const *known;

/* Most lines kept in the history. */
enum { HISTORY_LINES = 500 };

/* The word of a command line that stands where one is typed, when the line
 * begins like the command; else NULL. */
static char *next_word(const char *command, const char *typed, size_t typed_len)
{
    size_t len;

    if (strncmp(command, typed, typed_len) != 0)
        return NULL;
    len = strcspn(command + typed_len, " ");
    return len > 0 ? strndup(command + typed_len, len) : NULL;
}

/* Does a command before this one offer the same word? libedit takes two for a
 * choice. */
static bool is_repeated(size_t index, size_t start, const char *word)
{
    for (size_t i = 0; i < index; i++) {
        char *other = next_word(known[i], rl_line_buffer, start);
        bool is_same = other && strcmp(other, word) == 0;

        free(other);
        if (is_same)
            return true;
    }
    return false;
}

/* Called with 0, 1, ... until it returns NULL. */
static char *candidate(const char *text, int state)
{
    static size_t at;
    size_t len = strlen(text), start = (size_t)rl_point - len;

    if (state == 0)
        at = 0;
    for (; known && known[at]; at++) {
        char *word = next_word(known[at], rl_line_buffer, start);

        if (word && strncmp(word, text, len) == 0 &&
            !is_repeated(at, start, word)) {
            at++;
            return word;
        }
        free(word);
    }
    return NULL;
}

static char **complete(const char *text, int start, int end)
{
    (void)start;
    (void)end;
    rl_attempted_completion_over = 1; /* no names of files */
    return rl_completion_matches(text, candidate);
}

void assay__line_editor_init(char *const *commands)
{
    static char breaks[] = " \t";

    known = commands;
    rl_attempted_completion_function = complete;
    rl_completer_word_break_characters = breaks;
    using_history();
    stifle_history(HISTORY_LINES);
}

char *assay__line_editor_read(const char *prompt)
{
    char *line = readline(prompt);

    if (line && *line != '\0')
        (void)add_history(line);
    return line;
}
