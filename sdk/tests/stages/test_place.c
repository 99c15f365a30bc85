/* SPDX-License-Identifier: Apache-2.0 */
/* Where nodes go and why not elsewhere: strict by default, forced places, views, demotion by types, values and the plugin itself. */
#include "toy_plan.h"

#define NET1 "in x 1,4,8,8; const w 4,4,3,3 #1; "
#define CONV "Conv c x,w -> a pads=1,1,1,1; "
#define FB   "\nfallback: reference"

static const struct {
    const char *name, *graph, *job, *placements;
    const char *node, *reasons; /* of one node */
    uint32_t refused;
} rows[] = {
    {"a node that fits is native", NET1 CONV "out a", "target: toy/basic", "c=native@basic", "c", "", 0},
    {"a broken rule refuses the node when no fallback is named", NET1 "const v 4,4,5,5 #2; Conv c x,v -> a; out a", "target: toy/basic",
     "c=refused@-", "c", "TOY-CONV-001/kernel_h TOY-CONV-001/kernel_w", 1},
    {"every broken row is reported, not the first", NET1 "const v 4,4,5,3 #2; Conv c x,v -> a strides=3,3; out a", "target: toy/basic",
     "c=refused@-", "c", "TOY-CONV-001/kernel_h TOY-CONV-002", 1},
    {"the fallback takes what the chip refuses", NET1 "const v 4,4,5,5 #2; Conv c x,v -> a; out a", "target: toy/basic" FB, "c=native@any",
     "c", "TOY-CONV-001/kernel_h TOY-CONV-001/kernel_w", 0},
    {"an op without a row is refused by the host's rule", "in x 1,4; Tanh t x -> y; out y", "target: toy/basic", "t=refused@-", "t",
     "NBX-OP-003", 1},
    {"an op whose row says no is refused by the row's rule", "in x 1,4; LeakyRelu l x -> y alpha=0.1; out y", "target: toy/basic",
     "l=refused@-", "l", "TOY-OP-001", 1},
    {"an emulated op is marked as such", "in x 1,4; Sigmoid s x -> y; out y", "target: toy/basic", "s=emulated@basic", "s", "", 0},
    {"a rule that reads an option follows it", "in x 1,4; Sigmoid s x -> y; out y", "target: toy/basic\noptions: {mode: b}", "s=refused@-",
     "s", "TOY-OPT-001", 1},
    {"an unknown op runs nowhere, not even on the fallback", "in x 1,4; Frobnicate f x -> y; out y", "target: toy/basic" FB, "f=refused@-",
     "f", "NBX-OP-001 NBX-OP-001", 1},
    {"a dynamic shape runs nowhere", "in x -1,4; Relu r x -> y; out y", "target: toy/basic" FB, "r=refused@-", "r",
     "NBX-SHAPE-001 NBX-SHAPE-001", 1},
    {"place: fallback takes a node off a chip that would have it", NET1 CONV "Relu r a -> b; out b",
     "target: toy/basic" FB "\nnodes: [{match: c, place: fallback}]", "c=native@any r=native@basic", "c", "", 0},
    {"place: chip allows no fallback", "in x 1,4; Tanh t x -> y; out y", "target: toy/basic" FB "\nnodes: [{match: t, place: chip}]",
     "t=refused@-", "t", "NBX-OP-003", 1},
    {"a chip of the job can be named", NET1 CONV "out a",
     "target: toy/basic\nfallback: [toy/la, reference]\nnodes: [{match: c, place: toy/la}]", "c=native@la", "c", "", 0},
    {"later rows win", NET1 CONV "out a",
     "target: toy/basic\nfallback: toy/la\nnodes: [{match: '*', place: fallback}, {match: c, place: chip}]", "c=native@basic", "c", "", 0},
    {"fallbacks are asked in order", "in x 1,4; LeakyRelu l x -> y alpha=0.1; out y", "target: toy/basic\nfallback: [toy/la, reference]",
     "l=native@any", "l", "TOY-OP-001 TOY-OP-001", 0},
    {"a scheme that the chip has no combination for is refused", NET1 CONV "MaxPool m a -> b kernel_shape=2,2 strides=2,2; out b",
     "target: toy/basic\nquantization: {scheme: pow2}", "c=native@basic m=refused@-", "m", "NBX-SCHEME-001", 1},
    {"the scheme of a node row wins over the job's", NET1 CONV "Relu r a -> b; out b",
     "target: toy/basic\nquantization: {scheme: pow2}\nnodes: [{match: c, scheme: int8}]", NULL, "c", "", 0},
    {"a rule on types sees the scheme", "in x 1,8,4,4; const w 4,8,1,1 #1; Conv c x,w -> a; out a",
     "target: toy/basic" FB "\nquantization: {scheme: pow2}", "c=native@any", "c", "TOY-TYPE-001", 0},
    {"a rule on types says nothing in another scheme", "in x 1,8,4,4; const w 4,8,1,1 #1; Conv c x,w -> a; out a", "target: toy/basic" FB,
     "c=native@basic", "c", "", 0},
    {"the plugin's check refuses more than its tables", NET1 "Conv no_c x,w -> a; Relu r a -> y; out y", "target: toy/picky" FB,
     "no_c=native@any r=native@picky", "no_c", "TOY-CHECK-001", 0},
    {"the plugin's check refuses a member of a group", NET1 "Conv c x,w -> a; Relu no_r a -> y; out y", "target: toy/picky" FB,
     "c=native@picky no_r=native@any", "no_r", "TOY-CHECK-001", 0},
};

