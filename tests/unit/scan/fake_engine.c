/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * A fake engine that does what the content tells it. A line "<name>: ORDER"
 * is for the engine of that name; without one it finds nothing and has seen
 * everything. Built several times with other names (FAKE_NAME).
 */
#include <assay/engine.h>
#include <assay/message.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_world.h"

#define ORDER_MAX 128

struct fake {
    char name[ASSAY_NAME_MAX + 1];
    bool reads_mail;
};

/* The order for this engine in the content, or "". */
static void read_order(const assay_content *content, char *order)
{
    static const char mark[] = FAKE_NAME ": ";
    const char *found;
    const char *end;
    size_t len = 0;

    order[0] = '\0';
    if (content->size == 0)
        return;
    found = memmem(content->data, content->size, mark, sizeof mark - 1);
    if (!found)
        return;
    found += sizeof mark - 1;
    end = (const char *)content->data + content->size;
    while (found + len < end && found[len] != '\r' && found[len] != '\n' &&
           len < ORDER_MAX - 1)
        len++;
    memcpy(order, found, len);
    order[len] = '\0';
}

/* Like an engine with a MIME reader of its own. */
static void read_mail_order(const assay_content *content, char *order)
{
    assay_message *message = NULL;
    assay_part *part = NULL;

    if (assay_message_new_borrowed(content->data, content->size, NULL, &message,
                                   NULL) == ASSAY_OK &&
        assay_message_root(message, &part, NULL) == ASSAY_OK) {
        for (; part && order[0] == '\0'; part = assay_part_thread(part)) {
            assay_content leaf = {.kind = ASSAY_CONTENT_PART};
            assay_bytes data;

            if (assay_part_decode(part, &data, NULL, NULL) != ASSAY_OK)
                continue;
            leaf.data = data.data;
            leaf.size = data.len;
            read_order(&leaf, order);
        }
    }
    assay_message_free(&message);
}

/* The rest of the order behind a word, or NULL. */
static const char *after(const char *order, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(order, word, len) != 0 ||
        (order[len] != ' ' && order[len] != '\0'))
        return NULL;
    return order[len] == ' ' ? order + len + 1 : order + len;
}

static const struct behaviour {
    const char *word;
    assay_found found;
    assay_reason reason;
    uint32_t limits_hit, members_unopened, parts_seen, parts_total;
    uint64_t bytes_short;
} behaviours[] = {
    {.word = "CLEAN", .found = ASSAY_FOUND_NOTHING},
    {.word = "PARTIAL", .found = ASSAY_FOUND_NOTHING, .bytes_short = 1},
    {.word = "LIMIT",
     .found = ASSAY_FOUND_NOTHING,
     .limits_hit = ASSAY_LIMIT_FILES},
    {.word = "MEMBER", .found = ASSAY_FOUND_NOTHING, .members_unopened = 1},
    {.word = "PARTS",
     .found = ASSAY_FOUND_NOTHING,
     .parts_seen = 1,
     .parts_total = 2},
    {.word = "FOUND", .found = ASSAY_FOUND_THREAT},
    {.word = "FAULT", .found = ASSAY_FOUND_FAULT},
    {.word = "TIMEOUT",
     .found = ASSAY_FOUND_FAULT,
     .reason = ASSAY_REASON_TIMEOUT},
    {.word = "UNSCANNABLE",
     .found = ASSAY_FOUND_UNSCANNABLE,
     .reason = ASSAY_REASON_MALFORMED},
    {.word = "ENCRYPTED",
     .found = ASSAY_FOUND_UNSCANNABLE,
     .reason = ASSAY_REASON_ENCRYPTED},
    {.word = "UNSUITABLE", .found = ASSAY_FOUND_NOT_SUITABLE},
    {.word = "ODD", .found = (assay_found)99},
};

