/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The answer to a command line in the form that was asked for.
 *
 * JSON: one line, the object of the command; for a failed command
 * {"error": "…"}. XML: the same tree, an element for each member; the
 * elements of an array are called item.
 */
#ifndef ASSAY_RUNTIME_CONTROL_REPLY_H
#define ASSAY_RUNTIME_CONTROL_REPLY_H

#include "runtime/control.h"

enum assay__control_form {
    ASSAY__CONTROL_TEXT,
    ASSAY__CONTROL_JSON,
    ASSAY__CONTROL_XML
};

/** Make reply->text what the console is sent. Sets reply->failed when that
 *  cannot be. */
void assay__control_render(struct assay__control_reply *reply,
                           enum assay__control_form form);

#endif
