/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Specification: the stanza `maildir "name" { … }`: every option, both
 * spellings, what is refused and where the finding points, and what a session
 * under it does (MD-01 … MD-07).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <assay/control.h>

#include "config_fixture.h"
#include "store/maildir_fixture.h"
#include "check_run.h"

#define COUNT(a) (int)(sizeof(a) / sizeof((a)[0]))

static void setup(void)
{
    config_setup();
    maildir_setup();
}

static void teardown(void)
{
    maildir_teardown();
    config_teardown();
}

/* A configuration in which BASE stands for the basedir. */
static const char *config_of(const char *text)
{
    static char out[8192];
    const char *base;
    size_t len = 0;

    out[0] = '\0';
    while ((base = strstr(text, "BASE")) != NULL) {
        len += (size_t)snprintf(out + len, sizeof out - len, "%.*s%s",
                                (int)(base - text), text, maildir_base);
        text = base + 4;
    }
    (void)snprintf(out + len, sizeof out - len, "%s", text);
    return out;
}

static void assert_found(const char *want)
{
    const char *text = config_of(want);

    ck_assert_msg(strstr(config_found, text), "no '%s' in: %s", text,
                  config_found);
}

/* ---- findings ---------------------------------------------------------- */

static const struct {
    const char *config, *want;
} wrong[] = {
    /* MD-01 */
    {"maildir \"m\" {\n  domain = \"x.test\"\n}\n", "'basedir'"},
    {"maildir \"m\" {\n  basedir = \"BASE/none\"\n}\n",
     "assay.conf:2:13: error: 'basedir': 'BASE/none': No such file or "
     "directory"},
    {"maildir \"m\" {\n  basedir = \"/etc/passwd\"\n}\n",
     "assay.conf:2:13: error: 'basedir': '/etc/passwd' is not a folder"},
    {"maildir \"m\" {\n  basedir = \"\"\n}\n",
     "assay.conf:2:13: error: 'basedir': a path cannot be empty"},
    /* MD-02, MD-03 */
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  dirmode = 798\n}\n",
     "assay.conf:3:13: error: 'dirmode': '798' is no file mode"},
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  dirmode = 644\n}\n",
     "assay.conf:3:13: error: 'dirmode': with 0644 the server could not work"},
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  filemode = rw\n}\n",
     "assay.conf:3:14: error: 'filemode': 'rw' is no file mode"},
    /* MD-04 */
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  create_users = maybe\n}\n",
     "assay.conf:3:18: error: 'create_users': 'maybe' is neither on nor off"},
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  create_users = on\n"
     "  createusers = off\n}\n",
     "assay.conf:4:17: error: 'createusers' and 'create_users' contradict each "
     "other"},
    /* MD-05, MD-06 */
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  domain_in_path = 7\n}\n",
     "assay.conf:3:20: error: 'domain_in_path': '7' is neither on nor off"},
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  all_domains = 7\n}\n",
     "assay.conf:3:17: error: 'all_domains': '7' is neither on nor off"},
    /* MD-07 */
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  domain = \"a b\"\n}\n",
     "assay.conf:3:12: error: 'domain': 'a b' is no domain name"},
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  domains = ( \"ok\" \"../x\" "
     ")\n}\n",
     "assay.conf:3:20: error: 'domains': '../x' is no domain name"},
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  domain = \"\"\n}\n",
     "assay.conf:3:12: error: 'domain': '' is empty"},
    /* the stanza */
    {"maildir {\n  basedir = \"BASE\"\n  all_domains = true\n}\n",
     "assay.conf:1:1: error: "},
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  base = 1\n}\n",
     "assay.conf:3:3: error: 'base' is not a valid option in scope 'maildir'"},
    {"maildir \"m\" {\n  basedir = \"BASE\"\n  mail \"x\" { }\n}\n",
     "assay.conf:3:3: error: "},
    {"maildir \"m\" { basedir = \"BASE\" all_domains = true }\n"
     "maildir \"m\" { basedir = \"BASE\" all_domains = true }\n",
     "assay.conf:2:9: error: there is a 'maildir' named 'm' already"},
    {"basedir = \"BASE\"\n", "'basedir' belongs in the stanza maildir"},
    {"maildirs \"m\" { }\n", "did you mean 'maildir'?"},
};

START_TEST(mistake_is_found_at_its_place)
{
    ck_assert_int_eq(config_check(config_of(wrong[_i].config)), ASSAY_E_CONF);
    assert_found(wrong[_i].want);
}
END_TEST

