/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL_SCAN
#include <local_scan.h>

#include "edit.h"
#include "request.h"

/* Types of headers, from Exim's description of local_scan(). */
enum { TYPE_DELETED = '*', TYPE_RECEIVED = 'P', TYPE_OTHER = ' ' };

/* expand_string() takes no const and does not write to what it expands. */
static const char *expand(const char *text)
{
    uschar *copy = string_copy(CUS text);

    return CCS expand_string(copy);
}

static const char *expand_if_set(const char *text)
{
    const char *value = expand(text);

    return value && value[0] != '\0' ? value : NULL;
}

const char *assay__exim_mail_id(void)
{
    return message_id ? CCS message_id : "";
}

long long assay__exim_mail_body_bytes(void)
{
    const char *text = expand_if_set("$message_body_size");
    char *end;
    long long bytes;

    if (!text)
        return -1;
    bytes = strtoll(text, &end, 10);
    return *end == '\0' ? bytes : -1;
}

/* The Received: header of this Exim, which has the id of the message in it. It
 * is no header of the message as it came, and would make every copy of a mail
 * another content. A policy neither sees nor changes it, as behind a milter. */
static header_line *own_received(void)
{
    const char *id = assay__exim_mail_id();

    for (header_line *h = header_list; h; h = h->next) {
        if (h->type == TYPE_RECEIVED && h->text)
            return id[0] != '\0' && strstr(CCS h->text, id) ? h : NULL;
    }
    return NULL;
}

static bool is_shown(const header_line *h, const header_line *own)
{
    return h != own && h->type != TYPE_DELETED && h->text && h->slen > 0;
}

static void add_headers(struct assay__exim_buffer *request)
{
    const header_line *own = own_received();
    long long bytes = 0;

    for (header_line *h = header_list; h; h = h->next) {
        if (is_shown(h, own))
            bytes += h->slen;
    }
    assay__exim_request_add_number(request, "headers", bytes);
    for (header_line *h = header_list; h; h = h->next) {
        if (is_shown(h, own))
            assay__exim_buffer_add(request, h->text, (size_t)h->slen);
    }
}

static void add_connection(struct assay__exim_buffer *request)
{
    assay__exim_request_add(request, "peer", CCS sender_host_address);
    if (sender_host_address && sender_host_port > 0)
        assay__exim_request_add_number(request, "port", sender_host_port);
    assay__exim_request_add(request, "host", CCS sender_host_name);
    assay__exim_request_add(request, "ehlo",
                            expand_if_set("$sender_helo_name"));
    assay__exim_request_add(request, "conn.exim_authenticated_id",
                            expand_if_set("$authenticated_id"));
    assay__exim_request_add(request, "conn.exim_auth_mechanism",
                            CCS sender_host_authenticated);
    assay__exim_request_add(request, "conn.exim_protocol",
                            CCS received_protocol);
    assay__exim_request_add(request, "conn.exim_tls_cipher",
                            expand_if_set("$tls_in_cipher"));
    assay__exim_request_add(request, "conn.exim_interface",
                            CCS interface_address);
    if (interface_address && interface_port > 0)
        assay__exim_request_add_number(request, "conn.exim_interface_port",
                                       interface_port);
}

static void add_envelope(struct assay__exim_buffer *request)
{
    if (sender_address && sender_address[0] != '\0')
        assay__exim_request_add(request, "sender", CCS sender_address);
    for (int i = 0; i < recipients_count; i++)
        assay__exim_request_add(request, "rcpt",
                                CCS recipients_list[i].address);
    assay__exim_request_add(request, "id", assay__exim_mail_id());
}

void assay__exim_mail_add(struct assay__exim_buffer *request, long long offset)
{
    const char *version = expand_if_set("Exim $version_number");
    char body[48];

    assay__exim_buffer_add_text(request, "assay/1 check\n");
    assay__exim_request_add(request, "client", version ? version : "Exim");
    add_connection(request);
    add_envelope(request);
    add_headers(request);
    (void)snprintf(body, sizeof body, "body=fd %lld\nend\n", offset);
    assay__exim_buffer_add_text(request, body);
}

