/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges from calibration, encodings and parameters by hand, ties, Requantize nodes, and what happens without data. */
#include <math.h>

#include "schema/encodings.h"
#include "toy_plan.h"

/* Plans on given float samples instead of seeded ones. */
static nbx_plan *plan_on(toy_world *w, const char *graph, const char *job, const float *data, uint32_t samples)
{
    toy_drop(w);
    w->graph = toy_graph(w->context, graph);
    const nbx_job *made = toy_job(w, job);
    toy_feed(w, samples, 1);
    memcpy(w->data[0], data, samples * w->inputs[0].sample_bytes);
    w->status = nbx_plan_make(w->context, w->registry, made, w->graph, &w->feed, &w->plan);
    return w->plan;
}

static const nbx_quantized *stored(const toy_world *w, const char *value)
{
    uint32_t v = toy_value(w->graph, value);
    ck_assert_msg(v != NBX_NONE, "no value %s", value);
    return &w->plan->chips[0].values[v];
}

static const nbx_range *range(const toy_world *w, const char *value)
{
    return &w->plan->ranges[toy_value(w->graph, value)];
}

START_TEST(minmax_sees_the_extremes_of_all_samples)
{
    static const float data[] = {1, -2, 3, 0.5f, /* second sample */ -4, 0, 1, 2};
    toy_world w;
    toy_open(&w);
    plan_on(&w, "in x 1,4; const k 1,4 [1,-2,3,-1]; Mul m x,k -> a; Relu r a -> y; out y", "target: reference/any", data, 2);
    /* m: 1 4 9 -0.5 | -4 0 3 -2 */
    ck_assert_double_eq(range(&w, "x")->lo, -4);
    ck_assert_double_eq(range(&w, "x")->hi, 3);
    ck_assert_double_eq(range(&w, "a")->lo, -4);
    ck_assert_double_eq(range(&w, "a")->hi, 9);
    ck_assert_double_eq(range(&w, "y")->lo, 0);
    ck_assert_uint_eq(w.plan->calibration_samples, 2);
    ck_assert_str_eq(w.plan->calibration_method, "minmax");
    toy_close(&w);
}
END_TEST

/* 0..4095 once each: a bin holds two values, one percent is 41 of them, so 40 are cut off each end. */
START_TEST(percentile_cuts_the_share_off_each_end)
{
    static float data[4096];
    toy_world w;
    toy_open(&w);
    for (int i = 0; i < 4096; i++)
        data[i] = (float)i;
    const char *job = "target: reference/any\nquantization: {calibration: {method: percentile, percentile: 99, data: x.npy}}";
    plan_on(&w, "in x 1,4096; Relu r x -> y; out y", job, data, 1);
    ck_assert_double_eq_tol(range(&w, "y")->lo, 40, 2.0);
    ck_assert_double_eq_tol(range(&w, "y")->hi, 4055, 2.0);
    ck_assert_double_eq(range(&w, "x")->hi, 4095); /* inputs keep what was observed */
    job = "target: reference/any\nquantization: {calibration: {method: percentile, percentile: 100, data: x.npy}}";
    plan_on(&w, "in x 1,4096; Relu r x -> y; out y", job, data, 1);
    ck_assert_double_eq(range(&w, "y")->lo, 0);
    ck_assert_double_eq(range(&w, "y")->hi, 4095);
    for (int i = 0; i < 4096; i++)
        data[i] = 3;
    plan_on(&w, "in x 1,4096; Relu r x -> y; out y", job, data, 1);
    ck_assert_double_eq(range(&w, "y")->lo, 3);
    ck_assert_double_eq(range(&w, "y")->hi, 3);
    toy_close(&w);
}
END_TEST

START_TEST(an_integer_source_gives_the_range_that_preprocessing_allows)
{
    static const double mean[] = {128}, scale[] = {1 / 64.0};
    static unsigned char pixels[8] = {120, 121, 122, 123, 124, 125, 126, 127};
    toy_world w;
    toy_open(&w);
    w.graph = toy_graph(w.context, "in x 1,4; Relu r x -> y; out y");
    const nbx_job *job = toy_job(&w, "target: reference/any");
    toy_feed(&w, 2, 1);
    w.inputs[0].dtype = NBX_DTYPE_UINT8;
    w.inputs[0].data = pixels;
    w.inputs[0].sample_bytes = 4;
    w.inputs[0].mean = mean;
    w.inputs[0].scale = scale;
    w.inputs[0].mean_count = w.inputs[0].scale_count = 1;
    ck_assert_int_eq(nbx_plan_make(w.context, w.registry, job, w.graph, &w.feed, &w.plan), NBX_OK);
    ck_assert_double_eq(range(&w, "x")->lo, -2);
    ck_assert_double_eq(range(&w, "x")->hi, 127 / 64.0);
    ck_assert_double_eq(range(&w, "y")->hi, 0); /* what follows is observed */
    toy_close(&w);
}
END_TEST

