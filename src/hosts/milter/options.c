/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The command line of assayd.
 */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <assay/assay.h>

static const char usage[] =
    "usage: assayd [-c FILE] [-f | -d] [--pid-file FILE] [--user NAME]\n"
    "              [--log stderr|syslog] [-v]\n"
    "  -c, --config FILE    configuration (" ASSAY_DEFAULT_CONFIG ")\n"
    "  -f, --foreground     stay in the foreground (the default)\n"
    "  -d, --daemon         go to the background once ready\n"
    "      --pid-file FILE  write the process id there\n"
    "      --user NAME      become this user before anything is read\n"
    "      --log WHERE      stderr, or syslog (the default with --daemon)\n"
    "  -v, --verbose        log each step\n"
    "  -h, --help           show this\n"
    "  -V, --version        show the version\n";

static const char see_help[] = "see assayd --help\n";

enum { OPTION_PID_FILE = 256, OPTION_USER, OPTION_LOG };

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"foreground", no_argument, NULL, 'f'},
    {"daemon", no_argument, NULL, 'd'},
    {"pid-file", required_argument, NULL, OPTION_PID_FILE},
    {"user", required_argument, NULL, OPTION_USER},
    {"log", required_argument, NULL, OPTION_LOG},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static bool read_log(const char *word, bool *is_syslog_out)
{
    *is_syslog_out = strcmp(word, "syslog") == 0;
    if (*is_syslog_out || strcmp(word, "stderr") == 0)
        return true;
    (void)fprintf(stderr, "assayd: --log takes stderr or syslog, not '%s'\n%s",
                  word, see_help);
    return false;
}

static bool leave(int status, int *exit_out)
{
    *exit_out = status;
    return false;
}

bool assay__options_read(int argc, char **argv, struct assay__options *out,
                         int *exit_out)
{
    bool log_given = false;
    int option;

    *out = (struct assay__options){.config = ASSAY_DEFAULT_CONFIG};
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "c:fdvhV", long_options, NULL)) !=
           -1) {
        switch (option) {
        case 'c':
            out->config = optarg;
            break;
        case 'f':
            out->daemon = false;
            break;
        case 'd':
            out->daemon = true;
            break;
        case 'v':
            out->verbose = true;
            break;
        case OPTION_PID_FILE:
            out->pid_file = optarg;
            break;
        case OPTION_USER:
            out->user = optarg;
            break;
        case OPTION_LOG:
            if (!read_log(optarg, &out->syslog))
                return leave(EX_USAGE, exit_out);
            log_given = true;
            break;
        case 'h':
            (void)fputs(usage, stdout);
            return leave(EXIT_SUCCESS, exit_out);
        case 'V':
            (void)printf("assayd %s\n", assay_version());
            return leave(EXIT_SUCCESS, exit_out);
        default:
            (void)fputs(see_help, stderr); /* getopt said what is wrong */
            return leave(EX_USAGE, exit_out);
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "assayd: unexpected argument '%s'\n%s",
                      argv[optind], see_help);
        return leave(EX_USAGE, exit_out);
    }
    if (!log_given)
        out->syslog = out->daemon;
    return true;
}
