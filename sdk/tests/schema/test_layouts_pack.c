/* SPDX-License-Identifier: Apache-2.0 */
/* Packing, unpacking and refilling against brute-force membership, with poison wherever no element lies. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "schema/layouts.h"

static uint64_t seed = 7;

static uint32_t draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

static void poison(uint8_t *bytes, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)draw(256);
}

static bool bit(const uint8_t *bytes, uint64_t at)
{
    return (bytes[at / 8] >> (at % 8)) & 1;
}

static uint64_t element_count(const nbx_layout_plan *plan)
{
    uint64_t count = 1;
    for (uint32_t a = 0; a < plan->rank; a++)
        count *= (uint64_t)plan->dims[a];
    return count;
}

static uint64_t offset_of(const nbx_layout_plan *plan, uint64_t element)
{
    int64_t index[NBX_MAX_RANK] = {0};
    for (uint32_t a = plan->rank; a-- > 0; element /= (uint64_t)plan->dims[a])
        index[a] = (int64_t)(element % (uint64_t)plan->dims[a]);
    return nbx_layout_offset_bits(plan, index);
}

/* One flag per bit of the packed tensor: an element lies there. Elements must be inside and apart. (One assertion per tensor: they are
 * slow.) */
static uint8_t *membership(const nbx_layout_plan *plan)
{
    uint8_t *taken = calloc(plan->bytes * 8, 1);
    ck_assert(taken != NULL);
    bool sound = true;
    for (uint64_t e = 0, count = element_count(plan); e < count && sound; e++) {
        uint64_t at = offset_of(plan, e);
        sound = at + plan->element_bits <= plan->bytes * 8;
        for (uint32_t b = 0; sound && b < plan->element_bits; b++) {
            sound = !taken[at + b];
            taken[at + b] = 1;
        }
    }
    ck_assert(sound);
    return taken;
}

static void check_elements(const nbx_layout_plan *plan, const uint8_t *dense, const uint8_t *packed, const char *name)
{
    uint64_t e = 0, count = element_count(plan);
    for (bool same = true; e < count; e += same) {
        uint64_t at = offset_of(plan, e);
        for (uint32_t b = 0; b < plan->element_bits && same; b++)
            same = bit(packed, at + b) == bit(dense, e * plan->element_bits + b);
        if (!same) break;
    }
    ck_assert_msg(e == count, "%s: element %d", name, (int)e);
}

/* Every bit of the padding is what it is in `want`. */
static void check_padding(const nbx_layout_plan *plan, const uint8_t *taken, const uint8_t *packed, const uint8_t *want, const char *name)
{
    uint64_t at = 0;
    while (at < plan->bytes * 8 && (taken[at] || bit(packed, at) == bit(want, at)))
        at++;
    ck_assert_msg(at == plan->bytes * 8, "%s: padding at bit %d", name, (int)at);
}

static void check_plan(const nbx_layout_plan *plan, const char *name)
{
    uint64_t dense_bits = element_count(plan) * plan->element_bits, dense_bytes = (dense_bits + 7) / 8;
    uint8_t *taken = membership(plan), *dense = malloc(dense_bytes), *back = malloc(dense_bytes);
    uint8_t *packed = malloc(plan->bytes), *before = malloc(plan->bytes);
    ck_assert(dense && back && packed && before);
    poison(dense, dense_bytes);
    if (dense_bits % 8) dense[dense_bytes - 1] &= (uint8_t)((1u << (dense_bits % 8)) - 1);
    poison(before, plan->bytes);
    memcpy(packed, before, plan->bytes);
    nbx_layout_pack(plan, dense, packed, false, 0);
    check_elements(plan, dense, packed, name);
    check_padding(plan, taken, packed, before, name);
    poison(back, dense_bytes);
    nbx_layout_unpack(plan, packed, back);
    ck_assert_msg(memcmp(back, dense, dense_bytes) == 0, "%s: unpack", name);
    nbx_layout_refill(plan, packed, -1);
    check_elements(plan, dense, packed, name);
    memset(before, 0xff, plan->bytes);
    check_padding(plan, taken, packed, before, name);
    poison(packed, plan->bytes);
    nbx_layout_pack(plan, dense, packed, true, 0);
    check_elements(plan, dense, packed, name);
    memset(before, 0, plan->bytes);
    check_padding(plan, taken, packed, before, name);
    free(taken);
    free(dense);
    free(back);
    free(packed);
    free(before);
}

