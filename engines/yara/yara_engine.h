/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * The yara engine: rules of YARA, by libyara inside the process that scans.
 *
 *   yara.c          the options, and the life of an instance
 *   yara_library.c  libyara, counted in the process
 *   yara_files.c    reads the rule files, and knows which they are
 *   yara_rules.c    compiles them, and proves on a canary that they detect
 *   yara_refresh.c  swaps newer rules in while scans go on
 *   yara_meta.c     what a rule says of itself: threat, code, severity
 *   yara_scan.c     one scan, and what its end means
 *
 * Compiled rules are read by all scans and written by none: what a scan writes
 * is in a scanner object of its own. The folder needs nothing of Assay but the
 * installed headers; its CMakeLists.txt builds it inside and outside the tree.
 */
#ifndef ASSAY_ENGINE_YARA_H
#define ASSAY_ENGINE_YARA_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <yara.h>

#include <assay/engine.h>

/** Filled by the configuration from the options of yara.opt. */
struct assay__yara_settings {
    const char *rules;
    int64_t scan_timeout; /* seconds; 0: the time that is left */
    bool fast_mode;
    int64_t max_files;
    uint64_t max_rules_size;
    int64_t max_rules;
    const char *threat_meta;
    const char *code_meta;
    const char *severity_meta;
    int64_t min_severity;
    assay_conf_list ignore_tags;
};

extern const assay_conf_stanza assay__yara_conf;
extern const assay_engine_ops assay__yara_ops;

/* ---- yara_library.c ----------------------------------------------------- */

/** libyara for one more user. Several instances may be in one process.
 *  @return ASSAY_OK; ASSAY_E_UNAVAILABLE */
assay_rc assay__yara_library_open(assay_error *err);
void assay__yara_library_close(void);

/* ---- yara_files.c ------------------------------------------------------- */

#define ASSAY__YARA_DIGEST 16
#define ASSAY__YARA_DEPTH_MAX 8
/** Most bytes of one rule file. */
#define ASSAY__YARA_FILE_MAX ((size_t)16 << 20)

/** One rule file, and all of them: sorted by name. */
struct assay__yara_file {
    char *name; /* below the folder: the namespace of its rules */
    char *text; /* NULL: not read; ends with a NUL, and has no other */
    size_t size;
};

struct assay__yara_files {
    struct assay__yara_file *files;
    size_t count, room;
    size_t left_out; /* entries that look like rules and cannot be */
    size_t linked;   /* links to folders, which are not followed */
};

/** Bounds for what is read. */
struct assay__yara_bounds {
    size_t files;
    uint64_t bytes; /* of all files together */
};

/** What the system says of the files: another number when one was added,
 *  removed or written to. Reads no file.
 *  @return ASSAY_OK; ASSAY_E_IO; ASSAY_E_LIMIT too many files, or too deep */
assay_rc assay__yara_files_look(const char *place,
                                const struct assay__yara_bounds *bounds,
                                uint64_t *state_out, assay_error *err);
/** Read all of them. At least one; on failure none.
 *  @return ASSAY_OK; ASSAY_E_INVAL there is none, or one that is no text;
 *  ASSAY_E_IO; ASSAY_E_LIMIT; ASSAY_E_NOMEM */
assay_rc assay__yara_files_read(const char *place,
                                const struct assay__yara_bounds *bounds,
                                struct assay__yara_files *files,
                                assay_error *err);
void assay__yara_files_fini(struct assay__yara_files *files);
/** Of names and contents: the first bytes of SHA-256.
 *  @return ASSAY_OK; ASSAY_E_NOMEM */
assay_rc assay__yara_files_digest(const struct assay__yara_files *files,
                                  unsigned char digest_out[ASSAY__YARA_DIGEST],
                                  assay_error *err);

/* ---- yara_rules.c ------------------------------------------------------- */

#define ASSAY__YARA_MARKER 33

/** Compiled rules; unchanged once made, but for users. */
struct assay__yara_rules {
    YR_RULES *compiled;
    unsigned char digest[ASSAY__YARA_DIGEST]; /* of the files */
    uint64_t state;                  /* of the files, before they were read */
    uint32_t count;                  /* rules, without the canary */
    size_t files;                    /* they came from */
    char marker[ASSAY__YARA_MARKER]; /* the text of the canary: random */
    unsigned users; /* self->swap; the instance is one while they are present */
};

