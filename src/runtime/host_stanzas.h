/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a host was given of its stanzas when it started. A host sets itself up
 * once (it listens, drops its rights), so this outlives the generation it came
 * from, without keeping that one's engines.
 */
#ifndef ASSAY_RUNTIME_HOST_STANZAS_H
#define ASSAY_RUNTIME_HOST_STANZAS_H

#include "runtime/generation.h"

struct assay__host_copy {
    const assay_conf_stanza *stanza; /* the host's */
    char *instance;
    void *settings;
};

/** Own copies of the host stanzas of a generation. */
struct assay__host_stanzas {
    struct assay__host_copy *all;
    size_t count;
};

/** @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__host_stanzas_copy(const struct assay__generation *generation,
                                  struct assay__host_stanzas *out,
                                  assay_error *err);
/** Accepts what was only zeroed. */
void assay__host_stanzas_free(struct assay__host_stanzas *stanzas);
/** As assay_host_settings(). */
const void *assay__host_stanzas_get(const struct assay__host_stanzas *stanzas,
                                    const assay_conf_stanza *stanza,
                                    size_t index, const char **instance_out);
/** Say which stanzas a generation has that differ from those the host works
 *  with, or lacks (host.needs_restart). */
void assay__host_stanzas_compare(const struct assay__host_stanzas *stanzas,
                                 const struct assay__generation *generation,
                                 const assay_log *log);

#endif
