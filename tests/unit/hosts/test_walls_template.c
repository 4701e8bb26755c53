/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a template can do, and what becomes of walls that the system does not
 * give: each is taken away by a filter, and either told or an error.
 */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check_run.h"
#include "walls_fixture.h"

/* ---- what a template does ---------------------------------------------- */

static int read_passwd(void)
{
    return walls_read("/etc/passwd");
}

static int read_outside(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/outside", walls_root);
    return walls_read(path);
}

static int read_what_loading_needs(void)
{
    return walls_read("/usr/bin/env") || walls_read("/proc/self/statm") ||
                   walls_read("/dev/urandom") || walls_read("/etc/ld.so.cache")
               ? 1
               : 0;
}

static int load_library(void)
{
    return dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL) ? 0 : 1;
}

static int use_temporary(void)
{
    char path[160];
    int fd;

    snprintf(path, sizeof path, "%s/f", walls_temporary);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 || write(fd, "a", 1) != 1 || unlink(path);
}

static int idle(void)
{
    return 0;
}

static _Noreturn void wait_for_ever(void)
{
    for (;;)
        pause();
}

static int kill_child(void)
{
    int status;
    pid_t child = fork();

    if (!child)
        wait_for_ever();
    if (child < 0 || kill(child, SIGKILL) ||
        waitpid(child, &status, 0) != child)
        return 1;
    return walls_killed(status, SIGKILL) ? 0 : 2;
}

/* The test, which is outside. Kernels before 6.12 let this pass. */
static int kill_parent(void)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);

    if (!kill(getppid(), 0))
        return abi < 6 ? REFUSED : 1;
    return errno == EPERM ? REFUSED : 2;
}

static int is_bare(void)
{
    struct rlimit limit;
    char line[128];
    int found = 0;
    FILE *status = fopen("/proc/self/status", "re");

    if (getrlimit(RLIMIT_CORE, &limit) || limit.rlim_max ||
        prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) ||
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || !status)
        return 1;
    while (fgets(line, sizeof line, status))
        found += !strcmp(line, "CapEff:\t0000000000000000\n") +
                 !strcmp(line, "CapPrm:\t0000000000000000\n") +
                 !strcmp(line, "Seccomp:\t2\n");
    fclose(status);
    return found == 3 ? 0 : 2;
}

static int keeps_death_signal(void)
{
    int signal_set = 0;

    prctl(PR_GET_PDEATHSIG, &signal_set, 0, 0, 0);
    return signal_set == SIGUSR1 ? 0 : 1;
}

static int make_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int run_program(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}

static int new_space(void)
{
    return unshare(CLONE_NEWUSER);
}

static int clone_space(void)
{
    return (int)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
}

static int mount_again(void)
{
    return mount("none", walls_temporary, "tmpfs", 0, NULL);
}

static int load_kernel_code(void)
{
    return (int)syscall(SYS_bpf, 0, NULL, 0);
}

static const struct {
    const char *name;
    walls_deed *deed;
    int want_exit, want_signal;
} cases[] = {
    {"read /etc/passwd", read_passwd, REFUSED, 0},
    {"read a file that is not readable", read_outside, REFUSED, 0},
    {"read what loading needs", read_what_loading_needs, 0, 0},
    {"load a library", load_library, 0, 0},
    {"use the temporary folder", use_temporary, 0, 0},
    {"kill a child", kill_child, 0, 0},
    {"signal its parent", kill_parent, REFUSED, 0},
    {"have no privileges", is_bare, 0, 0},
    {"die with its parent", keeps_death_signal, 0, 0},
    {"socket", make_socket, 0, SIGSYS},
    {"execve", run_program, 0, SIGSYS},
    {"unshare", new_space, 0, SIGSYS},
    {"clone a name space", clone_space, 0, SIGSYS},
    {"mount", mount_again, 0, SIGSYS},
    {"bpf", load_kernel_code, 0, SIGSYS},
};

static int enter_and(walls_deed *deed)
{
    walls_report->rc = assay__walls.enter_template(
        &walls_confinement, walls_report->missing, &walls_report->err);
    return walls_report->rc == ASSAY_OK ? deed() : ENTERED_NOT;
}

static walls_deed *deed_now;

static int with_death_signal(void)
{
    prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
    return enter_and(deed_now);
}

