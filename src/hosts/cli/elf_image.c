/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include "elf_image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Added to the addresses in the file, so that none in the image is NULL. */
#define BIAS UINT64_C(0x10000)
/* crtbegin.o of the compiler has one function of its own (frame_dummy). */
#define USUAL_CONSTRUCTORS 1
/* Glibc 2.36 knows these, older elf.h do not. */
#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#endif

/* Types of relocations that a machine has for data. */
struct machine {
    uint16_t number;
    const char *name;
    uint32_t relative, absolute, global, indirect;
};

static const struct machine machines[] = {
    {EM_X86_64, "x86-64", R_X86_64_RELATIVE, R_X86_64_64, R_X86_64_GLOB_DAT,
     R_X86_64_IRELATIVE},
    {EM_AARCH64, "aarch64", R_AARCH64_RELATIVE, R_AARCH64_ABS64,
     R_AARCH64_GLOB_DAT, R_AARCH64_IRELATIVE},
};

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_NONE
#endif

struct segment {
    uint64_t start, end; /* in the image */
};

/* A table that the dynamic section names. */
struct table {
    uint64_t address, size; /* in bytes; address 0: there is none */
};

struct assay__elf_image {
    const struct machine *machine;
    uint8_t *bytes; /* of the addresses from first to first + span */
    uint64_t first, span;
    size_t segment_count;
    struct segment segments[ASSAY__ELF_SEGMENTS_MAX];
    uint64_t dynamic; /* address */
    size_t dynamic_count;
    struct table symbols, strings, rela, relr, init, preinit;
    uint64_t hash, gnu_hash; /* addresses */
    size_t symbol_count;
};

/* What a file is while it becomes an image. */
struct source {
    const char *name;
    const uint8_t *data;
    size_t size;
    assay_error *err;
};

static assay_rc refuse(const struct source *source, const char *why)
{
    return assay_error_set(source->err, ASSAY_E_ABI, "%s: %s", source->name,
                           why);
}

static assay_rc beyond(const struct source *source, const char *what)
{
    return assay_error_set(source->err, ASSAY_E_LIMIT,
                           "%s: is too large to look at: %s", source->name,
                           what);
}

static const char cut_short[] = "is not a shared object: it is cut short";
static const char damaged[] = "is damaged: its dynamic section makes no sense";

/* ---- the header --------------------------------------------------------- */

static const struct machine *machine_of(const Elf64_Ehdr *header)
{
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i].number == header->e_machine)
            return &machines[i];
    return NULL;
}

static const char *ident_problem(const unsigned char *ident)
{
    if (memcmp(ident, ELFMAG, SELFMAG) != 0)
        return "is not a shared object";
    if (ident[EI_CLASS] == ELFCLASS32)
        return "is a 32-bit object; engines have 64 bits";
    if (ident[EI_CLASS] != ELFCLASS64)
        return "is not a shared object";
    if (ident[EI_DATA] == ELFDATA2MSB)
        return "is a big-endian object, for a machine that is not supported";
    if (ident[EI_DATA] != ELFDATA2LSB)
        return "is not a shared object";
    return NULL;
}

static assay_rc read_header(const struct source *source, Elf64_Ehdr *header,
                            struct assay__elf_image *image)
{
    const char *problem;

    if (source->size < EI_NIDENT)
        return refuse(source, "is not a shared object");
    problem = ident_problem(source->data);
    if (problem)
        return refuse(source, problem);
    if (source->size < sizeof *header)
        return refuse(source, cut_short);
    memcpy(header, source->data, sizeof *header);
    if (header->e_type == ET_REL)
        return refuse(source, "is not a shared object: it is not linked yet");
    if (header->e_type != ET_DYN)
        return refuse(source, "is not a shared object");
    image->machine = machine_of(header);
    if (!image->machine)
        return refuse(source, "is for a machine that is not supported");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0)
        return refuse(source, "is not a shared object");
    if (header->e_phnum > ASSAY__ELF_SEGMENTS_MAX)
        return beyond(source, "it has too many segments");
    return ASSAY_OK;
}

