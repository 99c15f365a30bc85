/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a graph that keep producers, users and origins known; which edits to make is the passes' business. */
#include "stages/optimize/rewrite.h"

#include <string.h>

static nbx_status add_cell(nbx_rewrite *rewrite, nbx_rewrite_cell **cells, uint32_t *count, uint32_t *capacity, uint32_t what)
{
    if (!nbx_arena_grow(rewrite->scratch, cells, *count, capacity, sizeof(nbx_rewrite_cell))) return nbx_raise_memory(rewrite->context);
    (*cells)[(*count)++] = (nbx_rewrite_cell){what, NBX_NONE};
    return NBX_OK;
}

static nbx_status add_use(nbx_rewrite *rewrite, uint32_t value, uint32_t node)
{
    if (value == NBX_NONE) return NBX_OK;
    NBX_TRY(add_cell(rewrite, &rewrite->uses, &rewrite->use_count, &rewrite->use_capacity, node));
    nbx_rewrite_value *row = &rewrite->values[value];
    uint32_t cell = rewrite->use_count - 1;
    if (row->first_use == NBX_NONE)
        row->first_use = cell;
    else
        rewrite->uses[row->last_use].next = cell;
    row->last_use = cell;
    row->use_count++;
    return NBX_OK;
}

static void drop_use(nbx_rewrite *rewrite, uint32_t value)
{
    if (value != NBX_NONE) rewrite->values[value].use_count--;
}

/* Rows for values that were added since the last call. */
static nbx_status cover_values(nbx_rewrite *rewrite)
{
    while (rewrite->value_count < rewrite->graph->value_count) {
        if (!nbx_arena_grow(rewrite->scratch, &rewrite->values, rewrite->value_count, &rewrite->value_capacity, sizeof(nbx_rewrite_value)))
            return nbx_raise_memory(rewrite->context);
        rewrite->values[rewrite->value_count++] = (nbx_rewrite_value){NBX_NONE, 0, NBX_NONE, NBX_NONE};
    }
    return NBX_OK;
}

