/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "kit_measure.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    WARM_UP_ROUNDS = 3,
    WINDOWS = 5,
    HEAP_BYTES = 24, /* least that a round must leave to be a leak: no chunk
                        of the allocator has less than 32 */
    SETTLE_MS = 2000 /* until a thread or child that ends is gone */
};

extern char **environ;

/* ---- counting -------------------------------------------------------------
 */

static unsigned count_entries(const char *path)
{
    struct dirent *entry;
    unsigned count = 0;
    DIR *dir = opendir(path);

    if (!dir)
        return 0;
    while ((entry = readdir(dir)) != NULL) /* NOLINT(concurrency-mt-unsafe) */
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

static uint64_t heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

bool assay__kit_sees_heap(void)
{
    enum { PROOF_BYTES = 100000 };
    uint64_t before = heap_bytes();
    void *volatile proof = malloc(PROOF_BYTES);
    bool sees = heap_bytes() >= before + PROOF_BYTES;

    free(proof);
    return sees;
}

/* For each thread, glibc keeps up to seven freed chunks of each size, and
 * counts them as used: what an engine with many threads uses grows by that for
 * hundreds of rounds. Without, it is seen after a few; and frees are checked
 * more thoroughly. Only a program that starts can be told. */
void assay__kit_restart_to_measure(char *const *argv)
{
    static const char name[] = "GLIBC_TUNABLES";
    static const char tunable[] = "glibc.malloc.tcache_count";
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    const char *have = getenv(name);
    char path[PATH_MAX], *tunables = NULL;
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);

    if (len <= 0 || !assay__kit_sees_heap() || (have && strstr(have, tunable)))
        return;
    path[len] = '\0';
    if (asprintf(&tunables, "%s%s%s=0", have ? have : "",
                 have && *have != '\0' ? ":" : "", tunable) < 0)
        return;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    if (setenv(name, tunables, 1) == 0)
        (void)execv(path, argv);
    free(tunables); /* it cannot be: then growth takes longer to settle */
}

static uint64_t mapped_pages(void)
{
    unsigned long long pages = 0;
    FILE *in = fopen("/proc/self/statm", "re");

    if (!in)
        return 0;
    if (fscanf(in, "%llu", &pages) != 1) /* NOLINT(cert-err34-c) */
        pages = 0;
    (void)fclose(in);
    return pages;
}

/* The kit takes in what its children leave behind, so none is missed. */
static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ||
           errno != ECHILD;
}

unsigned assay__kit_count_threads(void)
{
    return count_entries("/proc/self/task");
}

void assay__kit_measure(const struct assay__kit_child *child,
                        struct assay__kit_measure *out)
{
    bool sees_heap = assay__kit_sees_heap();

    *out = (struct assay__kit_measure){
        .descriptors = count_entries("/proc/self/fd"),
        .threads = assay__kit_count_threads(),
        .files = count_entries(child->folder),
        .has_children = has_children(),
    };
    out->heap = sees_heap ? heap_bytes() : 0;
    out->pages = sees_heap ? mapped_pages() : 0;
}

/* ---- growth ---------------------------------------------------------------
 */

static void sleep_ms(long ms)
{
    const struct timespec pause = {.tv_nsec = ms * 1000000};

    (void)nanosleep(&pause, NULL);
}

/* Threads end a moment after they were told to. */
static void measure_settled(const struct assay__kit_child *child,
                            unsigned threads, struct assay__kit_measure *out)
{
    int64_t end = assay__kit_now_ms() + SETTLE_MS;

    assay__kit_measure(child, out);
    while ((out->threads > threads || out->has_children) &&
           assay__kit_now_ms() < end) {
        sleep_ms(10);
        assay__kit_measure(child, out);
    }
}

void assay__kit_check_ended(struct assay__kit_child *child, unsigned threads)
{
    struct assay__kit_measure now;

    if (assay__kit_has_failed(child))
        return;
    measure_settled(child, threads, &now);
    if (now.threads > threads)
        assay__kit_fail(child, "%u thread%s left after close",
                        now.threads - threads,
                        now.threads - threads == 1 ? " is" : "s are");
    else if (now.has_children)
        assay__kit_fail(child, "a child process is left after close");
}

/* Twice in a row, or it is kept for good. */
static bool grows(unsigned a, unsigned b, unsigned c)
{
    return b > a && c > b;
}

