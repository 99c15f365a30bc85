/* SPDX-License-Identifier: Apache-2.0 */
/* Makes fully connected layers plain: MatMul with constant weights, alpha and beta, a Flatten in front. */
#include "stages/optimize/weights.h"

static const nbx_tensor *float_constant(const nbx_rewrite *rewrite, uint32_t value)
{
    const nbx_tensor *tensor = nbx_rewrite_constant(rewrite, value);
    return tensor && nbx_dtype_kind(tensor->dtype) == 'f' && nbx_dtype_bits(tensor->dtype) >= 16 ? tensor : NULL;
}

/* A matrix times constant weights is a Gemm without C. */
static nbx_status from_matmul(nbx_rewrite *rewrite, uint32_t node)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_tensor *b = float_constant(rewrite, nbx_node_input(row, 1));
    if (!b || b->rank != 2 || rewrite->graph->values[nbx_node_input(row, 0)].v.rank != 2) return NBX_OK;
    nbx_rewrite_become(rewrite, node, NBX_OP_gemm);
    return NBX_OK;
}

/* Multiplies input `slot` by a factor; *done stays false if it is not constant. */
static nbx_status scale_input(nbx_rewrite *rewrite, uint32_t node, uint32_t slot, double factor, bool *done)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_tensor *tensor = float_constant(rewrite, nbx_node_input(row, slot));
    nbx_affine affine;
    uint64_t elements;
    uint32_t value;
    *done = false;
    if (!tensor || !nbx_shape_elements(tensor->rank, tensor->dims, &elements)) return NBX_OK;
    NBX_TRY(nbx_affine_create(rewrite, 1, &affine));
    affine.uniform = true;
    affine.scale[0] = factor;
    const char *name = nbx_arena_format(rewrite->scratch, "%s/%s", row->n.name, slot == 1 ? "alpha" : "beta");
    if (!name) return nbx_raise_memory(rewrite->context);
    NBX_TRY(nbx_weights_scale(rewrite, name, tensor, &(nbx_weight_layout){1, 1, 1, elements}, &affine, &value));
    if (value == NBX_NONE) return NBX_OK;
    *done = true;
    return nbx_rewrite_set_input(rewrite, node, slot, value);
}

static nbx_status fold_factors(nbx_rewrite *rewrite, uint32_t node)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    double alpha = nbx_node_attr_float(&row->n, "alpha", 1), beta = nbx_node_attr_float(&row->n, "beta", 1);
    bool done, has_c = nbx_node_input(row, 2) != NBX_NONE;
    if (alpha != 1) {
        NBX_TRY(scale_input(rewrite, node, 1, alpha, &done));
        if (done) NBX_TRY(nbx_node_set_float(rewrite->graph, row, "alpha", 1));
    }
    if (beta == 1) return NBX_OK;
    done = true;
    if (has_c && beta == 0) {
        const uint32_t inputs[2] = {nbx_node_input(row, 0), nbx_node_input(row, 1)};
        NBX_TRY(nbx_rewrite_set_inputs(rewrite, node, 2, inputs));
    } else if (has_c) {
        NBX_TRY(scale_input(rewrite, node, 2, beta, &done));
    }
    if (!done) return NBX_OK;
    nbx_rewrite_touch(rewrite, node);
    return nbx_node_set_float(rewrite->graph, row, "beta", 1);
}

/* A constant C that is the same for every row becomes a vector with one number a column: what a chip calls a bias. */
static nbx_status spread_bias(nbx_rewrite *rewrite, uint32_t node)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_tensor *c = float_constant(rewrite, nbx_node_input(row, 2));
    uint64_t columns = (uint64_t)rewrite->graph->values[nbx_node_output(row, 0)].v.dims[1], count;
    nbx_affine affine;
    uint32_t value;
    if (!c || !nbx_shape_elements(c->rank, c->dims, &count) || (count != 1 && count != columns)) return NBX_OK;
    bool one_row = c->rank < 2 || c->dims[0] == 1, vector = c->rank == 1 && count == columns;
    if (!one_row || vector) return NBX_OK;
    NBX_TRY(nbx_affine_create(rewrite, columns, &affine));
    affine.uniform = true;
    affine.scale[0] = 1;
    NBX_TRY(nbx_weights_shift(rewrite, row->n.name, c, c->dtype, &affine, &value));
    return value == NBX_NONE ? NBX_OK : nbx_rewrite_set_input(rewrite, node, 2, value);
}

/* A view from [N, ...] to [N, K] with at least two axes in front. */
static bool flattens(const nbx_rewrite *rewrite, uint32_t node)
{
    bool view = nbx_rewrite_is(rewrite, node, NBX_OP_flatten) || nbx_rewrite_is(rewrite, node, NBX_OP_reshape) ||
                nbx_rewrite_is(rewrite, node, NBX_OP_squeeze);
    if (!view || !rewrite->nodes[node].settled) return false;
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_value *x = &rewrite->graph->values[nbx_node_input(row, 0)].v, *y = &rewrite->graph->values[nbx_node_output(row, 0)].v;
    return x->rank >= 2 && y->rank == 2 && x->dims[0] == y->dims[0];
}

/* Gemm reads the unflattened tensor: chips count its blocks by channels, rows and columns. */
static nbx_status absorb_flatten(nbx_rewrite *rewrite, uint32_t node)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    uint32_t view = nbx_rewrite_input_node(rewrite, node, 0);
    bool flat = nbx_node_attr_int(&row->n, "flatten", 0) != 0;
    if (flat || nbx_node_attr_int(&row->n, "transA", 0) || !flattens(rewrite, view)) return NBX_OK;
    uint32_t x = nbx_node_input(&rewrite->graph->nodes[view], 0), y = nbx_node_output(&rewrite->graph->nodes[view], 0);
    NBX_TRY(nbx_node_set_int(rewrite->graph, row, "flatten", rewrite->graph->values[x].v.rank > 2));
    NBX_TRY(nbx_rewrite_set_input(rewrite, node, 0, x));
    if (nbx_rewrite_uses(rewrite, y) == 0) nbx_rewrite_absorb(rewrite, view, node);
    return NBX_OK;
}

nbx_status nbx_pass_gemm(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        if (!rewrite->nodes[n].settled) continue;
        if (nbx_rewrite_is(rewrite, n, NBX_OP_matmul)) NBX_TRY(from_matmul(rewrite, n));
        if (!nbx_rewrite_is(rewrite, n, NBX_OP_gemm) || !rewrite->nodes[n].settled) continue;
        NBX_TRY(fold_factors(rewrite, n));
        NBX_TRY(spread_bias(rewrite, n));
        NBX_TRY(absorb_flatten(rewrite, n));
    }
    return NBX_OK;
}
