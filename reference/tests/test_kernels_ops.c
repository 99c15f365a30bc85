/* SPDX-License-Identifier: Apache-2.0 */
/* Everything but products: the kernels against golden, each op under each way of holding its values. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nbx/kernels.h>

#include "schema/encodings.h"
#include "testing/compare.h"

/* One attribute: 'i' scalar, 'l' list, 'f' float, 'F' list of floats (in tenths), 's' text. */
typedef struct attribute {
    char kind;
    const char *name;
    int64_t values[8];
    uint32_t count;
    const char *text;
} attribute;

typedef struct row {
    const char *name, *op;
    view_shape inputs[3];
    uint32_t input_count;
    view_shape output;
    attribute attributes[6];
} row;

#define X                                                                                                                                  \
    {                                                                                                                                      \
        {                                                                                                                                  \
            2, 3, 5, 6                                                                                                                     \
        }                                                                                                                                  \
    }
#define LIST4(a, b, c, d) {a, b, c, d}, 4, NULL

static const row rows[] = {
    {"max_pool_padded",
     "MaxPool",
     {X},
     1,
     {{2, 3, 3, 4}},
     {{'l', "kernel_shape", {3, 2}, 2, NULL},
      {'l', "strides", {2, 2}, 2, NULL},
      {'l', "dilations", {1, 1}, 2, NULL},
      {'l', "pads", LIST4(1, 1, 1, 1)}}},
    {"max_pool_dilated",
     "MaxPool",
     {X},
     1,
     {{2, 3, 1, 4}},
     {{'l', "kernel_shape", {3, 2}, 2, NULL},
      {'l', "strides", {1, 1}, 2, NULL},
      {'l', "dilations", {2, 2}, 2, NULL},
      {'l', "pads", LIST4(0, 0, 0, 0)}}},
    {"max_pool_ceil",
     "MaxPool",
     {X},
     1,
     {{2, 3, 3, 3}},
     {{'l', "kernel_shape", {2, 2}, 2, NULL},
      {'l', "strides", {2, 2}, 2, NULL},
      {'l', "dilations", {1, 1}, 2, NULL},
      {'l', "pads", LIST4(0, 0, 0, 0)},
      {'i', "ceil_mode", {1}, 1, NULL}}},
    {"average_pool_excludes_pads",
     "AveragePool",
     {X},
     1,
     {{2, 3, 3, 4}},
     {{'l', "kernel_shape", {3, 2}, 2, NULL},
      {'l', "strides", {2, 2}, 2, NULL},
      {'l', "dilations", {1, 1}, 2, NULL},
      {'l', "pads", LIST4(1, 1, 1, 1)}}},
    {"average_pool_counts_pads",
     "AveragePool",
     {X},
     1,
     {{2, 3, 3, 4}},
     {{'l', "kernel_shape", {3, 2}, 2, NULL},
      {'l', "strides", {2, 2}, 2, NULL},
      {'l', "dilations", {1, 1}, 2, NULL},
      {'l', "pads", LIST4(1, 1, 1, 1)},
      {'i', "count_include_pad", {1}, 1, NULL}}},
    {"average_pool_ceil_counts_pads",
     "AveragePool",
     {X},
     1,
     {{2, 3, 3, 3}},
     {{'l', "kernel_shape", {3, 3}, 2, NULL},
      {'l', "strides", {2, 2}, 2, NULL},
      {'l', "dilations", {1, 1}, 2, NULL},
      {'l', "pads", LIST4(1, 0, 0, 0)},
      {'i', "count_include_pad", {1}, 1, NULL},
      {'i', "ceil_mode", {1}, 1, NULL}}},
    {"global_average_pool", "GlobalAveragePool", {X}, 1, {{2, 3, 1, 1}}, {{0}}},
    {"global_max_pool", "GlobalMaxPool", {X}, 1, {{2, 3, 1, 1}}, {{0}}},
    {"relu", "Relu", {X}, 1, X, {{0}}},
    {"lrn", "LRN", {{{1, 7, 3, 3}}}, 1, {{1, 7, 3, 3}}, {{'i', "size", {4}, 1, NULL}, {'f', "alpha", {3}, 1, NULL}}},
    {"add_same", "Add", {X, X}, 2, X, {{0}}},
    {"add_broadcast_channels", "Add", {X, {{3, 1, 1}}}, 2, X, {{0}}},
    {"sub_broadcast_both", "Sub", {{{2, 1, 5, 1}}, {{3, 1, 6}}}, 2, X, {{0}}},
    {"mul_squeeze_excite", "Mul", {X, {{2, 3, 1, 1}}}, 2, X, {{0}}},
    {"div_by_positive", "Div", {X, X}, 2, X, {{0}}},
    {"min_of_three", "Min", {X, X, {{6}}}, 3, X, {{0}}},
    {"max_of_two", "Max", {X, X}, 2, X, {{0}}},
    {"prelu", "PRelu", {X, {{3, 1, 1}}}, 2, X, {{0}}},
    {"leaky_relu", "LeakyRelu", {X}, 1, X, {{'f', "alpha", {1}, 1, NULL}}},
    {"elu", "Elu", {X}, 1, X, {{0}}},
    {"selu", "Selu", {X}, 1, X, {{0}}},
    {"sigmoid", "Sigmoid", {X}, 1, X, {{0}}},
    {"tanh", "Tanh", {X}, 1, X, {{0}}},
    {"hard_sigmoid", "HardSigmoid", {X}, 1, X, {{0}}},
    {"hard_swish", "HardSwish", {X}, 1, X, {{0}}},
    {"swish", "Swish", {X}, 1, X, {{0}}},
    {"gelu", "Gelu", {X}, 1, X, {{0}}},
    {"gelu_tanh", "Gelu", {X}, 1, X, {{'s', "approximate", {0}, 0, "tanh"}}},
    {"mish", "Mish", {X}, 1, X, {{0}}},
    {"clip", "Clip", {X}, 1, X, {{'f', "min", {-5}, 1, NULL}, {'f', "max", {9}, 1, NULL}}},
    {"softplus", "Softplus", {X}, 1, X, {{0}}},
    {"erf", "Erf", {X}, 1, X, {{0}}},
    {"exp", "Exp", {X}, 1, X, {{0}}},
    {"abs", "Abs", {X}, 1, X, {{0}}},
    {"neg", "Neg", {X}, 1, X, {{0}}},
    {"floor", "Floor", {X}, 1, X, {{0}}},
    {"ceil", "Ceil", {X}, 1, X, {{0}}},
    {"round", "Round", {X}, 1, X, {{0}}},
    {"sign", "Sign", {X}, 1, X, {{0}}},
    {"softmax_channels", "Softmax", {X}, 1, X, {{'i', "axis", {1}, 1, NULL}}},
    {"log_softmax_last", "LogSoftmax", {X}, 1, X, {{'i', "axis", {3}, 1, NULL}}},
    {"concat", "Concat", {X, {{2, 4, 5, 6}}}, 2, {{2, 7, 5, 6}}, {{'i', "axis", {1}, 1, NULL}}},
    {"slice_steps",
     "Slice",
     {X},
     1,
     {{2, 2, 3, 6}},
     {{'l', "starts", {0, 4}, 2, NULL}, {'l', "ends", {2, -6}, 2, NULL}, {'l', "axes", {1, 2}, 2, NULL}, {'l', "steps", {1, -2}, 2, NULL}}},
    {"transpose", "Transpose", {X}, 1, {{2, 5, 6, 3}}, {{'l', "perm", LIST4(0, 2, 3, 1)}}},
    {"reshape", "Reshape", {X}, 1, {{6, 30}}, {{'l', "shape", {6, 30}, 2, NULL}}},
    {"flatten", "Flatten", {X}, 1, {{2, 90}}, {{0}}},
    {"identity", "Identity", {X}, 1, X, {{0}}},
    {"expand", "Expand", {{{3, 1, 6}}}, 1, X, {{'l', "shape", LIST4(2, 3, 5, 6)}}},
    {"tile", "Tile", {{{2, 3}}}, 1, {{4, 9}}, {{'l', "repeats", {2, 3}, 2, NULL}}},
    {"pad_constant", "Pad", {X}, 1, {{2, 3, 8, 7}}, {{'l', "pads", {0, 0, 1, 2, 0, 0, 2, -1}, 8, NULL}, {'f', "value", {3}, 1, NULL}}},
    {"pad_reflect", "Pad", {X}, 1, {{2, 3, 8, 7}}, {{'l', "pads", {0, 0, 1, 0, 0, 0, 2, 1}, 8, NULL}, {'s', "mode", {0}, 0, "reflect"}}},
    {"pad_edge", "Pad", {X}, 1, {{2, 3, 8, 7}}, {{'l', "pads", {0, 0, 1, 0, 0, 0, 2, 1}, 8, NULL}, {'s', "mode", {0}, 0, "edge"}}},
    {"pad_wrap", "Pad", {X}, 1, {{2, 3, 8, 7}}, {{'l', "pads", {0, 0, 1, 0, 0, 0, 2, 1}, 8, NULL}, {'s', "mode", {0}, 0, "wrap"}}},
    {"resize_nearest", "Resize", {X}, 1, {{2, 3, 10, 9}}, {{'F', "scales", LIST4(10, 10, 20, 15)}, {'l', "sizes", LIST4(2, 3, 10, 9)}}},
    {"resize_nearest_floor",
     "Resize",
     {X},
     1,
     {{2, 3, 10, 12}},
     {{'F', "scales", LIST4(10, 10, 20, 20)},
      {'l', "sizes", LIST4(2, 3, 10, 12)},
      {'s', "nearest_mode", {0}, 0, "floor"},
      {'s', "coordinate_transformation_mode", {0}, 0, "asymmetric"}}},
    {"resize_linear",
     "Resize",
     {X},
     1,
     {{2, 3, 10, 9}},
     {{'F', "scales", LIST4(10, 10, 20, 15)}, {'l', "sizes", LIST4(2, 3, 10, 9)}, {'s', "mode", {0}, 0, "linear"}}},
    {"resize_linear_align_corners",
     "Resize",
     {X},
     1,
     {{2, 3, 10, 12}},
     {{'F', "scales", LIST4(10, 10, 20, 20)},
      {'l', "sizes", LIST4(2, 3, 10, 12)},
      {'s', "mode", {0}, 0, "linear"},
      {'s', "coordinate_transformation_mode", {0}, 0, "align_corners"}}},
    {"resize_cubic",
     "Resize",
     {X},
     1,
     {{2, 3, 10, 9}},
     {{'F', "scales", LIST4(10, 10, 20, 15)}, {'l', "sizes", LIST4(2, 3, 10, 9)}, {'s', "mode", {0}, 0, "cubic"}}},
    {"reduce_mean", "ReduceMean", {X}, 1, {{2, 1, 5, 1}}, {{'l', "axes", {1, 3}, 2, NULL}}},
    {"reduce_sum_drops_axes", "ReduceSum", {X}, 1, {{3, 5}}, {{'l', "axes", {0, 3}, 2, NULL}, {'i', "keepdims", {0}, 1, NULL}}},
    {"reduce_max", "ReduceMax", {X}, 1, {{2, 1, 5, 6}}, {{'l', "axes", {1}, 1, NULL}}},
    {"reduce_min", "ReduceMin", {X}, 1, {{2, 3, 1, 1}}, {{'l', "axes", {2, 3}, 2, NULL}}},
    {"reduce_prod", "ReduceProd", {X}, 1, {{2, 1, 5, 6}}, {{'l', "axes", {1}, 1, NULL}}},
    {"reduce_l2", "ReduceL2", {X}, 1, {{2, 1, 5, 6}}, {{'l', "axes", {1}, 1, NULL}}},
    {"depth_to_space_dcr", "DepthToSpace", {{{1, 8, 2, 3}}}, 1, {{1, 2, 4, 6}}, {{'i', "blocksize", {2}, 1, NULL}}},
    {"depth_to_space_crd",
     "DepthToSpace",
     {{{1, 8, 2, 3}}},
     1,
     {{1, 2, 4, 6}},
     {{'i', "blocksize", {2}, 1, NULL}, {'s', "mode", {0}, 0, "CRD"}}},
    {"space_to_depth", "SpaceToDepth", {{{1, 2, 4, 6}}}, 1, {{1, 8, 2, 3}}, {{'i', "blocksize", {2}, 1, NULL}}},
    {"channel_shuffle", "ChannelShuffle", {{{1, 6, 3, 3}}}, 1, {{1, 6, 3, 3}}, {{'i', "group", {3}, 1, NULL}}},
    {"requantize", "Requantize", {X}, 1, X, {{0}}},
};

