/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "console.h"

#include <unistd.h>

#include "stanzas/control_stanza.h"

assay_rc assay__console_start(assay *library, const assay_control_host *host,
                              struct assay__console *out, assay_error *err)
{
    const struct assay__control_settings *settings =
        assay__control_find(library);
    assay_control_options options = ASSAY_CONTROL_OPTIONS_INIT;
    assay_rc rc;

    if (!settings)
        return ASSAY_OK;
    rc = assay__socket_file_listen(assay__control_path(settings->listen),
                                   settings->file_mode, &out->file, &out->fd,
                                   err);
    if (rc != ASSAY_OK)
        return rc;
    options.listen_fd = out->fd;
    options.admin_gid = out->file.group;
    options.timeout_s = settings->timeout_s;
    options.max_clients = (size_t)settings->max_clients;
    options.host = *host;
    rc = assay_control_start(library, &options, &out->control, err);
    if (rc != ASSAY_OK)
        (void)assay__console_stop(out, 0);
    return rc;
}

bool assay__console_stop(struct assay__console *console, int64_t wait_ms)
{
    assay__socket_file_remove(&console->file);
    console->file = (struct assay__socket_file){0};
    if (!assay_control_stop(&console->control, wait_ms))
        return false;
    if (console->fd >= 0)
        (void)close(console->fd);
    console->fd = -1;
    return true;
}
