/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* CM-29, CM-32: the document of ActiveFilter. Each is validated. */
#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "activefilter_kit.h"
#include "alloc_fail.h"
#include "check_run.h"
#include "store/activefilter_document.h"
#include "store/activefilter_mail.h"
#include "store/activefilter_state.h"

#define FFFD "\xef\xbf\xbd"

static assay_message *message;
static struct assay__activefilter_datum datum;
static struct assay__activefilter_event event;
static assay_score score;
static struct assay__activefilter_document document;
static char *xml;
static size_t xml_len;

static void setup(void)
{
    kit_setup();
    message = kit_message(KIT_BODY, 1);
    memset(&score, 0, sizeof score);
    score.score = 12.345;
    datum = (struct assay__activefilter_datum){"rcpt0@b.example", "k", "v"};
    event = (struct assay__activefilter_event){.id = "R1",
                                               .message = message,
                                               .score = &score,
                                               .threshold = 80,
                                               .data = &datum,
                                               .data_count = 1};
    document = (struct assay__activefilter_document){
        .id = "R1",
        .time_s = 1796022000, /* 2026-11-30T07:00:00Z */
        .mode = ASSAY_ACTIVEFILTER_KEEP,
        .threshold = 80,
        .score = 12.345,
        .judged = &score,
    };
    xml = NULL;
}

static void teardown(void)
{
    free(xml);
    assay_message_free(&message);
    kit_teardown();
}

static assay_rc write_document(void)
{
    char *details = NULL;
    size_t len = 0;
    assay_rc rc = assay__activefilter_document_details(&event, document.time_s,
                                                       &details, &len, &err);

    if (rc != ASSAY_OK)
        return rc;
    document.details = (assay_bytes){details, len};
    rc = assay__activefilter_document_write(&document, &xml, &xml_len, &err);
    free(details);
    return rc;
}

static void make(void)
{
    ck_assert_msg(write_document() == ASSAY_OK, "%s", err.msg);
    kit_assert_valid(xml, xml_len);
}

static void assert_xpath(const char *expression, const char *want)
{
    char *got = kit_xpath(xml, xml_len, expression);

    ck_assert_msg(strcmp(got, want) == 0, "%s: got \"%s\", want \"%s\" in\n%s",
                  expression, got, want, xml);
    free(got);
}

START_TEST(document_says_all_it_has)
{
    memcpy(score.category, "7", 2);
    memcpy(score.category_desc, "bulk", 5);
    memcpy(score.sub_category, "3", 2);
    document.revision = 4;
    document.previous_score = 95.5;
    document.mode = ASSAY_ACTIVEFILTER_MOVEMSG;
    document.inbox = "In & out";
    document.spam = "\"Junk\"";
    make();
    assert_xpath("/af:activefilter/@version", "1");
    assert_xpath("/af:activefilter/@type", "update");
    assert_xpath("/af:activefilter/@revision", "4");
    assert_xpath("/af:activefilter/@time", "2026-11-30T07:00:00Z");
    assert_xpath("/af:activefilter/@score", "12.345");
    assert_xpath("/af:activefilter/@previous-score", "95.5");
    assert_xpath("/af:activefilter/@judgement", "ham");
    assert_xpath("/af:activefilter/@action", "move-to-inbox");
    assert_xpath("//af:mode/@inbox", "In & out");
    assert_xpath("//af:mode/@spam", "\"Junk\"");
    assert_xpath("//af:category/@name", "7");
    assert_xpath("//af:category/@description", "bulk");
    assert_xpath("//af:sub-category/@name", "3");
    assert_xpath("count(//af:sub-category/@description)", "0");
    assert_xpath("//af:message/@message-id", "<1@a.example>");
    assert_xpath("//af:message/@sender", "alice@a.example");
    assert_xpath("//af:message/@time", "2026-11-30T07:00:00Z");
    assert_xpath("number(//af:message/@size) > 150", "true");
    assert_xpath("//af:recipient/@id", "R1-0");
}
END_TEST

