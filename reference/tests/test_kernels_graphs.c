/* SPDX-License-Identifier: Apache-2.0 */
/* Graphs of several nodes, several outputs and integer tensors: the kernels against golden; what no kernel computes is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nbx/kernels.h>

#include "schema/encodings.h"
#include "testing/compare.h"

static view_builder builder;
static const nbx_arith real_arith = {.struct_size = sizeof(nbx_arith), .product = NBX_PRODUCT_FLOAT, .bias_at = NBX_BIAS_REAL};
static const nbx_arith int8_arith = {
    .struct_size = sizeof(nbx_arith), .product = NBX_PRODUCT_INTEGER, .bias_at = NBX_BIAS_ACCUMULATOR, .requant = NBX_REQUANT_single_up};
static const nbx_qparam half_scale = {.scale = 0.5, .zero_point = 3}, third_scale = {.scale = 1.0 / 3, .zero_point = -9};

static uint32_t plain(uint32_t dtype, view_shape shape)
{
    return view_value(&builder, dtype, shape, NULL, NULL, 0);
}

static uint32_t reals(view_shape shape)
{
    return plain(NBX_DTYPE_FLOAT32, shape);
}

static uint32_t int8(view_shape shape, const nbx_qparam *param)
{
    return view_value(&builder, NBX_DTYPE_FLOAT32, shape, &nbx_encoding_int8_asym, param, 1);
}

static uint32_t integers(view_shape shape, const int64_t *values, uint32_t count)
{
    const uint32_t value = plain(NBX_DTYPE_INT64, shape);
    view_constant(&builder, value, values, count * sizeof *values);
    return value;
}

#define SHAPE(...) ((view_shape){{__VA_ARGS__}})

static void split_and_join(void)
{
    const int64_t parts[2] = {2, 4};
    const uint32_t x = int8(SHAPE(2, 6, 3), &half_scale), a = int8(SHAPE(2, 2, 3), &half_scale), b = int8(SHAPE(2, 4, 3), &third_scale);
    const uint32_t joined[2] = {b, a}, y = int8(SHAPE(2, 6, 3), &third_scale);
    uint32_t node;
    view_input(&builder, x);
    node = view_node(&builder, "Split", &x, 1, a);
    view_more_output(&builder, node, b);
    view_int(&builder, node, "axis", 1);
    view_ints(&builder, node, "split", parts, 2);
    node = view_node(&builder, "Concat", joined, 2, y);
    view_int(&builder, node, "axis", 1);
    view_output(&builder, y);
    view_output(&builder, a); /* an output that a later node reads as well */
}

static void winners_and_their_places(void)
{
    const int64_t kernel[2] = {2, 2}, ones[2] = {1, 1}, pads[4] = {0, 1, 1, 0};
    const uint32_t x = int8(SHAPE(1, 3, 5, 4), &half_scale), y = int8(SHAPE(1, 3, 5, 4), &half_scale);
    const uint32_t at = plain(NBX_DTYPE_INT64, SHAPE(1, 3, 5, 4)), top = plain(NBX_DTYPE_INT64, SHAPE(1, 1, 5, 4));
    uint32_t node;
    view_input(&builder, x);
    node = view_node(&builder, "MaxPool", &x, 1, y);
    view_more_output(&builder, node, at);
    view_ints(&builder, node, "kernel_shape", kernel, 2);
    view_ints(&builder, node, "strides", ones, 2);
    view_ints(&builder, node, "dilations", ones, 2);
    view_ints(&builder, node, "pads", pads, 4);
    node = view_node(&builder, "ArgMax", &y, 1, top);
    view_int(&builder, node, "axis", 1);
    view_output(&builder, at);
    view_output(&builder, top);
    view_output(&builder, y);
}

static void gather_with_negative_indices(void)
{
    const int64_t picks[4] = {2, -1, 0, 2};
    const uint32_t x = int8(SHAPE(2, 3, 5), &half_scale), y = int8(SHAPE(2, 2, 2, 5), &half_scale);
    const uint32_t inputs[2] = {x, integers(SHAPE(2, 2), picks, 4)};
    view_input(&builder, x);
    view_int(&builder, view_node(&builder, "Gather", inputs, 2, y), "axis", 1);
    view_output(&builder, y);
}

