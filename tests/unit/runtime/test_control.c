/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Console commands as an embedder runs them: layouts to the byte, JSON and
 * XML, who may change what, hints, and how a host is asked.
 */
#include <check.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <assay/assay.h>
#include <assay/control.h>

#include "check_run.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))
#define BLOCK_HEAD "sample\n"
#define EMPTY_BLOCK                 \
    "  Messages checked:   0\n"     \
    "  MIME parts checked: 0\n"     \
    "  Viruses detected:   0\n"     \
    "  Viruses cured:      0\n"     \
    "  Avg. time/message   nanms\n" \
    "  Avg. time/MIME part nanms\n"

static char folder[] = "/tmp/assay-test-XXXXXX";
static char config[64];
static char last_log[ASSAY_LOG_LINE_MAX];
static assay_error err;
static assay *library;
static assay_control_session *session;
static char *text; /* the last answer */

static void note_log(void *arg, assay_log_level level, const char *line)
{
    (void)arg;
    (void)level;
    if (strncmp(line, "console.", 8) == 0)
        (void)snprintf(last_log, sizeof last_log, "%s", line);
}

static void write_config(const char *content)
{
    FILE *file = fopen(config, "we");

    ck_assert_ptr_nonnull(file);
    fputs(content, file);
    fclose(file);
}

static void open_with(const char *content)
{
    assay_options o = ASSAY_OPTIONS_INIT;

    write_config(content);
    o.is_in_process = true;
    o.config_path = config;
    o.module_path = ASSAY_TEST_MODULES;
    o.log = note_log;
    ck_assert_msg(assay_open(&o, &library, &err) == ASSAY_OK, "%s", err.msg);
    ck_assert_int_eq(assay_control_session_open(library, NULL, true,
                                                "uid=0 pid=1", &session, &err),
                     ASSAY_OK);
}

static void setup(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(config, sizeof config, "%s/assay.conf", folder);
    last_log[0] = '\0';
}

static void teardown(void)
{
    free(text);
    text = NULL;
    assay_control_session_close(&session);
    assay_close(&library);
    unlink(config);
    rmdir(folder);
}

#define ONE "sample { }\nantivirus \"av1\" { sample \"s1\" { } }\n"
#define TWO ONE "antivirus \"av2\" { sample \"s2\" { enabled = off } }\n"

static void setup_one(void)
{
    setup();
    open_with(ONE);
}

/* @return the exit status */
static int run(const char *line)
{
    free(text);
    return assay_control_session_run(session, line, strlen(line), &text);
}

static void run_ok(const char *line)
{
    ck_assert_msg(run(line) == 0, "%s: %s", line, text);
}