/* CM-29, CM-32: the same text comes out of the document. */
START_TEST(hostile_value_stays_one_value)
{
    static const struct {
        const char *value, *want;
    } cases[] = {
        {"a&b", "a&b"},
        {"&amp;", "&amp;"},
        {"</data></recipient>", "</data></recipient>"},
        {"]]>", "]]>"},
        {"<![CDATA[x]]>", "<![CDATA[x]]>"},
        {"<!-- x -->", "<!-- x -->"},
        {"\"'", "\"'"},
        {"&#0;&#x1;", "&#0;&#x1;"},
        {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
        {"tab\tand\nlines\r\n", "tab\tand\nlines\r\n"},
        {"  blanks  ", "  blanks  "},
        {"", ""},
        {"\x01\x1b[31m\x7f", FFFD FFFD "[31m" FFFD},
        {"\xc2\x9b"
         "31m\xc2\xa0",
         FFFD FFFD "31m\xc2\xa0"},
        {"bad \xff\xfe utf", "bad " FFFD FFFD " utf"},
        {"cut \xe2\x82", "cut " FFFD FFFD},
        {"surrogate \xed\xa0\x80", "surrogate " FFFD FFFD FFFD},
        {"none \xef\xbf\xbe\xef\xbf\xbf",
         "none " FFFD FFFD FFFD FFFD FFFD FFFD},
        {"over-long \xc0\xbc", "over-long " FFFD FFFD},
    };

    datum.value = cases[_i].value;
    make();
    assert_xpath("//af:data", cases[_i].want);
    assert_xpath("count(//af:data)", "1");
}
END_TEST

enum { HOSTILE_CASES = 19 };

START_TEST(every_byte_gives_a_valid_document)
{
    char text[3] = "x";

    for (int c = 1; c < 256; c++) {
        text[1] = (char)c;
        datum.value = text;
        ck_assert_int_eq(assay_message_set_sender(message, text, &err),
                         ASSAY_OK);
        make();
        free(xml);
        xml = NULL;
    }
}
END_TEST

START_TEST(longest_value_is_whole)
{
    char value[4097];

    memset(value, '&', sizeof value);
    value[4096] = '\0';
    datum.value = value;
    make();
    assert_xpath("string-length(//af:data)", "4096");
}
END_TEST

START_TEST(message_id_is_one_clean_line)
{
    static const struct {
        const char *header, *count, *want;
    } cases[] = {
        {"Subject: none\r\n\r\n", "0", ""},
        {"Message-ID:  \r\n <a&b\r\n\t@c>  \r\n\r\n", "1", "<a&b @c>"},
        {"message-id: <\x01\xff>\r\n\r\n", "1", "<" FFFD FFFD ">"},
        {"Message-ID:\r\n\r\n", "1", ""},
    };

    assay_message_free(&message);
    ck_assert_int_eq(assay_message_new_borrowed(cases[_i].header,
                                                strlen(cases[_i].header), NULL,
                                                &message, &err),
                     ASSAY_OK);
    event.message = message;
    make();
    assert_xpath("count(//af:message/@message-id)", cases[_i].count);
    /* A tab in an attribute is normalised only when it is not escaped. */
    if (_i != 1)
        assert_xpath("//af:message/@message-id", cases[_i].want);
    else
        assert_xpath("translate(//af:message/@message-id, '\t', ' ')",
                     cases[_i].want);
}
END_TEST

START_TEST(endless_message_id_is_cut)
{
    char *header = malloc(100001);

    ck_assert_ptr_nonnull(header);
    memset(header, 'x', 100000);
    memcpy(header, "Message-ID: ", 12);
    memcpy(header + 99996, "\r\n\r\n", 5);
    assay_message_free(&message);
    ck_assert_int_eq(
        assay_message_new_borrowed(header, 100000, NULL, &message, &err),
        ASSAY_OK);
    event.message = message;
    make();
    assert_xpath("string-length(//af:message/@message-id)", "998");
    free(header);
}
END_TEST

START_TEST(scores_are_plain_decimals)
{
    static const struct {
        double score;
        const char *want;
    } cases[] = {{0, "0"},     {100, "100"},
                 {0.1, "0.1"}, {99.999999, "99.999999"},
                 {1e-9, "0"},  {33.3333333333, "33.333333"},
                 {10, "10"},   {0.000001, "0.000001"}};

    (void)setlocale(LC_ALL, "de_DE.UTF-8"); /* when it is there */
    document.score = cases[_i].score;
    make();
    assert_xpath("/af:activefilter/@score", cases[_i].want);
}
END_TEST

START_TEST(long_lines_are_quoted_in_the_mail)
{
    char value[4097];
    assay_activefilter *filter = kit_filter(ASSAY_ACTIVEFILTER_KEEP);

    for (size_t i = 0; i < 4096; i++)
        value[i] = " =\t&x<.\n"[(i * 7 + i / 900) % (i % 1500 ? 7 : 8)];
    value[4096] = '\0';
    datum.value = value;
    ck_assert_int_eq(assay__activefilter_register(filter, &event, &err),
                     ASSAY_OK);
    xml = kit_take(&xml_len);
    assert_xpath("//af:data", value);
    assay__activefilter_free(&filter);
}
END_TEST

/* ---- the mail ---------------------------------------------------------- */

START_TEST(header_of_the_mail_is_whole)
{
    const struct assay__activefilter_mail_head head = {
        .id = "R <1>",
        .revision = 3,
        .address = KIT_ADDRESS,
        .time_s = 1796022000,
    };
    struct assay__activefilter_mail mail;
    static const char *const lines[] = {
        "From: Assay ActiveFilter <msi@msi.local>\n",
        "\nTo: msi@msi.local\n",
        "\nDate: Mon, 30 Nov 2026 07:00:00 +0000\nMessage-ID: <1796022000.A",
        "@msi.local>\n",
        "\nSubject: ActiveFilter update\n",
        "\nMIME-Version: 1.0\n",
        "\nContent-Type: text/xml; charset=utf-8\n",
        "\nContent-Transfer-Encoding: 8bit\n",
        "\nX-Assay-ActiveFilter-Id: R <1>\n\n",
    };

    ck_assert_int_eq(assay__activefilter_mail_make(
                         &head, (assay_bytes){"<x/>", 4}, &mail, &err),
                     ASSAY_OK);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(strstr(mail.header, lines[i]) != NULL, "no %s in\n%s",
                      lines[i], mail.header);
    ck_assert(assay__activefilter_mail_is_ours(mail.name));
    ck_assert(!strpbrk(mail.name, "/: <>"));
    assay__activefilter_mail_fini(&mail);
}
END_TEST

/* Within a second, of one registration. */
START_TEST(names_sort_by_revision)
{
    struct assay__activefilter_mail_head head = {.id = "R1",
                                                 .address = KIT_ADDRESS};
    char before[ASSAY__MAILDIR_NAME_MAX] = "";

    for (int64_t revision = 8; revision < 12; revision++) {
        struct assay__activefilter_mail mail;
        const char *behind_time;

        head.revision = revision;
        ck_assert_int_eq(assay__activefilter_mail_make(
                             &head, (assay_bytes){"<x/>", 4}, &mail, &err),
                         ASSAY_OK);
        behind_time = strchr(mail.name, '.');
        ck_assert_str_lt(before, behind_time);
        (void)snprintf(before, sizeof before, "%s", behind_time);
        assay__activefilter_mail_fini(&mail);
    }
}
END_TEST

START_TEST(names_of_others_are_not_ours)
{
    static const char *const names[] = {
        "",  ".activefilter",  "1.A.activefilte",     "1796022000.M1P2_3.host",
        "x", "1.activefilter", "A1V0R2.activefilter", ".A1V0R2.activefilter"};

    ck_assert(!assay__activefilter_mail_is_ours(names[_i]));
    ck_assert(!assay__activefilter_mail_is_part(names[_i]));
}
END_TEST

/* ---- limits and memory ------------------------------------------------- */

START_TEST(too_many_recipients_are_refused)
{
    assay_message_free(&message);
    message = kit_message(KIT_BODY, 20000);
    event.message = message;
    ck_assert_int_eq(write_document(), ASSAY_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.msg, "1048576"));
}
END_TEST

