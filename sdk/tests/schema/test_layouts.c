/* SPDX-License-Identifier: Apache-2.0 */
/* Layout text: what is accepted, what is refused with which words, canonical forms, and published sizes. */
#include <check.h>
#include <string.h>

#include "schema/layouts.h"

static const struct {
    const char *text;
    uint32_t rank;
    const char *error; /* all of it */
} refused[] = {
    {"", 4, "column 1: expected the outer axes in upper case"},
    {"nchw", 4, "column 1: expected the outer axes in upper case"},
    {"NCHQ", 4, "column 4: 'Q' is not an axis of a tensor of rank 4 (NCHW)"},
    {"NCHW", 2, "column 3: 'H' is not an axis of a tensor of rank 2 (NC)"},
    {"NC", 4, "column 3: axis 'H' is missing: a tensor of rank 4 has the axes NCHW"},
    {"NCHH", 4, "column 4: axis 'H' stands twice"},
    {"NCHW", 6, "column 1: a tensor of rank 6 has no axis letters; its only layout is 'dense'"},
    {"NCHW16", 4, "column 7: expected an axis in lower case, found the end"},
    {"NCHW16C", 4, "column 7: 'C' is not an axis in lower case of a tensor of rank 4 (NCHW)"},
    {"NCHW0c", 4, "column 5: the number must be at least 1"},
    {"NCHW99999999999999999999c", 4, "column 5: the number is larger than 1048576"},
    {"NCHW2c2c2c2c2c", 4, "column 13: more than 4 blocks"},
    {"NCHW1024c2048c", 4, "column 10: the blocks of one axis exceed 1048576"},
    {"NCHW16c!", 4, "column 8: expected a block, ':' or the end, found '!'"},
    {"NCHW:", 4, "column 6: unknown key; keys are stride_<axis>, pad_<axis>, pad_in and pad_out"},
    {"NCHW:row=16", 4, "column 6: unknown key; keys are stride_<axis>, pad_<axis>, pad_in and pad_out"},
    {"NCHW:stride_q=16", 4, "column 13: 'q' is not an axis in lower case of a tensor of rank 4 (NCHW)"},
    {"NCHW:stride_h", 4, "column 14: expected '='"},
    {"NCHW:stride_h=", 4, "column 15: expected a number"},
    {"NCHW:stride_h=0", 4, "column 15: the number must be at least 1"},
    {"NCHW:stride_h=16,", 4, "column 18: unknown key; keys are stride_<axis>, pad_<axis>, pad_in and pad_out"},
    {"NCHW:stride_h=16,stride_h=32", 4, "column 18: the key stands twice"},
    {"NCHW:stride_h=16 ", 4, "column 17: expected ',' or the end, found ' '"},
    {"NCHW16c:pad_c=24", 4, "column 15: 24 is not a multiple of the axis's block of 16"},
    {"NCHW:pad_c=4,pad_c=ladder(8;2)", 4, "column 14: the key stands twice"},
    {"NCHW:pad_c=ladder", 4, "column 18: expected '(' after ladder"},
    {"NCHW:pad_c=ladder(8)", 4, "column 20: expected ';' after the base of the ladder"},
    {"NCHW:pad_c=ladder(8;)", 4, "column 21: expected a number"},
    {"NCHW:pad_c=ladder(8;4,2)", 4, "column 23: rungs must rise"},
    {"NCHW:pad_c=ladder(8;8)", 4, "column 21: a rung must be below the base of 8"},
    {"NCHW:pad_c=ladder(8;2", 4, "column 22: expected ',' or ')' in the ladder"},
    {"NCHW:pad_c=ladder(99;1,2,3,4,5,6,7,8,9)", 4, "column 38: more than 8 rungs"},
    {"NCHW:pad_c=ladder(8;2),pad_w=ladder(8;2)", 4, "column 24: only one axis can have a ladder"},
    {"NCHW4c:pad_c=ladder(8;2)", 4, "column 23: 2 is not a multiple of the axis's block of 4"},
    {"NCHW:pad_in=preserved", 4, "column 13: expected any or fill"},
    {"NCHW:pad_out=none", 4, "column 14: expected any, fill or preserved"},
    {"NCHW:pad_in=any,pad_in=any", 4, "column 24: the key stands twice"},
    {"dense", 9, "column 1: rank 9 is more than 8"},
    {"densely", 4, "column 1: expected the outer axes in upper case"},
};

START_TEST(a_mistake_is_named)
{
    nbx_layout layout;
    char error[200];
    ck_assert(!nbx_layout_parse(refused[_i].text, refused[_i].rank, &layout, error, sizeof error));
    ck_assert_str_eq(error, refused[_i].error);
    ck_assert(!nbx_layout_parse(refused[_i].text, refused[_i].rank, &layout, NULL, 0));
    char small[12];
    ck_assert(!nbx_layout_parse(refused[_i].text, refused[_i].rank, &layout, small, sizeof small));
    ck_assert_uint_lt(strlen(small), sizeof small);
}
END_TEST

