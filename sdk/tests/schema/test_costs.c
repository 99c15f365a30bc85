/* SPDX-License-Identifier: Apache-2.0 */
/* The cost walker on a chip of round numbers: tiles, traffic, groups, rows by condition. */
#include "edit_samples.h"

#include "schema/costs.h"
#include "schema/encodings.h"

static const char *const wide[] = {"wide"};
static const nbx_clause when_wide = {.of = {.kind = NBX_SUBJECT_SCHEME}, .check = NBX_CHECK_ONE_OF, .names = wide, .set_count = 1};

#define COST(kind_, ops_)                                                                                                                  \
    .struct_size = sizeof(nbx_cost), .kind = NBX_COST_##kind_, .confidence = NBX_CONFIDENCE_MODELLED, .ops = ops_, .source = "toy"
static const nbx_cost costs[] = {
    {COST(ARRAY, "Conv|Gemm"), .when = {&when_wide, 1, sizeof when_wide}, .tile_ic = 4, .tile_oc = 16, .tile_px = 16, .cycles_mul = 2,
     .clock_hz = 1e9, .bytes_per_s = 1e9, .t0_ns = 100},
    {COST(ARRAY, "Conv|Gemm|ConvTranspose|MatMul"), .tile_ic = 4, .tile_oc = 16, .tile_px = 16, .cycles_mul = 1, .clock_hz = 1e9,
     .bytes_per_s = 1e9, .t0_ns = 100},
    {COST(OPERAND, "Add"), .bytes_per_s = 1e9, .t0_ns = 100},
    {COST(TRAFFIC, "MaxPool|Concat"), .bytes_per_s = 1e9, .t0_ns = 100},
    {COST(FREE, "Relu"), .excluded = NULL},
    {COST(FREE, "Softmax"), .excluded = "on the host"},
};
static const nbx_layout_row layouts[] = {
    {.struct_size = sizeof(nbx_layout_row), .ports = 3, .text = "NCHW:stride_h=32", .grade = 1, .source = "toy"},
};
static const nbx_chip chip = {.struct_size = sizeof chip, .name = "toy", .costs = NBX_SPAN(costs), .layouts = NBX_SPAN(layouts)};

/* All float tensors of the case in 8 bits. */
static void show_8bit(nbx_edit *e, nbx_edit_view *view)
{
    nbx_edit_show(e, &chip, view);
    for (uint32_t i = 0; i < view->value_count; i++)
        view->values[i].encoding = view->values[i].rank > 1 ? &nbx_encoding_log8 : NULL;
}

static nbx_cost_result cost_of(nbx_edit e, const char *scheme)
{
    nbx_edit_view view;
    nbx_cost_result result;
    uint32_t node = 0;
    e.scheme = scheme;
    show_8bit(&e, &view);
    ck_assert(nbx_cost_of(&view.call, &node, 1, &result));
    return result;
}

START_TEST(convolution)
{
    /* 2 groups of 15 to 20 channels: ceil 4 x ceil 2 tiles; 14 x 14 positions in 13 tiles of 16. */
    nbx_cost_result r = cost_of(sample_conv(30, 40, 14, 3, 2), NULL);
    ck_assert_uint_eq(r.cycles, 2 * 9 * 4 * 2 * 13);
    ck_assert_uint_eq(r.macs, UINT64_C(196) * 40 * 15 * 9);
    ck_assert_uint_eq(r.bytes_in, 30 * 14 * 32);
    ck_assert_uint_eq(r.bytes_out, 40 * 14 * 32);
    ck_assert_uint_eq(r.bytes_weights, 40 * 15 * 9 + 40 * 4);
    ck_assert_double_eq_tol(r.latency_ns, (double)(70 * 14 * 32 + 40 * 15 * 9 + 160) + 100, 1e-6);
    ck_assert_str_eq(r.bound, "memory");
    ck_assert_uint_eq(r.confidence, NBX_CONFIDENCE_MODELLED);
    ck_assert_ptr_eq(r.row, &costs[1]);
}
END_TEST

START_TEST(compute_bound_and_wide)
{
    nbx_cost_result r = cost_of(sample_conv(256, 256, 14, 3, 1), NULL), w = cost_of(sample_conv(256, 256, 14, 3, 1), "wide");
    ck_assert_uint_eq(r.cycles, UINT64_C(9) * 64 * 16 * 13);
    ck_assert_uint_eq(w.cycles, 2 * r.cycles);
    ck_assert_ptr_eq(w.row, &costs[0]);
    ck_assert_str_eq(r.bound, "memory");
    ck_assert_double_eq_tol(cost_of(sample_conv(256, 256, 200, 3, 1), "wide").latency_ns, (double)(UINT64_C(2) * 9 * 64 * 16 * 2500) + 100,
                            1e-3);
    ck_assert_str_eq(cost_of(sample_conv(256, 256, 200, 3, 1), "wide").bound, "compute");
}
END_TEST

