/* SPDX-License-Identifier: Apache-2.0 */
/* Counts multiply-accumulates of one node; it leaves totals and utilisation to its callers. */
#include "schema/macs.h"

#include <string.h>

/* Saturating product. */
static uint64_t times(uint64_t a, uint64_t b)
{
    return a != 0 && b > UINT64_MAX / a ? UINT64_MAX : a * b;
}

static uint64_t elements(const nbx_value *value, uint32_t first)
{
    uint64_t product = 1;
    for (uint32_t i = first; i < value->rank; i++)
        product = times(product, value->dims[i] > 0 ? (uint64_t)value->dims[i] : 0);
    return product;
}

static const nbx_value *value_at(const nbx_graph_view *view, nbx_span list, uint32_t i)
{
    if (i >= list.count) return NULL;
    uint32_t index = *NBX_ROW(uint32_t, list, i);
    return index < view->values.count ? NBX_ROW(nbx_value, view->values, index) : NULL;
}

uint64_t nbx_node_macs(const nbx_graph_view *view, uint32_t node)
{
    const nbx_node *row = NBX_ROW(nbx_node, view->nodes, node);
    const nbx_value *x = value_at(view, row->inputs, 0), *w = value_at(view, row->inputs, 1), *y = value_at(view, row->outputs, 0);
    if (!x || !w || !y || *row->domain) return 0;
    if (!strcmp(row->op, "Conv") && x->rank > 2 && y->rank > 2) /* every filter element meets every output position */
        return times(elements(w, 0), times((uint64_t)y->dims[0], elements(y, 2)));
    if (!strcmp(row->op, "ConvTranspose") && x->rank > 2) /* every filter element meets every input position */
        return times(elements(w, 0), times((uint64_t)x->dims[0], elements(x, 2)));
    if (!strcmp(row->op, "Gemm") && y->rank == 2) return times(elements(w, 0), (uint64_t)y->dims[0]);
    if (!strcmp(row->op, "MatMul") && x->rank > 0) return times(elements(y, 0), (uint64_t)x->dims[x->rank - 1]);
    return 0;
}
