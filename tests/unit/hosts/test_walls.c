/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a worker of assay-scanner can do, and what it cannot, as root, as a user
 * that root chose, and as a user who never was root.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "check_run.h"
#include "walls_fixture.h"

/* ---- deeds ------------------------------------------------------------- */

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/%s", walls_report->folder, name);
    return path;
}

static int read_passwd(void)
{
    return walls_read("/etc/passwd");
}

static int read_library(void)
{
    return walls_read("/usr/bin/env");
}

static int list_temporary(void)
{
    return walls_read(walls_temporary);
}

static const char *outside(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", walls_root, name);
    return path;
}

/* By Landlock, or because what is mounted is read-only. */
static int is_refused(int failed)
{
    return !failed ? 0 : errno == EACCES || errno == EROFS ? REFUSED : 1;
}

static int create_outside(void)
{
    return is_refused(
        open(outside("new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0);
}

static int write_outside(void)
{
    return is_refused(open(outside("outside"), O_WRONLY | O_CLOEXEC) < 0);
}

static int remove_outside(void)
{
    return is_refused(unlink(outside("outside")));
}

static int chmod_outside(mode_t mode)
{
    return is_refused(chmod(outside("outside"), mode));
}

static int open_to_all(void)
{
    return chmod_outside(0777);
}

static int make_setuid(void)
{
    return chmod_outside(04755);
}

static int make_private(void)
{
    return chmod_outside(0600);
}

static int make_private_program(void)
{
    return chmod_outside(0700);
}

static int make_setuid_at(void)
{
    return fchmodat(AT_FDCWD, outside("outside"), 04700, 0);
}

static int make_open_file_setuid(void)
{
    int fd = open(in_folder("f"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    return fd < 0 || fchmod(fd, 04700);
}

static int create_setuid(void)
{
    return open(in_folder("f"), O_WRONLY | O_CREAT | O_CLOEXEC, 04700);
}

static int create_nameless_setuid(void)
{
    return open(walls_report->folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 04700);
}

static int make_setgid_folder(void)
{
    return mkdir(in_folder("s"), 02700);
}

static int own_file(void)
{
    return chown(in_folder("f"), getuid(), getgid());
}

static int change_times(void)
{
    return utimensat(AT_FDCWD, outside("outside"), NULL, 0);
}

static int add_attribute(void)
{
    return setxattr(outside("outside"), "user.assay", "a", 1, 0);
}

/* Everything libclamav does with files. */
static int use_folder(void)
{
    char text[4] = "";
    int fd;

    if (mkdir(in_folder("d"), 0700))
        return 1;
    fd = open(in_folder("d/f"), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "abc", 3) != 3 || lseek(fd, 0, SEEK_SET) ||
        pread(fd, text, 3, 0) != 3 || strcmp(text, "abc") != 0)
        return 2;
    if (mmap(NULL, 3, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
        return 3;
    if (close(fd) || chmod(in_folder("d"), 0700) ||
        access(in_folder("d/f"), R_OK) || unlink(in_folder("d/f")) ||
        rmdir(in_folder("d")))
        return 4;
    return 0;
}

static int convert(void)
{
    static const char *const names[] = {"UTF-16LE", "UTF-16", "SHIFT_JIS",
                                        "EUC-KR",   "CP1251", "GB18030"};
    char in[] = {'a', 0, 'b', 0}, out[16], *from = in, *to = out;
    size_t left = sizeof in, room = sizeof out;
    iconv_t converter;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        converter = iconv_open("UTF-8", names[i]);
        /* NOLINTNEXTLINE(performance-no-int-to-ptr): its error value */
        if (converter == (iconv_t)-1)
            return (int)i + 1;
        if (!i && (iconv(converter, &from, &left, &to, &room) ||
                   memcmp(out, "ab", 2) != 0))
            return 100;
        iconv_close(converter);
    }
    return 0;
}

static int use_limits_and_signals(void)
{
    struct rlimit limit = {.rlim_cur = 3600, .rlim_max = RLIM_INFINITY};
    int fds[2] = {0, 1};

    if (getrlimit(RLIMIT_CPU, &limit))
        return 1;
    limit.rlim_cur = 3600;
    if (setrlimit(RLIMIT_CPU, &limit))
        return 2;
    if (limit.rlim_max == RLIM_INFINITY || getrlimit(RLIMIT_AS, &limit))
        return 4;
    if (fcntl(fds[0], F_SETOWN, getpid()) && errno != ENOTTY && errno != EINVAL)
        return 3;
    return 0;
}

static int raise_limit(void)
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY,
                           .rlim_max = RLIM_INFINITY};

    return setrlimit(RLIMIT_NOFILE, &limit);
}

static int raise_processor_limit(void)
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY,
                           .rlim_max = RLIM_INFINITY};

    return !setrlimit(RLIMIT_CPU, &limit) ? 0 : errno == EPERM ? REFUSED : 1;
}

#if !ASSAY__SANITIZED
static int block_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    return sigprocmask(SIG_BLOCK, &all, NULL);
}
#endif

