/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Replays a fuzz target's corpus without libFuzzer, so that every finding of
 * the past is a regression test under each compiler and sanitizer. The folder
 * comes in ASSAY_CORPUS; an empty or missing one is a failure.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *data = NULL;
    size_t size = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rbe");
    if (!file) {
        fprintf(stderr, "cannot open %s\n", path);
        return 1;
    }
    for (;;) {
        uint8_t *grown = realloc(data, size + 65536);
        size_t got;

        if (!grown)
            abort();
        data = grown;
        got = fread(data + size, 1, 65536, file);
        size += got;
        if (got == 0)
            break;
    }
    fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int main(void)
{
    const char *folder = getenv("ASSAY_CORPUS");
    struct dirent *entry;
    int count = 0, bad = 0;
    DIR *dir;

    if (!folder || !(dir = opendir(folder))) {
        fprintf(stderr, "no corpus folder: %s\n", folder ? folder : "(unset)");
        return 1;
    }
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        bad += replay(folder, entry->d_name);
        count++;
    }
    closedir(dir);
    printf("replayed %d inputs\n", count);
    return bad > 0 || count == 0;
}
