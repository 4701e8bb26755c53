/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Opening a shared object that an administrator named: the file is looked at
 * first, because the dynamic linker answers a cut-off file with SIGBUS and
 * everything else with a sentence nobody understands.
 *
 * ASSAY_KEEP_MODULES=1 in the environment leaves objects mapped at close, so
 * that sanitizers and valgrind can name their functions.
 */
#ifndef ASSAY_RT_SHARED_OBJECT_H
#define ASSAY_RT_SHARED_OBJECT_H

#include <stddef.h>

#include <assay/error.h>

/**
 * dlopen, local and now.
 *
 * @param path        a file; never looked up in library folders
 * @param handle_out  for assay__shared_object_close()
 * @return ASSAY_OK; ASSAY_E_NOTFOUND no such file; ASSAY_E_ABI not a shared
 *         object or one that cannot be linked; ASSAY_E_IO unreadable;
 *         ASSAY_E_NOMEM
 */
assay_rc assay__shared_object_open(const char *path, void **handle_out,
                                   assay_error *err);
/** Accepts NULL; sets *handle to NULL. */
void assay__shared_object_close(void **handle);

/** @param size_out  size of the symbol in bytes
 *  @return the address; NULL when there is no data symbol of that name */
const void *assay__shared_object_data(void *handle, const char *symbol,
                                      size_t *size_out);

#endif
