/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * assay engine info: what a module declares.
 */
#include "engine.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "command.h"
#include "engine_facts.h"
#include "escape.h"

struct named_bit {
    uint32_t bit;
    const char *name;
};

static const struct named_bit flag_names[] = {
    {ASSAY_ENGINE_REMOTE, "remote"},
    {ASSAY_ENGINE_USES_NAMES, "uses-names"},
    {ASSAY_ENGINE_PROCESS, "process"},
    {ASSAY_ENGINE_WANTS_PARTS, "wants-parts"},
};

enum { FLAGS = sizeof flag_names / sizeof *flag_names };

static const char *const type_names[] = {
    [ASSAY_CONF_STRING] = "string", [ASSAY_CONF_PATH] = "path",
    [ASSAY_CONF_INT] = "number",    [ASSAY_CONF_SIZE] = "size",
    [ASSAY_CONF_BOOL] = "boolean",  [ASSAY_CONF_ENUM] = "word",
    [ASSAY_CONF_PERMS] = "mode",    [ASSAY_CONF_LIST] = "list",
};

static const char *type_name(assay_conf_type type)
{
    size_t i = (size_t)type;

    return i < sizeof type_names / sizeof *type_names ? type_names[i]
                                                      : "unknown type";
}

/* Operations in the order of the table, and whether the engine has them. */
struct op {
    const char *name;
    bool is_there;
};

enum { OPS = 12 };

static void list_ops(const assay_engine_ops *ops, struct op *out)
{
    const struct op all[OPS] = {
        {"open", ops->open != NULL},
        {"close", ops->close != NULL},
        {"scan", ops->scan != NULL},
        {"probe", ops->probe != NULL},
        {"epoch", ops->epoch != NULL},
        {"version", ops->version != NULL},
        {"flags", ops->flags != NULL},
        {"refresh", ops->refresh != NULL},
        {"isolation", ops->isolation != NULL},
        {"forked", ops->forked != NULL},
        {"newer", ops->newer != NULL},
        {NULL, false},
    };

    memcpy(out, all, sizeof all);
}

/* ---- text -----------------------------------------------------------------
 */

static void put_label(const char *label)
{
    (void)printf("%-13s", label);
}

/* A text of the module; a terminal must not obey it. */
static void put_text(const char *text)
{
    char *shown = assay__escape_line(text);

    (void)fputs(shown ? shown : "(out of memory)", stdout);
    free(shown);
}

static void put_line(const char *label, const char *text)
{
    if (!text)
        return;
    put_label(label);
    put_text(text);
    (void)putchar('\n');
}

static void put_flags(uint32_t flags)
{
    const char *blank = "";

    put_label("flags");
    for (size_t i = 0; i < FLAGS; i++) {
        if ((flags & flag_names[i].bit) == 0)
            continue;
        (void)printf("%s%s", blank, flag_names[i].name);
        flags &= ~flag_names[i].bit;
        blank = " ";
    }
    if (flags != 0)
        (void)printf("%s%#x", blank, flags); /* none that we know of */
    (void)puts(*blank == '\0' && flags == 0 ? "none" : "");
}

static void put_ops(const char *label, const struct op *ops, bool is_there)
{
    const char *blank = "";

    put_label(label);
    for (; ops->name; ops++) {
        if (ops->is_there != is_there)
            continue;
        (void)printf("%s%s", blank, ops->name);
        blank = " ";
    }
    (void)puts(*blank == '\0' ? "nothing" : "");
}

static bool has_range(const assay_conf_option *option)
{
    return (option->type == ASSAY_CONF_INT ||
            option->type == ASSAY_CONF_SIZE) &&
           (option->min != 0 || option->max != 0);
}

static void put_words(const assay_conf_word *word)
{
    for (const char *comma = " "; word->name; word++, comma = ", ") {
        (void)fputs(comma, stdout);
        put_text(word->name);
        if (word->refusal)
            (void)fputs(" (refused)", stdout);
    }
}

static void put_option(const assay_conf_option *option)
{
    put_label("option");
    put_text(option->name);
    (void)printf(": %s", type_name(option->type));
    if (has_range(option))
        (void)printf(" from %" PRId64 " to %" PRId64, option->min, option->max);
    if (option->type == ASSAY_CONF_ENUM && option->words)
        put_words(option->words);
    if (option->required)
        (void)fputs("; required", stdout);
    if (option->default_value) {
        (void)fputs("; default \"", stdout);
        put_text(option->default_value);
        (void)putchar('"');
    }
    (void)putchar('\n');
}

