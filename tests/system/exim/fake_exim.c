/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An Exim that is none: it has the variables and functions that the module
 * uses, loads it, and does what lines on its standard input say, so that a test
 * can play faults that a real Exim does not have, under a sanitizer.
 *
 *   message ID          begins one: all that was before is forgotten, and its
 *                       memory freed, as Exim does
 *   set NAME VALUE      sender, host, hostname, helo, port, auth, protocol,
 *                       interface, size ($message_body_size; else the file's)
 *   rcpt ADDRESS
 *   header TYPE TEXT    \n in TEXT is a line end; one more is added
 *   spool PATH          the -D file
 *   option NAME VALUE   as Exim's configuration would set local_scan_options
 *   scan                calls local_scan() and prints what came of it
 *   call FUNCTION ARG…  calls a function for ${dlfunc}, prints status and text
 *   unspool             closes the -D file
 *
 * Output: "log LEVEL TEXT", "return CODE TEXT", "header TYPE TEXT", "rcpt
 * ADDRESS", "yield STATUS TEXT", and "." at the end of each command.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCAL_SCAN
#include <local_scan.h>

enum { LINE_SIZE = 1 << 20, WORDS = 12, RECIPIENTS = 200000 };
/* As in Exim: over this it ends the process. */
enum { HEADER_ADD_MAX = 8192 * 4 };

/* ---- memory that is gone with the message -------------------------------- */

struct block {
    struct block *next;
};
static struct block *blocks;

static void *get(size_t size)
{
    struct block *block = malloc(sizeof *block + size);

    if (!block)
        abort();
    block->next = blocks;
    blocks = block;
    return block + 1;
}

static uschar *copy(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(get(size), text, size);
}

static void reset_memory(void)
{
    while (blocks) {
        struct block *next = blocks->next;

        free(blocks);
        blocks = next;
    }
}

uschar *string_copy_function(const uschar *text)
{
    return copy(CCS text);
}

uschar *string_copy_taint_function(const uschar *text, const void *proto_mem)
{
    if (proto_mem != GET_TAINTED)
        abort();
    return copy(CCS text);
}

/* ---- what a message is ----------------------------------------------------
 */

header_line *header_list;
header_line *header_last;
uschar *message_id;
uschar *sender_address;
uschar *sender_host_address;
uschar *sender_host_name;
uschar *sender_host_authenticated;
uschar *received_protocol;
uschar *interface_address;
int interface_port;
int sender_host_port;
int recipients_count;
recipient_item *recipients_list;
static recipient_item recipients[RECIPIENTS];
static uschar *helo, *body_size;
static int spool = -1;

static void begin_message(const char *id)
{
    reset_memory();
    header_list = header_last = NULL;
    sender_address = copy("");
    sender_host_address = sender_host_name = sender_host_authenticated = NULL;
    received_protocol = interface_address = helo = body_size = NULL;
    interface_port = sender_host_port = recipients_count = 0;
    recipients_list = recipients;
    message_id = copy(id);
    if (spool >= 0)
        (void)close(spool);
    spool = -1;
}

static uschar *format_number(long long number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%lld", number);
    return copy(text);
}

static uschar *expand_size(void)
{
    struct stat status;

    if (body_size)
        return body_size;
    if (spool < 0 || fstat(spool, &status) != 0)
        return copy("0");
    return format_number((long long)status.st_size -
                         (long long)strlen(CCS message_id) - 3);
}

uschar *expand_string(uschar *text)
{
    if (strcmp(CCS text, "$message_body_size") == 0)
        return expand_size();
    if (strcmp(CCS text, "$sender_helo_name") == 0)
        return helo ? helo : copy("");
    if (strcmp(CCS text, "Exim $version_number") == 0)
        return copy("Exim 0.0");
    return strcmp(CCS text, "$authenticated_id") == 0 ? copy("user") : NULL;
}

BOOL receive_remove_recipient(uschar *address)
{
    for (int i = 0; i < recipients_count; i++) {
        if (strcmp(CCS recipients[i].address, CCS address) != 0)
            continue;
        recipients_count--;
        memmove(recipients + i, recipients + i + 1,
                (size_t)(recipients_count - i) * sizeof recipients[0]);
        return TRUE;
    }
    return FALSE;
}

/* ---- headers ----------------------------------------------------------------
 */

BOOL header_testname(header_line *h, const uschar *name, int length,
                     BOOL notdel)
{
    const char *at = CCS h->text;

    if ((h->type == '*' && notdel) ||
        strncasecmp(at, CCS name, (size_t)length) != 0)
        return FALSE;
    at += length;
    return at[strspn(at, " \t")] == ':';
}

void header_remove(int occurrence, const uschar *name)
{
    int count = 0;

    for (header_line *h = header_list; h; h = h->next) {
        if (!header_testname(h, name, (int)strlen(CCS name), TRUE))
            continue;
        count++;
        if (occurrence <= 0 || count == occurrence)
            h->type = '*';
    }
}

static header_line **find_place(BOOL after, const uschar *name)
{
    header_line **place = &header_list;

    if (after && !name) {
        while (*place)
            place = &(*place)->next;
        return place;
    }
    if (!name)
        return place;
    if (after)
        abort(); /* the module does not ask for it */
    while (*place &&
           !header_testname(*place, name, (int)strlen(CCS name), TRUE))
        place = &(*place)->next;
    return place;
}

static void insert(header_line **place, int type, const char *text)
{
    header_line *h = get(sizeof *h);

    h->text = copy(text);
    h->slen = (int)strlen(text);
    h->type = type;
    h->next = *place;
    *place = h;
    if (!h->next)
        header_last = h;
}

__attribute__((format(printf, 2, 0))) static void format_header(
    char out[HEADER_ADD_MAX], const char *format, va_list arguments)
{
    int length = vsnprintf(out, HEADER_ADD_MAX, format, arguments);

    if (length < 0 || length >= HEADER_ADD_MAX)
        abort();
}

__attribute__((format(printf, 2, 3))) void header_add(int type,
                                                      const char *format, ...)
{
    static char text[HEADER_ADD_MAX];
    va_list arguments;

    va_start(arguments, format);
    format_header(text, format, arguments);
    va_end(arguments);
    insert(find_place(TRUE, NULL), type, text);
}

__attribute__((format(printf, 5, 6))) void header_add_at_position(
    BOOL after, uschar *name, BOOL topnot, int type, const char *format, ...)
{
    static char text[HEADER_ADD_MAX];
    va_list arguments;

    if (topnot)
        abort();
    va_start(arguments, format);
    format_header(text, format, arguments);
    va_end(arguments);
    insert(find_place(after, name), type, text);
}

/* ---- output -----------------------------------------------------------------
 */

static void print(const char *what, const char *text)
{
    (void)printf("%s ", what);
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            (void)fputs("\\n", stdout);
        else
            (void)putchar(*text);
    }
    (void)putchar('\n');
}

