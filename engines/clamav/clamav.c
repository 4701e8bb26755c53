/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The options, and opening and closing an instance that scans in this process.
 * clamav_engine.h tells how the files belong together.
 */
#include "clamav_engine.h"

#include <iconv.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clamd.h"

#define OPTION(name) offsetof(struct assay__clamav_settings, name)
/* No file over 512 MB: libclamav's parsers had errors beyond (CVE-2025-20260).
 * The least values are what the canary needs. */
#define SIZE_LEAST 65536
#define SIZE_MOST (512 << 20)

enum {
    SETTLE_MS = 2000,      /* an updater pauses between files, not longer */
    ROOM_BYTES = 16 << 20, /* beside what one scan claims */
    ROOM_FILES = 1024
};

static const assay_conf_option options[] = {
    {.name = "signatures",
     .type = ASSAY_CONF_PATH,
     .offset = OPTION(signatures),
     .default_value = "/var/lib/clamav"},
    {.name = "temporary", .type = ASSAY_CONF_PATH, .offset = OPTION(temporary)},
    {.name = "max_scansize",
     .type = ASSAY_CONF_SIZE,
     .offset = OPTION(max_scansize),
     .default_value = "419430400",
     .min = SIZE_LEAST,
     .max = SIZE_MOST},
    {.name = "max_filesize",
     .type = ASSAY_CONF_SIZE,
     .offset = OPTION(max_filesize),
     .default_value = "104857600",
     .min = SIZE_LEAST,
     .max = SIZE_MOST},
    {.name = "max_files",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(max_files),
     .default_value = "10000",
     .min = 16,
     .max = 1000000},
    {.name = "max_recursion",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(max_recursion),
     .default_value = "17",
     .min = 5,
     .max = 100},
    {.name = "detect_phishing",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(detect_phishing),
     .default_value = "on"},
    {.name = "detect_pua",
     .type = ASSAY_CONF_BOOL,
     .offset = OPTION(detect_pua),
     .default_value = "off"},
    {.name = "daemon",
     .type = ASSAY_CONF_LIST,
     .offset = OPTION(daemon),
     .check = assay__clamd_check_address},
    {.name = "daemon_sessions",
     .type = ASSAY_CONF_INT,
     .offset = OPTION(daemon_sessions),
     .default_value = "10",
     .min = 0,
     .max = ASSAY__CLAMD_SESSIONS_MAX},
    {.name = NULL},
};

const assay_conf_stanza assay__clamav_conf = {
    .name = "clamav",
    .named = true,
    .repeatable = true,
    .settings_size = sizeof(struct assay__clamav_settings),
    .options = options,
};

/* ---- libclamav, once in a process -------------------------------------- */

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static cl_error_t library_state = CL_ERROR; /* set in library_once */

static void start_library(void)
{
    assay__clamav_messages_install();
    library_state = cl_init(CL_INIT_DEFAULT);
}

static assay_rc need_library(assay_error *err)
{
    pthread_once(&library_once, start_library);
    if (library_state != CL_SUCCESS)
        return assay_error_set(err, ASSAY_E_UNAVAILABLE,
                               "libclamav does not start: %s",
                               cl_strerror(library_state));
    return ASSAY_OK;
}

/* ---- open -------------------------------------------------------------- */

static const char *choose_base(const struct assay__clamav *self,
                               const assay_engine_args *args)
{
    const char *environment = secure_getenv("TMPDIR");

    if (args->temporary) /* no other can be written to */
        return args->temporary;
    if (self->settings.temporary)
        return self->settings.temporary;
    if (args->file_base)
        return args->file_base;
    return environment && environment[0] == '/' ? environment : "/tmp";
}

/* Everything that needs clean-up on failure is done by clamav_close(). */
static assay_rc build(struct assay__clamav *self, const assay_engine_args *args,
                      assay_error *err)
{
    assay_rc rc;

    snprintf(self->base, sizeof self->base, "%s", choose_base(self, args));
    assay__clamav_folder_sweep(self->base);
    rc = assay__clamav_folder_open(&self->folder, self->base, err);
    if (rc == ASSAY_OK)
        rc = assay__clamav_canary_init(&self->canary, err);
    if (rc == ASSAY_OK)
        rc = assay__clamav_signatures_open(self, err);
    return rc;
}

/* Documents name their character set, and the C library loads what converts it
 * when it is asked first. The usual ones are loaded now and kept; for others it
 * has at least looked up where they are. */
static void load_conversions(struct assay__clamav *self)
{
    static const char *const names[ASSAY__CLAMAV_CONVERSIONS] = {
        "UTF-16LE", "UTF-16BE",   "UTF-16", "UTF-32LE",
        "UTF-32BE", "ISO-8859-1", "CP1252"};

    for (size_t i = 0; i < ASSAY__CLAMAV_CONVERSIONS; i++) {
        iconv_t conversion = iconv_open("UTF-8", names[i]);

        if (conversion != (iconv_t)-1)
            self->conversions[i] = conversion;
    }
}

static void close_conversions(struct assay__clamav *self)
{
    for (size_t i = 0; i < ASSAY__CLAMAV_CONVERSIONS; i++)
        if (self->conversions[i])
            (void)iconv_close(self->conversions[i]);
}

