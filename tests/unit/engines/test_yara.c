/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The yara engine: which rules it takes, what a match says, and that it does
 * not call nothing what it did not look at.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "check_run.h"
#include "yara_fixture.h"

#define COUNT_OF(array) (int)(sizeof(array) / sizeof((array)[0]))
#define EVIL(name) \
    "rule " name " { strings: $a = \"evil words\" condition: $a }\n"

/* ---- rules that are refused --------------------------------------------- */

static const struct {
    const char *name, *text, *want;
} broken[] = {
    {"a.yar", "rule a {\n condition:\n  tru\n}\n",
     "a.yar:3: undefined identifier 'tru'"},
    {"b.yara", "rule b { strings: $a = \"x\" condition: true }",
     "b.yara:1: unreferenced string '$a'"},
    {"a.yar", "rule a { condition: true }\n\nrule a { condition: true }\n",
     "a.yar:3: duplicated identifier 'a'"},
    {"a.yar", "include \"/etc/passwd\"\nrule a { condition: true }",
     "a.yar:1: includes are disabled"},
    {"a.yar", "rule a { condition: filename matches /x/ }",
     "a.yar:1: undefined identifier 'filename'"},
    {"a.yar", "import \"nonsense\"\nrule a { condition: true }",
     "a.yar:1: unknown module 'nonsense'"},
    {"a.yar", "import \"cuckoo\"\nrule a { condition: true }",
     "import the module 'cuckoo'"},
    {"a.yar", "import \"magic\"\nrule a { condition: true }",
     "import the module 'magic'"},
    {"a.yar", "/* nothing yet */\n", "there is no rule in any file"},
    {"notes.txt", "rule a { condition: true }", "no file *.yar or *.yara"},
    {".a.yar", "rule a { condition: true }", "no file *.yar or *.yara"},
    {"a.yarc", "YARA", "no file *.yar or *.yara"},
    {"a.yar", "rule a {\n\n condition: for all i in (0..1) : ( true ) \n",
     "a.yar:3: syntax error"},
};

START_TEST(broken_rules_are_refused_with_their_place)
{
    const char *got;

    fixture_rule(broken[_i].name, broken[_i].text);
    got = fixture_refused();
    ck_assert_msg(strstr(got, broken[_i].want) != NULL, "got %s, want %s", got,
                  broken[_i].want);
}
END_TEST

START_TEST(each_broken_file_is_told)
{
    const char *got;

    fixture_rule("a.yar", "rule a { condition: one }");
    fixture_rule("b.yar", EVIL("good"));
    fixture_rule("c.yar", "\nrule a { condition: two }");
    fixture_rule("d.yar", "rule a { condition: }");
    got = fixture_refused();
    ck_assert_msg(strstr(got, "a.yar:1: undefined identifier 'one' (and 2 "
                              "more errors, see the log)") != NULL,
                  "%s", got);
    ck_assert_uint_eq(fixture_logged("yara.broken_rules"), 3);
    ck_assert_uint_eq(fixture_logged("file=\"c.yar\" line=2 reason=\"undefined "
                                     "identifier 'two'\""),
                      1);
    ck_assert_uint_eq(fixture_logged("file=\"b.yar\""), 0);
}
END_TEST

START_TEST(what_is_no_text_is_refused)
{
    fixture_file("a.yar", "YARA\0\1\2\3", 8);
    ck_assert_ptr_nonnull(strstr(fixture_refused(), "compiled rules are not "
                                                    "loaded"));
    fixture_file("a.yar", EVIL("a") "\0" EVIL("b"),
                 sizeof EVIL("a") + sizeof EVIL("b") - 1);
    ck_assert_ptr_nonnull(strstr(fixture_refused(), "NUL byte"));
}
END_TEST

static void make_fifo(void)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/x.yar", fixture_rules);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
}

START_TEST(what_is_no_file_is_refused)
{
    fixture_rule("a.yar", EVIL("a"));
    make_fifo();
    ck_assert_ptr_nonnull(
        strstr(fixture_refused(), "x.yar is not a regular file"));
}
END_TEST

START_TEST(a_place_that_is_not_there_is_refused)
{
    fixture_settings.rules = "/nonexistent/rules";
    ck_assert_ptr_nonnull(
        strstr(fixture_refused(), "/nonexistent/rules: No such file"));
}
END_TEST