static void put_engine(const struct assay__engine_facts *facts)
{
    const assay_engine_module *table = &facts->table;
    struct op ops[OPS];

    list_ops(&facts->ops, ops);
    put_flags(table->flags);
    put_line("infected",
             table->infected_value ? table->infected_value : "virus");
    put_ops("has", ops, true);
    put_ops("lacks", ops, false);
    for (size_t i = 0; i < facts->option_count; i++)
        put_option(&facts->options[i]);
}

static bool is_engine(const struct assay__engine_facts *facts)
{
    return facts->kind == ASSAY__MODULE_ENGINE;
}

/* False when what stands in the table could not be understood, too. */
static bool has_operations(const struct assay__engine_facts *facts)
{
    return is_engine(facts) && facts->table.ops != NULL;
}

static void put_abi(const struct assay__engine_facts *facts)
{
    put_label("ABI");
    (void)printf("%u.%u", facts->table.abi_major, facts->table.abi_minor);
    if (is_engine(facts))
        (void)printf(" (this libassay: %d.%d)", ASSAY_ENGINE_ABI_MAJOR,
                     ASSAY_ENGINE_ABI_MINOR);
    (void)putchar('\n');
}

/* Which of its own words tell why, without the name of the file. */
static const char *reason_of(const char *path,
                             const struct assay__engine_facts *facts)
{
    const char *text = facts->refusal.msg;
    size_t len = strlen(path);

    return strncmp(text, path, len) == 0 && strncmp(text + len, ": ", 2) == 0
               ? text + len + 2
               : text;
}

static void put_file(const struct assay__elf_image *image)
{
    size_t constructors = assay__elf_image_constructors(image), at = 0;
    const char *name;

    put_line("machine", assay__elf_image_machine(image));
    while ((name = assay__elf_image_needed(image, &at)) != NULL)
        put_line("needs", name);
    if (constructors > 0) {
        put_label("warning");
        (void)printf("runs code when it is loaded: %zu constructor%s\n",
                     constructors, constructors == 1 ? "" : "s");
    }
}

/* A configuration finds an engine by the name of its file. */
static void put_name_note(const char *path,
                          const struct assay__engine_facts *facts)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const char *name = facts->table.name;
    size_t len = name ? strlen(name) : 0;

    if (facts->verdict != ASSAY_OK || !is_engine(facts) ||
        (strncmp(file, name, len) == 0 && strcmp(file + len, ".so") == 0))
        return;
    put_label("warning");
    (void)printf("its file must be called %s.so to be found\n", name);
}

static void show_text(const char *path, const struct assay__elf_image *image,
                      const struct assay__engine_facts *facts)
{
    const assay_engine_module *table = &facts->table;

    put_line("file", path);
    put_line("kind", assay__module_kind_name(facts->kind));
    put_line("name", table->name);
    put_line("version", table->version);
    put_line("description", table->description);
    if (facts->kind != ASSAY__MODULE_NONE)
        put_abi(facts);
    if (has_operations(facts))
        put_engine(facts);
    put_file(image);
    put_name_note(path, facts);
    put_label("loads");
    if (facts->verdict != ASSAY_OK) {
        (void)fputs("no: ", stdout);
        put_text(reason_of(path, facts));
        (void)putchar('\n');
    } else {
        (void)puts(is_engine(facts)
                       ? "yes, if what it needs is there"
                       : "not as an engine; it is another kind of module");
    }
}

/* ---- JSON -----------------------------------------------------------------
 */

static json_t *string(const char *text)
{
    char *valid = text ? assay__escape_utf8(text) : NULL;
    json_t *value = valid ? json_string(valid) : json_null();

    free(valid);
    return value;
}

static json_t *flags_json(uint32_t flags)
{
    json_t *list = json_array();

    for (size_t i = 0; i < FLAGS; i++) {
        if (flags & flag_names[i].bit)
            (void)json_array_append_new(list, json_string(flag_names[i].name));
        flags &= ~flag_names[i].bit;
    }
    if (flags != 0) /* none that we know of */
        (void)json_array_append_new(list, json_sprintf("%#x", flags));
    return list;
}

static json_t *ops_json(const assay_engine_ops *ops)
{
    struct op all[OPS];
    json_t *object = json_object();

    list_ops(ops, all);
    for (const struct op *op = all; op->name; op++)
        (void)json_object_set_new(object, op->name, json_boolean(op->is_there));
    return object;
}

