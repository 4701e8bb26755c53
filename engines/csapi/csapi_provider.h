/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Loading a provider: the file is looked at first, then its table is judged,
 * and only then does any of its functions run. A refusal names the file and
 * the member.
 */
#ifndef ASSAY_ENGINE_CSAPI_PROVIDER_H
#define ASSAY_ENGINE_CSAPI_PROVIDER_H

#include <assay/csapi_provider.h>

struct assay__csapi_provider {
    void *handle; /* of dlopen; NULL: not loaded */
    assay_csapi_provider table;
    assay_csapi_provider_ops ops; /* optional ones may be NULL */
};

/**
 * @param out  set on ASSAY_OK only, for assay__csapi_provider_unload()
 * @return ASSAY_OK; ASSAY_E_NOTFOUND no such file; ASSAY_E_IO unreadable;
 *         ASSAY_E_ABI not a provider, or one for another interface
 */
assay_rc assay__csapi_provider_load(const char *path,
                                    struct assay__csapi_provider *out,
                                    assay_error *err);
/** Accepts one that is not loaded. */
void assay__csapi_provider_unload(struct assay__csapi_provider *provider);

/** The provider that ships with Assay, beside the folder of this engine.
 *  @return false when the path is not known or too long */
bool assay__csapi_provider_shipped(char *path, size_t size);

#endif
