/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a plan's per-node and per-value rows and its use lists in step with its graph; it decides nothing. */
#include <string.h>

#include "core/plan.h"

static nbx_status grow_values(nbx_plan *plan)
{
    uint32_t wanted = plan->graph->value_count;
    if (wanted > plan->value_capacity) {
        uint32_t capacity = wanted + wanted / 4 + 16;
        nbx_range *ranges = nbx_arena_array(plan->arena, capacity, sizeof(*ranges));
        if (!ranges) return nbx_raise_memory(plan->context);
        if (plan->value_count) memcpy(ranges, plan->ranges, plan->value_count * sizeof(*ranges));
        plan->ranges = ranges;
        for (uint32_t c = 0; c < plan->chip_count; c++) {
            nbx_quantized *rows = nbx_arena_array(plan->arena, capacity, sizeof(*rows));
            if (!rows) return nbx_raise_memory(plan->context);
            if (plan->value_count) memcpy(rows, plan->chips[c].values, plan->value_count * sizeof(*rows));
            plan->chips[c].values = rows;
        }
        plan->value_capacity = capacity;
    }
    for (; plan->value_count < wanted; plan->value_count++)
        for (uint32_t c = 0; c < plan->chip_count; c++)
            plan->chips[c].values[plan->value_count].tie = NBX_NONE;
    return NBX_OK;
}

nbx_status nbx_plan_grow(nbx_plan *plan)
{
    const nbx_graph *graph = plan->graph;
    if (graph->node_count > plan->placement_capacity) {
        uint32_t capacity = graph->node_count + graph->node_count / 4 + 16;
        nbx_placement *rows = nbx_arena_array(plan->arena, capacity, sizeof(*rows));
        if (!rows) return nbx_raise_memory(plan->context);
        if (plan->placement_count) memcpy(rows, plan->placements, plan->placement_count * sizeof(*rows));
        plan->placements = rows;
        plan->placement_capacity = capacity;
    }
    for (; plan->placement_count < graph->node_count; plan->placement_count++)
        plan->placements[plan->placement_count] =
            (nbx_placement){.chip = NBX_NONE, .group = NBX_NONE, .forced = NBX_NONE, .segment = NBX_NONE};
    return grow_values(plan);
}

nbx_status nbx_plan_index(nbx_plan *plan)
{
    NBX_TRY(nbx_plan_grow(plan));
    NBX_TRY(nbx_graph_uses(plan->graph, plan->arena, &plan->uses));
    uint32_t values = plan->graph->value_count;
    plan->fan_out = nbx_arena_array(plan->arena, (size_t)values + 1, sizeof(uint32_t));
    plan->consumer = nbx_arena_array(plan->arena, (size_t)values + 1, sizeof(uint32_t));
    if (!plan->fan_out || !plan->consumer) return nbx_raise_memory(plan->context);
    for (uint32_t v = 0; v < values; v++) {
        uint32_t first = plan->uses.first[v], end = plan->uses.first[v + 1];
        plan->fan_out[v] = end - first + plan->uses.is_output[v];
        plan->consumer[v] = end - first == 1 && !plan->uses.is_output[v] ? plan->uses.consumers[first] : NBX_NONE;
    }
    return NBX_OK;
}

void nbx_plan_publish(nbx_plan *plan, uint32_t chip)
{
    for (uint32_t v = 0; v < plan->graph->value_count; v++) {
        nbx_value *row = &plan->graph->values[v].v;
        const nbx_quantized *q = &plan->chips[chip].values[v];
        row->encoding = q->encoding;
        row->params = (nbx_span){q->params, q->param_count, sizeof(nbx_qparam)};
        row->flags &= ~(uint32_t)NBX_VALUE_RANGE;
        if (!plan->ranges[v].known) continue;
        row->flags |= NBX_VALUE_RANGE;
        row->range_lo = plan->ranges[v].lo;
        row->range_hi = plan->ranges[v].hi;
    }
}

static void move_groups(nbx_plan *plan, const uint32_t *moved_to)
{
    for (uint32_t g = 0; g < plan->group_count; g++)
        for (uint32_t i = 0; i < plan->groups[g].node_count; i++)
            plan->groups[g].nodes[i] = moved_to[plan->groups[g].nodes[i]];
}

nbx_status nbx_plan_sort(nbx_plan *plan)
{
    nbx_graph *graph = plan->graph;
    NBX_TRY(nbx_plan_grow(plan));
    uint32_t before = graph->node_count;
    for (uint32_t n = 0; n < before; n++)
        graph->nodes[n].tag = n;
    NBX_TRY(nbx_graph_compact(graph));
    nbx_placement *rows = nbx_arena_array(plan->arena, (size_t)plan->placement_capacity + 1, sizeof(*rows));
    uint32_t *moved_to = nbx_arena_array(plan->arena, (size_t)before + 1, sizeof(uint32_t));
    if (!rows || !moved_to) return nbx_raise_memory(plan->context);
    for (uint32_t n = 0; n < graph->node_count; n++) {
        rows[n] = plan->placements[graph->nodes[n].tag];
        moved_to[graph->nodes[n].tag] = n;
    }
    plan->placements = rows;
    plan->placement_count = graph->node_count;
    move_groups(plan, moved_to);
    return nbx_plan_index(plan);
}
