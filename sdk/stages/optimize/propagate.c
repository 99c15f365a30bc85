/* SPDX-License-Identifier: Apache-2.0 */
/* One sweep in topological order that makes nodes canonical, infers their shapes and folds constants; the steps are elsewhere. */
#include "stages/optimize/passes.h"

/* Dropout and BatchNormalization in training mode do something else; such a node stays as it is. */
static bool trains(nbx_g_node *row)
{
    if (!nbx_node_attr_int(&row->n, "training_mode", 0)) return false;
    row->opaque_reason = "it is in training mode";
    return true;
}

static nbx_status settle(nbx_rewrite *rewrite, uint32_t node)
{
    bool ready, known, folded = false;
    NBX_TRY(nbx_canonical_parameters(rewrite, node, &ready));
    if (!ready) return NBX_OK;
    NBX_TRY(nbx_canonical_defaults(rewrite, node));
    NBX_TRY(nbx_infer_node(rewrite, node, &known));
    if (trains(&rewrite->graph->nodes[node])) return NBX_OK;
    NBX_TRY(nbx_fold_node(rewrite, node, &folded));
    if (folded || !known) return NBX_OK;
    nbx_canonical_strip(rewrite, node);
    rewrite->graph->nodes[node].opaque_reason = NULL;
    rewrite->nodes[node].settled = true;
    return NBX_OK;
}

nbx_status nbx_pass_propagate(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        const nbx_g_node *node = &rewrite->graph->nodes[n];
        if (node->dead || !node->schema || rewrite->nodes[n].settled) continue;
        NBX_TRY(settle(rewrite, n));
    }
    return NBX_OK;
}