struct assay__yara;

struct assay__yara_bounds assay__yara_bounds_of(const struct assay__yara *self);
/** Compile and prove what lies at settings.rules.
 *  @return ASSAY_OK; ASSAY_E_INVAL the rules are wrong: err has file, line and
 *  the compiler's words for the first error, the log has all; ASSAY_E_IO;
 *  ASSAY_E_LIMIT; ASSAY_E_NOMEM; ASSAY_E_UNAVAILABLE they do not detect */
assay_rc assay__yara_rules_make(const struct assay__yara *self,
                                struct assay__yara_rules **out,
                                assay_error *err);
void assay__yara_rules_free(struct assay__yara_rules *rules);
/** Scan the canary. @return ASSAY_OK; ASSAY_E_UNAVAILABLE it was missed */
assay_rc assay__yara_rules_prove(const struct assay__yara *self,
                                 const struct assay__yara_rules *rules,
                                 assay_error *err);
/** Whether it is ours, and no rule of a file. */
bool assay__yara_rule_is_canary(const YR_RULE *rule);

/* ---- yara_refresh.c ----------------------------------------------------- */

/** The present rules, until they are dropped. Many threads. */
struct assay__yara_rules *assay__yara_rules_take(struct assay__yara *self);
void assay__yara_rules_drop(struct assay__yara *self,
                            struct assay__yara_rules *rules);
/** The refresh and newer ops. */
assay_rc assay__yara_refresh(void *instance, bool *changed_out,
                             assay_error *err);
assay_rc assay__yara_newer(void *instance, uint64_t *set_out, assay_error *err);
/** Why newer rules were refused, or "". Many threads. */
void assay__yara_failure(struct assay__yara *self, char *buf, size_t size);

/* ---- yara_meta.c -------------------------------------------------------- */

/** Whether a match of the rule is a threat: not one that only restricts others
 *  (global), has an ignored tag, or is not severe enough. */
bool assay__yara_rule_counts(const struct assay__yara_settings *settings,
                             const YR_RULE *rule);
/** INT64_MIN when it has none. */
int64_t assay__yara_rule_severity(const struct assay__yara_settings *settings,
                                  const YR_RULE *rule);
/** Its threat, and its scan code. */
void assay__yara_rule_name(const struct assay__yara_settings *settings,
                           const YR_RULE *rule, assay_finding *finding);

/* ---- yara_scan.c -------------------------------------------------------- */

/** What the rules made of some bytes. */
struct assay__yara_outcome {
    int code;                   /* of libyara: ERROR_SUCCESS or another */
    const YR_RULE *worst;       /* that matched and counts; or NULL */
    const YR_RULE *cut;         /* lost a string to its limit, or failed */
    const char *cut_string;     /* of it, or NULL */
    bool has_canary;            /* the canary's rule matched */
    const char *foreign_module; /* imported, but not for mail; or NULL */
    unsigned console_lines;     /* that rules logged */
};

/** @param time_ms  for the scan, > 0 */
void assay__yara_look(const struct assay__yara *self,
                      const struct assay__yara_rules *rules, const void *data,
                      size_t size, int64_t time_ms,
                      struct assay__yara_outcome *out);
/** The scan op. */
void assay__yara_scan(void *instance, const assay_scan_args *args,
                      assay_finding *finding);
/** CLOCK_MONOTONIC. */
int64_t assay__yara_now_ms(void);

/* ---- the instance ------------------------------------------------------- */

struct assay__yara {
    struct assay__yara_settings settings; /* a copy; strings borrowed */
    char name[ASSAY_NAME_MAX + 1];        /* of the instance */
    assay_log log;
    int64_t timeout_ms; /* of the scope, for the canary */
    int64_t settle_ms;  /* files are loaded when unchanged for so long; tests
                           set it */

    /* Locking: a lock of our own, held for a few instructions, and never in a
     * system or libyara call. */
    pthread_mutex_t swap;
    struct assay__yara_rules *present; /* swap */
    char failure[ASSAY_ERROR_MAX];     /* swap */

    /* Those of the thread that refreshes, or of the template. */
    uint64_t state;        /* of the files when they were last compared */
    uint64_t failed_state; /* that could not be loaded; 0: none */
    unsigned unsettled;    /* refreshes that found the files being written */
};

#endif
