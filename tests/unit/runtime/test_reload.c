/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Which engines a reload keeps, which it opens anew, and that one that fails
 * changes nothing (promises 5 and 6). The engine "sample" logs each opening
 * and closing.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

#define TWO(options_of_s1)                                  \
    "sample {}\nantivirus \"av\" {\n"                       \
    "  sample \"s1\" { threat = EVIL " options_of_s1 " }\n" \
    "  sample \"s2\" { threat = OTHER }\n}\n"

static void expect_opens(unsigned s1, unsigned s2)
{
    ck_assert_uint_eq(fixture_log_count("sample.open s1"), s1);
    ck_assert_uint_eq(fixture_log_count("sample.open s2"), s2);
}

static void expect_closes(unsigned s1, unsigned s2)
{
    ck_assert_uint_eq(fixture_log_count("sample.close s1"), s1);
    ck_assert_uint_eq(fixture_log_count("sample.close s2"), s2);
}

/* What does not matter to opening may change without it. */
static const char *const light[] = {
    TWO(""),
    TWO("action = pass"),
    TWO("error_code = 452"),
    TWO("on_error = pass on_timeout = pass on_unscannable = tempfail"),
    TWO("on_oversize = pass on_encrypted = reject"),
    TWO("context_variable = virus skip_context_variable = trusted"),
    TWO("cache_size = 1 clean_cache_size = 2"),
    TWO("max_concurrency = 2"),
    TWO("enabled = false"),
    TWO("use_wire_rep = false"),
    /* written otherwise, and where it means the same */
    TWO("Timeout = \"10\""),
    ("Max_MIME_Depth = 9\nsample { debug_level = DEBUG }\n"
     "antivirus \"other\" { }\n"
     "antivirus \"av\" { timeout = 10\n sample \"s2\" { threat = OTHER }\n"
     "# a comment\n sample \"s1\" { refuse = no threat = \"EVIL\" } }\n"),
};

