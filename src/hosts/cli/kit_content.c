/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "kit_content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ALL_BYTES = 256,
    ZERO_BYTES = 65536,
    NOISE_BYTES = 100000,
    SLACK = 64 /* around a content: reading beyond it fails one check only */
};

static const char mail[] =
    "Received: from a.example by b.example; Mon, 1 Jan 2024 12:00:00 +0000\r\n"
    "From: Alice <alice@a.example>\r\n"
    "To: Bob <bob@b.example>\r\n"
    "Subject: greetings\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=\"cut\"\r\n"
    "\r\n"
    "--cut\r\n"
    "Content-Type: text/plain; charset=us-ascii\r\n"
    "\r\n"
    "Hello,\r\nall is well.\r\n"
    "--cut\r\n"
    "Content-Type: application/octet-stream; name=\"a.bin\"\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "\r\n"
    "bm90aGluZyB0byBzZWUgaGVyZQ==\r\n"
    "--cut--\r\n";

#define TEN(x) x x x x x x x x x x

const struct assay__kit_label assay__kit_labels[] = {
    {"without any name", NULL, NULL, NULL},
    {"with an empty name and type", "", "", ""},
    {"with a name that climbs", "../../../../etc/passwd",
     "application/octet-stream", "default"},
    {"with an absolute name", "/dev/zero", "text/plain", "default"},
    {"with a name that a shell would obey", "$(id); `id` | id\n&&id",
     "text/plain; x=\"", "default"},
    {"with a name of format directives", "%n%s%n%s%999999d", "%n/%n", "%n"},
    {"with a name that a terminal would obey", "a\x1b[2J\x07\r\nb",
     "text/\x1b[31m", "default"},
    {"with a name that runs backwards",
     "\xe2\x80\xae"
     "fdp.exe",
     "application/pdf", "default"},
    {"with a name of 4000 characters", TEN(TEN(TEN("long"))),
     TEN(TEN(TEN("t"))) "/" TEN(TEN(TEN("s"))), "default"},
    {NULL, NULL, NULL, NULL},
};

static void add(struct assay__kit_samples *samples, const char *what,
                assay_content_kind kind, const void *data, size_t size)
{
    struct assay__kit_sample *sample = &samples->at[samples->count++];

    *sample = (struct assay__kit_sample){
        .what = what,
        .content = {.kind = kind, .data = data, .size = size},
    };
}

/* Always the same bytes, that are no text and no file of any kind. */
static void fill_noise(char *out, size_t size)
{
    uint32_t state = 12345;

    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        out[i] = (char)(state >> 24);
    }
}

static void add_own(struct assay__kit_samples *samples)
{
    char *all = samples->bytes + SLACK, *zeros = all + ALL_BYTES + SLACK;
    char *noise = zeros + ZERO_BYTES + SLACK;
    char *text = noise + NOISE_BYTES + SLACK;

    for (int i = 0; i < ALL_BYTES; i++)
        all[i] = (char)i;
    fill_noise(noise, NOISE_BYTES);
    memcpy(text, mail, sizeof mail - 1);
    add(samples, "a small mail", ASSAY_CONTENT_MESSAGE, text, sizeof mail - 1);
    add(samples, "a mail that is cut off", ASSAY_CONTENT_MESSAGE, text, 400);
    add(samples, "an empty mail, data NULL", ASSAY_CONTENT_MESSAGE, NULL, 0);
    add(samples, "an empty part, data NULL", ASSAY_CONTENT_PART, NULL, 0);
    add(samples, "an empty file, data NULL", ASSAY_CONTENT_FILE, NULL, 0);
    add(samples, "an empty file", ASSAY_CONTENT_FILE, text, 0);
    add(samples, "one byte", ASSAY_CONTENT_FILE, text, 1);
    add(samples, "a mail of one byte", ASSAY_CONTENT_MESSAGE, text, 1);
    add(samples, "all 256 bytes", ASSAY_CONTENT_PART, all, ALL_BYTES);
    add(samples, "64 KB of zeros", ASSAY_CONTENT_PART, zeros, ZERO_BYTES);
    add(samples, "100 KB of noise", ASSAY_CONTENT_FILE, noise, NOISE_BYTES);
    add(samples, "100 KB of noise as a mail", ASSAY_CONTENT_MESSAGE, noise,
        NOISE_BYTES);
}

const assay_content *assay__kit_small_mail(void)
{
    /* Not const, so that one that writes to it fails one check only. */
    static struct {
        char before[SLACK], text[SLACK], behind[SLACK];
    } room = {.text = "Subject: small\r\n\r\nnothing\r\n"};
    static assay_content content = {.kind = ASSAY_CONTENT_MESSAGE,
                                    .data = room.text};

    content.size = strlen(room.text);
    return &content;
}

/* Three bytes as four characters, fewer with '=' behind. */
static void put_base64(char *out, const unsigned char *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t word = (uint32_t)data[0] << 16;

    word |= size > 1 ? (uint32_t)data[1] << 8 : 0;
    word |= size > 2 ? data[2] : 0;
    out[0] = digits[word >> 18];
    out[1] = digits[word >> 12 & 63];
    out[2] = '=';
    out[3] = '=';
    if (size > 1)
        out[2] = digits[word >> 6 & 63];
    if (size > 2)
        out[3] = digits[word & 63];
}

