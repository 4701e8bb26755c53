/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A clamav engine with one signature, and the folders it works in.
 */
#ifndef CLAMAV_FIXTURE_H
#define CLAMAV_FIXTURE_H

#include <check.h>

#include "clamav_engine.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
/* 40 random characters; nothing else in the tree holds them in one piece. */
#define THREAT_A "8f1d0c6be27a4495"
#define THREAT_B "b3e9a07c5d128f6403aa91de"

/* A text literal and its size. */
#define FIRST(text) text, sizeof(text) - 1

enum { TIMEOUT_MS = 60000 };

/** Set by fixture_make_places(); tests may change settings before opening. */
extern char fixture_root[64], fixture_signatures[128], fixture_temporary[128];
extern struct assay__clamav_settings fixture_settings;
extern void *fixture_instance;

/** For tcase_add_checked_fixture(): folders, without a signature. */
void fixture_make_places(void);
void fixture_remove_places(void);
/** Likewise, with an open instance that knows THREAT_A THREAT_B. */
void fixture_open_ready(void);
void fixture_close_ready(void);

/** Write a file. */
void fixture_file(const char *folder, const char *name, const char *text,
                  size_t size);
/** Write the signature of THREAT_A THREAT_B. */
void fixture_signature(const char *name);
assay_rc fixture_open(void **out, assay_error *err);

#endif