static bool has_recipient(const char *address)
{
    for (int i = 0; i < recipients_count; i++) {
        if (strcmp(CCS recipients_list[i].address, address) == 0)
            return true;
    }
    return false;
}

static bool are_recipients(const struct assay__exim_answer *answer,
                           const char *key, struct assay__exim_reason *why)
{
    const char *address;

    for (size_t at = 0;
         (address = assay__exim_answer_next(answer, key, &at));) {
        if (!has_recipient(address))
            return assay__exim_reason_set(
                why, "assayd's answer has %s=%.100s, who is no recipient", key,
                address);
    }
    return true;
}

bool assay__exim_mail_can_change(const struct assay__exim_answer *answer,
                                 struct assay__exim_reason *why)
{
    struct assay__exim_edit edit;
    const char *text;

    for (size_t at = 0;
         (text = assay__exim_answer_next(answer, "edit", &at));) {
        if (!assay__exim_edit_read(&edit, text, why))
            return false;
        assay__exim_edit_clear(&edit);
    }
    return are_recipients(answer, "stored", why) &&
           are_recipients(answer, "refused", why);
}

static header_line *first_header(uschar *name)
{
    for (header_line *h = header_list; h; h = h->next) {
        if (header_testname(h, name, (int)strlen(CCS name), TRUE))
            return h;
    }
    return NULL;
}

/* In the place of the first one, with its type: Exim goes on to know a From:
 * as such. Where there is none it is added behind the others. */
static void replace(uschar *name, const char *line)
{
    header_line *first = first_header(name);
    int type;

    if (!first) {
        header_add(TYPE_OTHER, "%s", line);
        return;
    }
    type = first->type;
    header_remove(0, name);
    /* Back for a moment, to be the place where the new one goes. */
    first->type = type;
    header_add_at_position(FALSE, name, FALSE, type, "%s", line);
    first->type = TYPE_DELETED;
}

static void apply(const struct assay__exim_edit *edit)
{
    /* Exim's functions take no const. */
    uschar *name = string_copy(CUS edit->name);

    switch (edit->kind) {
    case ASSAY__EXIM_APPEND:
        header_add(TYPE_OTHER, "%s", edit->line);
        break;
    case ASSAY__EXIM_PREPEND:
        header_add_at_position(FALSE, NULL, FALSE, TYPE_OTHER, "%s",
                               edit->line);
        break;
    case ASSAY__EXIM_REPLACE:
        replace(name, edit->line);
        break;
    case ASSAY__EXIM_DELETE:
        header_remove(0, name);
        break;
    }
}

bool assay__exim_mail_edit(const struct assay__exim_answer *answer,
                           struct assay__exim_reason *why)
{
    struct assay__exim_edit edit;
    header_line *own = own_received();
    const char *text;
    bool ok = true;

    /* As long as it counts as deleted, no edit touches it. */
    if (own)
        own->type = TYPE_DELETED;
    for (size_t at = 0;
         ok && (text = assay__exim_answer_next(answer, "edit", &at));) {
        ok = assay__exim_edit_read(&edit, text, why);
        if (ok)
            apply(&edit);
        assay__exim_edit_clear(&edit);
    }
    if (own)
        own->type = TYPE_RECEIVED;
    return ok;
}

void assay__exim_mail_drop(const struct assay__exim_answer *answer,
                           const char *key)
{
    const char *text;

    for (size_t at = 0; (text = assay__exim_answer_next(answer, key, &at));) {
        uschar *address = string_copy(CUS text);

        while (receive_remove_recipient(address))
            continue;
    }
}

bool assay__exim_mail_drop_all(void)
{
    while (recipients_count > 0 &&
           receive_remove_recipient(recipients_list[0].address))
        continue;
    return recipients_count == 0;
}
