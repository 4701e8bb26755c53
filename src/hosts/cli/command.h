/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay, the command line: libassay as administrators and scripts use it.
 *
 * It sees the public headers only. Its rooms:
 *
 *   main.c        which command; help and version
 *   activefilter.c  assay activefilter
 *   check.c       assay check
 *   engine.c      assay engine: engine_info.c (engine_facts.c reads a module,
 *                 elf_image.c its file), engine_new.c, engine_test.c (kit.h)
 *   console.c     assay console; link.c connects, line_editor.c edits
 *   scan.c        assay scan: from paths to lines of output
 *   options.c     what the commands share: configuration, log, diagnostics
 *   source.c      paths -> messages, by way of walk.c (folders, Maildirs),
 *                 mbox.c, input.c (descriptors) and buffer.c
 *   crew.c        threads that work on messages, in order
 *   judge.c       message -> verdict and, with a policy, disposition;
 *                 envelope.c finds sender and recipients in the header
 *   report.c      outcomes -> lines, JSON, sums, exit status; escape.c
 *   progress.c    the progress bar
 *   interrupt.c   SIGINT, SIGTERM and SIGHUP
 */
#ifndef ASSAY_CLI_COMMAND_H
#define ASSAY_CLI_COMMAND_H

/** Exit status; scripts depend on these (assay(1)). */
enum assay__exit {
    ASSAY__EXIT_OK = 0,      /* all clean; the configuration is valid */
    ASSAY__EXIT_FOUND = 1,   /* something infected; not valid */
    ASSAY__EXIT_TROUBLE = 2, /* something could not be scanned in full */
    ASSAY__EXIT_USAGE = 64   /* EX_USAGE of sysexits.h */
};

struct assay__command {
    const char *name;
    const char *summary; /* one line, for the list of commands */
    const char *help;    /* usage and options */
    /** argv[0] is the name of the program, for getopt's messages. */
    int (*run)(int argc, char **argv);
};

extern const struct assay__command assay__command_activefilter;
extern const struct assay__command assay__command_check;
extern const struct assay__command assay__command_console;
extern const struct assay__command assay__command_engine;
extern const struct assay__command assay__command_scan;

#endif
