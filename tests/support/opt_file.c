/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "opt_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <assay/export.h>

#define OPTIONS_MAX 64
#define LINE_MAX_BYTES 256

struct entry {
    char name[LINE_MAX_BYTES];
    char value[LINE_MAX_BYTES];
    bool is_described;
};

struct comparison {
    struct entry entries[OPTIONS_MAX];
    size_t entry_count;
    size_t differences;
    char *text;
    size_t size;
};

static void differ(struct comparison *comparison, const char *fmt, ...)
    ASSAY_PRINTF(2, 3);

static void differ(struct comparison *comparison, const char *fmt, ...)
{
    va_list args;
    size_t used = strlen(comparison->text);

    comparison->differences++;
    va_start(args, fmt);
    (void)vsnprintf(comparison->text + used, comparison->size - used, fmt,
                    args);
    va_end(args);
    used = strlen(comparison->text);
    (void)snprintf(comparison->text + used, comparison->size - used, "\n");
}

static void read_option(struct comparison *comparison, const char *line)
{
    struct entry *entry = &comparison->entries[comparison->entry_count];
    const char *sign = strchr(line, '=');

    if (!sign || comparison->entry_count == OPTIONS_MAX) {
        differ(comparison, "cannot read: %s", line);
        return;
    }
    (void)snprintf(entry->name, sizeof entry->name, "%.*s",
                   (int)strcspn(line, " ="), line);
    (void)snprintf(entry->value, sizeof entry->value, "%s",
                   sign + 1 + strspn(sign + 1, " "));
    comparison->entry_count++;
}

static void read_line(struct comparison *comparison, const char *line)
{
    if (line[0] == '\0' || line[0] == '#')
        return;
    if (line[0] != ' ')
        read_option(comparison, line);
    else if (comparison->entry_count > 0)
        comparison->entries[comparison->entry_count - 1].is_described = true;
    else
        differ(comparison, "a description without an option: %s", line);
}

static void read_file(struct comparison *comparison, const char *path)
{
    char line[LINE_MAX_BYTES];
    FILE *file = fopen(path, "re");

    if (!file) {
        differ(comparison, "%s: %s", path, strerrordesc_np(errno));
        return;
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        read_line(comparison, line);
    }
    (void)fclose(file);
}

static const struct entry *find_entry(const struct comparison *comparison,
                                      const char *name)
{
    for (size_t i = 0; i < comparison->entry_count; i++) {
        if (strcmp(comparison->entries[i].name, name) == 0)
            return &comparison->entries[i];
    }
    return NULL;
}

static void compare_option(struct comparison *comparison,
                           const assay_conf_option *option)
{
    const char *value = option->default_value ? option->default_value : "";
    const struct entry *entry = find_entry(comparison, option->name);

    if (!entry)
        differ(comparison, "%s is not described", option->name);
    else if (strcmp(entry->value, value) != 0)
        differ(comparison, "%s: the file says '%s', the table '%s'",
               option->name, entry->value, value);
}

static bool is_in_table(const assay_conf_option *table, const char *name)
{
    for (; table->name; table++) {
        if (strcmp(table->name, name) == 0)
            return true;
    }
    return false;
}

size_t opt_file_compare(const char *path, const assay_conf_option *table,
                        char *text_out, size_t size)
{
    struct comparison comparison = {.text = text_out, .size = size};

    text_out[0] = '\0';
    read_file(&comparison, path);
    for (const assay_conf_option *option = table; option->name; option++)
        compare_option(&comparison, option);
    for (size_t i = 0; i < comparison.entry_count; i++) {
        const struct entry *entry = &comparison.entries[i];

        if (!is_in_table(table, entry->name))
            differ(&comparison, "%s is no option", entry->name);
        if (find_entry(&comparison, entry->name) != entry)
            differ(&comparison, "%s is there twice", entry->name);
        if (!entry->is_described)
            differ(&comparison, "%s has no description", entry->name);
    }
    return comparison.differences;
}
