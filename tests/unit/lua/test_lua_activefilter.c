/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * msys.cloudmark, its ActiveFilter: rows CM-23 to CM-29 and CM-35.
 */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static void setup(void)
{
    fixture_setup();
    fixture_session->score.score = 97;
    fixture_session->filter.mode = ASSAY_ACTIVEFILTER_KEEP;
    snprintf(fixture_session->filter.address,
             sizeof fixture_session->filter.address, "msi@msi.local");
}

/* ---- add_af_data ------------------------------------------------------- */

static const char *const phase_names[ASSAY_PHASE_COUNT] = {
    "connect",
    "ehlo",
    "mailfrom",
    "rcptto",
    "data",
    "data_spool",
    "data_spool_each_rcpt",
    "set_binding",
};

static assay_rc run_in_phase(const char *call, assay_phase phase)
{
    char script[512];

    snprintf(script, sizeof script,
             "local m = {} function m:validate_%s() %s return 0 end"
             " msys.registerModule('m', m)",
             phase_names[phase], call);
    fixture_script("m", script);
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    return fixture_run(phase, "x");
}

START_TEST(add_af_data_works_from_rcptto_on)
{
    assay_rc rc =
        run_in_phase("assert(msys.cloudmark.add_af_data('a@b', {k = 'v'}))",
                     (assay_phase)_i);

    if (_i >= ASSAY_PHASE_RCPTTO) {
        ck_assert_msg(rc == ASSAY_OK, "%s", fixture_error.msg);
        ck_assert_str_eq(fixture_session->data, "a@b k=v\n");
        return;
    }
    ck_assert_int_eq(rc, ASSAY_E_SCRIPT);
    ck_assert_error("no recipient in this phase");
    ck_assert_uint_eq(fixture_session->data_count, 0);
}
END_TEST

/* CM-29: in the order of the keys, whatever the order of the table. */
START_TEST(data_is_added_in_order)
{
    fixture_assert(
        "local ok, why = msys.cloudmark.add_af_data('a@b',"
        " {z = 'last', b = 2, a = true, c = false, d = 1.5, aa = '<&\">'})\n"
        "assert(ok == true and why == nil)");
    ck_assert_str_eq(fixture_session->data, "a@b a=true\n"
                                            "a@b aa=<&\">\n"
                                            "a@b b=2\n"
                                            "a@b c=false\n"
                                            "a@b d=1.5\n"
                                            "a@b z=last\n");
}
END_TEST

START_TEST(most_keys_are_added)
{
    fixture_assert("local t = {} for i = 1, 64 do t['k' .. i] = i end\n"
                   "assert(msys.cloudmark.add_af_data('a@b', t))");
    ck_assert_uint_eq(fixture_session->data_count, 64);
}
END_TEST

/* The table of the script stays as it is: no number in it becomes a text. */
START_TEST(data_of_the_script_is_not_changed)
{
    fixture_assert("local t = {n = 1, f = 2.5, b = true}\n"
                   "msys.cloudmark.add_af_data('a@b', t)\n"
                   "assert(math.type(t.n) == 'integer' and t.f == 2.5)\n"
                   "assert(t.b == true)");
}
END_TEST

/* What a sender can bring about must not end his session. */
static const struct {
    const char *address, *data, *why;
} refused[] = {
    {"a@b\\0c", "{k = 'v'}", "address with a NUL"},
    {"a@b", "{k = 'a\\0b'}", "k: value with a NUL"},
    {"a@b", "{k = 'a\\27b'}", "k: not fit"},
    {"nowhere", "{k = 'v'}", "k: not fit"},
    {"a@b", "{[''] = 'v'}", ": not fit"},
};

START_TEST(unfit_data_is_refused_and_logged)
{
    char body[512], want[256];

    snprintf(body, sizeof body,
             "local ok, why = msys.cloudmark.add_af_data('%s', %s)\n"
             "assert(ok == nil and why == 'ActiveFilter data: %s', why)",
             refused[_i].address, refused[_i].data, refused[_i].why);
    fixture_assert(body);
    ck_assert_uint_eq(fixture_session->data_count, 0);
    snprintf(want, sizeof want,
             "warn lua.ignored module=\"test\" callout=validate_data "
             "text=\"ActiveFilter data: %s\"",
             refused[_i].why);
    ck_assert_logged(want);
}
END_TEST

