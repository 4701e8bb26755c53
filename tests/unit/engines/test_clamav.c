/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamav engine without faults of the host (tests/system/clamav_faults
 * makes those): what it finds in mail, how alerts of libclamav that are no
 * threats come out, and many scans at once. test_clamav_database has what it
 * refuses to open.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"
#include "clamav_fixture.h"

enum { THREADS = 8, SCANS = 60, CHILDREN = 4 };

static void scan_bytes(assay_content_kind kind, const void *data, size_t size,
                       assay_finding *finding)
{
    const assay_content content = {.kind = kind, .data = data, .size = size};
    const assay_scan_args args = {&content,
                                  assay__clamav_now_ms() + TIMEOUT_MS};

    memset(finding, 0, sizeof *finding);
    finding->coverage.bytes_total = size;
    assay__clamav_ops.scan(fixture_instance, &args, finding);
}

/* ---- mails ------------------------------------------------------------- */

/* A mail with the threat in a quoted-printable attachment, or without. */
static size_t make_mail(char *out, size_t size, const char *first,
                        size_t first_len, bool infected)
{
    FILE *mail = fmemopen(out, size, "w");
    long len;

    ck_assert_ptr_nonnull(mail);
    fwrite(first, 1, first_len, mail);
    fputs("From: a@example.org\r\nTo: b@example.org\r\nSubject: test\r\n"
          "Content-Type: multipart/mixed; boundary=\"cut\"\r\n\r\n"
          "--cut\r\nContent-Type: text/plain\r\n\r\nHello.\r\n"
          "--cut\r\nContent-Type: application/octet-stream; name=\"a.bin\"\r\n"
          "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
          mail);
    for (const char *c = infected ? THREAT_A THREAT_B : "harmless"; *c; c++)
        fprintf(mail, "=%02X", (unsigned)*c);
    fputs("\r\n--cut--\r\n", mail);
    len = ftell(mail);
    fclose(mail);
    return (size_t)len;
}

static const struct {
    const char *name;
    const char *line;
    size_t len;
} first_lines[] = {
    {"known header", FIRST("Received: from a by b\r\n")},
    {"unknown header", FIRST("X-Odd: 1\r\n")},
    {"DKIM", FIRST("DKIM-Signature: v=1; a=rsa-sha256\r\n")},
    {"foo", FIRST("Foo:\r\n")},
    {"empty line", FIRST("\r\n")},
    {"two empty lines", FIRST("\r\n\r\nFoo: a\r\n")},
    {"no colon", FIRST("garbage without colon\r\n")},
    {"PDF", FIRST("%PDF-1.4\r\n")},
    {"HTML", FIRST("<html>\r\n")},
    {"lower case", FIRST("mime-version: 1.0\r\n")},
    {"NULs", FIRST("\0\0\0\0\r\n")},
    {"NUL in header", FIRST("X-A: \0\0b\r\n")},
    {"zip", FIRST("PK\003\004: a\r\n")},
    {"program", FIRST("MZ: a\r\n")},
    {"gzip", FIRST("\037\213\010: a\r\n")},
    {"picture", FIRST("GIF89a: a\r\n")},
    {"RTF", FIRST("{\\rtf1: a\r\n")},
    {"byte order mark", FIRST("\357\273\277Foo: a\r\n")},
    {"UTF-16 mark", FIRST("\377\376Foo: a\r\n")},
    {"mbox", FIRST("From a@example.org Thu Jan  1 00:00:00 1970\r\n")},
};

START_TEST(attachment_found_whatever_the_first_line)
{
    char mail[4096];
    size_t size = make_mail(mail, sizeof mail, first_lines[_i].line,
                            first_lines[_i].len, true);
    assay_finding finding;

    scan_bytes(ASSAY_CONTENT_MESSAGE, mail, size, &finding);
    ck_assert_msg(finding.found == ASSAY_FOUND_THREAT &&
                      !strcmp(finding.info, "Test-Threat.UNOFFICIAL"),
                  "%s: found %d %s", first_lines[_i].name, finding.found,
                  finding.info);
    ck_assert_str_eq(finding.scan_code, finding.info);
}
END_TEST

