/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay scan: judge the messages in files, mailboxes and folders.
 *
 * The main thread reads messages and writes lines, a crew of workers judges
 * in between; lines come out in the order of the input. Few messages are in
 * memory at a time: a window of them, and of their bytes.
 */
#include "command.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <assay/assay.h>
#include <jansson.h>

#include "crew.h"
#include "escape.h"
#include "input.h"
#include "interrupt.h"
#include "judge.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "source.h"

enum {
    JOBS_DEFAULT_MAX = 8,
    JOBS_MAX = 256,
    WINDOW_PER_JOB = 4, /* messages in flight for each worker */
    WAIT_MS = 100       /* between two looks at signals and progress */
};

/* Bytes of messages in flight; a larger message goes alone. */
#define WINDOW_BYTES ((size_t)256 * 1024 * 1024)

static const char scan_help[] =
    "Usage: assay scan [OPTION]... PATH...\n"
    "\n"
    "Scan mail: files with one message, mbox files, Maildirs, other folders\n"
    "with everything below them, and \"-\" for standard input.\n"
    "\n"
    "  -c, --config=FILE  instead of " ASSAY_CONFIG_PATH "\n"
    "  -e, --engine=NAME  ask this engine only\n"
    "  -j, --jobs=N       work on N messages at a time\n"
    "  -J, --json         one JSON object a line, summary on standard error\n"
    "  -p, --policy       run the policy, too, and show what it answers\n"
    "  -r, --register     let ActiveFilter register messages and tell of them\n"
    "  -v, --verbose      more of the log; twice: all of it\n"
    "  -h, --help         show this text\n"
    "\n"
    "Exit status: 0 all clean, 1 something infected, 2 something could not be\n"
    "scanned, 64 wrong usage or nothing to scan. With --policy: 0 all "
    "accepted,\n"
    "1 something rejected or discarded, 2 something answered with a 4xx.\n";

struct settings {
    const char *config_path;
    const char *engine;
    unsigned jobs;
    bool as_json;
    bool with_policy;
    bool may_register; /* not just a trial */
    int verbosity;
    char *const *paths;
    size_t path_count;
};

struct task {
    struct assay__item item;
    struct assay__outcome outcome;
    size_t bytes;
    bool was_run;
};

/* Main thread only, but for judge and progress. */
struct scan {
    const struct settings *settings;
    struct assay__judge judge; /* set once before the workers start */
    struct assay__progress progress;
    struct assay__interrupt interrupt;
    struct assay__source *source;
    struct assay__crew *crew;
    struct assay__tally tally;
    size_t columns;         /* of the paths printed so far */
    size_t bytes_in_flight; /* of tasks given to the crew */
    bool is_measured;
    uint64_t bytes_total;
};

/* ---- tasks ------------------------------------------------------------- */

static void task_free(struct task *task)
{
    assay__outcome_fini(&task->outcome);
    assay__item_fini(&task->item);
    free(task);
}

/* In a worker. The bytes go as soon as they are judged: what waits for its
 * turn to be printed is small. */
static void run_task(void *arg, void *data)
{
    const struct scan *scan = arg;
    struct task *task = data;

    if (task->item.problem.code == ASSAY_OK)
        assay__judge_message(&scan->judge, &task->item.bytes, &task->outcome);
    else
        assay__judge_unreadable(task->item.problem.msg, &task->outcome);
    assay__buffer_fini(&task->item.bytes);
    task->was_run = true;
}

/* @return NULL at the end of the input, or when it is to end */
static struct task *next_task(struct scan *scan)
{
    struct task *task;

    if (assay__interrupt_seen(&scan->interrupt))
        return NULL;
    task = calloc(1, sizeof *task);
    if (!task) {
        (void)fputs("assay: out of memory\n", stderr);
        scan->tally.errors++;
        return NULL;
    }
    if (!assay__source_next(scan->source, &task->item) ||
        assay__interrupt_seen(&scan->interrupt)) {
        task_free(task);
        return NULL;
    }
    task->bytes = task->item.bytes.len;
    return task;
}

static void print_task(struct scan *scan, const struct task *task)
{
    char *line = scan->settings->as_json
                     ? assay__report_json(task->item.name, &task->outcome)
                     : assay__report_text(task->item.name, &task->outcome,
                                          &scan->columns);

    if (line)
        assay__progress_write(&scan->progress, stdout, line);
    else
        assay__progress_write(&scan->progress, stderr,
                              "assay: no memory for a line of output\n");
    free(line);
    assay__tally_add(&scan->tally, &task->outcome, task->bytes);
}

/* ---- progress ---------------------------------------------------------- */

static bool is_interrupted(void *arg)
{
    return assay__interrupt_seen(arg);
}

