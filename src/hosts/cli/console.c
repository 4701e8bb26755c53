/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay console: ask a running daemon.
 */
#include "command.h"

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <assay/assay.h>

#include "line_editor.h"
#include "link.h"
#include "stanzas/control_stanza.h"
#include "stanzas/host_stanzas.h"

static const char console_help[] =
    "Usage: assay console [-s SOCKET | -c FILE] [--json] [COMMAND...]\n"
    "\n"
    "Ask a running assayd for its state, or change it. Without a COMMAND, "
    "read\n"
    "commands from the terminal, with editing, history and completion, until\n"
    "\"quit\"; or from standard input, one in each line. \"assay console "
    "help\"\n"
    "lists the commands of the daemon.\n"
    "\n"
    "  -s, --socket=PATH  of the console, instead of what the stanza\n"
    "                     Control_Listener of the configuration says\n"
    "  -c, --config=FILE  instead of " ASSAY_CONFIG_PATH "\n"
    "      --json         answers as JSON, one line for each command\n"
    "  -h, --help         show this text\n"
    "\n"
    "Exit status: 0 done, 1 a command failed, 64 wrong usage, 69 no daemon\n"
    "answers on the socket, 70 the connection was lost.\n";

enum { OPTION_JSON = 256, EXPANDED_MAX = 512 };

struct console {
    struct assay__link link;
    bool is_json;
    bool has_failed;    /* one of the commands */
    const char *socket; /* borrowed */
};

/* ---- the socket -------------------------------------------------------- */

static void ignore_finding(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

/* What the configuration says, if it can be read and says something; else the
 * default. Owned by the caller; NULL: no memory. */
static char *configured_socket(const char *config)
{
    const struct assay__control_settings *settings;
    assay_options options = ASSAY_OPTIONS_INIT;
    char *path = NULL;
    assay *library = NULL;

    options.config_path = config;
    options.host_stanzas = assay__host_stanzas;
    options.diagnostic = ignore_finding;
    if (assay_read(&options, &library, NULL) == ASSAY_OK) {
        settings = assay__control_find(library);
        if (settings)
            path = strdup(assay__control_path(settings->listen));
    }
    assay_close(&library);
    return path ? path : strdup(ASSAY__CONTROL_SOCKET);
}

/* ---- answers ----------------------------------------------------------- */

/* Names in an answer may come from mail: nothing of it moves the cursor. */
static void show(const char *text, size_t len, FILE *out)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_c1 =
            c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0;

        if (is_c1)
            i++; /* U+0080 to U+009F */
        if (is_c1 || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            c = '?';
        (void)fputc(c, out);
    }
}

/* @return exit status; not OK when the connection is of no more use */
static int trouble(assay_rc rc, const assay_error *err)
{
    (void)fprintf(stderr, "assay: %s\n", err->msg);
    if (rc == ASSAY_E_INVAL)
        return ASSAY__EXIT_USAGE;
    return rc == ASSAY_E_UNAVAILABLE ? EX_UNAVAILABLE : EX_SOFTWARE;
}

/* A client that was idle for too long is let go: connect again. What would be
 * lost with the connection is an open transaction, so that is told. */
static assay_rc connect_again(struct console *console, assay_error *err)
{
    assay_rc rc;

    if (!assay__link_is_lost(&console->link))
        return ASSAY_OK;
    assay__link_close(&console->link);
    rc = assay__link_open(console->socket, &console->link, err);
    if (rc == ASSAY_OK)
        (void)fprintf(stderr, "assay: connected again; an open transaction "
                              "of the configuration was rolled back\n");
    return rc;
}

/* @return exit status; that a command failed is noted */
static int run_line(struct console *console, const char *line)
{
    struct assay__link_answer answer;
    assay_error err = {0};
    assay_rc rc = connect_again(console, &err);
    char *json = NULL;

    if (rc == ASSAY_OK && console->is_json &&
        asprintf(&json, "--json %s", line) < 0)
        rc = assay_error_set(&err, ASSAY_E_NOMEM, "out of memory");
    if (rc == ASSAY_OK)
        rc = assay__link_run(&console->link, json ? json : line, &answer, &err);
    free(json);
    if (rc != ASSAY_OK)
        return trouble(rc, &err);
    show(answer.text, answer.len, stdout);
    (void)fflush(stdout);
    free(answer.text);
    if (answer.status != 0)
        console->has_failed = true;
    return ASSAY__EXIT_OK;
}

