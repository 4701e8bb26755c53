/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One Lua policy with scripts in a temporary folder, one session, one mail.
 */
#ifndef LUA_FIXTURE_H
#define LUA_FIXTURE_H

#include <check.h>

#include <assay/policy.h>

#include "fake_session.h"
#include "instance.h"

#define FIXTURE_SCRIPTS_MAX 4

extern const assay_language_module assay_language_module_v1;

/** Set by fixture_setup(); tests may change settings before opening. */
extern struct lassay_settings fixture_settings;
extern assay_session *fixture_session;
extern assay_message *fixture_message;
extern void *fixture_instance, *fixture_state;
extern assay_error fixture_error;
extern assay_flow fixture_flow;
extern char fixture_folder[64];
/** For the language; the session's. NULL: as without a cloudmark stanza. */
extern assay_activefilter *fixture_activefilter;

/** For tcase_add_checked_fixture(): a two-part mail from a@example.com. */
void fixture_setup(void);
void fixture_teardown(void);

/** Replace the mail; NULL: by a new copy of the first one. */
void fixture_mail(const char *text);
/** Write a file into the folder of the configuration. */
void fixture_file(const char *name, const char *text);
/** Name a script in the stanza; file is name with `.lua`. */
void fixture_script(const char *name, const char *text);
/** Name a source without writing it. */
void fixture_source(const char *name, const char *source);
assay_rc fixture_open(void);
/** Closes message and session when they are open. */
void fixture_end_session(void);
/** Run a phase of the session; text is the command's argument. */
assay_rc fixture_run(assay_phase phase, const char *text);

/** Open one module whose validate_data runs body and continues; run it; the
 *  body checks with assert(). */
void fixture_assert(const char *body);
/** Likewise, and the body must fail with an error that contains want. */
void fixture_assert_fails(const char *body, const char *want);

/** All log lines so far, one a line. */
const char *fixture_log(void);
#define ck_assert_logged(want)                                           \
    ck_assert_msg(strstr(fixture_log(), want), "no \"%s\" in\n%s", want, \
                  fixture_log())
#define ck_assert_error(want)                                                 \
    ck_assert_msg(strstr(fixture_error.msg, want), "got \"%s\", want \"%s\"", \
                  fixture_error.msg, want)

/** One test for each member of an array of cases. */
#define add_cases(tcase, test, cases) \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(cases) / sizeof *(cases)))

/** Run a suite with one case. @return exit status */
int fixture_main(TCase *tcase);

#endif
