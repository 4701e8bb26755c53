/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Checks of what an engine tells of itself.
 */
#include "kit_checks.h"

#include <stdio.h>
#include <string.h>

#include "kit_content.h"

enum { SMALL_TEXT = 16, VERSION_TEXT = 4096 };

static bool is_printable(const char *text, bool with_lf)
{
    for (; *text != '\0'; text++)
        if ((*text < ' ' || *text > '~') && !(with_lf && *text == '\n'))
            return false;
    return true;
}

/* ---- texts ------------------------------------------------------------------
 */

/* Ask for a text in a buffer that ends where memory does.
 * @return false: said why */
static bool ask(struct assay__kit_child *child, const char *op,
                void (*function)(void *, char *, size_t), size_t size,
                char *out)
{
    struct assay__kit_walls walls = {0};
    const char *end;

    if (!assay__kit_walls_init(&walls, NULL, size, true, true)) {
        assay__kit_fail(child, "the kit itself: out of memory");
        return false;
    }
    memset(walls.data, '#', size);
    assay__kit_stage(child, "%s, with a buffer of %zu bytes", op, size);
    function(child->instance, walls.data, size);
    end = memchr(walls.data, '\0', size);
    if (end)
        memcpy(out, walls.data, (size_t)(end - walls.data) + 1);
    else
        assay__kit_fail(child,
                        "the text is not terminated in a buffer of %zu "
                        "bytes",
                        size);
    assay__kit_walls_fini(&walls);
    return end != NULL;
}

static void scan_something(struct assay__kit_child *child)
{
    assay_finding finding;

    assay__kit_scan(child, "a small mail", assay__kit_small_mail(),
                    child->kit->patience_ms, &finding);
}

void assay__kit_check_epoch(struct assay__kit_child *child)
{
    char first[ASSAY_EPOCH_MAX], again[ASSAY_EPOCH_MAX], small[SMALL_TEXT];

    if (!assay__kit_ready(child) ||
        !ask(child, "epoch", child->ops->epoch, sizeof first, first) ||
        !ask(child, "epoch", child->ops->epoch, sizeof small, small))
        return;
    scan_something(child);
    if (!ask(child, "epoch", child->ops->epoch, sizeof again, again))
        return;
    if (first[0] == '\0')
        assay__kit_fail(child, "the epoch is empty");
    else if (!is_printable(first, false))
        assay__kit_fail(child, "the epoch is not printable ASCII");
    else if (strcmp(first, again) != 0)
        assay__kit_fail(child,
                        "the epoch is another without newer signatures: "
                        "\"%s\", then \"%s\"",
                        first, again);
    assay__kit_note(child, "%s", first);
    assay__kit_close(child);
}

void assay__kit_check_version(struct assay__kit_child *child)
{
    char text[VERSION_TEXT], small[SMALL_TEXT];

    if (!child->ops->version) {
        assay__kit_skip(child, "it has none; the epoch is shown");
        return;
    }
    if (!assay__kit_ready(child) ||
        !ask(child, "version", child->ops->version, sizeof text, text) ||
        !ask(child, "version", child->ops->version, sizeof small, small))
        return;
    if (text[0] == '\0')
        assay__kit_fail(child, "the version is empty");
    else if (!is_printable(text, true))
        assay__kit_fail(child, "the version is not printable ASCII");
    text[strcspn(text, "\n")] = '\0';
    assay__kit_note(child, "%.200s", text);
    assay__kit_close(child);
}

/* ---- signatures
 * --------------------------------------------------------------- */

void assay__kit_check_probe(struct assay__kit_child *child)
{
    assay_error err = {0};

    if (!child->ops->probe) {
        assay__kit_skip(child, "it has none: nobody will notice when it is "
                               "blind");
        return;
    }
    if (!assay__kit_ready(child))
        return;
    for (int i = 0; i < 2 && !assay__kit_has_failed(child); i++) {
        assay__kit_stage(child, "probe");
        if (child->ops->probe(child->instance, &err) != ASSAY_OK)
            assay__kit_fail(child, "probe fails: %s", err.msg);
        scan_something(child);
    }
    assay__kit_close(child);
}

