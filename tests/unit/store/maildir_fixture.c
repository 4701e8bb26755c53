/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "maildir_fixture.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char maildir_base[64];
struct assay__maildir_options maildir_options;
assay_error maildir_err;

void maildir_setup(void)
{
    memcpy(maildir_base, "/tmp/assay-maildir-XXXXXX", 26);
    ck_assert_ptr_nonnull(mkdtemp(maildir_base));
    maildir_options = (struct assay__maildir_options){
        .name = "maildir1",
        .basedir = maildir_base,
        .all_domains = true,
        .create_users = true,
        .domain_in_path = true,
        .dirmode = 0700,
        .filemode = 0600,
    };
    maildir_err = (assay_error){0};
}

static int remove_one(const char *path, const struct stat *is, int type,
                      struct FTW *where)
{
    (void)is;
    (void)type;
    (void)where;
    return remove(path);
}

void maildir_teardown(void)
{
    (void)chmod(maildir_base, 0700);
    (void)nftw(maildir_base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *maildir_path(const char *relative)
{
    static char paths[4][512];
    static unsigned last;
    char *path = paths[++last % 4];

    (void)snprintf(path, sizeof paths[0], "%s/%s", maildir_base, relative);
    return path;
}

int maildir_count(const char *relative)
{
    DIR *folder = opendir(maildir_path(relative));
    const struct dirent *entry;
    int count = 0;

    if (!folder)
        return -1;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): this stream is not shared */
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            count++;
    (void)closedir(folder);
    return count;
}

unsigned maildir_mode(const char *relative)
{
    struct stat is;

    ck_assert_msg(lstat(maildir_path(relative), &is) == 0, "no %s", relative);
    return is.st_mode & 07777;
}

const char *maildir_only(const char *folder)
{
    static char found[512];
    char path[300];
    DIR *stream;
    const struct dirent *entry;

    ck_assert_int_eq(maildir_count(folder), 1);
    stream = opendir(maildir_path(folder));
    ck_assert_ptr_nonnull(stream);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): this stream is not shared */
    while ((entry = readdir(stream)) != NULL)
        if (entry->d_name[0] != '.')
            (void)snprintf(path, sizeof path, "%s", entry->d_name);
    (void)closedir(stream);
    (void)snprintf(found, sizeof found, "%s/%.60s/%s", maildir_base, folder,
                   path);
    return found;
}

const char *maildir_text(const char *folder)
{
    static char text[65536];
    int fd = open(maildir_only(folder), O_RDONLY | O_CLOEXEC);
    ssize_t n;

    ck_assert_int_ge(fd, 0);
    n = read(fd, text, sizeof text - 1);
    (void)close(fd);
    ck_assert_int_ge((int)n, 0);
    text[n] = '\0';
    return text;
}

assay_rc maildir_deliver(const char *address, const char *text)
{
    const assay_bytes piece = {text, strlen(text)};
    struct assay__maildir_mail *mail = NULL;
    assay_rc rc = assay__maildir_stage(&maildir_options, address, &piece, 1,
                                       NULL, &mail, &maildir_err);

    if (rc == ASSAY_OK)
        rc = assay__maildir_commit(mail, &maildir_err);
    assay__maildir_mail_free(&mail);
    return rc;
}
