/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay engine test: the conformance kit over one engine, one line a check.
 */
#include "engine.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <jansson.h>

#include "command.h"
#include "escape.h"
#include "interrupt.h"
#include "kit.h"
#include "kit_content.h"
#include "kit_measure.h"
#include "progress.h"

enum {
    CHECKS_MAX = 64,
    HUGE_MIB = 64,
    HUGE_MIB_MAX = 65536,
    PATIENCE_S = 120,
    PATIENCE_S_MAX = 86400,
    GRACE_MS = 5000,
    GRACE_MS_MAX = 600000,
    THREADS = 8,
    THREADS_MAX = 64,
    ROUNDS = 10,
    ROUNDS_MAX = 100000,
    NAME_COLUMNS = 15,
    OUTPUT_SHOWN = 4096,
    OPTION_CLEAN = 256, /* above all characters: no short form */
    OPTION_INFECTED,
    OPTION_UNSCANNABLE,
    OPTION_HUGE,
    OPTION_PATIENCE,
    OPTION_GRACE,
    OPTION_THREADS,
    OPTION_ROUNDS,
    OPTION_CHECK
};

struct run {
    struct assay__kit kit;
    size_t option_count;
    bool is_asked_for[CHECKS_MAX]; /* by --check */
    bool are_all_asked_for;
    bool as_json;
    int output; /* memfd: what the checks print */
    struct assay__interrupt interrupt;
    struct assay__progress progress;
    const struct assay__kit_check *current;
    bool passed[CHECKS_MAX]; /* or had nothing to do, or was not asked for */
    unsigned counts[ASSAY__KIT_USAGE + 1];
};

/* ---- progress ---------------------------------------------------------------
 */

static void tick(void *arg)
{
    struct run *run = arg;
    struct assay__progress *progress = &run->progress;

    if (!assay__progress_is_due(progress))
        return;
    (void)pthread_mutex_lock(&progress->lock);
    progress->width =
        (size_t)fprintf(stderr, "\r%s: %s, %" PRId64 " s", run->current->name,
                        run->current->summary,
                        (assay__progress_now_ms() - progress->start_ms) / 1000);
    progress->drawn_ms = assay__progress_now_ms();
    (void)fflush(stderr);
    (void)pthread_mutex_unlock(&progress->lock);
}

/* ---- output
 * ------------------------------------------------------------------ */

static const char *const outcome_names[] = {
    [ASSAY__KIT_OK] = "ok",
    [ASSAY__KIT_FAILED] = "FAILED",
    [ASSAY__KIT_SKIPPED] = "skipped",
};

static void put_text_line(struct run *run, const struct assay__kit_check *check,
                          const struct assay__kit_report *report)
{
    char *text = assay__escape_line(report->text), *line = NULL;

    if (!text ||
        asprintf(&line, "%-8s %-*s %s%s%s\n", outcome_names[report->outcome],
                 NAME_COLUMNS, check->name, check->summary,
                 *text != '\0' ? ": " : "", text) < 0)
        line = NULL;
    assay__progress_write(&run->progress, stdout,
                          line ? line : "(out of memory)\n");
    free(line);
    free(text);
}

static void put_json_line(struct run *run, const struct assay__kit_check *check,
                          const struct assay__kit_report *report,
                          int64_t elapsed_ms)
{
    static const char *const names[] = {
        [ASSAY__KIT_OK] = "ok",
        [ASSAY__KIT_FAILED] = "failed",
        [ASSAY__KIT_SKIPPED] = "skipped",
    };
    char *text = assay__escape_utf8(report->text), *line, *with_end = NULL;
    json_t *object =
        json_pack("{ss ss ss ss sI}", "check", check->name, "summary",
                  check->summary, "result", names[report->outcome], "text",
                  text ? text : "", "elapsed_ms", (json_int_t)elapsed_ms);

    line = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (!line || asprintf(&with_end, "%s\n", line) < 0)
        with_end = NULL;
    assay__progress_write(&run->progress, stdout,
                          with_end ? with_end : "null\n");
    free(with_end);
    free(line);
    free(text);
    json_decref(object);
}

