/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fail.h"
#include "base/arena.h"
#include "check_run.h"

START_TEST(pieces_are_zeroed_and_aligned)
{
    struct assay__arena arena;

    assay__arena_init(&arena);
    for (size_t size = 1; size < 200; size++) {
        unsigned char *piece = assay__arena_alloc(&arena, size);

        ck_assert_ptr_nonnull(piece);
        ck_assert_uint_eq((uintptr_t)piece % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            ck_assert_uint_eq(piece[i], 0);
        memset(piece, 0xff, size);
    }
    assay__arena_fini(&arena);
    ck_assert_ptr_null(arena.pieces);
}
END_TEST

START_TEST(text_is_copied_and_terminated)
{
    struct assay__arena arena;

    assay__arena_init(&arena);
    ck_assert_str_eq(assay__arena_text(&arena, "abcd", 3), "abc");
    ck_assert_str_eq(assay__arena_text(&arena, NULL, 0), "");
    assay__arena_fini(&arena);
}
END_TEST

START_TEST(an_impossible_size_is_refused)
{
    struct assay__arena arena;

    assay__arena_init(&arena);
    ck_assert_ptr_null(assay__arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(assay__arena_text(&arena, "", SIZE_MAX));
    ck_assert_ptr_null(arena.pieces);
}
END_TEST

START_TEST(out_of_memory_keeps_what_there_is)
{
    struct assay__arena arena;
    const char *kept;
    void *lost;

    assay__arena_init(&arena);
    kept = assay__arena_text(&arena, "kept", 4);
    alloc_fail_at(1);
    lost = assay__arena_alloc(&arena, 8);
    alloc_fail_off();
    ck_assert(alloc_fail_hit());
    ck_assert_ptr_null(lost);
    ck_assert_str_eq(kept, "kept");
    assay__arena_fini(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_arena");
    TCase *tc = tcase_create("arena");

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, pieces_are_zeroed_and_aligned);
    tcase_add_test(tc, text_is_copied_and_terminated);
    tcase_add_test(tc, an_impossible_size_is_refused);
    tcase_add_test(tc, out_of_memory_keeps_what_there_is);
    return check_run(suite);
}
