/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "symbols.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* In order of precedence. */
enum category {
    CATEGORY_TEST,
    CATEGORY_VIRUS,
    CATEGORY_PHISHING,
    CATEGORY_MALWARE_LINK,
    CATEGORY_FRAUD,
    CATEGORY_ADULT,
    CATEGORY_FINGERPRINT,
    CATEGORY_BLOCKLIST,
    CATEGORY_BAYES,
    CATEGORY_FORGED,
    CATEGORY_BOUNCE,
    CATEGORY_BULK,
    CATEGORY_COUNT,
    CATEGORY_NONE = CATEGORY_COUNT /* the rule says nothing of that kind */
};

static const struct {
    const char *id, *text;
} categories[CATEGORY_COUNT] = {
    [CATEGORY_TEST] = {"test", "Test pattern"},
    [CATEGORY_VIRUS] = {"virus", "Virus or other malware"},
    [CATEGORY_PHISHING] = {"phishing", "Phishing"},
    [CATEGORY_MALWARE_LINK] = {"malware-link", "Links to malware"},
    [CATEGORY_FRAUD] = {"fraud", "Fraud or extortion"},
    [CATEGORY_ADULT] = {"adult", "Adult content or drugs"},
    [CATEGORY_FINGERPRINT] = {"fingerprint", "Known spam"},
    [CATEGORY_BLOCKLIST] = {"blocklist", "Sender or link on a blocklist"},
    [CATEGORY_BAYES] = {"bayes", "Spam by its words"},
    [CATEGORY_FORGED] = {"forged", "Forged sender"},
    [CATEGORY_BOUNCE] = {"bounce", "Bounce or challenge"},
    [CATEGORY_BULK] = {"bulk", "Bulk mail or newsletter"},
};

struct assay__symbol_rule {
    const char *pattern; /* of fnmatch(3) */
    enum category category;
    const char *text; /* what symbols of that name say */
};

/* The first row that fits is taken, so exceptions stand before their rule.
 * Names are those of SpamAssassin 4.0 and rspamd 3.4. */
