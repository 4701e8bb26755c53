/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What passes between a host and a scanner process: packets of fixed layout
 * over a SOCK_SEQPACKET pair, the content as a sealed memfd beside the
 * request. Both sides check every field; nobody trusts a length.
 */
#ifndef ASSAY_SCAN_SCANNER_WIRE_H
#define ASSAY_SCAN_SCANNER_WIRE_H

#include <assay/message.h>
#include <assay/verdict.h>

enum { ASSAY__WIRE_MAGIC = 0x41535931 }; /* "ASY1": layout 1 */

enum assay__wire_kind {
    ASSAY__WIRE_READY = 1, /* scanner to host, once, without a verdict */
    ASSAY__WIRE_SCAN,      /* host to scanner, with a memfd */
    ASSAY__WIRE_VERDICT    /* scanner to host */
};

struct assay__wire_request {
    uint32_t magic;
    uint32_t kind;
    uint64_t id;
    uint64_t size;                   /* of the content in the memfd */
    char engine[ASSAY_NAME_MAX + 1]; /* "" for all */
};

struct assay__wire_reply {
    uint32_t magic;
    uint32_t kind;
    uint64_t id;
    int64_t timeout_ms; /* of READY: longest a scan there takes */
    assay_verdict verdict;
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

assay_rc assay__wire_send(int socket_fd, const void *packet, size_t size,
                          int fd, assay_error *err);

/**
 * Receive one packet of exactly @size bytes.
 *
 * @param fd_out  may be NULL: then a descriptor that came along is closed and
 *                the packet refused; else the one descriptor, or -1
 * @return ASSAY_OK; ASSAY_E_NOTFOUND at end of file; ASSAY_E_INVAL for a
 *         packet of another size or with stray descriptors; ASSAY_E_TIMEOUT
 *         at deadline_ms (CLOCK_MONOTONIC; negative: none); ASSAY_E_IO
 */
assay_rc assay__wire_receive(int socket_fd, void *packet, size_t size,
                             int *fd_out, int64_t deadline_ms,
                             assay_error *err);

/** True when a reply to this request makes sense field by field: enums in
 *  range, strings terminated and printable, CLEAN only with complete coverage
 *  of all bytes. */
bool assay__wire_reply_is_sound(const struct assay__wire_request *request,
                                const struct assay__wire_reply *reply);

#endif
