/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "kit_checks.h"

/* It is loaded, and has its options, before the body of any check runs. */
static void check_load(struct assay__kit_child *child)
{
    assay__kit_note(child, "%.40s %.100s, engine ABI %u.%u", child->table->name,
                    child->table->version, child->table->abi_major,
                    child->table->abi_minor);
}

/* A check whose `needs` did not pass would tell the same fault again, or hide
 * its own behind it. */
const struct assay__kit_check assay__kit_checks[] = {
    {"load", "libassay loads it", NULL, check_load},
    {"open", "an instance opens and closes", "load", assay__kit_check_open},
    {"scan", "it scans a small mail", "open", assay__kit_check_scan},
    {"contents", "it survives every kind of content, name and type", "scan",
     assay__kit_check_contents},
    {"walls", "it writes to no content and reads nothing beside it", "contents",
     assay__kit_check_walls},
    {"finding", "what it says keeps the rules of findings", "walls",
     assay__kit_check_finding},
    {"huge", "it survives a huge content", "finding", assay__kit_check_huge},
    {"deadline", "scans end at their deadline", "huge",
     assay__kit_check_deadline},
    {"threads", "many threads scan with one instance", "contents",
     assay__kit_check_threads},
    {"clean", "it finds nothing in the --clean files", "contents",
     assay__kit_check_clean},
    {"infected", "it finds a threat in the --infected files", "contents",
     assay__kit_check_infected},
    {"unscannable", "it does not find nothing in the --unscannable files",
     "contents", assay__kit_check_unscannable},
    {"probe", "its own proof that it detects succeeds", "scan",
     assay__kit_check_probe},
    {"epoch", "its epoch is a short text that stays", "scan",
     assay__kit_check_epoch},
    {"version", "its version is a text", "open", assay__kit_check_version},
    {"refresh", "it looks for newer signatures", "epoch",
     assay__kit_check_refresh},
    {"newer", "it says which signatures a new instance would load", "open",
     assay__kit_check_newer},
    {"settings", "what it says of settings depends on them alone", "load",
     assay__kit_check_settings},
    {"lifecycle", "nothing grows with opening and closing", "open",
     assay__kit_check_lifecycle},
    {"no-descriptors", "open fails well without free descriptors", "lifecycle",
     assay__kit_check_no_descriptors},
    {"leaks", "nothing grows with scanning", "deadline",
     assay__kit_check_leaks},
    {"killed", "it opens after a process that scanned was killed", "scan",
     assay__kit_check_killed},
    {"forked", "it scans in a process forked after open", "scan",
     assay__kit_check_forked},
    {"process", "it leaves signals, umask, folder and locale alone", "contents",
     assay__kit_check_process},
    {"streams", "it writes nothing to the standard streams", "contents",
     assay__kit_check_streams},
    {"descriptors", "its descriptors are closed on exec", "contents",
     assay__kit_check_descriptors},
    {NULL, NULL, NULL, NULL},
};
