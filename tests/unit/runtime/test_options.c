/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: every general antivirus option, in the antivirus stanza and
 * in that of an engine: what is refused and how it is said, what is taken,
 * and the policy that comes of it (AV-10 … AV-29, WU-09).
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "config_fixture.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

/* ---- refused values ---------------------------------------------------- */

#define LEVELS "it must be DEBUG, INFO, NOTICE, WARNING, ERROR or CRITICAL"
#define ANSWERS "it must be reject, tempfail or pass"
#define NO_BOOL                                                              \
    "is neither on nor off (true or false, enabled or disabled, yes or no, " \
    "1 or 0)"
#define FROM_0 "is out of range, it must be from 0 to 2147483647"
#define NO_UNIT "is not a number: units are not understood, write plain digits"
#define BYTES "is out of range, it must be from 0 to 18446744073709551615 bytes"

static const struct {
    const char *option, *value; /* as written */
    const char *want;           /* behind "'option': " */
} refused[] = {
    {"enabled", "maybe", "'maybe' " NO_BOOL},
    {"enabled", "2", "'2' " NO_BOOL},
    {"debug_level", "LOUD", "'LOUD' is not valid, " LEVELS},
    {"debug_level", "6", "'6' is not valid, " LEVELS},
    {"action", "drop", "'drop' is not valid, it must be reject or pass"},
    /* AV-12 */
    {"action", "quarantine", "'quarantine' is invalid since 3.1; "},
    {"action", "\"Quarantine\"", "'quarantine' is invalid since 3.1; "},
    {"cache_size", "-1", "'-1' " FROM_0},
    {"cache_size", "2147483648", "'2147483648' " FROM_0},
    {"cache_size", "many", "'many' is not a whole number"},
    {"cache_size", "1.5", "'1.5' is not a whole number"},
    {"cache_size", "10k", "'10k' " NO_UNIT},
    {"clean_cache_size", "-1", "'-1' " FROM_0},
    {"clean_cache_size", "2147483648", "'2147483648' " FROM_0},
    {"clean_cache_size", "\"\"", "'' is not a whole number"},
    {"error_code", "399", "'399' is out of range, it must be from 400 to 599"},
    {"error_code", "600", "'600' is out of range, it must be from 400 to 599"},
    {"error_code", "4xx", "'4xx' " NO_UNIT},
    {"file_base", "\"\"", "a path cannot be empty"},
    {"max_concurrency", "-1", "'-1' " FROM_0},
    {"max_concurrency", "2147483648", "'2147483648' " FROM_0},
    {"max_concurrency", "all", "'all' is not a whole number"},
    {"mime_decompose", "2", "'2' " NO_BOOL},
    {"paranoid", "very", "'very' " NO_BOOL},
    {"timeout", "0", "'0' is out of range, it must be from 1 to 86400"},
    {"timeout", "\"0\"", "'0' is out of range, it must be from 1 to 86400"},
    {"timeout", "-1", "'-1' is out of range, it must be from 1 to 86400"},
    {"timeout", "86401", "'86401' is out of range, it must be from 1 to 86400"},
    {"timeout", "10s", "'10s' " NO_UNIT},
    {"timeout", "99999999999999999999",
     "'99999999999999999999' is out of range, it must be from 1 to 86400"},
    {"use_wire_rep", "wire", "'wire' " NO_BOOL},
    {"max_size", "-1", "'-1' " BYTES},
    {"max_size", "18446744073709551616", "'18446744073709551616' " BYTES},
    {"max_size", "1M", "'1M' " NO_UNIT},
    {"on_error", "quarantine", "'quarantine' is not valid, " ANSWERS},
    {"on_timeout", "0", "'0' is not valid, " ANSWERS},
    {"on_unscannable", "rejct", "'rejct' is not valid, " ANSWERS},
    {"on_oversize", "allow", "'allow' is not valid, " ANSWERS},
    {"on_encrypted", "\"\"", "'' is not valid, " ANSWERS},
};

