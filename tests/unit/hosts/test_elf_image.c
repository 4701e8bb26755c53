/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 The Assay authors */
#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_run.h"
#include "hosts/cli/elf_image.h"

#define SYMBOL "assay_engine_module_v1"

enum { MUTATIONS = 4000, BYTES_MAX = 16 << 20 };

static unsigned char *file; /* a real engine, to be doctored */
static size_t file_size;
static struct assay__elf_image *image;
static assay_error err;

static void read_file(const char *path)
{
    FILE *in = fopen(path, "re");

    ck_assert_ptr_nonnull(in);
    file = malloc(BYTES_MAX);
    ck_assert_ptr_nonnull(file);
    file_size = fread(file, 1, BYTES_MAX, in);
    (void)fclose(in);
    ck_assert_uint_gt(file_size, sizeof(Elf64_Ehdr));
}

static void setup(void)
{
    read_file(ENGINES "/skeleton.so");
}

static void teardown(void)
{
    assay__elf_image_free(&image);
    free(file);
}

static Elf64_Ehdr *header(void)
{
    return (Elf64_Ehdr *)(void *)file;
}

static Elf64_Phdr *segment(uint32_t type)
{
    Elf64_Phdr *at = (Elf64_Phdr *)(void *)(file + header()->e_phoff);

    while (at->p_type != type)
        at++;
    return at;
}

static assay_rc try_it(void)
{
    assay__elf_image_free(&image);
    err = (assay_error){0};
    return assay__elf_image_new("x.so", file, file_size, &image, &err);
}

static void assert_refused(assay_rc rc, const char *want)
{
    ck_assert_int_eq(try_it(), rc);
    ck_assert_ptr_null(image);
    ck_assert_str_eq(err.msg, want);
}

static void assert_table(void)
{
    uint64_t address = 0, size = 0, name = 0;
    const char *text;

    ck_assert_msg(try_it() == ASSAY_OK, "%s", err.msg);
    ck_assert(assay__elf_image_find(image, SYMBOL, &address, &size));
    ck_assert_uint_ge(size, 72);
    ck_assert(assay__elf_image_get(image, address + 16, &name, sizeof name));
    text = assay__elf_image_text(image, name);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, "skeleton");
}

START_TEST(table_is_found_and_its_pointers_lead_to_texts)
{
    assert_table();
    ck_assert(assay__elf_image_is_native(image));
    ck_assert(!assay__elf_image_find(image, "assay_engine_module_v2",
                                     &(uint64_t){0}, &(uint64_t){0}));
}
END_TEST

START_TEST(packed_relocations_are_applied)
{
    free(file);
    read_file(ENGINES "/packed/skeleton.so");
    assert_table();
}
END_TEST

START_TEST(imports_and_needs_are_listed)
{
    size_t at = 0;
    const char *name;
    int found = 0;

    ck_assert_int_eq(try_it(), ASSAY_OK);
    while ((name = assay__elf_image_import(image, &at)) != NULL)
        found += strcmp(name, "assay_error_set") == 0;
    ck_assert_int_eq(found, 1);
    at = found = 0;
    while ((name = assay__elf_image_needed(image, &at)) != NULL)
        found += strcmp(name, "libc.so.6") == 0;
    ck_assert_int_eq(found, 1);
}
END_TEST

START_TEST(nothing_outside_the_segments_is_read)
{
    uint64_t address, size;
    char byte;

    ck_assert_int_eq(try_it(), ASSAY_OK);
    ck_assert(assay__elf_image_find(image, SYMBOL, &address, &size));
    for (int bit = 0; bit < 64; bit++) {
        uint64_t wild = address ^ UINT64_C(1) << bit;

        (void)assay__elf_image_text(image, wild);
        (void)assay__elf_image_get(image, wild, &byte, 1);
    }
    ck_assert(!assay__elf_image_get(image, 0, &byte, 1));
    ck_assert(!assay__elf_image_get(image, UINT64_MAX, &byte, 1));
    ck_assert(!assay__elf_image_get(image, address, &byte, SIZE_MAX));
    ck_assert_ptr_null(assay__elf_image_text(image, ASSAY__ELF_ELSEWHERE));
}
END_TEST

