/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A false libmilter. What it refuses is what 8.17 refuses: codes that are not
 * 4xx or 5xx, malformed enhanced codes, line ends, texts over 980 bytes.
 */
#include "fake_mfapi.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

int fake_opensocket_result;
char fake_conn[512];
struct smfiDesc fake_registered;

void fake_mfapi_reset(struct smfi_str *ctx)
{
    memset(ctx, 0, sizeof *ctx);
    ctx->changes_allowed = -1;
    fake_opensocket_result = MI_SUCCESS;
    fake_conn[0] = '\0';
}

void fake_mfapi_macro(struct smfi_str *ctx, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof ctx->macro_names / sizeof(char *); i++) {
        if (ctx->macro_names[i] && strcmp(ctx->macro_names[i], name) != 0)
            continue;
        ctx->macro_names[i] = name;
        ctx->macro_values[i] = value;
        return;
    }
}

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    bool found;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

int smfi_setreply(SMFICTX *ctx, char *code, char *enhanced, char *text)
{
    if (!code || !matches(code, "^[45][0-9]{2}$"))
        return MI_FAILURE;
    if (enhanced && !matches(enhanced, "^[245]\\.[0-9]{1,3}\\.[0-9]{1,3}$"))
        return MI_FAILURE;
    if (text && (strpbrk(text, "\r\n") || strlen(text) > 980))
        return MI_FAILURE;
    (void)snprintf(ctx->reply, sizeof ctx->reply, "%s %s%s%s", code,
                   enhanced ? enhanced : "", enhanced ? " " : "",
                   text ? text : "");
    return MI_SUCCESS;
}

static int change(SMFICTX *ctx, const char *verb, int index, const char *name,
                  const char *value)
{
    size_t len = strlen(ctx->changes);

    if (ctx->changes_allowed == 0)
        return MI_FAILURE;
    if (ctx->changes_allowed > 0)
        ctx->changes_allowed--;
    (void)snprintf(ctx->changes + len, sizeof ctx->changes - len,
                   "%s %d %s:%s\n", verb, index, name,
                   value ? value : "(none)");
    return MI_SUCCESS;
}

int smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
    return change(ctx, "add", 0, name, value);
}

int smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
    return change(ctx, "insert", index, name, value);
}

int smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
    return change(ctx, value ? "change" : "delete", index, name, value);
}

int smfi_delrcpt(SMFICTX *ctx, char *recipient)
{
    return change(ctx, "drop", 0, recipient, "");
}

int smfi_progress(SMFICTX *ctx)
{
    ctx->progress_calls++;
    return MI_SUCCESS;
}

int smfi_setpriv(SMFICTX *ctx, void *priv)
{
    ctx->priv = priv;
    return MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *ctx)
{
    return ctx->priv;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
    static char values[8][64];

    for (size_t i = 0; i < sizeof ctx->macro_names / sizeof(char *); i++) {
        if (!ctx->macro_names[i] || strcmp(ctx->macro_names[i], name) != 0)
            continue;
        if (!ctx->macro_values[i])
            return NULL;
        (void)snprintf(values[i], sizeof values[i], "%s", ctx->macro_values[i]);
        return values[i];
    }
    return NULL;
}

int smfi_register(struct smfiDesc desc)
{
    fake_registered = desc;
    return MI_SUCCESS;
}

int smfi_setconn(char *conn)
{
    (void)snprintf(fake_conn, sizeof fake_conn, "%s", conn);
    return MI_SUCCESS;
}

int smfi_settimeout(int seconds)
{
    (void)seconds;
    return MI_SUCCESS;
}

int smfi_opensocket(bool remove)
{
    (void)remove;
    return fake_opensocket_result;
}
