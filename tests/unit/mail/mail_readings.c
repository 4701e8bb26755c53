/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * One line for each file named: what its readings hold.
 *
 *   PATH<TAB>default<TAB>leaves<TAB>limits<TAB>agree<TAB>reason<TAB>reading
 *
 * default: whether the default tree holds the EICAR test file; leaves: number
 * of other leaves; reading: of the first other leaf that holds it, or "-".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/readings.h"

#define FILE_MAX ((size_t)64 << 20)

/* In pieces, so that this source is no test file itself. */
static const char *const pieces[] = {"X5O!P%@AP[4\\PZX54(P^)7CC)7}$",
                                     "EICAR-STANDARD",
                                     "ANTIVIRUS-TEST-FILE!$H+H*"};

static bool holds_file(assay_bytes data)
{
    char file[80];
    size_t len;

    (void)snprintf(file, sizeof file, "%s%s-%s", pieces[0], pieces[1],
                   pieces[2]);
    len = strlen(file);
    for (size_t i = 0; i + len <= data.len; i++) {
        if (memcmp(data.data + i, file, len) == 0)
            return true;
    }
    return false;
}

static bool default_holds(assay_message *message)
{
    assay_part *part = NULL;
    assay_bytes data;

    if (assay_message_root(message, &part, NULL) != ASSAY_OK)
        return false;
    for (; part; part = assay_part_thread(part)) {
        if (assay_part_decode(part, &data, NULL, NULL) == ASSAY_OK &&
            holds_file(data))
            return true;
    }
    return false;
}

static int tell(const char *path, assay_bytes bytes)
{
    struct assay__readings *readings = NULL;
    assay_message *message = NULL;
    const char *reading = "-", *reason;
    bool agree;

    if (assay_message_new_borrowed(bytes.data, bytes.len, NULL, &message,
                                   NULL) != ASSAY_OK)
        return 1;
    agree = assay__readings_agree(message);
    if (assay__readings_new(message, NULL, &readings, NULL) != ASSAY_OK) {
        assay_message_free(&message);
        return 1;
    }
    for (size_t i = 0; i < assay__readings_count(readings); i++) {
        const struct assay__reading_leaf *leaf =
            assay__readings_leaf(readings, i);

        if (holds_file(leaf->data)) {
            reading = leaf->reading;
            break;
        }
    }
    reason = assay__readings_reason(readings);
    printf("%s\t%d\t%zu\t%u\t%d\t%s\t%s\n", path, default_holds(message),
           assay__readings_count(readings),
           (unsigned)assay__readings_limits(readings), agree,
           reason ? reason : "-", reading);
    if (getenv("READINGS_VERBOSE")) {
        for (size_t i = 0; i < assay__readings_count(readings); i++) {
            const struct assay__reading_leaf *leaf =
                assay__readings_leaf(readings, i);

            printf("  %s %s %s %zu\n", leaf->reading, leaf->media_type,
                   leaf->file_name ? leaf->file_name : "-", leaf->data.len);
        }
    }
    assay__readings_free(&readings);
    assay_message_free(&message);
    return 0;
}

int main(int argc, char **argv)
{
    char *buffer = malloc(FILE_MAX);
    int failed = buffer ? 0 : 1;

    for (int i = 1; i < argc && !failed; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t len = file ? fread(buffer, 1, FILE_MAX, file) : 0;

        if (!file || fclose(file) != 0) {
            fprintf(stderr, "%s: cannot be read\n", argv[i]);
            failed = 1;
        } else {
            failed = tell(argv[i], (assay_bytes){buffer, len});
        }
    }
    free(buffer);
    return failed;
}
