/* SPDX-License-Identifier: Apache-2.0 */
/* Marks nodes that keep the bytes as views, and joins neighbours among them. */
#include "stages/optimize/passes.h"

static bool is_view(const nbx_rewrite *rewrite, uint32_t node)
{
    static const nbx_op ops[] = {NBX_OP_reshape, NBX_OP_flatten, NBX_OP_squeeze, NBX_OP_unsqueeze, NBX_OP_identity, NBX_OP_dropout};
    if (node == NBX_NONE || !rewrite->nodes[node].settled || rewrite->graph->nodes[node].n.outputs.count != 1) return false;
    for (uint32_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
        if (nbx_rewrite_is(rewrite, node, ops[i])) return true;
    return false;
}

static nbx_status become_reshape(nbx_rewrite *rewrite, uint32_t node)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_value *y = &rewrite->graph->values[nbx_node_output(row, 0)].v;
    if (row->schema->op != NBX_OP_reshape) nbx_rewrite_become(rewrite, node, NBX_OP_reshape);
    return nbx_node_set_ints(rewrite->graph, row, "shape", y->dims, y->rank);
}

/* A Transpose that moves axes of extent 1 only keeps the bytes. */
static bool moves_units_only(const nbx_rewrite *rewrite, uint32_t node)
{
    if (!nbx_rewrite_is(rewrite, node, NBX_OP_transpose) || !rewrite->nodes[node].settled) return false;
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_value *x = &rewrite->graph->values[nbx_node_input(row, 0)].v;
    const nbx_attr *perm = nbx_node_attr(&row->n, "perm");
    int64_t last = -1;
    for (uint32_t i = 0; i < perm->count; i++) {
        if (x->dims[perm->ints[i]] == 1) continue;
        if (perm->ints[i] < last) return false;
        last = perm->ints[i];
    }
    return true;
}

static nbx_status join_views(nbx_rewrite *rewrite, uint32_t node)
{
    uint32_t front = nbx_rewrite_input_node(rewrite, node, 0);
    if (!is_view(rewrite, front) || !nbx_rewrite_single_use(rewrite, nbx_node_input(&rewrite->graph->nodes[node], 0))) return NBX_OK;
    uint32_t x = nbx_node_input(&rewrite->graph->nodes[front], 0);
    NBX_TRY(become_reshape(rewrite, node));
    NBX_TRY(nbx_rewrite_set_input(rewrite, node, 0, x));
    nbx_rewrite_absorb(rewrite, front, node);
    return NBX_OK;
}

nbx_status nbx_pass_views(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        if (moves_units_only(rewrite, n)) NBX_TRY(become_reshape(rewrite, n));
        if (!is_view(rewrite, n)) continue;
        rewrite->graph->nodes[n].n.flags |= NBX_NODE_VIEW;
        NBX_TRY(join_views(rewrite, n));
    }
    return NBX_OK;
}