static uint32_t hash_name(const char *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

static nbx_status hash_sources(nbx_rewrite *rewrite)
{
    uint32_t size = 16;
    while (size < 2 * rewrite->graph->source_count)
        size *= 2;
    rewrite->source_slots = nbx_arena_array(rewrite->scratch, size, sizeof(uint32_t));
    if (!rewrite->source_slots) return nbx_raise_memory(rewrite->context);
    rewrite->source_mask = size - 1;
    for (uint32_t i = 0; i < rewrite->graph->source_count; i++) {
        uint32_t slot = hash_name(rewrite->graph->sources[i].name) & rewrite->source_mask;
        while (rewrite->source_slots[slot])
            slot = (slot + 1) & rewrite->source_mask;
        rewrite->source_slots[slot] = i + 1;
    }
    return NBX_OK;
}

static void set_fate(nbx_rewrite *rewrite, const char *name, nbx_fate fate)
{
    uint32_t slot = hash_name(name) & rewrite->source_mask;
    for (uint32_t row; (row = rewrite->source_slots[slot]) != 0; slot = (slot + 1) & rewrite->source_mask) {
        if (strcmp(rewrite->graph->sources[row - 1].name, name) != 0) continue;
        rewrite->graph->sources[row - 1].fate = fate;
        return;
    }
}

static nbx_status add_origins(nbx_rewrite *rewrite, uint32_t node)
{
    nbx_span names = rewrite->graph->nodes[node].n.origins;
    nbx_rewrite_node *row = &rewrite->nodes[node];
    *row = (nbx_rewrite_node){NBX_NONE, NBX_NONE, false};
    for (uint32_t i = 0; i < names.count; i++) {
        uint32_t cell = rewrite->origin_count;
        if (!nbx_arena_grow(rewrite->scratch, &rewrite->origin_names, cell, &rewrite->name_capacity, sizeof(char *)))
            return nbx_raise_memory(rewrite->context);
        rewrite->origin_names[cell] = *NBX_ROW(char *, names, i);
        NBX_TRY(add_cell(rewrite, &rewrite->origins, &rewrite->origin_count, &rewrite->origin_capacity, cell));
        if (row->first_origin == NBX_NONE)
            row->first_origin = cell;
        else
            rewrite->origins[row->last_origin].next = cell;
        row->last_origin = cell;
    }
    return NBX_OK;
}

nbx_status nbx_rewrite_begin(nbx_graph *graph, nbx_arena *scratch, nbx_rewrite *out)
{
    *out = (nbx_rewrite){.context = graph->context, .graph = graph, .scratch = scratch};
    out->nodes = nbx_arena_array(scratch, (size_t)graph->node_count + 1, sizeof(nbx_rewrite_node));
    out->shape_call = nbx_arena_alloc(scratch, sizeof(nbx_shape_call));
    if (!out->nodes || !out->shape_call) return nbx_raise_memory(graph->context);
    NBX_TRY(cover_values(out));
    NBX_TRY(hash_sources(out));
    for (uint32_t n = 0; n < graph->node_count; n++) {
        const nbx_g_node *node = &graph->nodes[n];
        NBX_TRY(add_origins(out, n));
        for (uint32_t i = 0; i < node->n.inputs.count; i++)
            NBX_TRY(add_use(out, nbx_node_input(node, i), n));
        for (uint32_t i = 0; i < node->n.outputs.count; i++)
            if (nbx_node_output(node, i) != NBX_NONE) out->values[nbx_node_output(node, i)].producer = n;
    }
    for (uint32_t i = 0; i < graph->output_count; i++)
        out->values[graph->outputs[i]].use_count++;
    return NBX_OK;
}

nbx_status nbx_rewrite_end(nbx_rewrite *rewrite)
{
    for (uint32_t n = 0; n < rewrite->graph->node_count; n++) {
        nbx_g_node *node = &rewrite->graph->nodes[n];
        uint32_t count = 0;
        if (node->dead) continue;
        for (uint32_t cell = rewrite->nodes[n].first_origin; cell != NBX_NONE; cell = rewrite->origins[cell].next)
            count++;
        const char **names = nbx_arena_array(rewrite->graph->arena, count, sizeof(char *));
        if (!names) return nbx_raise_memory(rewrite->context);
        count = 0;
        for (uint32_t cell = rewrite->nodes[n].first_origin; cell != NBX_NONE; cell = rewrite->origins[cell].next)
            names[count++] = rewrite->origin_names[rewrite->origins[cell].what];
        node->n.origins = (nbx_span){names, count, sizeof(char *)};
    }
    return NBX_OK;
}

bool nbx_rewrite_is(const nbx_rewrite *rewrite, uint32_t node, nbx_op op)
{
    if (node == NBX_NONE) return false;
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    return !row->dead && row->schema && row->schema->op == op;
}

uint32_t nbx_rewrite_producer(const nbx_rewrite *rewrite, uint32_t value)
{
    return value == NBX_NONE ? NBX_NONE : rewrite->values[value].producer;
}

uint32_t nbx_rewrite_input_node(const nbx_rewrite *rewrite, uint32_t node, uint32_t i)
{
    return nbx_rewrite_producer(rewrite, nbx_node_input(&rewrite->graph->nodes[node], i));
}

const nbx_tensor *nbx_rewrite_constant(const nbx_rewrite *rewrite, uint32_t value)
{
    return value == NBX_NONE ? NULL : rewrite->graph->values[value].data;
}

bool nbx_rewrite_is_output(const nbx_rewrite *rewrite, uint32_t value)
{
    return rewrite->graph->values[value].v.flags & NBX_VALUE_OUTPUT;
}

uint32_t nbx_rewrite_uses(const nbx_rewrite *rewrite, uint32_t value)
{
    return rewrite->values[value].use_count;
}

bool nbx_rewrite_single_use(const nbx_rewrite *rewrite, uint32_t value)
{
    return rewrite->values[value].use_count == 1 && !nbx_rewrite_is_output(rewrite, value);
}

static bool reads(const nbx_rewrite *rewrite, uint32_t node, uint32_t value)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    for (uint32_t i = 0; !row->dead && i < row->n.inputs.count; i++)
        if (nbx_node_input(row, i) == value) return true;
    return false;
}

