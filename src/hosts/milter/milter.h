/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assayd, the milter host: policy and scanning for Postfix and Sendmail.
 *
 * The host sees the public headers of libassay and libmilter, nothing else.
 * Its rooms:
 *
 *   main.c       life of the process: start, ready, drain, stop
 *   options.c    command line
 *   process.c    what a daemon does to itself: fork, user, limits, pid file
 *   log.c        where lines of the log go
 *   signals.c    who receives which signal
 *   listener.c   the socket that the stanza Milter_Listener asks for
 *   hub.c        all connections: how many, which run, when they are done
 *   callbacks.c  libmilter's callbacks: steps of a connection -> phases
 *   macros.c     what the MTA knows of a connection -> its context
 *   reply.c      disposition -> answer
 *   edits.c      header edits -> changes the MTA makes
 *   storage.c    recipients whose mail goes to a Maildir
 *
 * Nothing is accepted by accident: whatever goes wrong in here answers 451,
 * except that a message over the size limit answers 552, and one that a Maildir
 * has no room for 452.
 */
#ifndef ASSAY_MILTER_MILTER_H
#define ASSAY_MILTER_MILTER_H

#include <assay/assay.h>

/** How often the MTA hears of a scan that is still running. */
#define ASSAY__MILTER_PROGRESS_MS 5000
/** Longest the messages in flight may delay a stop. */
#define ASSAY__MILTER_DRAIN_MS 30000

struct assay__hub;

/** What all callbacks share; set once before the listener starts. */
struct assay__milter {
    assay *library;
    const assay_log *log;
    struct assay__hub *hub;
};

#endif
