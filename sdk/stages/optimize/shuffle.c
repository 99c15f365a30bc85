/* SPDX-License-Identifier: Apache-2.0 */
/* Reshape to [N, g, C/g, ...], Transpose of axes 1 and 2, Reshape back: a ChannelShuffle of g groups. */
#include <string.h>

#include "stages/optimize/passes.h"

static uint64_t spatial_elements(const nbx_value *value, uint32_t first)
{
    uint64_t product = 1;
    for (uint32_t i = first; i < value->rank; i++)
        product *= (uint64_t)value->dims[i];
    return product;
}

static bool swaps_groups(const nbx_attr *perm)
{
    if (perm->count < 3 || perm->ints[0] != 0 || perm->ints[1] != 2 || perm->ints[2] != 1) return false;
    for (uint32_t i = 3; i < perm->count; i++)
        if (perm->ints[i] != i) return false;
    return true;
}

static bool settled(const nbx_rewrite *rewrite, uint32_t node, nbx_op op)
{
    return nbx_rewrite_is(rewrite, node, op) && rewrite->nodes[node].settled;
}

/* The three nodes and the group count; `last` is the second Reshape. */
static bool match(const nbx_rewrite *rewrite, uint32_t last, uint32_t *first, uint32_t *middle, int64_t *group)
{
    if (!settled(rewrite, last, NBX_OP_reshape)) return false;
    *middle = nbx_rewrite_input_node(rewrite, last, 0);
    if (!settled(rewrite, *middle, NBX_OP_transpose)) return false;
    *first = nbx_rewrite_input_node(rewrite, *middle, 0);
    if (!settled(rewrite, *first, NBX_OP_reshape)) return false;
    uint32_t x = nbx_node_input(&rewrite->graph->nodes[*first], 0), y = nbx_node_output(&rewrite->graph->nodes[last], 0);
    uint32_t inner = nbx_node_input(&rewrite->graph->nodes[*middle], 0), swapped = nbx_node_input(&rewrite->graph->nodes[last], 0);
    const nbx_value *in = &rewrite->graph->values[x].v, *cut = &rewrite->graph->values[inner].v;
    if (!nbx_rewrite_single_use(rewrite, inner) || !nbx_rewrite_single_use(rewrite, swapped)) return false;
    if (in->rank < 3 || cut->rank < 3 || !nbx_rewrite_same_shape(rewrite, x, y)) return false;
    *group = cut->dims[1];
    return cut->dims[0] == in->dims[0] && cut->dims[1] * cut->dims[2] == in->dims[1] &&
           spatial_elements(cut, 3) == spatial_elements(in, 2) && swaps_groups(nbx_node_attr(&rewrite->graph->nodes[*middle].n, "perm"));
}

nbx_status nbx_pass_shuffle(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        uint32_t first, middle;
        int64_t group;
        if (!match(rewrite, n, &first, &middle, &group)) continue;
        uint32_t x = nbx_node_input(&rewrite->graph->nodes[first], 0);
        nbx_rewrite_become(rewrite, n, NBX_OP_channel_shuffle);
        NBX_TRY(nbx_node_set_int(rewrite->graph, &rewrite->graph->nodes[n], "group", group));
        NBX_TRY(nbx_rewrite_set_input(rewrite, n, 0, x));
        nbx_rewrite_absorb(rewrite, first, n);
        nbx_rewrite_absorb(rewrite, middle, n);
    }
    return NBX_OK;
}
