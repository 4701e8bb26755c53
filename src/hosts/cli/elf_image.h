/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a shared object would be in memory, without the dynamic linker, which
 * would run its constructors: the loadable segments of the file in a private
 * image, with the relocations that data needs, and its symbols.
 *
 * Nothing in the file is trusted. Addresses are those of the image, not of
 * memory: each is looked up in the segments whenever it is followed, so one
 * that points anywhere else is seen, and nothing outside the image is read.
 * 64-bit little-endian objects for x86-64 and aarch64 are understood.
 */
#ifndef ASSAY_CLI_ELF_IMAGE_H
#define ASSAY_CLI_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

/* Limits; what is over one is refused in a sentence that names it. */
#define ASSAY__ELF_FILE_MAX (256u << 20) /* bytes of a file */
#define ASSAY__ELF_SPAN_MAX (256u << 20) /* bytes in memory */
#define ASSAY__ELF_SEGMENTS_MAX 64
#define ASSAY__ELF_DYNAMIC_MAX 1000 /* entries of the dynamic section */
#define ASSAY__ELF_SYMBOLS_MAX 1000000
#define ASSAY__ELF_RELOCATIONS_MAX 4000000
#define ASSAY__ELF_TEXT_MAX 4096 /* longest text with its NUL */

/** Address of a function or of data in another object: not NULL, and in no
 *  segment. */
#define ASSAY__ELF_ELSEWHERE UINT64_C(1)

/** Immutable once made. */
struct assay__elf_image;

/**
 * @param name  how the file is called in messages
 * @return ASSAY_OK; ASSAY_E_ABI not a shared object, or one that cannot be
 *         understood; ASSAY_E_LIMIT; ASSAY_E_NOMEM
 */
assay_rc assay__elf_image_new(const char *name, const void *data, size_t size,
                              struct assay__elf_image **out, assay_error *err);
/** Likewise from a file. @return also ASSAY_E_NOTFOUND, ASSAY_E_IO */
assay_rc assay__elf_image_read(const char *path, struct assay__elf_image **out,
                               assay_error *err);
/** Accepts NULL; sets *image to NULL. */
void assay__elf_image_free(struct assay__elf_image **image);

/** "x86-64", "aarch64". */
const char *assay__elf_image_machine(const struct assay__elf_image *image);
/** Whether this program could load an object for that machine. */
bool assay__elf_image_is_native(const struct assay__elf_image *image);
/** Functions that run when the object is loaded, beside the one that every
 *  compiler puts there. */
size_t assay__elf_image_constructors(const struct assay__elf_image *image);

/** Look up data that the object exports. @return false: there is none */
bool assay__elf_image_find(const struct assay__elf_image *image,
                           const char *symbol, uint64_t *address_out,
                           uint64_t *size_out);
/** Copy bytes out of the image. @return false: not all of them are in it */
bool assay__elf_image_get(const struct assay__elf_image *image,
                          uint64_t address, void *out, size_t size);
/** A text of less than ASSAY__ELF_TEXT_MAX bytes, borrowed from the image.
 *  @return NULL: none stands there */
const char *assay__elf_image_text(const struct assay__elf_image *image,
                                  uint64_t address);

/** Names of what it takes from other objects, and cannot be loaded without;
 *  *position begins as 0. @return NULL past the last */
const char *assay__elf_image_import(const struct assay__elf_image *image,
                                    size_t *position);
/** Names of the objects it needs; *position begins as 0. @return NULL past the
 *  last */
const char *assay__elf_image_needed(const struct assay__elf_image *image,
                                    size_t *position);

#endif
