/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Readings (AV-23): what other readers see is found, ordinary mail has one
 * reading, and bounds hold.
 */
#include "mail/readings.h"

#include <stdio.h>

#include <assay/verdict.h>

#include "base/sizes.h"
#include "base/strbuf.h"
#include "check_run.h"
#include "mail_test.h"

static assay_message *message;
static struct assay__readings *readings;

static void teardown(void)
{
    assay__readings_free(&readings);
    assay_message_free(&message);
}

static void read_all(assay_bytes bytes,
                     const struct assay__reading_bounds *bounds)
{
    assay_error err = {0};

    message = message_over(bytes, NULL);
    ck_assert_msg(assay__readings_new(message, bounds, &readings, &err) ==
                      ASSAY_OK,
                  "%s", err.msg);
}

static bool holds(assay_bytes data, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i + len <= data.len; i++) {
        if (memcmp(data.data + i, text, len) == 0)
            return true;
    }
    return false;
}

static const struct assay__reading_leaf *leaf_with(const char *text)
{
    for (size_t i = 0; i < assay__readings_count(readings); i++) {
        const struct assay__reading_leaf *leaf =
            assay__readings_leaf(readings, i);

        ck_assert_ptr_nonnull(leaf->reading);
        ck_assert_ptr_nonnull(leaf->media_type);
        if (holds(leaf->data, text))
            return leaf;
    }
    return NULL;
}

#define BASE64_OF_FILE "VGhpcyBpcyB0aGUgaGlkZGVuIGZpbGUsIHRvIGJlIHNlZW4u"
#define FILE_TEXT "This is the hidden file, to be seen."
#define MIXED(boundary) \
    "Content-Type: multipart/mixed; boundary=" boundary "\n\n"
#define FILE_PART "Content-Transfer-Encoding: base64\n\n" BASE64_OF_FILE "\n"
#define B(literal)                     \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static const struct {
    assay_bytes message;
    const char *reading; /* that finds the file first */
    const char *reason;
} hidden[] = {
    {B("Content-Transfer-Encoding: 7bit\n" FILE_PART), "other-encoding",
     "ConflictingEncoding"},
    {B("Content-Transfer-Encoding: x-mine\n\n" BASE64_OF_FILE "\n"),
     "undeclared-encoding", NULL},
    {B("Content-Type: text/plain\n" MIXED("b") "--b\n" FILE_PART "--b--\n"),
     "other-type", "ConflictingType"},
    {B("Content-Type: multipart/mixed; boundary=a; boundary=b\n\n"
       "--b\n" FILE_PART "--b--\n"),
     "other-boundary", "ConflictingBoundary"},
    {B("Content-Type: multipart/mixed; boundary=a; boundary*=''b\n\n"
       "--a\n" FILE_PART "--a--\n"),
     "other-boundary", "ConflictingBoundary"},
    {B("Content-Type: multipart/mixed\n\n--b\n" FILE_PART "--b--\n"),
     "guessed-boundary", NULL},
    {B("Content-Type: multipart/mixed; boundary=\"b\n\n--b\n" FILE_PART
       "--b--\n"),
     NULL, NULL},
    {B(MIXED("b") "--bc\n" FILE_PART "--bc--\n"), "boundary-prefix", NULL},
    {B(MIXED("b") "--B\n" FILE_PART "--B--\n"), "boundary-case", NULL},
    {B(MIXED("b") " --b\n" FILE_PART " --b--\n"), "boundary-indented", NULL},
    {B(MIXED("b") "--b--\n\n--b\nContent-Type: a/b\n" FILE_PART "--b--\n"),
     "after-final-boundary", NULL},
    {B(MIXED("b") "--b\n\n" FILE_PART "--b--\n"), "late-header", NULL},
    {B(MIXED("b") "--b\nX: y\njunk\n" FILE_PART "--b--\n"), "junk-in-header",
     NULL},
    {B(MIXED("b") "--b\nX: y\n \n" BASE64_OF_FILE "\n--b--\n"),
     "undeclared-encoding", NULL},
    {B("Subject: x\r" MIXED("b") "--b\n" FILE_PART "--b--\n"), "cr-ends-line",
     "BareCrInHeader"},
    {B("Content-Type : multipart/mixed; boundary=b\n\n--b\n" FILE_PART
       "--b--\n"),
     NULL, NULL},
};

