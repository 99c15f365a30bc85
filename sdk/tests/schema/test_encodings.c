/* SPDX-License-Identifier: Apache-2.0 */
/* Every code of every row of encodings.def, and the vendor's own vectors; parameters are tested in test_encodings_params.c. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "schema/encodings.h"

/* A parameter set under which every code of the row has a value of its own. */
static nbx_qparam exact_param(const nbx_encoding *encoding)
{
    nbx_qparam param = {0.0371, 0, 0};
    if (encoding->kind == NBX_ENC_AFFINE && !encoding->symmetric) param.zero_point = encoding->lo + 100;
    if (encoding->kind == NBX_ENC_POW2) param.exponent = encoding->param_rule == NBX_PARAM_FIXED ? encoding->param_value : 5;
    if (encoding->kind == NBX_ENC_LOG) param.exponent = -(int32_t)encoding->top;
    return param;
}

/* Legal container bits of the row, by position; 32 bit codes are sampled with a stride that is coprime to the range. */
static bool nth_code(const nbx_encoding *encoding, uint64_t n, int32_t *code)
{
    if (encoding->kind == NBX_ENC_LOG) {
        if (n > 2 * encoding->top + 1) return false;
        int32_t sign = (int32_t)(1u << (encoding->code_bits - 1));
        *code = n <= encoding->top ? (int32_t)n : sign | (int32_t)(n - encoding->top - 1);
        return true;
    }
    if (encoding->kind == NBX_ENC_BINARY || encoding->kind == NBX_ENC_FLOAT) {
        uint64_t step = encoding->code_bits == 32 ? 40503 : 1;
        *code = (int32_t)(uint32_t)(n * step);
        return n * step < (UINT64_C(1) << encoding->code_bits);
    }
    uint64_t step = encoding->code_bits == 32 ? 40503 : 1;
    *code = (int32_t)(encoding->lo + (int64_t)(n * step));
    return encoding->lo + (int64_t)(n * step) <= encoding->hi;
}

START_TEST(decode_then_encode_is_identity)
{
    const nbx_encoding *encoding = nbx_encoding_at((uint32_t)_i);
    nbx_qparam param = exact_param(encoding);
    int32_t code;
    for (uint64_t n = 0; nth_code(encoding, n, &code); n++) {
        double value = nbx_decode(encoding, &param, code);
        int32_t back = nbx_encode(encoding, &param, value);
        if (value != value) {
            /* documented: a NaN stays a NaN, quiet */
            ck_assert_msg(isnan(nbx_decode(encoding, &param, back)), "%s code %d", encoding->name, code);
            continue;
        }
        ck_assert_msg(back == code, "%s: code %d decodes to %.9g and encodes to %d", encoding->name, code, value, back);
    }
}
END_TEST

START_TEST(codes_survive_their_container)
{
    const nbx_encoding *encoding = nbx_encoding_at((uint32_t)_i);
    uint8_t packed[2050 * 4];
    int32_t code;
    uint64_t count = 0, bytes = 0;
    for (; count < 2050 && nth_code(encoding, count, &code); count++)
        nbx_code_set(encoding, packed, count, code);
    ck_assert(nbx_codes_bytes(encoding, count, &bytes));
    ck_assert_uint_le(bytes, sizeof packed);
    for (uint64_t i = 0; i < count; i++) {
        nth_code(encoding, i, &code);
        ck_assert_msg(nbx_code_get(encoding, packed, i) == code, "%s: code %d at %d", encoding->name, code, (int)i);
    }
}
END_TEST

START_TEST(a_nan_has_a_code)
{
    const nbx_encoding *encoding = nbx_encoding_at((uint32_t)_i);
    nbx_qparam param = exact_param(encoding);
    int32_t code = nbx_encode(encoding, &param, (double)NAN);
    if (encoding->kind == NBX_ENC_FLOAT)
        ck_assert(isnan(nbx_decode(encoding, &param, code)));
    else if (encoding->kind == NBX_ENC_AFFINE)
        ck_assert_int_eq(code, param.zero_point);
    else
        ck_assert_int_eq(code, encoding->zero_code);
}
END_TEST