START_TEST(data_between_messages_raises)
{
    fixture_session->message = NULL;
    fixture_assert_fails("msys.cloudmark.add_af_data('a@b', {k = 'v'})",
                         "no message");
}
END_TEST

/* ---- setting up -------------------------------------------------------- */

static void clear_filter(void)
{
    fixture_session->filter = (struct assay_activefilter){0};
}

static assay_rc open_with_init(const char *body)
{
    char script[1024];

    clear_filter();
    snprintf(script, sizeof script,
             "local m = {} function m:init() %s return 0 end"
             " msys.registerModule('m', m)",
             body);
    fixture_script("m", script);
    return fixture_open();
}

static const struct {
    const char *call;
    assay_activefilter_mode mode;
    const char *inbox, *spam;
    bool unread_only;
} modes[] = {
    /* CM-24 */
    {"set_af_mode_discard()", ASSAY_ACTIVEFILTER_DISCARD, "", "", false},
    /* CM-25 */
    {"set_af_mode_keep()", ASSAY_ACTIVEFILTER_KEEP, "", "", false},
    /* CM-26 */
    {"set_af_mode_movemsg('in', 'junk', 'yes')", ASSAY_ACTIVEFILTER_MOVEMSG,
     "in", "junk", true},
    {"set_af_mode_movemsg('in', 'junk', 'no')", ASSAY_ACTIVEFILTER_MOVEMSG,
     "in", "junk", false},
};

START_TEST(mode_is_set_in_init)
{
    const struct assay_activefilter *filter = &fixture_session->filter;
    char body[256];

    snprintf(body, sizeof body, "assert(select('#', msys.cloudmark.%s) == 0)",
             modes[_i].call);
    /* Each interpreter makes the same choice. */
    fixture_settings.interpreters = 3;
    ck_assert_msg(open_with_init(body) == ASSAY_OK, "%s", fixture_error.msg);
    ck_assert_int_eq(filter->mode, modes[_i].mode);
    ck_assert_str_eq(filter->inbox, modes[_i].inbox);
    ck_assert_str_eq(filter->spam, modes[_i].spam);
    ck_assert_int_eq(filter->unread_only, modes[_i].unread_only);
}
END_TEST

START_TEST(mode_may_be_set_while_the_script_loads)
{
    clear_filter();
    fixture_script("x", "msys.cloudmark.set_af_mode_keep()");
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    ck_assert_int_eq(fixture_session->filter.mode, ASSAY_ACTIVEFILTER_KEEP);
}
END_TEST

/* CM-28 */
START_TEST(address_is_set_in_init)
{
    fixture_settings.interpreters = 3;
    ck_assert_msg(open_with_init("assert(select('#',"
                                 " msys.cloudmark.set_af_msi_address("
                                 "'msi@msi.local')) == 0)") == ASSAY_OK,
                  "%s", fixture_error.msg);
    ck_assert_str_eq(fixture_session->filter.address, "msi@msi.local");
}
END_TEST