uint32_t nbx_rewrite_next_user(const nbx_rewrite *rewrite, uint32_t value, uint32_t *cursor)
{
    uint32_t cell = *cursor == NBX_NONE ? rewrite->values[value].first_use : rewrite->uses[*cursor].next;
    while (cell != NBX_NONE && !reads(rewrite, rewrite->uses[cell].what, value))
        cell = rewrite->uses[cell].next;
    if (cell == NBX_NONE) return NBX_NONE;
    *cursor = cell;
    return rewrite->uses[cell].what;
}

bool nbx_rewrite_same_shape(const nbx_rewrite *rewrite, uint32_t a, uint32_t b)
{
    const nbx_g_value *x = &rewrite->graph->values[a], *y = &rewrite->graph->values[b];
    return x->known && y->known && x->v.rank == y->v.rank && !memcmp(x->v.dims, y->v.dims, x->v.rank * sizeof(int64_t));
}

void nbx_rewrite_touch(nbx_rewrite *rewrite, uint32_t node)
{
    rewrite->nodes[node].settled = false;
    rewrite->changes++;
}

nbx_status nbx_rewrite_set_input(nbx_rewrite *rewrite, uint32_t node, uint32_t slot, uint32_t value)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    uint32_t old = nbx_node_input(row, slot);
    if (old == value) return NBX_OK;
    drop_use(rewrite, old);
    nbx_node_set_input(row, slot, value);
    nbx_rewrite_touch(rewrite, node);
    return add_use(rewrite, value, node);
}

nbx_status nbx_rewrite_set_inputs(nbx_rewrite *rewrite, uint32_t node, uint32_t count, const uint32_t *values)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    for (uint32_t i = 0; i < row->n.inputs.count; i++)
        drop_use(rewrite, nbx_node_input(row, i));
    NBX_TRY(nbx_node_resize_inputs(rewrite->graph, row, count));
    for (uint32_t i = 0; i < count; i++) {
        nbx_node_set_input(row, i, values[i]);
        NBX_TRY(add_use(rewrite, values[i], node));
    }
    nbx_rewrite_touch(rewrite, node);
    return NBX_OK;
}

static void release_outputs(nbx_rewrite *rewrite, uint32_t node)
{
    const nbx_g_node *row = &rewrite->graph->nodes[node];
    for (uint32_t i = 0; i < row->n.outputs.count; i++) {
        uint32_t value = nbx_node_output(row, i);
        if (value != NBX_NONE && rewrite->values[value].producer == node) rewrite->values[value].producer = NBX_NONE;
    }
}

nbx_status nbx_rewrite_set_outputs(nbx_rewrite *rewrite, uint32_t node, uint32_t count, const uint32_t *values)
{
    release_outputs(rewrite, node);
    NBX_TRY(nbx_node_set_outputs(rewrite->graph, &rewrite->graph->nodes[node], count, values));
    for (uint32_t i = 0; i < count; i++)
        if (values[i] != NBX_NONE) rewrite->values[values[i]].producer = node;
    nbx_rewrite_touch(rewrite, node);
    return NBX_OK;
}

nbx_status nbx_rewrite_redirect(nbx_rewrite *rewrite, uint32_t from, uint32_t to)
{
    uint32_t cursor = NBX_NONE, user;
    while ((user = nbx_rewrite_next_user(rewrite, from, &cursor)) != NBX_NONE) {
        const nbx_g_node *row = &rewrite->graph->nodes[user];
        for (uint32_t i = 0; i < row->n.inputs.count; i++)
            if (nbx_node_input(row, i) == from) NBX_TRY(nbx_rewrite_set_input(rewrite, user, i, to));
    }
    return NBX_OK;
}

