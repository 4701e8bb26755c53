/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * From what policy decided to what the MTA is told.
 *
 * libmilter takes a custom reply only if its first digit agrees with the
 * status that is returned, refuses line ends and texts over 980 bytes, and
 * Sendmail prints the text as a format: `%` travels doubled.
 */
#include "reply.h"

#include <stdio.h>
#include <string.h>

/* A reply line has 512 bytes (RFC 5321, 4.5.3.1.5): code, enhanced code, the
 * spaces behind them and CRLF leave this for the text. */
enum { REPLY_TEXT_SHOWN = 512 - 4 - 12 - 2 };
/* What libmilter's smfi_setreply() takes, with `%` doubled. */
enum { REPLY_TEXT_SENT = 980 };

static const char fallback_reject[] = "Refused by policy";
static const char fallback_tempfail[] = "Try again later";

/* Copy to out with `%` doubled and anything unprintable replaced. */
static void escape_text(char out[REPLY_TEXT_SENT + 1], const char *text)
{
    size_t len = 0;

    for (size_t i = 0; i < REPLY_TEXT_SHOWN && text[i] != '\0'; i++) {
        char c = '?';
        size_t width = text[i] == '%' ? 2 : 1;

        if (text[i] >= ' ' && text[i] <= '~')
            c = text[i];
        if (len + width > REPLY_TEXT_SENT)
            break;
        out[len++] = c;
        if (c == '%')
            out[len++] = c;
    }
    out[len] = '\0';
}

static void set_reply(SMFICTX *ctx, const assay_disposition *disposition,
                      int kind, int fallback_code, const char *fallback_text)
{
    bool fits = disposition->code / 100 == kind;
    char code[16];
    char enhanced[sizeof disposition->enhanced];
    char text[REPLY_TEXT_SENT + 1];

    (void)snprintf(code, sizeof code, "%d",
                   fits ? disposition->code : fallback_code);
    (void)snprintf(enhanced, sizeof enhanced, "%s", disposition->enhanced);
    escape_text(text, disposition->text[0] ? disposition->text : fallback_text);
    if (enhanced[0] == '0' + kind &&
        smfi_setreply(ctx, code, enhanced, text) == MI_SUCCESS)
        return;
    /* Without a custom reply the MTA words the answer of the same kind. */
    (void)smfi_setreply(ctx, code, NULL, text);
}

sfsistat assay__reply_send(SMFICTX *ctx, const assay_disposition *disposition)
{
    switch (disposition->action) {
    case ASSAY_ACTION_CONTINUE:
        return SMFIS_CONTINUE;
    case ASSAY_ACTION_DISCARD:
        return SMFIS_DISCARD;
    case ASSAY_ACTION_REJECT:
        set_reply(ctx, disposition, 5, 550, fallback_reject);
        return SMFIS_REJECT;
    case ASSAY_ACTION_TEMPFAIL:
        break;
    }
    set_reply(ctx, disposition, 4, 451, fallback_tempfail);
    return SMFIS_TEMPFAIL;
}

static void set_own(assay_disposition *disposition, int code,
                    const char *enhanced, const char *text)
{
    memset(disposition, 0, sizeof *disposition);
    disposition->action =
        code / 100 == 5 ? ASSAY_ACTION_REJECT : ASSAY_ACTION_TEMPFAIL;
    disposition->code = code;
    disposition->disconnect = code == 421;
    (void)snprintf(disposition->enhanced, sizeof disposition->enhanced, "%s",
                   enhanced);
    (void)snprintf(disposition->text, sizeof disposition->text, "%s", text);
    (void)snprintf(disposition->module, sizeof disposition->module, "%s",
                   ASSAY__REPLY_MODULE);
}

void assay__reply_set_fault(assay_disposition *disposition)
{
    set_own(disposition, 451, "4.3.0",
            "Could not check the message, try again later");
}

void assay__reply_set_too_large(assay_disposition *disposition)
{
    set_own(disposition, 552, "5.3.4", "Message is too large");
}

void assay__reply_set_full(assay_disposition *disposition)
{
    set_own(disposition, 452, "4.3.1", "Insufficient system storage");
}

void assay__reply_set_not_stored(assay_disposition *disposition)
{
    set_own(disposition, 451, "4.3.0",
            "The mailbox cannot be used now, try again later");
}

void assay__reply_set_closing(assay_disposition *disposition, const char *text)
{
    set_own(disposition, 421, "4.3.2", text);
}
