/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "tree.h"

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

void tree_setup(void)
{
    (void)snprintf(root, sizeof root, "/tmp/assay-tree-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chdir(root), 0);
}

static int remove_one(const char *path, const struct stat *st, int kind,
                      struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void tree_teardown(void)
{
    enum { DESCRIPTORS = 20 };

    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(nftw(root, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS),
                     0);
}

void tree_folder(const char *path)
{
    ck_assert_msg(mkdir(path, 0700) == 0, "mkdir %s", path);
}

void tree_file(const char *path, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_msg(fd >= 0, "open %s", path);
    ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
    ck_assert_int_eq(close(fd), 0);
}

void tree_text(const char *path, const char *text)
{
    tree_file(path, text, strlen(text));
}
