/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting into segments: convex and in order on random graphs, limits of segments and models, positions, shortfalls of compile. */
#include "toy_plan.h"

/* A random graph of 2-input sums and ReLUs over small tensors; about every second node is forced to the fallback. */
static void random_graph(uint32_t seed, char *graph, size_t graph_bytes, char *job, size_t job_bytes)
{
    uint32_t nodes = 4 + toy_random(&seed) % 14;
    size_t used = (size_t)snprintf(graph, graph_bytes, "in x 1,8; in z 1,8; ");
    size_t said = (size_t)snprintf(job, job_bytes, "target: toy/la\nfallback: toy/lb\nnodes:\n - {match: '*', place: chip}\n");
    for (uint32_t n = 0; n < nodes; n++) {
        char a[16], b[16];
        uint32_t i = toy_random(&seed) % (n + 2), k = toy_random(&seed) % (n + 2);
        snprintf(a, sizeof(a), i < n ? "v%u" : i == n ? "x" : "z", i);
        snprintf(b, sizeof(b), k < n ? "v%u" : k == n ? "x" : "z", k);
        if (toy_random(&seed) % 3)
            used += (size_t)snprintf(graph + used, graph_bytes - used, "Add n%u %s,%s -> v%u; ", n, a, b, n);
        else
            used += (size_t)snprintf(graph + used, graph_bytes - used, "Relu n%u %s -> v%u; ", n, a, n);
        if (toy_random(&seed) % 2) said += (size_t)snprintf(job + said, job_bytes - said, " - {match: n%u, place: fallback}\n", n);
        if (toy_random(&seed) % 4 == 0 || n + 1 == nodes) used += (size_t)snprintf(graph + used, graph_bytes - used, "out v%u; ", n);
    }
}

/* reach[a][b]: a path leads from node a to node b. */
static void find_paths(const nbx_plan *plan, bool reach[64][64])
{
    memset(reach, 0, 64 * sizeof(reach[0]));
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        for (uint32_t i = 0; i < plan->graph->nodes[n].n.inputs.count; i++) {
            uint32_t value = nbx_node_input(&plan->graph->nodes[n], i), from = value == NBX_NONE ? NBX_NONE : plan->uses.producer[value];
            if (from == NBX_NONE) continue;
            reach[from][n] = true;
            for (uint32_t p = 0; p < n; p++)
                if (reach[p][from]) reach[p][n] = true;
        }
}

static void check_convex(const nbx_plan *plan, uint32_t seed)
{
    bool reach[64][64];
    uint32_t count = plan->graph->node_count;
    ck_assert_uint_le(count, 64);
    find_paths(plan, reach);
    for (uint32_t a = 0; a < count; a++)
        for (uint32_t b = 0; b < count; b++)
            for (uint32_t m = 0; m < count; m++)
                if (reach[a][m] && reach[m][b] && plan->placements[a].segment == plan->placements[b].segment)
                    ck_assert_msg(plan->placements[m].segment == plan->placements[a].segment, "seed %u: %u > %u > %u", seed, a, m, b);
}

static bool lists(const nbx_plan_port *ports, uint32_t count, uint32_t value)
{
    for (uint32_t i = 0; i < count; i++)
        if (ports[i].value == value) return true;
    return false;
}

