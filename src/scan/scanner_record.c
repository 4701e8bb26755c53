/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/scanner_record.h"

#include "conf/settings.h"

static void pack_list(const char *const *list, struct assay__strbuf *buf)
{
    size_t count = 0;

    while (list && list[count])
        count++;
    assay__fields_add_number(buf, count);
    for (size_t i = 0; i < count; i++)
        assay__fields_add_text(buf, list[i]);
}

static assay_rc unpack_list(struct assay__fields *fields,
                            struct assay__arena *arena, const char *const **out,
                            assay_error *err)
{
    uint64_t count = assay__fields_number(fields);
    const char **list;

    if (count > fields->left)
        fields->failed = true;
    if (fields->failed)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "scanner: the record is cut off");
    list = assay__arena_alloc(arena, ((size_t)count + 1) * sizeof *list);
    if (!list)
        return assay_error_set(err, ASSAY_E_NOMEM, "scanner: record");
    for (uint64_t i = 0; i < count; i++)
        list[i] = assay__fields_text(fields);
    *out = list;
    return ASSAY_OK;
}

static void pack_walls(const assay_scanner_confinement *walls,
                       struct assay__strbuf *buf)
{
    assay__fields_add_number(buf, walls->mode);
    assay__fields_add_text(buf, walls->user);
    assay__fields_add_text(buf, walls->temporary);
    assay__fields_add_number(buf, walls->is_on_disk);
    assay__fields_add_number(buf, walls->temporary_bytes);
    assay__fields_add_number(buf, walls->temporary_files);
    assay__fields_add_number(buf, walls->memory_bytes);
    pack_list(walls->readable, buf);
}

static assay_rc unpack_walls(struct assay__fields *fields,
                             struct assay__arena *arena,
                             assay_scanner_confinement *walls, assay_error *err)
{
    walls->struct_size = sizeof *walls;
    walls->mode = (assay_sandbox_mode)assay__fields_number(fields);
    walls->user = assay__fields_text(fields);
    walls->temporary = assay__fields_text(fields);
    walls->is_on_disk = assay__fields_number(fields) != 0;
    walls->temporary_bytes = assay__fields_number(fields);
    walls->temporary_files = assay__fields_number(fields);
    walls->memory_bytes = assay__fields_number(fields);
    return unpack_list(fields, arena, &walls->readable, err);
}

void assay__scanner_record_pack(const struct assay__scanner_record *record,
                                const assay_engine_module *table,
                                const void *settings, struct assay__strbuf *buf)
{
    assay__fields_add_text(buf, record->module);
    assay__fields_add_text(buf, record->instance);
    assay__fields_add_text(buf, record->scope);
    assay__fields_add_text(buf, record->file_base);
    assay__fields_add_number(buf, (uint64_t)record->timeout_ms);
    assay__fields_add_number(buf, record->max_size);
    assay__fields_add_number(buf, record->log_level);
    pack_walls(&record->walls, buf);
    if (settings)
        assay__conf_settings_pack(table->conf->options, settings, buf);
}

assay_rc assay__scanner_record_unpack(struct assay__fields *fields,
                                      struct assay__arena *arena,
                                      struct assay__scanner_record *record_out,
                                      assay_error *err)
{
    struct assay__scanner_record record = {0};
    assay_rc rc;

    record.module = assay__fields_text(fields);
    record.instance = assay__fields_text(fields);
    record.scope = assay__fields_text(fields);
    record.file_base = assay__fields_text(fields);
    record.timeout_ms = (int64_t)assay__fields_number(fields);
    record.max_size = assay__fields_number(fields);
    record.log_level = (assay_log_level)assay__fields_number(fields);
    rc = unpack_walls(fields, arena, &record.walls, err);
    if (rc != ASSAY_OK)
        return rc;
    if (fields->failed || !record.module || !record.instance || !record.scope ||
        !record.walls.temporary || record.log_level > ASSAY_LOG_DEBUG ||
        record.walls.mode > ASSAY_SANDBOX_OFF)
        return assay_error_set(err, ASSAY_E_INVAL,
                               "scanner: the record makes no sense");
    *record_out = record;
    return ASSAY_OK;
}

assay_rc assay__scanner_record_settings(struct assay__fields *fields,
                                        const assay_engine_module *table,
                                        struct assay__arena *arena,
                                        void **settings_out, assay_error *err)
{
    void *settings = assay__arena_alloc(arena, table->conf->settings_size + 1);
    assay_rc rc;

    if (!settings)
        return assay_error_set(err, ASSAY_E_NOMEM, "scanner: settings");
    rc = assay__conf_settings_unpack(table->conf->options, fields, arena,
                                     settings, err);
    if (rc == ASSAY_OK)
        *settings_out = settings;
    return rc;
}
