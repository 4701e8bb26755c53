/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay check: is the configuration valid? (WU-08, AV-07, AV-32)
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <assay/assay.h>

#include "options.h"

static const char check_help[] =
    "Usage: assay check [-q | --upgrade] [-c FILE]\n"
    "\n"
    "Read the configuration and all it includes, without loading signatures\n"
    "or running a script, and list what is wrong with it. For a valid one,\n"
    "show what each antivirus scope answers, and which option decides that.\n"
    "\n"
    "  -c, --config=FILE  instead of " ASSAY_CONFIG_PATH "\n"
    "  -q, --quiet        no more than 'Configuration valid'\n"
    "      --upgrade      for package scripts: as -q, and for a configuration\n"
    "                     that is not valid, as without the module of an\n"
    "                     engine it names, one line that says what to do\n"
    "  -h, --help         show this text\n"
    "\n"
    "Exit status: 0 valid, 1 not valid or not found, 64 wrong usage.\n";

/* What the platform printed when an upgrade met a configuration that names a
 * scanner it does not have; word for word, because scripts look for it. */
static const char upgrade_refused[] =
    "Your config is not valid; please edit it before retrying the upgrade. "
    "You can use the ./validate_config script to check your configuration.";

enum mode {
    SHOW_POLICY,
    QUIET,
    UPGRADE,
};

enum { OPTION_UPGRADE = 256 }; /* above all characters: it has no short form */

/* The policy of one scope; the line that scripts look for comes first. */
static void show_policy(void *arg, const char *text)
{
    bool *said_valid = arg;

    if (!*said_valid)
        (void)puts("Configuration valid");
    *said_valid = true;
    (void)printf("\n%s", text);
}

static int check_file(const char *path, enum mode mode)
{
    struct assay__progress progress;
    bool said_valid = false;
    assay_options options;
    assay_error err = {0};
    assay_rc rc;

    assay__progress_init(&progress);
    assay__options_init(&options, path, 0, &progress);
    rc = mode == SHOW_POLICY
             ? assay_check_policy(&options, show_policy, &said_valid, &err)
             : assay_check(&options, &err);
    assay__progress_fini(&progress);
    if (rc == ASSAY_OK) {
        if (!said_valid)
            (void)puts("Configuration valid");
        return ASSAY__EXIT_OK;
    }
    (void)fprintf(stderr, "assay: %s\n", err.msg);
    if (mode == UPGRADE)
        (void)puts(upgrade_refused);
    return ASSAY__EXIT_FOUND;
}

static int check_run(int argc, char **argv)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"quiet", no_argument, NULL, 'q'},
        {"upgrade", no_argument, NULL, OPTION_UPGRADE},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *path = ASSAY_CONFIG_PATH;
    enum mode mode = SHOW_POLICY;
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "c:qh", longs, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 'q':
            mode = mode == SHOW_POLICY ? QUIET : mode;
            break;
        case OPTION_UPGRADE:
            mode = UPGRADE;
            break;
        case 'h':
            (void)fputs(check_help, stdout);
            return ASSAY__EXIT_OK;
        default:
            return ASSAY__EXIT_USAGE;
        }
    }
    if (assay__options_surplus(argc, argv, optind))
        return ASSAY__EXIT_USAGE;
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        (void)puts("No configuration found");
        (void)fprintf(stderr, "assay: %s: %s\n", path, strerrordesc_np(ENOENT));
        return ASSAY__EXIT_FOUND;
    }
    return check_file(path, mode);
}

const struct assay__command assay__command_check = {
    .name = "check",
    .summary = "tell whether the configuration is valid",
    .help = check_help,
    .run = check_run,
};