/* Every option, and a list where one value is wanted. */
static const char *const all_options[] = {
    "enabled",
    "debug_level",
    "action",
    "cache_size",
    "clean_cache_size",
    "context_variable",
    "error_code",
    "file_base",
    "max_concurrency",
    "mime_decompose",
    "paranoid",
    "pool",
    "skip_context_variable",
    "timeout",
    "use_wire_rep",
    "max_size",
    "on_error",
    "on_timeout",
    "on_unscannable",
    "on_oversize",
    "on_encrypted",
};

/* Where an option may stand: on line 3 of the antivirus stanza, or of that of
 * an engine in it, or so with names in another case. */
static const struct {
    const char *before, *after;
} places[] = {
    {"sample {}\nantivirus \"av\" {\n", "\nsample \"s\" { } }\n"},
    {"sample {}\nantivirus \"av\" { sample \"s\" {\n", "\n} }\n"},
    {"SAMPLE {}\nAntiVirus av { Sample s {\n", "\n} }\n"},
};

static void expect_refused(const char *option, const char *value,
                           const char *want)
{
    char text[512], line[512];

    (void)snprintf(line, sizeof line, "%s/assay.conf:3:%zu: error: '%s'%s%s",
                   config_folder, strlen(option) + 4, option,
                   *want == ' ' ? "" : ": ", want);
    for (int i = 0; i < COUNT(places); i++) {
        (void)snprintf(text, sizeof text, "%s%s = %s%s", places[i].before,
                       option, value, places[i].after);
        ck_assert_msg(config_check(text) == ASSAY_E_CONF, "accepted: %s = %s",
                      option, value);
        ck_assert_msg(strncmp(config_found, line, strlen(line)) == 0,
                      "want %s\n got %s", line, config_found);
        ck_assert_msg(strstr(config_err.msg, ": 1 error"), "%s\n%s",
                      config_err.msg, config_found);
    }
}

START_TEST(a_wrong_value_is_refused_with_its_reason)
{
    expect_refused(refused[_i].option, refused[_i].value, refused[_i].want);
}
END_TEST

START_TEST(a_list_is_refused_where_one_value_is_wanted)
{
    expect_refused(all_options[_i], "( a b )", " takes one value, not a list");
    expect_refused(all_options[_i], "[ a = b ]",
                   " takes one value, not a dict");
}
END_TEST

/* ---- accepted values --------------------------------------------------- */

static char policy[65536];

static void note_policy(void *arg, const char *text)
{
    (void)arg;
    strncat(policy, text, sizeof policy - strlen(policy) - 1);
}

static const char *policy_of(const char *text)
{
    assay_options o = config_options();

    config_write("assay.conf", text);
    policy[0] = '\0';
    ck_assert_msg(assay_check_policy(&o, note_policy, NULL, &config_err) ==
                      ASSAY_OK,
                  "%s\n%s", config_err.msg, config_found);
    return policy;
}

static const struct {
    const char *option; /* as written */
    const char *want;   /* a line of the policy */
} accepted[] = {
    {"enabled = 0", "enabled        no: passive"},
    {"ENABLED = Disabled", "enabled        no: passive"},
    {"Enabled = \"true\"", "enabled        yes"},
    {"action = pass", "infected       pass    action = pass"}, /* AV-13 */
    {"Action = \"Pass\"", "infected       pass    action = pass"},
    {"action = reject", "infected       550     action = reject"},
    {"cache_size = 0", "cache          0 infected, 10000 clean"},
    {"cache_size = \"2147483647\"",
     "cache          2147483647 infected, 10000 clean"},
    {"clean_cache_size = 0", "cache          1000 infected, 0 clean"},
    {"context_variable = virus", "sets virus, virus_info"}, /* AV-16 */
    {"context_variable = 'a b'", "sets a b, a b_info"},
    {"error_code = 400", "error          400     action = reject"}, /* AV-19 */
    {"error_code = \"599\"", "error          599     action = reject"},
    {"file_base = /var/tmp", "file_base      /var/tmp"},
    {"max_concurrency = 3", "at most 3 scans at once"},
    {"mime_decompose = 0", "mime_decompose no"},
    {"paranoid = on", "paranoid       yes"},
    {"skip_context_variable = x", "skipped by     x"}, /* AV-25 */
    {"timeout = \"20\"", "timeout        20 s"},       /* AV-26 */
    {"timeout = 1", "timeout        1 s"},
    {"timeout = 86400", "timeout        86400 s"},
    {"Timeout = 5 timeout = 6", "timeout        6 s"}, /* the later one */
    {"use_wire_rep = no", "use_wire_rep   no"},        /* AV-28 */
    {"max_size = 5000", "up to 5000 (max_size)"},
    {"on_error = reject", "error          550     on_error = reject"},
    {"on_error = pass", "overload       pass    on_error = pass"},
    {"on_timeout = Tempfail",
     "timeout        451     on_timeout = tempfail, error_code = 451"},
    {"on_timeout = tempfail error_code = 554",
     "timeout        451     on_timeout = tempfail, error_code = 554 is no "
     "4xx"},
    {"on_unscannable = pass", "unscannable    pass    on_unscannable = pass"},
    {"on_oversize = pass", "oversize       pass    on_oversize = pass"},
    {"on_encrypted = reject", "encrypted      550     on_encrypted = reject"},
};

