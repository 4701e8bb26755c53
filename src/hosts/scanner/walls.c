/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The order in which walls go up, and what becomes of a piece that the kernel
 * lacks: an error if all of them are required, else a word in `missing`.
 */
#include "walls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the template has, and its workers inherit; set once in the template. */
static bool has_landlock, has_seccomp;

/* ---- pieces that are missing ------------------------------------------- */

struct missing {
    bool is_error;
    char *text; /* ASSAY_SCANNER_MISSING_MAX bytes */
};

/* @param why  NULL: nothing more to say */
static assay_rc lack(struct missing *missing, const char *piece,
                     const char *why, assay_error *err)
{
    size_t used = strlen(missing->text);

    if (missing->is_error)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "the sandbox is required, and this system has "
                               "no %s%s%s",
                               piece, why ? ": " : "", why ? why : "");
    snprintf(missing->text + used, ASSAY_SCANNER_MISSING_MAX - used, "%s%s",
             used ? ", " : "", piece);
    return ASSAY_OK;
}

/* The host may run under a filter of its own, by systemd or a container, that
 * kills for calls it does not know. */
static bool survives(void (*attempt)(void))
{
    pid_t child = fork();
    int status;

    if (!child) {
        attempt();
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return child > 0 && WIFEXITED(status);
}

static const struct {
    int bit;
    const char *piece;
} spaces[] = {
    {ASSAY__WALLS_NO_USER_SPACE, "user name space"},
    {ASSAY__WALLS_NO_NETWORK_SPACE, "network name space"},
    {ASSAY__WALLS_NO_IPC_SPACE, "IPC name space"},
    {ASSAY__WALLS_NO_MOUNT, "private tmpfs"},
};

/* Not without a file system of our own: then the mounts are the host's. */
static assay_rc change_mounts(const assay_scanner_confinement *confinement,
                              assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    if (survives(assay__walls_read_only_try))
        rc = assay__walls_read_only(confinement->temporary, err);
    if (rc == ASSAY_OK && !confinement->is_on_disk)
        rc = assay__walls_temporary_prepare(confinement, err);
    return rc;
}

static assay_rc leave_spaces(const assay_scanner_confinement *confinement,
                             struct missing *missing, assay_error *err)
{
    int lacking = 0;
    assay_rc rc = assay__walls_leave(confinement->temporary, &lacking, err);

    for (size_t i = 0; i < sizeof spaces / sizeof *spaces && rc == ASSAY_OK;
         i++)
        if (lacking & spaces[i].bit &&
            !(spaces[i].bit == ASSAY__WALLS_NO_MOUNT &&
              confinement->is_on_disk))
            rc = lack(missing, spaces[i].piece, NULL, err);
    if (rc == ASSAY_OK && !(lacking & ASSAY__WALLS_NO_MOUNT))
        rc = change_mounts(confinement, err);
    return rc;
}

/* A wall of the template that answers ASSAY_E_NOTFOUND where there is none. */
struct wall {
    const char *piece;
    bool *has; /* set */
    void (*attempt)(void);
    assay_rc (*raise)(const assay_scanner_confinement *confinement,
                      assay_error *err);
};

static const struct wall walls[] = {
    {"Landlock", &has_landlock, assay__walls_landlock_try,
     assay__walls_landlock_template},
    {"seccomp filter", &has_seccomp, assay__walls_seccomp_try,
     assay__walls_seccomp_template},
};

static assay_rc put_up(const struct wall *wall,
                       const assay_scanner_confinement *confinement,
                       struct missing *missing, assay_error *err)
{
    assay_error why = {0};
    assay_rc rc = ASSAY_E_NOTFOUND;

    if (survives(wall->attempt))
        rc = wall->raise(confinement, &why);
    else
        assay_error_set(&why, rc, "a filter around the host kills for it");
    *wall->has = rc == ASSAY_OK;
    if (rc == ASSAY_OK)
        return ASSAY_OK;
    if (rc == ASSAY_E_NOTFOUND)
        return lack(missing, wall->piece, why.msg, err);
    return assay_error_set(err, rc, "%s", why.msg);
}

/* ---- a template -------------------------------------------------------- */

static assay_rc no_new_privileges(assay_error *err)
{
    if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "cannot give up new privileges: %m");
}

static assay_rc hide(assay_error *err)
{
    if (!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "cannot make the process undumpable: %m");
}

static assay_rc enter_sandbox(const assay_scanner_confinement *confinement,
                              struct missing *missing, assay_error *err)
{
    assay_rc rc = leave_spaces(confinement, missing, err);

    if (rc == ASSAY_OK)
        rc = assay__walls_drop_capabilities(err);
    for (size_t i = 0; i < sizeof walls / sizeof *walls && rc == ASSAY_OK; i++)
        rc = put_up(&walls[i], confinement, missing, err);
    return rc;
}

static assay_rc enter_template(const assay_scanner_confinement *confinement,
                               char *missing, assay_error *err)
{
    bool sandbox = confinement->mode != ASSAY_SANDBOX_OFF;
    char text[ASSAY_SCANNER_MISSING_MAX] = "";
    struct missing pieces = {
        .is_error = confinement->mode == ASSAY_SANDBOX_REQUIRE,
        .text = text,
    };
    int death_signal = 0;
    assay_rc rc;

    /* The kernel forgets it with a change of user or of capabilities. */
    prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
    rc = assay__walls_become(confinement->user, err);
    if (rc == ASSAY_OK && !sandbox && confinement->user)
        rc = assay__walls_drop_capabilities(err);
    if (rc == ASSAY_OK)
        rc = no_new_privileges(err);
    if (rc == ASSAY_OK)
        rc = assay__walls_limits_template(err);
    if (rc == ASSAY_OK && sandbox)
        rc = enter_sandbox(confinement, &pieces, err);
    if (rc == ASSAY_OK)
        rc = hide(err);
    if (rc != ASSAY_OK)
        return rc;
    if (death_signal)
        prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0);
    memcpy(missing, text, sizeof text);
    return ASSAY_OK;
}

/* ---- a worker ---------------------------------------------------------- */

static assay_rc enter_worker(const assay_scanner_confinement *confinement,
                             const char *folder, assay_error *err)
{
    assay_rc rc = assay__walls_limits_worker(confinement, err);

    assay__walls_temporary_seal();
    if (rc == ASSAY_OK && has_landlock)
        rc = assay__walls_landlock_worker(folder, err);
    if (rc == ASSAY_OK)
        rc = hide(err);
    if (rc == ASSAY_OK && has_seccomp)
        rc = assay__walls_seccomp_worker(err);
#if !ASSAY__SANITIZED
    if (rc == ASSAY_OK)
        assay__allocation_arm(confinement);
#endif
    return rc;
}

const assay_scanner_walls assay__walls = {
    .struct_size = sizeof(assay_scanner_walls),
    .enter_template = enter_template,
    .own_temporary = assay__walls_temporary_take,
    .enter_worker = enter_worker,
    .forget_temporary = assay__walls_temporary_forget,
};
