/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An instance of the yara engine over a folder of rules that the test writes,
 * and what it logs.
 */
#ifndef ASSAY_TESTS_YARA_FIXTURE_H
#define ASSAY_TESTS_YARA_FIXTURE_H

#include <check.h>

#include "yara_engine.h"

enum { TIMEOUT_MS = 60000 };

extern char fixture_rules[80]; /* the folder */
extern struct assay__yara_settings fixture_settings;
extern void *fixture_instance; /* closed by fixture_teardown() */

/** For tcase_add_checked_fixture(): an empty folder, default settings. */
void fixture_setup(void);
void fixture_teardown(void);

/** Write a file of the folder. */
void fixture_file(const char *name, const char *text, size_t size);
void fixture_rule(const char *name, const char *text);
void fixture_remove(const char *name);

/** Open fixture_instance; fails the test. */
void fixture_open(void);
/** Expect that it cannot be opened. @return the sentence */
const char *fixture_refused(void);

assay_finding fixture_scan_until(const void *data, size_t size,
                                 int64_t deadline_ms);
assay_finding fixture_scan(const char *text);
/** How often a text is in the log. */
unsigned fixture_logged(const char *text);
/** Called for each line, in the thread that logs; NULL: nothing. */
extern void (*fixture_on_line)(const char *line);

#endif
