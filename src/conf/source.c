/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "conf/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "conf/parse.h"

enum { READ_CHUNK = 65536, NAMES_CHUNK = 64 };

static char *join(struct assay__arena *arena, const char *folder,
                  size_t folder_len, const char *name)
{
    size_t len = strlen(name);
    char *path = assay__arena_alloc(arena, folder_len + len + 2);

    if (!path)
        return NULL;
    memcpy(path, folder, folder_len);
    if (folder_len > 0 && folder[folder_len - 1] != '/')
        path[folder_len++] = '/';
    memcpy(path + folder_len, name, len);
    return path;
}

char *assay__conf_path_beside(struct assay__arena *arena, const char *file,
                              const char *path)
{
    const char *slash = strrchr(file, '/');

    if (*path == '/' || !slash)
        return assay__arena_text(arena, path, strlen(path));
    return join(arena, file, (size_t)(slash - file) + 1, path);
}

static assay_rc no_memory(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_NOMEM, "configuration file");
}

static assay_rc cannot(assay_error *err, const char *verb, const char *path)
{
    assay_rc rc =
        errno == ENOENT || errno == ENOTDIR ? ASSAY_E_NOTFOUND : ASSAY_E_IO;

    if (errno == ENOMEM)
        return no_memory(err);
    return assay_error_set(err, rc, "cannot %s '%s': %s", verb, path,
                           strerrordesc_np(errno));
}

assay_rc assay__conf_source_open(struct assay__arena *arena, const char *path,
                                 struct assay__conf_source *out,
                                 assay_error *err)
{
    struct assay__conf_source source = {.fd = -1};
    struct stat st;
    assay_rc rc;

    source.path = assay__arena_text(arena, path, strlen(path));
    if (!source.path)
        return no_memory(err);
    source.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (source.fd < 0 || fstat(source.fd, &st) != 0) {
        rc = cannot(err, "open", path);
        goto fail;
    }
    source.is_folder = S_ISDIR(st.st_mode);
    if (!source.is_folder && !S_ISREG(st.st_mode)) {
        rc = assay_error_set(err, ASSAY_E_IO,
                             "'%s' is neither a file nor a folder", path);
        goto fail;
    }
    source.device = st.st_dev;
    source.inode = st.st_ino;
    *out = source;
    return ASSAY_OK;
fail:
    assay__conf_source_close(&source);
    return rc;
}

assay_rc assay__conf_source_in(struct assay__arena *arena, const char *folder,
                               const char *name, struct assay__conf_source *out,
                               assay_error *err)
{
    const char *path = join(arena, folder, strlen(folder), name);

    if (!path)
        return no_memory(err);
    return assay__conf_source_open(arena, path, out, err);
}

/* Folders that are searched, or "". */
static const char *search_path(void)
{
    const char *folders = secure_getenv("EC_CONF_SEARCH_PATH");

    return folders ? folders : "";
}

assay_rc assay__conf_source_candidates(struct assay__arena *arena,
                                       const char *name, const char *file,
                                       const char *const **out,
                                       size_t *count_out, assay_error *err)
{
    const char *folders = *name == '/' ? "" : search_path();
    const char **paths =
        assay__arena_alloc(arena, (strlen(folders) + 2) * sizeof *paths);
    size_t count = 0;

    if (!paths)
        return no_memory(err);
    paths[count++] = assay__conf_path_beside(arena, file, name);
    while (*folders != '\0' && paths[count - 1]) {
        size_t len = strcspn(folders, ":");

        if (len > 0)
            paths[count++] = join(arena, folders, len, name);
        folders += len + (folders[len] == ':');
    }
    if (!paths[count - 1])
        return no_memory(err);
    *out = paths;
    *count_out = count;
    return ASSAY_OK;
}

