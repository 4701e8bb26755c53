/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Checks of scans, one at a time.
 */
#include "kit_checks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kit_content.h"

enum {
    LATE_MS = -1000, /* a deadline in the past */
    SHORT_MS = 50    /* one that is near */
};

/* Each check of all samples does this around its own work. */
static bool begin(struct assay__kit_child *child,
                  struct assay__kit_samples *samples)
{
    if (!assay__kit_samples_init(child, samples))
        return false;
    if (assay__kit_ready(child))
        return true;
    assay__kit_samples_fini(samples);
    return false;
}

static void end(struct assay__kit_child *child,
                struct assay__kit_samples *samples)
{
    assay__kit_close(child);
    assay__kit_samples_fini(samples);
}

static void scan(struct assay__kit_child *child, const char *what,
                 const assay_content *content, assay_finding *finding)
{
    assay__kit_scan(child, what, content, child->kit->patience_ms, finding);
}

/* An engine that cannot look, as its server is down or its license has ended,
 * would keep most promises by saying so, and not one of them would be tried. */
static void judge_first(struct assay__kit_child *child, assay_finding *finding)
{
    finding->info[sizeof finding->info - 1] = '\0';
    if (finding->found == ASSAY_FOUND_FAULT)
        assay__kit_fail(child, "it could not look: FAULT, reason %s%s%.200s",
                        assay_reason_name(finding->reason),
                        finding->info[0] != '\0' ? ": " : "", finding->info);
    else if (finding->found <= ASSAY_FOUND_NOT_SUITABLE)
        assay__kit_note(child, "%s", assay__kit_found_name(finding->found));
}

void assay__kit_check_scan(struct assay__kit_child *child)
{
    struct assay__kit_samples samples;
    assay_finding finding;

    if (!begin(child, &samples))
        return;
    scan(child, samples.at[0].what, &samples.at[0].content, &finding);
    judge_first(child, &finding);
    end(child, &samples);
}

/* ---- every kind ------------------------------------------------------------
 */

void assay__kit_check_contents(struct assay__kit_child *child)
{
    struct assay__kit_samples samples;
    assay_finding finding;
    char what[ASSAY__KIT_TEXT_MAX / 2];
    unsigned count = 0;

    if (!begin(child, &samples))
        return;
    for (size_t i = 0; i < samples.count; i++) {
        for (const struct assay__kit_label *label = assay__kit_labels;
             label->what; label++) {
            assay_content content = samples.at[i].content;

            content.file_name = label->file_name;
            content.media_type = label->media_type;
            content.reading = label->reading;
            (void)snprintf(what, sizeof what, "%.100s %.100s",
                           samples.at[i].what, label->what);
            scan(child, what, &content, &finding);
            count++;
        }
    }
    assay__kit_note(child, "%u contents", count);
    end(child, &samples);
}

/* ---- what is said ----------------------------------------------------------
 */

/* The finding ends where memory does, so one byte more is seen. */
static void judge_sample(struct assay__kit_child *child,
                         const struct assay__kit_sample *sample)
{
    struct assay__kit_walls walls = {0};
    char buf[ASSAY__KIT_TEXT_MAX / 2];
    const char *problem;

    if (!assay__kit_walls_init(&walls, NULL, sizeof(assay_finding), true,
                               true)) {
        assay__kit_fail(child, "the kit itself: out of memory");
        return;
    }
    assay__kit_scan_into(child, sample->what, &sample->content,
                         child->kit->patience_ms,
                         (assay_finding *)(void *)walls.data);
    problem = assay__kit_finding_problem((assay_finding *)(void *)walls.data,
                                         sample->content.size, buf, sizeof buf);
    if (problem)
        assay__kit_fail(child, "%.200s: %s", sample->what, problem);
    assay__kit_walls_fini(&walls);
}

