/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/* Specification: configuration grammar and its acceptance corpus. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizes.h"
#include "conf_fixture.h"
#include "check_run.h"

/* ---- what is read ------------------------------------------------------ */

/* A tree as text: name=value; name:instance{…}; (…) and [k=v …]. */
static void show_value(struct assay__strbuf *out,
                       const struct assay__conf_value *value)
{
    if (value->kind == ASSAY__CONF_WORD) {
        (void)assay__strbuf_adds(out, value->text);
        return;
    }
    (void)assay__strbuf_addc(out, value->kind == ASSAY__CONF_LIST ? '(' : '[');
    for (size_t i = 0; i < value->count; i++) {
        if (i > 0)
            (void)assay__strbuf_addc(out, ' ');
        if (value->keys)
            (void)assay__strbuf_addf(out, "%s=", value->keys[i]);
        show_value(out, &value->items[i]);
    }
    (void)assay__strbuf_addc(out, value->kind == ASSAY__CONF_LIST ? ')' : ']');
}

static void show_items(struct assay__strbuf *out,
                       const struct assay__conf_item *stanza)
{
    for (size_t i = 0; i < stanza->count; i++) {
        const struct assay__conf_item *item = &stanza->items[i];

        (void)assay__strbuf_adds(out, item->name);
        if (item->is_stanza) {
            if (item->instance)
                (void)assay__strbuf_addf(out, ":%s", item->instance);
            (void)assay__strbuf_addc(out, '{');
            show_items(out, item);
            (void)assay__strbuf_addc(out, '}');
        } else {
            (void)assay__strbuf_addc(out, '=');
            show_value(out, &item->value);
        }
        (void)assay__strbuf_addc(out, ';');
    }
}

static void expect_tree(int number, const char *text, const char *want)
{
    struct assay__strbuf got;

    assay__strbuf_init(&got, 65536);
    show_items(&got, assay__conf_tree_root(tree));
    ck_assert_msg(strcmp(assay__strbuf_str(&got), want) == 0,
                  "case %d:\n%s\ngot  %s\nwant %s", number, text,
                  assay__strbuf_str(&got), want);
    assay__strbuf_fini(&got);
}