static bool is_within(uint64_t offset, uint64_t size, uint64_t limit)
{
    return offset <= limit && size <= limit - offset;
}

/* ---- segments ----------------------------------------------------------- */

static bool is_inside(const struct assay__elf_image *image, uint64_t address,
                      uint64_t size, uint64_t *left_out)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct segment *segment = &image->segments[i];

        if (address < segment->start || address >= segment->end)
            continue;
        *left_out = segment->end - address;
        return size <= *left_out;
    }
    return false;
}

static uint8_t *at(const struct assay__elf_image *image, uint64_t address)
{
    return image->bytes + (address - image->first);
}

/* The order that the specification asks for; so no byte is there twice. */
static assay_rc add_segment(const struct source *source,
                            struct assay__elf_image *image,
                            const Elf64_Phdr *header)
{
    struct segment *segment = &image->segments[image->segment_count];
    uint64_t end;

    if (header->p_memsz == 0 && header->p_filesz == 0)
        return ASSAY_OK;
    if (!is_within(header->p_offset, header->p_filesz, source->size))
        return refuse(source, cut_short);
    if (header->p_filesz > header->p_memsz ||
        __builtin_add_overflow(header->p_vaddr, header->p_memsz, &end) ||
        end > UINT64_MAX - BIAS)
        return refuse(source, "is damaged: a segment makes no sense");
    segment->start = header->p_vaddr + BIAS;
    segment->end = end + BIAS;
    if (image->segment_count > 0 && segment->start < segment[-1].end)
        return refuse(source, "is damaged: its segments overlap");
    image->segment_count++;
    return ASSAY_OK;
}

/* Pages that nothing is copied to cost nothing. */
static assay_rc make_room(const struct source *source,
                          struct assay__elf_image *image)
{
    void *room;

    if (image->segment_count == 0)
        return refuse(source, "is not a shared object: nothing is in it");
    image->first = image->segments[0].start;
    image->span = image->segments[image->segment_count - 1].end - image->first;
    if (image->span > ASSAY__ELF_SPAN_MAX)
        return beyond(source, "it takes more than 256 MiB of memory");
    room = mmap(NULL, (size_t)image->span, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return assay_error_set(source->err, ASSAY_E_NOMEM, "%s: out of memory",
                               source->name);
    image->bytes = room;
    return ASSAY_OK;
}

static void fill_segment(const struct source *source,
                         struct assay__elf_image *image,
                         const Elf64_Phdr *header)
{
    if (header->p_type == PT_DYNAMIC) {
        image->dynamic = header->p_vaddr + BIAS;
        image->dynamic_count = (size_t)(header->p_memsz / sizeof(Elf64_Dyn));
    }
    if (header->p_type == PT_LOAD && header->p_filesz > 0)
        memcpy(at(image, header->p_vaddr + BIAS),
               source->data + header->p_offset, header->p_filesz);
}

static assay_rc load_segments(const struct source *source,
                              const Elf64_Ehdr *header,
                              struct assay__elf_image *image)
{
    Elf64_Phdr headers[ASSAY__ELF_SEGMENTS_MAX];
    size_t bytes = header->e_phnum * sizeof *headers;
    assay_rc rc = ASSAY_OK;

