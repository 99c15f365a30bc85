/* SPDX-License-Identifier: Apache-2.0 */
/* The mutable graph: adding, rewiring, absorbing; it leaves sorting to order.c, attributes to attributes.c and meaning to the stages. */
#include "core/graph.h"

#include <string.h>
#include <sys/mman.h>

#include "core/constants.h"

nbx_status nbx_graph_create(nbx_context *context, nbx_graph **out)
{
    *out = NULL;
    nbx_arena *arena = nbx_arena_create();
    nbx_graph *graph = arena ? nbx_arena_alloc(arena, sizeof(*graph)) : NULL;
    if (!graph) {
        nbx_arena_destroy(arena);
        return nbx_raise_memory(context);
    }
    graph->context = context;
    graph->arena = arena;
    graph->name = "";
    *out = graph;
    return NBX_OK;
}

void nbx_graph_destroy(nbx_graph *graph)
{
    if (!graph) return;
    nbx_constants_destroy(graph->constants);
    for (uint32_t i = 0; i < graph->mapping_count; i++)
        munmap(graph->mappings[i].address, graph->mappings[i].bytes);
    nbx_arena_destroy(graph->arena);
}

uint32_t nbx_graph_add_value(nbx_graph *graph, const char *name, uint32_t dtype)
{
    char *copy = nbx_arena_string(graph->arena, name);
    if (!copy || !nbx_arena_grow(graph->arena, &graph->values, graph->value_count, &graph->value_capacity, sizeof(nbx_g_value)))
        return NBX_NONE;
    nbx_g_value *value = &graph->values[graph->value_count];
    *value = (nbx_g_value){.v = {.struct_size = sizeof(nbx_value), .name = copy, .dtype = dtype}};
    return graph->value_count++;
}

void nbx_graph_set_shape(nbx_graph *graph, uint32_t value, uint32_t rank, const int64_t *dims)
{
    nbx_g_value *row = &graph->values[value];
    row->v.rank = rank;
    row->known_rank = true;
    row->known = row->v.dtype != NBX_DTYPE_NONE;
    for (uint32_t i = 0; i < rank; i++) {
        row->v.dims[i] = dims[i];
        if (dims[i] < 0) row->known = false;
    }
}

nbx_status nbx_graph_set_constant(nbx_graph *graph, uint32_t value, const nbx_tensor *tensor)
{
    nbx_tensor *copy = nbx_arena_copy(graph->arena, tensor, sizeof(*tensor));
    if (!copy) return nbx_raise_memory(graph->context);
    nbx_g_value *row = &graph->values[value];
    row->data = copy;
    row->v.dtype = tensor->dtype;
    row->v.flags |= NBX_VALUE_CONST;
    row->v.const_id = (uint64_t)value + 1;
    nbx_graph_set_shape(graph, value, tensor->rank, tensor->dims);
    return NBX_OK;
}

uint32_t nbx_graph_add_constant(nbx_graph *graph, const char *name, uint32_t dtype, uint32_t rank, const int64_t *dims, const void *data)
{
    nbx_tensor tensor = {.dtype = dtype, .rank = rank};
    if (!nbx_tensor_bytes(dtype, rank, dims, &tensor.bytes)) return NBX_NONE;
    for (uint32_t i = 0; i < rank; i++)
        tensor.dims[i] = dims[i];
    void *copy = nbx_arena_alloc_aligned(graph->arena, (size_t)tensor.bytes, 64);
    uint32_t value = copy ? nbx_graph_add_value(graph, name, dtype) : NBX_NONE;
    if (value == NBX_NONE) return NBX_NONE;
    if (tensor.bytes) memcpy(copy, data, (size_t)tensor.bytes);
    tensor.data = copy;
    return nbx_graph_set_constant(graph, value, &tensor) == NBX_OK ? value : NBX_NONE;
}

static bool make_indices(nbx_graph *graph, nbx_span *span, uint32_t count, const uint32_t *indices)
{
    uint32_t *rows = nbx_arena_array(graph->arena, count, sizeof(uint32_t));
    if (!rows) return false;
    if (count) memcpy(rows, indices, count * sizeof(uint32_t));
    *span = (nbx_span){rows, count, sizeof(uint32_t)};
    return true;
}

