/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * cloudmark version (CM-22). The old form with an instance name,
 * cloudmark:NAME, is taken for the one there is.
 */
#include "runtime/assay_priv.h"
#include "runtime/control.h"
#include "runtime/generation.h"

static void say(const struct assay__control_call *call, const char *key,
                const char *value)
{
    assay__control_say(call, "%s = \"%s\"\n", key, value);
    assay__control_tell(call, key, assay__control_string(value));
}

static void version(const struct assay__control_call *call)
{
    struct assay__generation *generation =
        assay__present(call->session->library);
    struct assay__scorer *scorer = generation->policy.scorer;
    assay_scorer_version found = {0};
    assay_error err = {0};

    if (!scorer) {
        assay__control_fail(call, "There is no cloudmark stanza");
    } else if (assay__scorer_version(scorer, &found, &err) != ASSAY_OK) {
        assay__control_fail(call, "cloudmark: %s", err.msg);
    } else {
        say(call, "CmaeVersion", found.engine);
        say(call, "CmaeCartridgeVersion", found.cartridge);
    }
    assay__generation_unref(&generation);
}

const struct assay__control_command assay__control_cloudmark[] = {
    {.name = "cloudmark: version",
     .arguments = "",
     .summary = "versions of the service that scores and of its rules",
     .run = version,
     .is_singleton = true},
    {.name = NULL},
};
