/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The socket that the stanza Milter_Listener asks for.
 */
#include "listener.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <libmilter/mfapi.h>

/* A unix socket gets its mode from the umask at bind: no moment in between. */
static int open_socket(uint32_t file_mode)
{
    mode_t before = umask((mode_t)(~file_mode & 0777));
    int rc = smfi_opensocket(false);

    (void)umask(before);
    return rc;
}

assay_rc assay__listener_open(const struct assay__listener_settings *settings,
                              struct assay__listener *out, assay_error *err)
{
    assay_rc rc = assay__listener_parse(settings->listen, &out->address, err);

    if (rc == ASSAY_OK && out->address.path)
        rc = assay__socket_file_clear(out->address.path, err);
    if (rc != ASSAY_OK)
        return rc;
    (void)smfi_settimeout((int)settings->timeout_s);
    errno = 0;
    if (smfi_setconn(out->address.text) != MI_SUCCESS ||
        open_socket(settings->file_mode) != MI_SUCCESS)
        return assay_error_set(
            err, ASSAY_E_IO, "cannot listen on %s: %s", out->address.text,
            errno != 0 ? strerrordesc_np(errno) : "the address is not usable");
    if (out->address.path)
        assay__socket_file_note(out->address.path, &out->file);
    return ASSAY_OK;
}

void assay__listener_remove(const struct assay__listener *listener)
{
    assay__socket_file_remove(&listener->file);
}