/* Every node once, on its own chip, in an order in which everything is there when it is read; the ports are exact. */
static void check_order(const nbx_plan *plan, uint32_t seed)
{
    uint32_t seen[64] = {0};
    for (uint32_t s = 0; s < plan->segment_count; s++) {
        const nbx_plan_segment *row = &plan->segments[s];
        for (uint32_t i = 0; i < row->node_count; i++) {
            uint32_t n = row->nodes[i];
            ck_assert_uint_eq(plan->placements[n].segment, s);
            ck_assert_uint_eq(plan->placements[n].chip, row->chip);
            seen[n]++;
            for (uint32_t k = 0; k < plan->graph->nodes[n].n.inputs.count; k++) {
                uint32_t value = nbx_node_input(&plan->graph->nodes[n], k);
                uint32_t from = plan->uses.producer[value];
                bool inside = from != NBX_NONE && plan->placements[from].segment == s;
                ck_assert_msg(from == NBX_NONE || inside ? true : plan->placements[from].segment < s, "seed %u: segment %u", seed, s);
                if (plan->graph->values[value].data) continue;
                ck_assert_msg(lists(row->inputs, row->input_count, value) == !inside, "seed %u: input of segment %u", seed, s);
                if (from != NBX_NONE && !inside) {
                    const nbx_plan_segment *writer = &plan->segments[plan->placements[from].segment];
                    ck_assert_msg(lists(writer->outputs, writer->output_count, value), "seed %u: output of a segment", seed);
                }
            }
        }
    }
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        ck_assert_msg(seen[n] == 1, "seed %u: node %u", seed, n);
    for (uint32_t i = 0; i < plan->graph->output_count; i++) {
        const nbx_plan_segment *writer = &plan->segments[plan->placements[plan->uses.producer[plan->graph->outputs[i]]].segment];
        ck_assert(lists(writer->outputs, writer->output_count, plan->graph->outputs[i]));
    }
}

START_TEST(random_graphs_are_cut_convex_and_in_order)
{
    toy_world w;
    toy_open(&w);
    for (uint32_t seed = 1; seed <= 300; seed++) {
        char graph[4096], job[2048];
        random_graph(seed, graph, sizeof(graph), job, sizeof(job));
        nbx_plan *plan = toy_plan(&w, graph, job, 0);
        if (!plan && !strcmp(toy_code(&w), "E-PLAN-004")) continue; /* a forced node was dead code */
        ck_assert_msg(plan, "seed %u: %s", seed, toy_code(&w));
        check_convex(plan, seed);
        check_order(plan, seed);
    }
    toy_close(&w);
}
END_TEST

#define FB "\nfallback: reference"
/* Three stretches of the chip between two LeakyRelus, of 2, 1 and 3 nodes. */
#define THREE                                                                                                                              \
    "in x 1,8; Relu a1 x -> a; Relu a2 a -> b; LeakyRelu l1 b -> c alpha=0.1; Relu b1 c -> d; LeakyRelu l2 d -> e alpha=0.1; "             \
    "Relu c1 e -> f; Relu c2 f -> g; Relu c3 g -> h; out h"

static const struct {
    const char *name, *graph, *job, *placements;
    uint32_t on_chip, rounds, refused;
} limits[] = {
    {"the segments of least gain leave first, until the limit holds", THREE, "target: toy/model" FB,
     "a1=native@any a2=native@any l1=native@any b1=native@any l2=native@any c1=native@model c2=native@model c3=native@model", 1, 2, 0},
    {"a convolution is worth more than three ReLUs",
     "in x 1,8,2,2; const w 8,8,1,1 #1; Conv k x,w -> b; LeakyRelu l1 b -> c alpha=0.1; Relu b1 c -> d; Relu b2 d -> e; Relu b3 e -> f; "
     "out f",
     "target: toy/model" FB, "k=native@model l1=native@any b1=native@any b2=native@any b3=native@any", 1, 1, 0},
    {"without a limit nothing leaves", THREE, "target: toy/seg" FB,
     "a1=native@seg a2=native@seg l1=native@any b1=native@seg l2=native@any c1=native@seg c2=native@seg c3=native@seg", 3, 0, 0},
    {"views of an input are no segment of their own",
     "in x 1,8; in z 2,4; Relu a1 z -> a; LeakyRelu l1 a -> b alpha=0.1; Reshape v x -> c shape=2,4; Add s b,c -> y; out y",
     "target: toy/model" FB, NULL, 1, 1, 0},
    {"a segment with too many inputs is cut in two", "in p 1,8; in q 1,8; in r 1,8; Add s p,q -> a; Add t a,r -> y; out y",
     "target: toy/seg", NULL, 2, 0, 0},
    {"four inputs take three cuts",
     "in p 1,8; in q 1,8; in r 1,8; in s 1,8; Add a p,q -> e; Add b e,r -> f; Add c f,s -> g; Relu d g -> y; out y", "target: toy/seg",
     NULL, 3, 0, 0},
    {"one node with too many inputs leaves the chip", "in p 1,8; in q 1,8; in r 1,8; Concat c p,q,r -> y axis=1; out y",
     "target: toy/seg" FB, "c=native@any", 0, 1, 0},
    {"and is refused where there is no fallback", "in p 1,8; in q 1,8; in r 1,8; Concat c p,q,r -> y axis=1; out y", "target: toy/seg",
     "c=refused@-", 0, 1, 1},
    {"a node that must end a segment does", "in x 1,8; Relu r x -> a; Sigmoid s a -> y; out y", "target: toy/edge" FB,
     "r=native@edge s=emulated@edge", 1, 0, 0},
    {"one that does not end a segment leaves the chip", "in x 1,8; Sigmoid s x -> a; Relu r a -> y; out y", "target: toy/edge" FB,
     "s=native@any r=native@edge", 1, 1, 0},
};