START_TEST(clean_mail_is_clean_whatever_the_first_line)
{
    char mail[4096];
    size_t size = make_mail(mail, sizeof mail, first_lines[_i].line,
                            first_lines[_i].len, false);
    assay_finding finding;

    scan_bytes(ASSAY_CONTENT_MESSAGE, mail, size, &finding);
    ck_assert_msg(finding.found == ASSAY_FOUND_NOTHING, "%s: found %d %s",
                  first_lines[_i].name, finding.found, finding.info);
    ck_assert_str_eq(finding.scan_code, "OK");
    ck_assert_uint_eq(finding.coverage.bytes_seen, size);
    ck_assert_uint_eq(finding.coverage.limits_hit, 0);
}
END_TEST

/* A line "From " in the body must not cut an attachment in two. */
START_TEST(mbox_line_in_the_body_hides_nothing)
{
    static const char mail[] =
        "From a@example.org Thu Jan  1 00:00:00 1970\n"
        "Content-Type: multipart/mixed; boundary=cut\n\n"
        "--cut\nContent-Type: text/plain\n\nHello\n\n"
        "From here on it goes\n\n"
        "--cut\nContent-Type: application/octet-stream\n"
        "Content-Transfer-Encoding: quoted-printable\n\n";
    char text[2048];
    int len = snprintf(text, sizeof text, "%s", mail);
    assay_finding finding;

    for (const char *c = THREAT_A THREAT_B; *c; c++)
        len += snprintf(text + len, sizeof text - (size_t)len, "=%02X",
                        (unsigned)*c);
    len += snprintf(text + len, sizeof text - (size_t)len, "\n--cut--\n");
    scan_bytes(ASSAY_CONTENT_MESSAGE, text, (size_t)len, &finding);
    ck_assert_msg(finding.found == ASSAY_FOUND_THREAT, "found %d %s",
                  finding.found, finding.info);
}
END_TEST

/* Decoded parts as the dispatcher hands them over: headers, then a body. */
static const char *const message_types[] = {
    "message/rfc822",        "message/global",          "message/partial",
    "Message/External-Body", "message/delivery-status",
};

static void scan_message_part(const char *media_type, const char *data,
                              size_t size, assay_finding *finding)
{
    const assay_content content = {.kind = ASSAY_CONTENT_PART,
                                   .data = data,
                                   .size = size,
                                   .media_type = media_type};
    const assay_scan_args args = {&content,
                                  assay__clamav_now_ms() + TIMEOUT_MS};

    memset(finding, 0, sizeof *finding);
    assay__clamav_ops.scan(fixture_instance, &args, finding);
}

/* The attachment is THREAT_A THREAT_B in base64. */
static const char part_mail[] =
    "X-Odd: 1\r\n"
    "Content-Type: multipart/mixed; boundary=cut\r\n\r\n"
    "--cut\r\nContent-Type: application/octet-stream\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\n"
    "%s\r\n--cut--\r\n";
#define THREAT_BASE64              \
    "OGYxZDBjNmJlMjdhNDQ5NWIzZTlh" \
    "MDdjNWQxMjhmNjQwM2FhOTFkZQ=="

START_TEST(attachment_found_in_a_part_of_any_message_type)
{
    char mail[512];
    int len = snprintf(mail, sizeof mail, part_mail, THREAT_BASE64);
    assay_finding finding;

    scan_message_part(message_types[_i], mail, (size_t)len, &finding);
    ck_assert_msg(finding.found == ASSAY_FOUND_THREAT &&
                      !strcmp(finding.info, "Test-Threat.UNOFFICIAL"),
                  "%s: found %d %s", message_types[_i], finding.found,
                  finding.info);
}
END_TEST

START_TEST(clean_part_of_any_message_type_is_clean)
{
    char mail[512];
    int len = snprintf(mail, sizeof mail, part_mail, "aGFybWxlc3M=");
    assay_finding finding;

    scan_message_part(message_types[_i], mail, (size_t)len, &finding);
    ck_assert_msg(finding.found == ASSAY_FOUND_NOTHING, "%s: found %d %s",
                  message_types[_i], finding.found, finding.info);
}
END_TEST