static const struct {
    const char *text;
    uint32_t rank;
    const char *canonical; /* NULL: as written */
} accepted[] = {
    {"C", 1, NULL},
    {"NC", 2, NULL},
    {"CN", 2, NULL},
    {"NWC", 3, NULL},
    {"NCHW", 4, NULL},
    {"NHWC8w4c", 4, NULL},
    {"NHWC4h4w8c", 4, NULL},
    {"NCHW4c8h2c2w", 4, NULL},
    {"NCDHW16c", 5, NULL},
    {"dense", 4, "NCHW"},
    {"dense", 0, NULL},
    {"dense", 7, NULL},
    {"NCHW:stride_h=32", 4, NULL},
    {"NCHW:stride_h=1,pad_c=1", 4, "NCHW"},
    {"NC:stride_n=16", 2, NULL},
    {"NHWC:pad_w=32,pad_h=2,stride_w=64", 4, "NHWC:stride_w=64,pad_h=2,pad_w=32"},
    {"NHWC:pad_c=ladder(256;16,32,64,128)", 4, NULL},
    {"NCHW16c:pad_out=preserved,pad_in=fill", 4, "NCHW16c:pad_in=fill,pad_out=preserved"},
    {"NCHW16c:pad_in=any,pad_out=any", 4, "NCHW16c"},
};

START_TEST(text_goes_round)
{
    nbx_layout layout, again;
    char error[200], text[100], small[4];
    const char *want = accepted[_i].canonical ? accepted[_i].canonical : accepted[_i].text;
    ck_assert_msg(nbx_layout_parse(accepted[_i].text, accepted[_i].rank, &layout, error, sizeof error), "%s: %s", accepted[_i].text, error);
    ck_assert_ptr_eq(layout.text, accepted[_i].text);
    ck_assert_uint_eq(nbx_layout_text(&layout, text, sizeof text), strlen(want));
    ck_assert_str_eq(text, want);
    ck_assert(nbx_layout_parse(text, accepted[_i].rank, &again, error, sizeof error));
    ck_assert(nbx_layout_equal(&layout, &again));
    ck_assert_uint_eq(nbx_layout_text(&layout, NULL, 0), strlen(want));
    ck_assert_uint_eq(nbx_layout_text(&layout, small, sizeof small), strlen(want));
    ck_assert_uint_lt(strlen(small), sizeof small);
}
END_TEST

START_TEST(different_layouts_differ)
{
    static const char *const texts[] = {"NCHW",
                                        "NHWC",
                                        "NCHW16c",
                                        "NCHW8c",
                                        "NCHW16h",
                                        "NCHW4c4h",
                                        "NCHW4h4c",
                                        "NCHW:stride_h=16",
                                        "NCHW:stride_h=32",
                                        "NCHW:stride_w=16",
                                        "NCHW:pad_h=16",
                                        "NCHW:pad_c=ladder(256;16)",
                                        "NCHW:pad_c=ladder(256;16,32)",
                                        "NCHW:pad_h=ladder(256;16)",
                                        "NCHW:pad_in=fill",
                                        "NCHW:pad_out=fill",
                                        "NCHW:pad_out=preserved"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++) {
            nbx_layout a, b;
            ck_assert(nbx_layout_parse(texts[i], 4, &a, NULL, 0) && nbx_layout_parse(texts[j], 4, &b, NULL, 0));
            ck_assert_msg(nbx_layout_equal(&a, &b) == (i == j), "%s and %s", texts[i], texts[j]);
        }
    }
}
END_TEST