static const struct {
    const char *name, *graph, *says;
    float data[4];
} broken[] = {
    {"a node that makes a NaN is named", "in x 1,4; Log l x -> a; Relu r a -> y; out y", "'l'", {-1, 1, 1, 1}},
    {"a node that makes an infinity is named", "in x 1,4; Relu r x -> a; Log l a -> y; out y", "'l'", {0, 1, 1, 1}},
    {"a sample that is not finite", "in x 1,4; Relu r x -> y; out y", "input 'x': sample 0", {NAN, 1, 1, 1}},
};

START_TEST(values_that_are_not_finite_stop_calibration)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        ck_assert_ptr_null(plan_on(&w, broken[i].graph, "target: reference/any", broken[i].data, 1));
        ck_assert_msg(!strcmp(toy_code(&w), "E-QUANT-001"), "%s: %s", broken[i].name, toy_code(&w));
        ck_assert_msg(toy_said(&w, broken[i].says), "%s", broken[i].name);
    }
    toy_close(&w);
}
END_TEST

static void check_range_param(const nbx_quantized *row, double lo, double hi)
{
    nbx_qparam want;
    ck_assert_uint_eq(row->param_count, 1);
    ck_assert(nbx_param_from_range(row->encoding, lo, hi, &want));
    ck_assert_double_eq(row->params[0].scale, want.scale);
    ck_assert_int_eq(row->params[0].zero_point, want.zero_point);
    ck_assert_int_eq(row->params[0].exponent, want.exponent);
}

#define CONV2 "in x 1,2,1,2; const w 2,2,1,1 [1,-2,0.5,0.25]; const b 2 [3,-1]; Conv c x,w,b -> a; "

START_TEST(parameters_follow_from_ranges_data_and_products)
{
    static const float data[] = {-1, 0.5f, 1, 0.25f};
    toy_world w;
    toy_open(&w);
    plan_on(&w, CONV2 "Sigmoid s a -> y; out y", "target: toy/basic\nquantization: {bias_correction: false}", data, 1);
    check_range_param(stored(&w, "x"), -1, 1);
    check_range_param(stored(&w, "a"), range(&w, "a")->lo, range(&w, "a")->hi);
    const nbx_quantized *x = stored(&w, "x"), *wt = stored(&w, "w"), *b = stored(&w, "b");
    ck_assert_uint_eq(wt->param_count, 2);
    ck_assert_double_eq(wt->params[0].scale, 2.0 / 127);
    ck_assert_double_eq(wt->params[1].scale, 0.5 / 127);
    ck_assert_uint_eq(b->param_count, 2);
    for (int i = 0; i < 2; i++)
        ck_assert_double_eq(b->params[i].scale, x->params[0].scale * wt->params[i].scale);
    plan_on(&w, CONV2 "Sigmoid s a -> y; out y",
            "target: toy/basic\nquantization: {scheme: pow2, bias_correction: false}\nnodes: [{match: s, scheme: pow2}]", data, 1);
    ck_assert_int_eq(stored(&w, "b")->params[1].exponent, stored(&w, "x")->params[0].exponent + stored(&w, "w")->params[1].exponent);
    toy_close(&w);
}
END_TEST

static const struct {
    const char *name, *graph;
    uint32_t axis, count;
    double most[4]; /* largest magnitude per output channel */
} axes[] = {
    {"Conv: the first axis", "in x 1,2,2,2; const w 3,2,1,1 [1,2,-3,1,0.5,0.25]; Conv c x,w -> y; out y", 0, 3, {2, 3, 0.5}},
    {"ConvTranspose: the second axis",
     "in x 1,2,2,2; const w 2,3,1,1 [1,2,-3,1,0.5,0.25]; ConvTranspose c x,w -> y; out y",
     1,
     3,
     {1, 2, 3}},
    {"MatMul: the last axis", "in x 1,2; const w 2,3 [1,2,-3,1,0.5,0.25]; MatMul c x,w -> a; Sigmoid s a -> y; out y", 1, 3, {1, 2, 3}},
    {"Gemm, not transposed: the last axis", "in x 1,2; const w 2,3 [1,2,-3,1,0.5,0.25]; Gemm c x,w -> y transB=0; out y", 1, 3, {1, 2, 3}},
    {"Gemm, transposed: the first axis", "in x 1,2; const w 3,2 [1,2,-3,1,0.5,0.25]; Gemm c x,w -> y transB=1; out y", 0, 3, {2, 3, 0.5}},
};