static int finish(const struct console *console, int status)
{
    if (status == ASSAY__EXIT_OK && console->has_failed)
        return 1;
    return status;
}

/* ---- a command on the command line ------------------------------------- */

/* A word so that the console takes it for one. */
static void add_word(FILE *out, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_-./:=,@+%[](){}*?~^!&|;<>#$";

    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        (void)fputs(word, out);
        return;
    }
    (void)fputc('"', out);
    for (; *word != '\0'; word++) {
        if (*word == '"' || *word == '\\')
            (void)fputc('\\', out);
        (void)fputc(*word, out);
    }
    (void)fputc('"', out);
}

/* One argument is a line as it is; several are words. */
static char *line_of(int count, char *const *words)
{
    char *line = NULL;
    size_t len;
    FILE *out;

    if (count == 1)
        return strdup(words[0]);
    out = open_memstream(&line, &len);
    if (!out)
        return NULL;
    for (int i = 0; i < count; i++) {
        if (i > 0)
            (void)fputc(' ', out);
        add_word(out, words[i]);
    }
    if (fclose(out) == 0)
        return line;
    free(line);
    return NULL;
}

static int run_words(struct console *console, int count, char *const *words)
{
    char *line = line_of(count, words);
    int status;

    if (!line) {
        (void)fprintf(stderr, "assay: out of memory\n");
        return EX_OSERR;
    }
    status = run_line(console, line);
    free(line);
    return status;
}

/* ---- lines ------------------------------------------------------------- */

static bool is_blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

static bool is_quit(const char *line)
{
    size_t start = strspn(line, " \t"), len;

    line += start;
    len = strcspn(line, " \t\r\n");
    return is_blank(line + len) && len == 4 &&
           (strncmp(line, "quit", len) == 0 || strncmp(line, "exit", len) == 0);
}

static int run_batch(struct console *console)
{
    char *line = NULL;
    size_t room = 0;
    int status = ASSAY__EXIT_OK;

    while (status == ASSAY__EXIT_OK && getline(&line, &room, stdin) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (is_quit(line))
            break;
        if (!is_blank(line))
            status = run_line(console, line);
    }
    free(line);
    return status;
}

/* ---- a person ---------------------------------------------------------- */

/* The answer of a command as JSON; NULL: there is none. */
static json_t *ask(struct console *console, const char *line)
{
    struct assay__link_answer answer;
    json_t *data;

    if (assay__link_run(&console->link, line, &answer, NULL) != ASSAY_OK)
        return NULL;
    data = json_loadb(answer.text, answer.len, 0, NULL);
    free(answer.text);
    return data;
}

/* Command lines to complete; a command with a target once for each scope. */
struct words {
    char *at[EXPANDED_MAX + 1]; /* owned; ends with NULL */
    size_t count;
};

static void add_command(struct words *words, const char *text)
{
    if (text && words->count < EXPANDED_MAX) {
        words->at[words->count] = strdup(text);
        words->count += words->at[words->count] != NULL;
    }
}

static void add_expanded(struct words *words, const char *command,
                         const json_t *modules)
{
    const char *colon = strchr(command, ':');

    for (size_t i = 0; i < json_array_size(modules); i++) {
        const json_t *module = json_array_get(modules, i);
        const char *kind =
            json_string_value(json_object_get(module, "scope_name"));
        const char *instance =
            json_string_value(json_object_get(module, "instance_name"));
        char line[256];

        if (!kind || !instance || strlen(kind) != (size_t)(colon - command) ||
            strncmp(kind, command, strlen(kind)) != 0)
            continue;
        (void)snprintf(line, sizeof line, "%s:%s%s", kind, instance, colon + 1);
        add_command(words, line);
    }
}