static const struct {
    const char *call, *want;
} wrong_setups[] = {
    /* CM-27 */
    {"msys.cloudmark.set_af_mode_keep() msys.cloudmark.set_af_mode_discard()",
     "another mode is set"},
    {"msys.cloudmark.set_af_mode_movemsg('a', 'b', 'yes')"
     " msys.cloudmark.set_af_mode_movemsg('a', 'c', 'yes')",
     "another mode is set"},
    {"msys.cloudmark.set_af_mode_movemsg()", "#1 to 'set_af_mode_movemsg'"},
    {"msys.cloudmark.set_af_mode_movemsg('a')", "#2 to 'set_af_mode_movemsg'"},
    {"msys.cloudmark.set_af_mode_movemsg('a', 'b')",
     "#3 to 'set_af_mode_movemsg'"},
    {"msys.cloudmark.set_af_mode_movemsg('a', 'b', true)",
     "#3 to 'set_af_mode_movemsg'"},
    {"msys.cloudmark.set_af_mode_movemsg('a', 'b', 'maybe')",
     "invalid option 'maybe'"},
    {"msys.cloudmark.set_af_mode_movemsg('a', 'b', 'yes\\0')",
     "text with a NUL"},
    {"msys.cloudmark.set_af_mode_movemsg('a\\0', 'b', 'no')",
     "text with a NUL"},
    {"msys.cloudmark.set_af_mode_movemsg('a', 'b\\0', 'no')",
     "text with a NUL"},
    {"msys.cloudmark.set_af_mode_movemsg('', 'b', 'no')", "empty folder name"},
    /* CM-28 */
    {"msys.cloudmark.set_af_msi_address()", "#1 to 'set_af_msi_address'"},
    {"msys.cloudmark.set_af_msi_address('msi@msi.local\\0.example')",
     "text with a NUL"},
    {"msys.cloudmark.set_af_msi_address('msi@elsewhere')",
     "no maildir stanza takes it"},
    {"msys.cloudmark.set_af_msi_address('a@msi.local')"
     " msys.cloudmark.set_af_msi_address('b@msi.local')",
     "another address is set"},
};

START_TEST(wrong_setup_fails_the_load)
{
    ck_assert_int_eq(open_with_init(wrong_setups[_i].call), ASSAY_E_SCRIPT);
    ck_assert_error(wrong_setups[_i].want);
    ck_assert_error("module \"m\", init: ");
}
END_TEST

/* The library has the last word on when. */
START_TEST(setup_that_is_closed_fails_the_load)
{
    clear_filter();
    fixture_session->filter.is_sealed = true;
    fixture_script("x", "msys.cloudmark.set_af_mode_keep()");
    ck_assert_int_eq(fixture_open(), ASSAY_E_SCRIPT);
    ck_assert_error("ActiveFilter is sealed");
}
END_TEST

static const char *const setters[] = {
    "msys.cloudmark.set_af_mode_discard()",
    "msys.cloudmark.set_af_mode_keep()",
    "msys.cloudmark.set_af_mode_movemsg('a', 'b', 'yes')",
    "msys.cloudmark.set_af_msi_address('msi@msi.local')",
};

START_TEST(setup_without_module_fails_the_load)
{
    fixture_activefilter = NULL;
    ck_assert_int_eq(open_with_init(setters[_i]), ASSAY_E_SCRIPT);
    ck_assert_error("cloudmark module not available");
}
END_TEST

START_TEST(setup_in_a_callout_raises)
{
    clear_filter();
    fixture_assert_fails(setters[_i], "ActiveFilter is set up in init");
    ck_assert_int_eq(fixture_session->filter.mode, ASSAY_ACTIVEFILTER_UNSET);
    ck_assert_str_eq(fixture_session->filter.address, "");
}
END_TEST

START_TEST(setup_in_a_posted_function_raises)
{
    char body[256];

    clear_filter();
    snprintf(body, sizeof body,
             "assert(msys.runInPool('CPU', function() %s end, true))",
             setters[_i]);
    fixture_assert(body);
    fake_session_settle(fixture_session);
    ck_assert_logged("ActiveFilter is set up in init");
    ck_assert_int_eq(fixture_session->filter.mode, ASSAY_ACTIVEFILTER_UNSET);
}
END_TEST

START_TEST(setup_in_deinit_raises)
{
    char script[256];

    clear_filter();
    snprintf(script, sizeof script,
             "local m = {} function m:deinit() %s end"
             " msys.registerModule('m', m)",
             setters[_i]);
    fixture_script("m", script);
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    assay_language_module_v1.ops->close(fixture_instance);
    fixture_instance = NULL;
    ck_assert_logged("ActiveFilter is set up in init");
}
END_TEST

/* ---- the example of the documentation ---------------------------------- */

