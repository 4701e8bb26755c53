/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "engine.h"

#include <stdio.h>
#include <string.h>

#include "command.h"

static const char engine_help[] =
    "Usage: assay engine info FILE [--json]\n"
    "       assay engine new NAME [--output DIR]\n"
    "       assay engine test FILE [-o NAME=VALUE]... [OPTION]...\n"
    "\n"
    "For authors of engines; docs/ENGINE_GUIDE.md is their guide.\n"
    "\n"
    "info: show what a module declares, and whether this libassay would load\n"
    "it. The file is read, and nothing of it is run.\n"
    "\n"
    "  -J, --json        one JSON object instead\n"
    "\n"
    "new: write an engine to start from, that can be built and tested as it\n"
    "is, to a new folder NAME.\n"
    "\n"
    "      --output=DIR  put that folder into DIR, not here\n"
    "\n"
    "test: run the conformance kit over an engine. Each check has a process\n"
    "of its own, so whatever the engine does fails a check by its name.\n"
    "\n"
    "  -o, --option=NAME=VALUE  an option of the engine, as in a stanza\n"
    "      --clean=FILE         it must find nothing in there,\n"
    "      --infected=FILE      a threat in there,\n"
    "      --unscannable=FILE   and in there anything but nothing; a FILE\n"
    "                           *.eml is a whole mail\n"
    "      --check=NAME         only this check; may be repeated\n"
    "      --huge=MIB           size of the huge content; 64; 0: none\n"
    "      --patience=SECONDS   longest that a check may take; 120\n"
    "      --grace=MS           a scan may go on so long after its deadline;\n"
    "                           5000\n"
    "      --threads=NUMBER     that scan at once; 8\n"
    "      --rounds=NUMBER      of opening, for what grows by it; 10\n"
    "  -J, --json               one JSON object a line\n"
    "  -v, --verbose            show what the engine logs and prints\n"
    "\n"
    "  -h, --help        show this text\n"
    "\n"
    "Exit status: 0 done; info: it is a module, and would be loaded if it is\n"
    "an engine; test: no check failed; 1 not so; 64 wrong usage.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} actions[] = {
    {"info", assay__engine_info},
    {"new", assay__engine_new},
    {"test", assay__engine_test},
};

static int engine_run(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;

    if (word && (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)) {
        (void)fputs(engine_help, stdout);
        return ASSAY__EXIT_OK;
    }
    for (size_t i = 0; word && i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(word, actions[i].name) != 0)
            continue;
        argv[1] = argv[0];
        return actions[i].run(argc - 1, argv + 1);
    }
    if (word)
        (void)fprintf(stderr, "assay: unknown action \"%s\"\n", word);
    (void)fputs("assay: \"assay help engine\" shows the actions\n", stderr);
    return ASSAY__EXIT_USAGE;
}

const struct assay__command assay__command_engine = {
    .name = "engine",
    .summary = "for engine authors: look at one, begin one, test one",
    .help = engine_help,
    .run = engine_run,
};
