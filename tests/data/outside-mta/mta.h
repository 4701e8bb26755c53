/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A minimal MTA that loads Assay: it takes mail on a loopback port and writes
 * what is accepted to a folder. It is built with the installed headers of Assay
 * only, and finds everything else in the table of libassay.
 *
 *   main.c     loading, options, the beginning and the end
 *   smtp.c     the protocol, without any waiting
 *   threads.c  a thread for each connection; phases in the blocking form
 *   events.c   one event loop; phases in the callback form
 */
#ifndef MINIMAL_MTA_H
#define MINIMAL_MTA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include <assay/host.h>

enum {
    INPUT_MAX = 16384,       /* unread bytes of a client */
    MAIL_MAX = 16 * 1048576, /* bytes of a message */
    RECIPIENTS_MAX = 100,    /* of a message */
    ADDRESS_MAX = 320,       /* bytes */
    CLIENTS_MAX = 1000       /* connections at once */
};

/* How messages are handed over. */
enum hand_over { BY_PIECES, BY_TEXT, BY_DESCRIPTOR, BY_HEADERS, BY_BUFFER };

struct mta {
    const assay_host_table *api;
    assay *library;
    const char *spool; /* folder of accepted mail */
    enum hand_over hand_over;
    int listen_fd, signal_fd;
    _Atomic unsigned accepted; /* messages */
};

/* What the protocol waits for. */
enum step {
    STEP_CONNECT,
    STEP_EHLO,
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_STORE,
    STEP_INPUT, /* more bytes of the client */
    STEP_END    /* the connection is to be closed */
};

struct client {
    struct mta *mta;
    int fd;
    assay_session *session;
    char input[INPUT_MAX]; /* what was read and not yet looked at */
    size_t input_len;
    bool in_data;
    bool is_too_large;
    bool wants_end; /* after the next answer */
    char *mail;     /* un-stuffed; owned, or lent to the session */
    size_t mail_len, mail_cap;
    enum step step;             /* that was begun */
    char text[ADDRESS_MAX + 1]; /* EHLO name, or address */
    char argument[1024];        /* of MAIL or RCPT */
    char sender[ADDRESS_MAX + 1];
    char recipients[RECIPIENTS_MAX][ADDRESS_MAX + 1];
    size_t recipient_count;
    struct client *next, *previous; /* of the same MTA */
};

/* smtp.c: none of it waits for the library or for input. */

/* A client of a new connection; the first step is STEP_CONNECT.
 * @return NULL: no memory, or the library takes no session */
struct client *smtp_open(struct mta *mta, int fd);
void smtp_close(struct client *client);
/* Look at the input; what can be answered without the library is. */
enum step smtp_next(struct client *client);
/* Answer a step. @return the next one: STEP_STORE, STEP_INPUT or STEP_END */
enum step smtp_answer(struct client *client, enum step step, assay_rc rc,
                      const assay_disposition *disposition);
/* Read what there is. @return false at the end of the connection */
bool smtp_read(struct client *client);

/* Serve until SIGTERM; SIGHUP reloads. @return exit status */
int serve_with_threads(struct mta *mta);
int serve_with_events(struct mta *mta);
/* main.c; for SIGHUP: takes as long as signatures need to load */
void reload(struct mta *mta);
/* events.c: the option complete of the library */
void events_complete(void *arg, assay_completion *completion);

#endif