/* Takes a node out of the graph; its origins are the caller's business. */
static void detach(nbx_rewrite *rewrite, uint32_t node)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    for (uint32_t i = 0; i < row->n.inputs.count; i++)
        drop_use(rewrite, nbx_node_input(row, i));
    release_outputs(rewrite, node);
    row->dead = true;
    rewrite->changes++;
}

void nbx_rewrite_kill(nbx_rewrite *rewrite, uint32_t node, nbx_fate fate)
{
    for (uint32_t cell = rewrite->nodes[node].first_origin; cell != NBX_NONE; cell = rewrite->origins[cell].next)
        set_fate(rewrite, rewrite->origin_names[rewrite->origins[cell].what], fate);
    rewrite->nodes[node].first_origin = rewrite->nodes[node].last_origin = NBX_NONE;
    rewrite->graph->nodes[node].n.origins.count = 0;
    detach(rewrite, node);
}

void nbx_rewrite_absorb(nbx_rewrite *rewrite, uint32_t from, uint32_t into)
{
    nbx_rewrite_node *source = &rewrite->nodes[from], *target = &rewrite->nodes[into];
    if (source->first_origin != NBX_NONE) {
        if (target->first_origin == NBX_NONE)
            target->first_origin = source->first_origin;
        else
            rewrite->origins[target->last_origin].next = source->first_origin;
        target->last_origin = source->last_origin;
        source->first_origin = source->last_origin = NBX_NONE;
    }
    rewrite->graph->nodes[from].n.origins.count = 0;
    detach(rewrite, from);
}

nbx_status nbx_rewrite_take_over(nbx_rewrite *rewrite, uint32_t node, uint32_t last)
{
    const uint32_t output = nbx_node_output(&rewrite->graph->nodes[last], 0);
    nbx_rewrite_absorb(rewrite, last, node);
    return nbx_rewrite_set_outputs(rewrite, node, 1, &output);
}

void nbx_rewrite_become(nbx_rewrite *rewrite, uint32_t node, nbx_op op)
{
    nbx_g_node *row = &rewrite->graph->nodes[node];
    row->schema = nbx_op_get(op);
    row->n.op = row->schema->name;
    row->n.op_revision = row->schema->revision;
    row->n.domain = "";
    row->n.flags = 0;
    row->n.attrs = (nbx_span){NULL, 0, sizeof(nbx_attr)};
    row->opaque_reason = NULL;
    nbx_rewrite_touch(rewrite, node);
}

nbx_status nbx_rewrite_make_constant(nbx_rewrite *rewrite, uint32_t value, const nbx_tensor *tensor)
{
    rewrite->changes++;
    return nbx_graph_set_constant(rewrite->graph, value, tensor);
}

nbx_status nbx_rewrite_allocate(nbx_rewrite *rewrite, uint64_t bytes, void **out)
{
    *out = NULL;
    if (bytes > rewrite->fold_bytes) return NBX_OK;
    *out = nbx_arena_alloc_aligned(rewrite->graph->arena, (size_t)bytes, 64);
    if (!*out) return nbx_raise_memory(rewrite->context);
    rewrite->fold_bytes -= bytes;
    return NBX_OK;
}

nbx_status nbx_rewrite_add_constant(nbx_rewrite *rewrite, const char *like, const char *suffix, const nbx_tensor *tensor, uint32_t *out)
{
    char *name = nbx_arena_format(rewrite->scratch, "%s%s", like, suffix);
    *out = name ? nbx_graph_add_value(rewrite->graph, name, tensor->dtype) : NBX_NONE;
    if (*out == NBX_NONE) return nbx_raise_memory(rewrite->context);
    NBX_TRY(cover_values(rewrite));
    return nbx_graph_set_constant(rewrite->graph, *out, tensor);
}
