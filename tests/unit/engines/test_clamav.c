/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The clamav engine without faults of the host (tests/system/clamav_faults
 * makes those): what it refuses to open, what it finds in mail, how alerts of
 * libclamav that are no threats come out, and many scans at once.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clamav_engine.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
/* 40 random characters; nothing else in the tree holds them in one piece. */
#define THREAT_A "8f1d0c6be27a4495"
#define THREAT_B "b3e9a07c5d128f6403aa91de"

enum { TIMEOUT_MS = 60000, THREADS = 8, SCANS = 60, CHILDREN = 4 };

static char root[64], signatures[128], temporary[128];
static struct assay__clamav_settings settings;
static void *instance;

/* ---- places and instances ---------------------------------------------- */

static void write_file(const char *folder, const char *name, const char *text,
                       size_t size)
{
    char path[256];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "we");
    ck_assert_msg(out && fwrite(text, 1, size, out) == size, "%s", path);
    fclose(out);
}

static void write_signature(const char *name)
{
    char line[256];
    size_t len = (size_t)snprintf(line, sizeof line, "%s:0:*:", name);

    for (const char *c = THREAT_A THREAT_B; *c; c++)
        len += (size_t)snprintf(line + len, sizeof line - len, "%02x",
                                (unsigned)*c);
    line[len++] = '\n';
    write_file(signatures, "test.ndb", line, len);
}

