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

/* Members of different encodings are never joined: a Requantize node stands between them, or the op converts. */
static void join(quantizer *q, uint32_t chip, uint32_t a, uint32_t b)
{
    const nbx_quantized *values = q->plan->chips[chip].values;
    if (a == NBX_NONE || b == NBX_NONE || !values[a].encoding || !values[b].encoding) return;
    if (!nbx_encoding_same(values[a].encoding, values[b].encoding)) return;
    uint32_t x = nbx_tie_root(q, chip, a), y = nbx_tie_root(q, chip, b);
    if (x < y)
        q->tie_parent[y] = x;
    else
        q->tie_parent[x] = y;
}

static void tie_node(quantizer *q, uint32_t node)
{
    const nbx_plan *plan = q->plan;
    const nbx_placement *row = &plan->placements[node];
    const nbx_g_node *graph_node = &plan->graph->nodes[node];
    uint32_t tie = row->verdict == NBX_VERDICT_VIEW ? NBX_TIE_OUT_IN : row->combo ? row->combo->tie : NBX_TIE_NONE;
    uint32_t first = nbx_node_input(graph_node, 0);
    if (tie == NBX_TIE_OUT_IN || tie == NBX_TIE_ALL)
        for (uint32_t i = 0; i < graph_node->n.outputs.count; i++)
            join(q, row->chip, first, nbx_node_output(graph_node, i));
    if (tie == NBX_TIE_IN_IN || tie == NBX_TIE_ALL)
        for (uint32_t i = 1; i < graph_node->n.inputs.count; i++)
            join(q, row->chip, first, nbx_node_input(graph_node, i));
}

nbx_status nbx_tie_values(quantizer *q)
{
    nbx_plan *plan = q->plan;
    uint32_t total = plan->chip_count * plan->value_count;
    q->tie_parent = nbx_arena_array(plan->arena, (size_t)total + 1, sizeof(uint32_t));
    if (!q->tie_parent) return nbx_raise_memory(plan->context);
    for (uint32_t i = 0; i < total; i++)
        q->tie_parent[i] = i;
    for (uint32_t n = 0; n < plan->graph->node_count; n++)
        if (plan->placements[n].chip != NBX_NONE) tie_node(q, n);
    for (uint32_t c = 0; c < plan->chip_count; c++)
        for (uint32_t v = 0; v < plan->value_count; v++)
            if (plan->chips[c].values[v].encoding) plan->chips[c].values[v].tie = nbx_tie_root(q, c, v) - c * plan->value_count;
    return NBX_OK;
}