static uint32_t count_on_chip(const nbx_plan *plan)
{
    uint32_t count = 0;
    for (uint32_t s = 0; s < plan->segment_count && !plan->refused; s++)
        count += plan->segments[s].chip == 0;
    return count;
}

START_TEST(limits_cut_or_demote_and_end)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        for (uint32_t samples = 0; samples <= 2; samples += 2) {
            nbx_plan *plan = toy_plan(&w, limits[i].graph, limits[i].job, samples);
            ck_assert_msg(plan, "%s: %s", limits[i].name, toy_code(&w));
            if (limits[i].placements)
                ck_assert_msg(!strcmp(toy_placements(plan), limits[i].placements), "%s: %s", limits[i].name, toy_placements(plan));
            ck_assert_msg(plan->refused == limits[i].refused, "%s: %u refused", limits[i].name, plan->refused);
            ck_assert_msg(plan->round_count == limits[i].rounds, "%s: %u rounds", limits[i].name, plan->round_count);
            if (!plan->refused) ck_assert_msg(count_on_chip(plan) == limits[i].on_chip, "%s: %u", limits[i].name, count_on_chip(plan));
            if (!plan->refused && samples) ck_assert_msg(nbx_compile_segments(plan) == NBX_OK, "%s: %s", limits[i].name, toy_code(&w));
        }
    toy_close(&w);
}
END_TEST

START_TEST(demoted_nodes_carry_the_rule_of_the_limit)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(&w, THREE, "target: toy/model", 0); /* no fallback: LeakyRelu is refused at once */
    ck_assert_uint_gt(plan->refused, 0);
    plan = toy_plan(&w, THREE, "target: toy/model\nfallback: reference", 0);
    const nbx_reason *why = plan->placements[toy_node(w.graph, "b1")].reasons;
    ck_assert_ptr_nonnull(why);
    ck_assert_str_eq(why->id, "TOY-MODEL-001");
    ck_assert_uint_eq(why->reason, NBX_REASON_NOT_PROFITABLE);
    ck_assert_str_eq(why->text, "3 segments, limit 0..1");
    ck_assert(why->has_actual && why->actual == 3);
    ck_assert_str_eq(toy_reasons(plan, "a1", true), "TOY-MODEL-001");
    ck_assert_str_eq(toy_reasons(plan, "c1", true), "");
    plan = toy_plan(&w, "in p 1,8; in q 1,8; in r 1,8; Concat c p,q,r -> y axis=1; out y", "target: toy/seg", 0);
    ck_assert_str_eq(toy_reasons(plan, "c", false), "TOY-SEG-001/inputs");
    toy_close(&w);
}
END_TEST