START_TEST(template_does_only_what_loading_needs)
{
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        int status;

        deed_now = cases[_i].deed;
        status = walls_in_child(who, with_death_signal);
        ck_assert_msg(cases[_i].want_signal
                          ? walls_killed(status, cases[_i].want_signal)
                          : walls_exited(status, cases[_i].want_exit),
                      "%s as %d: got status %x, want exit %d or signal %d; %s",
                      cases[_i].name, who, status, cases[_i].want_exit,
                      cases[_i].want_signal, walls_report->err.msg);
    }
}
END_TEST

START_TEST(readable_paths_are_read_and_may_be_missing)
{
    char file[128];
    const char *const readable[] = {"/nowhere/at/all", file, NULL};

    snprintf(file, sizeof file, "%s/outside", walls_root);
    walls_confinement.readable = readable;
    ck_assert(walls_exited(walls_in_template(AS_WE_ARE, read_outside), 0));
}
END_TEST

START_TEST(unknown_user_is_an_error)
{
    walls_confinement.user = "no-such-user-of-assay";
    ck_assert_int_eq(assay__walls.enter_template(&walls_confinement,
                                                 walls_report->missing,
                                                 &walls_report->err),
                     ASSAY_E_NOTFOUND);
    ck_assert_ptr_nonnull(
        strstr(walls_report->err.msg, "no-such-user-of-assay"));
}
END_TEST

static int become_root(void)
{
    walls_confinement.user = "root";
    return enter_and(idle);
}

/* As root everybody can be become; CI is root and runs it as nobody. */
START_TEST(only_root_becomes_another)
{
    enum identity who = geteuid() ? AS_WE_ARE : AS_NOBODY;

    ck_assert(walls_exited(walls_in_child(who, become_root), ENTERED_NOT));
    ck_assert_int_eq(walls_report->rc, ASSAY_E_STATE);
    ck_assert_ptr_nonnull(strstr(walls_report->err.msg, "only root can"));
}
END_TEST

/* ---- what is missing --------------------------------------------------- */

/* A system that lacks something, as a filter around all that follows.
 * error 0: it kills who asks */
static int take_away(int call, uint64_t flags, int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    uint32_t action =
        error ? SCMP_ACT_ERRNO((uint32_t)error) : SCMP_ACT_KILL_PROCESS;
    int failed =
        flags ? seccomp_rule_add(filter, action, call, 1,
                                 SCMP_A0(SCMP_CMP_MASKED_EQ, flags, flags))
              : seccomp_rule_add(filter, action, call, 0);

    return failed || seccomp_load(filter);
}

static int no_landlock(void)
{
    return take_away(SCMP_SYS(landlock_create_ruleset), 0, ENOSYS);
}

static int landlock_is_off(void)
{
    return take_away(SCMP_SYS(landlock_create_ruleset), 0, EOPNOTSUPP);
}

static int landlock_kills(void)
{
    return take_away(SCMP_SYS(landlock_create_ruleset), 0, 0);
}

static int seccomp_kills(void)
{
    return take_away(SCMP_SYS(seccomp), 0, 0);
}

static int spaces_kill(void)
{
    return take_away(SCMP_SYS(unshare), 0, 0);
}

static int no_seccomp(void)
{
    return take_away(SCMP_SYS(seccomp), SECCOMP_SET_MODE_FILTER, EINVAL);
}

static int no_spaces(void)
{
    return take_away(SCMP_SYS(unshare), 0, EPERM);
}

static int no_network_space(void)
{
    return take_away(SCMP_SYS(unshare), CLONE_NEWNET, EINVAL);
}

static int no_user_space(void)
{
    return take_away(SCMP_SYS(unshare), CLONE_NEWUSER, EPERM);
}

static int no_mount(void)
{
    return take_away(SCMP_SYS(mount), 0, EPERM);
}

/* Root needs no user name space. */
#define SPACES "network name space, IPC name space, private tmpfs"
#define USER_SPACE "user name space, "