static void learn_commands(struct console *console, struct words *words)
{
    json_t *help = ask(console, "help --json");
    json_t *list = ask(console, "module list --json");
    const json_t *modules = json_object_get(list, "modules");
    const json_t *commands = json_object_get(help, "commands");

    for (size_t i = 0; i < json_array_size(commands); i++) {
        const json_t *entry = json_array_get(commands, i);
        const char *name = json_string_value(json_object_get(entry, "command"));

        if (name && strchr(name, ':'))
            add_expanded(words, name, modules);
        else
            add_command(words, name);
    }
    add_command(words, "quit");
    json_decref(help);
    json_decref(list);
}

static void greet(struct console *console)
{
    static const char ruler[] = "########################################";
    json_t *answer = ask(console, "version --json");
    const char *version = json_string_value(json_object_get(answer, "version"));

    (void)printf("%s\n# assay version: %s\n"
                 "# Copyright (c) 2026 The Assay authors\n%s\n",
                 ruler, version ? version : "unknown", ruler);
    json_decref(answer);
}

static char *read_typed(const struct console *console)
{
    char prompt[256], now[16] = "";
    time_t seconds = time(NULL);
    struct tm local;

    if (localtime_r(&seconds, &local))
        (void)strftime(now, sizeof now, "%H:%M:%S", &local);
    (void)snprintf(prompt, sizeof prompt, "%s %s> ", now, console->socket);
    return assay__line_editor_read(prompt);
}

/* A connection that is lost does not end it: the daemon may come again. */
static int run_interactive(struct console *console)
{
    static struct words words;
    char *line;

    greet(console);
    learn_commands(console, &words);
    assay__line_editor_init(words.at);
    while ((line = read_typed(console)) != NULL && !is_quit(line)) {
        if (!is_blank(line))
            (void)run_line(console, line);
        free(line);
    }
    if (!line)
        (void)putchar('\n');
    free(line);
    for (size_t i = 0; words.at[i]; i++)
        free(words.at[i]);
    return ASSAY__EXIT_OK;
}

/* ---- entry ------------------------------------------------------------- */

static int run_connected(struct console *console, int count, char *const *words)
{
    assay_error err = {0};
    assay_rc rc = assay__link_open(console->socket, &console->link, &err);
    int status;

    if (rc != ASSAY_OK)
        return trouble(rc, &err);
    if (count > 0)
        status = finish(console, run_words(console, count, words));
    else if (isatty(STDIN_FILENO))
        status = run_interactive(console);
    else
        status = finish(console, run_batch(console));
    assay__link_close(&console->link);
    return status;
}

static int console_run(int argc, char **argv)
{
    static const struct option longs[] = {
        {"socket", required_argument, NULL, 's'},
        {"config", required_argument, NULL, 'c'},
        {"json", no_argument, NULL, OPTION_JSON},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct console console = {.link = {.fd = -1}};
    const char *config = ASSAY_CONFIG_PATH, *path = NULL;
    char *socket;
    int option, status;

    /* What stands behind the first word of a command belongs to it.
     * NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "+s:c:h", longs, NULL)) != -1) {
        switch (option) {
        case 's':
            path = optarg;
            break;
        case 'c':
            config = optarg;
            if (access(config, R_OK) != 0) { /* no default for a typing error */
                (void)fprintf(stderr, "assay: cannot read %s: %m\n", config);
                return ASSAY__EXIT_USAGE;
            }
            break;
        case OPTION_JSON:
            console.is_json = true;
            break;
        case 'h':
            (void)fputs(console_help, stdout);
            return ASSAY__EXIT_OK;
        default:
            return ASSAY__EXIT_USAGE;
        }
    }
    if (path && strncmp(path, "unix:", 5) == 0)
        path += 5;
    socket = path ? strdup(path) : configured_socket(config);
    if (!socket)
        return EX_OSERR;
    console.socket = socket;
    status = run_connected(&console, argc - optind, argv + optind);
    free(socket);
    return status;
}

const struct assay__command assay__command_console = {
    .name = "console",
    .summary = "ask a running assayd, or tell it what to do",
    .help = console_help,
    .run = console_run,
};
