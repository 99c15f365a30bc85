/* SPDX-License-Identifier: Apache-2.0 */
/* Builds plugin views of parts of a graph: renumbering, groups, ports; it decides nothing about placement or numbers. */
#include <string.h>

#include "core/executor.h"

typedef struct builder {
    const nbx_view_request *request;
    nbx_arena *arena;
    uint32_t *value_of; /* graph value -> view value, NBX_NONE */
    nbx_value *values;
    uint32_t value_count;
    nbx_node *nodes;
    uint32_t node_count;
    nbx_group *groups;
    uint32_t group_count;
} builder;

static uint32_t add_value(builder *b, uint32_t value)
{
    if (value == NBX_NONE) return NBX_NONE;
    if (b->value_of[value] != NBX_NONE) return b->value_of[value];
    const nbx_g_value *source = &b->request->graph->values[value];
    nbx_value *row = &b->values[b->value_count];
    *row = source->v;
    row->flags &= (uint32_t)NBX_VALUE_CONST;
    row->encoding = NULL; /* the graph's rows show what some chip stores */
    row->params = (nbx_span){NULL, 0, sizeof(nbx_qparam)};
    if (b->request->values) {
        const nbx_quantized *q = &b->request->values[value];
        row->encoding = q->encoding;
        row->params = (nbx_span){q->params, q->param_count, sizeof(nbx_qparam)};
    }
    const nbx_plan *plan = b->request->plan;
    if (plan && plan->ranges[value].known) {
        row->flags |= NBX_VALUE_RANGE;
        row->range_lo = plan->ranges[value].lo;
        row->range_hi = plan->ranges[value].hi;
    }
    b->value_of[value] = b->value_count;
    return b->value_count++;
}

static nbx_span remap(builder *b, nbx_span span)
{
    uint32_t *rows = nbx_arena_array(b->arena, span.count, sizeof(uint32_t));
    if (!rows) return (nbx_span){NULL, NBX_NONE, 0};
    for (uint32_t i = 0; i < span.count; i++)
        rows[i] = add_value(b, *NBX_ROW(uint32_t, span, i));
    return (nbx_span){rows, span.count, sizeof(uint32_t)};
}

static bool add_node(builder *b, uint32_t node, uint32_t group)
{
    const nbx_g_node *source = &b->request->graph->nodes[node];
    if (b->request->origin) b->request->origin[b->node_count] = node;
    nbx_node *row = &b->nodes[b->node_count++];
    *row = source->n;
    row->inputs = remap(b, source->n.inputs);
    row->outputs = remap(b, source->n.outputs);
    row->group = group;
    row->arith = NULL;
    const nbx_plan *plan = b->request->plan;
    if (plan && plan->placements[node].combo) row->arith = plan->placements[node].combo->arith;
    return row->inputs.count != NBX_NONE && row->outputs.count != NBX_NONE;
}

/* All nodes of a group, contiguous, when its last node is reached: everything they need has been emitted by then. */
static bool add_group(builder *b, const nbx_plan_group *group)
{
    uint32_t number = b->group_count++;
    uint32_t *members = nbx_arena_array(b->arena, group->node_count, sizeof(uint32_t));
    if (!members) return false;
    for (uint32_t i = 0; i < group->node_count; i++) {
        members[i] = b->node_count;
        if (!add_node(b, group->nodes[i], number)) return false;
        if (i + 1 < group->node_count) {
            nbx_value *interior = &b->values[*NBX_ROW(uint32_t, b->nodes[members[i]].outputs, 0)];
            interior->flags |= NBX_VALUE_INTERIOR;
            interior->encoding = NULL;
            interior->params = (nbx_span){NULL, 0, sizeof(nbx_qparam)};
        }
    }
    b->groups[number] = (nbx_group){.struct_size = sizeof(nbx_group),
                                    .at = group->fusion ? group->fusion->at : NBX_AT_ACCUMULATOR,
                                    .fusion = group->fusion ? group->fusion->id : "",
                                    .arith = group->arith,
                                    .nodes = {members, group->node_count, sizeof(uint32_t)}};
    return true;
}