/* What is counted one by one. */
static void judge_counts(struct assay__kit_child *child,
                         const struct assay__kit_measure m[3], unsigned rounds)
{
    static const char fmt[] = "%s grow: %u, %u, then %u after %u more rounds";

    if (grows(m[0].descriptors, m[1].descriptors, m[2].descriptors))
        assay__kit_fail(child, fmt, "descriptors", m[0].descriptors,
                        m[1].descriptors, m[2].descriptors, rounds);
    else if (grows(m[0].threads, m[1].threads, m[2].threads))
        assay__kit_fail(child, fmt, "threads", m[0].threads, m[1].threads,
                        m[2].threads, rounds);
    else if (grows(m[0].files, m[1].files, m[2].files))
        assay__kit_fail(child, fmt, "files in its folder for temporary ones",
                        m[0].files, m[1].files, m[2].files, rounds);
    else if (m[2].has_children)
        assay__kit_fail(child, "a child process is left");
}

/* Whether so many rounds may each have kept as much as a leak would: some
 * least size, and no less than half of what rounds kept before.
 * @param rate  bytes or pages of a round: of the window before, then of this */
static bool keeps(uint64_t before, uint64_t after, unsigned rounds,
                  uint64_t least, uint64_t *rate)
{
    uint64_t now = after > before && rounds > 0 ? (after - before) / rounds : 0;
    bool is_steady = now >= least && now >= *rate / 2;

    *rate = now;
    return is_steady;
}

static bool run_rounds(struct assay__kit_child *child, unsigned rounds,
                       bool (*round)(struct assay__kit_child *child, void *arg),
                       void *arg)
{
    for (unsigned i = 0; i < rounds; i++)
        if (!round(child, arg) || assay__kit_has_failed(child))
            return false;
    return true;
}

/* Memory: allocators and pools of libraries grow for a while, a leak does for
 * ever, so each window is twice as long as the last, and all must grow. */
struct growth {
    struct assay__kit_measure at[WINDOWS + 1];
    bool heap, pages;              /* grew in all windows so far */
    uint64_t heap_rate, page_rate; /* in the last window */
    unsigned rounds;               /* of the last window */
    unsigned total;
};

static bool run_window(struct assay__kit_child *child, struct growth *growth,
                       unsigned window,
                       bool (*round)(struct assay__kit_child *child, void *arg),
                       void *arg)
{
    const struct assay__kit_measure *before = &growth->at[window];
    struct assay__kit_measure *after = &growth->at[window + 1];

    if (!run_rounds(child, growth->rounds, round, arg))
        return false;
    growth->total += growth->rounds;
    measure_settled(child, growth->at[0].threads, after);
    growth->heap = keeps(before->heap, after->heap, growth->rounds, HEAP_BYTES,
                         &growth->heap_rate) &&
                   growth->heap;
    growth->pages = keeps(before->pages, after->pages, growth->rounds, 1,
                          &growth->page_rate) &&
                    growth->pages;
    if (window == 0) /* what was allocated first may have been much */
        growth->heap_rate = growth->page_rate = 0;
    if (window == 1)
        judge_counts(child, growth->at, growth->rounds);
    return !assay__kit_has_failed(child);
}

static void judge_memory(struct assay__kit_child *child,
                         const struct growth *growth)
{
    if (growth->heap)
        assay__kit_fail(child,
                        "memory grows: by %llu bytes in each of %u rounds",
                        (unsigned long long)growth->heap_rate, growth->total);
    else if (growth->pages)
        assay__kit_fail(child,
                        "mapped memory grows: by %llu pages in each of %u "
                        "rounds",
                        (unsigned long long)growth->page_rate, growth->total);
}

void assay__kit_check_growth(struct assay__kit_child *child, unsigned rounds,
                             bool (*round)(struct assay__kit_child *child,
                                           void *arg),
                             void *arg)
{
    struct growth growth = {.heap = assay__kit_sees_heap(), .rounds = rounds};
    bool sees_heap = growth.heap;

    growth.pages = sees_heap;
    if (!run_rounds(child, WARM_UP_ROUNDS, round, arg))
        return;
    measure_settled(child, UINT_MAX, &growth.at[0]);
    if (growth.at[0].has_children) {
        assay__kit_fail(child, "a child process is left");
        return;
    }
    for (unsigned i = 0; i < WINDOWS; i++) {
        if (i >= 2 && !growth.heap && !growth.pages)
            break;
        if (!run_window(child, &growth, i, round, arg))
            return;
        if (i + 1 < WINDOWS)
            growth.rounds *= 2;
    }
    judge_memory(child, &growth);
    assay__kit_note(child, "%u rounds%s", growth.total,
                    sees_heap ? ""
                              : "; memory is not measured, this allocator "
                                "does not tell");
}

