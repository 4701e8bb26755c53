/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A basedir of the test's own, and what lies beneath it.
 */
#ifndef ASSAY_TESTS_MAILDIR_FIXTURE_H
#define ASSAY_TESTS_MAILDIR_FIXTURE_H

#include <sys/types.h>

#include "store/maildir.h"

extern char maildir_base[64];
/** All domains, domain_in_path and create_users are on; modes 0700 and 0600. */
extern struct assay__maildir_options maildir_options;
extern assay_error maildir_err;

void maildir_setup(void);
/** Removes the folder with all that is in it. */
void maildir_teardown(void);

/** A path beneath basedir; until the fourth call from now. */
const char *maildir_path(const char *relative);
/** Entries of a folder beneath basedir; -1: it is not there. */
int maildir_count(const char *relative);
/** Permission bits of what lies beneath basedir. */
unsigned maildir_mode(const char *relative);
/** The path of the only mail in a folder, and its text; until the next call. */
const char *maildir_only(const char *folder);
const char *maildir_text(const char *folder);

/** Stage and commit a mail of one piece. */
assay_rc maildir_deliver(const char *address, const char *text);

#endif