static const struct {
    const char *text;
    const char *want;
} accepted[] = {
    {"", ""},
    {"# nothing\n", ""},
    {"a = 1", "a=1;"},
    {"a = 1\r\nb = 2\r\n", "a=1;b=2;"},
    {"a = \"1\" b = '2'", "a=1;b=2;"},
    {"a\n=\n1", "a=1;"},
    {"a =\n  1\nb = 2", "a=1;b=2;"},
    {"a = x\nB = y\na = z", "a=x;B=y;a=z;"},
    {"clamav {}", "clamav{};"},
    {"clamav {}\nclamav {}", "clamav{};clamav{};"},
    {"a {b = 1}", "a{b=1;};"},
    {"a\n{\n}\n", "a{};"},
    {"include_me = 1", "include_me=1;"},
    {"a { } b { c \"d\" { } }", "a{};b{c:d{};};"},
    {"a = ( 1 2 3 )", "a=(1 2 3);"},
    {"a = (\"from\", \"to\")", "a=(from to);"},
    {"a = (,1,,2,)", "a=(1 2);"},
    {"a = ( (1 2) [k=v] )", "a=((1 2) [k=v]);"},
    {"a [ k = v ]", "a=[k=v];"},
    {"a = [ ]", "a=[];"},
    {"a = [ k = ( 1 2 ) l = [ m = n ] ]", "a=[k=(1 2) l=[m=n]];"},
    {"\xef\xbb\xbf"
     "a = 1",
     "a=1;"},
    {"a = caf\xe9", "a=caf\xe9;"},
    /* The global stanza and the nested, named one of the antivirus modules. */
    {"clamav {}\n"
     "csapi {}\n"
     "antivirus \"antivirus1\" {\n"
     "  clamav \"clamav1\" {\n"
     "    timeout = \"20\"\n"
     "  }\n"
     "  csapi \"csapi1\" {\n"
     "    action = \"pass\"\n"
     "  }\n"
     "}\n",
     "clamav{};csapi{};antivirus:antivirus1{clamav:clamav1{timeout=20;};"
     "csapi:csapi1{action=pass;};};"},
    /* A word without quotes as the value of an enumeration. */
    {"fsecure \"fsecure1\" {\n  action = reject\n}",
     "fsecure:fsecure1{action=reject;};"},
    /* Mixed case, and the flat stanza of old. */
    {"clamav \"clamav1\" {\n  Enabled = true\n  action = \"pass\"\n}",
     "clamav:clamav1{Enabled=true;action=pass;};"},
    /* An anonymous singleton with lines that are comments. */
    {"cloudmark {\n  # accreditation = \"x\"\n  license = \"/opt/l\"\n}",
     "cloudmark{license=/opt/l;};"},
    /* A list over several lines. */
    {"maildir \"m\" {\n  domain = (\n    \"a.example\"\n    \"b.example\"\n"
     "  )\n}",
     "maildir:m{domain=(a.example b.example);};"},
    {"eleven { servers = ( \"10.0.0.1:3000:1\" 10.0.0.2:3000:2 ) }",
     "eleven{servers=(10.0.0.1:3000:1 10.0.0.2:3000:2);};"},
    {"brightmail \"brightmail1\"{\n  a = 1\n}",
     "brightmail:brightmail1{a=1;};"},
    {"ThreadPool \"IO\" {\n  Concurrency = 50\n}",
     "ThreadPool:IO{Concurrency=50;};"},
    {"threadpool \"LUA_TXT_LOGS\" { concurrency = 10 }",
     "threadpool:LUA_TXT_LOGS{concurrency=10;};"},
    {"ThreadPool accept-pool {\n  concurrency = 4\n}",
     "ThreadPool:accept-pool{concurrency=4;};"},
    {"Control_Listener {\n"
     "  Listen \"/tmp/2025\" { file_mode = 0660 }\n"
     "  Listen \"*:2025\" {\n"
     "    AuthDigestMD5Parameters [\n"
     "      uri = \"digest:///opt/msys/ecelerity/etc/ecdigest\"\n"
     "      realm = \"Momentum Console\"\n"
     "    ]\n"
     "  }\n"
     "}",
     "Control_Listener{Listen:/tmp/2025{file_mode=0660;};Listen:*:2025{"
     "AuthDigestMD5Parameters=[uri=digest:///opt/msys/ecelerity/etc/ecdigest "
     "realm=Momentum Console];};};"},
    {"Authorization {\n  Role \"admin\" {\n    allow = ( \".*\" )\n  }\n}",
     "Authorization{Role:admin{allow=(.*);};};"},
    {"Peer 127.0.0.1 {\n  context = [ allowed = \"1\" ]\n}",
     "Peer:127.0.0.1{context=[allowed=1];};"},
    {"binding \"b\" {\n  domain \"/x\\.y$/\" { }\n  Domain yahoo.com { "
     "Max = 2 }\n}",
     "binding:b{domain:/x\\.y$/{};Domain:yahoo.com{Max=2;};};"},
    {"sieve {\n  script mailfrom_phase1 {\n    hook = \"x\"\n  }\n}",
     "sieve{script:mailfrom_phase1{hook=x;};};"},
    {"Debug_Flags {\n  DEBUG = ()\n  ERROR = ( ALL )\n}",
     "Debug_Flags{DEBUG=();ERROR=(ALL);};"},
    {"url_ripper { map [ 10.0.0.1 = \"a\" 10.0.0.2 = \"b\" ] }",
     "url_ripper{map=[10.0.0.1=a 10.0.0.2=b];};"},
    {"a = don\xe2\x80\x99t b = \"\xe2\x80\x9cx\xe2\x80\x9d\"",
     "a=don\xe2\x80\x99t;b=\xe2\x80\x9cx\xe2\x80\x9d;"},
    /* A quoted value on the line of its name needs no sign. */
    {"Milter_Listener { Listen \"unix:/run/x\" }\na \"x y\"\nb = 1",
     "Milter_Listener{Listen=unix:/run/x;};a=x y;b=1;"},
};