static int send_another_signal(void)
{
    return fcntl(0, F_SETSIG, SIGURG);
}

static int make_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int make_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int connect_somewhere(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX};

    return connect(0, (const void *)&address, sizeof address);
}

static int run_program(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}

static int fork_once(void)
{
    return fork() < 0;
}

static int kill_parent(void)
{
    return kill(getppid(), 0);
}

static int kill_parent_thread(void)
{
    return (int)syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static int own_parent(void)
{
    return fcntl(0, F_SETOWN, getppid());
}

static int limit_parent(void)
{
    struct rlimit limit;

    return prlimit(getppid(), RLIMIT_CPU, NULL, &limit);
}

static int trace_me(void)
{
    return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int control_device(void)
{
    return ioctl(0, FIONREAD, NULL);
}

static int call_unknown(void)
{
    return (int)syscall(0x3ff);
}

static int map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0) == MAP_FAILED;
}

static int map_writable_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static int turn_into_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int make_symlink(void)
{
    return symlink("/etc/passwd", in_folder("link"));
}

static int leave_again(void)
{
    return (int)syscall(SYS_unshare, 0x10000000);
}

static int abort_now(void)
{
    abort();
}

static int write_bytes(const char *name, size_t bytes)
{
    static char block[65536];
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    for (; fd >= 0 && bytes >= sizeof block; bytes -= sizeof block)
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block)
            return -1;
    return fd < 0 ? -1 : 0;
}

static int write_large_file(void)
{
    return write_bytes("large", 2 << 20);
}

static int write_large_files(void)
{
    if (write_bytes("a", 768 << 10))
        return 1;
    return write_bytes("b", 768 << 10) && errno == ENOSPC ? REFUSED : 2;
}

static int write_many_files(void)
{
    char name[16];

    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "n%d", i);
        if (write_bytes(name, 0))
            return i >= 100 && errno == ENOSPC ? REFUSED : 1;
    }
    return 0;
}

