/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The options of the icap engine, and what needs no server.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "alloc_fail.h"
#include "check_run.h"
#include "conf/schema.h"
#include "conf_fixture.h"
#include "icap.h"
#include "opt_file.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
/* Nothing listens there: port 1 of the loopback interface. */
#define NOBODY "icap://127.0.0.1:1/avscan"

static struct assay__conf_store *store;
static struct assay__icap_settings settings;

static void setup(void)
{
    conf_setup();
    ck_assert_int_eq(assay__conf_store_new(&store, &err), ASSAY_OK);
    ck_assert_msg(assay__conf_defaults(assay__icap_conf.options,
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
    ck_assert_int_eq(assay__conf_fill(assay__icap_conf.options,
                                      conf_parse_good(text), store, diags,
                                      &settings, NULL, &err),
                     ASSAY_OK);
    return conf_findings();
}

START_TEST(options_are_documented)
{
    char text[2048];

    ck_assert_msg(opt_file_compare(ICAP_OPT, assay__icap_conf.options, text,
                                   sizeof text) == 0,
                  "%s", text);
}
END_TEST

START_TEST(defaults_and_values)
{
    ck_assert_int_eq(settings.method, ASSAY__ICAP_METHOD_AUTO);
    ck_assert_str_eq(settings.preview, "auto");
    ck_assert(!settings.trust_preview && !settings.blocked_is_infected);
    ck_assert(!settings.send_names);
    ck_assert(settings.allow_204 && settings.keep_alive && settings.canary);
    ck_assert_str_eq(fill("servers = ( \"icap://a/b\" \"icap://c:1/d\" )\n"
                          "method = reqmod\npreview = 0\n"
                          "header = \"X-A: b\"\nuser_agent = \"\"\n"
                          "infected_headers = ( X-A X-B )\n"),
                     "");
    ck_assert_uint_eq(settings.servers.count, 2);
    ck_assert_int_eq(settings.method, ASSAY__ICAP_METHOD_REQMOD);
    ck_assert_int_eq(assay__icap_preview(settings.preview), 0);
    ck_assert_uint_eq(settings.infected_headers.count, 2);
}
END_TEST

static const struct {
    const char *text, *want;
} wrong[] = {
    {"servers = nonsense", "write icap://host:port/service"},
    {"servers = ( \"icap://a/b\" \"icaps://a/b\" )", "TLS is not spoken here"},
    {"servers = \"icap://a/b\"\nmethod = get", "get"},
    {"servers = \"icap://a/b\"\npreview = some", "auto, off, or bytes"},
    {"servers = \"icap://a/b\"\npreview = 1048577", "auto, off, or bytes"},
    {"servers = \"icap://a/b\"\npreview = 99999999999999999999",
     "auto, off, or bytes"},
    {"servers = \"icap://a/b\"\npreview = \"-1\"", "auto, off, or bytes"},
    {"servers = \"icap://a/b\"\nheader = \"Host: a\"", "sets this header"},
    {"servers = \"icap://a/b\"\nheader = \"a\"", "Name: value"},
    {"servers = \"icap://a/b\"\ninfected_headers = \"a:\"",
     "the name of a header"},
    {"servers = \"icap://a/b\"\nconnections = 0", "0"},
    {"servers = \"icap://a/b\"\nconnections = 257", "257"},
    {"servers = \"icap://a/b\"\nmax_reply = 1", "1"},
};

START_TEST(a_wrong_value_is_an_error)
{
    const char *findings = fill(wrong[_i].text);

    ck_assert_msg(
        strstr(findings, "error: ") && strstr(findings, wrong[_i].want),
        "%s: got \"%s\", want %s", wrong[_i].text, findings, wrong[_i].want);
}
END_TEST

/* ---- an instance -------------------------------------------------------- */

static void *open_with(const char *const *servers, size_t count)
{
    const assay_engine_args args = {
        .settings = &settings, .timeout_ms = 1000, .instance = "icap1"};
    void *instance = NULL;

    settings.servers = (assay_conf_list){servers, count};
    (void)assay__icap_ops.open(&args, &instance, &err);
    return instance;
}

static assay_finding scan(void *instance, size_t size, int64_t deadline_ms)
{
    const assay_content content = {
        .kind = ASSAY_CONTENT_FILE, .data = "content", .size = size};
    const assay_scan_args args = {&content, deadline_ms};
    assay_finding finding = {.coverage.bytes_total = size};

    assay__icap_ops.scan(instance, &args, &finding);
    return finding;
}

START_TEST(more_servers_than_there_may_be)
{
    static const char *servers[ASSAY__ICAP_SERVERS_MAX + 2];

    for (size_t i = 0; i <= ASSAY__ICAP_SERVERS_MAX; i++)
        servers[i] = NOBODY;
    ck_assert_ptr_null(open_with(servers, ASSAY__ICAP_SERVERS_MAX + 1));
    ck_assert_int_eq(err.code, ASSAY_E_LIMIT);
    ck_assert_ptr_null(open_with(NULL, 0));
    ck_assert_int_eq(err.code, ASSAY_E_LIMIT);
}
END_TEST

START_TEST(a_server_that_is_away_is_no_reason_not_to_open)
{
    static const char *const servers[] = {NOBODY, NULL};
    void *instance = open_with(servers, 1);
    assay_finding finding;
    char text[512];

    ck_assert_ptr_nonnull(instance);
    finding = scan(instance, 7, INT64_MAX / 2);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(finding.info, "cannot be reached"));
    ck_assert_uint_eq(finding.coverage.bytes_seen, 0);
    ck_assert_int_eq(scan(instance, 0, INT64_MAX / 2).found,
                     ASSAY_FOUND_NOTHING);
    finding = scan(instance, 7, 0);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_TIMEOUT);
    assay__icap_ops.version(instance, text, sizeof text);
    ck_assert_str_eq(text,
                     "antivirus: icap unknown at " NOBODY " (not in service)\n"
                     "AV definitions version: unknown");
    assay__icap_ops.close(instance);
}
END_TEST

