/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A template and workers behind real walls, in children of the test: what is
 * done in them, and how they ended, is told through shared memory.
 */
#ifndef ASSAY_TESTS_WALLS_FIXTURE_H
#define ASSAY_TESTS_WALLS_FIXTURE_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "walls.h"

/** As whom the processes run. Only AS_WE_ARE is possible unless we are root:
 *  become the user "nobody", stay, or have been nobody before. */
enum identity { AS_USER, AS_WE_ARE, AS_NOBODY, IDENTITIES };

/** Exit statuses of deeds besides 0. */
enum { REFUSED = 10, ENTERED_NOT = 99 };

/** Shared with the children. */
struct walls_report {
    assay_rc rc; /* of enter_template */
    assay_error err;
    char missing[ASSAY_SCANNER_MISSING_MAX];
    char folder[PATH_MAX]; /* of the last worker */
    int status;            /* of the last worker, as waitpid() says it */
    char text[256];        /* whatever a deed has to tell */
};

extern struct walls_report *walls_report;
extern assay_scanner_confinement walls_confinement;
extern char walls_root[64], walls_temporary[128];

/** What is done in a process; its result is the exit status. */
typedef int walls_deed(void);

/** Checked fixtures: a folder, with all rights for everybody, that holds
 *  `temporary` and a file "outside". */
void walls_setup(void);
void walls_teardown(void);

/** Identities that can be tried here: from the first on, before the end. */
int walls_first_identity(void);
int walls_end_identity(void);

/** Run deed in a child that is identity and has entered nothing yet.
 *  @return status as of waitpid() */
int walls_in_child(enum identity identity, walls_deed *deed);
/** Likewise in a template; ENTERED_NOT: walls_report->err says why. */
int walls_in_template(enum identity identity, walls_deed *deed);
/** Called in a template: fork a worker that does deed.
 *  @param before  done between own_temporary and enter_worker, or NULL
 *  @return its status */
int walls_worker(uint64_t number, walls_deed *before, walls_deed *deed);
/** The above for worker 1 of a template of its own. */
int walls_in_worker(enum identity identity, walls_deed *deed);

static inline bool walls_exited(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

static inline bool walls_killed(int status, int signal)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

/** A deed's attempt to open a file or a folder for reading.
 *  @return 0, REFUSED, or 1: it failed otherwise */
int walls_read(const char *path);

#endif
