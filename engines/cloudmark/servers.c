/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "servers.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "deadline.h"

struct server {
    char text[ASSAY__SERVER_TEXT_MAX]; /* set once */
    _Atomic int64_t retry_at_ms;       /* 0: it is up */
};

struct assay__servers {
    size_t count;
    struct server items[]; /* count of them */
};

assay_rc assay__servers_new(const assay_conf_list *written, const char *usual,
                            assay__server_parse *parse,
                            struct assay__servers **out, assay_error *err)
{
    size_t count = written->count ? written->count : 1;
    struct assay__servers *servers;

    if (count > ASSAY__SERVERS_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT, "more than %d servers",
                               ASSAY__SERVERS_MAX);
    servers = calloc(1, sizeof *servers + count * sizeof *servers->items);
    if (!servers)
        return assay_error_set(err, ASSAY_E_NOMEM, "list of servers");
    servers->count = count;
    for (size_t i = 0; i < count; i++) {
        assay_rc rc = parse(written->count ? written->items[i] : usual,
                            servers->items[i].text, err);

        if (rc != ASSAY_OK) {
            assay__servers_free(&servers);
            return rc;
        }
        atomic_init(&servers->items[i].retry_at_ms, 0);
    }
    *out = servers;
    return ASSAY_OK;
}

assay_rc assay__servers_check(const assay_conf_list *written, const char *usual,
                              assay__server_parse *parse, assay_error *err)
{
    struct assay__servers *servers = NULL;
    assay_rc rc = assay__servers_new(written, usual, parse, &servers, err);

    assay__servers_free(&servers);
    return rc;
}

void assay__servers_free(struct assay__servers **servers)
{
    free(*servers);
    *servers = NULL;
}

size_t assay__servers_count(const struct assay__servers *servers)
{
    return servers->count;
}

const char *assay__servers_text(const struct assay__servers *servers,
                                size_t index)
{
    return servers->items[index].text;
}

/* ---- who is next -------------------------------------------------------- */

static bool was_tried(const struct assay__server_walk *walk, size_t index)
{
    return walk->tried & (UINT32_C(1) << index);
}

/* Whoever moves the time on is the one who finds out; a thread that lost the
 * exchange sees a server that is still down. */
static bool may_ask(struct server *server, int64_t now_ms)
{
    int64_t retry_at_ms = atomic_load(&server->retry_at_ms);

    if (retry_at_ms == 0)
        return true;
    if (now_ms < retry_at_ms)
        return false;
    return atomic_compare_exchange_strong(&server->retry_at_ms, &retry_at_ms,
                                          now_ms + ASSAY__SERVER_BACKOFF_MS);
}

size_t assay__servers_next(struct assay__servers *servers,
                           struct assay__server_walk *walk, int64_t now_ms)
{
    size_t chosen = servers->count;

    walk->is_down = true;
    for (size_t i = 0; i < servers->count; i++) {
        if (was_tried(walk, i))
            continue;
        if (may_ask(&servers->items[i], now_ms)) {
            chosen = i;
            walk->is_down = false;
            break;
        }
        if (chosen == servers->count)
            chosen = i; /* the first that is down, unless one is up */
    }
    if (chosen < servers->count)
        walk->tried |= UINT32_C(1) << chosen;
    return chosen;
}

void assay__servers_failed(struct assay__servers *servers, size_t index,
                           int64_t now_ms)
{
    atomic_store(&servers->items[index].retry_at_ms,
                 now_ms + ASSAY__SERVER_BACKOFF_MS);
}

void assay__servers_answered(struct assay__servers *servers, size_t index)
{
    atomic_store(&servers->items[index].retry_at_ms, 0);
}

/* ---- one call ----------------------------------------------------------- */

/* How many share the time that is left, the one whose turn it is included.
 * While one that is up is asked, nothing is set aside for those that are down:
 * they would hardly use it. */
static int64_t sharers(struct assay__servers *servers,
                       const struct assay__server_walk *walk, int64_t now_ms)
{
    int64_t count = 1;

    for (size_t i = 0; i < servers->count; i++)
        if (!was_tried(walk, i) &&
            (walk->is_down ||
             atomic_load(&servers->items[i].retry_at_ms) <= now_ms))
            count++;
    return count;
}

/* Rounded up, so that a turn is never over before it begins; nor does a time
 * without an end overflow. */
static int64_t share(int64_t left_ms, int64_t count)
{
    return left_ms / count + (left_ms % count > 0);
}

static bool is_failure(assay_rc rc)
{
    return rc == ASSAY_E_UNAVAILABLE || rc == ASSAY_E_TIMEOUT;
}

assay_rc assay__servers_ask(struct assay__servers *servers, int64_t deadline_ms,
                            assay__server_ask *ask, void *arg, assay_error *err)
{
    struct assay__server_walk walk = {0};
    int64_t now_ms = assay__cloudmark_now_ms();
    assay_rc rc = assay_error_set(err, ASSAY_E_TIMEOUT,
                                  "no time is left to ask a server");

    while (now_ms < deadline_ms) {
        size_t index = assay__servers_next(servers, &walk, now_ms);
        struct assay__server_turn turn = {.index = index};
        int64_t count;

        if (index == servers->count)
            return rc;
        turn.server = servers->items[index].text;
        count = sharers(servers, &walk, now_ms);
        turn.deadline_ms = now_ms + share(deadline_ms - now_ms, count);
        rc = ask(arg, &turn, err);
        now_ms = assay__cloudmark_now_ms();
        if (!is_failure(rc)) {
            assay__servers_answered(servers, index);
            return rc;
        }
        assay__servers_failed(servers, index, now_ms);
    }
    return rc;
}
