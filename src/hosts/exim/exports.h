/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * All that the module exports: local_scan() with its options, and functions
 * for ${dlfunc{…}}. local_scan.h of Exim comes before this.
 *
 * Each function takes options as "name=value" (exim.opt) behind its own
 * arguments; they count for the first call of a message, which runs the check.
 * A check that failed gives DEFER with the reason, and an ACL then answers 451;
 * with on_failure = accept it gives what a message that passes would, and the
 * verdict `error`.
 */
#ifndef ASSAY_HOSTS_EXIM_EXPORTS_H
#define ASSAY_HOSTS_EXIM_EXPORTS_H

#define ASSAY__EXIM_EXPORT __attribute__((visibility("default")))

/* What Debian's Exim asks a module for (local_scan_path). */
ASSAY__EXIM_EXPORT int local_scan_version_major(void);
ASSAY__EXIM_EXPORT int local_scan_version_minor(void);
ASSAY__EXIM_EXPORT extern optionlist local_scan_options[];
ASSAY__EXIM_EXPORT extern int local_scan_options_count;

/** clean, infected, unscannable, error …: the status of the verdict */
ASSAY__EXIM_EXPORT exim_dlfunc_t assay_verdict;
/** the name of the threat, or what else the verdict says */
ASSAY__EXIM_EXPORT exim_dlfunc_t assay_info;
/** {name}: a context variable of the message; conn.name: of the connection */
ASSAY__EXIM_EXPORT exim_dlfunc_t assay_context;
/** continue, reject, tempfail, discard: what the policy decided */
ASSAY__EXIM_EXPORT exim_dlfunc_t assay_action;
/** "554 5.7.1 text", for the modifier message of an ACL */
ASSAY__EXIM_EXPORT exim_dlfunc_t assay_reply;

#endif
