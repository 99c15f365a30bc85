/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BatchNormalization, and Add, Sub, Mul, Div by a constant per channel, are y = scale[c] * x + shift[c]: folded into the Conv,
 * ConvTranspose or Gemm in front. A BatchNormalization with nothing to fold into becomes a depthwise 1x1 Conv.
 */
#include <math.h>

#include "stages/optimize/weights.h"

static const nbx_tensor *float_constant(const nbx_rewrite *rewrite, uint32_t value)
{
    const nbx_tensor *tensor = nbx_rewrite_constant(rewrite, value);
    return tensor && nbx_dtype_kind(tensor->dtype) == 'f' && nbx_dtype_bits(tensor->dtype) >= 16 ? tensor : NULL;
}

/* Element of channel c; the tensor is uniform or has one element per channel. */
static double channel_value(const nbx_tensor *tensor, bool uniform, uint64_t c)
{
    return nbx_tensor_float(tensor, uniform ? 0 : c);
}

/* True if `tensor` broadcast to x differs along axis 1 at most. */
static bool per_channel(const nbx_tensor *tensor, const nbx_value *x, bool *uniform)
{
    double ignored;
    *uniform = nbx_tensor_uniform(tensor, &ignored);
    if (*uniform) return true;
    for (uint32_t i = 0; i < tensor->rank; i++) {
        uint32_t from_end = tensor->rank - 1 - i;
        bool channel_axis = from_end + 2 == x->rank;
        if (from_end >= x->rank || tensor->dims[i] != (channel_axis ? x->dims[1] : 1)) return false;
    }
    return true;
}

static nbx_status read_batch_normalization(nbx_rewrite *rewrite, const nbx_g_node *row, const nbx_value *x, nbx_affine *out, bool *found)
{
    const nbx_tensor *p[4]; /* scale, B, mean, var */
    bool uniform[4], all = true;
    double epsilon = nbx_node_attr_float(&row->n, "epsilon", 1e-5);
    for (uint32_t i = 1; i < row->n.outputs.count; i++)
        if (nbx_node_output(row, i) != NBX_NONE && nbx_rewrite_uses(rewrite, nbx_node_output(row, i))) return NBX_OK;
    for (uint32_t i = 0; i < 4; i++) {
        double ignored;
        p[i] = float_constant(rewrite, nbx_node_input(row, i + 1));
        if (!p[i]) return NBX_OK;
        uniform[i] = nbx_tensor_uniform(p[i], &ignored);
        all = all && uniform[i];
    }
    NBX_TRY(nbx_affine_create(rewrite, (uint64_t)x->dims[1], out));
    out->uniform = all;
    for (uint64_t c = 0; c < (all ? 1 : out->channels); c++) {
        double variance = channel_value(p[3], uniform[3], c) + epsilon;
        out->scale[c] = channel_value(p[0], uniform[0], c) / sqrt(variance);
        out->shift[c] = channel_value(p[1], uniform[1], c) - channel_value(p[2], uniform[2], c) * out->scale[c];
    }
    *found = true;
    return NBX_OK;
}

static void set_factor(nbx_op op, bool constant_first, double value, double *scale, double *shift)
{
    *scale = op == NBX_OP_mul ? value : op == NBX_OP_div ? 1 / value : op == NBX_OP_sub && constant_first ? -1 : 1;
    *shift = op == NBX_OP_add ? value : op == NBX_OP_sub ? (constant_first ? value : -value) : 0;
}