/* What the engine, or a sanitizer in it, printed. */
static void show_output(struct run *run)
{
    char text[OUTPUT_SHOWN];
    ssize_t len = pread(run->output, text, sizeof text - 1, 0);
    char *save = NULL;

    if (len <= 0)
        return;
    text[len] = '\0';
    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char *shown = assay__escape_line(line);

        (void)fprintf(stderr, "  output: %s\n", shown ? shown : "");
        free(shown);
    }
}

static void put_summary(const struct run *run)
{
    const unsigned *counts = run->counts;

    (void)fprintf(run->as_json ? stderr : stdout,
                  "%u checks: %u ok, %u failed, %u skipped\n",
                  counts[ASSAY__KIT_OK] + counts[ASSAY__KIT_FAILED] +
                      counts[ASSAY__KIT_SKIPPED],
                  counts[ASSAY__KIT_OK], counts[ASSAY__KIT_FAILED],
                  counts[ASSAY__KIT_SKIPPED]);
}

/* ---- running
 * ------------------------------------------------------------------ */

static size_t index_of(const char *name)
{
    size_t i = 0;

    while (assay__kit_checks[i].name &&
           strcmp(assay__kit_checks[i].name, name) != 0)
        i++;
    return i;
}

/* The check without which this one would tell nothing new; or NULL. */
static const char *what_failed_before(const struct run *run,
                                      const struct assay__kit_check *check)
{
    return check->needs && !run->passed[index_of(check->needs)] ? check->needs
                                                                : NULL;
}

static void run_or_skip(struct run *run, const struct assay__kit_check *check,
                        struct assay__kit_report *report)
{
    const char *failed = what_failed_before(run, check);

    if (failed) {
        memset(report, 0, sizeof *report);
        report->outcome = ASSAY__KIT_SKIPPED;
        (void)snprintf(report->text, sizeof report->text,
                       "because %s did not pass", failed);
        return;
    }
    if (ftruncate(run->output, 0) != 0 || lseek(run->output, 0, SEEK_SET) != 0)
        (void)fprintf(stderr, "assay: memfd: %s\n", strerrordesc_np(errno));
    run->current = check;
    run->progress.start_ms = assay__progress_now_ms();
    assay__kit_run(&run->kit, check, run->output, run->interrupt.fd, tick, run,
                   report);
}

/* @return false: no more checks are to be run */
static bool run_check(struct run *run, const struct assay__kit_check *check)
{
    struct assay__kit_report report;
    int64_t start = assay__progress_now_ms();

    run_or_skip(run, check, &report);
    run->passed[check - assay__kit_checks] =
        report.outcome != ASSAY__KIT_FAILED && !what_failed_before(run, check);
    run->counts[report.outcome]++;
    if (report.outcome == ASSAY__KIT_USAGE) {
        assay__progress_write(&run->progress, stderr, report.text);
        assay__progress_write(&run->progress, stderr, "\n");
        return false;
    }
    if (report.outcome == ASSAY__KIT_NONE)
        return false; /* interrupted */
    if (run->as_json)
        put_json_line(run, check, &report, assay__progress_now_ms() - start);
    else
        put_text_line(run, check, &report);
    if (run->kit.is_verbose)
        show_output(run);
    return true;
}

static int run_checks(struct run *run)
{
    for (size_t i = 0; i < CHECKS_MAX; i++)
        run->passed[i] = true;
    for (size_t i = 0; assay__kit_checks[i].name && !ferror(stdout); i++)
        if ((run->are_all_asked_for || run->is_asked_for[i]) &&
            !run_check(run, &assay__kit_checks[i]))
            break;
    if (run->counts[ASSAY__KIT_USAGE] > 0)
        return ASSAY__EXIT_USAGE;
    put_summary(run);
    return run->counts[ASSAY__KIT_FAILED] > 0 ? ASSAY__EXIT_FOUND
                                              : ASSAY__EXIT_OK;
}

