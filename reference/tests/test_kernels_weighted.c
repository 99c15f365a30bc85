/* SPDX-License-Identifier: Apache-2.0 */
/* Conv, ConvTranspose, Gemm and MatMul: the kernels against golden, every geometry under every arithmetic. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/encodings.h"
#include "testing/compare.h"

typedef struct geometry {
    const char *name, *op;
    view_shape x, w;
    int64_t strides[3], dilations[3], pads[6];
    int64_t group, more; /* more: output_padding, transB or flatten */
} geometry;

static const geometry geometries[] = {
    {"pointwise_channel_tail", "Conv", {{1, 5, 4, 6}}, {{11, 5, 1, 1}}, {1, 1}, {1, 1}, {0}, 1, 0},
    {"kernel3_padded", "Conv", {{2, 3, 7, 5}}, {{9, 3, 3, 3}}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {"stride2_pads_one_sided", "Conv", {{1, 4, 9, 8}}, {{6, 4, 3, 3}}, {2, 2}, {1, 1}, {0, 1, 1, 0}, 1, 0},
    {"dilated_kernel_3x2", "Conv", {{1, 2, 9, 9}}, {{3, 2, 3, 2}}, {1, 2}, {2, 3}, {2, 1, 2, 2}, 1, 0},
    {"grouped_uneven_lanes", "Conv", {{1, 6, 5, 5}}, {{9, 2, 3, 3}}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 3, 0},
    {"depthwise_tail", "Conv", {{1, 11, 6, 7}}, {{11, 1, 3, 3}}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 11, 0},
    {"depthwise_stride2_kernel5", "Conv", {{1, 8, 9, 9}}, {{8, 1, 5, 5}}, {2, 2}, {1, 1}, {2, 2, 2, 2}, 8, 0},
    {"depthwise_multiplier2", "Conv", {{1, 5, 4, 4}}, {{10, 1, 3, 3}}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 5, 0},
    {"one_axis", "Conv", {{2, 3, 17}}, {{4, 3, 5}}, {3}, {1}, {2, 1}, 1, 0},
    {"three_axes", "Conv", {{1, 2, 4, 5, 3}}, {{3, 2, 2, 3, 2}}, {1, 2, 1}, {1, 1, 1}, {0, 1, 1, 1, 1, 0}, 1, 0},
    {"more_positions_than_a_tile", "Conv", {{1, 2, 13, 15}}, {{2, 2, 3, 3}}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {"long_sums", "Conv", {{1, 72, 3, 3}}, {{3, 72, 3, 3}}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1, 0},
    {"transpose_stride2", "ConvTranspose", {{1, 4, 4, 5}}, {{4, 3, 3, 3}}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1, 1},
    {"transpose_grouped_crops", "ConvTranspose", {{1, 4, 3, 4}}, {{4, 2, 2, 4}}, {1, 2}, {1, 1}, {1, 3, 0, 2}, 2, 0},
    {"transpose_dilated", "ConvTranspose", {{2, 2, 3, 3}}, {{2, 5, 2, 3}}, {2, 1}, {2, 2}, {0, 1, 1, 0}, 1, 0},
    {"gemm_row", "Gemm", {{1, 37}}, {{37, 10}}, {0}, {0}, {0}, 0, 0},
    {"gemm_rows_transposed", "Gemm", {{5, 19}}, {{13, 19}}, {0}, {0}, {0}, 0, 1},
    {"gemm_flatten", "Gemm", {{2, 3, 2, 4}}, {{9, 24}}, {0}, {0}, {0}, 0, 3},
    {"matmul_constant", "MatMul", {{3, 7, 12}}, {{12, 9}}, {0}, {0}, {0}, 0, 0},
};

enum { NO_BIAS, CODE_BIAS, REAL_BIAS };

typedef struct arithmetic {
    const char *name, *x, *w, *y;
    int bias;
    nbx_arith arith;
    double tolerance;
} arithmetic;

#define INTEGER(mode)                                                                                                                      \
    {                                                                                                                                      \
        .product = NBX_PRODUCT_INTEGER, .bias_at = NBX_BIAS_ACCUMULATOR, .requant = NBX_REQUANT_##mode                                     \
    }
#define WIDTH(mode, bits, overflow)                                                                                                        \
    {                                                                                                                                      \
        .product = NBX_PRODUCT_INTEGER, .bias_at = NBX_BIAS_ACCUMULATOR, .requant = NBX_REQUANT_##mode, .acc_bits = bits,                  \
        .acc_overflow = NBX_OVERFLOW_##overflow                                                                                            \
    }
#define REAL(kind)                                                                                                                         \
    {                                                                                                                                      \
        .product = NBX_PRODUCT_##kind, .bias_at = NBX_BIAS_REAL                                                                            \
    }

static const arithmetic arithmetics[] = {
    {"int8_single_up", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, INTEGER(single_up), 0},
    {"int8_double", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, INTEGER(double), 0},
    {"int8_even_real", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, INTEGER(even_real), 0},
    {"int8_even_f32", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, INTEGER(even_f32), 0},
    {"int8_away_real", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, INTEGER(away_real), 0},
    {"int8_mul16_up", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, INTEGER(mul16_up), 0},
    {"int8_any", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, INTEGER(any), 0},
    {"uint8_single_up", "uint8_asym", "int8_sym", "uint8_asym", NO_BIAS, INTEGER(single_up), 0},
    {"uint8_both_asym", "uint8_asym", "uint8_asym", "uint8_asym", NO_BIAS, INTEGER(even_real), 0},
    {"int8_real_bias",
     "int8_asym",
     "int8_sym_channel",
     "int8_asym",
     REAL_BIAS,
     {.product = NBX_PRODUCT_INTEGER, .bias_at = NBX_BIAS_REAL, .requant = NBX_REQUANT_even_real},
     0},
    {"int4_weights", "int8_asym", "int4_sym_channel", "int8_asym", CODE_BIAS, INTEGER(single_up), 0},
    {"block_weights",
     "int8_asym",
     "int8_sym_block32",
     "int8_asym",
     REAL_BIAS,
     {.product = NBX_PRODUCT_INTEGER, .bias_at = NBX_BIAS_REAL, .requant = NBX_REQUANT_even_real},
     0},
    {"int16_single_up", "int16_sym", "int8_sym_channel", "int16_sym", CODE_BIAS, INTEGER(single_up), 0},
    {"int16_mul16_up", "int16_sym", "int8_sym_channel", "int16_sym", CODE_BIAS, INTEGER(mul16_up), 0},
    {"int16_by_int16", "int16_sym", "int16_sym", "int16_sym", NO_BIAS, INTEGER(even_real), 0},
    {"int8_to_float", "int8_asym", "int8_sym_channel", "fp32", CODE_BIAS, INTEGER(even_real), 0},
    {"int8_wrap16", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, WIDTH(single_up, 16, WRAP), 0},
    {"int8_saturate_end18", "int8_asym", "int8_sym_channel", "int8_asym", CODE_BIAS, WIDTH(single_up, 18, SATURATE_END), 0},
    {"int8_saturate_step16", "int8_asym", "int8_sym_channel", "int8_asym", NO_BIAS, WIDTH(single_up, 16, SATURATE_STEP), 0},
    {"pow2_shift_up", "pow2_int8", "pow2_int8_channel", "pow2_int8", CODE_BIAS, INTEGER(shift_up), 0},
    {"pow2_shift_even", "pow2_int8", "pow2_int8_channel", "pow2_int8", CODE_BIAS, INTEGER(shift_even), 0},
    {"pow2_shift_away", "pow2_int8", "pow2_int8_channel", "pow2_int8", CODE_BIAS, INTEGER(shift_away), 0},
    {"pow2_shift_floor", "pow2_int8", "pow2_int8_channel", "pow2_int8", CODE_BIAS, INTEGER(shift_floor), 0},
    {"pow2_shift_zero", "pow2_int8", "pow2_int8_channel", "pow2_int8", CODE_BIAS, INTEGER(shift_zero), 0},
    {"pow2_real_up",
     "pow2_int8",
     "pow2_int8_channel",
     "pow2_int8",
     REAL_BIAS,
     {.product = NBX_PRODUCT_INTEGER, .bias_at = NBX_BIAS_REAL, .requant = NBX_REQUANT_shift_up},
     0},
    {"pow2_16_by_8", "pow2_int16", "pow2_int8_channel", "pow2_int16", CODE_BIAS, INTEGER(shift_up), 0},
    {"pow2_to_q20_12", "pow2_int8", "pow2_int8", "q20_12", REAL_BIAS, REAL(INTEGER), 0},
    {"log8_expadd", "log8", "log8", "log8", REAL_BIAS, REAL(LOG_EXPADD), 0},
    {"log8_table", "log8", "log8", "log8", REAL_BIAS, REAL(LOG_TABLE), 0},
    {"log8_float", "log8", "log8", "fp32", REAL_BIAS, REAL(LOG_FLOAT), 1e-5},
    {"log8_group_expadd", "log8", "log8_group", "log8", REAL_BIAS, REAL(LOG_EXPADD), 0},
    {"log8_group_table", "log8", "log8_group", "log8", REAL_BIAS, REAL(LOG_TABLE), 0},
    {"log16_expadd", "log16", "log16", "log16", REAL_BIAS, REAL(LOG_EXPADD), 0},
    {"log16_table", "log16", "log16", "log16", NO_BIAS, REAL(LOG_TABLE), 0},
    {"log16_by_log8", "log16", "log8", "log16", REAL_BIAS, REAL(LOG_EXPADD), 0},
    {"log4_expadd", "log4", "log4", "log4", NO_BIAS, REAL(LOG_EXPADD), 0},
    {"log5_by_log6", "log5", "log6", "log8", NO_BIAS, REAL(LOG_EXPADD), 0},
    {"log8_to_q20_12", "log8", "log8", "q20_12", REAL_BIAS, REAL(LOG_EXPADD), 0},
    {"log8_expadd_48_bits",
     "log8",
     "log8",
     "log8",
     REAL_BIAS,
     {.product = NBX_PRODUCT_LOG_EXPADD, .bias_at = NBX_BIAS_REAL, .acc_bits = 34, .acc_overflow = NBX_OVERFLOW_SATURATE_STEP},
     0},
    {"xnor", "binary", "binary_channel", "fp32", REAL_BIAS, REAL(XNOR), 0},
    {"xnor_to_binary", "binary", "binary_channel", "binary", REAL_BIAS, REAL(XNOR), 0},
    {"float", NULL, NULL, NULL, REAL_BIAS, REAL(FLOAT), 1e-5},
    {"float_to_half", NULL, NULL, "fp16", REAL_BIAS, REAL(FLOAT), 0},
    {"half_by_half", "fp16", "fp16", "fp32", NO_BIAS, REAL(FLOAT), 1e-5},
    {"bfloat_by_bfloat", "bf16", "bf16", "fp32", NO_BIAS, REAL(FLOAT), 1e-5},
    {"float_by_int8_weights", NULL, "int8_sym_channel", NULL, NO_BIAS, REAL(FLOAT), 1e-5},
    {"float_by_block_weights", NULL, "int8_sym_block32", NULL, NO_BIAS, REAL(FLOAT), 1e-5},
};

static uint32_t rank_of(const view_shape *shape)
{
    uint32_t rank = 0;
    while (rank < 6 && shape->dims[rank])
        rank++;
    return rank;
}

static view_shape output_shape(const geometry *row)
{
    const uint32_t rank = rank_of(&row->x);
    view_shape y = {{row->x.dims[0]}};
    if (!strcmp(row->op, "Gemm")) {
        y.dims[1] = row->w.dims[row->more & 1 ? 0 : 1];
        return y;
    }
    if (!strcmp(row->op, "MatMul")) {
        y = row->x;
        y.dims[rank - 1] = row->w.dims[1];
        return y;
    }
    y.dims[1] = strcmp(row->op, "Conv") ? row->w.dims[1] * row->group : row->w.dims[0];
    for (uint32_t a = 2; a < rank; a++) {
        const int64_t extent = (row->w.dims[a] - 1) * row->dilations[a - 2] + 1, pads = row->pads[a - 2] + row->pads[a - 2 + rank - 2];
        if (strcmp(row->op, "Conv"))
            y.dims[a] = (row->x.dims[a] - 1) * row->strides[a - 2] + extent - pads + row->more;
        else
            y.dims[a] = (row->x.dims[a] + pads - extent) / row->strides[a - 2] + 1;
    }
    return y;
}

/* Terms of one output. */
static double terms_of(const geometry *row)
{
    const uint32_t rank = rank_of(&row->w);
    double terms = !strcmp(row->op, "ConvTranspose") ? (double)(row->w.dims[0] / row->group) : (double)row->w.dims[1];
    if (rank == 2) return (double)(row->more & 1 ? row->w.dims[1] : row->w.dims[0]);
    for (uint32_t a = 2; a < rank; a++)
        terms *= (double)row->w.dims[a];
    return terms;
}

/* Standard deviation of the codes that test_fill makes, zero point taken out. */
static double code_spread(const nbx_encoding *encoding)
{
    return encoding->kind == NBX_ENC_BINARY ? 1 : ((double)encoding->hi - encoding->lo) / 3.46;
}

/* Parameter set `i` of an operand: role 0 input, 1 weight. Dyadic scales make exact ties. */
static nbx_qparam operand_param(const nbx_encoding *encoding, int role, uint32_t i, bool dyadic)
{
    nbx_qparam param = {.scale = role ? 0.0081 * (1 + 0.37 * (i % 5)) : 0.0173};
    if (dyadic) param.scale = role ? ldexp(1, -7 + (int)(i % 2)) : ldexp(1, -6);
    if (!encoding->symmetric) param.zero_point = encoding->is_signed ? -7 : 121;
    if (encoding->kind == NBX_ENC_POW2) param.exponent = role ? 7 + (int32_t)(i % 3) : 5;
    if (encoding->kind == NBX_ENC_LOG)
        param.exponent = (role ? -(int32_t)encoding->steps / 2 : (int32_t)encoding->steps) - (int32_t)encoding->top + (int32_t)(i % 3);
    return param;
}

/* The output's set: about 2.5 standard deviations of the sum fill its codes. */
static nbx_qparam output_param(const nbx_encoding *y, double spread, bool dyadic)
{
    nbx_qparam param = {.scale = 2.5 * spread / (y->hi ? y->hi : 1)};
    if (dyadic) param.scale = exp2(floor(log2(param.scale)));
    if (!y->symmetric) param.zero_point = y->is_signed ? 3 : 130;
    param.exponent = (int32_t)floor(-log2(param.scale));
    if (y->param_rule == NBX_PARAM_FIXED) param.exponent = y->param_value;
    if (y->kind == NBX_ENC_LOG) param.exponent = (int32_t)floor(y->steps * log2(2.5 * spread)) - (int32_t)y->top;
    return param;
}

static double real_spread(const nbx_encoding *encoding, const nbx_qparam *param)
{
    if (!encoding || encoding->kind == NBX_ENC_FLOAT) return 1;
    if (encoding->kind == NBX_ENC_LOG) return exp2(((double)param->exponent + encoding->top) / encoding->steps) * 0.4;
    return code_spread(encoding) * (encoding->kind == NBX_ENC_POW2 ? ldexp(1, -param->exponent) : param->scale);
}

static uint32_t add_operand(view_builder *builder, const char *name, const geometry *row, int role, bool dyadic, nbx_qparam *first)
{
    const nbx_encoding *encoding = name ? nbx_encoding_find(name) : NULL;
    static nbx_encoding by_column;
    const view_shape *shape = role ? &row->w : &row->x;
    nbx_qparam params[128];
    uint32_t count = 0;
    if (encoding && role && encoding->granularity == NBX_PER_CHANNEL) {
        /* The axis of output channels: 0 of Conv, 1 of ConvTranspose, MatMul and Gemm without transB. */
        by_column = *encoding;
        if (strcmp(row->op, "Conv") && !(row->more & 1 && !strcmp(row->op, "Gemm"))) by_column.axis = 1;
        encoding = &by_column;
    }
    if (encoding && encoding->kind != NBX_ENC_FLOAT) {
        count = nbx_param_count(encoding, rank_of(shape), shape->dims, (uint32_t)(row->group > 0 ? row->group : 1));
        for (uint32_t i = 0; i < count; i++)
            params[i] = operand_param(encoding, role, i, dyadic);
        *first = params[0];
    }
    return view_value(builder, NBX_DTYPE_FLOAT32, *shape, encoding, params, count);
}

static uint32_t add_bias(view_builder *builder, test_random *random, int bias, int64_t outputs, double spread)
{
    const view_shape shape = {{outputs}};
    uint32_t value;
    if (bias == CODE_BIAS) {
        nbx_qparam params[128] = {{0}};
        for (int64_t i = 0; i < outputs; i++)
            params[i].scale = 1; /* the contract is sx * sw[c]; the codes are added as they are */
        value = view_value(builder, NBX_DTYPE_FLOAT32, shape, &nbx_encoding_int32_product, params, (uint32_t)outputs);
        test_constant(random, builder, value);
    } else {
        float data[128];
        for (int64_t i = 0; i < outputs; i++)
            data[i] = (float)(spread * test_random_unit(random));
        value = view_value(builder, NBX_DTYPE_FLOAT32, shape, NULL, NULL, 0);
        view_constant(builder, value, data, (uint64_t)outputs * 4);
    }
    return value;
}

static void set_attrs(view_builder *builder, uint32_t node, const geometry *row)
{
    const uint32_t rank = rank_of(&row->x), spatial = rank - 2;
    if (!strcmp(row->op, "Gemm")) {
        view_int(builder, node, "transB", row->more & 1);
        view_int(builder, node, "flatten", row->more >> 1);
        return;
    }
    if (!strcmp(row->op, "MatMul")) return;
    view_ints(builder, node, "kernel_shape", row->w.dims + 2, spatial);
    view_ints(builder, node, "strides", row->strides, spatial);
    view_ints(builder, node, "dilations", row->dilations, spatial);
    view_ints(builder, node, "pads", row->pads, 2 * spatial);
    view_int(builder, node, "group", row->group);
    if (strcmp(row->op, "Conv")) {
        const int64_t more[3] = {row->more, row->more, row->more};
        view_ints(builder, node, "output_padding", more, spatial);
    }
}

/* Follow-ups of a variant: none, Relu, Clip, or Add of another tensor and Relu. */
enum { ALONE, RELU, CLIP, ADD_RELU, FOLLOWS };

static void add_follows(view_builder *builder, uint32_t made, uint32_t y, int follow, const nbx_arith *arith, const nbx_encoding *encoding,
                        const nbx_qparam *param)
{
    const nbx_value *value = &builder->values[y];
    view_shape shape = {{0}};
    uint32_t inputs[2] = {made, NBX_NONE}, node;
    memcpy(shape.dims, value->dims, value->rank * sizeof value->dims[0]);
    if (follow == RELU || follow == CLIP) {
        node = view_node(builder, follow == RELU ? "Relu" : "Clip", inputs, 1, y);
        if (follow == CLIP) {
            view_float(builder, node, "min", -0.75);
            view_float(builder, node, "max", 1.25);
        }
    } else {
        const uint32_t sum = view_value(builder, NBX_DTYPE_FLOAT32, shape, NULL, NULL, 0);
        const uint32_t other = view_value(builder, NBX_DTYPE_FLOAT32, shape, encoding, param, encoding && encoding->kind != NBX_ENC_FLOAT);
        view_input(builder, other);
        inputs[1] = other;
        view_node(builder, "Add", inputs, 2, sum);
        inputs[0] = sum;
        node = view_node(builder, "Relu", inputs, 1, y);
    }
    view_group(builder, 0, node, arith);
}

static const char *run_case(const geometry *row, const arithmetic *how, int follow, bool dyadic)
{
    static view_builder builder;
    const nbx_encoding *encoding = how->y ? nbx_encoding_find(how->y) : NULL;
    const view_shape shape = output_shape(row);
    nbx_arith arith = how->arith;
    nbx_qparam px = {0}, pw = {0}, py = {0};
    test_random random = {(uint64_t)(row - geometries) * 1000 + (uint64_t)(how - arithmetics)};
    uint32_t inputs[3], made, y, node;
    const char *error;
    double spread;
    arith.struct_size = sizeof arith;
    view_init(&builder);
    inputs[0] = add_operand(&builder, how->x, row, 0, dyadic, &px);
    inputs[1] = add_operand(&builder, how->w, row, 1, dyadic, &pw);
    view_input(&builder, inputs[0]);
    test_constant(&random, &builder, inputs[1]);
    spread =
        sqrt(terms_of(row)) * real_spread(builder.values[inputs[0]].encoding, &px) * real_spread(builder.values[inputs[1]].encoding, &pw);
    inputs[2] = NBX_NONE;
    if (how->bias && strcmp(row->op, "MatMul")) inputs[2] = add_bias(&builder, &random, how->bias, shape.dims[1], spread / 2);
    if (encoding) py = output_param(encoding, spread, dyadic);
    y = view_value(&builder, NBX_DTYPE_FLOAT32, shape, encoding, &py, encoding && encoding->kind != NBX_ENC_FLOAT);
    made = follow == ALONE ? y : view_value(&builder, NBX_DTYPE_FLOAT32, shape, NULL, NULL, 0);
    node = view_node(&builder, row->op, inputs, inputs[2] == NBX_NONE ? 2 : 3, made);
    set_attrs(&builder, node, row);
    view_arith(&builder, node, &arith);
    if (follow != ALONE) add_follows(&builder, made, y, follow, &arith, encoding, &py);
    view_output(&builder, y);
    error = test_compare(&builder, random.state, &(test_tolerance){how->tolerance, 0});
    view_free(&builder);
    return error;
}

/* float16 outputs of float sums may land on the other side of a rounding: one unit in the last place, left to the float rows. */
static bool applies(const geometry *row, const arithmetic *how)
{
    if (!strcmp(how->name, "float_to_half")) return !strcmp(row->name, "gemm_row");
    if (how->w && !strcmp(how->w, "int8_sym_block32"))
        return strcmp(row->op, "ConvTranspose") && strcmp(row->op, "MatMul") && !(!strcmp(row->op, "Gemm") && !(row->more & 1));
    return true;
}

START_TEST(arithmetic_agrees_with_golden)
{
    const arithmetic *how = &arithmetics[_i];
    uint32_t failed = 0;
    for (size_t g = 0; g < sizeof geometries / sizeof geometries[0]; g++)
        for (int follow = ALONE; follow < FOLLOWS; follow++)
            for (int dyadic = 0; dyadic < 2; dyadic++) {
                const char *error = applies(&geometries[g], how) ? run_case(&geometries[g], how, follow, dyadic) : NULL;
                if (!error) continue;
                if (failed++ < 6) fprintf(stderr, "%s %s follow %d dyadic %d: %s\n", how->name, geometries[g].name, follow, dyadic, error);
            }
    ck_assert_msg(!failed, "%s: %u cases differ", how->name, failed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels weighted");
    TCase *tcase = tcase_create("against golden");
    SRunner *runner = srunner_create(suite);
    int failed;
    tcase_add_loop_test(tcase, arithmetic_agrees_with_golden, 0, (int)(sizeof arithmetics / sizeof arithmetics[0]));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
