/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Where libassay finds its modules and shared files: beside itself, so that a
 * build folder and an installed prefix work alike.
 */
#ifndef ASSAY_RUNTIME_PATHS_H
#define ASSAY_RUNTIME_PATHS_H

#include <assay/error.h>

/**
 * @param given     what the host or the configuration said; NULL: derive it
 * @param relative  from the folder that holds libassay, such as "assay"
 * @param out       free() it
 * @return ASSAY_OK; ASSAY_E_NOMEM
 */
assay_rc assay__path_beside_library(const char *given, const char *relative,
                                    char **out, assay_error *err);

/** folder "/" name suffix; free() it; NULL when out of memory. */
char *assay__path_join(const char *folder, const char *name,
                       const char *suffix);

#endif