/* Add, Sub, Mul, Div with a constant operand; *input is the other one. */
static nbx_status read_binary(nbx_rewrite *rewrite, const nbx_g_node *row, uint32_t *input, nbx_affine *out, bool *found)
{
    nbx_op op = row->schema->op;
    for (uint32_t k = 0; k < 2; k++) {
        const nbx_tensor *tensor = float_constant(rewrite, nbx_node_input(row, k));
        uint32_t x = nbx_node_input(row, 1 - k);
        bool uniform;
        if (!tensor || x == NBX_NONE || (op == NBX_OP_div && k == 0)) continue;
        if (!nbx_rewrite_same_shape(rewrite, x, nbx_node_output(row, 0))) continue;
        const nbx_value *value = &rewrite->graph->values[x].v;
        if (value->rank < 2 || !per_channel(tensor, value, &uniform)) continue;
        NBX_TRY(nbx_affine_create(rewrite, (uint64_t)value->dims[1], out));
        out->uniform = uniform;
        for (uint64_t c = 0; c < (uniform ? 1 : out->channels); c++)
            set_factor(op, k == 0, channel_value(tensor, uniform, c), &out->scale[c], &out->shift[c]);
        *input = 1 - k;
        *found = true;
        return NBX_OK;
    }
    return NBX_OK;
}

static nbx_status read_affine(nbx_rewrite *rewrite, uint32_t node, uint32_t *input, nbx_affine *out, bool *found)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    *found = false;
    *input = 0;
    if (row->schema->op == NBX_OP_batch_normalization) {
        const nbx_value *x = &rewrite->graph->values[nbx_node_input(row, 0)].v;
        return x->rank < 2 ? NBX_OK : read_batch_normalization(rewrite, row, x, out, found);
    }
    return read_binary(rewrite, row, input, out, found);
}

/* Where the channels of a weighted node's weights are; false if it is none, or its weights are not constant. */
static bool layout_of(const nbx_rewrite *rewrite, uint32_t node, nbx_weight_layout *out)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_tensor *w = float_constant(rewrite, nbx_node_input(row, 1));
    if (!w) return false;
    uint64_t taps = 1, group = (uint64_t)nbx_node_attr_int(&row->n, "group", 1);
    for (uint32_t i = 2; i < w->rank; i++)
        taps *= (uint64_t)w->dims[i];
    uint64_t first = (uint64_t)w->dims[0], second = w->rank > 1 ? (uint64_t)w->dims[1] : 1;
    switch (row->schema->op) {
    case NBX_OP_conv:
        *out = (nbx_weight_layout){1, 1, first, second * taps};
        return true;
    case NBX_OP_conv_transpose:
        *out = (nbx_weight_layout){group, first / group, second, taps};
        return true;
    case NBX_OP_gemm:
        *out =
            nbx_node_attr_int(&row->n, "transB", 0) ? (nbx_weight_layout){1, 1, first, second} : (nbx_weight_layout){1, first, second, 1};
        return true;
    default:
        return false;
    }
}

/* The bias can be rewritten: absent, or constant and one element per output channel or in all. */
static bool bias_is_plain(const nbx_rewrite *rewrite, const nbx_g_node *row, uint64_t channels)
{
    uint32_t value = nbx_node_input(row, 2);
    double ignored;
    if (row->schema->op == NBX_OP_gemm && nbx_node_attr_float(&row->n, "alpha", 1) != 1) return false;
    if (value == NBX_NONE) return true;
    if (row->schema->op == NBX_OP_gemm && nbx_node_attr_float(&row->n, "beta", 1) != 1) return false;
    const nbx_tensor *bias = float_constant(rewrite, value);
    if (!bias) return false;
    if (nbx_tensor_uniform(bias, &ignored)) return true;
    uint64_t elements;
    return nbx_shape_elements(bias->rank, bias->dims, &elements) && elements == channels &&
           (uint64_t)bias->dims[bias->rank - 1] == channels;
}

static nbx_status set_weights(nbx_rewrite *rewrite, uint32_t node, uint32_t weights, uint32_t bias)
{
    const uint32_t inputs[3] = {nbx_node_input(&rewrite->graph->nodes[node], 0), weights, bias};
    return nbx_rewrite_set_inputs(rewrite, node, bias == NBX_NONE ? 2 : 3, inputs);
}