static const struct assay__symbol_rule rules[] = {
    {"GTUBE", CATEGORY_TEST, "the test pattern GTUBE"},
    {"GTUBE_*", CATEGORY_TEST, "the test pattern GTUBE"},

    {"CLAM_VIRUS_FAIL", CATEGORY_NONE, NULL},
    {"CLAM_VIRUS*", CATEGORY_VIRUS, "found by ClamAV"},
    {"CLAMAV*", CATEGORY_VIRUS, "found by ClamAV"},
    {"*_VIRUS_FAIL", CATEGORY_NONE, NULL},
    {"*_VIRUS", CATEGORY_VIRUS, "found by a virus scanner"},
    {"VIRUS_*", CATEGORY_VIRUS, "found by a virus scanner"},
    {"MICROSOFT_EXECUTABLE", CATEGORY_VIRUS, "carries a program"},
    {"MIME_BAD_EXTENSION", CATEGORY_VIRUS, "an attachment of a bad type"},
    {"MIME_DOUBLE_BAD_EXTENSION", CATEGORY_VIRUS,
     "an attachment that hides its type"},
    {"EXE_*", CATEGORY_VIRUS, "carries a program"},
    {"OLEMACRO_*", CATEGORY_VIRUS, "a document with suspicious macros"},
    {"OLEMACRO", CATEGORY_VIRUS, "a document with macros"},

    {"*PHISH*_FAIL", CATEGORY_NONE, NULL},
    {"PHISHED_WHITELISTED", CATEGORY_NONE, NULL},
    {"*PHISH*", CATEGORY_PHISHING, "phishing"},

    {"*_MALWARE*", CATEGORY_MALWARE_LINK, "a link to malware"},
    {"URLHAUS_*", CATEGORY_MALWARE_LINK, "a link that URLhaus knows"},
    {"URIBL_DBL_ABUSE_MALW", CATEGORY_MALWARE_LINK, "a link to malware"},
    {"URIBL_DBL_ABUSE_BOTCC", CATEGORY_MALWARE_LINK, "a link to a botnet"},
    {"DBL_*BOTNET*", CATEGORY_MALWARE_LINK, "a link to a botnet"},

    {"ADVANCE_FEE_*", CATEGORY_FRAUD, "asks for an advance fee"},
    {"MONEY_FRAUD_*", CATEGORY_FRAUD, "wording of advance fee fraud"},
    {"*_SCAM*", CATEGORY_FRAUD, "wording of a fraud"},
    {"SCAM_*", CATEGORY_FRAUD, "wording of a fraud"},
    {"NIGERIAN_*", CATEGORY_FRAUD, "asks for an advance fee"},
    {"*EXTORT*", CATEGORY_FRAUD, "extortion"},

    {"PORN_*", CATEGORY_ADULT, "adult content"},
    {"DRUGS_*", CATEGORY_ADULT, "drugs"},
    {"FUZZY_VPILL", CATEGORY_ADULT, "drugs"},
    {"FUZZY_XPILL", CATEGORY_ADULT, "drugs"},
    {"FUZZY_MEDICATION", CATEGORY_ADULT, "drugs"},

    {"FUZZY_WHITE", CATEGORY_NONE, NULL},
    {"*FUZZY_DENIED", CATEGORY_FINGERPRINT, "like mail known as spam"},
    {"*FUZZY_PROB", CATEGORY_FINGERPRINT, "like mail thought to be spam"},
    {"FUZZY_UNKNOWN", CATEGORY_FINGERPRINT, "like mail known as spam"},
    {"RAZOR2_*", CATEGORY_FINGERPRINT, "known to Razor"},
    {"PYZOR_CHECK", CATEGORY_FINGERPRINT, "known to Pyzor"},
    {"PYZOR", CATEGORY_FINGERPRINT, "known to Pyzor"},
    {"DCC_CHECK", CATEGORY_FINGERPRINT, "known to DCC"},
    {"DCC_REJECT", CATEGORY_FINGERPRINT, "known to DCC"},
    {"DCC_BULK", CATEGORY_BULK, "sent to many, by DCC"},

    {"*_BLOCKED*", CATEGORY_NONE, NULL}, /* the list did not answer us */
    {"URIBL_*_ERROR", CATEGORY_NONE, NULL},
    {"*SURBL*_FAIL", CATEGORY_NONE, NULL},
    {"RBL_*_FAIL", CATEGORY_NONE, NULL},
    {"DBL_*FAIL", CATEGORY_NONE, NULL},
    {"RECEIVED_*_FAIL", CATEGORY_NONE, NULL},
    {"RBL_SENDERSCORE_REPUT_[6-9NU]*", CATEGORY_NONE, NULL},
    {"RCVD_IN_DNSWL_*", CATEGORY_NONE, NULL}, /* those are welcome */
    {"RCVD_IN_IADB_*", CATEGORY_NONE, NULL},
    {"RCVD_IN_MSPIKE_H*", CATEGORY_NONE, NULL},
    {"RCVD_IN_MSPIKE_WL", CATEGORY_NONE, NULL},
    {"RCVD_IN_VALIDITY_CERTIFIED", CATEGORY_NONE, NULL},
    {"RCVD_IN_VALIDITY_SAFE", CATEGORY_NONE, NULL},
    {"RCVD_IN_*", CATEGORY_BLOCKLIST, "its sender is on a blocklist"},
    {"RBL_*", CATEGORY_BLOCKLIST, "its sender is on a blocklist"},
    {"RECEIVED_*", CATEGORY_BLOCKLIST, "a relay is on a blocklist"},
    {"URIBL_*", CATEGORY_BLOCKLIST, "a link is on a blocklist"},
    {"*SURBL*", CATEGORY_BLOCKLIST, "a link is on a blocklist"},
    {"DBL_*", CATEGORY_BLOCKLIST, "a domain is on a blocklist"},
    {"RSPAMD_URIBL", CATEGORY_BLOCKLIST, "a link is on a blocklist"},
    {"RSPAMD_EMAILBL", CATEGORY_BLOCKLIST, "an address is on a blocklist"},
    {"MSBL_*", CATEGORY_BLOCKLIST, "an address is on a blocklist"},

    {"BAYES_SPAM*", CATEGORY_BAYES, "its words are those of spam"},
    {"NEURAL_SPAM*", CATEGORY_BAYES, "its symbols are those of spam"},
    {"BAYES_60", CATEGORY_BAYES, "words of spam, 60 to 80 %"},
    {"BAYES_80", CATEGORY_BAYES, "words of spam, 80 to 95 %"},
    {"BAYES_95", CATEGORY_BAYES, "words of spam, 95 to 99 %"},
    {"BAYES_99*", CATEGORY_BAYES, "words of spam, 99 % and more"},

    {"SPF_FAIL", CATEGORY_FORGED, "SPF says it is not from there"},
    {"SPF_SOFTFAIL", CATEGORY_FORGED, "SPF doubts that it is from there"},
    {"SPF_HELO_FAIL", CATEGORY_FORGED, "SPF says it is not from there"},
    {"R_SPF_FAIL", CATEGORY_FORGED, "SPF says it is not from there"},
    {"R_SPF_SOFTFAIL", CATEGORY_FORGED, "SPF doubts that it is from there"},
    {"R_DKIM_REJECT", CATEGORY_FORGED, "its DKIM signature is not valid"},
    {"DKIM_ADSP_*", CATEGORY_FORGED, "a signature is missing"},
    {"DMARC_POLICY_ALLOW*", CATEGORY_NONE, NULL},
    {"DMARC_POLICY_*", CATEGORY_FORGED, "DMARC says it is not from there"},
    {"DMARC_REJECT", CATEGORY_FORGED, "DMARC says it is not from there"},
    {"DMARC_QUAR", CATEGORY_FORGED, "DMARC doubts that it is from there"},
    {"DMARC_MISSING", CATEGORY_NONE, NULL},
    {"FORGED_*", CATEGORY_FORGED, "its headers contradict each other"},
    {"FAKE_*", CATEGORY_FORGED, "its headers contradict each other"},
    {"SPOOF_*", CATEGORY_FORGED, "a name that is not the sender's"},

    {"ANY_BOUNCE_MESSAGE", CATEGORY_BOUNCE, "a bounce"},
    {"*BOUNCE_MESSAGE", CATEGORY_BOUNCE, "a bounce"},
    {"CHALLENGE_RESPONSE", CATEGORY_BOUNCE, "a challenge"},
    {"BOUNCE", CATEGORY_BOUNCE, "a bounce"},

    {"PRECEDENCE_BULK", CATEGORY_BULK, "says that it is bulk mail"},
    {"MAILLIST", CATEGORY_BULK, "from a mailing list"},
    {"MAILING_LIST_MULTI", CATEGORY_BULK, "from a mailing list"},
    {"HAS_LIST_UNSUB", CATEGORY_BULK, "can be unsubscribed from"},
    {"FREEMAIL_BULK", CATEGORY_BULK, "bulk mail from a free mailbox"},
    {"*NEWSLETTER*", CATEGORY_BULK, "a newsletter"},
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the tables --------------------------------------------------------- */

const char *assay__symbols_category(size_t number, const char **text_out)
{
    if (number >= COUNT_OF(categories))
        return NULL;
    *text_out = categories[number].text;
    return categories[number].id;
}

const char *assay__symbols_category_text(const char *category)
{
    for (size_t i = 0; i < COUNT_OF(categories); i++)
        if (!strcmp(categories[i].id, category))
            return categories[i].text;
    return NULL;
}

/* @return NULL when no row fits, or one that means nothing */
static const struct assay__symbol_rule *find_rule(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (fnmatch(rules[i].pattern, name, FNM_NOESCAPE) == 0)
            return rules[i].category == CATEGORY_NONE ? NULL : &rules[i];
    return NULL;
}

const char *assay__symbols_symbol_text(const char *sub_category)
{
    const struct assay__symbol_rule *rule = find_rule(sub_category);

    return rule ? rule->text : NULL;
}

/* ---- names -------------------------------------------------------------- */

static bool is_symbol_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':' ||
           c == '-';
}

