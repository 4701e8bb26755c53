/* SPDX-License-Identifier: MIT */
/*
 * The engine skeleton: a threat is a content that holds the text of the option
 * "needle". Replace find_needle() with what your scanner does; the rest shows
 * what every engine owes its caller.
 *
 * Everything an instance knows is in struct skeleton. There are no variables
 * outside of it: one process may have several instances, each with its own
 * settings, and many threads scan with one of them at once.
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <assay/engine.h>

#define SKELETON_VERSION "1.0"
#define THREAT_NAME "Skeleton.Needle"

enum {
    NEEDLE_MAX = 1024,    /* longest needle, in bytes */
    PIECE_BYTES = 1 << 20 /* looked at before the clock is asked again */
};

/* Filled from the stanza before open is called; never parse text yourself. */
struct skeleton_settings {
    const char *needle;
};

struct skeleton {
    const struct skeleton_settings *settings; /* stays until close returns */
    size_t needle_len;
};

/* ---- options --------------------------------------------------------------
 */

static assay_rc check_needle(const char *text, assay_error *err)
{
    size_t len = strlen(text);

    if (len == 0)
        return assay_error_set(err, ASSAY_E_INVAL, "cannot be empty");
    if (len > NEEDLE_MAX)
        return assay_error_set(err, ASSAY_E_INVAL, "has more than %d bytes",
                               (int)NEEDLE_MAX);
    return ASSAY_OK;
}

/* Each option of the stanza, with the member of the settings that it fills. */
static const assay_conf_option skeleton_options[] = {
    {.name = "needle",
     .type = ASSAY_CONF_STRING,
     .offset = offsetof(struct skeleton_settings, needle),
     .default_value = "skeleton-test-needle",
     .check = check_needle},
    {.name = NULL},
};

static const assay_conf_stanza skeleton_conf = {
    .name = "skeleton",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct skeleton_settings),
    .options = skeleton_options,
};

/* ---- scanning -------------------------------------------------------------
 */

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether the needle begins in the first `starts` bytes. */
static bool find_needle(const struct skeleton *self, const char *data,
                        size_t starts)
{
    const char *needle = self->settings->needle;

    for (size_t i = 0; i < starts; i++) {
        const char *first = memchr(data + i, needle[0], starts - i);

        if (!first)
            return false;
        i = (size_t)(first - data);
        if (memcmp(first, needle, self->needle_len) == 0)
            return true;
    }
    return false;
}

/*
 * The finding arrives as FAULT: "could not look". Say NOTHING only when all of
 * the content was looked at, and say by bytes_seen how much that was.
 */
static void skeleton_scan(void *instance, const assay_scan_args *args,
                          assay_finding *finding)
{
    const struct skeleton *self = instance;
    const assay_content *content = args->content;
    const char *data = content->data; /* NULL for an empty content */
    size_t len = self->needle_len;
    size_t starts = content->size < len ? 0 : content->size - len + 1;

    for (size_t at = 0; at < starts; at += PIECE_BYTES) {
        size_t piece = starts - at < PIECE_BYTES ? starts - at : PIECE_BYTES;

        if (now_ms() >= args->deadline_ms) { /* give up in time */
            finding->reason = ASSAY_REASON_TIMEOUT;
            finding->coverage.bytes_seen = at;
            return;
        }
        if (find_needle(self, data + at, piece)) {
            finding->found = ASSAY_FOUND_THREAT;
            finding->coverage.bytes_seen = content->size;
            (void)snprintf(finding->info, sizeof finding->info, "%s",
                           THREAT_NAME);
            return;
        }
    }
    finding->found = ASSAY_FOUND_NOTHING;
    finding->coverage.bytes_seen = content->size;
}

/* ---- life -----------------------------------------------------------------
 */

/* Called about once a minute: prove by a scan that threats are found. */
static assay_rc skeleton_probe(void *instance, assay_error *err)
{
    const struct skeleton *self = instance;
    const assay_content canary = {
        .kind = ASSAY_CONTENT_FILE,
        .data = self->settings->needle,
        .size = self->needle_len,
    };
    const assay_scan_args args = {&canary, INT64_MAX};
    assay_finding finding = {.found = ASSAY_FOUND_FAULT};

    skeleton_scan(instance, &args, &finding);
    if (finding.found != ASSAY_FOUND_THREAT)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "the needle is not found in itself");
    return ASSAY_OK;
}

static void skeleton_close(void *instance)
{
    free(instance);
}

/*
 * Load and connect here what scans need, and prove that it works. When open
 * fails it leaves nothing behind, and the text in err says what to mend.
 */
static assay_rc skeleton_open(const assay_engine_args *args,
                              void **instance_out, assay_error *err)
{
    struct skeleton *self = calloc(1, sizeof *self);
    assay_rc rc;

    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "out of memory");
    self->settings = args->settings;
    self->needle_len = strlen(self->settings->needle);
    rc = skeleton_probe(self, err);
    if (rc != ASSAY_OK) {
        skeleton_close(self);
        return rc;
    }
    assay_log_write(args->log, ASSAY_LOG_INFO, "skeleton.open", "instance=%s",
                    args->instance);
    *instance_out = self;
    return ASSAY_OK;
}

/* What verdicts are made with: another text whenever the same content could
 * get another verdict. Settings need not be in it. */
static void skeleton_epoch(void *instance, char *buf, size_t size)
{
    (void)instance;
    (void)snprintf(buf, size, "skeleton/%s", SKELETON_VERSION);
}

/* What is left out means its default; include/assay/engine.h has them all. */
static const assay_engine_ops skeleton_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = skeleton_open,
    .close = skeleton_close,
    .scan = skeleton_scan,
    .probe = skeleton_probe,
    .epoch = skeleton_epoch,
};

/* It takes no mail apart, so it wants the parts, too: what is attached stands
 * in a mail as base64, and there the needle would not be found. */
ASSAY_ENGINE_MODULE(.name = "skeleton", .version = SKELETON_VERSION,
                    .description = "finds one text",
                    .flags = ASSAY_ENGINE_WANTS_PARTS, .conf = &skeleton_conf,
                    .ops = &skeleton_ops);