/* Only those are read as mail: libclamav does not know the first line. */
START_TEST(part_of_another_type_is_no_mail)
{
    char mail[512];
    int len = snprintf(mail, sizeof mail, part_mail, THREAT_BASE64);
    assay_finding finding;

    scan_message_part("messages/x", mail, (size_t)len, &finding);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_NOTHING);
}
END_TEST

/* A type that a part claims does not make an archive readable. */
START_TEST(archive_that_claims_to_be_a_message_is_unscannable)
{
    static const char rar[] = "Rar!\x1a\x07\x00 and what nobody unpacks";
    assay_finding finding;

    scan_message_part(message_types[_i], rar, sizeof rar - 1, &finding);
    ck_assert_msg(finding.found == ASSAY_FOUND_UNSCANNABLE, "%s: found %d %s",
                  message_types[_i], finding.found, finding.info);
}
END_TEST

START_TEST(file_kind_is_not_forced_to_be_mail)
{
    static const char text[] = "just some words\n";
    assay_finding finding;

    scan_bytes(ASSAY_CONTENT_FILE, text, sizeof text - 1, &finding);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_NOTHING);
}
END_TEST

/* Scan codes of spec/antivirus section 15: OK, Empty file, the name. */
START_TEST(empty_content_has_its_own_scan_code)
{
    assay_finding finding;

    scan_bytes(ASSAY_CONTENT_PART, NULL, 0, &finding);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_NOTHING);
    ck_assert_str_eq(finding.scan_code, "Empty file");
    ck_assert_uint_eq(finding.coverage.bytes_seen, 0);
}
END_TEST

START_TEST(oversize_content_is_refused_before_the_scan)
{
    char *data = calloc(1, fixture_settings.max_filesize + 1);
    assay_finding finding;

    ck_assert_ptr_nonnull(data);
    scan_bytes(ASSAY_CONTENT_FILE, data, fixture_settings.max_filesize + 1,
               &finding);
    free(data);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_UNSCANNABLE);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_OVERSIZE);
    ck_assert_str_eq(finding.info,
                     "4194305 bytes are more than max_filesize (4194304)");
    ck_assert_uint_eq(finding.coverage.limits_hit, ASSAY_LIMIT_FILE_SIZE);
}
END_TEST

START_TEST(passed_deadline_is_a_timeout)
{
    const assay_content content = {
        .kind = ASSAY_CONTENT_FILE, .data = "x", .size = 1};
    const assay_scan_args args = {&content, assay__clamav_now_ms()};
    assay_finding finding = {0};

    assay__clamav_ops.scan(fixture_instance, &args, &finding);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_TIMEOUT);
}
END_TEST

/* What we end from inside libclamav is no threat that it found. */
START_TEST(a_deadline_that_passes_during_a_scan_is_a_timeout)
{
    struct assay__clamav *self = fixture_instance;
    assay_error err = {0};

    ck_assert_int_ne(assay__clamav_prove(self, self->present,
                                         assay__clamav_now_ms() - 1, false,
                                         &err),
                     ASSAY_OK);
    ck_assert_str_eq(err.msg, "the canary failed: a bare file was not "
                              "detected: the deadline passed during the scan");
}
END_TEST

START_TEST(clean_cache_is_off)
{
    const struct assay__clamav *self = fixture_instance;

    ck_assert_int_eq((int)cl_engine_get_num(self->present->engine,
                                            CL_ENGINE_DISABLE_CACHE, NULL),
                     1);
}
END_TEST

START_TEST(probe_passes)
{
    assay_error err = {0};

    ck_assert_msg(assay__clamav_ops.probe(fixture_instance, &err) == ASSAY_OK,
                  "%s", err.msg);
}
END_TEST

START_TEST(probe_names_the_canary_that_is_missed)
{
    struct assay__clamav *self = fixture_instance;
    struct assay__clamav_sample *zip = &self->canary.samples[4];
    assay_error err = {0};

    zip->data[zip->size / 2] ^= 1; /* an engine that cannot unpack it */
    zip->data[zip->size / 2 + 1] ^= 1;
    zip->size = zip->size * 2 / 3;
    ck_assert_int_eq(assay__clamav_ops.probe(fixture_instance, &err),
                     ASSAY_E_UNAVAILABLE);
    ck_assert_str_eq(err.msg,
                     "the canary failed: a zip attachment was not detected");
}
END_TEST

