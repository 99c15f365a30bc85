/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors without elements: what makes nothing but them needs no node, and joining them changes nothing. */
#include "stages/optimize/passes.h"

static bool is_empty(const nbx_rewrite *rewrite, uint32_t value)
{
    const nbx_g_value *row = &rewrite->graph->values[value];
    uint64_t count;
    return row->known && nbx_shape_elements(row->v.rank, row->v.dims, &count) && count == 0;
}

static bool makes_nothing(const nbx_rewrite *rewrite, const nbx_g_node *row)
{
    uint32_t made = 0;
    for (uint32_t i = 0; i < row->n.outputs.count; i++) {
        uint32_t value = nbx_node_output(row, i);
        if (value == NBX_NONE) continue;
        if (!is_empty(rewrite, value) || nbx_rewrite_is_output(rewrite, value)) return false; /* a model output needs a node */
        made++;
    }
    return made > 0;
}

static nbx_status fold(nbx_rewrite *rewrite, uint32_t node)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    for (uint32_t i = 0; i < row->n.outputs.count; i++) {
        uint32_t value = nbx_node_output(row, i);
        if (value == NBX_NONE) continue;
        const nbx_value *v = &rewrite->graph->values[value].v;
        nbx_tensor nothing = {.dtype = v->dtype, .rank = v->rank, .is_splat = true};
        for (uint32_t a = 0; a < v->rank; a++)
            nothing.dims[a] = v->dims[a];
        NBX_TRY(nbx_rewrite_make_constant(rewrite, value, &nothing));
    }
    nbx_rewrite_kill(rewrite, node, NBX_FATE_CONSTANT);
    return NBX_OK;
}

static nbx_status drop_operands(nbx_rewrite *rewrite, uint32_t node)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    uint32_t *kept = nbx_arena_array(rewrite->scratch, (size_t)row->n.inputs.count + 1, sizeof(uint32_t)), count = 0;
    if (!kept) return nbx_raise_memory(rewrite->context);
    for (uint32_t i = 0; i < row->n.inputs.count; i++)
        if (!is_empty(rewrite, nbx_node_input(row, i))) kept[count++] = nbx_node_input(row, i);
    if (count == 0 || count == row->n.inputs.count) return NBX_OK;
    return nbx_rewrite_set_inputs(rewrite, node, count, kept);
}

nbx_status nbx_pass_empty(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        const nbx_g_node *row = &rewrite->graph->nodes[n];
        if (row->dead || !row->schema || !rewrite->nodes[n].settled) continue;
        if (makes_nothing(rewrite, row))
            NBX_TRY(fold(rewrite, n));
        else if (nbx_rewrite_is(rewrite, n, NBX_OP_concat))
            NBX_TRY(drop_operands(rewrite, n));
    }
    return NBX_OK;
}
