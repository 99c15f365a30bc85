/* SPDX-License-Identifier: Apache-2.0 */
/* Classes of values that share parameters on a chip, by union-find over the combos' tie columns. */
#include "schema/encodings.h"
#include "stages/quantize/quantize.h"

static uint32_t find_root(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

uint32_t nbx_tie_root(const quantizer *q, uint32_t chip, uint32_t value)
{
    return find_root(q->tie_parent, chip * q->plan->value_count + value);
}

static bool same_given(const nbx_plan *plan, uint32_t a, uint32_t b)
{
    const nbx_qparam *x = plan->ranges[a].given, *y = plan->ranges[b].given;
    return x->scale == y->scale && x->zero_point == y->zero_point;
}

/*
 * False if the classes state different parameters. Members of different encodings are never joined: a Requantize node stands
 * between them, or the op converts.
 */
static bool join(quantizer *q, uint32_t chip, uint32_t a, uint32_t b)
{
    const nbx_quantized *values = q->plan->chips[chip].values;
    if (a == NBX_NONE || b == NBX_NONE || !values[a].encoding || !values[b].encoding) return true;
    if (!nbx_encoding_same(values[a].encoding, values[b].encoding)) return true;
    uint32_t x = nbx_tie_root(q, chip, a), y = nbx_tie_root(q, chip, b);
    if (x == y) return true;
    uint32_t first = q->tie_given[x], second = q->tie_given[y], root = x < y ? x : y;
    if (first != NBX_NONE && second != NBX_NONE && !same_given(q->plan, first, second)) return false;
    q->tie_parent[x < y ? y : x] = root;
    q->tie_given[root] = first != NBX_NONE ? first : second;
    return true;
}

/* An input that cannot be joined: the edge is cut, after all nodes were looked at. */
typedef struct cut_edge {
    uint32_t node, input;
} cut_edge;

typedef struct cut_list {
    cut_edge *rows;
    uint32_t count, capacity;
} cut_list;

static nbx_status join_input(quantizer *q, uint32_t node, uint32_t input, uint32_t with, cut_list *cuts)
{
    nbx_plan *plan = q->plan;
    uint32_t value = nbx_node_input(&plan->graph->nodes[node], input);
    if (join(q, plan->placements[node].chip, with, value)) return NBX_OK;
    if (!nbx_arena_grow(plan->arena, &cuts->rows, cuts->count, &cuts->capacity, sizeof(cut_edge))) return nbx_raise_memory(plan->context);
    cuts->rows[cuts->count++] = (cut_edge){node, input};
    return NBX_OK;
}

/* Outputs first: what a model states about a result wins over what it states about an operand. */
static nbx_status tie_node(quantizer *q, uint32_t node, cut_list *cuts)
{
    const nbx_plan *plan = q->plan;
    const nbx_placement *row = &plan->placements[node];
    const nbx_g_node *graph_node = &plan->graph->nodes[node];
    uint32_t tie = row->verdict == NBX_VERDICT_VIEW ? NBX_TIE_OUT_IN : row->combo ? row->combo->tie : NBX_TIE_NONE;
    uint32_t with = tie == NBX_TIE_IN_IN ? nbx_node_input(graph_node, 0) : nbx_node_output(graph_node, 0);
    if (tie == NBX_TIE_NONE) return NBX_OK;
    for (uint32_t i = 1; i < graph_node->n.outputs.count && tie != NBX_TIE_IN_IN; i++)
        join(q, row->chip, with, nbx_node_output(graph_node, i));
    uint32_t inputs = tie == NBX_TIE_OUT_IN && graph_node->n.inputs.count ? 1 : graph_node->n.inputs.count;
    for (uint32_t i = 0; i < inputs; i++)
        NBX_TRY(join_input(q, node, i, with, cuts));
    return NBX_OK;
}

static nbx_status make_classes(quantizer *q, cut_list *cuts)
{
    nbx_plan *plan = q->plan;
    uint32_t total = plan->chip_count * plan->value_count;
    q->tie_parent = nbx_arena_array(plan->arena, (size_t)total + 1, sizeof(uint32_t));
    q->tie_given = nbx_arena_array(plan->arena, (size_t)total + 1, sizeof(uint32_t));
    if (!q->tie_parent || !q->tie_given) return nbx_raise_memory(plan->context);
    for (uint32_t i = 0; i < total; i++) {
        q->tie_parent[i] = i;
        uint32_t chip = i / plan->value_count, value = i % plan->value_count;
        bool given = !plan->graph->values[value].data && nbx_given_fits(plan, chip, value, 1);
        q->tie_given[i] = given ? value : NBX_NONE;
    }
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        if (plan->placements[n].chip != NBX_NONE) NBX_TRY(tie_node(q, n, cuts));
    return NBX_OK;
}

nbx_status nbx_tie_values(quantizer *q)
{
    nbx_plan *plan = q->plan;
    cut_list cuts = {0};
    NBX_TRY(make_classes(q, &cuts));
    while (cuts.count) { /* the fresh values state nothing, so an edge is cut once */
        for (uint32_t i = 0; i < cuts.count; i++)
            NBX_TRY(nbx_requantize_input(q, cuts.rows[i].node, cuts.rows[i].input));
        cuts.count = 0;
        NBX_TRY(nbx_plan_sort(plan));
        NBX_TRY(make_classes(q, &cuts));
    }
    for (uint32_t c = 0; c < plan->chip_count; c++)
        for (uint32_t v = 0; v < plan->value_count; v++)
            if (plan->chips[c].values[v].encoding) plan->chips[c].values[v].tie = nbx_tie_root(q, c, v) - c * plan->value_count;
    return NBX_OK;
}
