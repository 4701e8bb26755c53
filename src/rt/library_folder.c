/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "rt/library_folder.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* The file this very code was loaded from; "." when unknown. */
char *assay__library_folder_path(const char *relative)
{
    struct assay__strbuf path;
    const char *file = "./", *slash;
    Dl_info info;

    if (dladdr((const void *)&assay__library_folder_path, &info) != 0 &&
        info.dli_fname && strchr(info.dli_fname, '/'))
        file = info.dli_fname;
    slash = strrchr(file, '/');
    assay__strbuf_init(&path, PATH_MAX);
    (void)assay__strbuf_add(&path, file, (size_t)(slash - file) + 1);
    (void)assay__strbuf_adds(&path, relative);
    return assay__strbuf_take(&path);
}
