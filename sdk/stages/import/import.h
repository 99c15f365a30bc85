/* SPDX-License-Identifier: Apache-2.0 */
/** Stage import: an ONNX file becomes a graph of nodes in the form of ops.def; an op without a row becomes an opaque node. */
#ifndef NBX_STAGES_IMPORT_IMPORT_H
#define NBX_STAGES_IMPORT_IMPORT_H

#include "core/graph.h"

/** The shape of a model input. An extent of -1 stays what the file says. */
typedef struct nbx_import_shape {
    const char *name;
    uint32_t rank;
    const int64_t *dims;
} nbx_import_shape;

/**
 * What the caller decides; all zero is fine.
 *
 * external_root  folder that external data may lie in; NULL: the folder of the model
 * outputs        values that become the outputs; any value of the graph. What only the others need is cut. None: the file's
 * shapes         of model inputs. An extent that neither they nor the file fix is unknown (-1), except on axis 0, where it
 *                becomes 1 with a note
 */
typedef struct nbx_import_options {
    const char *external_root;
    const char *const *outputs;
    uint32_t output_count;
    const nbx_import_shape *shapes;
    uint32_t shape_count;
} nbx_import_options;

/**
 * Imports the file at `path`. Nodes are in topological order, names are unique and not empty, every node of the file is in
 * `sources`. Parameter inputs (parameters.def) are still inputs unless the file's opset had them as attributes.
 * `options` may be NULL. NBX_IO, NBX_NO_MEMORY, or NBX_BAD_INPUT with E-ONNX-... or E-IMPORT-....
 */
nbx_status nbx_import_onnx(nbx_context *context, const char *path, const nbx_import_options *options, nbx_graph **out);
/** The same from memory: `data` is borrowed for the life of the graph, `name` stands for the path in messages. */
nbx_status nbx_import_onnx_bytes(nbx_context *context, const void *data, size_t bytes, const char *name, const nbx_import_options *options,
                                 nbx_graph **out);

/**
 * Parameters of the network: elements of float constants that nodes compute with (weights, biases, scales, shifts; integers in
 * front of DequantizeLinear), not of those that steer them (bounds, pads, sizes). `with_statistics` counts the mean and variance
 * of BatchNormalization, as files store them and papers do not. graph->param_count is with them, before any cut. Made for the
 * graph as imported: folding moves constants around. 0 if out of memory.
 */
uint64_t nbx_import_count_params(const nbx_graph *graph, bool with_statistics);

#endif
