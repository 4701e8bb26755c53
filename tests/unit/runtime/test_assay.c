/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The host interface: what a configuration builds, what it refuses, reload,
 * sessions on a generation. The engine and the policy language are stand-ins
 * (modules/).
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <assay/assay.h>

#include "check_run.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static char folder[] = "/tmp/assay-test-XXXXXX";
static char config[64];
static char found[8192]; /* all diagnostics of the last call */
static assay_error err;
static assay *instance;

struct listener_settings {
    int64_t port;
};

static const assay_conf_option listener_options[] = {
    {.name = "port",
     .type = ASSAY_CONF_INT,
     .offset = offsetof(struct listener_settings, port),
     .default_value = "25",
     .min = 1,
     .max = 65535},
    {0},
};
static const assay_conf_stanza listener = {
    .name = "Test_Listener",
    .settings_size = sizeof(struct listener_settings),
    .options = listener_options,
};
static const assay_conf_stanza *const host_stanzas[] = {&listener, NULL};

static void note_diagnostic(void *arg, const char *text)
{
    (void)arg;
    strncat(found, text, sizeof found - strlen(found) - 1);
}

static assay_options options(void)
{
    assay_options o = ASSAY_OPTIONS_INIT;

    o.is_in_process = true;
    o.config_path = config;
    o.diagnostic = note_diagnostic;
    o.host_stanzas = host_stanzas;
    o.module_path = ASSAY_TEST_MODULES;
    return o;
}

static void write_config(const char *text)
{
    FILE *file = fopen(config, "we");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    found[0] = '\0';
}

static void setup(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(config, sizeof config, "%s/assay.conf", folder);
}

static void teardown(void)
{
    assay_close(&instance);
    unlink(config);
    rmdir(folder);
}

#define SAMPLE \
    "sample {}\nantivirus \"av\" {\n  sample \"s1\" { threat = EVIL }\n}\n"

static void open_with(const char *text)
{
    assay_options o = options();

    write_config(text);
    ck_assert_msg(assay_open(&o, &instance, &err) == ASSAY_OK, "%s\n%s",
                  err.msg, found);
}

static assay_message *message_of(const char *text)
{
    assay_message *message = NULL;

    ck_assert_int_eq(
        assay_message_new_borrowed(text, strlen(text), NULL, &message, &err),
        ASSAY_OK);
    return message;
}

static assay_status scan_status(const char *text, const char *engine)
{
    assay_message *message = message_of(text);
    assay_verdict verdict;

    assay_scan(instance, message, engine, &verdict);
    assay_message_free(&message);
    return verdict.status;
}

static assay_session *session_on(void)
{
    const assay_peer peer = {.address = "192.0.2.1"};
    assay_session *session = NULL;

    ck_assert_int_eq(assay_session_open(instance, &peer, &session, &err),
                     ASSAY_OK);
    return session;
}

