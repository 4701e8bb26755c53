/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "policy/disposition.h"

#include <string.h>

#include "base/text.h"

const char *assay_phase_name(assay_phase phase)
{
    static const char *const names[ASSAY_PHASE_COUNT] = {
        [ASSAY_PHASE_CONNECT] = "connect",
        [ASSAY_PHASE_EHLO] = "ehlo",
        [ASSAY_PHASE_MAILFROM] = "mailfrom",
        [ASSAY_PHASE_RCPTTO] = "rcptto",
        [ASSAY_PHASE_DATA] = "data",
        [ASSAY_PHASE_DATA_SPOOL] = "data_spool",
        [ASSAY_PHASE_DATA_SPOOL_EACH_RCPT] = "data_spool_each_rcpt",
        [ASSAY_PHASE_SET_BINDING] = "set_binding",
    };

    return phase < ASSAY_PHASE_COUNT ? names[phase] : "unknown";
}

const char *assay_action_name(assay_action action)
{
    static const char *const names[] = {
        [ASSAY_ACTION_CONTINUE] = "continue",
        [ASSAY_ACTION_REJECT] = "reject",
        [ASSAY_ACTION_TEMPFAIL] = "tempfail",
        [ASSAY_ACTION_DISCARD] = "discard",
    };

    return action <= ASSAY_ACTION_DISCARD ? names[action] : "unknown";
}

void assay__disposition_continue(assay_disposition *disposition)
{
    memset(disposition, 0, sizeof *disposition);
    disposition->action = ASSAY_ACTION_CONTINUE;
}

/* Length of a run of one to three digits, or 0. */
static size_t digits(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n <= 3 ? n : 0;
}

/* Length of "5.7.1" at the start of text when its class is @class and a blank
 * or the end follows; else 0 (RFC 3463 section 2). */
static size_t enhanced_len(const char *text, char class)
{
    size_t subject, detail, len;

    if (text[0] != class || text[1] != '.')
        return 0;
    subject = digits(text + 2);
    if (subject == 0 || text[2 + subject] != '.')
        return 0;
    detail = digits(text + 3 + subject);
    len = 3 + subject + detail;
    if (detail == 0 || (text[len] != ' ' && text[len] != '\0'))
        return 0;
    return len;
}

static const char *default_enhanced(int code)
{
    if (code == 421)
        return "4.3.2";
    return code >= 500 ? "5.7.1" : "4.7.1";
}

assay_rc assay__disposition_reply(assay_disposition *disposition, int code,
                                  const char *text, assay_error *err)
{
    size_t len;

    if (code >= 200 && code <= 299) {
        assay__disposition_continue(disposition);
        return ASSAY_OK;
    }
    if (code < 400 || code > 599)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "%d is not an SMTP reply code a policy can set "
                               "(200-299, 400-599)",
                               code);
    if (!text)
        text = "";
    memset(disposition, 0, sizeof *disposition);
    disposition->action =
        code >= 500 ? ASSAY_ACTION_REJECT : ASSAY_ACTION_TEMPFAIL;
    disposition->code = code;
    len = enhanced_len(text, code >= 500 ? '5' : '4');
    if (len > 0 && len < sizeof disposition->enhanced) {
        memcpy(disposition->enhanced, text, len);
        text += len;
        text += strspn(text, " ");
    } else {
        assay__text_copy(disposition->enhanced, sizeof disposition->enhanced,
                         default_enhanced(code));
    }
    assay__text_copy_clean(disposition->text, sizeof disposition->text, text,
                           true);
    return ASSAY_OK;
}

void assay__disposition_discard(assay_disposition *disposition,
                                const char *reason)
{
    memset(disposition, 0, sizeof *disposition);
    disposition->action = ASSAY_ACTION_DISCARD;
    disposition->code = 250;
    assay__text_copy_clean(disposition->text, sizeof disposition->text,
                           reason ? reason : "discarded by policy", true);
}
