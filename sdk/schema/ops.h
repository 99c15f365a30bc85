/* SPDX-License-Identifier: Apache-2.0 */
/** The op table: lookup, attribute sets, shape functions. Rows come from ops.def, attributes.def and parameters.def. */
#ifndef NBX_SCHEMA_OPS_H
#define NBX_SCHEMA_OPS_H

#include <stdbool.h>

#include <nbx/plugin/graph.h>

typedef enum nbx_op {
#define OP(stem, name, revision, in_min, in_max, out_min, out_max, attrs, shape, quant, text) NBX_OP_##stem,
#include <nbx/tables/ops.def>
#undef OP
    NBX_OP_COUNT_
} nbx_op;

typedef enum nbx_quant_rule {
    NBX_QUANT_weighted,
    NBX_QUANT_real,
    NBX_QUANT_move,
    NBX_QUANT_select,
    NBX_QUANT_average,
    NBX_QUANT_convert,
    NBX_QUANT_index,
    NBX_QUANT_opaque
} nbx_quant_rule;

typedef struct nbx_attr_schema {
    const char *set, *name;
    uint32_t kind;            /* NBX_ATTR_ */
    const char *default_text; /* "" for required or derived */
    const char *text;
} nbx_attr_schema;

typedef struct nbx_shape_call nbx_shape_call;

typedef struct nbx_op_schema {
    nbx_op op;
    const char *stem, *name;
    uint32_t revision;
    uint32_t in_min, in_max, out_min, out_max;
    const char *attr_set;
    int (*shape)(nbx_shape_call *call);
    nbx_quant_rule quant;
    const char *text;
} nbx_op_schema;

/** The row of an ONNX op name, or NULL. */
const nbx_op_schema *nbx_op_find(const char *name);
const nbx_op_schema *nbx_op_get(nbx_op op);

/** Attribute `index` of a set, or NULL past the end; by name, or NULL. */
const nbx_attr_schema *nbx_attr_schema_at(const char *set, uint32_t index);
const nbx_attr_schema *nbx_attr_schema_find(const char *set, const char *name);

/** One row of parameters.def. */
typedef struct nbx_parameter {
    const char *op;
    uint32_t input;
    const char *attr;
    uint32_t kind; /* NBX_ATTR_ */
} nbx_parameter;
const nbx_parameter *nbx_parameter_at(uint32_t index); /* NULL past the end */

/**
 * What a shape function sees and gives. Input shapes are static. Attributes are read from `node`; derived ones are set
 * through the callbacks so that the node becomes canonical.
 */
struct nbx_shape_call {
    const nbx_node *node;
    uint32_t input_count;
    const nbx_value *const *inputs; /* NULL for an absent optional input */
    uint32_t output_count;
    struct {
        uint32_t dtype, rank;
        int64_t dims[NBX_MAX_RANK];
    } outputs[64]; /* dtype 0 or untouched: not used */
    void *self;
    int (*set_ints)(void *self, const char *name, const int64_t *values, uint32_t count);
    int (*set_floats)(void *self, const char *name, const float *values, uint32_t count);
    int (*set_int)(void *self, const char *name, int64_t value);
    void (*remove)(void *self, const char *name);
    char error[240]; /* filled when the function answers NBX_BAD_INPUT (shapes disagree) or NBX_UNSUPPORTED */
};

/** Name and size facts of a dtype; NULL or 0 for unknown ones. */
const char *nbx_dtype_name(uint32_t dtype);
uint32_t nbx_dtype_bits(uint32_t dtype);
char nbx_dtype_kind(uint32_t dtype);
uint32_t nbx_dtype_from_name(const char *name); /* NBX_DTYPE_NONE if unknown */

/** Axis index of letter `axis` in a tensor of `rank` (1 c, 2 nc, 3 ncw, 4 nchw, 5 ncdhw), or -1. */
int nbx_axis_of(char axis, uint32_t rank);

#endif