uint32_t nbx_graph_add_node(nbx_graph *graph, const char *name, const char *op, const char *domain, uint32_t input_count,
                            const uint32_t *inputs, uint32_t output_count, const uint32_t *outputs)
{
    bool standard = !domain || !*domain || !strcmp(domain, "ai.onnx");
    const nbx_op_schema *schema = standard ? nbx_op_find(op) : NULL;
    nbx_g_node node = {.n = {.struct_size = sizeof(nbx_node), .group = NBX_NONE}, .schema = schema};
    node.n.name = nbx_arena_string(graph->arena, name);
    node.n.op = schema ? schema->name : nbx_arena_string(graph->arena, op);
    node.n.domain = standard ? "" : nbx_arena_string(graph->arena, domain);
    node.n.op_revision = schema ? schema->revision : 0;
    node.n.attrs.stride = sizeof(nbx_attr);
    node.n.origins.stride = sizeof(char *);
    if (!schema) node.n.flags = NBX_NODE_OPAQUE;
    if (!node.n.name || !node.n.op || !node.n.domain || !make_indices(graph, &node.n.inputs, input_count, inputs) ||
        !make_indices(graph, &node.n.outputs, output_count, outputs) ||
        !nbx_arena_grow(graph->arena, &graph->nodes, graph->node_count, &graph->node_capacity, sizeof(node)))
        return NBX_NONE;
    graph->nodes[graph->node_count] = node;
    return graph->node_count++;
}

nbx_status nbx_graph_add_origin(nbx_graph *graph, uint32_t node, const char *source_name)
{
    nbx_span *old = &graph->nodes[node].n.origins;
    const char **rows = nbx_arena_array(graph->arena, (size_t)old->count + 1, sizeof(char *));
    if (!rows) return nbx_raise_memory(graph->context);
    if (old->count) memcpy(rows, old->rows, old->count * sizeof(char *));
    rows[old->count] = nbx_arena_string(graph->arena, source_name);
    if (!rows[old->count]) return nbx_raise_memory(graph->context);
    *old = (nbx_span){rows, old->count + 1, sizeof(char *)};
    return NBX_OK;
}

nbx_status nbx_graph_absorb(nbx_graph *graph, uint32_t from, uint32_t into)
{
    nbx_span moved = graph->nodes[from].n.origins;
    for (uint32_t i = 0; i < moved.count; i++)
        NBX_TRY(nbx_graph_add_origin(graph, into, *NBX_ROW(const char *, moved, i)));
    graph->nodes[from].n.origins.count = 0;
    graph->nodes[from].dead = true;
    return NBX_OK;
}

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Open addressing at half load; rebuilt when sources were added since. */
static bool index_sources(nbx_graph *graph)
{
    uint32_t wanted = 16;
    while (wanted < 2 * graph->source_count)
        wanted *= 2;
    if (graph->source_slot_count == wanted && graph->sources_indexed == graph->source_count) return true;
    graph->source_slots = nbx_arena_array(graph->arena, wanted, sizeof(uint32_t));
    graph->source_slot_count = graph->source_slots ? wanted : 0;
    for (uint32_t i = 0; graph->source_slots && i < graph->source_count; i++) {
        uint32_t at = hash_name(graph->sources[i].name) & (wanted - 1);
        while (graph->source_slots[at])
            at = (at + 1) & (wanted - 1);
        graph->source_slots[at] = i + 1;
    }
    graph->sources_indexed = graph->source_count;
    return graph->source_slots != NULL;
}

nbx_source *nbx_graph_find_source(nbx_graph *graph, const char *name)
{
    if (!index_sources(graph)) return NULL;
    uint32_t mask = graph->source_slot_count - 1;
    for (uint32_t at = hash_name(name) & mask; graph->source_slots[at]; at = (at + 1) & mask) {
        nbx_source *source = &graph->sources[graph->source_slots[at] - 1];
        if (!strcmp(source->name, name)) return source;
    }
    return NULL;
}

static void set_fate(nbx_graph *graph, const char *name, nbx_fate fate)
{
    nbx_source *source = nbx_graph_find_source(graph, name);
    if (source) source->fate = fate;
}

