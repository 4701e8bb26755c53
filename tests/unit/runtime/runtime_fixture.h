/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A library on a configuration of the test, in a folder of its own, whose log
 * can be read. The engine "sample" and the policy language "fakepolicy" are
 * stand-ins (modules/).
 */
#ifndef ASSAY_TESTS_RUNTIME_FIXTURE_H
#define ASSAY_TESTS_RUNTIME_FIXTURE_H

#include <stdbool.h>

#include <assay/assay.h>

extern char fixture_folder[64];
extern assay *fixture_library; /* closed by fixture_teardown() */
extern const assay_conf_stanza fixture_listener; /* Test_Listener { port } */

/** For tcase_add_checked_fixture(). */
void fixture_setup(void);
void fixture_teardown(void);

/** Write a file of the folder, all at once (rename). */
void fixture_write(const char *name, const char *text);
void fixture_remove(const char *name);
/** Write assay.conf. */
void fixture_config(const char *text);
/** Options for assay.conf. */
assay_options fixture_options(void);
/** Write assay.conf and open it; fails the test. */
void fixture_open(const char *text);
/** Write assay.conf and reload; fails the test. */
void fixture_reload(const char *text);

/** What was logged, but for lines about one message, or reported since
 *  fixture_log_clear(): how often a text occurs in it. */
unsigned fixture_log_count(const char *text);
/** All of it, while no other thread logs. */
const char *fixture_log(void);
void fixture_log_clear(void);
/** Waits up to a minute for a text in the log. @return whether it came */
bool fixture_log_wait(const char *text);

/** assay_scan() of a text. */
assay_verdict fixture_scan(const char *text);

assay_session *fixture_session(void);
/** One message through all steps; the disposition of the one that decided. */
assay_disposition fixture_send(assay_session *session, const char *text);

#endif
