/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Lines of the clamd protocol: which commands there are, and how a verdict is
 * put so that no client takes it for more than it says.
 */
#ifndef ASSAY_SCANSOCKET_CLAMD_TEXT_H
#define ASSAY_SCANSOCKET_CLAMD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/verdict.h>

/** Room for what stands behind "stream: ". */
#define ASSAY__CLAMD_RESULT_MAX 512

enum assay__clamd_command {
    ASSAY__CLAMD_UNKNOWN,
    ASSAY__CLAMD_PING,
    ASSAY__CLAMD_VERSION,
    ASSAY__CLAMD_VERSIONCOMMANDS,
    ASSAY__CLAMD_INSTREAM,
    ASSAY__CLAMD_FILDES,
    ASSAY__CLAMD_IDSESSION,
    ASSAY__CLAMD_END,
    ASSAY__CLAMD_STATS,
    ASSAY__CLAMD_PATH,       /* wants a file opened by its name */
    ASSAY__CLAMD_UNAVAILABLE /* would change or stop the daemon */
};

/** A command as it was understood. */
struct assay__clamd_call {
    enum assay__clamd_command command;
    bool in_session;      /* it may stand in an IDSESSION */
    const char *argument; /* of PATH: borrowed, not terminated; else NULL */
    size_t argument_len;
};

/** Understand a line, without its prefix and terminator. @param is_plain  it
 *  had no prefix: then only the old commands exist */
struct assay__clamd_call assay__clamd_parse(const char *line, size_t len,
                                            bool is_plain);

/** "| COMMANDS: …": all that exist. Static. */
const char *assay__clamd_commands(void);

/**
 * What a verdict is in one line: "OK" only for CLEAN with complete coverage,
 * "NAME FOUND" for INFECTED, with a name without blanks that does not begin
 * with OK, else a text that ends with ERROR, and has neither FOUND nor OK in
 * it, nor other words that some client takes for harmless.
 */
void assay__clamd_result(const assay_verdict *verdict,
                         char out[static ASSAY__CLAMD_RESULT_MAX]);
/** "TEXT ERROR", likewise. */
void assay__clamd_error(const char *text,
                        char out[static ASSAY__CLAMD_RESULT_MAX]);

#endif