assay_content assay__kit_attach(const assay_content *content)
{
    static const char head[] = "Subject: attached\r\n"
                               "MIME-Version: 1.0\r\n"
                               "Content-Type: application/octet-stream\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\n";
    enum { LINE_BYTES = 54, WORD = 4, HEAD = sizeof head - 1 };
    size_t lines = content->size / LINE_BYTES + 1;
    size_t words = content->size / 3 + 1, at = HEAD;
    char *text = malloc(HEAD + words * WORD + lines * 2);

    if (!text)
        return (assay_content){.kind = ASSAY_CONTENT_MESSAGE};
    memcpy(text, head, HEAD);
    for (size_t i = 0; i < content->size; i += 3) {
        put_base64(text + at, (const unsigned char *)content->data + i,
                   content->size - i);
        at += WORD;
        if ((i + 3) % LINE_BYTES == 0 || i + 3 >= content->size) {
            memcpy(text + at, "\r\n", 2);
            at += 2;
        }
    }
    return (assay_content){
        .kind = ASSAY_CONTENT_MESSAGE, .data = text, .size = at};
}

static bool is_mail(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && strcasecmp(dot, ".eml") == 0;
}

bool assay__kit_samples_init(struct assay__kit_child *child,
                             struct assay__kit_samples *samples)
{
    const struct assay__kit *kit = child->kit;

    memset(samples, 0, sizeof *samples);
    samples->bytes = calloc(1, (size_t)ALL_BYTES + ZERO_BYTES + NOISE_BYTES +
                                   sizeof mail + 5 * (size_t)SLACK);
    if (!samples->bytes) {
        assay__kit_fail(child, "the kit itself: out of memory");
        return false;
    }
    add_own(samples);
    for (size_t i = 0; i < kit->file_count; i++) {
        const struct assay__kit_file *file = &kit->files[i];

        add(samples, file->path,
            is_mail(file->path) ? ASSAY_CONTENT_MESSAGE : ASSAY_CONTENT_FILE,
            file->data, file->size);
        samples->at[samples->count - 1].file = file;
    }
    return true;
}

void assay__kit_samples_fini(struct assay__kit_samples *samples)
{
    free(samples->bytes);
    samples->bytes = NULL;
}

/* ---- walls ----------------------------------------------------------------
 */

bool assay__kit_walls_init(struct assay__kit_walls *walls, const void *data,
                           size_t size, bool at_end, bool is_writable)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (size + page - 1) / page * page;
    void *map;

    room = room > 0 ? room : page;
    walls->map_size = room + 2 * page;
    map = mmap(NULL, walls->map_size, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return false;
    walls->map = map;
    walls->size = size;
    walls->data = walls->map + page + (at_end ? room - size : 0);
    if (size > 0 && data)
        memcpy(walls->data, data, size);
    (void)mprotect(walls->map, page, PROT_NONE);
    (void)mprotect(walls->map + page + room, page, PROT_NONE);
    if (!is_writable)
        (void)mprotect(walls->map + page, room, PROT_READ);
    return true;
}

void assay__kit_walls_fini(struct assay__kit_walls *walls)
{
    if (walls->map)
        (void)munmap(walls->map, walls->map_size);
    walls->map = NULL;
}

/* ---- files ----------------------------------------------------------------
 */

static assay_rc read_stream(struct assay__kit_file *file, FILE *in,
                            assay_error *err)
{
    long size = fseek(in, 0, SEEK_END) == 0 ? ftell(in) : -1;

    if (size < 0 || fseek(in, 0, SEEK_SET) != 0)
        return assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %s",
                               file->path, strerrordesc_np(errno));
    if ((unsigned long)size > ASSAY__KIT_FILE_BYTES_MAX)
        return assay_error_set(err, ASSAY_E_LIMIT, "%s: has more than 64 MiB",
                               file->path);
    file->block = calloc(1, (size_t)size + 2 * (size_t)SLACK);
    if (!file->block)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s: out of memory",
                               file->path);
    file->data = file->block + SLACK;
    file->size = fread(file->data, 1, (size_t)size, in);
    if (file->size == (size_t)size && !ferror(in))
        return ASSAY_OK;
    return assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %s",
                           file->path, strerrordesc_np(errno));
}

/* Opens a file, and nothing that has no end; a FIFO must not hold us up. */
static FILE *open_file(const char *path, assay_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    FILE *in = NULL;

    if (fd >= 0 && fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
        (void)assay_error_set(err, ASSAY_E_INVAL, "%s: is not a file", path);
        (void)close(fd);
        return NULL;
    }
    if (fd >= 0)
        in = fdopen(fd, "r");
    if (!in)
        (void)assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %s", path,
                              strerrordesc_np(errno));
    if (!in && fd >= 0)
        (void)close(fd);
    return in;
}

assay_rc assay__kit_file_read(struct assay__kit_file *file, assay_error *err)
{
    FILE *in = open_file(file->path, err);
    assay_rc rc;

    if (!in)
        return err->code;
    rc = read_stream(file, in, err);
    (void)fclose(in);
    return rc;
}