START_TEST(accepts)
{
    (void)conf_parse_good(accepted[_i].text);
    expect_tree(_i, accepted[_i].text, accepted[_i].want);
}
END_TEST

START_TEST(keeps_quoting_and_places)
{
    const struct assay__conf_item *root =
        conf_parse_good("a = x\n  b \"i\" {\n    c = \"y\"\n  }");
    const struct assay__conf_item *b = conf_item(root, "B");
    const struct assay__conf_item *c = conf_item(b, "c");

    ck_assert(!conf_item(root, "a")->value.quoted && c->value.quoted);
    ck_assert_str_eq(c->pos.file, "t.conf");
    ck_assert_uint_eq(b->pos.line, 2);
    ck_assert_uint_eq(b->pos.column, 3);
    ck_assert_uint_eq(b->instance_pos.column, 5);
    ck_assert_uint_eq(c->value.pos.line, 3);
    ck_assert_uint_eq(c->value.pos.column, 9);
    ck_assert(!c->read_only);
}
END_TEST

/* ---- what is refused --------------------------------------------------- */

/* One mistake, one finding; and what stands beside it is read. */
static const struct {
    const char *text;
    const char *finding; /* start of the only one */
    const char *rest;
} refused[] = {
    {"a 10\nb = 1", "t.conf:1:1: error: missing '=' after 'a'", "b=1;"},
    {"a ( 1 2 )\nb = 1", "t.conf:1:1: error: missing '=' after 'a'",
     "a=(1 2);b=1;"},
    {"a\nb = 1", "t.conf:1:1: error: 'a' has no value", "b=1;"},
    {"a\nb \"c\" {}", "t.conf:1:1: error: 'a' has no value", "b:c{};"},
    {"a =\nb = 1", "t.conf:1:1: error: 'a' has no value", "b=1;"},
    {"a =\nb { }", "t.conf:1:1: error: 'a' has no value", "b{};"},
    {"a =\nb \"c\" { }", "t.conf:1:1: error: 'a' has no value", "b:c{};"},
    {"a == 2 b = 1",
     "t.conf:1:4: error: syntax error near '=': a value was expected",
     "a=2;b=1;"},
    {"s { a = == }\nb = 1",
     "t.conf:1:9: error: syntax error near '=': a value was expected",
     "s{};b=1;"},
    {"s { a = }\nb = 1", "t.conf:1:5: error: 'a' has no value", "s{};b=1;"},
    {"s { a }\nb = 1", "t.conf:1:5: error: 'a' has no value", "s{};b=1;"},
    {"a =", "t.conf:1:1: error: 'a' has no value", ""},
    {"a", "t.conf:1:1: error: 'a' has no value", ""},
    {"a = \"x\nb = 1",
     "t.conf:1:5: error: this string is not closed on its line", "a=x;b=1;"},
    {"a = ( \"x )\nb = 1",
     "t.conf:1:7: error: this string is not closed on its line", "a=(x);b=1;"},
    {"s \"x {\n a = 1\n}\nb = 1",
     "t.conf:1:3: error: this string is not closed on its line",
     "s:x{a=1;};b=1;"},
    {"s \"x { } \nb = 1",
     "t.conf:1:3: error: this string is not closed on its line", "s:x{};b=1;"},
    {"s { a = \"x }\nb = 1",
     "t.conf:1:9: error: this string is not closed on its line",
     "s{a=x;};b=1;"},
    {"s \"x { # y\n a = 1\n}\nb = 1",
     "t.conf:1:3: error: this string is not closed on its line", "a=1;b=1;"},
    {"s { a = \"x", "t.conf:1:9: error: this string is not closed on its line",
     "s{a=x;};"},
    {"s \xe2\x80\x9cx y\xe2\x80\x9d { a = 1 }\nb = 1",
     "t.conf:1:3: error: typographic quotes", "s:x y{a=1;};b=1;"},
    {"a = \xe2\x80\x9ex\xe2\x80\x9c b = 1",
     "t.conf:1:5: error: typographic quotes", "a=x;b=1;"},
    {"s \xe2\x80\x98x {\n a = 1 }\nb = 1",
     "t.conf:1:3: error: typographic quotes", "s:x{a=1;};b=1;"},
    {"\xe2\x80\x9cs\xe2\x80\x9d \"x\" { a = 1 }\nb = 1",
     "t.conf:1:1: error: typographic quotes", "b=1;"},
    {"s \"x\xe2\x80\x9d { a = 1 }\nb = 1",
     "t.conf:1:3: error: typographic quotes: this string", "s:x{a=1;};b=1;"},
    {"a = \xe2\x80\x9cx\" b = 1", "t.conf:1:5: error: typographic quotes",
     "a=x;b=1;"},
    {"s { a = 1 /* x }\nb = 1",
     "t.conf:1:11: error: this comment is not closed", "s{a=1;};"},
    {"s \"x\" (\n a \"b\" {}\n)\nb = 1",
     "t.conf:1:7: error: syntax error near '(': '{' was expected", "b=1;"},
    {"a\nb = ( 1 2 )", "t.conf:1:1: error: 'a' has no value", "b=(1 2);"},
    {"s x (\n a = ( 1 )\n}\nb = 1",
     "t.conf:1:5: error: syntax error near '(': '{' was expected", "b=1;"},
    {"a = 1 /* x\nb = 1", "t.conf:1:7: error: this comment is not closed",
     "a=1;"},
    {"a = ( 1 2\nb = 1", "t.conf:1:5: error: this list is not closed",
     "a=(1 2);b=1;"},
    {"a = ( 1 2\nb \"c\" { }", "t.conf:1:5: error: this list is not closed",
     "a=(1 2);b:c{};"},
    {"s { a = ( 1 2 }\nb = 1", "t.conf:1:9: error: this list is not closed",
     "s{a=(1 2);};b=1;"},
    {"a = ( 1 2 ]\nb = 1", "t.conf:1:5: error: this list is not closed",
     "a=(1 2);b=1;"},
    {"a = ( 1", "t.conf:1:5: error: this list is not closed", "a=(1);"},
    {"s { a = [ k = v\nb = 1 }\nc = 1",
     "t.conf:1:9: error: this dict is not closed", "s{a=[k=v b=1];};c=1;"},
    {"a = [ k = v\ns \"x\" { }", "t.conf:1:5: error: this dict is not closed",
     "a=[k=v];s:x{};"},
    {"a = [ k v ]\nb = 1", "t.conf:1:7: error: missing '=' after the key 'k'",
     "a=[];b=1;"},
    {"a = [ k = ]\nb = 1", "t.conf:1:7: error: the key 'k' has no value",
     "a=[];b=1;"},
    {"a = [ ( ]\nb = 1",
     "t.conf:1:7: error: syntax error near '(': a key was expected",
     "a=[];b=1;"},
    {"s {\na = 1\n", "t.conf:1:3: error: stanza 's' is not closed", "s{a=1;};"},
    {"s {\nt {\na = 1\n", "t.conf:2:3: error: stanza 't' is not closed",
     "s{t{a=1;};};"},
    {"a = 1\n}\nb = 1",
     "t.conf:2:1: error: syntax error near '}': no stanza is open", "a=1;b=1;"},
    {"s \"x\"\n a = 1\n}\nb = 1", "t.conf:1:1: error: missing '{' after 's'",
     "s=x;a=1;b=1;"},
    {"r {\n s \"x\"\n  a = 1\n }\n}\nb = 1",
     "t.conf:2:2: error: missing '{' after 's'", "r{s=x;a=1;};b=1;"},
    {"s\n a = 1\n}\nb = 1", "t.conf:1:1: error: 's' has no value", "a=1;b=1;"},
    {"r {\n s \"x\"\n a = 1\n}\n}\nb = 1",
     "t.conf:5:1: error: syntax error near '}': no stanza is open",
     "r{s=x;a=1;};b=1;"},
    {"s = \"x\" {\n a = 1\n}\nb = 1",
     "t.conf:1:9: error: syntax error near '{': a name was expected",
     "s=x;b=1;"},
    {"s = {\n a = 1\n}\nb = 1",
     "t.conf:1:1: error: stanza 's' is written without '='", "b=1;"},
    {"s =\n{\n a = 1\n}\nb = 1",
     "t.conf:1:1: error: stanza 's' is written without '='", "b=1;"},
    {"a = x y z\nb = 1", "t.conf:1:7: error: syntax error near 'y'",
     "a=x;b=1;"},
    {"= 1\nb = 1",
     "t.conf:1:1: error: syntax error near '=': a name was expected", "b=1;"},
    {") x,y\nb = x,y",
     "t.conf:1:1: error: syntax error near ')': a name was expected", "b=x,y;"},
    {"( x\nb = x,y",
     "t.conf:1:1: error: syntax error near '(': a name was expected", "b=x,y;"},
    {"\"a\" = 1\nb = 1",
     "t.conf:1:1: error: syntax error near 'a': a name was expected", "b=1;"},
    {"csapi \"c\" {\n  ...\n}\nb = 1",
     "t.conf:2:3: error: syntax error near '...': this is not a name",
     "csapi:c{};b=1;"},
    {"time-out = 1\nb = 1",
     "t.conf:1:1: error: syntax error near 'time-out': this is not a name",
     "time-out=1;b=1;"},
    {"caf\xc3\xa9 = 1",
     "t.conf:1:1: error: syntax error near 'caf\xc3\xa9': this is not a name",
     "caf\xc3\xa9=1;"},
    {"caf\xe9 { }",
     "t.conf:1:1: error: syntax error near 'caf?': this is not a name",
     "caf\xe9{};"},
    {"s \"caf\xe9\" { }\nb = 1",
     "t.conf:1:3: error: the instance name is not valid UTF-8",
     "s:caf\xe9{};b=1;"},
    {"a = x\x07y\nb = 1", "t.conf:1:6: error: control character", "a=x;b=1;"},
    {"include\nb = 1", "t.conf:1:1: error: 'include' has no name", "b=1;"},
    {"include = x\nb = 1", "t.conf:1:1: error: 'include' has no name", "b=1;"},
    {"include \"x\nb = 1",
     "t.conf:1:9: error: this string is not closed on its line", "b=1;"},
};

