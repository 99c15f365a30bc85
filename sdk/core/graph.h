/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The mutable graph between import and plan. Values and nodes are referred to by index; indices of nodes change only in
 * nbx_graph_compact. Rows begin with their plugin-view struct, so a span over them is what a plugin sees.
 */
#ifndef NBX_CORE_GRAPH_H
#define NBX_CORE_GRAPH_H

#include <nbx/plugin/graph.h>

#include "core/arena.h"
#include "core/context.h"
#include "schema/ops.h"

/** A constant. A splat has no data: every element is `splat_f` (float kinds) or `splat_i` (others). */
typedef struct nbx_tensor {
    uint32_t dtype, rank;
    int64_t dims[NBX_MAX_RANK];
    const void *data; /* dense, axis order, native little-endian; may be unaligned (it can point into the mmap of a file) */
    uint64_t bytes;
    bool is_splat;
    double splat_f;
    int64_t splat_i;
} nbx_tensor;

typedef struct nbx_g_value {
    nbx_value
        v; /* first: a span over values is a span of nbx_value. flags INPUT/OUTPUT/CONST and const_id = index + 1 are kept by the graph */
    const nbx_tensor *data;       /* constants only */
    bool known;                   /* dtype and shape are known and static */
    bool known_rank;              /* rank is known; unknown extents are -1 in v.dims */
    const char *const *dim_names; /* symbolic extents of model inputs, per axis, or NULL */
} nbx_g_value;

typedef struct nbx_g_node {
    nbx_node n;                  /* first. inputs/outputs: spans of uint32_t in the arena; origins: span of const char * */
    const nbx_op_schema *schema; /* NULL for an opaque node */
    const char *opaque_reason;   /* why it is opaque, or NULL */
    bool dead;                   /* dropped by nbx_graph_compact */
    uint32_t tag;                /* free for one pass at a time: nbx_plan_sort keeps the old index here */
} nbx_g_node;

/** What became of a node of the file. */
typedef enum nbx_fate { NBX_FATE_NODE, NBX_FATE_CONSTANT, NBX_FATE_DEAD, NBX_FATE_CUT } nbx_fate;

/** One node as the file has it, in file order. Names are unique (made so at import). */
typedef struct nbx_source {
    const char *name, *op, *domain;
    nbx_fate fate; /* NBX_FATE_NODE: it is among the origins of a node; else it has no run-time work */
} nbx_source;

typedef struct nbx_graph {
    nbx_context *context;
    nbx_arena *arena;
    const char *name;
    const char *path;   /* of the file, for messages; or NULL */
    const char *digest; /* sha256 of the file in hex, or NULL */
    int64_t opset, ir_version;
    nbx_g_value *values;
    uint32_t value_count, value_capacity;
    nbx_g_node *nodes;
    uint32_t node_count, node_capacity;
    nbx_source *sources;
    uint32_t source_count, source_capacity;
    uint32_t *source_slots, source_slot_count, sources_indexed; /* hash of names for nbx_graph_find_source; slots hold index + 1 */
    uint32_t *inputs, *outputs;                                 /* model inputs without constants; model outputs */
    uint32_t input_count, input_capacity, output_count, output_capacity;
    uint64_t param_count; /* elements of the file's float constants */
    struct nbx_mapping {
        void *address;
        size_t bytes;
    } * mappings; /* unmapped by nbx_graph_destroy */
    uint32_t mapping_count, mapping_capacity;
    struct nbx_constants *constants; /* serves nbx_graph_view_of; made on first use */
} nbx_graph;

nbx_status nbx_graph_create(nbx_context *context, nbx_graph **out);
void nbx_graph_destroy(nbx_graph *graph);

/** Adds a value; its index, or NBX_NONE if out of memory. `name` is copied. Shape unknown until nbx_graph_set_shape. */
uint32_t nbx_graph_add_value(nbx_graph *graph, const char *name, uint32_t dtype);
/** rank <= NBX_MAX_RANK; an extent of -1 is unknown. */
void nbx_graph_set_shape(nbx_graph *graph, uint32_t value, uint32_t rank, const int64_t *dims);
/** Makes a value a constant with `tensor` (copied shallowly; its data must live as long as the graph). */
nbx_status nbx_graph_set_constant(nbx_graph *graph, uint32_t value, const nbx_tensor *tensor);
/** A new constant value holding a copy of `data`. NBX_NONE if out of memory. */
uint32_t nbx_graph_add_constant(nbx_graph *graph, const char *name, uint32_t dtype, uint32_t rank, const int64_t *dims, const void *data);
/** Adds a node; its index, or NBX_NONE. `op` is looked up in ops.def when domain is "" or "ai.onnx". Attributes start empty. */
uint32_t nbx_graph_add_node(nbx_graph *graph, const char *name, const char *op, const char *domain, uint32_t input_count,
                            const uint32_t *inputs, uint32_t output_count, const uint32_t *outputs);