static void integers_stay_integers(void)
{
    const int64_t values[4] = {7, -7, 9, INT64_C(9007199254740993)}, divisors[4] = {2, 2, -4, 3};
    const uint32_t x = plain(NBX_DTYPE_INT64, SHAPE(4)), a = integers(SHAPE(4), values, 4), b = integers(SHAPE(4), divisors, 4);
    const uint32_t quotient = plain(NBX_DTYPE_INT64, SHAPE(4)), sum = plain(NBX_DTYPE_INT64, SHAPE(4)),
                   less = plain(NBX_DTYPE_BOOL, SHAPE(4));
    const uint32_t chosen = plain(NBX_DTYPE_INT64, SHAPE(4)), first[2] = {a, b}, second[2] = {a, x}, third[2] = {x, b};
    const uint32_t fourth[3] = {less, a, x};
    view_input(&builder, x);
    view_node(&builder, "Div", first, 2, quotient);
    view_node(&builder, "Add", second, 2, sum);
    view_node(&builder, "Less", third, 2, less);
    view_node(&builder, "Where", fourth, 3, chosen);
    view_output(&builder, quotient);
    view_output(&builder, sum);
    view_output(&builder, less);
    view_output(&builder, chosen);
}

static void casts(void)
{
    const uint32_t x = reals(SHAPE(40)), i = plain(NBX_DTYPE_INT32, SHAPE(40)), b = plain(NBX_DTYPE_BOOL, SHAPE(40));
    const uint32_t h = plain(NBX_DTYPE_FLOAT16, SHAPE(40));
    view_input(&builder, x);
    view_int(&builder, view_node(&builder, "Cast", &x, 1, i), "to", NBX_DTYPE_INT32);
    view_int(&builder, view_node(&builder, "Cast", &x, 1, b), "to", NBX_DTYPE_BOOL);
    view_int(&builder, view_node(&builder, "Cast", &x, 1, h), "to", NBX_DTYPE_FLOAT16);
    view_output(&builder, i);
    view_output(&builder, b);
    view_output(&builder, h);
}

static void quantize_per_channel(void)
{
    const float scales[3] = {0.01f, 0.02f, 0.5f};
    const int8_t zeros[3] = {-3, 0, 10};
    const uint32_t x = reals(SHAPE(2, 3, 8)), q = plain(NBX_DTYPE_INT8, SHAPE(2, 3, 8)), y = reals(SHAPE(2, 3, 8));
    const uint32_t scale = reals(SHAPE(3)), zero = plain(NBX_DTYPE_INT8, SHAPE(3)), there[3] = {x, scale, zero}, back[3] = {q, scale, zero};
    view_constant(&builder, scale, scales, sizeof scales);
    view_constant(&builder, zero, zeros, sizeof zeros);
    view_input(&builder, x);
    view_node(&builder, "QuantizeLinear", there, 3, q);
    view_node(&builder, "DequantizeLinear", back, 3, y);
    view_output(&builder, q);
    view_output(&builder, y);
}

static void normalize_alone_and_following(void)
{
    const float scale[3] = {1.5f, 0.25f, -1}, bias[3] = {0.1f, 0, 1}, mean[3] = {0.5f, -0.5f, 0}, variance[3] = {1, 0.3f, 2};
    const float *const data[4] = {scale, bias, mean, variance};
    const uint32_t x = int8(SHAPE(2, 3, 4, 4), &half_scale), sum = reals(SHAPE(2, 3, 4, 4)), y = int8(SHAPE(2, 3, 4, 4), &third_scale);
    const uint32_t alone = int8(SHAPE(2, 3, 4, 4), &third_scale), first[2] = {x, x};
    uint32_t inputs[5] = {x}, follow[5] = {sum};
    for (uint32_t i = 0; i < 4; i++) {
        inputs[i + 1] = follow[i + 1] = reals(SHAPE(3));
        view_constant(&builder, inputs[i + 1], data[i], 12);
    }
    view_input(&builder, x);
    view_node(&builder, "Add", first, 2, sum);
    view_node(&builder, "BatchNormalization", follow, 5, y);
    view_group(&builder, 0, 1, &int8_arith);
    view_arith(&builder, view_node(&builder, "BatchNormalization", inputs, 5, alone), &int8_arith);
    view_output(&builder, y);
    view_output(&builder, alone);
}