/* How values are held: encoding of inputs and output, the contract, and what may differ. */
typedef struct scheme {
    const char *name, *in, *out;
    nbx_arith arith;
    bool equal; /* output parameters are the input's */
    double tolerance;
} scheme;

static const scheme schemes[] = {
    {"float", NULL, NULL, {.product = NBX_PRODUCT_FLOAT}, true, 2e-6},
    {"half", "fp16", "fp16", {.product = NBX_PRODUCT_FLOAT}, true, 0},
    {"int8_equal", "int8_asym", "int8_asym", {.product = NBX_PRODUCT_INTEGER, .requant = NBX_REQUANT_single_up}, true, 0},
    {"int8_other",
     "int8_asym",
     "int8_asym",
     {.product = NBX_PRODUCT_INTEGER, .requant = NBX_REQUANT_away_real, .pool_round = NBX_REQUANT_away_real},
     false,
     0},
    {"int8_fixed20",
     "int8_asym",
     "int8_asym",
     {.product = NBX_PRODUCT_INTEGER, .requant = NBX_REQUANT_double, .add_arith = NBX_ADD_FIXED20},
     false,
     0},
    {"uint8_other", "uint8_asym", "uint8_asym", {.product = NBX_PRODUCT_INTEGER, .requant = NBX_REQUANT_even_real}, false, 0},
    {"int16", "int16_sym", "int16_sym", {.product = NBX_PRODUCT_INTEGER, .requant = NBX_REQUANT_even_real}, false, 0},
    {"pow2_up",
     "pow2_int8",
     "pow2_int8",
     {.product = NBX_PRODUCT_INTEGER, .requant = NBX_REQUANT_shift_up, .pool_round = NBX_REQUANT_shift_floor},
     false,
     0},
    {"log8_equal", "log8", "log8", {.product = NBX_PRODUCT_LOG_EXPADD}, true, 0},
    {"log8_other", "log8", "log8", {.product = NBX_PRODUCT_LOG_EXPADD}, false, 0},
    {"log16_other", "log16", "log16", {.product = NBX_PRODUCT_LOG_TABLE}, false, 0},
    {"log4", "log4", "log4", {.product = NBX_PRODUCT_LOG_TABLE}, false, 0},
    {"int8_to_log8", "int8_asym", "log8", {.product = NBX_PRODUCT_LOG_EXPADD}, false, 0},
    {"log8_to_q20_12", "log8", "q20_12", {.product = NBX_PRODUCT_LOG_EXPADD}, false, 0},
    {"int8_to_float", "int8_asym", NULL, {.product = NBX_PRODUCT_FLOAT}, false, 2e-6},
    {"float_to_binary", NULL, "binary", {.product = NBX_PRODUCT_XNOR}, false, 0},
    {"binary", "binary", "binary", {.product = NBX_PRODUCT_XNOR}, true, 0},
};

