/* SPDX-License-Identifier: Apache-2.0 */
/* Removes nodes that return their input unchanged; their names go to a neighbour. Constants have been folded through already. */
#include <string.h>

#include "stages/optimize/passes.h"

static bool all_equal(const nbx_node *node, const char *attr, int64_t value)
{
    const nbx_attr *list = nbx_node_attr(node, attr);
    for (uint32_t i = 0; list && i < list->count; i++)
        if (list->kind == NBX_ATTR_FLOATS ? (double)list->floats[i] != (double)value : list->ints[i] != value) return false;
    return list != NULL;
}

static bool is_ordered(const nbx_attr *perm)
{
    for (uint32_t i = 0; i < perm->count; i++)
        if (perm->ints[i] != i) return false;
    return true;
}

/* x + 0, x - 0, x * 1, x / 1, x ^ 1; *input is the operand that is x. */
static bool is_neutral(const nbx_rewrite *rewrite, const nbx_g_node *row, uint32_t *input)
{
    nbx_op op = row->schema->op;
    bool additive = op == NBX_OP_add || op == NBX_OP_sub, commutes = op == NBX_OP_add || op == NBX_OP_mul;
    if (!additive && op != NBX_OP_mul && op != NBX_OP_div && op != NBX_OP_pow) return false;
    for (uint32_t k = commutes ? 0 : 1; k < 2; k++) {
        double value;
        if (!nbx_tensor_uniform(nbx_rewrite_constant(rewrite, nbx_node_input(row, k)), &value)) continue;
        if (value != (additive ? 0 : 1)) continue;
        *input = 1 - k;
        return true;
    }
    return false;
}

/* Scale 1 on every axis takes each element from itself in these coordinate systems. */
static bool resizes_nothing(const nbx_node *node)
{
    static const char *const exact[] = {"half_pixel", "asymmetric", "align_corners", "half_pixel_symmetric"};
    const char *mode = nbx_node_attr_string(node, "coordinate_transformation_mode", "");
    bool known = false;
    for (uint32_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
        known = known || !strcmp(mode, exact[i]);
    return known && all_equal(node, "scales", 1) && !nbx_node_attr_int(node, "antialias", 0);
}

/* True if output 0 is input *input, given that both have one shape and type. */
static bool returns_input(const nbx_rewrite *rewrite, const nbx_g_node *row, uint32_t *input)
{
    const nbx_node *n = &row->n;
    const nbx_attr *axes = nbx_node_attr(n, "axes");
    switch (row->schema->op) {
    case NBX_OP_identity:
    case NBX_OP_cast:
    case NBX_OP_reshape:
    case NBX_OP_flatten:
    case NBX_OP_squeeze:
    case NBX_OP_unsqueeze:
    case NBX_OP_expand:
    case NBX_OP_tile:
        return true;
    case NBX_OP_dropout:
        return nbx_node_output(row, 1) == NBX_NONE || nbx_rewrite_uses(rewrite, nbx_node_output(row, 1)) == 0;
    case NBX_OP_slice:
        return all_equal(n, "steps", 1);
    case NBX_OP_pad:
        return all_equal(n, "pads", 0);
    case NBX_OP_transpose:
        return is_ordered(nbx_node_attr(n, "perm"));
    case NBX_OP_concat:
    case NBX_OP_min:
    case NBX_OP_max:
        return n->inputs.count == 1;
    case NBX_OP_split:
        return n->outputs.count == 1;
    case NBX_OP_clip:
        return nbx_node_attr_float(n, "min", 0) < -3.5e38 && nbx_node_attr_float(n, "max", 0) > 3.5e38;
    case NBX_OP_reduce_mean:
    case NBX_OP_reduce_sum:
    case NBX_OP_reduce_max:
    case NBX_OP_reduce_min:
    case NBX_OP_reduce_prod:
    case NBX_OP_reduce_l2:
        return axes && axes->count == 0;
    case NBX_OP_resize:
        return resizes_nothing(n);
    default:
        return is_neutral(rewrite, row, input);
    }
}

/* The producer of `x` makes `y` from now on; everybody else reads `y` too. */
static nbx_status rename_output(nbx_rewrite *rewrite, uint32_t producer, uint32_t x, uint32_t y)
{
    uint32_t outputs[256];
    const nbx_g_node *row = &rewrite->graph->nodes[producer];
    for (uint32_t i = 0; i < row->n.outputs.count; i++)
        outputs[i] = nbx_node_output(row, i) == x ? y : nbx_node_output(row, i);
    NBX_TRY(nbx_rewrite_redirect(rewrite, x, y));
    return nbx_rewrite_set_outputs(rewrite, producer, row->n.outputs.count, outputs);
}

static nbx_status remove_identity(nbx_rewrite *rewrite, uint32_t node, uint32_t x)
{
    uint32_t y = nbx_node_output(&rewrite->graph->nodes[node], 0), producer = nbx_rewrite_producer(rewrite, x), cursor = NBX_NONE;
    if (nbx_rewrite_constant(rewrite, x)) return NBX_OK; /* its output is a model output, or too large to fold */
    if (nbx_rewrite_is_output(rewrite, y)) {
        bool taken = producer == NBX_NONE || nbx_rewrite_is_output(rewrite, x) || rewrite->graph->nodes[producer].n.outputs.count > 256;
        if (taken) return NBX_OK; /* two ports cannot be one value: the node stays, as a view */
        nbx_rewrite_absorb(rewrite, node, producer);
        return rename_output(rewrite, producer, x, y);
    }
    uint32_t heir = producer != NBX_NONE ? producer : nbx_rewrite_next_user(rewrite, y, &cursor);
    if (heir == NBX_NONE) return NBX_OK; /* dead */
    NBX_TRY(nbx_rewrite_redirect(rewrite, y, x));
    nbx_rewrite_absorb(rewrite, node, heir);
    return NBX_OK;
}

nbx_status nbx_pass_identities(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        const nbx_g_node *row = &rewrite->graph->nodes[n];
        uint32_t input = 0;
        if (row->dead || !row->schema || !rewrite->nodes[n].settled || !returns_input(rewrite, row, &input)) continue;
        uint32_t x = nbx_node_input(row, input), y = nbx_node_output(row, 0);
        if (x == NBX_NONE || y == NBX_NONE || !nbx_rewrite_same_shape(rewrite, x, y)) continue;
        if (rewrite->graph->values[x].v.dtype != rewrite->graph->values[y].v.dtype) continue;
        NBX_TRY(remove_identity(rewrite, n, x));
    }
    return NBX_OK;
}