START_TEST(a_good_value_takes_effect_in_both_places)
{
    char text[512];

    for (int i = 0; i < COUNT(places); i++) {
        (void)snprintf(text, sizeof text, "%s%s%s", places[i].before,
                       accepted[_i].option, places[i].after);
        ck_assert_msg(strstr(policy_of(text), accepted[_i].want),
                      "%s: no '%s' in\n%s", text, accepted[_i].want, policy);
    }
}
END_TEST

/* AV-10, AV-14, AV-15, AV-19, AV-25, AV-26, AV-27: what holds with nothing
 * set. */
START_TEST(defaults_are_the_documented_ones)
{
    static const char want[] =
        "antivirus \"av\"\n"
        "  sample \"s\" sets sample_status, sample_status_info\n"
        "\n"
        "  cause          answer  decided by\n"
        "  infected       550     action = reject\n"
        "  unscannable    550     action = reject\n"
        "  oversize       550     action = reject\n"
        "  encrypted      pass    on_encrypted = pass\n"
        "  not suitable   550     action = reject\n"
        "  error          451     action = reject, error_code = 451\n"
        "  timeout        451     action = reject, error_code = 451\n"
        "  overload       451     action = reject, error_code = 451\n"
        "\n"
        "  enabled        yes\n"
        "  timeout        10 s\n"
        "  pool           CPU\n"
        "  cache          1000 infected, 10000 clean\n"
        "  mime_decompose no\n"
        "  paranoid       no\n"
        "  use_wire_rep   yes\n"
        "  file_base      none\n"
        "  skipped by     skip_virus_check\n"
        "  sizes          up to 1000000 (max_filesize); above that oversize,\n"
        "                 refused above Max_Message_Size = 536870912\n";

    ck_assert_str_eq(policy_of("sample {}\nantivirus av { sample s { } }\n"),
                     want);
}
END_TEST

/* Sizes of the engine itself do not hold where another process scans. */
START_TEST(a_remote_engine_has_the_limits_of_its_server)
{
    const char *text =
        policy_of("sample {}\nantivirus av { max_size = 5000000\n"
                  "sample s { remote = true } sample t { max_size = 0\n"
                  "remote = true } }\n");

    ck_assert_ptr_nonnull(strstr(text, "up to 5000000 (max_size);"));
    ck_assert_ptr_nonnull(strstr(text, "all that its server takes, up to"));
    ck_assert_ptr_nonnull(strstr(text, "pool           IO"));
    ck_assert_ptr_null(strstr(text, "max_filesize"));
}
END_TEST

