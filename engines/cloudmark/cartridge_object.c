/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "cartridge_object.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What version 1.0 of the interface has. */
#define SIZE_MIN                                    \
    (offsetof(assay_authority_cartridge, version) + \
     sizeof(((const assay_authority_cartridge *)NULL)->version))

enum { CHUNK_SIZE = 4096 };

/* ---- the file ----------------------------------------------------------- */

/* The dynamic linker answers a file that is cut short with SIGBUS.
 * @return what is wrong with the file, or NULL */
static const char *file_problem(int fd, const struct stat *status)
{
    ElfW(Ehdr) header;

    if (S_ISDIR(status->st_mode))
        return "is not a shared object: it is a folder";
    if (!S_ISREG(status->st_mode) ||
        pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_DYN)
        return "is not a shared object";
    /* The section headers stand at the end of what compilers make. */
    if (header.e_shoff + (uint64_t)header.e_shnum * header.e_shentsize >
        (uint64_t)status->st_size)
        return "is not a shared object: it is cut short";
    return NULL;
}

static assay_rc check_file(const char *path, assay_error *err)
{
    assay_rc rc = ASSAY_OK;
    struct stat status;
    const char *problem;
    /* O_NONBLOCK: a FIFO must not hold up the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "%s: no such file", path);
    if (fd < 0 || fstat(fd, &status)) {
        rc = assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %m", path);
    } else {
        problem = file_problem(fd, &status);
        if (problem)
            rc = assay_error_set(err, ASSAY_E_ABI, "%s: %s", path, problem);
    }
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* A name without a slash would be looked up in the library folders. The
 * linker's text begins with the path as often as not; say it once. */
static assay_rc open_file(const char *path, void **handle_out, assay_error *err)
{
    int flags = RTLD_NOW | RTLD_LOCAL;
    char file[PATH_MAX];
    const char *text;
    size_t len;

    if (secure_getenv("ASSAY_KEEP_MODULES"))
        flags |= RTLD_NODELETE;
    (void)snprintf(file, sizeof file, "%s%s", strchr(path, '/') ? "" : "./",
                   path);
    *handle_out = dlopen(file, flags);
    if (*handle_out)
        return ASSAY_OK;
    text = dlerror();
    len = strlen(file);
    if (text && !strncmp(text, file, len) && !strncmp(text + len, ": ", 2))
        text += len + 2;
    return assay_error_set(err, ASSAY_E_ABI, "%s: cannot be loaded: %s", path,
                           text ? text : "unknown reason");
}

static const assay_authority_cartridge *find_table(void *handle,
                                                   size_t *size_out)
{
    const void *address = dlsym(handle, ASSAY_AUTHORITY_SYMBOL);
    const ElfW(Sym) * entry;
    Dl_info info;
    void *extra = NULL;

    if (!address || !dladdr1(address, &info, &extra, RTLD_DL_SYMENT) || !extra)
        return NULL;
    entry = extra;
    *size_out = entry->st_size;
    return ELF64_ST_TYPE(entry->st_info) == STT_OBJECT ? address : NULL;
}

/* ---- the table ---------------------------------------------------------- */

/* Another major number means another layout: nothing behind it is read. */
static assay_rc check_abi(const char *path,
                          const assay_authority_cartridge *table,
                          size_t available, assay_error *err)
{
    if (available < offsetof(assay_authority_cartridge, name))
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: its '%s' is no cartridge table: %zu bytes",
                               path, ASSAY_AUTHORITY_SYMBOL, available);
    if (table->abi_major != ASSAY_AUTHORITY_ABI_MAJOR ||
        table->abi_minor > ASSAY_AUTHORITY_ABI_MINOR)
        return assay_error_set(
            err, ASSAY_E_ABI,
            "%s: built for cartridge ABI %u.%u, this backend has %d.%d", path,
            table->abi_major, table->abi_minor, ASSAY_AUTHORITY_ABI_MAJOR,
            ASSAY_AUTHORITY_ABI_MINOR);
    if (table->struct_size < SIZE_MIN)
        return assay_error_set(
            err, ASSAY_E_ABI,
            "%s: 'struct_size' is %zu, cartridge ABI %u.%u needs %zu", path,
            table->struct_size, table->abi_major, table->abi_minor, SIZE_MIN);
    if (table->struct_size > available)
        return assay_error_set(
            err, ASSAY_E_ABI,
            "%s: 'struct_size' is %zu, but its cartridge table has %zu bytes",
            path, table->struct_size, available);
    return ASSAY_OK;
}

/* It stands in logs and errors. */
static bool is_name(const char *name)
{
    size_t len = strnlen(name, ASSAY__CARTRIDGE_NAME_MAX + 1);

    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~' || name[i] == '"')
            return false;
    return len > 0 && len <= ASSAY__CARTRIDGE_NAME_MAX;
}

