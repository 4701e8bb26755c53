/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What the tests of this folder share: messages from text, and comparing
 * counted bytes with literals.
 */
#ifndef ASSAY_TESTS_MAIL_TEST_H
#define ASSAY_TESTS_MAIL_TEST_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <assay/message.h>

/** A string literal, with its NULs, as bytes. */
#define BYTES(literal) ((assay_bytes){(literal), sizeof(literal) - 1})
#define TEXT(string) ((assay_bytes){(string), strlen(string)})

#define ck_bytes(got, want_text) ck_bytes_at(-1, got, TEXT(want_text))

#define ck_bytes_at(index, got, want)                                     \
    do {                                                                  \
        assay_bytes got_ = (got), want_ = (want);                         \
        ck_assert_msg(got_.len == want_.len &&                            \
                          memcmp(got_.data, want_.data, want_.len) == 0,  \
                      "case %d: got \"%.*s\" (%zu), want \"%.*s\" (%zu)", \
                      (index), (int)got_.len, got_.data, got_.len,        \
                      (int)want_.len, want_.data, want_.len);             \
    } while (0)

/** A finished message over a literal; the test frees it. */
static inline assay_message *message_over(assay_bytes bytes,
                                          const assay_message_limits *limits)
{
    assay_message *message = NULL;
    assay_error err = {0};
    assay_rc rc = assay_message_new_borrowed(bytes.data, bytes.len, limits,
                                             &message, &err);

    ck_assert_msg(rc == ASSAY_OK, "got %s", err.msg);
    return message;
}

static inline assay_part *root_of(assay_message *message)
{
    assay_part *root = NULL;

    ck_assert_int_eq(assay_message_root(message, &root, NULL), ASSAY_OK);
    ck_assert_ptr_nonnull(root);
    return root;
}

static inline assay_part_info info_of(const assay_part *part)
{
    assay_part_info info;

    assay_part_get_info(part, &info);
    return info;
}

#endif