static nbx_qparam param_of(const nbx_encoding *encoding, uint32_t i)
{
    nbx_qparam param = {.scale = 0.0173 * (1 + 0.31 * i), .zero_point = encoding->symmetric ? 0 : encoding->is_signed ? -7 : 121};
    if (encoding->storage == NBX_DTYPE_INT16) param.scale /= 200;
    param.exponent = encoding->kind == NBX_ENC_LOG ? (int32_t)(2 * encoding->steps + i) - (int32_t)encoding->top : 5 + (int32_t)i % 2;
    if (encoding->storage == NBX_DTYPE_INT16 && encoding->kind == NBX_ENC_POW2) param.exponent += 8;
    if (encoding->param_rule == NBX_PARAM_FIXED) param.exponent = encoding->param_value;
    return param;
}

static uint32_t add_value(view_builder *builder, view_shape shape, const char *name, uint32_t i)
{
    const nbx_encoding *encoding = name ? nbx_encoding_find(name) : NULL;
    nbx_qparam param = {0};
    if (encoding) param = param_of(encoding, i);
    return view_value(builder, NBX_DTYPE_FLOAT32, shape, encoding, &param, encoding && encoding->kind != NBX_ENC_FLOAT);
}

static void set_attributes(view_builder *builder, uint32_t node, const row *at)
{
    for (uint32_t i = 0; i < 6 && at->attributes[i].kind; i++) {
        const attribute *a = &at->attributes[i];
        float floats[8];
        for (uint32_t k = 0; k < a->count; k++)
            floats[k] = (float)a->values[k] / 10;
        if (a->kind == 'i') view_int(builder, node, a->name, a->values[0]);
        if (a->kind == 'l') view_ints(builder, node, a->name, a->values, a->count);
        if (a->kind == 'f') view_float(builder, node, a->name, (double)floats[0]);
        if (a->kind == 'F') view_floats(builder, node, a->name, floats, a->count);
        if (a->kind == 's') view_text(builder, node, a->name, a->text);
    }
}