static const struct {
    const char *name;
    walls_deed *deed;
    int want_exit, want_signal;
} cases[] = {
    {"read /etc/passwd", read_passwd, REFUSED, 0},
    {"read a program", read_library, REFUSED, 0},
    {"list the folders of others", list_temporary, REFUSED, 0},
    {"create a file outside", create_outside, REFUSED, 0},
    {"write a file outside", write_outside, REFUSED, 0},
    {"remove a file outside", remove_outside, REFUSED, 0},
    {"chmod 0777", open_to_all, 0, SIGSYS},
    {"chmod 04755", make_setuid, 0, SIGSYS},
    {"chmod 0600", make_private, 0, SIGSYS},
    {"chmod 0700", make_private_program, REFUSED, 0},
    {"fchmodat", make_setuid_at, 0, SIGSYS},
    {"fchmod", make_open_file_setuid, 0, SIGSYS},
    {"create a setuid file", create_setuid, 0, SIGSYS},
    {"create a setuid file without a name", create_nameless_setuid, 0, SIGSYS},
    {"make a setgid folder", make_setgid_folder, 0, SIGSYS},
    {"chown", own_file, 0, SIGSYS},
    {"utimensat", change_times, 0, SIGSYS},
    {"setxattr", add_attribute, 0, SIGSYS},
    {"use the folder", use_folder, 0, 0},
    {"convert characters", convert, 0, 0},
    {"limit itself, signal itself", use_limits_and_signals, 0, 0},
    {"raise a limit", raise_limit, 0, SIGSYS},
    {"have processor time without end", raise_processor_limit, REFUSED, 0},
#if !ASSAY__SANITIZED
    {"block signals", block_signals, 0, SIGSYS},
#endif
    {"F_SETSIG", send_another_signal, 0, SIGSYS},
    {"socket", make_socket, 0, SIGSYS},
    {"unix socket", make_unix_socket, 0, SIGSYS},
    {"connect", connect_somewhere, 0, SIGSYS},
    {"execve", run_program, 0, SIGSYS},
    {"fork", fork_once, 0, SIGSYS},
    {"kill", kill_parent, 0, SIGSYS},
    {"tgkill", kill_parent_thread, 0, SIGSYS},
    {"F_SETOWN", own_parent, 0, SIGSYS},
    {"prlimit", limit_parent, 0, SIGSYS},
    {"ptrace", trace_me, 0, SIGSYS},
    {"ioctl", control_device, 0, SIGSYS},
    {"a call there is none of", call_unknown, 0, SIGSYS},
    {"map code", map_code, 0, SIGSYS},
    {"map writable code", map_writable_code, 0, SIGSYS},
    {"turn data into code", turn_into_code, 0, SIGSYS},
    {"symlink", make_symlink, 0, SIGSYS},
    {"unshare", leave_again, 0, SIGSYS},
    {"abort", abort_now, 0, SIGABRT},
    {"exceed the file size", write_large_file, 0, SIGXFSZ},
    {"exceed the folder's size", write_large_files, REFUSED, 0},
    {"exceed the number of files", write_many_files, REFUSED, 0},
};

static mode_t mode_of_outside(void)
{
    struct stat status;

    ck_assert_int_eq(stat(outside("outside"), &status), 0);
    return status.st_mode;
}

START_TEST(worker_does_only_what_scanning_needs)
{
    mode_t mode = mode_of_outside();

    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        int status = walls_in_worker(who, cases[_i].deed);

        ck_assert_str_eq(walls_report->missing, "");
        ck_assert_msg(cases[_i].want_signal
                          ? walls_killed(status, cases[_i].want_signal)
                          : walls_exited(status, cases[_i].want_exit),
                      "%s as %d: got status %x, want exit %d or signal %d",
                      cases[_i].name, who, status, cases[_i].want_exit,
                      cases[_i].want_signal);
        ck_assert_uint_eq(mode_of_outside(), mode);
    }
}
END_TEST

/* ---- the socket to the host -------------------------------------------- */

static int host_end, worker_end, memory_fd;

static void make_sockets(void)
{
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds),
                     0);
    host_end = fds[0];
    worker_end = fds[1];
}

/* One descriptor, with a byte. @return it, or -1; sends when fd is one */
static int pass(int socket_fd, int fd)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 'x';
    struct iovec iov = {.iov_base = &byte, .iov_len = 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.space,
                         .msg_controllen = sizeof control.space};

    if (fd < 0) {
        if (recvmsg(socket_fd, &msg, MSG_CMSG_CLOEXEC) == 1)
            memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
        return fd;
    }
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    return sendmsg(socket_fd, &msg, MSG_NOSIGNAL) == 1 ? fd : -1;
}

static int own_socket(void)
{
    memory_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    return memory_fd < 0 || fcntl(worker_end, F_SETOWN, getpid());
}

static int serve(void)
{
    struct pollfd ready = {.fd = worker_end, .events = POLLIN};
    struct timespec used;
    struct rusage usage;
    struct stat status;
    char text[64];
    void *map;
    int fd;

    if (poll(&ready, 1, -1) != 1)
        return 1;
    fd = pass(worker_end, -1);
    if (fd < 0 || fcntl(fd, F_GET_SEALS) != (F_SEAL_WRITE | F_SEAL_SHRINK) ||
        fstat(fd, &status))
        return 2;
    map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED || memcmp(map, "mail", 4) != 0 ||
        fcntl(worker_end, F_SETFL, O_ASYNC) || fcntl(worker_end, F_SETFL, 0) ||
        use_limits_and_signals())
        return 3;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) ||
        getrusage(RUSAGE_SELF, &usage) ||
        pread(memory_fd, text, sizeof text, 0) <= 0)
        return 4;
    return munmap(map, (size_t)status.st_size) || pass(worker_end, fd) != fd ||
           close(fd);
}

