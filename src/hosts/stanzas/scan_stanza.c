/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stanzas/scan_stanza.h"

#include "stanzas/listener_address.h"

#define FIELD(member) offsetof(struct assay__scan_settings, member)

static const assay_conf_word contents[] = {
    {.name = "any", .value = ASSAY__SCAN_CONTENT_ANY},
    {.name = "mail", .value = ASSAY__SCAN_CONTENT_MAIL},
    {.name = NULL},
};

static const assay_conf_option scan_options[] = {
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
     .default_value = "300",
     .min = 1,
     .max = 86400},
    {.name = "read_timeout",
     .type = ASSAY_CONF_INT,
     .offset = FIELD(read_timeout_s),
     .default_value = "30",
     .min = 1,
     .max = 86400},
    {.name = "max_connections",
     .type = ASSAY_CONF_INT,
     .offset = FIELD(max_connections),
     .default_value = "100",
     .min = 1,
     .max = 10000},
    {.name = "max_size",
     .type = ASSAY_CONF_SIZE,
     .offset = FIELD(max_size),
     .default_value = "104857599",
     .min = 1,
     .max = 536870912},
    {.name = "max_memory",
     .type = ASSAY_CONF_SIZE,
     .offset = FIELD(max_memory),
     .default_value = "536870912",
     .min = 1,
     .max = INT64_MAX},
    {.name = "content",
     .type = ASSAY_CONF_ENUM,
     .offset = FIELD(content),
     .default_value = "any",
     .words = contents},
    {.name = NULL},
};

const assay_conf_stanza assay__scan_stanza = {
    .name = "Scan_Listener",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct assay__scan_settings),
    .options = scan_options,
};

const struct assay__scan_settings *assay__scan_find(assay *library,
                                                    size_t index,
                                                    const char **name_out)
{
    return assay_host_settings(library, &assay__scan_stanza, index, name_out);
}
