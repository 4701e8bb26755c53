/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/activefilter_document_read.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/text.h"
#include "store/activefilter_document.h"

static assay_rc refuse(assay_error *err, const char *why)
{
    return assay_error_set(err, ASSAY_E_INVAL,
                           "not a document of ActiveFilter: %s", why);
}

static bool is_element(const xmlNode *node, const char *name)
{
    return node && node->type == XML_ELEMENT_NODE && node->ns &&
           xmlStrEqual(node->ns->href,
                       (const xmlChar *)ASSAY__ACTIVEFILTER_NAMESPACE) &&
           xmlStrEqual(node->name, (const xmlChar *)name);
}

static const xmlNode *child_of(const xmlNode *parent, const char *name)
{
    for (const xmlNode *node = parent->children; node; node = node->next)
        if (is_element(node, name))
            return node;
    return NULL;
}

/* @return false: it is missing, too long, or not printable ASCII */
static bool take_attribute(const xmlNode *node, const char *name, char *out,
                           size_t size)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);
    const char *text = (const char *)value;
    bool is_good = text && strlen(text) < size && text[0] != '\0';

    for (size_t i = 0; is_good && text[i] != '\0'; i++)
        is_good = text[i] >= ' ' && text[i] <= '~';
    if (is_good)
        assay__text_copy(out, size, text);
    xmlFree(value);
    return is_good;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static bool take_word(const xmlNode *node, const char *name,
                      const char *const *words, char *out, size_t size)
{
    return take_attribute(node, name, out, size) && is_one_of(out, words);
}

/* A decimal as we write them, read without the locale. */
static bool take_percent(const xmlNode *node, const char *name, double *out)
{
    char text[16];
    double number = 0, unit = 1;
    size_t digits;

    if (!take_attribute(node, name, text, sizeof text))
        return false;
    digits = strspn(text, "0123456789");
    for (size_t i = 0; i < digits; i++)
        number = number * 10 + (text[i] - '0');
    if (text[digits] == '.') {
        const char *rest = text + digits + 1;

        for (; *rest >= '0' && *rest <= '9'; rest++)
            number += (*rest - '0') * (unit /= 10);
        if (*rest != '\0')
            return false;
    } else if (text[digits] != '\0') {
        return false;
    }
    *out = number;
    return digits > 0 && number <= 100;
}

static bool take_revision(const xmlNode *node, int64_t *out)
{
    char text[20];

    if (!take_attribute(node, "revision", text, sizeof text) ||
        text[strspn(text, "0123456789")] != '\0')
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

static bool take_root(const xmlNode *root, assay_activefilter_mail *out)
{
    static const char *const types[] = {"registration", "update", NULL};
    static const char *const judgements[] = {"spam", "ham", NULL};
    static const char *const actions[] = {"none", "discard", "move-to-spam",
                                          "move-to-inbox", NULL};

    return take_word(root, "type", types, out->type, sizeof out->type) &&
           take_word(root, "judgement", judgements, out->judgement,
                     sizeof out->judgement) &&
           take_word(root, "action", actions, out->action,
                     sizeof out->action) &&
           take_attribute(root, "id", out->id, sizeof out->id) &&
           take_percent(root, "score", &out->score) &&
           take_percent(root, "threshold", &out->threshold) &&
           take_revision(root, &out->revision);
}

static assay_rc read_root(const xmlNode *root, assay_activefilter_mail *out,
                          assay_error *err)
{
    static const char *const versions[] = {"1", NULL};
    const xmlNode *recipients;
    char version[8];

    if (!is_element(root, "activefilter"))
        return refuse(err, "another root element");
    if (!take_word(root, "version", versions, version, sizeof version))
        return refuse(err, "another version");
    if (!take_root(root, out))
        return refuse(err, "an attribute is missing or wrong");
    recipients = child_of(root, "recipients");
    if (!recipients)
        return refuse(err, "it has no recipients");
    for (const xmlNode *node = recipients->children; node; node = node->next)
        out->recipients += is_element(node, "recipient");
    return ASSAY_OK;
}

static void copy_what_it_says(assay_activefilter_mail *mail,
                              const assay_activefilter_mail *said)
{
    assay_activefilter_mail copy = *said;

    memcpy(copy.name, mail->name, sizeof copy.name);
    memcpy(copy.problem, mail->problem, sizeof copy.problem);
    copy.delivered_s = mail->delivered_s;
    *mail = copy;
}

assay_rc assay__activefilter_document_read(assay_bytes xml,
                                           assay_activefilter_mail *mail,
                                           assay_error *err)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOERROR |
                        XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS;
    assay_activefilter_mail said = {.name = ""};
    xmlDocPtr document;
    assay_rc rc;

    if (xml.len == 0 || xml.len > ASSAY_ACTIVEFILTER_MAIL_MAX)
        return refuse(err, "it is empty or too large");
    xmlInitParser();
    document = xmlReadMemory(xml.data, (int)xml.len, NULL, "UTF-8", options);
    if (!document)
        return refuse(err, "it is not well-formed XML");
    if (document->intSubset || document->extSubset)
        rc = refuse(err, "it has a document type");
    else
        rc = read_root(xmlDocGetRootElement(document), &said, err);
    xmlFreeDoc(document);
    if (rc == ASSAY_OK)
        copy_what_it_says(mail, &said);
    return rc;
}
