/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* The options of the backend rspamd, and what needs no server. */
#include <check.h>
#include <string.h>

#include "rspamd.h"
#include "check_run.h"
#include "conf/schema.h"
#include "conf_fixture.h"
#include "opt_file.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct assay__conf_store *store;
static struct assay__rspamd_settings settings;

static void setup(void)
{
    conf_setup();
    ck_assert_int_eq(assay__conf_store_new(&store, &err), ASSAY_OK);
    ck_assert_msg(assay__conf_defaults(assay__rspamd_conf.options,
                                       sizeof settings, store, &settings,
                                       &err) == ASSAY_OK,
                  "%s", err.msg);
}

static void teardown(void)
{
    assay__conf_store_free(&store);
    conf_teardown();
}

static const char *fill(const char *text)
{
    ck_assert_int_eq(assay__conf_fill(assay__rspamd_conf.options,
                                      conf_parse_good(text), store, diags,
                                      &settings, NULL, &err),
                     ASSAY_OK);
    return conf_findings();
}

static assay_rc open_with(const char *const *servers, size_t count,
                          void **instance)
{
    const assay_scorer_args args = {.settings = &settings,
                                    .servers = {servers, count},
                                    .timeout_ms = 1000,
                                    .max_concurrency = 4};

    return assay__rspamd_ops.open(&args, instance, &err);
}

START_TEST(options_are_documented)
{
    char text[2048];

    ck_assert_msg(opt_file_compare(CLOUDMARK "/rspamd.opt",
                                   assay__rspamd_conf.options, text,
                                   sizeof text) == 0,
                  "%s", text);
}
END_TEST

START_TEST(defaults_and_values)
{
    ck_assert_ptr_null(settings.password);
    ck_assert_ptr_null(settings.analysis_secret);
    ck_assert_str_eq(fill("password = \"s3cret word\"\n"
                          "analysis_secret = \"sixteen letters.\"\n"
                          "tls_ca_file = \"/etc/ca.pem\"\n"),
                     "");
    ck_assert_str_eq(settings.password, "s3cret word");
    ck_assert_str_eq(settings.tls_ca_file, "/etc/ca.pem");
}
END_TEST

static const struct {
    const char *text, *want;
} wrong[] = {
    {"password = \"\"", "the password is empty"},
    {"password = \"a\tb\"", "no control characters"},
    {"analysis_secret = short", "16 to 1024 bytes"},
};

START_TEST(wrong_values_are_refused)
{
    const char *findings = fill(wrong[_i].text);

    ck_assert_msg(strstr(findings, wrong[_i].want) != NULL,
                  "case %d: got %s, want %s", _i, findings, wrong[_i].want);
}
END_TEST

START_TEST(without_servers_the_usual_one_is_asked)
{
    void *instance = NULL;

    ck_assert_msg(open_with(NULL, 0, &instance) == ASSAY_OK, "%s", err.msg);
    assay__rspamd_ops.close(instance);
}
END_TEST

START_TEST(a_server_that_is_none_is_refused)
{
    static const char *const servers[] = {"127.0.0.1:1", "ftp://a:1", NULL};
    void *instance = NULL;

    ck_assert_int_eq(open_with(servers, 2, &instance), ASSAY_E_INVAL);
    ck_assert_ptr_null(instance);
    ck_assert_ptr_nonnull(strstr(err.msg, "ftp://a:1"));
}
END_TEST

static const struct {
    const char *server, *ca_file, *want; /* NULL: as it is; fine */
    const char *option;
    assay_rc want_rc;
} checked[] = {
    {NULL, NULL, NULL, NULL, ASSAY_OK},
    {"a:1", "/etc/passwd", NULL, NULL, ASSAY_OK},
    {"nonsense", NULL, "server 'nonsense': write", "servers", ASSAY_E_INVAL},
    {NULL, "/nonexistent/ca.pem", "/nonexistent/ca.pem: no such file",
     "tls_ca_file", ASSAY_E_NOTFOUND},
    {NULL, "/etc/passwd/ca.pem",
     "/etc/passwd/ca.pem: cannot be read: ", "tls_ca_file", ASSAY_E_IO},
    {NULL, "/etc", "/etc: is not a file", "tls_ca_file", ASSAY_E_INVAL},
};

/* Told while a configuration is checked, with its place; and by open. */
START_TEST(settings_that_cannot_be_used_are_told)
{
    const char *const servers[] = {checked[_i].server, NULL};
    const assay_scorer_args args = {.settings = &settings,
                                    .servers = {servers, servers[0] != NULL}};
    const char *option = NULL;
    void *instance = NULL;
    assay_rc rc;

    settings.tls_ca_file = checked[_i].ca_file;
    rc = assay__rspamd_ops.check(&args, &option, &err);
    ck_assert_msg(rc == checked[_i].want_rc, "got %d \"%s\"", rc, err.msg);
    ck_assert_int_eq(open_with(servers, args.servers.count, &instance), rc);
    if (rc == ASSAY_OK) {
        assay__rspamd_ops.close(instance);
        return;
    }
    ck_assert_pstr_eq(option, checked[_i].option);
    ck_assert_msg(!strncmp(err.msg, checked[_i].want, strlen(checked[_i].want)),
                  "%s", err.msg);
}
END_TEST

START_TEST(a_foreign_analysis_is_refused)
{
    static const char nul[] = "a\0b";
    static assay_score score;
    void *instance = NULL;

    ck_assert_int_eq(open_with(NULL, 0, &instance), ASSAY_OK);
    ck_assert_int_eq(
        assay__rspamd_ops.analyze(instance, nul, 3, INT64_MAX, &score, &err),
        ASSAY_E_INVAL);
    ck_assert_int_eq(
        assay__rspamd_ops.analyze(instance, "", 0, INT64_MAX, &score, &err),
        ASSAY_E_INVAL);
    assay__rspamd_ops.close(instance);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rspamd_options");
    TCase *tcase = tcase_create("rspamd_options");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, options_are_documented);
    tcase_add_test(tcase, defaults_and_values);
    tcase_add_loop_test(tcase, wrong_values_are_refused, 0, COUNT_OF(wrong));
    tcase_add_test(tcase, without_servers_the_usual_one_is_asked);
    tcase_add_test(tcase, a_server_that_is_none_is_refused);
    tcase_add_loop_test(tcase, settings_that_cannot_be_used_are_told, 0,
                        (int)COUNT_OF(checked));
    tcase_add_test(tcase, a_foreign_analysis_is_refused);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
