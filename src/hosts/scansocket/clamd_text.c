/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "clamd_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What is left of a text, so that its end always fits behind it. */
enum { TEXT_SHOWN = ASSAY__CLAMD_RESULT_MAX - 64 };

static const struct entry {
    const char *name;
    enum assay__clamd_command command;
    bool is_old;     /* exists without a prefix */
    bool in_session; /* may stand in an IDSESSION */
} commands[] = {
    {"PING", ASSAY__CLAMD_PING, true, true},
    {"VERSION", ASSAY__CLAMD_VERSION, true, true},
    {"VERSIONCOMMANDS", ASSAY__CLAMD_VERSIONCOMMANDS, false, true},
    {"INSTREAM", ASSAY__CLAMD_INSTREAM, false, true},
    {"FILDES", ASSAY__CLAMD_FILDES, true, true},
    {"IDSESSION", ASSAY__CLAMD_IDSESSION, false, false},
    {"END", ASSAY__CLAMD_END, false, true},
    {"STATS", ASSAY__CLAMD_STATS, false, true},
    {"SCAN", ASSAY__CLAMD_PATH, true, true},
    {"CONTSCAN", ASSAY__CLAMD_PATH, true, false},
    {"MULTISCAN", ASSAY__CLAMD_PATH, true, false},
    {"ALLMATCHSCAN", ASSAY__CLAMD_PATH, false, false},
    {"RELOAD", ASSAY__CLAMD_UNAVAILABLE, true, false},
    {"SHUTDOWN", ASSAY__CLAMD_UNAVAILABLE, true, false},
    {"QUIT", ASSAY__CLAMD_UNAVAILABLE, true, false},
    {"SELFCHECK", ASSAY__CLAMD_UNAVAILABLE, true, false},
    {"DETSTATS", ASSAY__CLAMD_UNAVAILABLE, true, false},
    {"DETSTATSCLEAR", ASSAY__CLAMD_UNAVAILABLE, true, false},
};

const char *assay__clamd_commands(void)
{
    return "| COMMANDS: PING VERSION VERSIONCOMMANDS INSTREAM FILDES IDSESSION "
           "END STATS";
}

struct assay__clamd_call assay__clamd_parse(const char *line, size_t len,
                                            bool is_plain)
{
    const char *blank = memchr(line, ' ', len);
    size_t name_len = blank ? (size_t)(blank - line) : len;

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct entry *entry = &commands[i];
        bool has_path = entry->command == ASSAY__CLAMD_PATH;

        if (strlen(entry->name) != name_len ||
            memcmp(entry->name, line, name_len) != 0)
            continue;
        if ((is_plain && !entry->is_old) ||
            has_path != (blank && name_len + 1 < len))
            break;
        return (struct assay__clamd_call){
            .command = entry->command,
            .in_session = entry->in_session,
            .argument = has_path ? blank + 1 : NULL,
            .argument_len = has_path ? len - name_len - 1 : 0,
        };
    }
    return (struct assay__clamd_call){.command = ASSAY__CLAMD_UNKNOWN};
}

/* Clients look for these words in many ways, some anywhere in a line. */
static void lower_word(char *text, const char *word)
{
    size_t len = strlen(word);

    for (char *at = strstr(text, word); at; at = strstr(at + len, word))
        for (size_t i = 0; i < len; i++)
            at[i] = (char)(at[i] - 'A' + 'a');
}

/* Haraka lets mail pass when an error has these words, whatever it is about. */
static void break_phrase(char *text)
{
    static const char phrase[] = "size limit exceeded";

    for (char *at = text; (at = strcasestr(at, phrase));
         at += sizeof phrase - 1)
        at[4] = '-';
}

static void clean_text(const char *text, char out[TEXT_SHOWN])
{
    (void)snprintf(out, TEXT_SHOWN, "%s", text);
    for (char *c = out; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    lower_word(out, "FOUND");
    lower_word(out, "OK");
    break_phrase(out);
}

void assay__clamd_error(const char *text,
                        char out[static ASSAY__CLAMD_RESULT_MAX])
{
    char cleaned[TEXT_SHOWN];

    clean_text(text, cleaned);
    (void)snprintf(out, ASSAY__CLAMD_RESULT_MAX, "%s ERROR", cleaned);
}

/* A name has no blank, is never empty, and does not begin as "OK" does: for
 * some clients "stream: OK" is clean, whatever follows. */
static void name_found(const char *name,
                       char out[static ASSAY__CLAMD_RESULT_MAX])
{
    char cleaned[ASSAY_VERDICT_INFO_MAX];

    (void)snprintf(cleaned, sizeof cleaned, "%s", name);
    for (char *c = cleaned; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            *c = '_';
    (void)snprintf(out, ASSAY__CLAMD_RESULT_MAX, "%s%s FOUND",
                   strncasecmp(cleaned, "OK", 2) == 0 ? "_" : "",
                   cleaned[0] != '\0' ? cleaned : "Unnamed");
}

void assay__clamd_result(const assay_verdict *verdict,
                         char out[static ASSAY__CLAMD_RESULT_MAX])
{
    const char *reason = assay_reason_name(verdict->reason);
    char text[ASSAY_VERDICT_INFO_MAX + 80];

    if (verdict->status == ASSAY_STATUS_INFECTED) {
        name_found(verdict->info, out);
        return;
    }
    if (verdict->status == ASSAY_STATUS_CLEAN &&
        assay_coverage_is_complete(&verdict->coverage)) {
        (void)snprintf(out, ASSAY__CLAMD_RESULT_MAX, "OK");
        return;
    }
    (void)snprintf(text, sizeof text, "%s%s%s%s%s%s",
                   verdict->status == ASSAY_STATUS_CLEAN
                       ? "not inspected in full"
                       : assay_status_name(verdict->status),
                   reason[0] != '\0' ? " (" : "", reason,
                   reason[0] != '\0' ? ")" : "",
                   verdict->info[0] != '\0' ? ": " : "", verdict->info);
    assay__clamd_error(text, out);
}
