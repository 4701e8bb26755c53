/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A message with all that is looked at for it, as one entry of the cache: in
 * the rendition the engine gets, un-stuffed, and the parts its own reader may
 * miss. All of them follow from the bytes received, the limits of the message
 * and the rendition, so the key is made of these: a message seen before costs
 * one hash, and neither a look at its parts nor a rendition of it.
 *
 * Not for a message with edits, whose canonical rendition is not what was
 * received; nor decomposed, where parts have entries of their own; nor with
 * paranoid, where what other readings say is judged for the scope and not for
 * an engine.
 */
#ifndef ASSAY_SCAN_MESSAGE_KEY_H
#define ASSAY_SCAN_MESSAGE_KEY_H

#include "scan/run.h"

/** @return false: the request has no such entry, or no hash can be made */
bool assay__message_key(const struct assay__run *run,
                        const struct assay__engine_instance *engine,
                        const char *epoch, struct assay__cache_key *key_out);

#endif
