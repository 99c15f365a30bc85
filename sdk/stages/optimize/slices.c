/* SPDX-License-Identifier: Apache-2.0 */
/* Slices that cut one value into neighbouring parts without gap or overlap become one Split. */
#include "stages/optimize/passes.h"

#define MAX_PARTS 64

typedef struct part {
    uint32_t node;
    int64_t start, end;
} part;

/* The one axis that a Slice cuts with step 1; axes taken whole do not count. */
static bool single_cut(const nbx_rewrite *rewrite, uint32_t node, uint32_t *axis, part *out)
{
    if (!nbx_rewrite_is(rewrite, node, NBX_OP_slice) || !rewrite->nodes[node].settled) return false;
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    const nbx_value *x = &rewrite->graph->values[nbx_node_input(row, 0)].v;
    const nbx_attr *axes = nbx_node_attr(&row->n, "axes"), *starts = nbx_node_attr(&row->n, "starts");
    const nbx_attr *ends = nbx_node_attr(&row->n, "ends"), *steps = nbx_node_attr(&row->n, "steps");
    uint32_t cuts = 0;
    for (uint32_t i = 0; i < axes->count; i++) {
        if (steps->ints[i] != 1) return false;
        if (starts->ints[i] == 0 && ends->ints[i] == x->dims[axes->ints[i]]) continue;
        cuts++;
        *axis = (uint32_t)axes->ints[i];
        *out = (part){node, starts->ints[i], ends->ints[i]};
    }
    return cuts == 1 && out->end > out->start;
}

static bool listed(const part *parts, uint32_t count, uint32_t node)
{
    for (uint32_t i = 0; i < count; i++)
        if (parts[i].node == node) return true;
    return false;
}

static uint32_t gather_parts(const nbx_rewrite *rewrite, uint32_t value, uint32_t axis, part *parts)
{
    uint32_t count = 0, cursor = NBX_NONE, user, other;
    while ((user = nbx_rewrite_next_user(rewrite, value, &cursor)) != NBX_NONE) {
        part p;
        if (!single_cut(rewrite, user, &other, &p) || other != axis || listed(parts, count, user)) continue;
        if (count == MAX_PARTS) return 0;
        uint32_t at = count++; /* kept in the order of their starts */
        for (; at > 0 && parts[at - 1].start > p.start; at--)
            parts[at] = parts[at - 1];
        parts[at] = p;
    }
    return count;
}

static bool is_partition(const part *parts, uint32_t count, int64_t extent)
{
    int64_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].start != at) return false;
        at = parts[i].end;
    }
    return count >= 2 && at == extent;
}

/* The first of the slices becomes the Split: all the others' users come later. */
static nbx_status make_split(nbx_rewrite *rewrite, uint32_t host, uint32_t axis, const part *parts, uint32_t count)
{
    uint32_t outputs[MAX_PARTS];
    int64_t extents[MAX_PARTS];
    for (uint32_t i = 0; i < count; i++) {
        outputs[i] = nbx_node_output(&rewrite->graph->nodes[parts[i].node], 0);
        extents[i] = parts[i].end - parts[i].start;
    }
    for (uint32_t i = 0; i < count; i++)
        if (parts[i].node != host) nbx_rewrite_absorb(rewrite, parts[i].node, host);
    nbx_rewrite_become(rewrite, host, NBX_OP_split);
    NBX_TRY(nbx_node_set_int(rewrite->graph, &rewrite->graph->nodes[host], "axis", axis));
    NBX_TRY(nbx_node_set_ints(rewrite->graph, &rewrite->graph->nodes[host], "split", extents, count));
    return nbx_rewrite_set_outputs(rewrite, host, count, outputs);
}

nbx_status nbx_pass_slices(nbx_rewrite *rewrite)
{
    part parts[MAX_PARTS], own;
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        uint32_t axis;
        if (!single_cut(rewrite, n, &axis, &own)) continue;
        uint32_t value = nbx_node_input(&rewrite->graph->nodes[n], 0), count = gather_parts(rewrite, value, axis, parts), first = n;
        for (uint32_t i = 0; i < count; i++)
            if (parts[i].node < first) first = parts[i].node;
        if (first == n && is_partition(parts, count, rewrite->graph->values[value].v.dims[axis]))
            NBX_TRY(make_split(rewrite, n, axis, parts, count));
    }
    return NBX_OK;
}