static void use_example(void)
{
    static char text[8192];
    FILE *file =
        fopen(LUA_SOURCE "/tests/unit/lua/activefilter_example.lua", "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    clear_filter();
    fixture_script("example", text);
}

static void set_recipient(const char *localpart, const char *domain)
{
    assay_context *context = assay_message_context(fixture_message);

    ck_assert_int_eq(
        assay_context_set(context, "rcptto_localpart", localpart, NULL),
        ASSAY_OK);
    ck_assert_int_eq(assay_context_set(context, "rcptto_domain", domain, NULL),
                     ASSAY_OK);
}

/* CM-23, CM-35 */
START_TEST(published_example_runs_unchanged)
{
    const struct assay_activefilter *filter = &fixture_session->filter;

    use_example();
    ck_assert_msg(fixture_open() == ASSAY_OK, "%s", fixture_error.msg);
    ck_assert_int_eq(filter->mode, ASSAY_ACTIVEFILTER_MOVEMSG);
    ck_assert_str_eq(filter->inbox, "INBOX");
    ck_assert_str_eq(filter->spam, "Spam");
    ck_assert(filter->unread_only);
    ck_assert_str_eq(filter->address, "msi@msi.local");
    set_recipient("b", "example.net");
    ck_assert_msg(fixture_run(ASSAY_PHASE_RCPTTO, "<b@example.net>") ==
                      ASSAY_OK,
                  "%s", fixture_error.msg);
    ck_assert_str_eq(fixture_session->data, "b@example.net account=b\n"
                                            "b@example.net host=example.net\n");
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
    ck_assert_str_eq(fixture_session->asked, "activefilter");
    ck_assert(fixture_session->threshold == 90);
    ck_assert_logged("text=\"score:  97\"");
}
END_TEST

/* A service that is down ends no session of it. */
START_TEST(published_example_survives_a_failure)
{
    fixture_session->score_rc = ASSAY_E_UNAVAILABLE;
    use_example();
    ck_assert_int_eq(fixture_open(), ASSAY_OK);
    ck_assert_msg(fixture_run(ASSAY_PHASE_DATA, NULL) == ASSAY_OK, "%s",
                  fixture_error.msg);
    ck_assert_int_eq(fixture_flow, ASSAY_FLOW_CONTINUE);
    ck_assert_logged("text=\"score:  nil\"");
}
END_TEST

START_TEST(interface_version_has_the_activefilter)
{
    ck_assert_uint_eq(assay_language_module_v1.abi_major, 1);
    ck_assert_uint_eq(assay_language_module_v1.abi_minor, 2);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("activefilter");

    tcase_add_checked_fixture(tcase, setup, fixture_teardown);
    tcase_add_loop_test(tcase, add_af_data_works_from_rcptto_on, 0,
                        ASSAY_PHASE_COUNT);
    tcase_add_test(tcase, data_is_added_in_order);
    tcase_add_test(tcase, most_keys_are_added);
    tcase_add_test(tcase, data_of_the_script_is_not_changed);
    add_cases(tcase, unfit_data_is_refused_and_logged, refused);
    tcase_add_test(tcase, data_between_messages_raises);
    add_cases(tcase, mode_is_set_in_init, modes);
    tcase_add_test(tcase, mode_may_be_set_while_the_script_loads);
    tcase_add_test(tcase, address_is_set_in_init);
    add_cases(tcase, wrong_setup_fails_the_load, wrong_setups);
    tcase_add_test(tcase, setup_that_is_closed_fails_the_load);
    add_cases(tcase, setup_without_module_fails_the_load, setters);
    add_cases(tcase, setup_in_a_callout_raises, setters);
    add_cases(tcase, setup_in_a_posted_function_raises, setters);
    add_cases(tcase, setup_in_deinit_raises, setters);
    tcase_add_test(tcase, published_example_runs_unchanged);
    tcase_add_test(tcase, published_example_survives_a_failure);
    tcase_add_test(tcase, interface_version_has_the_activefilter);
    return fixture_main(tcase);
}
