/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "runtime/paths.h"

#include <limits.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/text.h"
#include "rt/library_folder.h"

char *assay__path_join(const char *folder, const char *name, const char *suffix)
{
    struct assay__strbuf path;

    assay__strbuf_init(&path, PATH_MAX);
    (void)assay__strbuf_addf(&path, "%s/%s%s", folder, name, suffix);
    return assay__strbuf_take(&path);
}

assay_rc assay__path_beside_library(const char *given, const char *relative,
                                    char **out, assay_error *err)
{
    char *path = given ? assay__text_dup(given, strlen(given))
                       : assay__library_folder_path(relative);

    if (!path)
        return assay_error_set(err, ASSAY_E_NOMEM, "module path");
    *out = path;
    return ASSAY_OK;
}
