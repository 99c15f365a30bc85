/* SPDX-License-Identifier: Apache-2.0 */
/* Golden's codes and offsets against the schema's, two implementations that share no line: all codes of every encoding with the
 * midpoints between them, every 16-bit float, and the offsets of a set of layouts. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "golden/golden.h"
#include "schema/encodings.h"
#include "schema/layouts.h"

static const nbx_qparam LINEAR[] = {{0.0371, 3, 0}, {1.0, 0, 0}, {1e-7, -5, 0}, {12345.678, 1, 0}};
static const int32_t EXPONENTS[] = {-127, -1407, 0, 5, 37};

static nbx_qparam param_of(const nbx_encoding *e, int i)
{
    nbx_qparam out = LINEAR[i % 4];
    if (e->symmetric) out.zero_point = 0;
    if (e->lo == 0 && out.zero_point < 0) out.zero_point = 0;
    out.exponent = EXPONENTS[i];
    if (e->kind == NBX_ENC_POW2) out.exponent = EXPONENTS[i] % 20;
    return out;
}

/** Wide codes are many: two parameter sets do. */
static int param_sets(const nbx_encoding *e)
{
    return e->code_bits > 8 ? 2 : 5;
}

static bool same(double a, double b)
{
    return a == b || (a != a && b != b);
}

static void check_value(const nbx_encoding *e, const nbx_qparam *param, double x)
{
    const int32_t ours = golden_encode(e, param, x), theirs = nbx_encode(e, param, x);
    ck_assert_msg(ours == theirs, "%s: %a encodes to %d and %d", e->name, x, ours, theirs);
}

static void check_code(const nbx_encoding *e, const nbx_qparam *param, int32_t code)
{
    const double x = golden_decode(e, param, code);
    ck_assert_msg(same(x, nbx_decode(e, param, code)), "%s: code %d is %a and %a", e->name, code, x, nbx_decode(e, param, code));
    check_value(e, param, x);
}

/** All codes of up to 16 bits, an even spread of wider ones. */
START_TEST(all_codes)
{
    const nbx_encoding *e = nbx_encoding_at((uint32_t)_i);
    int i;
    for (i = 0; i < param_sets(e); i++) {
        const nbx_qparam param = param_of(e, i);
        const bool wide = e->code_bits > 16;
        const int64_t count = (int64_t)1 << (wide ? 16 : e->code_bits);
        const int64_t first = e->kind == NBX_ENC_LOG || e->kind == NBX_ENC_BINARY || e->kind == NBX_ENC_FLOAT ? 0 : e->lo;
        int64_t c;
        for (c = 0; c < count; c++) {
            const int64_t code = wide ? first + c * 65535 : first + c;
            if (e->kind != NBX_ENC_FLOAT && e->kind != NBX_ENC_LOG && e->kind != NBX_ENC_BINARY && code > e->hi) break;
            if (e->kind == NBX_ENC_LOG && (code & (((int64_t)1 << (e->code_bits - 1)) - 1)) > e->top) continue;
            if (e->kind == NBX_ENC_FLOAT && wide)
                check_code(e, &param, (int32_t)(uint32_t)(c * 65537));
            else
                check_code(e, &param, (int32_t)code);
        }
    }
}
END_TEST

/** Between neighbours, and one float32 step around: where rounding decides. */
static void check_middle(const nbx_encoding *e, const nbx_qparam *param, double a, double b)
{
    const float middles[] = {(float)((a + b) / 2), e->kind == NBX_ENC_LOG && a * b > 0 ? (float)copysign(sqrt(a * b), a) : (float)a};
    int i;
    for (i = 0; i < 2; i++) {
        check_value(e, param, (double)middles[i]);
        check_value(e, param, (double)nextafterf(middles[i], INFINITY));
        check_value(e, param, (double)nextafterf(middles[i], -INFINITY));
    }
    check_value(e, param, (a + b) / 2);
}