static void obey(const char *order, size_t size, assay_finding *finding)
{
    for (size_t i = 0; i < sizeof behaviours / sizeof behaviours[0]; i++) {
        const struct behaviour *b = &behaviours[i];
        const char *text = after(order, b->word);

        if (!text)
            continue;
        finding->found = b->found;
        finding->reason = b->reason;
        finding->coverage.bytes_seen = size - b->bytes_short;
        finding->coverage.parts_seen = b->parts_seen;
        finding->coverage.parts_total = b->parts_total;
        finding->coverage.limits_hit = b->limits_hit;
        finding->coverage.members_unopened = b->members_unopened;
        (void)snprintf(finding->info, sizeof finding->info, "%s", text);
        (void)snprintf(finding->scan_code, sizeof finding->scan_code, "%s",
                       b->found == ASSAY_FOUND_NOTHING ? "OK" : text);
    }
}

static assay_rc fake_open(const assay_engine_args *args, void **instance_out,
                          assay_error *err)
{
    const struct fake_settings *settings = args->settings;
    struct fake *fake;

    if (settings && settings->refuse_open)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "signatures: no such folder");
    if (settings && settings->silent_open)
        return ASSAY_E_IO;
    if (settings && settings->forget_open)
        return ASSAY_OK;
    fake = calloc(1, sizeof *fake);
    if (!fake)
        return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
    (void)snprintf(fake->name, sizeof fake->name, "%s", args->instance);
    fake->reads_mail = settings && settings->reads_mail;
    fake_event("open", fake->name);
    *instance_out = fake;
    return ASSAY_OK;
}

static void fake_close(void *instance)
{
    struct fake *fake = instance;

    fake_event("close", fake->name);
    free(fake);
}

static void fake_scan(void *instance, const assay_scan_args *args,
                      assay_finding *finding)
{
    char order[ORDER_MAX] = "";
    const struct fake *fake = instance;
    const char *rest;

    fake_saw(args);
    if (fake->reads_mail && args->content->kind == ASSAY_CONTENT_MESSAGE)
        read_mail_order(args->content, order);
    else
        read_order(args->content, order);
    rest = after(order, "WAIT");
    if (rest) {
        fake_gate_pass();
        memmove(order, rest, strlen(rest) + 1);
    }
    rest = after(order, "LATE");
    if (rest) {
        fake_clock_advance_ms(3600000);
        memmove(order, rest, strlen(rest) + 1);
    }
    obey(order[0] != '\0' ? order : "CLEAN", args->content->size, finding);
}

static void fake_epoch(void *instance, char *buf, size_t size)
{
    (void)instance;
    (void)snprintf(buf, size, "%s/1 db/%d", FAKE_NAME, fake_database());
}

static assay_rc fake_probe(void *instance, assay_error *err)
{
    (void)instance;
    if (fake_probe_works())
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_UNAVAILABLE, "missed the canary");
}

static uint32_t fake_flags(const void *settings)
{
    const struct fake_settings *fake = settings;

    if (!fake)
        return 0;
    return (fake->uses_names ? ASSAY_ENGINE_USES_NAMES : 0u) |
           (fake->wants_parts ? ASSAY_ENGINE_WANTS_PARTS : 0u);
}

static const assay_engine_ops fake_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = fake_open,
    .close = fake_close,
    .scan = fake_scan,
    .probe = fake_probe,
    .epoch = fake_epoch,
    .flags = fake_flags,
};

static const assay_conf_option fake_options[] = {
    {.name = "note",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct fake_settings, note)},
    {.name = "max_parts",
     .type = ASSAY_CONF_INT,
     .offset = offsetof(struct fake_settings, max_parts),
     .default_value = "7",
     .min = 1,
     .max = 9},
    {.name = NULL},
};

static const assay_conf_stanza fake_conf = {
    .name = FAKE_NAME,
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct fake_settings),
    .options = fake_options,
};

ASSAY_ENGINE_MODULE(.name = FAKE_NAME, .version = "1", .conf = &fake_conf,
                    .ops = &fake_ops);
