/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An allocation that fails ends a worker, whoever asked for it, and does not
 * end a template.
 */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check_run.h"
#include "walls_fixture.h"

enum { LARGE = 1 << 30 }; /* more than walls_confinement.memory_bytes */

static void *volatile kept; /* the process ends before it is freed */

/* @return exit status: got it, or was told that there is none */
static int keep(void *memory)
{
    kept = memory;
    return memory ? 1 : 2;
}

static int malloc_large(void)
{
    return keep(malloc(LARGE));
}

static int calloc_large(void)
{
    return keep(calloc(LARGE / 4, 4));
}

static int realloc_large(void)
{
    return keep(realloc(malloc(16), LARGE));
}

static int reallocarray_large(void)
{
    return keep(reallocarray(NULL, LARGE / 4, 4));
}

static int reallocarray_overflow(void)
{
    volatile size_t count = SIZE_MAX / 2;

    return keep(reallocarray(NULL, count, 4));
}

static int posix_memalign_large(void)
{
    void *memory;

    return posix_memalign(&memory, 64, LARGE) ? 2 : 1;
}

static int aligned_alloc_large(void)
{
    return keep(aligned_alloc(64, LARGE));
}

static int memalign_large(void)
{
    return keep(memalign(64, LARGE));
}

static int mmap_large(void)
{
    return mmap(NULL, LARGE, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED
               ? 1
               : 2;
}

static int mremap_large(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mremap(page, 4096, LARGE, MREMAP_MAYMOVE) != MAP_FAILED ? 1 : 2;
}

static int many_small(void)
{
    for (int i = 0; i < LARGE / 1024; i++)
        if (keep(malloc(1024)) != 1)
            return 2;
    return 1;
}

/* The C library's own, and a library loaded by name, find ours as well. */
static void *(*hungry)(size_t bytes);
static char *huge;

static int duplicate_in_c_library(void)
{
    return keep(strdup(huge));
}

static int in_loaded_library(void)
{
    return keep(hungry(LARGE));
}

static walls_deed *const hungers[] = {
    malloc_large,
    calloc_large,
    realloc_large,
    reallocarray_large,
    reallocarray_overflow,
    posix_memalign_large,
    aligned_alloc_large,
    memalign_large,
    mmap_large,
    mremap_large,
    many_small,
    duplicate_in_c_library,
    in_loaded_library,
};

static void load_hungry(void)
{
    void *module = dlopen(WALLS_HUNGRY, RTLD_NOW | RTLD_LOCAL);
    void *symbol;

    ck_assert_msg(module, "%s", dlerror());
    symbol = dlsym(module, "hungry");
    memcpy(&hungry, &symbol, sizeof symbol);
    ck_assert(hungry != NULL);
}

static void make_huge(void)
{
    huge = malloc(LARGE / 2);
    ck_assert_ptr_nonnull(huge);
    memset(huge, 'a', LARGE / 2 - 1);
    huge[LARGE / 2 - 1] = '\0';
}

START_TEST(failed_allocation_ends_a_worker)
{
    int status;

    load_hungry();
    if (hungers[_i] == duplicate_in_c_library)
        make_huge();
    status = walls_in_worker(walls_first_identity(), hungers[_i]);
    ck_assert_msg(walls_exited(status, ASSAY__SCANNER_NO_MEMORY),
                  "case %d: got status %x", _i, status);
    free(huge);
}
END_TEST

static int modest(void)
{
    void *aligned = NULL;

    if (keep(malloc(64 << 20)) != 1 || posix_memalign(&aligned, 64, 1000))
        return 1;
    kept = aligned;
    if ((uintptr_t)aligned % 64 || posix_memalign(&aligned, 3, 8) != EINVAL)
        return 2;
    return 0;
}

START_TEST(allocation_within_the_limit_succeeds)
{
    ck_assert(walls_exited(walls_in_worker(AS_WE_ARE, modest), 0));
}
END_TEST

static int fails_with_an_answer(void)
{
    volatile size_t most = PTRDIFF_MAX;

    return keep(malloc(most)) == 2 && errno == ENOMEM ? 0 : 1;
}

START_TEST(failed_allocation_is_an_answer_in_a_template)
{
    ck_assert_int_eq(walls_in_template(AS_WE_ARE, fails_with_an_answer), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("walls_memory");
    TCase *tcase = tcase_create("memory");

    tcase_add_checked_fixture(tcase, walls_setup, walls_teardown);
    tcase_add_loop_test(tcase, failed_allocation_ends_a_worker, 0,
                        sizeof hungers / sizeof *hungers);
    tcase_add_test(tcase, allocation_within_the_limit_succeeds);
    tcase_add_test(tcase, failed_allocation_is_an_answer_in_a_template);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(s, tcase);
    return s;
}

int main(void)
{
    return check_run(suite());
}
