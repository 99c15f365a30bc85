/* SPDX-License-Identifier: Apache-2.0 */
/** The state of one import, shared by the files of this folder. */
#ifndef NBX_STAGES_IMPORT_IMPORTER_H
#define NBX_STAGES_IMPORT_IMPORTER_H

#include "formats/onnx/onnx.h"
#include "stages/import/import.h"
#include "stages/import/names.h"

/** Opsets of ai.onnx: what is upgraded, and what is taken with a note. */
enum { NBX_OPSET_FIRST = 7, NBX_OPSET_LAST = 21, NBX_OPSET_NOTED = 24 };

/** Nodes after inlining, and levels of function calls. */
enum { NBX_IMPORT_MAX_NODES = 1000000, NBX_IMPORT_MAX_CALLS = 64 };

/** What the import knows about a value of the graph. */
typedef struct nbx_import_fact {
    bool reserved;          /* the output of a call, to be produced in the body of the function */
    bool opaque;            /* comes from an opaque node: only the file can tell its shape */
    uint32_t producer;      /* its node + 1, 0 for none so far */
    const char *unreadable; /* a constant NBX does not read: why, to follow "is" */
} nbx_import_fact;

typedef struct nbx_importer {
    nbx_context *context;
    nbx_graph *graph;
    nbx_onnx_file *file;
    const Onnx__ModelProto *model;
    const nbx_import_options *options;
    nbx_place place;
    nbx_arena *scratch;     /* dies with the import */
    nbx_names *node_names;  /* all names given to nodes; of the file's own, the position */
    nbx_names *value_names; /* all names given to values -> value */
    nbx_names *functions;   /* "domain:name:overload" -> position in the model */
    uint32_t *expanded;     /* per function: nodes of a call, 0 unknown */
    nbx_names *symbols;     /* symbolic extents -> position in `extents` */
    int64_t *extents;
    uint32_t extent_count, extent_capacity;
    nbx_import_fact *facts; /* per value of the graph */
    uint32_t fact_capacity;
    uint32_t *source_of; /* per node of the graph: its source, or NBX_NONE */
    uint32_t source_of_capacity;
    uint32_t node_total; /* of the file, with inlined ones */
    uint32_t serial;     /* makes names unique */
} nbx_importer;

/** A list of nodes with its own names: the graph, or the body of a function at one call. */
typedef struct nbx_import_scope {
    const struct nbx_import_scope *outer; /* of the call; NULL for the graph */
    const char *prefix;                   /* of names; "" for the graph */
    nbx_names *values;                    /* name in this body -> value of the graph, or NBX_NONE: an argument left out */
    const Onnx__FunctionProto *function;
    const Onnx__NodeProto *call;
    int64_t opset;
    uint32_t depth;
} nbx_import_scope;

/** A node to be added. `source` is its index in the sources of the graph, NBX_NONE for a node that the file does not have. */
typedef struct nbx_import_row {
    const char *name, *op, *domain;
    const uint32_t *inputs, *outputs;
    uint32_t input_count, output_count;
    uint32_t source;
} nbx_import_row;

/* values.c */

/** A new value with a name made unique; *out is its index. */
nbx_status nbx_import_add_value(nbx_importer *importer, const char *name, uint32_t dtype, uint32_t *out);
/** `wanted`, or `wanted` with a number, registered in `used` and copied to the arena of the graph. NULL if out of memory. */
const char *nbx_import_unique_name(nbx_importer *importer, nbx_names *used, const char *wanted);
/** The value that a node output `name` stands for; E-IMPORT-004 if something else produces it. */
nbx_status nbx_import_define(nbx_importer *importer, const nbx_import_scope *scope, const char *name, uint32_t *out);
/** The value of a name, NBX_NONE for "" ; E-IMPORT-003 if nothing produces it. */
nbx_status nbx_import_resolve(nbx_importer *importer, const nbx_import_scope *scope, const char *reader, const char *name, uint32_t *out);
/** Makes a value the constant of a tensor of the file, or marks it unreadable. */
nbx_status nbx_import_set_tensor(nbx_importer *importer, uint32_t value, const Onnx__TensorProto *tensor, const char *what);
/** Initializers and sparse initializers of the graph. */
nbx_status nbx_import_initializers(nbx_importer *importer, const nbx_import_scope *scope);

