/* SPDX-License-Identifier: Apache-2.0 */
/* Arenas: alignment, zeroes, growth, sizes that overflow. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"

static const struct {
    size_t bytes, align;
    bool fits;
} rows[] = {
    {0, 1, true},
    {1, 1, true},
    {3, 16, true},
    {100, 64, true},
    {5000, 4096, true},
    {70000, 64, true},
    {1, 8192, false}, /* above a page */
    {SIZE_MAX, 16, false},
    {SIZE_MAX / 2, 64, false},
    {SIZE_MAX - 8, 1, false},
};

START_TEST(blocks_are_aligned_zeroed_and_apart)
{
    nbx_arena *arena = nbx_arena_create();
    ck_assert_ptr_nonnull(arena);
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            unsigned char *block = nbx_arena_alloc_aligned(arena, rows[i].bytes, rows[i].align);
            ck_assert_msg((block != NULL) == rows[i].fits, "row %zu", i);
            if (!block) continue;
            ck_assert_uint_eq((uintptr_t)block % rows[i].align, 0);
            unsigned seen = 0;
            for (size_t k = 0; k < rows[i].bytes; k++)
                seen |= block[k];
            ck_assert_uint_eq(seen, 0);
            memset(block, 0xab, rows[i].bytes); /* a block that overlapped a later one would show up as not zero */
        }
    nbx_arena_destroy(arena);
    nbx_arena_destroy(NULL);
}
END_TEST

START_TEST(arrays_refuse_sizes_that_overflow)
{
    nbx_arena *arena = nbx_arena_create();
    ck_assert_ptr_null(nbx_arena_array(arena, SIZE_MAX / 2, 4));
    ck_assert_ptr_null(nbx_arena_array(arena, SIZE_MAX, SIZE_MAX));
    ck_assert_ptr_null(nbx_arena_string_n(arena, "", SIZE_MAX));
    ck_assert_ptr_nonnull(nbx_arena_array(arena, 0, 8));
    nbx_arena_destroy(arena);
}
END_TEST

START_TEST(growing_keeps_what_was_there)
{
    nbx_arena *arena = nbx_arena_create();
    uint32_t *rows32 = NULL, count = 0, capacity = 0;
    for (; count < 10000; count++) {
        ck_assert(nbx_arena_grow(arena, &rows32, count, &capacity, sizeof(*rows32)));
        ck_assert_uint_gt(capacity, count);
        rows32[count] = count * 3;
    }
    for (uint32_t i = 0; i < count; i++)
        ck_assert_uint_eq(rows32[i], i * 3);
    capacity = UINT32_MAX / 2;
    ck_assert(!nbx_arena_grow(arena, &rows32, capacity, &capacity, sizeof(*rows32)));
    nbx_arena_destroy(arena);
}
END_TEST

START_TEST(texts_are_copied_and_formatted_whole)
{
    nbx_arena *arena = nbx_arena_create();
    char long_text[5000];
    memset(long_text, 'x', sizeof(long_text) - 1);
    long_text[sizeof(long_text) - 1] = 0;
    ck_assert_str_eq(nbx_arena_string(arena, "abc"), "abc");
    ck_assert_str_eq(nbx_arena_string_n(arena, "abcdef", 2), "ab");
    ck_assert_str_eq(nbx_arena_format(arena, "%s-%d", "a", 7), "a-7");
    ck_assert_uint_eq(strlen(nbx_arena_format(arena, "%s%s", long_text, long_text)), 9998);
    ck_assert_mem_eq(nbx_arena_copy(arena, "\0\1\2", 3), "\0\1\2", 3);
    nbx_arena_destroy(arena);
}
END_TEST

static const struct {
    uint64_t a, b;
    bool mul, add;
} sizes[] = {{0, UINT64_MAX, true, false},
             {1u << 20, 1u << 20, true, true},
             {UINT64_MAX, 2, false, false},
             {UINT64_MAX / 2, 1, true, false},
             {UINT64_C(1) << 33, UINT64_C(1) << 33, false, true}};

START_TEST(size_arithmetic_says_when_it_overflows)
{
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t out;
        ck_assert_msg(nbx_mul_size(sizes[i].a, sizes[i].b, &out) == sizes[i].mul, "mul %zu", i);
        if (sizes[i].mul) ck_assert_uint_eq(out, sizes[i].a * sizes[i].b);
        ck_assert_msg(nbx_add_size(sizes[i].a, sizes[i].b, &out) == sizes[i].add, "add %zu", i);
        if (sizes[i].add) ck_assert_uint_eq(out, sizes[i].a + sizes[i].b);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *all = tcase_create("arena");
    tcase_add_test(all, blocks_are_aligned_zeroed_and_apart);
    tcase_add_test(all, arrays_refuse_sizes_that_overflow);
    tcase_add_test(all, growing_keeps_what_was_there);
    tcase_add_test(all, texts_are_copied_and_formatted_whole);
    tcase_add_test(all, size_arithmetic_says_when_it_overflows);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