static const struct {
    const char *config, *want;
} doubtful[] = {
    {"maildir \"m\" {\n  basedir = \"BASE\"\n}\n",
     "assay.conf:1:1: warning: the maildir 'm' takes no mail: it has no "
     "domain"},
    {"maildir \"m\" { basedir = \"BASE\" domain = \"x.test\" }\n"
     "maildir \"n\" { basedir = \"BASE\"\n  domains = ( \"y.test\" \"X.Test\" "
     ")\n}\n",
     "assay.conf:3:24: warning: the maildir 'm' takes the domain 'X.Test' "
     "already: the first one wins"},
    {"maildir \"m\" { basedir = \"BASE\" all_domains = true }\n"
     "maildir \"n\" { basedir = \"BASE\"\n  domain = \"y.test\"\n}\n",
     "assay.conf:3:12: warning: the maildir 'm' takes the domain 'y.test' "
     "already: the first one wins"},
};

START_TEST(doubtful_stanza_is_warned_of)
{
    ck_assert_int_eq(config_check(config_of(doubtful[_i].config)), ASSAY_OK);
    assert_found(doubtful[_i].want);
}
END_TEST

START_TEST(complete_stanzas_are_taken_without_a_word)
{
    ck_assert_int_eq(
        config_check(config_of(
            "maildir \"maildir1\" {\n"
            "  basedir = \"BASE\"\n  dirmode = 775\n  filemode = 664\n"
            "  create_users = true\n  createusers = on\n"
            "  domain_in_path = true\n  all_domains = false\n"
            "  domains = ( \"msi.local\" )\n  domain = \"a.test\"\n"
            "  domain = \"b.test\"\n}\n"
            "Maildir \"maildir2\" { Basedir = \"BASE\" All_Domains = true "
            "}\n")),
        ASSAY_OK);
    ck_assert_ptr_null(strstr(config_found, "maildir"));
}
END_TEST

/* ---- what holds -------------------------------------------------------- */

static assay *library;
static assay_session *session;
static assay_disposition d;
static assay_error err;

static void open_session(const char *config)
{
    assay_options options = config_options();

    config_write("assay.conf", config_of(config));
    ck_assert_msg(assay_open(&options, &library, &err) == ASSAY_OK, "%s %s",
                  err.msg, config_found);
    ck_assert_int_eq(assay_session_open(library, NULL, &session, &err),
                     ASSAY_OK);
}

static void close_session(void)
{
    assay_session_close(&session);
    assay_close(&library);
}

