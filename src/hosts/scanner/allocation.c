/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * An allocation that fails ends the worker. libclamav goes on after some of
 * them and calls the content clean; a process that is gone is an error.
 *
 * These stand in front of the C library's for every library in the process,
 * loaded later or not, because the program exports them and symbols are looked
 * up in the program first. free() and malloc_usable_size() are the C library's:
 * the memory is its own.
 *
 * A template is not armed: signatures that do not fit into memory are an error
 * with a sentence.
 */
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "walls.h"

#define EXPORT __attribute__((visibility("default")))

/* The C library's, under the names it keeps for those who replace them. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static bool armed;              /* set once in a worker, which has one thread */
static void (*tell)(void *arg); /* likewise; may be NULL */
static void *tell_arg;

void assay__allocation_arm(const assay_scanner_confinement *confinement)
{
    tell = confinement->out_of_memory;
    tell_arg = confinement->out_of_memory_arg;
    armed = true;
}

/* Nothing that runs at exit may have a word: it might allocate. */
static _Noreturn void end(void)
{
    armed = false;
    if (tell)
        tell(tell_arg);
    _exit(ASSAY__SCANNER_NO_MEMORY);
}

static void *need(void *memory)
{
    if (!memory && armed)
        end();
    return memory;
}

EXPORT void *malloc(size_t size)
{
    return need(__libc_malloc(size));
}

EXPORT void *calloc(size_t nmemb, size_t size)
{
    return need(__libc_calloc(nmemb, size));
}

EXPORT void *realloc(void *ptr, size_t size)
{
    void *memory = __libc_realloc(ptr, size);

    return size || !ptr ? need(memory) : memory; /* size 0 frees */
}

EXPORT void *reallocarray(void *ptr, size_t nmemb, size_t size)
{
    size_t bytes;

    if (!__builtin_mul_overflow(nmemb, size, &bytes))
        return realloc(ptr, bytes);
    errno = ENOMEM;
    return need(NULL);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    void *memory = __libc_memalign(alignment, size);

    return memory || errno == EINVAL ? memory : need(NULL);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

EXPORT int posix_memalign(void **memptr, size_t alignment, size_t size)
{
    void *memory;

    if (!alignment || (alignment & (alignment - 1)) ||
        alignment % sizeof(void *))
        return EINVAL;
    memory = memalign(alignment, size);
    if (!memory)
        return ENOMEM;
    *memptr = memory;
    return 0;
}

/* ---- mappings ---------------------------------------------------------- */

/* Of what can go wrong with a mapping only memory is no answer to continue
 * with. */
static void *need_mapping(long result)
{
    if (result == -1 && errno == ENOMEM)
        need(NULL);
    return (void *)result; /* NOLINT(performance-no-int-to-ptr) */
}

/* NOLINTNEXTLINE(readability-function-size): the type is the C library's */
EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd,
                  off_t offset)
{
    return need_mapping(syscall(SYS_mmap, addr, len, prot, flags, fd, offset));
}

/* NOLINTNEXTLINE(readability-function-size): the type is the C library's */
EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd,
                    off64_t offset)
{
    return mmap(addr, len, prot, flags, fd, offset);
}

EXPORT void *mremap(void *addr, size_t old_len, size_t new_len, int flags, ...)
{
    void *target = NULL;
    va_list args;

    if (flags & MREMAP_FIXED) {
        va_start(args, flags);
        target = va_arg(args, void *);
        va_end(args);
    }
    return need_mapping(
        syscall(SYS_mremap, addr, old_len, new_len, flags, target));
}
