/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What passes between a host and its scanner processes: packets of fixed
 * layout over SOCK_SEQPACKET pairs, a content or a record as a sealed memfd
 * beside them. Both sides check every field; nobody trusts a length.
 *
 *   host to template    START(memfd) FORK(socket) NEWER VERSION RETIRE
 *   template to host    LOG READY FORKED(pidfd) ANSWER FAILED
 *   host to worker      SCAN(memfd) PROBE
 *   worker to host      LOG WORKING FINDING ANSWER FAILED
 *
 * Small contents come in a window: one memfd for all of a worker, which only
 * the host can write to. It is the worker's alone, so none sees what another
 * got.
 *
 * A request has one answer with its id; LOG comes at any time before it.
 */
#ifndef ASSAY_SCAN_SCANNER_WIRE_H
#define ASSAY_SCAN_SCANNER_WIRE_H

#include <assay/engine.h>
#include <assay/message.h>

enum {
    ASSAY__WIRE_MAGIC = 0x41535932, /* "ASY2": layout 2 */
    ASSAY__WIRE_MEDIA_TYPE = 128,
    ASSAY__WIRE_FILE_NAME = 512,
    ASSAY__WIRE_READING = 64,
    ASSAY__WIRE_WINDOW = 128 * 1024 /* bytes of a window */
};

enum assay__wire_kind {
    /* host to template */
    ASSAY__WIRE_START = 1, /* with a scanner record */
    ASSAY__WIRE_FORK,      /* with the worker's end of a socket pair; id is the
                              worker's number */
    ASSAY__WIRE_NEWER,
    ASSAY__WIRE_VERSION,
    ASSAY__WIRE_RETIRE, /* end when the last worker has; no answer */
    /* host to worker */
    ASSAY__WIRE_SCAN,
    ASSAY__WIRE_PROBE,
    /* to the host */
    ASSAY__WIRE_LOG,
    ASSAY__WIRE_READY,   /* the engine is open */
    ASSAY__WIRE_FORKED,  /* with a pidfd */
    ASSAY__WIRE_WORKING, /* the worker has proved that it detects */
    ASSAY__WIRE_FINDING,
    ASSAY__WIRE_ANSWER, /* to NEWER, VERSION, PROBE */
    ASSAY__WIRE_FAILED
};

struct assay__wire_request {
    uint32_t magic;
    uint32_t kind;
    uint64_t id;
    uint64_t size; /* of the memfd */
    /* of SCAN */
    int64_t deadline_ms;   /* CLOCK_MONOTONIC, which processes share */
    int64_t timeout_ms;    /* of CPU for this scan, to end what outlives us */
    uint32_t content_kind; /* assay_content_kind */
    uint32_t has_names;    /* ASSAY__WIRE_HAS_* bits */
    char media_type[ASSAY__WIRE_MEDIA_TYPE];
    char file_name[ASSAY__WIRE_FILE_NAME]; /* of a longer one the end */
    char reading[ASSAY__WIRE_READING];
};

enum {
    ASSAY__WIRE_HAS_MEDIA_TYPE = 1u << 0,
    ASSAY__WIRE_HAS_FILE_NAME = 1u << 1,
    ASSAY__WIRE_HAS_READING = 1u << 2
};

struct assay__wire_reply {
    uint32_t magic;
    uint32_t kind;
    uint64_t id;
    int32_t rc;      /* assay_rc of FAILED; assay_log_level of LOG */
    uint64_t number; /* READY: bytes of memory that the engine takes;
                        FORKED: process id; FINDING: bytes that the worker
                        has grown by since it was forked; ANSWER to NEWER:
                        the set */
    char epoch[ASSAY_EPOCH_MAX];   /* of READY */
    char text[ASSAY_LOG_LINE_MAX]; /* READY: pieces of the sandbox that are
                                      missing; FAILED: why; LOG: the line;
                                      ANSWER to VERSION */
    assay_finding finding;
};

