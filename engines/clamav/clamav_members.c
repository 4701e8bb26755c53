/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Did everything come out of the archives? libclamav reports each layer it
 * scans with its depth, in order, and for some formats each member right
 * before it unpacks it. What was expected, or announced, and did not follow
 * was skipped; libclamav does not say so.
 *
 * A frame is a layer that may still get members: it ends with the next layer
 * at its level or above.
 */
#include "clamav_engine.h"

#include <stdio.h>
#include <string.h>

enum {
    SMALLEST = 6, /* bytes; libclamav does not report smaller layers */
    TEXT = sizeof((struct assay__clamav_members *)0)->first
};

static void remember(struct assay__clamav_members *members, const char *text)
{
    if (!members->first[0])
        snprintf(members->first, sizeof members->first, "%s", text);
}

static void count_closed(struct assay__clamav_members *members,
                         const struct assay__clamav_archive *archive)
{
    char text[TEXT];

    if (archive->method >= 0)
        snprintf(text, sizeof text, "unsupported %s method %d", archive->name,
                 archive->method);
    else
        snprintf(text, sizeof text, "%s: %s", archive->name,
                 archive->expected ? "not all of it can be unpacked"
                                   : "no unpacker");
    remember(members, text);
    members->unopened += archive->closed;
}

static void close_frame(struct assay__clamav_members *members,
                        const struct assay__clamav_frame *frame)
{
    const struct assay__clamav_archive *archive = &frame->archive;
    uint32_t missing = archive->expected - frame->opened;
    char text[TEXT];

    if (archive->closed)
        count_closed(members, archive);
    if (frame->opened >= archive->expected)
        return;
    if (frame->opened)
        snprintf(text, sizeof text, "%s: %u of %u members were not unpacked",
                 archive->name, missing, archive->expected);
    else
        snprintf(text, sizeof text, "%s: nothing was unpacked", archive->name);
    remember(members, text);
    *(archive->announces ? &members->blank : &members->unopened) += missing;
}

static void close_frames(struct assay__clamav_members *members, uint32_t level)
{
    while (members->depth > level)
        close_frame(members, &members->frames[--members->depth]);
}

/* A member announced did not come, or came shorter. */
static void miss_pending(struct assay__clamav_members *members)
{
    char text[TEXT];

    snprintf(text, sizeof text, "%s: a member was not unpacked",
             members->pending);
    remember(members, text);
    members->unopened++;
    members->pending = NULL;
}

void assay__clamav_members_layer(struct assay__clamav_members *members,
                                 uint32_t level, const char *type,
                                 const void *data, size_t size)
{
    if (members->pending && size < members->pending_size)
        miss_pending(members);
    members->pending = NULL;
    members->layer_size = size;
    if (level >= ASSAY__CLAMAV_LAYERS)
        return;
    close_frames(members, level);
    if (level && members->depth == level)
        members->frames[level - 1].opened++;
    /* What libclamav finds inside a file comes without a layer of its own. */
    while (members->depth < level)
        memset(&members->frames[members->depth++], 0, sizeof *members->frames);
    memset(&members->frames[level], 0, sizeof *members->frames);
    assay__clamav_archive_examine(type, data, size,
                                  &members->frames[level].archive);
    members->depth = level + 1;
}

void assay__clamav_members_announce(struct assay__clamav_members *members,
                                    const char *type,
                                    const struct assay__clamav_member *member)
{
    const char *name = assay__clamav_archive_announced(type, member->position);

    if (members->pending)
        miss_pending(members);
    /* In programs libclamav takes bytes by chance for a member, too. */
    if (!name || member->packed > members->layer_size)
        return;
    /* Announced members are counted here, not by the frame. */
    for (unsigned i = members->depth; i-- > 0;)
        if (members->frames[i].archive.announces &&
            members->frames[i].archive.name == name) {
            members->frames[i].archive.expected = 0;
            break;
        }
    if (member->is_encrypted)
        members->encrypted++;
    else if (member->size >= SMALLEST) {
        members->pending = name;
        members->pending_size = member->size;
    }
}

void assay__clamav_members_report(struct assay__clamav_members *members,
                                  assay_finding *finding)
{
    bool nothing = finding->found == ASSAY_FOUND_NOTHING;
    const char *text = members->first;
    uint32_t count;

    if (members->pending)
        miss_pending(members);
    close_frames(members, 0);
    /* An archive with an encrypted list of its members looks blank. */
    count = members->unopened + (nothing ? members->blank : 0);
    if (count) {
        finding->reason = ASSAY_REASON_MALFORMED;
    } else if (members->encrypted && nothing) {
        finding->reason = ASSAY_REASON_ENCRYPTED;
        text = "encrypted member";
    } else {
        return;
    }
    finding->found = ASSAY_FOUND_UNSCANNABLE;
    finding->coverage.members_unopened +=
        count + (nothing ? members->encrypted : 0);
    snprintf(finding->info, sizeof finding->info, "%s", text);
    snprintf(finding->scan_code, sizeof finding->scan_code, "%s", text);
}
