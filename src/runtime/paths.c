/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/paths.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <assay/assay.h>

#include "base/strbuf.h"
#include "base/text.h"

char *assay__path_join(const char *folder, const char *name, const char *suffix)
{
    struct assay__strbuf path;

    assay__strbuf_init(&path, PATH_MAX);
    (void)assay__strbuf_addf(&path, "%s/%s%s", folder, name, suffix);
    return assay__strbuf_take(&path);
}

/* Folder of the file this very code was loaded from; "." when unknown. */
static char *library_folder(void)
{
    const char *slash;
    Dl_info info;

    if (dladdr((const void *)&assay_version, &info) == 0 || !info.dli_fname)
        return assay__text_dup(".", 1);
    slash = strrchr(info.dli_fname, '/');
    if (!slash)
        return assay__text_dup(".", 1);
    return assay__text_dup(info.dli_fname, (size_t)(slash - info.dli_fname));
}

assay_rc assay__path_beside_library(const char *given, const char *relative,
                                    char **out, assay_error *err)
{
    char *folder, *path = NULL;

    if (given) {
        path = assay__text_dup(given, strlen(given));
    } else {
        folder = library_folder();
        if (folder)
            path = assay__path_join(folder, relative, "");
        free(folder);
    }
    if (!path)
        return assay_error_set(err, ASSAY_E_NOMEM, "module path");
    *out = path;
    return ASSAY_OK;
}