static const struct {
    const char *name, *text;
    uint32_t rank;
    int64_t dims[5];
    uint32_t bits;
    uint64_t bytes;
    int64_t aligned[5];
    int64_t index[5];
    uint64_t offset_bits;
} sizes[] = {
    /* research note horizon_ambarella, fact 19 and design_review A11: aligned W 1840, 5,306,560 bytes */
    {"Horizon 8W4C", "NHWC8w4c", 4, {1, 3, 721, 1836}, 8, 5306560, {1, 4, 721, 1840}, {0, 2, 1, 9}, 8 * (1840 * 4 + 32 + 4 + 2)},
    {"Horizon RGB input", "NHWC8w4c", 4, {1, 3, 224, 224}, 8, 200704, {1, 4, 224, 224}, {0, 0, 0, 0}, 0},
    /* note hisilicon, L4 to L6: row stride aligned to 16 or 32 bytes */
    {"NNIE rows of 16", "NCHW:stride_h=16", 4, {2, 3, 5, 17}, 8, 2 * 3 * 5 * 32, {2, 3, 5, 17}, {1, 2, 4, 16}, 8 * (29 * 32 + 16)},
    {"NNIE int32 rows of 32", "NCHW:stride_h=32", 4, {1, 2, 3, 9}, 32, 2 * 3 * 64, {1, 2, 3, 9}, {0, 1, 2, 8}, 8 * (5 * 64 + 32)},
    {"NNIE vector rows", "NC:stride_n=16", 2, {3, 10}, 32, 3 * 48, {3, 10}, {2, 9}, 8 * (96 + 36)},
    /* note horizon_ambarella, fact 20: C bytes become 256k + 0, 16, 32, 64 or 128 */
    {"ladder, first rung", "NHWC:pad_c=ladder(256;16,32,64,128)", 4, {1, 5, 2, 2}, 8, 64, {1, 16, 2, 2}, {0, 4, 1, 1}, 8 * 52},
    {"ladder, exactly a rung", "NHWC:pad_c=ladder(256;16,32,64,128)", 4, {1, 64, 1, 1}, 8, 64, {1, 64, 1, 1}, {0, 63, 0, 0}, 8 * 63},
    {"ladder, beyond the rungs", "NHWC:pad_c=ladder(256;16,32,64,128)", 4, {1, 129, 1, 1}, 8, 256, {1, 256, 1, 1}, {0}, 0},
    {"ladder, above a base", "NHWC:pad_c=ladder(256;16,32,64,128)", 4, {1, 257, 1, 1}, 8, 272, {1, 272, 1, 1}, {0}, 0},
    {"ladder, a whole base", "NHWC:pad_c=ladder(256;16,32,64,128)", 4, {1, 512, 1, 1}, 8, 512, {1, 512, 1, 1}, {0}, 0},
    {"pads of H and W", "NHWC:pad_h=2,pad_w=32", 4, {1, 3, 5, 33}, 8, 6 * 64 * 3, {1, 3, 6, 64}, {0, 1, 1, 0}, 8 * (64 * 3 + 1)},
    {"blocks of channels", "NCHW16c", 4, {1, 17, 2, 3}, 16, 2 * 2 * 3 * 16 * 2, {1, 32, 2, 3}, {0, 16, 1, 2}, 16 * (6 + 5) * 16},
    {"blocks of two axes", "NHWC4h4w8c", 4, {1, 8, 5, 4}, 8, 256, {1, 8, 8, 4}, {0, 7, 4, 1}, 8 * (128 + 8 + 7)},
    {"an axis cut twice", "NCHW2c2c", 4, {1, 7, 1, 1}, 8, 8, {1, 8, 1, 1}, {0, 6, 0, 0}, 8 * (4 + 2)},
    {"four bit rows start on a byte", "NCHW", 4, {1, 1, 2, 3}, 4, 4, {1, 1, 2, 3}, {0, 0, 1, 1}, 20},
    {"one bit pixels start on a byte", "NHWC8c", 4, {1, 9, 1, 2}, 1, 4, {1, 16, 1, 2}, {0, 8, 0, 1}, 24},
    {"one bit tiles are packed throughout", "NHWC8w4c", 4, {1, 5, 1, 9}, 1, 16, {1, 8, 1, 16}, {0, 4, 0, 9}, 64 + 32 + 4},
    {"one bit pixels of four", "NHWC4c", 4, {1, 4, 1, 2}, 1, 2, {1, 4, 1, 2}, {0, 3, 0, 1}, 11},
    {"five axes", "NDHWC4c", 5, {1, 5, 2, 2, 2}, 8, 64, {1, 8, 2, 2, 2}, {0, 4, 1, 0, 1}, 8 * (2 * 2 * 8 + 8 + 4)},
};

START_TEST(sizes_and_offsets)
{
    nbx_layout layout;
    nbx_layout_plan plan;
    ck_assert(nbx_layout_parse(sizes[_i].text, sizes[_i].rank, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, sizes[_i].rank, sizes[_i].dims, sizes[_i].bits, &plan));
    ck_assert_msg(plan.bytes == sizes[_i].bytes, "%s: %d bytes", sizes[_i].name, (int)plan.bytes);
    for (uint32_t a = 0; a < sizes[_i].rank; a++)
        ck_assert_msg(plan.aligned[a] == sizes[_i].aligned[a], "%s: axis %u is %d", sizes[_i].name, a, (int)plan.aligned[a]);
    uint64_t offset = nbx_layout_offset_bits(&plan, sizes[_i].index);
    ck_assert_msg(offset == sizes[_i].offset_bits, "%s: offset %d", sizes[_i].name, (int)offset);
}
END_TEST

