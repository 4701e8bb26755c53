/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay-scanner: opens a configuration and scans what its parent sends over
 * the socket it was started with. It is started by programs, not by people:
 * without that socket it says so and ends.
 *
 * It gives up the right to gain privileges and to be traced before the first
 * byte of mail arrives, and ends when its parent does (end of file).
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <assay/scanner.h>

#include "stanzas/host_stanzas.h"

static void print_line(void *arg, assay_log_level level, const char *line)
{
    (void)arg;
    fprintf(stderr, "assay-scanner: %s: %s\n", assay_log_level_name(level),
            line);
}

static void print_diagnostic(void *arg, const char *text)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

static void usage(FILE *out)
{
    fputs("usage: assay-scanner -c FILE\n"
          "\n"
          "Scans messages for the program that started it, over the socket\n"
          "it inherits as descriptor 3. Not meant to be started by hand:\n"
          "use `assay scan --isolate`.\n"
          "\n"
          "  -c, --config FILE  configuration whose engines are opened\n"
          "      --help         show this text\n"
          "      --version      show the version\n",
          out);
}

static int is_seqpacket_socket(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_SEQPACKET;
}

static void harden(void)
{
    const struct rlimit none = {0, 0};

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)setrlimit(RLIMIT_CORE, &none);
}

static int serve(const char *config_path)
{
    assay_options options = ASSAY_OPTIONS_INIT;
    assay *instance = NULL;
    assay_error err = {0};
    assay_rc rc;

    options.config_path = config_path;
    options.log = print_line;
    options.log_level = ASSAY_LOG_WARN;
    options.diagnostic = print_diagnostic;
    options.host_stanzas = assay__host_stanzas;
    rc = assay_open(&options, &instance, &err);
    if (rc == ASSAY_OK)
        rc = assay_start(instance, &err);
    if (rc == ASSAY_OK) {
        harden();
        rc = assay_scanner_serve(instance, ASSAY_SCANNER_FD, &err);
    }
    assay_close(&instance);
    if (rc == ASSAY_OK)
        return EX_OK;
    fprintf(stderr, "assay-scanner: %s\n", err.msg);
    return rc == ASSAY_E_CONF ? EX_CONFIG : EX_UNAVAILABLE;
}

int main(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"config", required_argument, NULL, 'c'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    const char *config_path = NULL;
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "c:", longopts, NULL)) != -1) {
        switch (option) {
        case 'c':
            config_path = optarg;
            break;
        case 'h':
            usage(stdout);
            return EX_OK;
        case 'V':
            printf("assay-scanner %s\n", assay_version());
            return EX_OK;
        default:
            usage(stderr);
            return EX_USAGE;
        }
    }
    if (!config_path || optind < argc) {
        usage(stderr);
        return EX_USAGE;
    }
    if (!is_seqpacket_socket(ASSAY_SCANNER_FD)) {
        fputs("assay-scanner: descriptor 3 is no scanner socket; this program "
              "is started by others, see --help\n",
              stderr);
        return EX_USAGE;
    }
    return serve(config_path);
}
