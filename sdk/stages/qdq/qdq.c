/* SPDX-License-Identifier: Apache-2.0 */
/* Takes QuantizeLinear and DequantizeLinear out of a graph and keeps what they state; chips then choose from it as from calibration. */
#include <math.h>
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

/* Scales that stand for numbers: a model may state 0 or NaN, and then nothing can be encoded with them. */
static bool usable(const nbx_tensor *scale, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        if (!(nbx_tensor_float(scale, i) > 0 && isfinite(nbx_tensor_float(scale, i)))) return false;
    return true;
}

/* Scale and zero point of a node as parameter sets; 8-bit types only, others are left to the nodes. */
static nbx_status read_params(nbx_plan *plan, uint32_t node, uint32_t dtype, nbx_range *out)
{
    const nbx_tensor *scale = constant_input(plan, node, 1), *zero = constant_input(plan, node, 2);
    uint64_t count = 0;
    bool bytes = dtype == NBX_DTYPE_INT8 || dtype == NBX_DTYPE_UINT8;
    if (!scale || !bytes || scale->rank > 1 || !nbx_shape_elements(scale->rank, scale->dims, &count) || count == 0) return NBX_OK;
    if (!usable(scale, count)) return NBX_OK;
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

static bool same_params(const nbx_range *a, const nbx_range *b)
{
    bool same = a->given && b->given && a->given_count == b->given_count && a->given_axis == b->given_axis && a->given_lo == b->given_lo;
    for (uint32_t i = 0; same && i < a->given_count; i++)
        same = a->given[i].scale == b->given[i].scale && a->given[i].zero_point == b->given[i].zero_point;
    return same;
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

/* A pair; `stated` is what both of its nodes say. */
typedef struct pair {
    uint32_t quantize, dequantize;
    uint32_t real, code, back; /* values: real -> code -> back */
    nbx_range stated;
} pair;

/* The QuantizeLinear of a pair goes with its only DequantizeLinear; where its codes are read otherwise too it stays. */
static nbx_status drop_quantize(nbx_plan *plan, const pair *p, uint32_t into)
{
    if (plan->fan_out[p->code] > 1) return NBX_OK;
    if (into != NBX_NONE) return nbx_graph_absorb(plan->graph, p->quantize, into);
    nbx_graph_kill(plan->graph, p->quantize, NBX_FATE_DEAD);
    return NBX_OK;
}

/* The pair becomes one node from the real value to what DequantizeLinear gave, with the same name and origins. */
static nbx_status become(nbx_plan *plan, const pair *p, const char *op, uint32_t flags)
{
    nbx_graph *graph = plan->graph;
    nbx_g_node *row = &graph->nodes[p->dequantize];
    NBX_TRY(nbx_node_resize_inputs(graph, row, 1));
    nbx_node_set_input(row, 0, p->real);
    row->schema = nbx_op_find(op);
    row->n.op = row->schema->name;
    row->n.op_revision = row->schema->revision;
    row->n.attrs.count = 0;
    row->n.flags |= flags;
    plan->ranges[p->back] = p->stated;
    return drop_quantize(plan, p, p->dequantize);
}

/* A model input that the job feeds with unsigned pixels and does not shift below zero. */
static bool fed_positive(const nbx_plan *plan, uint32_t value)
{
    uint32_t i = 0;
    while (i < plan->graph->input_count && plan->graph->inputs[i] != value)
        i++;
    const nbx_job_input *row = nbx_job_find_input(plan->job, plan->graph->values[value].v.name, i);
    bool positive = row && row->source_type && nbx_dtype_kind(nbx_dtype_from_name(row->source_type)) == 'u';
    for (uint32_t k = 0; positive && k < row->mean_count; k++)
        positive = row->mean[k] <= 0;
    for (uint32_t k = 0; positive && k < row->scale_count; k++)
        positive = row->scale[k] >= 0;
    return positive;
}

/* True if no element can be below zero, as far as `depth` nodes tell: the parameters cut nothing off there. */
static bool never_negative(const nbx_plan *plan, uint32_t value, uint32_t depth)
{
    static const nbx_op positive[] = {NBX_OP_relu, NBX_OP_sigmoid, NBX_OP_hard_sigmoid, NBX_OP_softmax, NBX_OP_abs, NBX_OP_exp};
    static const nbx_op passing[] = {NBX_OP_max_pool,
                                     NBX_OP_average_pool,
                                     NBX_OP_global_average_pool,
                                     NBX_OP_global_max_pool,
                                     NBX_OP_concat,
                                     NBX_OP_reshape,
                                     NBX_OP_flatten,
                                     NBX_OP_transpose,
                                     NBX_OP_identity,
                                     NBX_OP_squeeze,
                                     NBX_OP_unsqueeze,
                                     NBX_OP_slice,
                                     NBX_OP_split,
                                     NBX_OP_add,
                                     NBX_OP_mul,
                                     NBX_OP_channel_shuffle,
                                     NBX_OP_depth_to_space,
                                     NBX_OP_space_to_depth};
    if (plan->ranges[value].given && plan->ranges[value].lo >= 0) return true;
    uint32_t node = plan->uses.producer[value];
    if (node == NBX_NONE) return fed_positive(plan, value);
    for (size_t i = 0; i < sizeof(positive) / sizeof(positive[0]); i++)
        if (is_op(plan, node, positive[i])) return true;
    const nbx_g_node *row = &plan->graph->nodes[node];
    if (is_op(plan, node, NBX_OP_clip)) return nbx_node_attr_float(&row->n, "min", -1) >= 0;
    bool passes = false;
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        passes |= is_op(plan, node, passing[i]);
    for (uint32_t i = 0; passes && i < row->n.inputs.count; i++) {
        uint32_t input = nbx_node_input(row, i);
        passes = input != NBX_NONE && depth > 0 && !plan->graph->values[input].data && never_negative(plan, input, depth - 1);
    }
    return passes;
}

static nbx_status fold_pair(nbx_plan *plan, const pair *p)
{
    nbx_graph *graph = plan->graph;
    uint32_t into = keeper(plan, p->real, p->back);
    if (plan->uses.is_output[p->back]) { /* the port keeps its name */
        const char *name = graph->values[p->back].v.name;
        graph->values[p->back].v.name = graph->values[p->real].v.name;
        graph->values[p->real].v.name = name;
    }
    if (!plan->ranges[p->real].given) plan->ranges[p->real] = p->stated;
    nbx_graph_replace_uses(graph, p->back, p->real);
    if (into == NBX_NONE)
        nbx_graph_kill(graph, p->dequantize, NBX_FATE_DEAD);
    else
        NBX_TRY(nbx_graph_absorb(graph, p->dequantize, into));
    return drop_quantize(plan, p, into);
}

/*
 * A pair saturates. Exporters leave out a Relu where the lowest code stands for 0, so there the pair is a Relu: encodings other
 * than the model's would not cut anything off. Two model ports cannot be one value; between those the pair is an Identity.
 */
static nbx_status remove_pair(nbx_plan *plan, uint32_t quantize, uint32_t dequantize)
{
    const nbx_graph *graph = plan->graph;
    pair p = {.quantize = quantize, .dequantize = dequantize, .real = nbx_node_input(&graph->nodes[quantize], 0)};
    p.code = nbx_node_output(&graph->nodes[quantize], 0);
    p.back = nbx_node_output(&graph->nodes[dequantize], 0);
    nbx_range other = {0};
    NBX_TRY(read_params(plan, quantize, graph->values[p.code].v.dtype, &p.stated));
    NBX_TRY(read_params(plan, dequantize, graph->values[p.code].v.dtype, &other));
    if (!same_params(&p.stated, &other)) return NBX_OK; /* together they compute something: the nodes stay */
    plan->adopted++;
    bool ports = plan->uses.is_output[p.back] && (plan->uses.producer[p.real] == NBX_NONE || plan->uses.is_output[p.real]);
    if (p.stated.lo == 0 && !never_negative(plan, p.real, 4)) return become(plan, &p, "Relu", 0);
    if (!ports) return fold_pair(plan, &p);
    if (!plan->ranges[p.real].given) plan->ranges[p.real] = p.stated;
    return become(plan, &p, "Identity", NBX_NODE_VIEW);
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