    if (!is_within(header->e_phoff, bytes, source->size))
        return refuse(source, cut_short);
    memcpy(headers, source->data + header->e_phoff, bytes);
    for (size_t i = 0; rc == ASSAY_OK && i < header->e_phnum; i++)
        if (headers[i].p_type == PT_LOAD)
            rc = add_segment(source, image, &headers[i]);
    if (rc == ASSAY_OK)
        rc = make_room(source, image);
    if (rc != ASSAY_OK)
        return rc;
    for (size_t i = 0; i < header->e_phnum; i++)
        fill_segment(source, image, &headers[i]);
    return ASSAY_OK;
}

bool assay__elf_image_get(const struct assay__elf_image *image,
                          uint64_t address, void *out, size_t size)
{
    uint64_t left;

    if (!is_inside(image, address, size, &left))
        return false;
    memcpy(out, at(image, address), size);
    return true;
}

const char *assay__elf_image_text(const struct assay__elf_image *image,
                                  uint64_t address)
{
    uint64_t left;
    const char *text;

    if (!is_inside(image, address, 1, &left))
        return NULL;
    text = (const char *)at(image, address);
    if (left > ASSAY__ELF_TEXT_MAX)
        left = ASSAY__ELF_TEXT_MAX;
    return strnlen(text, (size_t)left) < left ? text : NULL;
}

/* ---- the dynamic section ------------------------------------------------ */

static void set_address(struct table *table, uint64_t value)
{
    table->address = value > UINT64_MAX - BIAS ? UINT64_MAX : value + BIAS;
}

static void note_dynamic(struct assay__elf_image *image, const Elf64_Dyn *entry)
{
    struct table plain;
    uint64_t value = entry->d_un.d_val;

    set_address(&plain, value);
    switch (entry->d_tag) {
    case DT_SYMTAB:
        image->symbols.address = plain.address;
        break;
    case DT_STRTAB:
        image->strings.address = plain.address;
        break;
    case DT_STRSZ:
        image->strings.size = value;
        break;
    case DT_HASH:
        image->hash = plain.address;
        break;
    case DT_GNU_HASH:
        image->gnu_hash = plain.address;
        break;
    case DT_RELA:
        image->rela.address = plain.address;
        break;
    case DT_RELASZ:
        image->rela.size = value;
        break;
    case DT_RELR:
        image->relr.address = plain.address;
        break;
    case DT_RELRSZ:
        image->relr.size = value;
        break;
    case DT_INIT_ARRAYSZ:
        image->init.size = value;
        break;
    case DT_PREINIT_ARRAYSZ:
        image->preinit.size = value;
        break;
    default:
        break;
    }
}

static bool dynamic_entry(const struct assay__elf_image *image, size_t index,
                          Elf64_Dyn *out)
{
    return index < image->dynamic_count && index < ASSAY__ELF_DYNAMIC_MAX &&
           assay__elf_image_get(image, image->dynamic + index * sizeof *out,
                                out, sizeof *out) &&
           out->d_tag != DT_NULL;
}

static assay_rc read_dynamic(const struct source *source,
                             struct assay__elf_image *image)
{
    Elf64_Dyn entry;

    if (image->dynamic_count == 0)
        return refuse(source,
                      "is not a shared object: it has no dynamic section");
    for (size_t i = 0; dynamic_entry(image, i, &entry); i++)
        note_dynamic(image, &entry);
    if (image->symbols.address == 0 || image->strings.address == 0)
        return refuse(source, damaged);
    return ASSAY_OK;
}

/* ---- symbols ------------------------------------------------------------ */

/* The classic table says how many symbols there are. */
static bool count_by_hash(struct assay__elf_image *image)
{
    uint32_t head[2];

    if (image->hash == 0 ||
        !assay__elf_image_get(image, image->hash, head, sizeof head))
        return false;
    image->symbol_count = head[1];
    return true;
}

static bool word_at(const struct assay__elf_image *image, uint64_t address,
                    uint32_t *out)
{
    return assay__elf_image_get(image, address, out, sizeof *out);
}

/* The other one has the highest symbol at the end of its last chain. */
static bool count_by_gnu_hash(struct assay__elf_image *image)
{
    uint32_t head[4], highest = 0, word = 0; /* buckets, first symbol, bloom */
    uint64_t buckets, chains;

    if (image->gnu_hash == 0 ||
        !assay__elf_image_get(image, image->gnu_hash, head, sizeof head) ||
        head[0] > ASSAY__ELF_SYMBOLS_MAX)
        return false;
    buckets = image->gnu_hash + sizeof head + head[2] * UINT64_C(8);
    chains = buckets + head[0] * UINT64_C(4);
    for (uint32_t i = 0; i < head[0]; i++) {
        if (!word_at(image, buckets + i * UINT64_C(4), &word))
            return false;
        highest = word > highest ? word : highest;
    }
    image->symbol_count = head[1]; /* those that are not hashed */
    if (highest < head[1])
        return true;
    do {
        if (!word_at(image, chains + (highest - head[1]) * UINT64_C(4), &word))
            return false;
        highest++;
    } while ((word & 1) == 0 && highest <= ASSAY__ELF_SYMBOLS_MAX);
    image->symbol_count = highest;
    return true;
}

static assay_rc count_symbols(const struct source *source,
                              struct assay__elf_image *image)
{
    uint64_t left;