static assay_rc check_members(const char *path,
                              const assay_authority_cartridge *table,
                              assay_error *err)
{
    const char *gap = NULL;

    if (!table->name)
        gap = "name";
    else if (!table->init)
        gap = "init";
    else if (!table->shutdown)
        gap = "shutdown";
    else if (!table->score)
        gap = "score";
    else if (!table->version)
        gap = "version";
    if (gap)
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: '%s' is missing in its cartridge table",
                               path, gap);
    if (!is_name(table->name))
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: 'name' is not 1 to %d printable characters "
                               "without blanks and quotes",
                               path, ASSAY__CARTRIDGE_NAME_MAX);
    return ASSAY_OK;
}

/* ---- loading ------------------------------------------------------------ */

static assay_rc check_table(const char *path,
                            const assay_authority_cartridge *table,
                            size_t available, assay_error *err)
{
    assay_rc rc;

    if (!table)
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: is not a cartridge: it has no '%s'", path,
                               ASSAY_AUTHORITY_SYMBOL);
    rc = check_abi(path, table, available, err);
    return rc == ASSAY_OK ? check_members(path, table, err) : rc;
}

assay_rc assay__cartridge_object_load(const char *path,
                                      struct assay__cartridge_object *out,
                                      assay_error *err)
{
    const assay_authority_cartridge *table;
    size_t available = 0;
    void *handle = NULL;
    assay_rc rc = check_file(path, err);

    if (rc == ASSAY_OK)
        rc = open_file(path, &handle, err);
    if (rc != ASSAY_OK)
        return rc;
    table = find_table(handle, &available);
    rc = check_table(path, table, available, err);
    if (rc != ASSAY_OK) {
        (void)dlclose(handle);
        return rc;
    }
    memset(out, 0, sizeof *out);
    out->handle = handle;
    memcpy(&out->table, table,
           table->struct_size < sizeof out->table ? table->struct_size
                                                  : sizeof out->table);
    return ASSAY_OK;
}

/* ---- what is loaded and what is in the file ------------------------------ */

/* The file is read first: memory behind the end of a file that was cut short
 * must not be touched. */
static bool holds(int fd, uint64_t offset, const char *memory, uint64_t size)
{
    char chunk[CHUNK_SIZE];

    while (size > 0) {
        size_t part = size < sizeof chunk ? (size_t)size : sizeof chunk;

        if (pread(fd, chunk, part, (off_t)offset) != (ssize_t)part ||
            memcmp(chunk, memory, part) != 0)
            return false;
        offset += part;
        memory += part;
        size -= part;
    }
    return true;
}

static bool is_loaded(const ElfW(Phdr) * part, const ElfW(Phdr) * parts,
                      int count)
{
    for (int i = 0; i < count; i++)
        if (parts[i].p_type == PT_LOAD && part->p_vaddr >= parts[i].p_vaddr &&
            part->p_vaddr + part->p_filesz <=
                parts[i].p_vaddr + parts[i].p_filesz)
            return true;
    return false;
}

/* Program code and notes are in memory as they are in the file. So is other
 * data that is only read, but sanitizers surround it with bytes that must not
 * be looked at. */
static bool is_comparable(const ElfW(Phdr) * part)
{
    return part->p_type == PT_NOTE ||
           (part->p_type == PT_LOAD && (part->p_flags & (PF_X | PF_W)) == PF_X);
}

/* @return where its address 0 is in memory, or NULL */
static const char *find_base(void *handle)
{
    const char *table = dlsym(handle, ASSAY_AUTHORITY_SYMBOL);
    const ElfW(Sym) * entry;
    void *extra = NULL;
    Dl_info info;

    if (!table || !dladdr1(table, &info, &extra, RTLD_DL_SYMENT) || !extra)
        return NULL;
    entry = extra;
    return table - entry->st_value;
}

bool assay__cartridge_object_is_current(
    const struct assay__cartridge_object *object, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *base = find_base(object->handle);
    const ElfW(Phdr) *parts = NULL;
    int count = dlinfo(object->handle, RTLD_DI_PHDR, &parts);
    bool is_same = fd >= 0 && base && count > 0;

    for (int i = 0; is_same && i < count; i++)
        if (is_comparable(&parts[i]) && is_loaded(&parts[i], parts, count))
            is_same = holds(fd, parts[i].p_offset, base + parts[i].p_vaddr,
                            parts[i].p_filesz);
    if (fd >= 0)
        (void)close(fd);
    return is_same;
}

void assay__cartridge_object_unload(struct assay__cartridge_object *object)
{
    if (object->handle)
        (void)dlclose(object->handle);
    memset(object, 0, sizeof *object);
}
