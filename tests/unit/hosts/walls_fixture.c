/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "walls_fixture.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOBODY = 65534 };

struct walls_report *walls_report;
assay_scanner_confinement walls_confinement;
char walls_root[64], walls_temporary[128];

static walls_deed *template_deed, *worker_deed;

void walls_setup(void)
{
    char path[128];
    int fd;

    walls_report = mmap(NULL, sizeof *walls_report, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(walls_report != MAP_FAILED);
    snprintf(walls_root, sizeof walls_root, "/tmp/assay-test-walls-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(walls_root));
    ck_assert_int_eq(chmod(walls_root, 0777), 0);
    snprintf(walls_temporary, sizeof walls_temporary, "%s/temporary",
             walls_root);
    ck_assert_int_eq(mkdir(walls_temporary, 0700), 0);
    snprintf(path, sizeof path, "%s/outside", walls_root);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    ck_assert_int_ge(fd, 0);
    close(fd);
    walls_confinement = (assay_scanner_confinement){
        .struct_size = sizeof walls_confinement,
        .mode = ASSAY_SANDBOX_REQUIRE,
        .temporary = walls_temporary,
        .temporary_bytes = 1 << 20,
        .temporary_files = 100,
        .memory_bytes = 256 << 20,
    };
}

void walls_teardown(void)
{
    char command[128];

    munmap(walls_report, sizeof *walls_report);
    snprintf(command, sizeof command, "rm -rf '%s'", walls_root);
    ck_assert_int_eq(system(command), 0);
}

int walls_first_identity(void)
{
    return geteuid() ? AS_WE_ARE : AS_USER;
}

/* ThreadSanitizer has a thread of its own in each process, and the kernel gives
 * no user name space to a process of several threads; only root needs none. */
int walls_end_identity(void)
{
#ifdef __SANITIZE_THREAD__
    return AS_NOBODY;
#else
    return geteuid() ? AS_WE_ARE + 1 : IDENTITIES;
#endif
}

static void become(enum identity identity)
{
    uid_t user = identity == AS_WE_ARE ? geteuid() : NOBODY;
    char command[160], outside[128];

    /* It is empty, and belongs to whom the processes run as; so does the file
     * outside. */
    snprintf(outside, sizeof outside, "%s/outside", walls_root);
    snprintf(command, sizeof command, "rm -rf '%s'", walls_temporary);
    if (system(command) || mkdir(walls_temporary, 0700) ||
        (!geteuid() && (chown(walls_temporary, user, NOBODY) ||
                        chown(outside, user, NOBODY))))
        _exit(ENTERED_NOT);
    walls_confinement.user = identity == AS_USER ? "nobody" : NULL;
    if (identity == AS_NOBODY &&
        (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
         setresuid(NOBODY, NOBODY, NOBODY)))
        _exit(ENTERED_NOT);
}

static int await(pid_t child)
{
    int status;

    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

int walls_in_child(enum identity identity, walls_deed *deed)
{
    pid_t child = fork();

    if (!child) {
        become(identity);
        _exit(deed());
    }
    return await(child);
}

static int enter_and_do(void)
{
    walls_report->rc = assay__walls.enter_template(
        &walls_confinement, walls_report->missing, &walls_report->err);
    return walls_report->rc == ASSAY_OK ? template_deed() : ENTERED_NOT;
}

int walls_in_template(enum identity identity, walls_deed *deed)
{
    template_deed = deed;
    return walls_in_child(identity, enter_and_do);
}

static int work(uint64_t number, walls_deed *before, walls_deed *deed)
{
    static char folder[PATH_MAX];

    if (assay__walls.own_temporary(&walls_confinement, number, folder,
                                   &walls_report->err) != ASSAY_OK)
        return ENTERED_NOT;
    memcpy(walls_report->folder, folder, sizeof folder);
    if (before && before())
        return ENTERED_NOT;
    if (assay__walls.enter_worker(&walls_confinement, folder,
                                  &walls_report->err) != ASSAY_OK)
        return ENTERED_NOT;
    return deed();
}

int walls_worker(uint64_t number, walls_deed *before, walls_deed *deed)
{
    int status = -1;
    pid_t child = fork();

    if (!child)
        _exit(work(number, before, deed));
    waitpid(child, &status, 0);
    walls_report->status = status;
    return status;
}

static int one_worker(void)
{
    walls_worker(1, NULL, worker_deed);
    return 0;
}

int walls_in_worker(enum identity identity, walls_deed *deed)
{
    int status;

    worker_deed = deed;
    walls_report->status = -1;
    status = walls_in_template(identity, one_worker);
    ck_assert_msg(walls_exited(status, 0), "template: status %x: %s", status,
                  walls_report->err.msg);
    ck_assert_msg(!walls_exited(walls_report->status, ENTERED_NOT), "%s",
                  walls_report->err.msg);
    return walls_report->status;
}

int walls_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        return 0;
    return errno == EACCES ? REFUSED : 1;
}
