/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Small graph views for tests, built call by call. Fixed capacities; exceeding one ends the test program with a message.
 * Nothing passed in is kept but texts and encodings, which must outlive the builder.
 */
#ifndef TESTING_VIEW_BUILDER_H
#define TESTING_VIEW_BUILDER_H

#include <nbx/plugin/plugin.h>

enum { VIEW_VALUES = 64, VIEW_NODES = 32, VIEW_ATTRS = 24, VIEW_LINKS = 16, VIEW_GROUPS = 8 };

typedef struct view_builder {
    nbx_graph_view view;
    nbx_value values[VIEW_VALUES];
    nbx_layout layouts[VIEW_VALUES];
    void *constants[VIEW_VALUES];
    uint64_t constant_bytes[VIEW_VALUES];
    nbx_qparam *params[VIEW_VALUES];
    char names[VIEW_VALUES][8];
    nbx_node nodes[VIEW_NODES];
    nbx_attr attrs[VIEW_NODES][VIEW_ATTRS];
    uint32_t links[VIEW_NODES][2][VIEW_LINKS];
    void *lists[VIEW_NODES][VIEW_ATTRS];
    nbx_group groups[VIEW_GROUPS];
    uint32_t members[VIEW_GROUPS][VIEW_LINKS];
    uint32_t inputs[VIEW_VALUES], outputs[VIEW_VALUES];
} view_builder;

/** A dense tensor type: dims end at the first 0, at most four; rank 0 needs `scalar`. */
typedef struct view_shape {
    int64_t dims[6];
} view_shape;

void view_init(view_builder *builder);
void view_free(view_builder *builder);

/** A value of float32 (or `dtype`), encoded when `encoding` is not NULL with `param_count` sets. Returns its index. */
uint32_t view_value(view_builder *builder, uint32_t dtype, view_shape shape, const nbx_encoding *encoding, const nbx_qparam *params,
                    uint32_t param_count);
/** Copies `bytes` of codes, floats or integers: what const_map answers in the only form the value has. */
void view_constant(view_builder *builder, uint32_t value, const void *data, uint64_t bytes);
void view_layout(view_builder *builder, uint32_t value, const nbx_layout *layout);
void view_input(view_builder *builder, uint32_t value);
void view_output(view_builder *builder, uint32_t value);

/** Adds a node with every attribute of its op's set that has a default; inputs end at NBX_NONE past the last. */
uint32_t view_node(view_builder *builder, const char *op, const uint32_t *inputs, uint32_t input_count, uint32_t output);
void view_more_output(view_builder *builder, uint32_t node, uint32_t output);
void view_arith(view_builder *builder, uint32_t node, const nbx_arith *arith);
void view_int(view_builder *builder, uint32_t node, const char *name, int64_t value);
void view_float(view_builder *builder, uint32_t node, const char *name, double value);
void view_text(view_builder *builder, uint32_t node, const char *name, const char *value);
void view_ints(view_builder *builder, uint32_t node, const char *name, const int64_t *values, uint32_t count);
void view_floats(view_builder *builder, uint32_t node, const char *name, const float *values, uint32_t count);

/** Nodes first..last become a group; the outputs of all but the last become interior. */
void view_group(view_builder *builder, uint32_t first, uint32_t last, const nbx_arith *arith);

#endif
