/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stanzas/listener_stanza.h"

#include "stanzas/listener_address.h"

#define FIELD(member) offsetof(struct assay__listener_settings, member)

static const assay_conf_option listener_options[] = {
    {.name = "Listen",
     .type = ASSAY_CONF_STRING,
     .offset = FIELD(listen),
     .required = true,
     .check = assay__listener_check},
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

const assay_conf_stanza assay__listener_stanza = {
    .name = "Milter_Listener",
    .settings_size = sizeof(struct assay__listener_settings),
    .options = listener_options,
};

bool assay__listener_is_wanted(assay *library)
{
    return assay_host_settings(library, &assay__listener_stanza, 0, NULL) !=
           NULL;
}

assay_rc assay__listener_find(assay *library,
                              struct assay__listener_settings *out,
                              assay_error *err)
{
    const struct assay__listener_settings *settings =
        assay_host_settings(library, &assay__listener_stanza, 0, NULL);

    if (!settings)
        return assay_error_set(err, ASSAY_E_CONF,
                               "there is no stanza Milter_Listener");
    *out = *settings;
    return ASSAY_OK;
}
