/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * How the MIME tree is to be read where readers differ, and what a walk came
 * across that another reader would take differently.
 */
#ifndef ASSAY_MAIL_MIME_PROFILE_H
#define ASSAY_MAIL_MIME_PROFILE_H

#include <stddef.h>
#include <stdint.h>

/** In a profile: read it so. In the notes: there was a place where this
 *  reading differs from the usual one. */
enum assay__mime_flag {
    /** a boundary line may go on after the boundary */
    ASSAY__MIME_PREFIX = 1u << 0,
    /** boundaries are compared without case */
    ASSAY__MIME_CASELESS = 1u << 1,
    /** blanks may stand before a boundary line */
    ASSAY__MIME_INDENTED = 1u << 2,
    /** boundary lines after the final one open parts */
    ASSAY__MIME_REOPENED = 1u << 3,
    /** an empty line before the first field is passed over */
    ASSAY__MIME_LATE_HEADER = 1u << 4,
    /** a line that is no field does not end the header block */
    ASSAY__MIME_JUNK_PASSED = 1u << 5,
    /** a line of blanks ends the header block */
    ASSAY__MIME_BLANKS_END = 1u << 6,
    /** a field name with blanks before its colon is none */
    ASSAY__MIME_STRICT_COLON = 1u << 7,
    /** what speaks of a multipart anywhere in its type is one */
    ASSAY__MIME_LOOSE_TYPE = 1u << 8,

    /** profile only: consider all boundaries that a header may mean */
    ASSAY__MIME_CHOICES = 1u << 16,
    /** profile only, needs CHOICES: the bytes are the body of a multipart
     *  whose header is missing */
    ASSAY__MIME_AS_BODY = 1u << 17,

    /** notes only: two different Content-Type headers in one block */
    ASSAY__MIME_NOTE_TYPES = 1u << 24,
    /** notes only: two different boundary parameters in one header */
    ASSAY__MIME_NOTE_BOUNDARIES = 1u << 25,
    /** notes only: more boundaries in a header than are considered */
    ASSAY__MIME_NOTE_TOO_MANY = 1u << 26
};

/** The flags that a profile can have and notes can ask for. */
#define ASSAY__MIME_VARIATIONS ((uint32_t)0x1ff)

struct assay__mime_profile {
    uint32_t flags;           /* ASSAY__MIME_* */
    uint32_t type_choice;     /* 0: the first Content-Type of a block */
    uint32_t boundary_choice; /* needs CHOICES; 0: the usual one */
};

struct assay__mime_notes {
    uint32_t oddities;   /* ASSAY__MIME_* */
    uint32_t types;      /* most Content-Type headers of one block */
    uint32_t boundaries; /* most boundaries of one header; with CHOICES */
    size_t guess_budget; /* bytes that may still be looked at for guesses */
};

/** A guess of boundaries looks at so many times the message at most. */
#define ASSAY__MIME_GUESSES_MAX ((size_t)4)

#endif