static int template_with_mail(void)
{
    int fd = memfd_create("mail", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || write(fd, "mail", 4) != 4 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK) ||
        pass(host_end, fd) != fd)
        return 98;
    walls_worker(1, own_socket, serve);
    return 0;
}

START_TEST(worker_serves_its_socket)
{
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        make_sockets();
        ck_assert_int_eq(walls_in_template(who, template_with_mail), 0);
        ck_assert_msg(walls_exited(walls_report->status, 0), "status %x",
                      walls_report->status);
        close(host_end);
        close(worker_end);
    }
}
END_TEST

/* Tells that it watches, and then scans without an end. */
static int watch_host(void)
{
    if (fcntl(worker_end, F_SETFL, O_ASYNC))
        return 1;
    walls_report->text[0] = 'w';
    for (;;)
        sched_yield();
}

static int template_of_watcher(void)
{
    walls_worker(1, own_socket, watch_host);
    return 0;
}

/* Has the only other end of the socket until the worker watches. */
static _Noreturn void be_host(void)
{
    while (((volatile char *)walls_report->text)[0] != 'w')
        sched_yield();
    _exit(0);
}

START_TEST(worker_ends_when_the_host_closes_its_socket)
{
    for (int who = walls_first_identity(); who < walls_end_identity(); who++) {
        pid_t host;

        walls_report->text[0] = '\0';
        make_sockets();
        host = fork();
        if (!host)
            be_host();
        close(host_end);
        ck_assert_int_eq(walls_in_template(who, template_of_watcher), 0);
        ck_assert_msg(walls_killed(walls_report->status, SIGIO), "status %x",
                      walls_report->status);
        ck_assert_int_eq(waitpid(host, NULL, 0), host);
        close(worker_end);
    }
}
END_TEST

/* ---- links and other workers ------------------------------------------- */

static int plant_link(void)
{
    return !symlink("/etc/passwd", in_folder("link")) ? 0
           : errno == EACCES                          ? REFUSED
                                                      : 1;
}

static int idle(void)
{
    return 0;
}

static int worker_with_link(void)
{
    return walls_exited(walls_worker(1, plant_link, idle), ENTERED_NOT) ? 0 : 1;
}

/* Later it is the system call that kills. */
START_TEST(no_link_is_made_before_the_worker_enters)
{
    ck_assert_int_eq(walls_in_template(AS_WE_ARE, worker_with_link), 0);
}
END_TEST

static int follow_link(void)
{
    return walls_read(walls_report->text);
}

START_TEST(link_does_not_lead_out)
{
    snprintf(walls_report->text, sizeof walls_report->text, "%s/link",
             walls_root);
    ck_assert_int_eq(symlink("/etc/passwd", walls_report->text), 0);
    ck_assert(walls_exited(walls_in_worker(AS_WE_ARE, follow_link), REFUSED));
}
END_TEST

static int ignored_limits(void)
{
    signal(SIGXFSZ, SIG_IGN);
    return walls_killed(walls_worker(1, NULL, write_large_file), SIGXFSZ) ? 0
                                                                          : 1;
}

START_TEST(file_size_ends_a_worker_though_the_host_ignores_it)
{
    ck_assert_int_eq(walls_in_template(AS_WE_ARE, ignored_limits), 0);
}
END_TEST

static int has_room(void)
{
    struct statvfs room;

    return !statvfs(walls_report->folder, &room) && room.f_bavail &&
                   !write_large_file()
               ? 0
               : 1;
}

START_TEST(folder_without_a_limit_has_room)
{
    walls_confinement.temporary_bytes = 0;
    walls_confinement.temporary_files = 0;
    ck_assert(walls_exited(walls_in_worker(AS_WE_ARE, has_room), 0));
}
END_TEST

