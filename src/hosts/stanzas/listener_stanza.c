/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stanzas/listener_stanza.h"

#define FIELD(member) offsetof(struct assay__listener_settings, member)

static const assay_conf_option listener_options[] = {
    {.name = "Listen", .type = ASSAY_CONF_STRING, .offset = FIELD(listen)},
    {.name = "file_mode",
     .type = ASSAY_CONF_PERMS,
     .offset = FIELD(file_mode),
     .default_value = "0660"},
    {.name = "timeout",
     .type = ASSAY_CONF_INT,
     .offset = FIELD(timeout_s),
     .default_value = "7200",
     .min = 1,
     .max = 86400},
    {.name = "max_connections",
     .type = ASSAY_CONF_INT,
     .offset = FIELD(max_connections),
     .default_value = "1000",
     .min = 0,
     .max = 100000},
    {.name = NULL},
};

/* Listen "address" { }: the older spelling, with the address as the name. */
struct listen_settings {
    char unused;
};

static const assay_conf_stanza listen_stanza = {
    .name = "Listen",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct listen_settings),
};

static const assay_conf_stanza *const listener_children[] = {&listen_stanza,
                                                             NULL};

/* Both are repeatable for the reader, so that we can say why they are not. */
const assay_conf_stanza assay__listener_stanza = {
    .name = "Milter_Listener",
    .repeatable = true,
    .settings_size = sizeof(struct assay__listener_settings),
    .options = listener_options,
    .children = listener_children,
};

assay_rc assay__listener_find(assay *library,
                              struct assay__listener_settings *out,
                              assay_error *err)
{
    const struct assay__listener_settings *settings =
        assay_host_settings(library, &assay__listener_stanza, 0, NULL);
    const char *address = NULL;
    bool has_child;

    if (!settings)
        return assay_error_set(err, ASSAY_E_CONF,
                               "there is no stanza Milter_Listener");
    has_child = assay_host_settings(library, &listen_stanza, 0, &address);
    if (!settings->listen && !has_child)
        return assay_error_set(err, ASSAY_E_CONF,
                               "Milter_Listener: Listen is not set");
    if ((settings->listen && has_child) ||
        assay_host_settings(library, &listen_stanza, 1, NULL) ||
        assay_host_settings(library, &assay__listener_stanza, 1, NULL))
        return assay_error_set(err, ASSAY_E_CONF,
                               "Milter_Listener: more than one address; a "
                               "process of assayd has one listener");
    *out = *settings;
    if (has_child)
        out->listen = address;
    return ASSAY_OK;
}
