/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "dialect.h"
#include "fixture.h"

static const struct {
    const char *in, *want;
} cases[] = {
    {"", ""},
    {"a != b", "a ~= b"},
    {"a!=b\nc!=d", "a~=b\nc~=d"},
    {"a ~= b", "a ~= b"},
    {"!", "!"},
    {"!!=", "!~="},
    {"x = '!=' .. y != z", "x = '!=' .. y ~= z"},
    {"x = \"!=\" != z", "x = \"!=\" ~= z"},
    {"x = '\\'!=' != z", "x = '\\'!=' ~= z"},
    {"x = '\\\\' != z", "x = '\\\\' ~= z"},
    {"x = '!=", "x = '!="},
    {"x = '!=\na != b", "x = '!=\na ~= b"},
    {"-- a != b\na != b", "-- a != b\na ~= b"},
    {"--[[ != \n != ]] a != b", "--[[ != \n != ]] a ~= b"},
    {"--[==[ != ]] != ]=] ]==] a != b", "--[==[ != ]] != ]=] ]==] a ~= b"},
    {"--[ != \na != b", "--[ != \na ~= b"},
    {"--[= != \na != b", "--[= != \na ~= b"},
    {"[[ != ]] a != b", "[[ != ]] a ~= b"},
    {"[=[ != ]] ]==] ]=] a != b", "[=[ != ]] ]==] ]=] a ~= b"},
    {"[=[ ]]=] a != b", "[=[ ]]=] a ~= b"},
    {"[[ != ", "[[ != "},
    {"t[1] != t[a[2]]", "t[1] ~= t[a[2]]"},
    {"t['!='] != 1", "t['!='] ~= 1"},
    {"a --", "a --"},
    {"'\\", "'\\"},
    {"a - -1 != b", "a - -1 ~= b"},
};

START_TEST(not_equal_is_translated_in_code_only)
{
    size_t len = strlen(cases[_i].in);
    char *text = malloc(len ? len : 1); /* no byte behind it may be read */

    ck_assert_ptr_nonnull(text);
    memcpy(text, cases[_i].in, len);
    lassay_dialect_translate(text, len);
    ck_assert_msg(memcmp(text, cases[_i].want, len) == 0,
                  "case %d: got %.*s, want %s", _i, (int)len, text,
                  cases[_i].want);
    free(text);
}
END_TEST

/* Every text of five of the characters that matter ends, in its bounds. */
START_TEST(any_text_is_survived)
{
    static const char alphabet[] = "[]=-'\\!\n";
    char text[5];

    for (unsigned n = 0; n < 8u * 8 * 8 * 8 * 8; n++) {
        char *heap = malloc(sizeof text);

        ck_assert_ptr_nonnull(heap);
        for (unsigned i = 0, rest = n; i < sizeof text; i++, rest /= 8)
            text[i] = alphabet[rest % 8];
        memcpy(heap, text, sizeof text);
        lassay_dialect_translate(heap, sizeof text);
        for (unsigned i = 0; i < sizeof text; i++)
            ck_assert(heap[i] == text[i] || (heap[i] == '~' && text[i] == '!'));
        free(heap);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("dialect");

    add_cases(tcase, not_equal_is_translated_in_code_only, cases);
    tcase_add_test(tcase, any_text_is_survived);
    return fixture_main(tcase);
}
