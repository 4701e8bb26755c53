/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "reply.h"

#include <stdio.h>
#include <string.h>

static const char fallback_reject[] = "Refused by policy";
static const char fallback_tempfail[] = "Try again later";

static const struct {
    const char *name;
    enum assay__exim_action action;
} actions[] = {
    {"continue", ASSAY__EXIM_CONTINUE},
    {"reject", ASSAY__EXIM_REJECT},
    {"tempfail", ASSAY__EXIM_TEMPFAIL},
    {"discard", ASSAY__EXIM_DISCARD},
};

static bool find_action(const char *name, enum assay__exim_action *action_out)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, name) == 0) {
            *action_out = actions[i].action;
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Three digits of the class that is meant; else what Exim says, too. */
static int read_code(const char *text, char class, int fallback)
{
    if (!text || text[0] != class || !is_digit(text[1]) || !is_digit(text[2]) ||
        text[3] != '\0')
        return fallback;
    return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

/* One to three digits, as Exim looks for them (RFC 3463). */
static const char *skip_number(const char *at)
{
    size_t digits = strspn(at, "0123456789");

    return digits >= 1 && digits <= 3 ? at + digits : NULL;
}

static bool is_enhanced(const char *text, char class)
{
    if (text[0] != class || text[1] != '.')
        return false;
    text = skip_number(text + 2);
    if (!text || *text != '.')
        return false;
    text = skip_number(text + 1);
    return text && *text == '\0';
}

static void copy_text(char *out, size_t size, const char *text)
{
    size_t length = 0;

    for (; text[length] != '\0' && length + 1 < size; length++) {
        out[length] = text[length];
        if (out[length] < ' ' || out[length] > '~')
            out[length] = '?';
    }
    out[length] = '\0';
}

static void set_words(struct assay__exim_reply *reply, const char *code,
                      const char *enhanced, const char *text)
{
    bool rejects = reply->action == ASSAY__EXIM_REJECT;
    char class = rejects ? '5' : '4';

    reply->code = read_code(code, class, rejects ? 550 : 451);
    if (enhanced && is_enhanced(enhanced, class))
        copy_text(reply->enhanced, sizeof reply->enhanced, enhanced);
    if (!text || text[0] == '\0')
        text = rejects ? fallback_reject : fallback_tempfail;
    copy_text(reply->text, sizeof reply->text, text);
}

/* Copy the first word, if it has room, and go to the next; else nothing. */
static const char *take_word(const char *line, char *out, size_t size)
{
    size_t length = strcspn(line, " ");

    out[0] = '\0';
    if (length >= size)
        return line;
    copy_text(out, length + 1, line);
    line += length;
    return line + strspn(line, " ");
}

/* "550 5.1.1 no such mailbox" */
static void set_refusal(struct assay__exim_reply *reply, const char *line)
{
    char class = line[0] == '5' ? '5' : '4';
    char code[4] = "", enhanced[sizeof reply->enhanced] = "";
    const char *text = take_word(line, code, sizeof code);
    const char *rest = take_word(text, enhanced, sizeof enhanced);

    reply->action = class == '5' ? ASSAY__EXIM_REJECT : ASSAY__EXIM_TEMPFAIL;
    set_words(reply, code, enhanced,
              is_enhanced(enhanced, class) ? rest : text);
}

/* One refused for the time being makes it temporary for all: what was refused
 * for good will be so the next time, too. */
static void refuse_for_all(struct assay__exim_reply *reply,
                           const struct assay__exim_answer *answer)
{
    const struct assay__exim_line *first = NULL;
    const struct assay__exim_line *line;

    for (size_t at = 0;
         (line = assay__exim_answer_next_line(answer, "refused", &at));) {
        if (!first || line->reply[0] != '5')
            first = line;
        if (line->reply[0] != '5')
            break;
    }
    if (first)
        set_refusal(reply, first->reply);
}

bool assay__exim_reply_read(struct assay__exim_reply *reply,
                            const struct assay__exim_answer *answer,
                            enum assay__exim_on_refused on_refused,
                            struct assay__exim_reason *why)
{
    const char *action = assay__exim_answer_get(answer, "action");

    memset(reply, 0, sizeof *reply);
    if (!action)
        return assay__exim_reason_set(why, "assayd's answer has no action");
    if (!find_action(action, &reply->action))
        return assay__exim_reason_set(
            why, "assayd's answer has an unknown action \"%.40s\"", action);
    if (reply->action == ASSAY__EXIM_REJECT ||
        reply->action == ASSAY__EXIM_TEMPFAIL)
        set_words(reply, assay__exim_answer_get(answer, "code"),
                  assay__exim_answer_get(answer, "enhanced"),
                  assay__exim_answer_get(answer, "text"));
    else if (reply->action == ASSAY__EXIM_CONTINUE &&
             on_refused == ASSAY__EXIM_REFUSED_REJECT)
        refuse_for_all(reply, answer);
    return true;
}

const char *assay__exim_reply_action(const struct assay__exim_reply *reply)
{
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (actions[i].action == reply->action)
            return actions[i].name;
    }
    return "tempfail";
}

void assay__exim_reply_text(const struct assay__exim_reply *reply,
                            char out[ASSAY__EXIM_REPLY_LINE_SIZE])
{
    (void)snprintf(out, ASSAY__EXIM_REPLY_LINE_SIZE, "%s%s%s", reply->enhanced,
                   reply->enhanced[0] ? " " : "", reply->text);
}

void assay__exim_reply_line(const struct assay__exim_reply *reply,
                            char out[ASSAY__EXIM_REPLY_LINE_SIZE])
{
    out[0] = '\0';
    if (reply->code)
        (void)snprintf(out, ASSAY__EXIM_REPLY_LINE_SIZE, "%d %s%s%s",
                       reply->code, reply->enhanced,
                       reply->enhanced[0] ? " " : "", reply->text);
}