START_TEST(limits_of_rules_are_kept)
{
    fixture_rule("a.yar", EVIL("a") EVIL("b"));
    fixture_rule("b.yar", EVIL("a"));
    fixture_settings.max_files = 1;
    ck_assert_ptr_nonnull(strstr(fixture_refused(), "max_files, 1 files"));
    fixture_settings.max_files = 2;
    fixture_settings.max_rules = 2;
    ck_assert_ptr_nonnull(strstr(fixture_refused(), "3 rules, more than"));
    fixture_settings.max_rules = 3;
    fixture_settings.max_rules_size = 2 * sizeof EVIL("a");
    ck_assert_ptr_nonnull(strstr(fixture_refused(), "max_rules_size"));
    fixture_settings.max_rules_size = 3 * sizeof EVIL("a");
    fixture_open();
}
END_TEST

static void make_folders(unsigned depth)
{
    char path[128] = "";

    for (unsigned i = 0; i < depth; i++) {
        char whole[256];

        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "%sd",
                       i ? "/" : "");
        (void)snprintf(whole, sizeof whole, "%s/%s", fixture_rules, path);
        ck_assert(mkdir(whole, 0700) == 0 || errno == EEXIST);
    }
    (void)snprintf(path + strlen(path), sizeof path - strlen(path),
                   "%sdeep.yar", depth ? "/" : "");
    fixture_rule(path, EVIL("deep"));
}

START_TEST(folders_are_followed_so_deep)
{
    make_folders(ASSAY__YARA_DEPTH_MAX);
    fixture_open();
    ck_assert_str_eq(fixture_scan("evil words").scan_code,
                     "d/d/d/d/d/d/d/d/deep.yar:deep");
    assay__yara_ops.close(fixture_instance);
    fixture_instance = NULL;
    make_folders(ASSAY__YARA_DEPTH_MAX + 1);
    ck_assert_ptr_nonnull(strstr(fixture_refused(), "folders deep"));
}
END_TEST

/* A link to the folder it is in would never end. */
START_TEST(links_to_folders_are_not_followed)
{
    char path[128];

    fixture_rule("a.yar", EVIL("a"));
    (void)snprintf(path, sizeof path, "%s/loop", fixture_rules);
    ck_assert_int_eq(symlink(".", path), 0);
    fixture_open();
    ck_assert_uint_eq(fixture_logged("files=1 count=1"), 1);
    ck_assert_uint_eq(fixture_logged("yara.linked_folders instance=yara1 "
                                     "count=1"),
                      1);
}
END_TEST

START_TEST(one_file_is_enough)
{
    char path[128];

    fixture_rule("a.txt", EVIL("a"));
    (void)snprintf(path, sizeof path, "%s/a.txt", fixture_rules);
    fixture_settings.rules = path;
    fixture_open();
    ck_assert_str_eq(fixture_scan("evil words").scan_code, "a.txt:a");
}
END_TEST

START_TEST(a_thousand_files_are_loaded)
{
    for (int i = 0; i < 1000; i++) {
        char name[32], text[128];

        (void)snprintf(name, sizeof name, "f%03d.yar", i);
        (void)snprintf(text, sizeof text,
                       "rule r { strings: $a = \"word-%03d-\" condition: $a }",
                       i);
        fixture_rule(name, text);
    }
    fixture_open();
    ck_assert_str_eq(fixture_scan("see word-999- here").scan_code,
                     "f999.yar:r");
    ck_assert_int_eq(fixture_scan("see word-1000 here").found,
                     ASSAY_FOUND_NOTHING);
}
END_TEST

START_TEST(warnings_of_the_compiler_are_logged)
{
    for (int i = 0; i < 30; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "%02d.yar", i);
        fixture_rule(name, "rule r { strings: $a = /x.*y/ condition: $a }");
    }
    fixture_rule("old.yarc", "YARA");
    fixture_open();
    ck_assert_uint_eq(fixture_logged("yara.warning "), 20);
    ck_assert_uint_eq(fixture_logged("yara.warnings "), 1);
    ck_assert_uint_eq(fixture_logged("yara.compiled_rules "), 1);
}
END_TEST

