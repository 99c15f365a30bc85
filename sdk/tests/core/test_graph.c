/* SPDX-License-Identifier: Apache-2.0 */
/* The graph: order, dead code, cycles, uses, attributes, rewiring; and whole views of it. */
#include "../stages/toy_plan.h"

static const char *order_of(const nbx_graph *graph)
{
    static char text[512];
    size_t used = 0;
    text[0] = 0;
    for (uint32_t n = 0; n < graph->node_count; n++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", n ? " " : "", graph->nodes[n].n.name);
    return text;
}

static const struct {
    const char *name, *graph, *order; /* NULL: a cycle */
} rows[] = {
    {"a sorted graph stays as it is", "in x 1; Relu a x -> p; Abs b x -> q; Add c p,q -> y; out y", "a b c"},
    {"a node moves behind what it reads", "in x 1; Add c p,q -> y; Abs b x -> q; Relu a x -> p; out y", "b a c"},
    {"of what is ready the first in the file goes first", "in x 1; Abs d b4 -> y; Relu a x -> b4; Abs e x -> z; out z; out y", "a d e"},
    {"what no output needs goes", "in x 1; Relu a x -> p; Abs b p -> q; Neg c x -> y; out y", "c"},
    {"a node with one used output of two stays", "in x 2; Split s x -> p,q; Relu a q -> y; out y", "s a"},
    {"an absent input is no edge", "in x 1; Frob f x,_ -> y; out y", "f"},
    {"a node that reads itself", "in x 1; Add a x,y -> y; out y", NULL},
    {"a longer cycle", "in x 1; Add a x,r -> p; Abs b p -> q; Neg c q -> r; Relu d r -> y; out y", NULL},
    {"a cycle that no output needs is dead code", "in x 1; Add a p,q -> q; Abs b q -> p; Relu c x -> y; out y", "c"},
    {"no nodes at all", "in x 1; out x", ""},
};

START_TEST(compaction_sorts_and_drops)
{
    toy_world w;
    toy_open(&w);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        toy_drop(&w);
        w.graph = toy_raw_graph(w.context, rows[i].graph);
        nbx_status status = nbx_graph_compact(w.graph);
        ck_assert_msg((status == NBX_OK) == (rows[i].order != NULL), "%s: %d", rows[i].name, status);
        if (status == NBX_OK) ck_assert_msg(!strcmp(order_of(w.graph), rows[i].order), "%s: %s", rows[i].name, order_of(w.graph));
        if (status != NBX_OK) ck_assert_str_eq(toy_code(&w), "E-CORE-004");
        if (status != NBX_OK) ck_assert_int_eq(nbx_status_exit_code(status), 3);
    }
    toy_close(&w);
}
END_TEST

static nbx_fate fate_of(const nbx_graph *graph, const char *name)
{
    for (uint32_t i = 0; i < graph->source_count; i++)
        if (!strcmp(graph->sources[i].name, name)) return graph->sources[i].fate;
    ck_abort_msg("no source %s", name);
    return NBX_FATE_CUT;
}

START_TEST(fates_and_origins_follow_the_nodes)
{
    toy_world w;
    toy_open(&w);
    w.graph = toy_raw_graph(w.context, "in x 1; Relu a x -> p; Abs b p -> q; Neg c q -> y; Exp d x -> z; out y");
    ck_assert_int_eq(nbx_graph_absorb(w.graph, toy_node(w.graph, "b"), toy_node(w.graph, "c")), NBX_OK);
    nbx_graph_replace_uses(w.graph, toy_value(w.graph, "q"), toy_value(w.graph, "p"));
    ck_assert_int_eq(nbx_graph_compact(w.graph), NBX_OK);
    ck_assert_str_eq(order_of(w.graph), "a c");
    const nbx_g_node *c = &w.graph->nodes[1];
    ck_assert_uint_eq(c->n.origins.count, 2);
    ck_assert_str_eq(*NBX_ROW(const char *, c->n.origins, 0), "c");
    ck_assert_str_eq(*NBX_ROW(const char *, c->n.origins, 1), "b");
    ck_assert_int_eq(fate_of(w.graph, "b"), NBX_FATE_NODE);
    ck_assert_int_eq(fate_of(w.graph, "d"), NBX_FATE_DEAD);
    nbx_graph_kill(w.graph, 0, NBX_FATE_CONSTANT);
    ck_assert_int_eq(fate_of(w.graph, "a"), NBX_FATE_CONSTANT);
    toy_close(&w);
}
END_TEST

START_TEST(uses_count_every_slot)
{
    toy_world w;
    toy_open(&w);
    w.graph = toy_raw_graph(w.context, "in x 1; Add a x,x -> p; Mul b p,x -> q; out q; out p");
    nbx_uses uses;
    nbx_arena *arena = nbx_arena_create();
    ck_assert_int_eq(nbx_graph_uses(w.graph, arena, &uses), NBX_OK);
    uint32_t x = toy_value(w.graph, "x"), p = toy_value(w.graph, "p"), q = toy_value(w.graph, "q");
    ck_assert_uint_eq(uses.first[x + 1] - uses.first[x], 3);
    ck_assert_uint_eq(uses.consumers[uses.first[x]], 0);
    ck_assert_uint_eq(uses.consumers[uses.first[x] + 2], 1);
    ck_assert_uint_eq(uses.producer[x], NBX_NONE);
    ck_assert_uint_eq(uses.producer[p], 0);
    ck_assert(uses.is_output[p] && uses.is_output[q] && !uses.is_output[x]);
    ck_assert_uint_eq(uses.first[q + 1] - uses.first[q], 0);
    nbx_graph_replace_uses(w.graph, q, x); /* outputs are uses */
    ck_assert_uint_eq(w.graph->outputs[0], x);
    ck_assert(!(w.graph->values[q].v.flags & NBX_VALUE_OUTPUT) && (w.graph->values[x].v.flags & NBX_VALUE_OUTPUT));
    nbx_arena_destroy(arena);
    toy_close(&w);
}
END_TEST

