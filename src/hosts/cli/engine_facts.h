/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a module file declares, read from the file without running it. The
 * engine's table is built again out of checked pieces, so that the judgement
 * of libassay over it is that of the loader, word by word.
 */
#ifndef ASSAY_CLI_ENGINE_FACTS_H
#define ASSAY_CLI_ENGINE_FACTS_H

#include <assay/engine.h>

#include "elf_image.h"

/** Options that are read; libassay takes one less. */
#define ASSAY__FACTS_OPTIONS_MAX 65
/** Most words of one option. */
#define ASSAY__FACTS_WORDS_MAX 256

enum assay__module_kind {
    ASSAY__MODULE_NONE, /* a shared object, but no module of Assay */
    ASSAY__MODULE_ENGINE,
    ASSAY__MODULE_PROVIDER,
    ASSAY__MODULE_SCORER,
    ASSAY__MODULE_LANGUAGE,
    ASSAY__MODULE_CARTRIDGE
};

struct assay__engine_facts {
    enum assay__module_kind kind;
    /** Texts are borrowed from the image, and NULL where there is none.
     *  Functions are NULL or not, and are not to be called. For a module of
     *  another kind only the numbers of its ABI, name and version are set. */
    assay_engine_module table;
    assay_engine_ops ops;
    assay_conf_stanza conf;
    assay_conf_option options[ASSAY__FACTS_OPTIONS_MAX + 1];
    size_t option_count;
    assay_conf_word *words[ASSAY__FACTS_OPTIONS_MAX]; /* owned */
    /** ASSAY_OK: this libassay would load it, as far as a look can tell. */
    assay_rc verdict;
    assay_error refusal; /* else why not */
};

/** "engine", "scorer", …; never NULL. */
const char *assay__module_kind_name(enum assay__module_kind kind);

/**
 * Read the facts of a module; what is missing or makes no sense is told by
 * facts->verdict.
 *
 * @param name   how the file is called in messages
 * @param image  must outlive the facts
 */
void assay__engine_facts_read(const char *name,
                              const struct assay__elf_image *image,
                              struct assay__engine_facts *facts);
void assay__engine_facts_fini(struct assay__engine_facts *facts);

#endif
