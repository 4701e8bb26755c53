/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Which table an option of a stanza stands in, by the path of the stanza: for
 * defaults and inheritance as an administrator asks for them.
 */
#ifndef ASSAY_RUNTIME_OPTION_TABLE_H
#define ASSAY_RUNTIME_OPTION_TABLE_H

#include "conf/edit.h"
#include "runtime/generation.h"

struct assay__option_place {
    bool is_known;                    /* the stanza's tables are */
    const char *stanza;               /* its name, as the table says */
    const assay_conf_option *option;  /* NULL: it has none of that name */
    struct assay__conf_path inherits; /* stanza whose value holds when it is
                                         not set; empty: none */
};

/** Look it up among the modules that the generation uses. */
void assay__option_find(const struct assay__generation *generation,
                        const struct assay__conf_path *path, const char *option,
                        struct assay__option_place *out);

#endif