static void show_progress(struct scan *scan)
{
    struct assay__progress_state state;

    if (!assay__progress_is_due(&scan->progress))
        return;
    if (!scan->is_measured) {
        struct assay__source_size size = assay__source_measure(
            scan->settings->paths, scan->settings->path_count, is_interrupted,
            &scan->interrupt);

        scan->is_measured = true;
        scan->bytes_total = size.is_known ? size.bytes : 0;
    }
    state = (struct assay__progress_state){
        .messages = scan->tally.messages,
        .bytes = scan->tally.bytes,
        .bytes_total = scan->bytes_total,
        .elapsed_ms = assay__progress_now_ms() - scan->progress.start_ms,
    };
    assay__progress_draw(&scan->progress, &state);
}

static void note_skipped(void *arg, const char *path, const char *what)
{
    struct scan *scan = arg;
    char *name = assay__escape_line(path), *line = NULL;

    scan->tally.skipped++;
    if (name && asprintf(&line, "assay: %s: skipped, %s\n", name, what) >= 0)
        assay__progress_write(&scan->progress, stderr, line);
    else
        line = NULL;
    free(line);
    free(name);
}

/* ---- the loop ---------------------------------------------------------- */

/* Print the oldest task if it is done within wait_ms. @return false if not */
static bool settle(struct scan *scan, int64_t wait_ms)
{
    struct task *task = assay__crew_take(scan->crew, wait_ms);

    if (assay__interrupt_seen(&scan->interrupt))
        assay__crew_cancel(scan->crew);
    show_progress(scan);
    if (!task)
        return false;
    scan->bytes_in_flight -= task->bytes;
    if (task->was_run)
        print_task(scan, task);
    task_free(task);
    return true;
}

static bool has_room(const struct scan *scan, const struct task *task)
{
    return scan->bytes_in_flight == 0 ||
           scan->bytes_in_flight + task->bytes <= WINDOW_BYTES;
}

static void run_loop(struct scan *scan)
{
    struct task *task;

    while ((task = next_task(scan)) != NULL) {
        while (!has_room(scan, task) || !assay__crew_submit(scan->crew, task))
            (void)settle(scan, WAIT_MS);
        scan->bytes_in_flight += task->bytes;
        while (settle(scan, 0))
            ;
    }
    while (assay__crew_pending(scan->crew) > 0)
        (void)settle(scan, WAIT_MS);
}

/* @return exit status */
static int finish(struct scan *scan)
{
    bool as_json = scan->settings->as_json;
    int64_t elapsed = assay__progress_now_ms() - scan->progress.start_ms;
    char *text;

    scan->tally.was_interrupted = scan->interrupt.signal != 0;
    if (scan->tally.messages == 0 && !scan->tally.was_interrupted) {
        assay__progress_write(&scan->progress, stderr,
                              "assay: nothing to scan\n");
        return ASSAY__EXIT_USAGE;
    }
    text = assay__report_summary(&scan->tally, elapsed);
    if (text)
        assay__progress_write(&scan->progress, as_json ? stderr : stdout, text);
    free(text);
    return assay__tally_exit_status(&scan->tally);
}

/* ---- set-up ------------------------------------------------------------ */

static int fail(const assay_error *err)
{
    (void)fprintf(stderr, "assay: %s\n", err->msg);
    return ASSAY__EXIT_TROUBLE;
}

static int complain_engine(const struct scan *scan)
{
    char name[ASSAY_NAME_MAX + 1];

    (void)fprintf(stderr, "assay: no engine \"%s\" is configured",
                  scan->judge.engine);
    for (size_t i = 0;
         scan->judge.library &&
         assay_engine_name(scan->judge.library, i, name, sizeof name);
         i++)
        (void)fprintf(stderr, "%s %s", i == 0 ? "; there is:" : "", name);
    (void)fputc('\n', stderr);
    return ASSAY__EXIT_USAGE;
}

/* With the library started: open both ends, run, close them. */
static int run_started(struct scan *scan)
{
    const struct settings *settings = scan->settings;
    const struct assay__source_options options = {
        .paths = settings->paths,
        .path_count = settings->path_count,
        .stop_fd = scan->interrupt.fd,
        .max_bytes = ASSAY__INPUT_MAX_MESSAGE,
        .skipped = note_skipped,
        .arg = scan,
    };
    assay_error err = {0};
    assay_rc rc;
    int status;

    if (!assay__judge_has_engine(&scan->judge))
        return complain_engine(scan);
    scan->source = assay__source_new(&options);
    rc = scan->source ? assay__crew_new(settings->jobs,
                                        (size_t)settings->jobs * WINDOW_PER_JOB,
                                        run_task, scan, &scan->crew, &err)
                      : assay_error_set(&err, ASSAY_E_NOMEM, "out of memory");
    if (rc == ASSAY_OK) {
        run_loop(scan);
        status = finish(scan);
    } else {
        status = fail(&err);
    }
    assay__crew_free(&scan->crew);
    assay__source_free(&scan->source);
    return status;
}

