/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "scan/engine_table.h"

#include <stddef.h>
#include <string.h>

#include "base/sizes.h"
#include "base/text.h"

/* What engine ABI 1.0 has, the least of any minor number; what a later one
 * added is taken from the table when it is there. */
#define END_OF(type, member) \
    (offsetof(type, member) + sizeof(((const type *)NULL)->member))
#define TABLE_SIZE_MIN END_OF(assay_engine_module, ops)
#define OPS_SIZE_MIN END_OF(assay_engine_ops, version)

struct check {
    const char *file;
    const assay_engine_module *table;
    size_t available;
    assay_error *err;
};

static bool is_name_start(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_name_char(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '_';
}

bool assay__engine_name_is_valid(const char *name)
{
    size_t len = 1;

    if (!is_name_start(name[0]))
        return false;
    while (len <= ASSAY_NAME_MAX && is_name_char(name[len]))
        len++;
    return len <= ASSAY_NAME_MAX && name[len] == '\0';
}

static bool is_blank(const char *text)
{
    return !text || text[0] == '\0';
}

static assay_rc missing(const struct check *check, const char *member)
{
    return assay_error_set(check->err, ASSAY_E_ABI,
                           "%s: '%s' is missing in its engine table",
                           check->file, member);
}

/* Another major number means another layout: nothing behind it is read. An
 * engine of a later minor one would use members of our structs, of the finding
 * it fills for one, that we do not have. */
static assay_rc check_abi(const struct check *check)
{
    const assay_engine_module *table = check->table;

    if (check->available < offsetof(assay_engine_module, name))
        return assay_error_set(check->err, ASSAY_E_ABI,
                               "%s: its '%s' is no engine table: %zu bytes",
                               check->file, ASSAY_ENGINE_SYMBOL,
                               check->available);
    if (table->abi_major != ASSAY_ENGINE_ABI_MAJOR ||
        table->abi_minor > ASSAY_ENGINE_ABI_MINOR)
        return assay_error_set(
            check->err, ASSAY_E_ABI,
            "%s: built for engine ABI %u.%u, this libassay has %d.%d",
            check->file, table->abi_major, table->abi_minor,
            ASSAY_ENGINE_ABI_MAJOR, ASSAY_ENGINE_ABI_MINOR);
    return ASSAY_OK;
}

static assay_rc check_size(const struct check *check)
{
    const assay_engine_module *table = check->table;

    if (table->struct_size < TABLE_SIZE_MIN)
        return assay_error_set(
            check->err, ASSAY_E_ABI,
            "%s: 'struct_size' is %zu, engine ABI %u.%u needs %zu", check->file,
            table->struct_size, table->abi_major, table->abi_minor,
            TABLE_SIZE_MIN);
    if (table->struct_size > check->available)
        return assay_error_set(
            check->err, ASSAY_E_ABI,
            "%s: 'struct_size' is %zu, but its engine table has %zu bytes",
            check->file, table->struct_size, check->available);
    return ASSAY_OK;
}

static assay_rc check_names(const struct check *check)
{
    const assay_engine_module *table = check->table;

    if (is_blank(table->name))
        return missing(check, "name");
    if (!assay__engine_name_is_valid(table->name))
        return assay_error_set(check->err, ASSAY_E_ABI,
                               "%s: 'name' is \"%.*s\"; it must be a-z, 0-9 "
                               "and _, at most %d of them",
                               check->file, ASSAY_NAME_MAX + 1, table->name,
                               ASSAY_NAME_MAX);
    if (is_blank(table->version))
        return missing(check, "version");
    return ASSAY_OK;
}

static assay_rc check_ops(const struct check *check)
{
    const assay_engine_ops *ops = check->table->ops;

    if (!ops)
        return missing(check, "ops");
    if (ops->struct_size < OPS_SIZE_MIN)
        return assay_error_set(
            check->err, ASSAY_E_ABI,
            "%s: 'struct_size' of its operations is %zu, engine ABI %u.%u "
            "needs %zu",
            check->file, ops->struct_size, check->table->abi_major,
            check->table->abi_minor, OPS_SIZE_MIN);

    const struct {
        const char *name;
        bool is_there;
    } required[] = {
        {"open", ops->open != NULL},
        {"close", ops->close != NULL},
        {"scan", ops->scan != NULL},
        {"epoch", ops->epoch != NULL},
    };

    for (size_t i = 0; i < ASSAY_COUNT_OF(required); i++) {
        if (!required[i].is_there)
            return assay_error_set(check->err, ASSAY_E_ABI,
                                   "%s: '%s' is missing in its operations",
                                   check->file, required[i].name);
    }
    return ASSAY_OK;
}

/* Size of the settings member an option fills; 0 for no type of ours. */
static size_t member_size(assay_conf_type type)
{
    static const size_t sizes[] = {
        [ASSAY_CONF_STRING] = sizeof(const char *),
        [ASSAY_CONF_PATH] = sizeof(const char *),
        [ASSAY_CONF_INT] = sizeof(int64_t),
        [ASSAY_CONF_SIZE] = sizeof(uint64_t),
        [ASSAY_CONF_BOOL] = sizeof(bool),
        [ASSAY_CONF_ENUM] = sizeof(int),
        [ASSAY_CONF_PERMS] = sizeof(uint32_t),
        [ASSAY_CONF_LIST] = sizeof(assay_conf_list),
    };

    return (size_t)type < ASSAY_COUNT_OF(sizes) ? sizes[type] : 0;
}

static bool is_option_repeated(const assay_conf_option *options, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (assay__text_equal(options[i].name, options[index].name))
            return true;
    }
    return false;
}

