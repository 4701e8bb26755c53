/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "fake_scope.h"

#include <check.h>
#include <string.h>

#include "fake_world.h"

struct assay__scope_options fake_options(void)
{
    return (struct assay__scope_options){
        .enabled = true,
        .error_code = 451,
        .skip_context_variable = "skip_virus_check",
        .timeout_s = 10,
        .use_wire_rep = true,
        .on_encrypted = ASSAY__ANSWER_PASS,
    };
}

static void add(struct fake_scope *fake, struct assay__scope *scope,
                const char *engine, const char *instance)
{
    struct assay__engine_module *module = NULL;
    assay_error err = {0};

    ck_assert_msg(assay__engine_set_get(fake->set, engine, &module, &err) ==
                      ASSAY_OK,
                  "%s", err.msg);
    ck_assert_msg(assay__scope_add(scope, module, instance, fake->options,
                                   fake->settings, &err) == ASSAY_OK,
                  "%s", err.msg);
}

void fake_scope_open(struct fake_scope *fake)
{
    const struct assay__scope_options options = fake_options();
    const struct fake_settings settings = {0};

    fake_scope_open_with(fake, &options, &settings);
}

void fake_scope_open_with(struct fake_scope *fake,
                          const struct assay__scope_options *options,
                          const void *settings)
{
    static const char *const names[] = {"av1", "av2"};

    memset(fake, 0, sizeof *fake);
    fake->options = options;
    fake->settings = settings;
    fake->log = (assay_log){fake_log_sink, NULL, ASSAY_LOG_DEBUG};
    fake->dispatcher = (struct assay__dispatcher){fake->scopes, 1, &fake->log};
    fake->both = (struct assay__dispatcher){fake->scopes, 2, &fake->log};
    ck_assert_int_eq(
        assay__engine_set_new(FAKE_FOLDER "/engines", &fake->set, NULL),
        ASSAY_OK);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(
            assay__scope_new(names[i], options, &fake->scopes[i], NULL),
            ASSAY_OK);
    add(fake, fake->scopes[0], "alpha", "one");
    add(fake, fake->scopes[0], "beta", "two");
    add(fake, fake->scopes[1], "gamma", "three");
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(assay__scope_open(fake->scopes[i], &fake->log, NULL),
                         ASSAY_OK);
}

void fake_scope_close(struct fake_scope *fake)
{
    assay__scope_free(&fake->scopes[1]);
    assay__scope_free(&fake->scopes[0]);
    assay__engine_set_free(&fake->set);
}

assay_message *fake_message(const char *text)
{
    assay_message *message = NULL;
    assay_error err = {0};

    ck_assert_msg(assay_message_new_borrowed(text, strlen(text), NULL, &message,
                                             &err) == ASSAY_OK,
                  "%s", err.msg);
    return message;
}
