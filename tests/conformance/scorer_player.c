/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A scorer module through its exported table, driven by commands on standard
 * input, so that a test script can compare what it says.
 *
 * usage: scorer_player MODULE.so THREADS TIMEOUT_MS CONCURRENCY CONFIG
 *
 * CONFIG is what would stand in the stanza: `servers` and the module's own
 * options. When it, or open, is refused, "refused RC TEXT" is all that is
 * said. Commands, each a line:
 *
 *     score ID TIMEOUT_MS COUNT    fields follow: helo, sender, address, host,
 *                                  queue id, message, recipients
 *     analyze ID TIMEOUT_MS 1      one field: the text
 *     address ID TIMEOUT_MS 1      one field: the address
 *     version ID TIMEOUT_MS 0
 *     start ID TIMEOUT_MS 0
 *
 * A field is its length, a line end, and its bytes. Each command is run by one
 * of THREADS threads and answered by one line of JSON with "id", "rc" and,
 * unless rc is "ok", "error"; in any order. At the end of the input comes
 * {"leaks": [DESCRIPTORS, THREADS]}: how many more there are after close than
 * before open. What the module logs goes to standard error.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <assay/scorer.h>

#include "base/strbuf.h"
#include "conf/parse.h"
#include "conf/schema.h"

enum { QUEUE_MAX = 64, THREADS_MAX = 256, FIELDS_FIXED = 6 };

struct job {
    char verb[16], id[64];
    int64_t timeout_ms;
    size_t count;
    char **fields; /* owned, each with a NUL behind it */
    size_t *sizes;
};

struct general {
    assay_conf_list servers;
};