START_TEST(a_rule_for_everything_is_warned_of)
{
    fixture_rule("a.yar", "rule every { condition: filesize > 0 }");
    fixture_open();
    ck_assert_uint_eq(fixture_logged("yara.matches_anything"), 1);
}
END_TEST

/* ---- what a match says -------------------------------------------------- */

#define META(name, meta)                \
    "rule " name " { meta: x = 1 " meta \
    " strings: $a = \"evil words\" condition: $a }\n"

static const struct {
    const char *text, *info, *code;
} names[] = {
    {EVIL("Evil"), "Evil", "r.yar:Evil"},
    {META("Evil", "threat = \"Worm.A\""), "Worm.A", "r.yar:Evil"},
    {META("Evil", "scan_code = \"A17\""), "Evil", "A17"},
    {META("Evil", "scan_code = 17"), "Evil", "17"},
    {META("Evil", "threat = \"\" scan_code = \"\""), "Evil", "r.yar:Evil"},
    {META("Evil", "threat = true"), "Evil", "r.yar:Evil"},
    /* the most severe; of equal ones the first; none is least */
    {EVIL("Zero") META("Low", "severity = 1") META("High", "severity = 9")
         META("Same", "severity = 9"),
     "High", "r.yar:High"},
    {META("Text", "severity = \"high\"") META("Low", "severity = -5"), "Text",
     "r.yar:Text"},
};

START_TEST(a_match_is_named_by_its_rule)
{
    assay_finding got;

    fixture_rule("r.yar", names[_i].text);
    fixture_settings.min_severity = 0;
    fixture_open();
    got = fixture_scan("some evil words");
    ck_assert_int_eq(got.found, ASSAY_FOUND_THREAT);
    ck_assert_str_eq(got.info, names[_i].info);
    ck_assert_str_eq(got.scan_code, names[_i].code);
    ck_assert_uint_eq(got.coverage.bytes_seen, 15);
}
END_TEST

static const struct {
    const char *text;
    assay_found want;
} counted[] = {
    {META("Low", "severity = 49"), ASSAY_FOUND_NOTHING},
    {META("High", "severity = 50"), ASSAY_FOUND_THREAT},
    {EVIL("Without"), ASSAY_FOUND_THREAT},
    {EVIL("Tagged : a info"), ASSAY_FOUND_NOTHING},
    {EVIL("Tagged : INFO"), ASSAY_FOUND_THREAT},
    {"private " EVIL("Private"), ASSAY_FOUND_NOTHING},
    {"global " EVIL("Global"), ASSAY_FOUND_NOTHING},
    {"global " EVIL("Global") EVIL("Other"), ASSAY_FOUND_THREAT},
    {"global rule Small { condition: filesize < 3 }\n" EVIL("Other"),
     ASSAY_FOUND_NOTHING},
};

START_TEST(not_every_rule_counts)
{
    static const char *const tags[] = {"test", "info", NULL};

    fixture_rule("r.yar", counted[_i].text);
    fixture_settings.min_severity = 50;
    fixture_settings.ignore_tags = (assay_conf_list){tags, 2};
    fixture_open();
    ck_assert_int_eq(fixture_scan("evil words").found, counted[_i].want);
}
END_TEST

START_TEST(names_of_metadata_are_options)
{
    assay_finding got;

    fixture_rule("r.yar", META("Evil", "threat = \"no\" malware = \"Yes\" "
                                       "id = \"i-1\" score = 5"));
    fixture_settings.threat_meta = "malware";
    fixture_settings.code_meta = "id";
    fixture_settings.severity_meta = "score";
    fixture_settings.min_severity = 5;
    fixture_open();
    got = fixture_scan("evil words");
    ck_assert_str_eq(got.info, "Yes");
    ck_assert_str_eq(got.scan_code, "i-1");
}
END_TEST

/* A global rule of one file must not switch off the rules of another. */
START_TEST(files_are_name_spaces)
{
    fixture_rule("a.yar", "global rule never { condition: false }\n" EVIL("r"));
    fixture_rule("b.yar", EVIL("r"));
    fixture_open();
    ck_assert_str_eq(fixture_scan("evil words").scan_code, "b.yar:r");
}
END_TEST

