/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A policy language for tests of the runtime: each `rule "phase"` child sets
 * a reply code in that phase; `scan` asks for a scan first and refuses what is
 * infected. With `hold` the phase waits while there is a file of that name, and
 * makes one with .in behind it as soon as it does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <assay/policy.h>

struct fake_settings {
    bool refuse;
};

struct rule_settings {
    int64_t code;
    bool scan;
    const char *hold;
};

static const assay_conf_option rule_options[] = {
    {.name = "code",
     .type = ASSAY_CONF_INT,
     .offset = offsetof(struct rule_settings, code),
     .default_value = "250"},
    {.name = "scan",
     .type = ASSAY_CONF_BOOL,
     .offset = offsetof(struct rule_settings, scan),
     .default_value = "false"},
    {.name = "hold",
     .type = ASSAY_CONF_PATH,
     .offset = offsetof(struct rule_settings, hold)},
    {0},
};

static const assay_conf_stanza rule_conf = {
    .name = "rule",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct rule_settings),
    .options = rule_options,
};

static const assay_conf_option fake_options[] = {
    {.name = "refuse",
     .type = ASSAY_CONF_BOOL,
     .offset = offsetof(struct fake_settings, refuse),
     .default_value = "false"},
    {0},
};

static const assay_conf_stanza *const fake_children[] = {&rule_conf, NULL};

static const assay_conf_stanza fake_conf = {
    .name = "fakepolicy",
    .named = true,
    .settings_size = sizeof(struct fake_settings),
    .options = fake_options,
    .children = fake_children,
};

static assay_rc fake_open(const assay_language_args *args, void **out,
                          assay_error *err)
{
    const struct fake_settings *settings = args->settings;
    union {
        const void *in;
        void *out;
    } instance = {.in = args};

    if (settings->refuse)
        return assay_error_set(err, ASSAY_E_SCRIPT,
                               "fakepolicy refuses as configured");
    *out = instance.out; /* the rules are read from the arguments */
    return ASSAY_OK;
}

static void fake_close(void *instance)
{
    (void)instance;
}

static void wait_while_held(const char *hold)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    char entered[4096];
    int fd;

    (void)snprintf(entered, sizeof entered, "%s.in", hold);
    fd = open(entered, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)close(fd);
    while (access(hold, F_OK) == 0)
        (void)nanosleep(&moment, NULL);
}

static assay_rc fake_run(void *instance, void **state, const assay_call *call,
                         assay_flow *flow, assay_error *err)
{
    const assay_language_args *args = instance;

    (void)state;
    *flow = ASSAY_FLOW_CONTINUE;
    for (size_t i = 0; i < args->child_count; i++) {
        const struct rule_settings *rule = args->children[i].settings;
        int64_t code = rule->code;

        if (strcmp(args->children[i].instance, assay_phase_name(call->phase)) !=
            0)
            continue;
        if (rule->hold)
            wait_while_held(rule->hold);
        if (rule->scan) {
            assay_scan_request request = {.message = call->message};
            assay_verdict verdict;

            assay_session_scan(call->session, &request, &verdict);
            code = verdict.status == ASSAY_STATUS_INFECTED ? 554 : 250;
        }
        return assay_session_set_reply(call->session, (int)code, "fake policy",
                                       err);
    }
    return ASSAY_OK;
}

static void no_message(void *instance, void *state)
{
    (void)instance;
    (void)state;
}

static const assay_language_ops fake_ops = {
    .struct_size = sizeof(assay_language_ops),
    .open = fake_open,
    .close = fake_close,
    .run = fake_run,
    .message_close = no_message,
    .session_close = no_message,
};

ASSAY_LANGUAGE_MODULE(.name = "fake", .version = "1.0", .conf = &fake_conf,
                      .ops = &fake_ops);
