/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * System calls, by seccomp. In the template a list of those that kill: code of
 * any engine runs there, and only what leads out of the process is known to be
 * none of its business. In a worker a list of those that do not kill. Nothing
 * is answered with an error there: engines take a refused file call for a file
 * that is not there, and call the content clean.
 *
 * The worker's program is made once, in the template, and has to be loaded only
 * when a worker starts. A worker may name itself in a call, so the place where
 * its process id belongs is a number that no process has until then.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "walls.h"

/* Larger than any process id can be (PID_MAX_LIMIT is 4194304). */
#define OWN_PID UINT32_C(0x6a55a9f1)

#define LOW UINT64_C(0xffffffff)

static struct sock_filter *worker_program; /* set once in the template */
static size_t worker_length;

/* ---- what kills a template --------------------------------------------- */

static const int forbidden[] = {
    /* other programs, other processes */
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(perf_event_open),
    /* the network, and everybody who listens on this machine */
    SCMP_SYS(socket),
    SCMP_SYS(socketcall),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    /* ways around this filter */
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    /* the kernel */
    SCMP_SYS(bpf),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(syslog),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(lookup_dcookie),
    SCMP_SYS(uselib),
    SCMP_SYS(vm86),
    SCMP_SYS(vm86old),
    SCMP_SYS(personality),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(vhangup),
    /* what the system is called and what time it is */
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(stime),
    /* name spaces and mounts */
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(umount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(open_by_handle_at),
};

/* clone() makes processes and threads, but no name spaces. */
static const unsigned long space_flags[] = {
    CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
    CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET,
};

/* ---- what does not kill a worker --------------------------------------- */

static const int harmless[] = {
    /* the work of a worker: socket, clock, its own end */
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(getrusage),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(times),
    /* files: Landlock says which; those that take a mode have a rule of their
     * own */
    SCMP_SYS(close),
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fallocate),
    SCMP_SYS(flock),
    SCMP_SYS(dup),
    SCMP_SYS(dup2),
    SCMP_SYS(dup3),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(getdents64),
    SCMP_SYS(getdents),
    SCMP_SYS(rmdir),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(umask),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    /* memory; mmap and mprotect have a rule of their own */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    /* who and where am I */
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getcpu),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrlimit),
#if ASSAY__SANITIZED
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(pipe),
    SCMP_SYS(pipe2),
    SCMP_SYS(prctl),
    SCMP_SYS(mincore),
#endif
};

static const unsigned file_commands[] = {
    F_GETFD,         F_SETFD, F_GETFL, F_SETFL,  F_DUPFD,
    F_DUPFD_CLOEXEC, F_GETLK, F_SETLK, F_SETLKW, F_GET_SEALS,
};

#define SPECIAL_BITS (S_ISUID | S_ISGID | S_ISVTX)
#define ALL_BITS (SPECIAL_BITS | S_IRWXU | S_IRWXG | S_IRWXO)
/* Flags of open() with which it takes a mode. */
#define MAKES_FILE (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))

/* Calls that are allowed when the bits of an argument are these. Landlock knows
 * nothing of chmod(), so this keeps a worker from opening to others, or from
 * making setuid, whatever file its user owns. libclamav changes one mode: that
 * of folders it unpacked to, before it removes them. */
static const struct {
    int call;
    unsigned arg;
    scmp_datum_t mask, value;
} by_bits[] = {
    {SCMP_SYS(chmod), 1, ALL_BITS, S_IRWXU},
    {SCMP_SYS(fchmodat), 2, ALL_BITS, S_IRWXU},
    {SCMP_SYS(mkdir), 1, SPECIAL_BITS, 0},
    {SCMP_SYS(mkdirat), 2, SPECIAL_BITS, 0},
    {SCMP_SYS(creat), 1, SPECIAL_BITS, 0},
    {SCMP_SYS(open), 2, SPECIAL_BITS, 0},
    {SCMP_SYS(open), 1, MAKES_FILE, 0},
    {SCMP_SYS(openat), 3, SPECIAL_BITS, 0},
    {SCMP_SYS(openat), 2, MAKES_FILE, 0},
};

/* ---- making programs --------------------------------------------------- */

static int add_list(scmp_filter_ctx filter, uint32_t action, const int *calls,
                    size_t count)
{
    int failed = 0;

    for (size_t i = 0; i < count && !failed; i++)
        failed = seccomp_rule_add(filter, action, calls[i], 0);
    return failed;
}

static int build_template(scmp_filter_ctx filter)
{
    int failed = add_list(filter, SCMP_ACT_KILL_PROCESS, forbidden,
                          sizeof forbidden / sizeof *forbidden);

    for (size_t i = 0; !failed && i < sizeof space_flags / sizeof *space_flags;
         i++)
        failed = seccomp_rule_add(
            filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
            SCMP_A0(SCMP_CMP_MASKED_EQ, space_flags[i], space_flags[i]));
    /* Its flags are in memory, where no filter sees them. The C library takes
     * clone() instead. */
    return failed ? failed
                  : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                                     SCMP_SYS(clone3), 0);
}

/* Code is mapped from files only, for the modules of iconv(), and what is
 * mapped so cannot be written to. */
static int add_memory(scmp_filter_ctx filter)
{
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

    if (!failed)
        failed = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC | PROT_WRITE, PROT_EXEC),
            SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS | MAP_SHARED, 0));
    return failed
               ? failed
               : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
}