/* Promise 6 */
START_TEST(an_engine_whose_stanza_is_the_same_stays_open)
{
    fixture_open(TWO(""));
    fixture_reload(light[_i]);
    expect_opens(1, 1);
    expect_closes(0, 0);
    ck_assert_int_eq(fixture_scan("EVIL").status, ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(fixture_scan("OTHER").status, ASSAY_STATUS_INFECTED);
    fixture_reload(TWO(""));
    expect_opens(1, 1);
    assay_close(&fixture_library);
    expect_closes(1, 1);
}
END_TEST

/* What an engine was opened with may not change under it. */
static const char *const heavy[] = {
    TWO("threat = WORSE"),      TWO("timeout = 11"),     TWO("max_size = 1000"),
    TWO("debug_level = DEBUG"), TWO("file_base = /tmp"), TWO("pool = IO"),
    TWO("data = elsewhere"),
};

START_TEST(an_engine_whose_stanza_changed_is_opened_anew)
{
    fixture_open(TWO(""));
    fixture_reload(heavy[_i]);
    expect_opens(2, 1);
    expect_closes(1, 0);
    fixture_reload(heavy[_i]);
    expect_opens(2, 1);
    expect_closes(1, 0);
}
END_TEST

/* The same text in another file names another path. */
START_TEST(a_relative_path_counts_as_what_it_means)
{
    char text[512];

    (void)snprintf(text, sizeof text, TWO("data = \"%s/words\""),
                   fixture_folder);
    fixture_open(TWO("data = words"));
    fixture_reload(text);
    expect_opens(1, 1);
    (void)snprintf(text, sizeof text, "mkdir '%s/sub'", fixture_folder);
    ck_assert_int_eq(system(text), 0);
    fixture_write("sub/av.conf", TWO("data = words"));
    fixture_reload("include \"sub/av.conf\"\n");
    expect_opens(2, 1);
    expect_closes(1, 0);
}
END_TEST

START_TEST(engines_that_swap_names_are_opened_anew)
{
    fixture_open(TWO(""));
    fixture_reload("sample {}\nantivirus \"av\" {\n"
                   "  sample \"s2\" { threat = EVIL }\n"
                   "  sample \"s1\" { threat = OTHER }\n}\n");
    expect_opens(2, 2);
    expect_closes(1, 1);
    ck_assert_int_eq(fixture_scan("EVIL").status, ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(fixture_scan("OTHER").status, ASSAY_STATUS_INFECTED);
}
END_TEST

START_TEST(scopes_that_swap_names_are_opened_anew)
{
    fixture_open("sample {}\nantivirus \"a\" { sample \"s1\" { } }\n"
                 "antivirus \"b\" { sample \"s2\" { } }\n");
    fixture_reload("sample {}\nantivirus \"b\" { sample \"s1\" { } }\n"
                   "antivirus \"a\" { sample \"s2\" { } }\n");
    expect_opens(2, 2);
    expect_closes(1, 1);
}
END_TEST

START_TEST(a_removed_engine_is_closed_and_an_added_one_opened)
{
    fixture_open(TWO(""));
    fixture_reload("sample {}\nantivirus \"av\" { sample \"s2\" { threat = "
                   "OTHER } }\n");
    expect_closes(1, 0);
    ck_assert_int_eq(fixture_scan("EVIL").status, ASSAY_STATUS_CLEAN);
    fixture_reload(TWO(""));
    expect_opens(2, 1);
    ck_assert_int_eq(fixture_scan("EVIL").status, ASSAY_STATUS_INFECTED);
}
END_TEST

/* C15, WU-10: each fails at another stage; what was opened for it is closed,
 * and what is in use stays. */
static const char *const broken[] = {
    "antivirsu { }\n",
    TWO("tiemout = 3"),
    "include \"/nonexistent/file\"\n",
    TWO("") "sample { ",
    ("sample {}\nantivirus \"av\" {\n  sample \"s1\" { threat = NEW }\n"
     "  sample \"s2\" { threat = OTHER }\n"
     "  sample \"s3\" { refuse = on }\n}\n"),
    TWO("threat = NEW") "fakepolicy \"p\" { refuse = on }\n",
};

START_TEST(a_reload_that_fails_changes_nothing)
{
    unsigned opened;
    assay_error err = {0};

    fixture_open(TWO(""));
    fixture_config(broken[_i]);
    ck_assert_int_ne(assay_reload(fixture_library, &err), ASSAY_OK);
    ck_assert_int_ne(err.msg[0], '\0');
    opened = fixture_log_count("sample.open s1");
    ck_assert_uint_eq(fixture_log_count("sample.close s1"), opened - 1);
    ck_assert_uint_eq(fixture_log_count("sample.close s2"), 0);
    ck_assert_int_eq(fixture_scan("EVIL").status, ASSAY_STATUS_INFECTED);
    ck_assert_int_eq(fixture_scan("NEW").status, ASSAY_STATUS_CLEAN);
    fixture_reload(TWO(""));
    ck_assert_uint_eq(fixture_log_count("sample.open s1"), opened);
    assay_close(&fixture_library);
    ck_assert_uint_eq(fixture_log_count("sample.close s1"), opened);
    expect_closes(opened, 1);
}
END_TEST

/* ---- C15: every broken file of tests/data/broken-configs --------------- */

static int is_config(const struct dirent *entry)
{
    return strstr(entry->d_name, ".conf") != NULL;
}

/* The first line of each says where the mistake is, and a word of what is said
 * about it: "# LINE: TEXT". */
static void expect_refusal(const char *name)
{
    char path[sizeof ASSAY_TEST_BROKEN + 256], text[1024] = "", place[64];
    char want[128], *at;
    unsigned long line;
    assay_error err = {0};
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", ASSAY_TEST_BROKEN, name);
    file = fopen(path, "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    ck_assert_msg(strncmp(text, "# ", 2) == 0, "%s", name);
    line = strtoul(text + 2, &at, 10);
    ck_assert_msg(strncmp(at, ": ", 2) == 0, "%s", name);
    (void)snprintf(want, sizeof want, "%.*s", (int)strcspn(at + 2, "\n"),
                   at + 2);
    fixture_log_clear();
    fixture_config(text);
    ck_assert_msg(assay_reload(fixture_library, &err) == ASSAY_E_CONF,
                  "%s is taken", name);
    (void)snprintf(place, sizeof place, "assay.conf:%lu:", line);
    ck_assert_msg(fixture_log_count(place) > 0, "%s: no %s", name, place);
    ck_assert_msg(fixture_log_count(want) > 0, "%s: no '%s'", name, want);
}

START_TEST(a_broken_file_is_refused_with_its_place_and_the_old_stays)
{
    struct dirent **entries = NULL;
    assay_session *session;
    int count;

    fixture_open(TWO(""));
    session = fixture_session();
    count = scandir(ASSAY_TEST_BROKEN, &entries, is_config, alphasort);
    ck_assert_int_gt(count, 0);
    for (int i = 0; i < count; i++) {
        assay_options options = fixture_options();
        assay *none = NULL;

        expect_refusal(entries[i]->d_name);
        ck_assert_int_eq(assay_open(&options, &none, NULL), ASSAY_E_CONF);
        ck_assert_int_eq(fixture_send(session, "EVIL").code, 550);
        ck_assert_int_eq(fixture_scan("OTHER").status, ASSAY_STATUS_INFECTED);
        ck_assert_uint_eq(fixture_log_count("sample.close"), 0);
        free(entries[i]);
    }
    free(entries);
    assay_session_close(&session);
}
END_TEST

/* The engine of a session that is still on the old generation stays for it. */
START_TEST(an_engine_closes_when_its_last_session_ends)
{
    assay_session *session;

    fixture_open(TWO(""));
    session = fixture_session();
    ck_assert_int_eq(fixture_send(session, "good").action,
                     ASSAY_ACTION_CONTINUE);
    fixture_reload(TWO("threat = NEW"));
    expect_closes(0, 0);
    assay_session_close(&session);
    expect_closes(1, 0);
}
END_TEST

/* It does not have to end: its next message moves on. */
START_TEST(an_engine_closes_when_its_last_session_moves_on)
{
    assay_session *session;

    fixture_open(TWO(""));
    session = fixture_session();
    ck_assert_int_eq(fixture_send(session, "EVIL").code, 550);
    fixture_reload(TWO("threat = NEW"));
    expect_closes(0, 0);
    ck_assert_int_eq(fixture_send(session, "NEW").code, 550);
    expect_closes(1, 0);
    assay_session_close(&session);
}
END_TEST

/* The new policy sees what was said before it came, in the same context. */
static const struct {
    const char *phase;
    bool connects, greets;
    int want;
} moves[] = {
    {"connect", true, true, 554},    {"ehlo", true, true, 554},
    {"mailfrom", false, false, 554}, {"connect", false, false, 0},
    {"ehlo", true, false, 0},        {"connect", true, false, 554},
    {"data_spool", true, true, 554},
};

START_TEST(a_session_that_moves_on_catches_up)
{
    char config[256];
    assay_disposition d;
    assay_session *session;

    fixture_open(TWO("") "fakepolicy \"p\" { rule \"connect\" { } }\n");
    session = fixture_session();
    if (moves[_i].connects)
        ck_assert_int_eq(assay_session_connect(session, &d, NULL), ASSAY_OK);
    if (moves[_i].greets)
        ck_assert_int_eq(assay_session_ehlo(session, "me", &d, NULL), ASSAY_OK);
    ck_assert_int_eq(fixture_send(session, "good").action,
                     ASSAY_ACTION_CONTINUE);
    ck_assert_int_eq(assay_context_set(assay_session_context(session),
                                       "skip_virus_check", "", NULL),
                     ASSAY_OK);
    (void)snprintf(config, sizeof config,
                   "fakepolicy \"p\" { rule \"%s\" { code = 554 } }\n%s",
                   moves[_i].phase, TWO("threat = NEW"));
    fixture_reload(config);
    d = fixture_send(session, "NEW");
    ck_assert_int_eq(d.code, moves[_i].want);
    if (moves[_i].want > 0)
        ck_assert_str_eq(d.module, "fakepolicy:p");
    assay_session_close(&session);
}
END_TEST

/* What a host was given stays, and does not keep the first generation. */
START_TEST(a_changed_host_stanza_is_said_to_need_a_restart)
{
    const char *name = NULL;
    const void *settings;

    fixture_open("Test_Listener \"a\" { port = 1 }\n"
                 "Test_Listener \"b\" { port = 2 }\n" TWO(""));
    settings =
        assay_host_settings(fixture_library, &fixture_listener, 1, &name);
    ck_assert_ptr_nonnull(settings);
    ck_assert_str_eq(name, "b");
    fixture_reload("Test_Listener \"a\" { port = 1 }\n"
                   "Test_Listener \"b\" { port = 3 }\n" TWO("threat = NEW"));
    ck_assert_uint_eq(fixture_log_count("host.needs_restart"), 1);
    ck_assert_uint_eq(fixture_log_count("stanza=Test_Listener instance=\"b\""),
                      1);
    expect_closes(1, 0);
    ck_assert_ptr_eq(
        assay_host_settings(fixture_library, &fixture_listener, 1, NULL),
        settings);
    fixture_log_clear();
    fixture_reload("Test_Listener \"c\" { port = 1 }\n"
                   "Test_Listener \"b\" { port = 2 }\n" TWO(""));
    ck_assert_uint_eq(fixture_log_count("the stanza was removed"), 1);
    ck_assert_uint_eq(fixture_log_count("the stanza was added"), 1);
    ck_assert_uint_eq(fixture_log_count("the stanza was changed"), 0);
}
END_TEST

/* ---- the stop -------------------------------------------------------------
 */

/* A log that keeps who opens an engine. */
static struct {
    _Atomic bool is_holding, has_entered;
} gate;

static void hold_opening(void *arg, assay_log_level level, const char *line)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    (void)arg;
    (void)level;
    if (!gate.is_holding || !strstr(line, "sample.open s1"))
        return;
    gate.has_entered = true;
    while (gate.is_holding)
        (void)nanosleep(&moment, NULL);
}

static void *reload_in_thread(void *rc_out)
{
    *(assay_rc *)rc_out = assay_reload(fixture_library, NULL);
    return NULL;
}

static void *stop_in_thread(void *library)
{
    assay_stop(library);
    return NULL;
}

static void wait_until_stopping(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    assay_session *session = NULL;

    while (assay_session_open(fixture_library, NULL, &session, NULL) ==
           ASSAY_OK) {
        assay_session_close(&session);
        (void)nanosleep(&moment, NULL);
    }
}

static void expect_waiting(pthread_t thread)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 100 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    ck_assert_int_eq(pthread_timedjoin_np(thread, NULL, &until), ETIMEDOUT);
}

/* Else the engines that it opens would run on behind the stop. */
START_TEST(the_stop_waits_for_a_reload)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    assay_options options;
    assay_rc rc = ASSAY_OK, rc_second = ASSAY_OK;
    pthread_t first, second, stopper;

    fixture_config(TWO(""));
    options = fixture_options();
    options.log = hold_opening;
    ck_assert_int_eq(assay_open(&options, &fixture_library, NULL), ASSAY_OK);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    fixture_config(TWO("max_filesize = 5"));
    gate.has_entered = false;
    gate.is_holding = true;
    ck_assert_int_eq(pthread_create(&first, NULL, reload_in_thread, &rc), 0);
    while (!gate.has_entered)
        (void)nanosleep(&moment, NULL);
    ck_assert_int_eq(
        pthread_create(&second, NULL, reload_in_thread, &rc_second), 0);
    ck_assert(!assay_quiesce(fixture_library, 0));
    ck_assert_int_eq(
        pthread_create(&stopper, NULL, stop_in_thread, fixture_library), 0);
    wait_until_stopping();
    expect_waiting(stopper);
    gate.is_holding = false;
    ck_assert_int_eq(pthread_join(first, NULL), 0);
    ck_assert_int_eq(pthread_join(second, NULL), 0);
    ck_assert_int_eq(pthread_join(stopper, NULL), 0);
    ck_assert_int_eq(rc, ASSAY_OK);
    ck_assert_int_eq(rc_second, ASSAY_E_STATE);
}
END_TEST

