/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * What a rule says of itself, in its metadata and tags.
 */
#include "yara_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* @return NULL: the rule has none of that name */
static const YR_META *find_meta(const YR_RULE *rule, const char *name)
{
    const YR_META *meta;

    if (!name)
        return NULL;
    yr_rule_metas_foreach(rule, meta)
    {
        if (strcmp(meta->identifier, name) == 0)
            return meta;
    }
    return NULL;
}

/* @return whether there is any text */
static bool copy_meta(const YR_META *meta, char *out, size_t size)
{
    out[0] = '\0';
    if (meta && meta->type == META_TYPE_STRING && meta->string)
        (void)snprintf(out, size, "%s", meta->string);
    else if (meta && meta->type == META_TYPE_INTEGER)
        (void)snprintf(out, size, "%" PRId64, meta->integer);
    return out[0] != '\0';
}

static bool is_listed(const assay_conf_list *list, const char *word)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], word) == 0)
            return true;
    return false;
}

static bool has_ignored_tag(const struct assay__yara_settings *settings,
                            const YR_RULE *rule)
{
    const char *tag;

    yr_rule_tags_foreach(rule, tag)
    {
        if (is_listed(&settings->ignore_tags, tag))
            return true;
    }
    return false;
}

int64_t assay__yara_rule_severity(const struct assay__yara_settings *settings,
                                  const YR_RULE *rule)
{
    const YR_META *meta = find_meta(rule, settings->severity_meta);

    return meta && meta->type == META_TYPE_INTEGER ? meta->integer : INT64_MIN;
}

/* A rule that says nothing of its severity counts. */
bool assay__yara_rule_counts(const struct assay__yara_settings *settings,
                             const YR_RULE *rule)
{
    int64_t severity = assay__yara_rule_severity(settings, rule);

    return !RULE_IS_GLOBAL(rule) && !has_ignored_tag(settings, rule) &&
           (severity == INT64_MIN || severity >= settings->min_severity);
}

void assay__yara_rule_name(const struct assay__yara_settings *settings,
                           const YR_RULE *rule, assay_finding *finding)
{
    if (!copy_meta(find_meta(rule, settings->threat_meta), finding->info,
                   sizeof finding->info))
        (void)snprintf(finding->info, sizeof finding->info, "%s",
                       rule->identifier);
    if (!copy_meta(find_meta(rule, settings->code_meta), finding->scan_code,
                   sizeof finding->scan_code))
        (void)snprintf(finding->scan_code, sizeof finding->scan_code, "%s:%s",
                       rule->ns->name, rule->identifier);
}