void log_write(unsigned selector, int flags, const char *format, ...)
{
    char text[2048], what[32];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)snprintf(what, sizeof what, "log %u%s", selector,
                   flags & LOG_PANIC ? " panic" : "");
    print(what, text);
}

/* ---- commands ---------------------------------------------------------------
 */

static void *module;

static void *find(const char *name)
{
    void *symbol = dlsym(module, name);

    if (!symbol) {
        (void)fprintf(stderr, "fake_exim: the module has no %s\n", name);
        abort();
    }
    return symbol;
}

static void scan(void)
{
    int (*function)(int, uschar **);
    void *symbol = find("local_scan");
    uschar *text = NULL;
    char what[32];

    memcpy(&function, &symbol, sizeof function);
    (void)snprintf(what, sizeof what, "return %d", function(spool, &text));
    print(what, text ? CCS text : "");
    for (const header_line *h = header_list; h; h = h->next) {
        char type[] = "header ?";

        type[7] = (char)h->type;
        print(type, CCS h->text);
    }
    for (int i = 0; i < recipients_count; i++)
        print("rcpt", CCS recipients[i].address);
}

static void call(char *words[], int count)
{
    exim_dlfunc_t *function;
    void *symbol = find(words[0]);
    uschar *yield = NULL;
    uschar *arguments[WORDS];
    char what[32];

    memcpy(&function, &symbol, sizeof function);
    for (int i = 1; i < count; i++)
        arguments[i - 1] = copy(words[i]);
    (void)snprintf(what, sizeof what, "yield %d",
                   function(&yield, count - 1, arguments));
    print(what, yield ? CCS yield : "");
}

