/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Loading a cartridge: the file is looked at first, then its table is judged,
 * and only then does any of its functions run. A refusal names the file and
 * the member.
 */
#ifndef ASSAY_CLOUDMARK_CARTRIDGE_OBJECT_H
#define ASSAY_CLOUDMARK_CARTRIDGE_OBJECT_H

#include <stdbool.h>

#include <assay/authority.h>
#include <assay/error.h>

enum { ASSAY__CARTRIDGE_NAME_MAX = 64 };

struct assay__cartridge_object {
    void *handle;                    /* of dlopen; NULL: not loaded */
    assay_authority_cartridge table; /* optional members may be NULL */
};

/**
 * @param out  set on ASSAY_OK only, for assay__cartridge_object_unload()
 * @return ASSAY_OK; ASSAY_E_NOTFOUND no such file; ASSAY_E_IO unreadable;
 *         ASSAY_E_ABI not a cartridge, or one for another interface
 */
assay_rc assay__cartridge_object_load(const char *path,
                                      struct assay__cartridge_object *out,
                                      assay_error *err);
/**
 * Whether the file at path holds what is loaded. It does not when the path was
 * loaded already, by another instance, and the file was replaced since: the
 * dynamic linker then gives what it has. Programs and notes, such as the build
 * ID, are compared; a file that cannot be read does not hold it.
 */
bool assay__cartridge_object_is_current(
    const struct assay__cartridge_object *object, const char *path);
/** Accepts one that is not loaded. */
void assay__cartridge_object_unload(struct assay__cartridge_object *object);

#endif
