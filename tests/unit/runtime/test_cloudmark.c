/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The stanza cloudmark through the public interface: what a configuration may
 * say, what a score leaves in the context of a message, the C functions under
 * their old names, the console, reloads.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assay/cloudmark.h>
#include <assay/control.h>

#include "check_run.h"
#include "runtime_fixture.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
#define STANZA(options) \
    "cloudmark { enabled = false  backend = \"scripted\" " options " }\n"
#define FULL "answer = \"90 full rescan\" MinimumScore = 80"

static const char mail[] = "Subject: x\r\n\r\n.dot\r\nbody\r\n";
static assay_error err;
static assay_session *session;
static assay_score *score;

static void setup(void)
{
    fixture_setup();
    score = calloc(1, sizeof *score);
    ck_assert_ptr_nonnull(score);
    err = (assay_error){0};
}

static void teardown(void)
{
    assay_session_close(&session);
    fixture_teardown();
    free(score);
}

static assay_message *message(void)
{
    return assay_session_message(session);
}

static void send_with(const char *config)
{
    fixture_open(config);
    session = fixture_session();
    ck_assert_int_eq(fixture_send(session, mail).action, ASSAY_ACTION_CONTINUE);
}

static assay_rc ask(void)
{
    return assay_session_score(session, message(), score, &err);
}

static const char *variable(const char *name)
{
    const char *value =
        assay_context_get(assay_message_context(message()), name);

    return value ? value : "(none)";
}

/* ---- context variables --------------------------------------------------- */

static const struct {
    const char *name, *scored, *analyzed;
} variables[] = {
    {"cmae-score", "90", "90"},                  /* CM-11 */
    {"cmae-isspam", "true", "true"},             /* CM-12 */
    {"cmae-category", "7", "7"},                 /* CM-13 */
    {"cmae-subcategory", "3", "3"},              /* CM-14 */
    {"cmae-rescan", "1", "1"},                   /* CM-15 */
    {"cmae-analysis", "v=2.3 cv=1", "(none)"},   /* CM-16 */
    {"cmae-category-desc", "spam", "spam"},      /* CM-17 */
    {"cmae-subcategory-desc", "pills", "pills"}, /* CM-18 */
};

START_TEST(without_a_policy_nothing_is_scored) /* CM-02 */
{
    send_with(STANZA(FULL));
    for (int i = 0; i < COUNT(variables); i++)
        ck_assert_str_eq(variable(variables[i].name), "(none)");
}
END_TEST

START_TEST(a_score_sets_every_variable)
{
    send_with(STANZA(FULL));
    ck_assert_int_eq(ask(), ASSAY_OK);
    for (int i = 0; i < COUNT(variables); i++)
        ck_assert_str_eq(variable(variables[i].name), variables[i].scored);
}
END_TEST

START_TEST(an_analysis_sets_all_but_itself) /* CM-20 */
{
    send_with(STANZA(FULL));
    ck_assert_int_eq(
        assay_session_analyze(session, message(), "v=2.3", 5, score, &err),
        ASSAY_OK);
    for (int i = 0; i < COUNT(variables); i++)
        ck_assert_str_eq(variable(variables[i].name), variables[i].analyzed);
}
END_TEST

