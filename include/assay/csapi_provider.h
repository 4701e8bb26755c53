/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The provider interface of the csapi engine: what a content scanner, such as
 * a licensed SDK, supplies to be used by `csapi "name" { … }` stanzas.
 *
 * A provider is a shared object with one exported const table, defined with
 * ASSAY_CSAPI_PROVIDER and named by the option `provider`. It is loaded inside
 * scanner processes alone, never into a mail server:
 *
 *     template  initialize, probe, versions, newer_definitions, shutdown
 *     worker    forked, then scan_memory or scan_file and probe, again and
 *               again; workers are killed, so shutdown is not called there
 *
 * A worker is forked from a template that has called initialize, and shares
 * its memory until one of them writes to it. Each process has one thread, so
 * no call runs beside another. A worker is confined: it may use memory, read
 * what it opened before, and write below its temporary folder; a system call
 * beyond that ends it. A worker that crashes, or does not answer by the
 * deadline, costs one scan; it is replaced.
 *
 * A provider starts no thread or process that outlives a call, changes no
 * signal handler, and does not write to the standard streams.
 *
 * ABI changes: members added at the end, and codes added at the end of the
 * list, raise the minor number, anything else the major one. The engine loads
 * providers of its own and of earlier minor numbers.
 *   1.0  first
 */
#ifndef ASSAY_CSAPI_PROVIDER_H
#define ASSAY_CSAPI_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>
#include <assay/log.h>

#define ASSAY_CSAPI_PROVIDER_ABI_MAJOR 1
#define ASSAY_CSAPI_PROVIDER_ABI_MINOR 0

/* ---- scan codes --------------------------------------------------------- */

/**
 * All scan codes: X(name, meaning). The prefix is who speaks: AVS_ the virus
 * scanner, DEC_ the decomposer that opens containers, GEN_ neither of them,
 * LIC_ the licence. engines/csapi/README.md says what becomes of each.
 */
