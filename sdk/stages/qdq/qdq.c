/* SPDX-License-Identifier: Apache-2.0 */
/* Takes QuantizeLinear and DequantizeLinear out of a graph and keeps what they state; chips then choose from it as from calibration. */
#include <string.h>

#include "stages/stages.h"

static bool is_op(const nbx_plan *plan, uint32_t node, nbx_op op)
{
    return node != NBX_NONE && plan->graph->nodes[node].schema && plan->graph->nodes[node].schema->op == op;
}

static const nbx_tensor *constant_input(const nbx_plan *plan, uint32_t node, uint32_t i)
{
    uint32_t value = nbx_node_input(&plan->graph->nodes[node], i);
    return value == NBX_NONE ? NULL : plan->graph->values[value].data;
}

static bool wanted(const nbx_plan *plan)
{
    const nbx_op_row *row = nbx_chip_op(plan->chips[0].chip, "DequantizeLinear");
    return !row || !row->listed || (plan->scheme && strcmp(plan->scheme, "float32") != 0);
}

/* Scale and zero point of a node as parameter sets; 8-bit types only, others are left to the nodes. */
static nbx_status read_params(nbx_plan *plan, uint32_t node, uint32_t dtype, nbx_range *out)
{
    const nbx_tensor *scale = constant_input(plan, node, 1), *zero = constant_input(plan, node, 2);
    uint64_t count = 0;
    bool bytes = dtype == NBX_DTYPE_INT8 || dtype == NBX_DTYPE_UINT8;
    if (!scale || !bytes || scale->rank > 1 || !nbx_shape_elements(scale->rank, scale->dims, &count) || count == 0) return NBX_OK;
    nbx_qparam *params = nbx_arena_array(plan->arena, (size_t)count, sizeof(*params));
    if (!params) return nbx_raise_memory(plan->context);
    out->given_lo = dtype == NBX_DTYPE_INT8 ? -128 : 0;
    out->given_hi = dtype == NBX_DTYPE_INT8 ? 127 : 255;
    for (uint64_t i = 0; i < count; i++) {
        params[i].scale = nbx_tensor_float(scale, i);
        params[i].zero_point = zero ? (int32_t)nbx_tensor_int(zero, i) : 0;
        double lo = (out->given_lo - params[i].zero_point) * params[i].scale, hi = (out->given_hi - params[i].zero_point) * params[i].scale;
        out->lo = i == 0 || lo < out->lo ? lo : out->lo;
        out->hi = i == 0 || hi > out->hi ? hi : out->hi;
    }
    out->given = params;
    out->given_count = (uint32_t)count;
    out->given_axis = count == 1 ? 0 : (uint32_t)nbx_node_attr_int(&plan->graph->nodes[node].n, "axis", 1);
    out->known = true;
    return NBX_OK;
}

/* Which parameter set element i of a constant uses. */
static uint64_t set_of(const nbx_tensor *tensor, uint32_t axis, uint64_t sets, uint64_t i)
{
    uint64_t inner = 1;
    if (sets == 1) return 0;
    for (uint32_t a = axis + 1; a < tensor->rank; a++)
        inner *= (uint64_t)tensor->dims[a];
    return i / inner % (uint64_t)tensor->dims[axis];
}

/* DequantizeLinear of a constant becomes a float constant; 8-bit ones keep their parameters. */
static nbx_status fold_constant(nbx_plan *plan, uint32_t node)
{
    nbx_graph *graph = plan->graph;
    const nbx_tensor *data = constant_input(plan, node, 0), *scale = constant_input(plan, node, 1), *zero = constant_input(plan, node, 2);
    uint32_t value = nbx_node_output(&graph->nodes[node], 0), axis = (uint32_t)nbx_node_attr_int(&graph->nodes[node].n, "axis", 1);
    uint64_t count, sets;
    if (!scale || scale->rank > 1 || !nbx_shape_elements(data->rank, data->dims, &count) ||
        !nbx_shape_elements(scale->rank, scale->dims, &sets) || sets == 0)
        return NBX_OK;
    if (sets != 1 && (axis >= data->rank || sets != (uint64_t)data->dims[axis])) return NBX_OK;
    float *real = nbx_arena_alloc_aligned(graph->arena, (size_t)count * sizeof(float) + 64, 64);
    if (!real) return nbx_raise_memory(plan->context);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t set = set_of(data, axis, sets, i);
        int64_t origin = zero ? nbx_tensor_int(zero, set) : 0;
        real[i] = (float)((double)(nbx_tensor_int(data, i) - origin) * nbx_tensor_float(scale, set));
    }
    nbx_tensor folded = *data;
    folded.dtype = NBX_DTYPE_FLOAT32;
    folded.data = real;
    folded.bytes = count * sizeof(float);
    folded.is_splat = false;
    NBX_TRY(read_params(plan, node, data->dtype, &plan->ranges[value]));
    NBX_TRY(nbx_graph_set_constant(graph, value, &folded));
    plan->adopted++;
    nbx_graph_kill(graph, node, NBX_FATE_CONSTANT);
    return NBX_OK;
}

