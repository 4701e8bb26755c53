/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The cartridge interface: what holders of a scoring SDK supply to be used
 * with `backend = "cartridge"`.
 *
 * A cartridge is a shared object with one exported const table, defined with
 * ASSAY_AUTHORITY_CARTRIDGE and named by the option `cartridge`. It is plain C
 * and needs nothing of libassay. It runs inside the host: whoever does not
 * trust his SDK that far puts it behind a server and uses another backend.
 *
 *     init -> score, analyze, score_ip, version (many threads) -> shutdown
 *
 * ABI changes: members added at the end raise the minor number, anything else
 * the major one.
 *   1.0  first
 */
#ifndef ASSAY_AUTHORITY_H
#define ASSAY_AUTHORITY_H

#include <stddef.h>
#include <stdint.h>

#define ASSAY_AUTHORITY_ABI_MAJOR 1
#define ASSAY_AUTHORITY_ABI_MINOR 0

/** Most bytes of each text, with the NUL. */
#define ASSAY_AUTHORITY_TEXT_MAX 256
#define ASSAY_AUTHORITY_ANALYSIS_MAX 16384

/** The message and who sent it; borrowed for the call; no string is NULL. */
typedef struct assay_authority_message {
    /** Header, empty line, body, with CRLF line ends; NULL only when size is 0.
     *  With `use_wire_rep = true`, as it is by default, it is as SMTP has it: a
     *  line that starts with a dot has one dot more. The body ends after
     *  Max_Body_Length bytes, and then perhaps within a line. */
    const void *data;
    size_t size;
    int is_cut; /**< not 0: the body is longer than what is here */
    const char *helo, *sender, *client_ip, *client_host, *queue_id;
    const char *const *recipients;
    size_t recipient_count; /**< any number */
} assay_authority_message;

/** Arrives zeroed, but score as NAN: a cartridge that does not set it made an
 *  error. Texts may stay "". */
typedef struct assay_authority_result {
    double score; /**< 0 to 100 */
    int rescan;   /**< not 0: scoring again later would help */
    char category[ASSAY_AUTHORITY_TEXT_MAX];
    char category_desc[ASSAY_AUTHORITY_TEXT_MAX];
    char sub_category[ASSAY_AUTHORITY_TEXT_MAX];
    char sub_category_desc[ASSAY_AUTHORITY_TEXT_MAX];
    char analysis[ASSAY_AUTHORITY_ANALYSIS_MAX];
} assay_authority_result;

/**
 * Functions return 0, or a negative number after writing a sentence to
 * error[error_size]. deadline_ms is on CLOCK_MONOTONIC; a cartridge that
 * returns later holds up its caller, whose result is then an error.
 */
typedef struct assay_authority_cartridge {
    size_t struct_size;
    uint32_t abi_major, abi_minor;
    const char *name;
    /** @param config  option `cartridge_config`: a path, or "". One thread,
     *  before any other call. May block, see CM-04. */
    int (*init)(const char *config, void **instance_out, char *error,
                size_t error_size);
    /** No call is running. */
    void (*shutdown)(void *instance);
    int (*score)(void *instance, const assay_authority_message *message,
                 int64_t deadline_ms, assay_authority_result *result,
                 char *error, size_t error_size);
    /** NULL: none. @param header  any bytes, perhaps forged */
    int (*analyze)(void *instance, const char *header, size_t len,
                   int64_t deadline_ms, assay_authority_result *result,
                   char *error, size_t error_size);
    /** NULL: none. */
    int (*score_ip)(void *instance, const char *ip, int64_t deadline_ms,
                    double *score_out, char *error, size_t error_size);
    /** Version of the SDK and of its rules. */
    void (*version)(void *instance, char *engine, char *cartridge, size_t size);
} assay_authority_cartridge;

#define ASSAY_AUTHORITY_SYMBOL "assay_authority_cartridge_v1"

#define ASSAY_AUTHORITY_CARTRIDGE(...)                                 \
    __attribute__((                                                    \
        visibility("default"))) extern const assay_authority_cartridge \
        assay_authority_cartridge_v1;                                  \
    const assay_authority_cartridge assay_authority_cartridge_v1 = {   \
        .struct_size = sizeof(assay_authority_cartridge),              \
        .abi_major = ASSAY_AUTHORITY_ABI_MAJOR,                        \
        .abi_minor = ASSAY_AUTHORITY_ABI_MINOR,                        \
        __VA_ARGS__}

#endif
