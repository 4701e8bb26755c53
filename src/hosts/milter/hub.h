/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * All connections of the process: how many there are, which callbacks run,
 * how many messages are in flight, and when the last of them is done.
 *
 * libmilter forgets its open connections when it stops, without a call of
 * xxfi_close, and it calls back from several threads until the process ends.
 * The hub is the gate in front of everything shared: a callback enters or,
 * once the gate is shut, touches nothing.
 *
 * Locking: hub->lock guards every member and the links of the connections; it
 * is held for a few instructions and never across a call out of hub.c.
 */
#ifndef ASSAY_MILTER_HUB_H
#define ASSAY_MILTER_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/assay.h>

/** One connection of the MTA. Used by one callback at a time. */
struct assay__connection {
    struct assay__connection *prev, *next; /* hub->lock */
    assay_session *session;                /* NULL until xxfi_connect */
    bool leading_space;     /* SMFIP_HDR_LEADSPC: values come as received */
    bool closing;           /* policy ended it: only 421 from here */
    bool in_message;        /* counted as a message in flight */
    bool has_bytes;         /* something of the message was stored */
    assay_rc store_rc;      /* why bytes of the message could not be stored */
    unsigned long quiet;    /* SMFIP_NR_* of the steps that do not answer */
    assay_disposition held; /* what such a step would have answered; CONTINUE:
                               nothing */
    bool held_for_all;      /* it concerns all messages of the connection */
    bool unsure;            /* quiet is a guess: hold, and answer as well */
};

struct assay__hub;

/** @param max_connections  more are refused; 0: no limit
 *  @return NULL when out of memory */
struct assay__hub *assay__hub_new(size_t max_connections);
/**
 * Close the sessions of the connections that are left; only after
 * assay__hub_shut() returned true. The gate itself stays, since libmilter may
 * still knock; free() it where that cannot be. Accepts NULL.
 */
void assay__hub_clear(struct assay__hub *hub);

/** @return false once the gate is shut: then touch nothing and return */
bool assay__hub_enter(struct assay__hub *hub);
void assay__hub_leave(struct assay__hub *hub);

/** @return a new connection, NULL when out of memory */
struct assay__connection *assay__hub_connect(struct assay__hub *hub);
/** Closes the session and frees the connection. Accepts NULL. */
void assay__hub_disconnect(struct assay__hub *hub,
                           struct assay__connection *connection);
/**
 * What was agreed on with the MTA holds for the next client over the same
 * connection, which comes after xxfi_close without a negotiation.
 *
 * @param key  of the connection: its SMFICTX, never looked into
 */
void assay__hub_keep_quiet(struct assay__hub *hub, const void *key,
                           unsigned long quiet);
/** @return false when it was not kept, or is kept no more */
bool assay__hub_take_quiet(struct assay__hub *hub, const void *key,
                           unsigned long *quiet_out);

/**
 * Whether descriptors get scarce: scans need some, and libmilter turns in
 * circles when it has none for the next connection. A connection that is hung
 * up on at once makes room; its MTA tries again.
 * @param changed_out  set to whether the answer was another one last time
 */
bool assay__hub_is_crowded(struct assay__hub *hub, bool *changed_out);

/** @return NULL, or why no further connection may do anything */
const char *assay__hub_refusal(struct assay__hub *hub);

/** @return false while draining: no new message may start */
bool assay__hub_begin_message(struct assay__hub *hub,
                              struct assay__connection *connection);
/** Does nothing if none is counted. */
void assay__hub_end_message(struct assay__hub *hub,
                            struct assay__connection *connection);

/** From now on no connection and no message begins. */
void assay__hub_drain(struct assay__hub *hub);
size_t assay__hub_messages(struct assay__hub *hub);

/**
 * Shut the gate and wait until the callbacks inside have left.
 * @return false when some were still inside after wait_ms
 */
bool assay__hub_shut(struct assay__hub *hub, int64_t wait_ms);

#endif