START_TEST(notes_on_the_whole_model_are_kept_once)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(
        &w,
        "in x 1,4,4,4; const w 4,4,1,1 #1; const v 4,4,1,1 #2; const u 4,4,1,1 #3; Conv c x,w -> a; Conv d a,v -> b; Conv e b,u -> "
        "y; out y",
        "target: toy/model\noptions: {nodes: 1}", 2);
    ck_assert_ptr_nonnull(plan->model_reasons);
    ck_assert_str_eq(plan->model_reasons->id, "TOY-MODEL-002");
    ck_assert_ptr_null(plan->model_reasons->next);
    ck_assert_int_eq(nbx_plan_check(plan), NBX_OK);
    toy_close(&w);
}
END_TEST

static const struct {
    const char *name, *graph, *options;
    nbx_status status;
    uint32_t segments;
    const char *says;
} shortfalls[] = {
#define FIVE "in x 1,8; Relu a x -> p; Sigmoid b p -> q; Relu c q -> r; Sigmoid d r -> s; Relu e s -> y; out y"
    {"what fits is one segment", FIVE, "nodes: 5", NBX_OK, 1, NULL},
    {"a cut at the plugin's point", FIVE, "nodes: 3", NBX_OK, 2, "cut after 'c'"},
    {"several tries until every segment fits", FIVE, "nodes: 1", NBX_OK, 5, "try 2"},
    {"a group is not cut apart", "in x 1,4,4,4; const w 4,4,1,1 #1; Conv c x,w -> a; Relu r a -> b; Sigmoid s b -> y; out y", "nodes: 2",
     NBX_OK, 2, "cut after 'r'"},
    {"what cannot be cut is an error", "in x 1,4,4,4; const w 4,4,1,1 #1; Conv c x,w -> a; Relu r a -> y; out y", "nodes: 1", NBX_SHORTFALL,
     0, "2 nodes of nodes"},
};

START_TEST(a_shortfall_is_bargained_over)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(shortfalls) / sizeof(shortfalls[0]); i++) {
        char job[128];
        snprintf(job, sizeof(job), "target: toy/basic\noptions: {%s}", shortfalls[i].options);
        nbx_plan *plan = toy_plan(&w, shortfalls[i].graph, job, 2);
        ck_assert_msg(plan, "%s: %s", shortfalls[i].name, toy_code(&w));
        nbx_status status = nbx_compile_segments(plan);
        ck_assert_msg(status == shortfalls[i].status, "%s: %d %s", shortfalls[i].name, status, toy_code(&w));
        if (status == NBX_OK)
            ck_assert_msg(plan->segment_count == shortfalls[i].segments, "%s: %u", shortfalls[i].name, plan->segment_count);
        if (shortfalls[i].says) ck_assert_msg(toy_said(&w, shortfalls[i].says), "%s", shortfalls[i].name);
        for (uint32_t s = 0; s < plan->segment_count && status == NBX_OK; s++)
            ck_assert_ptr_nonnull(plan->segments[s].blob);
    }
    toy_close(&w);
}
END_TEST

START_TEST(a_long_chain_that_hardly_fits_is_halved_in_few_tries)
{
    toy_world w;
    toy_open(&w);
    char graph[8192] = "in x 1,8; Relu n0 x -> v0; ";
    size_t used = strlen(graph);
    for (int n = 1; n < 64; n++)
        used += (size_t)snprintf(graph + used, sizeof(graph) - used, "Sigmoid n%d v%d -> v%d; ", n, n - 1, n);
    snprintf(graph + used, sizeof(graph) - used, "out v63");
    nbx_plan *plan = toy_plan(&w, graph, "target: toy/basic\noptions: {nodes: 2}", 1);
    ck_assert_ptr_nonnull(plan);
    ck_assert_msg(nbx_compile_segments(plan) == NBX_OK, "%s", toy_code(&w));
    ck_assert_uint_eq(plan->segment_count, 32);
    toy_close(&w);
}
END_TEST

TOY_MAIN("segment", random_graphs_are_cut_convex_and_in_order, limits_cut_or_demote_and_end, demoted_nodes_carry_the_rule_of_the_limit,
         notes_on_the_whole_model_are_kept_once, a_shortfall_is_bargained_over, a_long_chain_that_hardly_fits_is_halved_in_few_tries)
