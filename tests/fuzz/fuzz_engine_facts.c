/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Module files, as `assay engine info` reads them: the file, its symbols and
 * relocations, and the table in it. Whatever they say, every text that comes
 * out ends, and an engine is taken or refused with a reason.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/cli/engine_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct assay__engine_facts facts;

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static void read_text(const char *text)
{
    require(!text || strlen(text) < ASSAY__ELF_TEXT_MAX);
}

static void check_options(void)
{
    for (size_t i = 0; i < facts.option_count; i++) {
        const assay_conf_option *option = &facts.options[i];

        require(option->name != NULL);
        read_text(option->name);
        read_text(option->default_value);
        for (const assay_conf_word *w = option->words; w && w->name; w++) {
            read_text(w->name);
            read_text(w->refusal);
        }
    }
}

static void check_facts(const struct assay__elf_image *image)
{
    size_t at = 0;

    require((facts.verdict == ASSAY_OK) == (facts.refusal.msg[0] == '\0'));
    read_text(facts.table.name);
    read_text(facts.table.version);
    read_text(facts.table.description);
    read_text(facts.table.infected_value);
    check_options();
    while (assay__elf_image_import(image, &at))
        ;
    at = 0;
    while (assay__elf_image_needed(image, &at))
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay__elf_image *image = NULL;
    assay_error err = {0};

    if (assay__elf_image_new("x.so", data, size, &image, &err) != ASSAY_OK) {
        require(err.msg[0] != '\0' && !image);
        return 0;
    }
    assay__engine_facts_read("x.so", image, &facts);
    check_facts(image);
    assay__engine_facts_fini(&facts);
    assay__elf_image_free(&image);
    return 0;
}