START_TEST(nothing_is_found_in_harmless_and_empty_content)
{
    assay_finding got;

    fixture_rule("a.yar", EVIL("a"));
    fixture_open();
    got = fixture_scan("good words");
    ck_assert_int_eq(got.found, ASSAY_FOUND_NOTHING);
    ck_assert_str_eq(got.scan_code, "OK");
    ck_assert_uint_eq(got.coverage.bytes_seen, 10);
    got = fixture_scan_until(NULL, 0, assay__yara_now_ms() + TIMEOUT_MS);
    ck_assert_int_eq(got.found, ASSAY_FOUND_NOTHING);
}
END_TEST

START_TEST(modules_work)
{
    fixture_rule("a.yar",
                 "import \"hash\"\nimport \"math\"\nimport \"pe\"\n"
                 "import \"elf\"\nimport \"dotnet\"\nimport \"time\"\n"
                 "rule a { condition: not pe.is_pe and math.entropy(0, "
                 "filesize) > 1 and hash.sha256(0, filesize) == "
                 "\"4c7b0ef5ec1d4cec60cd4ffd0e5d7b0b1b03f57cbc73ad79c4a5a5f9f7"
                 "aa2c8d\" }\n"
                 "rule b { condition: hash.md5(0, 3) == "
                 "\"900150983cd24fb0d6963f7d28e17f72\" }\n");
    fixture_open();
    ck_assert_str_eq(fixture_scan("abc").info, "b");
}
END_TEST

/* Forms of conditions that ask where a string is, of which there are two. In
 * the mode that is fast libyara misses one of them. */
static const char *const places[] = {
    "$a at 10",
    "$a in (5..20)",
    "#a == 2",
    "@a[2] == 10",
    "for any of them : ( $ at 10 )",
    "for any of them : ( $ in (5..20) )",
    "any of them in (5..20)",
};

START_TEST(all_places_of_a_string_count)
{
    char text[128];

    (void)snprintf(text, sizeof text,
                   "rule r { strings: $a = \"ab\" condition: %s }", places[_i]);
    fixture_rule("a.yar", text);
    fixture_open();
    ck_assert_msg(fixture_scan("ab12345678ab").found == ASSAY_FOUND_THREAT,
                  "%s", places[_i]);
}
END_TEST

/* ---- limits ------------------------------------------------------------- */

static char *fill(size_t size)
{
    char *data = malloc(size);

    ck_assert_ptr_nonnull(data);
    memset(data, 'a', size);
    return data;
}

/* libyara drops a string with a million matches and goes on. */
START_TEST(too_many_matches_are_not_nothing)
{
    enum { SIZE = 1100000 };
    char *data = fill(SIZE);
    assay_finding got;

    fixture_rule("a.yar",
                 "rule many { strings: $a = \"aa\" condition: #a > 5000000 }");
    fixture_open();
    got = fixture_scan_until(data, SIZE, assay__yara_now_ms() + TIMEOUT_MS);
    ck_assert_int_eq(got.found, ASSAY_FOUND_UNSCANNABLE);
    ck_assert_int_eq(got.reason, ASSAY_REASON_LIMIT);
    ck_assert_str_eq(got.info, "rule many: too many matches of $a");
    ck_assert_uint_eq(got.coverage.limits_hit, ASSAY_LIMIT_OTHER);
    ck_assert_uint_eq(got.coverage.bytes_seen, 0);
    free(data);
}
END_TEST

START_TEST(a_threat_beside_too_many_matches_is_found)
{
    enum { SIZE = 1100000 };
    char *data = fill(SIZE);

    memcpy(data + SIZE - 10, "evil words", 10);
    fixture_rule("a.yar",
                 "rule many { strings: $a = \"aa\" condition: #a > 5000000 }");
    fixture_rule("b.yar", EVIL("Evil"));
    fixture_open();
    ck_assert_str_eq(
        fixture_scan_until(data, SIZE, assay__yara_now_ms() + TIMEOUT_MS).info,
        "Evil");
    free(data);
}
END_TEST

#define SLOW                                                    \
    "rule slow { condition: uint8(0) == 0x53 and for all i in " \
    "(0..100000000000) : ( i >= 0 ) }"

