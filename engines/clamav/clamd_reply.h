/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a reply of clamd means: a pure function of its bytes, for any bytes.
 *
 * Clients in use read replies the other way round: they look for FOUND and
 * let pass what has none. Here only a complete, well-formed `OK` (or `Empty
 * file`) says that nothing was found, only a well-formed `FOUND` with a valid
 * name says that something was, and everything else is a fault that keeps
 * clamd's own words.
 *
 * Source: clamd(8); the protocol of clamd 0.95 and later, z-commands.
 */
#ifndef ASSAY_ENGINE_CLAMD_REPLY_H
#define ASSAY_ENGINE_CLAMD_REPLY_H

#include <stdint.h>

#include <assay/engine.h>

/** Which command a reply belongs to. */
enum assay__clamd_command {
    ASSAY__CLAMD_VERSION,  /* the text of the version */
    ASSAY__CLAMD_INSTREAM, /* "stream: …" */
    ASSAY__CLAMD_FILDES    /* "fd[N]: …" */
};

enum assay__clamd_said {
    ASSAY__CLAMD_SAID_GARBLED = 0, /* not a reply to this command */
    ASSAY__CLAMD_SAID_NOTHING,     /* "OK": looked, nothing found */
    ASSAY__CLAMD_SAID_EMPTY,       /* "Empty file" */
    ASSAY__CLAMD_SAID_FOUND,       /* text is the name */
    ASSAY__CLAMD_SAID_ERROR,       /* text is what clamd wrote */
    ASSAY__CLAMD_SAID_OVERSIZE,    /* more than StreamMaxLength */
    ASSAY__CLAMD_SAID_REFUSED,     /* this clamd cannot do that command */
    ASSAY__CLAMD_SAID_VERSION      /* text is the version */
};

struct assay__clamd_reply {
    enum assay__clamd_said said;
    char text[ASSAY_VERDICT_INFO_MAX]; /* printable ASCII */
};

/**
 * Read one reply inside an IDSESSION.
 *
 * @param bytes  all that was received, with the terminator (a NUL)
 * @param id     of the command, as counted by the session
 */
void assay__clamd_reply_parse(const char *bytes, size_t len, uint64_t id,
                              enum assay__clamd_command command,
                              struct assay__clamd_reply *out);

/** Turn a reply about a content of that size into a finding. */
void assay__clamd_reply_judge(const struct assay__clamd_reply *reply,
                              uint64_t size, assay_finding *finding);

/** The number of the signature database in a version text such as
 *  "ClamAV 1.4.6/27500/Sat Nov 21 …"; 0 when there is none. */
unsigned assay__clamd_reply_signatures(const char *version);

#endif