START_TEST(nothing_of_an_earlier_score_stays)
{
    send_with(STANZA("answer = \"12.5\""));
    ck_assert_int_eq(assay_context_set(assay_message_context(message()),
                                       "cmae-category", "old", &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_context_set(assay_message_context(message()), "mine",
                                       "stays", &err),
                     ASSAY_OK);
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_str_eq(variable("cmae-score"), "12.5");
    ck_assert_str_eq(variable("cmae-isspam"), "(none)");
    ck_assert_str_eq(variable("cmae-category"), "(none)");
    ck_assert_str_eq(variable("cmae-rescan"), "0");
    ck_assert_str_eq(variable("mine"), "stays");
}
END_TEST

/* Nor does a script that looks at variables take an old score for that of a
 * call that failed. */
START_TEST(a_failed_score_leaves_no_variable)
{
    send_with(STANZA("answer = fail"));
    for (int i = 0; i < COUNT(variables); i++)
        ck_assert_int_eq(assay_context_set(assay_message_context(message()),
                                           variables[i].name, "old", &err),
                         ASSAY_OK);
    ck_assert_int_eq(ask(), ASSAY_E_UNAVAILABLE);
    ck_assert_str_eq(err.msg, "no server answers");
    for (int i = 0; i < COUNT(variables); i++)
        ck_assert_str_eq(variable(variables[i].name), "(none)");
}
END_TEST

START_TEST(a_forged_analysis_leaves_the_variables_alone)
{
    send_with(STANZA(FULL));
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_int_eq(
        assay_session_analyze(session, message(), "forged", 6, score, &err),
        ASSAY_E_INVAL);
    for (int i = 0; i < COUNT(variables); i++)
        ck_assert_str_eq(variable(variables[i].name), variables[i].scored);
}
END_TEST

/* ---- what the backend is given ------------------------------------------- */

static void step(assay_rc rc, const assay_disposition *d)
{
    ck_assert_int_eq(rc, ASSAY_OK);
    ck_assert_int_eq(d->action, ASSAY_ACTION_CONTINUE);
}

static void send_to_many(int recipients)
{
    const assay_peer peer = {
        .address = "IPv6:2001:db8::7", .port = 25, .host = "mx.example.org"};
    assay_disposition d;
    char address[64];

    ck_assert_int_eq(assay_session_open(fixture_library, &peer, &session, &err),
                     ASSAY_OK);
    step(assay_session_ehlo(session, "client.example.org", &d, &err), &d);
    step(assay_session_mailfrom(session, "a@b", "<a@b>", &d, &err), &d);
    for (int i = 0; i < recipients; i++) {
        (void)snprintf(address, sizeof address, "r%d@example.org", i);
        step(assay_session_rcptto(session, address, address, &d, &err), &d);
    }
    assay_message_set_id(message(), "4Q1");
    ck_assert_int_eq(
        assay_message_append(message(), mail, sizeof mail - 1, &err), ASSAY_OK);
    step(assay_session_data(session, &d, &err), &d);
}

START_TEST(the_backend_gets_the_envelope_and_all_recipients) /* CM-36 */
{
    fixture_open(STANZA("answer = echo"));
    send_to_many(40);
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_msg(strstr(score->analysis,
                         "helo=client.example.org sender=a@b "
                         "first=r0@example.org count=40 ip=2001:db8::7 "
                         "host=mx.example.org id=4Q1 cut=0 ") != NULL,
                  "%s", score->analysis);
}
END_TEST

static const struct {
    const char *options, *want;
} renditions[] = {
    /* CM-10 */
    {"", "data=Subject: x\\x0d\\x0a\\x0d\\x0a..dot\\x0d\\x0abody\\x0d\\x0a"},
    {"use_wire_rep = false",
     "data=Subject: x\\x0d\\x0aX-A: 1\\x0d\\x0a\\x0d\\x0a.dot\\x0d\\x0abody"
     "\\x0d\\x0a"},
    /* CM-08 */
    {"Max_Body_Length = 3", "data=Subject: x\\x0d\\x0a\\x0d\\x0a..d"},
};

START_TEST(the_backend_gets_the_rendition_of_the_configuration)
{
    char config[256];

    (void)snprintf(config, sizeof config, STANZA("answer = echo %s"),
                   renditions[_i].options);
    send_with(config);
    ck_assert_int_eq(
        assay_message_edit(message(), ASSAY_EDIT_APPEND, "X-A", "1", &err),
        ASSAY_OK);
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_str_eq(strstr(score->analysis, "data="), renditions[_i].want);
}
END_TEST

START_TEST(headers_are_appended_once_and_only_where_wanted)
{
    send_with(STANZA("answer = \"90 header\""));
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_ptr_null(assay_message_edit_at(message(), 0));
    assay_session_close(&session);
    fixture_reload(STANZA("answer = \"90 header\" append_headers = true"));
    session = fixture_session();
    (void)fixture_send(session, mail);
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_str_eq(assay_message_edit_at(message(), 0)->name, "X-Authority");
    ck_assert_str_eq(assay_message_edit_at(message(), 0)->value, "seen");
    ck_assert_ptr_null(assay_message_edit_at(message(), 1));
}
END_TEST

START_TEST(a_message_that_has_not_arrived_is_not_scored)
{
    assay_disposition d;

    fixture_open(STANZA(FULL));
    session = fixture_session();
    step(assay_session_mailfrom(session, "a@b", "<a@b>", &d, &err), &d);
    ck_assert_int_eq(ask(), ASSAY_E_STATE);
}
END_TEST

/* ---- the documented C functions (CM-33) -----------------------------------
 */

START_TEST(c_functions_say_minus_one_without_the_module)
{
    unsigned value = 7;

    send_with("# nothing\n");
    ck_assert(!assay_session_can_score(session));
    ck_assert_int_eq(cloudmark_score(message(), session, NULL), -1);
    ck_assert_int_eq(cloudmark_analysis("x", message(), &value), -1);
    ck_assert_uint_eq(value, 7);
    ck_assert_int_eq(cloudmark_score_af(message(), session, NULL, "id", 90),
                     -1);
    ck_assert_int_eq(cloudmark_score_ip(fixture_library, "192.0.2.66"), -1);
    ck_assert_int_eq(ask(), ASSAY_E_NOTFOUND);
}
END_TEST

START_TEST(c_functions_say_the_score)
{
    unsigned value = 0;

    send_with(STANZA("answer = \"80.9 full\" MinimumScore = 80"));
    ck_assert_int_eq(cloudmark_score(message(), session, NULL), 80);
    ck_assert_str_eq(variable("cmae-score"), "80.9");
    ck_assert_str_eq(variable("cmae-isspam"), "true");
    ck_assert_int_eq(cloudmark_analysis("v=2.3", message(), &value), 0);
    ck_assert_uint_eq(value, 80);
    ck_assert_int_eq(cloudmark_analysis("forged", message(), &value), -1);
    ck_assert_int_eq(cloudmark_score_ip(fixture_library, "192.0.2.66"), 66);
    ck_assert_int_eq(cloudmark_score_ip(fixture_library, "not an address"), -1);
}
END_TEST

START_TEST(activefilter_needs_a_mode_and_an_address) /* CM-27, CM-28 */
{
    send_with(STANZA(FULL));
    ck_assert_int_eq(ask(), ASSAY_OK); /* which does not stay */
    ck_assert_int_eq(assay_session_score_activefilter(session, message(), NULL,
                                                      90, score, &err),
                     ASSAY_E_STATE);
    ck_assert_int_eq(cloudmark_score_af(message(), session, NULL, "id", 90),
                     -1);
    ck_assert_str_eq(variable("cmae-score"), "(none)");
}
END_TEST

/* ---- configuration ------------------------------------------------------- */

static const struct {
    const char *config, *want;
} mistakes[] = {
    {"cloudmark { backend = \"nowhere\" }", "scorers/nowhere.so"},
    {"cloudmark { backend = \"../x\" }", "'backend': '../x' cannot be"},
    {STANZA("MinimumScore = 101"), "'MinimumScore'"},
    {STANZA("timeout = 0"), "'timeout'"},
    {STANZA("anser = 1"), "did you mean 'answer'?"},
    {STANZA("pool = \"None\""), "there is no ThreadPool 'None'"},
    {STANZA("") STANZA(""), "'cloudmark' may stand here only once"},
    /* CM-01 */
    {"cloudmark \"cloudmark1\" { backend = scripted }", "cloudmark1"},
    {STANZA("refuse_open = true"),
     "cloudmark: backend scripted: open is refused"},
    {"cloudmark {\n  backend = scripted\n  servers = ( a bad b )\n}",
     "assay.conf:3:13: error: 'servers': 'bad' is a bad server"},
    {"cloudmark { backend = scriptd }", "did you mean 'scripted'?"},
    {"cloudmark { backend = nothing }", "there are "},
    /* AV-37: it is no engine */
    {"antivirus \"av\" { cloudmark \"other\" { } }",
     "'cloudmark' is not a valid scope name in scope 'antivirus'"},
    {"MinimumScore = 3", "'MinimumScore' belongs in the stanza cloudmark"},
};

START_TEST(a_mistake_in_the_stanza_is_told)
{
    assay_options options = fixture_options();

    fixture_config(mistakes[_i].config);
    ck_assert_int_ne(assay_open(&options, &fixture_library, &err), ASSAY_OK);
    ck_assert_msg(fixture_log_count(mistakes[_i].want) > 0 ||
                      strstr(err.msg, mistakes[_i].want),
                  "%s\n%s", err.msg, fixture_log());
}
END_TEST

START_TEST(enabled_is_taken_with_a_warning) /* CM-02 */
{
    send_with("cloudmark { enabled = true backend = scripted }\n");
    ck_assert_uint_eq(fixture_log_count("never scores by itself"), 1);
    ck_assert_str_eq(variable("cmae-score"), "(none)");
    fixture_log_clear();
    fixture_reload(STANZA(""));
    ck_assert_uint_eq(fixture_log_count("never scores by itself"), 0);
}
END_TEST

/* ---- console ------------------------------------------------------------- */

/* @return the exit status; *text is free()d by the caller */
static int run(const char *line, char **text)
{
    assay_control_session *console = NULL;
    int status;

    ck_assert_int_eq(assay_control_session_open(fixture_library, NULL, true,
                                                "uid=0", &console, &err),
                     ASSAY_OK);
    status = assay_control_session_run(console, line, strlen(line), text);
    assay_control_session_close(&console);
    return status;
}

static void expect(const char *line, int want_status, const char *want)
{
    char *text = NULL;
    int status = run(line, &text);

    ck_assert_msg(status == want_status && strstr(text, want), "%s: %d: %s",
                  line, status, text);
    free(text);
}

START_TEST(version_is_two_lines) /* CM-22 */
{
    static const char *const forms[] = {"cloudmark version",
                                        "cloudmark:cloudmark1 version"};
    char *text = NULL;

    fixture_open(STANZA(""));
    for (int i = 0; i < COUNT(forms); i++) {
        ck_assert_int_eq(run(forms[i], &text), 0);
        ck_assert_str_eq(text, "CmaeVersion = \"2.0.3.29\"\n"
                               "CmaeCartridgeVersion = \"3046.2.0.23\"\n");
        free(text);
    }
}
END_TEST

START_TEST(help_shows_no_target)
{
    fixture_open(STANZA(""));
    expect("help cloudmark", 0, "cloudmark version ");
}
END_TEST

START_TEST(version_says_why_it_cannot)
{
    fixture_open(STANZA("answer = fail"));
    expect("cloudmark version", 1, "cloudmark: no server answers");
    fixture_reload("# nothing\n");
    expect("cloudmark version", 1, "There is no cloudmark stanza");
}
END_TEST

START_TEST(the_console_changes_options_of_both_kinds)
{
    send_with(STANZA("answer = \"60\""));
    expect("config eval cloudmark timeout", 0, "timeout = 10");
    expect("config eval cloudmark answer", 0, "answer = \"60\"");
    expect("config set cloudmark MinimumScore = 50", 0, "");
    expect("config set cloudmark nonsense = 50", 1, "nonsense");
    expect("config set cloudmark MinimumScore = 500", 1, "MinimumScore");
    (void)fixture_send(session, mail);
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_str_eq(variable("cmae-isspam"), "true");
}
END_TEST

static void expect_counter(const char *name, const char *value)
{
    char *text = NULL, line[64];
    size_t len = strlen(value);

    (void)snprintf(line, sizeof line, "counter list /cloudmark/%s", name);
    ck_assert_int_eq(run(line, &text), 0);
    ck_assert_msg(strstr(text, name) != NULL, "%s", text);
    ck_assert_msg(strncmp(strstr(text, "\n\n") + 2, value, len) == 0, "%s",
                  text);
    free(text);
}

START_TEST(counters_are_kept_by_a_reload_and_can_be_reset)
{
    send_with(STANZA(FULL));
    ck_assert_int_eq(ask(), ASSAY_OK);
    ck_assert_int_eq(
        assay_session_analyze(session, message(), "forged", 6, score, &err),
        ASSAY_E_INVAL);
    fixture_reload("# the same\n" STANZA(FULL));
    expect_counter("scanned", "1 ");
    expect_counter("spam", "1 ");
    expect_counter("errors", "1 ");
    expect("counter reset /cloudmark/spam", 0, "reset");
    expect_counter("spam", "0 ");
    expect_counter("scanned", "1 ");
    expect("counter add /cloudmark/mine", 1, "those of the module cloudmark");
    fixture_reload(STANZA("answer = \"1\""));
    expect_counter("scanned", "0 ");
}
END_TEST

/* A session that began under the old stanza goes on with its backend. */
START_TEST(a_message_keeps_the_scorer_it_began_with)
{
    send_with(STANZA(FULL));
    fixture_reload("# no cloudmark any more\n");
    ck_assert_int_eq(ask(), ASSAY_OK);
    (void)fixture_send(session, mail);
    ck_assert_int_eq(ask(), ASSAY_E_NOTFOUND);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cloudmark");
    TCase *tcase = tcase_create("cloudmark");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, without_a_policy_nothing_is_scored);
    tcase_add_test(tcase, a_score_sets_every_variable);
    tcase_add_test(tcase, an_analysis_sets_all_but_itself);
    tcase_add_test(tcase, nothing_of_an_earlier_score_stays);
    tcase_add_test(tcase, a_failed_score_leaves_no_variable);
    tcase_add_test(tcase, a_forged_analysis_leaves_the_variables_alone);
    tcase_add_test(tcase, the_backend_gets_the_envelope_and_all_recipients);
    tcase_add_loop_test(tcase,
                        the_backend_gets_the_rendition_of_the_configuration, 0,
                        COUNT(renditions));
    tcase_add_test(tcase, headers_are_appended_once_and_only_where_wanted);
    tcase_add_test(tcase, a_message_that_has_not_arrived_is_not_scored);
    tcase_add_test(tcase, c_functions_say_minus_one_without_the_module);
    tcase_add_test(tcase, c_functions_say_the_score);
    tcase_add_test(tcase, activefilter_needs_a_mode_and_an_address);
    tcase_add_loop_test(tcase, a_mistake_in_the_stanza_is_told, 0,
                        COUNT(mistakes));
    tcase_add_test(tcase, enabled_is_taken_with_a_warning);
    tcase_add_test(tcase, version_is_two_lines);
    tcase_add_test(tcase, help_shows_no_target);
    tcase_add_test(tcase, version_says_why_it_cannot);
    tcase_add_test(tcase, the_console_changes_options_of_both_kinds);
    tcase_add_test(tcase, counters_are_kept_by_a_reload_and_can_be_reset);
    tcase_add_test(tcase, a_message_keeps_the_scorer_it_began_with);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
