/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
/*
 * Prints the leaves of the message in the file argv[1], one a line:
 * type, file name, and decoded bytes in hexadecimal, between tabs.
 */
#include <stdio.h>
#include <stdlib.h>

#include <assay/message.h>

#define FILE_MAX ((size_t)1 << 24)

static void print_leaf(assay_part *part)
{
    assay_part_info info;
    assay_bytes data;

    assay_part_get_info(part, &info);
    if (info.is_container)
        return;
    if (assay_part_decode(part, &data, NULL, NULL) != ASSAY_OK)
        exit(EXIT_FAILURE);
    printf("%s\t%s\t", info.media_type, info.file_name ? info.file_name : "");
    for (size_t i = 0; i < data.len; i++)
        printf("%02x", (unsigned char)data.data[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    assay_message *message = NULL;
    assay_part *part = NULL;
    FILE *file = argc == 2 ? fopen(argv[1], "rbe") : NULL;
    char *text = malloc(FILE_MAX);
    size_t len;

    if (!file || !text)
        abort();
    len = fread(text, 1, FILE_MAX, file);
    fclose(file);
    if (assay_message_new_borrowed(text, len, NULL, &message, NULL) !=
            ASSAY_OK ||
        assay_message_root(message, &part, NULL) != ASSAY_OK)
        abort();
    for (; part; part = assay_part_thread(part))
        print_leaf(part);
    assay_message_free(&message);
    free(text);
    return EXIT_SUCCESS;
}