#define ASSAY_CSAPI_CODES(X)                                                   \
    X(AVS_RESULT_SCANNER_NOT_INITIALIZED, "the scanner was never initialized") \
    X(AVS_RESULT_VIRUS_FOUND, "a threat was found")                            \
    X(AVS_RESULT_INVALID_DEFAULT_FILE_EXTENSION,                               \
      "the policy has an invalid default file extension")                      \
    X(AVS_RESULT_SCANFILE_FAILURE, "the scan failed")                          \
    X(AVS_RESULT_REINITIALIZATION_PROHIBITED,                                  \
      "the scanner was initialized already")                                   \
    X(AVS_RESULT_DEFINITIONS_MISSING,                                          \
      "the definitions are missing or cannot be read")                         \
    X(AVS_RESULT_ENGINE_LOAD_FAILED, "the scanner could not be loaded")        \
    X(DEC_RESULT_SCANNER_NOT_INITIALIZED,                                      \
      "the decomposer was never initialized")                                  \
    X(DEC_RESULT_POLICY_INVALID, "the policy is invalid")                      \
    X(DEC_RESULT_MAXIMUM_DEPTH_REACHED, "containers are nested too deep")      \
    X(DEC_RESULT_MAXIMUM_EXTRACT_TIME_EXCEEDED, "unpacking took too long")     \
    X(DEC_RESULT_MAXIMUM_EXTRACT_SIZE_EXCEEDED, "a file inside is too large")  \
    X(DEC_RESULT_MAXIMUM_CUMULATIVE_EXTRACT_SIZE_EXCEEDED,                     \
      "the files inside are too large together")                               \
    X(DEC_RESULT_MAXIMUM_FILES_EXTRACTED, "too many files are inside")         \
    X(DEC_RESULT_ENCRYPTED_CONTAINER_DELETED,                                  \
      "an encrypted container was removed")                                    \
    X(DEC_RESULT_ENCRYPTED_CONTAINER_DETECTED, "a container is encrypted")     \
    X(DEC_RESULT_MALFORMED_CONTAINER_DELETED,                                  \
      "a malformed container was removed")                                     \
    X(DEC_RESULT_MALFORMED_CONTAINER_DETECTED, "a container is malformed")     \
    X(DEC_RESULT_PARTIAL_MESSAGE_DETECTED, "a part of a split message")        \
    X(DEC_RESULT_OUTER_CONTAINER_IS_MIME, "the outermost container is MIME")   \
    X(DEC_RESULT_MIME_PARSING_FAILED, "the MIME structure cannot be read")     \
    X(DEC_RESULT_CONTAINER_EXTRACT_FAILED, "a container cannot be unpacked")   \
    X(DEC_RESULT_OPEN_CONTAINER_FAILED, "a container cannot be opened")        \
    X(DEC_RESULT_CONTAINER_ACCESS_FAILED, "a container cannot be read")        \
    X(DEC_RESULT_UPDATE_CONTAINER_FAILED, "a container cannot be rewritten")   \
    X(DEC_RESULT_CLOSE_CONTAINER_FAILED, "a container cannot be closed")       \
    X(DEC_RESULT_FILE_EXTRACT_FAILED, "a file inside cannot be unpacked")      \
    X(DEC_RESULT_FILE_ACCESS_FAILED, "a file inside cannot be read")           \
    X(DEC_RESULT_FILE_SPLIT_ACROSS_CONTAINERS,                                 \
      "a file inside goes on in another container")                            \
    X(DEC_RESULT_TEMPFILE_ACCESS_FAILED, "a temporary file failed")            \
    X(DEC_RESULT_PARAMETER_INVALID, "a parameter is invalid")                  \
    X(DEC_RESULT_OUT_OF_MEMORY, "out of memory")                               \
    X(DEC_RESULT_SCAN_ENGINE_EXCEPTION, "the decomposer caught an exception")  \
    X(DEC_RESULT_SCAN_FILE_DECOMPOSE_ERROR, "the content cannot be unpacked")  \
    X(DEC_RESULT_INIT_DECOMPOSER_FAILED, "the decomposer does not start")      \
    X(DEC_RESULT_REINITIALIZATION_PROHIBITED,                                  \
      "the decomposer was initialized already")                                \
    X(DEC_RESULT_DEFINITION_DIR_UNSET, "no definitions folder is set")         \
    X(DEC_RESULT_TEMP_DIR_ACCESS_FAILED, "the temporary folder failed")        \
    X(DEC_RESULT_INVALID_FILE_MODIFICATION,                                    \
      "the scanner modified a file against the rules")                         \
    X(DEC_RESULT_DEF_DIR_ACCESS_FAILED, "the definitions folder failed")       \
    X(DEC_RESULT_FILE_SIZE_TOO_LARGE, "the content is too large")              \
    X(DEC_RESULT_CHILD_FILE_SIZE_UNKNOWN,                                      \
      "the size of a file inside is not known")                                \
    X(DEC_RESULT_LESS_THAN_MINIMUM_EXTRACT_SIZE, "a file inside is too small") \
    X(DEC_RESULT_CONTAINER_UNKNOWN_ALGORITHM,                                  \
      "a container uses an unknown algorithm")                                 \
    X(DEC_RESULT_BUFFER_SIZE_TOO_SMALL,                                        \
      "the buffer for the scan is too small")                                  \
    X(DEC_RESULT_CREATE_OUTPUT_FILE_FAILED, "a file cannot be created")        \
    X(DEC_RESULT_ENCRYPTED_CONTAINER_CHILD_DETECTED,                           \
      "a file inside is encrypted")                                            \
    X(DEC_RESULT_ABORTED_AFTER_FIRST_THREAT, "stopped at the first threat")    \
    X(DEC_RESULT_FAILED_INSERTING_NOTIFICATION_IN_EMPTY_BODY_MIME,             \
      "no notice could be put into an empty message")                          \
    X(GEN_RESULT_SCANNER_NOT_INITIALIZED, "used before it was initialized")    \
    X(GEN_RESULT_REINITIALIZATION_PROHIBITED, "it was initialized already")    \
    X(GEN_RESULT_PARAMETER_INVALID, "a parameter is invalid")                  \
    X(GEN_RESULT_POLICY_INVALID, "the policy is invalid")                      \
    X(GEN_RESULT_OUT_OF_MEMORY, "out of memory")                               \
    X(GEN_RESULT_LOAD_MESSAGE_CATALOG_FAILED,                                  \
      "the message catalogue could not be loaded")                             \
    X(GEN_RESULT_UNEXPECTED_EXCEPTION_CAUGHT,                                  \
      "an unexpected exception was caught")                                    \
    X(GEN_RESULT_EMPTY_POLICY, "the policy enables no scanner")                \
    X(GEN_RESULT_DEFINITION_DIR_UNSET, "no definitions folder is set")         \
    X(GEN_RESULT_AVSCANNER_IN_SCANNINGORDER_NOT_INITIALIZED,                   \
      "a scanner of the scanning order is not initialized")                    \
    X(LIC_RESULT_POLICY_INVALID, "no feature is licensed")                     \
    X(LIC_RESULT_LICENSE_NOT_INSTALLED, "no licence is installed")             \
    X(LIC_RESULT_NO_LICENSE_MANAGER, "there is no licence manager")            \
    X(LIC_RESULT_INVALID_AV_SCANNER_LICENSE,                                   \
      "the licence of the scanner is not valid")                               \
    X(LIC_RESULT_INVALID_DECOMPOSER_SCANNER_LICENSE,                           \
      "the licence of the decomposer is not valid")                            \
    X(LIC_RESULT_INVALID_ANTISPAM_UPDATES_LICENSE,                             \
      "the licence for antispam updates is not valid")                         \
    X(LIC_RESULT_INVALID_AV_UPDATES_LICENSE,                                   \
      "the licence for definition updates is not valid")

/** ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND and so on, from 0 in that order. */
typedef enum assay_csapi_code {
#define ASSAY_CSAPI_CODE_MEMBER(name, meaning) ASSAY_CSAPI_##name,
    ASSAY_CSAPI_CODES(ASSAY_CSAPI_CODE_MEMBER)
#undef ASSAY_CSAPI_CODE_MEMBER
        ASSAY_CSAPI_CODE_COUNT
} assay_csapi_code;

/* ---- what goes in ------------------------------------------------------- */

/** Given to initialize. Borrowed until shutdown returns. */
typedef struct assay_csapi_policy {
    size_t struct_size;      /**< set by the engine */
    const char *instance;    /**< of the stanza, such as csapi1; for logs */
    const char *definitions; /**< folder with the definitions */
    const char *temporary;   /**< folder for temporary files of the template; a
                                  worker is told its own by forked */
    const assay_log *log;
    uint64_t max_extract_size; /**< bytes of one file inside; never 0 */
    uint64_t max_cumulative_extract_size; /**< bytes of all files inside one
                                               content; never 0 */
    uint32_t max_extract_depth; /**< 1 to 50: a file in so many containers is
                                     scanned, one deeper is not */
    uint64_t max_file_count;    /**< files inside one content; 0: any number */
    int64_t max_extract_time_s; /**< for one content; 0: until the deadline */
    int64_t scan_timeout_ms;    /**< most that lies between the start of a scan
                                     and its deadline; > 0 */
} assay_csapi_policy;

/** One content to scan. Borrowed for the call; not to be changed. */
typedef struct assay_csapi_job {
    size_t struct_size;     /**< set by the engine */
    uint64_t size;          /**< bytes of the content; never 0 */
    const void *data;       /**< for scan_memory: the bytes */
    int fd;                 /**< for scan_file: open for reading at offset 0; -1
                                 for scan_memory */
    const char *path;       /**< for scan_file: the same file by name, in the
                                 worker's temporary folder; NULL for scan_memory */
    const char *file_name;  /**< what the mail calls it, UTF-8, or NULL; never
                                 to be used as a path */
    const char *media_type; /**< "type/subtype", what the mail says, or NULL */
    bool is_mail;           /**< a whole mail: header, empty line, body */
    int64_t deadline_ms;    /**< CLOCK_MONOTONIC, milliseconds: the worker is
                                 killed then */
} assay_csapi_job;

/* ---- what comes out ----------------------------------------------------- */

#define ASSAY_CSAPI_CODES_MAX 128
#define ASSAY_CSAPI_TEXT_MAX 256

/**
 * Filled by a scan. It arrives zeroed but for struct_size, which means "did not
 * look": a provider says with is_complete that its scan ran to its end, and
 * with bytes_seen of how much it answers for. Only a complete scan of all
 * bytes with no code, or none but harmless ones, is clean.
 */
typedef struct assay_csapi_result {
    size_t struct_size;
    bool is_complete;          /**< the scan was not broken off by a fault */
    uint64_t bytes_seen;       /**< of the content; its size when all of it,
                                    with all that is inside, was looked at */
    uint32_t members_unopened; /**< files inside that could not be opened */
    size_t code_count;
    uint16_t codes[ASSAY_CSAPI_CODES_MAX]; /**< assay_csapi_code, in any order:
                                                all that apply */
    char threat[ASSAY_CSAPI_TEXT_MAX];     /**< name of the threat; needed with
                                                AVS_RESULT_VIRUS_FOUND */
    char text[ASSAY_CSAPI_TEXT_MAX];       /**< what went wrong, for people; "":
                                                the meaning of the code */
} assay_csapi_result;

/** Add a code to a result. One that does not fit is counted all the same, so
 *  that the engine refuses the result instead of missing a code. */
static inline void assay_csapi_report(assay_csapi_result *result,
                                      assay_csapi_code code)
{
    if (result->code_count < ASSAY_CSAPI_CODES_MAX)
        result->codes[result->code_count] = (uint16_t)code;
    result->code_count++;
}

#define ASSAY_CSAPI_VERSION_MAX 64

/** Filled by versions; it arrives zeroed but for struct_size. Texts are
 *  printable ASCII. */
