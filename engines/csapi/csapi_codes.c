/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "csapi_codes.h"

#include <string.h>

static const struct {
    const char *name;
    const char *meaning;
} texts[] = {
#define TEXT(name, meaning) [ASSAY_CSAPI_##name] = {#name, meaning},
    ASSAY_CSAPI_CODES(TEXT)
#undef TEXT
};

#define FAULT(cause) ASSAY_FOUND_FAULT, ASSAY_REASON_##cause, 0
#define CLOSED(cause) ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_##cause, 0
#define LIMIT(limit) \
    ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT, ASSAY_LIMIT_##limit

static const struct {
    assay_found found;
    assay_reason reason;
    uint32_t limit;
} decisions[] = {
#define ON(name) [ASSAY_CSAPI_##name]
    ON(AVS_RESULT_VIRUS_FOUND) = {ASSAY_FOUND_THREAT, ASSAY_REASON_NONE, 0},
    ON(AVS_RESULT_SCANNER_NOT_INITIALIZED) = {FAULT(UNAVAILABLE)},
    ON(AVS_RESULT_INVALID_DEFAULT_FILE_EXTENSION) = {FAULT(ENGINE)},
    ON(AVS_RESULT_SCANFILE_FAILURE) = {FAULT(ENGINE)},
    ON(AVS_RESULT_REINITIALIZATION_PROHIBITED) = {FAULT(ENGINE)},
    ON(AVS_RESULT_DEFINITIONS_MISSING) = {FAULT(UNAVAILABLE)},
    ON(AVS_RESULT_ENGINE_LOAD_FAILED) = {FAULT(UNAVAILABLE)},
    ON(DEC_RESULT_SCANNER_NOT_INITIALIZED) = {FAULT(UNAVAILABLE)},
    ON(DEC_RESULT_POLICY_INVALID) = {FAULT(ENGINE)},
    ON(DEC_RESULT_MAXIMUM_DEPTH_REACHED) = {LIMIT(RECURSION)},
    ON(DEC_RESULT_MAXIMUM_EXTRACT_TIME_EXCEEDED) = {LIMIT(TIME)},
    ON(DEC_RESULT_MAXIMUM_EXTRACT_SIZE_EXCEEDED) = {LIMIT(FILE_SIZE)},
    ON(DEC_RESULT_MAXIMUM_CUMULATIVE_EXTRACT_SIZE_EXCEEDED) = {LIMIT(
        SCAN_SIZE)},
    ON(DEC_RESULT_MAXIMUM_FILES_EXTRACTED) = {LIMIT(FILES)},
    ON(DEC_RESULT_ENCRYPTED_CONTAINER_DELETED) = {CLOSED(ENCRYPTED)},
    ON(DEC_RESULT_ENCRYPTED_CONTAINER_DETECTED) = {CLOSED(ENCRYPTED)},
    ON(DEC_RESULT_MALFORMED_CONTAINER_DELETED) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_MALFORMED_CONTAINER_DETECTED) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_PARTIAL_MESSAGE_DETECTED) = {CLOSED(PARTIAL)},
    ON(DEC_RESULT_OUTER_CONTAINER_IS_MIME) = {ASSAY_FOUND_NOTHING,
                                              ASSAY_REASON_NONE, 0},
    ON(DEC_RESULT_MIME_PARSING_FAILED) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_CONTAINER_EXTRACT_FAILED) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_OPEN_CONTAINER_FAILED) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_CONTAINER_ACCESS_FAILED) = {CLOSED(MALFORMED)},
    /* Nobody asks a provider to rewrite anything, or to insert notices. */
    ON(DEC_RESULT_UPDATE_CONTAINER_FAILED) = {FAULT(ENGINE)},
    ON(DEC_RESULT_CLOSE_CONTAINER_FAILED) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_FILE_EXTRACT_FAILED) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_FILE_ACCESS_FAILED) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_FILE_SPLIT_ACROSS_CONTAINERS) = {CLOSED(PARTIAL)},
    ON(DEC_RESULT_TEMPFILE_ACCESS_FAILED) = {FAULT(TEMPORARY)},
    ON(DEC_RESULT_PARAMETER_INVALID) = {FAULT(ENGINE)},
    ON(DEC_RESULT_OUT_OF_MEMORY) = {FAULT(MEMORY)},
    ON(DEC_RESULT_SCAN_ENGINE_EXCEPTION) = {FAULT(ENGINE)},
    ON(DEC_RESULT_SCAN_FILE_DECOMPOSE_ERROR) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_INIT_DECOMPOSER_FAILED) = {FAULT(UNAVAILABLE)},
    ON(DEC_RESULT_REINITIALIZATION_PROHIBITED) = {FAULT(ENGINE)},
    ON(DEC_RESULT_DEFINITION_DIR_UNSET) = {FAULT(UNAVAILABLE)},
    ON(DEC_RESULT_TEMP_DIR_ACCESS_FAILED) = {FAULT(TEMPORARY)},
    ON(DEC_RESULT_INVALID_FILE_MODIFICATION) = {FAULT(ENGINE)},
    ON(DEC_RESULT_DEF_DIR_ACCESS_FAILED) = {FAULT(UNAVAILABLE)},
    ON(DEC_RESULT_FILE_SIZE_TOO_LARGE) = {ASSAY_FOUND_UNSCANNABLE,
                                          ASSAY_REASON_OVERSIZE,
                                          ASSAY_LIMIT_FILE_SIZE},
    ON(DEC_RESULT_CHILD_FILE_SIZE_UNKNOWN) = {CLOSED(MALFORMED)},
    ON(DEC_RESULT_LESS_THAN_MINIMUM_EXTRACT_SIZE) = {CLOSED(PARTIAL)},
    ON(DEC_RESULT_CONTAINER_UNKNOWN_ALGORITHM) = {CLOSED(MALFORMED)},
    /* The content does not fit, so it would not at a second try. */
    ON(DEC_RESULT_BUFFER_SIZE_TOO_SMALL) = {CLOSED(PARTIAL)},
    ON(DEC_RESULT_CREATE_OUTPUT_FILE_FAILED) = {FAULT(TEMPORARY)},
    ON(DEC_RESULT_ENCRYPTED_CONTAINER_CHILD_DETECTED) = {CLOSED(ENCRYPTED)},
    /* Beside a threat it decides nothing; without one it contradicts itself. */
    ON(DEC_RESULT_ABORTED_AFTER_FIRST_THREAT) = {FAULT(ENGINE)},
    ON(DEC_RESULT_FAILED_INSERTING_NOTIFICATION_IN_EMPTY_BODY_MIME) = {FAULT(
        ENGINE)},
    ON(GEN_RESULT_SCANNER_NOT_INITIALIZED) = {FAULT(UNAVAILABLE)},
    ON(GEN_RESULT_REINITIALIZATION_PROHIBITED) = {FAULT(ENGINE)},
    ON(GEN_RESULT_PARAMETER_INVALID) = {FAULT(ENGINE)},
    ON(GEN_RESULT_POLICY_INVALID) = {FAULT(ENGINE)},
    ON(GEN_RESULT_OUT_OF_MEMORY) = {FAULT(MEMORY)},
    ON(GEN_RESULT_LOAD_MESSAGE_CATALOG_FAILED) = {FAULT(ENGINE)},
    ON(GEN_RESULT_UNEXPECTED_EXCEPTION_CAUGHT) = {FAULT(ENGINE)},
    ON(GEN_RESULT_EMPTY_POLICY) = {FAULT(UNAVAILABLE)},
    ON(GEN_RESULT_DEFINITION_DIR_UNSET) = {FAULT(UNAVAILABLE)},
    ON(GEN_RESULT_AVSCANNER_IN_SCANNINGORDER_NOT_INITIALIZED) = {FAULT(
        UNAVAILABLE)},
    ON(LIC_RESULT_POLICY_INVALID) = {FAULT(UNAVAILABLE)},
    ON(LIC_RESULT_LICENSE_NOT_INSTALLED) = {FAULT(UNAVAILABLE)},
    ON(LIC_RESULT_NO_LICENSE_MANAGER) = {FAULT(UNAVAILABLE)},
    ON(LIC_RESULT_INVALID_AV_SCANNER_LICENSE) = {FAULT(UNAVAILABLE)},
    ON(LIC_RESULT_INVALID_DECOMPOSER_SCANNER_LICENSE) = {FAULT(UNAVAILABLE)},
    ON(LIC_RESULT_INVALID_ANTISPAM_UPDATES_LICENSE) = {FAULT(UNAVAILABLE)},
    ON(LIC_RESULT_INVALID_AV_UPDATES_LICENSE) = {FAULT(UNAVAILABLE)},
