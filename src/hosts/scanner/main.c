/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay-scanner: one engine instance in processes of its own. It is started by
 * programs, not by people: without their socket it says so and ends.
 *
 * libassay has the protocol and the life of templates and workers
 * (<assay/scanner.h>); this folder has the walls around them:
 *
 *   walls.c          the order in which they go up, and what is missing
 *   walls_*.c        one kind of wall each
 *   allocation.c     an allocation that fails ends the process, because some
 *                    engines would go on and call the content clean
 */
#include <getopt.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <assay/scanner.h>

#include "walls.h"

#if ASSAY__SANITIZED
/* The search for leaks at exit stops the process from a child, by ptrace; the
 * walls kill that child, and the process would wait for it for ever. */
const char *__lsan_default_options(void);

const char *__lsan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

static void usage(FILE *out)
{
    fputs("usage: assay-scanner\n"
          "\n"
          "Scans for the program that started it, over the socket it inherits\n"
          "as descriptor 3. Not meant to be started by hand: an engine with\n"
          "isolation = \"process\" does it.\n"
          "\n"
          "  --help     show this text\n"
          "  --version  show the version\n",
          out);
}

static int is_seqpacket_socket(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
           type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {NULL, 0, NULL, 0},
    };
    assay_error err = {0};
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
        switch (option) {
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
    if (optind < argc) {
        usage(stderr);
        return EX_USAGE;
    }
    if (!is_seqpacket_socket(ASSAY_SCANNER_FD)) {
        fputs("assay-scanner: descriptor 3 is no scanner socket; this program "
              "is started by others, see --help\n",
              stderr);
        return EX_USAGE;
    }
    /* The host was told what went wrong; it logs it. */
    return assay_scanner_run(&assay__walls, ASSAY_SCANNER_FD, &err) == ASSAY_OK
               ? EX_OK
               : EX_UNAVAILABLE;
}