static void product_of_activations(void)
{
    const uint32_t a = int8(SHAPE(2, 1, 5, 7), &half_scale), b = int8(SHAPE(3, 7, 4), &third_scale), inputs[2] = {a, b};
    const uint32_t y = int8(SHAPE(2, 3, 5, 4), &(nbx_qparam){.scale = 40, .zero_point = 1});
    view_input(&builder, a);
    view_input(&builder, b);
    view_arith(&builder, view_node(&builder, "MatMul", inputs, 2, y), &int8_arith);
    view_output(&builder, y);
}

static void gemm_with_a_bias_of_every_row(void)
{
    const uint32_t a = reals(SHAPE(6, 5)), b = reals(SHAPE(6, 4)), c = reals(SHAPE(5, 1)), inputs[3] = {a, b, c}, y = reals(SHAPE(5, 4));
    uint32_t node;
    view_input(&builder, a);
    view_input(&builder, b);
    view_input(&builder, c);
    node = view_node(&builder, "Gemm", inputs, 3, y);
    view_arith(&builder, node, &real_arith);
    view_int(&builder, node, "transA", 1);
    view_float(&builder, node, "alpha", 0.5);
    view_float(&builder, node, "beta", 2);
    view_output(&builder, y);
}

/* A chain long enough that storage is used again while a value of the beginning is still needed at the end. */
static void storage_is_used_again(void)
{
    uint32_t last = int8(SHAPE(1, 8, 6, 6), &half_scale), first, sum[2];
    view_input(&builder, last);
    first = last;
    for (uint32_t i = 0; i < 9; i++) {
        const uint32_t next = i % 3 == 1 ? reals(SHAPE(1, 8, 6, 6)) : int8(SHAPE(1, 8, 6, 6), i & 1 ? &half_scale : &third_scale);
        view_arith(&builder, view_node(&builder, i % 2 ? "HardSwish" : "LeakyRelu", &last, 1, next), &int8_arith);
        if (i == 0) first = next;
        last = next;
    }
    sum[0] = last;
    sum[1] = first;
    last = int8(SHAPE(1, 8, 6, 6), &third_scale);
    view_arith(&builder, view_node(&builder, "Add", sum, 2, last), &int8_arith);
    view_output(&builder, last);
}

static void shapes_and_ranges(void)
{
    const int64_t start = 2, limit = 14, delta = 3;
    const uint32_t x = reals(SHAPE(2, 3, 4)), shape = plain(NBX_DTYPE_INT64, SHAPE(2)), size = plain(NBX_DTYPE_INT64, SHAPE(0));
    const uint32_t range = plain(NBX_DTYPE_INT64, SHAPE(4));
    const uint32_t inputs[3] = {integers(SHAPE(0), &start, 1), integers(SHAPE(0), &limit, 1), integers(SHAPE(0), &delta, 1)};
    uint32_t node;
    view_input(&builder, x);
    node = view_node(&builder, "Shape", &x, 1, shape);
    view_int(&builder, node, "start", 1);
    view_int(&builder, node, "end", 3);
    view_node(&builder, "Size", &x, 1, size);
    view_node(&builder, "Range", inputs, 3, range);
    view_output(&builder, shape);
    view_output(&builder, size);
    view_output(&builder, range);
}

static const struct {
    const char *name;
    void (*build)(void);
    double tolerance;
} graphs[] = {
    {"split_and_join", split_and_join, 0},
    {"winners_and_their_places", winners_and_their_places, 0},
    {"gather_with_negative_indices", gather_with_negative_indices, 0},
    {"integers_stay_integers", integers_stay_integers, 0},
    {"casts", casts, 0},
    {"quantize_per_channel", quantize_per_channel, 0},
    {"normalize_alone_and_following", normalize_alone_and_following, 0},
    {"product_of_activations", product_of_activations, 0},
    {"gemm_with_a_bias_of_every_row", gemm_with_a_bias_of_every_row, 1e-6},
    {"storage_is_used_again", storage_is_used_again, 0},
    {"shapes_and_ranges", shapes_and_ranges, 0},
};