bool assay__symbol_is_valid(const char *name, size_t len)
{
    if (len == 0 || len > ASSAY__SYMBOL_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_symbol_char(name[i]))
            return false;
    return true;
}

/* Whether a symbol says more than the decisive one so far. */
static bool is_better(const struct assay__symbols *symbols,
                      const struct assay__symbol_rule *rule, double weight)
{
    if (!symbols->rule || rule->category < symbols->rule->category)
        return true;
    return rule->category == symbols->rule->category &&
           weight > symbols->weight; /* false when either is NAN */
}

void assay__symbols_add(struct assay__symbols *symbols, const char *name,
                        size_t len, double weight)
{
    const struct assay__symbol_rule *rule;
    char copy[ASSAY__SYMBOL_MAX + 1];

    if (symbols->count >= ASSAY__SYMBOLS_MAX)
        return;
    symbols->count++;
    if (!assay__symbol_is_valid(name, len) || weight < 0)
        return;
    memcpy(copy, name, len);
    copy[len] = '\0';
    rule = find_rule(copy);
    if (!rule || !is_better(symbols, rule, weight))
        return;
    symbols->rule = rule;
    symbols->weight = weight;
    memcpy(symbols->decisive, copy, len + 1);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Up to a comma, and move behind it. */
static size_t take_item(const char **list, size_t *len, const char **item_out)
{
    const char *comma = memchr(*list, ',', *len);
    size_t size = comma ? (size_t)(comma - *list) : *len;

    *item_out = *list;
    *list += size + (comma ? 1 : 0);
    *len -= size + (comma ? 1 : 0);
    return size;
}

size_t assay__symbols_next(const char **list, size_t *len,
                           const char **name_out)
{
    while (*len > 0) {
        const char *item;
        size_t size = take_item(list, len, &item);

        while (size > 0 && is_blank(item[0])) {
            item++;
            size--;
        }
        while (size > 0 && is_blank(item[size - 1]))
            size--;
        if (assay__symbol_is_valid(item, size)) {
            *name_out = item;
            return size;
        }
    }
    return 0;
}

void assay__symbols_add_list(struct assay__symbols *symbols, const char *list,
                             size_t len)
{
    const char *name;
    size_t size;

    while ((size = assay__symbols_next(&list, &len, &name)) > 0)
        assay__symbols_add(symbols, name, size, (double)NAN);
}

/* ---- the result --------------------------------------------------------- */

void assay__symbols_finish(const struct assay__symbols *symbols,
                           assay_score *score)
{
    const struct assay__symbol_rule *rule = symbols->rule;

    score->category[0] = score->category_desc[0] = '\0';
    score->sub_category[0] = score->sub_category_desc[0] = '\0';
    if (!rule)
        return;
    (void)snprintf(score->category, sizeof score->category, "%s",
                   categories[rule->category].id);
    (void)snprintf(score->category_desc, sizeof score->category_desc, "%s",
                   categories[rule->category].text);
    (void)snprintf(score->sub_category, sizeof score->sub_category, "%s",
                   symbols->decisive);
    (void)snprintf(score->sub_category_desc, sizeof score->sub_category_desc,
                   "%s", rule->text);
}
