/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The parts of the conformance kit that run no engine; what it says of engines
 * is in tests/system/cli/test_engine_kit.py.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check_run.h"
#include "hosts/cli/kit_content.h"

enum { SIZE = 100 };

#define FOUND(what, ...)                           \
    {                                              \
        .found = ASSAY_FOUND_##what, .coverage = { \
            .bytes_total = SIZE,                   \
            __VA_ARGS__                            \
        }                                          \
    }

static const struct {
    assay_finding finding;
    const char *want; /* NULL: nothing is wrong */
} findings[] = {
    {FOUND(NOTHING, .bytes_seen = SIZE), NULL},
    {FOUND(NOTHING, .bytes_seen = SIZE, .parts_seen = 3, .parts_total = 3),
     NULL},
    {FOUND(NOTHING, .bytes_seen = SIZE - 1), "NOTHING, but of 100 bytes 99"},
    {FOUND(NOTHING, .bytes_seen = SIZE, .parts_seen = 2, .parts_total = 3),
     "NOTHING, but of 100 bytes 100 were seen, of 3 parts 2"},
    {FOUND(NOTHING, .bytes_seen = SIZE, .limits_hit = 4), "NOTHING, but of"},
    {FOUND(NOTHING, .bytes_seen = SIZE, .members_unopened = 1),
     "NOTHING, but of"},
    {FOUND(NOTHING, .bytes_seen = SIZE + 1),
     "coverage.bytes_seen is more than the content has"},
    {{.found = ASSAY_FOUND_NOTHING}, "coverage.bytes_total was changed"},
    {FOUND(THREAT, .bytes_seen = 1), "THREAT without a name in info"},
    {FOUND(FAULT, .bytes_seen = 0), "FAULT without a reason"},
    {FOUND(UNSCANNABLE, .bytes_seen = 0), "UNSCANNABLE without a reason"},
    {FOUND(NOT_SUITABLE, .bytes_seen = 0), NULL},
    {{.found = ASSAY_FOUND_FAULT,
      .reason = ASSAY_REASON_TIMEOUT,
      .coverage = {.bytes_total = SIZE}},
     NULL},
    {{.found = ASSAY_FOUND_FAULT,
      .reason = (assay_reason)40,
      .coverage = {.bytes_total = SIZE}},
     "reason is none of the values there are"},
    {{.found = (assay_found)5, .coverage = {.bytes_total = SIZE}},
     "found is none of the values there are"},
    {{.found = ASSAY_FOUND_THREAT,
      .info = "A.Threat",
      .coverage = {.bytes_total = SIZE}},
     NULL},
};

START_TEST(finding_is_judged_by_the_rules)
{
    char buf[ASSAY__KIT_TEXT_MAX];
    const char *want = findings[_i].want;
    const char *got = assay__kit_finding_problem(&findings[_i].finding, SIZE,
                                                 buf, sizeof buf);

    if (!want)
        ck_assert_msg(!got, "case %d: got %s, want nothing", _i, got);
    else
        ck_assert_msg(got && strncmp(got, want, strlen(want)) == 0,
                      "case %d: got %s, want %s", _i, got ? got : "nothing",
                      want);
}
END_TEST

START_TEST(texts_must_end)
{
    assay_finding finding = FOUND(NOTHING, .bytes_seen = SIZE);
    char buf[ASSAY__KIT_TEXT_MAX];

    memset(finding.info, 'a', sizeof finding.info);
    ck_assert_str_eq(
        assay__kit_finding_problem(&finding, SIZE, buf, sizeof buf),
        "info is not terminated");
    finding.info[0] = '\0';
    memset(finding.scan_code, 'a', sizeof finding.scan_code);
    ck_assert_str_eq(
        assay__kit_finding_problem(&finding, SIZE, buf, sizeof buf),
        "scan_code is not terminated");
}
END_TEST

static const size_t wall_sizes[] = {0, 1, 4095, 4096, 4097, 100000};

START_TEST(content_stands_between_walls)
{
    static char data[100000];
    struct assay__kit_walls walls;
    size_t size = wall_sizes[_i];

    memset(data, 'x', sizeof data);
    for (int at_end = 0; at_end < 2; at_end++) {
        ck_assert(assay__kit_walls_init(&walls, data, size, at_end, false));
        ck_assert_int_eq(memcmp(walls.data, data, size), 0);
        if (at_end)
            ck_assert_uint_eq((size_t)(walls.data + size) % 4096, 0);
        else
            ck_assert_uint_eq((size_t)walls.data % 4096, 0);
        assay__kit_walls_fini(&walls);
        ck_assert_ptr_null(walls.map);
    }
}
END_TEST

/* In a process of its own, whether or not check has one for the test. */
static bool survives(void (*deed)(struct assay__kit_walls *walls))
{
    struct assay__kit_walls walls;
    int status = 0;
    pid_t pid;

    ck_assert(assay__kit_walls_init(&walls, "abc", 3, true, false));
    pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "we", stderr)) /* sanitizers tell it there */
            _exit(1);
        deed(&walls);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    assay__kit_walls_fini(&walls);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void read_all(struct assay__kit_walls *walls)
{
    for (size_t i = 0; i < walls->size; i++)
        (void)((volatile char *)walls->data)[i];
}

static void read_beyond(struct assay__kit_walls *walls)
{
    (void)((volatile char *)walls->data)[walls->size];
}

static void write_byte(struct assay__kit_walls *walls)
{
    *(volatile char *)walls->data = 'a';
}

START_TEST(who_crosses_a_wall_or_writes_ends)
{
    ck_assert(survives(read_all));
    ck_assert(!survives(read_beyond));
    ck_assert(!survives(write_byte));
}
END_TEST

/* A check that needs one behind it would never be skipped for it. */
START_TEST(checks_need_checks_before_them)
{
    for (size_t i = 0; assay__kit_checks[i].name; i++) {
        bool is_before = !assay__kit_checks[i].needs;

        for (size_t j = 0; j < i; j++)
            is_before |= assay__kit_checks[i].needs &&
                         strcmp(assay__kit_checks[j].name,
                                assay__kit_checks[i].needs) == 0;
        ck_assert_msg(is_before, "%s", assay__kit_checks[i].name);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kit");
    TCase *tc = tcase_create("kit");

    tcase_add_loop_test(tc, finding_is_judged_by_the_rules, 0,
                        sizeof findings / sizeof *findings);
    tcase_add_test(tc, texts_must_end);
    tcase_add_loop_test(tc, content_stands_between_walls, 0,
                        sizeof wall_sizes / sizeof *wall_sizes);
    tcase_add_test(tc, who_crosses_a_wall_or_writes_ends);
    tcase_add_test(tc, checks_need_checks_before_them);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
