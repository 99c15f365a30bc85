/* SPDX-License-Identifier: Apache-2.0 */
/* Removes nodes that nobody reads, last ones first so that one sweep takes whole branches. */
#include "stages/optimize/passes.h"

static bool is_read(const nbx_rewrite *rewrite, const nbx_g_node *node)
{
    for (uint32_t i = 0; i < node->n.outputs.count; i++) {
        uint32_t value = nbx_node_output(node, i);
        if (value != NBX_NONE && nbx_rewrite_uses(rewrite, value) > 0) return true;
    }
    return false;
}

nbx_status nbx_pass_dead(nbx_rewrite *rewrite)
{
    for (uint32_t n = rewrite->graph->node_count; n-- > 0;) {
        const nbx_g_node *node = &rewrite->graph->nodes[n];
        if (!node->dead && !is_read(rewrite, node)) nbx_rewrite_kill(rewrite, n, NBX_FATE_DEAD);
    }
    return NBX_OK;
}
