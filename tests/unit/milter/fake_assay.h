/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A false libassay: sessions that answer what the test says, messages that
 * are a buffer, and counters that show what is left open.
 */
#ifndef ASSAY_TESTS_FAKE_ASSAY_H
#define ASSAY_TESTS_FAKE_ASSAY_H

#include <assay/assay.h>

enum { FAKE_MESSAGE_MAX = 64 * 1024, FAKE_EDITS_MAX = 1100 };

/** Everything a test may set or read. */
struct fake_assay {
    assay_rc open_rc;   /* of assay_session_open() */
    assay_rc phase_rc;  /* of each phase */
    assay_rc append_rc; /* of assay_message_append*() */
    uint32_t phases;    /* in which the policy has something to say */
    assay_phase phase;  /* where disposition is answered */
    assay_disposition disposition;
    int sessions;     /* open */
    int messages;     /* open */
    char calls[1024]; /* "connect ehlo mailfrom(a@b|<a@b> X=1) …" */
    char peer[80];    /* of the last session */
    char data[FAKE_MESSAGE_MAX]; /* of the last message */
    char id[128];                /* of the last message, when it was judged */
    char context[256];           /* "key=value;" of the last session */
    assay_edit edits[FAKE_EDITS_MAX]; /* ends with name NULL */
    const char *header_names[8];      /* of the received header */
    bool call_progress;
    assay_rc store_rc; /* of assay_session_store(); recipients in the domain
                          "local" go to Maildirs */
    const void *settings[4]; /* of host stanzas, in order */
    const assay_conf_stanza *settings_of[4];
    const char *instances[4];
};

extern struct fake_assay fake;

void fake_assay_reset(void);

#endif