static bool make_folder(struct run *run)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    const char *base = getenv("TMPDIR");
    char *folder = run->kit.folder;
    int len = snprintf(folder, sizeof run->kit.folder, "%s/assay-kit-XXXXXX",
                       base && *base == '/' ? base : "/tmp");

    if (len < 0 || (size_t)len >= sizeof run->kit.folder)
        (void)snprintf(folder, sizeof run->kit.folder, "/tmp/assay-kit-XXXXXX");
    return mkdtemp(folder) != NULL;
}

/* Who reads our lines may leave before the last: still nothing stays. */
static void outlive_readers(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigaction(SIGPIPE, &ignore, NULL);
}

static int run_kit(struct run *run)
{
    assay_error err = {0};
    int status, signal;

    run->output = memfd_create("assay-kit-output", MFD_CLOEXEC);
    if (run->output < 0 || !make_folder(run)) {
        (void)fprintf(stderr, "assay: %s: %s\n", run->kit.folder,
                      strerrordesc_np(errno));
        return ASSAY__EXIT_FOUND;
    }
    if (assay__interrupt_init(&run->interrupt, &err) != ASSAY_OK) {
        (void)fprintf(stderr, "assay: %s\n", err.msg);
        assay__kit_remove_folder(run->kit.folder);
        return ASSAY__EXIT_FOUND;
    }
    outlive_readers();
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* for what an engine leaves */
    assay__progress_init(&run->progress);
    status = run_checks(run);
    assay__progress_fini(&run->progress);
    assay__kit_remove_folder(run->kit.folder);
    (void)close(run->output);
    (void)assay__interrupt_seen(&run->interrupt);
    signal = run->interrupt.signal;
    assay__interrupt_fini(&run->interrupt);
    if (signal != 0) {
        (void)fflush(stdout);
        (void)raise(signal);
    }
    return status;
}

/* ---- options
 * ------------------------------------------------------------------- */

static const char *of_option(const struct option *longs, int value)
{
    while (longs->name && longs->val != value)
        longs++;
    return longs->name ? longs->name : "?";
}

static bool take_number(const char *name, const char *text, uint64_t min,
                        uint64_t max, uint64_t *out)
{
    char *end = NULL;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' &&
        value >= min && value <= max) {
        *out = value;
        return true;
    }
    (void)fprintf(
        stderr, "assay: --%s takes a number from %" PRIu64 " to %" PRIu64 "\n",
        name, min, max);
    return false;
}

static bool take_file(struct run *run, const char *path,
                      enum assay__kit_want want)
{
    struct assay__kit_file *file;
    assay_error err = {0};

    if (run->kit.file_count == ASSAY__KIT_FILES_MAX) {
        (void)fprintf(stderr, "assay: more than %d files\n",
                      ASSAY__KIT_FILES_MAX);
        return false;
    }
    file = &run->kit.files[run->kit.file_count++];
    file->path = path;
    file->want = want;
    if (assay__kit_file_read(file, &err) == ASSAY_OK)
        return true;
    (void)fprintf(stderr, "assay: %s\n", err.msg);
    return false;
}

static bool take_option(struct run *run, const char *text)
{
    if (run->option_count == ASSAY__KIT_OPTIONS_MAX) {
        (void)fprintf(stderr, "assay: more than %d options\n",
                      ASSAY__KIT_OPTIONS_MAX);
        return false;
    }
    run->kit.options[run->option_count++] = text;
    return true;
}

static bool take_check(struct run *run, const char *name)
{
    size_t i = index_of(name);

    if (!assay__kit_checks[i].name) {
        (void)fprintf(stderr, "assay: there is no check \"%s\"; there are",
                      name);
        for (i = 0; assay__kit_checks[i].name; i++)
            (void)fprintf(stderr, " %s", assay__kit_checks[i].name);
        (void)fputc('\n', stderr);
        return false;
    }
    run->is_asked_for[i] = true;
    run->are_all_asked_for = false;
    return true;
}

