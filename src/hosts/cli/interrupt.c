/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* A signal that the parent had us ignore (nohup, a background job) stays
 * ignored: blocking it would bring it back. */
static void add_unless_ignored(sigset_t *set, int signal)
{
    struct sigaction action;

    if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        (void)sigaddset(set, signal);
}

assay_rc assay__interrupt_init(struct assay__interrupt *interrupt,
                               assay_error *err)
{
    sigset_t set;

    (void)sigemptyset(&set);
    add_unless_ignored(&set, SIGINT);
    add_unless_ignored(&set, SIGTERM);
    add_unless_ignored(&set, SIGHUP);
    interrupt->signal = 0;
    interrupt->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (interrupt->fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "signalfd: %s",
                               strerrordesc_np(errno));
    (void)pthread_sigmask(SIG_BLOCK, &set, &interrupt->before);
    return ASSAY_OK;
}

bool assay__interrupt_seen(struct assay__interrupt *interrupt)
{
    struct signalfd_siginfo info;

    if (interrupt->signal == 0 &&
        read(interrupt->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        interrupt->signal = (int)info.ssi_signo;
        (void)pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
    }
    return interrupt->signal != 0;
}

void assay__interrupt_fini(struct assay__interrupt *interrupt)
{
    if (interrupt->fd < 0)
        return;
    (void)close(interrupt->fd);
    interrupt->fd = -1;
    (void)pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
}