START_TEST(refuses_with_one_finding)
{
    const char *text = refused[_i].text, *want = refused[_i].finding;
    const char *got;

    ck_assert_int_eq(conf_parse(text), ASSAY_E_CONF);
    got = conf_findings();
    ck_assert_msg(strncmp(got, want, strlen(want)) == 0,
                  "case %d:\n%s\ngot  %s\nwant %s", _i, text, got, want);
    ck_assert_msg(assay__conf_diags_errors(diags) == 1,
                  "case %d:\n%s\nmore than one finding:\n%s", _i, text, got);
    ck_assert_str_eq(err.msg, "1 error in configuration t.conf");
    expect_tree(_i, text, refused[_i].rest);
}
END_TEST

/* What stands in which stanza is known only while the braces match. */
START_TEST(tells_whether_braces_match)
{
    static const struct {
        const char *text;
        bool balanced;
    } cases[] = {
        {"s { a 1 }", true},           {"s {", false},       {"}", false},
        {"s \"x\"\n a = 1\n}", false}, {"s \"x {\n}", true}, {"s = {\n}", true},
    };

    for (size_t i = 0; i < ASSAY_COUNT_OF(cases); i++) {
        ck_assert_int_eq(conf_parse(cases[i].text), ASSAY_E_CONF);
        ck_assert_msg(assay__conf_tree_is_balanced(tree) == cases[i].balanced,
                      "%s", cases[i].text);
    }
}
END_TEST

