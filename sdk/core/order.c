/* SPDX-License-Identifier: Apache-2.0 */
/* Producers, consumers, dead code and topological order of a graph, each in one pass; it changes nothing else. */
#include <string.h>

#include "core/graph.h"

static nbx_status count_uses(const nbx_graph *graph, nbx_uses *out)
{
    for (uint32_t n = 0; n < graph->node_count; n++) {
        const nbx_g_node *node = &graph->nodes[n];
        if (node->dead) continue;
        for (uint32_t i = 0; i < node->n.inputs.count; i++) {
            uint32_t value = nbx_node_input(node, i);
            if (value != NBX_NONE) out->first[value + 1]++;
        }
        for (uint32_t i = 0; i < node->n.outputs.count; i++) {
            uint32_t value = nbx_node_output(node, i);
            if (value != NBX_NONE) out->producer[value] = n;
        }
    }
    return NBX_OK;
}

nbx_status nbx_graph_uses(const nbx_graph *graph, nbx_arena *arena, nbx_uses *out)
{
    uint32_t values = graph->value_count;
    *out = (nbx_uses){0};
    out->producer = nbx_arena_array(arena, (size_t)values + 1, sizeof(uint32_t));
    out->first = nbx_arena_array(arena, (size_t)values + 2, sizeof(uint32_t));
    out->is_output = nbx_arena_array(arena, (size_t)values + 1, sizeof(bool));
    uint32_t *cursor = nbx_arena_array(arena, (size_t)values + 1, sizeof(uint32_t));
    if (!out->producer || !out->first || !out->is_output || !cursor) return nbx_raise_memory(graph->context);
    for (uint32_t i = 0; i < values; i++)
        out->producer[i] = NBX_NONE;
    NBX_TRY(count_uses(graph, out));
    for (uint32_t i = 0; i < values; i++)
        out->first[i + 1] += out->first[i];
    out->consumers = nbx_arena_array(arena, (size_t)out->first[values] + 1, sizeof(uint32_t));
    if (!out->consumers) return nbx_raise_memory(graph->context);
    if (values) memcpy(cursor, out->first, values * sizeof(uint32_t));
    for (uint32_t n = 0; n < graph->node_count; n++) {
        const nbx_g_node *node = &graph->nodes[n];
        if (node->dead) continue;
        for (uint32_t i = 0; i < node->n.inputs.count; i++) {
            uint32_t value = nbx_node_input(node, i);
            if (value != NBX_NONE) out->consumers[cursor[value]++] = n;
        }
    }
    for (uint32_t i = 0; i < graph->output_count; i++)
        out->is_output[graph->outputs[i]] = true;
    return NBX_OK;
}

/* Marks what model outputs depend on, with an explicit stack. */
static nbx_status mark_needed(const nbx_graph *graph, const nbx_uses *uses, nbx_arena *arena, bool *needed)
{
    uint32_t *stack = nbx_arena_array(arena, (size_t)graph->node_count + 1, sizeof(uint32_t));
    if (!stack) return nbx_raise_memory(graph->context);
    uint32_t depth = 0;
    for (uint32_t i = 0; i < graph->output_count; i++) {
        uint32_t node = uses->producer[graph->outputs[i]];
        if (node != NBX_NONE && !needed[node]) {
            needed[node] = true;
            stack[depth++] = node;
        }
    }
    while (depth) {
        const nbx_g_node *node = &graph->nodes[stack[--depth]];
        for (uint32_t i = 0; i < node->n.inputs.count; i++) {
            uint32_t value = nbx_node_input(node, i);
            uint32_t next = value == NBX_NONE ? NBX_NONE : uses->producer[value];
            if (next == NBX_NONE || needed[next]) continue;
            needed[next] = true;
            stack[depth++] = next;
        }
    }
    return NBX_OK;
}

/* A binary heap of node indices keeps the order stable: the smallest ready index goes first. */
typedef struct heap {
    uint32_t *rows;
    uint32_t count;
} heap;

