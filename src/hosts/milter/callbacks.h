/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * libmilter's callbacks.
 */
#ifndef ASSAY_MILTER_CALLBACKS_H
#define ASSAY_MILTER_CALLBACKS_H

#include <stdbool.h>

#include <libmilter/mfapi.h>

#include "milter.h"

/**
 * Register the callbacks with libmilter; once in a process, since libmilter
 * has one filter.
 *
 * @param milter  borrowed until the process ends
 * @return false when libmilter refuses
 */
bool assay__callbacks_register(const struct assay__milter *milter);

/** The table of callbacks, as registered. */
struct smfiDesc assay__callbacks_table(void);

#endif
