/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamav_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

char fixture_root[64], fixture_signatures[128], fixture_temporary[128];
struct assay__clamav_settings fixture_settings;
void *fixture_instance;

void fixture_file(const char *folder, const char *name, const char *text,
                  size_t size)
{
    char path[256];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "we");
    ck_assert_msg(out && fwrite(text, 1, size, out) == size, "%s", path);
    fclose(out);
}

void fixture_signature(const char *name)
{
    char line[256];
    size_t len = (size_t)snprintf(line, sizeof line, "%s:0:*:", name);

    for (const char *c = THREAT_A THREAT_B; *c; c++)
        len += (size_t)snprintf(line + len, sizeof line - len, "%02x",
                                (unsigned)*c);
    line[len++] = '\n';
    fixture_file(fixture_signatures, "test.ndb", line, len);
}

void fixture_make_places(void)
{
    snprintf(fixture_root, sizeof fixture_root,
             "/tmp/assay-test-clamav-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture_root));
    snprintf(fixture_signatures, sizeof fixture_signatures, "%s/db",
             fixture_root);
    snprintf(fixture_temporary, sizeof fixture_temporary, "%s/tmp",
             fixture_root);
    ck_assert_int_eq(mkdir(fixture_signatures, 0700), 0);
    ck_assert_int_eq(mkdir(fixture_temporary, 0700), 0);
    fixture_settings = (struct assay__clamav_settings){
        .signatures = fixture_signatures,
        .temporary = fixture_temporary,
        .max_scansize = 16 << 20,
        .max_filesize = 4 << 20,
        .max_files = 1000,
        .max_recursion = 17,
        .detect_phishing = true,
    };
}

void fixture_remove_places(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", fixture_root);
    ck_assert_int_eq(system(command), 0);
}

assay_rc fixture_open(void **out, assay_error *err)
{
    const assay_engine_args args = {
        .instance = "clamav1",
        .scope = "scope1",
        .settings = &fixture_settings,
        .timeout_ms = TIMEOUT_MS,
        .max_size = 1 << 30,
    };

    return assay__clamav_ops.open(&args, out, err);
}

void fixture_open_ready(void)
{
    assay_error err = {0};

    fixture_make_places();
    fixture_signature("Test-Threat");
    ck_assert_msg(fixture_open(&fixture_instance, &err) == ASSAY_OK, "%s",
                  err.msg);
}

void fixture_close_ready(void)
{
    assay__clamav_ops.close(fixture_instance);
    fixture_remove_places();
}
