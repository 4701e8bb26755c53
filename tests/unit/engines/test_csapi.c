/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The csapi engine over a provider that does as it is told: what results
 * become, lies included, and the life of an instance.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "alloc_fail.h"
#include "check_run.h"
#include "csapi_codes.h"
#include "csapi_engine.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct assay__csapi_settings settings;
static void *instance;
static char log_text[4096], work[64];
static assay_error err;

static void keep_line(void *arg, assay_log_level level, const char *line)
{
    size_t used = strlen(log_text);

    (void)arg;
    (void)snprintf(log_text + used, sizeof log_text - used, "%s %s\n",
                   assay_log_level_name(level), line);
}

static assay_rc open_it(const char *behaviour)
{
    static char definitions[64];
    const assay_log log = {.sink = keep_line, .threshold = ASSAY_LOG_DEBUG};
    const assay_engine_args args = {
        .instance = "csapi1",
        .scope = "av",
        .settings = &settings,
        .log = &log,
        .file_base = work,
        .timeout_ms = 10000,
        .max_size = UINT64_MAX,
    };

    (void)snprintf(definitions, sizeof definitions, "/nowhere/%s", behaviour);
    settings.definitions = definitions;
    memset(&err, 0, sizeof err);
    return assay__csapi_ops.open(&args, &instance, &err);
}

static void reopen(const char *behaviour)
{
    if (instance)
        assay__csapi_ops.close(instance);
    instance = NULL;
    ck_assert_msg(open_it(behaviour) == ASSAY_OK, "%s", err.msg);
}