START_TEST(a_row_is_found_by_its_name)
{
    const nbx_encoding *encoding = nbx_encoding_at((uint32_t)_i);
    ck_assert_ptr_eq(nbx_encoding_find(encoding->name), encoding);
    ck_assert(nbx_encoding_same(encoding, encoding));
}
END_TEST

START_TEST(granularity_does_not_change_the_codes)
{
    ck_assert(nbx_encoding_same(&nbx_encoding_log8, &nbx_encoding_log8_group));
    ck_assert(nbx_encoding_same(&nbx_encoding_int8_sym, &nbx_encoding_int8_sym_block32));
    ck_assert(!nbx_encoding_same(&nbx_encoding_int8_asym, &nbx_encoding_uint8_asym));
    ck_assert(!nbx_encoding_same(&nbx_encoding_log5, &nbx_encoding_log6));
    ck_assert(!nbx_encoding_same(&nbx_encoding_fp16, &nbx_encoding_bf16));
    ck_assert_ptr_null(nbx_encoding_find("int9"));
    ck_assert_ptr_null(nbx_encoding_at(100000));
}
END_TEST

/* Measured on HiSilicon's own quantizer, research note hisilicon A.1, tensor maximum 1.0. `zero`: the zero code. */
static const struct {
    const nbx_encoding *encoding;
    const char *value;
    int32_t code;
    const char *decoded;
} vendor_vectors[] = {
    {&nbx_encoding_log8, "0.75", 120, "0.738413095"},
    {&nbx_encoding_log8, "0.3", 99, "0.297301769"},
    {&nbx_encoding_log8, "0.1", 74, "0.100655645"},
    {&nbx_encoding_log8, "0.01", 21, "0.0101315593"},
    {&nbx_encoding_log8, "0.0045", 2, "0.00444839289"},
    {&nbx_encoding_log8, "0.0025", 0, "0.00407919427"},
    {&nbx_encoding_log8, "0.00204", 0, "0.00407919427"},
    {&nbx_encoding_log8, "0.002", 0x80, "0"},
    {&nbx_encoding_log8, "-0.0043", 0x81, "-0.00425979588"},
    {&nbx_encoding_log8, "-0.0022", 0x81, "-0.00425979588"},
    {&nbx_encoding_log8, "-0.0021", 0x80, "0"},
    {&nbx_encoding_log16, "0.75", 1354, "0.750507057"},
    {&nbx_encoding_log16, "0.3", 1185, "0.300539196"},
    {&nbx_encoding_log16, "0.01", 557, "0.0100224223"},
    {&nbx_encoding_log16, "0.002", 259, "0.00199589296"},
    {&nbx_encoding_log16, "-0.0022", 0x8000 | 277, "-0.00220023748"},
};

START_TEST(the_vendors_vectors_come_out)
{
    const nbx_encoding *encoding = vendor_vectors[_i].encoding;
    nbx_qparam param;
    ck_assert(nbx_param_from_range(encoding, -1, 1, &param));
    ck_assert_int_eq(param.exponent, -(int32_t)encoding->top);
    int32_t code = nbx_encode(encoding, &param, (double)strtof(vendor_vectors[_i].value, NULL));
    ck_assert_int_eq(code, vendor_vectors[_i].code);
    float want = strtof(vendor_vectors[_i].decoded, NULL), got = nbx_decode_f32(encoding, &param, code);
    ck_assert_msg(got == want, "%s: %.9g instead of %.9g", vendor_vectors[_i].value, (double)got, (double)want);
}
END_TEST

/* Rules M7 to M9 at their edges: z = -16, so the smallest positive is 2^-1 and the thresholds are powers of two. */
static const struct {
    const char *name;
    double value;
    int32_t code;
} log8_edges[] = {
    {"a positive value at half the smallest is zero (M8)", 0x1p-2, 0x80},
    {"a positive value just above half is the smallest", 0x1.000002p-2, 0},
    {"a positive value at the smallest is index 0", 0x1p-1, 0},
    {"a negative value at half the smallest is zero", -0x1p-2, 0x80},
    {"a negative value just below the threshold of M9 is zero", -0.26106, 0x80},
    {"a negative value just above the threshold of M9 is index 1", -0.26107, 0x81},
    {"values beyond the top clamp (M7)", 1e30, 127},
    {"negative values beyond the top clamp", -1e30, 0xff},
    {"positive infinity clamps", HUGE_VAL, 127},
    {"zero is the zero code", 0.0, 0x80},
    {"negative zero is the zero code", -0.0, 0x80},
    {"a value that float32 cannot hold is rounded to it first", 0x1.0000001p-2, 0x80},
};