START_TEST(the_deadline_ends_a_scan)
{
    assay_finding got;

    fixture_rule("a.yar", SLOW);
    fixture_open();
    got = fixture_scan_until("Slow", 4, assay__yara_now_ms() + 50);
    ck_assert_int_eq(got.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(got.reason, ASSAY_REASON_TIMEOUT);
    ck_assert_uint_eq(got.coverage.bytes_seen, 0);
    got = fixture_scan_until("fast", 4, assay__yara_now_ms());
    ck_assert_int_eq(got.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(got.reason, ASSAY_REASON_TIMEOUT);
}
END_TEST

START_TEST(scan_timeout_makes_content_unscannable)
{
    assay_finding got;

    fixture_rule("a.yar", SLOW);
    fixture_settings.scan_timeout = 1;
    fixture_open();
    got = fixture_scan("Slow");
    ck_assert_int_eq(got.found, ASSAY_FOUND_UNSCANNABLE);
    ck_assert_int_eq(got.reason, ASSAY_REASON_LIMIT);
    ck_assert_uint_eq(got.coverage.limits_hit, ASSAY_LIMIT_TIME);
    /* The deadline comes first: it may do better at another time. */
    got = fixture_scan_until("Slow", 4, assay__yara_now_ms() + 50);
    ck_assert_int_eq(got.found, ASSAY_FOUND_FAULT);
}
END_TEST

/* ---- what it leaves alone ----------------------------------------------- */

static struct sigaction before[2];
static const int watched[2] = {SIGSEGV, SIGBUS};
static unsigned lines_seen;

/* A rule logs, so this runs in the middle of a scan. */
static void look_at_signals(const char *line)
{
    struct sigaction now;

    if (!strstr(line, "yara.console"))
        return;
    lines_seen++;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(sigaction(watched[i], NULL, &now), 0);
        ck_assert_ptr_eq((const void *)(uintptr_t)now.sa_sigaction,
                         (const void *)(uintptr_t)before[i].sa_sigaction);
    }
}

START_TEST(signal_handlers_are_left_alone)
{
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(sigaction(watched[i], NULL, &before[i]), 0);
    fixture_rule("a.yar", "import \"console\"\nrule a { condition: "
                          "console.log(\"here \", filesize) and false }");
    fixture_on_line = look_at_signals;
    fixture_open();
    lines_seen = 0;
    ck_assert_int_eq(fixture_scan("x").found, ASSAY_FOUND_NOTHING);
    ck_assert_uint_eq(lines_seen, 1);
    ck_assert_uint_eq(fixture_logged("yara.console instance=yara1 "
                                     "text=\"here 1\""),
                      1);
}
END_TEST

START_TEST(a_rule_cannot_flood_the_log)
{
    fixture_rule("a.yar", "import \"console\"\nrule a { condition: for any i "
                          "in (0..999) : ( console.log(\"n \", i) and false )"
                          " }");
    fixture_open();
    ck_assert_int_eq(fixture_scan("x").found, ASSAY_FOUND_NOTHING);
    ck_assert_uint_le(fixture_logged("yara.console"), 3 * 16);
}
END_TEST

/* ---- threads ------------------------------------------------------------ */

enum { THREADS = 40, SCANS = 50 }; /* more threads than YR_MAX_THREADS */

static void *scan_often(void *arg)
{
    size_t wrong = 0;

    (void)arg;
    for (int i = 0; i < SCANS; i++) {
        wrong += fixture_scan("evil words").found != ASSAY_FOUND_THREAT;
        wrong += fixture_scan("good words").found != ASSAY_FOUND_NOTHING;
    }
    return (void *)(uintptr_t)wrong;
}

START_TEST(many_threads_scan_at_once)
{
    pthread_t threads[THREADS];

    fixture_rule("a.yar", EVIL("a") "rule b { strings: $a = /g.{1,20}q/ "
                                    "condition: #a > 3 }");
    fixture_open();
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, scan_often, NULL),
                         0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;

        ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
        ck_assert_ptr_null(wrong);
    }
}
END_TEST

/* ---- the canary, two instances ------------------------------------------ */

START_TEST(the_canary_is_found)
{
    assay_error err = {0};
    struct assay__yara *self;

    fixture_rule("a.yar", EVIL("a"));
    fixture_open();
    ck_assert_int_eq(assay__yara_ops.probe(fixture_instance, &err), ASSAY_OK);
    self = fixture_instance;
    self->present->marker[0] = '-'; /* none of the rules has it now */
    ck_assert_int_eq(assay__yara_ops.probe(fixture_instance, &err),
                     ASSAY_E_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(err.msg, "miss a test text"));
}
END_TEST