/* ---- manners --------------------------------------------------------------
 */

static uint64_t environment_sum(void)
{
    uint64_t sum = 1469598103934665603u; /* FNV-1a */

    for (char **entry = environ; entry && *entry; entry++)
        for (const char *c = *entry;; c++) {
            sum = (sum ^ (unsigned char)*c) * 1099511628211u;
            if (*c == '\0')
                break;
        }
    return sum;
}

static mode_t current_umask(void)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    return mask;
}

static void note_descriptors(bool *has)
{
    struct dirent *entry;
    DIR *dir = opendir("/proc/self/fd");

    memset(has, 0, ASSAY__KIT_DESCRIPTORS_MAX);
    while (dir && (entry = readdir(dir)) != NULL) { /* NOLINT */
        long fd = strtol(entry->d_name, NULL, 10);

        if (fd >= 0 && fd < ASSAY__KIT_DESCRIPTORS_MAX && fd != dirfd(dir) &&
            entry->d_name[0] != '.')
            has[fd] = true;
    }
    if (dir)
        (void)closedir(dir);
}

void assay__kit_manners_note(struct assay__kit_manners *manners)
{
    const char *locale;

    memset(manners, 0, sizeof *manners);
    for (int i = 1; i <= 64; i++)
        (void)sigaction(i, NULL, &manners->handlers[i]);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &manners->mask);
    manners->umask = current_umask();
    if (!getcwd(manners->cwd, sizeof manners->cwd))
        manners->cwd[0] = '\0';
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): only asks */
    locale = setlocale(LC_ALL, NULL);
    (void)snprintf(manners->locale, sizeof manners->locale, "%s",
                   locale ? locale : "");
    manners->environment = environment_sum();
    note_descriptors(manners->has_descriptor);
}

static bool has_other_mask(const sigset_t *a, const sigset_t *b, int *which)
{
    for (*which = 1; *which <= 64; ++*which)
        if (sigismember(a, *which) != sigismember(b, *which))
            return true;
    return false;
}

static void compare_signals(struct assay__kit_child *child,
                            const struct assay__kit_manners *now)
{
    const struct assay__kit_manners *was = &child->before;
    int number;

    for (int i = 1; i <= 64; i++)
        if (was->handlers[i].sa_handler != now->handlers[i].sa_handler)
            assay__kit_fail(child, "it changed the handler of SIG%s",
                            sigabbrev_np(i) ? sigabbrev_np(i) : "RT");
    if (has_other_mask(&was->mask, &now->mask, &number))
        assay__kit_fail(child, "it changed the signal mask: SIG%s",
                        sigabbrev_np(number) ? sigabbrev_np(number) : "RT");
}

void assay__kit_manners_compare(struct assay__kit_child *child)
{
    const struct assay__kit_manners *was = &child->before;
    struct assay__kit_manners now;

    assay__kit_manners_note(&now);
    compare_signals(child, &now);
    if (was->umask != now.umask)
        assay__kit_fail(child, "it changed the umask from %03o to %03o",
                        (unsigned)was->umask, (unsigned)now.umask);
    if (strcmp(was->cwd, now.cwd) != 0)
        assay__kit_fail(child, "it changed the working directory to %.200s",
                        now.cwd);
    if (strcmp(was->locale, now.locale) != 0)
        assay__kit_fail(child, "it changed the locale to %s", now.locale);
    if (was->environment != now.environment)
        assay__kit_fail(child, "it changed the environment");
}

/* ---- folders --------------------------------------------------------------
 */

static int remove_entry(const char *path, const struct stat *st, int type,
                        struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    (void)remove(path);
    return 0;
}

void assay__kit_remove_folder(const char *path)
{
    enum { DESCRIPTORS = 16 };

    (void)nftw(path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}