/* Nobody can send the canary: its text is new in each instance. */
START_TEST(canary_text_is_not_shared)
{
    struct assay__clamav *self = fixture_instance, *other;
    assay_error err = {0};
    void *second = NULL;

    ck_assert_int_eq(fixture_open(&second, &err), ASSAY_OK);
    other = second;
    ck_assert_str_ne(self->canary.marker, other->canary.marker);
    assay__clamav_ops.close(second);
}
END_TEST

/* AV-31 */
START_TEST(version_names_library_and_definitions)
{
    char text[256], want[256];

    assay__clamav_ops.version(fixture_instance, text, sizeof text);
    snprintf(want, sizeof want,
             "antivirus: clamav %s\nAV definitions version: 0", cl_retver());
    ck_assert_str_eq(text, want);
}
END_TEST

START_TEST(private_folder_goes_with_the_instance)
{
    struct assay__clamav *self = fixture_instance;
    struct stat status;
    char path[PATH_MAX], junk[PATH_MAX + 8];

    snprintf(path, sizeof path, "%s", self->folder.path);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0700);
    snprintf(junk, sizeof junk, "%s/left", path);
    ck_assert_int_eq(mkdir(junk, 0700), 0);
    snprintf(junk, sizeof junk, "%s/left/l", path);
    ck_assert_int_eq(symlink("/etc", junk), 0);
    assay__clamav_ops.close(fixture_instance);
    fixture_instance = NULL;
    ck_assert_int_eq(stat(path, &status), -1);
    ck_assert_int_eq(stat("/etc", &status), 0);
}
END_TEST

/* ---- many at once ------------------------------------------------------ */

struct worker {
    pthread_t thread;
    int missed;
    char info[ASSAY_VERDICT_INFO_MAX];
};

static void *scan_often(void *arg)
{
    struct worker *worker = arg;
    char mail[4096];
    size_t size = make_mail(mail, sizeof mail, FIRST("Received: a\r\n"), true);

    for (int i = 0; i < SCANS; i++) {
        assay_finding finding;

        scan_bytes(ASSAY_CONTENT_MESSAGE, mail, size, &finding);
        if (finding.found == ASSAY_FOUND_THREAT)
            continue;
        worker->missed++;
        snprintf(worker->info, sizeof worker->info, "%s", finding.info);
    }
    return NULL;
}

START_TEST(threads_share_an_instance)
{
    struct worker workers[THREADS] = {0};

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&workers[i].thread, NULL, scan_often, &workers[i]),
            0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        ck_assert_msg(!workers[i].missed, "thread %d missed %d: %s", i,
                      workers[i].missed, workers[i].info);
    }
}
END_TEST

/* Forked workers draw the same temporary names; see spec/faults fact 4. */
START_TEST(forked_processes_do_not_collide)
{
    pid_t children[CHILDREN];
    struct worker before = {0};

    scan_often(&before);
    ck_assert_int_eq(before.missed, 0);
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (!children[i]) {
            struct worker worker = {0};

            scan_often(&worker);
            assay__clamav_ops.close(fixture_instance);
            _exit(worker.missed != 0);
        }
    }
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;

        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert_int_eq(status, 0);
    }
    scan_often(&before); /* the folder of the parent is still there */
    ck_assert_int_eq(before.missed, 0);
}
END_TEST

/* A claim is waited for, not refused, while others hold it. */
START_TEST(claims_that_exceed_the_room_wait_their_turn)
{
    struct assay__clamav *self = fixture_instance;
    struct assay__clamav_claim most = {.descriptors = 600};
    assay_finding fault = {0};
    int64_t now = assay__clamav_now_ms();

    ck_assert(assay__clamav_guard_enter(&self->guard, &most, now + 1, &fault));
    most.bytes = UINT64_C(1) << 60;
    ck_assert(!assay__clamav_guard_enter(&self->guard, &most, now + 1, &fault));
    ck_assert_int_eq(fault.reason, ASSAY_REASON_TEMPORARY);
    ck_assert_uint_eq(self->guard.in_flight, 1);
    ck_assert_uint_eq(self->guard.claimed.descriptors, 600);
    most.bytes = 0;
    ck_assert(assay__clamav_guard_leave(&self->guard, &most, &fault));
    ck_assert_uint_eq(self->guard.in_flight, 0);
}
END_TEST

