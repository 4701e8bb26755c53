/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/host_stanzas.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/settings.h"

static bool copy_one(const struct assay__host_stanza *from,
                     struct assay__host_copy *to)
{
    to->stanza = from->stanza;
    to->instance = assay__text_dup(from->instance, strlen(from->instance));
    to->settings = assay__conf_settings_dup(
        from->stanza->options, from->stanza->settings_size, from->settings);
    return to->instance && to->settings;
}

assay_rc assay__host_stanzas_copy(const struct assay__generation *generation,
                                  struct assay__host_stanzas *out,
                                  assay_error *err)
{
    struct assay__host_stanzas copy = {0};
    bool is_whole;

    copy.all = calloc(generation->host_stanza_count + 1, sizeof *copy.all);
    is_whole = copy.all != NULL;
    while (is_whole && copy.count < generation->host_stanza_count) {
        is_whole = copy_one(&generation->host_stanzas[copy.count],
                            &copy.all[copy.count]);
        copy.count++; /* also one that is half copied, to be freed */
    }
    if (!is_whole) {
        assay__host_stanzas_free(&copy);
        return assay_error_set(err, ASSAY_E_NOMEM, "host stanzas");
    }
    *out = copy;
    return ASSAY_OK;
}

void assay__host_stanzas_free(struct assay__host_stanzas *stanzas)
{
    for (size_t i = 0; i < stanzas->count; i++) {
        free(stanzas->all[i].instance);
        free(stanzas->all[i].settings);
    }
    free(stanzas->all);
    memset(stanzas, 0, sizeof *stanzas);
}

const void *assay__host_stanzas_get(const struct assay__host_stanzas *stanzas,
                                    const assay_conf_stanza *stanza,
                                    size_t index, const char **instance_out)
{
    for (size_t i = 0; i < stanzas->count; i++) {
        const struct assay__host_copy *found = &stanzas->all[i];

        if (found->stanza != stanza || index-- > 0)
            continue;
        if (instance_out)
            *instance_out = found->instance;
        return found->settings;
    }
    return NULL;
}

/* ---- what a reload cannot change --------------------------------------- */

static void need_restart(const assay_log *log, const char *stanza,
                         const char *instance, const char *change)
{
    assay_log_write(log, ASSAY_LOG_WARN, "host.needs_restart",
                    "stanza=%s instance=\"%s\" reason=\"the stanza was %s; "
                    "restart to apply it\"",
                    stanza, instance, change);
}

/* NULL when it has none of this kind and name. */
static const struct assay__host_stanza *counterpart(
    const struct assay__generation *generation,
    const struct assay__host_copy *stanza)
{
    for (size_t i = 0; i < generation->host_stanza_count; i++) {
        const struct assay__host_stanza *other = &generation->host_stanzas[i];

        if (other->stanza == stanza->stanza &&
            strcmp(other->instance, stanza->instance) == 0)
            return other;
    }
    return NULL;
}

static bool is_known(const struct assay__host_stanzas *stanzas,
                     const struct assay__host_stanza *other)
{
    for (size_t i = 0; i < stanzas->count; i++)
        if (stanzas->all[i].stanza == other->stanza &&
            strcmp(stanzas->all[i].instance, other->instance) == 0)
            return true;
    return false;
}

void assay__host_stanzas_compare(const struct assay__host_stanzas *stanzas,
                                 const struct assay__generation *generation,
                                 const assay_log *log)
{
    for (size_t i = 0; i < stanzas->count; i++) {
        const struct assay__host_copy *mine = &stanzas->all[i];
        const struct assay__host_stanza *other = counterpart(generation, mine);

        if (!other)
            need_restart(log, mine->stanza->name, mine->instance, "removed");
        else if (!assay__conf_settings_equal(mine->stanza->options,
                                             mine->settings, other->settings))
            need_restart(log, mine->stanza->name, mine->instance, "changed");
    }
    for (size_t i = 0; i < generation->host_stanza_count; i++) {
        const struct assay__host_stanza *other = &generation->host_stanzas[i];

        if (!is_known(stanzas, other))
            need_restart(log, other->stanza->name, other->instance, "added");
    }
}