START_TEST(scales_are_per_output_channel_whatever_the_op_calls_it)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
        nbx_plan *plan = toy_plan(&w, axes[i].graph, "target: toy/basic", 2);
        ck_assert_msg(plan && !plan->refused, "%s: %s %s", axes[i].name, toy_code(&w), plan ? toy_placements(plan) : "");
        const nbx_g_node *node = &w.graph->nodes[toy_node(w.graph, "c")];
        uint32_t weight = nbx_node_input(node, 1);
        const nbx_quantized *row = &plan->chips[0].values[weight];
        bool same_axis = row->encoding->axis == axes[i].axis; /* optimize may transpose the data of a Gemm */
        ck_assert_msg(same_axis || node->schema->op == NBX_OP_gemm, "%s: axis %u", axes[i].name, row->encoding->axis);
        ck_assert_msg(row->param_count == axes[i].count, "%s: %u", axes[i].name, row->param_count);
        for (uint32_t k = 0; k < axes[i].count; k++)
            ck_assert_msg(row->params[k].scale == axes[i].most[k] / 127, "%s: %g", axes[i].name, row->params[k].scale * 127);
        uint32_t bias = nbx_node_input(node, 2);
        if (bias != NBX_NONE) ck_assert_uint_eq(plan->chips[0].values[bias].param_count, axes[i].count);
        uint64_t per_sample;
        float *out = toy_run(&w, &per_sample); /* and it computes */
        free(out);
    }
    toy_close(&w);
}
END_TEST

START_TEST(log_weights_have_a_z_per_convolution_group)
{
    toy_world w;
    toy_open(&w);
    /* magnitudes 8 and 1: three octaves of 16 steps apart */
    toy_plan(&w,
             "in x 1,4,2,2; const w 2,2,1,1 [8,4,1,0.5]; Conv c x,w -> a group=2; Relu r a -> b; MaxPool p b -> y kernel_shape=1,1; out y",
             "target: toy/log", 2);
    const nbx_quantized *row = stored(&w, "w");
    ck_assert_uint_eq(row->param_count, 2);
    ck_assert_int_eq(row->params[0].exponent - row->params[1].exponent, 48);
    ck_assert_double_eq(row->lost_share, 0);
    toy_plan(&w, "in x 1,4,2,2; const w 1,4,1,1 [1,1,0.000001,0]; Conv c x,w -> a; Relu r a -> y; out y", "target: toy/log", 2);
    ck_assert_uint_eq(stored(&w, "w")->param_count, 1);
    ck_assert_double_eq_tol(stored(&w, "w")->lost_share, 1.0 / 3, 1e-12); /* one of three that are not zero */
    toy_close(&w);
}
END_TEST

START_TEST(what_leaves_a_chip_takes_its_output_only_form)
{
    toy_world w;
    toy_open(&w);
    const char *net = "in x 1,4,2,2; const w 4,4,1,1 #1; Conv c x,w -> a; Conv d a,w -> y; out y";
    toy_plan(&w, net, "target: toy/log", 0); /* without data: the exponent is the encoding's own */
    ck_assert_str_eq(stored(&w, "y")->encoding->name, "q20_12");
    ck_assert_int_eq(stored(&w, "y")->params[0].exponent, 12);
    ck_assert_double_eq(stored(&w, "y")->params[0].scale, 1 / 4096.0);
    ck_assert_str_eq(stored(&w, "a")->encoding->name, "log8");
    ck_assert_uint_eq(stored(&w, "a")->param_count, 0);
    toy_plan(&w, net, "target: toy/basic", 2);
    ck_assert_str_eq(stored(&w, "y")->encoding->name, "int16_sym");
    ck_assert_str_eq(stored(&w, "a")->encoding->name, "int8_asym");
    toy_plan(&w, "in x 1,4,2,2; const w 4,4,1,1 #1; Conv c x,w -> a; Sigmoid s a -> y; out y; out a", "target: toy/basic", 2);
    ck_assert_str_eq(stored(&w, "a")->encoding->name, "int8_asym"); /* it is read on the chip, too */
    toy_close(&w);
}
END_TEST