static const char *run_case(const row *at, const scheme *how, bool followed)
{
    static view_builder builder;
    nbx_arith arith = how->arith;
    uint32_t inputs[3], output, made, node;
    const char *error;
    arith.struct_size = sizeof arith;
    arith.bias_at = NBX_BIAS_REAL;
    view_init(&builder);
    for (uint32_t i = 0; i < at->input_count; i++) {
        inputs[i] = add_value(&builder, at->inputs[i], how->in, how->equal ? 0 : i + 1);
        view_input(&builder, inputs[i]);
    }
    output = add_value(&builder, at->output, how->out, how->equal ? 0 : 3);
    made = followed ? view_value(&builder, NBX_DTYPE_FLOAT32, at->output, NULL, NULL, 0) : output;
    node = view_node(&builder, at->op, inputs, at->input_count, made);
    set_attributes(&builder, node, at);
    view_arith(&builder, node, &arith);
    if (followed) {
        node = view_node(&builder, "HardSwish", &made, 1, output);
        view_group(&builder, 0, node, &arith);
    }
    view_output(&builder, output);
    error = test_compare(&builder, (uint64_t)(at - rows) * 64 + (uint64_t)(how - schemes), &(test_tolerance){how->tolerance, 0});
    view_free(&builder);
    return error;
}

