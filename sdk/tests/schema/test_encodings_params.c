/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters from ranges, which set an element uses, and whole tensors against single codes. */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "schema/encodings.h"

static uint64_t seed = 1;

static double uniform(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(seed >> 11) + 0.5) * 0x1p-53;
}

static double gaussian(void)
{
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

static const struct {
    const char *name;
    const nbx_encoding *encoding;
    double lo, hi;
    double scale;
    int32_t zero_point, exponent;
} ranges[] = {
    {"asymmetric int8 over -1..1.55", &nbx_encoding_int8_asym, -1, 1.55, 0.01, -28, 0},
    {"asymmetric uint8 over 0..2.55", &nbx_encoding_uint8_asym, 0, 2.55, 0.01, 0, 0},
    {"a range above zero is widened to it", &nbx_encoding_uint8_asym, 1, 2.55, 0.01, 0, 0},
    {"a range below zero is widened to it", &nbx_encoding_uint8_asym, -2.55, -1, 0.01, 255, 0},
    {"an empty range has a usable scale", &nbx_encoding_int8_asym, 0, 0, 1.0, -128, 0},
    {"a range below float32 has a usable scale", &nbx_encoding_uint8_asym, 0, 1e-300, (double)FLT_MIN, 0, 0},
    {"a range near the end of double does not overflow", &nbx_encoding_uint8_asym, -1.275e308, 1.275e308, 1e306, 128, 0},
    {"symmetric int8 uses 127", &nbx_encoding_int8_sym, -1.27, 0.5, 0.01, 0, 0},
    {"symmetric int4 uses 7", &nbx_encoding_int4_sym_channel, -0.1, 0.7, 0.1, 0, 0},
    {"symmetric int16 uses 32767", &nbx_encoding_int16_sym, 0, 3.2767, 1e-4, 0, 0},
    {"pow2 of 1", &nbx_encoding_pow2_int8, -1, 1, 1, 0, 6},
    {"pow2 just under 1 that still rounds to 127", &nbx_encoding_pow2_int8, 0, 0.994, 1, 0, 7},
    {"pow2 of 127", &nbx_encoding_pow2_int8, 0, 127, 1, 0, 0},
    {"pow2 of 128 needs another octave", &nbx_encoding_pow2_int8, 0, 128, 1, 0, -1},
    {"pow2 of -128 is measured against hi", &nbx_encoding_pow2_int8, -128, 0, 1, 0, -1},
    {"pow2 of nothing", &nbx_encoding_pow2_int8, 0, 0, 1, 0, 0},
    {"pow2 of next to nothing stops at exp_hi", &nbx_encoding_pow2_int8, 0, 1e-300, 1, 0, 64},
    {"pow2 of too much stops at exp_lo", &nbx_encoding_pow2_int8, 0, 1e300, 1, 0, -64},
    {"a fixed exponent is not chosen", &nbx_encoding_q20_12, -8, 8, 1, 0, 12},
    {"log8 of 1 (M5)", &nbx_encoding_log8, -1, 0.5, 1, 0, -127},
    {"log8 of just below 1 takes the floor", &nbx_encoding_log8, 0, 0.99999994, 1, 0, -128},
    {"log8 of 2", &nbx_encoding_log8, 0, 2, 1, 0, -111},
    {"log8 of nothing (M12)", &nbx_encoding_log8, 0, 0, 1, 0, -446},
    {"log8 of too much saturates (M11)", &nbx_encoding_log8, 0, 1e38, 1, 0, 511},
    {"log8 of next to nothing saturates", &nbx_encoding_log8, 0, 1e-38, 1, 0, -511},
    {"log16 of 1", &nbx_encoding_log16, 0, 1, 1, 0, -1407},
    {"log16 of too much saturates", &nbx_encoding_log16, 0, 1e38, 1, 0, 4095},
    {"binary takes the largest magnitude", &nbx_encoding_binary, -0.25, 0.125, 0.25, 0, 0},
    {"a float has none", &nbx_encoding_fp16, -3, 3, 1, 0, 0},
};

START_TEST(a_range_gives_parameters)
{
    nbx_qparam param;
    ck_assert(nbx_param_from_range(ranges[_i].encoding, ranges[_i].lo, ranges[_i].hi, &param));
    ck_assert_msg(fabs(param.scale - ranges[_i].scale) <= 1e-12 * ranges[_i].scale, "%s: scale %g", ranges[_i].name, param.scale);
    ck_assert_msg(param.zero_point == ranges[_i].zero_point, "%s: zero point %d", ranges[_i].name, param.zero_point);
    ck_assert_msg(param.exponent == ranges[_i].exponent, "%s: exponent %d", ranges[_i].name, param.exponent);
}
END_TEST

START_TEST(a_range_that_is_none_is_refused)
{
    static const double bad[][2] = {{0, HUGE_VAL}, {-HUGE_VAL, 0}, {(double)NAN, 1}, {0, (double)NAN}, {2, 1}};
    nbx_qparam param;
    ck_assert(!nbx_param_from_range(&nbx_encoding_log8, bad[_i][0], bad[_i][1], &param));
    ck_assert(!nbx_param_from_range(&nbx_encoding_int8_asym, bad[_i][0], bad[_i][1], &param));
}
END_TEST

/* What is observed must be representable: no value of the range is further than half a step from its code. */
START_TEST(a_range_is_covered)
{
    static const nbx_encoding *const encodings[] = {&nbx_encoding_int8_asym, &nbx_encoding_uint8_asym, &nbx_encoding_int8_sym,
                                                    &nbx_encoding_int16_sym, &nbx_encoding_pow2_int8,  &nbx_encoding_pow2_int16};
    const nbx_encoding *e = encodings[_i];
    for (int round = 0; round < 2000; round++) {
        double a = gaussian() * exp2(40 * uniform() - 20), b = gaussian() * exp2(40 * uniform() - 20);
        nbx_qparam param;
        ck_assert(nbx_param_from_range(e, fmin(a, b), fmax(a, b), &param));
        double step = e->kind == NBX_ENC_POW2 ? ldexp(1, -param.exponent) : param.scale, lo, hi;
        nbx_param_range(e, &param, &lo, &hi);
        ck_assert(lo <= 0 && hi >= 0);
        double error_a = fabs(nbx_decode(e, &param, nbx_encode(e, &param, a)) - a);
        double error_b = fabs(nbx_decode(e, &param, nbx_encode(e, &param, b)) - b);
        ck_assert_msg(fmax(error_a, error_b) <= step * 0.500001 + (e->symmetric ? 0 : step * 0.5), "%s: %g %g", e->name, a, b);
        ck_assert(nbx_decode(e, &param, nbx_encode(e, &param, 0)) == 0);
    }
}
END_TEST

static const struct {
    const char *name;
    const nbx_encoding *encoding;
    uint32_t rank;
    int64_t dims[4];
    uint32_t conv_groups, count;
} tensors[] = {
    {"per tensor", &nbx_encoding_int8_asym, 4, {2, 3, 5, 7}, 1, 1},
    {"per tensor, big enough for a table", &nbx_encoding_log8, 4, {1, 8, 31, 33}, 1, 1},
    {"per tensor, 16 bits", &nbx_encoding_log16, 3, {3, 17, 29}, 1, 1},
    {"per channel", &nbx_encoding_int8_sym_channel, 4, {6, 3, 3, 3}, 1, 6},
    {"per channel, long rows", &nbx_encoding_int8_sym_channel, 2, {3, 1500}, 1, 3},
    {"per channel in four bits, rows that straddle bytes", &nbx_encoding_int4_sym_channel, 3, {5, 3, 3}, 1, 5},
    {"per block of 32 along axis 1", &nbx_encoding_int8_sym_block32, 4, {4, 70, 2, 3}, 1, 3},
    {"per convolution group", &nbx_encoding_log8_group, 4, {12, 2, 3, 3}, 4, 4},
    {"one convolution group", &nbx_encoding_log16_group, 4, {12, 2, 3, 3}, 1, 1},
    {"more groups than channels", &nbx_encoding_log8_group, 2, {3, 5}, 9, 3},
    {"binary per channel", &nbx_encoding_binary_channel, 3, {3, 5, 7}, 1, 3},
    {"a scalar has one set", &nbx_encoding_int8_sym_channel, 0, {0}, 1, 1},
    {"power of two per channel", &nbx_encoding_pow2_int8_channel, 2, {5, 9}, 1, 5},
    {"half precision", &nbx_encoding_fp16, 2, {5, 9}, 1, 1},
    {"four bit powers of two", &nbx_encoding_log4, 2, {5, 9}, 1, 1},
    {"int32", &nbx_encoding_int32_product, 1, {9}, 1, 9},
};

START_TEST(a_tensor_is_its_codes)
{
    const nbx_encoding *e = tensors[_i].encoding;
    uint32_t rank = tensors[_i].rank, groups = tensors[_i].conv_groups;
    const int64_t *dims = tensors[_i].dims;
    uint32_t sets = nbx_param_count(e, rank, dims, groups);
    ck_assert_msg(sets == tensors[_i].count, "%s: %u sets", tensors[_i].name, sets);
    uint64_t count = 1, bytes = 0;
    for (uint32_t a = 0; a < rank; a++)
        count *= (uint64_t)dims[a];
    ck_assert(nbx_codes_bytes(e, count, &bytes));
    nbx_qparam params[16];
    for (uint32_t s = 0; s < sets; s++)
        ck_assert(nbx_param_from_range(e, -1 - (double)s, 1.5 + (double)s, &params[s]));
    float *values = malloc(count * sizeof *values), *back = malloc(count * sizeof *back);
    uint8_t *codes = calloc(bytes, 1);
    ck_assert(values && back && codes);
    for (uint64_t i = 0; i < count; i++)
        values[i] = (float)(i % 97 == 96 ? 0 : i % 101 == 100 ? (double)NAN : gaussian() * 2);
    nbx_encode_tensor(e, params, rank, dims, groups, values, codes);
    nbx_decode_tensor(e, params, rank, dims, groups, codes, back);
    for (uint64_t i = 0; i < count; i++) {
        const nbx_qparam *param = &params[nbx_param_index(e, rank, dims, groups, i)];
        int32_t code = nbx_encode(e, param, (double)values[i]);
        ck_assert_msg(nbx_code_get(e, codes, i) == code, "%s: element %d", tensors[_i].name, (int)i);
        float want = nbx_decode_f32(e, param, code);
        ck_assert_msg(memcmp(&want, &back[i], sizeof want) == 0, "%s: element %d decodes", tensors[_i].name, (int)i);
    }
    free(values);
    free(back);
    free(codes);
}
END_TEST

/* Signal to quantization noise over 100,000 samples; research note hisilicon, M16 and M17 and section B.1. */
static const struct {
    const nbx_encoding *encoding;
    bool laplace;
    double want_db;
} noise[] = {
    {&nbx_encoding_log8, false, 38.0},     {&nbx_encoding_log8, true, 37.9},  {&nbx_encoding_log16, false, 56.1},
    {&nbx_encoding_log16, true, 56.1},     {&nbx_encoding_log6, false, 26.0}, {&nbx_encoding_log5, false, 19.9},
    {&nbx_encoding_int8_sym, false, 40.0},
};

START_TEST(noise_is_as_measured)
{
    enum { COUNT = 100000 };
    seed = 20240;
    float *values = malloc(COUNT * sizeof *values), *back = malloc(COUNT * sizeof *back);
    void *codes = malloc(COUNT * 2);
    ck_assert(values && back && codes);
    double largest = 0;
    for (int i = 0; i < COUNT; i++) {
        double u = uniform() - 0.5;
        values[i] = (float)(noise[_i].laplace ? (u < 0 ? 1 : -1) * log(1 - 2 * fabs(u)) : gaussian());
        largest = fmax(largest, fabs((double)values[i]));
    }
    nbx_qparam param;
    int64_t dims[1] = {COUNT};
    ck_assert(nbx_param_from_range(noise[_i].encoding, -largest, largest, &param));
    nbx_encode_tensor(noise[_i].encoding, &param, 1, dims, 1, values, codes);
    nbx_decode_tensor(noise[_i].encoding, &param, 1, dims, 1, codes, back);
    double signal = 0, error = 0;
    for (int i = 0; i < COUNT; i++) {
        signal += (double)values[i] * (double)values[i];
        error += ((double)values[i] - (double)back[i]) * ((double)values[i] - (double)back[i]);
    }
    double db = 10 * log10(signal / error);
    ck_assert_msg(fabs(db - noise[_i].want_db) <= 0.5, "%s: %.2f dB instead of %.2f", noise[_i].encoding->name, db, noise[_i].want_db);
    free(values);
    free(back);
    free(codes);
}
END_TEST

START_TEST(a_size_that_overflows_is_refused)
{
    uint64_t bytes = 0;
    ck_assert(!nbx_codes_bytes(&nbx_encoding_log16, UINT64_MAX / 2 + 1, &bytes));
    ck_assert(nbx_codes_bytes(&nbx_encoding_binary, UINT64_MAX, &bytes));
    ck_assert(bytes == UINT64_C(1) << 61);
    ck_assert(nbx_codes_bytes(&nbx_encoding_int4_sym_channel, 5, &bytes));
    ck_assert_uint_eq(bytes, 3);
}
END_TEST

#define ROWS(array) (int)(sizeof(array) / sizeof(array)[0])

int main(void)
{
    Suite *suite = suite_create("encoding parameters");
    TCase *params = tcase_create("parameters");
    tcase_add_loop_test(params, a_range_gives_parameters, 0, ROWS(ranges));
    tcase_add_loop_test(params, a_range_that_is_none_is_refused, 0, 5);
    tcase_add_loop_test(params, a_range_is_covered, 0, 6);
    tcase_add_loop_test(params, a_tensor_is_its_codes, 0, ROWS(tensors));
    tcase_add_loop_test(params, noise_is_as_measured, 0, ROWS(noise));
    tcase_add_test(params, a_size_that_overflows_is_refused);
    suite_add_tcase(suite, params);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
