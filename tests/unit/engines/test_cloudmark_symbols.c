/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Categories from rule names (CM-13, CM-14, CM-17, CM-18): which name decides,
 * and that nothing a service sends gets through that is not a name.
 */
#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check_run.h"
#include "symbols.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct assay__symbols symbols;
static assay_score score;

static void setup(void)
{
    memset(&symbols, 0, sizeof symbols);
    memset(&score, 'x', sizeof score); /* finish must fill all that is its */
}

static void add(const char *name, double weight)
{
    assay__symbols_add(&symbols, name, strlen(name), weight);
}

static void finish_list(const char *list)
{
    assay__symbols_add_list(&symbols, list, strlen(list));
    assay__symbols_finish(&symbols, &score);
}

static const struct {
    const char *list, *category, *sub_category;
} lists[] = {
    {"GTUBE,MSGID_SHORT", "test", "GTUBE"},
    {"BAYES_99,URIBL_BLACK,GTUBE", "test", "GTUBE"},
    {"BAYES_99,CLAMAV", "virus", "CLAMAV"},
    {"CLAM_VIRUS", "virus", "CLAM_VIRUS"},
    {"URIBL_DBL_ABUSE_PHISH,URIBL_DBL_SPAM", "phishing",
     "URIBL_DBL_ABUSE_PHISH"},
    {"URIBL_DBL_SPAM,URIBL_DBL_MALWARE", "malware-link", "URIBL_DBL_MALWARE"},
    {"ADVANCE_FEE_3_NEW,BAYES_99", "fraud", "ADVANCE_FEE_3_NEW"},
    {"PYZOR_CHECK,DCC_CHECK", "fingerprint", "PYZOR_CHECK"},
    {"RCVD_IN_XBL,RCVD_IN_PBL", "blocklist", "RCVD_IN_XBL"},
    {"BAYES_99,BAYES_999", "bayes", "BAYES_99"},
    {"R_SPF_FAIL", "forged", "R_SPF_FAIL"},
    {"ANY_BOUNCE_MESSAGE,BOUNCE_MESSAGE", "bounce", "ANY_BOUNCE_MESSAGE"},
    {"MAILING_LIST_MULTI", "bulk", "MAILING_LIST_MULTI"},
    {" \r\n BAYES_99\t,\r\n RCVD_IN_XBL \r\n", "blocklist", "RCVD_IN_XBL"},
    /* what says nothing bad */
    {"", "", ""},
    {",,, ,", "", ""},
    {"BAYES_00,BAYES_50", "", ""},
    {"RCVD_IN_DNSWL_HI,RCVD_IN_MSPIKE_H2,RCVD_IN_IADB_DK", "", ""},
    {"URIBL_BLOCKED,RCVD_IN_ZEN_BLOCKED_OPENDNS,URIBL_DBL_ERROR", "", ""},
    {"CLAM_VIRUS_FAIL,DMARC_POLICY_ALLOW,SPF_PASS,DKIM_VALID", "", ""},
    {"gtube,NO_SUCH_RULE", "", ""},
    /* no names */
    {"GTUBE GTUBE", "", ""},
    {"GT\nUBE", "", ""},
    {"GTUBE\x01", "", ""},
    {"GTUBE\xc3\xa9", "", ""},
    {"GTUBE;x=1,<b>GTUBE</b>", "", ""},
};

START_TEST(a_list_has_a_category)
{
    finish_list(lists[_i].list);
    ck_assert_msg(!strcmp(score.category, lists[_i].category) &&
                      !strcmp(score.sub_category, lists[_i].sub_category),
                  "\"%s\": got %s/%s, want %s/%s", lists[_i].list,
                  score.category, score.sub_category, lists[_i].category,
                  lists[_i].sub_category);
    ck_assert((score.category[0] != '\0') == (score.category_desc[0] != '\0'));
    ck_assert((score.sub_category[0] != '\0') ==
              (score.sub_category_desc[0] != '\0'));
}
END_TEST

