/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "stanzas/control_stanza.h"

#include <string.h>

#include "stanzas/listener_address.h"

#define FIELD(member) offsetof(struct assay__control_settings, member)

/* Who may do what is decided by the user at the other end of a unix socket;
 * a network has no such thing without passwords and TLS. */
static assay_rc check_listen(const char *text, assay_error *err)
{
    if (text[0] != '/' && strncmp(text, "unix:", 5) != 0 &&
        strncmp(text, "local:", 6) != 0)
        return assay_error_set(err, ASSAY_E_CONF,
                               "'%s' is not a unix socket: write unix:/path "
                               "(the console is not offered to a network: it "
                               "would need passwords and TLS)",
                               text);
    return assay__listener_check(text, err);
}

static const assay_conf_option control_options[] = {
    {.name = "Listen",
     .type = ASSAY_CONF_STRING,
     .offset = FIELD(listen),
     .default_value = "unix:" ASSAY__CONTROL_SOCKET,
     .check = check_listen},
    {.name = "file_mode",
     .type = ASSAY_CONF_PERMS,
     .offset = FIELD(file_mode),
     .default_value = "0660"},
    {.name = "timeout",
     .type = ASSAY_CONF_INT,
     .offset = FIELD(timeout_s),
     .default_value = "60",
     .min = 1,
     .max = 86400},
    {.name = "max_clients",
     .type = ASSAY_CONF_INT,
     .offset = FIELD(max_clients),
     .default_value = "64",
     .min = 1,
     .max = 1000},
    {.name = NULL},
};

const assay_conf_stanza assay__control_stanza = {
    .name = "Control_Listener",
    .settings_size = sizeof(struct assay__control_settings),
    .options = control_options,
};

const struct assay__control_settings *assay__control_find(assay *library)
{
    return assay_host_settings(library, &assay__control_stanza, 0, NULL);
}

const char *assay__control_path(const char *listen)
{
    return strchr(listen, '/');
}
