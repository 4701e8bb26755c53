/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "store/maildir_options.h"

#include "base/text.h"
#include "store/maildir_path.h"

static assay_rc check_domain(const char *text, assay_error *err)
{
    assay_error why = {0};
    assay_rc rc = assay__maildir_check_domain(text, &why);

    if (rc == ASSAY_OK)
        return rc;
    return assay_error_set(err, rc, "'%s' %s", text, why.msg);
}

#define AT(member) offsetof(struct assay__maildir_settings, member)

/* maildir.opt documents each option; a test compares the two. */
const assay_conf_option assay__maildir_option_table[] = {
    {.name = "basedir",
     .type = ASSAY_CONF_PATH,
     .offset = AT(basedir),
     .required = true},
    {.name = "all_domains",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(all_domains),
     .default_value = "false"},
    {.name = "domain",
     .type = ASSAY_CONF_LIST,
     .offset = AT(domain),
     .check = check_domain},
    {.name = "domains",
     .type = ASSAY_CONF_LIST,
     .offset = AT(domains),
     .check = check_domain},
    {.name = "create_users",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(create_users),
     .default_value = "false"},
    {.name = "createusers",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(createusers),
     .default_value = "false"},
    {.name = "domain_in_path",
     .type = ASSAY_CONF_BOOL,
     .offset = AT(domain_in_path),
     .default_value = "true"},
    {.name = "dirmode",
     .type = ASSAY_CONF_PERMS,
     .offset = AT(dirmode),
     .default_value = "0700"},
    {.name = "filemode",
     .type = ASSAY_CONF_PERMS,
     .offset = AT(filemode),
     .default_value = "0600"},
    {0},
};

bool assay__maildir_takes(const struct assay__maildir_options *options,
                          const char *domain)
{
    size_t len = assay__maildir_domain_length(domain);

    for (size_t i = 0; i < options->domains.count; i++)
        if (assay__text_equal_n(domain, len, options->domains.items[i]))
            return true;
    return options->all_domains;
}

/* Without a domain there is no folder for it, and no list has it. */
static bool handles(const struct assay__maildir_options *options,
                    const char *domain)
{
    if (domain)
        return assay__maildir_takes(options, domain);
    return options->all_domains && !options->domain_in_path;
}

const struct assay__maildir_options *assay__maildirs_find(
    const struct assay__maildirs *maildirs, const char *address)
{
    const char *domain = assay__maildir_domain_of(address);

    for (size_t i = 0; maildirs && i < maildirs->count; i++)
        if (handles(maildirs->stanzas[i], domain))
            return maildirs->stanzas[i];
    return NULL;
}