void assay__kit_check_finding(struct assay__kit_child *child)
{
    struct assay__kit_samples samples;

    if (!begin(child, &samples))
        return;
    for (size_t i = 0; i < samples.count; i++)
        judge_sample(child, &samples.at[i]);
    end(child, &samples);
}

/* ---- huge ------------------------------------------------------------------
 */

/* Pages that are only read are all one page of zeros: it costs nothing. */
static bool map_huge(struct assay__kit_child *child, assay_content *content)
{
    void *map = mmap(NULL, (size_t)child->kit->huge_bytes, PROT_READ,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (map == MAP_FAILED) {
        assay__kit_skip(child, "there is no room for %llu bytes",
                        (unsigned long long)child->kit->huge_bytes);
        return false;
    }
    *content = (assay_content){.kind = ASSAY_CONTENT_FILE,
                               .data = map,
                               .size = (size_t)child->kit->huge_bytes};
    return true;
}

void assay__kit_check_huge(struct assay__kit_child *child)
{
    char buf[ASSAY__KIT_TEXT_MAX / 2];
    const char *problem;
    assay_content content;
    assay_finding finding;
    int64_t start;

    if (child->kit->huge_bytes == 0) {
        assay__kit_skip(child, "--huge=0");
        return;
    }
    if (!map_huge(child, &content) || !assay__kit_ready(child))
        return;
    start = assay__kit_now_ms();
    scan(child, "a huge file of zeros", &content, &finding);
    problem =
        assay__kit_finding_problem(&finding, content.size, buf, sizeof buf);
    if (problem)
        assay__kit_fail(child, "%s", problem);
    assay__kit_note(child, "%s of %zu MiB in %lld ms",
                    assay__kit_found_name(finding.found), content.size >> 20,
                    (long long)(assay__kit_now_ms() - start));
    assay__kit_close(child);
}

/* ---- walls -----------------------------------------------------------------
 */

/* For the handler of a signal, which has no other way to know. */
static struct {
    struct assay__kit_report *report;
    const struct assay__kit_walls *walls;
} watched;

static void put_text(const char *text)
{
    char *out = watched.report->text;
    size_t i = 0;

    for (; text[i] != '\0' && i + 1 < sizeof watched.report->text; i++)
        out[i] = text[i];
    out[i] = '\0';
}

/* Nothing that is not allowed in a handler. Where the address is not near the
 * content, the signal comes again with its default. */
static void on_fault(int signal_, siginfo_t *info, void *context)
{
    const struct assay__kit_walls *walls = watched.walls;
    const char *at = info->si_addr;

    (void)context;
    if (!walls || at < walls->map || at >= walls->map + walls->map_size) {
        (void)signal(signal_, SIG_DFL);
        return;
    }
    put_text(at < walls->data ? "it reads in front of a content"
             : at < walls->data + walls->size
                 ? "it writes to a content"
                 : "it reads beyond the end of a content");
    atomic_store(&watched.report->outcome, ASSAY__KIT_FAILED);
    _exit(0);
}

static void watch(struct assay__kit_child *child,
                  const struct assay__kit_walls *walls)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO};

    watched.report = child->report;
    watched.walls = walls;
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGBUS, &action, NULL);
}

static void scan_between_walls(struct assay__kit_child *child,
                               const struct assay__kit_sample *sample,
                               bool at_end)
{
    assay_content content = sample->content;
    struct assay__kit_walls walls = {0};
    assay_finding finding;

    if (!assay__kit_walls_init(&walls, content.data, content.size, at_end,
                               false)) {
        assay__kit_fail(child, "the kit itself: out of memory");
        return;
    }
    if (content.data)
        content.data = walls.data;
    watch(child, &walls);
    scan(child, sample->what, &content, &finding);
    watched.walls = NULL;
    assay__kit_walls_fini(&walls);
}

