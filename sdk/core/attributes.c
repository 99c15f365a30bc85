/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and replacing attributes of nodes; what they mean is the op table's business. */
#include <string.h>

#include "core/graph.h"

const nbx_attr *nbx_node_attr(const nbx_node *node, const char *name)
{
    for (uint32_t i = 0; i < node->attrs.count; i++) {
        const nbx_attr *attr = NBX_ROW(nbx_attr, node->attrs, i);
        if (!strcmp(attr->name, name)) return attr;
    }
    return NULL;
}

int64_t nbx_node_attr_int(const nbx_node *node, const char *name, int64_t absent)
{
    const nbx_attr *attr = nbx_node_attr(node, name);
    return attr && attr->kind == NBX_ATTR_INT ? attr->i : absent;
}

double nbx_node_attr_float(const nbx_node *node, const char *name, double absent)
{
    const nbx_attr *attr = nbx_node_attr(node, name);
    return attr && attr->kind == NBX_ATTR_FLOAT ? attr->f : absent;
}

const char *nbx_node_attr_string(const nbx_node *node, const char *name, const char *absent)
{
    const nbx_attr *attr = nbx_node_attr(node, name);
    return attr && attr->kind == NBX_ATTR_STRING && attr->s ? attr->s : absent;
}

void nbx_node_remove_attr(nbx_g_node *node, const char *name)
{
    nbx_attr *rows = (nbx_attr *)(uintptr_t)node->n.attrs.rows;
    for (uint32_t i = 0; i < node->n.attrs.count; i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        rows[i] = rows[--node->n.attrs.count];
        return;
    }
}

/* Replaces or appends; the rows are ours, in the arena. */
static nbx_status store(nbx_graph *graph, nbx_g_node *node, nbx_attr attr)
{
    nbx_attr *rows = (nbx_attr *)(uintptr_t)node->n.attrs.rows;
    attr.struct_size = sizeof(attr);
    for (uint32_t i = 0; i < node->n.attrs.count; i++) {
        if (strcmp(rows[i].name, attr.name) != 0) continue;
        attr.name = rows[i].name;
        rows[i] = attr;
        return NBX_OK;
    }
    uint32_t count = node->n.attrs.count;
    nbx_attr *fresh = nbx_arena_array(graph->arena, (size_t)count + 1, sizeof(nbx_attr));
    attr.name = nbx_arena_string(graph->arena, attr.name);
    if (!fresh || !attr.name) return nbx_raise_memory(graph->context);
    if (count) memcpy(fresh, rows, count * sizeof(nbx_attr));
    fresh[count] = attr;
    node->n.attrs = (nbx_span){fresh, count + 1, sizeof(nbx_attr)};
    return NBX_OK;
}

nbx_status nbx_node_set_int(nbx_graph *graph, nbx_g_node *node, const char *name, int64_t value)
{
    return store(graph, node, (nbx_attr){.kind = NBX_ATTR_INT, .name = name, .i = value});
}

nbx_status nbx_node_set_float(nbx_graph *graph, nbx_g_node *node, const char *name, double value)
{
    return store(graph, node, (nbx_attr){.kind = NBX_ATTR_FLOAT, .name = name, .f = value});
}

nbx_status nbx_node_set_string(nbx_graph *graph, nbx_g_node *node, const char *name, const char *value)
{
    const char *copy = nbx_arena_string(graph->arena, value);
    if (!copy) return nbx_raise_memory(graph->context);
    return store(graph, node, (nbx_attr){.kind = NBX_ATTR_STRING, .name = name, .s = copy});
}

nbx_status nbx_node_set_ints(nbx_graph *graph, nbx_g_node *node, const char *name, const int64_t *values, uint32_t count)
{
    const int64_t *copy = nbx_arena_copy(graph->arena, values, count * sizeof(*values));
    if (!copy) return nbx_raise_memory(graph->context);
    return store(graph, node, (nbx_attr){.kind = NBX_ATTR_INTS, .name = name, .ints = copy, .count = count});
}

nbx_status nbx_node_set_floats(nbx_graph *graph, nbx_g_node *node, const char *name, const float *values, uint32_t count)
{
    const float *copy = nbx_arena_copy(graph->arena, values, count * sizeof(*values));
    if (!copy) return nbx_raise_memory(graph->context);
    return store(graph, node, (nbx_attr){.kind = NBX_ATTR_FLOATS, .name = name, .floats = copy, .count = count});
}