START_TEST(tied_values_share_the_union_of_their_ranges)
{
    static const float data[] = {-1, 0.5f, 2, 0.25f};
    toy_world w;
    toy_open(&w);
    plan_on(&w,
            "in x 1,1,2,2; const k 1,1,1,1 =3; Sigmoid s x -> a; Relu r x -> b; Concat j a,b -> c axis=1; MaxPool p c -> d "
            "kernel_shape=2,2; Sigmoid t "
            "d -> y; out y",
            "target: toy/basic", data, 1);
    const nbx_quantized *a = stored(&w, "a");
    ck_assert_uint_eq(a->tie, stored(&w, "b")->tie);
    ck_assert_uint_eq(a->tie, stored(&w, "c")->tie);
    ck_assert_uint_eq(a->tie, stored(&w, "d")->tie);
    ck_assert_uint_ne(a->tie, stored(&w, "x")->tie);
    ck_assert_uint_ne(a->tie, stored(&w, "y")->tie);
    check_range_param(a, 0, 2);
    check_range_param(stored(&w, "b"), 0, 2);
    check_range_param(stored(&w, "d"), 0, 2);
    check_range_param(stored(&w, "x"), -1, 2);
    toy_close(&w);
}
END_TEST

static uint32_t count_requantize(const nbx_plan *plan)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        count += (plan->graph->nodes[n].n.flags & NBX_NODE_REQUANTIZE) != 0;
    return count;
}

static const struct {
    const char *name, *graph, *job;
    uint32_t requantize, rounds;
} mixed[] = {
#define PAIR "in x 1,4; Relu a x -> p; Relu b p -> q; Sigmoid c p -> r; Add d q,r -> y; out y"
    {"one scheme needs none", PAIR, "target: toy/basic", 0, 0},
    {"a reader in another scheme needs one", PAIR, "target: toy/basic\nnodes: [{match: c, scheme: pow2}, {match: d, scheme: int8}]", 2, 0},
    {"two readers in another scheme share it", PAIR, "target: toy/basic\nnodes: [{match: '[bcd]', scheme: pow2}]", 1, 0},
    {"a demotion takes them out and puts in what is needed then",
     "in x 1,4; const k 1,4 =1000; Mul m x,k -> z; Relu a x -> p; Relu b p -> q; Add d q,z -> y; out y",
     "target: toy/basic\nfallback: reference\nnodes: [{match: b, scheme: pow2}, {match: d, scheme: pow2}]", 1, 1},
};

START_TEST(readers_of_another_encoding_get_a_requantize_node)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(mixed) / sizeof(mixed[0]); i++) {
        nbx_plan *plan = toy_plan(&w, mixed[i].graph, mixed[i].job, 3);
        ck_assert_msg(plan && !plan->refused, "%s: %s", mixed[i].name, toy_code(&w));
        ck_assert_msg(plan->requantize_count == mixed[i].requantize, "%s: %u", mixed[i].name, plan->requantize_count);
        ck_assert_msg(count_requantize(plan) == mixed[i].requantize, "%s: %u nodes", mixed[i].name, count_requantize(plan));
        ck_assert_msg(plan->round_count == mixed[i].rounds, "%s: %u rounds", mixed[i].name, plan->round_count);
        uint64_t per_sample;
        float *out = toy_run(&w, &per_sample);
        free(out);
    }
    toy_close(&w);
}
END_TEST

START_TEST(without_data_a_plan_is_valid_and_compile_says_what_is_missing)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(&w, CONV2 "Sigmoid s a -> y; out y", "target: toy/basic", 0);
    ck_assert_int_eq(nbx_plan_check(plan), NBX_OK);
    ck_assert(!plan->has_data && plan->calibration_samples == 0);
    ck_assert_str_eq(stored(&w, "a")->encoding->name, "int8_asym");
    ck_assert_uint_eq(stored(&w, "a")->param_count, 0);
    ck_assert_int_eq(nbx_status_exit_code(nbx_compile_segments(plan)), 3);
    ck_assert_str_eq(toy_code(&w), "E-COMPILE-001");
    plan = toy_plan(&w, CONV2 "Sigmoid s a -> y; out y", "target: toy/basic\nquantization: {calibration: {method: none}}", 2);
    ck_assert(!plan->has_data);
    plan = toy_plan(&w, CONV2 "Sigmoid s a -> y; out y", "target: reference/any", 0); /* float needs no data */
    ck_assert_int_eq(nbx_compile_segments(plan), NBX_OK);
    toy_close(&w);
}
END_TEST

TOY_MAIN("quantize", minmax_sees_the_extremes_of_all_samples, percentile_cuts_the_share_off_each_end,
         an_integer_source_gives_the_range_that_preprocessing_allows, values_that_are_not_finite_stop_calibration,
         parameters_follow_from_ranges_data_and_products, scales_are_per_output_channel_whatever_the_op_calls_it,
         log_weights_have_a_z_per_convolution_group, what_leaves_a_chip_takes_its_output_only_form,
         tied_values_share_the_union_of_their_ranges, readers_of_another_encoding_get_a_requantize_node,
         without_data_a_plan_is_valid_and_compile_says_what_is_missing)
