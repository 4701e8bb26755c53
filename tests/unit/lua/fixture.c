/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "fixture.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"

#define LOG_MAX (256 * 1024)

struct lassay_settings fixture_settings;
assay_session *fixture_session;
assay_message *fixture_message;
void *fixture_instance, *fixture_state;
assay_error fixture_error;
assay_flow fixture_flow;
char fixture_folder[64];
assay_activefilter *fixture_activefilter;

static char root[32]; /* the folders of all tests of this program */
static struct assay_language_child children[FIXTURE_SCRIPTS_MAX];
static struct lassay_script_settings scripts[FIXTURE_SCRIPTS_MAX];
static size_t script_count;
static char config_file[128];
static char log_text[LOG_MAX];
static size_t log_len;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static assay_log fixture_sink;

static const char default_mail[] =
    "From: a@example.com\r\n"
    "To: b@example.com\r\n"
    "Subject: =?UTF-8?Q?caf=C3=A9?=\r\n"
    "X-Twice: one\r\n"
    "X-Twice:  two\r\n"
    "Content-Type: multipart/mixed; boundary=\"=b=\"\r\n"
    "\r\n"
    "--=b=\r\n"
    "Content-Type: text/plain; charset=ISO-8859-1\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "caf=E9\r\n"
    "--=b=\r\n"
    "Content-Type: application/pdf\r\n"
    "Content-Disposition: attachment; filename=\"x.pdf\"\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "\r\n"
    "JVBERg==\r\n"
    "--=b=--\r\n";

static void remember(void *arg, assay_log_level level, const char *line)
{
    int len;

    (void)arg;
    pthread_mutex_lock(&log_lock);
    len = snprintf(log_text + log_len, LOG_MAX - log_len, "%s %s\n",
                   assay_log_level_name(level), line);
    if (len > 0 && (size_t)len < LOG_MAX - log_len)
        log_len += (size_t)len;
    pthread_mutex_unlock(&log_lock);
}

const char *fixture_log(void)
{
    return log_text;
}

void fixture_mail(const char *text)
{
    if (!text)
        text = default_mail;
    ck_assert_ptr_null(fixture_state);
    assay_message_free(&fixture_message);
    ck_assert_int_eq(assay_message_new(NULL, &fixture_message, NULL), ASSAY_OK);
    ck_assert_int_eq(
        assay_message_append(fixture_message, text, strlen(text), NULL),
        ASSAY_OK);
    ck_assert_int_eq(assay_message_finish(fixture_message, NULL), ASSAY_OK);
    ck_assert_int_eq(
        assay_message_set_sender(fixture_message, "a@example.com", NULL),
        ASSAY_OK);
    ck_assert_int_eq(
        assay_message_add_recipient(fixture_message, "b@example.net", NULL),
        ASSAY_OK);
    ck_assert_int_eq(
        assay_message_add_recipient(fixture_message, "c@example.net", NULL),
        ASSAY_OK);
    assay_message_set_id(fixture_message, "4ABCDEF");
    fixture_session->message = fixture_message;
}

/* As the configuration reader fills it, with a short time limit. */
static struct lassay_settings default_settings(void)
{
    return (struct lassay_settings){
        .interpreters = 1,
        .time_limit_ms = 100,
        .memory_limit = 64 * 1024 * 1024,
        .gc_pause = 200,
        .gc_stepmul = 200,
    };
}

void fixture_setup(void)
{
    snprintf(fixture_folder, sizeof fixture_folder, "%s/test-XXXXXX", root);
    ck_assert_ptr_nonnull(mkdtemp(fixture_folder));
    snprintf(config_file, sizeof config_file, "%s/assay.conf", fixture_folder);
    fixture_settings = default_settings();
    fixture_sink = (assay_log){.sink = remember, .threshold = ASSAY_LOG_DEBUG};
    script_count = 0;
    log_len = 0;
    log_text[0] = '\0';
    memset(&fixture_error, 0, sizeof fixture_error);
    fixture_session = fake_session_new();
    fixture_activefilter = &fixture_session->filter;
    fixture_mail(NULL);
}

void fixture_end_session(void)
{
    const assay_language_ops *ops = assay_language_module_v1.ops;

    if (!fixture_state)
        return;
    ops->message_close(fixture_instance, fixture_state);
    ops->session_close(fixture_instance, fixture_state);
    fixture_state = NULL;
}

void fixture_teardown(void)
{
    fake_session_settle(fixture_session);
    fixture_end_session();
    if (fixture_instance)
        assay_language_module_v1.ops->close(fixture_instance);
    fixture_instance = NULL;
    assay_message_free(&fixture_message);
    fake_session_free(&fixture_session);
}

/* Outside of the tests' processes, so that what a failed or killed test
 * leaves behind goes as well. Only a killed test program leaves its root. */
static void make_root(void)
{
    snprintf(root, sizeof root, "/tmp/assay-lua-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static int remove_entry(const char *path, const struct stat *status, int type,
                        struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static void remove_root(void)
{
    ck_assert_int_eq(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void fixture_file(const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", fixture_folder, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

void fixture_source(const char *name, const char *source)
{
    ck_assert_uint_lt(script_count, FIXTURE_SCRIPTS_MAX);
    scripts[script_count].source = source;
    children[script_count] = (struct assay_language_child){
        .stanza = lassay_scriptlet_stanza.children[0],
        .instance = name,
        .settings = &scripts[script_count],
        .file = config_file,
        .line = (unsigned)script_count + 1,
    };
    script_count++;
}

void fixture_script(const char *name, const char *text)
{
    char file[64];

    snprintf(file, sizeof file, "%s.lua", name);
    fixture_file(file, text);
    fixture_source(name, name);
}

assay_rc fixture_open(void)
{
    assay_language_args args = {
        .instance = "scriptlet",
        .settings = &fixture_settings,
        .children = children,
        .child_count = script_count,
        .share_path = LUA_SHARE_PATH,
        .log = &fixture_sink,
        .activefilter = fixture_activefilter,
    };

    return assay_language_module_v1.ops->open(&args, &fixture_instance,
                                              &fixture_error);
}

assay_rc fixture_run(assay_phase phase, const char *text)
{
    assay_call call = {.phase = phase,
                       .session = fixture_session,
                       .message = fixture_message,
                       .argument = text};

    if (phase < ASSAY_PHASE_MAILFROM)
        call.message = NULL;
    return assay_language_module_v1.ops->run(
        fixture_instance, &fixture_state, &call, &fixture_flow, &fixture_error);
}

static assay_rc run_body(const char *body)
{
    char text[8192];

    snprintf(text, sizeof text,
             "local mod = {}\n"
             "function mod:validate_data(msg, accept, vctx)\n"
             "%s\n"
             "return msys.core.VALIDATE_CONT\n"
             "end\n"
             "msys.registerModule('test', mod)\n",
             body);
    fixture_script("test", text);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    return fixture_run(ASSAY_PHASE_DATA, NULL);
}

void fixture_assert(const char *body)
{
    assay_rc rc = run_body(body);

    ck_assert_msg(rc == ASSAY_OK, "%s\n%s", fixture_error.msg, fixture_log());
}

void fixture_assert_fails(const char *body, const char *want)
{
    ck_assert_int_eq(run_body(body), ASSAY_E_SCRIPT);
    ck_assert_error(want);
}

int fixture_main(TCase *tcase)
{
    Suite *suite = suite_create("lua");

    tcase_add_unchecked_fixture(tcase, make_root, remove_root);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
