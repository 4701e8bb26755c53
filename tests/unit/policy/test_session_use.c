/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Who has a session when: each way from the claim to the end, with the session
 * closed in between or not.
 */
#include "policy/session_use.h"

#include <check.h>

#include "check_run.h"

static struct assay__session_use use;
static struct assay__host_call teller;

static void setup(void)
{
    use = (struct assay__session_use){.references = 0};
    ck_assert_int_eq(assay__session_use_init(&use, NULL), ASSAY_OK);
}

static void teardown(void)
{
    assay__session_use_fini(&use);
}

START_TEST(it_is_claimed_once)
{
    ck_assert(assay__session_use_claim(&use));
    ck_assert(!assay__session_use_claim(&use));
    ck_assert(assay__session_use_release(&use, ASSAY__SESSION_FREE));
    ck_assert(!assay__session_use_unref(&use));
    ck_assert(assay__session_use_claim(&use));
}
END_TEST

START_TEST(between_the_end_and_the_telling_it_is_not_free)
{
    ck_assert(assay__session_use_claim(&use));
    ck_assert(assay__session_use_release(&use, ASSAY__SESSION_ENDED));
    ck_assert(!assay__session_use_claim(&use));
    ck_assert(assay__session_use_tell(&use, &teller));
    ck_assert(assay__session_use_claim(&use)); /* by what is told */
    assay__session_use_told(&use, &teller);
}
END_TEST

START_TEST(closed_when_free_the_host_has_the_last_of_it)
{
    ck_assert(assay__session_use_close(&use));
    ck_assert(!assay__session_use_claim(&use));
    ck_assert(assay__session_use_unref(&use));
}
END_TEST

START_TEST(closed_in_a_phase_the_phase_has_the_last_of_it)
{
    ck_assert(assay__session_use_claim(&use));
    ck_assert(!assay__session_use_close(&use));
    ck_assert(!assay__session_use_unref(&use));
    ck_assert(!assay__session_use_release(&use, ASSAY__SESSION_ENDED));
    ck_assert(assay__session_use_unref(&use));
}
END_TEST

START_TEST(closed_before_it_was_told_it_is_empty_until_then)
{
    ck_assert(assay__session_use_claim(&use));
    ck_assert(assay__session_use_release(&use, ASSAY__SESSION_ENDED));
    ck_assert(assay__session_use_close(&use)); /* the host empties it */
    ck_assert(!assay__session_use_unref(&use));
    ck_assert(!assay__session_use_tell(&use, &teller));
    ck_assert(assay__session_use_unref(&use));
}
END_TEST

START_TEST(what_is_told_amid_a_phase_does_not_end_it)
{
    ck_assert(assay__session_use_claim(&use));
    ck_assert(assay__session_use_tell_amid(&use, &teller));
    ck_assert(!assay__session_use_claim(&use));
    ck_assert(!assay__session_use_close(&use)); /* by what is told */
    assay__session_use_told(&use, &teller);
    ck_assert(!assay__session_use_tell_amid(&use, &teller));
    ck_assert(!assay__session_use_release(&use, ASSAY__SESSION_FREE));
}
END_TEST

/* Not waited for: it is the same thread, however deep. */
START_TEST(closed_by_what_is_told_nobody_waits)
{
    struct assay__session_use other = {.references = 0};
    struct assay__host_call inner;

    ck_assert_int_eq(assay__session_use_init(&other, NULL), ASSAY_OK);
    ck_assert(assay__session_use_claim(&use));
    ck_assert(assay__session_use_release(&use, ASSAY__SESSION_ENDED));
    ck_assert(assay__session_use_tell(&use, &teller));
    ck_assert(assay__session_use_claim(&other));
    ck_assert(assay__session_use_release(&other, ASSAY__SESSION_ENDED));
    ck_assert(assay__session_use_tell(&other, &inner));
    ck_assert(assay__session_use_close(&use));
    ck_assert(assay__session_use_close(&other));
    assay__session_use_told(&other, &inner);
    assay__session_use_told(&use, &teller);
    assay__session_use_fini(&other);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("session_use");
    TCase *tc = tcase_create("session_use");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, it_is_claimed_once);
    tcase_add_test(tc, between_the_end_and_the_telling_it_is_not_free);
    tcase_add_test(tc, closed_when_free_the_host_has_the_last_of_it);
    tcase_add_test(tc, closed_in_a_phase_the_phase_has_the_last_of_it);
    tcase_add_test(tc, closed_before_it_was_told_it_is_empty_until_then);
    tcase_add_test(tc, what_is_told_amid_a_phase_does_not_end_it);
    tcase_add_test(tc, closed_by_what_is_told_nobody_waits);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    return check_run(make_suite());
}
