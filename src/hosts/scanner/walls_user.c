/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Who the processes are and what they see of the system: user, capabilities,
 * name spaces, mounts.
 *
 * What the kernel gives of name spaces is tried out in a child first, because
 * none of them can be entered halfway and left again: some systems let anybody
 * make a user name space that is good for nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "walls.h"

/* ---- capabilities ------------------------------------------------------ */

typedef struct __user_cap_header_struct cap_header;
typedef struct __user_cap_data_struct cap_data;

static int caps_get(cap_data caps[2])
{
    cap_header header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return (int)syscall(SYS_capget, &header, caps);
}

static int caps_set(const cap_data caps[2])
{
    cap_header header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return (int)syscall(SYS_capset, &header, caps);
}

static bool can_administer(void)
{
    cap_data caps[2] = {{0}};

    return !caps_get(caps) &&
           caps[CAP_SYS_ADMIN / 32].effective & (1u << CAP_SYS_ADMIN % 32);
}

/* Where the host may not even call capset(), there are none. */
static bool has_none(void)
{
    cap_data caps[2] = {{0}};

    return !caps_get(caps) && !caps[0].permitted && !caps[1].permitted;
}

assay_rc assay__walls_drop_capabilities(assay_error *err)
{
    static const cap_data none[2];

    if (has_none())
        return ASSAY_OK;
    /* Fails without CAP_SETPCAP, and then an exec could bring some back; but
     * there is none, and no_new_privs besides. */
    for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
        prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!caps_set(none))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "cannot drop capabilities: %m");
}

/* ---- user -------------------------------------------------------------- */

/* setresuid() leaves them permitted only. */
static int raise_permitted(void)
{
    cap_data caps[2] = {{0}};

    if (caps_get(caps))
        return -1;
    for (int i = 0; i < 2; i++)
        caps[i].effective = caps[i].permitted;
    return caps_set(caps);
}

static assay_rc change(const struct passwd *entry, assay_error *err)
{
    if (!prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) &&
        !initgroups(entry->pw_name, entry->pw_gid) &&
        !setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) &&
        !setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) &&
        !raise_permitted() && !prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "cannot become the user \"%s\": %m", entry->pw_name);
}

assay_rc assay__walls_become(const char *user, assay_error *err)
{
    struct passwd entry, *found = NULL;
    char buf[4096];
    int failed;

    if (!user)
        return ASSAY_OK;
    failed = getpwnam_r(user, &entry, buf, sizeof buf, &found);
    if (!found)
        return assay_error_set(
            err, ASSAY_E_NOTFOUND, "there is no user \"%s\"%s%s", user,
            failed ? ": " : "", failed ? strerrordesc_np(failed) : "");
    if (geteuid() == 0)
        return change(found, err);
    if (geteuid() == found->pw_uid)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_STATE,
                           "cannot become the user \"%s\": only root can",
                           user);
}

/* ---- name spaces ------------------------------------------------------- */

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t done;

    if (fd < 0)
        return -1;
    done = write(fd, text, strlen(text));
    close(fd);
    return done == (ssize_t)strlen(text) ? 0 : -1;
}

/* User and group keep their numbers; all others are nobody's inside. */
static int enter_user_space(void)
{
    unsigned long user = geteuid(), group = getegid();
    char users[64], groups[64];

    snprintf(users, sizeof users, "%lu %lu 1\n", user, user);
    snprintf(groups, sizeof groups, "%lu %lu 1\n", group, group);
    /* The files belong to root while the process is not dumpable, as it is
     * after a change of user. */
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) || unshare(CLONE_NEWUSER))
        return -1;
    /* Kernels before 3.19 have no such file. */
    if (write_file("/proc/self/setgroups", "deny") && errno != ENOENT)
        return -1;
    return write_file("/proc/self/uid_map", users) ||
                   write_file("/proc/self/gid_map", groups)
               ? -1
               : 0;
}

/* What the host unmounts goes here, too, and nothing goes back to it. */
static int enter_mount_space(void)
{
    return unshare(CLONE_NEWNS) ||
                   mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)
               ? -1
               : 0;
}

/* @return what was refused */
static int enter_spaces(bool by_user_space)
{
    int lacking = 0;

    if (by_user_space && enter_user_space())
        return ASSAY__WALLS_NO_SPACES;
    if (unshare(CLONE_NEWNET))
        lacking |= ASSAY__WALLS_NO_NETWORK_SPACE;
    if (unshare(CLONE_NEWIPC | CLONE_NEWUTS))
        lacking |= ASSAY__WALLS_NO_IPC_SPACE;
    if (enter_mount_space())
        lacking |= ASSAY__WALLS_NO_MOUNT;
    return lacking;
}

static int try_mount(const char *folder)
{
    return mount("assay", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                 "size=64k,mode=0700");
}

/* What enter_spaces() would refuse, mounting included. */
static int try_spaces(bool by_user_space, const char *folder)
{
    int status, lacking;
    pid_t child = fork();

    if (!child) {
        lacking = enter_spaces(by_user_space);
        if (!(lacking & ASSAY__WALLS_NO_MOUNT) && try_mount(folder))
            lacking |= ASSAY__WALLS_NO_MOUNT;
        _exit(lacking);
    }
    if (child < 0)
        return ASSAY__WALLS_NO_SPACES;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return ASSAY__WALLS_NO_SPACES;
    return WIFEXITED(status) ? WEXITSTATUS(status) : ASSAY__WALLS_NO_SPACES;
}

assay_rc assay__walls_leave(const char *folder, int *lacking_out,
                            assay_error *err)
{
    bool by_user_space = true;
    int lacking = try_spaces(true, folder), other;

    if (lacking && can_administer()) {
        other = try_spaces(false, folder);
        if (__builtin_popcount((unsigned)other) <
            __builtin_popcount((unsigned)lacking)) {
            by_user_space = false;
            lacking = other;
        }
    }
    if (lacking != ASSAY__WALLS_NO_SPACES &&
        (enter_spaces(by_user_space) & ~lacking))
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "cannot leave the name spaces of the host, "
                               "though a trial could: %m");
    *lacking_out = lacking;
    return ASSAY_OK;
}

/* ---- what is mounted --------------------------------------------------- */

#ifndef MOUNT_ATTR_RDONLY /* kernel 5.12 */
#define MOUNT_ATTR_RDONLY 1
#define MOUNT_ATTR_NOSUID 2
#endif

/* The kernel's struct of 5.12, whatever the C library has. */
struct attributes {
    uint64_t set, clear, propagation, user_space;
};

static int set_attributes(const char *path, unsigned flags,
                          const struct attributes *attributes)
{
    return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, flags, attributes,
                        sizeof *attributes);
}

void assay__walls_read_only_try(void)
{
    set_attributes("", 0, NULL);
}

assay_rc assay__walls_read_only(const char *writable, assay_error *err)
{
    const struct attributes on = {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID},
                            off = {.clear = MOUNT_ATTR_RDONLY};

    /* All of them change, or none. */
    if (mount(writable, writable, NULL, MS_BIND, NULL) ||
        set_attributes("/", AT_RECURSIVE, &on))
        return ASSAY_OK;
    if (!set_attributes(writable, 0, &off))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "cannot make the folder %s writable again: %m",
                           writable);
}
