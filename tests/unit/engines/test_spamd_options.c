/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The options of the scorer `spamd`, the addresses of its servers, and what
 * needs no server.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "check_run.h"
#include "conf/schema.h"
#include "conf_fixture.h"
#include "opt_file.h"
#include "spamd.h"
#include "spamd_address.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct assay__conf_store *store;
static struct assay__spamd_settings settings;
static assay_score score;

static void setup(void)
{
    conf_setup();
    ck_assert_int_eq(assay__conf_store_new(&store, &err), ASSAY_OK);
    ck_assert_msg(assay__conf_defaults(assay__spamd_conf.options,
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
    ck_assert_int_eq(assay__conf_fill(assay__spamd_conf.options,
                                      conf_parse_good(text), store, diags,
                                      &settings, NULL, &err),
                     ASSAY_OK);
    return conf_findings();
}

START_TEST(options_are_documented)
{
    char text[2048];

    ck_assert_msg(opt_file_compare(CLOUDMARK "/spamd.opt",
                                   assay__spamd_conf.options, text,
                                   sizeof text) == 0,
                  "%s", text);
}
END_TEST

START_TEST(defaults_and_values)
{
    ck_assert_ptr_null(settings.user);
    ck_assert_uint_eq(settings.max_size, 0);
    ck_assert_ptr_null(settings.analysis_secret);
    ck_assert_str_eq(fill("user = \"mail.scan+1@example.org\"\n"
                          "max_size = 524288\n"
                          "analysis_secret = \"sixteen letters.\"\n"),
                     "");
    ck_assert_str_eq(settings.user, "mail.scan+1@example.org");
    ck_assert_uint_eq(settings.max_size, 524288);
    ck_assert_str_eq(settings.analysis_secret, "sixteen letters.");
}
END_TEST

static const struct {
    const char *text, *want;
} wrong[] = {
    {"user = \"a b\"", "a user has 1 to 64"},
    {"user = \"\"", "user"},
    {"user = \"a:b\"", "a user has 1 to 64"},
    {"user = a2345678901234567890123456789012345678901234567890123456789012345",
     "a user has 1 to 64"},
    {"max_size = -1", "-1"},
    {"max_size = 1K", "1K"},
    {"analysis_secret = short", "16 to 1024 bytes, this one has 5"},
};

START_TEST(a_wrong_value_is_an_error)
{
    const char *findings = fill(wrong[_i].text);

    ck_assert_msg(
        strstr(findings, "error: ") && strstr(findings, wrong[_i].want),
        "%s: got \"%s\", want %s", wrong[_i].text, findings, wrong[_i].want);
}
END_TEST

/* ---- addresses ---------------------------------------------------------- */

static const struct {
    const char *text, *host, *port, *path;
} addresses[] = {
    {"127.0.0.1:783", "127.0.0.1", "783", ""},
    {"[::1]:783", "::1", "783", ""},
    {"[fe80::1%lo]:1", "fe80::1%lo", "1", ""},
    {"spamd.example.org:65535", "spamd.example.org", "65535", ""},
    {"unix:/run/spamd.sock", "", "", "/run/spamd.sock"},
};

START_TEST(an_address_is_read)
{
    char text[ASSAY__SERVER_TEXT_MAX];
    struct assay__spamd_address out;

    ck_assert_int_eq(assay__spamd_address_parse(addresses[_i].text, &out, &err),
                     ASSAY_OK);
    ck_assert_str_eq(out.host, addresses[_i].host);
    ck_assert_str_eq(out.port, addresses[_i].port);
    ck_assert_str_eq(out.path, addresses[_i].path);
    ck_assert_int_eq(out.is_unix, out.path[0] != '\0');
    ck_assert_int_eq(assay__spamd_server_parse(addresses[_i].text, text, &err),
                     ASSAY_OK);
    ck_assert_str_eq(text, addresses[_i].text);
}
END_TEST

static const struct {
    const char *text, *want;
} bad_addresses[] = {
    {"", "'': write \"host:port\" or \"unix:/path\""},
    {"127.0.0.1", "write \"host:port\""},
    {"/run/spamd.sock", "write \"host:port\""},
    {"unix:run/spamd.sock", "begins with /"},
    {"unix:", "begins with /"},
    {"::1:783", "is written [::1]:783"},
    {"[::1]", "is written [::1]:783"},
    {"[::1", "is written [::1]:783"},
    {"[127.0.0.1]:783", "no IPv6 address"},
    {":783", "not a host name"},
    {"a b:783", "not a host name"},
    {"a/b:783", "not a host name"},
    {"a:", "not a number from 1 to 65535"},
    {"a:0", "not a number from 1 to 65535"},
    {"a:65536", "not a number from 1 to 65535"},
    {"a:783x", "not a number from 1 to 65535"},
    {"a:-1", "not a number from 1 to 65535"},
    {"a:18446744073709551617", "not a number from 1 to 65535"},
    {"unix:/23456789012345678901234567890123456789012345678901234567890123456"
     "789012345678901234567890123456789012345678",
     "at most 107 bytes"},
};

START_TEST(what_is_no_address_is_refused_with_its_text)
{
    const char *text = bad_addresses[_i].text;
    struct assay__spamd_address out;

    ck_assert_int_eq(assay__spamd_address_parse(text, &out, &err),
                     ASSAY_E_INVAL);
    ck_assert_msg(strstr(err.msg, bad_addresses[_i].want) &&
                      strstr(err.msg, text),
                  "%s: %s", text, err.msg);
}
END_TEST

/* ---- an instance -------------------------------------------------------- */

static void *open_with(const char *const *servers, size_t count)
{
    const assay_scorer_args args = {.settings = &settings,
                                    .servers = {servers, count},
                                    .timeout_ms = 1000,
                                    .max_concurrency = 1};
    void *instance = NULL;

    (void)assay__spamd_ops.open(&args, &instance, &err);
    return instance;
}

START_TEST(a_bad_server_is_refused)
{
    static const char *const servers[] = {"127.0.0.1:783", "nonsense", NULL};

    const assay_scorer_args bad = {.servers = {servers, 2}};
    const assay_scorer_args good = {.servers = {servers, 1}};
    const char *option = NULL;

    ck_assert_int_eq(assay__spamd_ops.check(&good, &option, &err), ASSAY_OK);
    ck_assert_int_eq(assay__spamd_ops.check(&bad, &option, &err),
                     ASSAY_E_INVAL);
    ck_assert_str_eq(option, "servers");
    ck_assert_ptr_null(open_with(servers, 2));
    ck_assert_int_eq(err.code, ASSAY_E_INVAL);
    ck_assert_msg(strstr(err.msg, "'nonsense': write") != NULL, "%s", err.msg);
}
END_TEST

START_TEST(open_without_memory_leaves_nothing)
{
    for (unsigned long n = 1;; n++) {
        void *instance;
        bool hit;

        alloc_fail_at(n);
        instance = open_with(NULL, 0);
        hit = alloc_fail_hit();
        alloc_fail_off();
        if (!hit) {
            ck_assert_uint_gt(n, 1);
            assay__spamd_ops.close(instance);
            break;
        }
        ck_assert_ptr_null(instance);
        ck_assert_int_eq(err.code, ASSAY_E_NOMEM);
    }
}
END_TEST

START_TEST(a_call_without_memory_is_an_error)
{
    const assay_score_subject subject = {.data = "x", .size = 1};
    void *instance = open_with(NULL, 0);
    assay_scorer_version version;
    assay_rc scored, told;

    ck_assert_ptr_nonnull(instance);
    alloc_fail_at(1);
    scored =
        assay__spamd_ops.score(instance, &subject, INT64_MAX, &score, &err);
    alloc_fail_at(1);
    told = assay__spamd_ops.version(instance, INT64_MAX, &version, &err);
    alloc_fail_off();
    ck_assert_int_eq(scored, ASSAY_E_NOMEM);
    ck_assert_int_eq(told, ASSAY_E_NOMEM);
    assay__spamd_ops.close(instance);
}
END_TEST

START_TEST(a_message_over_max_size_is_not_sent)
{
    const assay_score_subject subject = {.data = "0123456789", .size = 10};
    void *instance;

    settings.max_size = 9;
    instance = open_with(NULL, 0);
    ck_assert_ptr_nonnull(instance);
    ck_assert_int_eq(
        assay__spamd_ops.score(instance, &subject, INT64_MAX, &score, &err),
        ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "spamd: 10 bytes are over max_size");
    assay__spamd_ops.close(instance);
}
END_TEST

START_TEST(a_deadline_that_has_passed_asks_nobody)
{
    const assay_score_subject subject = {.data = "x", .size = 1};
    void *instance = open_with(NULL, 0);

    ck_assert_ptr_nonnull(instance);
    ck_assert_int_eq(
        assay__spamd_ops.score(instance, &subject, 0, &score, &err),
        ASSAY_E_TIMEOUT);
    assay__spamd_ops.close(instance);
}
END_TEST

START_TEST(the_module_says_what_it_is)
{
    extern const assay_scorer_module assay_scorer_module_v1;
    const assay_scorer_module *module = &assay_scorer_module_v1;

    ck_assert_str_eq(module->name, "spamd");
    ck_assert_ptr_eq(module->conf, &assay__spamd_conf);
    ck_assert_uint_eq(module->ops->struct_size, sizeof(assay_scorer_ops));
    ck_assert_ptr_null(module->ops->score_address);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spamd_options");
    TCase *tc = tcase_create("options");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, options_are_documented);
    tcase_add_test(tc, defaults_and_values);
    tcase_add_loop_test(tc, a_wrong_value_is_an_error, 0, (int)COUNT_OF(wrong));
    tcase_add_loop_test(tc, an_address_is_read, 0, (int)COUNT_OF(addresses));
    tcase_add_loop_test(tc, what_is_no_address_is_refused_with_its_text, 0,
                        (int)COUNT_OF(bad_addresses));
    tcase_add_test(tc, a_bad_server_is_refused);
    tcase_add_test(tc, open_without_memory_leaves_nothing);
    tcase_add_test(tc, a_call_without_memory_is_an_error);
    tcase_add_test(tc, a_message_over_max_size_is_not_sent);
    tcase_add_test(tc, a_deadline_that_has_passed_asks_nobody);
    tcase_add_test(tc, the_module_says_what_it_is);
    return check_run(suite);
}