START_TEST(texts_fit_their_room)
{
    static const char *servers[ASSAY__ICAP_SERVERS_MAX + 1];
    void *instance;
    char text[ASSAY_EPOCH_MAX];

    for (size_t i = 0; i < ASSAY__ICAP_SERVERS_MAX; i++)
        servers[i] = NOBODY;
    instance = open_with(servers, ASSAY__ICAP_SERVERS_MAX);
    ck_assert_ptr_nonnull(instance);
    for (size_t size = 1; size <= sizeof text; size++) {
        memset(text, 'x', sizeof text);
        assay__icap_ops.epoch(instance, text, size);
        ck_assert_uint_lt(strnlen(text, sizeof text), size);
        memset(text, 'x', sizeof text);
        assay__icap_ops.version(instance, text, size);
        ck_assert_uint_lt(strnlen(text, sizeof text), size);
    }
    assay__icap_ops.close(instance);
}
END_TEST

START_TEST(open_without_memory_leaves_nothing)
{
    static const char *const servers[] = {NOBODY, NULL};

    alloc_fail_at(1);
    ck_assert_ptr_null(open_with(servers, 1));
    alloc_fail_off();
    ck_assert_int_eq(err.code, ASSAY_E_NOMEM);
    for (unsigned long n = 2; n < 20; n++) {
        void *instance;

        /* Behind the first it is a look-up or a connection that fails. */
        alloc_fail_at(n);
        instance = open_with(servers, 1);
        alloc_fail_off();
        ck_assert_int_ne(scan(instance, 7, INT64_MAX / 2).found,
                         ASSAY_FOUND_NOTHING);
        assay__icap_ops.close(instance);
    }
}
END_TEST

START_TEST(names_matter_only_where_they_are_sent)
{
    ck_assert_uint_eq(assay__icap_ops.flags(&settings),
                      ASSAY_ENGINE_REMOTE | ASSAY_ENGINE_WANTS_PARTS);
    settings.send_names = true;
    ck_assert_uint_eq(assay__icap_ops.flags(&settings),
                      ASSAY_ENGINE_REMOTE | ASSAY_ENGINE_WANTS_PARTS |
                          ASSAY_ENGINE_USES_NAMES);
}
END_TEST

START_TEST(the_module_says_what_it_is)
{
    extern const assay_engine_module assay_engine_module_v1;
    const assay_engine_module *module = &assay_engine_module_v1;

    ck_assert_str_eq(module->name, "icap");
    ck_assert_ptr_eq(module->conf, &assay__icap_conf);
    ck_assert_uint_eq(module->ops->struct_size, sizeof(assay_engine_ops));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("icap_options");
    TCase *tc = tcase_create("options");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, options_are_documented);
    tcase_add_test(tc, defaults_and_values);
    tcase_add_loop_test(tc, a_wrong_value_is_an_error, 0, (int)COUNT_OF(wrong));
    tcase_add_test(tc, more_servers_than_there_may_be);
    tcase_add_test(tc, a_server_that_is_away_is_no_reason_not_to_open);
    tcase_add_test(tc, texts_fit_their_room);
    tcase_add_test(tc, open_without_memory_leaves_nothing);
    tcase_add_test(tc, names_matter_only_where_they_are_sent);
    tcase_add_test(tc, the_module_says_what_it_is);
    return check_run(suite);
}