static assay_disposition send(assay_session *session, const char *text)
{
    assay_disposition d;

    ck_assert_int_eq(assay_session_mailfrom(session, "a@b", "<a@b>", &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_rcptto(session, "c@d", "<c@d>", &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_message_append(assay_session_message(session), text,
                                          strlen(text), &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    return d;
}

static assay_disposition send_once(const char *text)
{
    assay_session *session = session_on();
    assay_disposition d = send(session, text);

    assay_session_close(&session);
    return d;
}

/* ---- configurations ---------------------------------------------------- */

/* AV-01, AV-03, AV-04 */
START_TEST(a_scope_with_an_engine_scans)
{
    char name[ASSAY_NAME_MAX + 1];

    open_with(SAMPLE);
    ck_assert_int_eq(scan_status("a: b\r\n\r\nEVIL\r\n", NULL),
                     ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(scan_status("a: b\r\n\r\ngood\r\n", NULL),
                     ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(scan_status("x", "SAMPLE"), ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(scan_status("x", "s1"), ASSAY_STATUS_CLEAN);
    ck_assert_int_eq(scan_status("x", "other"), ASSAY_STATUS_NO_ENGINE);
    ck_assert(assay_engine_name(instance, 0, name, sizeof name)); /* LU-02 */
    ck_assert_str_eq(name, "sample");
    ck_assert(!assay_engine_name(instance, 1, name, sizeof name));
}
END_TEST

/* The engine sees EVIL only where somebody decodes it. */
START_TEST(what_an_engine_may_pass_over_is_scanned_decoded)
{
    static const char encoded[] = "Content-Type: message/rfc822\r\n"
                                  "Content-Transfer-Encoding: base64\r\n\r\n"
                                  "YTogYg0KDQpFVklMDQo=\r\n";

    open_with(SAMPLE);
    ck_assert_int_eq(scan_status(encoded, NULL), ASSAY_STATUS_INFECTED);
}
END_TEST

/* H2: what our own reader could not look at may hide such a part. */
START_TEST(a_message_cut_by_a_limit_is_not_clean)
{
    static const char *const limits[] = {"Max_MIME_Parts = 2\n",
                                         "Max_MIME_Depth = 1\n"};
    static const char parts[] =
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n"
        "--c--\r\n--b\r\n\r\ny\r\n--b--\r\n";
    char text[512];

    open_with(SAMPLE);
    ck_assert_int_eq(scan_status(parts, NULL), ASSAY_STATUS_CLEAN);
    assay_close(&instance);
    (void)snprintf(text, sizeof text, "%s%s", limits[_i], SAMPLE);
    open_with(text);
    /* assay_scan() of a message made with other limits does not know them */
    ck_assert_int_eq(send_once(parts).code, 550);
}
END_TEST

#define LONG_NAME "a2345678901234567890123456789012345678901"

static const struct {
    const char *text, *want;
} wrong[] = {
    {"antivirsu \"av\" { }\n", "antivirus"},
    {"antivirus \"av\" { smaple \"s\" { } }\n", "sample"},
    {"sample {}\nantivirus \"av\" { sample \"s\" { thraet = X } }\n", "threat"},
    {"antivirus { sample \"s\" { } }\n", "name"},
    {"sample {}\nantivirus \"av\" { sample { } }\n", "name"},
    /* AV-05: the global stanza takes enabled and debug_level only */
    {"sample { threat = X }\n", "threat"},
    {SAMPLE "antivirus \"av\" { }\n", "already"},
    {"sample {}\nantivirus \"av\" { sample \"s\" { } sample \"s\" { } }\n",
     "two engines named"},
    /* AV-12 */
    {"antivirus \"av\" { action = quarantine }\n", "3.1"},
    {"antivirus \"av\" { timeout = 10s }\n", "timeout"},
    {"antivirus \"av\" { error_code = 99 }\n", "error_code"},
    {"Test_Listener { port = 70000 }\n", "65535"},
    {"Test_Listener { }\nTest_Listener { }\n", "once"},
    {"fakepolicy \"p\" { rlue \"data\" { } }\n", "rule"},
    {"fakepolicy \"p\" { }\nfakepolicy \"q\" { }\n", "one instance"},
    {"fakepolicy \"p\" { rule \"x\" { } rule \"x\" { } }\n", "already"},
    {"Max_MIME_Depth = 0\n", "Max_MIME_Depth"},
    {"sample {\n", "not closed"},
    /* One mistake is one error, also where it has consequences. */
    {"sample {}\nantivirus \"av\" { timeout = (1 2\n sample \"s\" { } }\n",
     "this list is not closed"},
    {"antivirus \"av\" { tim\xc3\xb6ut = 3 }\n", "not a name"},
    {"antivirus \"av\" {\n\nTest_Listener { }\n", "not closed"},
    {"antivirus \"av\"\n  sample \"s\" {}\n}\n", "missing '{'"},
    {"antivirus \"av {\n  sample \"s\" {}\n}\n", "string is not closed"},
    {"antivirus \"av\" (\n  sample \"s\" {}\n)\n", "'{' was expected"},
    {"antivirus \"av\" { timeout == 3 sample \"s\" {} }\n",
     "a value was expected"},
    {"foo {}\nantivirus \"av\" { foo \"f\" {} foo \"g\" {} }\n",
     "engines and policy languages are looked for in '" ASSAY_TEST_MODULES "'"},
    {"antivirus \"av\" { foo \"f\" {} }\n",
     "looked for in '" ASSAY_TEST_MODULES "'"},
    {"Module_Path = \"/nonexistent\"\nsample {}\n"
     "antivirus \"av\" { sample \"s\" {} }\n",
     "'/nonexistent' is not a folder"},
    {"Module_Path = \"/dev\"\nsample {}\n"
     "antivirus \"av\" { sample \"s\" {} }\n",
     "'/dev' holds no engine"},
    /* AV-20; once, although two engines inherit it */
    {"sample {}\nantivirus \"av\" { file_base = \"/nonexistent\"\n"
     "  sample \"s\" { } sample \"t\" { } }\n",
     "assay.conf:2:18: error: file_base /nonexistent: No such file"},
    {"sample {}\nantivirus \"av\" { file_base = /dev/null\n"
     "  sample \"s\" { } }\n",
     "file_base /dev/null: is not a folder"},
    /* AV-22 */
    {"sample {}\nantivirus \"av\" { mime_decompose = 1\n"
     "  sample \"s\" { } sample \"t\" { } }\n",
     "assay.conf:2:18: error: mime_decompose needs file_base"},
    {"sample {}\nantivirus \"av\" { sample \"s\" { file_base = /tmp }\n"
     "  sample \"t\" { mime_decompose = yes } }\n",
     "assay.conf:3:16: error: mime_decompose needs file_base"},
    {"antivirus \"" LONG_NAME "\" { sample \"s\" { } }\n",
     "longer than 40 bytes"},
    {"antivirus \"av\" { sample \"" LONG_NAME "\" { } }\n",
     "longer than 40 bytes"},
    {"antivirus \xe2\x80\x9c"
     "av\xe2\x80\x9d { sample \"s\" { } }\n",
     "typographic quotes"},
};

/* WU-09: each mistake is found, with its place and the nearest valid name. */
START_TEST(a_mistake_is_reported_with_its_place)
{
    assay_options o = options();

    write_config(wrong[_i].text);
    ck_assert_msg(assay_check(&o, &err) == ASSAY_E_CONF, "accepted: %s",
                  wrong[_i].text);
    ck_assert_msg(strstr(found, "assay.conf:"), "no place in: %s", found);
    ck_assert_msg(strstr(found, wrong[_i].want), "'%s' is not in: %s",
                  wrong[_i].want, found);
    ck_assert_msg(strstr(err.msg, ": 1 error"), "%s\n%s", err.msg, found);
    /* A warning beside it would be a consequence. */
    ck_assert_msg(!strstr(found, "warning"), "%s", found);
}
END_TEST

/* A stanza whose policy language cannot be loaded is one error, there. */
START_TEST(a_broken_language_is_reported_with_its_stanza)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"Test_Listener { }\nbroken \"p\" { }\n",
         "assay.conf:2:1: error: 'broken' cannot be used: "},
        {"", "error: "},
    };
    char modules[64], file[96];
    assay_options o = options();
    FILE *broken;

    (void)snprintf(modules, sizeof modules, "%s/languages", folder);
    (void)snprintf(file, sizeof file, "%s/broken.so", modules);
    ck_assert_int_eq(mkdir(modules, 0700), 0);
    broken = fopen(file, "we");
    ck_assert_ptr_nonnull(broken);
    fputs("this is no shared object\n", broken);
    fclose(broken);
    o.module_path = folder;
    for (int i = 0; i < COUNT(cases); i++) {
        write_config(cases[i].text);
        ck_assert_int_eq(assay_check(&o, &err), ASSAY_E_CONF);
        ck_assert_msg(strstr(err.msg, ": 1 error"), "%s\n%s", err.msg, found);
        ck_assert_msg(strstr(found, cases[i].want), "%s", found);
        ck_assert_msg(strstr(found, "broken.so"), "%s", found);
    }
    unlink(file);
    rmdir(modules);
}
END_TEST

START_TEST(all_mistakes_come_in_one_run)
{
    assay_options o = options();

    write_config("antivirsu \"av\" { }\n"
                 "Test_Listener { port = x }\n"
                 "antivirus \"av\" { action = maybe timeout = -1 }\n");
    ck_assert_int_eq(assay_check(&o, &err), ASSAY_E_CONF);
    ck_assert_msg(strstr(err.msg, "4 errors"), "%s\n%s", err.msg, found);
}
END_TEST

START_TEST(a_missing_file_is_an_error)
{
    assay_options o = options();

    unlink(config);
    ck_assert_int_ne(assay_check(&o, &err), ASSAY_OK);
}
END_TEST

/* enabled = false at each of the three levels, and an engine that differs */
static const char *const passive[] = {
    "sample { enabled = false }\nantivirus \"av\" { sample \"s\" { } }\n",
    "sample {}\nantivirus \"av\" { enabled = no sample \"s\" { } }\n",
    "sample {}\nantivirus \"av\" { sample \"s\" { Enabled = 0 } }\n",
    ("sample {}\nantivirus \"av\" { enabled = off\n"
     "sample \"s\" { enabled = on } }\n"),
};

/* H20: a configuration that scans nothing says so. */
START_TEST(a_configuration_that_decides_nothing_is_warned_about)
{
    assay_options o = options();

    write_config(_i == 0 ? "" : passive[_i - 1]);
    ck_assert_int_eq(assay_check(&o, &err), ASSAY_OK);
    ck_assert_msg(strstr(found, "every message passes"), "case %d: %s", _i,
                  found);
    write_config("fakepolicy \"p\" { }\n"); /* without a rule */
    ck_assert_int_eq(assay_check(&o, &err), ASSAY_OK);
    ck_assert_ptr_nonnull(strstr(found, "every message passes"));
    write_config("fakepolicy \"p\" { rule \"data\" { } }\n");
    ck_assert_int_eq(assay_check(&o, &err), ASSAY_OK);
    ck_assert_ptr_null(strstr(found, "every message passes"));
    write_config(SAMPLE);
    ck_assert_int_eq(assay_check(&o, &err), ASSAY_OK);
    ck_assert_ptr_null(strstr(found, "every message passes"));
}
END_TEST

/* A check must not initialise engines (it runs in helper programs, too). */
START_TEST(check_opens_nothing)
{
    assay_options o = options();

    write_config("sample {}\nantivirus \"av\" { sample \"s\" { refuse = yes } }"
                 "\nfakepolicy \"p\" { refuse = yes }\n");
    ck_assert_int_eq(assay_check(&o, &err), ASSAY_OK);
    ck_assert_int_eq(assay_open(&o, &instance, &err), ASSAY_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.msg, "refuses as configured"));
    ck_assert_ptr_null(instance);
}
END_TEST

START_TEST(a_language_that_refuses_ends_the_open)
{
    assay_options o = options();

    write_config(SAMPLE "fakepolicy \"p\" { refuse = yes }\n");
    ck_assert_int_eq(assay_open(&o, &instance, &err), ASSAY_E_SCRIPT);
    ck_assert_ptr_null(instance);
}
END_TEST

START_TEST(hosts_get_their_stanza_filled)
{
    const struct listener_settings *settings;

    open_with("Test_Listener { port = 2525 }\n");
    settings = assay_host_settings(instance, &listener, 0, NULL);
    ck_assert_ptr_nonnull(settings);
    ck_assert_int_eq(settings->port, 2525);
    ck_assert_ptr_null(assay_host_settings(instance, &listener, 1, NULL));
}
END_TEST

START_TEST(uninitialised_options_are_refused)
{
    assay_options o = {0};

    ck_assert_int_eq(assay_open(&o, &instance, &err), ASSAY_E_INVAL);
    ck_assert_int_eq(assay_open(NULL, &instance, &err), ASSAY_E_INVAL);
}
END_TEST

/* ---- sessions ---------------------------------------------------------- */

/* AV-02, AV-10: the decision matrix without any script */
START_TEST(action_reject_refuses_what_is_infected)
{
    assay_disposition d;

    open_with(SAMPLE);
    d = send_once("a: b\r\n\r\nEVIL\r\n");
    ck_assert_int_eq(d.action, ASSAY_ACTION_REJECT);
    ck_assert_int_eq(d.code, 550);
    ck_assert_str_eq(d.enhanced, "5.7.1");
    ck_assert_ptr_nonnull(strstr(d.text, "Sample.EVIL"));
    ck_assert_str_eq(d.module, "antivirus:av"); /* AV-36 */
    d = send_once("a: b\r\n\r\ngood\r\n");
    ck_assert_int_eq(d.action, ASSAY_ACTION_CONTINUE);
}
END_TEST

/* AV-11, AV-15 … AV-18: pass sets the variables and touches nothing else */
START_TEST(action_pass_sets_variables_only)
{
    assay_session *session;
    assay_context *context;
    assay_disposition d;

    open_with("sample {}\nantivirus \"av\" {\n  action = pass\n"
              "  sample \"s1\" { threat = EVIL }\n}\n");
    session = session_on();
    d = send(session, "a: b\r\n\r\nEVIL\r\n");
    ck_assert_int_eq(d.action, ASSAY_ACTION_CONTINUE);
    context = assay_message_context(assay_session_message(session));
    ck_assert_str_eq(assay_context_get(context, "sample_status"), "virus");
    ck_assert_str_eq(assay_context_get(context, "sample_status_info"),
                     "Sample.EVIL");
    d = send(session, "a: b\r\n\r\ngood\r\n");
    ck_assert_int_eq(d.action, ASSAY_ACTION_CONTINUE);
    context = assay_message_context(assay_session_message(session));
    ck_assert_ptr_null(assay_context_get(context, "sample_status"));
    ck_assert_ptr_null(assay_context_get(context, "sample_status_info"));
    assay_session_close(&session);
}
END_TEST

/* AV-16, and the alias that published scripts read */
START_TEST(context_variable_renames_the_pair)
{
    assay_session *session;
    assay_context *context;

    open_with("sample {}\nantivirus \"av\" {\n  action = pass\n"
              "  context_variable = virus\n"
              "  sample \"s1\" { threat = EVIL }\n}\n");
    session = session_on();
    (void)send(session, "EVIL");
    context = assay_message_context(assay_session_message(session));
    ck_assert_str_eq(assay_context_get(context, "virus"), "virus");
    ck_assert_str_eq(assay_context_get(context, "virus_info"), "Sample.EVIL");
    ck_assert_str_eq(assay_context_get(context, "sample_status_info"),
                     "Sample.EVIL");
    ck_assert_ptr_null(assay_context_get(context, "sample_status"));
    assay_session_close(&session);
}
END_TEST

/* AV-09: passive at any of the three levels: hooks do not scan, calls do */
START_TEST(passive_engines_scan_only_when_asked)
{
    open_with(passive[_i]);
    ck_assert_int_eq(send_once("THREAT").action, ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(scan_status("THREAT", NULL), ASSAY_STATUS_INFECTED);
}
END_TEST

/* AV-25 */
START_TEST(skip_variable_keeps_a_message_from_being_scanned)
{
    assay_session *session;

    open_with(SAMPLE);
    session = session_on();
    ck_assert_int_eq(assay_context_set(assay_session_context(session),
                                       "skip_virus_check", "", &err),
                     ASSAY_OK);
    ck_assert_int_eq(send(session, "EVIL").action, ASSAY_ACTION_CONTINUE);
    assay_session_close(&session);
}
END_TEST

START_TEST(modules_run_in_configuration_order)
{
    open_with("fakepolicy \"p\" { rule \"data\" { code = 451 } }\n" SAMPLE);
    ck_assert_int_eq(send_once("EVIL").code, 550);
    assay_close(&instance);
    open_with(SAMPLE "fakepolicy \"p\" { rule \"data\" { code = 451 } }\n");
    ck_assert_int_eq(send_once("EVIL").code, 550);
    ck_assert_int_eq(send_once("good").code, 451);
}
END_TEST

/* An engine on trial finds first; the one behind it refuses all the same. */
START_TEST(an_engine_that_lets_pass_does_not_end_a_hook_scan)
{
    open_with("sample {}\nantivirus \"av\" {\n"
              "  sample \"trial\" { threat = EVIL action = pass }\n"
              "  sample \"real\" { threat = EVIL }\n}\n");
    ck_assert_int_eq(send_once("EVIL").code, 550);
}
END_TEST

/* A reply that a script set first is not made milder by a scope. */
START_TEST(the_severest_answer_of_a_phase_stands)
{
    open_with("fakepolicy \"p\" { rule \"data\" { code = 554 } }\n"
              "sample {}\nantivirus \"av\" {\n  max_size = 4\n"
              "  on_oversize = tempfail\n  sample \"s1\" { }\n}\n");
    ck_assert_int_eq(send_once("much too large").code, 554);
}
END_TEST

START_TEST(a_policy_may_scan_for_itself)
{
    open_with("sample {}\nantivirus \"av\" { enabled = false\n"
              "  sample \"s1\" { threat = EVIL } }\n"
              "fakepolicy \"p\" { rule \"data_spool\" { scan = on } }\n");
    ck_assert_int_eq(send_once("EVIL").code, 554);
    ck_assert_int_eq(send_once("good").action, ASSAY_ACTION_CONTINUE);
}
END_TEST

static void count_progress(void *arg)
{
    ++*(int *)arg;
}

START_TEST(engines_run_in_pools_from_the_start_on)
{
    int calls = 0;
    assay_session *session;

    open_with(SAMPLE);
    ck_assert_int_eq(assay_start(instance, &err), ASSAY_OK);
    ck_assert_int_eq(assay_start(instance, &err), ASSAY_E_STATE);
    session = session_on();
    assay_session_on_progress(session, count_progress, &calls, 60000);
    ck_assert_int_eq(send(session, "EVIL").code, 550);
    ck_assert_int_eq(calls, 0);
    assay_session_close(&session);
    assay_stop(instance);
    ck_assert_int_eq(assay_start(instance, &err), ASSAY_OK);
}
END_TEST

/* ---- reload ------------------------------------------------------------ */

/* A message finishes on the generation it began with, the next one of the
 * same session has the present one. */
START_TEST(reload_swaps_between_messages)
{
    assay_session *session;
    assay_disposition d;

    open_with(SAMPLE);
    session = session_on();
    ck_assert_int_eq(assay_session_mailfrom(session, "a@b", "<a@b>", &d, &err),
                     ASSAY_OK);
    write_config("sample {}\nantivirus \"av\" { sample \"s1\" { threat = NEW }"
                 " }\n");
    ck_assert_int_eq(assay_reload(instance, &err), ASSAY_OK);
    ck_assert_int_eq(
        assay_message_append(assay_session_message(session), "EVIL", 4, &err),
        ASSAY_OK);
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(d.code, 550);
    ck_assert_int_eq(send(session, "EVIL").action, ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(send(session, "NEW").code, 550);
    assay_session_close(&session);
}
END_TEST

static const char *const bad_reloads[] = {
    "antivirsu { }\n",
    "sample {}\nantivirus \"av\" { sample \"s1\" { refuse = on } }\n",
    SAMPLE "fakepolicy \"p\" { refuse = on }\n",
    "include \"/nonexistent/file\"\n",
};

/* C15, WU-10: a failed load changes nothing */
START_TEST(a_failed_reload_changes_nothing)
{
    open_with(SAMPLE);
    write_config(bad_reloads[_i]);
    ck_assert_int_ne(assay_reload(instance, &err), ASSAY_OK);
    ck_assert_int_ne(err.msg[0], '\0');
    ck_assert_int_eq(send_once("EVIL").code, 550);
}
END_TEST

static void *scan_for_a_while(void *arg)
{
    (void)arg;
    for (int i = 0; i < 300; i++) {
        assay_disposition d;
        assay_error mine = {0};
        assay_session *session = NULL;
        const char *text = i % 2 ? "EVIL" : "good";

        if (assay_session_open(instance, NULL, &session, &mine) != ASSAY_OK ||
            assay_session_mailfrom(session, "", "<>", &d, &mine) != ASSAY_OK ||
            assay_message_append(assay_session_message(session), text, 4,
                                 &mine) != ASSAY_OK ||
            assay_session_data(session, &d, &mine) != ASSAY_OK ||
            (d.action == ASSAY_ACTION_REJECT) != (i % 2))
            return arg;
        assay_session_close(&session);
    }
    return NULL;
}

/* C16 */
START_TEST(reloads_under_load_lose_nothing)
{
    pthread_t threads[3];
    int wrong_verdicts = 0, token = 0;

    open_with(SAMPLE);
    ck_assert_int_eq(assay_start(instance, &err), ASSAY_OK);
    for (size_t i = 0; i < 3; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, scan_for_a_while, &token), 0);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(assay_reload(instance, &err), ASSAY_OK);
    for (size_t i = 0; i < 3; i++) {
        void *result = NULL;

        pthread_join(threads[i], &result);
        wrong_verdicts += result != NULL;
    }
    ck_assert_int_eq(wrong_verdicts, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assay");
    TCase *tc = tcase_create("host");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_scope_with_an_engine_scans);
    tcase_add_test(tc, what_an_engine_may_pass_over_is_scanned_decoded);
    tcase_add_loop_test(tc, a_message_cut_by_a_limit_is_not_clean, 0, 2);
    tcase_add_loop_test(tc, a_mistake_is_reported_with_its_place, 0,
                        COUNT(wrong));
    tcase_add_test(tc, a_broken_language_is_reported_with_its_stanza);
    tcase_add_test(tc, all_mistakes_come_in_one_run);
    tcase_add_test(tc, a_missing_file_is_an_error);
    tcase_add_loop_test(tc,
                        a_configuration_that_decides_nothing_is_warned_about, 0,
                        COUNT(passive) + 1);
    tcase_add_test(tc, check_opens_nothing);
    tcase_add_test(tc, a_language_that_refuses_ends_the_open);
    tcase_add_test(tc, hosts_get_their_stanza_filled);
    tcase_add_test(tc, uninitialised_options_are_refused);
    tcase_add_test(tc, action_reject_refuses_what_is_infected);
    tcase_add_test(tc, action_pass_sets_variables_only);
    tcase_add_test(tc, context_variable_renames_the_pair);
    tcase_add_loop_test(tc, passive_engines_scan_only_when_asked, 0,
                        COUNT(passive));
    tcase_add_test(tc, skip_variable_keeps_a_message_from_being_scanned);
    tcase_add_test(tc, modules_run_in_configuration_order);
    tcase_add_test(tc, an_engine_that_lets_pass_does_not_end_a_hook_scan);
    tcase_add_test(tc, the_severest_answer_of_a_phase_stands);
    tcase_add_test(tc, a_policy_may_scan_for_itself);
    tcase_add_test(tc, engines_run_in_pools_from_the_start_on);
    tcase_add_test(tc, reload_swaps_between_messages);
    tcase_add_loop_test(tc, a_failed_reload_changes_nothing, 0,
                        COUNT(bad_reloads));
    tcase_add_test(tc, reloads_under_load_lose_nothing);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
