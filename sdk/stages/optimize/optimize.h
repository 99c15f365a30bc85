/* SPDX-License-Identifier: Apache-2.0 */
/** Stage optimize: exact, chip-independent rewrites of a graph to canonical nodes. */
#ifndef NBX_STAGES_OPTIMIZE_OPTIMIZE_H
#define NBX_STAGES_OPTIMIZE_OPTIMIZE_H

#include "core/graph.h"

/**
 * Rewrites `graph` to a fixed point: canonical attributes, shapes, constants folded, dead nodes dropped,
 * BatchNormalization and per-channel scales and shifts folded, views marked, composites recognised. Nodes come out in
 * topological order; names of model inputs and outputs stay.
 *
 * A node whose parameters are not constant, or whose inputs have no known shape, keeps unknown outputs; one that means
 * something the op table cannot express (training mode, a mode unknown here) also gets `opaque_reason`. Neither is an error.
 * NBX_BAD_INPUT with E-OPT-... (naming the node) for attributes and shapes that cannot be, NBX_NO_MEMORY.
 */
nbx_status nbx_optimize(nbx_context *context, nbx_graph *graph);

/**
 * The part that keeps the nodes: canonical attributes and shapes, and the folding of index arithmetic and other constants
 * of at most 4096 elements that they need. Large constants are not touched. Errors as above.
 */
nbx_status nbx_infer_shapes(nbx_context *context, nbx_graph *graph);

#endif