static void set_class(void)
{
    file[EI_CLASS] = ELFCLASS32;
}
static void set_big_endian(void)
{
    file[EI_DATA] = ELFDATA2MSB;
}
static void set_text(void)
{
    memcpy(file, "#!/b", 4);
}
static void set_object(void)
{
    header()->e_type = ET_REL;
}
static void set_program(void)
{
    header()->e_type = ET_EXEC;
}
static void set_machine(void)
{
    header()->e_machine = EM_S390;
}
static void set_segments(void)
{
    header()->e_phnum = 65;
}
static void set_segments_far(void)
{
    header()->e_phoff = UINT64_MAX;
}
static void set_segment_past_end(void)
{
    segment(PT_LOAD)->p_offset = file_size;
}
static void set_segment_wraps(void)
{
    segment(PT_LOAD)->p_vaddr = UINT64_MAX - 10;
}
static void set_segments_overlap(void)
{
    segment(PT_LOAD)[1].p_vaddr = segment(PT_LOAD)->p_vaddr;
}
static void set_span(void)
{
    Elf64_Phdr *last = segment(PT_LOAD);

    while (last[1].p_type == PT_LOAD)
        last++;
    last->p_memsz = UINT64_C(1) << 40;
}
static void set_segment_without_memory(void)
{
    segment(PT_LOAD)->p_memsz = 0;
}
static void set_no_dynamic(void)
{
    segment(PT_DYNAMIC)->p_type = PT_NULL;
}
static void set_dynamic_far(void)
{
    segment(PT_DYNAMIC)->p_vaddr = UINT64_MAX - 8;
}
static void set_short(void)
{
    file_size = 20;
}
static void set_empty(void)
{
    file_size = 0;
}

static const struct {
    void (*doctor)(void);
    assay_rc rc;
    const char *want;
} doctored[] = {
    {set_class, ASSAY_E_ABI, "x.so: is a 32-bit object; engines have 64 bits"},
    {set_big_endian, ASSAY_E_ABI,
     "x.so: is a big-endian object, for a machine that is not supported"},
    {set_text, ASSAY_E_ABI, "x.so: is not a shared object"},
    {set_object, ASSAY_E_ABI,
     "x.so: is not a shared object: it is not linked yet"},
    {set_program, ASSAY_E_ABI, "x.so: is not a shared object"},
    {set_machine, ASSAY_E_ABI, "x.so: is for a machine that is not supported"},
    {set_segments, ASSAY_E_LIMIT,
     "x.so: is too large to look at: it has too many segments"},
    {set_segments_far, ASSAY_E_ABI,
     "x.so: is not a shared object: it is cut short"},
    {set_segment_past_end, ASSAY_E_ABI,
     "x.so: is not a shared object: it is cut short"},
    {set_segment_wraps, ASSAY_E_ABI,
     "x.so: is damaged: a segment makes no sense"},
    {set_segments_overlap, ASSAY_E_ABI,
     "x.so: is damaged: its segments overlap"},
    {set_segment_without_memory, ASSAY_E_ABI,
     "x.so: is damaged: a segment makes no sense"},
    {set_span, ASSAY_E_LIMIT,
     "x.so: is too large to look at: it takes more than 256 MiB of memory"},
    {set_no_dynamic, ASSAY_E_ABI,
     "x.so: is not a shared object: it has no dynamic section"},
    {set_dynamic_far, ASSAY_E_ABI,
     "x.so: is damaged: its dynamic section makes no sense"},
    {set_short, ASSAY_E_ABI, "x.so: is not a shared object: it is cut short"},
    {set_empty, ASSAY_E_ABI, "x.so: is not a shared object"},
};

START_TEST(doctored_file_is_refused_in_a_sentence)
{
    doctored[_i].doctor();
    assert_refused(doctored[_i].rc, doctored[_i].want);
}
END_TEST