void assay__kit_check_walls(struct assay__kit_child *child)
{
    struct assay__kit_samples samples;

    if (!begin(child, &samples))
        return;
    for (size_t i = 0; i < samples.count; i++) {
        scan_between_walls(child, &samples.at[i], true);
        scan_between_walls(child, &samples.at[i], false);
    }
    end(child, &samples);
}

/* ---- deadlines -------------------------------------------------------------
 */

/* The kit kills this process when the scan goes on for too long. */
static int64_t scan_until(struct assay__kit_child *child, const char *what,
                          const assay_content *content, int64_t within_ms,
                          assay_finding *finding)
{
    int64_t deadline = assay__kit_now_ms() + (within_ms > 0 ? within_ms : 0);

    atomic_store(&child->report->until_ms, deadline + child->kit->grace_ms);
    assay__kit_scan(child, what, content, within_ms, finding);
    atomic_store(&child->report->until_ms, 0);
    return assay__kit_now_ms() - deadline;
}

/* What is wrong with what was found in a sample; NULL: nothing. */
static const char *sample_problem(const struct assay__kit_sample *sample,
                                  const assay_finding *finding, char *buf,
                                  size_t size)
{
    if (finding->found == ASSAY_FOUND_NOTHING && sample->file &&
        sample->file->want != ASSAY__KIT_CLEAN)
        return "NOTHING, in a file that is not clean";
    return assay__kit_finding_problem(finding, sample->content.size, buf, size);
}

/* Late is no excuse to have found nothing. */
static void judge_late(struct assay__kit_child *child,
                       const struct assay__kit_sample *sample,
                       const assay_finding *finding)
{
    char buf[ASSAY__KIT_TEXT_MAX / 2];
    const char *problem = finding->found == ASSAY_FOUND_NOTHING
                              ? sample_problem(sample, finding, buf, sizeof buf)
                              : NULL;

    if (problem)
        assay__kit_fail(child, "%.200s, after the deadline: %s", sample->what,
                        problem);
}

/* What is wrong without a deadline, too, is told by other checks. */
static bool is_sound_in_time(struct assay__kit_child *child,
                             const struct assay__kit_samples *samples)
{
    char buf[ASSAY__KIT_TEXT_MAX / 2];
    assay_finding finding;

    for (size_t i = 0; i < samples->count; i++) {
        scan(child, samples->at[i].what, &samples->at[i].content, &finding);
        if (sample_problem(&samples->at[i], &finding, buf, sizeof buf))
            return false;
    }
    return true;
}

static int64_t scan_late(struct assay__kit_child *child,
                         const struct assay__kit_samples *samples,
                         bool is_sound)
{
    int64_t worst = 0;

    for (size_t i = 0; i < samples->count; i++) {
        assay_finding finding;
        int64_t late = scan_until(child, samples->at[i].what,
                                  &samples->at[i].content, LATE_MS, &finding);

        worst = late > worst ? late : worst;
        if (is_sound)
            judge_late(child, &samples->at[i], &finding);
    }
    return worst;
}

static int64_t scan_huge_shortly(struct assay__kit_child *child, bool is_sound)
{
    const struct assay__kit_sample huge = {.what = "a huge file of zeros"};
    struct assay__kit_sample sample = huge;
    assay_finding finding;
    int64_t late;

    if (child->kit->huge_bytes == 0 || !map_huge(child, &sample.content))
        return 0;
    late = scan_until(child, sample.what, &sample.content, SHORT_MS, &finding);
    if (is_sound)
        judge_late(child, &sample, &finding);
    return late > 0 ? late : 0;
}

/* Scans that came too late must not harm those that follow. */
static void scan_as_before(struct assay__kit_child *child,
                           const struct assay__kit_sample *sample,
                           const assay_finding *before)
{
    assay_finding finding;

    scan(child, sample->what, &sample->content, &finding);
    if (finding.found != before->found)
        assay__kit_fail(child,
                        "%s was %s before a scan that was late, and is "
                        "%s after it",
                        sample->what, assay__kit_found_name(before->found),
                        assay__kit_found_name(finding.found));
}