START_TEST(nodes_go_where_the_row_says)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        nbx_plan *plan = toy_plan(&w, rows[i].graph, rows[i].job, 0);
        ck_assert_msg(plan, "%s: %s", rows[i].name, toy_code(&w));
        if (rows[i].placements)
            ck_assert_msg(!strcmp(toy_placements(plan), rows[i].placements), "%s: %s", rows[i].name, toy_placements(plan));
        ck_assert_msg(!strcmp(toy_reasons(plan, rows[i].node, false), rows[i].reasons), "%s: %s", rows[i].name,
                      toy_reasons(plan, rows[i].node, false));
        ck_assert_msg(plan->refused == rows[i].refused, "%s: %u refused", rows[i].name, plan->refused);
        ck_assert_int_eq(nbx_plan_check(plan), rows[i].refused ? NBX_FOUND : NBX_OK);
    }
    toy_close(&w);
}
END_TEST

/* Whatever refuses says which rule, how much is allowed, how much there is, and what to do. */
START_TEST(every_refusal_is_complete)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        nbx_plan *plan = toy_plan(&w, rows[i].graph, rows[i].job, strstr(rows[i].graph, "-1,") ? 0 : 4);
        ck_assert_msg(plan, "%s: %s", rows[i].name, toy_code(&w));
        for (uint32_t n = 0; n < plan->graph->node_count; n++)
            for (const nbx_reason *r = plan->placements[n].reasons; r; r = r->next) {
                if (r->effect != NBX_EFFECT_REFUSE || r->not_evaluated) continue;
                ck_assert_msg(*r->id && r->has_limit && r->limit_text && *r->limit_text && r->has_actual && *r->remedy && *r->text &&
                                  r->subject,
                              "%s: %s", rows[i].name, r->id);
            }
    }
    toy_close(&w);
}
END_TEST

static const struct {
    const char *name, *job, *code, *says;
} mistakes[] = {
    {"an option the chip has not", "target: toy/basic\noptions: {speed: 3}", "E-PLAN-001", "mode, level, fast"},
    {"a choice outside its list", "target: toy/basic\noptions: {mode: c}", "E-PLAN-001", "a|b"},
    {"a number outside its range", "target: toy/basic\noptions: {level: 10}", "E-PLAN-001", "0..9"},
    {"text where a number is wanted", "target: toy/basic\noptions: {level: much}", "E-PLAN-001", "0..9"},
    {"an unknown scheme", "target: toy/basic\nquantization: {scheme: int9}", "E-PLAN-002", "int8|pow2"},
    {"an unknown scheme of a node", "target: toy/basic\nnodes: [{match: r, scheme: int9}]", "E-PLAN-002", "int8|pow2"},
    {"place: fallback without one", "target: toy/basic\nnodes: [{match: r, place: fallback}]", "E-PLAN-003", "fallback"},
    {"a place that is no chip of the job", "target: toy/basic\nnodes: [{match: r, place: toy/la}]", "E-PLAN-003", "toy/la"},
    {"a pattern that matches nothing", "target: toy/basic\nnodes: [{match: 'q*', place: chip}]", "E-PLAN-004", "q*"},
    {"an unknown chip", "target: toy/basics", "E-LOAD-002", "basic"},
    {"an unknown fallback lists what is installed", "target: toy/basic\nfallback: nobody", "E-LOAD-001", "reference"},
};

START_TEST(mistakes_of_a_job_have_a_code_and_say_what_is_there)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        nbx_plan *plan = toy_plan(&w, "in x 1,4; Relu r x -> y; out y", mistakes[i].job, 0);
        ck_assert_msg(!plan && nbx_status_exit_code(w.status) == 3, "%s: %d", mistakes[i].name, w.status);
        ck_assert_msg(!strcmp(toy_code(&w), mistakes[i].code), "%s: %s", mistakes[i].name, toy_code(&w));
        ck_assert_msg(toy_said(&w, mistakes[i].says), "%s", mistakes[i].name);
    }
    toy_close(&w);
}
END_TEST

START_TEST(a_batch_that_a_port_rule_rejects_is_not_cured_by_a_fallback)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(&w, "in x 5,4; Relu r x -> y; out y", "target: toy/basic\nfallback: reference", 0);
    ck_assert_ptr_nonnull(plan);
    ck_assert(plan->rejected);
    ck_assert_str_eq(plan->model_reasons->id, "TOY-PORT-001");
    ck_assert_int_eq(nbx_plan_check(plan), NBX_FOUND);
    ck_assert(toy_said(&w, "batch 5"));
    toy_close(&w);
}
END_TEST

