/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What of the file system there is, by Landlock: two layers, the worker's
 * inside the template's. The C library has no functions for it, and the kernel
 * header of the build may be older than the kernel, so both are here.
 *
 * Each version of the kernel's interface (ABI) knows more to forbid. All that
 * the running one knows is forbidden; what an older one lets pass is kept by
 * seccomp or by the user.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "walls.h"

#ifndef LANDLOCK_ACCESS_FS_REFER /* ABI 2, kernel 5.19 */
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE /* ABI 3, kernel 6.2 */
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV /* ABI 5, kernel 6.10 */
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

/* The kernel's struct of ABI 6. Older kernels take a longer struct than theirs
 * when the rest is zero. */
struct ruleset {
    uint64_t fs;
    uint64_t net;    /* ABI 4: TCP bind and connect */
    uint64_t scoped; /* ABI 6: abstract sockets and signals */
};

#define FILE_RIGHTS                                                \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | \
     LANDLOCK_ACCESS_FS_IOCTL_DEV)
#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE                                                             \
    (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |          \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR)

/* For libraries, their configuration and data, wherever an engine's may be.
 * /proc has the process itself, and of others only what anybody may know:
 * Landlock lets nobody look into a process outside of it. */
static const char *const loading[] = {
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc/ssl",
    "/etc/pki",
    "/etc/crypto-policies",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/locale.alias",
    "/etc/nsswitch.conf",
    "/proc",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    NULL,
};

/* ---- rulesets ---------------------------------------------------------- */

static int get_abi(void)
{
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
                        LANDLOCK_CREATE_RULESET_VERSION);
}

void assay__walls_landlock_try(void)
{
    get_abi();
}

static uint64_t known_rights(int abi)
{
    uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

    if (abi >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (abi >= 5)
        rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    return rights;
}

/* @return a descriptor that forbids all that is not added to it */
static assay_rc make_ruleset(uint64_t *known_out, int *fd_out, assay_error *err)
{
    struct ruleset ruleset = {0};
    int abi = get_abi(), fd;

    if (abi < 1)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "%m");
    ruleset.fs = known_rights(abi);
    ruleset.net = abi >= 4 ? 3 : 0;
    ruleset.scoped = abi >= 6 ? 3 : 0;
    fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
    if (fd < 0)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "Landlock refuses a set of rules: %m");
    *known_out = ruleset.fs;
    *fd_out = fd;
    return ASSAY_OK;
}

static int add_open(int ruleset, int fd, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.parent_fd = fd};
    struct stat status;

    if (fstat(fd, &status))
        return -1;
    rule.allowed_access =
        S_ISDIR(status.st_mode) ? rights : rights & FILE_RIGHTS;
    return (int)syscall(SYS_landlock_add_rule, ruleset,
                        LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* must_exist: else a path that is not there, or not for us, is left out; the
 * engine will say what it misses. */
static assay_rc add(int ruleset, const char *path, uint64_t rights,
                    bool must_exist, assay_error *err)
{
    int fd = open(path, O_PATH | O_CLOEXEC), failed;

    if (fd < 0 && !must_exist &&
        (errno == ENOENT || errno == ENOTDIR || errno == EACCES ||
         errno == ELOOP || errno == ENAMETOOLONG))
        return ASSAY_OK;
    failed = fd < 0 || add_open(ruleset, fd, rights);
    if (failed)
        assay_error_set(err, ASSAY_E_UNAVAILABLE,
                        "Landlock refuses a rule for %s: %m", path);
    if (fd >= 0)
        close(fd);
    return failed ? ASSAY_E_UNAVAILABLE : ASSAY_OK;
}

static assay_rc enforce(int ruleset, assay_error *err)
{
    if (!syscall(SYS_landlock_restrict_self, ruleset, 0))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "Landlock cannot be turned on: %m");
}

/* ---- the layers -------------------------------------------------------- */

static assay_rc add_all(int ruleset, const char *const *paths, uint64_t rights,
                        assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    for (; paths && *paths && rc == ASSAY_OK; paths++)
        rc = add(ruleset, *paths, rights, false, err);
    return rc;
}

assay_rc assay__walls_landlock_template(
    const assay_scanner_confinement *confinement, assay_error *err)
{
    uint64_t known = 0; /* optimised builds warn without */
    int fd = -1;
    assay_rc rc = make_ruleset(&known, &fd, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = add_all(fd, loading, READ, err);
    if (rc == ASSAY_OK)
        rc = add(fd, "/dev/null", LANDLOCK_ACCESS_FS_WRITE_FILE, false, err);
    if (rc == ASSAY_OK)
        rc = add_all(fd, confinement->readable, READ, err);
    /* The template takes apart what ended workers left, by moving it. */
    if (rc == ASSAY_OK)
        rc = add(fd, confinement->temporary,
                 (WRITE | LANDLOCK_ACCESS_FS_REFER) & known, true, err);
    if (rc == ASSAY_OK)
        rc = enforce(fd, err);
    close(fd);
    return rc;
}

/* The modules of iconv(): loaded when a document needs one. They lie beside
 * the C library itself. @return false: unknown */
static bool find_gconv(char *path)
{
    char library[PATH_MAX];
    Dl_info info;

    /* A function's address as data: dladdr() wants that. */
    if (!dladdr((const void *)(uintptr_t)gnu_get_libc_version, &info) ||
        !info.dli_fname || !realpath(info.dli_fname, library))
        return false;
    *strrchr(library, '/') = '\0';
    return snprintf(path, PATH_MAX, "%s/gconv", library) < PATH_MAX;
}

assay_rc assay__walls_landlock_worker(const char *folder, assay_error *err)
{
    char gconv[PATH_MAX];
    uint64_t known = 0;
    int fd = -1;
    assay_rc rc = make_ruleset(&known, &fd, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = add(fd, folder, WRITE & known, true, err);
    if (rc == ASSAY_OK && find_gconv(gconv))
        rc = add(fd, gconv, READ, false, err);
    if (rc == ASSAY_OK)
        rc = enforce(fd, err);
    close(fd);
    return rc;
}