static void heap_push(heap *h, uint32_t key)
{
    uint32_t i = h->count++;
    while (i && h->rows[(i - 1) / 2] > key) {
        h->rows[i] = h->rows[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->rows[i] = key;
}

static uint32_t heap_pop(heap *h)
{
    uint32_t top = h->rows[0], last = h->rows[--h->count], i = 0;
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= h->count) break;
        if (child + 1 < h->count && h->rows[child + 1] < h->rows[child]) child++;
        if (h->rows[child] >= last) break;
        h->rows[i] = h->rows[child];
        i = child;
    }
    if (h->count) h->rows[i] = last;
    return top;
}

/* Kahn's algorithm over the needed nodes; the number of sorted nodes tells whether there is a cycle. */
static uint32_t sort_nodes(const nbx_graph *graph, const nbx_uses *uses, const bool *needed, heap *ready, uint32_t *waiting,
                           uint32_t *order)
{
    uint32_t sorted = 0;
    for (uint32_t n = 0; n < graph->node_count; n++) {
        if (!needed[n]) continue;
        const nbx_g_node *node = &graph->nodes[n];
        for (uint32_t i = 0; i < node->n.inputs.count; i++) {
            uint32_t value = nbx_node_input(node, i);
            if (value != NBX_NONE && uses->producer[value] != NBX_NONE) waiting[n]++;
        }
        if (!waiting[n]) heap_push(ready, n);
    }
    while (ready->count) {
        uint32_t n = heap_pop(ready);
        order[sorted++] = n;
        for (uint32_t i = 0; i < graph->nodes[n].n.outputs.count; i++) {
            uint32_t value = nbx_node_output(&graph->nodes[n], i);
            if (value == NBX_NONE || uses->producer[value] != n) continue;
            for (uint32_t u = uses->first[value]; u < uses->first[value + 1]; u++)
                if (needed[uses->consumers[u]] && --waiting[uses->consumers[u]] == 0) heap_push(ready, uses->consumers[u]);
        }
    }
    return sorted;
}

static nbx_status compact_with(nbx_graph *graph, nbx_arena *scratch)
{
    nbx_uses uses;
    NBX_TRY(nbx_graph_uses(graph, scratch, &uses));
    size_t count = (size_t)graph->node_count + 1;
    bool *needed = nbx_arena_array(scratch, count, sizeof(bool));
    uint32_t *waiting = nbx_arena_array(scratch, count, sizeof(uint32_t));
    uint32_t *order = nbx_arena_array(scratch, count, sizeof(uint32_t));
    heap ready = {nbx_arena_array(scratch, count, sizeof(uint32_t)), 0};
    nbx_g_node *moved = nbx_arena_array(scratch, count, sizeof(nbx_g_node));
    if (!needed || !waiting || !order || !ready.rows || !moved) return nbx_raise_memory(graph->context);
    NBX_TRY(mark_needed(graph, &uses, scratch, needed));
    uint32_t total = 0;
    for (uint32_t n = 0; n < graph->node_count; n++) {
        if (needed[n])
            total++;
        else if (!graph->nodes[n].dead)
            nbx_graph_kill(graph, n, NBX_FATE_DEAD);
    }
    uint32_t sorted = sort_nodes(graph, &uses, needed, &ready, waiting, order);
    if (sorted != total) {
        uint32_t stuck = 0;
        while (!needed[stuck] || !waiting[stuck])
            stuck++;
        return nbx_raise(graph->context, NBX_E_CORE_CYCLE, &(nbx_place){graph->path, 0, 0}, "a graph must be acyclic",
                         "node '%s' depends on its own output", graph->nodes[stuck].n.name);
    }
    for (uint32_t i = 0; i < sorted; i++)
        moved[i] = graph->nodes[order[i]];
    if (sorted) memcpy(graph->nodes, moved, sorted * sizeof(nbx_g_node));
    graph->node_count = sorted;
    return NBX_OK;
}

nbx_status nbx_graph_compact(nbx_graph *graph)
{
    nbx_arena *scratch = nbx_arena_create();
    nbx_status status = scratch ? compact_with(graph, scratch) : nbx_raise_memory(graph->context);
    nbx_arena_destroy(scratch);
    return status;
}