/* ---- signatures that change while the configuration does not ----------- */

#define WORDS                                   \
    "Signature_Check_Interval = 1\nsample {}\n" \
    "antivirus \"av\" { sample \"s1\" { words = words } }\n"

static void start(const char *config)
{
    fixture_write("words", "FIRST\n");
    fixture_open(config);
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
}

START_TEST(newer_signatures_are_taken_in_by_themselves)
{
    start(WORDS);
    ck_assert_int_eq(fixture_scan("SECOND").status, ASSAY_STATUS_CLEAN);
    fixture_write("words", "SECOND\n");
    ck_assert(fixture_log_wait("engine.signatures "));
    ck_assert_uint_eq(fixture_log_count("from=\"sample-1/FIRST\" "
                                        "to=\"sample-1/SECOND\""),
                      1);
    ck_assert_int_eq(fixture_scan("SECOND").status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(fixture_scan("x").epoch, "sample-1/SECOND");
    ck_assert_uint_eq(fixture_log_count("sample.open"), 1);
}
END_TEST

/* C17: broken ones leave the old in use, and it is said. */
START_TEST(broken_signatures_leave_the_old_in_use)
{
    start(WORDS);
    fixture_write("words", "BROKEN\n");
    ck_assert(fixture_log_wait("engine.signatures_failed"));
    ck_assert_uint_eq(fixture_log_count("reason=\"the words are broken\""), 1);
    ck_assert_int_eq(fixture_scan("FIRST").status, ASSAY_STATUS_INFECTED);
    ck_assert_str_eq(fixture_scan("x").epoch, "sample-1/FIRST");
    fixture_write("words", "SECOND\n");
    ck_assert(fixture_log_wait("engine.signatures "));
    ck_assert_int_eq(fixture_scan("SECOND").status, ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(fixture_log_count("engine.signatures_failed"), 1);
}
END_TEST

/* Scans and reloads go on while signatures load. */
START_TEST(a_slow_load_of_signatures_holds_up_nobody)
{
    start(WORDS);
    fixture_write("words.hold", "");
    fixture_write("words", "SECOND\n");
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(fixture_scan("FIRST").status, ASSAY_STATUS_INFECTED);
        fixture_reload(WORDS "# another\n");
    }
    ck_assert_uint_eq(fixture_log_count("engine.signatures"), 0);
    fixture_remove("words.hold");
    ck_assert(fixture_log_wait("engine.signatures "));
    ck_assert_int_eq(fixture_scan("SECOND").status, ASSAY_STATUS_INFECTED);
    ck_assert_uint_eq(fixture_log_count("sample.open"), 1);
}
END_TEST

/* 0 is never; a reload changes the interval without a restart. */
START_TEST(the_interval_follows_the_configuration)
{
    start("Signature_Check_Interval = 0\nsample {}\n"
          "antivirus \"av\" { sample \"s1\" { words = words } }\n");
    fixture_write("words", "SECOND\n");
    fixture_reload(WORDS);
    ck_assert(fixture_log_wait("engine.signatures "));
    ck_assert_uint_eq(fixture_log_count("sample.open"), 1);
    assay_stop(fixture_library);
    fixture_log_clear();
    fixture_write("words", "THIRD\n");
    ck_assert_int_eq(assay_start(fixture_library, NULL), ASSAY_OK);
    ck_assert(fixture_log_wait("engine.signatures "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reload");
    TCase *tc = tcase_create("engines");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tc, an_engine_whose_stanza_is_the_same_stays_open, 0,
                        COUNT(light));
    tcase_add_loop_test(tc, an_engine_whose_stanza_changed_is_opened_anew, 0,
                        COUNT(heavy));
    tcase_add_test(tc, a_relative_path_counts_as_what_it_means);
    tcase_add_test(tc, engines_that_swap_names_are_opened_anew);
    tcase_add_test(tc, scopes_that_swap_names_are_opened_anew);
    tcase_add_test(tc, a_removed_engine_is_closed_and_an_added_one_opened);
    tcase_add_loop_test(tc, a_reload_that_fails_changes_nothing, 0,
                        COUNT(broken));
    tcase_add_test(tc,
                   a_broken_file_is_refused_with_its_place_and_the_old_stays);
    tcase_add_test(tc, an_engine_closes_when_its_last_session_ends);
    tcase_add_test(tc, an_engine_closes_when_its_last_session_moves_on);
    tcase_add_loop_test(tc, a_session_that_moves_on_catches_up, 0,
                        COUNT(moves));
    tcase_add_test(tc, the_stop_waits_for_a_reload);
    tcase_add_test(tc, a_changed_host_stanza_is_said_to_need_a_restart);
    tc = tcase_create("signatures");
    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_test(tc, newer_signatures_are_taken_in_by_themselves);
    tcase_add_test(tc, broken_signatures_leave_the_old_in_use);
    tcase_add_test(tc, a_slow_load_of_signatures_holds_up_nobody);
    tcase_add_test(tc, the_interval_follows_the_configuration);
    return check_run(suite);
}