static const assay_conf_option general_options[] = {
    {.name = "servers",
     .type = ASSAY_CONF_LIST,
     .offset = offsetof(struct general, servers)},
    {.name = NULL},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct job queue[QUEUE_MAX];
static size_t queued;
static bool ended;
static const assay_scorer_module *module;
static void *instance;

static void die(const char *what)
{
    fprintf(stderr, "scorer_player: %s\n", what);
    exit(2);
}

static int64_t number(const char *text)
{
    char *end;
    int64_t value = text ? strtoll(text, &end, 10) : 0;

    if (!text || end == text || *end)
        die(text ? text : "a number is missing");
    return value;
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void write_log(void *arg, assay_log_level level, const char *line)
{
    (void)arg;
    (void)level;
    fprintf(stderr, "%s\n", line);
}

/* ---- answers ------------------------------------------------------------ */

static void print(json_t *answer)
{
    char *line = json_dumps(answer, JSON_COMPACT);

    if (!line)
        die("an answer that is not UTF-8");
    pthread_mutex_lock(&lock);
    printf("%s\n", line);
    fflush(stdout);
    pthread_mutex_unlock(&lock);
    free(line);
    json_decref(answer);
}

static void put(json_t *answer, const char *key, const char *text)
{
    if (json_object_set_new(answer, key, json_string(text)))
        die(key);
}

/* Of an error, which need not be UTF-8. */
static void put_error(json_t *answer, assay_error *err)
{
    for (char *c = err->msg; *c != '\0'; c++)
        if ((unsigned char)*c > 126)
            *c = '?';
    put(answer, "error", err->msg);
}

static void put_headers(json_t *answer, const assay_score *score)
{
    json_t *headers = json_array();

    for (size_t i = 0; i < score->header_count; i++)
        (void)json_array_append_new(
            headers,
            json_pack("[ss]", score->headers[i].name, score->headers[i].value));
    (void)json_object_set_new(answer, "headers", headers);
}

static void put_score(json_t *answer, const assay_score *score)
{
    (void)json_object_set_new(answer, "score", json_real(score->score));
    (void)json_object_set_new(answer, "rescan", json_boolean(score->rescan));
    put(answer, "category", score->category);
    put(answer, "category_desc", score->category_desc);
    put(answer, "sub_category", score->sub_category);
    put(answer, "sub_category_desc", score->sub_category_desc);
    put(answer, "analysis", score->analysis);
    put_headers(answer, score);
}

/* ---- commands ----------------------------------------------------------- */

static assay_rc run_score(const struct job *job, int64_t deadline_ms,
                          assay_score *score, assay_error *err)
{
    assay_score_subject subject = {
        .helo = job->fields[0],
        .sender = job->fields[1],
        .client_address = job->fields[2],
        .client_host = job->fields[3],
        .queue_id = job->fields[4],
        .data = job->sizes[5] ? job->fields[5] : NULL,
        .size = job->sizes[5],
        .recipients = (const char *const *)job->fields + FIELDS_FIXED,
        .recipient_count = job->count - FIELDS_FIXED,
    };

    return module->ops->score(instance, &subject, deadline_ms, score, err);
}

static assay_rc run_version(int64_t deadline_ms, json_t *answer,
                            assay_error *err)
{
    assay_scorer_version version = {{0}, {0}};
    assay_rc rc = module->ops->version(instance, deadline_ms, &version, err);

    put(answer, "engine", version.engine);
    put(answer, "cartridge", version.cartridge);
    return rc;
}

/* One that gives a score. */
static assay_rc run_scoring(const struct job *job, int64_t deadline_ms,
                            json_t *answer, assay_error *err)
{
    const assay_scorer_ops *ops = module->ops;
    assay_score *score = calloc(1, sizeof *score);
    assay_rc rc = ASSAY_E_NOTFOUND;

    if (!score)
        die("no memory");
    if (!strcmp(job->verb, "score") && job->count >= FIELDS_FIXED)
        rc = run_score(job, deadline_ms, score, err);
    else if (!strcmp(job->verb, "analyze") && job->count == 1 && ops->analyze)
        rc = ops->analyze(instance, job->fields[0], job->sizes[0], deadline_ms,
                          score, err);
    else if (!strcmp(job->verb, "address") && job->count == 1 &&
             ops->score_address)
        rc = ops->score_address(instance, job->fields[0], deadline_ms, score,
                                err);
    if (rc == ASSAY_OK)
        put_score(answer, score);
    free(score);
    return rc;
}

static void run(struct job *job)
{
    int64_t deadline_ms = now_ms() + job->timeout_ms;
    json_t *answer = json_object();
    assay_error err = {0};
    assay_rc rc = ASSAY_OK;

    put(answer, "id", job->id);
    if (!strcmp(job->verb, "start") && module->ops->start)
        module->ops->start(instance, deadline_ms);
    else if (!strcmp(job->verb, "version"))
        rc = run_version(deadline_ms, answer, &err);
    else if (strcmp(job->verb, "start") != 0)
        rc = run_scoring(job, deadline_ms, answer, &err);
    put(answer, "rc", rc == ASSAY_OK ? "ok" : assay_rc_name(rc));
    if (rc != ASSAY_OK)
        put_error(answer, &err);
    print(answer);
    for (size_t i = 0; i < job->count; i++)
        free(job->fields[i]);
    free(job->fields);
    free(job->sizes);
}

static void *work(void *arg)
{
    struct job job;

    (void)arg;
    pthread_mutex_lock(&lock);
    while (queued > 0 || !ended) {
        if (queued == 0) {
            pthread_cond_wait(&changed, &lock);
            continue;
        }
        job = queue[--queued];
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
        run(&job);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static char *read_field(size_t *size_out)
{
    char line[32];
    char *field;

    if (!fgets(line, sizeof line, stdin))
        die("a field is missing");
    line[strcspn(line, "\n")] = '\0';
    *size_out = (size_t)number(line);
    field = malloc(*size_out + 1);
    if (!field || fread(field, 1, *size_out, stdin) != *size_out)
        die("a field is cut off");
    field[*size_out] = '\0';
    return field;
}

static void read_job(char *words)
{
    struct job job = {0};
    const char *verb = strtok_r(words, " ", &words);
    const char *id = strtok_r(NULL, " ", &words);

    if (!verb || strlen(verb) >= sizeof job.verb || !id ||
        strlen(id) >= sizeof job.id)
        die("a command without verb or id");
    (void)snprintf(job.verb, sizeof job.verb, "%s", verb);
    (void)snprintf(job.id, sizeof job.id, "%s", id);
    job.timeout_ms = number(strtok_r(NULL, " ", &words));
    job.count = (size_t)number(strtok_r(NULL, " ", &words));
    job.fields = calloc(job.count + 1, sizeof *job.fields);
    job.sizes = calloc(job.count + 1, sizeof *job.sizes);
    if (!job.fields || !job.sizes)
        die("no memory");
    for (size_t i = 0; i < job.count; i++)
        job.fields[i] = read_field(&job.sizes[i]);
    pthread_mutex_lock(&lock);
    while (queued == QUEUE_MAX)
        pthread_cond_wait(&changed, &lock);
    queue[queued++] = job;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void serve(int count)
{
    pthread_t threads[THREADS_MAX];
    char line[256];

    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, work, NULL))
            die("no thread");
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        read_job(line);
    }
    pthread_mutex_lock(&lock);
    ended = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* ---- the module --------------------------------------------------------- */

static void load(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        die(dlerror()); // NOLINT(concurrency-mt-unsafe): one thread so far
    module = dlsym(handle, ASSAY_SCORER_SYMBOL);
    if (!module || module->struct_size < sizeof *module ||
        module->abi_major != ASSAY_SCORER_ABI_MAJOR ||
        module->ops->struct_size < sizeof *module->ops)
        die("the table is not of this interface");
}

static assay_rc fill(const struct assay__conf_tree *tree,
                     struct assay__conf_store *store,
                     struct assay__conf_diags *diags, struct general *general,
                     void *settings, assay_error *err)
{
    static const assay_conf_option none = {.name = NULL};
    const assay_conf_option *own =
        module->conf && module->conf->options ? module->conf->options : &none;
    const assay_conf_option *const tables[] = {general_options, own, NULL};
    const char *const children[] = {NULL};
    const struct assay__conf_item *root = assay__conf_tree_root(tree);
    assay_rc rc = assay__conf_defaults(
        own, module->conf ? module->conf->settings_size : 0, store, settings,
        err);

    assay__conf_check_names(root, tables, children, "cloudmark", diags);
    if (rc == ASSAY_OK)
        rc = assay__conf_fill(general_options, root, store, diags, general,
                              NULL, err);
    if (rc == ASSAY_OK)
        rc = assay__conf_fill(own, root, store, diags, settings, NULL, err);
    return rc;
}

static void print_refusal(assay_rc rc, const char *why)
{
    print(json_pack("{s:[ss]}", "refused", assay_rc_name(rc), why));
}

static void add_finding(void *arg, const char *text)
{
    (void)assay__strbuf_addf(arg, "%s\n", text);
}

static void print_findings(const struct assay__conf_diags *diags,
                           const struct assay__conf_tree *tree)
{
    struct assay__strbuf text;

    assay__strbuf_init(&text, 65536);
    assay__conf_diags_render(diags, tree, add_finding, &text);
    print_refusal(ASSAY_E_CONF, assay__strbuf_str(&text));
    assay__strbuf_fini(&text);
}

static int count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;

    if (!dir)
        die(folder);
    while (readdir(dir)) // NOLINT(concurrency-mt-unsafe): a stream of our own
        count++;
    (void)closedir(dir);
    return count;
}

static void *return_at_once(void *arg)
{
    return arg;
}

/* Sanitizers start a thread of their own with the first of the program's. */
static int count_threads(void)
{
    pthread_t first;

    if (pthread_create(&first, NULL, return_at_once, NULL))
        die("no thread");
    pthread_join(first, NULL);
    return count_entries("/proc/self/task");
}

/* @return whether there is an instance */
static bool open_instance(char **argv, const struct general *general,
                          const void *settings)
{
    static const assay_log log = {.sink = write_log,
                                  .threshold = ASSAY_LOG_INFO};
    const assay_scorer_args args = {
        .settings = settings,
        .servers = general->servers,
        .timeout_ms = number(argv[3]),
        .max_concurrency = (unsigned)number(argv[4]),
        .log = &log,
    };
    const char *option = NULL;
    assay_error err = {0};
    assay_rc checked = module->ops->check(&args, &option, &err);
    assay_rc rc = module->ops->open(&args, &instance, &err);

    if (checked != rc || !option == (rc != ASSAY_OK))
        die("check and open are of two minds");
    if (rc != ASSAY_OK)
        print_refusal(rc, err.msg);
    return rc == ASSAY_OK;
}

static void play(char **argv, const struct general *general,
                 const void *settings)
{
    int tasks = count_threads();
    int descriptors = count_entries("/proc/self/fd");

    if (!open_instance(argv, general, settings))
        return;
    if (count_entries("/proc/self/task") != tasks)
        die("open started a thread");
    serve((int)number(argv[2]));
    module->ops->close(instance);
    print(json_pack("{s:[ii]}", "leaks",
                    count_entries("/proc/self/fd") - descriptors,
                    count_entries("/proc/self/task") - tasks));
}

int main(int argc, char **argv)
{
    struct assay__conf_diags *diags = NULL;
    struct assay__conf_tree *tree = NULL;
    struct assay__conf_store *store = NULL;
    struct general general = {0};
    assay_error err = {0};
    void *settings;
    assay_rc rc;

    if (argc != 6 || number(argv[2]) < 1 || number(argv[2]) > THREADS_MAX)
        die("usage: scorer_player MODULE.so THREADS TIMEOUT_MS CONCURRENCY "
            "CONFIG");
    load(argv[1]);
    settings = calloc(1, module->conf ? module->conf->settings_size + 1 : 1);
    if (!settings || assay__conf_diags_new(&diags, &err) != ASSAY_OK ||
        assay__conf_store_new(&store, &err) != ASSAY_OK)
        die("no memory");
    rc = assay__conf_parse_text("config", argv[5], strlen(argv[5]), diags,
                                &tree, &err);
    if (rc == ASSAY_OK)
        rc = fill(tree, store, diags, &general, settings, &err);
    if (assay__conf_diags_errors(diags) > 0)
        print_findings(diags, tree);
    else if (rc != ASSAY_OK)
        die(err.msg);
    else
        play(argv, &general, settings);
    assay__conf_store_free(&store);
    assay__conf_tree_free(&tree);
    assay__conf_diags_free(&diags);
    free(settings);
    return 0;
}