/* ---- names and messages ------------------------------------------------ */

static const struct {
    const char *name;
    assay_found found;
    assay_reason reason;
    uint32_t limits;
} alerts[] = {
    {"Win.Test.EICAR_HDB-1", ASSAY_FOUND_THREAT, ASSAY_REASON_NONE, 0},
    {"Heuristics.Phishing.Email.SpoofedDomain", ASSAY_FOUND_THREAT,
     ASSAY_REASON_NONE, 0},
    {"Heuristics.Limits.Exceeded.MaxFileSize", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_FILE_SIZE},
    {"Heuristics.Limits.Exceeded.MaxScanSize", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_SCAN_SIZE},
    {"Heuristics.Limits.Exceeded.MaxFiles", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_FILES},
    {"Heuristics.Limits.Exceeded.MaxRecursion", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_RECURSION},
    {"Heuristics.Limits.Exceeded.MaxScanTime", ASSAY_FOUND_FAULT,
     ASSAY_REASON_TIMEOUT, ASSAY_LIMIT_TIME},
    {"Heuristics.Limits.Exceeded.EmailHeaders", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, ASSAY_LIMIT_HEADERS},
    {"Heuristics.Limits.Exceeded.EmailMIMEPartsPerMessage",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT, ASSAY_LIMIT_PARTS},
    {"Heuristics.Limits.Exceeded", ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     ASSAY_LIMIT_OTHER},
    {"Heuristics.Encrypted.Zip", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED, 0},
    {"Heuristics.Encrypted.PDF", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_ENCRYPTED, 0},
};

START_TEST(alert_names_are_mapped)
{
    assay_finding finding = {0};

    assay__clamav_name_map(alerts[_i].name, &finding);
    ck_assert_msg(finding.found == alerts[_i].found &&
                      finding.reason == alerts[_i].reason &&
                      finding.coverage.limits_hit == alerts[_i].limits,
                  "%s: got %d/%d/%#x", alerts[_i].name, finding.found,
                  finding.reason, finding.coverage.limits_hit);
    ck_assert_str_eq(finding.scan_code, alerts[_i].name);
    ck_assert_uint_eq(finding.coverage.members_unopened,
                      alerts[_i].reason == ASSAY_REASON_ENCRYPTED);
}
END_TEST

static const struct {
    const char *text;
    assay_reason fault;
    unsigned unknown;
} log_lines[] = {
    {"Can't create temporary directory for scan: /x.\n", ASSAY_REASON_TEMPORARY,
     0},
    {"cli_gentempfd: Can't create temporary file /x: Too many open files\n",
     ASSAY_REASON_DESCRIPTORS, 0},
    {"fmap: map allocation failed\n", ASSAY_REASON_MEMORY, 0},
    {"cli_writen: write error: No space left on device\n",
     ASSAY_REASON_TEMPORARY, 0},
    {"PNG: odd chunk\n", ASSAY_REASON_NONE, 1},
};

START_TEST(log_lines_are_sorted)
{
    struct assay__clamav_messages messages = {0};

    assay__clamav_messages_add(&messages, log_lines[_i].text);
    ck_assert_msg(messages.fault == log_lines[_i].fault &&
                      messages.unknown == log_lines[_i].unknown,
                  "%s: got %d, %u unknown", log_lines[_i].text, messages.fault,
                  messages.unknown);
    ck_assert_int_eq(messages.first[0], log_lines[_i].text[0]);
    ck_assert_ptr_null(strchr(messages.first, '\n'));
}
END_TEST

START_TEST(a_fault_outlives_harmless_lines)
{
    struct assay__clamav_messages messages = {0};

    assay__clamav_messages_add(&messages, "odd\n");
    assay__clamav_messages_add(&messages, "Can't write to file\n");
    assay__clamav_messages_add(&messages, "odd again\n");
    ck_assert_int_eq(messages.fault, ASSAY_REASON_TEMPORARY);
    ck_assert_str_eq(messages.first, "Can't write to file");
}
END_TEST

