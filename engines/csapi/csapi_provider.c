/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "csapi_provider.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <assay/verdict.h>

#define SHIPPED "../providers/clamav.so"
#define END_OF(type, member) \
    (offsetof(type, member) + sizeof(((const type *)NULL)->member))
#define TABLE_SIZE_MIN END_OF(assay_csapi_provider, ops)
#define OPS_SIZE_MIN END_OF(assay_csapi_provider_ops, shutdown)

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

static const assay_csapi_provider *find_table(void *handle, size_t *size_out)
{
    const void *address = dlsym(handle, ASSAY_CSAPI_PROVIDER_SYMBOL);
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

static bool is_blank(const char *text)
{
    return !text || text[0] == '\0';
}

static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    size_t len = strnlen(name, ASSAY_NAME_MAX + 1);

    return len > 0 && len <= ASSAY_NAME_MAX && strchr(letters, name[0]) &&
           strspn(name, others) == len;
}

static assay_rc missing(const char *path, const char *member, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_ABI,
                           "%s: '%s' is missing in its provider table", path,
                           member);
}

/* Another major number means another layout: nothing behind it is read. */
static assay_rc check_abi(const char *path, const assay_csapi_provider *table,
                          size_t available, assay_error *err)
{
    if (available < offsetof(assay_csapi_provider, name))
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: its '%s' is no provider table: %zu bytes",
                               path, ASSAY_CSAPI_PROVIDER_SYMBOL, available);
    if (table->abi_major != ASSAY_CSAPI_PROVIDER_ABI_MAJOR ||
        table->abi_minor > ASSAY_CSAPI_PROVIDER_ABI_MINOR)
        return assay_error_set(
            err, ASSAY_E_ABI,
            "%s: built for provider ABI %u.%u, this engine has %d.%d", path,
            table->abi_major, table->abi_minor, ASSAY_CSAPI_PROVIDER_ABI_MAJOR,
            ASSAY_CSAPI_PROVIDER_ABI_MINOR);
    if (table->struct_size < TABLE_SIZE_MIN)
        return assay_error_set(
            err, ASSAY_E_ABI,
            "%s: 'struct_size' is %zu, provider ABI %u.%u needs %zu", path,
            table->struct_size, table->abi_major, table->abi_minor,
            TABLE_SIZE_MIN);
    if (table->struct_size > available)
        return assay_error_set(
            err, ASSAY_E_ABI,
            "%s: 'struct_size' is %zu, but its provider table has %zu bytes",
            path, table->struct_size, available);
    return ASSAY_OK;
}

static assay_rc check_ops(const char *path, const assay_csapi_provider_ops *ops,
                          assay_error *err)
{
    const char *gap = NULL;

    if (ops->struct_size < OPS_SIZE_MIN)
        return assay_error_set(
            err, ASSAY_E_ABI,
            "%s: 'struct_size' of its calls is %zu, provider ABI 1.0 needs %zu",
            path, ops->struct_size, OPS_SIZE_MIN);
    if (!ops->initialize)
        gap = "initialize";
    else if (!ops->scan_memory && !ops->scan_file)
        gap = "scan_memory' or 'scan_file";
    else if (!ops->versions)
        gap = "versions";
    else if (!ops->shutdown)
        gap = "shutdown";
    if (gap)
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: '%s' is missing in its calls", path, gap);
    return ASSAY_OK;
}

static assay_rc check_table(const char *path, const assay_csapi_provider *table,
                            size_t available, assay_error *err)
{
    assay_rc rc = check_abi(path, table, available, err);

    if (rc != ASSAY_OK)
        return rc;
    if (is_blank(table->name))
        return missing(path, "name", err);
    if (!is_name(table->name))
        return assay_error_set(err, ASSAY_E_ABI,
                               "%s: 'name' is \"%.*s\"; it must be a-z, 0-9 "
                               "and _, at most %d of them",
                               path, ASSAY_NAME_MAX + 1, table->name,
                               ASSAY_NAME_MAX);
    if (is_blank(table->version))
        return missing(path, "version", err);
    if (!table->ops)
        return missing(path, "ops", err);
    return check_ops(path, table->ops, err);
}

/* ---- loading ------------------------------------------------------------ */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

assay_rc assay__csapi_provider_load(const char *path,
                                    struct assay__csapi_provider *out,
                                    assay_error *err)
{
    const assay_csapi_provider *table;
    size_t available = 0;
    void *handle = NULL;
    assay_rc rc = check_file(path, err);

    if (rc == ASSAY_OK)
        rc = open_file(path, &handle, err);
    if (rc != ASSAY_OK)
        return rc;
    table = find_table(handle, &available);
    if (table)
        rc = check_table(path, table, available, err);
    else
        rc = assay_error_set(err, ASSAY_E_ABI,
                             "%s: is not a provider: it has no '%s'", path,
                             ASSAY_CSAPI_PROVIDER_SYMBOL);
    if (rc != ASSAY_OK) {
        (void)dlclose(handle);
        return rc;
    }
    memset(out, 0, sizeof *out);
    out->handle = handle;
    memcpy(&out->table, table, smaller(table->struct_size, sizeof out->table));
    memcpy(&out->ops, table->ops,
           smaller(table->ops->struct_size, sizeof out->ops));
    return ASSAY_OK;
}

void assay__csapi_provider_unload(struct assay__csapi_provider *provider)
{
    if (provider->handle)
        (void)dlclose(provider->handle);
    memset(provider, 0, sizeof *provider);
}

bool assay__csapi_provider_shipped(char *path, size_t size)
{
    static const char here; /* an address of this shared object */
    const char *slash;
    Dl_info info;
    int len;

    if (!dladdr(&here, &info) || !info.dli_fname)
        return false;
    slash = strrchr(info.dli_fname, '/');
    if (!slash)
        return false;
    len = snprintf(path, size, "%.*s/" SHIPPED, (int)(slash - info.dli_fname),
                   info.dli_fname);
    return len > 0 && (size_t)len < size;
}
