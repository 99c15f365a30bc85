/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every chip alike, before its own tables are asked: a node that NBX can express, with shapes known and not empty. */
#include <string.h>

#include "stages/place/place.h"

/* An input that ought to have become an attribute: what the node does would only be known while it runs. */
static const char *open_parameter(const nbx_g_node *node)
{
    const nbx_parameter *row;
    for (uint32_t i = 0; node->n.inputs.count > node->schema->in_max && (row = nbx_parameter_at(i)) != NULL; i++)
        if (!strcmp(row->op, node->n.op) && nbx_node_input(node, row->input) != NBX_NONE) return row->attr;
    return NULL;
}

static bool has_elements(const nbx_value *value)
{
    uint64_t count;
    return !nbx_shape_elements(value->rank, value->dims, &count) || count > 0;
}

/* The first input, then output, whose shape is not known, or that has no elements; NBX_NONE: all are sound. */
static uint32_t find_value(const nbx_graph *graph, const nbx_g_node *node, bool unknown)
{
    uint32_t inputs = node->n.inputs.count, count = inputs + node->n.outputs.count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t value = i < inputs ? nbx_node_input(node, i) : nbx_node_output(node, i - inputs);
        if (value == NBX_NONE) continue;
        if (unknown ? !graph->values[value].known : !has_elements(&graph->values[value].v)) return value;
    }
    return NBX_NONE;
}

static void describe(nbx_form_fault *out, uint16_t reason, const char *id, const char *subject, const char *limit)
{
    out->reason = reason;
    out->id = id;
    out->subject = subject;
    out->limit = limit;
}

bool nbx_find_form_fault(const nbx_plan *plan, uint32_t node, nbx_form_fault *out)
{
    const nbx_graph *graph = plan->graph;
    const nbx_g_node *row = &graph->nodes[node];
    const char *open = row->schema && !row->opaque_reason ? open_parameter(row) : NULL;
    uint32_t value;
    if (!row->schema) {
        describe(out, NBX_REASON_OP_UNKNOWN, "NBX-OP-001", "OP", "an op that NBX knows");
        out->actual = row->n.op;
        out->text = nbx_arena_format(plan->arena, "%s '%s': %s", row->n.op, row->n.name,
                                     row->opaque_reason ? row->opaque_reason : "the op is not known to NBX");
    } else if (row->opaque_reason) {
        describe(out, NBX_REASON_OP_VERSION, "NBX-OP-002", "OP", "a form of the op that NBX can express");
        out->actual = row->opaque_reason;
        out->text = nbx_arena_format(plan->arena, "%s '%s': %s", row->n.op, row->n.name, row->opaque_reason);
    } else if (open) {
        describe(out, NBX_REASON_CONST_REQUIRED, "NBX-CONST-001", open, "a constant");
        out->actual = "computed while the model runs";
        out->text = nbx_arena_format(plan->arena, "%s '%s': its input '%s' is not a constant", row->n.op, row->n.name, open);
    } else if ((value = find_value(graph, row, true)) != NBX_NONE) {
        describe(out, NBX_REASON_DYNAMIC_SHAPE, "NBX-SHAPE-001", "SHAPE", "known before the model runs");
        out->actual = "unknown";
        out->text =
            nbx_arena_format(plan->arena, "%s '%s' has a shape that is not known before it runs, of '%s'; give the inputs fixed shapes",
                             row->n.op, row->n.name, graph->values[value].v.name);
    } else if ((value = find_value(graph, row, false)) != NBX_NONE) {
        describe(out, NBX_REASON_DIM_RANGE, "NBX-SHAPE-002", "SHAPE", "at least one element");
        out->actual = "no elements";
        out->text =
            nbx_arena_format(plan->arena, "%s '%s': tensor '%s' has no elements", row->n.op, row->n.name, graph->values[value].v.name);
    } else {
        return false;
    }
    return true;
}