/**
 * Copy bytes into a memfd that nobody can change any more.
 * @return ASSAY_OK; ASSAY_E_IO. *fd_out is CLOEXEC; close() it.
 */
assay_rc assay__wire_seal(assay_bytes bytes, int *fd_out, assay_error *err);

/** Map a received memfd read-only after checking seals and size.
 *  @param map_out munmap(map, size); NULL when size is 0 */
assay_rc assay__wire_map(int fd, uint64_t size, void **map_out,
                         assay_error *err);
/** Likewise, but copy it out; it may also be in a window, whose owner can
 *  change it meanwhile. For less than some 100 KB that is cheaper.
 *  @param buffer  size bytes */
assay_rc assay__wire_read(int fd, uint64_t size, void *buffer,
                          assay_error *err);

/** All zero: not open. */
struct assay__wire_window {
    int fd;
    void *map; /* NULL: not open */
};

/** Put bytes into a window, which is opened when it was not; what was there
 *  before is gone, or lies behind them.
 *  @return its descriptor, to be sent; -1: too large, or it cannot be opened */
int assay__wire_window_put(struct assay__wire_window *window,
                           assay_bytes bytes);
void assay__wire_window_close(struct assay__wire_window *window);

/**
 * Send one packet, and a descriptor with it.
 *
 * @param fd        -1: none
 * @param until_ms  CLOCK_MONOTONIC: how long to wait while too many descriptors
 *                  of the user are on their way
 * @return ASSAY_OK; ASSAY_E_IO
 */
assay_rc assay__wire_send_until(int socket_fd, const void *packet, size_t size,
                                int fd, int64_t until_ms, assay_error *err);
/** Likewise, for some seconds at most. */
assay_rc assay__wire_send(int socket_fd, const void *packet, size_t size,
                          int fd, assay_error *err);

/**
 * Receive one packet of exactly @size bytes.
 *
 * @param socket_fd  one that blocks
 * @param fd_out  may be NULL: then a descriptor that came along is closed and
 *                the packet refused; else the one descriptor, or -1
 * @return ASSAY_OK; ASSAY_E_NOTFOUND at end of file; ASSAY_E_IO likewise when
 *         the peer did not read what was sent last, and else; ASSAY_E_INVAL
 * for a packet of another size or with stray descriptors; ASSAY_E_TIMEOUT at
 * deadline_ms (CLOCK_MONOTONIC; negative: none); ASSAY_E_IO
 */
assay_rc assay__wire_receive(int socket_fd, void *packet, size_t size,
                             int *fd_out, int64_t deadline_ms,
                             assay_error *err);

/**
 * Wait until a descriptor can be read or its peer is gone.
 *
 * @param other_fd  -1, or another that ends the wait as well
 * @return ASSAY_OK when fd is ready; ASSAY_E_STATE when only other_fd is;
 *         ASSAY_E_TIMEOUT; ASSAY_E_IO
 */
assay_rc assay__wire_wait(int fd, int other_fd, int64_t deadline_ms,
                          assay_error *err);

/** Begin a request or reply; everything not set is zero. */
void assay__wire_request_init(struct assay__wire_request *request,
                              enum assay__wire_kind kind, uint64_t id);
void assay__wire_reply_init(struct assay__wire_reply *reply,
                            enum assay__wire_kind kind, uint64_t id);

/** True when the fields that stand in every packet make sense, and its texts
 *  are terminated. */
bool assay__wire_request_is_sound(const struct assay__wire_request *request);
/** Likewise; the finding's numbers are in range and its texts terminated, but
 *  not clean: assay__finding_judge() trusts nothing in it. */
bool assay__wire_reply_is_sound(const struct assay__wire_reply *reply);

/** Put what an engine is told about a content into a SCAN request, and take
 *  it out again; strings are borrowed from the request. */
void assay__wire_put_content(struct assay__wire_request *request,
                             const assay_content *content);
void assay__wire_get_content(const struct assay__wire_request *request,
                             const void *data, assay_content *content_out);

#endif
