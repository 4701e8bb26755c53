/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Option tables: how a module says which options its stanza has.
 *
 * A module (an engine, a policy language, a host) owns a settings struct and
 * one const table that names each option, its type, default and range, and
 * where in the struct its value goes. The configuration reader checks stanzas
 * against the table and fills the struct before any code of the module runs.
 * Names compare without case; unknown ones are errors with a suggestion.
 */
#ifndef ASSAY_CONF_H
#define ASSAY_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <assay/error.h>

/** Type of an option, and of the member of the settings struct it fills. */
typedef enum assay_conf_type {
    ASSAY_CONF_STRING, /**< const char *; NULL when unset without default */
    ASSAY_CONF_PATH,   /**< const char *; a relative path is resolved against
                            the folder of the file that sets it */
    ASSAY_CONF_INT,    /**< int64_t, range-checked, quoted or not */
    ASSAY_CONF_SIZE,   /**< uint64_t, bytes; range-checked */
    ASSAY_CONF_BOOL,   /**< bool: on/off true/false enabled/disabled yes/no
                            1/0 */
    ASSAY_CONF_ENUM,   /**< int: the value of one of the option's words */
    ASSAY_CONF_PERMS,  /**< uint32_t: octal with or without leading zero */
    ASSAY_CONF_LIST    /**< assay_conf_list: one word, or ( a b ); repeats
                            accumulate */
} assay_conf_type;

/** A list value; items are borrowed from the configuration. A NULL stands
 * behind the last one; with none, items itself may be NULL. */
typedef struct assay_conf_list {
    const char *const *items;
    size_t count;
} assay_conf_list;

/** One allowed word of an ASSAY_CONF_ENUM; a table ends with name NULL. */
typedef struct assay_conf_word {
    const char *name;
    int value;
    const char *refusal; /**< not NULL: the word is known but refused, and
                              this says why */
} assay_conf_word;

/** One option; a table ends with name NULL. All strings are static. */
typedef struct assay_conf_option {
    const char *name;
    assay_conf_type type;
    size_t offset;             /**< of the member in the settings struct */
    const char *default_value; /**< as written in a file; NULL: unset */
    int64_t min, max;          /**< for INT and SIZE; both 0: any */
    const assay_conf_word *words;
    bool required; /**< an error when neither set nor inherited */
    /** For STRING and PATH, and each word of a LIST; may be NULL: called with
     *  the text as written in a file (a default is not checked). Unless it
     * returns ASSAY_OK the value is an error with place, and err says, as the
     * tail of "'name': …", what is wrong. */
    assay_rc (*check)(const char *text, assay_error *err);
} assay_conf_option;

struct assay_conf_stanza;

/** A stanza: its own options and the stanzas that may stand inside it. */
typedef struct assay_conf_stanza {
    const char *name;
    bool named;           /**< takes an instance name: clamav "clamav1" { } */
    bool repeatable;      /**< may occur more than once (with other names) */
    size_t settings_size; /**< sizeof the settings struct */
    const assay_conf_option *options; /**< ends with name NULL; may be NULL */
    const struct assay_conf_stanza *const *children; /**< ends with NULL */
} assay_conf_stanza;

#endif