/* ports.c */

nbx_status nbx_import_inputs(nbx_importer *importer, const nbx_import_scope *scope);
/** Chosen outputs, or the file's. */
nbx_status nbx_import_outputs(nbx_importer *importer, const nbx_import_scope *scope);
/** Gives outputs of opaque nodes the type and shape that the file declares for them. */
void nbx_import_declared_shapes(nbx_importer *importer, const nbx_import_scope *scope);

/* nodes.c */

/** All nodes of a body. */
nbx_status nbx_import_body(nbx_importer *importer, const nbx_import_scope *scope, Onnx__NodeProto *const *nodes, size_t count);
/** Adds a node; *out (may be NULL) is its index. */
nbx_status nbx_import_add_node(nbx_importer *importer, const nbx_import_row *row, uint32_t *out);
/** Turns node `index` opaque; `reason` is copied. */
nbx_status nbx_import_make_opaque(nbx_importer *importer, uint32_t index, const char *reason);
/** Domain of a node, "" for ONNX's own. */
const char *nbx_import_domain(const Onnx__NodeProto *node);

/* attributes.c */

/** The attribute with references into the calling node followed; NULL if the call leaves it out. */
const Onnx__AttributeProto *nbx_import_attribute(const nbx_import_scope *scope, const Onnx__AttributeProto *attribute);
/** The type an attribute declares, or the one its content shows. */
uint32_t nbx_import_attribute_type(const Onnx__AttributeProto *attribute);
/**
 * Gives node `index` its attributes. Kinds that nodes cannot hold become rows of kind 0, which the check of upgrade.c sees.
 * E-IMPORT-006 for an attribute of the wrong type or one given twice.
 */
nbx_status nbx_import_attributes(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, uint32_t index);

/* constants.c */

/** A Constant, or a ConstantOfShape: made a constant or replaced. *handled tells whether it needs no node of its own. */
nbx_status nbx_import_constant_node(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, uint32_t source,
                                    bool *handled);

/* functions.c */

/** Collects the functions of the model. */
nbx_status nbx_import_functions(nbx_importer *importer);
/** The function that a node calls, or NULL. */
const Onnx__FunctionProto *nbx_import_find_function(const nbx_importer *importer, const Onnx__NodeProto *node);
/** Imports the body of `function` in place of `call`, whose name is `name`. */
nbx_status nbx_import_call(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__FunctionProto *function,
                           const Onnx__NodeProto *call, const char *name);
/** Version of ai.onnx among opset imports; 0 if there is none. */
int64_t nbx_import_opset(size_t count, Onnx__OperatorSetIdProto *const *imports);
/** E-IMPORT-001 for an opset that is not upgraded. */
nbx_status nbx_import_check_opset(nbx_importer *importer, const char *what, int64_t opset);

/* captures.c */

/** Values of `scope` that the graphs in a node's attributes read, appended to *values (in the scratch arena). */
nbx_status nbx_import_captures(nbx_importer *importer, const nbx_import_scope *scope, const Onnx__NodeProto *node, const char *name,
                               uint32_t **values, uint32_t *count, uint32_t *capacity);

/* upgrade.c */

/** The op of ops.def that `op` of an older opset is; itself if it has not been renamed. */
const char *nbx_import_table_op(const char *op, int64_t opset);
/** Brings node `index`, called `op` in the file, from `opset` to the form of ops.def, or makes it opaque. E-IMPORT-005 or 006. */
nbx_status nbx_import_upgrade(nbx_importer *importer, uint32_t index, const char *op, int64_t opset);

/* reach.c */

/** Drops what no output needs (`cut`: outputs were chosen) and sorts the rest. */
nbx_status nbx_import_reach(nbx_importer *importer);

#endif