START_TEST(matrices)
{
    /* 17 rows take two tiles of 16. */
    nbx_cost_result r = cost_of(sample_gemm(17, 10, 20), NULL);
    ck_assert_uint_eq(r.cycles, 3 * 2 * 2);
    ck_assert_uint_eq(r.macs, 17 * 10 * 20);
    nbx_edit e = sample_op("MatMul");
    e.input_count = 2;
    e.inputs[0] = sample_tensor(false, 4, 2, 3, 5, 8);
    e.inputs[1] = sample_tensor(false, 4, 2, 3, 8, 16);
    r = cost_of(sample_done(e), NULL);
    ck_assert_uint_eq(r.cycles, 6 * 2 * 1 * 1);
    ck_assert_uint_eq(r.macs, 6 * 5 * 8 * 16);
}
END_TEST

START_TEST(passes)
{
    nbx_cost_result pool = cost_of(sample_pool("MaxPool", 8, 40, 2, 2), NULL);
    ck_assert_double_eq_tol(pool.latency_ns, 8 * 40 * 64 + 8 * 20 * 32 + 100, 1e-6);
    nbx_cost_result add = cost_of(sample_done(sample_inputs("Add", 2, 8, 40)), NULL);
    ck_assert_double_eq_tol(add.latency_ns, 8 * 40 * 64, 1e-6); /* the second operand only, no start */
    ck_assert_uint_eq(add.bytes_out, 0);
    nbx_cost_result relu = cost_of(sample_done(sample_inputs("Relu", 1, 8, 40)), NULL);
    ck_assert(relu.latency_ns == 0 && !relu.bound && !relu.excluded);
    nbx_cost_result tiny = cost_of(sample_pool("MaxPool", 1, 1, 1, 1), NULL);
    ck_assert_str_eq(tiny.bound, "overhead");
}
END_TEST

START_TEST(excluded_and_unknown)
{
    nbx_edit e = sample_inputs("Softmax", 1, 8, 4);
    nbx_edit_view view;
    nbx_cost_result r;
    uint32_t node = 0, wrong = 5;
    sample_int(&e, "axis", 1);
    ck_assert_str_eq(cost_of(sample_done(e), NULL).excluded, "on the host");
    e = sample_done(sample_inputs("Tanh", 1, 8, 4));
    nbx_edit_show(&e, &chip, &view);
    ck_assert(!nbx_cost_of(&view.call, &node, 1, &r));
    ck_assert(!nbx_cost_of(&view.call, &wrong, 1, &r));
    ck_assert(!nbx_cost_of(&view.call, &node, 0, &r));
}
END_TEST

/* Conv, then Add of another map, then Relu, as one group: what stays inside moves no bytes. */
START_TEST(groups)
{
    nbx_edit e = sample_conv(16, 16, 16, 1, 1);
    nbx_edit_view view;
    nbx_cost_result r;
    nbx_value values[7];
    uint32_t add_in[2] = {3, 4}, add_out = 5, relu_in = 5, relu_out = 6, nodes[3] = {0, 1, 2};
    nbx_node row[3];
    show_8bit(&e, &view);
    memcpy(values, view.values, 4 * sizeof values[0]);
    values[4] = values[5] = values[6] = values[3];
    row[0] = row[1] = row[2] = view.node;
    row[1].op = "Add", row[1].inputs = (nbx_span)NBX_SPAN(add_in), row[1].outputs = (nbx_span){&add_out, 1, sizeof add_out};
    row[2].op = "Relu", row[2].inputs = (nbx_span){&relu_in, 1, sizeof relu_in}, row[2].outputs = (nbx_span){&relu_out, 1, sizeof relu_out};
    row[1].attrs.count = row[2].attrs.count = 0;
    view.graph.values = (nbx_span)NBX_SPAN(values);
    view.graph.nodes = (nbx_span)NBX_SPAN(row);
    ck_assert(nbx_cost_of(&view.call, nodes, 3, &r));
    ck_assert_uint_eq(r.bytes_in, 2 * 16 * 16 * 32);
    ck_assert_uint_eq(r.bytes_out, 16 * 16 * 32);
    ck_assert_uint_eq(r.bytes_weights, 16 * 16 + 64);
    ck_assert_uint_eq(r.macs, 256 * 16 * 16);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("costs");
    TCase *t = tcase_create("costs");
    tcase_add_test(t, convolution);
    tcase_add_test(t, compute_bound_and_wide);
    tcase_add_test(t, matrices);
    tcase_add_test(t, passes);
    tcase_add_test(t, excluded_and_unknown);
    tcase_add_test(t, groups);
    suite_add_tcase(s, t);
    return s;
}

SAMPLE_MAIN(suite())