START_TEST(descriptions_follow_from_the_ids)
{
    finish_list("BAYES_99,RCVD_IN_XBL");
    ck_assert_str_eq(score.category_desc, "Sender or link on a blocklist");
    ck_assert_str_eq(score.sub_category_desc, "its sender is on a blocklist");
    ck_assert_str_eq(assay__symbols_category_text(score.category),
                     score.category_desc);
    ck_assert_str_eq(assay__symbols_symbol_text(score.sub_category),
                     score.sub_category_desc);
    ck_assert_ptr_null(assay__symbols_category_text(""));
    ck_assert_ptr_null(assay__symbols_category_text("nonsense"));
    ck_assert_ptr_null(assay__symbols_symbol_text(""));
    ck_assert_ptr_null(assay__symbols_symbol_text("DKIM_VALID"));
}
END_TEST

START_TEST(the_heaviest_symbol_of_a_category_is_named)
{
    add("RCVD_IN_PBL", 1.5);
    add("RCVD_IN_XBL", 6.5);
    add("RCVD_IN_SBL", 3);
    add("BAYES_SPAM", 99);
    assay__symbols_finish(&symbols, &score);
    ck_assert_str_eq(score.category, "blocklist");
    ck_assert_str_eq(score.sub_category, "RCVD_IN_XBL");
}
END_TEST

/* rspamd gives GTUBE no weight, and good signs a negative one. */
START_TEST(what_takes_from_the_score_decides_nothing)
{
    add("RBL_SENDERSCORE_REPUT_9", -1);
    add("MAILLIST", -0.1);
    assay__symbols_finish(&symbols, &score);
    ck_assert_str_eq(score.category, "");
    add("GTUBE", 0);
    assay__symbols_finish(&symbols, &score);
    ck_assert_str_eq(score.category, "test");
}
END_TEST

START_TEST(long_names_and_endless_lists_are_bounded)
{
    char name[ASSAY__SYMBOL_MAX + 2];

    memcpy(name, "RCVD_IN_", 8);
    memset(name + 8, 'A', sizeof name - 8);
    assay__symbols_add(&symbols, name, ASSAY__SYMBOL_MAX + 1, (double)NAN);
    ck_assert_ptr_null(symbols.rule);
    assay__symbols_add(&symbols, name, ASSAY__SYMBOL_MAX, (double)NAN);
    ck_assert_ptr_nonnull(symbols.rule);
    for (int i = 0; i < 2 * ASSAY__SYMBOLS_MAX; i++)
        add("NO_SUCH_RULE", (double)NAN);
    add("GTUBE", (double)NAN);
    ck_assert_uint_eq(symbols.count, ASSAY__SYMBOLS_MAX);
    assay__symbols_finish(&symbols, &score);
    ck_assert_str_eq(score.category, "blocklist");
}
END_TEST

START_TEST(every_byte_but_those_of_names_is_refused)
{
    for (int c = 0; c < 256; c++) {
        const char name[3] = {'A', (char)c, 'B'};
        bool want = c < 128 && (isalnum(c) || (c && strchr("_.:-", c)));

        ck_assert_msg(assay__symbol_is_valid(name, 3) == want, "byte %d", c);
    }
    ck_assert(!assay__symbol_is_valid("", 0));
}
END_TEST

/* The table of the README has the categories in their order. */
START_TEST(categories_are_documented)
{
    static char readme[65536];
    FILE *in = fopen(CLOUDMARK_README, "re");
    const char *at = readme, *id, *text = NULL;
    char row[512];

    ck_assert_ptr_nonnull(in);
    ck_assert(fread(readme, 1, sizeof readme - 1, in) > 0);
    (void)fclose(in);
    for (size_t i = 0; (id = assay__symbols_category(i, &text)) != NULL; i++) {
        (void)snprintf(row, sizeof row, "\n| `%s` | %s |", id, text);
        at = strstr(at, row);
        ck_assert_msg(at != NULL, "missing or out of order:%s", row);
        ck_assert_str_eq(assay__symbols_category_text(id), text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cloudmark_symbols");
    TCase *tc = tcase_create("symbols");

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, a_list_has_a_category, 0, (int)COUNT_OF(lists));
    tcase_add_test(tc, descriptions_follow_from_the_ids);
    tcase_add_test(tc, the_heaviest_symbol_of_a_category_is_named);
    tcase_add_test(tc, what_takes_from_the_score_decides_nothing);
    tcase_add_test(tc, long_names_and_endless_lists_are_bounded);
    tcase_add_test(tc, every_byte_but_those_of_names_is_refused);
    tcase_add_test(tc, categories_are_documented);
    return check_run(suite);
}