    if (!count_by_hash(image) && !count_by_gnu_hash(image))
        return refuse(source, damaged);
    if (image->symbol_count > ASSAY__ELF_SYMBOLS_MAX)
        return beyond(source, "it has more than 1000000 symbols");
    image->symbols.size = image->symbol_count * sizeof(Elf64_Sym);
    if (!is_inside(image, image->symbols.address, image->symbols.size, &left))
        return refuse(source, damaged);
    return ASSAY_OK;
}

static bool get_symbol(const struct assay__elf_image *image, size_t index,
                       Elf64_Sym *out)
{
    return index < image->symbol_count &&
           assay__elf_image_get(image,
                                image->symbols.address + index * sizeof *out,
                                out, sizeof *out);
}

static const char *string_at(const struct assay__elf_image *image,
                             uint64_t offset)
{
    if (offset >= image->strings.size ||
        offset > UINT64_MAX - image->strings.address)
        return NULL;
    return assay__elf_image_text(image, image->strings.address + offset);
}

/* What others see, as the dynamic linker and the loader would look it up. */
static bool is_exported_data(const Elf64_Sym *symbol)
{
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
           ELF64_ST_BIND(symbol->st_info) != STB_LOCAL &&
           ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT &&
           ELF64_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT;
}

bool assay__elf_image_find(const struct assay__elf_image *image,
                           const char *symbol, uint64_t *address_out,
                           uint64_t *size_out)
{
    Elf64_Sym entry;

    for (size_t i = 0; get_symbol(image, i, &entry); i++) {
        const char *name = string_at(image, entry.st_name);

        if (!name || strcmp(name, symbol) != 0 || !is_exported_data(&entry) ||
            entry.st_value > UINT64_MAX - BIAS)
            continue;
        *address_out = entry.st_value + BIAS;
        *size_out = entry.st_size;
        return true;
    }
    return false;
}

/* ---- relocations -------------------------------------------------------- */

static void put(const struct assay__elf_image *image, uint64_t address,
                uint64_t value)
{
    memcpy(at(image, address), &value, sizeof value);
}

static bool symbol_value(const struct assay__elf_image *image, uint32_t index,
                         uint64_t addend, uint64_t *out)
{
    Elf64_Sym symbol;

    if (!get_symbol(image, index, &symbol))
        return false;
    *out = symbol.st_shndx == SHN_UNDEF ? ASSAY__ELF_ELSEWHERE
                                        : symbol.st_value + addend + BIAS;
    return true;
}

/* Types that are not for data, or for variables of threads, change nothing
 * that is looked at here. */
static bool apply_rela(const struct assay__elf_image *image,
                       const Elf64_Rela *rela)
{
    const struct machine *machine = image->machine;
    uint32_t type = (uint32_t)ELF64_R_TYPE(rela->r_info);
    uint64_t address, value, left, addend = (uint64_t)rela->r_addend;

    if (__builtin_add_overflow(rela->r_offset, BIAS, &address) ||
        !is_inside(image, address, sizeof value, &left))
        return false;
    if (type == machine->relative)
        value = addend + BIAS;
    else if (type == machine->indirect)
        value = ASSAY__ELF_ELSEWHERE; /* code of the object would say where */
    else if (type != machine->absolute && type != machine->global)
        return true;
    else if (!symbol_value(image, (uint32_t)ELF64_R_SYM(rela->r_info), addend,
                           &value))
        return false;
    put(image, address, value);
    return true;
}

static assay_rc apply_relas(const struct source *source,
                            struct assay__elf_image *image)
{
    uint64_t count = image->rela.size / sizeof(Elf64_Rela);
    Elf64_Rela rela;

