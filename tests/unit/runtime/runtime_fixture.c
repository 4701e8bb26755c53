/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime_fixture.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG_MAX = 1 << 20, WAIT_S = 60 };

char fixture_folder[64];
assay *fixture_library;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char logged[LOG_MAX]; /* lock */
static size_t logged_size;   /* lock */

struct listener_settings {
    int64_t port;
};

static const assay_conf_option listener_options[] = {
    {.name = "port",
     .type = ASSAY_CONF_INT,
     .offset = offsetof(struct listener_settings, port),
     .default_value = "25"},
    {0},
};

const assay_conf_stanza fixture_listener = {
    .name = "Test_Listener",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct listener_settings),
    .options = listener_options,
};

static void note(const char *line)
{
    size_t size = strlen(line);

    (void)pthread_mutex_lock(&lock);
    if (logged_size + size + 2 < sizeof logged) {
        memcpy(logged + logged_size, line, size);
        memcpy(logged + logged_size + size, "\n", 2);
        logged_size += size + 1;
    }
    (void)pthread_mutex_unlock(&lock);
}

static bool is_about_a_message(const char *line)
{
    return strstr(line, " id=") != NULL;
}

/* Not what was found: one line for each mail of a load leaves no room. */
static void sink(void *arg, assay_log_level level, const char *line)
{
    (void)arg;
    if (level == ASSAY_LOG_INFO && strncmp(line, "scan.verdict", 12) == 0)
        return;
    if (!is_about_a_message(line)) /* there may be very many */
        note(line);
}

static void diagnostic(void *arg, const char *text)
{
    (void)arg;
    note(text);
}

unsigned fixture_log_count(const char *text)
{
    unsigned count = 0;

    (void)pthread_mutex_lock(&lock);
    for (const char *at = logged; (at = strstr(at, text)); at += strlen(text))
        count++;
    (void)pthread_mutex_unlock(&lock);
    return count;
}

const char *fixture_log(void)
{
    return logged;
}

void fixture_log_clear(void)
{
    (void)pthread_mutex_lock(&lock);
    logged[0] = '\0';
    logged_size = 0;
    (void)pthread_mutex_unlock(&lock);
}

bool fixture_log_wait(const char *text)
{
    const struct timespec moment = {.tv_nsec = 10000000};

    for (int i = 0; i < WAIT_S * 100; i++) {
        if (fixture_log_count(text) > 0)
            return true;
        (void)nanosleep(&moment, NULL);
    }
    return false;
}

static void path_of(const char *name, char *path, size_t size)
{
    ck_assert_int_lt(snprintf(path, size, "%s/%s", fixture_folder, name),
                     (int)size);
}

void fixture_write(const char *name, const char *text)
{
    char path[192], draft[200];
    FILE *file;

    path_of(name, path, sizeof path);
    (void)snprintf(draft, sizeof draft, "%s.new", path);
    file = fopen(draft, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(rename(draft, path), 0);
}

void fixture_remove(const char *name)
{
    char path[192];

    path_of(name, path, sizeof path);
    (void)unlink(path);
}

void fixture_config(const char *text)
{
    fixture_write("assay.conf", text);
}

void fixture_setup(void)
{
    (void)snprintf(fixture_folder, sizeof fixture_folder,
                   "/tmp/assay-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture_folder));
    fixture_log_clear();
}

void fixture_teardown(void)
{
    char command[96];

    assay_close(&fixture_library);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", fixture_folder);
    ck_assert_int_eq(system(command), 0);
}

assay_options fixture_options(void)
{
    static char config[192];
    static const assay_conf_stanza *const stanzas[] = {&fixture_listener, NULL};
    assay_options options = ASSAY_OPTIONS_INIT;

    path_of("assay.conf", config, sizeof config);
    options.config_path = config;
    options.log = sink;
    options.diagnostic = diagnostic;
    options.host_stanzas = stanzas;
    options.module_path = ASSAY_TEST_MODULES;
    options.is_in_process = true; /* tests of isolation ask for it */
    return options;
}

void fixture_open(const char *text)
{
    assay_options options = fixture_options();
    assay_error err = {0};

    fixture_config(text);
    ck_assert_msg(assay_open(&options, &fixture_library, &err) == ASSAY_OK,
                  "%s\n%s", err.msg, logged);
}

void fixture_reload(const char *text)
{
    assay_error err = {0};

    fixture_config(text);
    ck_assert_msg(assay_reload(fixture_library, &err) == ASSAY_OK, "%s\n%s",
                  err.msg, logged);
}

assay_verdict fixture_scan(const char *text)
{
    assay_message *message = NULL;
    assay_verdict verdict;

    ck_assert_int_eq(
        assay_message_new_borrowed(text, strlen(text), NULL, &message, NULL),
        ASSAY_OK);
    assay_scan(fixture_library, message, NULL, &verdict);
    assay_message_free(&message);
    return verdict;
}

assay_session *fixture_session(void)
{
    const assay_peer peer = {.address = "192.0.2.1"};
    assay_session *session = NULL;

    ck_assert_int_eq(assay_session_open(fixture_library, &peer, &session, NULL),
                     ASSAY_OK);
    return session;
}

assay_disposition fixture_send(assay_session *session, const char *text)
{
    assay_disposition d;

    ck_assert_int_eq(assay_session_mailfrom(session, "a@b", "<a@b>", &d, NULL),
                     ASSAY_OK);
    if (d.action != ASSAY_ACTION_CONTINUE)
        return d;
    ck_assert_int_eq(assay_session_rcptto(session, "c@d", "<c@d>", &d, NULL),
                     ASSAY_OK);
    if (d.action != ASSAY_ACTION_CONTINUE)
        return d;
    ck_assert_int_eq(assay_message_append(assay_session_message(session), text,
                                          strlen(text), NULL),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_data(session, &d, NULL), ASSAY_OK);
    return d;
}