START_TEST(reports_all_mistakes_in_one_run)
{
    ck_assert_int_eq(
        conf_parse("a 1\nb = 2\ns {\n  c =\n  d = 1\n  ...\n}\ne = \"x\n"),
        ASSAY_E_CONF);
    ck_assert_str_eq(err.msg, "4 errors in configuration t.conf");
}
END_TEST

START_TEST(nul_byte_is_one_finding_with_its_place)
{
    static const char text[] = "a = 1\nb = \0\0 2\nc = ";

    ck_assert_int_eq(assay__conf_parse_text("t.conf", text, sizeof text - 1,
                                            diags, &tree, &err),
                     ASSAY_E_CONF);
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 1);
    ck_assert_msg(strncmp(conf_findings(),
                          "t.conf:2:5: error: NUL byte: this is not a text "
                          "file\nb = ??",
                          57) == 0,
                  "%s", conf_findings());
}
END_TEST

/* ---- limits ------------------------------------------------------------ */

static char *repeated(const char *unit, size_t times, const char *tail)
{
    struct assay__strbuf text;

    assay__strbuf_init(&text, (size_t)1 << 26);
    for (size_t i = 0; i < times; i++)
        (void)assay__strbuf_adds(&text, unit);
    (void)assay__strbuf_adds(&text, tail);
    return assay__strbuf_take(&text);
}

