/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/shared_object.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Most segments of an object we look at; real ones have about ten. */
#define SEGMENTS_MAX 64

/* What is wrong with the file, or NULL. */
static const char *segment_problem(const ElfW(Phdr) * segments, size_t count,
                                   uint64_t file_size)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t end;

        if (__builtin_add_overflow(segments[i].p_offset, segments[i].p_filesz,
                                   &end) ||
            end > file_size)
            return "is not a shared object: it is cut short";
    }
    return NULL;
}

static const char *file_problem(int fd, const struct stat *st)
{
    static const char not_one[] = "is not a shared object";
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[SEGMENTS_MAX];
    size_t bytes;

    if (S_ISDIR(st->st_mode))
        return "is not a shared object: it is a folder";
    if (!S_ISREG(st->st_mode))
        return not_one;
    if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_type != ET_DYN || header.e_phentsize != sizeof segments[0] ||
        header.e_phnum == 0 || header.e_phnum > SEGMENTS_MAX)
        return not_one;
    bytes = header.e_phnum * sizeof segments[0];
    if (pread(fd, segments, bytes, (off_t)header.e_phoff) != (ssize_t)bytes)
        return "is not a shared object: it is cut short";
    return segment_problem(segments, header.e_phnum, (uint64_t)st->st_size);
}

static assay_rc check_file(const char *path, assay_error *err)
{
    assay_rc rc = ASSAY_OK;
    struct stat st;
    const char *problem;
    /* O_NONBLOCK: a FIFO must not hold up the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "%s: no such file", path);
    if (fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %s", path,
                               strerrordesc_np(errno));
    if (fstat(fd, &st) != 0) {
        rc = assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %s", path,
                             strerrordesc_np(errno));
        goto out;
    }
    problem = file_problem(fd, &st);
    if (problem)
        rc = assay_error_set(err, ASSAY_E_ABI, "%s: %s", path, problem);
out:
    (void)close(fd);
    return rc;
}

/* The linker's text begins with the path as often as not; say it once. */
static assay_rc link_error(const char *path, const char *file, assay_error *err)
{
    const char *text = dlerror();
    size_t len = strlen(file);

    if (!text)
        text = "unknown reason";
    if (strncmp(text, file, len) == 0 && strncmp(text + len, ": ", 2) == 0)
        text += len + 2;
    return assay_error_set(err, ASSAY_E_ABI, "%s: cannot be loaded: %s", path,
                           text);
}

assay_rc assay__shared_object_open(const char *path, void **handle_out,
                                   assay_error *err)
{
    char file[PATH_MAX];
    int flags = RTLD_NOW | RTLD_LOCAL;
    int len;
    void *handle;
    assay_rc rc = check_file(path, err);

    if (rc != ASSAY_OK)
        return rc;
    /* A name without a slash would be looked up in the library folders. */
    len = snprintf(file, sizeof file, "%s%s", strchr(path, '/') ? "" : "./",
                   path);
    if (len < 0 || (size_t)len >= sizeof file)
        return assay_error_set(err, ASSAY_E_IO, "%s: the path is too long",
                               path);
    if (secure_getenv("ASSAY_KEEP_MODULES"))
        flags |= RTLD_NODELETE;
    handle = dlopen(file, flags);
    if (!handle)
        return link_error(path, file, err);
    *handle_out = handle;
    return ASSAY_OK;
}

void assay__shared_object_close(void **handle)
{
    if (*handle)
        (void)dlclose(*handle);
    *handle = NULL;
}

const void *assay__shared_object_data(void *handle, const char *symbol,
                                      size_t *size_out)
{
    const void *address = dlsym(handle, symbol);
    const ElfW(Sym) * entry;
    Dl_info info;
    void *extra = NULL;

    if (!address || dladdr1(address, &info, &extra, RTLD_DL_SYMENT) == 0 ||
        !extra)
        return NULL;
    entry = extra;
    if (ELF64_ST_TYPE(entry->st_info) != STT_OBJECT)
        return NULL;
    *size_out = entry->st_size;
    return address;
}
