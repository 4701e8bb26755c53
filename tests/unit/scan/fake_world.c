/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "fake_world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define START_US 5000000
#define FIRST_DATABASE 7

static _Atomic int64_t now_us = START_US;
static _Atomic bool probe_works = true;
static _Atomic int database = FIRST_DATABASE;
static pthread_mutex_t world_lock = PTHREAD_MUTEX_INITIALIZER;
static char events[1024];
static struct fake_sight last_sight, previous_sight;
static char log_lines[ASSAY_LOG_DEBUG + 1][ASSAY_LOG_LINE_MAX];
static unsigned log_count;
static unsigned sight_count;
static pthread_cond_t gate_changed = PTHREAD_COND_INITIALIZER;
static bool gate_is_open;
static unsigned gate_waiting, gate_passes;

void fake_world_reset(void)
{
    atomic_store(&now_us, START_US);
    atomic_store(&probe_works, true);
    atomic_store(&database, FIRST_DATABASE);
    events[0] = '\0';
    memset(&last_sight, 0, sizeof last_sight);
    memset(&previous_sight, 0, sizeof previous_sight);
    memset(log_lines, 0, sizeof log_lines);
    log_count = 0;
    sight_count = 0;
    gate_is_open = false;
    gate_waiting = 0;
    gate_passes = 0;
}

void fake_clock_advance_ms(int64_t ms)
{
    atomic_fetch_add(&now_us, ms * 1000);
}

int64_t __wrap_assay__clock_us(void)
{
    return atomic_load(&now_us);
}

int64_t __wrap_assay__clock_ms(void)
{
    return atomic_load(&now_us) / 1000;
}

void fake_event(const char *word, const char *name)
{
    size_t used;

    (void)pthread_mutex_lock(&world_lock);
    used = strlen(events);
    (void)snprintf(events + used, sizeof events - used, "%s %s;", word, name);
    (void)pthread_mutex_unlock(&world_lock);
}

const char *fake_events(void)
{
    return events;
}

void fake_saw(const assay_scan_args *args)
{
    const assay_content *content = args->content;
    size_t len = content->size;

    (void)pthread_mutex_lock(&world_lock);
    sight_count++;
    previous_sight = last_sight;
    last_sight.thread = pthread_self();
    last_sight.kind = content->kind;
    last_sight.size = content->size;
    last_sight.deadline_ms = args->deadline_ms;
    if (len > sizeof last_sight.data - 1)
        len = sizeof last_sight.data - 1;
    if (len > 0)
        memcpy(last_sight.data, content->data, len);
    last_sight.data[len] = '\0';
    assay__text_copy(last_sight.media_type, sizeof last_sight.media_type,
                     content->media_type);
    assay__text_copy(last_sight.file_name, sizeof last_sight.file_name,
                     content->file_name);
    assay__text_copy(last_sight.reading, sizeof last_sight.reading,
                     content->reading);
    (void)pthread_mutex_unlock(&world_lock);
}

const struct fake_sight *fake_last_sight(void)
{
    return &last_sight;
}

const struct fake_sight *fake_previous_sight(void)
{
    return &previous_sight;
}

unsigned fake_sight_count(void)
{
    unsigned count;

    (void)pthread_mutex_lock(&world_lock);
    count = sight_count;
    (void)pthread_mutex_unlock(&world_lock);
    return count;
}

void fake_database_set(int number)
{
    atomic_store(&database, number);
}

int fake_database(void)
{
    return atomic_load(&database);
}

void fake_gate_open(void)
{
    (void)pthread_mutex_lock(&world_lock);
    gate_is_open = true;
    (void)pthread_cond_broadcast(&gate_changed);
    (void)pthread_mutex_unlock(&world_lock);
}

void fake_gate_pass(void)
{
    (void)pthread_mutex_lock(&world_lock);
    gate_waiting++;
    (void)pthread_cond_broadcast(&gate_changed);
    while (!gate_is_open && gate_passes == 0)
        (void)pthread_cond_wait(&gate_changed, &world_lock);
    if (!gate_is_open)
        gate_passes--;
    gate_waiting--;
    (void)pthread_mutex_unlock(&world_lock);
}

void fake_gate_pass_one(void)
{
    (void)pthread_mutex_lock(&world_lock);
    gate_passes++;
    (void)pthread_cond_broadcast(&gate_changed);
    (void)pthread_mutex_unlock(&world_lock);
}

void fake_gate_await(unsigned engines)
{
    (void)pthread_mutex_lock(&world_lock);
    while (gate_waiting < engines)
        (void)pthread_cond_wait(&gate_changed, &world_lock);
    (void)pthread_mutex_unlock(&world_lock);
}

void fake_probe_set(bool works)
{
    atomic_store(&probe_works, works);
}

bool fake_probe_works(void)
{
    return atomic_load(&probe_works);
}

void fake_log_sink(void *arg, assay_log_level level, const char *line)
{
    (void)arg;
    (void)pthread_mutex_lock(&world_lock);
    assay__text_copy(log_lines[level], sizeof log_lines[level], line);
    log_count++;
    (void)pthread_mutex_unlock(&world_lock);
}

const char *fake_log_last(assay_log_level level)
{
    return log_lines[level];
}

unsigned fake_log_count(void)
{
    return log_count;
}