#define SUM "in x 1,4; in z 1,4; const k 1,4 =100; Mul m x,k -> a; Add s a,z -> y; out y"

START_TEST(rules_on_values_demote_once_there_is_data)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(&w, SUM, "target: toy/basic\nfallback: reference", 0);
    ck_assert_str_eq(toy_placements(plan), "m=native@any s=native@basic");
    ck_assert_str_eq(toy_reasons(plan, "s", true), "TOY-VAL-001?");
    ck_assert_uint_eq(plan->round_count, 0);
    plan = toy_plan(&w, SUM, "target: toy/basic\nfallback: reference", 4);
    ck_assert_str_eq(toy_placements(plan), "m=native@any s=native@any");
    ck_assert_str_eq(toy_reasons(plan, "s", true), "TOY-VAL-001");
    ck_assert_uint_eq(plan->round_count, 1);
    ck_assert_uint_eq(plan->rounds[0].demoted, 1);
    toy_close(&w);
}
END_TEST

/* Rounds ask again; what a rule says about a node is kept once. */
START_TEST(reasons_do_not_pile_up_over_rounds)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan =
        toy_plan(&w,
                 "in x 1,4,4,4; in z 1,4,4,4; const k 1,4,1,1 =100; const w 4,4,1,1 =2; Conv c z,w -> d; Relu r d -> e; Mul m x,k -> a; "
                 "Add s a,e -> y; out y",
                 "target: toy/basic\nfallback: reference", 4);
    ck_assert_uint_eq(plan->round_count, 1);
    ck_assert_str_eq(toy_reasons(plan, "c", true), "TOY-CONV-003");
    ck_assert_str_eq(toy_reasons(plan, "r", true), "TOY-VAL-002");
    toy_close(&w);
}
END_TEST

static const struct {
    const char *name, *graph, *job, *placements;
} views[] = {
    {"after a node of the chip", "in x 1,8; Relu r x -> a; Reshape v a -> b shape=2,4; Relu s b -> y; out y",
     "target: toy/basic\nfallback: reference", "r=native@basic v=view@basic s=native@basic"},
    {"after a node of the fallback", "in x 1,8; Relu r x -> a; Reshape v a -> b shape=2,4; Relu s b -> y; out y",
     "target: toy/basic\nfallback: reference\nnodes: [{match: r, place: fallback}]", "r=native@any v=view@any s=native@basic"},
    {"of an input, with the node behind it", "in x 1,8; Reshape v x -> b shape=2,4; Relu s b -> y; out y",
     "target: toy/basic\nfallback: reference\nnodes: [{match: s, place: fallback}]", "v=view@any s=native@any"},
    {"a chain of views of an input", "in x 1,8; Reshape v x -> a shape=2,4; Reshape u a -> b shape=4,2; Relu s b -> y; out y",
     "target: toy/basic\nfallback: reference", NULL},
};

START_TEST(views_follow_their_neighbours)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        nbx_plan *plan = toy_plan(&w, views[i].graph, views[i].job, 2);
        ck_assert_msg(plan, "%s: %s", views[i].name, toy_code(&w));
        if (views[i].placements)
            ck_assert_msg(!strcmp(toy_placements(plan), views[i].placements), "%s: %s", views[i].name, toy_placements(plan));
        ck_assert_int_eq(plan->refused, 0);
        ck_assert_msg(nbx_compile_segments(plan) == NBX_OK, "%s: %s", views[i].name, toy_code(&w));
    }
    toy_close(&w);
}
END_TEST

START_TEST(the_plugins_own_estimate_wins_over_its_cost_rows)
{
    toy_world w;
    toy_open(&w);
    const char *net = NET1 "Conv c x,w -> a; Add s a,a -> y; out y";
    nbx_plan *plan = toy_plan(&w, net, "target: toy/picky", 0);
    ck_assert_double_eq(plan->placements[toy_node(w.graph, "c")].latency_ns, 12345);
    ck_assert_uint_eq(plan->placements[toy_node(w.graph, "c")].confidence, NBX_CONFIDENCE_MEASURED);
    ck_assert_uint_eq(plan->placements[toy_node(w.graph, "s")].confidence, NBX_CONFIDENCE_ILLUSTRATIVE);
    plan = toy_plan(&w, net, "target: toy/seg", 0);
    ck_assert_double_ne(plan->placements[toy_node(w.graph, "c")].latency_ns, 12345);
    ck_assert_uint_eq(plan->placements[toy_node(w.graph, "c")].confidence, NBX_CONFIDENCE_MODELLED);
    toy_close(&w);
}
END_TEST

TOY_MAIN("place", nodes_go_where_the_row_says, every_refusal_is_complete, mistakes_of_a_job_have_a_code_and_say_what_is_there,
         a_batch_that_a_port_rule_rejects_is_not_cured_by_a_fallback, rules_on_values_demote_once_there_is_data,
         reasons_do_not_pile_up_over_rounds, views_follow_their_neighbours, the_plugins_own_estimate_wins_over_its_cost_rows)
