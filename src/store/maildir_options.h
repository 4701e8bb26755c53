/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The options of a maildir stanza; src/store/maildir.opt documents them.
 */
#ifndef ASSAY_STORE_MAILDIR_OPTIONS_H
#define ASSAY_STORE_MAILDIR_OPTIONS_H

#include "store/maildir.h"

/** A stanza as it is written, with both spellings of each option. */
struct assay__maildir_settings {
    const char *basedir;
    bool all_domains;
    assay_conf_list domain, domains;
    bool create_users, createusers;
    bool domain_in_path;
    uint32_t dirmode, filemode;
};
extern const assay_conf_option assay__maildir_option_table[];

/** Whether a stanza takes the domain: without case, and a dot at its end. */
bool assay__maildir_takes(const struct assay__maildir_options *options,
                          const char *domain);

#endif
