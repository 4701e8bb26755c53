/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "walls.h"

#include <limits.h>
#include <stdio.h>

static assay_rc enter_template(const assay_scanner_confinement *confinement,
                               char *missing, assay_error *err)
{
    (void)confinement;
    (void)err;
    missing[0] = '\0';
    return ASSAY_OK;
}

static assay_rc own_temporary(const assay_scanner_confinement *confinement,
                              uint64_t number, char *folder, assay_error *err)
{
    (void)number;
    (void)err;
    snprintf(folder, PATH_MAX, "%s", confinement->temporary);
    return ASSAY_OK;
}

static assay_rc enter_worker(const assay_scanner_confinement *confinement,
                             const char *folder, assay_error *err)
{
    (void)confinement;
    (void)folder;
    (void)err;
    return ASSAY_OK;
}

static void forget_temporary(const assay_scanner_confinement *confinement,
                             uint64_t number)
{
    (void)confinement;
    (void)number;
}

const assay_scanner_walls assay__walls = {
    .struct_size = sizeof(assay_scanner_walls),
    .enter_template = enter_template,
    .own_temporary = own_temporary,
    .enter_worker = enter_worker,
    .forget_temporary = forget_temporary,
};
