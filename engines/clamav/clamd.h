/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamav engine as a client of clamd (option `daemon`).
 *
 *   clamd.c             an instance: its daemons in order, one scan, the canary
 *   clamd_daemon.c      one clamd: kept sessions, health, version
 *   clamd_session.c     one IDSESSION: commands with ids, spent when in doubt
 *   clamd_connection.c  one socket: deadlines, sending while reading
 *   clamd_reply.c       what the bytes of a reply mean
 *   clamd_health.c      when a daemon is asked or left alone
 *   clamd_resolver.c    host names, looked up aside
 *   clamd_address.c     what may be written in the option
 *   clamd_content.c     a content as a sealed file
 *
 * Only a complete, well-formed OK to the very command that carried a content
 * says that nothing was found in it. Everything else is a fault: the scan goes
 * on to the next daemon while there is time, and then says so.
 */
#ifndef ASSAY_ENGINE_CLAMD_H
#define ASSAY_ENGINE_CLAMD_H

#include <assay/engine.h>

/** Most connections kept to one daemon: the range of daemon_sessions. */
enum { ASSAY__CLAMD_SESSIONS_MAX = 100 };

/** The operations of an instance that has daemons. */
extern const assay_engine_ops assay__clamd_ops;

/** For the option: ASSAY_E_INVAL when text is no address. */
assay_rc assay__clamd_check_address(const char *text, assay_error *err);

#endif