    if (image->rela.address == 0)
        return ASSAY_OK;
    if (count > ASSAY__ELF_RELOCATIONS_MAX)
        return beyond(source, "it has more than 4000000 relocations");
    for (uint64_t i = 0; i < count; i++)
        if (!assay__elf_image_get(image, image->rela.address + i * sizeof rela,
                                  &rela, sizeof rela) ||
            !apply_rela(image, &rela))
            return refuse(source, "is damaged: its relocations make no sense");
    return ASSAY_OK;
}

/* What stands there is an address in the file. */
static bool apply_relative(const struct assay__elf_image *image,
                           uint64_t address)
{
    uint64_t value;

    if (!assay__elf_image_get(image, address, &value, sizeof value))
        return false;
    put(image, address, value + BIAS);
    return true;
}

/* A map of the 63 words from *where on. */
static bool apply_bitmap(const struct assay__elf_image *image, uint64_t bits,
                         uint64_t *where, uint64_t *count)
{
    for (uint64_t i = 0; i < 63; i++) {
        if ((bits >> (i + 1) & 1) == 0)
            continue;
        ++*count;
        if (!apply_relative(image, *where + i * sizeof(uint64_t)))
            return false;
    }
    *where += 63 * sizeof(uint64_t);
    return true;
}

/* Packed relative ones: an even word is an address, an odd one a bitmap of
 * the words behind it. */
static assay_rc apply_relrs(const struct source *source,
                            struct assay__elf_image *image)
{
    uint64_t count = 0, where = 0, word;
    bool is_sound = true;

    if (image->relr.address == 0)
        return ASSAY_OK;
    for (uint64_t i = 0; is_sound && i < image->relr.size / sizeof word; i++) {
        if (count > ASSAY__ELF_RELOCATIONS_MAX)
            return beyond(source, "it has more than 4000000 relocations");
        is_sound = assay__elf_image_get(
            image, image->relr.address + i * sizeof word, &word, sizeof word);
        if (is_sound && (word & 1) == 0) {
            where = word + BIAS;
            is_sound = apply_relative(image, where);
            where += sizeof word;
            count++;
        } else if (is_sound) {
            is_sound = apply_bitmap(image, word, &where, &count);
        }
    }
    return is_sound
               ? ASSAY_OK
               : refuse(source, "is damaged: its relocations make no sense");
}

/* ---- making ------------------------------------------------------------- */

static assay_rc build(const struct source *source,
                      struct assay__elf_image *image)
{
    static assay_rc (*const steps[])(const struct source *,
                                     struct assay__elf_image *) = {
        read_dynamic,
        count_symbols,
        apply_relrs,
        apply_relas,
    };
    Elf64_Ehdr header;
    assay_rc rc = read_header(source, &header, image);

    if (rc == ASSAY_OK)
        rc = load_segments(source, &header, image);
    for (size_t i = 0; rc == ASSAY_OK && i < sizeof steps / sizeof *steps; i++)
        rc = steps[i](source, image);
    return rc;
}

assay_rc assay__elf_image_new(const char *name, const void *data, size_t size,
                              struct assay__elf_image **out, assay_error *err)
{
    const struct source source = {name, data, size, err};
    struct assay__elf_image *image = calloc(1, sizeof *image);
    assay_rc rc;

