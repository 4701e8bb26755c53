/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From an address to the names of folders. Whoever sends mail writes these
 * addresses, so a name is taken only when every byte of it is known to be
 * harmless; nothing is escaped or replaced, since two addresses must not come
 * to the same folder by that.
 *
 *   domain      labels of letters, digits, `-` and `_`; made lower case. A dot
 *               behind the last label is the root of the DNS and left out, as
 *               MTAs do: x.test. is x.test
 *   local part  atext of RFC 5321 but `/`, and dots with something on both
 *               sides; case is kept. "a.b"@x is a.b@x, and what is left
 *               without the quotes must be such a name, too.
 */
#ifndef ASSAY_STORE_MAILDIR_PATH_H
#define ASSAY_STORE_MAILDIR_PATH_H

#include "store/maildir.h"

/* RFC 5321, 4.5.3.1: of the text in an address, without the NUL. */
enum { ASSAY__MAILDIR_LOCAL_MAX = 64, ASSAY__MAILDIR_DOMAIN_MAX = 255 };

/** The folders below basedir. */
struct assay__maildir_place {
    char domain[ASSAY__MAILDIR_DOMAIN_MAX + 1]; /* "": no folder for it */
    char local[ASSAY__MAILDIR_LOCAL_MAX + 1];
};

/** The domain of an address, behind the last `@`; NULL when it has none. */
const char *assay__maildir_domain_of(const char *address);

/** Its length, without a dot at the end. */
size_t assay__maildir_domain_length(const char *domain);

/** Whether a text is a domain that can be a folder. @return ASSAY_OK;
 *  ASSAY_E_INVAL with the reason, as the tail of "domain …" */
assay_rc assay__maildir_check_domain(const char *domain, assay_error *err);

/** @return ASSAY_OK; ASSAY_E_INVAL with a sentence that does not quote what
 *  the address holds */
assay_rc assay__maildir_place_of(const struct assay__maildir_options *options,
                                 const char *address,
                                 struct assay__maildir_place *out,
                                 assay_error *err);

#endif