START_TEST(op_agrees_with_golden)
{
    uint32_t failed = 0;
    for (size_t s = 0; s < sizeof schemes / sizeof schemes[0]; s++)
        for (int followed = 0; followed < 2; followed++) {
            const char *error = run_case(&rows[_i], &schemes[s], followed);
            if (!error) continue;
            failed++;
            fprintf(stderr, "%s %s%s: %s\n", rows[_i].name, schemes[s].name, followed ? " followed" : "", error);
        }
    ck_assert_msg(!failed, "%s: %u schemes differ", rows[_i].name, failed);
}
END_TEST

/* Golden leaves antialiasing out; the expected values are those of ONNX's own example of a 4x4 picture scaled by 0.6. */
START_TEST(antialias_weighs_a_wider_neighbourhood)
{
    static view_builder builder;
    static test_host host;
    static const double expected[4] = {2.875, 4.5, 9.375, 11.0};
    const float scales[4] = {1, 1, 0.6f, 0.6f};
    const int64_t sizes[4] = {1, 1, 2, 2};
    float picture[16] __attribute__((aligned(64))), small[4] __attribute__((aligned(64)));
    const void *in = picture;
    void *out = small, *scratch;
    nbx_kernels *kernels;
    uint32_t x, y, node;
    view_init(&builder);
    test_host_init(&host);
    x = view_value(&builder, NBX_DTYPE_FLOAT32, (view_shape){{1, 1, 4, 4}}, NULL, NULL, 0);
    y = view_value(&builder, NBX_DTYPE_FLOAT32, (view_shape){{1, 1, 2, 2}}, NULL, NULL, 0);
    view_input(&builder, x);
    view_output(&builder, y);
    node = view_node(&builder, "Resize", &x, 1, y);
    view_floats(&builder, node, "scales", scales, 4);
    view_ints(&builder, node, "sizes", sizes, 4);
    view_text(&builder, node, "mode", "linear");
    view_int(&builder, node, "antialias", 1);
    for (int i = 0; i < 16; i++)
        picture[i] = (float)(i + 1);
    ck_assert_int_eq(nbx_kernels_create(&host.host, &builder.view, &kernels), NBX_OK);
    scratch = aligned_alloc(64, (size_t)(nbx_kernels_scratch_bytes(kernels) / 64 * 64 + 64));
    ck_assert_int_eq(nbx_kernels_run(kernels, scratch, &in, &out), NBX_OK);
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol((double)small[i], expected[i], 1e-6);
    free(scratch);
    nbx_kernels_destroy(kernels);
    view_free(&builder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels ops");
    TCase *tcase = tcase_create("against golden");
    SRunner *runner = srunner_create(suite);
    int failed;
    tcase_add_loop_test(tcase, op_agrees_with_golden, 0, (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tcase, antialias_weighs_a_wider_neighbourhood);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
