/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * local_scan(): Exim calls it once for each message, behind the ACLs, and does
 * what it returns. Whatever goes wrong here is a temporary rejection, unless
 * on_failure says otherwise.
 *
 * Exim gives the code 550 or 451 itself; what is returned stands behind it.
 */
#include <stdio.h>
#include <string.h>

#define LOCAL_SCAN
#include <local_scan.h>

#include "message_check.h"
#include "exports.h"
#include "mail.h"

/* Shorter than what Exim keeps with a message it accepts. */
enum { ACCEPT_TEXT_SIZE = 500 };

static const char failure_text[] =
    "4.3.0 Could not check the message, try again later";
static const char storage_text[] =
    "4.3.0 The mailbox cannot be used now, try again later";

int local_scan_version_major(void)
{
    return LOCAL_SCAN_ABI_VERSION_MAJOR;
}

int local_scan_version_minor(void)
{
    return LOCAL_SCAN_ABI_VERSION_MINOR;
}

static int answer_failure(const struct assay__exim_check *check,
                          uschar **return_text)
{
    bool misconfigured = check->state == ASSAY__EXIM_CHECK_MISCONFIGURED;

    if (check->state == ASSAY__EXIM_CHECK_FAILED &&
        check->options.on_failure == ASSAY__EXIM_FAILURE_ACCEPT) {
        log_write(0, LOG_MAIN,
                  "assay: accepted unchecked (on_failure = accept): %s",
                  check->why.text);
        *return_text = string_copy(CUS "error");
        return LOCAL_SCAN_ACCEPT;
    }
    log_write(0, misconfigured ? LOG_MAIN | LOG_PANIC : LOG_MAIN,
              "assay: not checked: %s", check->why.text);
    *return_text = string_copy(CUS failure_text);
    return LOCAL_SCAN_TEMPREJECT;
}

static int tempreject(const struct assay__exim_reason *why, const char *text,
                      uschar **return_text)
{
    log_write(0, LOG_MAIN, "assay: %s", why->text);
    *return_text = string_copy(CUS text);
    return LOCAL_SCAN_TEMPREJECT;
}

/* $local_scan_data: the status, and the threat when there is one. */
static uschar *accept_text(const struct assay__exim_check *check)
{
    const char *status = assay__exim_answer_get(&check->answer, "status");
    const char *info = assay__exim_answer_get(&check->answer, "info");
    char text[ACCEPT_TEXT_SIZE];

    if (!status || status[0] == '\0')
        return NULL;
    (void)snprintf(text, sizeof text, "%s%s%s", status,
                   info && info[0] != '\0' ? " " : "", info ? info : "");
    for (char *p = text; *p != '\0'; p++) {
        if (*p < ' ' || *p > '~')
            *p = '?';
    }
    return string_copy_taint(CUS text, GET_TAINTED);
}

/* Those refused alone; with on_refused = reject there are none here. */
static void drop_refused(const struct assay__exim_answer *answer)
{
    const struct assay__exim_line *line;

    for (size_t at = 0;
         (line = assay__exim_answer_next_line(answer, "refused", &at));) {
        struct assay__exim_reason shown = {""};

        (void)assay__exim_reason_set(&shown, "%.100s: %.100s", line->value,
                                     line->reply);
        log_write(0, LOG_MAIN, "assay: dropped refused recipient %s",
                  shown.text);
    }
    assay__exim_mail_drop(answer, "refused");
}

static int answer_refusal(const struct assay__exim_check *check,
                          uschar **return_text)
{
    char text[ASSAY__EXIM_REPLY_LINE_SIZE];

    assay__exim_reply_text(&check->reply, text);
    *return_text = string_copy(CUS text);
    return check->reply.action == ASSAY__EXIM_REJECT ? LOCAL_SCAN_REJECT
                                                     : LOCAL_SCAN_TEMPREJECT;
}

/* Whoever was named twice and refused once is dropped twice. A mail for nobody
 * is lost, so this is a refusal. */
static int refuse_all(struct assay__exim_check *check, uschar **return_text)
{
    struct assay__exim_reason why = {""};

    if (!assay__exim_reply_read(&check->reply, &check->answer,
                                ASSAY__EXIM_REFUSED_REJECT, &why))
        return tempreject(&why, failure_text, return_text);
    return answer_refusal(check, return_text);
}

static int accept_message(struct assay__exim_check *check, uschar **return_text)
{
    struct assay__exim_reason why = {""};

    if (!assay__exim_mail_can_change(&check->answer, &why))
        return tempreject(&why, failure_text, return_text);
    drop_refused(&check->answer);
    if (recipients_count == 0)
        return refuse_all(check, return_text);
    if (!assay__exim_mail_edit(&check->answer, &why))
        return tempreject(&why, failure_text, return_text);
    /* Last: after it no failure may have the client send the mail again. */
    if (assay__exim_answer_get(&check->answer, "stored")) {
        assay__exim_mail_drop(&check->answer, "stored");
        if (!assay__exim_check_store(check, &why))
            return tempreject(&why, storage_text, return_text);
    }
    *return_text = accept_text(check);
    return LOCAL_SCAN_ACCEPT;
}

static int discard(uschar **return_text)
{
    struct assay__exim_reason why = {""};

    if (!assay__exim_mail_drop_all()) {
        (void)assay__exim_reason_set(&why, "Exim did not drop the recipients");
        return tempreject(&why, failure_text, return_text);
    }
    /* Exim writes it behind "=> blackhole". */
    *return_text = string_copy(CUS "discarded by the policy of Assay");
    return LOCAL_SCAN_ACCEPT;
}

static int answer(struct assay__exim_check *check, uschar **return_text)
{
    char summary[ASSAY__EXIM_SUMMARY_SIZE];

    if (check->reply.action == ASSAY__EXIM_CONTINUE)
        return accept_message(check, return_text);
    assay__exim_check_summary(check, summary);
    log_write(0, LOG_MAIN, "assay: %s", summary);
    if (check->reply.action == ASSAY__EXIM_DISCARD)
        return discard(return_text);
    return answer_refusal(check, return_text);
}

int local_scan(int fd, uschar **return_text)
{
    struct assay__exim_check *check;

    /* All were discarded by an ACL: nobody will get it. */
    if (recipients_count == 0)
        return LOCAL_SCAN_ACCEPT;
    check = assay__exim_check_get(fd, NULL, 0);
    if (check->state != ASSAY__EXIM_CHECK_DONE)
        return answer_failure(check, return_text);
    return answer(check, return_text);
}
