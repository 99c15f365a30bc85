/* SPDX-License-Identifier: Apache-2.0 */
/* Which chains of nodes compute as one: longest match, conditions, and what breaks a chain. */
#include "toy_plan.h"

#define C1  "in x 1,4,8,8; in z 1,4,8,8; const w 4,4,1,1 #1; Conv c x,w -> a; "
#define ALL "target: toy/basic\nfallback: reference"

static const struct {
    const char *name, *graph, *job, *groups; /* "FUSION:node,node ..." in the order they were formed */
} rows[] = {
    {"a pair that a row names", C1 "Relu r a -> y; out y", ALL, "TOY-FUSE-001:c,r"},
    {"another alternative of the step", C1 "Clip r a -> y min=0.0 max=6.0; out y", ALL, "TOY-FUSE-001:c,r"},
    {"the longest match wins", C1 "Add s a,z -> b; Relu r b -> y; out y", ALL, "TOY-FUSE-002:c,s,r"},
    {"the other operand may come first", C1 "Add s z,a -> b; Relu r b -> y; out y", ALL, "TOY-FUSE-002:c,s,r"},
    {"an unfinished longer pattern leaves nothing", C1 "Add s a,z -> y; out y", ALL, ""},
    {"a condition that does not hold",
     "in x 1,4,8,8; in z 1,4,8,8; const w 4,1,1,1 #1; Conv c x,w -> a group=4; Add s a,z -> b; Relu r b -> y; out y", ALL, ""},
    {"a shorter pattern without that condition still fits",
     "in x 1,4,8,8; const w 4,1,1,1 #1; Conv c x,w -> a group=4; Relu r a -> y; out y", ALL, "TOY-FUSE-001:c,r"},
    {"a second reader breaks the chain", C1 "Relu r a -> b; Add s a,b -> y; out y", ALL, ""},
    {"a value that is an output breaks the chain", C1 "Relu r a -> y; out y; out a", ALL, ""},
    {"both operands of the sum are one value", C1 "Add s a,a -> b; Relu r b -> y; out y", ALL, ""},
    {"another chip breaks the chain", C1 "Relu r a -> y; out y", ALL "\nnodes: [{match: r, place: fallback}]", ""},
    {"another scheme breaks the chain", C1 "Relu r a -> y; out y", ALL "\nnodes: [{match: r, scheme: pow2}]", ""},
    {"the same other scheme does not", C1 "Relu r a -> y; out y", ALL "\nquantization: {scheme: pow2}", "TOY-FUSE-001:c,r"},
    {"a node is in one group", C1 "const v 4,4,1,1 #2; Conv d z,v -> e; Add s a,e -> b; Relu r b -> y; out y", ALL, "TOY-FUSE-002:c,s,r"},
    {"each chain is a group", C1 "const v 4,4,1,1 #2; Relu r a -> b; Conv d b,v -> e; Relu q e -> y; out y", ALL,
     "TOY-FUSE-001:c,r TOY-FUSE-001:d,q"},
    {"a chip without rows has none", C1 "Relu r a -> y; out y", "target: toy/seg", ""},
};

static const char *groups_of(const nbx_plan *plan)
{
    static char text[1024];
    size_t used = 0;
    text[0] = 0;
    for (uint32_t g = 0; g < plan->group_count; g++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", g ? " " : "", plan->groups[g].fusion->id);
        for (uint32_t i = 0; i < plan->groups[g].node_count; i++)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : ":",
                                     plan->graph->nodes[plan->groups[g].nodes[i]].n.name);
    }
    return text;
}

START_TEST(chains_become_groups)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        nbx_plan *plan = toy_plan(&w, rows[i].graph, rows[i].job, 0);
        ck_assert_msg(plan && !plan->refused, "%s: %s", rows[i].name, toy_code(&w));
        ck_assert_msg(!strcmp(groups_of(plan), rows[i].groups), "%s: %s", rows[i].name, groups_of(plan));
        for (uint32_t n = 0; n < plan->graph->node_count; n++) { /* verdicts: the first of a group is native, the others fused */
            const nbx_placement *row = &plan->placements[n];
            bool follower = row->group != NBX_NONE && plan->groups[row->group].nodes[0] != n;
            ck_assert_msg((row->verdict == NBX_VERDICT_FUSED) == follower, "%s: %s", rows[i].name, plan->graph->nodes[n].n.name);
        }
    }
    toy_close(&w);
}
END_TEST

/* A member that leaves its chip takes the group apart, and its verdict with it. */
START_TEST(a_demotion_takes_a_group_apart)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(&w, "in x 1,4,8,8; const w 4,4,1,1 #1; Conv c x,w -> a; Relu no_r a -> y; out y",
                              "target: toy/picky\nfallback: reference", 2);
    ck_assert_uint_eq(plan->group_count, 0);
    ck_assert_uint_eq(plan->round_count, 1);
    ck_assert_str_eq(toy_placements(plan), "c=native@picky no_r=native@any");
    toy_close(&w);
}
END_TEST

/* The contract of a group is the fusion's, else that of its first node. */
START_TEST(a_group_computes_by_the_first_nodes_contract)
{
    toy_world w;
    toy_open(&w);
    nbx_plan *plan = toy_plan(&w, C1 "Relu r a -> y; out y", ALL, 2);
    ck_assert_uint_eq(plan->group_count, 1);
    ck_assert_ptr_eq(plan->groups[0].arith, plan->placements[plan->groups[0].nodes[0]].combo->arith);
    ck_assert_ptr_null(plan->chips[0].values[toy_value(w.graph, "a")].encoding); /* interior values have no codes */
    toy_close(&w);
}
END_TEST

TOY_MAIN("group", chains_become_groups, a_demotion_takes_a_group_apart, a_group_computes_by_the_first_nodes_contract)
