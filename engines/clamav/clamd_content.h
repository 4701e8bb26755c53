/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A content as an anonymous file that nobody can change any more, to be passed
 * to a clamd on the same host (FILDES).
 */
#ifndef ASSAY_ENGINE_CLAMD_CONTENT_H
#define ASSAY_ENGINE_CLAMD_CONTENT_H

#include "clamd_session.h"

/** Make content->fd, at offset 0. It stays -1 when there is no memory or
 *  descriptor for it: the content can be streamed instead. */
void assay__clamd_content_open(struct assay__clamd_content *content);
/** Another descriptor of content->fd with an offset of its own, for reading:
 *  who was passed the same one would move the offset of the next who is.
 *  @return to close; -1 when there is none to be had */
int assay__clamd_content_reopen(const struct assay__clamd_content *content);
/** Close content->fd. */
void assay__clamd_content_close(struct assay__clamd_content *content);

#endif