START_TEST(midpoints)
{
    const nbx_encoding *e = nbx_encoding_at((uint32_t)_i);
    int i;
    if (e->code_bits > 16) return;
    for (i = 0; i < param_sets(e); i++) {
        const nbx_qparam param = param_of(e, i);
        const int64_t count = (int64_t)1 << e->code_bits;
        const int64_t first = e->kind == NBX_ENC_LOG || e->kind == NBX_ENC_BINARY || e->kind == NBX_ENC_FLOAT ? 0 : e->lo;
        int64_t c;
        for (c = 0; c + 1 < count; c++) {
            const double a = golden_decode(e, &param, (int32_t)(first + c)), b = golden_decode(e, &param, (int32_t)(first + c + 1));
            if (isfinite(a) && isfinite(b)) check_middle(e, &param, a, b);
        }
    }
}
END_TEST

START_TEST(odd_values)
{
    static const double values[] = {0.0,    -0.0,    1e-45,   -1e-45,  1e-38, 3.4e38, -3.4e38, 1e300,
                                    -1e300, 65504.0, 65519.0, 65520.0, 0.5,   1.5,    2.5,     -0.5};
    const nbx_encoding *e = nbx_encoding_at((uint32_t)_i);
    size_t v;
    int i;
    for (i = 0; i < param_sets(e); i++) {
        const nbx_qparam param = param_of(e, i);
        for (v = 0; v < sizeof values / sizeof values[0]; v++)
            check_value(e, &param, values[v]);
        if (e->kind != NBX_ENC_FLOAT) check_value(e, &param, (double)NAN);
    }
}
END_TEST

typedef struct layout_row {
    const char *text;
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
} layout_row;

static const layout_row LAYOUTS[] = {
    {"NCHW", 4, {2, 3, 4, 5}},
    {"NHWC", 4, {2, 3, 4, 5}},
    {"NCHW16c", 4, {2, 17, 3, 5}},
    {"NCHW4c", 4, {1, 3, 2, 2}},
    {"NHWC8w4c", 4, {1, 6, 2, 11}},
    {"NCHW8n16c", 4, {9, 20, 2, 3}},
    {"NCHW:stride_h=32", 4, {1, 2, 3, 5}},
    {"NC:stride_n=16", 2, {3, 5}},
    {"NHWC:pad_c=16", 4, {1, 3, 2, 2}},
    {"NHWC:pad_c=ladder(256;16,32,64,128)", 4, {1, 300, 1, 2}},
    {"NHWC:pad_c=ladder(256;16,32,64,128)", 4, {1, 40, 2, 2}},
    {"NCW", 3, {2, 3, 4}},
    {"NDHWC", 5, {1, 2, 3, 2, 2}},
};

START_TEST(offsets)
{
    static const uint32_t widths[] = {1, 4, 8, 16, 32};
    const layout_row *row = &LAYOUTS[_i];
    nbx_layout layout;
    nbx_layout_plan plan;
    char error[200] = "";
    size_t b;
    ck_assert_msg(nbx_layout_parse(row->text, row->rank, &layout, error, sizeof error), "%s: %s", row->text, error);
    for (b = 0; b < sizeof widths / sizeof widths[0]; b++) {
        int64_t index[NBX_MAX_RANK] = {0};
        uint32_t a;
        ck_assert(nbx_layout_plan_make(&layout, row->rank, row->dims, widths[b], &plan));
        ck_assert_uint_eq(golden_layout_bytes(&layout, row->rank, row->dims, widths[b]), plan.bytes);
        do {
            ck_assert_msg(golden_offset_bits(&layout, row->rank, row->dims, widths[b], index) == nbx_layout_offset_bits(&plan, index),
                          "%s at %u bits", row->text, widths[b]);
            for (a = row->rank; a-- > 0;) {
                if (++index[a] < row->dims[a]) break;
                index[a] = 0;
            }
        } while (a != UINT32_MAX);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("golden codes");
    TCase *cases = tcase_create("codes");
    SRunner *runner;
    int failed, count = 0;
    while (nbx_encoding_at((uint32_t)count))
        count++;
    tcase_add_loop_test(cases, all_codes, 0, count);
    tcase_add_loop_test(cases, midpoints, 0, count);
    tcase_add_loop_test(cases, odd_values, 0, count);
    tcase_add_loop_test(cases, offsets, 0, (int)(sizeof LAYOUTS / sizeof LAYOUTS[0]));
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
