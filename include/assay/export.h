/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Visibility and attribute macros shared by every public header.
 *
 * libassay is built with hidden visibility; only what carries ASSAY_API is
 * exported, and a test compares that list with docs/abi/libassay.symbols.
 */
#ifndef ASSAY_EXPORT_H
#define ASSAY_EXPORT_H

#define ASSAY_API __attribute__((visibility("default")))
#define ASSAY_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define ASSAY_MUST_CHECK __attribute__((warn_unused_result))

#endif
