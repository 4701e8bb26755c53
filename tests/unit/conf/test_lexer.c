/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: configuration grammar, lexical rules. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "conf/lexer.h"
#include "check_run.h"

/* Tokens as "kind:text " with kinds b(are), s(tring), p(unctuation), !(bad). */
static const struct {
    const char *text;
    const char *want;
} token_cases[] = {
    {"", ""},
    {"  \t\r\n", ""},
    {"a = b", "b:a p:= b:b "},
    {"a=b", "b:a p:= b:b "},
    {"Listen \"/tmp/2025\" {}", "b:Listen s:/tmp/2025 p:{ p:} "},
    {"p = /tmp/2025", "b:p p:= b:/tmp/2025 "},
    {"uri = digest:///opt/x", "b:uri p:= b:digest:///opt/x "},
    {"a = ::1 # loop", "b:a p:= b:::1 "},
    {"a = user@host:25", "b:a p:= b:user@host:25 "},
    {"a = \"[::1]:25\"", "b:a p:= s:[::1]:25 "},
    {"a = 'x y'", "b:a p:= s:x y "},
    {"a = 'say \"hi\"'", "b:a p:= s:say \"hi\" "},
    {"\"q\\\"b\\\\s\\'a\"", "s:q\"b\\s'a "},
    {"\"/^\\d+\\.x/\"", "s:/^\\d+\\.x/ "},
    {"\"\"", "s: "},
    {"brightmail \"b1\"{", "b:brightmail s:b1 p:{ "},
    {"# only a comment", ""},
    {"# one\na", "b:a "},
    {"a # = b\n", "b:a "},
    {"/* x */ a /* y\n z */ b", "b:a b:b "},
    {"/**/a/*b*/", "b:a/*b*/ "},
    {"a = /var/*/x", "b:a p:= b:/var/*/x "},
    {"a = \"# no comment /* */\"", "b:a p:= s:# no comment /* */ "},
    {"(a,b, c)", "p:( b:a p:, b:b p:, b:c p:) "},
    {"a = x,y", "b:a p:= b:x,y "},
    {"(a) x,y", "p:( b:a p:) b:x,y "},
    {"[k=v,l = w]", "p:[ b:k p:= b:v p:, b:l p:= b:w p:] "},
    {"(", "p:( "},
    {"\xef\xbb\xbf"
     "a",
     "b:a "},
    {"a\r\nb\r\n", "b:a b:b "},
    {"\"open\nb", "!:this string is not closed on its line b:b "},
    {"'open", "!:this string is not closed on its line "},
    {"\"open\\\"", "!:this string is not closed on its line "},
    {"\"end\\", "!:this string is not closed on its line "},
    {"a /* open\n b", "b:a !:this comment is not closed "},
    {"/*/", "!:this comment is not closed "},
    {"a\x01"
     "b",
     "b:a !:control character b:b "},
    {"\"a\x01"
     "b\" c",
     "!:control character in a string b:c "},
};

static void add_token(struct assay__strbuf *out,
                      const struct assay__conf_token *token)
{
    char text[128];
    size_t len;

    if (token->kind == ASSAY__CONF_BAD) {
        (void)assay__strbuf_addf(out, "!:%s ", token->error);
        return;
    }
    ck_assert_uint_lt(token->len, sizeof text);
    len = assay__conf_token_decode(token, text);
    (void)assay__strbuf_addf(out, "%c:%.*s ", "?bsp!"[token->kind], (int)len,
                             text);
}

START_TEST(reads_tokens)
{
    struct assay__conf_lexer lexer;
    struct assay__conf_token token;
    struct assay__strbuf got;

    assay__strbuf_init(&got, 4096);
    assay__conf_lexer_init(&lexer, token_cases[_i].text,
                           strlen(token_cases[_i].text));
    while ((token = assay__conf_lexer_next(&lexer)).kind != ASSAY__CONF_END)
        add_token(&got, &token);
    ck_assert_msg(strcmp(assay__strbuf_str(&got), token_cases[_i].want) == 0,
                  "case %d %s: got %s, want %s", _i, token_cases[_i].text,
                  assay__strbuf_str(&got), token_cases[_i].want);
    assay__strbuf_fini(&got);
}
END_TEST

START_TEST(end_stays_end)
{
    struct assay__conf_lexer lexer;

    assay__conf_lexer_init(&lexer, "", 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(assay__conf_lexer_next(&lexer).kind, ASSAY__CONF_END);
}
END_TEST

START_TEST(counts_lines_and_columns_from_one)
{
    static const char text[] = "a\n\t \"b\"\r\n/* \n */ c";
    static const struct {
        uint32_t line, column;
    } want[] = {{1, 1}, {2, 3}, {4, 5}, {4, 6}};
    struct assay__conf_lexer lexer;

    assay__conf_lexer_init(&lexer, text, sizeof text - 1);
    for (int i = 0; i < 4; i++) {
        struct assay__conf_token token = assay__conf_lexer_next(&lexer);

        ck_assert_msg(token.line == want[i].line &&
                          token.column == want[i].column,
                      "token %d: got %u:%u, want %u:%u", i, token.line,
                      token.column, want[i].line, want[i].column);
    }
}
END_TEST

START_TEST(column_of_a_byte_order_mark_is_not_counted)
{
    struct assay__conf_lexer lexer;

    assay__conf_lexer_init(&lexer,
                           "\xef\xbb\xbf"
                           "a",
                           4);
    ck_assert_uint_eq(assay__conf_lexer_next(&lexer).column, 1);
}
END_TEST

START_TEST(a_copy_looks_ahead)
{
    struct assay__conf_lexer lexer, ahead;

    assay__conf_lexer_init(&lexer, "a b", 3);
    ahead = lexer;
    (void)assay__conf_lexer_next(&ahead);
    (void)assay__conf_lexer_next(&ahead);
    ck_assert_int_eq(*assay__conf_lexer_next(&lexer).start, 'a');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf_lexer");
    TCase *tc = tcase_create("lexer");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, reads_tokens, 0,
                        sizeof token_cases / sizeof *token_cases);
    tcase_add_test(tc, end_stays_end);
    tcase_add_test(tc, counts_lines_and_columns_from_one);
    tcase_add_test(tc, column_of_a_byte_order_mark_is_not_counted);
    tcase_add_test(tc, a_copy_looks_ahead);
    return check_run(suite);
}