static json_t *words_json(const assay_conf_word *word)
{
    json_t *list = json_array();

    for (; word && word->name; word++)
        (void)json_array_append_new(
            list, json_pack("{so so}", "name", string(word->name), "refusal",
                            string(word->refusal)));
    return list;
}

static json_t *option_json(const assay_conf_option *option)
{
    return json_pack(
        "{so ss so so so so sb}", "name", string(option->name), "type",
        type_name(option->type), "default", string(option->default_value),
        "min", has_range(option) ? json_integer(option->min) : json_null(),
        "max", has_range(option) ? json_integer(option->max) : json_null(),
        "words", words_json(option->words), "required", (int)option->required);
}

static json_t *options_json(const struct assay__engine_facts *facts)
{
    json_t *list = json_array();

    for (size_t i = 0; i < facts->option_count; i++)
        (void)json_array_append_new(list, option_json(&facts->options[i]));
    return list;
}

static json_t *needed_json(const struct assay__elf_image *image)
{
    json_t *list = json_array();
    const char *name;
    size_t at = 0;

    while ((name = assay__elf_image_needed(image, &at)) != NULL)
        (void)json_array_append_new(list, string(name));
    return list;
}

static json_t *facts_json(const char *path,
                          const struct assay__elf_image *image,
                          const struct assay__engine_facts *facts)
{
    const assay_engine_module *table = &facts->table;
    bool loads = facts->verdict == ASSAY_OK && is_engine(facts);

    return json_pack(
        "{so ss so so so s[II] ss so sI sb so}", "file", string(path), "kind",
        assay__module_kind_name(facts->kind), "name", string(table->name),
        "version", string(table->version), "description",
        string(table->description), "abi", (json_int_t)table->abi_major,
        (json_int_t)table->abi_minor, "machine",
        assay__elf_image_machine(image), "needs", needed_json(image),
        "constructors", (json_int_t)assay__elf_image_constructors(image),
        "loads", (int)loads, "reason",
        facts->verdict != ASSAY_OK ? string(reason_of(path, facts))
                                   : json_null());
}

static void show_json(const char *path, const struct assay__elf_image *image,
                      const struct assay__engine_facts *facts)
{
    json_t *object = facts_json(path, image, facts);
    const char *infected = facts->table.infected_value;
    char *text;

    if (object && has_operations(facts)) {
        (void)json_object_set_new(object, "flags",
                                  flags_json(facts->table.flags));
        (void)json_object_set_new(object, "infected_value",
                                  string(infected ? infected : "virus"));
        (void)json_object_set_new(object, "operations", ops_json(&facts->ops));
        (void)json_object_set_new(object, "options", options_json(facts));
    }
    text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    (void)puts(text ? text : "null");
    free(text);
    json_decref(object);
}

/* ---- the action -----------------------------------------------------------
 */

static int show_file(const char *path, bool as_json)
{
    struct assay__engine_facts *facts = calloc(1, sizeof *facts);
    struct assay__elf_image *image = NULL;
    assay_error err = {0};
    int status = ASSAY__EXIT_FOUND;
    char *shown;

    if (!facts) {
        (void)fputs("assay: out of memory\n", stderr);
        return ASSAY__EXIT_FOUND;
    }
    if (assay__elf_image_read(path, &image, &err) != ASSAY_OK) {
        shown = assay__escape_line(err.msg);
        (void)fprintf(stderr, "assay: %s\n", shown ? shown : "out of memory");
        free(shown);
        goto out;
    }
    assay__engine_facts_read(path, image, facts);
    (as_json ? show_json : show_text)(path, image, facts);
    if (facts->verdict == ASSAY_OK)
        status = ASSAY__EXIT_OK;
    assay__engine_facts_fini(facts);
out:
    assay__elf_image_free(&image);
    free(facts);
    return status;
}

int assay__engine_info(int argc, char **argv)
{
    static const struct option longs[] = {
        {"json", no_argument, NULL, 'J'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool as_json = false;
    int option;

    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread runs yet */
    while ((option = getopt_long(argc, argv, "Jh", longs, NULL)) != -1) {
        switch (option) {
        case 'J':
            as_json = true;
            break;
        case 'h':
            (void)fputs(assay__command_engine.help, stdout);
            return ASSAY__EXIT_OK;
        default:
            return ASSAY__EXIT_USAGE;
        }
    }
    if (optind + 1 != argc) {
        (void)fputs("assay: engine info takes one file\n", stderr);
        return ASSAY__EXIT_USAGE;
    }
    return show_file(argv[optind], as_json);
}
