/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Categories from the names of the rules that matched a message.
 *
 * SpamAssassin and rspamd say why they judge as they do with a list of rule
 * names (symbols). One const table maps names to categories. Of all categories
 * that were met the one that stands first in the order of
 * assay__symbols_category() is taken, and of its symbols the one with the
 * highest weight, or the first where weights are not known.
 *
 * Both descriptions follow from the ids, so whoever keeps an analysis keeps
 * the ids only.
 */
#ifndef ASSAY_CLOUDMARK_SYMBOLS_H
#define ASSAY_CLOUDMARK_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/scorer.h>

enum {
    ASSAY__SYMBOL_MAX = 63,   /* bytes of a name; longer ones are dropped */
    ASSAY__SYMBOLS_MAX = 1024 /* names looked at in one answer */
};

struct assay__symbol_rule; /* a row of the table */

/** The judgement so far; plain data, `{0}` before the first symbol. */
struct assay__symbols {
    const struct assay__symbol_rule *rule; /* NULL: none matched yet */
    char decisive[ASSAY__SYMBOL_MAX + 1];
    double weight;
    unsigned count; /* names looked at */
};

/** A name is 1 to ASSAY__SYMBOL_MAX of A-Z a-z 0-9 _ . : and -. */
bool assay__symbol_is_valid(const char *name, size_t len);

/**
 * Look at one symbol. Names that are not valid, and those over
 * ASSAY__SYMBOLS_MAX, are dropped.
 *
 * @param weight  what the rule adds to the score; NAN: not known. A symbol
 *                that takes from the score decides nothing.
 */
void assay__symbols_add(struct assay__symbols *symbols, const char *name,
                        size_t len, double weight);
/**
 * The next valid name of a list with commas between them, blanks and line ends
 * around them.
 *
 * @param list  of *len bytes; both move behind the name
 * @return the length of the name at *name_out; 0: there are no more
 */
size_t assay__symbols_next(const char **list, size_t *len,
                           const char **name_out);
/** Look at all names of such a list; weights are not known. */
void assay__symbols_add_list(struct assay__symbols *symbols, const char *list,
                             size_t len);
/** Fill category, sub-category and their descriptions; all "" when no symbol
 *  is in the table. */
void assay__symbols_finish(const struct assay__symbols *symbols,
                           assay_score *score);

/** A category in the order of precedence: its id, and what it is.
 *  @return NULL past the last one */
const char *assay__symbols_category(size_t number, const char **text_out);
/** Descriptions of ids; NULL when it is none of ours. */
const char *assay__symbols_category_text(const char *category);
const char *assay__symbols_symbol_text(const char *sub_category);

#endif
