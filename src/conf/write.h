/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From a tree back to text that parses to the same tree, and from a file in
 * memory to the one on disk.
 */
#ifndef ASSAY_CONF_WRITE_H
#define ASSAY_CONF_WRITE_H

#include <stdbool.h>

#include <assay/error.h>

#include "base/strbuf.h"
#include "conf/files.h"
#include "conf/tree.h"

/** Columns that a stanza's content is indented by. */
#define ASSAY__CONF_INDENT 2

/** Can a word be written? A string holds no control characters but the tab. */
bool assay__conf_word_is_writable(const char *text);

/* All append to out, which remembers a failure. */

/** A word: bare where that is possible and not @quoted. */
void assay__conf_write_word(struct assay__strbuf *out, const char *text,
                            bool quoted);
/** A value on one line: word, ( a b ) or [ k = v ]. */
void assay__conf_write_value(struct assay__strbuf *out,
                             const struct assay__conf_value *value);
/** `name "instance"` of a stanza. */
void assay__conf_write_header(struct assay__strbuf *out,
                              const struct assay__conf_item *stanza);
/** `name = value`, or a stanza with its braces, on lines of their own.
 *  @param fold  write a stanza as `name "instance" { ... }` */
void assay__conf_write_item(struct assay__strbuf *out,
                            const struct assay__conf_item *item,
                            unsigned indent, bool fold);
/** What stands in a stanza. @param fold  fold the stanzas in it */
void assay__conf_write_items(struct assay__strbuf *out,
                             const struct assay__conf_item *stanza,
                             unsigned indent, bool fold);

/**
 * Replace a file on disk by the text in memory, in one step: it is written
 * aside, flushed, given the mode and owner of the old one, and renamed. A
 * symbolic link stays one. Marks the file as saved.
 *
 * @return ASSAY_OK; ASSAY_E_STATE when the file on disk is not what it was
 *         when it was read; ASSAY_E_IO; ASSAY_E_NOMEM. Then the file on disk
 *         is as it was, and err says what to do.
 */
assay_rc assay__conf_file_save(struct assay__conf_memory_file *file,
                               assay_error *err);
/** Is the file on disk still what it was when it was read? Returns as above;
 *  changes nothing. */
assay_rc assay__conf_file_may_save(const struct assay__conf_memory_file *file,
                                   assay_error *err);
/** Write a text to a new file or in the place of one, likewise, but whatever
 *  it held. @return ASSAY_OK; ASSAY_E_IO; ASSAY_E_NOMEM */
assay_rc assay__conf_text_save(const char *path, const char *text, size_t len,
                               assay_error *err);

#endif