START_TEST(a_shape_that_cannot_be_is_refused)
{
    nbx_layout layout;
    nbx_layout_plan plan;
    int64_t huge[4] = {1, INT64_MAX / 2, 3, 5}, zero[4] = {1, 0, 3, 5}, negative[4] = {1, -1, 3, 5}, good[4] = {1, 2, 3, 5};
    int64_t wide[4] = {1, INT64_MAX, 1, 1};
    ck_assert(nbx_layout_parse("NCHW16c", 4, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, 4, good, 8, &plan));
    ck_assert(!nbx_layout_plan_make(&layout, 4, huge, 8, &plan));
    ck_assert(!nbx_layout_plan_make(&layout, 4, wide, 8, &plan));
    ck_assert(!nbx_layout_plan_make(NULL, 4, huge, 8, &plan));
    ck_assert(!nbx_layout_plan_make(&layout, 4, zero, 8, &plan));
    ck_assert(!nbx_layout_plan_make(&layout, 4, negative, 8, &plan));
    ck_assert(!nbx_layout_plan_make(&layout, 3, good, 8, &plan));
    ck_assert(!nbx_layout_plan_make(&layout, 4, good, 0, &plan));
    ck_assert(!nbx_layout_plan_make(&layout, 4, good, 24, &plan));
    ck_assert(!nbx_layout_plan_make(&layout, 4, good, 128, &plan));
    ck_assert(!nbx_layout_plan_make(NULL, NBX_MAX_RANK + 1, good, 8, &plan));
    layout.outer[0] = 1; /* twice */
    ck_assert(!nbx_layout_plan_make(&layout, 4, good, 8, &plan));
}
END_TEST

START_TEST(without_a_layout_codes_are_packed_throughout)
{
    nbx_layout_plan plan;
    int64_t dims[4] = {1, 1, 3, 3}, last[4] = {0, 0, 2, 2};
    ck_assert(nbx_layout_plan_make(NULL, 4, dims, 4, &plan));
    ck_assert_uint_eq(plan.bytes, 5);
    ck_assert_uint_eq(nbx_layout_offset_bits(&plan, last), 32);
    ck_assert(nbx_layout_plan_make(NULL, 0, NULL, 16, &plan));
    ck_assert_uint_eq(plan.bytes, 2);
}
END_TEST

START_TEST(a_buffer_may_have_larger_strides)
{
    nbx_layout layout;
    nbx_layout_plan plan, other;
    int64_t dims[4] = {2, 3, 5, 17}, index[4] = {1, 1, 1, 1};
    ck_assert(nbx_layout_parse("NCHW:stride_h=16", 4, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, 4, dims, 8, &plan));
    other = plan;
    ck_assert(nbx_layout_plan_strides(&other, (const uint64_t[]){0, 0, 48}, 3));
    ck_assert_uint_eq(other.bytes, 2 * 3 * 5 * 48);
    ck_assert(nbx_layout_plan_strides(&other, (const uint64_t[]){1000, 0, 0, 2}, 4));
    ck_assert_uint_eq(nbx_layout_offset_bits(&other, index) / 8, 1000 + 240 + 48 + 2);
    ck_assert_uint_eq(other.bytes, 2000);
    other = plan;
    ck_assert(!nbx_layout_plan_strides(&other, (const uint64_t[]){0, 0, 17}, 3)); /* not aligned as the layout says */
    ck_assert(!nbx_layout_plan_strides(&other, (const uint64_t[]){0, 0, 31}, 3));
    ck_assert(!nbx_layout_plan_strides(&other, (const uint64_t[]){0, 160, 48}, 3)); /* rows would overlap */
    ck_assert(!nbx_layout_plan_strides(&other, (const uint64_t[]){UINT64_MAX / 4}, 1));
    ck_assert(!nbx_layout_plan_strides(&other, (const uint64_t[]){0, 0, 0, 0, 0}, 5));
    ck_assert_mem_eq(&other, &plan, sizeof plan);
}
END_TEST

#define ROWS(array) (int)(sizeof(array) / sizeof(array)[0])

int main(void)
{
    Suite *suite = suite_create("layouts");
    TCase *text = tcase_create("text");
    tcase_add_loop_test(text, a_mistake_is_named, 0, ROWS(refused));
    tcase_add_loop_test(text, text_goes_round, 0, ROWS(accepted));
    tcase_add_test(text, different_layouts_differ);
    suite_add_tcase(suite, text);
    TCase *plan = tcase_create("plan");
    tcase_add_loop_test(plan, sizes_and_offsets, 0, ROWS(sizes));
    tcase_add_test(plan, a_shape_that_cannot_be_is_refused);
    tcase_add_test(plan, without_a_layout_codes_are_packed_throughout);
    tcase_add_test(plan, a_buffer_may_have_larger_strides);
    suite_add_tcase(suite, plan);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