/* "name = default" lines of clamav.opt, in the order of the table. */
START_TEST(options_are_documented)
{
    const assay_conf_option *option = assay__clamav_conf.options;
    FILE *in = fopen(CLAMAV_OPT, "re");
    char line[256], name[64], value[128];

    ck_assert_msg(in != NULL, "%s", CLAMAV_OPT);
    while (fgets(line, sizeof line, in)) {
        value[0] = '\0';
        if (line[0] == ' ' || sscanf(line, "%63s = %127s", name, value) < 1 ||
            name[0] == '#')
            continue;
        ck_assert_ptr_nonnull(option->name);
        ck_assert_str_eq(name, option->name);
        ck_assert_str_eq(value,
                         option->default_value ? option->default_value : "");
        option++;
    }
    fclose(in);
    ck_assert_ptr_null(option->name);
}
END_TEST

START_TEST(module_table_is_complete)
{
    extern const assay_engine_module assay_engine_module_v1;
    const assay_engine_module *module = &assay_engine_module_v1;

    ck_assert_str_eq(module->name, "clamav");
    ck_assert_uint_eq(module->struct_size, sizeof *module);
    ck_assert_ptr_eq(module->conf, &assay__clamav_conf);
    ck_assert_uint_eq(module->ops->struct_size, sizeof(assay_engine_ops));
    ck_assert_str_eq(module->conf->options[0].default_value, "/var/lib/clamav");
}
END_TEST

/* ---- suite ------------------------------------------------------------- */

static void add_scans(Suite *suite)
{
    TCase *tcase = tcase_create("scan");

    tcase_add_checked_fixture(tcase, fixture_open_ready, fixture_close_ready);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    tcase_add_loop_test(tcase, attachment_found_whatever_the_first_line, 0,
                        (int)COUNT_OF(first_lines));
    tcase_add_loop_test(tcase, clean_mail_is_clean_whatever_the_first_line, 0,
                        (int)COUNT_OF(first_lines));
    tcase_add_test(tcase, mbox_line_in_the_body_hides_nothing);
    tcase_add_loop_test(tcase, attachment_found_in_a_part_of_any_message_type,
                        0, (int)COUNT_OF(message_types));
    tcase_add_loop_test(tcase, clean_part_of_any_message_type_is_clean, 0,
                        (int)COUNT_OF(message_types));
    tcase_add_test(tcase, part_of_another_type_is_no_mail);
    tcase_add_loop_test(tcase,
                        archive_that_claims_to_be_a_message_is_unscannable, 0,
                        (int)COUNT_OF(message_types));
    tcase_add_test(tcase, file_kind_is_not_forced_to_be_mail);
    tcase_add_test(tcase, empty_content_has_its_own_scan_code);
    tcase_add_test(tcase, oversize_content_is_refused_before_the_scan);
    tcase_add_test(tcase, passed_deadline_is_a_timeout);
    tcase_add_test(tcase, a_deadline_that_passes_during_a_scan_is_a_timeout);
    tcase_add_test(tcase, clean_cache_is_off);
    tcase_add_test(tcase, probe_passes);
    tcase_add_test(tcase, probe_names_the_canary_that_is_missed);
    tcase_add_test(tcase, canary_text_is_not_shared);
    tcase_add_test(tcase, version_names_library_and_definitions);
    tcase_add_test(tcase, private_folder_goes_with_the_instance);
    tcase_add_test(tcase, threads_share_an_instance);
    tcase_add_test(tcase, forked_processes_do_not_collide);
    tcase_add_test(tcase, claims_that_exceed_the_room_wait_their_turn);
}

static void add_tables(Suite *suite)
{
    TCase *tcase = tcase_create("tables");

    tcase_add_loop_test(tcase, alert_names_are_mapped, 0,
                        (int)COUNT_OF(alerts));
    tcase_add_loop_test(tcase, log_lines_are_sorted, 0,
                        (int)COUNT_OF(log_lines));
    tcase_add_test(tcase, a_fault_outlives_harmless_lines);
    tcase_add_test(tcase, options_are_documented);
    tcase_add_test(tcase, module_table_is_complete);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("clamav");

    add_scans(suite);
    add_tables(suite);
    return check_run(suite);
}
