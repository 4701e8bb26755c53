/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "config_fixture.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char config_folder[32];
char config_file[64];
char config_found[65536];
assay_error config_err;

static char path[320];
static char content[65536];

static void note_diagnostic(void *arg, const char *text)
{
    (void)arg;
    size_t len = strlen(config_found);

    (void)snprintf(config_found + len, sizeof config_found - len, "%s\n", text);
}

void config_setup(void)
{
    (void)snprintf(config_folder, sizeof config_folder,
                   "/tmp/assay-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(config_folder));
    (void)snprintf(config_file, sizeof config_file, "%s/assay.conf",
                   config_folder);
    config_err = (assay_error){0};
}

void config_teardown(void)
{
    DIR *folder = opendir(config_folder);
    const struct dirent *entry;

    ck_assert_ptr_nonnull(folder);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): this stream is not shared */
    while ((entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            (void)unlink(config_path(entry->d_name));
    (void)closedir(folder);
    ck_assert_int_eq(rmdir(config_folder), 0);
}

assay_options config_options(void)
{
    assay_options o = ASSAY_OPTIONS_INIT;

    o.is_in_process = true;
    o.config_path = config_file;
    o.diagnostic = note_diagnostic;
    o.module_path = ASSAY_TEST_MODULES;
    return o;
}

const char *config_path(const char *name)
{
    (void)snprintf(path, sizeof path, "%s/%s", config_folder, name);
    return path;
}

void config_write(const char *name, const char *text)
{
    FILE *file = fopen(config_path(name), "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    config_found[0] = '\0';
}

const char *config_read(const char *name)
{
    FILE *file = fopen(config_path(name), "re");
    size_t len;

    ck_assert_ptr_nonnull(file);
    len = fread(content, 1, sizeof content - 1, file);
    content[len] = '\0';
    (void)fclose(file);
    return content;
}

assay_rc config_check(const char *text)
{
    assay_options o = config_options();

    config_write("assay.conf", text);
    return assay_check(&o, &config_err);
}
