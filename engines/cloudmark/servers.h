/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The servers of a backend, in the order of the option `servers`, with
 * fail-over.
 *
 * A call asks the first server that is not down. One that cannot be reached,
 * breaks off, or lets its turn pass without an answer is down for
 * ASSAY__SERVER_BACKOFF_MS, and the next is asked, until one answers or the
 * deadline passes. Those that are down come last, in order: when all are, all
 * are tried all the same. When its time is over one call alone finds out
 * whether a server is back; to the others it stays down meanwhile, so that one
 * that does not answer costs one call the time of a turn and not every one.
 *
 * A turn, from the connection to the end of the answer, has an equal share of
 * what is left: of two servers that are up the first has half of the time, and
 * the second all that remains. One alone has all of it, and so has the only
 * one that is up.
 *
 * Locking: none. The state of a server is one atomic; between two calls that
 * change it at once either may win, and both are right.
 */
#ifndef ASSAY_CLOUDMARK_SERVERS_H
#define ASSAY_CLOUDMARK_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/conf.h>
#include <assay/error.h>

enum {
    ASSAY__SERVERS_MAX = 32,
    ASSAY__SERVER_TEXT_MAX = 300, /* with the NUL */
    ASSAY__SERVER_BACKOFF_MS = 5000
};

struct assay__servers;

/** Writes the one form of a server's address to out, or says in err, as a
 *  whole sentence, what is wrong with it. */
typedef assay_rc assay__server_parse(const char *text,
                                     char out[ASSAY__SERVER_TEXT_MAX],
                                     assay_error *err);

/**
 * @param written  option `servers`; borrowed for the call
 * @param usual    the only server when nothing is written
 * @param out      owned by the caller; set on ASSAY_OK only
 * @return ASSAY_OK; ASSAY_E_LIMIT over ASSAY__SERVERS_MAX; ASSAY_E_NOMEM; what
 *         parse returns
 */
assay_rc assay__servers_new(const assay_conf_list *written, const char *usual,
                            assay__server_parse *parse,
                            struct assay__servers **out, assay_error *err);
/** Whether assay__servers_new() would make them. */
assay_rc assay__servers_check(const assay_conf_list *written, const char *usual,
                              assay__server_parse *parse, assay_error *err);
/** NULL is fine. */
void assay__servers_free(struct assay__servers **servers);

size_t assay__servers_count(const struct assay__servers *servers);
/** As parsed; borrowed. */
const char *assay__servers_text(const struct assay__servers *servers,
                                size_t index);

/* ---- one call ----------------------------------------------------------- */

/** A turn of one server in a call. */
struct assay__server_turn {
    const char *server; /* as parsed */
    size_t index;
    int64_t deadline_ms; /* of the turn: earlier than that of the call if
                            others follow */
};

/**
 * Ask one server. No lock is held.
 *
 * @return ASSAY_E_UNAVAILABLE or ASSAY_E_TIMEOUT: it is down, and the next is
 *         asked; anything else is the answer. err names the server.
 */
typedef assay_rc assay__server_ask(void *arg,
                                   const struct assay__server_turn *turn,
                                   assay_error *err);

/**
 * Ask servers until one answers.
 *
 * @return what ask returned last; ASSAY_E_TIMEOUT when the deadline passed
 *         before any was asked
 * Threads: any. Blocks: as ask does; it is not begun after the deadline.
 */
assay_rc assay__servers_ask(struct assay__servers *servers, int64_t deadline_ms,
                            assay__server_ask *ask, void *arg,
                            assay_error *err);

/* ---- its parts, with the time given ------------------------------------- */

/** Of a call: which servers had their turn. {0} at first. */
struct assay__server_walk {
    uint32_t tried; /* bit of each index */
    bool is_down;   /* the one whose turn it is: no other one is up */
};

/** The next one to ask. @return its index, or assay__servers_count() */
size_t assay__servers_next(struct assay__servers *servers,
                           struct assay__server_walk *walk, int64_t now_ms);
void assay__servers_failed(struct assay__servers *servers, size_t index,
                           int64_t now_ms);
void assay__servers_answered(struct assay__servers *servers, size_t index);

#endif