assay_rc assay__conf_source_find(struct assay__arena *arena, const char *name,
                                 const char *file,
                                 struct assay__conf_source *out,
                                 assay_error *err)
{
    const char *const *paths;
    size_t count;
    assay_rc rc =
        assay__conf_source_candidates(arena, name, file, &paths, &count, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = assay__conf_source_open(arena, paths[0], out, err);
    for (size_t i = 1; i < count && rc == ASSAY_E_NOTFOUND; i++)
        rc = assay__conf_source_open(arena, paths[i], out, err);
    if (rc == ASSAY_E_NOTFOUND && *name != '/' && *search_path() != '\0')
        (void)assay_error_set(err, rc,
                              "cannot find '%s', neither beside '%s' nor "
                              "in EC_CONF_SEARCH_PATH",
                              name, file);
    return rc;
}

void assay__conf_source_close(struct assay__conf_source *source)
{
    if (source->fd >= 0)
        (void)close(source->fd);
    source->fd = -1;
}

assay_rc assay__conf_source_read(const struct assay__conf_source *source,
                                 char **text_out, size_t *len_out,
                                 assay_error *err)
{
    struct assay__strbuf buf;
    assay_rc rc = ASSAY_OK;
    ssize_t got;

    assay__strbuf_init(&buf, (size_t)ASSAY__CONF_FILE_BYTES_MAX + READ_CHUNK);
    do {
        if (assay__strbuf_reserve(&buf, READ_CHUNK) == ASSAY_E_NOMEM) {
            rc = no_memory(err);
            goto out;
        }
        got = read(source->fd, buf.data + buf.len, READ_CHUNK);
        if (got < 0 && errno != EINTR) {
            rc = cannot(err, "read", source->path);
            goto out;
        }
        if (got > 0)
            buf.len += (size_t)got;
        if (buf.len > ASSAY__CONF_FILE_BYTES_MAX) {
            rc = assay_error_set(err, ASSAY_E_LIMIT,
                                 "'%s' is larger than %d bytes, the limit for "
                                 "one file",
                                 source->path, ASSAY__CONF_FILE_BYTES_MAX);
            goto out;
        }
    } while (got != 0);
    buf.data[buf.len] = '\0';
    *len_out = buf.len;
    *text_out = assay__strbuf_take(&buf);
out:
    assay__strbuf_fini(&buf);
    return rc;
}

/* ---- folders ----------------------------------------------------------- */

/* A name that cannot be looked at (such as a link to nowhere) counts, so that
 * opening it says what is wrong. */
static bool is_wanted(int folder, const char *name)
{
    struct stat st;

    return name[0] != '.' &&
           (fstatat(folder, name, &st, 0) != 0 || S_ISREG(st.st_mode));
}

static assay_rc add_name(struct assay__conf_names *list, const char *name,
                         assay_error *err)
{
    char **grown = list->names;

    if (list->count % NAMES_CHUNK == 0)
        grown =
            realloc(list->names, (list->count + NAMES_CHUNK) * sizeof *grown);
    if (!grown)
        return no_memory(err);
    list->names = grown;
    grown[list->count] = assay__text_dup(name, strlen(name));
    if (!grown[list->count])
        return no_memory(err);
    list->count++;
    return ASSAY_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static assay_rc read_names(DIR *folder, const char *path,
                           struct assay__conf_names *list, assay_error *err)
{
    assay_rc rc = ASSAY_OK;

    while (rc == ASSAY_OK) {
        const struct dirent *entry;

        errno = 0;
        entry = readdir(folder); /* NOLINT(concurrency-mt-unsafe): own DIR */
        if (!entry)
            return errno == 0 ? ASSAY_OK : cannot(err, "read", path);
        if (!is_wanted(dirfd(folder), entry->d_name))
            continue;
        if (list->count == ASSAY__CONF_FILES_MAX)
            return assay_error_set(err, ASSAY_E_LIMIT,
                                   "'%s' has more than %d files, the limit",
                                   path, ASSAY__CONF_FILES_MAX);
        rc = add_name(list, entry->d_name, err);
    }
    return rc;
}

assay_rc assay__conf_source_list(struct assay__conf_source *source,
                                 struct assay__conf_names *out,
                                 assay_error *err)
{
    struct assay__conf_names list = {NULL, 0};
    DIR *folder = fdopendir(source->fd);
    assay_rc rc;

    if (!folder)
        return cannot(err, "read", source->path);
    source->fd = -1; /* closedir() closes it */
    rc = read_names(folder, source->path, &list, err);
    (void)closedir(folder);
    if (rc != ASSAY_OK) {
        assay__conf_names_fini(&list);
        return rc;
    }
    if (list.count > 1)
        qsort(list.names, list.count, sizeof *list.names, compare_names);
    *out = list;
    return ASSAY_OK;
}

void assay__conf_names_fini(struct assay__conf_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct assay__conf_names){NULL, 0};
}