/* @return the code of RCPT TO, 0 for CONTINUE; then it was stored */
static int send(const char *recipient)
{
    ck_assert_int_eq(assay_session_mailfrom(session, "a@x", NULL, &d, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_rcptto(session, recipient, NULL, &d, &err),
                     ASSAY_OK);
    if (d.action != ASSAY_ACTION_CONTINUE)
        return d.code;
    ck_assert_int_eq(assay_message_append(assay_session_message(session),
                                          "A: b\r\n\r\n", 8, &err),
                     ASSAY_OK);
    ck_assert_int_eq(assay_session_data(session, &d, &err), ASSAY_OK);
    ck_assert_int_eq(assay_session_store(session, &err), ASSAY_OK);
    return 0;
}

START_TEST(defaults_are_as_documented)
{
    struct stat is;

    open_session("maildir \"m\" { basedir = \"BASE\" domain = \"x.test\" }\n");
    ck_assert_int_eq(send("user@x.test"), 550); /* create_users = false */
    ck_assert_str_eq(d.module, "maildir:m");
    ck_assert_int_eq(send("user@other.test"), 0); /* all_domains = false */
    ck_assert_int_eq(maildir_count("."), 0);
    close_session();
    open_session("maildir \"m\" { basedir = \"BASE\" domain = \"x.test\"\n"
                 "  create_users = true }\n");
    ck_assert_int_eq(send("user@x.test"), 0);
    ck_assert_int_eq(maildir_count("x.test/user/new"), 1); /* domain_in_path */
    ck_assert_uint_eq(maildir_mode("x.test/user"), 0700);
    ck_assert_int_eq(stat(maildir_only("x.test/user/new"), &is), 0);
    ck_assert_uint_eq(is.st_mode & 07777, 0600);
    close_session();
}
END_TEST

static const struct {
    const char *options, *recipient, *folder;
} effects[] = {
    {"create_users = on domain = \"x.test\"", "u@x.test", "x.test/u/new"},
    {"createusers = on domain = \"x.test\"", "u@x.test", "x.test/u/new"},
    {"createusers = on domains = \"x.test\"", "u@X.test", "x.test/u/new"},
    {"createusers = on domain = ( \"y.test\" \"x.test\" )", "u@x.test",
     "x.test/u/new"},
    {"createusers = on domain = \"y.test\" domain = \"x.test\"", "u@x.test",
     "x.test/u/new"},
    {"createusers = on domain = \"y.test\" domains = \"x.test\"", "u@x.test",
     "x.test/u/new"},
    {"createusers = on domain = \"y.test\" domains = \"x.test\"", "u@y.test",
     "y.test/u/new"},
    {"createusers = on all_domains = on", "u@any.test", "any.test/u/new"},
    {"createusers = on all_domains = on domain_in_path = off", "u@any.test",
     "u/new"},
    {"createusers = on all_domains = on domain_in_path = off", "postmaster",
     "postmaster/new"},
};

START_TEST(option_has_its_effect)
{
    char config[512];

    (void)snprintf(config, sizeof config,
                   "maildir \"m\" { basedir = \"BASE\" %s }\n",
                   effects[_i].options);
    open_session(config);
    ck_assert_int_eq(send(effects[_i].recipient), 0);
    ck_assert_int_eq(maildir_count(effects[_i].folder), 1);
    close_session();
}
END_TEST

/* Acceptance test 17: 775 and 664 are octal, with and without a leading zero.
 */
START_TEST(modes_are_octal)
{
    struct stat is;

    open_session(_i ? "maildir \"m\" { basedir = \"BASE\" all_domains = true\n"
                      "  create_users = true dirmode = 0775 filemode = 0664 "
                      "}\n"
                    : "maildir \"m\" { basedir = \"BASE\" all_domains = true\n"
                      "  create_users = true dirmode = 775 filemode = \"664\" "
                      "}\n");
    ck_assert_int_eq(send("u@x.test"), 0);
    ck_assert_uint_eq(maildir_mode("x.test"), 0775);
    ck_assert_uint_eq(maildir_mode("x.test/u/cur"), 0775);
    ck_assert_int_eq(stat(maildir_only("x.test/u/new"), &is), 0);
    ck_assert_uint_eq(is.st_mode & 07777, 0664);
    close_session();
}
END_TEST

/* The first stanza wins, and each has its own options. */
START_TEST(stanzas_are_asked_in_order)
{
    open_session("maildir \"one\" { basedir = \"BASE\" domain = \"x.test\" }\n"
                 "maildir \"two\" { basedir = \"BASE\" all_domains = true\n"
                 "  create_users = true }\n");
    ck_assert_int_eq(send("u@x.test"), 550);
    ck_assert_str_eq(d.module, "maildir:one");
    ck_assert_int_eq(send("u@y.test"), 0);
    ck_assert_int_eq(maildir_count("y.test/u/new"), 1);
    ck_assert_uint_ne(assay_phases(library) & 1U << ASSAY_PHASE_RCPTTO, 0);
    close_session();
}
END_TEST

START_TEST(reload_changes_the_next_message)
{
    open_session("maildir \"m\" { basedir = \"BASE\" domain = \"x.test\" }\n");
    ck_assert_int_eq(send("u@x.test"), 550);
    config_write("assay.conf",
                 config_of("maildir \"m\" { basedir = \"BASE\" domain = "
                           "\"x.test\" create_users = true }\n"));
    ck_assert_int_eq(assay_reload(library, &err), ASSAY_OK);
    ck_assert_int_eq(send("u@x.test"), 0);
    ck_assert_int_eq(maildir_count("x.test/u/new"), 1);
    close_session();
}
END_TEST

/* The console knows the defaults of the stanza. */
START_TEST(console_evaluates_options)
{
    assay_control_session *console = NULL;
    static const char line[] = "config eval maildir m filemode";
    char *text = NULL;

    open_session("maildir \"m\" { basedir = \"BASE\" domain = \"x.test\" }\n");
    ck_assert_int_eq(assay_control_session_open(library, NULL, true,
                                                "uid=0 pid=1", &console, &err),
                     ASSAY_OK);
    ck_assert_int_eq(
        assay_control_session_run(console, line, sizeof line - 1, &text), 0);
    ck_assert_str_eq(text, "        filemode = 0600\n");
    free(text);
    assay_control_session_close(&console);
    close_session();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maildir_stanza");
    TCase *tc = tcase_create("stanza");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, mistake_is_found_at_its_place, 0, COUNT(wrong));
    tcase_add_loop_test(tc, doubtful_stanza_is_warned_of, 0, COUNT(doubtful));
    tcase_add_test(tc, complete_stanzas_are_taken_without_a_word);
    tcase_add_test(tc, defaults_are_as_documented);
    tcase_add_loop_test(tc, option_has_its_effect, 0, COUNT(effects));
    tcase_add_loop_test(tc, modes_are_octal, 0, 2);
    tcase_add_test(tc, stanzas_are_asked_in_order);
    tcase_add_test(tc, console_evaluates_options);
    tcase_add_test(tc, reload_changes_the_next_message);
    return check_run(suite);
}