/* The node that a pair is folded into: the one that made the real value, else the first that reads it. */
static uint32_t keeper(const nbx_plan *plan, uint32_t real, uint32_t dequantized)
{
    uint32_t from = plan->uses.producer[real];
    if (from != NBX_NONE && !plan->graph->nodes[from].dead) return from;
    for (uint32_t u = plan->uses.first[dequantized]; u < plan->uses.first[dequantized + 1]; u++)
        if (!plan->graph->nodes[plan->uses.consumers[u]].dead) return plan->uses.consumers[u];
    return NBX_NONE;
}

static nbx_status remove_pair(nbx_plan *plan, uint32_t quantize, uint32_t dequantize)
{
    nbx_graph *graph = plan->graph;
    uint32_t real = nbx_node_input(&graph->nodes[quantize], 0), back = nbx_node_output(&graph->nodes[dequantize], 0);
    uint32_t code = nbx_node_output(&graph->nodes[quantize], 0);
    if (!plan->ranges[real].given) {
        NBX_TRY(read_params(plan, quantize, graph->values[code].v.dtype, &plan->ranges[real]));
        if (!plan->ranges[real].given) return NBX_OK;
        plan->adopted++;
    }
    uint32_t into = keeper(plan, real, back);
    nbx_graph_replace_uses(graph, back, real);
    if (into == NBX_NONE)
        nbx_graph_kill(graph, dequantize, NBX_FATE_DEAD);
    else
        NBX_TRY(nbx_graph_absorb(graph, dequantize, into));
    if (plan->fan_out[code] > 1) return NBX_OK;
    if (into == NBX_NONE)
        nbx_graph_kill(graph, quantize, NBX_FATE_DEAD);
    else
        NBX_TRY(nbx_graph_absorb(graph, quantize, into));
    return NBX_OK;
}

/*
 * A value that only a Relu or Clip reads has no pair of its own: QDQ models quantize after the activation. What the activation
 * cuts off is of no interest, so its range serves the value too; without data there is no better one.
 */
static void lend_ranges(nbx_plan *plan)
{
    for (uint32_t n = 0; n < plan->graph->node_count; n++) {
        if (!is_op(plan, n, NBX_OP_relu) && !is_op(plan, n, NBX_OP_clip)) continue;
        uint32_t in = nbx_node_input(&plan->graph->nodes[n], 0), out = nbx_node_output(&plan->graph->nodes[n], 0);
        if (plan->ranges[in].known || !plan->ranges[out].known || plan->fan_out[in] > 1) continue;
        plan->ranges[in] = (nbx_range){.known = true, .lo = plan->ranges[out].lo, .hi = plan->ranges[out].hi};
    }
}

nbx_status nbx_adopt_qdq(nbx_plan *plan)
{
    nbx_graph *graph = plan->graph;
    bool changed = false;
    if (!wanted(plan)) return NBX_OK;
    for (uint32_t n = 0; n < graph->node_count; n++) {
        if (!is_op(plan, n, NBX_OP_dequantize_linear) || graph->nodes[n].dead) continue;
        uint32_t input = nbx_node_input(&graph->nodes[n], 0), from = plan->uses.producer[input];
        changed = true;
        if (constant_input(plan, n, 0))
            NBX_TRY(fold_constant(plan, n));
        else if (is_op(plan, from, NBX_OP_quantize_linear))
            NBX_TRY(remove_pair(plan, from, n));
    }
    if (!changed) return NBX_OK;
    NBX_TRY(nbx_plan_sort(plan));
    lend_ranges(plan);
    plan->has_data = plan->has_data || plan->adopted > 0;
    return NBX_OK;
}
