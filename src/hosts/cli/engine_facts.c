/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "engine_facts.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <assay/authority.h>
#include <assay/csapi_provider.h>
#include <assay/engine_kit.h>
#include <assay/policy.h>
#include <assay/scorer.h>

static const struct {
    enum assay__module_kind kind;
    const char *symbol, *name;
} kinds[] = {
    {ASSAY__MODULE_ENGINE, ASSAY_ENGINE_SYMBOL, "engine"},
    {ASSAY__MODULE_PROVIDER, ASSAY_CSAPI_PROVIDER_SYMBOL,
     "provider of the csapi engine"},
    {ASSAY__MODULE_SCORER, ASSAY_SCORER_SYMBOL,
     "scorer, a backend of the stanza cloudmark"},
    {ASSAY__MODULE_LANGUAGE, ASSAY_LANGUAGE_SYMBOL, "policy language"},
    {ASSAY__MODULE_CARTRIDGE, ASSAY_AUTHORITY_SYMBOL,
     "cartridge of the stanza cloudmark"},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The same for modules of every kind. */
struct head {
    size_t struct_size;
    uint32_t abi_major, abi_minor;
    uint64_t name, version, description; /* addresses */
};

_Static_assert(sizeof(struct head) ==
                   offsetof(assay_engine_module, description) +
                       sizeof(const char *),
               "modules begin alike");

struct reader {
    const char *file;
    const struct assay__elf_image *image;
    struct assay__engine_facts *facts;
};

const char *assay__module_kind_name(enum assay__module_kind kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "no module of Assay";
}

/* The first refusal stays. @return false */
static bool refuse(const struct reader *reader, const char *where,
                   const char *member, const char *why)
{
    if (reader->facts->verdict == ASSAY_OK)
        reader->facts->verdict = assay_error_set(
            &reader->facts->refusal, ASSAY_E_ABI, "%s: '%.*s' %s %s",
            reader->file, ASSAY_NAME_MAX, member, where, why);
    return false;
}

/* ---- pieces -------------------------------------------------------------- */

/* From the address in a pointer to the text there; NULL stays NULL. */
static bool take_text(const struct reader *reader, const char *where,
                      const char *member, const char **text)
{
    uint64_t address = (uintptr_t)*text;

    *text = NULL;
    if (address == 0)
        return true;
    *text = assay__elf_image_text(reader->image, address);
    return *text || refuse(reader, where, member,
                           "is no text in the file of less than 4096 bytes");
}

/* A byte that is neither 0 nor 1 is no bool that C may look at. */
static void tidy_bool(bool *flag)
{
    unsigned char byte;

    memcpy(&byte, flag, sizeof byte);
    *flag = byte != 0;
}

static bool take_struct(const struct reader *reader, const char *where,
                        const char *member, const void *pointer, void *out,
                        size_t size)
{
    return assay__elf_image_get(reader->image, (uintptr_t)pointer, out, size) ||
           refuse(reader, where, member, "does not lie in the file");
}

/* ---- options ------------------------------------------------------------- */

static const char in_conf[] = "in its 'conf'";

static bool take_words(const struct reader *reader, size_t index)
{
    assay_conf_option *option = &reader->facts->options[index];
    const assay_conf_word *from = option->words;
    assay_conf_word *words = calloc(ASSAY__FACTS_WORDS_MAX + 1, sizeof *words);

    option->words = words;
    reader->facts->words[index] = words;
    if (!words)
        return refuse(reader, in_conf, option->name, "needs too much memory");
    for (size_t i = 0; i < ASSAY__FACTS_WORDS_MAX; i++) {
        uint64_t address = (uintptr_t)from + i * sizeof *words;

        if (!assay__elf_image_get(reader->image, address, &words[i],
                                  sizeof *words)) {
            words[i] = (assay_conf_word){.name = NULL};
            return refuse(reader, in_conf, option->name,
                          "has words that do not lie in the file");
        }
        if (!words[i].name) {
            words[i].refusal = NULL;
            return true;
        }
        if (!take_text(reader, in_conf, option->name, &words[i].name) ||
            !take_text(reader, in_conf, option->name, &words[i].refusal)) {
            words[i] = (assay_conf_word){.name = NULL};
            return false;
        }
    }
    return refuse(reader, in_conf, option->name, "has more than 256 words");
}

/* @return false at the end of the list, and when something is wrong */
static bool take_option(const struct reader *reader, uint64_t address)
{
    struct assay__engine_facts *facts = reader->facts;
    size_t index = facts->option_count;
    assay_conf_option *option = &facts->options[index];
    assay_conf_option raw;
    bool is_sound;

    if (!assay__elf_image_get(reader->image, address, &raw, sizeof raw))
        return refuse(reader, in_conf, "options", "has no end in the file");
    if (!raw.name)
        return false;
    tidy_bool(&raw.required);
    if (!take_text(reader, in_conf, "options", &raw.name))
        return false;
    is_sound = take_text(reader, in_conf, raw.name, &raw.default_value);
    *option = raw;
    facts->option_count++;
    return (!raw.words || take_words(reader, index)) && is_sound;
}

static bool take_conf(const struct reader *reader)
{
    struct assay__engine_facts *facts = reader->facts;
    assay_conf_stanza *conf = &facts->conf;
    uint64_t address;

    if (!take_struct(reader, "in its engine table", "conf", facts->table.conf,
                     conf, sizeof *conf)) {
        facts->table.conf = NULL;
        return false;
    }
    facts->table.conf = conf;
    tidy_bool(&conf->named);
    tidy_bool(&conf->repeatable);
    address = (uintptr_t)conf->options;
    conf->options = NULL;
    conf->children = NULL;
    if (!take_text(reader, in_conf, "name", &conf->name) || address == 0)
        return conf->name != NULL;
    conf->options = facts->options;
    while (facts->option_count < ASSAY__FACTS_OPTIONS_MAX &&
           take_option(reader,
                       address + facts->option_count * sizeof *facts->options))
        ;
    return facts->verdict == ASSAY_OK;
}

/* ---- the table ------------------------------------------------------------
 */

static bool take_ops(const struct reader *reader)
{
    struct assay__engine_facts *facts = reader->facts;
    const void *from = facts->table.ops;
    size_t size = 0;

    facts->table.ops = NULL;
    if (!take_struct(reader, "in its engine table", "ops", from, &size,
                     sizeof size))
        return false;
    if (size > sizeof facts->ops)
        size = sizeof facts->ops;
    facts->table.ops = &facts->ops;
    if (size < sizeof size)
        facts->ops.struct_size = size;
    else if (!take_struct(reader, "in its engine table", "ops", from,
                          &facts->ops, size))
        facts->table.ops = NULL;
    return facts->table.ops != NULL;
}

static bool take_table_texts(const struct reader *reader)
{
    static const char where[] = "in its engine table";
    assay_engine_module *table = &reader->facts->table;
    /* All are taken, or an address would be left for a pointer. */
    bool name = take_text(reader, where, "name", &table->name);
    bool version = take_text(reader, where, "version", &table->version);
    bool text = take_text(reader, where, "description", &table->description);
    bool value =
        take_text(reader, where, "infected_value", &table->infected_value);

    return name && version && text && value;
}

static void forget_pointers(assay_engine_module *table)
{
    table->name = table->version = table->description = NULL;
    table->infected_value = NULL;
    table->conf = NULL;
    table->ops = NULL;
}

static void take_engine(const struct reader *reader, uint64_t address,
                        uint64_t available)
{
    struct assay__engine_facts *facts = reader->facts;
    assay_engine_module *table = &facts->table;
    size_t size = available < sizeof *table ? (size_t)available : sizeof *table;

    if (!assay__elf_image_get(reader->image, address, table, size)) {
        (void)refuse(reader, "in it", ASSAY_ENGINE_SYMBOL,
                     "does not lie in the file");
        return;
    }
    if (table->abi_major != ASSAY_ENGINE_ABI_MAJOR ||
        table->struct_size > available) {
        forget_pointers(table); /* another layout: nothing else is read */
    } else {
        bool has_conf = table->conf != NULL, has_ops = table->ops != NULL;

        if (!take_table_texts(reader) || (has_ops && !take_ops(reader)) ||
            (has_conf && !take_conf(reader))) {
            if (table->conf != &facts->conf)
                table->conf = NULL;
            if (table->ops != &facts->ops)
                table->ops = NULL;
        }
    }
    if (facts->verdict == ASSAY_OK)
        facts->verdict = assay_engine_table_check(
            reader->file, table, (size_t)available, &facts->refusal);
}

/* Another kind of module: only what all have in common. */
static void take_head(const struct reader *reader, uint64_t address,
                      uint64_t available)
{
    assay_engine_module *table = &reader->facts->table;
    struct head head = {0};

    if (available < sizeof head ||
        !assay__elf_image_get(reader->image, address, &head, sizeof head)) {
        (void)refuse(reader, "in it", "table", "does not lie in the file");
        return;
    }
    table->struct_size = head.struct_size;
    table->abi_major = head.abi_major;
    table->abi_minor = head.abi_minor;
    table->name = assay__elf_image_text(reader->image, head.name);
    if (reader->facts->kind != ASSAY__MODULE_CARTRIDGE) /* it has none */
        table->version = assay__elf_image_text(reader->image, head.version);
    if (reader->facts->kind == ASSAY__MODULE_PROVIDER ||
        reader->facts->kind == ASSAY__MODULE_SCORER)
        table->description =
            assay__elf_image_text(reader->image, head.description);
}

/* The dynamic linker would say so first. Only our own names: where the others
 * come from, a look at one file cannot tell. */
static void check_imports(const struct reader *reader)
{
    size_t at = 0;
    const char *name;

    while (reader->facts->verdict == ASSAY_OK &&
           (name = assay__elf_image_import(reader->image, &at)) != NULL) {
        if (strncmp(name, "assay_", strlen("assay_")) == 0 &&
            !dlsym(RTLD_DEFAULT, name))
            reader->facts->verdict = assay_error_set(
                &reader->facts->refusal, ASSAY_E_ABI,
                "%s: cannot be loaded: undefined symbol: %.100s", reader->file,
                name);
    }
}

static void check_machine(const struct reader *reader)
{
    if (!assay__elf_image_is_native(reader->image))
        reader->facts->verdict = assay_error_set(
            &reader->facts->refusal, ASSAY_E_ABI,
            "%s: cannot be loaded: it is for %s, this is another machine",
            reader->file, assay__elf_image_machine(reader->image));
}

void assay__engine_facts_read(const char *name,
                              const struct assay__elf_image *image,
                              struct assay__engine_facts *facts)
{
    const struct reader reader = {name, image, facts};
    uint64_t address = 0, size = 0;

    memset(facts, 0, sizeof *facts);
    for (size_t i = 0; i < KINDS && facts->kind == ASSAY__MODULE_NONE; i++)
        if (assay__elf_image_find(image, kinds[i].symbol, &address, &size))
            facts->kind = kinds[i].kind;
    check_machine(&reader);
    check_imports(&reader);
    if (facts->kind == ASSAY__MODULE_ENGINE)
        take_engine(&reader, address, size);
    else if (facts->kind != ASSAY__MODULE_NONE)
        take_head(&reader, address, size);
    else if (facts->verdict == ASSAY_OK)
        facts->verdict = assay_error_set(&facts->refusal, ASSAY_E_ABI,
                                         "%s: is not an engine: it has no '%s'",
                                         name, ASSAY_ENGINE_SYMBOL);
}

void assay__engine_facts_fini(struct assay__engine_facts *facts)
{
    for (size_t i = 0; i < ASSAY__FACTS_OPTIONS_MAX; i++)
        free(facts->words[i]);
    memset(facts, 0, sizeof *facts);
}
