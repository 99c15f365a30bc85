/* SPDX-License-Identifier: Apache-2.0 */
/* Models with QuantizeLinear and DequantizeLinear: their own parameters are kept where a chip can express them. */
#include "toy_plan.h"

#define SCALES "const s 1 =0.05; const z 1 =3 INT8; const t 1 =0.1; const n 1 =0 INT8; "
#define QDQ(name_, from_, to_, scale_, zero_)                                                                                              \
    "QuantizeLinear q" name_ " " from_ "," scale_ "," zero_ " -> c" name_ "; DequantizeLinear d" name_ " c" name_ "," scale_ "," zero_     \
    " -> " to_ "; "
/* x -> QDQ -> Conv with int8 weights per channel -> Relu -> QDQ -> y */
#define CONV                                                                                                                               \
    "in x 1,2,2,2; " SCALES "const k 3,2,1,1 [10,-20,30,40,50,-60] INT8; const ks 3 [0.01,0.02,0.03]; const kz 3 =0 INT8; " QDQ(           \
        "0", "x", "a", "s", "z") "DequantizeLinear dk k,ks,kz -> w axis=0; Conv c a,w -> p; Relu r p -> b; " QDQ("1", "b", "y", "t", "n")

static const nbx_quantized *stored(const toy_world *w, const char *value)
{
    uint32_t v = toy_value(w->graph, value);
    ck_assert_msg(v != NBX_NONE, "no value %s", value);
    return &w->plan->chips[0].values[v];
}

START_TEST(stated_parameters_are_kept)
{
    toy_world w;
    toy_open(&w);
    for (uint32_t samples = 0; samples <= 3; samples += 3) { /* data changes nothing about them */
        nbx_plan *plan = toy_plan(&w, CONV "Sigmoid e y -> u; out u", "target: toy/basic\nquantization: {bias_correction: false}", samples);
        ck_assert_msg(plan && !plan->refused, "%s %s", toy_code(&w), plan ? toy_placements(plan) : "");
        for (uint32_t n = 0; n < w.graph->node_count; n++)
            ck_assert_ptr_null(strstr(w.graph->nodes[n].n.op, "QuantizeLinear"));
        ck_assert_double_eq(stored(&w, "x")->params[0].scale, (double)0.05f);
        ck_assert_int_eq(stored(&w, "x")->params[0].zero_point, 3);
        ck_assert_double_eq(stored(&w, "b")->params[0].scale, (double)0.1f);
        const nbx_g_node *conv = &w.graph->nodes[toy_node(w.graph, "c")];
        const nbx_quantized *weight = &plan->chips[0].values[nbx_node_input(conv, 1)];
        ck_assert_uint_eq(weight->param_count, 3);
        for (int i = 0; i < 3; i++)
            ck_assert_double_eq(weight->params[i].scale, (double)(0.01f * (float)(i + 1)));
        ck_assert_uint_eq(plan->adopted, 3);
        ck_assert(plan->has_data);
    }
    toy_close(&w);
}
END_TEST

/* Every source node is somewhere: the pairs are folded into the node that made their value. */
START_TEST(pairs_are_folded_into_their_neighbours)
{
    toy_world w;
    toy_open(&w);
    toy_plan(&w, CONV "Sigmoid e y -> u; out u", "target: toy/basic", 0);
    static const char *const names[] = {"q0", "d0", "c", "r", "q1", "d1", "e"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        uint32_t found = 0;
        for (uint32_t n = 0; n < w.graph->node_count; n++)
            for (uint32_t k = 0; k < w.graph->nodes[n].n.origins.count; k++)
                found += !strcmp(*NBX_ROW(const char *, w.graph->nodes[n].n.origins, k), names[i]);
        ck_assert_msg(found == 1, "%s: %u", names[i], found);
    }
    toy_close(&w);
}
END_TEST

