/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "yara_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char fixture_rules[80];
struct assay__yara_settings fixture_settings;
void *fixture_instance;
void (*fixture_on_line)(const char *line);

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[64 << 10]; /* log_lock */
static size_t log_size;         /* log_lock */

static void sink(void *arg, assay_log_level level, const char *line)
{
    size_t len = strlen(line);

    (void)arg;
    (void)level;
    pthread_mutex_lock(&log_lock);
    if (log_size + len + 2 < sizeof log_text) {
        memcpy(log_text + log_size, line, len);
        log_text[log_size + len] = '\n';
        log_size += len + 1;
        log_text[log_size] = '\0';
    }
    pthread_mutex_unlock(&log_lock);
    if (fixture_on_line)
        fixture_on_line(line);
}

static const assay_log fixture_log = {.sink = sink,
                                      .threshold = ASSAY_LOG_DEBUG};

unsigned fixture_logged(const char *text)
{
    unsigned count = 0;

    pthread_mutex_lock(&log_lock);
    for (const char *at = log_text; (at = strstr(at, text)); at++)
        count++;
    pthread_mutex_unlock(&log_lock);
    return count;
}

void fixture_setup(void)
{
    log_size = 0;
    log_text[0] = '\0';
    fixture_on_line = NULL;
    (void)snprintf(fixture_rules, sizeof fixture_rules,
                   "/tmp/assay-test-yara-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture_rules));
    fixture_settings = (struct assay__yara_settings){
        .rules = fixture_rules,
        .max_files = 10000,
        .max_rules_size = 64 << 20,
        .max_rules = 100000,
        .threat_meta = "threat",
        .code_meta = "scan_code",
        .severity_meta = "severity",
    };
}

void fixture_teardown(void)
{
    char command[128];

    if (fixture_instance)
        assay__yara_ops.close(fixture_instance);
    fixture_instance = NULL;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", fixture_rules);
    ck_assert_int_eq(system(command), 0);
}

void fixture_file(const char *name, const char *text, size_t size)
{
    char path[256];
    FILE *out;

    (void)snprintf(path, sizeof path, "%s/%s", fixture_rules, name);
    out = fopen(path, "we");
    ck_assert_msg(out && fwrite(text, 1, size, out) == size, "%s", path);
    ck_assert_int_eq(fclose(out), 0);
}

void fixture_rule(const char *name, const char *text)
{
    fixture_file(name, text, strlen(text));
}

void fixture_remove(const char *name)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", fixture_rules, name);
    ck_assert_int_eq(unlink(path), 0);
}

static assay_rc open_instance(assay_error *err)
{
    const assay_engine_args args = {
        .instance = "yara1",
        .scope = "scope1",
        .settings = &fixture_settings,
        .log = &fixture_log,
        .timeout_ms = TIMEOUT_MS,
        .max_size = UINT64_MAX,
    };

    return assay__yara_ops.open(&args, &fixture_instance, err);
}

void fixture_open(void)
{
    assay_error err = {0};

    ck_assert_msg(open_instance(&err) == ASSAY_OK, "%s", err.msg);
}

const char *fixture_refused(void)
{
    static assay_error err;

    err = (assay_error){0};
    ck_assert_msg(open_instance(&err) != ASSAY_OK, "it was opened");
    ck_assert_ptr_null(fixture_instance);
    return err.msg;
}

assay_finding fixture_scan_until(const void *data, size_t size,
                                 int64_t deadline_ms)
{
    const assay_content content = {
        .kind = ASSAY_CONTENT_FILE, .data = data, .size = size};
    const assay_scan_args args = {&content, deadline_ms};
    assay_finding finding = {.coverage.bytes_total = size};

    assay__yara_ops.scan(fixture_instance, &args, &finding);
    return finding;
}

assay_finding fixture_scan(const char *text)
{
    return fixture_scan_until(text, strlen(text),
                              assay__yara_now_ms() + TIMEOUT_MS);
}