    if (!image)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s: out of memory", name);
    rc = build(&source, image);
    if (rc != ASSAY_OK) {
        assay__elf_image_free(&image);
        return rc;
    }
    *out = image;
    return ASSAY_OK;
}

void assay__elf_image_free(struct assay__elf_image **image)
{
    if (*image && (*image)->bytes)
        (void)munmap((*image)->bytes, (size_t)(*image)->span);
    free(*image);
    *image = NULL;
}

/* Read, not mapped: a file that is cut while we look ends no process. */
static assay_rc read_all(const struct source *source, int fd, uint8_t *data,
                         size_t size)
{
    size_t have = 0;

    while (have < size) {
        ssize_t got = read(fd, data + have, size - have);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return assay_error_set(source->err, ASSAY_E_IO,
                                   "%s: cannot be read: %s", source->name,
                                   strerrordesc_np(errno));
        if (got == 0)
            return refuse(source, cut_short);
        have += (size_t)got;
    }
    return ASSAY_OK;
}

static assay_rc read_descriptor(const char *path, int fd,
                                struct assay__elf_image **out, assay_error *err)
{
    const struct source source = {.name = path, .err = err};
    struct stat st;
    uint8_t *data;
    assay_rc rc;

    if (fstat(fd, &st) != 0)
        return assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %s", path,
                               strerrordesc_np(errno));
    if (S_ISDIR(st.st_mode))
        return refuse(&source, "is not a shared object: it is a folder");
    if (!S_ISREG(st.st_mode))
        return refuse(&source, "is not a shared object");
    if ((uint64_t)st.st_size > ASSAY__ELF_FILE_MAX)
        return beyond(&source, "it has more than 256 MiB");
    data = malloc((size_t)st.st_size + 1);
    if (!data)
        return assay_error_set(err, ASSAY_E_NOMEM, "%s: out of memory", path);
    rc = read_all(&source, fd, data, (size_t)st.st_size);
    if (rc == ASSAY_OK)
        rc = assay__elf_image_new(path, data, (size_t)st.st_size, out, err);
    free(data);
    return rc;
}

assay_rc assay__elf_image_read(const char *path, struct assay__elf_image **out,
                               assay_error *err)
{
    assay_rc rc;
    /* O_NONBLOCK: a FIFO must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return assay_error_set(err, ASSAY_E_NOTFOUND, "%s: no such file", path);
    if (fd < 0)
        return assay_error_set(err, ASSAY_E_IO, "%s: cannot be read: %s", path,
                               strerrordesc_np(errno));
    rc = read_descriptor(path, fd, out, err);
    (void)close(fd);
    return rc;
}

/* ---- what it says of itself --------------------------------------------- */

const char *assay__elf_image_machine(const struct assay__elf_image *image)
{
    return image->machine->name;
}

bool assay__elf_image_is_native(const struct assay__elf_image *image)
{
    return image->machine->number == OWN_MACHINE;
}

size_t assay__elf_image_constructors(const struct assay__elf_image *image)
{
    uint64_t count = image->init.size / sizeof(uint64_t) +
                     image->preinit.size / sizeof(uint64_t);

    return count > USUAL_CONSTRUCTORS ? (size_t)(count - USUAL_CONSTRUCTORS)
                                      : 0;
}

const char *assay__elf_image_import(const struct assay__elf_image *image,
                                    size_t *position)
{
    Elf64_Sym symbol;

    while (get_symbol(image, (*position)++, &symbol)) {
        const char *name = string_at(image, symbol.st_name);

        if (name && *name != '\0' && symbol.st_shndx == SHN_UNDEF &&
            ELF64_ST_BIND(symbol.st_info) == STB_GLOBAL)
            return name;
    }
    return NULL;
}

const char *assay__elf_image_needed(const struct assay__elf_image *image,
                                    size_t *position)
{
    Elf64_Dyn entry;

    while (dynamic_entry(image, (*position)++, &entry)) {
        const char *name = entry.d_tag == DT_NEEDED
                               ? string_at(image, entry.d_un.d_val)
                               : NULL;

        if (name)
            return name;
    }
    return NULL;
}
