/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The scriptlet stanza, and the interpreters made from it.
 */
#ifndef ASSAY_LUA_INSTANCE_H
#define ASSAY_LUA_INSTANCE_H

#include <assay/policy.h>

/** Most interpreters of one instance. */
#define LASSAY_INTERPRETERS_MAX 64

struct lassay_settings {
    int64_t interpreters; /* 0: one for each processor, at most 8 */
    int64_t time_limit_ms;
    uint64_t memory_limit;
    int64_t gc_pause, gc_stepmul;
    /* Accepted, without effect: */
    bool always_gc;
    int64_t script_ttl, max_spare_per_master, reap_interval;
};

struct lassay_script_settings {
    const char *source;
};

/** scriptlet.opt describes it. */
extern const assay_conf_stanza lassay_scriptlet_stanza;

assay_rc lassay_instance_open(const assay_language_args *args,
                              void **instance_out, assay_error *err);
void lassay_instance_close(void *instance);
assay_rc lassay_instance_run(void *instance, void **state,
                             const assay_call *call, assay_flow *flow_out,
                             assay_error *err);
uint32_t lassay_instance_phases(void *instance);

#endif
