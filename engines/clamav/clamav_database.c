/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Loading signatures, and knowing which they are.
 */
#include "clamav_engine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define FNV_OFFSET UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

uint64_t assay__clamav_hash(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    if (!hash)
        hash = FNV_OFFSET;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && !strcasecmp(name + len - end_len, end);
}

/* What libclamav opens in a signature folder, whatever it is. */
static bool is_database(const char *name)
{
    static const char *const extensions[] = {
        ".cat", ".cbc", ".cdb", ".cfg",  ".cld",  ".crb", ".cud",
        ".cvd", ".db",  ".fp",  ".ftm",  ".gdb",  ".hdb", ".hdu",
        ".hsb", ".hsu", ".idb", ".ign",  ".imp",  ".ioc", ".ldb",
        ".ldu", ".mdb", ".mdu", ".msb",  ".msu",  ".ndb", ".ndu",
        ".pdb", ".rmd", ".sdb", ".sfp",  ".wdb",  ".yar", ".zmd",
        ".db2", ".db3", ".ft",  ".ign2", ".pwdb", ".yara"};
    bool found = false;

    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        found = found || ends_with(name, extensions[i]);
    return found;
}

/* Not signatures: what updaters keep beside them (freshclam.dat). */
static bool is_notes(const char *name)
{
    return !is_database(name) && (name[0] == '.' || ends_with(name, ".dat"));
}

/* freshclam unpacks in a folder beside the files, which come from there by
 * rename. */
static bool is_workplace(const char *name, const struct stat *status)
{
    return !is_database(name) && S_ISDIR(status->st_mode);
}

/* The sum of the hashes of all files, so that their order does not matter.
 * libclamav would read a folder, or wait for the writer of a FIFO, for ever. */
static assay_rc digest_entries(DIR *dir, const char *folder,
                               uint64_t *digest_out, assay_error *err)
{
    struct dirent *entry;
    struct stat status;
    uint64_t sum = 0;

    while ((entry = readdir(dir))) {
        uint64_t hash;

        if (is_notes(entry->d_name) ||
            fstatat(dirfd(dir), entry->d_name, &status, 0) ||
            is_workplace(entry->d_name, &status))
            continue;
        if (is_database(entry->d_name) && !S_ISREG(status.st_mode))
            return assay_error_set(
                err, ASSAY_E_INVAL,
                "the signature folder %s: %s is not a regular file", folder,
                entry->d_name);
        hash = assay__clamav_hash(0, entry->d_name, strlen(entry->d_name));
        hash = assay__clamav_hash(hash, &status.st_size, sizeof status.st_size);
        hash = assay__clamav_hash(hash, &status.st_mtim, sizeof status.st_mtim);
        hash = assay__clamav_hash(hash, &status.st_ctim, sizeof status.st_ctim);
        sum += assay__clamav_hash(hash, &status.st_ino, sizeof status.st_ino);
    }
    *digest_out = sum;
    return ASSAY_OK;
}

assay_rc assay__clamav_database_digest(const char *folder, uint64_t *digest_out,
                                       assay_error *err)
{
    DIR *dir = opendir(folder);
    assay_rc rc;

    if (!dir && errno == ENOENT)
        return assay_error_set(
            err, ASSAY_E_IO, "the signature folder %s does not exist", folder);
    if (!dir && errno == ENOTDIR)
        return assay_error_set(
            err, ASSAY_E_IO, "the signature folder %s is not a folder", folder);
    if (!dir)
        return assay_error_set(
            err, ASSAY_E_IO, "cannot read the signature folder %s: %m", folder);
    rc = digest_entries(dir, folder, digest_out, err);
    closedir(dir);
    return rc;
}

static assay_rc refuse(cl_error_t rc, const char *folder,
                       const struct assay__clamav_messages *messages,
                       assay_error *err)
{
    if (messages->database[0])
        return assay_error_set(err, ASSAY_E_INVAL,
                               "cannot load the signatures %s",
                               messages->database);
    if (rc == CL_EOPEN && strstr(messages->first, "No supported database"))
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the signature folder %s has no signature "
                               "files; Debian's package clamav-freshclam "
                               "fetches them",
                               folder);
    return assay_error_set(
        err, ASSAY_E_INVAL, "cannot load the signatures in %s: %s", folder,
        messages->first[0] ? messages->first : cl_strerror(rc));
}

assay_rc assay__clamav_database_load(struct assay__clamav_database *database,
                                     const char *folder, unsigned options,
                                     assay_error *err)
{
    struct assay__clamav_messages messages;
    unsigned count = 0;
    cl_error_t loaded;
    assay_rc rc = assay__clamav_database_digest(folder, &database->digest, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__clamav_messages_begin(&messages);
    loaded = cl_load(folder, database->engine, &count, options);
    assay__clamav_messages_end(&messages);
    if (loaded != CL_SUCCESS)
        return refuse(loaded, folder, &messages, err);
    if (!count)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the signature folder %s has no signatures",
                               folder);
    database->signatures = count;
    database->version = (unsigned)cl_engine_get_num(database->engine,
                                                    CL_ENGINE_DB_VERSION, NULL);
    return ASSAY_OK;
}