START_TEST(attributes_are_set_replaced_read_and_removed)
{
    toy_world w;
    toy_open(&w);
    w.graph = toy_raw_graph(w.context, "in x 1; Relu a x -> y; out y");
    nbx_g_node *node = &w.graph->nodes[0];
    int64_t ints[] = {1, 2, 3};
    float floats[] = {0.5f};
    ck_assert_int_eq(nbx_node_set_int(w.graph, node, "i", -5), NBX_OK);
    ck_assert_int_eq(nbx_node_set_float(w.graph, node, "f", 1e300), NBX_OK);
    ck_assert_int_eq(nbx_node_set_string(w.graph, node, "s", "text"), NBX_OK);
    ck_assert_int_eq(nbx_node_set_ints(w.graph, node, "l", ints, 3), NBX_OK);
    ck_assert_int_eq(nbx_node_set_floats(w.graph, node, "g", floats, 1), NBX_OK);
    ints[0] = 9; /* it was copied */
    ck_assert_int_eq(nbx_node_attr_int(&node->n, "i", 0), -5);
    ck_assert_double_eq(nbx_node_attr_float(&node->n, "f", 0), 1e300);
    ck_assert_str_eq(nbx_node_attr_string(&node->n, "s", ""), "text");
    ck_assert_int_eq(nbx_node_attr(&node->n, "l")->ints[0], 1);
    ck_assert_int_eq(nbx_node_attr_int(&node->n, "f", 42), 42); /* another kind reads as absent */
    ck_assert_int_eq(nbx_node_attr_int(&node->n, "none", 7), 7);
    ck_assert_int_eq(nbx_node_set_int(w.graph, node, "s", 3), NBX_OK); /* another kind replaces */
    ck_assert_uint_eq(node->n.attrs.count, 5);
    ck_assert_int_eq(nbx_node_attr_int(&node->n, "s", 0), 3);
    nbx_node_remove_attr(node, "i");
    nbx_node_remove_attr(node, "i");
    ck_assert_uint_eq(node->n.attrs.count, 4);
    ck_assert_ptr_null(nbx_node_attr(&node->n, "i"));
    ck_assert_double_eq((double)nbx_node_attr(&node->n, "g")->floats[0], 0.5);
    toy_close(&w);
}
END_TEST

START_TEST(inputs_are_cut_and_extended)
{
    toy_world w;
    toy_open(&w);
    w.graph = toy_raw_graph(w.context, "in x 1; in z 1; Add a x,z -> y; out y");
    nbx_g_node *node = &w.graph->nodes[0];
    ck_assert_int_eq(nbx_node_resize_inputs(w.graph, node, 3), NBX_OK);
    ck_assert_uint_eq(nbx_node_input(node, 1), toy_value(w.graph, "z"));
    ck_assert_uint_eq(nbx_node_input(node, 2), NBX_NONE);
    nbx_node_set_input(node, 2, 0);
    ck_assert_uint_eq(nbx_node_input(node, 2), 0);
    ck_assert_int_eq(nbx_node_resize_inputs(w.graph, node, 1), NBX_OK);
    ck_assert_uint_eq(nbx_node_input(node, 1), NBX_NONE);
    toy_close(&w);
}
END_TEST

/* A view of the whole graph serves constants that were added after an earlier view, too. */
START_TEST(a_view_serves_constants_added_later)
{
    toy_world w;
    toy_open(&w);
    w.graph = toy_raw_graph(w.context, "in x 2; const k 2 [1,2]; Mul m x,k -> y; out y");
    nbx_graph_view view;
    const void *data;
    uint64_t bytes;
    nbx_graph_view_of(w.graph, &view);
    uint64_t old_id = w.graph->values[toy_value(w.graph, "k")].v.const_id;
    ck_assert_int_eq(view.const_map(view.self, old_id, NBX_CONST_FLOAT, &data, &bytes), NBX_OK);
    view.const_unmap(view.self, old_id, NBX_CONST_FLOAT);
    int64_t dims[1] = {2};
    float added[2] = {7, 8};
    uint32_t value = nbx_graph_add_constant(w.graph, "later", NBX_DTYPE_FLOAT32, 1, dims, added);
    nbx_graph_view_of(w.graph, &view);
    ck_assert_int_eq(view.const_map(view.self, w.graph->values[value].v.const_id, NBX_CONST_FLOAT, &data, &bytes), NBX_OK);
    ck_assert_double_eq((double)((const float *)data)[1], 8);
    view.const_unmap(view.self, w.graph->values[value].v.const_id, NBX_CONST_FLOAT);
    toy_close(&w);
}
END_TEST

TOY_MAIN("graph", compaction_sorts_and_drops, fates_and_origins_follow_the_nodes, uses_count_every_slot,
         attributes_are_set_replaced_read_and_removed, inputs_are_cut_and_extended, a_view_serves_constants_added_later)