static const struct {
    walls_deed *lack;
    const char *as_user, *as_root; /* what is missing */
} lacks[] = {
    {no_landlock, "Landlock", "Landlock"},
    {landlock_is_off, "Landlock", "Landlock"},
    {landlock_kills, "Landlock", "Landlock"},
    {seccomp_kills, "seccomp filter", "seccomp filter"},
    {spaces_kill, USER_SPACE SPACES, USER_SPACE SPACES},
    {no_seccomp, "seccomp filter", "seccomp filter"},
    {no_spaces, USER_SPACE SPACES, SPACES},
    {no_network_space, "network name space", "network name space"},
    {no_mount, "private tmpfs", "private tmpfs"},
    {no_user_space, USER_SPACE SPACES, ""},
};

static walls_deed *lack_now;

static int one_worker(void)
{
    return walls_exited(walls_worker(7, NULL, idle), 0) ? 0 : 1;
}

static int lack_and_enter(void)
{
    return lack_now() ? 98 : enter_and(one_worker);
}

static const char *wanted(int i, int who)
{
    return who == AS_NOBODY || geteuid() ? lacks[i].as_user : lacks[i].as_root;
}

START_TEST(missing_piece_is_told)
{
    walls_confinement.mode = ASSAY_SANDBOX_ON;
    lack_now = lacks[_i].lack;
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        int status = walls_in_child(who, lack_and_enter);

        ck_assert_msg(walls_exited(status, 0), "%s as %d: %x: %s",
                      wanted(_i, who), who, status, walls_report->err.msg);
        ck_assert_str_eq(walls_report->missing, wanted(_i, who));
    }
}
END_TEST

START_TEST(missing_piece_is_an_error_when_required)
{
    lack_now = lacks[_i].lack;
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        int status = walls_in_child(who, lack_and_enter);
        const char *piece = wanted(_i, who);
        char first[64];

        if (!*piece) {
            ck_assert(walls_exited(status, 0));
            continue;
        }
        snprintf(first, sizeof first, "%.*s", (int)strcspn(piece, ","), piece);
        ck_assert(walls_exited(status, ENTERED_NOT));
        ck_assert_int_eq(walls_report->rc, ASSAY_E_UNAVAILABLE);
        ck_assert_msg(strstr(walls_report->err.msg, first), "%s: %s", first,
                      walls_report->err.msg);
    }
}
END_TEST

/* ---- one wall behind another ------------------------------------------- */

/* Kernels before 5.12 make nothing read-only. */
static bool can_be_read_only(void)
{
    return syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) && errno != ENOSYS;
}

/* @return 0 if the owner of a file outside can neither write to it nor change
 *         it, nor make another beside it */
static int change_outside(void)
{
    char path[128], beside[128];

    snprintf(path, sizeof path, "%s/outside", walls_root);
    snprintf(beside, sizeof beside, "%s/beside", walls_root);
    if (open(path, O_WRONLY | O_CLOEXEC) >= 0 || errno != EROFS)
        return 1;
    if (open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 ||
        errno != EROFS)
        return 2;
    if (!chmod(path, 0700) || errno != EROFS)
        return 3;
    return !unlink(path) || errno != EROFS ? 4 : 0;
}

static int change_outside_as_worker(void)
{
    return walls_worker(1, NULL, change_outside);
}

static int neither(void)
{
    return no_landlock() || no_seccomp();
}

static int lack_and_change(void)
{
    if (lack_now())
        return 98;
    return enter_and(change_outside_as_worker) ? 1 : use_temporary();
}

START_TEST(mounts_are_read_only_without_other_walls)
{
    static walls_deed *const without[] = {no_landlock, neither};

    walls_confinement.mode = ASSAY_SANDBOX_ON;
    lack_now = without[_i % 2];
    walls_confinement.is_on_disk = _i >= 2;
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        int status = walls_in_child(who, lack_and_change);

        ck_assert_msg(walls_exited(status, 0), "as %d: %x, worker %x: %s", who,
                      status, walls_report->status, walls_report->err.msg);
    }
}
END_TEST

static int setuid_as_worker(void)
{
    char path[128];

    snprintf(path, sizeof path, "%s/outside", walls_root);
    return !chmod(path, 04755) ? 0 : errno == EROFS ? REFUSED : 1;
}

static int setuid_without_seccomp(void)
{
    if (no_seccomp() || enter_and(idle))
        return 98;
    return walls_exited(walls_worker(1, NULL, setuid_as_worker), REFUSED) ? 0
                                                                          : 1;
}

