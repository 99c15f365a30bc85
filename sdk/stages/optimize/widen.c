/* SPDX-License-Identifier: Apache-2.0 */
/* Types of reals: whatever a file computes in, chips are given float32 and choose from there; constants keep their bytes. */
#include "stages/optimize/widen.h"

#include <string.h>

static bool is_real(uint32_t dtype)
{
    return dtype == NBX_DTYPE_FLOAT16 || dtype == NBX_DTYPE_BFLOAT16 || dtype == NBX_DTYPE_FLOAT64;
}

/* The plugins read constants through the graph's map, which gives floats of any type as float32. */
static uint32_t widen_values(nbx_graph *graph)
{
    uint32_t found = NBX_DTYPE_NONE;
    for (uint32_t v = 0; v < graph->value_count; v++) {
        if (!is_real(graph->values[v].v.dtype)) continue;
        found = graph->values[v].v.dtype;
        graph->values[v].v.dtype = NBX_DTYPE_FLOAT32;
    }
    return found;
}

nbx_status nbx_widen_reals(nbx_graph *graph, bool *changed)
{
    uint32_t found = widen_values(graph);
    *changed = found != NBX_DTYPE_NONE;
    for (uint32_t n = 0; n < graph->node_count && *changed; n++) {
        nbx_g_node *row = &graph->nodes[n];
        const nbx_attr *to = row->schema && row->schema->op == NBX_OP_cast ? nbx_node_attr(&row->n, "to") : NULL;
        if (to && to->i >= 0 && is_real((uint32_t)to->i)) NBX_TRY(nbx_node_set_int(graph, row, "to", NBX_DTYPE_FLOAT32));
    }
    if (*changed)
        nbx_note(graph->context, NBX_LOG_INFO, NBX_E_OPT_WIDENED, &(nbx_place){graph->path, 0, 0}, NULL,
                 "the file computes in %s; here reals are float32 until a chip encodes them", nbx_dtype_name(found));
    return NBX_OK;
}