/* What is wrong with one option, or NULL. */
static const char *option_problem(const assay_conf_stanza *conf, size_t index)
{
    const assay_conf_option *option = &conf->options[index];
    size_t size = member_size(option->type);
    size_t end;

    if (!assay__engine_name_is_valid(option->name))
        return "has a name that is not a-z, 0-9 and _";
    if (is_option_repeated(conf->options, index))
        return "is there twice";
    if (size == 0)
        return "has an unknown type";
    if (!assay__size_add(option->offset, size, &end) ||
        end > conf->settings_size)
        return "lies outside its settings";
    if (option->min > option->max)
        return "has a range that is empty";
    if (option->type == ASSAY_CONF_ENUM && !option->words)
        return "has no words to choose from";
    return NULL;
}

assay_rc assay__engine_table_check_options(const char *file,
                                           const assay_conf_stanza *conf,
                                           assay_error *err)
{
    const assay_conf_option *options = conf->options;

    for (size_t i = 0; options && options[i].name; i++) {
        const char *problem = i < ASSAY__ENGINE_OPTIONS_MAX
                                  ? option_problem(conf, i)
                                  : "is one too many";

        if (problem)
            return assay_error_set(err, ASSAY_E_ABI,
                                   "%s: option '%.*s' in its 'conf' %s", file,
                                   ASSAY_NAME_MAX, options[i].name, problem);
    }
    return ASSAY_OK;
}

static assay_rc check_conf(const struct check *check)
{
    const assay_conf_stanza *conf = check->table->conf;

    if (!conf)
        return missing(check, "conf");
    if (is_blank(conf->name) || strcmp(conf->name, check->table->name) != 0)
        return assay_error_set(check->err, ASSAY_E_ABI,
                               "%s: 'conf' is for a stanza '%.*s', the "
                               "engine's name is '%s'",
                               check->file, ASSAY_NAME_MAX,
                               conf->name ? conf->name : "",
                               check->table->name);
    if (!conf->named)
        return assay_error_set(check->err, ASSAY_E_ABI,
                               "%s: 'named' is not set in its 'conf'; an "
                               "engine stanza takes an instance name",
                               check->file);
    return assay__engine_table_check_options(check->file, conf, check->err);
}

assay_rc assay__engine_table_check(const char *file,
                                   const assay_engine_module *table,
                                   size_t available, assay_error *err)
{
    static assay_rc (*const steps[])(const struct check *) = {
        check_abi, check_size, check_names, check_ops, check_conf,
    };
    const struct check check = {file, table, available, err};

    for (size_t i = 0; i < ASSAY_COUNT_OF(steps); i++) {
        assay_rc rc = steps[i](&check);

        if (rc != ASSAY_OK)
            return rc;
    }
    return ASSAY_OK;
}

static assay_rc probe_works(void *instance, assay_error *err)
{
    (void)instance;
    (void)err;
    return ASSAY_OK;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static assay_rc nothing_newer(void *instance, bool *changed_out,
                              assay_error *err)
{
    (void)instance;
    (void)err;
    *changed_out = false;
    return ASSAY_OK;
}

static assay_rc nothing_forked(void *instance, const char *temporary,
                               assay_error *err)
{
    (void)instance;
    (void)temporary;
    (void)err;
    return ASSAY_OK;
}

static assay_rc same_set(void *instance, uint64_t *set_out, assay_error *err)
{
    (void)instance;
    (void)err;
    *set_out = 0;
    return ASSAY_OK;
}

static void nothing_wanted(const void *settings, assay_engine_isolation *wanted)
{
    (void)settings;
    (void)wanted;
}

void assay__engine_table_resize(const assay_engine_module *table,
                                assay_engine_module *table_out,
                                assay_engine_ops *ops_out)
{
    memset(table_out, 0, sizeof *table_out);
    memset(ops_out, 0, sizeof *ops_out);
    memcpy(table_out, table, smaller(table->struct_size, sizeof *table_out));
    memcpy(ops_out, table->ops,
           smaller(table->ops->struct_size, sizeof *ops_out));
    table_out->struct_size = sizeof *table_out;
    ops_out->struct_size = sizeof *ops_out;
    table_out->ops = ops_out;
}

void assay__engine_table_copy(const assay_engine_module *table,
                              assay_engine_module *table_out,
                              assay_engine_ops *ops_out)
{
    assay__engine_table_resize(table, table_out, ops_out);
    if (!table_out->description)
        table_out->description = "";
    if (!table_out->infected_value)
        table_out->infected_value = "virus";
    if (!ops_out->probe)
        ops_out->probe = probe_works;
    if (!ops_out->version)
        ops_out->version = ops_out->epoch;
    if (!ops_out->refresh)
        ops_out->refresh = nothing_newer;
    if (!ops_out->isolation)
        ops_out->isolation = nothing_wanted;
    if (!ops_out->forked)
        ops_out->forked = nothing_forked;
    if (!ops_out->newer)
        ops_out->newer = same_set;
}

uint32_t assay__engine_table_flags(const assay_engine_module *table,
                                   const void *settings)
{
    return table->ops->flags ? table->ops->flags(settings) : table->flags;
}
