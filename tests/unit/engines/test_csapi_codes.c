/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The 66 scan codes of the csapi engine (CS-17 to CS-20): their names as they
 * are documented, what becomes of each, and which of several is told (CS-21).
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "csapi_codes.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* As documented, and not taken from the header. */
static const struct {
    const char *name;
    assay_found found;
    assay_reason reason;
    uint32_t limit;
} wanted[] = {
    /* CS-17 */
    {"AVS_RESULT_SCANNER_NOT_INITIALIZED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"AVS_RESULT_VIRUS_FOUND", ASSAY_FOUND_THREAT, ASSAY_REASON_NONE, 0},
    {"AVS_RESULT_INVALID_DEFAULT_FILE_EXTENSION", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"AVS_RESULT_SCANFILE_FAILURE", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, 0},
    {"AVS_RESULT_REINITIALIZATION_PROHIBITED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"AVS_RESULT_DEFINITIONS_MISSING", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"AVS_RESULT_ENGINE_LOAD_FAILED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    /* CS-18 */
    {"DEC_RESULT_SCANNER_NOT_INITIALIZED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"DEC_RESULT_POLICY_INVALID", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, 0},
    {"DEC_RESULT_MAXIMUM_DEPTH_REACHED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_RECURSION},
    {"DEC_RESULT_MAXIMUM_EXTRACT_TIME_EXCEEDED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_TIME},
    {"DEC_RESULT_MAXIMUM_EXTRACT_SIZE_EXCEEDED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_FILE_SIZE},
    {"DEC_RESULT_MAXIMUM_CUMULATIVE_EXTRACT_SIZE_EXCEEDED",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT, ASSAY_LIMIT_SCAN_SIZE},
    {"DEC_RESULT_MAXIMUM_FILES_EXTRACTED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_FILES},
    {"DEC_RESULT_ENCRYPTED_CONTAINER_DELETED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED, 0},
    {"DEC_RESULT_ENCRYPTED_CONTAINER_DETECTED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED, 0},
    {"DEC_RESULT_MALFORMED_CONTAINER_DELETED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_MALFORMED_CONTAINER_DETECTED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_PARTIAL_MESSAGE_DETECTED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, 0},
    {"DEC_RESULT_OUTER_CONTAINER_IS_MIME", ASSAY_FOUND_NOTHING,
     ASSAY_REASON_NONE, 0},
    {"DEC_RESULT_MIME_PARSING_FAILED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_CONTAINER_EXTRACT_FAILED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_OPEN_CONTAINER_FAILED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_CONTAINER_ACCESS_FAILED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_UPDATE_CONTAINER_FAILED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"DEC_RESULT_CLOSE_CONTAINER_FAILED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_FILE_EXTRACT_FAILED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_FILE_ACCESS_FAILED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_FILE_SPLIT_ACROSS_CONTAINERS", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, 0},
    {"DEC_RESULT_TEMPFILE_ACCESS_FAILED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_TEMPORARY, 0},
    {"DEC_RESULT_PARAMETER_INVALID", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, 0},
    {"DEC_RESULT_OUT_OF_MEMORY", ASSAY_FOUND_FAULT, ASSAY_REASON_MEMORY, 0},
    {"DEC_RESULT_SCAN_ENGINE_EXCEPTION", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE,
     0},
    {"DEC_RESULT_SCAN_FILE_DECOMPOSE_ERROR", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_INIT_DECOMPOSER_FAILED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"DEC_RESULT_REINITIALIZATION_PROHIBITED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"DEC_RESULT_DEFINITION_DIR_UNSET", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"DEC_RESULT_TEMP_DIR_ACCESS_FAILED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_TEMPORARY, 0},
    {"DEC_RESULT_INVALID_FILE_MODIFICATION", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"DEC_RESULT_DEF_DIR_ACCESS_FAILED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"DEC_RESULT_FILE_SIZE_TOO_LARGE", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_OVERSIZE, ASSAY_LIMIT_FILE_SIZE},
    {"DEC_RESULT_CHILD_FILE_SIZE_UNKNOWN", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_LESS_THAN_MINIMUM_EXTRACT_SIZE", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, 0},
    {"DEC_RESULT_CONTAINER_UNKNOWN_ALGORITHM", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_MALFORMED, 0},
    {"DEC_RESULT_BUFFER_SIZE_TOO_SMALL", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_PARTIAL, 0},
    {"DEC_RESULT_CREATE_OUTPUT_FILE_FAILED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_TEMPORARY, 0},
    {"DEC_RESULT_ENCRYPTED_CONTAINER_CHILD_DETECTED", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED, 0},
    {"DEC_RESULT_ABORTED_AFTER_FIRST_THREAT", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"DEC_RESULT_FAILED_INSERTING_NOTIFICATION_IN_EMPTY_BODY_MIME",
     ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, 0},
    /* CS-19 */
    {"GEN_RESULT_SCANNER_NOT_INITIALIZED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"GEN_RESULT_REINITIALIZATION_PROHIBITED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"GEN_RESULT_PARAMETER_INVALID", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, 0},
    {"GEN_RESULT_POLICY_INVALID", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, 0},
    {"GEN_RESULT_OUT_OF_MEMORY", ASSAY_FOUND_FAULT, ASSAY_REASON_MEMORY, 0},
    {"GEN_RESULT_LOAD_MESSAGE_CATALOG_FAILED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"GEN_RESULT_UNEXPECTED_EXCEPTION_CAUGHT", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, 0},
    {"GEN_RESULT_EMPTY_POLICY", ASSAY_FOUND_FAULT, ASSAY_REASON_UNAVAILABLE, 0},
    {"GEN_RESULT_DEFINITION_DIR_UNSET", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"GEN_RESULT_AVSCANNER_IN_SCANNINGORDER_NOT_INITIALIZED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    /* CS-20 */
    {"LIC_RESULT_POLICY_INVALID", ASSAY_FOUND_FAULT, ASSAY_REASON_UNAVAILABLE,
     0},
    {"LIC_RESULT_LICENSE_NOT_INSTALLED", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"LIC_RESULT_NO_LICENSE_MANAGER", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"LIC_RESULT_INVALID_AV_SCANNER_LICENSE", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"LIC_RESULT_INVALID_DECOMPOSER_SCANNER_LICENSE", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"LIC_RESULT_INVALID_ANTISPAM_UPDATES_LICENSE", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
    {"LIC_RESULT_INVALID_AV_UPDATES_LICENSE", ASSAY_FOUND_FAULT,
     ASSAY_REASON_UNAVAILABLE, 0},
};

static assay_csapi_code code_of(const char *name)
{
    for (int i = 0; i < ASSAY_CSAPI_CODE_COUNT; i++) {
        assay_csapi_code code = (assay_csapi_code)i;

        if (!strcmp(assay__csapi_code_meaning(code).name, name))
            return code;
    }
    ck_abort_msg("there is no code %s", name);
}

START_TEST(all_documented_codes_are_there_and_no_other)
{
    bool seen[ASSAY_CSAPI_CODE_COUNT] = {false};

    ck_assert_uint_eq(COUNT_OF(wanted), 66);
    ck_assert_int_eq(ASSAY_CSAPI_CODE_COUNT, 66);
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assay_csapi_code code = code_of(wanted[i].name);

        ck_assert_msg(!seen[code], "%s is there twice", wanted[i].name);
        seen[code] = true;
    }
}
END_TEST

START_TEST(a_code_means_what_is_documented)
{
    struct assay__csapi_meaning got =
        assay__csapi_code_meaning(code_of(wanted[_i].name));

    ck_assert_msg(
        got.found == wanted[_i].found && got.reason == wanted[_i].reason &&
            got.limit == wanted[_i].limit,
        "%s: got %d/%d/%#x, want %d/%d/%#x", got.name, got.found, got.reason,
        got.limit, wanted[_i].found, wanted[_i].reason, wanted[_i].limit);
    ck_assert_msg(got.meaning && got.meaning[0] && strlen(got.name) < 64 &&
                      strlen(got.meaning) < 64,
                  "%s: %s", got.name, got.meaning);
}
END_TEST

/* ---- the table of the README --------------------------------------------- */

static const char *verdict_name(assay_found found)
{
    static const char *const names[] = {
        [ASSAY_FOUND_FAULT] = "ERROR",
        [ASSAY_FOUND_NOTHING] = "CLEAN",
        [ASSAY_FOUND_THREAT] = "INFECTED",
        [ASSAY_FOUND_UNSCANNABLE] = "UNSCANNABLE",
    };

    return names[found];
}

static const char *reason_name(assay_reason reason)
{
    static const char *const names[] = {
        [ASSAY_REASON_NONE] = "",
        [ASSAY_REASON_ENGINE] = "engine",
        [ASSAY_REASON_TEMPORARY] = "temporary",
        [ASSAY_REASON_MEMORY] = "memory",
        [ASSAY_REASON_UNAVAILABLE] = "unavailable",
        [ASSAY_REASON_LIMIT] = "limit",
        [ASSAY_REASON_OVERSIZE] = "oversize",
        [ASSAY_REASON_ENCRYPTED] = "encrypted",
        [ASSAY_REASON_MALFORMED] = "malformed",
        [ASSAY_REASON_PARTIAL] = "partial",
    };

    return names[reason];
}

START_TEST(the_readme_has_every_code_in_order)
{
    static const char first[] = "| `AVS_", *const prefixes = "ADGL";
    char line[512], want[512];
    FILE *in = fopen(CSAPI_README, "re");
    int count = 0;

    ck_assert_msg(in != NULL, "%s", CSAPI_README);
    while (fgets(line, sizeof line, in)) {
        struct assay__csapi_meaning meaning;

        if (strncmp(line, "| `", 3) != 0 || !strchr(prefixes, line[3]) ||
            !strstr(line, "_RESULT_") || (!count && !strstr(line, first)))
            continue;
        ck_assert_int_lt(count, ASSAY_CSAPI_CODE_COUNT);
        meaning = assay__csapi_code_meaning((assay_csapi_code)count++);
        (void)snprintf(want, sizeof want, "| `%s` | %s | %s | %s |\n",
                       meaning.name, verdict_name(meaning.found),
                       reason_name(meaning.reason), meaning.meaning);
        ck_assert_str_eq(line, want);
    }
    (void)fclose(in);
    ck_assert_int_eq(count, ASSAY_CSAPI_CODE_COUNT);
}
END_TEST

/* ---- which of several is told ------------------------------------------- */

/* From what is told last to what is told first. */
static const char *const order[] = {
    "DEC_RESULT_OUTER_CONTAINER_IS_MIME",
    "DEC_RESULT_ENCRYPTED_CONTAINER_DETECTED",
    "DEC_RESULT_MAXIMUM_DEPTH_REACHED",
    "DEC_RESULT_OUT_OF_MEMORY",
    "GEN_RESULT_EMPTY_POLICY",
    "LIC_RESULT_NO_LICENSE_MANAGER",
    "AVS_RESULT_SCANFILE_FAILURE",
    "AVS_RESULT_VIRUS_FOUND",
};

START_TEST(the_one_that_decides_more_is_told)
{
    for (size_t other = 0; other < COUNT_OF(order); other++) {
        const uint16_t codes[] = {(uint16_t)code_of(order[_i]),
                                  (uint16_t)code_of(order[other])};
        const char *want = order[(size_t)_i > other ? (size_t)_i : other];
        assay_csapi_code got = assay__csapi_code_select(codes, 2);

        ck_assert_msg(!strcmp(assay__csapi_code_meaning(got).name, want),
                      "of %s and %s: got %s", order[_i], order[other],
                      assay__csapi_code_meaning(got).name);
    }
}
END_TEST

static int place(const char *name)
{
    static const char *const prefixes[] = {"DEC_", "GEN_", "LIC_", "AVS_"};
    int i = 0;

    while (strncmp(name, prefixes[i], 4) != 0)
        i++;
    return i;
}

/* Any two codes: the category decides first. */
START_TEST(the_category_decides_for_every_pair)
{
    for (size_t other = 0; other < COUNT_OF(wanted); other++) {
        const char *a = wanted[_i].name, *b = wanted[other].name;
        const uint16_t codes[] = {(uint16_t)code_of(a), (uint16_t)code_of(b)};
        const char *got =
            assay__csapi_code_meaning(assay__csapi_code_select(codes, 2)).name;

        if (place(a) != place(b))
            ck_assert_str_eq(got, place(a) > place(b) ? a : b);
        else
            ck_assert(!strcmp(got, a) || !strcmp(got, b));
    }
}
END_TEST

START_TEST(any_avs_code_is_told_wherever_it_stands)
{
    const uint16_t codes[] = {
        ASSAY_CSAPI_DEC_RESULT_OUT_OF_MEMORY,
        ASSAY_CSAPI_DEC_RESULT_ABORTED_AFTER_FIRST_THREAT,
        ASSAY_CSAPI_LIC_RESULT_NO_LICENSE_MANAGER,
        ASSAY_CSAPI_AVS_RESULT_SCANFILE_FAILURE,
        ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND,
    };

    ck_assert_int_eq(assay__csapi_code_select(codes, 5),
                     ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
    ck_assert_int_eq(assay__csapi_code_select(codes, 4),
                     ASSAY_CSAPI_AVS_RESULT_SCANFILE_FAILURE);
    ck_assert_int_eq(assay__csapi_code_select(codes, 3),
                     ASSAY_CSAPI_LIC_RESULT_NO_LICENSE_MANAGER);
    ck_assert_int_eq(assay__csapi_code_select(codes, 2),
                     ASSAY_CSAPI_DEC_RESULT_OUT_OF_MEMORY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csapi_codes");
    TCase *tc = tcase_create("codes");

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, all_documented_codes_are_there_and_no_other);
    tcase_add_loop_test(tc, a_code_means_what_is_documented, 0,
                        (int)COUNT_OF(wanted));
    tcase_add_test(tc, the_readme_has_every_code_in_order);
    tcase_add_loop_test(tc, the_one_that_decides_more_is_told, 0,
                        (int)COUNT_OF(order));
    tcase_add_loop_test(tc, the_category_decides_for_every_pair, 0,
                        (int)COUNT_OF(wanted));
    tcase_add_test(tc, any_avs_code_is_told_wherever_it_stands);
    return check_run(suite);
}
