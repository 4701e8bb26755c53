/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay engine new: the installed template, under the name of the new engine.
 *
 * The template is an engine of its own, called skeleton, so that it can be
 * read, built and tested as it is. A new folder appears whole or not at all:
 * it is written beside its place and moved there.
 */
#include "engine.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <assay/engine.h>

#include "command.h"

/* From the folder of the program. */
#define TEMPLATE_FOLDER "../share/assay/engine-template"
#define TEMPLATE_NAME "skeleton"

enum {
    TEMPLATE_BYTES_MAX = 1 << 20, /* of one file */
    OPTION_OUTPUT = 256           /* above all characters: no short form */
};

static const char *const files[] = {
    TEMPLATE_NAME ".c", TEMPLATE_NAME ".conf", "CMakeLists.txt", "Makefile",
    "README.md",        "clean.eml",           "threat.eml",
};

enum { FILES = sizeof files / sizeof *files };

/* An engine of one of these names could not be told from ours, or its stanza
 * from others of a configuration. */
static const char *const taken[] = {
    "antivirus", "clamav",     "cloudmark",     "control_listener",
    "csapi",     "icap",       "maildir",       "milter_listener",
    "mime",      "scriptlet",  "scan_listener", "sieve",
    "spool",     "threadpool", "yara",
};

/* Its name becomes that of a struct; <time.h> and others have some, too. */
static const char *const words_of_c[] = {
    "auto",     "break",    "case",     "char",   "const",   "continue",
    "default",  "do",       "double",   "else",   "enum",    "extern",
    "float",    "for",      "goto",     "if",     "inline",  "int",
    "long",     "register", "restrict", "return", "short",   "signed",
    "sizeof",   "static",   "struct",   "switch", "typedef", "union",
    "unsigned", "void",     "volatile", "while",  "bool",    "true",
    "false",    "asm",      "typeof",   "tm",     "obstack", "timespec",
    "timeval",  "timex",    "sigevent", "linux",  "unix",    "itimerspec",
};

struct new_engine {
    const char *name;
    const char *parent;      /* folder that the new one is put into */
    char template[PATH_MAX]; /* folder of the template */
    char folder[PATH_MAX];   /* where the new one is in the end */
    char draft[PATH_MAX];    /* and until then */
};

static int complain(const char *what, const char *path)
{
    (void)fprintf(stderr, "assay: %s %s: %s\n", what, path,
                  strerrordesc_np(errno));
    return ASSAY__EXIT_FOUND;
}

/* ---- the name -------------------------------------------------------------
 */

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static bool is_spelt_right(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz";

    return name[0] != '\0' && strchr(first, name[0]) &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] ==
               '\0' &&
           strlen(name) <= ASSAY_NAME_MAX;
}

/* What is wrong with it, or NULL. */
static const char *name_problem(const char *name)
{
    if (!is_spelt_right(name))
        return "must begin with a letter and have only a-z, 0-9 and _, at "
               "most 40 of them";
    if (strncmp(name, "assay", strlen("assay")) == 0)
        return "must not begin with \"assay\"; such names are the library's";
    if (is_one_of(name, taken, sizeof taken / sizeof *taken))
        return "is a name that Assay itself uses";
    if (is_one_of(name, words_of_c, sizeof words_of_c / sizeof *words_of_c))
        return "is a word of the language C or of its headers";
    return NULL;
}

/* ---- one file -------------------------------------------------------------
 */

/* The word as it stands there: in lower case, in capitals, or with one. */
static void put_name(FILE *out, const char *name, const char *as)
{
    bool all = isupper((unsigned char)as[1]) != 0;
    bool first = isupper((unsigned char)as[0]) != 0;

    for (size_t i = 0; name[i] != '\0'; i++)
        (void)fputc(all || (first && i == 0) ? toupper((unsigned char)name[i])
                                             : name[i],
                    out);
}

/* Write text with the name of the template replaced. */
static void put_renamed(FILE *out, const char *text, const char *name)
{
    const size_t len = strlen(TEMPLATE_NAME);
    const char *found;

    while ((found = strcasestr(text, TEMPLATE_NAME)) != NULL) {
        (void)fwrite(text, 1, (size_t)(found - text), out);
        put_name(out, name, found);
        text = found + len;
    }
    (void)fputs(text, out);
}

/* @return free() it; NULL with errno set */
static char *read_file(const char *path)
{
    FILE *in = fopen(path, "re");
    char *text = in ? malloc(TEMPLATE_BYTES_MAX) : NULL;
    size_t len = 0;

    if (text) {
        len = fread(text, 1, TEMPLATE_BYTES_MAX - 1, in);
        text[len] = '\0';
        if (ferror(in) || !feof(in)) {
            free(text);
            text = NULL;
            errno = EIO;
        }
    }
    if (in)
        (void)fclose(in);
    return text;
}

static int write_file(const char *path, const char *text, const char *name)
{
    FILE *out = fopen(path, "wxe");
    bool is_written;

    if (!out)
        return complain("cannot create", path);
    put_renamed(out, text, name);
    is_written = !ferror(out);
    is_written = fclose(out) == 0 && is_written;
    return is_written ? ASSAY__EXIT_OK : complain("cannot write", path);
}