static const struct {
    const char *unit, *end;
    int depth;
    assay_rc want;
} depths[] = {
    {"s {", "}", ASSAY__CONF_DEPTH_MAX, ASSAY_OK},
    {"s {", "}", ASSAY__CONF_DEPTH_MAX + 1, ASSAY_E_CONF},
    {"(", ")", ASSAY__CONF_DEPTH_MAX, ASSAY_OK},
    {"(", ")", ASSAY__CONF_DEPTH_MAX + 1, ASSAY_E_CONF},
    {"s {", "}", 100000, ASSAY_E_CONF},
    {"(", ")", 100000, ASSAY_E_CONF},
    {"[a=", "]", 100000, ASSAY_E_CONF},
    {"s {", "", 100000, ASSAY_E_CONF},
    {"(", "", 100000, ASSAY_E_CONF},
};

START_TEST(nesting_has_a_limit)
{
    char *end = repeated(depths[_i].end, (size_t)depths[_i].depth, "");
    char *open = repeated(depths[_i].unit, (size_t)depths[_i].depth, end);
    char *text = repeated(*depths[_i].unit == 's' ? "" : "x = ", 1, open);
    assay_rc rc = conf_parse(text);

    free(end);
    free(open);
    free(text);
    ck_assert_msg(rc == depths[_i].want, "case %d: got %d: %s", _i, rc,
                  err.msg);
    if (rc != ASSAY_OK)
        ck_assert_ptr_nonnull(
            strstr(conf_findings(), "nested deeper than 64 levels, the limit"));
    ck_assert_uint_le(assay__conf_diags_errors(diags), 1);
}
END_TEST

START_TEST(items_have_a_limit)
{
    char *text = repeated("a=1 ", (size_t)ASSAY__CONF_ITEMS_MAX, "b=2");
    assay_rc rc = conf_parse(text);

    free(text);
    ck_assert_int_eq(rc, ASSAY_E_CONF);
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 1);
    ck_assert_ptr_nonnull(strstr(conf_findings(),
                                 "more than 1000000 options and values, the "
                                 "limit"));
}
END_TEST

START_TEST(values_count_as_items)
{
    char *items = repeated("1 ", (size_t)ASSAY__CONF_ITEMS_MAX, ")\n}\nb = 1");
    char *text = repeated("s {\na = (", 1, items);
    assay_rc rc = conf_parse(text);

    free(items);
    free(text);
    ck_assert_int_eq(rc, ASSAY_E_CONF);
    ck_assert_uint_eq(assay__conf_diags_errors(diags), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conf_parse");
    TCase *tc = tcase_create("parse");

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, conf_setup, conf_teardown);
    tcase_add_loop_test(tc, accepts, 0, ASSAY_COUNT_OF(accepted));
    tcase_add_test(tc, keeps_quoting_and_places);
    tcase_add_loop_test(tc, refuses_with_one_finding, 0,
                        ASSAY_COUNT_OF(refused));
    tcase_add_test(tc, tells_whether_braces_match);
    tcase_add_test(tc, reports_all_mistakes_in_one_run);
    tcase_add_test(tc, nul_byte_is_one_finding_with_its_place);
    tcase_add_loop_test(tc, nesting_has_a_limit, 0, ASSAY_COUNT_OF(depths));
    tcase_add_test(tc, items_have_a_limit);
    tcase_add_test(tc, values_count_as_items);
    return check_run(suite);
}