START_TEST(lack_of_memory_is_an_error)
{
    bool hit = true;

    for (unsigned long n = 1; hit; n++) {
        assay_rc rc;

        alloc_fail_at(n);
        rc = write_document();
        hit = alloc_fail_hit();
        alloc_fail_off();
        if (hit)
            ck_assert_int_eq(rc, ASSAY_E_NOMEM);
        else
            ck_assert_int_eq(rc, ASSAY_OK);
    }
}
END_TEST

/* A registration is whole or none, whichever allocation fails. */
START_TEST(registration_survives_a_lack_of_memory)
{
    bool hit = true;

    for (unsigned long n = 1; hit; n++) {
        assay_activefilter *filter = kit_filter(ASSAY_ACTIVEFILTER_KEEP);
        char id[32];
        assay_rc rc;
        size_t before = kit_count("new");

        (void)snprintf(id, sizeof id, "R%lu", n);
        event.id = id;
        alloc_fail_at(n);
        rc = assay__activefilter_register(filter, &event, &err);
        hit = alloc_fail_hit();
        alloc_fail_off();
        ck_assert_uint_eq(kit_count("new"), before + (rc == ASSAY_OK));
        ck_assert_uint_eq(kit_count("tmp"), 0);
        ck_assert(rc == ASSAY_OK || (hit && rc == ASSAY_E_NOMEM));
        assay__activefilter_free(&filter);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("activefilter_document");
    TCase *tcase = tcase_create("document");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, document_says_all_it_has);
    tcase_add_loop_test(tcase, hostile_value_stays_one_value, 0, HOSTILE_CASES);
    tcase_add_test(tcase, every_byte_gives_a_valid_document);
    tcase_add_test(tcase, longest_value_is_whole);
    tcase_add_loop_test(tcase, message_id_is_one_clean_line, 0, 4);
    tcase_add_test(tcase, endless_message_id_is_cut);
    tcase_add_loop_test(tcase, scores_are_plain_decimals, 0, 8);
    tcase_add_test(tcase, long_lines_are_quoted_in_the_mail);
    tcase_add_test(tcase, names_sort_by_revision);
    tcase_add_test(tcase, header_of_the_mail_is_whole);
    tcase_add_loop_test(tcase, names_of_others_are_not_ours, 0, 8);
    tcase_add_test(tcase, too_many_recipients_are_refused);
    tcase_add_test(tcase, lack_of_memory_is_an_error);
    tcase_add_test(tcase, registration_survives_a_lack_of_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