static bool add_nodes(builder *b)
{
    const nbx_view_request *r = b->request;
    for (uint32_t i = 0; i < r->node_count; i++) {
        uint32_t node = r->nodes[i];
        uint32_t group = r->plan && !r->ungrouped ? r->plan->placements[node].group : NBX_NONE;
        if (group == NBX_NONE) {
            if (!add_node(b, node, NBX_NONE)) return false;
            continue;
        }
        const nbx_plan_group *row = &r->plan->groups[group];
        if (row->nodes[row->node_count - 1] == node && !add_group(b, row)) return false;
    }
    return true;
}

static nbx_span add_ports(builder *b, const uint32_t *ports, uint32_t count, uint32_t flag, const nbx_plan_port *rows)
{
    uint32_t *indices = nbx_arena_array(b->arena, count, sizeof(uint32_t));
    if (!indices) return (nbx_span){NULL, NBX_NONE, 0};
    for (uint32_t i = 0; i < count; i++) {
        indices[i] = add_value(b, ports[i]);
        b->values[indices[i]].flags |= flag;
        if (rows) b->values[indices[i]].layout = &rows[i].layout;
    }
    return (nbx_span){indices, count, sizeof(uint32_t)};
}

/* Upper bounds, so that rows never move once pointed at. */
static bool reserve(builder *b)
{
    const nbx_view_request *r = b->request;
    uint64_t values = (uint64_t)r->input_count + r->output_count;
    for (uint32_t i = 0; i < r->node_count; i++)
        values += (uint64_t)r->graph->nodes[r->nodes[i]].n.inputs.count + r->graph->nodes[r->nodes[i]].n.outputs.count;
    uint32_t groups = r->plan ? r->plan->group_count : 0;
    b->value_of = nbx_arena_array(b->arena, (size_t)r->graph->value_count + 1, sizeof(uint32_t));
    b->values = nbx_arena_array(b->arena, (size_t)values + 1, sizeof(nbx_value));
    b->nodes = nbx_arena_array(b->arena, (size_t)r->node_count + 1, sizeof(nbx_node));
    b->groups = nbx_arena_array(b->arena, (size_t)groups + 1, sizeof(nbx_group));
    if (!b->value_of || !b->values || !b->nodes || !b->groups) return false;
    for (uint32_t i = 0; i < r->graph->value_count; i++)
        b->value_of[i] = NBX_NONE;
    return true;
}

nbx_status nbx_view_build(nbx_context *context, nbx_arena *arena, const nbx_view_request *request, nbx_graph_view *out)
{
    builder b = {.request = request, .arena = arena};
    *out = (nbx_graph_view){.struct_size = sizeof(*out), .name = request->name ? request->name : request->graph->name};
    if (!reserve(&b)) return nbx_raise_memory(context);
    out->inputs = add_ports(&b, request->inputs, request->input_count, NBX_VALUE_INPUT, request->input_ports);
    if (!add_nodes(&b)) return nbx_raise_memory(context);
    out->outputs = add_ports(&b, request->outputs, request->output_count, NBX_VALUE_OUTPUT, request->output_ports);
    if (out->inputs.count == NBX_NONE || out->outputs.count == NBX_NONE) return nbx_raise_memory(context);
    out->values = (nbx_span){b.values, b.value_count, sizeof(nbx_value)};
    out->nodes = (nbx_span){b.nodes, b.node_count, sizeof(nbx_node)};
    out->groups = (nbx_span){b.groups, b.group_count, sizeof(nbx_group)};
    out->self = request->constants;
    out->const_map = nbx_constants_map;
    out->const_unmap = nbx_constants_unmap;
    return NBX_OK;
}
