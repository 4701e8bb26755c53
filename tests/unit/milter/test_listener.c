/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Addresses, the one listener, and socket files that are in the way.
 */
#include "listener.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_assay.h"
#include "fake_mfapi.h"
#include "opt_file.h"
#include "check_run.h"

static struct smfi_str ctx;
static char folder[] = "/tmp/assay-listener-XXXXXX";
static char path[64];

static void setup(void)
{
    fake_mfapi_reset(&ctx);
    fake_assay_reset();
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/s", folder);
}

static void teardown(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static const struct {
    const char *text;
    const char *want;      /* NULL: refused */
    const char *want_path; /* or, then, the error */
} addresses[] = {
    {"unix:/run/a.sock", "unix:/run/a.sock", "/run/a.sock"},
    {"local:/run/a.sock", "unix:/run/a.sock", "/run/a.sock"},
    {"/run/a.sock", "unix:/run/a.sock", "/run/a.sock"},
    {"inet:8891@127.0.0.1", "inet:8891@127.0.0.1", NULL},
    {"inet:8891@mx.example", "inet:8891@mx.example", NULL},
    {"inet:8891", "inet:8891@127.0.0.1", NULL},
    {"inet6:8891@[::1]", "inet6:8891@[::1]", NULL},
    {"inet6:8891", "inet6:8891@[::1]", NULL},
    {"unix:a.sock", NULL, "'a.sock' is not an absolute path"},
    {"unix:", NULL, "'' is not an absolute path"},
    {"inet:", NULL,
     "'inet:': the port must be a number from 1 to 65535 (inet:PORT@HOST)"},
    {"inet:abc", NULL,
     "'inet:abc': the port must be a number from 1 to 65535 (inet:PORT@HOST)"},
    {"inet:smtp@127.0.0.1", NULL,
     "'inet:smtp@127.0.0.1': the port must be a number from 1 to 65535 "
     "(inet:PORT@HOST)"},
    {"inet:0@127.0.0.1", NULL,
     "'inet:0@127.0.0.1': the port must be a number from 1 to 65535 "
     "(inet:PORT@HOST)"},
    {"inet:65536", NULL,
     "'inet:65536': the port must be a number from 1 to 65535 "
     "(inet:PORT@HOST)"},
    {"inet6:99999@[::1]", NULL,
     "'inet6:99999@[::1]': the port must be a number from 1 to 65535 "
     "(inet6:PORT@HOST)"},
    {"inet:127.0.0.1:8891", NULL,
     "'inet:127.0.0.1:8891': the port must be a number from 1 to 65535 "
     "(inet:PORT@HOST)"},
    {"inet:8891@::1", NULL,
     "'inet:8891@::1' has an IPv6 address: write inet6:PORT@[ADDRESS]"},
    {"inet:[2001:db8::1]:8891", NULL,
     "'inet:[2001:db8::1]:8891' has an IPv6 address: write "
     "inet6:PORT@[ADDRESS]"},
    {"inet:8891@", NULL, "no host follows the '@'"},
    {"tcp:8891", NULL,
     "'tcp:8891' is neither unix:/path, inet:port@host nor inet6:port@host"},
    {"", NULL, "'' is neither unix:/path, inet:port@host nor inet6:port@host"},
};

START_TEST(address_is_checked)
{
    struct assay__listener_address got = {.path = NULL};
    assay_error err = {0};
    assay_rc rc = assay__listener_parse(addresses[_i].text, &got, &err);

    if (!addresses[_i].want) {
        ck_assert_int_eq(rc, ASSAY_E_CONF);
        ck_assert_str_eq(err.msg, addresses[_i].want_path);
        return;
    }
    ck_assert_msg(rc == ASSAY_OK, "%s: %s", addresses[_i].text, err.msg);
    ck_assert_str_eq(got.text, addresses[_i].want);
    if (addresses[_i].want_path)
        ck_assert_str_eq(got.path, addresses[_i].want_path);
    else
        ck_assert_ptr_null(got.path);
}
END_TEST

START_TEST(path_that_is_too_long_is_refused)
{
    struct assay__listener_address got;
    assay_error err = {0};
    char text[128] = "unix:/";

    memset(text + 6, 'x', 107);
    ck_assert_int_eq(assay__listener_parse(text, &got, &err), ASSAY_E_CONF);
    ck_assert_str_eq(err.msg,
                     "the path of a unix socket has at most 107 bytes");
    text[5 + 107] = '\0';
    ck_assert_int_eq(assay__listener_parse(text, &got, &err), ASSAY_OK);
}
END_TEST

/* ---- the one listener -------------------------------------------------- */

START_TEST(settings_are_those_of_the_stanza)
{
    static const struct assay__listener_settings settings = {.listen = "inet:1",
                                                             .file_mode = 0640};
    struct assay__listener_settings got = {0};
    assay_error err = {0};

    ck_assert_int_eq(assay__listener_find(NULL, &got, &err), ASSAY_E_CONF);
    ck_assert_str_eq(err.msg, "there is no stanza Milter_Listener");
    fake.settings[0] = &settings;
    fake.settings_of[0] = &assay__listener_stanza;
    ck_assert_int_eq(assay__listener_find(NULL, &got, &err), ASSAY_OK);
    ck_assert_str_eq(got.listen, "inet:1");
    ck_assert_uint_eq(got.file_mode, 0640);
}
END_TEST

START_TEST(configuration_checks_the_address)
{
    const assay_conf_option *listen = assay__listener_stanza.options;
    assay_error err = {0};

    ck_assert_str_eq(listen->name, "Listen");
    ck_assert(listen->required);
    ck_assert(!assay__listener_stanza.repeatable);
    ck_assert_int_eq(listen->check("inet:1", &err), ASSAY_OK);
    ck_assert_int_eq(listen->check("inet:0", &err), ASSAY_E_CONF);
}
END_TEST

START_TEST(options_are_described)
{
    char text[2048] = "";

    ck_assert_msg(opt_file_compare(OPT_FILE, assay__listener_stanza.options,
                                   text, sizeof text) == 0,
                  "%s", text);
}
END_TEST

/* ---- socket files ------------------------------------------------------ */

/* @return a socket bound to path, listening if so wanted */
static int bind_socket(bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(
        bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    if (listening)
        ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

static assay_rc open_listener(struct assay__listener *out, assay_error *err)
{
    const struct assay__listener_settings settings = {
        .listen = path, .file_mode = 0660, .timeout_s = 1};

    return assay__listener_open(&settings, out, err);
}

START_TEST(stale_socket_is_removed)
{
    struct assay__listener listener = {.file = {0}};
    assay_error err = {0};

    (void)close(bind_socket(true));
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(open_listener(&listener, &err), ASSAY_OK);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(socket_in_use_is_left_alone)
{
    struct assay__listener listener = {.file = {0}};
    assay_error err = {0};
    int fd = bind_socket(true);

    ck_assert_int_eq(open_listener(&listener, &err), ASSAY_E_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.msg, "another server listens on /tmp/"));
    ck_assert_int_eq(access(path, F_OK), 0);
    (void)close(fd);
}
END_TEST

START_TEST(file_that_is_no_socket_is_left_alone)
{
    struct assay__listener listener = {.file = {0}};
    assay_error err = {0};
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    (void)fclose(file);
    ck_assert_int_eq(open_listener(&listener, &err), ASSAY_E_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.msg, "exists and is not a socket"));
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(libmilter_refusal_is_an_error)
{
    struct assay__listener listener = {.file = {0}};
    assay_error err = {0};

    fake_opensocket_result = MI_FAILURE;
    ck_assert_int_eq(open_listener(&listener, &err), ASSAY_E_IO);
    ck_assert_ptr_nonnull(strstr(err.msg, "cannot listen on unix:/tmp/"));
}
END_TEST

START_TEST(only_the_own_socket_is_removed)
{
    struct assay__listener listener = {.file.path = path};
    struct stat st;
    int fd = bind_socket(true);

    assay__listener_remove(&listener); /* another inode */
    ck_assert_int_eq(lstat(path, &st), 0);
    listener.file.device = st.st_dev;
    listener.file.inode = st.st_ino;
    assay__listener_remove(&listener);
    ck_assert_int_ne(lstat(path, &st), 0);
    (void)close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("milter listener");
    TCase *tcase = tcase_create("listener");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, address_is_checked, 0,
                        (int)(sizeof addresses / sizeof *addresses));
    tcase_add_test(tcase, path_that_is_too_long_is_refused);
    tcase_add_test(tcase, settings_are_those_of_the_stanza);
    tcase_add_test(tcase, configuration_checks_the_address);
    tcase_add_test(tcase, options_are_described);
    tcase_add_test(tcase, stale_socket_is_removed);
    tcase_add_test(tcase, socket_in_use_is_left_alone);
    tcase_add_test(tcase, file_that_is_no_socket_is_left_alone);
    tcase_add_test(tcase, libmilter_refusal_is_an_error);
    tcase_add_test(tcase, only_the_own_socket_is_removed);
    suite_add_tcase(suite, tcase);
    return check_run(suite);
}