static int run_open(struct scan *scan)
{
    assay_error err = {0};
    int status;

    if (assay__interrupt_init(&scan->interrupt, &err) != ASSAY_OK)
        return fail(&err);
    if (assay_start(scan->judge.library, &err) == ASSAY_OK) {
        status = run_started(scan);
        assay_stop(scan->judge.library);
    } else {
        status = fail(&err);
    }
    assay__interrupt_fini(&scan->interrupt);
    return status;
}

static int scan_paths(const struct settings *settings)
{
    struct scan scan = {
        .settings = settings,
        .judge = {.engine = settings->engine,
                  .with_policy = settings->with_policy},
        .interrupt = {.fd = -1},
        .tally = {.with_policy = settings->with_policy},
    };
    assay_options options;
    assay_error err = {0};
    int status;

    /* Jansson would choose its seed on first use, which is in a worker. */
    json_object_seed(0);
    assay__progress_init(&scan.progress);
    assay__options_init(&options, settings->config_path, settings->verbosity,
                        &scan.progress);
    options.is_trial = !settings->may_register;
    if (assay_open(&options, &scan.judge.library, &err) == ASSAY_OK) {
        scan.progress.start_ms = assay__progress_now_ms();
        status = run_open(&scan);
    } else {
        status = fail(&err);
    }
    assay_close(&scan.judge.library);
    assay__progress_fini(&scan.progress);
    if (scan.interrupt.signal != 0) {
        /* End by the signal itself, so that a calling script ends, too. */
        (void)fflush(stdout);
        (void)raise(scan.interrupt.signal);
    }
    return status;
}

/* ---- command line ------------------------------------------------------ */

static unsigned default_jobs(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1                  ? 1
           : count > JOBS_DEFAULT_MAX ? JOBS_DEFAULT_MAX
                                      : (unsigned)count;
}

static bool parse_jobs(const char *text, unsigned *out)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end != '\0' || value < 1 || value > JOBS_MAX) {
        (void)fprintf(stderr,
                      "assay: --jobs takes a number from 1 to %d, not \"%s\"\n",
                      JOBS_MAX, text);
        return false;
    }
    *out = (unsigned)value;
    return true;
}

/* @return -1 to go on, or an exit status */
static int parse_option(int option, struct settings *settings)
{
    switch (option) {
    case 'c':
        settings->config_path = optarg;
        return -1;
    case 'e':
        settings->engine = optarg;
        return -1;
    case 'j':
        return parse_jobs(optarg, &settings->jobs) ? -1 : ASSAY__EXIT_USAGE;
    case 'J':
        settings->as_json = true;
        return -1;
    case 'p':
        settings->with_policy = true;
        return -1;
    case 'r':
        settings->may_register = true;
        return -1;
    case 'v':
        settings->verbosity++;
        return -1;
    case 'h':
        (void)fputs(scan_help, stdout);
        return ASSAY__EXIT_OK;
    default:
        return ASSAY__EXIT_USAGE;
    }
}

static int complain(const char *text)
{
    (void)fprintf(stderr, "assay: %s\n", text);
    return ASSAY__EXIT_USAGE;
}

/* The second time it is at its end and would pass for an empty message. */
static bool reads_stdin_twice(const struct settings *settings)
{
    size_t count = 0;

    for (size_t i = 0; i < settings->path_count; i++)
        count += strcmp(settings->paths[i], "-") == 0;
    return count > 1;
}

static int scan_run(int argc, char **argv)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"engine", required_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {"jobs", required_argument, NULL, 'j'},
        {"json", no_argument, NULL, 'J'},
        {"policy", no_argument, NULL, 'p'},
        {"register", no_argument, NULL, 'r'},
        {"verbose", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    struct settings settings = {.jobs = default_jobs()};
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "c:e:hj:Jprv", longs, NULL)) !=
           -1) {
        int status = parse_option(option, &settings);

        if (status >= 0)
            return status;
    }
    settings.paths = argv + optind;
    settings.path_count = (size_t)(argc - optind);
    if (settings.path_count == 0)
        return complain("no path to scan; see \"assay help scan\"");
    if (reads_stdin_twice(&settings))
        return complain("standard input (\"-\") can be read only once");
    return scan_paths(&settings);
}

const struct assay__command assay__command_scan = {
    .name = "scan",
    .summary = "scan messages, mailboxes and folders",
    .help = scan_help,
    .run = scan_run,
};