START_TEST(log_edges)
{
    nbx_qparam param = {0, 0, -16};
    ck_assert_msg(nbx_encode(&nbx_encoding_log8, &param, log8_edges[_i].value) == log8_edges[_i].code, "%s", log8_edges[_i].name);
}
END_TEST

/* An exact threshold of M9: z = -129 makes it 2^-9 ... (z + 1 - S) / S = -9. */
START_TEST(an_exact_negative_threshold_is_zero)
{
    nbx_qparam param = {0, 0, -129};
    ck_assert_int_eq(nbx_encode(&nbx_encoding_log8, &param, -0x1p-9), 0x80);
    ck_assert_int_eq(nbx_encode(&nbx_encoding_log8, &param, -0x1.000002p-9), 0x81);
}
END_TEST

/* Between neighbours of the log scale: the float next to the midpoint goes to the right side. */
START_TEST(log_midpoints)
{
    static const nbx_encoding *const encodings[] = {&nbx_encoding_log8, &nbx_encoding_log16, &nbx_encoding_log4, &nbx_encoding_log5,
                                                    &nbx_encoding_log6};
    const nbx_encoding *e = encodings[_i];
    nbx_qparam param = {0, 0, -(int32_t)e->top / 2};
    int32_t sign = (int32_t)(1u << (e->code_bits - 1));
    for (int32_t i = 0; i < (int32_t)e->top; i++) {
        float middle = (float)exp2((i + 0.5 + param.exponent) / e->steps);
        ck_assert_int_eq(nbx_encode(e, &param, (double)nextafterf(middle, 0)), i);
        ck_assert_int_eq(nbx_encode(e, &param, (double)nextafterf(middle, INFINITY)), i + 1);
        if (i == 0) continue; /* index 0 with the sign is zero */
        ck_assert_int_eq(nbx_encode(e, &param, -(double)nextafterf(middle, 0)), sign | i);
        ck_assert_int_eq(nbx_encode(e, &param, -(double)nextafterf(middle, INFINITY)), sign | (i + 1));
    }
}
END_TEST

/* Midpoints of linear codes are exact under a scale of 2^-2: ties go to the even code before the zero point is added. */
START_TEST(linear_midpoints)
{
    static const nbx_encoding *const encodings[] = {&nbx_encoding_int8_asym,        &nbx_encoding_uint8_asym, &nbx_encoding_int8_sym,
                                                    &nbx_encoding_int4_sym_channel, &nbx_encoding_int16_sym,  &nbx_encoding_pow2_int8,
                                                    &nbx_encoding_pow2_int16};
    const nbx_encoding *e = encodings[_i];
    nbx_qparam param = {0.25, 0, 2};
    if (!e->symmetric) param.zero_point = e->lo + 101;
    for (int32_t code = e->lo; code < e->hi; code++) {
        int32_t steps = code - param.zero_point, even = steps % 2 == 0 ? code : code + 1;
        double middle = (steps + 0.5) * 0.25;
        ck_assert_int_eq(nbx_encode(e, &param, middle), even);
        ck_assert_int_eq(nbx_encode(e, &param, nextafter(middle, -HUGE_VAL)), code);
        ck_assert_int_eq(nbx_encode(e, &param, nextafter(middle, HUGE_VAL)), code + 1);
    }
    ck_assert_int_eq(nbx_encode(e, &param, HUGE_VAL), e->hi);
    ck_assert_int_eq(nbx_encode(e, &param, -HUGE_VAL), e->lo);
    ck_assert_int_eq(nbx_encode(e, &param, 1e300), e->hi);
}
END_TEST

