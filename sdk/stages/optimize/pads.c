/* SPDX-License-Identifier: Apache-2.0 */
/* Zero padding of spatial axes moves into the Conv, or the AveragePool, that reads it; MaxPool pads with minus infinity instead. */
#include <string.h>

#include "stages/optimize/passes.h"

/* A settled Pad that adds zeros around the spatial axes only. */
static const nbx_attr *spatial_zeros(const nbx_rewrite *rewrite, uint32_t node)
{
    if (!nbx_rewrite_is(rewrite, node, NBX_OP_pad) || !rewrite->nodes[node].settled) return NULL;
    const nbx_node *n = &rewrite->graph->nodes[node].n;
    const nbx_attr *pads = nbx_node_attr(n, "pads");
    uint32_t rank = pads->count / 2;
    if (strcmp(nbx_node_attr_string(n, "mode", ""), "constant") != 0 || nbx_node_attr_float(n, "value", 1) != 0 || rank < 3) return NULL;
    for (uint32_t i = 0; i < pads->count; i++)
        if (pads->ints[i] < 0 || (i % rank < 2 && pads->ints[i] != 0)) return NULL;
    return pads;
}

/*
 * AveragePool after zeros counts them, so it must count all padding afterwards: exact if it has none of its own, or counts
 * it already. ceil_mode would add windows whose divisor differs.
 */
static bool pool_takes(const nbx_node *pool, const nbx_attr *own)
{
    bool counts = nbx_node_attr_int(pool, "count_include_pad", 0) != 0;
    for (uint32_t i = 0; i < own->count; i++)
        if (own->ints[i] != 0 && !counts) return false;
    return nbx_node_attr_int(pool, "ceil_mode", 0) == 0;
}

static bool pool_pads_fit(const nbx_node *pool, const int64_t *pads, uint32_t spatial)
{
    const nbx_attr *kernel = nbx_node_attr(pool, "kernel_shape"), *dilations = nbx_node_attr(pool, "dilations");
    for (uint32_t i = 0; i < 2 * spatial; i++)
        if (pads[i] > (kernel->ints[i % spatial] - 1) * dilations->ints[i % spatial]) return false;
    return true;
}

/* Folds the Pad in front of `node`; *done tells whether there was one. */
static nbx_status take_pad(nbx_rewrite *rewrite, uint32_t node, bool *done)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    uint32_t pad = nbx_rewrite_input_node(rewrite, node, 0);
    const nbx_attr *zeros = spatial_zeros(rewrite, pad), *own = nbx_node_attr(&row->n, "pads");
    bool pool = row->schema->op == NBX_OP_average_pool;
    int64_t pads[6];
    *done = false;
    if (!zeros || !own || own->count > 6 || own->count + 4 != zeros->count || (pool && !pool_takes(&row->n, own))) return NBX_OK;
    uint32_t spatial = own->count / 2, rank = spatial + 2;
    for (uint32_t i = 0; i < spatial; i++) {
        pads[i] = own->ints[i] + zeros->ints[2 + i];
        pads[spatial + i] = own->ints[spatial + i] + zeros->ints[rank + 2 + i];
    }
    if (pool && !pool_pads_fit(&row->n, pads, spatial)) return NBX_OK;
    NBX_TRY(nbx_node_set_ints(rewrite->graph, row, "pads", pads, own->count));
    if (pool) NBX_TRY(nbx_node_set_int(rewrite->graph, row, "count_include_pad", 1));
    NBX_TRY(nbx_rewrite_set_input(rewrite, node, 0, nbx_node_input(&rewrite->graph->nodes[pad], 0)));
    if (nbx_rewrite_uses(rewrite, nbx_node_output(&rewrite->graph->nodes[pad], 0)) == 0) nbx_rewrite_absorb(rewrite, pad, node);
    *done = true;
    return NBX_OK;
}

nbx_status nbx_pass_pads(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        if (!nbx_rewrite_is(rewrite, n, NBX_OP_conv) && !nbx_rewrite_is(rewrite, n, NBX_OP_average_pool)) continue;
        bool again = rewrite->nodes[n].settled;
        while (again)
            NBX_TRY(take_pad(rewrite, n, &again));
    }
    return NBX_OK;
}