START_TEST(reference_keeps_the_nodes_in_float)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(&w, CONV "out y", "target: reference/any", 0);
    ck_assert_msg(plan && !plan->refused, "%s", toy_code(&w));
    ck_assert_uint_eq(plan->adopted, 0);
    ck_assert_uint_ne(toy_node(w.graph, "q0"), NBX_NONE);
    toy_close(&w);
}
END_TEST

static const struct {
    const char *name, *graph;
    uint32_t requantize;
} joins[] = {
    {"one statement serves the whole class",
     "in x 1,2,2,2; " SCALES QDQ("0", "x", "a", "s", "z") "MaxPool m a -> h kernel_shape=2,2; Sigmoid f h -> u; out u", 0},
    {"equal statements agree",
     "in x 1,2,2,2; " SCALES QDQ("0", "x", "a", "s", "z") "Sigmoid e x -> g; " QDQ("1", "g", "b", "s",
                                                                                   "z") "Concat j a,b -> h axis=1; Sigmoid f h -> u; out u",
     0},
    {"different ones are cut apart",
     "in x 1,2,2,2; " SCALES QDQ("0", "x", "a", "s", "z") "Sigmoid e x -> g; " QDQ("1", "g", "b", "t",
                                                                                   "n") "Concat j a,b -> h axis=1; Sigmoid f h -> u; out u",
     1},
    {"what is stated about the result wins over both operands",
     "in x 1,2,2,2; const r 1 =0.2; " SCALES QDQ("0", "x", "a", "s", "z") "Sigmoid e x -> g; " QDQ(
         "1", "g", "b", "t", "n") "Concat j a,b -> h axis=1; " QDQ("2", "h", "i", "r", "n") "Sigmoid f i -> u; out u",
     2},
};

START_TEST(different_statements_in_one_class_are_requantized)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
        nbx_plan *plan = toy_plan(&w, joins[i].graph, "target: toy/basic", 2);
        ck_assert_msg(plan && !plan->refused, "%s: %s", joins[i].name, toy_code(&w));
        ck_assert_msg(plan->requantize_count == joins[i].requantize, "%s: %u", joins[i].name, plan->requantize_count);
        uint32_t join = toy_node(w.graph, "j");
        if (join == NBX_NONE) join = toy_node(w.graph, "m");
        const nbx_quantized *out = &plan->chips[0].values[nbx_node_output(&w.graph->nodes[join], 0)];
        for (uint32_t k = 0; k < w.graph->nodes[join].n.inputs.count; k++) { /* the tie holds, to the bit */
            const nbx_quantized *in = &plan->chips[0].values[nbx_node_input(&w.graph->nodes[join], k)];
            ck_assert_msg(in->params[0].scale == out->params[0].scale && in->params[0].zero_point == out->params[0].zero_point, "%s",
                          joins[i].name);
        }
        uint64_t per_sample;
        float *got = toy_run(&w, &per_sample);
        free(got);
    }
    toy_close(&w);
}
END_TEST

/* Unsigned codes do not fit a signed encoding: their range does. */
START_TEST(codes_that_do_not_fit_lend_their_range)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan =
        toy_plan(&w,
                 "in x 1,4; const s 1 =0.5; const z 1 =128 UINT8; QuantizeLinear q x,s,z -> c; DequantizeLinear d c,s,z -> a; Sigmoid e a "
                 "-> y; out y",
                 "target: toy/basic", 0);
    ck_assert_msg(plan && !plan->refused, "%s", toy_code(&w));
    const nbx_quantized *x = stored(&w, "x");
    ck_assert_uint_eq(x->param_count, 1);
    ck_assert_double_eq_tol(x->params[0].scale, 0.5, 1e-9); /* -64 .. 63.5 in 255 steps */
    ck_assert_int_eq(x->params[0].zero_point, 0);
    toy_close(&w);
}
END_TEST

TOY_MAIN("qdq", stated_parameters_are_kept, pairs_are_folded_into_their_neighbours, reference_keeps_the_nodes_in_float,
         different_statements_in_one_class_are_requantized, codes_that_do_not_fit_lend_their_range)