static void set_option(const char *name, const char *value)
{
    optionlist *table = find("local_scan_options");
    const int *count = find("local_scan_options_count");

    for (int i = 0; i < *count; i++) {
        if (i > 0 && strcmp(table[i - 1].name, table[i].name) >= 0)
            abort(); /* Exim looks options up by bisection */
        if (strcmp(table[i].name, name) != 0)
            continue;
        if (table[i].type == opt_time)
            *(int *)table[i].v.value = (int)strtol(value, NULL, 10);
        else
            *(uschar **)table[i].v.value = US strdup(value);
        return;
    }
    print("unknown", name);
}

static void set_variable(const char *name, const char *value)
{
    static const struct {
        const char *name;
        uschar **variable;
    } texts[] = {
        {"sender", &sender_address},          {"host", &sender_host_address},
        {"hostname", &sender_host_name},      {"helo", &helo},
        {"auth", &sender_host_authenticated}, {"protocol", &received_protocol},
        {"interface", &interface_address},    {"size", &body_size},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i].name, name) == 0)
            *texts[i].variable = copy(value);
    }
    if (strcmp(name, "port") == 0)
        sender_host_port = (int)strtol(value, NULL, 10);
}

static void add_header(char type, const char *text)
{
    char *line = CS get(strlen(text) + 2);
    char *out = line;

    for (; *text != '\0'; text++) {
        *out = *text;
        if (text[0] == '\\' && text[1] == 'n') {
            *out = '\n';
            text++;
        }
        out++;
    }
    *out++ = '\n';
    *out = '\0';
    insert(find_place(TRUE, NULL), type, line);
}

static void open_spool(const char *path)
{
    spool = open(path, O_RDWR | O_CLOEXEC);
    if (spool < 0) {
        perror(path);
        abort();
    }
}

static int split(char *line, char *words[WORDS])
{
    int count = 0;

    while (line && count < WORDS)
        words[count++] = strsep(&line, " ");
    return count;
}

static void obey(char *line)
{
    char *rest = strchr(line, ' ');
    char *words[WORDS];

    if (rest)
        *rest++ = '\0';
    else
        rest = line + strlen(line);
    if (strcmp(line, "message") == 0) {
        begin_message(rest);
    } else if (strcmp(line, "header") == 0) {
        add_header(rest[0], rest + 2);
    } else if (strcmp(line, "rcpt") == 0) {
        if (recipients_count < RECIPIENTS)
            recipients[recipients_count++].address = copy(rest);
    } else if (strcmp(line, "spool") == 0) {
        open_spool(rest);
    } else if (strcmp(line, "unspool") == 0) {
        (void)close(spool);
        spool = -1;
    } else if (strcmp(line, "scan") == 0) {
        scan();
    } else if (strcmp(line, "call") == 0) {
        call(words, split(rest, words));
    } else if (split(rest, words) == 2) {
        if (strcmp(line, "option") == 0)
            set_option(words[0], words[1]);
        else if (strcmp(line, "set") == 0)
            set_variable(words[0], words[1]);
    }
}

int main(int argc, char *argv[])
{
    static char line[LINE_SIZE];

    module = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (!module) {
        (void)fprintf(stderr, "fake_exim: %s\n",
                      argc == 2 ? dlerror() : "usage: fake_exim MODULE");
        return 1;
    }
    begin_message("");
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        obey(line);
        (void)puts(".");
        (void)fflush(stdout);
    }
    reset_memory();
    return 0;
}