static bool matches(const char *pattern, const char *in)
{
    regex_t regex;
    bool found;

    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    found = regexec(&regex, in, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static void scan(const char *body)
{
    assay_message *message = NULL;
    assay_verdict verdict;

    ck_assert_int_eq(assay_message_new(NULL, &message, &err), ASSAY_OK);
    ck_assert_int_eq(assay_message_append(message, body, strlen(body), &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_message_finish(message, &err), ASSAY_OK);
    assay_scan(library, message, NULL, &verdict);
    assay_message_free(&message);
}

/* ---- antivirus --------------------------------------------------------- */

START_TEST(stats_of_nothing_are_the_documented_block) /* AV-30 */
{
    run_ok("antivirus:av1 stats");
    ck_assert_str_eq(text, BLOCK_HEAD EMPTY_BLOCK);
}
END_TEST

START_TEST(stats_count_what_was_scanned) /* AV-30 */
{
    scan("Subject: a\r\n\r\nTHREAT\r\n");
    scan("Subject: b\r\n\r\nfine\r\n");
    run_ok("antivirus:av1 stats");
    ck_assert_msg(matches("^sample\n"
                          "  Messages checked:   2\n"
                          "  MIME parts checked: 2\n"
                          "  Viruses detected:   1\n"
                          "  Viruses cured:      0\n"
                          "  Avg\\. time/message   [0-9]+\\.[0-9]{3}ms\n"
                          "  Avg\\. time/MIME part [0-9]+\\.[0-9]{3}ms\n$",
                          text),
                  "%s", text);
}
END_TEST

START_TEST(stats_of_several_instances_name_them) /* AV-30 */
{
    assay_control_session_close(&session);
    assay_close(&library);
    open_with("sample { }\nantivirus \"av1\" { sample \"s1\" { } "
              "sample \"s2\" { } }\n");
    run_ok("antivirus:av1 stats");
    ck_assert_str_eq(text, "sample:s1\n" EMPTY_BLOCK "sample:s2\n" EMPTY_BLOCK);
}
END_TEST

START_TEST(stats_as_json)
{
    run_ok("antivirus:av1 stats --json");
    ck_assert_str_eq(
        text,
        "{\"scope\": \"av1\", \"engines\": [{\"engine\": \"sample\", "
        "\"instance\": \"s1\", "
        "\"messages\": 0, \"parts\": 0, \"viruses\": 0, \"cured\": 0, "
        "\"message_ms\": null, \"part_ms\": null, \"errors\": 0, "
        "\"unscannable\": 0, \"cache_hits\": 0, \"in_service\": true}]}\n");
}
END_TEST

START_TEST(version_is_what_engines_say) /* AV-31 */
{
    run_ok("antivirus:av1 version");
    ck_assert_str_eq(text, "antivirus: sample sample-1/THREAT\n");
    run_ok("--json antivirus:av1 version");
    ck_assert_ptr_nonnull(strstr(text, "\"epoch\": \"sample-1/THREAT\""));
}
END_TEST

static void write_words(const char *words)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/words", folder);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(words, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(reload_takes_newer_signatures_or_keeps_the_old)
{
    char stanza[256];

    assay_control_session_close(&session);
    assay_close(&library);
    write_words("FIRST");
    (void)snprintf(stanza, sizeof stanza,
                   "sample { }\nantivirus \"av1\" { sample \"s1\" { words = "
                   "\"%s/words\" } }\n",
                   folder);
    open_with(stanza);
    run_ok("antivirus:av1 reload");
    ck_assert_str_eq(text, "s1: nothing newer, sample-1/FIRST\n");
    write_words("SECOND");
    run_ok("antivirus:av1 reload");
    ck_assert_str_eq(text, "s1: new signatures, sample-1/SECOND\n");
    write_words("BROKEN");
    ck_assert_int_eq(run("antivirus:av1 reload"), 1);
    ck_assert_ptr_nonnull(
        strstr(text, "the signatures in use stay (sample-1/SECOND)\n"));
    run_ok("antivirus:av1 version");
    ck_assert_str_eq(text, "antivirus: sample sample-1/SECOND\n");
    (void)snprintf(stanza, sizeof stanza, "%s/words", folder);
    ck_assert_int_eq(unlink(stanza), 0);
}
END_TEST

START_TEST(scope_may_be_left_out_when_there_is_one)
{
    run_ok("antivirus stats");
    ck_assert_str_eq(text, BLOCK_HEAD EMPTY_BLOCK);
    ck_assert_int_eq(run("antivirus:av9 stats"), 1);
    ck_assert_str_eq(text, "There is no antivirus scope 'av9'\n");
    assay_control_session_close(&session);
    assay_close(&library);
    open_with(TWO);
    ck_assert_int_eq(run("antivirus stats"), 1);
    ck_assert_str_eq(text, "There are 2 antivirus scopes: write "
                           "antivirus:NAME, such as antivirus:av1\n");
}
END_TEST

START_TEST(modules_are_listed)
{
    assay_control_session_close(&session);
    assay_close(&library);
    open_with(TWO);
    run_ok("module list");
    ck_assert_str_eq(text, "Module: antivirus:av1\n"
                           "  Scope_Name: antivirus\n"
                           "  Instance_Name: av1\n"
                           "  Enabled: enabled\n"
                           "  API: Validate\n"
                           "  Name: antivirus\n"
                           "  Description: Scans messages for viruses\n"
                           "Module: sample:s1\n"
                           "  Scope_Name: sample\n"
                           "  Instance_Name: s1\n"
                           "  Enabled: enabled\n"
                           "  API: Engine\n"
                           "  Name: sample\n"
                           "  Description: finds a configured word\n"
                           "Module: antivirus:av2\n"
                           "  Scope_Name: antivirus\n"
                           "  Instance_Name: av2\n"
                           "  Enabled: enabled\n"
                           "  API: Validate\n"
                           "  Name: antivirus\n"
                           "  Description: Scans messages for viruses\n"
                           "Module: sample:s2\n"
                           "  Scope_Name: sample\n"
                           "  Instance_Name: s2\n"
                           "  Enabled: disabled\n"
                           "  API: Engine\n"
                           "  Name: sample\n"
                           "  Description: finds a configured word\n");
}
END_TEST

/* ---- pools and caches -------------------------------------------------- */

START_TEST(pool_that_never_ran_has_one_line) /* PO-02 */
{
    run_ok("threads stats");
    ck_assert_str_eq(text, "CPU thread pool: concurrency 4\n"
                           "IO thread pool: concurrency 50\n");
    run_ok("threads cpu queue");
    ck_assert_str_eq(text, "Jobs in the CPU pool\n0 jobs\n");
    run_ok("threads io queue --json");
    ck_assert_str_eq(text, "{\"pool\": \"IO\", \"jobs\": 0}\n");
}
END_TEST

START_TEST(pool_that_ran_has_its_numbers) /* PO-02 */
{
    ck_assert_int_eq(assay_start(library, &err), ASSAY_OK);
    scan("Subject: a\r\n\r\nTHREAT\r\n");
    run_ok("threads stats");
    ck_assert_msg(
        matches("^CPU thread pool: concurrency 4\n"
                "               Total invocations: 1\n"
                "    Observed average concurrency: [0-9]+\\.[0-9]{2}\n"
                "          Thread pool saturation: [ 0-9]{3}\\.[0-9]{2}%\n"
                "   Average wallclock time per op: [0-9]+\\.[0-9]{2}ms\n"
                "            Current thread count: [0-9]+\n"
                "  \\[inactive threads\\]\n"
                "            Current thread count: [0-9]+\n"
                "IO thread pool: concurrency 50\n$",
                text),
        "%s", text);
}
END_TEST

#define CACHE "antivirus:av1:s1"

START_TEST(caches_are_listed)
{
    run_ok("cache list");
    ck_assert_str_eq(text, " " CACHE "\n\n 1 caches listed.\n");
    run_ok("cache list capacity entries utilization");
    ck_assert_str_eq(text, "     11000         0     0.00% " CACHE "\n");
    run_ok("cache list summary");
    ck_assert_str_eq(text,
                     "CAPACITY  ENTRIES    USED   HT/TL  RD/WR CACHE\n"
                     "   11000        0   0.00%   0.00%   0.00 " CACHE "\n");
    ck_assert_int_eq(run("cache list size"), 1);
    ck_assert_str_eq(text,
                     "Invalid attribute 'size' [capacity entries utilization "
                     "loads stores hits misses forced expired lru hit-rate "
                     "workload query-rate all summary]\n");
}
END_TEST

START_TEST(cache_stat_has_its_rows)
{
    static const char *const rows[] = {
        ("Name          : " CACHE "\n"), /* one string */
        "Capacity      : 11000\n",       "Query Rate    : ",
        "Loads         : 2\n",           "  Hits        : 1\n",
        "  Misses      : 1\n",           "  Pending     : 0\n",
        "Stores        : 1\n",           "Invalidations : 0\n",
        "Hit Rate      : 50.00%\n",      "Workload (R/W): 2.00\n",
        "  Reads       : 2\n",           "  Writes      : 1\n",
    };

    scan("Subject: a\r\n\r\nTHREAT\r\n");
    scan("Subject: a\r\n\r\nTHREAT\r\n");
    run_ok("cache stat " CACHE);
    for (int i = 0; i < COUNT(rows); i++)
        ck_assert_msg(strstr(text, rows[i]) != NULL, "no %s in\n%s", rows[i],
                      text);
    ck_assert_int_eq(run("cache stat none"), 1);
    ck_assert_str_eq(text, "There is no cache 'none'; 'cache list' shows "
                           "them\n");
}
END_TEST

START_TEST(flush_forgets_what_was_found)
{
    scan("Subject: a\r\n\r\nTHREAT\r\n");
    ck_assert_int_eq(run("cache flush none"), 1);
    run_ok("cache flush " CACHE " Other.Name");
    ck_assert_str_eq(text, "flushed 0 entries from 1 cache\n");
    run_ok("cache flush " CACHE " Sample.THREAT");
    ck_assert_str_eq(text, "flushed 1 entries from 1 cache\n");
    run_ok("cache flush");
    ck_assert_str_eq(text, "flushed 0 entries from 1 cache\n");
    run_ok("cache stats --json");
    ck_assert_ptr_nonnull(strstr(text, "\"forced\": 1,"));
}
END_TEST

/* ---- counters (PO-05) -------------------------------------------------- */

static void expect_row(const char *value, const char *path)
{
    char pattern[256];

    (void)snprintf(pattern, sizeof pattern,
                   "(^|\n)%-10s [0-9]{4}-[0-9]{2}-[0-9]{2}@[0-9:]{8}  relaxed "
                   "   %s\n",
                   value, path);
    ck_assert_msg(matches(pattern, text), "no %s %s in\n%s", value, path, text);
}

START_TEST(counters_of_engines_are_listed) /* PO-05 */
{
    scan("Subject: a\r\n\r\nTHREAT\r\n");
    scan("Subject: b\r\n\r\nfine\r\n");
    run_ok("counter list");
    ck_assert_ptr_eq(
        strstr(text, "VALUE      RESET_TIME           SEMANTICS  COUNTER\n\n"),
        text);
    expect_row("2", "/antivirus/sample/scanned");
    expect_row("1", "/antivirus/sample/viruses");
    expect_row("0", "/antivirus/sample/errors");
    ck_assert_ptr_nonnull(strstr(text, "\n\n3 counters listed.\n"));
}
END_TEST

START_TEST(reset_of_a_counter_leaves_the_statistics) /* PO-05 */
{
    scan("Subject: a\r\n\r\nTHREAT\r\n");
    run_ok("counter reset /antivirus/sample/scanned");
    scan("Subject: b\r\n\r\nTHREAT\r\n");
    run_ok("counter list");
    expect_row("1", "/antivirus/sample/scanned");
    expect_row("2", "/antivirus/sample/viruses");
    run_ok("antivirus:av1 stats");
    ck_assert_ptr_nonnull(strstr(text, "Messages checked:   2\n"));
}
END_TEST

START_TEST(counters_of_administrators_live_on)
{
    run_ok("counter add /site/a-1");
    run_ok("counter increment /site/a-1");
    run_ok("counter increment /site/a-1 41");
    ck_assert_int_eq(assay_reload(library, &err), ASSAY_OK);
    run_ok("counter list /site/");
    expect_row("42", "/site/a-1");
    ck_assert_ptr_nonnull(strstr(text, "\n\n1 counters listed.\n"));
    run_ok("counter reset /site/a-1");
    run_ok("counter list /site/");
    expect_row("0", "/site/a-1");
    run_ok("counter unlink /site/a-1");
    ck_assert_int_eq(run("counter unlink /site/a-1"), 1);
    ck_assert_str_eq(text, "There is no counter '/site/a-1'\n");
}
END_TEST

static const struct {
    const char *line, *want; /* how the answer begins */
} wrong[] = {
    {"counter add", "Which counter?"},
    {"counter add x", "'x' is not the path of a counter"},
    {"counter add /", "'/' is not the path of a counter"},
    {"counter add /a//b", "'/a//b' is not"},
    {"counter add '/a b'", "'/a b' is not"},
    {"counter add /a loose", "'loose' is neither relaxed nor strict"},
    {"counter add /antivirus/x", "The counters below /antivirus/"},
    {"counter increment /antivirus/sample/scanned", "The counters below"},
    {"counter unlink /antivirus/sample/scanned", "The counters below"},
    {"counter reset /antivirus/sample/scaned", "There is no counter"},
    {"counter increment /a", "There is no counter '/a'"},
    {"counter increment /a -1", "'-1' is not a number"},
    {"counter increment /a 18446744073709551616", "'18446744073709551616' is"},
    {"counter increment /a 1 2", "There are too many words"},
    {"pid 1", "'pid' takes no argument '1'"},
    {"pdi", "Unknown command 'pdi'; did you mean 'pid'?"},
    {"cuonter list", "Unknown command 'cuonter list'; did you mean 'counter "
                     "list'?"},
    {"antivirsu:av1 stats", "Unknown command 'antivirsu: stats'; did you mean "
                            "'antivirus: stats'?"},
    {"counter", "Unknown command 'counter'"},
    {"qwertzuiop", "Unknown command 'qwertzuiop'; 'help' lists"},
    {"help nothing", "Unknown command 'nothing'"},
    {"'", "A quote (') is not closed"},
};

START_TEST(wrong_line_fails_with_a_sentence)
{
    ck_assert_int_eq(run(wrong[_i].line), 1);
    ck_assert_msg(strncmp(text, wrong[_i].want, strlen(wrong[_i].want)) == 0,
                  "%s: %s", wrong[_i].line, text);
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

START_TEST(many_counters_are_refused)
{
    char line[64];

    for (int i = 0; i < 1000; i++) {
        (void)snprintf(line, sizeof line, "counter add /c/%d", i);
        run_ok(line);
    }
    ck_assert_int_eq(run("counter add /c/one-more"), 1);
    ck_assert_str_eq(text, "There are 1000 counters, and that is the most\n");
    ck_assert_int_eq(run("counter add /c/7"), 1);
    ck_assert_str_eq(text, "There is a counter '/c/7' already\n");
}
END_TEST

/* ---- forms ------------------------------------------------------------- */

START_TEST(failure_as_json_and_xml)
{
    ck_assert_int_eq(run("pdi --json"), 1);
    ck_assert_str_eq(text, "{\"error\": \"Unknown command 'pdi'; did you mean "
                           "'pid'?; 'help' lists the commands\"}\n");
    ck_assert_int_eq(run("xml antivirus:'<&>' stats"), 1);
    ck_assert_ptr_nonnull(
        strstr(text, "<error>There is no antivirus scope '&lt;&amp;&gt;'"
                     "</error>"));
    ck_assert_int_eq(run("antivirus:\xff stats --json"), 1);
    ck_assert_ptr_nonnull(strstr(text, "scope '?'"));
}
END_TEST

START_TEST(xml_prefix_makes_elements)
{
    run_ok("xml authz id");
    ck_assert_str_eq(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<response>\n"
                           "  <peer>uid=0 pid=1</peer>\n"
                           "  <may_change>true</may_change>\n"
                           "</response>\n");
    run_ok("xml antivirus:av1 version");
    ck_assert_ptr_nonnull(
        strstr(text, "  <engines>\n    <item>\n      <engine>sample</engine>"));
}
END_TEST

START_TEST(empty_line_answers_nothing)
{
    run_ok("");
    ck_assert_str_eq(text, "");
    run_ok(" --json ");
    ck_assert_str_eq(text, "{}\n");
}
END_TEST

START_TEST(help_lists_and_explains)
{
    run_ok("help");
    ck_assert_ptr_nonnull(strstr(text, "antivirus:SCOPE stats "));
    ck_assert_ptr_nonnull(strstr(text, "\nshutdown "));
    run_ok("help counter add");
    ck_assert_str_eq(text, "counter add PATH [relaxed|strict]            make "
                           "a counter of your own\n");
    run_ok("help antivirus");
    ck_assert_ptr_nonnull(strstr(text, "antivirus:SCOPE version "));
    ck_assert_ptr_null(strstr(text, "counter"));
}
END_TEST

START_TEST(version_and_pid)
{
    char want[64];

    run_ok("version");
    (void)snprintf(want, sizeof want, "assay version: %s\n", assay_version());
    ck_assert_str_eq(text, want);
    run_ok("PID"); /* the case of a command does not matter */
    (void)snprintf(want, sizeof want, "%d\n", (int)getpid());
    ck_assert_str_eq(text, want);
    run_ok("sysinfo --json");
    ck_assert_ptr_nonnull(strstr(text, "\"resident_kib\": "));
}
END_TEST

/* ---- who may change something ------------------------------------------ */

START_TEST(changes_are_for_those_who_may)
{
    assay_control_session *reader = NULL;

    ck_assert_int_eq(assay_control_session_open(
                         library, NULL, false, "uid=1000 pid=2", &reader, &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_control_session_run(reader, "counter add /a", 14, &text), 1);
    ck_assert_str_eq(text, "Not Authorized for this command\n");
    ck_assert_str_eq(last_log, "console.command peer=\"uid=1000 pid=2\" "
                               "status=failed command=\"counter add /a\"");
    free(text);
    ck_assert_int_eq(assay_control_session_run(reader, "version", 7, &text), 0);
    assay_control_session_close(&reader);
}
END_TEST

START_TEST(changes_are_logged_with_the_peer)
{
    run_ok("counter add \"/a\" strict");
    ck_assert_str_eq(last_log, "console.command peer=\"uid=0 pid=1\" "
                               "status=done command=\"counter add '/a' "
                               "strict\"");
    last_log[0] = '\0';
    run_ok("version");
    ck_assert_str_eq(last_log, "");
}
END_TEST

static int shutdowns;

static void note_shutdown(void *arg)
{
    (void)arg;
    shutdowns++;
}

static assay_rc refuse_reopen(void *arg, assay_error *why)
{
    (void)arg;
    return assay_error_set(why, ASSAY_E_IO, "the log cannot be opened");
}

START_TEST(host_is_asked)
{
    const assay_control_host host = {
        .shutdown = note_shutdown,
        .reopen_logs = refuse_reopen,
    };

    ck_assert_int_eq(run("shutdown"), 1);
    ck_assert_int_eq(run("reopen logs"), 1);
    assay_control_session_close(&session);
    ck_assert_int_eq(
        assay_control_session_open(library, &host, true, "me", &session, &err),
        ASSAY_OK);
    run_ok("shutdown");
    ck_assert_int_eq(shutdowns, 1);
    ck_assert_int_eq(run("reopen logs"), 1);
    ck_assert_str_eq(text, "the log cannot be opened\n");
}
END_TEST

START_TEST(without_scanner_processes_there_are_none_to_list)
{
    run_ok("scanner list");
    ck_assert_str_eq(text, "No engine scans in scanner processes\n");
    run_ok("scanner list --json");
    ck_assert_str_eq(text, "{\"scanners\": []}\n");
    ck_assert_int_eq(run("csapi reload"), 1);
    ck_assert_str_eq(text, "There is no csapi engine\n");
}
END_TEST

START_TEST(scanner_processes_are_listed)
{
    open_with("sample { }\nantivirus \"av1\" { isolation = process\n"
              "sample \"s1\" { } }\n");
    ck_assert_int_eq(assay_start(library, &err), ASSAY_OK);
    scan("a THREAT");
    run_ok("scanner list");
    ck_assert_msg(
        matches("^av1:s1\n  State +running\n  Template +[0-9]+\n", text), "%s",
        text);
    ck_assert_ptr_nonnull(strstr(text, "  Workers             1\n"));
    ck_assert_ptr_nonnull(strstr(text, "  Crashed             0\n"));
    run_ok("scanner list --json");
    ck_assert_ptr_nonnull(strstr(text, "\"state\": \"running\""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tc = tcase_create("commands");

    tcase_add_checked_fixture(tc, setup_one, teardown);
    tcase_add_test(tc, without_scanner_processes_there_are_none_to_list);
    tcase_add_test(tc, stats_of_nothing_are_the_documented_block);
    tcase_add_test(tc, stats_count_what_was_scanned);
    tcase_add_test(tc, stats_of_several_instances_name_them);
    tcase_add_test(tc, stats_as_json);
    tcase_add_test(tc, version_is_what_engines_say);
    tcase_add_test(tc, reload_takes_newer_signatures_or_keeps_the_old);
    tcase_add_test(tc, scope_may_be_left_out_when_there_is_one);
    tcase_add_test(tc, modules_are_listed);
    tcase_add_test(tc, pool_that_never_ran_has_one_line);
    tcase_add_test(tc, pool_that_ran_has_its_numbers);
    tcase_add_test(tc, caches_are_listed);
    tcase_add_test(tc, cache_stat_has_its_rows);
    tcase_add_test(tc, flush_forgets_what_was_found);
    tcase_add_test(tc, counters_of_engines_are_listed);
    tcase_add_test(tc, reset_of_a_counter_leaves_the_statistics);
    tcase_add_test(tc, counters_of_administrators_live_on);
    tcase_add_loop_test(tc, wrong_line_fails_with_a_sentence, 0, COUNT(wrong));
    tcase_add_test(tc, many_counters_are_refused);
    tcase_add_test(tc, failure_as_json_and_xml);
    tcase_add_test(tc, xml_prefix_makes_elements);
    tcase_add_test(tc, empty_line_answers_nothing);
    tcase_add_test(tc, help_lists_and_explains);
    tcase_add_test(tc, version_and_pid);
    tcase_add_test(tc, changes_are_for_those_who_may);
    tcase_add_test(tc, changes_are_logged_with_the_peer);
    tcase_add_test(tc, host_is_asked);
    suite_add_tcase(suite, tc);
    tc = tcase_create("scanners");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, scanner_processes_are_listed);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
