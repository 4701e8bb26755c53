/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Options: the file, who may have written it, and exim.opt.
 */
#include "options.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_run.h"

const char assay__exim_config_path[] = "";

static char folder[] = "/tmp/assay-exim.XXXXXX";
static char path[64];
static struct assay__exim_options options;
static struct assay__exim_reason why;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/exim.conf", folder);
    assay__exim_options_default(&options);
    why.text[0] = '\0';
}

static void teardown(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0644), 0);
}

static bool read_file(void)
{
    return assay__exim_options_read(&options, path, &why);
}

START_TEST(missing_file_leaves_defaults)
{
    ck_assert(read_file());
    ck_assert_str_eq(options.socket, "/run/assay/scan.sock");
    ck_assert_int_eq(options.timeout_s, 60);
    ck_assert_int_eq(options.connect_timeout_s, 5);
    ck_assert_int_eq(options.on_failure, ASSAY__EXIM_FAILURE_TEMPREJECT);
    ck_assert_int_eq(options.on_refused, ASSAY__EXIM_REFUSED_REJECT);
}
END_TEST

START_TEST(file_is_read)
{
    write_file("# comment\n\n  socket=/run/x \r\ntimeout = 7\n"
               "\tconnect_timeout\t=\t3\non_failure = Accept\non_refused=drop");
    ck_assert_msg(read_file(), "%s", why.text);
    ck_assert_str_eq(options.socket, "/run/x");
    ck_assert_int_eq(options.timeout_s, 7);
    ck_assert_int_eq(options.connect_timeout_s, 3);
    ck_assert_int_eq(options.on_failure, ASSAY__EXIM_FAILURE_ACCEPT);
    ck_assert_int_eq(options.on_refused, ASSAY__EXIM_REFUSED_DROP);
}
END_TEST

static const struct {
    const char *text;
    const char *want; /* behind the path */
} refused[] = {
    {"timout = 60\n", ":1: there is no option \"timout\""},
    {"\ntimeout = 0\n", ":2: timeout: \"0\" is not 1 to 3600 seconds"},
    {"timeout = 3601\n", ":1: timeout: \"3601\" is not 1 to 3600 seconds"},
    {"timeout = 60s\n", ":1: timeout: \"60s\" is not 1 to 3600 seconds"},
    {"timeout = 99999999999999999999\n",
     ":1: timeout: \"99999999999999999999\" is not 1 to 3600 seconds"},
    {"timeout =\n", ":1: timeout: \"\" is not 1 to 3600 seconds"},
    {"connect_timeout = -1\n",
     ":1: connect_timeout: \"-1\" is not 1 to 3600 seconds"},
    {"on_failure = yes\n",
     ":1: on_failure: \"yes\" is not tempreject or accept"},
    {"on_refused = bounce\n",
     ":1: on_refused: \"bounce\" is not reject or drop"},
    {"socket = run/x\n",
     ":1: socket: \"run/x\" is not an absolute path of up to 107 bytes"},
    {"socket\n", ":1: \"socket\" is not name = value"},
};

START_TEST(mistake_is_named)
{
    write_file(refused[_i].text);
    ck_assert(!read_file());
    ck_assert(strncmp(why.text, path, strlen(path)) == 0);
    ck_assert_str_eq(why.text + strlen(path), refused[_i].want);
}
END_TEST

START_TEST(long_socket_is_refused)
{
    char value[ASSAY__EXIM_SOCKET_SIZE + 1];

    memset(value, 'x', sizeof value);
    value[0] = '/';
    value[ASSAY__EXIM_SOCKET_SIZE] = '\0';
    ck_assert(!assay__exim_options_set(&options, "socket", value, &why));
    value[ASSAY__EXIM_SOCKET_SIZE - 1] = '\0';
    ck_assert(assay__exim_options_set(&options, "socket", value, &why));
}
END_TEST

static const mode_t loose[] = {0664, 0646, 0666};

START_TEST(file_that_others_can_write_is_refused)
{
    write_file("timeout = 5\n");
    ck_assert_int_eq(chmod(path, loose[_i]), 0);
    ck_assert(!read_file());
    ck_assert_ptr_nonnull(strstr(why.text, "that only root can write to"));
    ck_assert_int_eq(options.timeout_s, 60);
}
END_TEST

START_TEST(file_of_another_user_is_refused)
{
    write_file("timeout = 5\n");
    /* Only root can give it away; for others it is theirs and counts. */
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chown(path, 12345, 12345), 0);
    ck_assert(!read_file());
    ck_assert_ptr_nonnull(strstr(why.text, "that only root can write to"));
}
END_TEST

START_TEST(link_is_refused)
{
    ck_assert_int_eq(symlink("/etc/hostname", path), 0);
    ck_assert(!read_file());
    ck_assert_ptr_nonnull(strstr(why.text, "Too many levels"));
}
END_TEST

START_TEST(fifo_does_not_hang)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert(!read_file());
    ck_assert_ptr_nonnull(strstr(why.text, "is not a regular file"));
}
END_TEST

START_TEST(file_has_a_limit)
{
    char *text = malloc(ASSAY__EXIM_OPTIONS_FILE_MAX + 2);

    ck_assert_ptr_nonnull(text);
    memset(text, '\n', ASSAY__EXIM_OPTIONS_FILE_MAX + 1);
    text[ASSAY__EXIM_OPTIONS_FILE_MAX + 1] = '\0';
    write_file(text);
    ck_assert(!read_file());
    text[ASSAY__EXIM_OPTIONS_FILE_MAX] = '\0';
    write_file(text);
    ck_assert(read_file());
    free(text);
}
END_TEST

/* Each option of the table is described, nothing else is, and what is said to
 * be the default is a value that changes nothing. */
START_TEST(opt_file_describes_the_options)
{
    FILE *file = fopen(OPT_FILE, "re");
    struct assay__exim_options initial = options;
    char line[256];
    size_t count = 0;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == ' ' || line[0] == '#' || line[0] == '\0')
            continue;
        ck_assert_msg(assay__exim_options_set_line(&options, line, &why), "%s",
                      why.text);
        count++;
    }
    (void)fclose(file);
    ck_assert(memcmp(&options, &initial, sizeof options) == 0);
    ck_assert_ptr_nonnull(assay__exim_options_name(count - 1));
    ck_assert_ptr_null(assay__exim_options_name(count));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exim options");
    TCase *tcase = tcase_create("options");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, missing_file_leaves_defaults);
    tcase_add_test(tcase, file_is_read);
    tcase_add_loop_test(tcase, mistake_is_named, 0,
                        sizeof refused / sizeof refused[0]);
    tcase_add_test(tcase, long_socket_is_refused);
    tcase_add_loop_test(tcase, file_that_others_can_write_is_refused, 0,
                        sizeof loose / sizeof loose[0]);
    tcase_add_test(tcase, file_of_another_user_is_refused);
    tcase_add_test(tcase, link_is_refused);
    tcase_add_test(tcase, fifo_does_not_hang);
    tcase_add_test(tcase, file_has_a_limit);
    tcase_add_test(tcase, opt_file_describes_the_options);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