/* What only the tree and the text show: readers differ, found or not. */
static const assay_bytes doubtful[] = {
    /* base64 that some decode line by line */
    B("Content-Transfer-Encoding: base64\n\nVGhpcyBpc\nyBmaWw\n"),
    /* a word that some read as base64, and junk that others pass over */
    B("Content-Transfer-Encoding: =base64\n\n^" BASE64_OF_FILE "\n"),
    /* a boundary line that not all see, because of the line end before it */
    B("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHi\n"
      "--b\r\n\r\nHi\r\n--b--\r\n"),
    B("Content-Type: multipart/mixed; boundary=b\r\n\n--b\r\n\r\nHi\r\n--b--"
      "\r\n"),
    B("Content-Transfer-Encoding: base64\n\nVGhpcyBp\rcyBm\n"),
    /* nearly a multipart, with parts that have no header */
    B("Content-Type: multipart mixed; boundary=b\n\n--b\n\nHi\n--b--\n"),
    B("Content-Type: x/y; boundary=b\n\n--b\n\nHi\n--b--\n"),
    /* a part behind the end, in words as short as those of prose */
    B(MIXED("b") "--b\n\nHi\n--b--\n--b\n"
                 "Content-Transfer-Encoding: base64\n\n"
                 "VGhpcyBpcyB0aGUg\naGlkZGVuIGZpbGUs\n--b--\n"),
    B(MIXED("b") "begin 644 a\n\"86)C\nend\n--b\n\nHi\n--b--\n"),
};

START_TEST(doubtful_trees_make_readers_disagree)
{
    message = message_over(doubtful[_i], NULL);
    ck_assert_msg(!assay__readings_agree(message), "case %d", _i);
}
END_TEST

START_TEST(what_other_readers_see_is_found)
{
    const struct assay__reading_leaf *leaf;

    read_all(hidden[_i].message, NULL);
    leaf = leaf_with(FILE_TEXT);
    if (hidden[_i].reading) {
        ck_assert_msg(leaf != NULL, "case %d: not found", _i);
        ck_assert_msg(strcmp(leaf->reading, hidden[_i].reading) == 0,
                      "case %d: got %s, want %s", _i, leaf->reading,
                      hidden[_i].reading);
    }
    if (hidden[_i].reason) {
        const char *reason = assay__readings_reason(readings);

        ck_assert_msg(reason && strcmp(reason, hidden[_i].reason) == 0,
                      "case %d: got %s, want %s", _i, reason ? reason : "none",
                      hidden[_i].reason);
    }
    ck_assert_uint_eq(assay__readings_limits(readings), 0);
}
END_TEST

/* Mail as composers make it: nothing to add, nothing to say. */
static const assay_bytes ordinary[] = {
    B(""),
    B("Subject: x\r\n\r\nHello.\r\n"),
    B("Content-Type: text/plain\nContent-Transfer-Encoding: "
      "base64\n\n" BASE64_OF_FILE "\n"),
    B(MIXED("b") "This is a multi-part message in MIME format.\n"
                 "--b\n\nHi\n--b\n" FILE_PART "--b--\n"),
    B(MIXED("b") "--b\nContent-Type: message/rfc822\n\nSubject: in\n\nx\n"
                 "--b--\n"),
};

START_TEST(ordinary_mail_has_one_reading)
{
    read_all(ordinary[_i], NULL);
    ck_assert_msg(assay__readings_count(readings) == 0, "case %d: %s", _i,
                  assay__readings_count(readings) > 0
                      ? assay__readings_leaf(readings, 0)->reading
                      : "");
    ck_assert_ptr_null(assay__readings_reason(readings));
    ck_assert_msg(assay__readings_agree(message), "case %d", _i);
}
END_TEST

START_TEST(hidden_files_make_readers_disagree)
{
    message = message_over(hidden[_i].message, NULL);
    ck_assert_msg(!assay__readings_agree(message), "case %d", _i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("readings");
    TCase *tcase = tcase_create("readings");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, what_other_readers_see_is_found, 0,
                        (int)ASSAY_COUNT_OF(hidden));
    tcase_add_loop_test(tcase, hidden_files_make_readers_disagree, 0,
                        (int)ASSAY_COUNT_OF(hidden));
    tcase_add_loop_test(tcase, doubtful_trees_make_readers_disagree, 0,
                        (int)ASSAY_COUNT_OF(doubtful));
    tcase_add_loop_test(tcase, ordinary_mail_has_one_reading, 0,
                        (int)ASSAY_COUNT_OF(ordinary));
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