/* Where a file goes: skeleton.c becomes NAME.c. @return false: too long */
static bool target_path(const struct new_engine *self, const char *file,
                        char *path, size_t size)
{
    const size_t len = strlen(TEMPLATE_NAME);
    bool is_named = strncmp(file, TEMPLATE_NAME, len) == 0;
    int n = snprintf(path, size, "%s/%s%s", self->draft,
                     is_named ? self->name : "", file + (is_named ? len : 0));

    return n > 0 && (size_t)n < size;
}

static int copy_file(const struct new_engine *self, const char *file)
{
    char from[PATH_MAX + NAME_MAX], to[PATH_MAX + NAME_MAX];
    char *text;
    int status;

    (void)snprintf(from, sizeof from, "%s/%s", self->template, file);
    text = read_file(from);
    if (!text)
        return complain("cannot read the template", from);
    if (!target_path(self, file, to, sizeof to)) {
        free(text);
        errno = ENAMETOOLONG;
        return complain("cannot create", self->folder);
    }
    status = write_file(to, text, self->name);
    free(text);
    return status;
}

/* ---- the folder -----------------------------------------------------------
 */

static void remove_draft(const struct new_engine *self)
{
    char path[PATH_MAX + NAME_MAX];

    for (size_t i = 0; i < FILES; i++)
        if (target_path(self, files[i], path, sizeof path))
            (void)unlink(path);
    (void)rmdir(self->draft);
}

/* Not over a folder that somebody made meanwhile, even an empty one; file
 * systems that cannot promise that answer EINVAL. */
static bool put_in_place(const struct new_engine *self)
{
    struct stat st;

    if (renameat2(AT_FDCWD, self->draft, AT_FDCWD, self->folder,
                  RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (lstat(self->folder, &st) == 0) {
        errno = EEXIST;
        return false;
    }
    return rename(self->draft, self->folder) == 0;
}

static int fill_folder(const struct new_engine *self)
{
    int status = ASSAY__EXIT_OK;

    if (mkdir(self->draft, 0777) != 0)
        return complain("cannot create", self->folder);
    for (size_t i = 0; status == ASSAY__EXIT_OK && i < FILES; i++)
        status = copy_file(self, files[i]);
    if (status == ASSAY__EXIT_OK && !put_in_place(self))
        status = complain("cannot create", self->folder);
    if (status != ASSAY__EXIT_OK)
        remove_draft(self);
    return status;
}

static bool find_template(struct new_engine *self)
{
    char program[PATH_MAX / 2];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;

    if (len < 0)
        return false;
    program[len] = '\0';
    slash = strrchr(program, '/');
    if (!slash)
        return false;
    *slash = '\0';
    (void)snprintf(self->template, sizeof self->template, "%s/" TEMPLATE_FOLDER,
                   program);
    return true;
}

static bool find_places(struct new_engine *self)
{
    int len = snprintf(self->folder, sizeof self->folder, "%s/%s", self->parent,
                       self->name);
    int draft_len = snprintf(self->draft, sizeof self->draft, "%s/.%s.%ld",
                             self->parent, self->name, (long)getpid());

    errno = ENAMETOOLONG;
    return len > 0 && (size_t)len < sizeof self->folder && draft_len > 0 &&
           (size_t)draft_len < sizeof self->draft;
}

static void say_what_now(const struct new_engine *self)
{
    (void)printf("created %s; it can be built and tested as it is:\n\n"
                 "    cd %s\n"
                 "    make\n"
                 "    assay engine test ./%s.so --infected threat.eml "
                 "--clean clean.eml\n",
                 self->folder, self->folder, self->name);
}

static int make_engine(struct new_engine *self)
{
    struct stat st;
    int status;

    if (!find_template(self))
        return complain("cannot find", TEMPLATE_FOLDER);
    if (!find_places(self))
        return complain("cannot create", self->name);
    if (lstat(self->folder, &st) == 0) {
        errno = EEXIST;
        return complain("cannot create", self->folder);
    }
    status = fill_folder(self);
    if (status == ASSAY__EXIT_OK)
        say_what_now(self);
    return status;
}

/* ---- the action -----------------------------------------------------------
 */

int assay__engine_new(int argc, char **argv)
{
    static const struct option longs[] = {
        {"output", required_argument, NULL, OPTION_OUTPUT},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct new_engine self = {.parent = "."};
    const char *problem;
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (option) {
        case OPTION_OUTPUT:
            self.parent = optarg;
            break;
        case 'h':
            (void)fputs(assay__command_engine.help, stdout);
            return ASSAY__EXIT_OK;
        default:
            return ASSAY__EXIT_USAGE;
        }
    }
    if (optind + 1 != argc) {
        (void)fputs("assay: engine new takes one name\n", stderr);
        return ASSAY__EXIT_USAGE;
    }
    if (*self.parent == '\0') { /* that would be the root */
        (void)fputs("assay: --output takes a folder\n", stderr);
        return ASSAY__EXIT_USAGE;
    }
    self.name = argv[optind];
    problem = name_problem(self.name);
    if (problem) {
        (void)fprintf(stderr, "assay: the name of the engine %s\n", problem);
        return ASSAY__EXIT_USAGE;
    }
    return make_engine(&self);
}