static void setup(void)
{
    settings = (struct assay__csapi_settings){
        .max_concurrency = 2,
        .max_extract_depth = 10,
        .max_extract_size = 104857600,
        .max_extract_time = 180,
        .max_file_count = 5000,
        .provider = PROVIDERS "/fake.so",
    };
    log_text[0] = '\0';
    (void)snprintf(work, sizeof work, "/tmp/assay-test-csapi-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(work));
    reopen("good");
}

static void teardown(void)
{
    if (instance)
        assay__csapi_ops.close(instance);
    instance = NULL;
    ck_assert_int_eq(rmdir(work), 0); /* nothing was left in it */
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static assay_finding scan_until(const void *data, size_t size,
                                int64_t deadline_ms)
{
    const assay_content content = {.kind = ASSAY_CONTENT_MESSAGE,
                                   .data = data,
                                   .size = size,
                                   .media_type = "text/plain",
                                   .file_name = "a.txt"};
    const assay_scan_args args = {&content, deadline_ms};
    assay_finding finding = {.coverage = {.bytes_total = size}};

    assay__csapi_ops.scan(instance, &args, &finding);
    return finding;
}

static assay_finding scan(const void *data, size_t size)
{
    return scan_until(data, size, now_ms() + 60000);
}

/* A complete result about a content that is the result itself. */
static assay_csapi_result complete(void)
{
    return (assay_csapi_result){.struct_size = sizeof(assay_csapi_result),
                                .is_complete = true,
                                .bytes_seen = sizeof(assay_csapi_result)};
}

static assay_finding scan_result(const assay_csapi_result *result)
{
    return scan(result, sizeof *result);
}

/* ---- what results become ------------------------------------------------ */

START_TEST(no_code_and_all_bytes_is_nothing)
{
    assay_csapi_result result = complete();
    assay_finding got = scan_result(&result);

    ck_assert_int_eq(got.found, ASSAY_FOUND_NOTHING);
    ck_assert_uint_eq(got.coverage.bytes_seen, sizeof result);
    ck_assert_str_eq(got.scan_code, "");
}
END_TEST

/* CS-16: the info is the name of the threat. */
START_TEST(a_threat_has_its_name_and_code)
{
    assay_csapi_result result = complete();
    assay_finding got;

    assay_csapi_report(&result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
    assay_csapi_report(&result,
                       ASSAY_CSAPI_DEC_RESULT_ABORTED_AFTER_FIRST_THREAT);
    (void)snprintf(result.threat, sizeof result.threat, "EICAR Test String");
    got = scan_result(&result);
    ck_assert_int_eq(got.found, ASSAY_FOUND_THREAT);
    ck_assert_str_eq(got.info, "EICAR Test String");
    ck_assert_str_eq(got.scan_code, "AVS_RESULT_VIRUS_FOUND");
}
END_TEST

/* CS-17 … CS-20: each code alone, through a scan. */
START_TEST(a_code_decides_the_finding)
{
    struct assay__csapi_meaning want =
        assay__csapi_code_meaning((assay_csapi_code)_i);
    assay_csapi_result result = complete();
    char info[ASSAY_VERDICT_INFO_MAX];
    assay_finding got;

    assay_csapi_report(&result, (assay_csapi_code)_i);
    (void)snprintf(result.threat, sizeof result.threat, "Name");
    got = scan_result(&result);
    ck_assert_int_eq(got.found, want.found);
    ck_assert_int_eq(got.reason, want.reason);
    ck_assert_uint_eq(got.coverage.limits_hit, want.limit);
    ck_assert_str_eq(got.scan_code, want.name);
    (void)snprintf(info, sizeof info, "%s: %s", want.name, want.meaning);
    ck_assert_str_eq(got.info, want.found == ASSAY_FOUND_THREAT    ? "Name"
                               : want.found == ASSAY_FOUND_NOTHING ? ""
                                                                   : info);
    ck_assert_uint_eq(got.coverage.members_unopened,
                      want.reason == ASSAY_REASON_ENCRYPTED);
    ck_assert_uint_eq(got.coverage.bytes_seen,
                      want.found == ASSAY_FOUND_FAULT ? 0 : sizeof result);
}
END_TEST

/* CS-21, with what the provider itself says */
START_TEST(one_of_several_codes_is_told_and_all_limits_count)
{
    assay_csapi_result result = complete();
    assay_finding got;

    assay_csapi_report(&result,
                       ASSAY_CSAPI_DEC_RESULT_ENCRYPTED_CONTAINER_DETECTED);
    assay_csapi_report(&result, ASSAY_CSAPI_DEC_RESULT_MAXIMUM_FILES_EXTRACTED);
    assay_csapi_report(&result, ASSAY_CSAPI_DEC_RESULT_MAXIMUM_DEPTH_REACHED);
    (void)snprintf(result.text, sizeof result.text, "more than 5 files");
    result.members_unopened = 3;
    got = scan_result(&result);
    ck_assert_int_eq(got.found, ASSAY_FOUND_UNSCANNABLE);
    ck_assert_int_eq(got.reason, ASSAY_REASON_LIMIT);
    ck_assert_str_eq(got.info,
                     "DEC_RESULT_MAXIMUM_FILES_EXTRACTED: more than 5 files");
    ck_assert_uint_eq(got.coverage.limits_hit,
                      ASSAY_LIMIT_FILES | ASSAY_LIMIT_RECURSION);
    ck_assert_uint_eq(got.coverage.members_unopened, 3);
}
END_TEST

START_TEST(an_empty_content_is_not_given_to_the_provider)
{
    ck_assert_int_eq(scan(NULL, 0).found, ASSAY_FOUND_NOTHING);
}
END_TEST

/* ---- lies --------------------------------------------------------------- */

static void nameless(assay_csapi_result *result)
{
    assay_csapi_report(result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
}

static void named_by_blanks(assay_csapi_result *result)
{
    assay_csapi_report(result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
    (void)snprintf(result->threat, sizeof result->threat, " \n\x01 ");
}

static void unknown_code(assay_csapi_result *result)
{
    assay_csapi_report(result, (assay_csapi_code)66);
}

static void many_codes(assay_csapi_result *result)
{
    for (int i = 0; i < 1000; i++)
        assay_csapi_report(result,
                           ASSAY_CSAPI_DEC_RESULT_OUTER_CONTAINER_IS_MIME);
}

static void more_bytes(assay_csapi_result *result)
{
    result->bytes_seen++;
}

static void nothing_done(assay_csapi_result *result)
{
    result->is_complete = false;
}

static void harmless_but_broken_off(assay_csapi_result *result)
{
    result->is_complete = false;
    assay_csapi_report(result, ASSAY_CSAPI_DEC_RESULT_OUTER_CONTAINER_IS_MIME);
}

static const struct {
    void (*tell)(assay_csapi_result *result);
    const char *want;
} lies[] = {
    {nameless, "the provider reports a threat without a name"},
    {named_by_blanks, "the provider reports a threat without a name"},
    {unknown_code, "the provider reports the code 66, and there is none"},
    {many_codes, "the provider reports 1000 codes, at most 128 are possible"},
    {more_bytes, "the provider says that it looked at "},
    {nothing_done, "the provider did not say that it looked"},
    {harmless_but_broken_off, "the provider did not say that it looked"},
};

START_TEST(a_lie_is_a_fault)
{
    assay_csapi_result result = complete();
    assay_finding got;

    lies[_i].tell(&result);
    got = scan_result(&result);
    ck_assert_msg(got.found == ASSAY_FOUND_FAULT &&
                      got.reason == ASSAY_REASON_ENGINE &&
                      !strncmp(got.info, lies[_i].want, strlen(lies[_i].want)),
                  "got %d/%d %s, want %s", got.found, got.reason, got.info,
                  lies[_i].want);
    ck_assert_uint_eq(got.coverage.bytes_seen, 0);
}
END_TEST

/* Not a lie, but not clean either: the dispatcher sees what is missing. */
START_TEST(fewer_bytes_are_told_as_they_are)
{
    assay_csapi_result result = complete();
    assay_finding got;

    result.bytes_seen = 7;
    got = scan_result(&result);
    ck_assert_int_eq(got.found, ASSAY_FOUND_NOTHING);
    ck_assert_uint_eq(got.coverage.bytes_seen, 7);
    ck_assert_uint_lt(got.coverage.bytes_seen, got.coverage.bytes_total);
}
END_TEST

/* A threat is a threat, whatever else is wrong with the result. */
START_TEST(no_lie_hides_a_threat)
{
    assay_csapi_result result = complete();

    assay_csapi_report(&result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
    (void)snprintf(result.threat, sizeof result.threat, "Worm");
    lies[_i].tell(&result);
    (void)snprintf(result.threat, sizeof result.threat, "Worm");
    ck_assert_int_eq(scan_result(&result).found, ASSAY_FOUND_THREAT);
}
END_TEST

START_TEST(a_long_name_with_control_characters_is_cleaned)
{
    assay_csapi_result result = complete();
    assay_finding got;

    assay_csapi_report(&result, ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND);
    memset(result.threat, 'W', sizeof result.threat); /* no end */
    result.threat[3] = '\n';
    result.threat[4] = '\x7f';
    result.threat[5] = (char)0xc3;
    got = scan_result(&result);
    ck_assert_int_eq(got.found, ASSAY_FOUND_THREAT);
    ck_assert_uint_eq(strlen(got.info), ASSAY_VERDICT_INFO_MAX - 1);
    ck_assert_msg(!strncmp(got.info, "WWW???WWW", 9), "%s", got.info);
}
END_TEST

START_TEST(a_text_without_an_end_is_cut)
{
    assay_csapi_result result = complete();

    assay_csapi_report(&result, ASSAY_CSAPI_GEN_RESULT_OUT_OF_MEMORY);
    memset(result.text, 'x', sizeof result.text);
    ck_assert_uint_eq(strlen(scan_result(&result).info),
                      strlen("GEN_RESULT_OUT_OF_MEMORY: ") + 128);
}
END_TEST

/* Any bytes for a result: what cannot be must not come out. */
static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t random_number(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void fill_at_random(assay_csapi_result *result)
{
    static const size_t counts[] = {0, 1, 2, 3, 128, 129, SIZE_MAX};
    unsigned char *bytes = (unsigned char *)result;

    for (size_t i = 0; i < sizeof *result; i++)
        bytes[i] = (unsigned char)random_number(256);
    result->is_complete = random_number(2);
    result->code_count = counts[random_number(COUNT_OF(counts))];
    result->bytes_seen = random_number(3) * 100;
    for (size_t i = 0; i < ASSAY_CSAPI_CODES_MAX; i++)
        result->codes[i] = (uint16_t)random_number(
            random_number(9) ? ASSAY_CSAPI_CODE_COUNT : 99);
    if (random_number(4) == 0)
        result->threat[0] = '\0';
}

static bool is_printable(const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    for (size_t i = 0; i < len; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return len < size;
}

static bool is_possible(const assay_finding *got,
                        const assay_csapi_result *result, size_t count,
                        size_t threats)
{
    switch (got->found) {
    case ASSAY_FOUND_THREAT:
        return threats && got->info[strspn(got->info, " ?")];
    case ASSAY_FOUND_NOTHING:
        return result->is_complete && !threats && count < 128 &&
               result->bytes_seen <= 100;
    case ASSAY_FOUND_UNSCANNABLE:
        return !threats;
    default:
        return got->found == ASSAY_FOUND_FAULT;
    }
}

/* check counts each assertion in a file, so there is none that holds. */
START_TEST(no_result_comes_to_what_it_does_not_say)
{
    for (int i = 0; i < 20000; i++) {
        assay_finding got = {.coverage = {.bytes_total = 100}};
        size_t count, threats = 0;
        assay_csapi_result result;

        fill_at_random(&result);
        count = result.code_count < ASSAY_CSAPI_CODES_MAX
                    ? result.code_count
                    : ASSAY_CSAPI_CODES_MAX;
        for (size_t j = 0; j < count; j++)
            threats += result.codes[j] == ASSAY_CSAPI_AVS_RESULT_VIRUS_FOUND;
        assay__csapi_judge(&result, 100, &got);
        if (!is_printable(got.info, sizeof got.info) ||
            !is_printable(got.scan_code, sizeof got.scan_code) ||
            got.coverage.bytes_seen > 100)
            ck_abort_msg("%d: %s", i, got.info);
        if (!is_possible(&got, &result, count, threats))
            ck_abort_msg("%d: %d of %zu codes, %zu threats: %s", i, got.found,
                         result.code_count, threats, got.info);
    }
}
END_TEST

/* ---- deadlines ---------------------------------------------------------- */

START_TEST(a_passed_deadline_needs_no_provider)
{
    assay_csapi_result result = complete();
    assay_finding got = scan_until(&result, sizeof result, now_ms());

    ck_assert_int_eq(got.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(got.reason, ASSAY_REASON_TIMEOUT);
}
END_TEST

/* Too slow for the message is an error, too slow by the limit of the content
 * is not. */
START_TEST(too_slow_is_an_error_when_the_deadline_is_why)
{
    assay_csapi_result result = complete();
    assay_finding got;

    reopen("slow"); /* 20 ms */
    assay_csapi_report(&result,
                       ASSAY_CSAPI_DEC_RESULT_MAXIMUM_EXTRACT_TIME_EXCEEDED);
    got = scan_until(&result, sizeof result, now_ms() + 10);
    ck_assert_int_eq(got.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(got.reason, ASSAY_REASON_TIMEOUT);
    got = scan_result(&result);
    ck_assert_int_eq(got.found, ASSAY_FOUND_UNSCANNABLE);
    ck_assert_int_eq(got.reason, ASSAY_REASON_LIMIT);
}
END_TEST

/* ---- what the provider is given ----------------------------------------- */

START_TEST(a_job_says_what_the_content_is)
{
    assay_csapi_result result = complete();

    reopen("job");
    assay_csapi_report(&result, ASSAY_CSAPI_AVS_RESULT_SCANFILE_FAILURE);
    ck_assert_str_eq(scan_result(&result).info,
                     "AVS_RESULT_SCANFILE_FAILURE: fd -1 path no name a.txt "
                     "type text/plain mail 1");
}
END_TEST

START_TEST(a_policy_has_the_limits_of_the_stanza)
{
    char want[512];

    settings.max_concurrency = 1;
    settings.max_cumulative_extract_size = 0;
    settings.max_extract_size = 0;
    settings.max_extract_depth = 3;
    settings.max_file_count = 0;
    settings.max_extract_time = 9;
    log_text[0] = '\0';
    reopen("policy");
    (void)snprintf(want, sizeof want,
                   "info fake.policy size=%zu instance=csapi1 temporary=%s "
                   "extract=104857600 cumulative=209715200 depth=3 files=0 "
                   "time=9 timeout=10000\n",
                   sizeof(assay_csapi_policy), work);
    ck_assert_msg(!strncmp(log_text, want, strlen(want)), "%s", log_text);
}
END_TEST

static void count_files(void)
{
    DIR *dir = opendir(work);
    int count = 0;

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    ck_assert_int_eq(count, 2); /* . and .. */
}

/* A provider without scan_memory reads a file, and it is gone afterwards. */
START_TEST(a_provider_of_files_gets_one)
{
    assay_csapi_result result = complete();
    assay_finding got;

    settings.provider = PROVIDERS "/fake_file.so";
    reopen("good");
    assay_csapi_report(&result, ASSAY_CSAPI_AVS_RESULT_SCANFILE_FAILURE);
    got = scan_result(&result);
    ck_assert_msg(strstr(got.info, work) != NULL, "%s", got.info);
    count_files();
    ck_assert_int_eq(scan("hello", 5).found, ASSAY_FOUND_NOTHING);
    count_files();
}
END_TEST

START_TEST(no_room_for_the_file_is_a_fault)
{
    settings.provider = PROVIDERS "/fake_file.so";
    reopen("good");
    ck_assert_int_eq(assay__csapi_ops.forked(instance, "/nonexistent", &err),
                     ASSAY_OK);
    ck_assert_int_eq(scan("hello", 5).reason, ASSAY_REASON_TEMPORARY);
    ck_assert_str_eq(scan("hello", 5).scan_code,
                     "DEC_RESULT_CREATE_OUTPUT_FILE_FAILED");
}
END_TEST

/* ---- the life of an instance -------------------------------------------- */

static const struct {
    const char *behaviour;
    assay_rc rc;
    const char *want;
} failures[] = {
    {"unlicensed", ASSAY_E_UNAVAILABLE,
     "provider 'fake': LIC_RESULT_LICENSE_NOT_INSTALLED: buy one"},
    {"mute", ASSAY_E_IO,
     "provider 'fake': AVS_RESULT_ENGINE_LOAD_FAILED: the scanner could not "
     "be loaded"},
    {"empty", ASSAY_E_UNAVAILABLE,
     "provider 'fake': AVS_RESULT_ENGINE_LOAD_FAILED: the scanner could not "
     "be loaded"},
    {"deaf", ASSAY_E_UNAVAILABLE,
     "provider 'fake': the test threat was not found"},
    {"dumb", ASSAY_E_UNAVAILABLE,
     "provider 'fake': it does not find its test threat"},
};

START_TEST(open_says_why_it_fails)
{
    assay__csapi_ops.close(instance);
    instance = NULL;
    ck_assert_int_eq(open_it(failures[_i].behaviour), failures[_i].rc);
    ck_assert_str_eq(err.msg, failures[_i].want);
    ck_assert_ptr_null(instance);
}
END_TEST

START_TEST(a_provider_that_is_not_there_is_named)
{
    assay__csapi_ops.close(instance);
    instance = NULL;
    settings.provider = "/nonexistent/acme.so";
    ck_assert_int_eq(open_it("good"), ASSAY_E_NOTFOUND);
    ck_assert_str_eq(err.msg, "/nonexistent/acme.so: no such file");
}
END_TEST

START_TEST(no_memory_is_no_instance)
{
    assay_rc rc;

    assay__csapi_ops.close(instance);
    instance = NULL;
    alloc_fail_at(1);
    rc = open_it("good");
    alloc_fail_off();
    ck_assert_int_eq(rc, ASSAY_E_NOMEM);
    ck_assert_ptr_null(instance);
}
END_TEST

/* CS-03, CS-10 */
START_TEST(open_logs_what_is_odd_in_the_stanza)
{
    ck_assert_ptr_null(strstr(log_text, "warn "));
    settings.max_concurrency = 0;
    settings.prefer_mem = true;
    reopen("good");
    ck_assert_msg(strstr(log_text, "warn csapi.no_max_concurrency "
                                   "instance=csapi1 ") != NULL,
                  "%s", log_text);
    ck_assert_msg(strstr(log_text, "warn csapi.ignored_option "
                                   "instance=csapi1 option=prefer_mem") != NULL,
                  "%s", log_text);
    ck_assert_msg(strstr(log_text, "info csapi.loaded instance=csapi1 "
                                   "provider=fake version=\"3\" "
                                   "scanner=\"9.1.3.30\" "
                                   "definitions=\"20150215.001\"") != NULL,
                  "%s", log_text);
}
END_TEST

/* As documented, with the name of the provider in place of that SDK's. */
static const struct {
    const char *behaviour, *want;
} versions[] = {
    {"good", "antivirus: fake DEC scanner version number: 5.2.3.6\n"
             "AV scanner version number: 9.1.3.30\n"
             "AV definitions version: 20150215.001\n"
             "Up to date"},
    {"stale", "antivirus: fake DEC scanner version number: 5.2.3.6\n"
              "AV scanner version number: 9.1.3.30\n"
              "AV definitions version: 20150215.001\n"
              "Not up to date"},
    {"dirty", "antivirus: fake DEC scanner version number: 5.2.3.6\n"
              "AV scanner version number: 9.1.3.30\n"
              "AV definitions version: 2015??0215\n"
              "Up to date"},
};

START_TEST(the_version_has_the_documented_layout)
{
    char text[512];

    reopen(versions[_i].behaviour);
    assay__csapi_ops.version(instance, text, sizeof text);
    ck_assert_str_eq(text, versions[_i].want);
}
END_TEST

START_TEST(the_epoch_changes_with_what_is_loaded)
{
    char first[ASSAY_EPOCH_MAX], again[ASSAY_EPOCH_MAX], other[ASSAY_EPOCH_MAX];

    assay__csapi_ops.epoch(instance, first, sizeof first);
    reopen("good");
    assay__csapi_ops.epoch(instance, again, sizeof again);
    reopen("other"); /* the same versions, but another state */
    assay__csapi_ops.epoch(instance, other, sizeof other);
    ck_assert_str_eq(first, again);
    ck_assert_str_ne(first, other);
    ck_assert_msg(!strncmp(first, "csapi/fake-9.1.3.30/20150215.001/", 33),
                  "%s", first);
    reopen("endless");
    assay__csapi_ops.epoch(instance, other, sizeof other);
    ck_assert_uint_lt(strlen(other), ASSAY_EPOCH_MAX - 1);
}
END_TEST

START_TEST(newer_definitions_are_told)
{
    uint64_t set = 9;

    ck_assert_int_eq(assay__csapi_ops.newer(instance, &set, &err), ASSAY_OK);
    ck_assert_uint_eq(set, 0);
    reopen("stale");
    ck_assert_int_eq(assay__csapi_ops.newer(instance, &set, &err), ASSAY_OK);
    ck_assert_uint_eq(set, 7);
    reopen("unsettled");
    ck_assert_int_eq(assay__csapi_ops.newer(instance, &set, &err),
                     ASSAY_E_STATE);
}
END_TEST

START_TEST(a_worker_without_a_home_ends)
{
    reopen("homeless");
    ck_assert_int_eq(assay__csapi_ops.forked(instance, work, &err), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, work));
}
END_TEST

/* ---- the hostile provider, for tests of scanner processes -----------------
 */

static assay_finding scan_text(const char *text)
{
    return scan(text, strlen(text));
}

/* How a process ends that scans the text, as waitpid() says. */
static int end_of_scan(const char *text)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL); /* sanitizers have a handler */
        (void)scan_text(text);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(the_hostile_provider_does_as_it_is_told)
{
    settings.provider = PROVIDERS "/hostile.so";
    reopen("good");
    ck_assert_int_eq(scan_text("hello").found, ASSAY_FOUND_NOTHING);
    ck_assert_str_eq(scan_text("an INFECTED-TEST").info, "Hostile-Test");
    ck_assert_str_eq(scan_text("HOSTILE-OPEN").info, "Escaped-OPEN");
    ck_assert_int_eq(scan_text("HOSTILE-LIE").found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(end_of_scan("hello"), 0);
    ck_assert_int_eq(WTERMSIG(end_of_scan("HOSTILE-SEGFAULT")), SIGSEGV);
    ck_assert_int_eq(WTERMSIG(end_of_scan("HOSTILE-ABORT")), SIGABRT);
    ck_assert_int_eq(end_of_scan("HOSTILE-CLOSE"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("csapi");
    TCase *tc = tcase_create("scan");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, no_code_and_all_bytes_is_nothing);
    tcase_add_test(tc, a_threat_has_its_name_and_code);
    tcase_add_loop_test(tc, a_code_decides_the_finding, 0,
                        ASSAY_CSAPI_CODE_COUNT);
    tcase_add_test(tc, one_of_several_codes_is_told_and_all_limits_count);
    tcase_add_test(tc, an_empty_content_is_not_given_to_the_provider);
    tcase_add_loop_test(tc, a_lie_is_a_fault, 0, (int)COUNT_OF(lies));
    tcase_add_test(tc, fewer_bytes_are_told_as_they_are);
    tcase_add_loop_test(tc, no_lie_hides_a_threat, 0, (int)COUNT_OF(lies));
    tcase_add_test(tc, a_long_name_with_control_characters_is_cleaned);
    tcase_add_test(tc, a_text_without_an_end_is_cut);
    tcase_add_test(tc, no_result_comes_to_what_it_does_not_say);
    tcase_add_test(tc, a_passed_deadline_needs_no_provider);
    tcase_add_test(tc, too_slow_is_an_error_when_the_deadline_is_why);
    tcase_add_test(tc, a_job_says_what_the_content_is);
    tcase_add_test(tc, a_policy_has_the_limits_of_the_stanza);
    tcase_add_test(tc, a_provider_of_files_gets_one);
    tcase_add_test(tc, no_room_for_the_file_is_a_fault);
    tc = tcase_create("life");
    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, open_says_why_it_fails, 0, (int)COUNT_OF(failures));
    tcase_add_test(tc, a_provider_that_is_not_there_is_named);
    tcase_add_test(tc, no_memory_is_no_instance);
    tcase_add_test(tc, open_logs_what_is_odd_in_the_stanza);
    tcase_add_loop_test(tc, the_version_has_the_documented_layout, 0,
                        (int)COUNT_OF(versions));
    tcase_add_test(tc, the_epoch_changes_with_what_is_loaded);
    tcase_add_test(tc, newer_definitions_are_told);
    tcase_add_test(tc, a_worker_without_a_home_ends);
    tcase_add_test(tc, the_hostile_provider_does_as_it_is_told);
    return check_run(suite);
}
