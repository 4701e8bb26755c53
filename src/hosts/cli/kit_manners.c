/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Checks of what an engine must leave to the program that loads it.
 */
#include "kit_checks.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit_content.h"
#include "kit_measure.h"

/* All that an instance does, but to close. @return false: said why */
static bool live(struct assay__kit_child *child,
                 struct assay__kit_samples *samples)
{
    assay_finding finding;
    assay_error err = {0};

    if (!assay__kit_ready(child))
        return false;
    for (size_t i = 0; i < samples->count; i++)
        assay__kit_scan(child, samples->at[i].what, &samples->at[i].content,
                        child->kit->patience_ms, &finding);
    assay__kit_stage(child, "probe");
    if (child->ops->probe)
        (void)child->ops->probe(child->instance, &err);
    return true;
}

static void check_life(struct assay__kit_child *child,
                       void (*judge)(struct assay__kit_child *child),
                       bool after_close)
{
    struct assay__kit_samples samples;

    if (!assay__kit_samples_init(child, &samples))
        return;
    if (live(child, &samples)) {
        if (after_close)
            assay__kit_close(child);
        assay__kit_stage(child, "looking");
        judge(child);
        assay__kit_close(child);
    }
    assay__kit_samples_fini(&samples);
}

void assay__kit_check_process(struct assay__kit_child *child)
{
    check_life(child, assay__kit_manners_compare, true);
}

/* ---- streams ----------------------------------------------------------------
 */

static void judge_streams(struct assay__kit_child *child)
{
    char text[80];
    ssize_t len;

    (void)fflush(NULL);
    len = pread(child->output, text, sizeof text - 1, 0);
    if (len <= 0)
        return;
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    assay__kit_fail(child, "it prints \"%s\"", text);
}

void assay__kit_check_streams(struct assay__kit_child *child)
{
    check_life(child, judge_streams, true);
}

/* ---- descriptors
 * -------------------------------------------------------------- */

static void judge_descriptor(struct assay__kit_child *child, int fd)
{
    char link[64], target[256];
    int flags = fcntl(fd, F_GETFD);
    ssize_t len;

    if (flags < 0 || (flags & FD_CLOEXEC) != 0 ||
        (fd < ASSAY__KIT_DESCRIPTORS_MAX && child->before.has_descriptor[fd]))
        return;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, target, sizeof target - 1);
    target[len > 0 ? len : 0] = '\0';
    assay__kit_fail(child,
                    "programs that the host starts would inherit its "
                    "descriptor %d (%s)",
                    fd, target);
}

static void judge_descriptors(struct assay__kit_child *child)
{
    struct dirent *entry;
    DIR *dir = opendir("/proc/self/fd");

    while (dir && (entry = readdir(dir)) != NULL) /* NOLINT: one thread */
        if (entry->d_name[0] != '.')
            judge_descriptor(child, (int)strtol(entry->d_name, NULL, 10));
    if (dir)
        (void)closedir(dir);
}

void assay__kit_check_descriptors(struct assay__kit_child *child)
{
    check_life(child, judge_descriptors, false);
}
