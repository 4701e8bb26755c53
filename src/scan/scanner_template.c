/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <assay/scanner.h>

assay_rc assay_scanner_run(const assay_scanner_walls *walls, int socket_fd,
                           assay_error *err)
{
    (void)walls;
    (void)socket_fd;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "to be written");
}
