/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One engine "sample" in scanner processes, with real processes, which makes
 * trouble on demand (modules/sample.c). On top of runtime_fixture.h.
 */
#ifndef ASSAY_TESTS_ISOLATION_FIXTURE_H
#define ASSAY_TESTS_ISOLATION_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#include <assay/assay.h>

#include "runtime/generation.h"
#include "scan/isolation.h"

enum { WAIT_S = 60 };

/** A case of a suite on the fixture. */
TCase *isolation_case(Suite *suite, const char *name);

/** 5 ms: between two looks at what is to come. */
void isolation_pause(void);

/** A configuration; general options stand before own ones, those of the
 *  engine. Static text. */
const char *isolation_config(const char *general, const char *own);
/** Open it and start; fails the test. */
void isolation_start(const char *general, const char *own);

/** The engine of a generation. */
struct assay__engine_core *isolation_core(struct assay__generation *generation);
struct assay__isolation_report isolation_look(void);
assay_rc isolation_refresh(bool *changed, assay_error *err);
/** One round of probes. */
void isolation_probe(void);

assay_status isolation_status(const char *text);
/** Scan up to 8 texts at once, each in a thread of its own. @param verdicts
 *  in: the texts, as info */
void isolation_scan_all(assay_verdict *verdicts, size_t count);

#endif