static int leave_file(void)
{
    snprintf(walls_report->text, sizeof walls_report->text, "%.200s",
             in_folder("mine"));
    return write_bytes("mine", 0) ? 1 : 0;
}

static int read_file_of_other(void)
{
    return walls_read(walls_report->text);
}

static int two_workers(void)
{
    if (!walls_exited(walls_worker(1, NULL, leave_file), 0))
        return 1;
    return walls_exited(walls_worker(2, NULL, read_file_of_other), REFUSED) ? 0
                                                                            : 2;
}

START_TEST(worker_sees_no_files_of_another)
{
    for (int who = walls_first_identity(); who < walls_end_identity(); who++)
        ck_assert_int_eq(walls_in_template(who, two_workers), 0);
}
END_TEST

/* A tree that is deep, and whose folders nobody may enter; seccomp, where there
 * is some, kills for the latter. */
static int leave_tree(void)
{
    char path[PATH_MAX + 128];
    size_t len;

    if (write_bytes("file", 65536))
        return 1;
    snprintf(path, sizeof path, "%s", walls_report->folder);
    len = strlen(path);
    for (int i = 0; i < 40; i++) {
        len += (size_t)snprintf(path + len, sizeof path - len, "/d");
        if (mkdir(path, 0700))
            return 2;
    }
    for (; strcmp(path, walls_report->folder) != 0; len -= 2, path[len] = '\0')
        if (chmod(path, 0))
            return 3;
    return 0;
}

static int is_empty(void)
{
    return rmdir(in_folder("file")) && errno == ENOENT &&
                   rmdir(in_folder("d")) && errno == ENOENT
               ? 0
               : 1;
}

/* Folders come round again. */
static int workers_in_turn(void)
{
    if (!walls_exited(walls_worker(1, leave_tree, idle), 0))
        return 1;
    assay__walls.forget_temporary(&walls_confinement, 1);
    return walls_exited(
               walls_worker(1 + ASSAY__WALLS_WORKERS_MAX, NULL, is_empty), 0)
               ? 0
               : 2;
}

START_TEST(folder_is_empty_for_the_next_worker)
{
    for (int who = walls_first_identity(); who < walls_end_identity(); who++)
        ck_assert_int_eq(walls_in_template(who, workers_in_turn), 0);
}
END_TEST

/* A folder is taken by whoever asks, so no process is needed for each. */
static int more_than_there_are(void)
{
    char folder[PATH_MAX];

    for (uint64_t number = 1; number <= ASSAY__WALLS_WORKERS_MAX; number++)
        if (assay__walls.own_temporary(&walls_confinement, number, folder,
                                       &walls_report->err) != ASSAY_OK)
            return 1;
    if (assay__walls.own_temporary(&walls_confinement, 5000, folder,
                                   &walls_report->err) != ASSAY_E_LIMIT)
        return 2;
    assay__walls.forget_temporary(&walls_confinement, 77);
    return walls_exited(walls_worker(5000, NULL, is_empty), 0) ? 0 : 3;
}

START_TEST(more_workers_than_folders_are_refused)
{
    ck_assert_int_eq(walls_in_template(AS_WE_ARE, more_than_there_are), 0);
    ck_assert_ptr_nonnull(strstr(walls_report->err.msg, "all are taken"));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("walls");
    TCase *tcase = tcase_create("worker");

    tcase_add_checked_fixture(tcase, walls_setup, walls_teardown);
    tcase_add_loop_test(tcase, worker_does_only_what_scanning_needs, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(tcase, worker_serves_its_socket);
    tcase_add_test(tcase, worker_ends_when_the_host_closes_its_socket);
    tcase_add_test(tcase, no_link_is_made_before_the_worker_enters);
    tcase_add_test(tcase, link_does_not_lead_out);
    tcase_add_test(tcase, file_size_ends_a_worker_though_the_host_ignores_it);
    tcase_add_test(tcase, folder_without_a_limit_has_room);
    tcase_add_test(tcase, worker_sees_no_files_of_another);
    tcase_add_test(tcase, folder_is_empty_for_the_next_worker);
    tcase_add_test(tcase, more_workers_than_folders_are_refused);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    return check_run(suite());
}