#undef ON
};

_Static_assert(sizeof decisions / sizeof *decisions == ASSAY_CSAPI_CODE_COUNT,
               "a code without a decision");

struct assay__csapi_meaning assay__csapi_code_meaning(assay_csapi_code code)
{
    return (struct assay__csapi_meaning){
        .name = texts[code].name,
        .meaning = texts[code].meaning,
        .found = decisions[code].found,
        .reason = decisions[code].reason,
        .limit = decisions[code].limit,
    };
}

/* ---- which one is told -------------------------------------------------- */

enum rank {
    HARMLESS,
    ENCRYPTED,
    UNOPENED,
    DECOMPOSER,
    GENERAL,
    LICENCE,
    AVS,
    THREAT
};

static enum rank rank_of(assay_csapi_code code)
{
    static const struct {
        const char *prefix;
        enum rank rank;
    } speakers[] = {{"AVS_", AVS}, {"LIC_", LICENCE}, {"GEN_", GENERAL}};

    if (decisions[code].found == ASSAY_FOUND_THREAT)
        return THREAT;
    for (size_t i = 0; i < sizeof speakers / sizeof *speakers; i++)
        if (!strncmp(texts[code].name, speakers[i].prefix,
                     strlen(speakers[i].prefix)))
            return speakers[i].rank;
    if (decisions[code].found == ASSAY_FOUND_FAULT)
        return DECOMPOSER;
    if (decisions[code].found == ASSAY_FOUND_NOTHING)
        return HARMLESS;
    return decisions[code].reason == ASSAY_REASON_ENCRYPTED ? ENCRYPTED
                                                            : UNOPENED;
}

assay_csapi_code assay__csapi_code_select(const uint16_t *codes, size_t count)
{
    assay_csapi_code most = (assay_csapi_code)codes[0];

    for (size_t i = 1; i < count; i++) {
        assay_csapi_code code = (assay_csapi_code)codes[i];

        if (rank_of(code) > rank_of(most))
            most = code;
    }
    return most;
}