/* Signals go to the process itself only: for its own abort(), and for the end
 * of the host on its socket. Without that a worker could choose any process of
 * its user, and any signal. */
static int add_own(scmp_filter_ctx filter)
{
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, F_SETOWN),
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, LOW, OWN_PID));

    if (!failed)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                  SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, OWN_PID));
    /* abort() does it; blocked signals would be those that end a worker. */
    return failed || ASSAY__SANITIZED
               ? failed
               : seccomp_rule_add(
                     filter, SCMP_ACT_ALLOW, SCMP_SYS(rt_sigprocmask), 1,
                     SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, SIG_UNBLOCK));
}

/* Its own limits: all are told, that of processor time is changed. */
static int add_limits(scmp_filter_ctx filter)
{
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64),
                                  2, SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, 0),
                                  SCMP_A2(SCMP_CMP_EQ, 0, 0));

    return failed
               ? failed
               : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64),
                                  2, SCMP_A0(SCMP_CMP_MASKED_EQ, LOW, 0),
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, RLIMIT_CPU));
}

static int add_by_bits(scmp_filter_ctx filter)
{
    int failed = 0;

    for (size_t i = 0; !failed && i < sizeof by_bits / sizeof *by_bits; i++)
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, by_bits[i].call, 1,
                                  SCMP_CMP(by_bits[i].arg, SCMP_CMP_MASKED_EQ,
                                           by_bits[i].mask, by_bits[i].value));
    return failed;
}

static int build_worker(scmp_filter_ctx filter)
{
    int failed = add_list(filter, SCMP_ACT_ALLOW, harmless,
                          sizeof harmless / sizeof *harmless);

    for (size_t i = 0;
         !failed && i < sizeof file_commands / sizeof *file_commands; i++)
        failed = seccomp_rule_add(
            filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
            SCMP_A1(SCMP_CMP_MASKED_EQ, LOW, file_commands[i]));
    if (!failed)
        failed = add_by_bits(filter);
    if (!failed)
        failed = add_memory(filter);
    if (!failed)
        failed = add_limits(filter);
    return failed ? failed : add_own(filter);
}

/* libseccomp 2.5 writes a program to a descriptor only. */
static int export_program(scmp_filter_ctx filter,
                          struct sock_filter **program_out, size_t *length_out)
{
    int fd = memfd_create("assay-seccomp", MFD_CLOEXEC);
    struct sock_filter *program = NULL;
    struct stat status;
    size_t size;

    if (fd < 0)
        return -errno;
    if (!seccomp_export_bpf(filter, fd) && !fstat(fd, &status)) {
        size = (size_t)status.st_size;
        program = malloc(size);
        if (program && pread(fd, program, size, 0) != (ssize_t)size) {
            free(program);
            program = NULL;
        }
    }
    close(fd);
    if (!program)
        return -ENOMEM;
    *program_out = program;
    *length_out = size / sizeof *program;
    return 0;
}

static assay_rc make(uint32_t otherwise, int (*build)(scmp_filter_ctx),
                     struct sock_filter **program_out, size_t *length_out,
                     assay_error *err)
{
    scmp_filter_ctx filter = seccomp_init(otherwise);
    int failed;

    if (!filter)
        return assay_error_set(err, ASSAY_E_NOMEM, "no seccomp filter");
    /* Calls of another architecture would have other numbers. */
    failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
                              SCMP_ACT_KILL_PROCESS);
    /* A binary tree of calls: those whose arguments count, mmap() and fcntl()
     * among them, are looked up each time. The kernel remembers the others. */
    if (!failed)
        failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!failed)
        failed = build(filter);
    if (!failed)
        failed = export_program(filter, program_out, length_out);
    seccomp_release(filter);
    if (!failed)
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "cannot make a seccomp filter: %s",
                           strerrordesc_np(-failed));
}

/* ---- loading them ------------------------------------------------------ */

static int load(struct sock_filter *program, size_t length)
{
    struct sock_fprog whole = {.len = (unsigned short)length,
                               .filter = program};

    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole);
}

void assay__walls_seccomp_try(void)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;

    syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

assay_rc assay__walls_seccomp_template(
    const assay_scanner_confinement *confinement, assay_error *err)
{
    struct sock_filter *program = NULL;
    size_t length = 0;
    assay_rc rc = make(SCMP_ACT_KILL_PROCESS, build_worker, &worker_program,
                       &worker_length, err);

    (void)confinement;
    if (rc == ASSAY_OK)
        rc = make(SCMP_ACT_ALLOW, build_template, &program, &length, err);
    if (rc == ASSAY_OK && load(program, length))
        rc = assay_error_set(err, ASSAY_E_NOTFOUND, "%m");
    free(program);
    return rc;
}

/* @return how many places there were */
static int name_ourselves(void)
{
    uint32_t pid = (uint32_t)getpid();
    int places = 0;

    for (size_t i = 0; i < worker_length; i++)
        if (worker_program[i].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
            worker_program[i].k == OWN_PID) {
            worker_program[i].k = pid;
            places++;
        }
    return places;
}

assay_rc assay__walls_seccomp_worker(assay_error *err)
{
    enum { PLACES = 2 }; /* see add_own() */

    if (!worker_program || name_ourselves() != PLACES)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "the seccomp filter of workers is not as it was "
                               "made");
    if (!load(worker_program, worker_length))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                           "cannot load the seccomp filter: %m");
}
