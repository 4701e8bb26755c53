/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/maildir_path.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/text.h"

enum { LABEL_MAX = 63 }; /* RFC 1035, 2.3.4 */
enum { FOLDER_MAX = 8192 };

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* ---- domain ------------------------------------------------------------ */

const char *assay__maildir_domain_of(const char *address)
{
    const char *at = strrchr(address, '@');

    return at ? at + 1 : NULL;
}

size_t assay__maildir_domain_length(const char *domain)
{
    size_t len = strlen(domain);

    return len > 0 && domain[len - 1] == '.' ? len - 1 : len;
}

static bool is_label(const char *label, size_t len)
{
    if (len == 0 || len > LABEL_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_alnum(label[i]) && label[i] != '-' && label[i] != '_')
            return false;
    return true;
}

static assay_rc too_long(assay_error *err)
{
    return assay_error_set(err, ASSAY_E_INVAL, "is longer than %d bytes",
                           ASSAY__MAILDIR_DOMAIN_MAX);
}

assay_rc assay__maildir_check_domain(const char *domain, assay_error *err)
{
    const char *label = domain;

    if (domain[0] == '\0')
        return assay_error_set(err, ASSAY_E_INVAL, "is empty");
    if (strlen(domain) > ASSAY__MAILDIR_DOMAIN_MAX)
        return too_long(err);
    for (;;) {
        size_t len = strcspn(label, ".");

        if (!is_label(label, len))
            return assay_error_set(err, ASSAY_E_INVAL, "is no domain name");
        if (label[len] == '\0')
            return ASSAY_OK;
        label += len + 1;
    }
}

static assay_rc refuse_domain(const char *why, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_INVAL, "the domain of the address %s",
                           why);
}

/* @param out  ASSAY__MAILDIR_DOMAIN_MAX + 1 bytes; also written on failure */
static assay_rc take_domain(const char *domain, char *out, assay_error *err)
{
    size_t len = assay__maildir_domain_length(domain);
    assay_error why = {0};
    assay_rc rc;

    if (len > ASSAY__MAILDIR_DOMAIN_MAX) {
        (void)too_long(&why);
        return refuse_domain(why.msg, err);
    }
    for (size_t i = 0; i < len; i++)
        out[i] = assay__ascii_lower(domain[i]);
    out[len] = '\0';
    rc = assay__maildir_check_domain(out, &why);
    return rc == ASSAY_OK ? rc : refuse_domain(why.msg, err);
}

/* ---- local part -------------------------------------------------------- */

static assay_rc refuse(const char *why, assay_error *err)
{
    return assay_error_set(err, ASSAY_E_INVAL,
                           "the local part of the address %s", why);
}

/* Undo a quoted string (RFC 5321, 4.1.2). @return false: it is not whole */
static bool unquote(const char *text, size_t len, char *out, size_t *len_out)
{
    size_t n = 0;

    for (size_t i = 1; i + 1 < len; i++) {
        if (text[i] == '"')
            return false;
        if (text[i] == '\\' && ++i + 1 >= len)
            return false;
        out[n++] = text[i];
    }
    out[n] = '\0';
    *len_out = n;
    return true;
}

/* Why a byte may not stand in a name; NULL: it may. */
static const char *fault_of(char c)
{
    if (c == '/')
        return "has a slash in it";
    if ((unsigned char)c <= ' ' || c == 0x7f)
        return "has a blank or a control character in it";
    if ((unsigned char)c >= 0x80)
        return "has a byte in it that is not ASCII";
    if (!is_alnum(c) && !strchr("!#$%&'*+-=?^_`{|}~.", c))
        return "has a character in it that no mailbox may have";
    return NULL;
}

static assay_rc check_local(const char *local, size_t len, assay_error *err)
{
    if (len == 0)
        return refuse("is empty", err);
    if (local[0] == '.' || local[len - 1] == '.' || strstr(local, ".."))
        return refuse("begins or ends with a dot, or has two in a row", err);
    for (size_t i = 0; i < len; i++) {
        const char *fault = fault_of(local[i]);

        if (fault)
            return refuse(fault, err);
    }
    return ASSAY_OK;
}

static assay_rc take_local(const char *address, size_t len, char *out,
                           assay_error *err)
{
    if (len > ASSAY__MAILDIR_LOCAL_MAX)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "the local part of the address is longer than "
                               "%d bytes",
                               ASSAY__MAILDIR_LOCAL_MAX);
    if (len >= 2 && address[0] == '"' && address[len - 1] == '"') {
        if (!unquote(address, len, out, &len))
            return refuse("is quoted wrongly", err);
    } else {
        memcpy(out, address, len);
        out[len] = '\0';
    }
    return check_local(out, len, err);
}

/* ---- both -------------------------------------------------------------- */

assay_rc assay__maildir_place_of(const struct assay__maildir_options *options,
                                 const char *address,
                                 struct assay__maildir_place *out,
                                 assay_error *err)
{
    const char *domain = assay__maildir_domain_of(address);
    size_t local_len =
        domain ? (size_t)(domain - address) - 1 : strlen(address);
    struct assay__maildir_place place = {.domain = ""};
    assay_rc rc = ASSAY_OK;

    if (domain)
        rc = take_domain(domain, place.domain, err);
    else if (options->domain_in_path)
        rc = assay_error_set(err, ASSAY_E_INVAL, "the address has no domain");
    if (rc == ASSAY_OK)
        rc = take_local(address, local_len, place.local, err);
    if (rc != ASSAY_OK)
        return rc;
    if (!options->domain_in_path)
        place.domain[0] = '\0';
    *out = place;
    return ASSAY_OK;
}

assay_rc assay__maildir_folder(const struct assay__maildir_options *options,
                               const char *address, char **out,
                               assay_error *err)
{
    struct assay__maildir_place place;
    struct assay__strbuf path;
    assay_rc rc = assay__maildir_place_of(options, address, &place, err);

    if (rc != ASSAY_OK)
        return rc;
    assay__strbuf_init(&path, FOLDER_MAX);
    (void)assay__strbuf_addf(&path, "%s/%s%s%s", options->basedir, place.domain,
                             place.domain[0] ? "/" : "", place.local);
    *out = assay__strbuf_take(&path);
    assay__strbuf_fini(&path);
    if (!*out)
        return assay_error_set(err, ASSAY_E_NOMEM, "the folder of a mailbox");
    return ASSAY_OK;
}