static void clamav_close(void *instance)
{
    struct assay__clamav *self = instance;

    if (!self)
        return;
    close_conversions(self);
    assay__clamav_signatures_close(self);
    assay__clamav_canary_fini(&self->canary);
    assay__clamav_folder_close(&self->folder);
    assay__clamav_guard_fini(&self->guard);
    pthread_mutex_destroy(&self->rehoming);
    pthread_mutex_destroy(&self->swap);
    free(self);
}

static assay_rc clamav_open(const assay_engine_args *args, void **instance_out,
                            assay_error *err)
{
    struct assay__clamav *self;
    assay_rc rc = need_library(err);

    if (rc != ASSAY_OK)
        return rc;
    self = calloc(1, sizeof *self);
    if (!self)
        return assay_error_set(err, ASSAY_E_NOMEM, "clamav: instance");
    memcpy(&self->settings, args->settings, sizeof self->settings);
    self->timeout_ms = args->timeout_ms;
    atomic_init(&self->owner, getpid());
    self->folder.lock = -1;
    rc = assay__clamav_guard_init(&self->guard, &self->folder, err);
    if (rc != ASSAY_OK) {
        free(self);
        return rc;
    }
    pthread_mutex_init(&self->rehoming, NULL);
    pthread_mutex_init(&self->swap, NULL);
    self->settle_ms = SETTLE_MS;
    self->drain_ms = self->timeout_ms;
    rc = build(self, args, err);
    if (rc != ASSAY_OK) {
        clamav_close(self);
        return rc;
    }
    assay_log_write(args->log, ASSAY_LOG_INFO, "clamav.loaded",
                    "instance=%s signatures=\"%s\" count=%u version=%u",
                    args->instance, self->settings.signatures,
                    self->present->signatures, self->present->version);
    if (args->temporary) /* others would be loaded when they are needed */
        load_conversions(self);
    *instance_out = self;
    return ASSAY_OK;
}

/* ---- in a process forked from the one that opened it ------------------- */

/* libclamav draws the names of temporary files from these. */
static assay_rc draw_random_numbers(assay_error *err)
{
    unsigned seed;

    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return assay_error_set(err, ASSAY_E_IO, "no random numbers: %m");
    srand(seed);
    return ASSAY_OK;
}

static assay_rc clamav_forked(void *instance, const char *temporary,
                              assay_error *err)
{
    struct assay__clamav *self = instance;
    size_t size = strlen(temporary) + 1;
    assay_rc rc;

    if (size > sizeof self->base)
        return assay_error_set(err, ASSAY_E_LIMIT,
                               "the name of the temporary folder is too long");
    rc = draw_random_numbers(err);
    if (rc != ASSAY_OK)
        return rc;
    memcpy(self->base, temporary, size);
    return assay__clamav_move_home(self, err);
}

/* A scan claims max_scansize, max_filesize and the size of its content, and
 * the folder of an empty engine has some files of its own. */
static void clamav_isolation(const void *settings,
                             assay_engine_isolation *wanted)
{
    const struct assay__clamav_settings *own = settings;

    wanted->temporary = own->temporary;
    wanted->temporary_bytes =
        own->max_scansize + 2 * own->max_filesize + ROOM_BYTES;
    wanted->temporary_files = (uint64_t)own->max_files + ROOM_FILES;
}

/* ---- what it is -------------------------------------------------------- */

static assay_rc clamav_probe(void *instance, assay_error *err)
{
    struct assay__clamav *self = instance;
    struct assay__clamav_database *database =
        assay__clamav_signatures_take(self);
    assay_rc rc = assay__clamav_prove(
        self, database, assay__clamav_now_ms() + self->timeout_ms, true, err);

    assay__clamav_signatures_drop(self, database);
    return rc;
}

static void clamav_epoch(void *instance, char *buf, size_t size)
{
    struct assay__clamav_database *database =
        assay__clamav_signatures_take(instance);

    snprintf(buf, size, "clamav-%s/%u/%u/%016llx", cl_retver(),
             database->version, database->signatures,
             (unsigned long long)database->digest);
    assay__clamav_signatures_drop(instance, database);
}

static void clamav_version(void *instance, char *buf, size_t size)
{
    struct assay__clamav_database *database =
        assay__clamav_signatures_take(instance);
    char failure[ASSAY_ERROR_MAX];

    assay__clamav_signatures_failure(instance, failure, sizeof failure);
    snprintf(buf, size, "antivirus: clamav %s\nAV definitions version: %u%s%s",
             cl_retver(), database->version,
             failure[0] ? "\nNewer definitions refused: " : "", failure);
    assay__clamav_signatures_drop(instance, database);
}

const assay_engine_ops assay__clamav_ops = {
    .struct_size = sizeof(assay_engine_ops),
    .open = clamav_open,
    .close = clamav_close,
    .scan = assay__clamav_scan,
    .probe = clamav_probe,
    .epoch = clamav_epoch,
    .version = clamav_version,
    .refresh = assay__clamav_refresh,
    .isolation = clamav_isolation,
    .forked = clamav_forked,
    .newer = assay__clamav_newer,
};