typedef struct assay_csapi_versions {
    size_t struct_size;
    char decomposer[ASSAY_CSAPI_VERSION_MAX];
    char scanner[ASSAY_CSAPI_VERSION_MAX];
    char definitions[ASSAY_CSAPI_VERSION_MAX]; /**< for people */
    char state[ASSAY_CSAPI_VERSION_MAX]; /**< another one whenever a content
                                              might get another result: it is
                                              part of the verdict cache's key;
                                              "" when definitions says it */
    bool is_current; /**< there are no newer definitions in the folder */
} assay_csapi_versions;

/* ---- the calls ---------------------------------------------------------- */

/**
 * In call order. A NULL member marked "may be NULL" means the default in
 * brackets. A handle is what initialize made; in a worker it is the copy that
 * fork made of it.
 */
typedef struct assay_csapi_provider_ops {
    size_t struct_size; /**< sizeof(assay_csapi_provider_ops) */

    /**
     * Load the definitions and be ready to scan. Template; once, before any
     * other call. May block for minutes. On failure nothing is left behind.
     * @param code_out  on failure: the code that says why; it arrives as
     *                  AVS_RESULT_ENGINE_LOAD_FAILED
     * @return ASSAY_OK and *handle_out, owned by the provider until shutdown,
     *         not NULL; any other code, with a sentence in err that says what
     *         to mend
     */
    assay_rc (*initialize)(const assay_csapi_policy *policy, void **handle_out,
                           assay_csapi_code *code_out, assay_error *err);

    /**
     * This process is a worker, forked a moment ago: draw new random numbers,
     * use another folder for temporary files, open what scans need. Worker;
     * once, before it is confined. May block for a moment.
     * @param temporary  empty folder that this process alone uses; not to be
     *                   removed; borrowed until the process ends
     * @return ASSAY_OK; otherwise the worker ends, and err says why
     * May be NULL [nothing to do; temporary files stay in policy->temporary].
     */
    assay_rc (*forked)(void *handle, const char *temporary, assay_error *err);

    /**
     * Scan bytes in memory. Worker. May block until job->deadline_ms. Reports
     * by *result and in no other way. May be NULL if scan_file is there.
     */
    void (*scan_memory)(void *handle, const assay_csapi_job *job,
                        assay_csapi_result *result);

    /**
     * Scan a file; used only without scan_memory, because it costs a copy of
     * the content. Likewise. The file is the engine's: it is neither to be
     * changed nor removed. May be NULL if scan_memory is there.
     */
    void (*scan_file)(void *handle, const assay_csapi_job *job,
                      assay_csapi_result *result);

    /** What is loaded. Template; does not block for longer than a look at the
     *  definitions folder. */
    void (*versions)(void *handle, assay_csapi_versions *versions);

    /**
     * Which definitions a new template would load from the folder: a number
     * that is another for each set of them, or 0 for those loaded here.
     * Template. Does not load them: a new template initializes with them and
     * takes over. Does not block for longer than a look at the folder.
     * @param set_out  arrives as 0
     * @return ASSAY_OK; ASSAY_E_STATE the folder is being written to, ask
     *         again; any other code with a sentence in err
     * May be NULL [0].
     */
    assay_rc (*newer_definitions)(void *handle, uint64_t *set_out,
                                  assay_error *err);

    /**
     * Prove that threats are still found, with a test threat. Template and
     * worker; after initialize and about once a minute. May block for seconds.
     * @return ASSAY_OK; any other code: err says what was not found
     * May be NULL [it works].
     */
    assay_rc (*probe)(void *handle, assay_error *err);

    /** Free the handle. Template; no other call comes after it. */
    void (*shutdown)(void *handle);
} assay_csapi_provider_ops;

/** The one exported symbol of a provider. */
typedef struct assay_csapi_provider {
    size_t struct_size;
    uint32_t abi_major, abi_minor;
    const char *name;    /**< ^[a-z][a-z0-9_]*$, at most 40: stands in the text
                              of `antivirus:<name> version` */
    const char *version; /**< of the provider, for people */
    const char *description;
    const assay_csapi_provider_ops *ops;
} assay_csapi_provider;

#define ASSAY_CSAPI_PROVIDER_SYMBOL "assay_csapi_provider_v1"

/**
 * Define the table, for example
 *
 *     ASSAY_CSAPI_PROVIDER(.name = "acme", .version = "1.0",
 *                          .description = "the scanner of Acme",
 *                          .ops = &acme_ops);
 */
#define ASSAY_CSAPI_PROVIDER(...)                                        \
    ASSAY_API extern const assay_csapi_provider assay_csapi_provider_v1; \
    const assay_csapi_provider assay_csapi_provider_v1 = {               \
        .struct_size = sizeof(assay_csapi_provider),                     \
        .abi_major = ASSAY_CSAPI_PROVIDER_ABI_MAJOR,                     \
        .abi_minor = ASSAY_CSAPI_PROVIDER_ABI_MINOR,                     \
        __VA_ARGS__}

#endif
