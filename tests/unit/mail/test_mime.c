/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The MIME tree: its shape, what its parts say, their data, its limits.
 */
#include "mail_test.h"

#include <stdio.h>

#include <assay/verdict.h>

#include "base/sizes.h"
#include "base/strbuf.h"
#include "check_run.h"

static assay_message *message;

static void teardown(void)
{
    assay_message_free(&message);
}

static assay_part *walk(assay_bytes bytes, const assay_message_limits *limits)
{
    message = message_over(bytes, limits);
    return root_of(message);
}

/* ---- shape --------------------------------------------------------------- */

/* The tree as text: "type(children …)" and "type[body]" for leaves. */
static void describe(const assay_part *root, struct assay__strbuf *out)
{
    const assay_part *part = root;

    while (part) {
        assay_part_info info = info_of(part);
        const assay_part *next;

        if (info.is_container)
            (void)assay__strbuf_addf(out, "%s(", info.media_type);
        else
            (void)assay__strbuf_addf(out, "%s[%.*s]", info.media_type,
                                     (int)info.body.len, info.body.data);
        next = assay_part_first_child(part);
        if (!next && info.is_container)
            (void)assay__strbuf_addc(out, ')');
        while (!next && part) {
            next = assay_part_next(part);
            part = assay_part_parent(part);
            (void)assay__strbuf_adds(out, next ? " " : part ? ")" : "");
        }
        part = next;
    }
}

#define MIXED(boundary) "Content-Type: multipart/mixed; boundary=" boundary
#define TEXT_PART "\r\nContent-Type: text/html\r\n\r\n"
#define B(literal)                     \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