/* Folds `node` into the weighted node in front of it. */
static nbx_status fold_into(nbx_rewrite *rewrite, uint32_t front, uint32_t node, const nbx_affine *affine, bool *done)
{
    const nbx_g_node *row = &rewrite->graph->nodes[front];
    const char *name = rewrite->graph->nodes[node].n.name;
    nbx_weight_layout layout;
    uint32_t weights = nbx_node_input(row, 1), bias = nbx_node_input(row, 2);
    if (!rewrite->nodes[front].settled || !layout_of(rewrite, front, &layout) || layout.groups * layout.channels != affine->channels)
        return NBX_OK;
    if (!bias_is_plain(rewrite, row, affine->channels) || !nbx_affine_finite(affine)) return NBX_OK;
    const nbx_tensor *tensor = nbx_rewrite_constant(rewrite, weights);
    if (!nbx_affine_is_unit(affine)) NBX_TRY(nbx_weights_scale(rewrite, name, tensor, &layout, affine, &weights));
    if (weights == NBX_NONE) return NBX_OK;
    if (bias != NBX_NONE || !nbx_affine_is_still(affine)) {
        NBX_TRY(nbx_weights_shift(rewrite, name, nbx_rewrite_constant(rewrite, bias), tensor->dtype, affine, &bias));
        if (bias == NBX_NONE) return NBX_OK;
    }
    NBX_TRY(set_weights(rewrite, front, weights, bias));
    if (row->schema->op == NBX_OP_gemm) NBX_TRY(nbx_node_set_float(rewrite->graph, &rewrite->graph->nodes[front], "beta", 1));
    *done = true;
    return nbx_rewrite_take_over(rewrite, front, node);
}

static nbx_status make_depthwise(nbx_rewrite *rewrite, uint32_t node, const nbx_affine *affine)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_value *x = &rewrite->graph->values[nbx_node_input(row, 0)].v;
    uint32_t weights, bias, output = nbx_node_output(row, 0);
    if (x->rank < 3 || x->rank > 5 || !nbx_affine_finite(affine)) return NBX_OK;
    NBX_TRY(nbx_weights_from_scale(rewrite, row->n.name, x->dtype, x->rank - 1, affine, &weights));
    NBX_TRY(nbx_weights_shift(rewrite, row->n.name, NULL, x->dtype, affine, &bias));
    if (weights == NBX_NONE || bias == NBX_NONE) return NBX_OK;
    nbx_rewrite_become(rewrite, node, NBX_OP_conv);
    NBX_TRY(nbx_node_set_int(rewrite->graph, row, "group", (int64_t)affine->channels));
    NBX_TRY(set_weights(rewrite, node, weights, bias));
    return nbx_rewrite_set_outputs(rewrite, node, 1, &output);
}

static nbx_status fold_affine(nbx_rewrite *rewrite, uint32_t node)
{
    nbx_affine affine;
    uint32_t input;
    bool found, done = false, normalizes = rewrite->graph->nodes[node].schema->op == NBX_OP_batch_normalization;
    NBX_TRY(read_affine(rewrite, node, &input, &affine, &found));
    if (!found) return NBX_OK;
    uint32_t x = nbx_node_input(&rewrite->graph->nodes[node], input), front = nbx_rewrite_producer(rewrite, x);
    if (front != NBX_NONE && rewrite->graph->nodes[front].schema && nbx_rewrite_single_use(rewrite, x))
        NBX_TRY(fold_into(rewrite, front, node, &affine, &done));
    return done || !normalizes ? NBX_OK : make_depthwise(rewrite, node, &affine);
}

nbx_status nbx_pass_affine(nbx_rewrite *rewrite)
{
    static const nbx_op ops[] = {NBX_OP_batch_normalization, NBX_OP_add, NBX_OP_sub, NBX_OP_mul, NBX_OP_div};
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        bool candidate = false;
        for (uint32_t i = 0; i < sizeof(ops) / sizeof(ops[0]) && !candidate; i++)
            candidate = nbx_rewrite_is(rewrite, n, ops[i]);
        if (candidate && rewrite->nodes[n].settled) NBX_TRY(fold_affine(rewrite, n));
    }
    return NBX_OK;
}
