/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The walls around a template and its workers, as <assay/scanner.h> asks for
 * them.
 */
#ifndef ASSAY_SCANNER_WALLS_H
#define ASSAY_SCANNER_WALLS_H

#include <assay/scanner.h>

extern const assay_scanner_walls assay__walls;

#endif