void nbx_graph_kill(nbx_graph *graph, uint32_t node, nbx_fate fate)
{
    nbx_g_node *row = &graph->nodes[node];
    for (uint32_t i = 0; i < row->n.origins.count; i++)
        set_fate(graph, *NBX_ROW(const char *, row->n.origins, i), fate);
    row->n.origins.count = 0;
    row->dead = true;
}

static uint32_t add_port(nbx_graph *graph, uint32_t **list, uint32_t *count, uint32_t *capacity, uint32_t value)
{
    if (!nbx_arena_grow(graph->arena, list, *count, capacity, sizeof(uint32_t))) return NBX_NONE;
    (*list)[*count] = value;
    return (*count)++;
}

uint32_t nbx_graph_add_input(nbx_graph *graph, uint32_t value)
{
    graph->values[value].v.flags |= NBX_VALUE_INPUT;
    return add_port(graph, &graph->inputs, &graph->input_count, &graph->input_capacity, value);
}

uint32_t nbx_graph_add_output(nbx_graph *graph, uint32_t value)
{
    graph->values[value].v.flags |= NBX_VALUE_OUTPUT;
    return add_port(graph, &graph->outputs, &graph->output_count, &graph->output_capacity, value);
}

/* The rows of inputs and outputs are ours, in the arena; only the view's face is const. */
static uint32_t *indices_of(const nbx_span *span)
{
    return (uint32_t *)(uintptr_t)span->rows;
}

void nbx_node_set_input(nbx_g_node *node, uint32_t i, uint32_t value)
{
    indices_of(&node->n.inputs)[i] = value;
}

nbx_status nbx_node_resize_inputs(nbx_graph *graph, nbx_g_node *node, uint32_t count)
{
    uint32_t *rows = nbx_arena_array(graph->arena, count, sizeof(uint32_t));
    if (!rows) return nbx_raise_memory(graph->context);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = nbx_node_input(node, i);
    node->n.inputs = (nbx_span){rows, count, sizeof(uint32_t)};
    return NBX_OK;
}

nbx_status nbx_node_set_outputs(nbx_graph *graph, nbx_g_node *node, uint32_t count, const uint32_t *outputs)
{
    return make_indices(graph, &node->n.outputs, count, outputs) ? NBX_OK : nbx_raise_memory(graph->context);
}

void nbx_graph_replace_uses(nbx_graph *graph, uint32_t from, uint32_t to)
{
    for (uint32_t n = 0; n < graph->node_count; n++) {
        if (graph->nodes[n].dead) continue;
        nbx_span *inputs = &graph->nodes[n].n.inputs;
        for (uint32_t i = 0; i < inputs->count; i++)
            if (indices_of(inputs)[i] == from) indices_of(inputs)[i] = to;
    }
    for (uint32_t i = 0; i < graph->output_count; i++)
        if (graph->outputs[i] == from) {
            graph->outputs[i] = to;
            graph->values[from].v.flags &= ~(uint32_t)NBX_VALUE_OUTPUT;
            graph->values[to].v.flags |= NBX_VALUE_OUTPUT;
        }
}

void nbx_graph_view_of(nbx_graph *graph, nbx_graph_view *out)
{
    *out = (nbx_graph_view){.struct_size = sizeof(*out), .name = graph->name};
    out->values = (nbx_span){graph->values, graph->value_count, sizeof(nbx_g_value)};
    out->nodes = (nbx_span){graph->nodes, graph->node_count, sizeof(nbx_g_node)};
    out->groups.stride = sizeof(nbx_group);
    out->inputs = (nbx_span){graph->inputs, graph->input_count, sizeof(uint32_t)};
    out->outputs = (nbx_span){graph->outputs, graph->output_count, sizeof(uint32_t)};
    if (!nbx_constants_cover(graph->constants, graph)) { /* earlier views ended when the graph grew */
        nbx_constants_destroy(graph->constants);
        graph->constants = nbx_constants_create(graph, NULL);
    }
    out->self = graph->constants;
    out->const_map = nbx_constants_map;
    out->const_unmap = nbx_constants_unmap;
}