void assay__kit_check_deadline(struct assay__kit_child *child)
{
    struct assay__kit_samples samples;
    assay_finding before;
    int64_t late, shortly;
    bool is_sound;

    if (!begin(child, &samples))
        return;
    scan(child, samples.at[0].what, &samples.at[0].content, &before);
    is_sound = is_sound_in_time(child, &samples);
    late = scan_late(child, &samples, is_sound);
    shortly = scan_huge_shortly(child, is_sound);
    scan_as_before(child, &samples.at[0], &before);
    assay__kit_note(child,
                    "at most %lld ms after a deadline that had passed, "
                    "%lld ms after one that came",
                    (long long)late, (long long)shortly);
    end(child, &samples);
}

/* ---- files with a known answer ----------------------------------------------
 */

static bool is_wanted(enum assay__kit_want want, assay_found found)
{
    switch (want) {
    case ASSAY__KIT_CLEAN:
        return found == ASSAY_FOUND_NOTHING;
    case ASSAY__KIT_INFECTED:
        return found == ASSAY_FOUND_THREAT;
    case ASSAY__KIT_UNSCANNABLE:
        return found != ASSAY_FOUND_NOTHING;
    }
    return false;
}

static void judge_file(struct assay__kit_child *child,
                       const struct assay__kit_sample *sample)
{
    assay_finding finding;

    scan(child, sample->what, &sample->content, &finding);
    finding.info[sizeof finding.info - 1] = '\0';
    if (!is_wanted(sample->file->want, finding.found))
        assay__kit_fail(child, "%.200s: %s%s%.100s", sample->what,
                        assay__kit_found_name(finding.found),
                        finding.info[0] != '\0' ? ": " : "", finding.info);
}

/* One that is not given the parts of mails has to take them apart. */
static void judge_attached(struct assay__kit_child *child,
                           const struct assay__kit_sample *sample)
{
    assay_content mail;
    assay_finding finding;

    if ((child->flags & ASSAY_ENGINE_WANTS_PARTS) != 0 ||
        sample->content.kind == ASSAY_CONTENT_MESSAGE ||
        sample->file->want != ASSAY__KIT_INFECTED)
        return;
    mail = assay__kit_attach(&sample->content);
    if (mail.size == 0) {
        assay__kit_fail(child, "the kit itself: out of memory");
        return;
    }
    scan(child, "a mail with it", &mail, &finding);
    if (finding.found == ASSAY_FOUND_NOTHING)
        assay__kit_fail(child,
                        "%.200s, attached to a mail: NOTHING, and it does not "
                        "say wants-parts",
                        sample->what);
    free((void *)(uintptr_t)mail.data);
}

static void check_files(struct assay__kit_child *child,
                        enum assay__kit_want want, const char *option)
{
    struct assay__kit_samples samples;
    unsigned count = 0;

    for (size_t i = 0; i < child->kit->file_count; i++)
        count += child->kit->files[i].want == want;
    if (count == 0) {
        assay__kit_skip(child, "no %s file is given", option);
        return;
    }
    if (!begin(child, &samples))
        return;
    for (size_t i = 0; i < samples.count; i++)
        if (samples.at[i].file && samples.at[i].file->want == want) {
            judge_file(child, &samples.at[i]);
            judge_attached(child, &samples.at[i]);
        }
    assay__kit_note(child, "%u file%s", count, count == 1 ? "" : "s");
    end(child, &samples);
}

void assay__kit_check_clean(struct assay__kit_child *child)
{
    check_files(child, ASSAY__KIT_CLEAN, "--clean");
}

void assay__kit_check_infected(struct assay__kit_child *child)
{
    check_files(child, ASSAY__KIT_INFECTED, "--infected");
}

void assay__kit_check_unscannable(struct assay__kit_child *child)
{
    check_files(child, ASSAY__KIT_UNSCANNABLE, "--unscannable");
}
