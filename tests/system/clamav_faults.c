/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamav engine under faults. For each fault and each infected sample:
 * while the fault lasts the engine must not say "nothing, all seen"; when it
 * is gone the same instance finds the same sample again. Each fault runs in
 * a child of its own.
 *
 * The same samples go through bare libclamav beside it. That measures which
 * faults it answers with CLEAN (the table of engines/clamav/README.md is this
 * program's output) and proves that the fault was really there.
 *
 * usage: clamav_faults SAMPLES plain|mount
 * plain: faults anybody can make; mount: those that need a file system of
 * their own. Exit 0, 1, or 77 when mounting is not allowed here.
 */
#include "clamav_bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534, SKIP = 77 };

/* Small enough for a file system of 16 MB. */
static const struct assay__clamav_settings small = {
    .max_scansize = 4 << 20,
    .max_filesize = 1 << 20,
    .max_files = 200,
    .max_recursion = 17,
};

#define FAIL(bench, ...)                 \
    do {                                 \
        printf("    FAIL " __VA_ARGS__); \
        putchar('\n');                   \
        (bench)->failures++;             \
    } while (0)

/* ---- what must hold ---------------------------------------------------- */

static const char *found_name(assay_found found)
{
    static const char *const names[] = {"FAULT", "NOTHING", "THREAT",
                                        "UNSCANNABLE", "NOT_SUITABLE"};

    return names[found];
}

static void expect_threats(struct bench *bench, const char *when)
{
    for (size_t i = 0; i < bench->count; i++) {
        assay_finding finding;

        bench_scan(bench, &bench->samples[i], &finding);
        if (finding.found != ASSAY_FOUND_THREAT ||
            strncmp(finding.info, "Assay-Test", 10) != 0)
            FAIL(bench, "%s %s: got %s %s, want THREAT Assay-Test", when,
                 bench->samples[i].name, found_name(finding.found),
                 finding.info);
    }
}

/* No sample may come out as nothing; all as FAULT with the reason, or the
 * threat itself. @return how many bare libclamav calls clean */
static int expect_faults(struct bench *bench, assay_reason want)
{
    int open = 0;

    for (size_t i = 0; i < bench->count; i++) {
        const struct sample *sample = &bench->samples[i];
        assay_finding finding;
        const char *bare;
        bool clean;

        bench_scan(bench, sample, &finding);
        bare = bench_scan_bare(bench, sample, &clean);
        open += clean;
        printf("    %-16s libclamav %-9s engine %s %s\n", sample->name, bare,
               found_name(finding.found), finding.info);
        if (finding.found != ASSAY_FOUND_FAULT || finding.reason != want)
            FAIL(bench, "%s: got %s reason %d, want FAULT reason %d",
                 sample->name, found_name(finding.found), finding.reason, want);
    }
    return open;
}

/* ---- faults ------------------------------------------------------------ */

static void moved(const struct bench *bench, char *out)
{
    snprintf(out, PATH_MAX, "%.*s.gone", PATH_MAX - 8, bench->base);
}

static void folder_vanish(struct bench *bench)
{
    char gone[PATH_MAX];

    moved(bench, gone);
    bench_must(!rename(bench->base, gone), "rename");
}

static void folder_return(struct bench *bench)
{
    char gone[PATH_MAX];

    moved(bench, gone);
    bench_must(!rename(gone, bench->base), "rename");
}

static void chmod_private(struct bench *bench, mode_t mode)
{
    const struct assay__clamav *self = bench->instance;

    bench_must(!chmod(self->folder.path, mode) &&
                   !chmod(bench->bare_path, mode),
               "chmod");
}

static void mode_lock(struct bench *bench)
{
    chmod_private(bench, 0500);
}

static void mode_unlock(struct bench *bench)
{
    chmod_private(bench, 0700);
}

static void take_descriptors(struct bench *bench, int leave)
{
    int fd;

    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        bench->held[bench->held_count++] = fd;
    while (leave-- > 0)
        close(bench->held[--bench->held_count]);
}

static void descriptors_none(struct bench *bench)
{
    take_descriptors(bench, 0);
}

static void descriptors_one(struct bench *bench)
{
    take_descriptors(bench, 1);
}

static void descriptors_back(struct bench *bench)
{
    while (bench->held_count > 0)
        close(bench->held[--bench->held_count]);
}

static void limit_files(rlim_t soft)
{
    struct rlimit limit;

    bench_must(!getrlimit(RLIMIT_FSIZE, &limit), "RLIMIT_FSIZE");
    limit.rlim_cur = soft;
    bench_must(!setrlimit(RLIMIT_FSIZE, &limit), "RLIMIT_FSIZE");
}

static void file_limit_set(struct bench *bench)
{
    assay_finding finding;

    /* First with the signal's default action: it must not arise at all. */
    limit_files(64);
    bench_scan(bench, &bench->samples[0], &finding);
    signal(SIGXFSZ, SIG_IGN); /* bare libclamav raises it */
}

static void file_limit_clear(struct bench *bench)
{
    (void)bench;
    limit_files(RLIM_INFINITY);
}

static void remount(struct bench *bench, unsigned long flags)
{
    bench_must(!mount("none", bench->base, NULL, MS_REMOUNT | flags, NULL),
               "remount");
}

static void readonly_set(struct bench *bench)
{
    remount(bench, MS_RDONLY);
}

static void readonly_clear(struct bench *bench)
{
    remount(bench, 0);
}

static void filler_path(const struct bench *bench, char *out)
{
    snprintf(out, PATH_MAX, "%.*s/filler", PATH_MAX - 8, bench->base);
}

/* Fill the file system up to `leave` bytes. */
static void fill(struct bench *bench, uint64_t leave)
{
    char path[PATH_MAX];
    struct statvfs room = {.f_bavail = 0};
    uint64_t size;
    int fd;

    filler_path(bench, path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bench_must(fd >= 0 && !fstatvfs(fd, &room), path);
    size = (uint64_t)room.f_bavail * room.f_frsize - leave;
    bench_must(!posix_fallocate(fd, 0, (off_t)size), "posix_fallocate");
    bench_must(!fstatvfs(fd, &room), path);
    bench_must((uint64_t)room.f_bavail * room.f_frsize == leave,
               "the free space");
    close(fd);
}

static void full_0(struct bench *bench)
{
    fill(bench, 0);
}

static void full_4096(struct bench *bench)
{
    fill(bench, 4096);
}

static void full_65536(struct bench *bench)
{
    fill(bench, 65536);
}

static void empty_again(struct bench *bench)
{
    char path[PATH_MAX];

    filler_path(bench, path);
    bench_must(!unlink(path), path);
}

static void inode_path(const struct bench *bench, int number, char *out)
{
    snprintf(out, PATH_MAX, "%.*s/f%d", PATH_MAX - 16, bench->base, number);
}

static void inodes_take(struct bench *bench)
{
    char path[PATH_MAX];
    int fd, number = 0;

    for (;;) {
        inode_path(bench, number, path);
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            break;
        close(fd);
        number++;
    }
    bench_must(errno == ENOSPC, "use up the inodes");
}

static void inodes_give(struct bench *bench)
{
    char path[PATH_MAX];
    int number = 0;

    do
        inode_path(bench, number++, path);
    while (!unlink(path));
}

struct fault {
    const char *name;
    const char *mount; /* options of a tmpfs of its own; NULL: none */
    void (*make)(struct bench *bench);
    void (*mend)(struct bench *bench);
    assay_reason reason;
    bool as_nobody; /* root may write anywhere */
    int open_least; /* samples bare libclamav calls clean, at least */
};

static const struct fault faults[] = {
    {"folder missing", NULL, folder_vanish, folder_return,
     ASSAY_REASON_TEMPORARY, false, 8},
    {"folder not writable", NULL, mode_lock, mode_unlock,
     ASSAY_REASON_TEMPORARY, true, 8},
    {"no free descriptor", NULL, descriptors_none, descriptors_back,
     ASSAY_REASON_DESCRIPTORS, false, 1},
    {"one free descriptor", NULL, descriptors_one, descriptors_back,
     ASSAY_REASON_DESCRIPTORS, false, 0},
    {"file size limit", NULL, file_limit_set, file_limit_clear,
     ASSAY_REASON_TEMPORARY, false, 2},
    {"full, 0 bytes free", "size=16m", full_0, empty_again,
     ASSAY_REASON_TEMPORARY, false, 2},
    {"full, 4096 bytes free", "size=16m", full_4096, empty_again,
     ASSAY_REASON_TEMPORARY, false, 0},
    {"full, 65536 bytes free", "size=16m", full_65536, empty_again,
     ASSAY_REASON_TEMPORARY, false, 0},
    {"out of inodes", "size=16m,nr_inodes=1000", inodes_take, inodes_give,
     ASSAY_REASON_TEMPORARY, false, 8},
    {"read-only", "size=16m", readonly_set, readonly_clear,
     ASSAY_REASON_TEMPORARY, false, 8},
};

/* ---- one case, in a child ---------------------------------------------- */

static void make_places(struct bench *bench, const struct fault *fault)
{
    char template[] = "/tmp/assay-clamav-faults-XXXXXX";

    bench_must(mkdtemp(template), "mkdtemp");
    bench_must(!chmod(template, 0755), "chmod");
    snprintf(bench->base, sizeof bench->base, "%s/base", template);
    snprintf(bench->bare_path, sizeof bench->bare_path, "%s/base/bare",
             template);
    snprintf(bench->database, sizeof bench->database, "%s/db", bench_path);
    bench_must(!mkdir(bench->base, 0700), bench->base);
    if (fault->mount)
        bench_must(!mount("none", bench->base, "tmpfs", MS_NODEV | MS_NOSUID,
                          fault->mount),
                   "mount");
    if (fault->as_nobody && !geteuid()) {
        bench_must(!chown(template, NOBODY, NOBODY) &&
                       !chown(bench->base, NOBODY, NOBODY),
                   "chown");
        bench_must(!setresgid(NOBODY, NOBODY, NOBODY), "setresgid");
        bench_must(!setresuid(NOBODY, NOBODY, NOBODY), "setresuid");
    }
}

/* Bare libclamav may leave files behind; the engine may not. */
static void remove_places(struct bench *bench)
{
    char command[PATH_MAX + 16];
    struct dirent *entry;
    DIR *dir = opendir(bench->base);

    bench_must(dir, bench->base);
    while ((entry = readdir(dir)))
        if (!strncmp(entry->d_name, "assay-clamav", 12))
            FAIL(bench, "%s is left after close", entry->d_name);
    closedir(dir);
    umount2(bench->base, MNT_DETACH); /* fails where nothing is mounted */
    *strrchr(bench->base, '/') = '\0';
    snprintf(command, sizeof command, "rm -rf '%s'", bench->base);
    if (system(command))
        FAIL(bench, "cannot remove %s", bench->base);
}

static void lower_descriptor_limit(void)
{
    struct rlimit limit = {256, 256};

    bench_must(!setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
}

static int run_fault(const struct fault *fault)
{
    static struct bench bench;
    assay_error err = {0};
    int open;

    bench.settings = small;
    bench_samples(&bench, "plain");
    lower_descriptor_limit();
    make_places(&bench, fault);
    bench_open(&bench);
    bench_open_bare(&bench);
    expect_threats(&bench, "before");
    fault->make(&bench);
    open = expect_faults(&bench, fault->reason);
    if (open < fault->open_least)
        FAIL(&bench,
             "libclamav calls %d samples clean, want %d or more: "
             "was the fault there?",
             open, fault->open_least);
    if (assay__clamav_ops.probe(bench.instance, &err) == ASSAY_OK)
        FAIL(&bench, "the probe passes under the fault");
    fault->mend(&bench);
    expect_threats(&bench, "after");
    if (assay__clamav_ops.probe(bench.instance, &err) != ASSAY_OK)
        FAIL(&bench, "the probe fails after the fault: %s", err.msg);
    cl_engine_free(bench.bare);
    assay__clamav_ops.close(bench.instance);
    remove_places(&bench);
    return bench.failures != 0;
}

/* ---- limits of libclamav ----------------------------------------------- */

static const struct limit {
    const char *name;
    const char *variant;
    struct assay__clamav_settings settings;
    uint32_t bit;
    size_t least; /* samples that must come out UNSCANNABLE */
} limits[] = {
    {"max_filesize",
     "large",
     {.max_scansize = 4 << 20,
      .max_filesize = 65536,
      .max_files = 200,
      .max_recursion = 17},
     ASSAY_LIMIT_FILE_SIZE,
     8},
    {"max_scansize",
     "large",
     {.max_scansize = 65536,
      .max_filesize = 1 << 20,
      .max_files = 200,
      .max_recursion = 17},
     ASSAY_LIMIT_SCAN_SIZE,
     8},
    {"max_files",
     "many",
     {.max_scansize = 4 << 20,
      .max_filesize = 1 << 20,
      .max_files = 16,
      .max_recursion = 17},
     ASSAY_LIMIT_FILES,
     6}, /* a bare file has none; a tar is found as a whole */
    {"max_recursion",
     "deep",
     {.max_scansize = 4 << 20,
      .max_filesize = 1 << 20,
      .max_files = 200,
      .max_recursion = 5},
     ASSAY_LIMIT_RECURSION,
     8},
};

static void expect_limit(struct bench *bench, const struct limit *limit)
{
    size_t unscannable = 0;

    for (size_t i = 0; i < bench->count; i++) {
        const struct sample *sample = &bench->samples[i];
        assay_finding finding;
        const char *bare;
        bool clean;

        bench_scan(bench, sample, &finding);
        bare = bench_scan_bare(bench, sample, &clean);
        printf("    %-16s libclamav %-9s engine %s %s\n", sample->name, bare,
               found_name(finding.found), finding.info);
        if (finding.found == ASSAY_FOUND_UNSCANNABLE &&
            finding.coverage.limits_hit)
            unscannable++;
        else if (finding.found != ASSAY_FOUND_THREAT)
            FAIL(bench, "%s: got %s, want UNSCANNABLE or THREAT", sample->name,
                 found_name(finding.found));
        if (finding.found == ASSAY_FOUND_UNSCANNABLE &&
            finding.coverage.limits_hit != limit->bit)
            FAIL(bench, "%s: got limits %#x, want %#x", sample->name,
                 finding.coverage.limits_hit, limit->bit);
    }
    if (unscannable < limit->least)
        FAIL(bench, "%zu samples UNSCANNABLE, want %zu or more", unscannable,
             limit->least);
}

static int run_limit(const struct limit *limit)
{
    static const struct fault nothing = {.name = "limits"};
    static struct bench bench;

    bench_samples(&bench, limit->variant);
    make_places(&bench, &nothing);
    bench.settings = limit->settings;
    bench_open(&bench);
    bench_open_bare(&bench);
    expect_limit(&bench, limit);
    cl_engine_free(bench.bare);
    assay__clamav_ops.close(bench.instance);
    bench.settings = small;
    bench_open(&bench); /* the samples are infected indeed */
    expect_threats(&bench, "with room");
    assay__clamav_ops.close(bench.instance);
    remove_places(&bench);
    return bench.failures != 0;
}

/* ---- encrypted content, and headers that lie --------------------------- */

static const struct {
    const char *name;
    assay_found found;
    assay_reason reason;
} specials[] = {
    {"clean", ASSAY_FOUND_NOTHING, ASSAY_REASON_NONE},
    {"eicar", ASSAY_FOUND_THREAT, ASSAY_REASON_NONE},
    {"mail_eicar", ASSAY_FOUND_THREAT, ASSAY_REASON_NONE},
    {"encrypted", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED},
    {"mail_encrypted", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED},
    {"encrypted_threat", ASSAY_FOUND_THREAT, ASSAY_REASON_NONE},
    /* Encrypted, but also over a limit: policy may let the former pass. */
    {"encrypted_large", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT},
    {"encrypted_deep", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT},
    {"lying_zip", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT},
};

static int run_specials(void)
{
    static const struct fault nothing = {.name = "special"};
    static struct bench bench;
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%s/special", bench_path);
    make_places(&bench, &nothing);
    bench.settings = small;
    bench.settings.max_filesize = 65536;
    bench.settings.max_recursion = 5;
    bench_open(&bench);
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        struct sample sample;
        assay_finding finding;

        bench_sample(&sample, folder, specials[i].name);
        bench_scan(&bench, &sample, &finding);
        printf("    %-16s engine %s %s\n", sample.name,
               found_name(finding.found), finding.info);
        if (finding.found != specials[i].found ||
            finding.reason != specials[i].reason)
            FAIL(&bench, "%s: got %s reason %d, want %s reason %d", sample.name,
                 found_name(finding.found), finding.reason,
                 found_name(specials[i].found), specials[i].reason);
        free(sample.data);
    }
    assay__clamav_ops.close(bench.instance);
    remove_places(&bench);
    return bench.failures != 0;
}

/* ---- the deadline ------------------------------------------------------ */

static void expect_timeout(struct bench *bench, const struct sample *sample,
                           int64_t budget_ms)
{
    assay_finding finding;

    bench_scan_until(bench, sample, assay__clamav_now_ms() + budget_ms,
                     &finding);
    printf("    %-16s %lld ms: engine %s %s\n", sample->name,
           (long long)budget_ms, found_name(finding.found), finding.info);
    if (finding.found != ASSAY_FOUND_FAULT ||
        finding.reason != ASSAY_REASON_TIMEOUT)
        FAIL(bench, "%s: got %s, want FAULT timeout", sample->name,
             found_name(finding.found));
}

static int run_time(void)
{
    static const struct fault nothing = {.name = "time"};
    static struct bench bench;
    struct sample slow;
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%s/special", bench_path);
    bench_sample(&slow, folder, "slow");
    bench_samples(&bench, "plain");
    make_places(&bench, &nothing);
    bench.settings = small;
    bench.settings.max_filesize = 8 << 20;
    bench.settings.max_scansize = 32 << 20;
    bench.settings.max_files = 100000;
    bench_open(&bench);
    for (size_t i = 0; i < bench.count; i++)
        expect_timeout(&bench, &bench.samples[i], 0);
    expect_timeout(&bench, &slow, 20);
    expect_threats(&bench, "after");
    assay__clamav_ops.close(bench.instance);
    remove_places(&bench);
    free(slow.data);
    return bench.failures != 0;
}

/* ---- all --------------------------------------------------------------- */

static int in_child(const char *name, int (*run)(const void *), const void *arg)
{
    int status = 0;
    pid_t child;

    printf("%s\n", name);
    fflush(stdout);
    child = fork();
    if (!child) {
        int rc = run(arg);

        fflush(stdout);
        _exit(rc);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    if (!WIFEXITED(status))
        printf("    FAIL died of signal %d\n", WTERMSIG(status));
    printf("  %s\n", status ? "FAILED" : "passed");
    return status != 0;
}

static int child_fault(const void *arg)
{
    return run_fault(arg);
}

static int child_limit(const void *arg)
{
    return run_limit(arg);
}

static int child_time(const void *arg)
{
    (void)arg;
    return run_time();
}

static int child_special(const void *arg)
{
    (void)arg;
    return run_specials();
}

static bool may_mount(void)
{
    return !unshare(CLONE_NEWNS) &&
           !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int main(int argc, char **argv)
{
    bool mounts = argc == 3 && !strcmp(argv[2], "mount");
    int failed = 0;

    if (argc != 3) {
        fprintf(stderr, "usage: clamav_faults SAMPLES plain|mount\n");
        return 2;
    }
    bench_path = argv[1];
    if (mounts && !may_mount()) {
        printf("skipped: no right to mount a small file system here (%s)\n",
               strerror(errno));
        return SKIP;
    }
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (mounts == (faults[i].mount != NULL))
            failed += in_child(faults[i].name, child_fault, &faults[i]);
    for (size_t i = 0; !mounts && i < sizeof limits / sizeof *limits; i++)
        failed += in_child(limits[i].name, child_limit, &limits[i]);
    if (!mounts) {
        failed += in_child("scan time", child_time, NULL);
        failed += in_child("encrypted and lying", child_special, NULL);
    }
    printf("%s\n", failed ? "FAILED" : "all passed");
    return failed != 0;
}