static const struct {
    const char *text; /* NULL: none */
    uint32_t rank;
} layouts[] = {
    {NULL, 0},
    {NULL, 1},
    {NULL, 4},
    {NULL, 7},
    {"C", 1},
    {"C8c", 1},
    {"C:stride_c=4", 1},
    {"NC", 2},
    {"CN", 2},
    {"NC:stride_n=16", 2},
    {"NC32c", 2},
    {"NCW", 3},
    {"NWC", 3},
    {"NCHW", 4},
    {"NHWC", 4},
    {"WHCN", 4},
    {"NCHW16c", 4},
    {"NCHW4c", 4},
    {"NHWC8w4c", 4},
    {"NHWC16w16c", 4},
    {"NHWC4h4w8c", 4},
    {"NCHW8n4c", 4},
    {"NCHW2c3c", 4},
    {"NCHW3w2c2w", 4},
    {"NCHW:stride_h=16", 4},
    {"NCHW:stride_h=32,stride_n=64", 4},
    {"NCHW:stride_h=3,stride_c=7", 4},
    {"NHWC:stride_w=8", 4},
    {"NHWC:pad_h=2,pad_w=32", 4},
    {"NHWC:pad_c=ladder(16;2,4,8)", 4},
    {"NCHW4c:pad_c=8,pad_w=5,stride_h=16", 4},
    {"NCDHW", 5},
    {"NDHWC4c", 5},
    {"NCDHW2d2h2w2c", 5},
};

START_TEST(packing_agrees_with_membership)
{
    static const uint32_t bits[] = {1, 2, 4, 8, 16, 32, 64};
    nbx_layout layout;
    uint32_t rank = layouts[_i].rank;
    const char *text = layouts[_i].text;
    if (text) ck_assert(nbx_layout_parse(text, rank, &layout, NULL, 0));
    for (int round = 0; round < 70; round++) {
        nbx_layout_plan plan;
        int64_t dims[NBX_MAX_RANK];
        for (uint32_t a = 0; a < rank; a++)
            dims[a] = 1 + draw(rank < 3 ? 70 : rank == 3 ? 12 : rank == 4 ? 7 : 3);
        ck_assert(nbx_layout_plan_make(text ? &layout : NULL, rank, dims, bits[round % 7], &plan));
        check_plan(&plan, text ? text : "none");
        if (round % 3 || plan.level_count == 0 || (!text && plan.element_bits < 8)) continue;
        uint64_t strides[12] = {0};
        uint32_t level = draw(plan.level_count);
        strides[level] = (plan.level_stride_bits[level] + 7) / 8 + draw(9);
        ck_assert(nbx_layout_plan_strides(&plan, strides, plan.level_count));
        check_plan(&plan, "larger strides");
    }
}
END_TEST

START_TEST(channel_tails_go_round)
{
    nbx_layout layout;
    nbx_layout_plan plan;
    int64_t dims[4] = {2, _i, 3, 5};
    ck_assert(nbx_layout_parse("NCHW16c", 4, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, 4, dims, 8, &plan));
    ck_assert_uint_eq(plan.bytes, (uint64_t)(2 * 3 * 5 * 16 * ((_i + 15) / 16)));
    check_plan(&plan, "NCHW16c");
}
END_TEST

/* Padding repeats the code in whole elements from where it begins. */
START_TEST(a_wide_code_fills_whole_elements)
{
    nbx_layout layout;
    nbx_layout_plan plan;
    int64_t dims[4] = {1, 3, 1, 2};
    const uint16_t dense[6] = {1, 2, 3, 4, 5, 6}, want[8] = {1, 3, 5, 0x8000, 2, 4, 6, 0x8000};
    uint16_t packed[8];
    ck_assert(nbx_layout_parse("NCHW4c", 4, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, 4, dims, 16, &plan));
    nbx_layout_pack(&plan, dense, packed, true, 0x8000);
    ck_assert_mem_eq(packed, want, sizeof want);
    int64_t row[4] = {1, 1, 1, 3};
    const uint16_t filled[8] = {7, 8, 9, 0xfffe, 0xfffe, 0xfffe, 0xfffe, 0xfffe}, three[3] = {7, 8, 9};
    ck_assert(nbx_layout_parse("NCHW:stride_h=16", 4, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, 4, row, 16, &plan));
    nbx_layout_pack(&plan, three, packed, true, -2);
    ck_assert_mem_eq(packed, filled, sizeof filled);
}
END_TEST

START_TEST(codes_below_a_byte_lie_low_bits_first)
{
    nbx_layout layout;
    nbx_layout_plan plan;
    int64_t dims[4] = {1, 1, 2, 3};
    const uint8_t dense[3] = {0x21, 0x43, 0x65}, want[4] = {0x21, 0xa3, 0x54, 0xa6};
    uint8_t packed[4] = {0};
    ck_assert(nbx_layout_parse("NCHW", 4, &layout, NULL, 0));
    ck_assert(nbx_layout_plan_make(&layout, 4, dims, 4, &plan));
    nbx_layout_pack(&plan, dense, packed, true, 0xa);
    ck_assert_mem_eq(packed, want, sizeof want);
}
END_TEST

#define ROWS(array) (int)(sizeof(array) / sizeof(array)[0])

int main(void)
{
    Suite *suite = suite_create("layout packing");
    TCase *pack = tcase_create("pack");
    tcase_add_loop_test(pack, packing_agrees_with_membership, 0, ROWS(layouts));
    tcase_add_loop_test(pack, channel_tails_go_round, 1, 34);
    tcase_add_test(pack, a_wide_code_fills_whole_elements);
    tcase_add_test(pack, codes_below_a_byte_lie_low_bits_first);
    suite_add_tcase(suite, pack);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
