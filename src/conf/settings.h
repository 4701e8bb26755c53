/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Filled settings structs, as values: compared, and copied so that they
 * outlive the configuration that filled them.
 */
#ifndef ASSAY_CONF_SETTINGS_H
#define ASSAY_CONF_SETTINGS_H

#include <assay/conf.h>

/** Whether each option of the table has the same value in both structs.
 *  Unset strings equal unset ones alone.
 *  @param options  may be NULL: no option, so nothing differs */
bool assay__conf_settings_equal(const assay_conf_option *options, const void *a,
                                const void *b);

/**
 * Copy a struct with all strings and lists it points to into one block.
 *
 * @param options  may be NULL. Members that no option fills are copied as
 *                 they are.
 * @return to be given to free(); NULL: no memory
 */
void *assay__conf_settings_dup(const assay_conf_option *options, size_t size,
                               const void *settings);

#endif
