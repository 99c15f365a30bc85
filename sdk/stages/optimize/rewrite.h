/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Editing a graph while producers, users and origins stay known: every edit costs what it touches, not the whole graph.
 *
 * Nodes keep their place in the graph's array, and an edit keeps the array topologically sorted: a node that takes over
 * another one's work sits where all its inputs exist and no user comes earlier.
 */
#ifndef NBX_STAGES_OPTIMIZE_REWRITE_H
#define NBX_STAGES_OPTIMIZE_REWRITE_H

#include "core/graph.h"

typedef struct nbx_rewrite_value {
    uint32_t producer;            /* node, or NBX_NONE */
    uint32_t use_count;           /* input slots that read it, plus one per model output */
    uint32_t first_use, last_use; /* cells; some may be stale */
} nbx_rewrite_value;

typedef struct nbx_rewrite_node {
    uint32_t first_origin, last_origin; /* cells */
    bool settled;                       /* canonical, with known shapes; an edit of the node clears it */
} nbx_rewrite_node;

/** A cell of a list: the number of a node or of a source, and the next cell. */
typedef struct nbx_rewrite_cell {
    uint32_t what, next;
} nbx_rewrite_cell;

typedef struct nbx_rewrite {
    nbx_context *context;
    nbx_graph *graph;
    nbx_arena *scratch;
    nbx_rewrite_value *values;
    uint32_t value_count, value_capacity;
    nbx_rewrite_node *nodes;
    nbx_rewrite_cell *uses;
    uint32_t use_count, use_capacity;
    nbx_rewrite_cell *origins; /* `what` indexes origin_names */
    const char **origin_names;
    uint32_t origin_count, origin_capacity, name_capacity;
    uint32_t *source_slots; /* hash of source names -> source + 1 */
    uint32_t source_mask;
    nbx_shape_call *shape_call; /* reused: it is large */
    uint64_t fold_bytes;        /* what constant folding may still allocate */
    uint64_t fold_elements;     /* largest constant that folding makes */
    uint32_t changes;
} nbx_rewrite;

/** The graph must be compact (sorted, no dead nodes). `scratch` outlives the rewrite. */
nbx_status nbx_rewrite_begin(nbx_graph *graph, nbx_arena *scratch, nbx_rewrite *out);
/** Writes the origins back. */
nbx_status nbx_rewrite_end(nbx_rewrite *rewrite);

static inline nbx_g_node *nbx_rewrite_node_at(const nbx_rewrite *rewrite, uint32_t node)
{
    return &rewrite->graph->nodes[node];
}
static inline nbx_g_value *nbx_rewrite_value_at(const nbx_rewrite *rewrite, uint32_t value)
{
    return &rewrite->graph->values[value];
}

/** True if `node` is a live node of op `op`. NBX_NONE is no node. */
bool nbx_rewrite_is(const nbx_rewrite *rewrite, uint32_t node, nbx_op op);
/** The node that makes a value, or NBX_NONE (model inputs, constants, absent inputs). */
uint32_t nbx_rewrite_producer(const nbx_rewrite *rewrite, uint32_t value);
/** The node that makes input `i` of `node`, or NBX_NONE. */
uint32_t nbx_rewrite_input_node(const nbx_rewrite *rewrite, uint32_t node, uint32_t i);
/** The constant behind a value, or NULL. */
const nbx_tensor *nbx_rewrite_constant(const nbx_rewrite *rewrite, uint32_t value);
bool nbx_rewrite_is_output(const nbx_rewrite *rewrite, uint32_t value);
/** Input slots and model outputs that read a value. */
uint32_t nbx_rewrite_uses(const nbx_rewrite *rewrite, uint32_t value);
/** True if exactly one input slot and no model output reads the value. */
bool nbx_rewrite_single_use(const nbx_rewrite *rewrite, uint32_t value);
/** Steps through the nodes that read `value`: *cursor starts at NBX_NONE; NBX_NONE at the end. A node may come up twice. */
uint32_t nbx_rewrite_next_user(const nbx_rewrite *rewrite, uint32_t value, uint32_t *cursor);
/** Both values have the same known shape. */
bool nbx_rewrite_same_shape(const nbx_rewrite *rewrite, uint32_t a, uint32_t b);

nbx_status nbx_rewrite_set_input(nbx_rewrite *rewrite, uint32_t node, uint32_t slot, uint32_t value);
nbx_status nbx_rewrite_set_inputs(nbx_rewrite *rewrite, uint32_t node, uint32_t count, const uint32_t *values);
nbx_status nbx_rewrite_set_outputs(nbx_rewrite *rewrite, uint32_t node, uint32_t count, const uint32_t *values);
/** Every node that reads `from` reads `to` instead. Model outputs stay. */
nbx_status nbx_rewrite_redirect(nbx_rewrite *rewrite, uint32_t from, uint32_t to);
/** The node has no work left; its origins get `fate`. */
void nbx_rewrite_kill(nbx_rewrite *rewrite, uint32_t node, nbx_fate fate);
/** `from` dies, `into` stands for its origins too. */
void nbx_rewrite_absorb(nbx_rewrite *rewrite, uint32_t from, uint32_t into);
/** `node` makes output 0 of `last` from now on, and stands for `last`. */
nbx_status nbx_rewrite_take_over(nbx_rewrite *rewrite, uint32_t node, uint32_t last);
/** The node becomes one of another op, without attributes; inputs, outputs and origins stay. */
void nbx_rewrite_become(nbx_rewrite *rewrite, uint32_t node, nbx_op op);
/** The node was edited: its attributes and shapes are looked at again. */
void nbx_rewrite_touch(nbx_rewrite *rewrite, uint32_t node);
/** A value becomes a constant (tensor copied shallowly). */
nbx_status nbx_rewrite_make_constant(nbx_rewrite *rewrite, uint32_t value, const nbx_tensor *tensor);
/** Memory of the graph for constants, within what optimize may use; NULL in *out (and NBX_OK) when it is too much. */
nbx_status nbx_rewrite_allocate(nbx_rewrite *rewrite, uint64_t bytes, void **out);
/** A new constant value named after `like` and `suffix`; NBX_NONE in *out never comes with NBX_OK. */
nbx_status nbx_rewrite_add_constant(nbx_rewrite *rewrite, const char *like, const char *suffix, const nbx_tensor *tensor, uint32_t *out);

#endif
