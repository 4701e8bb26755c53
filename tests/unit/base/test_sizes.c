/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/sizes.h"
#include "check_run.h"

static const struct {
    size_t a, b, sum;
    bool fits;
} sums[] = {
    {0, 0, 0, true},
    {1, 2, 3, true},
    {SIZE_MAX, 0, SIZE_MAX, true},
    {SIZE_MAX, 1, 77, false},
    {SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1, 77, false},
};

START_TEST(sums_do_not_wrap)
{
    size_t out = 77;

    ck_assert(assay__size_add(sums[_i].a, sums[_i].b, &out) == sums[_i].fits);
    ck_assert_uint_eq(out, sums[_i].sum);
}
END_TEST

static const struct {
    size_t a, b, product;
    bool fits;
} products[] = {
    {0, SIZE_MAX, 0, true},
    {3, 4, 12, true},
    {SIZE_MAX, 1, SIZE_MAX, true},
    {SIZE_MAX, 2, 77, false},
    {(size_t)1 << 32, (size_t)1 << 32, 77, false},
};

START_TEST(products_do_not_wrap)
{
    size_t out = 77;

    ck_assert(assay__size_mul(products[_i].a, products[_i].b, &out) ==
              products[_i].fits);
    ck_assert_uint_eq(out, products[_i].product);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_sizes");
    TCase *tc = tcase_create("sizes");

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, sums_do_not_wrap, 0, ASSAY_COUNT_OF(sums));
    tcase_add_loop_test(tc, products_do_not_wrap, 0, ASSAY_COUNT_OF(products));
    return check_run(suite);
}