static void make_places(void)
{
    snprintf(root, sizeof root, "/tmp/assay-test-clamav-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(signatures, sizeof signatures, "%s/db", root);
    snprintf(temporary, sizeof temporary, "%s/tmp", root);
    ck_assert_int_eq(mkdir(signatures, 0700), 0);
    ck_assert_int_eq(mkdir(temporary, 0700), 0);
    settings = (struct assay__clamav_settings){
        .signatures = signatures,
        .temporary = temporary,
        .max_scansize = 16 << 20,
        .max_filesize = 4 << 20,
        .max_files = 1000,
        .max_recursion = 17,
        .detect_phishing = true,
    };
}

static void remove_places(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
}

static assay_rc open_instance(void **out, assay_error *err)
{
    const assay_engine_args args = {
        .instance = "clamav1",
        .scope = "scope1",
        .settings = &settings,
        .timeout_ms = TIMEOUT_MS,
        .max_size = 1 << 30,
    };

    return assay__clamav_ops.open(&args, out, err);
}

static void open_ready(void)
{
    assay_error err = {0};

    make_places();
    write_signature("Test-Threat");
    ck_assert_msg(open_instance(&instance, &err) == ASSAY_OK, "%s", err.msg);
}

static void close_ready(void)
{
    assay__clamav_ops.close(instance);
    remove_places();
}

static void scan_bytes(assay_content_kind kind, const void *data, size_t size,
                       assay_finding *finding)
{
    const assay_content content = {.kind = kind, .data = data, .size = size};
    const assay_scan_args args = {&content,
                                  assay__clamav_now_ms() + TIMEOUT_MS};

    memset(finding, 0, sizeof *finding);
    finding->coverage.bytes_total = size;
    assay__clamav_ops.scan(instance, &args, finding);
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

#define FIRST(text) text, sizeof(text) - 1

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
    char *data = calloc(1, settings.max_filesize + 1);
    assay_finding finding;

    ck_assert_ptr_nonnull(data);
    scan_bytes(ASSAY_CONTENT_FILE, data, settings.max_filesize + 1, &finding);
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

    assay__clamav_ops.scan(instance, &args, &finding);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
    ck_assert_int_eq(finding.reason, ASSAY_REASON_TIMEOUT);
}
END_TEST

START_TEST(clean_cache_is_off)
{
    const struct assay__clamav *self = instance;

    ck_assert_int_eq(
        (int)cl_engine_get_num(self->engine, CL_ENGINE_DISABLE_CACHE, NULL), 1);
}
END_TEST

START_TEST(probe_passes)
{
    assay_error err = {0};

    ck_assert_msg(assay__clamav_ops.probe(instance, &err) == ASSAY_OK, "%s",
                  err.msg);
}
END_TEST

START_TEST(probe_names_the_canary_that_is_missed)
{
    struct assay__clamav *self = instance;
    struct assay__clamav_sample *zip = &self->canary.samples[4];
    assay_error err = {0};

    zip->data[zip->size / 2] ^= 1; /* an engine that cannot unpack it */
    zip->data[zip->size / 2 + 1] ^= 1;
    zip->size = zip->size * 2 / 3;
    ck_assert_int_eq(assay__clamav_ops.probe(instance, &err),
                     ASSAY_E_UNAVAILABLE);
    ck_assert_str_eq(err.msg,
                     "the canary failed: a zip attachment was not detected");
}
END_TEST

/* Nobody can send the canary: its text is new in each instance. */
START_TEST(canary_text_is_not_shared)
{
    struct assay__clamav *self = instance, *other;
    assay_error err = {0};
    void *second = NULL;

    ck_assert_int_eq(open_instance(&second, &err), ASSAY_OK);
    other = second;
    ck_assert_str_ne(self->canary.marker, other->canary.marker);
    assay__clamav_ops.close(second);
}
END_TEST

START_TEST(version_names_library_and_definitions)
{
    char text[256], want[256];

    assay__clamav_ops.version(instance, text, sizeof text);
    snprintf(want, sizeof want,
             "antivirus: clamav %s\nAV definitions version: 0", cl_retver());
    ck_assert_str_eq(text, want);
}
END_TEST

START_TEST(private_folder_goes_with_the_instance)
{
    struct assay__clamav *self = instance;
    struct stat status;
    char path[PATH_MAX], junk[PATH_MAX + 8];

    snprintf(path, sizeof path, "%s", self->folder.path);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0700);
    snprintf(junk, sizeof junk, "%s/left", path);
    ck_assert_int_eq(mkdir(junk, 0700), 0);
    snprintf(junk, sizeof junk, "%s/left/l", path);
    ck_assert_int_eq(symlink("/etc", junk), 0);
    assay__clamav_ops.close(instance);
    instance = NULL;
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
            assay__clamav_ops.close(instance);
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
    struct assay__clamav *self = instance;
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

/* ---- folders of signatures --------------------------------------------- */

/* Opening must fail and say: before, the folder, after. */
static void refuse(const char *before, const char *after)
{
    void *opened = NULL;
    char full[ASSAY_ERROR_MAX];
    assay_error err = {0};
    assay_rc rc = open_instance(&opened, &err);

    snprintf(full, sizeof full, "%s%s%s", before, settings.signatures, after);
    ck_assert_int_ne(rc, ASSAY_OK);
    ck_assert_ptr_null(opened);
    ck_assert_msg(!strcmp(err.msg, full), "got \"%s\", want \"%s\"", err.msg,
                  full);
}

START_TEST(missing_folder_is_refused)
{
    settings.signatures = "/nonexistent/db";
    refuse("the signature folder ", " does not exist");
}
END_TEST

START_TEST(file_as_folder_is_refused)
{
    settings.signatures = "/etc/passwd";
    refuse("the signature folder ", " is not a folder");
}
END_TEST

START_TEST(empty_folder_is_refused)
{
    refuse("the signature folder ", " has no signature files");
}
END_TEST

START_TEST(folder_without_signatures_is_refused)
{
    write_file(signatures, "local.ign2", FIRST("Some-Name\n"));
    refuse("the signature folder ", " has no signatures");
}
END_TEST

START_TEST(unreadable_folder_is_refused)
{
    ck_assert_int_eq(chown(root, 65534, 65534), 0);
    ck_assert_int_eq(chown(temporary, 65534, 65534), 0);
    ck_assert_int_eq(setuid(65534), 0);
    refuse("cannot read the signature folder ", ": Permission denied");
}
END_TEST

START_TEST(truncated_file_is_refused_by_name)
{
    write_file(signatures, "test.ndb", FIRST("A-Name:0:*:aabbccdd\nB-Name:0"));
    refuse("cannot load the signatures ", "/test.ndb: Malformed database");
}
END_TEST

START_TEST(damaged_database_is_refused_by_name)
{
    char data[1024] = "ClamAV-VDB:10 Jan 2025 00-00 +0000:27000:100:90:X:X:"
                      "builder:1700000000";

    write_signature("Test-Threat");
    memset(data + 80, ' ', 512 - 80);
    memset(data + 512, 0x5a, 512);
    write_file(signatures, "daily.cvd", data, sizeof data);
    refuse("cannot load the signatures ",
           "/daily.cvd: Can't verify database integrity");
}
END_TEST

START_TEST(temporary_folder_is_checked_at_open)
{
    void *opened = NULL;
    assay_error err = {0};

    write_signature("Test-Threat");
    settings.temporary = "/nonexistent/tmp";
    ck_assert_int_eq(open_instance(&opened, &err), ASSAY_E_IO);
    ck_assert_str_eq(err.msg, "cannot open the temporary folder "
                              "/nonexistent/tmp: No such file or directory");
    settings.temporary = temporary;
    ck_assert_int_eq(chmod(temporary, 0777), 0);
    ck_assert_int_eq(open_instance(&opened, &err), ASSAY_E_IO);
    ck_assert_msg(strstr(err.msg, "writable for everybody"), "%s", err.msg);
}
END_TEST

START_TEST(temporary_folder_may_not_be_a_link)
{
    char link[160];
    void *opened = NULL;
    assay_error err = {0};

    write_signature("Test-Threat");
    snprintf(link, sizeof link, "%s/link", root);
    ck_assert_int_eq(symlink(temporary, link), 0);
    settings.temporary = link;
    ck_assert_int_eq(open_instance(&opened, &err), ASSAY_E_IO);
}
END_TEST

START_TEST(any_change_of_the_files_changes_the_epoch)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    assay_error err = {0};
    void *opened = NULL;

    write_signature("Test-Threat");
    ck_assert_int_eq(open_instance(&opened, &err), ASSAY_OK);
    assay__clamav_ops.epoch(opened, before, sizeof before);
    assay__clamav_ops.close(opened);
    write_signature("Tast-Threat"); /* same size */
    ck_assert_int_eq(open_instance(&opened, &err), ASSAY_OK);
    assay__clamav_ops.epoch(opened, after, sizeof after);
    assay__clamav_ops.close(opened);
    ck_assert_str_ne(before, after);
    ck_assert_int_eq(strncmp(before, "clamav-", 7), 0);
    ck_assert_msg(strstr(before, "/0/1/"), "%s", before);
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

static TCase *new_case(Suite *suite, const char *name, SFun setup, SFun clean)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, setup, clean);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    return tcase;
}