START_TEST(setuid_is_refused_without_seccomp)
{
    walls_confinement.mode = ASSAY_SANDBOX_ON;
    for (int who = walls_first_identity(); who < walls_end_identity(); who++)
        ck_assert(walls_exited(walls_in_child(who, setuid_without_seccomp), 0));
}
END_TEST

static int no_attributes(void)
{
    return take_away(SCMP_SYS(mount_setattr), 0, ENOSYS);
}

static int attributes_refused(void)
{
    return take_away(SCMP_SYS(mount_setattr), 0, EPERM);
}

static int attributes_kill(void)
{
    return take_away(SCMP_SYS(mount_setattr), 0, 0);
}

/* Nothing else is lost with it. */
START_TEST(mounts_stay_writable_where_the_kernel_wants_it)
{
    static walls_deed *const without[] = {no_attributes, attributes_refused,
                                          attributes_kill};

    lack_now = without[_i];
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        ck_assert(walls_exited(walls_in_child(who, lack_and_enter), 0));
        ck_assert_str_eq(walls_report->missing, "");
    }
}
END_TEST

/* ---- folders that are no mounts ---------------------------------------- */

static int leave_file(void)
{
    char path[PATH_MAX + 8];

    snprintf(path, sizeof path, "%s/f", walls_report->folder);
    return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0;
}

static int forget_a_folder(void)
{
    if (no_mount() || enter_and(idle) ||
        !walls_exited(walls_worker(41, NULL, leave_file), 0) ||
        access(walls_report->folder, F_OK))
        return 1;
    assay__walls.forget_temporary(&walls_confinement, 41);
    return access(walls_report->folder, F_OK) && errno == ENOENT ? 0 : 2;
}

START_TEST(folder_that_is_no_mount_goes_with_its_worker)
{
    char want[160];

    walls_confinement.mode = ASSAY_SANDBOX_ON;
    snprintf(want, sizeof want, "%s/w41", walls_temporary);
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        ck_assert_int_eq(walls_in_child(who, forget_a_folder), 0);
        ck_assert_str_eq(walls_report->folder, want);
    }
}
END_TEST

START_TEST(folder_on_disk_is_no_mount)
{
    char want[160];

    walls_confinement.is_on_disk = true;
    snprintf(want, sizeof want, "%s/w1", walls_temporary);
    ck_assert(walls_exited(walls_in_worker(AS_WE_ARE, idle), 0));
    ck_assert_str_eq(walls_report->folder, want);
    ck_assert_int_eq(access(want, F_OK), 0);
}
END_TEST

/* ---- no sandbox -------------------------------------------------------- */

static int is_dumpable(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

static int limits_alone(void)
{
    if (read_passwd() || !walls_exited(walls_worker(1, NULL, read_passwd), 0) ||
        !walls_exited(walls_worker(2, NULL, is_dumpable), 0))
        return 1;
    return is_dumpable();
}

START_TEST(sandbox_off_leaves_user_and_limits)
{
    walls_confinement.mode = ASSAY_SANDBOX_OFF;
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        ck_assert_int_eq(walls_in_template(who, limits_alone), 0);
        ck_assert_str_eq(walls_report->missing, "");
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("walls_template");
    TCase *tcase = tcase_create("template");
    int count = sizeof lacks / sizeof *lacks;

    tcase_add_checked_fixture(tcase, walls_setup, walls_teardown);
    tcase_add_loop_test(tcase, template_does_only_what_loading_needs, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(tcase, readable_paths_are_read_and_may_be_missing);
    tcase_add_test(tcase, unknown_user_is_an_error);
    tcase_add_test(tcase, only_root_becomes_another);
    tcase_add_loop_test(tcase, missing_piece_is_told, 0, count);
    tcase_add_loop_test(tcase, missing_piece_is_an_error_when_required, 0,
                        count);
    if (can_be_read_only()) {
        tcase_add_loop_test(tcase, mounts_are_read_only_without_other_walls, 0,
                            4);
        tcase_add_test(tcase, setuid_is_refused_without_seccomp);
    }
    tcase_add_loop_test(tcase, mounts_stay_writable_where_the_kernel_wants_it,
                        0, 3);
    tcase_add_test(tcase, folder_that_is_no_mount_goes_with_its_worker);
    tcase_add_test(tcase, folder_on_disk_is_no_mount);
    tcase_add_test(tcase, sandbox_off_leaves_user_and_limits);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    return check_run(suite());
}