START_TEST(half_midpoints)
{
    for (uint32_t h = 0; h < 0x7bff; h++) {
        float lo = nbx_half_to_float((uint16_t)h), hi = nbx_half_to_float((uint16_t)(h + 1)), middle = (lo + hi) / 2;
        uint32_t even = h & 1 ? h + 1 : h;
        ck_assert_uint_eq(nbx_half_from_float(middle), even);
        ck_assert_uint_eq(nbx_half_from_float(-middle), even | 0x8000);
        ck_assert_uint_eq(nbx_half_from_float(nextafterf(middle, 0)), h);
        ck_assert_uint_eq(nbx_half_from_float(nextafterf(middle, INFINITY)), h + 1);
    }
}
END_TEST

START_TEST(bf16_midpoints)
{
    for (uint32_t b = 0; b < 0x7f7f; b++) {
        double middle = ((double)nbx_bf16_to_float((uint16_t)b) + (double)nbx_bf16_to_float((uint16_t)(b + 1))) / 2;
        uint32_t even = b & 1 ? b + 1 : b;
        ck_assert_uint_eq(nbx_bf16_from_float((float)middle), even);
        ck_assert_uint_eq(nbx_bf16_from_float(nextafterf((float)middle, 0)), b);
        ck_assert_uint_eq(nbx_bf16_from_float(nextafterf((float)middle, INFINITY)), b + 1);
    }
}
END_TEST

static const struct {
    const char *name;
    float value;
    uint16_t half, bf16;
} float_edges[] = {
    {"one", 1.0f, 0x3c00, 0x3f80},
    {"negative zero", -0.0f, 0x8000, 0x8000},
    {"largest half", 65504.0f, 0x7bff, 0x4780},
    {"just below the tie to infinity", 65519.996f, 0x7bff, 0x4780},
    {"the tie to infinity", 65520.0f, 0x7c00, 0x4780},
    {"infinity", INFINITY, 0x7c00, 0x7f80},
    {"negative infinity", -INFINITY, 0xfc00, 0xff80},
    {"smallest half subnormal", 0x1p-24f, 0x0001, 0x3380},
    {"half of it ties to zero", 0x1p-25f, 0x0000, 0x3300},
    {"just above half of it", 0x1.000002p-25f, 0x0001, 0x3300},
    {"a float subnormal", 0x1p-149f, 0x0000, 0x0000},
    {"a NaN is the quiet one", NAN, 0x7e00, 0x7fc0},
    {"largest float rounds to infinity in bf16", 0x1.fffffep127f, 0x7c00, 0x7f80},
};

START_TEST(float_edge_values)
{
    ck_assert_msg(nbx_half_from_float(float_edges[_i].value) == float_edges[_i].half, "half of %s", float_edges[_i].name);
    ck_assert_msg(nbx_bf16_from_float(float_edges[_i].value) == float_edges[_i].bf16, "bf16 of %s", float_edges[_i].name);
}
END_TEST

#define ROWS(array) (int)(sizeof(array) / sizeof(array)[0])

int main(void)
{
    int rows = 0;
    while (nbx_encoding_at((uint32_t)rows))
        rows++;
    Suite *suite = suite_create("encodings");
    TCase *codes = tcase_create("codes");
    tcase_add_loop_test(codes, decode_then_encode_is_identity, 0, rows);
    tcase_add_loop_test(codes, codes_survive_their_container, 0, rows);
    tcase_add_loop_test(codes, a_nan_has_a_code, 0, rows);
    tcase_add_loop_test(codes, a_row_is_found_by_its_name, 0, rows);
    tcase_add_test(codes, granularity_does_not_change_the_codes);
    tcase_add_loop_test(codes, the_vendors_vectors_come_out, 0, ROWS(vendor_vectors));
    tcase_add_loop_test(codes, log_edges, 0, ROWS(log8_edges));
    tcase_add_test(codes, an_exact_negative_threshold_is_zero);
    tcase_add_loop_test(codes, log_midpoints, 0, 5);
    tcase_add_loop_test(codes, linear_midpoints, 0, 7);
    tcase_add_test(codes, half_midpoints);
    tcase_add_test(codes, bf16_midpoints);
    tcase_add_loop_test(codes, float_edge_values, 0, ROWS(float_edges));
    suite_add_tcase(suite, codes);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
