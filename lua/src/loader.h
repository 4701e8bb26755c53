/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Scripts: finding, reading and compiling their files; require().
 *
 * A name is made of words joined by `.` or `/`, which stand for folders, and
 * has no extension. It is looked for beside the configuration file that names
 * the script, then among the scripts that ship with Assay.
 *
 * A script and the modules it requires share a table of globals; other
 * scripts do not see it.
 */
#ifndef ASSAY_LUA_LOADER_H
#define ASSAY_LUA_LOADER_H

#include <lua.h>

/** Longest source of one file, in bytes. */
#define LASSAY_SOURCE_MAX (4L << 20)
/** Longest name of a script, in bytes. */
#define LASSAY_SOURCE_NAME_MAX 255

struct lassay_script {
    const char *name;   /* of the stanza */
    const char *source; /* as configured */
    const char *folder; /* of the configuration file */
};

/* [-0, +0, e] Body of a run (lassay_run_call): load and run the script at
 * index 1, and warn when nothing useful came of it. */
int lassay_loader_run(lua_State *L);

#endif
