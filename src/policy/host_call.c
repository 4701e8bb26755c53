/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/host_call.h"

#include <stddef.h>

static _Thread_local struct assay__host_call *innermost;

void assay__host_call_enter(struct assay__host_call *call, const void *of)
{
    *call = (struct assay__host_call){.of = of, .outer = innermost};
    innermost = call;
}

void assay__host_call_leave(const struct assay__host_call *call)
{
    innermost = call->outer;
}

unsigned assay__host_call_depth(const void *of)
{
    unsigned depth = 0;

    for (const struct assay__host_call *c = innermost; c; c = c->outer)
        depth += c->of == of;
    return depth;
}
