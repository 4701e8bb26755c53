/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A scanner process as its host sees it: the template, which it starts and
 * ends, and the workers that this one forks.
 *
 * Each object is used by one thread at a time; nothing here has a lock. Calls
 * block until their deadline at most, or until a descriptor that the caller
 * named (stop_fd) can be read.
 */
#ifndef ASSAY_SCAN_SCANNER_PROCESS_H
#define ASSAY_SCAN_SCANNER_PROCESS_H

#include <sys/types.h>

#include <assay/log.h>

#include "scan/scanner_record.h"
#include "scan/scanner_wire.h"

/** What to start. All borrowed for the call. */
struct assay__scanner_plan {
    const char *program;
    const struct assay__scanner_record *record;
    const assay_engine_module *table;
    const void *settings;
};

/** One end of a socket pair and who has the other one. */
struct assay__scanner_peer {
    int fd;     /* -1: none */
    int pid_fd; /* -1: none */
    pid_t pid;
    uint64_t last_id;
    bool is_worker;
    const assay_log *log;             /* where its lines go; borrowed */
    struct assay__wire_window window; /* of a worker; open from its first small
                                         content on */
};

struct assay__scanner_process {
    struct assay__scanner_peer peer;
    char epoch[ASSAY_EPOCH_MAX];
    char missing[ASSAY_SCANNER_MISSING_MAX]; /* walls the kernel lacks; "" */
    uint64_t footprint;                      /* bytes of memory at its peak */
    uint64_t places; /* what its walls let it read, when it was started */
    int64_t took_ms; /* to start it */
};

/** Which files and folders these names lead to now. Walls are built around
 *  those, not around names: what is put in the place of one later cannot be
 *  read. @param paths  ended by NULL @return never 0 */
uint64_t assay__scanner_places(const char *const *paths);

/**
 * Start a template and wait until its engine is open.
 *
 * @param log      borrowed until the process has ended
 * @param stop_fd  -1: nothing ends the wait but the process itself
 * @return ASSAY_OK; ASSAY_E_IO it cannot be started; ASSAY_E_STATE stop_fd;
 *         what opening the engine returned, with its sentence
 */
assay_rc assay__scanner_process_start(const struct assay__scanner_plan *plan,
                                      const assay_log *log, int stop_fd,
                                      struct assay__scanner_process *out,
                                      assay_error *err);
/**
 * Have it fork a worker, and wait until that has proved that it detects.
 *
 * @param number  no two of one template may have the same
 * @return ASSAY_OK; ASSAY_E_NOTFOUND the template is gone; ASSAY_E_TIMEOUT it
 *         does not answer; what the worker says
 */
assay_rc assay__scanner_process_fork(struct assay__scanner_process *process,
                                     uint64_t number, int stop_fd,
                                     struct assay__scanner_peer *worker_out,
                                     assay_error *err);
/** It ends when its last worker has; see assay__scanner_process_has_ended. */
void assay__scanner_process_retire(struct assay__scanner_process *process);
/** Takes its log lines; does not block. @return whether it has ended; then it
 *  was reaped */
bool assay__scanner_process_has_ended(struct assay__scanner_process *process);
/** Its workers and itself are killed, and it is reaped. Accepts one that has
 *  ended. */
void assay__scanner_process_end(struct assay__scanner_process *process);

/** Send a request. @param fd  to pass, or -1; stays the caller's */
assay_rc assay__scanner_send(struct assay__scanner_peer *peer,
                             struct assay__wire_request *request, int fd,
                             assay_error *err);
/** Send a request with a content: in the peer's window, or in a memfd of its
 *  own. The answer to the last one must be there.
 *  @return ASSAY_OK; ASSAY_E_LIMIT no descriptor or memory for it; ASSAY_E_IO
 */
assay_rc assay__scanner_send_content(struct assay__scanner_peer *peer,
                                     struct assay__wire_request *request,
                                     assay_bytes content, assay_error *err);
/**
 * Wait for the answer to the last request; writes the log lines that come
 * before it.
 *
 * @param fd_out  may be NULL; else the descriptor that came along, or -1
 * @return ASSAY_OK; ASSAY_E_TIMEOUT; ASSAY_E_NOTFOUND the other side has ended;
 *         ASSAY_E_INVAL its answer makes no sense; ASSAY_E_STATE stop_fd;
 *         the code and sentence of a FAILED
 */
assay_rc assay__scanner_receive(struct assay__scanner_peer *peer,
                                struct assay__wire_reply *reply, int *fd_out,
                                int stop_fd, int64_t deadline_ms,
                                assay_error *err);
/** Write the log lines that wait; does not block. @return false: the other side
 *  has ended, or said what nobody asked for, so that its next answer may belong
 *  to something else */
bool assay__scanner_is_quiet(struct assay__scanner_peer *peer);
/** Close the socket; a peer that is idle ends by that. */
void assay__scanner_peer_close(struct assay__scanner_peer *peer);
/** Kill it first: it may be busy. */
void assay__scanner_peer_kill(struct assay__scanner_peer *peer);

#endif
