/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/activefilter_mail.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "base/strbuf.h"
#include "base/wall_clock.h"
#include "store/activefilter_state.h"

enum {
    LINE_MAX_BYTES = 998, /* RFC 5322, 2.1.1 */
    QP_LINE_MAX = 76,     /* RFC 2045, 6.7 */
    HEADER_MAX = 4096,
    ID_SHOWN = 8 /* bytes of the hash of an id, in the name */
};

static const char suffix[] = ".activefilter";

/* ---- name -------------------------------------------------------------- */

static void put_hex(char *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

/* Time, as the specification of Maildirs wants it; which registration, and
 * which revision of it, of so many digits that names sort by it; and something
 * that two who are at it at once do not share. */
static assay_rc make_name(const struct assay__activefilter_mail_head *head,
                          char out[ASSAY__MAILDIR_NAME_MAX], assay_error *err)
{
    char id_hex[2 * ID_SHOWN + 1], random_hex[2 * ID_SHOWN + 1];
    unsigned char hash[EVP_MAX_MD_SIZE], random[ID_SHOWN];

    if (EVP_Digest(head->id, strlen(head->id), hash, NULL, EVP_sha256(),
                   NULL) != 1)
        return assay_error_set(err, ASSAY_E_NOMEM, "ActiveFilter: mail");
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return assay_error_set(err, ASSAY_E_IO,
                               "ActiveFilter: no random "
                               "numbers: %m");
    put_hex(id_hex, hash, ID_SHOWN);
    put_hex(random_hex, random, ID_SHOWN);
    (void)snprintf(out, ASSAY__MAILDIR_NAME_MAX,
                   "%" PRId64 ".A%sV%06" PRId64 "R%s%s", head->time_s, id_hex,
                   head->revision, random_hex, suffix);
    return ASSAY_OK;
}

static bool begins_as_ours(const char *name)
{
    size_t digits = strspn(name, "0123456789");

    return digits > 0 && name[digits] == '.' && name[digits + 1] == 'A';
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

bool assay__activefilter_mail_is_ours(const char *name)
{
    return begins_as_ours(name) && ends_with(name, suffix) &&
           strlen(name) < ASSAY__MAILDIR_NAME_MAX;
}

bool assay__activefilter_mail_is_part(const char *name)
{
    return begins_as_ours(name) && strstr(name, ".activefilter.M") &&
           ends_with(name, ASSAY__MAILDIR_PART);
}

/* ---- body -------------------------------------------------------------- */

static bool has_long_line(assay_bytes text)
{
    const char *line = text.data, *stop = text.data + text.len;

    while (line < stop) {
        const char *lf = memchr(line, '\n', (size_t)(stop - line));
        const char *last = lf ? lf : stop;

        if (last - line > LINE_MAX_BYTES)
            return true;
        line = last + 1;
    }
    return false;
}

/* Whether a byte may stand for itself; a blank only inside of a line. */
static bool is_plain(const char *at, const char *stop)
{
    if (*at == ' ' || *at == '\t')
        return at + 1 < stop && at[1] != '\n';
    return *at > ' ' && *at < 0x7f && *at != '=';
}

/* RFC 2045, 6.7; line ends are those of the text. */
static assay_rc put_quoted(struct assay__strbuf *out, assay_bytes text)
{
    const char *stop = text.data + text.len;
    size_t column = 0;

    for (const char *at = text.data; at < stop; at++) {
        bool plain = is_plain(at, stop);

        if (*at == '\n') {
            (void)assay__strbuf_addc(out, '\n');
            column = 0;
            continue;
        }
        if (column + (plain ? 1 : 3) > QP_LINE_MAX - 1) {
            (void)assay__strbuf_adds(out, "=\n");
            column = 0;
        }
        if (plain)
            (void)assay__strbuf_addc(out, *at);
        else
            (void)assay__strbuf_addf(out, "=%02X", (unsigned char)*at);
        column += plain ? 1 : 3;
    }
    return out->failed ? ASSAY_E_NOMEM : ASSAY_OK;
}

static assay_rc make_body(assay_bytes document, bool is_quoted,
                          struct assay__activefilter_mail *mail)
{
    struct assay__strbuf body;

    assay__strbuf_init(&body, SIZE_MAX - 1);
    if (is_quoted)
        (void)put_quoted(&body, document);
    else
        (void)assay__strbuf_add(&body, document.data, document.len);
    mail->body_len = body.len;
    mail->body = assay__strbuf_take(&body);
    return mail->body ? ASSAY_OK : ASSAY_E_NOMEM;
}

/* ---- header ------------------------------------------------------------ */

static assay_rc make_header(const struct assay__activefilter_mail_head *head,
                            bool is_quoted,
                            struct assay__activefilter_mail *mail)
{
    char date[ASSAY__WALL_CLOCK_TEXT_MAX];
    struct assay__strbuf header;

    assay__wall_clock_rfc5322(head->time_s, date);
    assay__strbuf_init(&header, HEADER_MAX);
    (void)assay__strbuf_addf(&header,
                             "From: Assay ActiveFilter <%s>\n"
                             "To: %s\n"
                             "Date: %s\n"
                             "Message-ID: <%s@%s>\n"
                             "Subject: ActiveFilter %s\n"
                             "MIME-Version: 1.0\n"
                             "Content-Type: text/xml; charset=utf-8\n"
                             "Content-Transfer-Encoding: %s\n"
                             "X-Assay-ActiveFilter-Id: %s\n"
                             "\n",
                             head->address, head->address, date, mail->name,
                             strrchr(head->address, '@') + 1,
                             head->revision == 0 ? "registration" : "update",
                             is_quoted ? "quoted-printable" : "8bit", head->id);
    mail->header = assay__strbuf_take(&header);
    return mail->header ? ASSAY_OK : ASSAY_E_NOMEM;
}

void assay__activefilter_mail_fini(struct assay__activefilter_mail *mail)
{
    free(mail->header);
    free(mail->body);
    *mail = (struct assay__activefilter_mail){.name = ""};
}

assay_rc assay__activefilter_mail_make(
    const struct assay__activefilter_mail_head *head, assay_bytes document,
    struct assay__activefilter_mail *mail_out, assay_error *err)
{
    struct assay__activefilter_mail mail = {.name = ""};
    bool is_quoted = has_long_line(document);
    assay_rc rc = make_name(head, mail.name, err);

    if (rc != ASSAY_OK)
        return rc;
    rc = make_body(document, is_quoted, &mail);
    if (rc == ASSAY_OK)
        rc = make_header(head, is_quoted, &mail);
    if (rc != ASSAY_OK) {
        assay__activefilter_mail_fini(&mail);
        return assay_error_set(err, rc, "ActiveFilter: mail");
    }
    *mail_out = mail;
    return ASSAY_OK;
}