START_TEST(instances_do_not_need_each_other)
{
    void *first;

    fixture_rule("a.yar", EVIL("a"));
    fixture_open();
    first = fixture_instance;
    fixture_open();
    assay__yara_ops.close(first);
    ck_assert_int_eq(fixture_scan("evil words").found, ASSAY_FOUND_THREAT);
}
END_TEST

/* ---- memory ------------------------------------------------------------- */

/* Of our own allocations; those of libyara are its own business. */
START_TEST(a_failed_allocation_is_an_error)
{
    const assay_engine_args args = {.instance = "yara1",
                                    .scope = "scope1",
                                    .settings = &fixture_settings,
                                    .timeout_ms = TIMEOUT_MS,
                                    .max_size = UINT64_MAX};
    bool is_hit = true;

    fixture_rule("a.yar", EVIL("a"));
    fixture_rule("b.yar", EVIL("b"));
    for (unsigned long n = 1; is_hit; n++) {
        assay_error err = {0};
        assay_rc rc;

        ck_assert_uint_lt(n, 1000);
        alloc_fail_at(n);
        rc = assay__yara_ops.open(&args, &fixture_instance, &err);
        is_hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_int_eq(rc, is_hit ? ASSAY_E_NOMEM : ASSAY_OK);
        ck_assert_msg(!is_hit || !fixture_instance, "at %lu", n);
    }
    ck_assert_int_eq(fixture_scan("evil words").found, ASSAY_FOUND_THREAT);
}
END_TEST

/* ---- all tests ---------------------------------------------------------- */

static void add_rule_tests(Suite *suite)
{
    TCase *tc = tcase_create("rules");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tc, broken_rules_are_refused_with_their_place, 0,
                        COUNT_OF(broken));
    tcase_add_test(tc, each_broken_file_is_told);
    tcase_add_test(tc, what_is_no_text_is_refused);
    tcase_add_test(tc, what_is_no_file_is_refused);
    tcase_add_test(tc, a_place_that_is_not_there_is_refused);
    tcase_add_test(tc, limits_of_rules_are_kept);
    tcase_add_test(tc, folders_are_followed_so_deep);
    tcase_add_test(tc, links_to_folders_are_not_followed);
    tcase_add_test(tc, one_file_is_enough);
    tcase_add_test(tc, a_thousand_files_are_loaded);
    tcase_add_test(tc, warnings_of_the_compiler_are_logged);
    tcase_add_test(tc, a_rule_for_everything_is_warned_of);
    suite_add_tcase(suite, tc);
}

static void add_match_tests(Suite *suite)
{
    TCase *tc = tcase_create("matches");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tc, a_match_is_named_by_its_rule, 0, COUNT_OF(names));
    tcase_add_loop_test(tc, not_every_rule_counts, 0, COUNT_OF(counted));
    tcase_add_test(tc, names_of_metadata_are_options);
    tcase_add_test(tc, files_are_name_spaces);
    tcase_add_test(tc, nothing_is_found_in_harmless_and_empty_content);
    tcase_add_test(tc, modules_work);
    tcase_add_loop_test(tc, all_places_of_a_string_count, 0, COUNT_OF(places));
    tcase_add_test(tc, too_many_matches_are_not_nothing);
    tcase_add_test(tc, a_threat_beside_too_many_matches_is_found);
    tcase_add_test(tc, the_deadline_ends_a_scan);
    tcase_add_test(tc, scan_timeout_makes_content_unscannable);
    suite_add_tcase(suite, tc);
}

int main(void)
{
    Suite *suite = suite_create("yara");
    TCase *tc = tcase_create("host");

    add_rule_tests(suite);
    add_match_tests(suite);
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, fixture_setup, fixture_teardown);
    tcase_add_test(tc, signal_handlers_are_left_alone);
    tcase_add_test(tc, a_rule_cannot_flood_the_log);
    tcase_add_test(tc, many_threads_scan_at_once);
    tcase_add_test(tc, the_canary_is_found);
    tcase_add_test(tc, instances_do_not_need_each_other);
    tcase_add_test(tc, a_failed_allocation_is_an_error);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