static void add_scans(Suite *suite)
{
    TCase *tcase = new_case(suite, "scan", open_ready, close_ready);

    tcase_add_loop_test(tcase, attachment_found_whatever_the_first_line, 0,
                        (int)COUNT_OF(first_lines));
    tcase_add_loop_test(tcase, clean_mail_is_clean_whatever_the_first_line, 0,
                        (int)COUNT_OF(first_lines));
    tcase_add_test(tcase, mbox_line_in_the_body_hides_nothing);
    tcase_add_test(tcase, file_kind_is_not_forced_to_be_mail);
    tcase_add_test(tcase, empty_content_has_its_own_scan_code);
    tcase_add_test(tcase, oversize_content_is_refused_before_the_scan);
    tcase_add_test(tcase, passed_deadline_is_a_timeout);
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

static void add_signatures(Suite *suite)
{
    TCase *tcase = new_case(suite, "signatures", make_places, remove_places);

    tcase_add_test(tcase, missing_folder_is_refused);
    tcase_add_test(tcase, file_as_folder_is_refused);
    tcase_add_test(tcase, empty_folder_is_refused);
    tcase_add_test(tcase, folder_without_signatures_is_refused);
    if (!geteuid())
        tcase_add_test(tcase, unreadable_folder_is_refused);
    tcase_add_test(tcase, truncated_file_is_refused_by_name);
    tcase_add_test(tcase, damaged_database_is_refused_by_name);
    tcase_add_test(tcase, temporary_folder_is_checked_at_open);
    tcase_add_test(tcase, temporary_folder_may_not_be_a_link);
    tcase_add_test(tcase, any_change_of_the_files_changes_the_epoch);
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
    SRunner *runner = srunner_create(suite);
    int failed;

    add_scans(suite);
    add_signatures(suite);
    add_tables(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