START_TEST(other_machine_is_named)
{
    header()->e_machine =
        header()->e_machine == EM_AARCH64 ? EM_X86_64 : EM_AARCH64;
    ck_assert_msg(try_it() == ASSAY_OK, "%s", err.msg);
    ck_assert(!assay__elf_image_is_native(image));
}
END_TEST

/* Each dynamic entry in turn says something wild. */
START_TEST(wild_dynamic_entries_do_no_harm)
{
    static const uint64_t wild[] = {
        0, 1, 1 << 20, UINT64_MAX, UINT64_MAX / 2, UINT64_C(1) << 32};
    Elf64_Dyn *first =
        (Elf64_Dyn *)(void *)(file + segment(PT_DYNAMIC)->p_offset);

    for (Elf64_Dyn *at = first; at->d_tag != DT_NULL; at++) {
        uint64_t was = at->d_un.d_val;

        for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
            at->d_un.d_val = wild[i];
            if (try_it() == ASSAY_OK)
                (void)assay__elf_image_find(image, SYMBOL, &(uint64_t){0},
                                            &(uint64_t){0});
        }
        at->d_un.d_val = was;
    }
    assert_table();
}
END_TEST

START_TEST(file_cut_anywhere_is_refused)
{
    size_t whole = file_size;
    Elf64_Phdr *last = segment(PT_LOAD);
    size_t end = 0;

    for (; last->p_type == PT_LOAD; last++)
        end = last->p_offset + last->p_filesz;
    for (size_t cut = 0; cut < end; cut += 1 + cut / 16) {
        file_size = cut;
        ck_assert_int_eq(try_it(), ASSAY_E_ABI);
    }
    file_size = whole;
    assert_table();
}
END_TEST

/* Always the same ones, so that a failure can be repeated. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

START_TEST(any_change_of_a_byte_is_survived)
{
    uint32_t state = 1;
    uint64_t address, size;
    char byte;

    for (int i = 0; i < MUTATIONS; i++) {
        size_t at = next_random(&state) % (i % 2 ? file_size : 4096);
        unsigned char was = file[at];

        file[at] = (unsigned char)next_random(&state);
        if (try_it() == ASSAY_OK &&
            assay__elf_image_find(image, SYMBOL, &address, &size))
            (void)assay__elf_image_get(image, address, &byte, 1);
        file[at] = was;
    }
    assert_table();
}
END_TEST

static const struct {
    const char *path;
    assay_rc rc;
    const char *want;
} paths[] = {
    {"/nowhere/x.so", ASSAY_E_NOTFOUND, "/nowhere/x.so: no such file"},
    {"/tmp", ASSAY_E_ABI, "/tmp: is not a shared object: it is a folder"},
    {"/dev/null", ASSAY_E_ABI, "/dev/null: is not a shared object"},
};

START_TEST(path_that_is_no_file_is_refused)
{
    ck_assert_int_eq(assay__elf_image_read(paths[_i].path, &image, &err),
                     paths[_i].rc);
    ck_assert_str_eq(err.msg, paths[_i].want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elf_image");
    TCase *tc = tcase_create("image");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, table_is_found_and_its_pointers_lead_to_texts);
    tcase_add_test(tc, packed_relocations_are_applied);
    tcase_add_test(tc, imports_and_needs_are_listed);
    tcase_add_test(tc, nothing_outside_the_segments_is_read);
    tcase_add_loop_test(tc, doctored_file_is_refused_in_a_sentence, 0,
                        sizeof doctored / sizeof *doctored);
    tcase_add_test(tc, other_machine_is_named);
    tcase_add_test(tc, wild_dynamic_entries_do_no_harm);
    tcase_add_test(tc, file_cut_anywhere_is_refused);
    tcase_add_test(tc, any_change_of_a_byte_is_survived);
    tcase_add_loop_test(tc, path_that_is_no_file_is_refused, 0,
                        sizeof paths / sizeof *paths);
    suite_add_tcase(suite, tc);
    return check_run(suite);
}