static void refresh_once(struct assay__kit_child *child)
{
    char before[ASSAY_EPOCH_MAX], after[ASSAY_EPOCH_MAX];
    assay_error err = {0};
    bool changed = false;

    if (!ask(child, "epoch", child->ops->epoch, sizeof before, before))
        return;
    assay__kit_stage(child, "refresh");
    if (child->ops->refresh(child->instance, &changed, &err) != ASSAY_OK) {
        assay__kit_fail(child, "refresh fails: %s", err.msg);
        return;
    }
    if (!ask(child, "epoch", child->ops->epoch, sizeof after, after))
        return;
    if (changed != (strcmp(before, after) != 0))
        assay__kit_fail(child, "refresh says %s, and the epoch is %s",
                        changed ? "changed" : "not changed",
                        changed ? "the same" : "another");
}

void assay__kit_check_refresh(struct assay__kit_child *child)
{
    if (!child->ops->refresh) {
        assay__kit_skip(child, "it has none; nothing ever changes");
        return;
    }
    if (assay__kit_is_process(child)) {
        assay__kit_skip(child, "not called where it scans in processes only");
        return;
    }
    if (!assay__kit_open(child))
        return;
    refresh_once(child);
    if (!assay__kit_has_failed(child))
        refresh_once(child);
    assay__kit_close(child);
}

void assay__kit_check_newer(struct assay__kit_child *child)
{
    uint64_t sets[2] = {0, 0};

    if (!child->ops->newer) {
        assay__kit_skip(child, "it has none");
        return;
    }
    if (!assay__kit_open(child))
        return;
    for (int i = 0; i < 2; i++) {
        assay_error err = {0};
        assay_rc rc;

        assay__kit_stage(child, "newer");
        rc = child->ops->newer(child->instance, &sets[i], &err);
        if (rc != ASSAY_OK && rc != ASSAY_E_STATE)
            assay__kit_fail(child, "newer fails: %s", err.msg);
    }
    if (sets[0] != sets[1])
        assay__kit_fail(child, "newer gives two numbers for one set");
    assay__kit_close(child);
}

/* ---- settings
 * ------------------------------------------------------------------ */

static void ask_isolation(struct assay__kit_child *child,
                          assay_engine_isolation *out)
{
    memset(out, 0, sizeof *out);
    out->struct_size = sizeof *out;
    assay__kit_stage(child, "isolation");
    child->ops->isolation(child->args.settings, out);
}

static bool is_isolation_same(const assay_engine_isolation *a,
                              const assay_engine_isolation *b)
{
    return a->struct_size == b->struct_size && a->program == b->program &&
           a->temporary == b->temporary && a->log_path == b->log_path &&
           a->max_workers == b->max_workers &&
           a->temporary_bytes == b->temporary_bytes &&
           a->temporary_files == b->temporary_files &&
           a->updater == b->updater &&
           a->update_interval_s == b->update_interval_s;
}

void assay__kit_check_settings(struct assay__kit_child *child)
{
    assay_engine_isolation first, again;

    if (!child->ops->flags && !child->ops->isolation) {
        assay__kit_skip(child, "it says nothing of them");
        return;
    }
    if (child->ops->flags &&
        child->ops->flags(child->args.settings) != child->flags)
        assay__kit_fail(child, "flags are others when asked again");
    if (!child->ops->isolation)
        return;
    ask_isolation(child, &first);
    ask_isolation(child, &again);
    if (first.struct_size != sizeof first)
        assay__kit_fail(child, "isolation changes struct_size");
    else if (!is_isolation_same(&first, &again))
        assay__kit_fail(child, "isolation is another when asked again");
}
