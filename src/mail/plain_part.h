/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What about a part leaves no reader of mail in doubt.
 */
#ifndef ASSAY_MAIL_PLAIN_PART_H
#define ASSAY_MAIL_PLAIN_PART_H

#include <assay/message.h>

/** Whether every reader of mail opens containers of this type, part by part.
 *  @param media_type  lower case */
bool assay__plain_container(const char *media_type);
/** Whether Content-Type and Content-Transfer-Encoding are given at most once,
 *  with their first word on the line of the name, and the encoding is one word
 *  and nothing else. */
bool assay__plain_headers(const assay_part *part);

#endif
