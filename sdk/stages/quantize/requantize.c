/* SPDX-License-Identifier: Apache-2.0 */
/* Inserts explicit Requantize nodes where a reader on a chip cannot read the stored encoding; each is a node with a verdict. */
#include <string.h>

#include "schema/encodings.h"
#include "stages/quantize/quantize.h"

/* What has been inserted, so that two readers share one node. */
typedef struct inserted {
    uint32_t chip, from, to;
    const nbx_encoding *encoding;
} inserted;

typedef struct inserter {
    quantizer *q;
    inserted *rows;
    uint32_t count, capacity;
} inserter;

static bool same(const nbx_encoding *a, const nbx_encoding *b)
{
    return a == b || (a && b && nbx_encoding_same(a, b));
}

static bool is_interior(const nbx_plan *plan, uint32_t node, uint32_t value)
{
    uint32_t from = plan->uses.producer[value], group = plan->placements[node].group;
    return group != NBX_NONE && from != NBX_NONE && plan->placements[from].group == group;
}

/* The first chip from `chip` on whose table has Requantize; NBX_NONE: nobody. */
static uint32_t find_place(const nbx_plan *plan, uint32_t chip)
{
    for (uint32_t c = chip; c < plan->chip_count; c++) {
        const nbx_op_row *row = nbx_chip_op(plan->chips[c].chip, "Requantize");
        if (row && row->listed) return c;
    }
    return NBX_NONE;
}

static nbx_status insert(inserter *in, uint32_t chip, uint32_t value, const nbx_encoding *wanted, uint32_t *out)
{
    nbx_plan *plan = in->q->plan;
    nbx_graph *graph = plan->graph;
    const char *name = nbx_arena_format(plan->arena, "%s_requantize_%s", graph->values[value].v.name, wanted ? wanted->name : "float32");
    uint32_t fresh = name ? nbx_graph_add_value(graph, name, NBX_DTYPE_FLOAT32) : NBX_NONE;
    if (fresh == NBX_NONE) return nbx_raise_memory(plan->context);
    nbx_graph_set_shape(graph, fresh, graph->values[value].v.rank, graph->values[value].v.dims);
    uint32_t node = nbx_graph_add_node(graph, name, "Requantize", "", 1, &value, 1, &fresh);
    if (node == NBX_NONE) return nbx_raise_memory(plan->context);
    graph->nodes[node].n.flags |= NBX_NODE_REQUANTIZE;
    NBX_TRY(nbx_plan_grow(plan)); /* nobody asks about the uses of new values before all are in */
    plan->chips[chip].values[fresh].encoding = wanted;
    plan->ranges[fresh] = plan->ranges[value];
    plan->ranges[fresh].given = NULL; /* that was the producer's side */
    plan->ranges[fresh].given_count = 0;
    nbx_placement *row = &plan->placements[node];
    row->chip = find_place(plan, chip);
    row->verdict = row->chip == NBX_NONE ? NBX_VERDICT_REFUSED : row->chip == chip ? NBX_VERDICT_NATIVE : NBX_VERDICT_EMULATED;
    row->note = "inserted: a reader needs another encoding";
    plan->refused += row->chip == NBX_NONE;
    plan->requantize_count++;
    if (!nbx_arena_grow(plan->arena, &in->rows, in->count, &in->capacity, sizeof(inserted))) return nbx_raise_memory(plan->context);
    in->rows[in->count++] = (inserted){chip, value, fresh, wanted};
    *out = fresh;
    return NBX_OK;
}

static nbx_status fix_input(inserter *in, uint32_t node, uint32_t i)
{
    nbx_plan *plan = in->q->plan;
    const nbx_placement *row = &plan->placements[node];
    uint32_t value = nbx_node_input(&plan->graph->nodes[node], i);
    if (value == NBX_NONE || plan->graph->values[value].data || plan->graph->values[value].v.dtype != NBX_DTYPE_FLOAT32) return NBX_OK;
    if (is_interior(plan, node, value)) return NBX_OK;
    const nbx_encoding *wanted = nbx_wanted_input(plan, node, row->combo, i);
    if (same(plan->chips[row->chip].values[value].encoding, wanted)) return NBX_OK;
    uint32_t to = NBX_NONE;
    for (uint32_t k = 0; k < in->count; k++)
        if (in->rows[k].chip == row->chip && in->rows[k].from == value && same(in->rows[k].encoding, wanted)) to = in->rows[k].to;
    if (to == NBX_NONE) NBX_TRY(insert(in, row->chip, value, wanted, &to));
    nbx_node_set_input(&plan->graph->nodes[node], i, to);
    return NBX_OK;
}

nbx_status nbx_insert_requantize(quantizer *q)
{
    nbx_plan *plan = q->plan;
    inserter in = {.q = q};
    uint32_t count = plan->graph->node_count;
    for (uint32_t n = 0; n < count; n++) {
        if (plan->placements[n].chip == NBX_NONE || !plan->placements[n].combo) continue;
        for (uint32_t i = 0; i < plan->graph->nodes[n].n.inputs.count; i++)
            NBX_TRY(fix_input(&in, n, i));
    }
    return in.count ? nbx_plan_sort(plan) : NBX_OK;
}

nbx_status nbx_requantize_input(quantizer *q, uint32_t node, uint32_t input)
{
    nbx_plan *plan = q->plan;
    inserter in = {.q = q};
    uint32_t value = nbx_node_input(&plan->graph->nodes[node], input), chip = plan->placements[node].chip, to;
    NBX_TRY(insert(&in, chip, value, plan->chips[chip].values[value].encoding, &to));
    nbx_node_set_input(&plan->graph->nodes[node], input, to);
    return NBX_OK;
}