/** The source node called `name`, or NULL. O(1) after the first call. */
nbx_source *nbx_graph_find_source(nbx_graph *graph, const char *name);
/** Origin `source_name` is added to the node (main origin first). */
nbx_status nbx_graph_add_origin(nbx_graph *graph, uint32_t node, const char *source_name);
/** All origins of `from` move to `into`; `from` dies. */
nbx_status nbx_graph_absorb(nbx_graph *graph, uint32_t from, uint32_t into);
/** Marks a node dead; its origins get `fate`. */
void nbx_graph_kill(nbx_graph *graph, uint32_t node, nbx_fate fate);
uint32_t nbx_graph_add_input(nbx_graph *graph, uint32_t value);
uint32_t nbx_graph_add_output(nbx_graph *graph, uint32_t value);

static inline uint32_t nbx_node_input(const nbx_g_node *node, uint32_t i)
{
    return i < node->n.inputs.count ? *NBX_ROW(uint32_t, node->n.inputs, i) : NBX_NONE;
}
static inline uint32_t nbx_node_output(const nbx_g_node *node, uint32_t i)
{
    return i < node->n.outputs.count ? *NBX_ROW(uint32_t, node->n.outputs, i) : NBX_NONE;
}
/** Replaces input `i` (i < inputs.count). */
void nbx_node_set_input(nbx_g_node *node, uint32_t i, uint32_t value);
/** Cuts or extends the input list; new inputs are NBX_NONE. */
nbx_status nbx_node_resize_inputs(nbx_graph *graph, nbx_g_node *node, uint32_t count);
nbx_status nbx_node_set_outputs(nbx_graph *graph, nbx_g_node *node, uint32_t count, const uint32_t *outputs);
/** Every use of `from` as input or model output becomes `to`. */
void nbx_graph_replace_uses(nbx_graph *graph, uint32_t from, uint32_t to);

/** Attributes. Finders return NULL or the default when absent. Setters copy into the arena and replace. */
const nbx_attr *nbx_node_attr(const nbx_node *node, const char *name);
int64_t nbx_node_attr_int(const nbx_node *node, const char *name, int64_t absent);
double nbx_node_attr_float(const nbx_node *node, const char *name, double absent);
const char *nbx_node_attr_string(const nbx_node *node, const char *name, const char *absent);
nbx_status nbx_node_set_int(nbx_graph *graph, nbx_g_node *node, const char *name, int64_t value);
nbx_status nbx_node_set_float(nbx_graph *graph, nbx_g_node *node, const char *name, double value);
nbx_status nbx_node_set_string(nbx_graph *graph, nbx_g_node *node, const char *name, const char *value);
nbx_status nbx_node_set_ints(nbx_graph *graph, nbx_g_node *node, const char *name, const int64_t *values, uint32_t count);
nbx_status nbx_node_set_floats(nbx_graph *graph, nbx_g_node *node, const char *name, const float *values, uint32_t count);
void nbx_node_remove_attr(nbx_g_node *node, const char *name);

/** Producer and uses of every value, computed in one pass. Stale after the next change of the graph. */
typedef struct nbx_uses {
    uint32_t *producer;  /* per value: node index or NBX_NONE */
    uint32_t *first;     /* per value: offset into `consumers`; first[value_count] is the end */
    uint32_t *consumers; /* node indices; a node that reads a value twice is listed twice */
    bool *is_output;     /* per value: a model output */
} nbx_uses;
nbx_status nbx_graph_uses(const nbx_graph *graph, nbx_arena *arena, nbx_uses *out);

/**
 * Drops dead nodes and nodes without a used output, and sorts the rest topologically (stable).
 * NBX_BAD_INPUT with E-IMPORT-... if there is a cycle.
 */
nbx_status nbx_graph_compact(nbx_graph *graph);

/** The whole graph as a plugin would see it; const_map serves NBX_CONST_FLOAT. Valid until the graph changes. */
void nbx_graph_view_of(nbx_graph *graph, nbx_graph_view *out);

/** Number of elements of a shape, checked; false on overflow or an unknown extent. */
bool nbx_shape_elements(uint32_t rank, const int64_t *dims, uint64_t *out);
/** Bytes of a dense tensor, sub-byte types rounded up; false on overflow. */
bool nbx_tensor_bytes(uint32_t dtype, uint32_t rank, const int64_t *dims, uint64_t *out);
/** Element i of an integer constant (any integer kind or bool); of a float constant as double. */
int64_t nbx_tensor_int(const nbx_tensor *tensor, uint64_t i);
double nbx_tensor_float(const nbx_tensor *tensor, uint64_t i);
/** The whole constant as float32 into `out` (elements floats); fp16, bf16, fp64 and integers are converted. */
nbx_status nbx_tensor_to_float(const nbx_tensor *tensor, float *out);

#endif