/* AV-29: the engine's value, then the scope's; AV-09: passive anywhere. */
START_TEST(engines_that_differ_have_a_table_of_their_own)
{
    const char *text =
        policy_of("sample {}\nantivirus \"av\" { timeout = 20 action = pass\n"
                  "sample \"a\" { } sample \"b\" { }\n"
                  "sample \"c\" { timeout = 30 action = reject } }\n");
    const char *second = strstr(text + 1, "antivirus \"av\"");

    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(text, "sample \"b\" sets"));
    ck_assert(strstr(text, "sample \"b\" sets") < second);
    ck_assert(strstr(text, "20 s") < second);
    ck_assert_ptr_nonnull(strstr(second, "sample \"c\" sets"));
    ck_assert_ptr_nonnull(strstr(second, "30 s"));
    ck_assert_ptr_nonnull(strstr(second, "550     action = reject"));
    ck_assert_ptr_null(strstr(second + 1, "antivirus \"av\""));
}
END_TEST

START_TEST(a_scope_without_engines_says_so)
{
    ck_assert_str_eq(policy_of("antivirus \"av\" { }\n"),
                     "antivirus \"av\"\n  no engine\n");
}
END_TEST

/* ---- options in the wrong stanza --------------------------------------- */

static const struct {
    const char *text, *want;
} misplaced[] = {
    {"timeout = 3\n", "'timeout' belongs in an antivirus stanza, or in an "
                      "engine stanza inside it"},
    /* AV-05: the flat stanza of old */
    {"sample { enabled = false threat = X }\n",
     "'threat' belongs in an engine stanza inside antivirus: sample \"name\""},
    {"sample {}\nantivirus \"av\" { threat = X sample \"s\" { } }\n",
     "'threat' belongs in an engine stanza inside antivirus: sample \"name\""},
    {"sample {}\nantivirus \"av\" { sample \"s\" { Max_MIME_Parts = 3 } }\n",
     "'Max_MIME_Parts' belongs outside of any stanza"},
    {"fakepolicy \"p\" { action = pass }\n",
     "'action' belongs in an antivirus stanza"},
};

START_TEST(an_option_in_the_wrong_stanza_is_told_where_it_belongs)
{
    ck_assert_int_eq(config_check(misplaced[_i].text), ASSAY_E_CONF);
    ck_assert_msg(strstr(config_found, misplaced[_i].want), "%s", config_found);
    ck_assert_msg(strstr(config_err.msg, ": 1 error"), "%s", config_found);
}
END_TEST

/* ---- limits along the chain -------------------------------------------- */

START_TEST(limits_that_contradict_each_other_are_warned_about)
{
    ck_assert_int_eq(
        config_check("sample {}\nantivirus \"av\" { max_size = 1000001\n"
                     "sample \"s\" { } }\n"),
        ASSAY_OK);
    ck_assert_msg(strstr(config_found,
                         "max_size = 1000001 is more than max_filesize = "
                         "1000000"),
                  "%s", config_found);
    ck_assert_int_eq(config_check("sample {}\nantivirus \"av\" {\n"
                                  "sample \"s\" { max_scansize = 999999 } }\n"),
                     ASSAY_OK);
    ck_assert_msg(
        strstr(config_found, "max_scansize = 999999 is less than max_filesize"),
        "%s", config_found);
    ck_assert_int_eq(
        config_check("sample {}\nantivirus \"av\" { max_size = 1000000\n"
                     "sample \"s\" { max_scansize = 1000000 } }\n"),
        ASSAY_OK);
    ck_assert_str_eq(config_found, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tc = tcase_create("options");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, config_setup, config_teardown);
    tcase_add_loop_test(tc, a_wrong_value_is_refused_with_its_reason, 0,
                        COUNT(refused));
    tcase_add_loop_test(tc, a_list_is_refused_where_one_value_is_wanted, 0,
                        COUNT(all_options));
    tcase_add_loop_test(tc, a_good_value_takes_effect_in_both_places, 0,
                        COUNT(accepted));
    tcase_add_test(tc, defaults_are_the_documented_ones);
    tcase_add_test(tc, engines_that_differ_have_a_table_of_their_own);
    tcase_add_test(tc, a_remote_engine_has_the_limits_of_its_server);
    tcase_add_test(tc, a_scope_without_engines_says_so);
    tcase_add_loop_test(tc,
                        an_option_in_the_wrong_stanza_is_told_where_it_belongs,
                        0, COUNT(misplaced));
    tcase_add_test(tc, limits_that_contradict_each_other_are_warned_about);
    return check_run(suite);
}