static const struct option longs[] = {
    {"option", required_argument, NULL, 'o'},
    {"clean", required_argument, NULL, OPTION_CLEAN},
    {"infected", required_argument, NULL, OPTION_INFECTED},
    {"unscannable", required_argument, NULL, OPTION_UNSCANNABLE},
    {"check", required_argument, NULL, OPTION_CHECK},
    {"huge", required_argument, NULL, OPTION_HUGE},
    {"patience", required_argument, NULL, OPTION_PATIENCE},
    {"grace", required_argument, NULL, OPTION_GRACE},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"json", no_argument, NULL, 'J'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Options that are a number. */
static bool take_limit(struct run *run, int option, const char *text)
{
    static const struct {
        int option;
        uint64_t min, max;
    } limits[] = {
        {OPTION_HUGE, 0, HUGE_MIB_MAX},  {OPTION_PATIENCE, 1, PATIENCE_S_MAX},
        {OPTION_GRACE, 1, GRACE_MS_MAX}, {OPTION_THREADS, 2, THREADS_MAX},
        {OPTION_ROUNDS, 1, ROUNDS_MAX},
    };
    struct assay__kit *kit = &run->kit;
    uint64_t value = 0;
    size_t i = 0;

    while (limits[i].option != option)
        i++;
    if (!take_number(of_option(longs, option), text, limits[i].min,
                     limits[i].max, &value))
        return false;
    if (option == OPTION_HUGE)
        kit->huge_bytes = value << 20;
    else if (option == OPTION_PATIENCE)
        kit->patience_ms = (int64_t)value * 1000;
    else if (option == OPTION_GRACE)
        kit->grace_ms = (int64_t)value;
    else if (option == OPTION_THREADS)
        kit->threads = (unsigned)value;
    else
        kit->rounds = (unsigned)value;
    return true;
}

/* @return false: said why not */
static bool take(struct run *run, int option, const char *text)
{
    switch (option) {
    case 'o':
        return take_option(run, text);
    case OPTION_CLEAN:
        return take_file(run, text, ASSAY__KIT_CLEAN);
    case OPTION_INFECTED:
        return take_file(run, text, ASSAY__KIT_INFECTED);
    case OPTION_UNSCANNABLE:
        return take_file(run, text, ASSAY__KIT_UNSCANNABLE);
    case OPTION_CHECK:
        return take_check(run, text);
    case 'J':
        run->as_json = true;
        return true;
    case 'v':
        run->kit.is_verbose = true;
        return true;
    case '?':
        return false; /* getopt has said it */
    default:
        return take_limit(run, option, text);
    }
}

static int test_file(struct run *run, int argc, char **argv)
{
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "o:Jvh", longs, NULL)) != -1) {
        if (option == 'h') {
            (void)fputs(assay__command_engine.help, stdout);
            return ASSAY__EXIT_OK;
        }
        if (!take(run, option, optarg))
            return ASSAY__EXIT_USAGE;
    }
    if (optind + 1 != argc) {
        (void)fputs("assay: engine test takes one file\n", stderr);
        return ASSAY__EXIT_USAGE;
    }
    run->kit.path = argv[optind];
    return run_kit(run);
}

static void restart(int argc, char **argv)
{
    /* What came before was taken off; the NULL at the end is copied. */
    char **all = calloc((size_t)argc + 3, sizeof *all);

    if (!all)
        return;
    all[0] = argv[0];
    all[1] = (char[]){"engine"};
    all[2] = (char[]){"test"};
    memcpy(all + 3, argv + 1, (size_t)argc * sizeof *all);
    assay__kit_restart_to_measure(all);
    free(all);
}

int assay__engine_test(int argc, char **argv)
{
    struct run *run;
    int status;

    restart(argc, argv);
    run = calloc(1, sizeof *run);

    if (!run) {
        (void)fputs("assay: out of memory\n", stderr);
        return ASSAY__EXIT_FOUND;
    }
    run->kit.huge_bytes = (uint64_t)HUGE_MIB << 20;
    run->kit.patience_ms = (int64_t)PATIENCE_S * 1000;
    run->kit.grace_ms = GRACE_MS;
    run->kit.threads = THREADS;
    run->kit.rounds = ROUNDS;
    run->are_all_asked_for = true;
    status = test_file(run, argc, argv);
    for (size_t i = 0; i < run->kit.file_count; i++)
        free(run->kit.files[i].block);
    free(run);
    return status;
}