START_TEST(graph_agrees_with_golden)
{
    const char *error;
    view_init(&builder);
    graphs[_i].build();
    for (uint64_t seed = 1; seed < 5; seed++) {
        error = test_compare(&builder, seed, &(test_tolerance){graphs[_i].tolerance, 0});
        ck_assert_msg(!error, "%s: %s", graphs[_i].name, error);
    }
    view_free(&builder);
}
END_TEST

static void opaque_op(void)
{
    const uint32_t x = reals(SHAPE(3)), y = reals(SHAPE(3));
    view_input(&builder, x);
    builder.nodes[view_node(&builder, "NonMaxSuppression", &x, 1, y)].flags = NBX_NODE_OPAQUE;
    view_output(&builder, y);
}

static void value_from_nowhere(void)
{
    const uint32_t x = reals(SHAPE(3)), y = reals(SHAPE(3));
    view_node(&builder, "Relu", &x, 1, y);
    view_output(&builder, y);
}

static void weights_of_the_wrong_shape(void)
{
    const uint32_t x = reals(SHAPE(1, 3, 4, 4)), w = reals(SHAPE(2, 2, 1, 1)), inputs[2] = {x, w}, y = reals(SHAPE(1, 2, 4, 4));
    view_input(&builder, x);
    view_input(&builder, w);
    view_node(&builder, "Conv", inputs, 2, y);
    view_output(&builder, y);
}

static void integer_product_of_floats(void)
{
    const uint32_t x = reals(SHAPE(3, 4)), w = reals(SHAPE(4, 2)), inputs[2] = {x, w}, y = reals(SHAPE(3, 2));
    view_input(&builder, x);
    view_input(&builder, w);
    view_arith(&builder, view_node(&builder, "MatMul", inputs, 2, y), &int8_arith);
    view_output(&builder, y);
}

static void shapes_that_do_not_broadcast(void)
{
    const uint32_t x = reals(SHAPE(3, 4)), w = reals(SHAPE(3)), inputs[2] = {x, w}, y = reals(SHAPE(3, 4));
    view_input(&builder, x);
    view_input(&builder, w);
    view_node(&builder, "Add", inputs, 2, y);
    view_output(&builder, y);
}

static const struct {
    const char *name;
    void (*build)(void);
    const char *code;
} refusals[] = {
    {"opaque_op", opaque_op, "E-KERNEL-001"},
    {"value_from_nowhere", value_from_nowhere, "E-KERNEL-002"},
    {"weights_of_the_wrong_shape", weights_of_the_wrong_shape, "E-KERNEL-008"},
    {"integer_product_of_floats", integer_product_of_floats, "E-KERNEL-008"},
    {"shapes_that_do_not_broadcast", shapes_that_do_not_broadcast, "E-KERNEL-008"},
};

START_TEST(what_no_kernel_computes_is_refused_by_name)
{
    static test_host host;
    nbx_kernels *kernels = (nbx_kernels *)&host;
    view_init(&builder);
    test_host_init(&host);
    refusals[_i].build();
    ck_assert_int_ne(nbx_kernels_create(&host.host, &builder.view, &kernels), NBX_OK);
    ck_assert_ptr_null(kernels);
    ck_assert_msg(!strncmp(host.text, refusals[_i].code, strlen(refusals[_i].code)), "%s: %s", refusals[_i].name, host.text);
    ck_assert_int_eq(host.allocated, 0);
    view_free(&builder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernels graphs");
    TCase *tcase = tcase_create("graphs");
    SRunner *runner = srunner_create(suite);
    int failed;
    tcase_add_loop_test(tcase, graph_agrees_with_golden, 0, (int)(sizeof graphs / sizeof graphs[0]));
    tcase_add_loop_test(tcase, what_no_kernel_computes_is_refused_by_name, 0, (int)(sizeof refusals / sizeof refusals[0]));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
