/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replies of clamd (CL-04, CL-05, CL-06, CL-10): each line of its protocol,
 * and each of them cut, glued, wrongly ended and spoiled. The property: clean
 * is a complete OK, infected a complete FOUND with a name, all else neither.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "clamav_engine.h"
#include "clamd_reply.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define STREAM ASSAY__CLAMD_INSTREAM
#define FD ASSAY__CLAMD_FILDES

enum { ID = 7, SIZE = 100 };

static struct assay__clamd_reply reply;
static assay_finding finding;

static void parse(const char *bytes, size_t len,
                  enum assay__clamd_command command)
{
    /* In memory of its own, so that a sanitizer sees a read behind it. */
    char *copy = malloc(len ? len : 1);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, len);
    assay__clamd_reply_parse(copy, len, ID, command, &reply);
    free(copy);
    finding = (assay_finding){.coverage.bytes_total = SIZE};
    assay__clamd_reply_judge(&reply, SIZE, &finding);
}

static const struct {
    enum assay__clamd_command command;
    const char *line; /* without the terminator */
    assay_found found;
    assay_reason reason;
    const char *code, *info;
} lines[] = {
    {STREAM, "7: stream: OK", ASSAY_FOUND_NOTHING, 0, "OK", ""},
    {FD, "7: fd[10]: OK", ASSAY_FOUND_NOTHING, 0, "OK", ""},
    {STREAM, "7: stream: Eicar-Test-Signature FOUND", ASSAY_FOUND_THREAT, 0,
     "Eicar-Test-Signature", "Eicar-Test-Signature"},
    {FD, "7: fd[3]: Eicar-Test-Signature FOUND", ASSAY_FOUND_THREAT, 0,
     "Eicar-Test-Signature", "Eicar-Test-Signature"},
    {STREAM, "7: stream: Eicar(44d88612fea8a8f36de82e1278abb02f:68) FOUND",
     ASSAY_FOUND_THREAT, 0, "Eicar", "Eicar"},
    {STREAM, "7: stream: A.b(c) FOUND", ASSAY_FOUND_THREAT, 0, "A.b(c)",
     "A.b(c)"},
    {STREAM, "7: stream: A(:1) FOUND", ASSAY_FOUND_THREAT, 0, "A(:1)", "A(:1)"},
    {STREAM, "7: stream: OK FOUND", ASSAY_FOUND_THREAT, 0, "OK", "OK"},
    {STREAM, "7: stream: (null) FOUND", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE,
     "", "without a valid name"},
    {STREAM, "7: stream: (null)(44d8:68) FOUND", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "without a valid name"},
    {STREAM, "7: stream:  FOUND", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "without a valid name"},
    {STREAM, "7: stream: (44d8:68) FOUND", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "without a valid name"},
    {STREAM, "7: stream: FOUND", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no result of a scan"},
    {STREAM, "7: stream: two words FOUND", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "without a valid name: stream: two words FOUND"},
    {STREAM, "7: stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     "Heuristics.Limits.Exceeded.MaxFileSize", "MaxFileSize"},
    {STREAM, "7: stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     "Heuristics.Limits.Exceeded.MaxScanSize", "MaxScanSize"},
    {STREAM, "7: stream: Heuristics.Limits.Exceeded.MaxFiles FOUND",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     "Heuristics.Limits.Exceeded.MaxFiles", "MaxFiles"},
    {STREAM, "7: stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT,
     "Heuristics.Limits.Exceeded.MaxRecursion", "MaxRecursion"},
    {STREAM, "7: stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND",
     ASSAY_FOUND_FAULT, ASSAY_REASON_TIMEOUT,
     "Heuristics.Limits.Exceeded.MaxScanTime", "MaxScanTime"},
    {STREAM, "7: stream: Heuristics.Limits.Exceeded FOUND",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT, "Heuristics.Limits.Exceeded",
     "Exceeded"},
    {STREAM, "7: stream: Heuristics.Encrypted.Zip FOUND",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_ENCRYPTED,
     "Heuristics.Encrypted.Zip", "Encrypted"},
    {STREAM, "7: INSTREAM size limit exceeded. ERROR", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_OVERSIZE, "", "StreamMaxLength"},
    {STREAM, "7: stream: larger than max_size ERROR", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_OVERSIZE, "", "max_size"},
    /* It must not end the quotes it stands in in the log. */
    {STREAM, "7: stream: a\" status=\"clean ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "a' status='clean ERROR"},
    {STREAM, "7: stream: Can't allocate memory ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_MEMORY, "", "Can't allocate memory"},
    {STREAM, "7: stream: Exceeded time limit ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_TIMEOUT, "", "Exceeded time limit"},
    {STREAM, "7: stream: Exceeded max recursion depth ERROR",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT, "", "recursion"},
    {STREAM, "7: stream: Exceeded max scan size ERROR", ASSAY_FOUND_UNSCANNABLE,
     ASSAY_REASON_LIMIT, "", "scan size"},
    {STREAM, "7: stream: Exceeded max scan files ERROR",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_LIMIT, "", "scan files"},
    {STREAM, "7: stream: Bad format or broken data ERROR",
     ASSAY_FOUND_UNSCANNABLE, ASSAY_REASON_MALFORMED, "", "Bad format"},
    {STREAM, "7: stream: Can't create temporary file ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_TEMPORARY, "", "temporary file"},
    {STREAM, "7: Error writing to temporary file ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_TEMPORARY, "", "temporary file"},
    {STREAM, "7: stream: Can't duplicate file descriptor ERROR",
     ASSAY_FOUND_FAULT, ASSAY_REASON_DESCRIPTORS, "", "duplicate"},
    {STREAM, "7: stream: Access denied. ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "Access denied. ERROR"},
    {STREAM, "7: stream: File path check failure: No such file ERROR",
     ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "", "check failure"},
    {STREAM, "7: stream: Empty file", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE,
     "", "received nothing"},
    {STREAM, "7: stream: Excluded", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "Excluded"},
    {FD, "7: fd[3]: Not a regular file ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "Not a regular file"},
    {FD, "7: fd[3]: Not supported file type ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "Not supported"},
    {STREAM, "7: Error processing command. ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "Error processing command. ERROR"},
    {STREAM, "7: Not enough threads for multiscan. Increase MaxThreads. ERROR",
     ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "", "Not enough threads"},
    {FD, "7: No file descriptor received. ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "No file descriptor"},
    {FD, "7: FILDES: didn't receive file descriptor. ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "FILDES"},
    {FD, "7: FILDES support not compiled in. ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "not compiled in"},
    {FD, "7: PROTOCOL ERROR: ancillary data sent without FILDES. ERROR",
     ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "", "PROTOCOL ERROR"},
    {STREAM, "7: Command invalid inside IDSESSION. ERROR", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "invalid inside"},
    {STREAM,
     "7: Only nCMDS\\n and zCMDS\\0 are accepted inside IDSESSION. ERROR",
     ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "", "are accepted"},
    {STREAM, "7: COMMAND UNAVAILABLE", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE,
     "", "COMMAND UNAVAILABLE"},
    {STREAM, "UNKNOWN COMMAND", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "UNKNOWN COMMAND"},
    {STREAM, "COMMAND READ TIMED OUT\n", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE,
     "", "COMMAND READ TIMED OUT"},
    {STREAM, "stream: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "another command: stream: OK"},
    {STREAM, "6: stream: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "another command"},
    {STREAM, "77: stream: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "another command"},
    {STREAM, "07: stream: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "another command"},
    {STREAM, "7: fd[10]: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no reply to a scan"},
    {FD, "7: stream: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no reply to a scan"},
    {FD, "7: fd[]: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no reply to a scan"},
    {FD, "7: fd[1x]: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no reply to a scan"},
    {STREAM, "7: stream: OK ", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no result"},
    {STREAM, "7: stream: ok", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no result"},
    {STREAM, "7: stream:  OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no result"},
    {STREAM, "7: stream: a.txt: OK", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "no result"},
    {STREAM, "7: stream: OK\n", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "",
     "control characters"},
    {STREAM, "7: stream: \033[1m FOUND", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE,
     "", "control characters: stream: ?[1m FOUND"},
    {STREAM, "7: stream: \303\244 FOUND", ASSAY_FOUND_FAULT,
     ASSAY_REASON_ENGINE, "", "control characters"},
    {STREAM, "7: PONG", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "", "PONG"},
    {STREAM, "7: ", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "", ""},
    {STREAM, "", ASSAY_FOUND_FAULT, ASSAY_REASON_ENGINE, "", ""},
};

START_TEST(each_line_means_what_it_says)
{
    parse(lines[_i].line, strlen(lines[_i].line) + 1, lines[_i].command);
    ck_assert_msg(finding.found == lines[_i].found &&
                      finding.reason == lines[_i].reason,
                  "%s: found %d, reason %d: %s", lines[_i].line, finding.found,
                  finding.reason, finding.info);
    ck_assert_str_eq(finding.scan_code, lines[_i].code);
    ck_assert_msg(strstr(finding.info, lines[_i].info) != NULL, "%s: got %s",
                  lines[_i].line, finding.info);
    ck_assert_int_eq(finding.coverage.bytes_seen,
                     finding.found == ASSAY_FOUND_NOTHING ? SIZE : 0);
}
END_TEST

static void expect_fault(const char *line, const char *how)
{
    ck_assert_msg(finding.found == ASSAY_FOUND_FAULT, "%s, %s: found %d", line,
                  how, finding.found);
    ck_assert_msg(finding.info[0] != '\0', "%s, %s: says nothing", line, how);
}

START_TEST(each_line_cut_anywhere_is_a_fault)
{
    const char *line = lines[_i].line;
    char cut[256];

    for (size_t len = 0; len <= strlen(line); len++) {
        parse(line, len, lines[_i].command);
        expect_fault(line, "without its end");
        /* Ended early it is another line, and but for the OK that some begin
         * with none is a result. */
        memcpy(cut, line, len);
        cut[len] = '\0';
        parse(cut, len + 1, lines[_i].command);
        if (len < strlen(line) && strcmp(cut, "7: stream: OK") != 0)
            expect_fault(line, "ended early");
    }
}
END_TEST

START_TEST(each_line_with_another_end_is_a_fault)
{
    static const char ends[] = "\n\r ";
    char text[256];

    for (size_t i = 0; ends[i] != '\0'; i++) {
        size_t len = strlen(lines[_i].line);

        memcpy(text, lines[_i].line, len);
        text[len] = ends[i];
        parse(text, len + 1, lines[_i].command);
        expect_fault(lines[_i].line, "wrong end");
    }
}
END_TEST

START_TEST(glued_replies_are_a_fault)
{
    char text[512];
    size_t len = strlen(lines[_i].line) + 1;

    memcpy(text, lines[_i].line, len);
    memcpy(text + len, lines[_i].line, len);
    parse(text, 2 * len, lines[_i].command);
    if (lines[_i].reason == ASSAY_REASON_OVERSIZE) {
        /* That error is known to have another one behind it. */
        ck_assert_int_eq(finding.found, ASSAY_FOUND_UNSCANNABLE);
        return;
    }
    expect_fault(lines[_i].line, "twice");
    memcpy(text + len, "x", 1);
    parse(text, len + 1, lines[_i].command);
    expect_fault(lines[_i].line, "with a byte more");
    text[len] = '\0';
    parse(text, len + 1, lines[_i].command);
    expect_fault(lines[_i].line, "with a NUL more");
}
END_TEST

/* Nothing that differs in a byte is OK; and no threat comes from OK. */
START_TEST(a_spoiled_ok_is_not_clean)
{
    static const char ok[] = "7: stream: OK";
    char text[sizeof ok];

    for (size_t at = 0; at < sizeof ok; at++) {
        for (int byte = 0; byte < 256; byte++) {
            memcpy(text, ok, sizeof ok);
            text[at] = (char)byte;
            if (text[at] == ok[at])
                continue;
            parse(text, sizeof text, STREAM);
            expect_fault(text, "spoiled");
        }
    }
}
END_TEST

START_TEST(a_name_of_64_kib_is_a_fault)
{
    size_t len = 65536;
    char *text = malloc(len + 32);

    ck_assert_ptr_nonnull(text);
    memset(text, 'A', len + 32);
    memcpy(text, "7: stream: ", 11);
    memcpy(text + len, " FOUND", 7);
    parse(text, len + 7, STREAM);
    expect_fault("64 KiB name", "complete");
    ck_assert_int_eq(strlen(finding.info), ASSAY_VERDICT_INFO_MAX - 1);
    free(text);
}
END_TEST

static const struct {
    const char *line;
    enum assay__clamd_said said;
    unsigned signatures;
} versions[] = {
    {"7: ClamAV 1.4.6/27500/Sat Nov 21 09:31:02 2026",
     ASSAY__CLAMD_SAID_VERSION, 27500},
    {"7: ClamAV 1.4.6", ASSAY__CLAMD_SAID_VERSION, 0},
    {"7: ClamAV 1.4.6/x", ASSAY__CLAMD_SAID_VERSION, 0},
    {"7: ClamAV 1.4.6/99999999999/x", ASSAY__CLAMD_SAID_VERSION, 0},
    {"7: COMMAND UNAVAILABLE", ASSAY__CLAMD_SAID_REFUSED, 0},
    {"7: ClamAV ", ASSAY__CLAMD_SAID_GARBLED, 0},
    {"7: ClamAV engine ERROR", ASSAY__CLAMD_SAID_GARBLED, 0},
    {"7: stream: OK", ASSAY__CLAMD_SAID_GARBLED, 0},
    {"7: PONG", ASSAY__CLAMD_SAID_GARBLED, 0},
    {"8: ClamAV 1.4.6", ASSAY__CLAMD_SAID_GARBLED, 0},
    {"ClamAV 1.4.6", ASSAY__CLAMD_SAID_GARBLED, 0},
};

START_TEST(versions_are_read)
{
    parse(versions[_i].line, strlen(versions[_i].line) + 1,
          ASSAY__CLAMD_VERSION);
    ck_assert_msg(reply.said == versions[_i].said, "%s: %d", versions[_i].line,
                  reply.said);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_FAULT);
    if (reply.said == ASSAY__CLAMD_SAID_VERSION) {
        ck_assert_str_eq(reply.text, versions[_i].line + 3);
        ck_assert_int_eq(assay__clamd_reply_signatures(reply.text),
                         versions[_i].signatures);
    }
}
END_TEST

START_TEST(an_empty_file_is_nothing_found_when_there_was_nothing)
{
    assay__clamd_reply_parse("7: stream: Empty file", 22, ID, STREAM, &reply);
    ck_assert_int_eq(reply.said, ASSAY__CLAMD_SAID_EMPTY);
    finding = (assay_finding){0};
    assay__clamd_reply_judge(&reply, 0, &finding);
    ck_assert_int_eq(finding.found, ASSAY_FOUND_NOTHING);
    ck_assert_str_eq(finding.scan_code, "Empty file");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clamd_reply");
    TCase *tc = tcase_create("reply");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, each_line_means_what_it_says, 0, COUNT_OF(lines));
    tcase_add_loop_test(tc, each_line_cut_anywhere_is_a_fault, 0,
                        COUNT_OF(lines));
    tcase_add_loop_test(tc, each_line_with_another_end_is_a_fault, 0,
                        COUNT_OF(lines));
    tcase_add_loop_test(tc, glued_replies_are_a_fault, 0, COUNT_OF(lines));
    tcase_add_test(tc, a_spoiled_ok_is_not_clean);
    tcase_add_test(tc, a_name_of_64_kib_is_a_fault);
    tcase_add_loop_test(tc, versions_are_read, 0, COUNT_OF(versions));
    tcase_add_test(tc, an_empty_file_is_nothing_found_when_there_was_nothing);
    return check_run(suite);
}
