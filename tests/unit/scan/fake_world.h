/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the fake engines report to the test program, and the clock they turn.
 * Tests that link it wrap assay__clock_ms and assay__clock_us.
 */
#ifndef ASSAY_TESTS_FAKE_WORLD_H
#define ASSAY_TESTS_FAKE_WORLD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <assay/engine.h>

/** Settings of every fake engine. */
struct fake_settings {
    bool refuse_open;  /* open fails with a sentence */
    bool silent_open;  /* open fails without one */
    bool forget_open;  /* open says OK but gives no instance */
    bool uses_names;   /* flags say that names matter */
    bool wants_parts;  /* flags say that mails are not read */
    bool reads_mail;   /* looks for its order in the decoded parts of a mail */
    const char *note;  /* for the option table only */
    int64_t max_parts; /* likewise */
};

/** Back to an empty world; call in the fixture. */
void fake_world_reset(void);
void fake_clock_advance_ms(int64_t ms);
/** Append "word name;" to the event list. */
void fake_event(const char *word, const char *name);
const char *fake_events(void);
/** Remember what an engine was given; the bytes are cut at 4095. */
void fake_saw(const assay_scan_args *args);

struct fake_sight {
    assay_content_kind kind;
    size_t size;
    int64_t deadline_ms;
    char data[4096];
    char media_type[64];
    char file_name[64];
    char reading[32];
    pthread_t thread; /* that the engine was called in */
};
const struct fake_sight *fake_last_sight(void);
/** What was given to an engine before that. */
const struct fake_sight *fake_previous_sight(void);

/** How many contents engines were given since the reset. */
unsigned fake_sight_count(void);

/** The number of the signature database in the epoch of every fake engine. */
void fake_database_set(int number);
int fake_database(void);

/** A gate that is closed after the reset; engines wait at it when ordered
 *  to. */
void fake_gate_open(void);
/** Let one engine through that waits at the gate, or the next to come. */
void fake_gate_pass_one(void);
void fake_gate_pass(void);
/** Wait until as many engines stand before the gate. */
void fake_gate_await(unsigned engines);

/** What probe answers from now on. */
void fake_probe_set(bool works);
bool fake_probe_works(void);

/** A log sink that keeps the last line of each level. */
void fake_log_sink(void *arg, assay_log_level level, const char *line);
const char *fake_log_last(assay_log_level level);
unsigned fake_log_count(void);

int64_t __wrap_assay__clock_ms(void);
int64_t __wrap_assay__clock_us(void);

#endif
