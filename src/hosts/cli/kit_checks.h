/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The bodies of the checks, in the order of the list in kit_checks.c, which
 * says what each is for.
 */
#ifndef ASSAY_CLI_KIT_CHECKS_H
#define ASSAY_CLI_KIT_CHECKS_H

#include "kit.h"

/* kit_life.c */
void assay__kit_check_open(struct assay__kit_child *child);
void assay__kit_check_lifecycle(struct assay__kit_child *child);
void assay__kit_check_no_descriptors(struct assay__kit_child *child);
void assay__kit_check_leaks(struct assay__kit_child *child);
void assay__kit_check_killed(struct assay__kit_child *child);
void assay__kit_check_forked(struct assay__kit_child *child);

/* kit_scan.c */
void assay__kit_check_scan(struct assay__kit_child *child);
void assay__kit_check_finding(struct assay__kit_child *child);
void assay__kit_check_contents(struct assay__kit_child *child);
void assay__kit_check_huge(struct assay__kit_child *child);
void assay__kit_check_walls(struct assay__kit_child *child);
void assay__kit_check_deadline(struct assay__kit_child *child);
void assay__kit_check_clean(struct assay__kit_child *child);
void assay__kit_check_infected(struct assay__kit_child *child);
void assay__kit_check_unscannable(struct assay__kit_child *child);

/* kit_threads.c */
void assay__kit_check_threads(struct assay__kit_child *child);

/* kit_tell.c */
void assay__kit_check_epoch(struct assay__kit_child *child);
void assay__kit_check_version(struct assay__kit_child *child);
void assay__kit_check_probe(struct assay__kit_child *child);
void assay__kit_check_refresh(struct assay__kit_child *child);
void assay__kit_check_newer(struct assay__kit_child *child);
void assay__kit_check_settings(struct assay__kit_child *child);

/* kit_manners.c */
void assay__kit_check_process(struct assay__kit_child *child);
void assay__kit_check_streams(struct assay__kit_child *child);
void assay__kit_check_descriptors(struct assay__kit_child *child);

#endif