static const struct {
    assay_bytes message;
    const char *want;
} trees[] = {
    /* messages that hardly are any */
    {B(""), "text/plain[]"},
    {B("\n"), "text/plain[]"},
    {B("\r\n\r\nx"), "text/plain[\r\nx]"},
    {B("A: 1"), "text/plain[]"},
    {B("A: 1\r\n"), "text/plain[]"},
    {B("no header\r\n\r\nx"), "text/plain[no header\r\n\r\nx]"},
    {B("A: 1\r\nno header\r\n\r\nx"), "text/plain[no header\r\n\r\nx]"},
    {B("A: 1\n\nx\ny"), "text/plain[x\ny]"},
    {B("A: 1\r\rx"), "text/plain[]"},
    {B("From me\nContent-Type: text/html\n\nx"), "text/html[x]"},
    /* types */
    {B("Content-Type: TEXT/Html; charset=x\n\nx"), "text/html[x]"},
    {B("Content-Type: (c(d)\\)) text/html (x)\n\nx"), "text/html[x]"},
    {B("Content-Type: text\n\nx"), "text/plain[x]"},
    {B("Content-Type:\n\nx"), "text/plain[x]"},
    {B("Content-Type: a/b\nContent-Type: text/html\n\nx"), "a/b[x]"},
    {B("Content-Type: multipart/mixed\n\n--a\n\nx\n--a--\n"),
     "text/plain[--a\n\nx\n--a--\n]"},
    {B("Content-Type: multipart/mixed; boundary=\"\"\n\n--\nx"),
     "text/plain[--\nx]"},
    /* multiparts */
    {B(MIXED("a") "\r\n\r\npre\r\n--a\r\n\r\nx\r\n--a" TEXT_PART
                  "y\r\n\r\n--a--\r\nepilogue"),
     "multipart/mixed(text/plain[x] text/html[y\r\n])"},
    {B(MIXED("a") "\n\n--a\n\nx\n--a--\n"), "multipart/mixed(text/plain[x])"},
    {B(MIXED("a") "\n\n--a \t\n\nx\n--a-- \n"),
     "multipart/mixed(text/plain[x])"},
    {B(MIXED("\"a \"") "\n\n--a\n\nx\n--a--\n"),
     "multipart/mixed(text/plain[x])"},
    {B(MIXED("\"a b:c\"") "\n\n--a b:c\n\nx\n--a b:c--"),
     "multipart/mixed(text/plain[x])"},
    {B(MIXED("a") "\n\n--a\n\nx"), "multipart/mixed(text/plain[x])"},
    {B(MIXED("a") "\n\n--a\n\nx\n"), "multipart/mixed(text/plain[x\n])"},
    {B(MIXED("a") "\n\n--a\n\n--a\n\n--a--"),
     "multipart/mixed(text/plain[] text/plain[])"},
    {B(MIXED("a") "\n\n--a\n--a\n--a--"),
     "multipart/mixed(text/plain[] text/plain[])"},
    {B(MIXED("a") "\n\n--a\nA: 1\n--a--"), "multipart/mixed(text/plain[])"},
    {B(MIXED("a") "\n\n--a\nbody at once\n--a--"),
     "multipart/mixed(text/plain[body at once])"},
    {B(MIXED("a") "\n--a\n\nx\n--a--"), "multipart/mixed(text/plain[x])"},
    {B(MIXED("a") "\n\nno part"), "multipart/mixed()"},
    {B(MIXED("a") "\n\n--a"), "multipart/mixed(text/plain[])"},
    {B(MIXED("a") "\n\n--a--"), "multipart/mixed()"},
    {B(MIXED("a") "\n\n--a\n\nx\n--a--\n--a\n\nlate\n"),
     "multipart/mixed(text/plain[x])"},
    /* lines that are like boundaries */
    {B(MIXED("a") "\n\n--a\n\n--ab\n-a\n --a\n--\n--a-\nx\r--a\n--a--"),
     "multipart/mixed(text/plain[--ab\n-a\n --a\n--\n--a-\nx\r--a])"},
    {B(MIXED("a") "\n\n--a\n" MIXED("ab") "\n\n--ab\n\nx\n--a\n\ny\n--a--"),
     "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
    {B(MIXED("a--") "\n\n--a--\n" MIXED(
         "a") "\n\n--a\n\nx\n--a--\n\n--a--\n\ny"),
     "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
    {B(MIXED("\"a\0b\"") "\n\n--a\n\nx\n--a\0b\n\ny"),
     "multipart/mixed(text/plain[y])"},
    /* nesting */
    {B(MIXED("a") "\n\n--a\n" MIXED(
         "b") "\n\n--b\n\nx\n--b--\n\n--a\n\ny\n--a--"),
     "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
    {B(MIXED("a") "\n\n--a\n" MIXED("b") "\n\n--b\n\nx\n--a--\n--b\n"),
     "multipart/mixed(multipart/mixed(text/plain[x]))"},
    {B(MIXED("a") "\n\n--a\n" MIXED(
         "a") "\n\n--a\n\nx\n--a--\n--a\n\ny\n--a--"),
     "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
    /* messages in messages */
    {B("Content-Type: message/rfc822\n\nContent-Type: text/html\n\nx"),
     "message/rfc822(text/html[x])"},
    {B("Content-Type: message/global\n\n\nx"), "message/global(text/plain[x])"},
    {B("Content-Type: message/rfc822\n\nFrom me\nContent-Type: a/b\n\nx"),
     "message/rfc822(a/b[x])"},
    {B("Content-Type: message/rfc822\n\n" MIXED("a") "\n\n--a\n\nx\n--a--"),
     "message/rfc822(multipart/mixed(text/plain[x]))"},
    {B("Content-Type: message/rfc822\nnothing\n"),
     "message/rfc822(text/plain[nothing\n])"},
    {B("Content-Type: message/rfc822\n"), "message/rfc822(text/plain[])"},
    {B("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
       "QTogMQ=="),
     "message/rfc822[QTogMQ==]"},
    {B("Content-Type: message/rfc822\nContent-Transfer-Encoding: x-odd\n\n\nx"),
     "message/rfc822(text/plain[x])"},
    {B(MIXED("a") "\n\n--a\nContent-Type: message/rfc822\n--a\n\ny\n--a--"),
     "multipart/mixed(message/rfc822(text/plain[]) text/plain[y])"},
    {B("Content-Type: multipart/digest; boundary=a\n\n--a\n\nContent-Type: "
       "text/html\n\nx\n--a\nContent-Type: text/plain\n\ny\n--a--"),
     "multipart/digest(message/rfc822(text/html[x]) text/plain[y])"},
};

START_TEST(message_has_this_tree)
{
    assay_part *root = walk(trees[_i].message, NULL);
    struct assay__strbuf got;

    assay__strbuf_init(&got, 100000);
    describe(root, &got);
    ck_assert_msg(strcmp(assay__strbuf_str(&got), trees[_i].want) == 0,
                  "case %d: got %s, want %s", _i, assay__strbuf_str(&got),
                  trees[_i].want);
    ck_assert_uint_eq(assay_message_tree_limits(message), 0);
    assay__strbuf_fini(&got);
}
END_TEST

START_TEST(thread_visits_every_part_in_order)
{
    static const char *const want[] = {"multipart/mixed", "message/rfc822",
                                       "text/html", "text/plain"};
    assay_part *part = walk(
        BYTES(MIXED("a") "\n\n--a\nContent-Type: message/rfc822\n\n"
                         "Content-Type: text/html\n\nx\n--a\n\ny\n--a--\n"),
        NULL);
    size_t count = 0;

    for (; part; part = assay_part_thread(part), count++) {
        ck_assert_uint_lt(count, ASSAY_COUNT_OF(want));
        ck_assert_str_eq(info_of(part).media_type, want[count]);
        ck_assert_ptr_eq(assay_part_message(part), message);
    }
    ck_assert_uint_eq(count, ASSAY_COUNT_OF(want));
    ck_assert_uint_eq(assay_message_part_count(message), count);
}
END_TEST

START_TEST(parts_are_ranges_of_the_received_bytes)
{
    static const char text[] =
        MIXED("a") "\r\n\r\n--a\r\nA: 1\r\n\r\nx\r\n--a--\r\n";
    assay_part *root = walk(BYTES(text), NULL);
    assay_part_info top = info_of(root);
    assay_part_info leaf = info_of(assay_part_first_child(root));

    ck_assert_ptr_eq(top.header.data, text);
    ck_assert_ptr_eq(top.body.data, strstr(text, "--a"));
    ck_assert_ptr_eq(top.body.data + top.body.len, text + sizeof text - 1);
    ck_bytes(leaf.header, "A: 1\r\n");
    ck_assert_ptr_eq(leaf.body.data, strstr(text, "x\r\n"));
    ck_assert_uint_eq(top.depth, 0);
    ck_assert_uint_eq(leaf.depth, 1);
}
END_TEST

START_TEST(tree_is_walked_once)
{
    assay_part *root = walk(BYTES("A: 1\n\nx"), NULL);

    ck_assert_ptr_eq(root_of(message), root);
    ck_assert_uint_eq(assay_message_part_count(message), 1);
}
END_TEST

/* ---- content headers ----------------------------------------------------- */

#define CT "Content-Type: text/plain; "
#define CD "Content-Disposition: attachment; "

static const struct {
    const char *headers;
    const char *want; /* file name; NULL: none */
} names[] = {
    {"A: 1\n", NULL},
    {CT "name=a.txt\n", "a.txt"},
    {CT "name=\"a b.txt\"\n", "a b.txt"},
    {CT "name = \"a.txt\" ; charset=x\n", "a.txt"},
    {CT "name=a b.txt ; x=y\n", "a b.txt"},
    {CT "name=a(1).txt (comment)\n", "a(1).txt"},
    {CT "name=a.txt; name=b.txt\n", "a.txt"},
    {CT "NAME=a.txt\n", "a.txt"},
    {CT "x=\";name=b\"; name=a.txt\n", "a.txt"},
    {CT "(name=b;) name=a.txt\n", "a.txt"},
    {CT ";; =x; name=a.txt\n", "a.txt"},
    {CT "name=\"a.txt\n", "a.txt"},
    {CT "name=\"a\r\n b.txt\"\n", "a b.txt"},
    {CT "name=\"\"\n", NULL},
    {CT "name\n", NULL},
    {CT "names=a\n", NULL},
    /* a path is text, never used as one */
    {CT "name=\"C:\\dir\\a\\\"b\\\\.exe\"\n", "C:\\dir\\a\"b\\.exe"},
    {CT "name=\"../../etc/x\"\n", "../../etc/x"},
    /* disposition comes first */
    {CT "name=a\n" CD "filename=b\n", "b"},
    {CD "filename=b\n" CT "name=a\n", "b"},
    {CT "name=a\n" CD "filename=\"\"\n", "a"},
    {CD "name=b\n", NULL},
    {"Content-Disposition: attachment\n", NULL},
    {CD "filename=b\n" CD "filename=c\n", "b"},
    /* RFC 2047, not allowed here but common */
    {CT "name=\"=?utf-8?q?=C3=A4?=.txt\"\n", "\xc3\xa4.txt"},
    {CT "name=\"=?utf-8?q?a?=\r\n =?utf-8?q?b?=\"\n", "ab"},
    /* RFC 2231 */
    {CT "name*=utf-8''%C3%A4%20b.txt\n", "\xc3\xa4 b.txt"},
    {CT "name*=iso-8859-1'de'%E4\n", "\xc3\xa4"},
    {CT "name*=\"utf-8''a%41\"\n", "aA"},
    {CT "name*=none''%E4\n", "\xEF\xBF\xBD"},
    {CT "name*=plain%41\n", "plainA"},
    {CT "name*=utf-8''a%4\n", "a%4"},
    {CT "name*0=a; name*1=b; name*2=c\n", "abc"},
    {CT "name*2=c; name*0=a; name*1=b\n", "abc"},
    {CT "name*0=a; name*2=c\n", "a"},
    {CT "name*1=b\n", NULL},
    {CT "name*0=a; name*0=x; name*1=b\n", "ab"},
    {CT "name*0*=utf-8''%C3; name*1*=%A4; name*2=\"%41\"\n", "\xc3\xa4%41"},
    {CT "name=plain; name*=utf-8''ext\n", "ext"},
    {CT "name=plain; name*0=a; name*1=b\n", "ab"},
    {CT "name*0=a; name*=utf-8''ext\n", "ext"},
    {CT "name*x=a; name**=b; name*0x=c; name*99999999=d\n", NULL},
    {CT "name*=utf-8''a%00b\n", "a\xEF\xBF\xBD"
                                "b"},
};

START_TEST(file_name_is_found)
{
    assay_part_info info = info_of(walk(TEXT(names[_i].headers), NULL));
    const char *got = info.file_name ? info.file_name : "(none)";
    const char *want = names[_i].want ? names[_i].want : "(none)";

    ck_assert_msg(strcmp(got, want) == 0, "case %d: got %s, want %s", _i, got,
                  want);
    ck_assert_int_eq(info.is_attachment, names[_i].want != NULL);
}
END_TEST

static const struct {
    const char *header;
    assay_encoding want;
} encodings[] = {
    {"A: 1", ASSAY_ENCODING_7BIT},
    {"Content-Transfer-Encoding:", ASSAY_ENCODING_7BIT},
    {"Content-Transfer-Encoding: 7Bit", ASSAY_ENCODING_7BIT},
    {"Content-Transfer-Encoding: 8bit", ASSAY_ENCODING_8BIT},
    {"Content-Transfer-Encoding: binary", ASSAY_ENCODING_BINARY},
    {"Content-Transfer-Encoding:BASE64 (c)", ASSAY_ENCODING_BASE64},
    {"Content-Transfer-Encoding: (c) base64", ASSAY_ENCODING_BASE64},
    {"Content-Transfer-Encoding: base64; x=y", ASSAY_ENCODING_BASE64},
    {"Content-Transfer-Encoding:\n\tquoted-printable",
     ASSAY_ENCODING_QUOTED_PRINTABLE},
    {"Content-Transfer-Encoding: x-uuencode", ASSAY_ENCODING_UUENCODE},
    {"Content-Transfer-Encoding: uue", ASSAY_ENCODING_UUENCODE},
    {"Content-Transfer-Encoding: base65", ASSAY_ENCODING_UNKNOWN},
    {"Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64",
     ASSAY_ENCODING_7BIT},
};

START_TEST(encoding_is_the_first_word)
{
    assay_part_info info = info_of(walk(TEXT(encodings[_i].header), NULL));

    ck_assert_msg(info.encoding == encodings[_i].want,
                  "case %d: got %d, want %d", _i, (int)info.encoding,
                  (int)encodings[_i].want);
}
END_TEST

START_TEST(charset_and_boundary_are_reported)
{
    assay_part_info info = info_of(walk(
        BYTES("Content-Type: a/b; charset=\"UTF-8\"; boundary=Aa\n"), NULL));

    ck_assert_str_eq(info.charset, "utf-8");
    ck_assert_str_eq(info.boundary, "Aa");
    teardown();
    info = info_of(walk(BYTES("A: 1\n"), NULL));
    ck_assert_ptr_null(info.charset);
    ck_assert_ptr_null(info.boundary);
}
END_TEST

START_TEST(part_headers_are_found_in_their_own_block)
{
    assay_part *root = walk(
        BYTES(MIXED("a") "\nX: top\n\n--a\nx: 1\nX: 2\n\nX: body\n"), NULL);
    assay_part *leaf = assay_part_first_child(root);
    assay_bytes value;

    ck_assert(assay_part_header(leaf, "X", 1, &value));
    ck_bytes(value, " 2");
    ck_assert(!assay_part_header(leaf, "X", 2, &value));
    ck_assert(assay_part_header(root, "x", 0, &value));
    ck_bytes(value, " top");
}
END_TEST

/* ---- data ---------------------------------------------------------------- */

#define CTE "Content-Transfer-Encoding: "

static const struct {
    const char *message;
    const char *want;
    size_t want_defects;
} bodies[] = {
    {"A: 1\n\nab=\n", "ab=\n", 0},
    {CTE "8bit\n\nab", "ab", 0},
    {CTE "none\n\nab", "ab", 0},
    {CTE "base64\n\nYW\nJj!\n", "abc", 1},
    {CTE "base64\n\n", "", 0},
    {CTE "quoted-printable\n\na=3D=\nb", "a=b", 0},
    {CTE "x-uuencode\n\nbegin 644 f\n#86)C\n`\nend\n", "abc", 0},
    {CTE "x-uuencode\n\nabc", "abc", 3},
};

START_TEST(leaf_is_decoded_once)
{
    assay_part *part = walk(TEXT(bodies[_i].message), NULL);
    assay_bytes first, second;
    size_t defects = 99;

    ck_assert_int_eq(assay_part_decode(part, &first, &defects, NULL), ASSAY_OK);
    ck_bytes_at(_i, first, TEXT(bodies[_i].want));
    ck_assert_uint_eq(defects, bodies[_i].want_defects);
    ck_assert_int_eq(assay_part_decode(part, &second, NULL, NULL), ASSAY_OK);
    ck_assert_ptr_eq(first.data, second.data);
}
END_TEST

START_TEST(identity_is_borrowed)
{
    static const char text[] = "A: 1\n\nbody";
    assay_part *part = walk(BYTES(text), NULL);
    assay_bytes data;

    ck_assert_int_eq(assay_part_decode(part, &data, NULL, NULL), ASSAY_OK);
    ck_assert_ptr_eq(data.data, text + 6);
}
END_TEST

START_TEST(container_has_no_data)
{
    assay_part *part = walk(BYTES(MIXED("a") "\n\n--a--"), NULL);
    assay_error err = {0};
    assay_bytes data;

    ck_assert_int_eq(assay_part_decode(part, &data, NULL, &err), ASSAY_E_INVAL);
    ck_assert_str_eq(err.msg, "multipart/mixed is a container");
}
END_TEST

static const char *const over[] = {
    "A: 1\n\nabcd",
    CTE "base64\n\nYWJjZA==",
    CTE "quoted-printable\n\nabcd",
    CTE "uuencode\n\nbegin 644 f\n$86)C9```\nend\n",
};

START_TEST(decoded_size_is_limited)
{
    const assay_message_limits limits = {.max_decoded_bytes = 3};
    assay_part *part = walk(TEXT(over[_i]), &limits);
    assay_error err = {0};
    assay_bytes data;

    ck_assert_int_eq(assay_part_decode(part, &data, NULL, &err), ASSAY_E_LIMIT);
    ck_assert_str_eq(err.msg, "part decodes to over 3 bytes");
}
END_TEST

/* ---- limits (threat H2: a tree that is not whole says so) ---------------- */

static const struct {
    assay_message_limits limits;
    const char *message;
    uint32_t want_bits;
    const char *want;
} cuts[] = {
    {{.max_parts = 2},
     MIXED("a") "\n\n--a\n\nx\n--a\n\ny\n--a--",
     ASSAY_LIMIT_PARTS,
     "multipart/mixed(text/plain[x])"},
    {{.max_parts = 1},
     "Content-Type: message/rfc822\n\nA: 1\n\nx",
     ASSAY_LIMIT_PARTS,
     "message/rfc822()"},
    {{.max_parts = 3},
     MIXED("a") "\n\n--a\n\nx\n--a\n\ny\n--a--",
     0,
     "multipart/mixed(text/plain[x] text/plain[y])"},
    {{.max_depth = 1},
     MIXED("a") "\n\n--a\n" MIXED("b") "\n\n--b\n\nx\n--a\n\ny\n--a--",
     ASSAY_LIMIT_DEPTH,
     "multipart/mixed(multipart/mixed())"},
    {{.max_depth = 2},
     MIXED("a") "\n\n--a\n" MIXED("b") "\n\n--b\n\nx\n--a\n\ny\n--a--",
     0,
     "multipart/mixed(multipart/mixed(text/plain[x]) text/plain[y])"},
    {{.max_headers = 2},
     "A: 1\nContent-Type: a/b\nC: 3\n\nx",
     ASSAY_LIMIT_HEADERS,
     "a/b[C: 3\n\nx]"},
    {{.max_header_bytes = 10},
     "A: 1\nB: 234\n\nx",
     ASSAY_LIMIT_HEADERS,
     "text/plain[B: 234\n\nx]"},
    {{.max_headers = 1},
     MIXED("a") "\n\n--a\nA: 1\nB: 2\n\nx\n--a\n\ny",
     ASSAY_LIMIT_HEADERS,
     "multipart/mixed(text/plain[B: 2\n\nx\n--a\n\ny])"},
};

START_TEST(limit_ends_the_walk_and_is_told)
{
    assay_part *root = walk(TEXT(cuts[_i].message), &cuts[_i].limits);
    uint32_t bits = assay_message_tree_limits(message);
    struct assay__strbuf got;

    assay__strbuf_init(&got, 10000);
    describe(root, &got);
    ck_assert_msg(bits == cuts[_i].want_bits, "case %d: got %x, want %x", _i,
                  bits, cuts[_i].want_bits);
    ck_assert_msg(strcmp(assay__strbuf_str(&got), cuts[_i].want) == 0,
                  "case %d: got %s, want %s", _i, assay__strbuf_str(&got),
                  cuts[_i].want);
    assay__strbuf_fini(&got);
}
END_TEST

/* ---- size ---------------------------------------------------------------- */

static void add(struct assay__strbuf *text, const char *piece)
{
    ck_assert_int_eq(assay__strbuf_adds(text, piece), ASSAY_OK);
}

START_TEST(hundred_thousand_parts_are_walked)
{
    const assay_message_limits limits = {.max_parts = 200000};
    struct assay__strbuf text;

    assay__strbuf_init(&text, SIZE_MAX);
    add(&text, MIXED("a") "\n\n");
    for (int i = 0; i < 100000; i++)
        add(&text, "--a\nContent-Type: a/b; name=n\n\nx\n");
    (void)walk((assay_bytes){text.data, text.len}, &limits);
    ck_assert_uint_eq(assay_message_part_count(message), 100001);
    ck_assert_uint_eq(assay_message_tree_limits(message), 0);
    teardown();
    (void)walk((assay_bytes){text.data, text.len}, NULL);
    ck_assert_uint_eq(assay_message_part_count(message), 10000);
    ck_assert_uint_eq(assay_message_tree_limits(message), ASSAY_LIMIT_PARTS);
    teardown();
    assay__strbuf_fini(&text);
}
END_TEST

/* Then lines that could be any of the boundaries, were each compared. */
START_TEST(thousand_levels_and_a_million_dashed_lines_are_walked)
{
    const assay_message_limits limits = {.max_depth = 1000};
    struct assay__strbuf text;

    assay__strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(
            assay__strbuf_addf(&text, MIXED("b%d") "\n\n--b%d\n", i, i),
            ASSAY_OK);
    add(&text, "\n");
    for (int i = 0; i < 1000000; i++)
        add(&text, "--b-1\n");
    (void)walk((assay_bytes){text.data, text.len}, &limits);
    ck_assert_uint_eq(assay_message_part_count(message), 1001);
    ck_assert_uint_eq(assay_message_tree_limits(message), 0);
    teardown();
    (void)walk((assay_bytes){text.data, text.len}, NULL);
    ck_assert_uint_eq(assay_message_part_count(message), 101);
    ck_assert_uint_eq(assay_message_tree_limits(message), ASSAY_LIMIT_DEPTH);
    teardown();
    assay__strbuf_fini(&text);
}
END_TEST

START_TEST(thousand_messages_in_messages_are_walked)
{
    const assay_message_limits limits = {.max_depth = 1000};
    struct assay__strbuf text;

    assay__strbuf_init(&text, SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        add(&text, "Content-Type: message/rfc822\n\n");
    (void)walk((assay_bytes){text.data, text.len}, &limits);
    ck_assert_uint_eq(assay_message_part_count(message), 1001);
    teardown();
    assay__strbuf_fini(&text);
}
END_TEST

START_TEST(line_of_ten_megabytes_is_walked)
{
    static const char *const heads[] = {"", "A: ", MIXED("a") "\n\n--a\n\n--"};
    const size_t len = (size_t)10 * 1024 * 1024;
    struct assay__strbuf text;

    assay__strbuf_init(&text, SIZE_MAX);
    add(&text, heads[_i]);
    ck_assert_int_eq(assay__strbuf_reserve(&text, len), ASSAY_OK);
    memset(text.data + text.len, ' ', len);
    text.len += len;
    (void)walk((assay_bytes){text.data, text.len}, NULL);
    ck_assert_uint_eq(assay_message_tree_limits(message),
                      _i == 1 ? ASSAY_LIMIT_HEADERS : 0);
    teardown();
    assay__strbuf_fini(&text);
}
END_TEST

/* The mail that keeps libclamav busy for half a minute (CVE-2019-15961). */
START_TEST(hundred_thousand_sections_are_joined)
{
    const assay_message_limits limits = {.max_header_bytes = (size_t)1 << 24};
    struct assay__strbuf text;

    assay__strbuf_init(&text, SIZE_MAX);
    add(&text, "Content-Type: a/b");
    for (int i = 99999; i >= 0; i--)
        ck_assert_int_eq(assay__strbuf_addf(&text, ";\n name*%d=x", i),
                         ASSAY_OK);
    ck_assert_uint_eq(
        strlen(info_of(walk((assay_bytes){text.data, text.len}, &limits))
                   .file_name),
        100000);
    teardown();
    assay__strbuf_fini(&text);
}
END_TEST

static TCase *tree_case(void)
{
    TCase *tc = tcase_create("tree");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, message_has_this_tree, 0, ASSAY_COUNT_OF(trees));
    tcase_add_test(tc, thread_visits_every_part_in_order);
    tcase_add_test(tc, parts_are_ranges_of_the_received_bytes);
    tcase_add_test(tc, tree_is_walked_once);
    tcase_add_loop_test(tc, limit_ends_the_walk_and_is_told, 0,
                        ASSAY_COUNT_OF(cuts));
    return tc;
}

static TCase *part_case(void)
{
    TCase *tc = tcase_create("part");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, file_name_is_found, 0, ASSAY_COUNT_OF(names));
    tcase_add_loop_test(tc, encoding_is_the_first_word, 0,
                        ASSAY_COUNT_OF(encodings));
    tcase_add_test(tc, charset_and_boundary_are_reported);
    tcase_add_test(tc, part_headers_are_found_in_their_own_block);
    tcase_add_loop_test(tc, leaf_is_decoded_once, 0, ASSAY_COUNT_OF(bodies));
    tcase_add_test(tc, identity_is_borrowed);
    tcase_add_test(tc, container_has_no_data);
    tcase_add_loop_test(tc, decoded_size_is_limited, 0, ASSAY_COUNT_OF(over));
    return tc;
}

static TCase *size_case(void)
{
    TCase *tc = tcase_create("size");

    /* Anything quadratic takes hours; sanitizers on a busy machine do not. */
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, hundred_thousand_parts_are_walked);
    tcase_add_test(tc, thousand_levels_and_a_million_dashed_lines_are_walked);
    tcase_add_test(tc, thousand_messages_in_messages_are_walked);
    tcase_add_loop_test(tc, line_of_ten_megabytes_is_walked, 0, 3);
    tcase_add_test(tc, hundred_thousand_sections_are_joined);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("mime");

    suite_add_tcase(suite, tree_case());
    suite_add_tcase(suite, part_case());
    suite_add_tcase(suite, size_case());
    return check_run(suite);
}
