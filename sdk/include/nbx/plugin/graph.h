/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The read-only graph a plugin is shown: canonical nodes, values, groups, constants on demand.
 *
 * Canonical nodes carry ONNX names with a revision of ours (docs/tables/ops.md): every attribute present, defaults
 * resolved, auto_pad made pads, axes non-negative, constant parameter inputs made attributes. Nodes are in
 * topological order. Values are referred to by index. The view and all it points to live until the call returns.
 */
#ifndef NBX_PLUGIN_GRAPH_H
#define NBX_PLUGIN_GRAPH_H

#include <nbx/plugin/status.h>
#include <nbx/plugin/tensor.h>

NBX_BEGIN_C

enum { NBX_ATTR_INT = 1, NBX_ATTR_FLOAT = 2, NBX_ATTR_STRING = 3, NBX_ATTR_INTS = 4, NBX_ATTR_FLOATS = 5 };

/** One attribute. `i`, `f` and `s` hold the scalar kinds, `ints`/`floats` with `count` the lists. */
typedef struct nbx_attr {
    uint32_t struct_size;
    uint32_t kind;
    const char *name;
    const char *s;
    const int64_t *ints;
    const float *floats;
    uint32_t count;
    uint32_t reserved0;
    int64_t i;
    double f;
} nbx_attr;

enum {
    NBX_VALUE_INPUT = 1u,    /* of this view */
    NBX_VALUE_OUTPUT = 2u,   /* of this view */
    NBX_VALUE_CONST = 4u,    /* const_id is valid */
    NBX_VALUE_RANGE = 8u,    /* range_lo and range_hi were observed or derived */
    NBX_VALUE_INTERIOR = 16u /* inside a group: has no codes of its own */
};

/**
 * One value (tensor).
 *
 * dims      all positive: shapes are static at compile
 * dtype     element type of the logical value (float32 for quantized reals)
 * layout    of boundary values; NULL means dense in axis order
 * encoding  how it is stored; NULL means plain `dtype`
 * params    nbx_qparam rows: 1 for per tensor, else one per channel, block or convolution group
 * range     observed range of the real value, valid with NBX_VALUE_RANGE
 * const_id  non-zero for constants, the key of const_map
 */
typedef struct nbx_value {
    uint32_t struct_size;
    uint32_t flags;
    const char *name;
    const void *reserved0;
    uint32_t dtype;
    uint32_t rank;
    int64_t dims[NBX_MAX_RANK];
    const nbx_layout *layout;
    const nbx_encoding *encoding;
    nbx_span params;
    const void *reserved1;
    double range_lo, range_hi;
    uint64_t const_id;
} nbx_value;

enum {
    NBX_NODE_OPAQUE = 1u,     /* op unknown to this host: `domain` and `op` are as in the file */
    NBX_NODE_VIEW = 2u,       /* keeps the bytes: free */
    NBX_NODE_REQUANTIZE = 4u, /* inserted by the quantizer */
    NBX_NODE_FORCED = 8u      /* placed here by the job */
};

/**
 * One node. `inputs` and `outputs` are spans of uint32_t value indices; an absent optional input is NBX_NONE.
 * `origins` is a span of const char *: the names of the source nodes that this node stands for.
 * `arith` is the contract chosen for the node; nodes of a group obey the group's.
 */
typedef struct nbx_node {
    uint32_t struct_size;
    uint32_t op_revision;
    const char *name;
    const char *op;
    const char *domain; /* "" for ONNX's own */
    nbx_span inputs;
    nbx_span outputs;
    nbx_span attrs;
    nbx_span origins;
    const nbx_arith *arith;
    uint32_t group; /* index into groups, or NBX_NONE */
    uint32_t flags;
} nbx_node;

/** Nodes that compute as one: `nodes` is a span of uint32_t node indices in order; the last one's output is the group's. */
typedef struct nbx_group {
    uint32_t struct_size;
    uint32_t at; /* NBX_AT_ of the fusion row */
    const char *fusion;
    const nbx_arith *arith;
    nbx_span nodes;
    const void *reserved0;
} nbx_group;

/** Forms in which a constant can be mapped. */
enum {
    NBX_CONST_FLOAT = 1, /* float32 (or the integer dtype of index tensors), dense, axis order */
    NBX_CONST_CODES = 2  /* codes under the value's encoding and params, dense, axis order, sub-byte packed low bits first */
};

/**
 * A graph or a segment of one.
 *
 * const_map    maps constant `id` in `form`; *data is 64-byte aligned and valid until const_unmap.
 *              NBX_INVALID for an unknown id; NBX_UNSUPPORTED for codes of a value without encoding
 */
typedef struct nbx_graph_view {
    uint32_t struct_size;
    uint32_t flags;
    const char *name;
    nbx_span values;
    nbx_span nodes;
    nbx_span groups;
    nbx_span inputs;  /* uint32_t value indices */
    nbx_span outputs; /* uint32_t value indices */
    void *self;
    int32_t (*const_map)(void *self, uint64_t id, uint32_t form, const void **data, uint64_t *bytes);
    void (*const_unmap)(void *self, uint64_t id, uint32_t form);
    const void *reserved0;
} nbx_graph_view;

NBX_END_C

#endif
